"""
Connections that survive cancellation, and the small pool that keeps them.

A connection serves one unit of work at a time. It is kept afterwards only when nothing is in doubt: no
statement was cut off, no transaction is open. Everything else is closed, which rolls it back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, TypeVar

import databases
import databases.core

from server.database.dialects import Dialect
from server.database.problems import DatabaseProblem, DatabaseUnavailable, SessionOver
from server.database.turns import wait_for_turn
from server.shared_types.ids import TenantId

__all__ = ["CONNECTIONS_MAX", "ConnectionPool", "KeptConnection", "finish"]

#: Connections open at once; each is a file and a thread of the driver, or a process of the database.
CONNECTIONS_MAX: Final = 16
#: Connections kept open between units of work.
IDLE_MAX: Final = 4
#: How long a unit of work waits for a connection.
CONNECTION_WAIT_SECONDS: Final = 10.0
#: How long closing waits for units of work to end by themselves.
CLOSE_WAIT_SECONDS: Final = 5.0

T = TypeVar("T")


async def finish(work: Awaitable[T]) -> T:
    """Await `work` to its end even when the caller is cancelled; then let the cancellation through."""
    task = asyncio.ensure_future(work)
    cancellation: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancellation = error
    if cancellation is None:
        return task.result()
    if not task.cancelled():
        task.exception()  # Seen: else asyncio would log it, text and all.
    raise cancellation


class KeptConnection:
    """A connection of `databases`, held from its opening to its end."""

    def __init__(self, held: databases.core.Connection, dialect: Dialect) -> None:
        self._held = held
        self._raw: Any = held.raw_connection
        self._dialect = dialect
        self._over = False
        self._busy = False
        self._closing: asyncio.Future[None] | None = None

    @property
    def clean(self) -> bool:
        """Whether another unit of work may use it."""
        return (
            not (self._over or self._busy)
            and self._dialect.is_open(self._raw)
            and not self._dialect.in_transaction(self._raw)
        )

    async def fetch(self, query: str, values: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """Return every row of a query."""
        return await self._ask(lambda: self._dialect.fetch(self._raw, query, values))

    async def execute(self, query: str, values: Mapping[str, object]) -> int:
        """Run one statement; return the number of rows touched."""
        return await self._ask(lambda: self._dialect.execute(self._raw, query, values))

    async def execute_many(self, query: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Run one statement for each row."""
        await self._ask(lambda: self._dialect.execute_many(self._raw, query, rows))

    async def run_script(self, script: str) -> None:
        """Run a script of our own."""
        await self._ask(lambda: self._dialect.run_script(self._raw, script))

    async def begin_reading(self, tenant_id: TenantId | None, *, one_state: bool) -> None:
        """Begin a unit of work that reads."""
        await self._ask(
            lambda: self._dialect.begin_reading(self._raw, tenant_id, one_state=one_state)
        )

    async def begin_writing(self, tenant_id: TenantId | None) -> None:
        """Begin a transaction that will write."""
        await self._ask(lambda: self._dialect.begin_writing(self._raw, tenant_id))

    async def commit(self) -> None:
        """Commit; a cancellation waits until the outcome is known."""
        await finish(self._ask(lambda: self._dialect.commit(self._raw)))

    async def roll_back(self) -> None:
        """Roll back what is open; where that fails the connection is over and will be closed."""
        if self._over or not self._dialect.in_transaction(self._raw):
            return
        try:
            await finish(self._ask(lambda: self._dialect.roll_back(self._raw)))
        except DatabaseProblem:
            self._over = True

    async def close(self) -> None:
        """Close it in whatever state: stop its statement, roll back its transaction."""
        if self._closing is None:
            interrupted = not self.clean
            self._over = True
            self._closing = asyncio.ensure_future(self._close(interrupted=interrupted))
        await finish(self._closing)

    async def _close(self, *, interrupted: bool) -> None:
        # A driver's complaint about a connection that is thrown away changes nothing for anyone.
        with suppress(*self._dialect.driver_errors):
            if interrupted:
                await self._dialect.release_cut_off(self._raw, self._release)
            else:
                await self._release()

    async def _release(self) -> None:
        await self._held.__aexit__(None, None, None)

    async def _ask(self, ask: Callable[[], Awaitable[T]]) -> T:
        if self._over:
            raise SessionOver
        assert not self._busy, "a session belongs to one task"
        self._busy = True
        problem: DatabaseProblem
        try:
            return await ask()
        except self._dialect.driver_errors as error:
            problem = self._dialect.problem_of(error)
        except BaseException:
            # Cancelled: the statement may still be running.
            self._over = True
            raise
        finally:
            self._busy = False
        # Raised outside of the handler: the driver's error, which holds values, is not its context.
        raise problem


class ConnectionPool:
    """Hands out connections, one unit of work each, and keeps a few for the next."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._library = databases.Database(dialect.url, **dialect.options)
        self._slots = asyncio.Semaphore(CONNECTIONS_MAX)
        self._idle: list[KeptConnection] = []
        self._in_use: set[KeptConnection] = set()
        self._all_back = asyncio.Event()
        self._all_back.set()
        self._connecting = asyncio.Lock()
        self._closed = False

    async def take(self) -> KeptConnection:
        """Return a connection that nobody else uses; give it back whatever happens."""
        await wait_for_turn(self._slots, CONNECTION_WAIT_SECONDS)
        try:
            connection = await self._idle_or_new()
        except BaseException:
            self._slots.release()
            raise
        self._in_use.add(connection)
        self._all_back.clear()
        return connection

    async def give_back(self, connection: KeptConnection) -> None:
        """Keep a clean connection for the next unit of work, close any other."""
        try:
            if connection.clean and not self._closed and len(self._idle) < IDLE_MAX:
                self._idle.append(connection)
            else:
                await connection.close()
        finally:
            self._in_use.discard(connection)
            if not self._in_use:
                self._all_back.set()
            self._slots.release()

    async def close(self) -> None:
        """Close every connection; units of work that do not end by themselves are cut off."""
        self._closed = True
        while self._idle:
            await self._idle.pop().close()
        try:
            async with asyncio.timeout(CLOSE_WAIT_SECONDS):
                await self._all_back.wait()
        except TimeoutError:
            for connection in list(self._in_use):
                await connection.close()
        if self._library.is_connected:
            await self._library.disconnect()

    async def _idle_or_new(self) -> KeptConnection:
        while self._idle and not self._closed:
            connection = self._idle.pop()
            if connection.clean:
                return connection
            await connection.close()  # Lost while nobody used it.
        return await self.open()

    async def open(self) -> KeptConnection:
        """Open a connection that no unit of work is given; who asked for it closes it."""
        if self._closed:
            raise DatabaseUnavailable
        opening = asyncio.ensure_future(self._connect())
        try:
            return await finish(opening)
        except asyncio.CancelledError:
            if not opening.cancelled() and opening.exception() is None:
                await opening.result().close()
            raise

    async def _connect(self) -> KeptConnection:
        # Never `self._library.connection()`: its cache per task keeps broken connections.
        held = databases.core.Connection(self._library, self._library._backend)  # noqa: SLF001 - no public door, databases is pinned to 0.9.0
        problem: DatabaseProblem
        try:
            async with self._connecting:
                if not self._library.is_connected:
                    await self._library.connect()
            await held.__aenter__()
            return KeptConnection(held, self._dialect)
        except self._dialect.driver_errors as error:
            problem = self._dialect.problem_of(error)
        raise problem
