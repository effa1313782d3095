"""
Ears for the canaries: everything that a server says to anybody but the ledger's owner, in one place.

Problem answers with their heads, the server's log, what libraries log at DEBUG, both standard streams, and answers to
other tenants.
"""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field

import httpx

from server.web.endpoints import RouteName
from tests.privacy.canaries import Canary, leaks

__all__ = ["Told", "listening"]

#: Libraries that are known to talk of values where anyone lets them.
TALKERS = (
    "databases",
    "aiosqlite",
    "asyncio",
    "concurrent.futures",
    "limits",
    "sqlalchemy",
    "starlette",
    "structlog",
    "uvicorn",
    "uvicorn.access",
    "uvicorn.asgi",
    "uvicorn.error",
)
#: The test's own client, which speaks of the test's own requests.
CLIENTS = ("httpx", "httpcore")


@dataclass
class Told:
    """What was said while canaries were about, and who is listened for."""

    canaries: list[Canary] = field(default_factory=list)
    answers: list[tuple[str, bytes]] = field(default_factory=list)
    problem_codes: set[str] = field(default_factory=set)
    log: io.StringIO = field(default_factory=io.StringIO)
    libraries: io.StringIO = field(default_factory=io.StringIO)
    streams: io.StringIO = field(default_factory=io.StringIO)

    def heard(self, name: str, answer: httpx.Response) -> None:
        """Take an answer that no canary may be in."""
        head = "\n".join(f"{key}: {value}" for key, value in answer.headers.items())
        self.answers.append((name, head.encode() + b"\n\n" + answer.content))

    def problem(self, name: str, answer: httpx.Response) -> None:
        """Take the answer to a request that had to be refused."""
        assert answer.headers["content-type"] == "application/problem+json", (name, answer.text)
        self.problem_codes.add(answer.json()["code"])
        self.heard(name, answer)

    def answered(self) -> dict[RouteName, set[int]]:
        """Return which statuses each route answered, as the log has them."""
        statuses: dict[RouteName, set[int]] = {}
        for line in self.log.getvalue().splitlines():
            said = json.loads(line)
            if said["event"] == "request_answered" and "route" in said:
                statuses.setdefault(RouteName(said["route"]), set()).add(said["status"])
        return statuses

    def leaks(self) -> dict[str, list[str]]:
        """Return who gave which canaries away: the check of this ring."""
        spoken: Sequence[tuple[str, bytes]] = (
            ("log", self.log.getvalue().encode()),
            ("libraries", self.libraries.getvalue().encode()),
            ("standard streams", self.streams.getvalue().encode()),
            *self.answers,
        )
        found = {name: leaks(self.canaries, content) for name, content in spoken}
        return {name: names for name, names in found.items() if names}


class _Ear(logging.Handler):
    """Hears all of a record: its message, its arguments and the traceback with it."""

    def __init__(self, told: Told) -> None:
        super().__init__(level=logging.DEBUG)
        self._told = told

    def emit(self, record: logging.LogRecord) -> None:
        self._told.libraries.write(f"{record.name} {record.getMessage()} {record.args!r}\n")
        if record.exc_info:
            self._told.libraries.write(logging.Formatter().formatException(record.exc_info))


def open_every_logger() -> None:
    """
    Let every library talk, whatever was done to keep it quiet.

    Whether a logger passes its words on is left as the server has it: uvicorn's access log is off by that.
    """
    for name in TALKERS:
        logging.getLogger(name).setLevel(logging.DEBUG)


@contextmanager
def listening() -> Iterator[Told]:
    """Listen to the standard loggers and streams of this process."""
    told = Told()
    root = logging.getLogger()
    loggers = [root, *(logging.getLogger(name) for name in (*TALKERS, *CLIENTS))]
    before = [(logger, logger.level, logger.propagate) for logger in loggers]
    ear = _Ear(told)
    root.addHandler(ear)
    root.setLevel(logging.DEBUG)
    for name in CLIENTS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    open_every_logger()
    try:
        with redirect_stdout(told.streams), redirect_stderr(told.streams):
            yield told
    finally:
        root.removeHandler(ear)
        for logger, level, propagate in before:
            logger.setLevel(level)
            logger.propagate = propagate
