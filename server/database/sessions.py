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
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from types import MappingProxyType
from typing import Any, Final

from server.database.connections import CONNECTIONS_MAX, ConnectionPool, KeptConnection, finish
from server.database.dialects import Dialect, HotReader
from server.database.postgresql_dialect import PostgresqlDialect, is_postgresql
from server.database.postgresql_hot_reader import PostgresqlHotReader
from server.database.problems import DatabaseBusy, DatabaseProblem, SessionOver
from server.database.silence import silence_drivers
from server.database.sqlite_dialect import SqliteDialect, SqliteHotReader
from server.database.turns import Turns
from server.shared_types.ids import TenantId

__all__ = ["Database", "Session"]

#: How long a unit of work waits for others of this process that it must not run beside.
TURN_WAIT_SECONDS: Final = 30.0
#: How many units of work of one tenant may read at once: the other connections are the other tenants'.
READERS_OF_A_TENANT: Final = CONNECTIONS_MAX // 2

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

    async def run_script(self, script: str) -> None:
        """Run the statements of a script of our own, however long it takes."""
        await self._connection.run_script(script)

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
        self._writers = Turns(at_once=1, wait_seconds=TURN_WAIT_SECONDS)
        self._readers = Turns(at_once=READERS_OF_A_TENANT, wait_seconds=TURN_WAIT_SECONDS)

    @classmethod
    async def open(cls, url: str) -> Database:
        """
        Open the database, making the file of a SQLite one where there is none; migrate it next.

        A PostgreSQL is first called when the first unit of work needs it.
        """
        silence_drivers()
        if is_postgresql(url):
            pool = ConnectionPool(postgresql := PostgresqlDialect(url))
            return cls(postgresql, pool, PostgresqlHotReader(pool))
        dialect = SqliteDialect(url)
        problem: DatabaseProblem
        try:
            dialect.prepare_storage()
            # The first to open the file: what is no database is refused before a driver thread exists.
            hot_reader = SqliteHotReader(dialect)
        except dialect.driver_errors as error:
            problem = dialect.problem_of(error)
        else:
            return cls(dialect, ConnectionPool(dialect), hot_reader)
        raise problem

    async def close(self) -> None:
        """Close every connection, and stop what still runs: the driver's threads hold the process."""
        await self._hot_reader.close()
        await self._pool.close()

    @asynccontextmanager
    async def session(self, tenant_id: TenantId | None = None) -> AsyncIterator[Session]:
        """
        A unit of work that only reads; each statement sees the latest commit.

        Where the database knows tenants it shows this tenant's rows only, and without a tenant none
        but the directory tables'.
        """
        async with self._reading(tenant_id, one_state=False) as session:
            yield session

    @asynccontextmanager
    async def snapshot(self, tenant_id: TenantId | None = None) -> AsyncIterator[Session]:
        """A unit of work that only reads, every statement of it from one committed state."""
        async with self._reading(tenant_id, one_state=True) as session:
            yield session

    @asynccontextmanager
    async def transaction(self, tenant_id: TenantId | None = None) -> AsyncIterator[Session]:
        """
        A unit of work that writes: all of it is committed at the end, or nothing.

        Writers of this process that would wait for each other's locks queue here in order, without a
        connection. When the task is cancelled during the commit the outcome is what the database
        says, not what the caller saw: writes have to be idempotent.
        """
        writers = self._writers.turn(self.dialect.writers_of(tenant_id))
        async with writers, self._connection() as connection:
            try:
                await connection.begin_writing(tenant_id)
                session = Session(connection)
                try:
                    yield session
                finally:
                    session.end()
                await connection.commit()
            except Exception:
                await connection.roll_back()
                raise

    @asynccontextmanager
    async def _reading(
        self, tenant_id: TenantId | None, *, one_state: bool
    ) -> AsyncIterator[Session]:
        async with self._turn_to_read(tenant_id), self._connection() as connection:
            try:
                await connection.begin_reading(tenant_id, one_state=one_state)
                session = Session(connection)
                try:
                    yield session
                finally:
                    session.end()
            except Exception:
                await connection.roll_back()
                raise
            await connection.roll_back()

    def _turn_to_read(self, tenant_id: TenantId | None) -> AbstractAsyncContextManager[None]:
        return nullcontext() if tenant_id is None else self._readers.turn(tenant_id)

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

    async def read_hot(
        self, query: str, values: Mapping[str, object], tenant_id: TenantId | None = None
    ) -> tuple[Any, ...] | None:
        """
        Return the first row of a look-up by key, in the latest committed state.

        It may run in the event loop's thread, so it is for what every request asks: a row by its key.
        """
        try:
            return await self._hot_reader.read(query, values, tenant_id)
        except DatabaseBusy:
            async with self.session(tenant_id) as session:
                return await session.fetch_one(query, values)
