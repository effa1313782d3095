"""
One suite, two databases: where a test that has a folder keeps its database, and how to look behind the server's back.

A module says `pytestmark = pytest.mark.usefixtures("each_database")`; helpers ask `place_of(path)` and
`open_database(path)` instead of spelling a URL. Without the fixture the answer is an SQLite file at the path.
"""

from __future__ import annotations

import itertools
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from server.database.migrations import migrate, prepare_schema
from server.database.sessions import Database
from tests.postgresql import Cluster, PostgresqlDatabase

__all__ = ["Place", "database_of_kind", "each_database", "open_database", "place_of"]


class Place(Protocol):
    """A database as a test reaches it from outside; placeholders are question marks."""

    @property
    def url(self) -> str:
        """What the server opens."""

    @property
    def owner_url(self) -> str:
        """What migrations open."""

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""

    def change(self, statement: str, *values: object) -> int:
        """Change rows and return how many."""

    def stored_bytes(self) -> bytes:
        """Return everything that the database has on disk."""


@dataclass(frozen=True, slots=True)
class _File:
    path: Path

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path}"

    @property
    def owner_url(self) -> str:
        return self.url

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            return connection.execute(statement, values).fetchall()

    def change(self, statement: str, *values: object) -> int:
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            return connection.execute(statement, values).rowcount

    def stored_bytes(self) -> bytes:
        files = self.path.parent.glob(f"{self.path.name}*")
        return b"".join(file.read_bytes() for file in sorted(files))


@dataclass(frozen=True, slots=True)
class _Postgresql:
    database: PostgresqlDatabase

    @property
    def url(self) -> str:
        return self.database.url

    @property
    def owner_url(self) -> str:
        return self.database.owner_url

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        return self.database.run(_numbered(statement), *values)

    def change(self, statement: str, *values: object) -> int:
        return self.database.change(_numbered(statement), *values)

    def stored_bytes(self) -> bytes:
        return self.database.stored_bytes()


def _numbered(statement: str) -> str:
    numbers = itertools.count(1)
    return re.sub(r"\?", lambda _: f"${next(numbers)}", statement)


class _Clusters:
    """Which folders' databases are on a cluster, and those that were made."""

    def __init__(self) -> None:
        self._of_folder: dict[Path, Callable[[], Cluster]] = {}
        self._made: dict[Path, PostgresqlDatabase] = {}

    @contextmanager
    def under(self, folder: Path, cluster: Callable[[], Cluster]) -> Iterator[None]:
        self._of_folder[folder] = cluster
        try:
            yield
        finally:
            del self._of_folder[folder]
            for path in [path for path in self._made if path.is_relative_to(folder)]:
                cluster().drop_database(self._made.pop(path))

    def place_of(self, path: Path) -> Place:
        for folder, cluster in self._of_folder.items():
            if path.is_relative_to(folder):
                if path not in self._made:
                    self._made[path] = cluster().add_database()
                return _Postgresql(self._made[path])
        return _File(path)


_CLUSTERS = _Clusters()


def place_of(path: Path) -> Place:
    """Return the database that this path stands for in the running test."""
    return _CLUSTERS.place_of(path)


async def open_database(path: Path) -> Database:
    """Open it as a server would, on the newest schema."""
    place = place_of(path)
    if place.owner_url != place.url:
        owner = await Database.open(place.owner_url)
        try:
            await migrate(owner)
        finally:
            await owner.close()
    database = await Database.open(place.url)
    try:
        await prepare_schema(database)
    except BaseException:
        await database.close()
        raise
    return database


@contextmanager
def database_of_kind(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[None]:
    """Let the databases under a folder be of a kind: "sqlite" or "postgresql"."""
    if kind == "sqlite":
        yield
        return
    cluster = request.getfixturevalue("postgresql_cluster")
    with _CLUSTERS.under(folder, lambda: cluster):
        yield


@pytest.fixture(params=["sqlite", "postgresql"])
def each_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Run the test on each kind of database; the answer is its name."""
    with database_of_kind(request.param, request, tmp_path):
        yield request.param
