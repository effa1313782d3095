"""
Numbered migrations, each applied in one transaction and remembered with its checksum.

The process may be killed at any moment and started again. A database that was built by other
migrations, or by a newer server, is refused and left as it is.

A schema grows first and shrinks later: a migration only adds, so that servers of the version before go
on beside the new ones, until no such server runs; what they used goes with a later migration, whose
name begins with `contract_`. A migration locks tables in the order in which writers do, `tenants` first.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from server.database.problems import (
    DatabaseNewer,
    DatabaseRoleRefused,
    MigrationChanged,
    SchemaOutdated,
)
from server.database.queries import load_queries
from server.database.sessions import Database
from server.shared_types.clock import Clock, system_clock

__all__ = [
    "Migration",
    "apply_migrations",
    "check_schema",
    "migrate",
    "prepare_schema",
    "read_migrations",
]

_FILE_NAME: Final = re.compile(r"(?P<number>[0-9]{4})_(?P<name>[a-z0-9_]+)\.sql")
_QUERIES: Final = load_queries("server.database")
#: The beginning of a migration's name after which older servers no longer work.
_CONTRACTS: Final = "contract_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step of the schema."""

    version: int
    name: str
    script: str

    def checksum(self) -> str:
        """SHA-256 of the script, the same for every way of ending lines."""
        return hashlib.sha256("\n".join(self.script.splitlines()).encode()).hexdigest()


def read_migrations(dialect_name: str) -> tuple[Migration, ...]:
    """Return the migrations of a dialect in order: 1, 2, 3 without a gap."""
    migrations: list[Migration] = []
    for resource in files("server.database").joinpath("migrations", dialect_name).iterdir():
        matched = _FILE_NAME.fullmatch(resource.name)
        assert matched is not None, "a migration is called 0001_what_it_does.sql"
        migrations.append(
            Migration(
                version=int(matched["number"]),
                name=matched["name"],
                script=resource.read_text(encoding="utf-8"),
            )
        )
    migrations.sort(key=lambda migration: migration.version)
    assert [migration.version for migration in migrations] == [*range(1, len(migrations) + 1)], (
        "migrations are numbered without a gap"
    )
    return tuple(migrations)


async def prepare_schema(database: Database, *, clock: Clock = system_clock) -> int:
    """
    Make sure that a server may start on the database's schema and return its version.

    A file that the server has to itself is migrated. Elsewhere the schema belongs to another role than
    the server's, which runs `migrate` first: here it is checked only, and the server's role too.
    Raises SchemaOutdated, MigrationChanged, DatabaseNewer, DatabaseRoleRefused.
    """
    if database.dialect.migrates_at_start:
        return await migrate(database, clock=clock)
    async with database.session() as session:
        powers = await session.fetch_one(_QUERIES["powers_of_this_role"])
    assert powers is not None, "who asks has a role"
    if any(powers):
        raise DatabaseRoleRefused
    return await check_schema(database, read_migrations(database.dialect.name))


async def check_schema(database: Database, migrations: Sequence[Migration]) -> int:
    """
    Return the schema's version if a server with these migrations can work on it.

    It can on a newer one too, as long as that only added to its own.
    """
    async with database.session() as session:
        found = await session.fetch_one(_QUERIES["find_migrations_table"])
        assert found is not None, "a name is found or null"
        rows = await session.fetch_all(_QUERIES["list_migrations"]) if found[0] else []
    if len(rows) < len(migrations):
        _compare(rows, migrations[: len(rows)])
        raise SchemaOutdated
    _compare(rows[: len(migrations)], migrations)
    if any(name.startswith(_CONTRACTS) for _, name, _ in rows[len(migrations) :]):
        raise DatabaseNewer
    return len(rows)


async def migrate(database: Database, *, clock: Clock = system_clock) -> int:
    """Bring the schema up to date and return its version; raise MigrationChanged, DatabaseNewer."""
    return await apply_migrations(database, read_migrations(database.dialect.name), clock)


async def apply_migrations(
    database: Database, migrations: Sequence[Migration], clock: Clock
) -> int:
    """
    Apply what is missing, each migration in a transaction of its own; return the version.

    The state is read again inside each transaction: another server may be doing the same.
    """
    while True:
        async with database.transaction() as session:
            await session.run_script(database.dialect.migration_lock)
            await session.execute(_QUERIES["create_migrations_table"])
            rows = await session.fetch_all(_QUERIES["list_migrations"])
            if len(rows) > len(migrations):
                raise DatabaseNewer
            _compare(rows, migrations[: len(rows)])
            if len(rows) == len(migrations):
                return len(rows)
            migration = migrations[len(rows)]
            await session.run_script(migration.script)
            await session.execute(
                _QUERIES["insert_migration"],
                {
                    "version": migration.version,
                    "name": migration.name,
                    "checksum": migration.checksum(),
                    "applied_at": clock().isoformat(),
                },
            )


def _compare(rows: Sequence[tuple[object, ...]], migrations: Sequence[Migration]) -> None:
    if [*rows] != [(each.version, each.name, each.checksum()) for each in migrations]:
        raise MigrationChanged
