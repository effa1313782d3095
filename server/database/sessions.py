"""
Sessions and transactions over `databases`: the only way that the server reaches its data.

`databases` 0.9.0 loses connections when a task is cancelled or a commit fails, and keeps broken ones
per task (encode/databases issues 456 and 460). So it serves here for the URL, the backend and the life
of a connection only: each connection is an object of its own, never `database.connection()`, and no
release, commit or rollback can be cut off in the middle. Statements go to the raw driver, which also
takes a quarter of the time of the library's `fetch_one`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any, Final

from server.database.connections import ConnectionPool, KeptConnection, finish, wait_for_turn
from server.database.dialects import Dialect, HotReader
from server.database.problems import DatabaseBusy, DatabaseProblem, SessionOver
from server.database.silence import silence_drivers
from server.database.sqlite_dialect import SqliteDialect

__all__ = ["Database", "Session"]

#: How long a transaction waits for the other writers of this process.
WRITER_WAIT_SECONDS: Final = 30.0

_NOTHING: Final[Mapping[str, object]] = MappingProxyType({})


class Session:
    """
    One connection, one unit of work; never shared between tasks.

    Parameters are written `:name`; ids are bound as 16 bytes. A statement that is cancelled ends the
    session: what comes after it raises SessionOver and nothing is committed.
    """

    __slots__ = ("_kept",)

    def __init__(self, connection: KeptConnection) -> None:
        self._kept: KeptConnection | None = connection

    async def fetch_all(
        self, query: str, values: Mapping[str, object] = _NOTHING
    ) -> list[tuple[Any, ...]]:
        """Return every row."""
        return await self._connection.fetch(query, values)

    async def fetch_one(
        self, query: str, values: Mapping[str, object] = _NOTHING
    ) -> tuple[Any, ...] | None:
        """Return the first row, or None; the query itself should ask for no more than one."""
        rows = await self._connection.fetch(query, values)
        return rows[0] if rows else None

    async def fetch_bulk(
        self, query: str, values: Mapping[str, object] = _NOTHING
    ) -> list[tuple[Any, ...]]:
        """Return every row of a read that no page bounds: a name to see in review."""
        return await self._connection.fetch(query, values)

    async def execute(self, query: str, values: Mapping[str, object] = _NOTHING) -> int:
        """Run a statement that changes rows and return how many it touched."""
        return await self._connection.execute(query, values)

    async def execute_many(self, query: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Run a statement once for each of many rows."""
        if rows:
            await self._connection.execute_many(query, rows)

    def end(self) -> None:
        """Let go of the connection: the unit of work is over and another may have it."""
        self._kept = None

    @property
    def _connection(self) -> KeptConnection:
        if self._kept is None:
            raise SessionOver
        return self._kept


class Database:
    """The server's database; opened once, closed before the process ends."""

    def __init__(self, dialect: Dialect, pool: ConnectionPool, hot_reader: HotReader) -> None:
        self.dialect = dialect
        self._pool = pool
        self._hot_reader = hot_reader
        self._writer = asyncio.Lock()

    @classmethod
    async def open(cls, url: str) -> Database:
        """Open the database, making it where it does not exist yet; migrate it next."""
        silence_drivers()
        dialect = SqliteDialect(url)
        problem: DatabaseProblem
        try:
            dialect.prepare_storage()
            # The first to open the file: what is no database is refused before a driver thread exists.
            hot_reader = dialect.open_hot_reader()
        except dialect.driver_errors as error:
            problem = dialect.problem_of(error)
        else:
            return cls(dialect, ConnectionPool(dialect), hot_reader)
        raise problem

    async def close(self) -> None:
        """Close every connection, and stop what still runs: the driver's threads hold the process."""
        self._hot_reader.close()
        await self._pool.close()

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """A unit of work that only reads; each statement sees the latest commit."""
        async with self._connection() as connection:
            session = Session(connection)
            try:
                yield session
            finally:
                session.end()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        """
        A unit of work that writes: all of it is committed at the end, or nothing.

        Writers of this process queue here in order. When the task is cancelled during the commit the
        outcome is what the database says, not what the caller saw: writes have to be idempotent.
        """
        await wait_for_turn(self._writer, WRITER_WAIT_SECONDS)
        try:
            async with self._connection() as connection:
                await connection.begin()
                session = Session(connection)
                try:
                    try:
                        yield session
                    finally:
                        session.end()
                    await connection.commit()
                except Exception:
                    await connection.roll_back()
                    raise
        finally:
            self._writer.release()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[KeptConnection]:
        connection = await self._pool.take()
        try:
            yield connection
        except asyncio.CancelledError:
            # Whatever it was doing is stopped and rolled back by closing it.
            await connection.close()
            raise
        finally:
            await finish(self._pool.give_back(connection))

    async def read_hot(self, query: str, values: Mapping[str, object]) -> tuple[Any, ...] | None:
        """
        Return the first row of a look-up by key, in the latest committed state.

        It runs in the event loop's thread, so it is for what every request asks: a row by its key.
        """
        problem: DatabaseProblem
        try:
            return self._hot_reader.read(query, values)
        except self.dialect.driver_errors as error:
            problem = self.dialect.problem_of(error)
        if not isinstance(problem, DatabaseBusy):
            raise problem
        async with self.session() as session:
            return await session.fetch_one(query, values)
