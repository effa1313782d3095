"""
PostgreSQL: how a connection is made and set, transactions with their tenant, errors.

It must not run a statement that changes data; sessions do.
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import suppress
from ipaddress import ip_address
from types import MappingProxyType
from typing import Any, Final

import asyncpg
from databases import DatabaseURL

from server.database.connections import CONNECTIONS_MAX
from server.database.parameters import number_parameters
from server.database.postgresql_bulk import ROWS_MIN, plan_bulk_insert
from server.database.postgresql_errors import DRIVER_ERRORS, problem_of
from server.database.problems import DatabaseMisused, DatabaseProblem, DatabaseUrlRefused
from server.shared_types.ids import TenantId

__all__ = ["HOT_CONNECTIONS", "PostgresqlDialect", "is_postgresql"]

#: Connections beside the pool's, for hot look-ups.
HOT_CONNECTIONS: Final = 4
#: How long a statement waits for another transaction's lock.
LOCK_SECONDS: Final = 5
#: How long a statement may take. The database stops it a little earlier than the driver gives up on it.
STATEMENT_SECONDS: Final = 30
COMMAND_SECONDS: Final = 35.0
CONNECT_SECONDS: Final = 10.0
#: How long a connection that was cut off has to end in order.
CUT_OFF_SECONDS: Final = 5.0
#: As good as for ever, for a migration.
_SCRIPT_SECONDS: Final = 24 * 60 * 60.0

SERVER_SETTINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "application_name": "pennyvault",
        "search_path": "public",
        "default_transaction_isolation": "read committed",
        # An acknowledged commit is on disk: a version number is never given out twice.
        "synchronous_commit": "on",
        "lock_timeout": f"{LOCK_SECONDS}s",
        "statement_timeout": f"{STATEMENT_SECONDS}s",
        "idle_in_transaction_session_timeout": "60s",
        # A client that is gone: its statement stops, its locks go.
        "client_connection_check_interval": "10s",
        "tcp_keepalives_idle": "30",
        # Our queries are short: compiling them costs more than it saves.
        "jit": "off",
        # Ledgers differ in size, and a plan for any of them may suit none: a page of the change feed took
        # the database 9.9 ms by such a plan (forced) and 0.5 ms by its own, planning included.
        "plan_cache_mode": "force_custom_plan",
        "client_min_messages": "warning",
    }
)

#: Any number will do that no other program uses in this database.
_MIGRATION_LOCK: Final = 7_366_982_174


def is_postgresql(url: str) -> bool:
    """Whether this dialect is the URL's."""
    return url.partition(":")[0] in {"postgresql", "postgres"}


class PostgresqlDialect:
    """
    A PostgreSQL of version 15 or later, reached by a role that row-level security binds.

    The URL is postgresql://role:password@host:port/database. `?host=/folder` is a Unix socket's folder.
    Over TCP to another machine the connection is encrypted and the server's certificate verified,
    with the system's authorities or those of `?sslrootcert=/file`; `?sslmode=disable` gives that up.
    """

    name: Final = "postgresql"
    migrates_at_start: Final = False
    # Waiting for another migrator may take as long as that one needs; waiting for a table's lock may
    # not, since every statement on the table queues behind us.
    migration_lock: Final = (
        "SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0;"
        f" SELECT pg_advisory_xact_lock({_MIGRATION_LOCK});"
        f" SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"
    )
    driver_errors: Final[tuple[type[Exception], ...]] = DRIVER_ERRORS

    def __init__(self, url: str) -> None:
        parsed = DatabaseURL(url)
        options = parsed.options
        if (
            not is_postgresql(url)
            or not parsed.database
            or not options.keys() <= {"host", "sslmode", "sslrootcert"}
        ):
            raise DatabaseUrlRefused
        self.url = url
        self.options: Mapping[str, Any] = MappingProxyType(
            {
                "min_size": 0,
                "max_size": CONNECTIONS_MAX + HOT_CONNECTIONS,
                "timeout": CONNECT_SECONDS,
                "command_timeout": COMMAND_SECONDS,
                # A statement that is prepared stays so: they are few, and named in files of ours.
                "statement_cache_size": 500,
                "max_cached_statement_lifetime": 0,
                "server_settings": dict(SERVER_SETTINGS),
                "ssl": _encryption(parsed.hostname or "", options),
            }
        )

    def problem_of(self, error: Exception) -> DatabaseProblem:
        """Translate a driver error by its code; its text stays behind."""
        return problem_of(error)

    def writers_of(self, tenant_id: TenantId | None) -> Hashable:
        """The writers of one tenant: they would wait for its row, each with a connection in hand."""
        return tenant_id

    async def begin_reading(
        self, raw: asyncpg.Connection, tenant_id: TenantId | None, *, one_state: bool
    ) -> None:
        """Begin with the tenant in one message; without either there is nothing to set."""
        if one_state:
            await raw.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY" + _of(tenant_id))
        elif tenant_id is not None:
            await raw.execute("BEGIN READ ONLY" + _of(tenant_id))

    async def begin_writing(self, raw: asyncpg.Connection, tenant_id: TenantId | None) -> None:
        """Begin a transaction with its tenant in one message."""
        await raw.execute("BEGIN" + _of(tenant_id))

    async def commit(self, raw: asyncpg.Connection) -> None:
        """Commit what is open; where a statement failed there is nothing to commit."""
        if await raw.execute("COMMIT") != "COMMIT":
            raise DatabaseMisused

    async def roll_back(self, raw: asyncpg.Connection) -> None:
        """Roll back what is open."""
        await raw.execute("ROLLBACK")

    async def fetch(
        self, raw: asyncpg.Connection, query: str, values: Mapping[str, object]
    ) -> list[tuple[Any, ...]]:
        """Run a query, prepared once per connection."""
        text, arguments = _bound(query, values)
        return [tuple(row) for row in await raw.fetch(text, *arguments)]

    async def execute(
        self, raw: asyncpg.Connection, query: str, values: Mapping[str, object]
    ) -> int:
        """Run a statement and return how many rows it touched."""
        text, arguments = _bound(query, values)
        # Its status: "UPDATE 3", "INSERT 0 3", "CREATE TABLE".
        touched = (await raw.execute(text, *arguments)).rpartition(" ")[2]
        return int(touched) if touched.isdigit() else 0

    async def execute_many(
        self, raw: asyncpg.Connection, query: str, rows: Sequence[Mapping[str, object]]
    ) -> None:
        """Run a statement for each row: many plain INSERTs in bulk, any other in the driver."""
        text, names = number_parameters(query)
        bulk = plan_bulk_insert(query) if len(rows) >= ROWS_MIN else None
        order = names if bulk is None else bulk.names
        try:
            arguments = [tuple([row[name] for name in order]) for row in rows]
        except KeyError:
            raise DatabaseMisused from None
        if bulk is None:
            await raw.executemany(text, arguments)
        else:
            await bulk.run(raw, arguments)

    async def run_script(self, raw: asyncpg.Connection, script: str) -> None:
        """Run a script as one message."""
        await raw.execute(script, timeout=_SCRIPT_SECONDS)

    async def release_cut_off(
        self, raw: asyncpg.Connection, release: Callable[[], Awaitable[None]]
    ) -> None:
        """Cancel what the database runs for it, end the connection, and free its place in the pool."""
        try:
            with suppress(*DRIVER_ERRORS):
                await raw.close(timeout=CUT_OFF_SECONDS)
        finally:
            await release()

    def in_transaction(self, raw: asyncpg.Connection) -> bool:
        """Whether a transaction is open; one of a closed connection is not."""
        return self.is_open(raw) and bool(raw.is_in_transaction())

    def is_open(self, raw: asyncpg.Connection) -> bool:
        """Whether the connection stands; the database may have gone without a word."""
        try:
            return not raw.is_closed()
        except asyncpg.InterfaceError:
            return False  # Its place in the driver's pool was freed when it broke.


def _of(tenant_id: TenantId | None) -> str:
    """Set the tenant until the transaction ends; 32 hexadecimal digits need no quoting."""
    return "" if tenant_id is None else f"; SET LOCAL app.tenant = '{tenant_id.hex}'"


def _bound(query: str, values: Mapping[str, object]) -> tuple[str, list[object]]:
    text, names = number_parameters(query)
    try:
        return text, [values[name] for name in names]
    except KeyError:
        raise DatabaseMisused from None


def _encryption(host: str, options: Mapping[str, str]) -> ssl.SSLContext | bool:
    mode = options.get("sslmode", "disable" if _is_here(host) else "verify-full")
    if mode == "disable":
        return False
    if mode != "verify-full":
        raise DatabaseUrlRefused
    try:
        return ssl.create_default_context(cafile=options.get("sslrootcert"))
    except OSError:
        raise DatabaseUrlRefused from None


def _is_here(host: str) -> bool:
    """Whether the host is a Unix socket or this machine's loopback."""
    if host.startswith("/") or host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
