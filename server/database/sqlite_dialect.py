"""
SQLite: settings of every connection, errors, file modes, the reader for hot look-ups.

It must not run a statement that changes data; sessions do.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Awaitable, Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import aiosqlite
from databases import DatabaseURL

from server.database.problems import (
    Constraint,
    DatabaseBusy,
    DatabaseConstraint,
    DatabaseFull,
    DatabaseMisused,
    DatabaseProblem,
    DatabaseUnavailable,
    DatabaseUrlRefused,
)
from server.shared_types.ids import TenantId

__all__ = ["BUSY_SECONDS", "PRAGMAS", "SqliteDialect", "SqliteHotReader"]

#: How long a statement waits for another process's lock.
BUSY_SECONDS: Final = 5

#: How often a statement that has to stop is interrupted: one interrupt before its start is lost.
INTERRUPT_SECONDS: Final = 0.01

#: Each connection starts with these.
#:
#: synchronous=FULL, not NORMAL: with NORMAL a power cut may take back commits that a client was told
#: of. The ledger's version numbers would then be given out a second time, and a client whose cursor
#: stands beyond them would never be shown the entries that took them.
PRAGMAS: Final = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    f"busy_timeout={BUSY_SECONDS * 1000}",
    "secure_delete=ON",
    "trusted_schema=OFF",
    "temp_store=MEMORY",
    "journal_size_limit=16777216",
)

_PRIMARY_CODE: Final = 0xFF

#: Every primary result code of SQLite; a test holds this table to the driver's list.
PROBLEMS: Final[Mapping[int, type[DatabaseProblem]]] = MappingProxyType(
    {
        sqlite3.SQLITE_ABORT: DatabaseUnavailable,
        sqlite3.SQLITE_AUTH: DatabaseMisused,
        sqlite3.SQLITE_BUSY: DatabaseBusy,
        sqlite3.SQLITE_CANTOPEN: DatabaseUnavailable,
        sqlite3.SQLITE_CONSTRAINT: DatabaseConstraint,
        sqlite3.SQLITE_CORRUPT: DatabaseUnavailable,
        sqlite3.SQLITE_EMPTY: DatabaseUnavailable,
        sqlite3.SQLITE_ERROR: DatabaseMisused,
        sqlite3.SQLITE_FORMAT: DatabaseUnavailable,
        sqlite3.SQLITE_FULL: DatabaseFull,
        sqlite3.SQLITE_INTERNAL: DatabaseUnavailable,
        sqlite3.SQLITE_INTERRUPT: DatabaseUnavailable,
        sqlite3.SQLITE_IOERR: DatabaseUnavailable,
        sqlite3.SQLITE_LOCKED: DatabaseBusy,
        sqlite3.SQLITE_MISMATCH: DatabaseMisused,
        sqlite3.SQLITE_MISUSE: DatabaseMisused,
        sqlite3.SQLITE_NOLFS: DatabaseUnavailable,
        sqlite3.SQLITE_NOMEM: DatabaseUnavailable,
        sqlite3.SQLITE_NOTADB: DatabaseUnavailable,
        sqlite3.SQLITE_NOTFOUND: DatabaseMisused,
        sqlite3.SQLITE_NOTICE: DatabaseUnavailable,
        sqlite3.SQLITE_PERM: DatabaseUnavailable,
        sqlite3.SQLITE_PROTOCOL: DatabaseBusy,
        sqlite3.SQLITE_RANGE: DatabaseMisused,
        sqlite3.SQLITE_READONLY: DatabaseUnavailable,
        sqlite3.SQLITE_SCHEMA: DatabaseMisused,
        sqlite3.SQLITE_TOOBIG: DatabaseMisused,
        sqlite3.SQLITE_WARNING: DatabaseUnavailable,
    }
)

_CONSTRAINTS: Final[Mapping[int, Constraint]] = MappingProxyType(
    {
        sqlite3.SQLITE_CONSTRAINT_UNIQUE: Constraint.UNIQUE,
        sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY: Constraint.UNIQUE,
        sqlite3.SQLITE_CONSTRAINT_ROWID: Constraint.UNIQUE,
        sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY: Constraint.FOREIGN_KEY,
        sqlite3.SQLITE_CONSTRAINT_NOTNULL: Constraint.NOT_NULL,
        sqlite3.SQLITE_CONSTRAINT_CHECK: Constraint.CHECK,
        # SQLITE_CONSTRAINT_DATATYPE, of STRICT tables: Python 3.11's driver has no name for it.
        sqlite3.SQLITE_CONSTRAINT | (12 << 8): Constraint.TYPE,
    }
)


class _Connection(sqlite3.Connection):
    """A connection with our settings: `factory` is the only door that `databases` leaves to them."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        try:
            for pragma in PRAGMAS:
                self.execute(f"PRAGMA {pragma}").close()
        except BaseException:
            self.close()
            raise


class SqliteDialect:
    """A file on this machine, opened by this process."""

    name: Final = "sqlite"
    #: BEGIN IMMEDIATE locks every other writer out already.
    migration_lock: Final = ""
    migrates_at_start: Final = True
    #: ValueError: a closed connection, or text that is not Unicode; its message would hold the text.
    driver_errors: Final[tuple[type[Exception], ...]] = (
        sqlite3.Error,
        sqlite3.Warning,
        OverflowError,
        ValueError,
        OSError,
    )
    options: Final[Mapping[str, Any]] = MappingProxyType(
        {"factory": _Connection, "timeout": BUSY_SECONDS}
    )

    def __init__(self, url: str) -> None:
        parsed = DatabaseURL(url)
        if (
            parsed.scheme != "sqlite"
            or parsed.options
            or parsed.hostname
            or parsed.database in {"", ":memory:"}
        ):
            raise DatabaseUrlRefused
        self.url = url
        self.path = Path(parsed.database)

    def problem_of(self, error: Exception) -> DatabaseProblem:
        """Translate a driver error by its code; its text stays behind."""
        code = getattr(error, "sqlite_errorcode", None)
        if code is None:
            if isinstance(error, OSError):
                return DatabaseUnavailable()
            return DatabaseMisused()
        problem = PROBLEMS.get(code & _PRIMARY_CODE, DatabaseUnavailable)
        if problem is DatabaseConstraint:
            return DatabaseConstraint(_CONSTRAINTS.get(code, Constraint.OTHER))
        return problem()

    def writers_of(self, tenant_id: TenantId | None) -> Hashable:
        """Every writer waits for every other: the file has one lock."""
        del tenant_id
        return None

    async def begin_reading(
        self, raw: aiosqlite.Connection, tenant_id: TenantId | None, *, one_state: bool
    ) -> None:
        """Begin a transaction for one state only; queries name their tenant themselves."""
        del tenant_id
        if one_state:
            await self.fetch(raw, "BEGIN DEFERRED", {})

    async def begin_writing(self, raw: aiosqlite.Connection, tenant_id: TenantId | None) -> None:
        """Take the write lock at once: a reader that becomes a writer later could not wait for it."""
        del tenant_id
        await self.fetch(raw, "BEGIN IMMEDIATE", {})

    async def commit(self, raw: aiosqlite.Connection) -> None:
        """Commit what is open."""
        await self.fetch(raw, "COMMIT", {})

    async def roll_back(self, raw: aiosqlite.Connection) -> None:
        """Roll back what is open."""
        await self.fetch(raw, "ROLLBACK", {})

    async def fetch(
        self, raw: aiosqlite.Connection, query: str, values: Mapping[str, object]
    ) -> list[tuple[Any, ...]]:
        """Run a query: one trip to the driver's thread."""
        # The driver is typed for a row factory that we do not set.
        return await raw.execute_fetchall(query, _dict(values))  # type: ignore[return-value]

    async def execute(
        self, raw: aiosqlite.Connection, query: str, values: Mapping[str, object]
    ) -> int:
        """Run a statement and return how many rows it touched."""
        cursor = await raw.execute(query, _dict(values))
        touched = cursor.rowcount
        await cursor.close()
        return max(touched, 0)

    async def execute_many(
        self, raw: aiosqlite.Connection, query: str, rows: Sequence[Mapping[str, object]]
    ) -> None:
        """Run a statement once for each row, inside the driver."""
        cursor = await raw.executemany(query, rows)
        await cursor.close()

    async def run_script(self, raw: aiosqlite.Connection, script: str) -> None:
        """Run a script statement by statement: the driver's own way would commit before it."""
        for statement in self.split(script):
            await self.fetch(raw, statement, {})

    async def release_cut_off(
        self, raw: aiosqlite.Connection, release: Callable[[], Awaitable[None]]
    ) -> None:
        """Stop the running statement: closing waits for it, in the driver's thread."""
        releasing = asyncio.ensure_future(release())
        while not releasing.done():
            # A connection that is closed already needs no stopping.
            with suppress(ValueError, sqlite3.ProgrammingError):
                await raw.interrupt()
            await asyncio.wait({releasing}, timeout=INTERRUPT_SECONDS)
        releasing.result()

    def in_transaction(self, raw: aiosqlite.Connection) -> bool:
        """Whether a transaction is open."""
        return raw.in_transaction

    def is_open(self, raw: aiosqlite.Connection) -> bool:
        """A file does not go away."""
        del raw
        return True

    def prepare_storage(self) -> None:
        """Make the file for our eyes only (SQLite gives -wal and -shm the same mode), and its folder."""
        for folder in reversed(self.path.parents):
            if not folder.exists():
                folder.mkdir(mode=0o700, exist_ok=True)
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))

    def split(self, script: str) -> Iterator[str]:
        """Split a script where SQLite itself sees the end of a statement."""
        statement = ""
        for line in script.splitlines(keepends=True):
            statement += line
            if sqlite3.complete_statement(statement):
                yield statement.strip()
                statement = ""
        assert not statement.strip(), "a script ends with a whole statement"


class SqliteHotReader:
    """
    A kept connection used in the event loop's own thread.

    A look-up by key takes about 5 microseconds here and 80 through a driver thread. In autocommit
    each read sees the latest commit, whoever made it. It never waits for a lock: a busy database is
    the caller's business.
    """

    def __init__(self, dialect: SqliteDialect) -> None:
        self._dialect = dialect
        self._connection = sqlite3.connect(
            dialect.path, isolation_level=None, factory=_Connection, check_same_thread=False
        )
        self._connection.execute("PRAGMA query_only=ON").close()
        self._connection.execute("PRAGMA busy_timeout=0").close()

    async def read(
        self, query: str, values: Mapping[str, object], tenant_id: TenantId | None
    ) -> tuple[Any, ...] | None:
        """Return the first row; it gives no other task a turn."""
        del tenant_id
        problem: DatabaseProblem
        try:
            cursor = self._connection.execute(query, _dict(values))
            try:
                row: tuple[Any, ...] | None = cursor.fetchone()
            finally:
                # An open cursor would hold on to its snapshot and hide later commits.
                cursor.close()
        except self._dialect.driver_errors as error:
            problem = self._dialect.problem_of(error)
        else:
            return row
        raise problem

    async def close(self) -> None:
        """Close it at once."""
        self._connection.close()


def _dict(values: Mapping[str, object]) -> dict[str, Any]:
    # The driver takes no other mapping.
    return values if isinstance(values, dict) else dict(values)
