"""Migrations on real databases of each kind: applied once, whole, in order, and refused when they are not ours."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest

from server.database.migrations import (
    Migration,
    apply_migrations,
    migrate,
    read_migrations,
)
from server.database.problems import (
    DatabaseMisused,
    DatabaseNewer,
    MigrationChanged,
)
from server.database.sessions import Database
from tests.databases import place_of

pytestmark = pytest.mark.usefixtures("each_database")

ROOT = Path(__file__).parents[4]

FIRST = Migration(version=1, name="first", script="CREATE TABLE one (id INTEGER);\n")
SECOND = Migration(
    version=2,
    name="second",
    script="CREATE TABLE two (id INTEGER);\n\nINSERT INTO two VALUES (length(';'));\n",
)
TABLES_OF_NO_TENANT = {
    "people",  # A person is not a tenant.
    "token_directory",  # Read before a tenant is known.
    "audit_events",  # The trail is the installation's.
    "audit_head",
    "schema_migrations",
}


def at_noon() -> datetime:
    return datetime(2026, 3, 31, 12, tzinfo=UTC)


T = TypeVar("T")


def run(story: Callable[[Database], Coroutine[Any, Any, T]], folder: Path) -> T:
    async def scenario() -> T:
        database = await Database.open(place_of(folder / "ledger.db").owner_url)
        try:
            return await story(database)
        finally:
            await database.close()

    return asyncio.run(scenario())


def rows_of(folder: Path, query: str) -> list[tuple[Any, ...]]:
    return place_of(folder / "ledger.db").query(query)


def is_postgresql(folder: Path) -> bool:
    return place_of(folder / "ledger.db").url.startswith("postgresql")


def tables_of(folder: Path) -> set[str]:
    if is_postgresql(folder):
        query = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'"
    else:
        query = "SELECT name FROM sqlite_master WHERE type = 'table'"
    return {name for (name,) in rows_of(folder, query)}


def key_of(folder: Path, table: str) -> list[str]:
    """The columns of a table's primary key, in their order."""
    if is_postgresql(folder):
        rows = rows_of(
            folder,
            "SELECT attname::text FROM pg_index, unnest(indkey) WITH ORDINALITY AS k (number, place)"
            " JOIN pg_attribute ON attnum = number"
            f" WHERE indrelid = '{table}'::regclass AND attrelid = indrelid AND indisprimary"
            " ORDER BY place",
        )
        return [name for (name,) in rows]
    columns = rows_of(folder, f"PRAGMA table_info({table})")
    return [row[1] for row in sorted(columns, key=lambda row: int(row[5])) if row[5]]


def apply(folder: Path, *migrations: Migration) -> int:
    return run(lambda database: apply_migrations(database, migrations, at_noon), folder)


def test_migrations_are_applied_once_and_remembered(tmp_path: Path) -> None:
    assert apply(tmp_path, FIRST) == 1
    assert apply(tmp_path, FIRST, SECOND) == 2
    assert apply(tmp_path, FIRST, SECOND) == 2
    assert rows_of(
        tmp_path, "SELECT version, name, checksum, applied_at FROM schema_migrations"
    ) == [
        (1, "first", FIRST.checksum(), "2026-03-31T12:00:00+00:00"),
        (2, "second", SECOND.checksum(), "2026-03-31T12:00:00+00:00"),
    ]


def test_a_changed_migration_is_refused(tmp_path: Path) -> None:
    apply(tmp_path, FIRST)
    with pytest.raises(MigrationChanged):
        apply(tmp_path, replace(FIRST, script=FIRST.script + "\n-- A word more.\n"), SECOND)
    assert rows_of(tmp_path, "SELECT count(*) FROM schema_migrations") == [(1,)]


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    apply(tmp_path, FIRST, SECOND)
    with pytest.raises(DatabaseNewer):
        apply(tmp_path, FIRST)


def test_line_ends_do_not_change_a_migration() -> None:
    windows = replace(SECOND, script=SECOND.script.replace("\n", "\r\n"))
    assert windows.checksum() == SECOND.checksum()


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    broken = replace(SECOND, script=SECOND.script + "CREATE TABLE one (again INTEGER);\n")
    with pytest.raises(DatabaseMisused):
        apply(tmp_path, FIRST, broken)
    assert "two" not in tables_of(tmp_path)
    assert apply(tmp_path, FIRST, SECOND) == 2


def test_two_servers_may_start_at_once(tmp_path: Path) -> None:
    async def story(database: Database) -> list[int]:
        other = await Database.open(place_of(tmp_path / "ledger.db").owner_url)
        try:
            return await asyncio.gather(*(migrate(each) for each in (database, other) * 3))
        finally:
            await other.close()

    assert set(run(story, tmp_path)) == {len(read_migrations("sqlite"))}


def test_every_tenant_table_begins_with_its_tenant(tmp_path: Path) -> None:
    run(migrate, tmp_path)
    for table in tables_of(tmp_path) - TABLES_OF_NO_TENANT:
        assert key_of(tmp_path, table)[0] == "tenant_id", table


MIGRATOR = """
    import asyncio, sys
    from server.database.migrations import migrate
    from server.database.sessions import Database
    async def main():
        print("ready", flush=True)
        database = await Database.open(sys.argv[1])
        await migrate(database)
        await database.close()
    asyncio.run(main())
    """


def survives_being_killed(folder: Path, times: int) -> None:
    for attempt in range(times):
        place = folder / str(attempt)
        place.mkdir()
        child = subprocess.Popen(
            [
                sys.executable,
                "-c",
                textwrap.dedent(MIGRATOR),
                place_of(place / "ledger.db").owner_url,
            ],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(random.random() * (0.1 if is_postgresql(place) else 0.03))
        child.kill()
        child.wait()
        child.stdout.close()
        assert run(migrate, place) == len(read_migrations("sqlite"))
        if not is_postgresql(place):
            assert rows_of(place, "PRAGMA integrity_check") == [("ok",)]


def test_killed_while_migrating_it_goes_on_at_the_next_start(tmp_path: Path) -> None:
    survives_being_killed(tmp_path, 3)


@pytest.mark.deep
def test_killed_many_times_while_migrating_it_goes_on(tmp_path: Path) -> None:
    survives_being_killed(tmp_path, 40)
