"""PostgreSQL's second wall: what a statement sees and may do without a tenant, or with another's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from server.database.migrations import migrate, prepare_schema
from server.database.problems import DatabaseMisused, DatabaseRoleRefused, SchemaOutdated
from server.database.sessions import Database, Session
from server.shared_types.clock import new_id
from server.shared_types.ids import TenantId
from tests.postgresql import PostgresqlDatabase

#: Hashes, ids and codes only, read before a tenant is known.
DIRECTORY_TABLES = {
    "audit_events",
    "audit_head",
    "people",
    "schema_migrations",
    "tenant_key_directory",
    "token_directory",
}
Story = Callable[[Database], Coroutine[Any, Any, None]]


@pytest.fixture
def ready(postgresql: PostgresqlDatabase) -> PostgresqlDatabase:
    async def build() -> None:
        owner = await Database.open(postgresql.owner_url)
        try:
            await migrate(owner)
        finally:
            await owner.close()

    asyncio.run(build())
    return postgresql


def run(story: Story, url: str) -> None:
    async def scenario() -> None:
        database = await Database.open(url)
        try:
            await story(database)
        finally:
            await database.close()

    asyncio.run(scenario())


async def add_tenant(session: Session, tenant: TenantId) -> None:
    await session.execute(
        "INSERT INTO tenants (tenant_id, created_at, environment, name_sealed)"
        " VALUES (:tenant_id, 'now', 'test', :name_sealed)",
        {"tenant_id": tenant.bytes, "name_sealed": b"sealed"},
    )


async def two_tenants(database: Database) -> tuple[TenantId, TenantId]:
    one, other = TenantId(new_id()), TenantId(new_id())
    for tenant in (one, other):
        async with database.transaction(tenant) as session:
            await add_tenant(session, tenant)
    return one, other


COUNT = "SELECT count(*) FROM tenants"


def test_every_table_of_tenants_is_guarded_and_the_others_are_a_closed_list(
    ready: PostgresqlDatabase,
) -> None:
    tables = ready.run(
        "SELECT relname::text, relrowsecurity, relforcerowsecurity,"
        " (SELECT count(*) FROM pg_policy WHERE polrelid = pg_class.oid) FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
    )
    unguarded = {name for name, enabled, forced, _ in tables if not (enabled and forced)}
    assert unguarded == DIRECTORY_TABLES
    assert {name for name, *_, policies in tables if policies != 1} == DIRECTORY_TABLES


def test_the_server_may_do_to_each_table_what_it_has_to(ready: PostgresqlDatabase) -> None:
    rights = dict(
        ready.run(
            "SELECT table_name::text, string_agg(privilege_type, ' ' ORDER BY privilege_type)"
            " FROM information_schema.role_table_grants WHERE grantee = 'pennyvault_app'"
            " GROUP BY table_name"
        )
    )
    assert rights.pop("audit_events") == "INSERT SELECT", "the trail is insert only"
    assert rights.pop("audit_head") == "SELECT UPDATE"
    assert rights.pop("schema_migrations") == "SELECT"
    assert rights.pop("people") == rights.pop("token_directory") == "DELETE INSERT SELECT"
    assert set(rights.values()) == {"DELETE INSERT SELECT UPDATE"}


def test_without_a_tenant_there_are_no_rows(ready: PostgresqlDatabase) -> None:
    async def story(database: Database) -> None:
        one, _ = await two_tenants(database)
        async with database.session() as session:
            assert await session.fetch_one(COUNT) == (0,)
        async with database.snapshot() as session:
            assert await session.fetch_one(COUNT) == (0,)
        async with database.transaction() as session:
            assert await session.fetch_one(COUNT) == (0,)
            assert await session.execute("UPDATE tenants SET version = 9") == 0
            assert await session.execute("DELETE FROM tenants") == 0
        assert await database.read_hot(COUNT, {}) == (0,)
        with pytest.raises(DatabaseMisused):
            async with database.transaction() as session:
                await add_tenant(session, TenantId(new_id()))
        async with database.session(one) as session:
            assert await session.fetch_one(COUNT) == (1,)

    run(story, ready.url)


def test_a_tenant_sees_and_writes_its_own_rows_only(ready: PostgresqlDatabase) -> None:
    async def story(database: Database) -> None:
        one, other = await two_tenants(database)
        for reading in (database.session, database.snapshot, database.transaction):
            async with reading(one) as session:
                rows = await session.fetch_all("SELECT tenant_id FROM tenants")
                assert rows == [(one.bytes,)]
        touch_other = "UPDATE tenants SET version = 9 WHERE tenant_id = :other"
        async with database.transaction(one) as session:
            assert await session.execute(touch_other, {"other": other.bytes}) == 0
        with pytest.raises(DatabaseMisused):
            async with database.transaction(one) as session:
                await add_tenant(session, TenantId(new_id()))
        with pytest.raises(DatabaseMisused):  # Not UNIQUE: that would tell that the other exists.
            async with database.transaction(one) as session:
                await add_tenant(session, other)
        with pytest.raises(DatabaseMisused):
            async with database.transaction(one) as session:
                await session.execute(
                    "UPDATE tenants SET tenant_id = :id", {"id": TenantId(new_id()).bytes}
                )

    run(story, ready.url)


def test_many_rows_of_another_tenant_are_refused_too(ready: PostgresqlDatabase) -> None:
    async def story(database: Database) -> None:
        one, other = await two_tenants(database)
        rows = [{"t": other.bytes, "v": version, "w": b"", "m": "m"} for version in range(1, 101)]
        with pytest.raises(DatabaseMisused):
            async with database.transaction(one) as session:
                await session.execute_many(
                    "INSERT INTO tenant_keys"
                    " (tenant_id, key_version, wrapped_key, master_key_id, created_at)"
                    " VALUES (:t, :v, :w, :m, 'now')",
                    rows,
                )
        async with database.session() as session:
            assert await session.fetch_all("SELECT * FROM tenant_key_directory") == []

    run(story, ready.url)


def test_a_tenant_does_not_stay_on_a_connection(ready: PostgresqlDatabase) -> None:
    async def story(database: Database) -> None:
        one, other = await two_tenants(database)
        for tenant in (one, other) * 10:
            assert await database.read_hot("SELECT tenant_id FROM tenants", {}, tenant) == (
                tenant.bytes,
            )
            assert await database.read_hot(COUNT, {}) == (0,)
            async with database.session(tenant) as session:
                assert await session.fetch_one(COUNT) == (1,)
            async with database.session() as session:
                assert await session.fetch_one(COUNT) == (0,)

    run(story, ready.url)


def test_hot_look_ups_of_many_tenants_at_once_do_not_mix(ready: PostgresqlDatabase) -> None:
    async def story(database: Database) -> None:
        tenants = [*await two_tenants(database), *await two_tenants(database)]

        async def look(tenant: TenantId) -> None:
            for _ in range(25):
                found = await database.read_hot("SELECT tenant_id FROM tenants", {}, tenant)
                assert found == (tenant.bytes,)

        async def give_up(tenant: TenantId) -> None:
            for attempt in range(10):
                task = asyncio.create_task(look(tenant))
                await asyncio.sleep(0.0003 * attempt)
                task.cancel()
                await asyncio.wait([task])

        await asyncio.gather(*(work(each) for each in tenants * 4 for work in (look, give_up)))

    run(story, ready.url)


def test_the_server_refuses_a_role_that_could_lift_the_wall(ready: PostgresqlDatabase) -> None:
    async def refused(database: Database) -> None:
        with pytest.raises(DatabaseRoleRefused):
            await prepare_schema(database)

    run(refused, ready.owner_url)
    run(refused, ready.superuser_url)

    async def accepted(database: Database) -> None:
        assert await prepare_schema(database) == 3

    run(accepted, ready.url)


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE entries DISABLE ROW LEVEL SECURITY",
        "DROP POLICY of_the_tenant ON entries",
        "CREATE OR REPLACE FUNCTION current_tenant() RETURNS bytea LANGUAGE sql RETURN NULL",
        "CREATE TABLE mine (id INTEGER)",
        "UPDATE audit_events SET event = ''",
        "DELETE FROM audit_events",
        "TRUNCATE audit_events",
        "DELETE FROM audit_head",
        "INSERT INTO schema_migrations VALUES (9, '', '', '')",
    ],
)
def test_the_servers_role_can_not_lift_it(ready: PostgresqlDatabase, statement: str) -> None:
    async def story(database: Database) -> None:
        with pytest.raises(DatabaseMisused):
            async with database.transaction() as session:
                await session.execute(statement)

    run(story, ready.url)


def test_a_server_does_not_start_on_an_older_schema(postgresql: PostgresqlDatabase) -> None:
    async def story(database: Database) -> None:
        with pytest.raises(SchemaOutdated):
            await prepare_schema(database)

    run(story, postgresql.url)


def test_the_databases_log_tells_no_value(ready: PostgresqlDatabase, tmp_path: Path) -> None:
    secret = TenantId(new_id())

    async def story(database: Database) -> None:
        for _ in range(2):
            try:
                async with database.transaction(secret) as session:
                    await add_tenant(session, secret)
            except Exception:  # noqa: BLE001 - the second is refused, and so logged
                continue

    run(story, ready.url)
    log = (ready.data.parent / "log").read_text()
    assert "duplicate key value violates unique constraint" in log
    assert "Key (tenant_id)" not in log
    assert secret.hex not in log
