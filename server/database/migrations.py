"""
Numbered migrations, each applied in one transaction and remembered with its checksum.

The process may be killed at any moment and started again. A database that was built by other
migrations, or by a newer server, is refused and left as it is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from server.database.problems import DatabaseNewer, MigrationChanged
from server.database.queries import load_queries
from server.database.sessions import Database, Session
from server.shared_types.clock import Clock, system_clock

__all__ = ["Migration", "apply_migrations", "migrate", "read_migrations"]

_FILE_NAME: Final = re.compile(r"(?P<number>[0-9]{4})_(?P<name>[a-z0-9_]+)\.sql")
_QUERIES: Final = load_queries("server.database")


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
            await session.execute(_QUERIES["create_migrations_table"])
            applied = await _applied(session, migrations)
            if applied == len(migrations):
                return applied
            migration = migrations[applied]
            for statement in database.dialect.split(migration.script):
                await session.execute(statement)
            await session.execute(
                _QUERIES["insert_migration"],
                {
                    "version": migration.version,
                    "name": migration.name,
                    "checksum": migration.checksum(),
                    "applied_at": clock().isoformat(),
                },
            )


async def _applied(session: Session, migrations: Sequence[Migration]) -> int:
    rows = await session.fetch_all(_QUERIES["list_migrations"])
    if len(rows) > len(migrations):
        raise DatabaseNewer
    known = [(each.version, each.name, each.checksum()) for each in migrations]
    if rows != known[: len(rows)]:
        raise MigrationChanged
    return len(rows)
