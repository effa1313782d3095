"""What a command stands in: its streams, environment, clock and keyring; all of it can be replaced by a test."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

import httpx

from excel_client.problems import AnswerNeeded
from excel_client.settings import Clock, system_clock

if TYPE_CHECKING:
    # The keyring package is loaded only when the keyring is asked.
    from excel_client.api_keys.platform_keyring import Backend

__all__ = ["Surroundings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The world outside of a command."""

    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    stdin: TextIO = field(default_factory=lambda: sys.stdin, repr=False)
    stdout: TextIO = field(default_factory=lambda: sys.stdout, repr=False)
    stderr: TextIO = field(default_factory=lambda: sys.stderr, repr=False)
    clock: Clock = system_clock
    #: None for the platform's own.
    keyring_backend: Backend | None = None
    #: Asks for a secret without showing what is typed.
    ask_secret: Callable[[str], str] = getpass.getpass
    #: None for the network itself.
    transport: httpx.BaseTransport | None = None

    def say(self, text: str) -> None:
        """Print a line of the command's result."""
        self.stdout.write(f"{text}\n")

    def tell(self, text: str) -> None:
        """Print a line beside the result: on standard error."""
        self.stderr.write(f"{text}\n")

    def agrees(self, question: str) -> bool:
        """Ask a yes-or-no question; raise AnswerNeeded where nobody is there to answer."""
        if not self.stdin.isatty():
            raise AnswerNeeded
        self.stderr.write(f"{question} [y/N] ")
        self.stderr.flush()
        return self.stdin.readline().strip().casefold() in {"y", "yes"}
