"""The schema itself: the same on each kind of database, read by its indexes, and a growth that old servers bear."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from server.database.migrations import (
    Migration,
    apply_migrations,
    check_schema,
    migrate,
    read_migrations,
)
from server.database.problems import DatabaseNewer, MigrationChanged, SchemaOutdated
from server.database.sessions import Database
from server.sealing.keys import TenantKeyRing
from server.sealing.master_keys import MasterKey, OneMasterKey
from server.shared_types.clock import new_id, system_clock
from server.shared_types.ids import TenantId
from tests.databases import place_of
from tests.postgresql import PostgresqlDatabase

KINDS = {
    "BLOB": "BLOB",
    "bytea": "BLOB",
    "TEXT": "TEXT",
    "text": "TEXT",
    "INTEGER": "INTEGER",
    "smallint": "INTEGER",
    "integer": "INTEGER",
    "bigint": "INTEGER",
}


def migrated(url: str) -> None:
    async def story() -> None:
        database = await Database.open(url)
        try:
            await migrate(database)
        finally:
            await database.close()

    asyncio.run(story())


def test_both_databases_have_the_same_tables_and_columns(
    tmp_path: Path, postgresql: PostgresqlDatabase
) -> None:
    migrated(f"sqlite:///{tmp_path / 'ledger.db'}")
    migrated(postgresql.owner_url)
    file = place_of(tmp_path / "ledger.db")
    of_sqlite = {
        (table, name, KINDS[kind], bool(not_null))
        for (table,) in file.query("SELECT name FROM sqlite_master WHERE type = 'table'")
        for _, name, kind, not_null, *_ in file.query(f"PRAGMA table_info({table})")
    }
    of_postgresql = {
        (table, name, KINDS[kind], nullable == "NO")
        for table, name, kind, nullable in postgresql.run(
            "SELECT table_name::text, column_name::text, data_type::text, is_nullable::text"
            " FROM information_schema.columns WHERE table_schema = 'public'"
        )
    }
    assert of_sqlite == of_postgresql


def test_every_table_of_sqlite_is_strict(tmp_path: Path) -> None:
    migrated(f"sqlite:///{tmp_path / 'ledger.db'}")
    tables = place_of(tmp_path / "ledger.db").query("PRAGMA table_list")
    loose = {row[1] for row in tables if row[0] == "main" and not row[5]}
    assert loose == {"schema_migrations", "sqlite_schema"}


def test_days_and_instants_are_ordered_by_their_bytes(postgresql: PostgresqlDatabase) -> None:
    migrated(postgresql.owner_url)
    by_language = postgresql.run(
        "SELECT table_name::text, column_name::text FROM information_schema.columns"
        " WHERE table_schema = 'public' AND collation_name IS DISTINCT FROM 'C'"
        " AND (column_name ~ '_(at|on)$' OR column_name = 'at') AND table_name <> 'schema_migrations'"
    )
    assert by_language == []


def test_the_change_feed_is_read_from_its_index(tmp_path: Path) -> None:
    migrated(f"sqlite:///{tmp_path / 'ledger.db'}")
    plan = place_of(tmp_path / "ledger.db").query(
        "EXPLAIN QUERY PLAN SELECT * FROM entries WHERE tenant_id = x'00'"
        " AND (version, entry_id) > (1, x'00') ORDER BY version, entry_id LIMIT 10",
    )
    assert len(plan) == 1
    assert "entries_by_version" in plan[0][3]


#: What a server of the first schema says, word for word.
FIRST_SERVER_ADDS_A_TENANT = (
    """
    INSERT INTO tenants (tenant_id, created_at, environment, name_sealed)
    VALUES (:tenant_id, :created_at, :environment, :name_sealed)
    """,
    """
    INSERT INTO tenant_keys (tenant_id, key_version, wrapped_key, master_key_id, created_at)
    VALUES (:tenant_id, :key_version, :wrapped_key, :master_key_id, :created_at)
    """,
)
FIRST_SERVER_READS_KEYS = (
    "SELECT key_version, wrapped_key, master_key_id FROM tenant_keys"
    " WHERE tenant_id = :tenant_id ORDER BY key_version"
)


async def work_as_the_first_server(database: Database, tenant: TenantId) -> None:
    values = {
        "tenant_id": tenant.bytes,
        "created_at": "2026-03-31T12:00:00.000+00:00",
        "environment": "test",
        "name_sealed": b"sealed",
        "key_version": 1,
        "wrapped_key": b"wrapped",
        "master_key_id": "first",
    }
    async with database.transaction(tenant) as session:
        for statement in FIRST_SERVER_ADDS_A_TENANT:
            await session.execute(statement, values)
    async with database.session(tenant) as session:
        rows = await session.fetch_all(FIRST_SERVER_READS_KEYS, values)
    assert rows == [(1, b"wrapped", "first")]


@pytest.mark.usefixtures("each_database")
def test_a_server_of_the_first_schema_goes_on_while_and_after_it_grows(tmp_path: Path) -> None:
    """Expand, then contract: the old code and the new one on one database at once."""
    place = place_of(tmp_path / "ledger.db")
    old_tenants: list[TenantId] = []

    async def go_on(database: Database, stop: asyncio.Event) -> None:
        while not stop.is_set():
            tenant = TenantId(new_id())
            await work_as_the_first_server(database, tenant)
            old_tenants.append(tenant)

    async def story() -> None:
        owner = await Database.open(place.owner_url)
        steps = read_migrations(owner.dialect.name)
        await apply_migrations(owner, steps[:1], system_clock)
        old, new = await Database.open(place.url), await Database.open(place.url)
        try:
            stop = asyncio.Event()
            old_server = asyncio.gather(*(go_on(old, stop) for _ in range(6)))
            await asyncio.sleep(0.1)
            await migrate(owner)
            keys = TenantKeyRing(OneMasterKey(MasterKey(bytes(32))))
            for _ in range(10):
                tenant = TenantId(new_id())
                async with new.transaction(tenant) as session:
                    await keys.create(session, tenant)
                await keys.open(new, tenant)
            before = len(old_tenants)
            while len(old_tenants) < before + 3 and not old_server.done():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            stop.set()
            await old_server
        finally:
            for database in (old, new, owner):
                await database.close()

    asyncio.run(story())
    listed = place.query(
        "SELECT tenant_id FROM tenant_key_directory WHERE master_key_id = ?", "first"
    )
    assert {TenantId(UUID(bytes=row[0])) for row in listed} == set(old_tenants), (
        "keys of before, during and after the growth are in the directory"
    )


FIRST = Migration(version=1, name="first", script="CREATE TABLE one (id INTEGER);\n")
SECOND = Migration(version=2, name="second", script="CREATE TABLE two (id INTEGER);\n")
CONTRACTION = Migration(version=3, name="contract_one", script="DROP TABLE one;\n")


def test_a_server_beside_the_owner_knows_whether_it_fits(postgresql: PostgresqlDatabase) -> None:
    async def story(database: Database) -> None:
        with pytest.raises(SchemaOutdated):
            await check_schema(database, [FIRST])
        await apply_migrations(database, [FIRST], system_clock)
        assert await check_schema(database, [FIRST]) == 1
        with pytest.raises(SchemaOutdated):
            await check_schema(database, [FIRST, SECOND])
        with pytest.raises(MigrationChanged):
            await check_schema(database, [replace(FIRST, name="other")])
        await apply_migrations(database, [FIRST, SECOND], system_clock)
        assert await check_schema(database, [FIRST]) == 2, "what only adds stops no older server"
        await apply_migrations(database, [FIRST, SECOND, CONTRACTION], system_clock)
        with pytest.raises(DatabaseNewer):
            await check_schema(database, [FIRST])

    async def whole() -> None:
        database = await Database.open(postgresql.owner_url)
        try:
            await story(database)
        finally:
            await database.close()

    asyncio.run(whole())
