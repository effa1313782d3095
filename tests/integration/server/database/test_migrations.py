"""Migrations on real SQLite files: applied once, whole, in order, and refused when they are not ours."""

from __future__ import annotations

import asyncio
import random
import sqlite3
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

from server.database.migrations import Migration, apply_migrations, migrate, read_migrations
from server.database.problems import DatabaseMisused, DatabaseNewer, MigrationChanged
from server.database.sessions import Database

ROOT = Path(__file__).parents[4]

FIRST = Migration(version=1, name="first", script="CREATE TABLE one (id INTEGER) STRICT;\n")
SECOND = Migration(
    version=2,
    name="second",
    script="CREATE TABLE two (id INTEGER) STRICT;\n\nINSERT INTO two VALUES (length(';'));\n",
)
TENANT_TABLES_WITHOUT_TENANT_FIRST = {
    "people",  # A person is not a tenant.
    "token_directory",  # Read before a tenant is known.
    "schema_migrations",
}


def at_noon() -> datetime:
    return datetime(2026, 3, 31, 12, tzinfo=UTC)


T = TypeVar("T")


def run(story: Callable[[Database], Coroutine[Any, Any, T]], folder: Path) -> T:
    async def scenario() -> T:
        database = await Database.open(f"sqlite:///{folder / 'ledger.db'}")
        try:
            return await story(database)
        finally:
            await database.close()

    return asyncio.run(scenario())


def rows_of(folder: Path, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(folder / "ledger.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


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
    assert rows_of(tmp_path, "SELECT name FROM sqlite_master WHERE name = 'two'") == []
    assert apply(tmp_path, FIRST, SECOND) == 2


def test_two_servers_may_start_at_once(tmp_path: Path) -> None:
    async def story(database: Database) -> list[int]:
        other = await Database.open(f"sqlite:///{tmp_path / 'ledger.db'}")
        try:
            return await asyncio.gather(*(migrate(each) for each in (database, other) * 3))
        finally:
            await other.close()

    assert set(run(story, tmp_path)) == {len(read_migrations("sqlite"))}


def test_every_tenant_table_begins_with_its_tenant(tmp_path: Path) -> None:
    run(migrate, tmp_path)
    tables = {
        name for (name,) in rows_of(tmp_path, "SELECT name FROM sqlite_master WHERE type = 'table'")
    }
    for table in tables - TENANT_TABLES_WITHOUT_TENANT_FIRST:
        key = [row[1] for row in rows_of(tmp_path, f"PRAGMA table_info({table})") if row[5] == 1]
        assert key == ["tenant_id"], table
    assert all(
        row[5] == 1
        for row in rows_of(tmp_path, "PRAGMA table_list")
        if row[1] in tables - {"schema_migrations"}
    ), "every table is STRICT"


def test_the_change_feed_is_read_from_its_index(tmp_path: Path) -> None:
    run(migrate, tmp_path)
    plan = rows_of(
        tmp_path,
        "EXPLAIN QUERY PLAN SELECT * FROM entries WHERE tenant_id = x'00'"
        " AND (version, entry_id) > (1, x'00') ORDER BY version, entry_id LIMIT 10",
    )
    assert len(plan) == 1
    assert "entries_by_version" in plan[0][3]


MIGRATOR = """
    import asyncio, sys
    from server.database.migrations import migrate
    from server.database.sessions import Database
    async def main():
        print("ready", flush=True)
        database = await Database.open("sqlite:///" + sys.argv[1])
        await migrate(database)
        await database.close()
    asyncio.run(main())
    """


def survives_being_killed(folder: Path, times: int) -> None:
    for attempt in range(times):
        place = folder / str(attempt)
        place.mkdir()
        child = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(MIGRATOR), str(place / "ledger.db")],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(random.random() * 0.03)
        child.kill()
        child.wait()
        child.stdout.close()
        assert run(migrate, place) == len(read_migrations("sqlite"))
        assert rows_of(place, "PRAGMA integrity_check") == [("ok",)]


def test_killed_while_migrating_it_goes_on_at_the_next_start(tmp_path: Path) -> None:
    survives_being_killed(tmp_path, 3)


@pytest.mark.deep
def test_killed_many_times_while_migrating_it_goes_on(tmp_path: Path) -> None:
    survives_being_killed(tmp_path, 40)
