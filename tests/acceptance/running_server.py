"""
The product as its users run it: a server in a process of its own, and a person at the `pennyvault` command.

Nothing of the machine's own configuration, keyring or environment is used.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from excel_client.command_line import run
from excel_client.command_line.surroundings import Surroundings
from excel_client.settings import CONFIG_VARIABLE

__all__ = [
    "ROOT",
    "Outcome",
    "Person",
    "RunningServer",
    "clean_environment",
    "database_faults",
    "running_server",
    "start_server",
]

ROOT = Path(__file__).parents[2]

_START_SECONDS_MAX = 60.0
_STOP_SECONDS_MAX = 15.0
_CLIENT = (
    "-c",
    "from excel_client.command_line import main; raise SystemExit(main())",
)


def clean_environment(**more: str) -> dict[str, str]:
    """Return the environment of a process, without what the machine says to a Pennyvault of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PENNYVAULT_")}
    return kept | more


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningServer:
    """A server that answers."""

    process: subprocess.Popen[bytes]
    origin: str

    def kill(self) -> None:
        """End it at once: it is told nothing and clears nothing up."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Ask it to end, and return its exit code."""
        self.process.terminate()
        try:
            return self.process.wait(_STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.kill()
            raise


def start_server(folder: Path, *, wrapped_in: Sequence[str] = ()) -> RunningServer:
    """
    Start a server with its data in `folder`/data; `wrapped_in` is a command that ends in running its arguments.

    Its log is `folder`/server.log.
    """
    folder.mkdir(exist_ok=True)
    port_file = folder / "port"
    port_file.unlink(missing_ok=True)
    served = [sys.executable, "-m", "server.command_line", "serve", "--port", "0"]
    environment = clean_environment(
        PENNYVAULT_DATA_DIR=str(folder / "data"),
        PENNYVAULT_SIGNUP="open",
        PENNYVAULT_ENVIRONMENT="test",
    )
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [*wrapped_in, *served, "--port-file", str(port_file)],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    deadline = time.monotonic() + _START_SECONDS_MAX
    while not port_file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise AssertionError((folder / "server.log").read_text(encoding="utf-8")[-2000:])
        time.sleep(0.01)
    port = int(port_file.read_text(encoding="ascii"))
    return RunningServer(process=process, origin=f"http://127.0.0.1:{port}")


@contextlib.contextmanager
def running_server(folder: Path) -> Iterator[RunningServer]:
    """Start a server and stop it at the end; it has to end well."""
    server = start_server(folder)
    try:
        yield server
    finally:
        code = server.stop() if server.process.poll() is None else None
    assert code in {0, None}


def database_faults(folder: Path) -> list[str]:
    """Return what SQLite finds wrong with the database of the server in `folder`, on a copy of it."""
    with tempfile.TemporaryDirectory() as scratch:
        for path in (folder / "data").glob("pennyvault.db*"):
            shutil.copy2(path, scratch)
        with contextlib.closing(sqlite3.connect(Path(scratch) / "pennyvault.db")) as database:
            told = [str(row[0]) for row in database.execute("PRAGMA integrity_check")]
            told += [
                f"foreign key of {row[0]}" for row in database.execute("PRAGMA foreign_key_check")
            ]
    return [line for line in told if line != "ok"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> str:
        """Everything it said."""
        return self.out + self.err


@dataclass(slots=True, kw_only=True)
class Person:
    """Somebody with a folder, a key file and the `pennyvault` command."""

    folder: Path
    origin: str
    key_file: Path

    @classmethod
    def who_signs_up(cls, folder: Path, origin: str, name: str = "A ledger") -> Person:
        """Return somebody with a new ledger."""
        folder.mkdir(exist_ok=True)
        person = cls(folder=folder, origin=origin, key_file=folder / "api-key")
        done = person.run("login", "--sign-up", name)
        assert done.code == 0, done.told
        return person

    @property
    def token(self) -> str:
        """The key in the key file."""
        return self.key_file.read_text(encoding="ascii").strip()

    def arguments(self, command: str, *rest: str) -> list[str]:
        """Return the arguments of a command, with the server and the key where it takes them."""
        if command == "statement":
            return [command, *rest]
        return [command, "--server", self.origin, "--key-file", str(self.key_file), *rest]

    def run(self, command: str, *rest: str) -> Outcome:
        """Run a command in this process."""
        out, err = io.StringIO(), io.StringIO()
        around = Surroundings(
            environment={CONFIG_VARIABLE: str(self.folder / "config.toml")},
            stdin=io.StringIO(),
            stdout=out,
            stderr=err,
        )
        code = run(self.arguments(command, *rest), around)
        return Outcome(code=int(code), out=out.getvalue(), err=err.getvalue())

    def spawn(
        self, command: str, *rest: str, wrapped_in: Sequence[str] = ()
    ) -> subprocess.Popen[str]:
        """Start a command in a process of its own; `wrapped_in` as for a server."""
        environment = clean_environment(
            **{CONFIG_VARIABLE: str(self.folder / "config.toml"), "TMPDIR": str(self.folder)}
        )
        return subprocess.Popen(
            [*wrapped_in, sys.executable, *_CLIENT, *self.arguments(command, *rest)],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run_apart(self, command: str, *rest: str, wrapped_in: Sequence[str] = ()) -> Outcome:
        """Run a command in a process of its own, to its end."""
        process = self.spawn(command, *rest, wrapped_in=wrapped_in)
        out, err = process.communicate(timeout=120)
        return Outcome(code=process.returncode, out=out, err=err)

    def ledger(self) -> dict[str, Any]:
        """Return the whole ledger as the server tells it, without the instant."""
        done = self.run("export", "--json")
        assert done.code == 0, done.told
        document: dict[str, Any] = json.loads(done.out)
        del document["as_of"]
        return document
