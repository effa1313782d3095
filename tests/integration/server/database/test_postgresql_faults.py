"""A PostgreSQL that restarts, runs full, or holds one tenant's lock: the others go on, nothing is torn."""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest

from server.database import postgresql_dialect
from server.database.migrations import migrate
from server.database.problems import DatabaseBusy, DatabaseFull, DatabaseProblem
from server.database.sessions import Database
from server.shared_types.clock import new_id
from server.shared_types.ids import TenantId
from tests.postgresql import Cluster, PostgresqlDatabase, open_cluster

NEXT_VERSION = (
    "UPDATE tenants SET version = version + 1 WHERE tenant_id = :tenant RETURNING version"
)


async def write_batch(database: Database, batch: int) -> None:
    async with database.transaction(TenantId(new_id())) as session:
        if await session.fetch_one("SELECT 1 FROM batches WHERE batch = :b", {"b": batch}):
            return
        await session.execute("INSERT INTO batches VALUES (:b)", {"b": batch})
        await session.execute_many(
            "INSERT INTO parts (batch, part) VALUES (:b, :part)",
            [{"b": batch, "part": part} for part in range(60)],
        )


async def keep_writing(database: Database, writer: int, stop: asyncio.Event, told: set[int]) -> int:
    """Write batch after batch, each again until it succeeds; return how many attempts failed."""
    batch, failures = writer * 1_000_000, 0
    while not stop.is_set():
        try:
            await write_batch(database, batch)
        except DatabaseProblem:
            failures += 1
            await asyncio.sleep(0.02)
        else:
            told.add(batch)
            batch += 1
    return failures


async def keep_reading(database: Database, stop: asyncio.Event) -> int:
    answers = 0
    while not stop.is_set():
        try:
            assert await database.read_hot("SELECT count(*) >= 0 FROM batches", {}) == (True,)
            answers += 1
        except DatabaseProblem:
            await asyncio.sleep(0.02)
    return answers


def survives_restarts(restarts: int) -> None:
    unheard: list[object] = []

    async def story(cluster: Cluster, url: str) -> set[int]:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, told: unheard.append(told))
        database = await Database.open(url)
        try:
            stop, told = asyncio.Event(), set[int]()
            readers = [asyncio.create_task(keep_reading(database, stop)) for _ in range(2)]
            writers = [
                asyncio.create_task(keep_writing(database, writer, stop, told))
                for writer in range(8)
            ]
            for _ in range(restarts):
                before = len(told)
                await asyncio.sleep(0.3)
                await asyncio.to_thread(cluster.stop)
                await asyncio.to_thread(cluster.start)
                async with asyncio.timeout(30):
                    while len(told) < before + 20:  # noqa: ASYNC110 - they go on by themselves
                        await asyncio.sleep(0.01)
            stop.set()
            assert sum(await asyncio.gather(*writers)) > 0
            assert min(await asyncio.gather(*readers)) > 0
            async with asyncio.timeout(10):
                await asyncio.gather(*(write_batch(database, -each) for each in range(1, 33)))
            assert not database._pool._in_use
        finally:
            await database.close()
        return told

    with open_cluster() as cluster:
        place = cluster.add_database()
        for statement in (
            "CREATE TABLE batches (batch INTEGER PRIMARY KEY)",
            "CREATE TABLE parts (batch INTEGER, part INTEGER)",
            "GRANT ALL ON batches, parts TO pennyvault_app",
        ):
            place.run(statement)
        told = asyncio.run(story(cluster, place.url))
        there = {batch for (batch,) in place.run("SELECT batch FROM batches")}
        assert told <= there, "what was told to be committed is there"
        assert place.run("SELECT batch FROM parts GROUP BY batch HAVING count(*) <> 60") == []
        assert place.run("SELECT count(*) FROM parts") == [(len(there) * 60,)]
    assert unheard == []


def test_writers_go_on_after_the_database_restarts() -> None:
    survives_restarts(2)


@pytest.mark.deep
def test_writers_go_on_after_many_restarts() -> None:
    survives_restarts(50)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Locks are waited for half a second."""
    settings = {**postgresql_dialect.SERVER_SETTINGS, "lock_timeout": "500ms"}
    monkeypatch.setattr(postgresql_dialect, "SERVER_SETTINGS", settings)


async def tenants_in(place: PostgresqlDatabase, number: int) -> list[TenantId]:
    owner = await Database.open(place.owner_url)
    try:
        await migrate(owner)
    finally:
        await owner.close()
    database = await Database.open(place.url)
    try:
        tenants = [TenantId(new_id()) for _ in range(number)]
        for tenant in tenants:
            async with database.transaction(tenant) as session:
                await session.execute(
                    "INSERT INTO tenants (tenant_id, created_at, environment, name_sealed)"
                    " VALUES (:tenant, 'now', 'test', :sealed)",
                    {"tenant": tenant.bytes, "sealed": b""},
                )
        return tenants
    finally:
        await database.close()


async def next_version(database: Database, tenant: TenantId) -> int:
    async with database.transaction(tenant) as session:
        row = await session.fetch_one(NEXT_VERSION, {"tenant": tenant.bytes})
    assert row is not None
    return int(row[0])


@pytest.mark.usefixtures("hasty")
def test_a_locked_tenant_does_not_stop_the_others(postgresql: PostgresqlDatabase) -> None:
    async def story() -> None:
        locked, *others = await tenants_in(postgresql, 6)
        database = await Database.open(postgresql.url)
        blocker = await asyncpg.connect(postgresql.superuser_url)
        try:
            await blocker.execute("BEGIN")
            await blocker.fetch(
                "SELECT 1 FROM tenants WHERE tenant_id = $1 FOR UPDATE", locked.bytes
            )
            waiting = [asyncio.create_task(next_version(database, locked)) for _ in range(40)]
            await asyncio.sleep(0.05)
            started = time.perf_counter()
            await asyncio.gather(*(next_version(database, each) for each in others * 20))
            assert not any(task.done() for task in waiting)
            assert time.perf_counter() - started < 5
            first = await asyncio.gather(waiting[0], return_exceptions=True)
            assert [type(each) for each in first] == [DatabaseBusy]
            async with database.session(locked) as session:
                assert await session.fetch_all("SELECT version FROM tenants") == [(0,)]
            await blocker.execute("ROLLBACK")
            rest = await asyncio.gather(*waiting[1:], return_exceptions=True)
            versions = [each for each in rest if isinstance(each, int)]
            assert versions == [*range(1, len(versions) + 1)]
            assert len(versions) > 30
            assert not database._pool._in_use
        finally:
            await blocker.close()
            await database.close()

    asyncio.run(story())


def test_a_slow_tenant_does_not_take_every_connection(postgresql: PostgresqlDatabase) -> None:
    async def story() -> None:
        slow, *others = await tenants_in(postgresql, 6)
        database = await Database.open(postgresql.url)

        async def read_slowly() -> None:
            async with database.session(slow) as session:
                await session.fetch_all("SELECT pg_sleep(0.6)")

        try:
            waiting = [asyncio.create_task(read_slowly()) for _ in range(24)]
            await asyncio.sleep(0.1)
            started = time.perf_counter()
            await asyncio.gather(*(next_version(database, each) for each in others * 10))
            assert not all(task.done() for task in waiting)
            assert time.perf_counter() - started < 1.5
            await asyncio.gather(*waiting)
        finally:
            await database.close()

    asyncio.run(story())


def test_a_session_that_was_cut_off_leaves_no_statement_running(
    postgresql: PostgresqlDatabase,
) -> None:
    async def story() -> None:
        database = await Database.open(postgresql.url)
        try:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2), database.transaction() as session:
                    await session.fetch_all("SELECT pg_sleep(20)")
            left = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(20)%'"
            async with asyncio.timeout(5), database.session() as session:
                query = f"{left} AND pid <> pg_backend_pid()"
                while await session.fetch_one(query) != (0,):  # noqa: ASYNC110 - no event tells
                    await asyncio.sleep(0.01)
        finally:
            await database.close()

    asyncio.run(story())


def test_after_a_failed_statement_there_is_nothing_to_commit(
    postgresql: PostgresqlDatabase,
) -> None:
    async def story() -> None:
        database = await Database.open(postgresql.url)

        async def swallow() -> None:
            async with database.transaction() as session:
                with pytest.raises(DatabaseProblem):
                    await session.fetch_all("SELECT 1 / 0")

        try:
            with pytest.raises(DatabaseProblem):
                await swallow()
            assert not database._pool._in_use
        finally:
            await database.close()

    asyncio.run(story())


@contextmanager
def small_disk(cluster: Cluster, folder: Path) -> Iterator[Path]:
    """A file system of 8 MB that the cluster may write to."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m,mode=0777", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip("a small file system can't be mounted here")
    try:
        yield folder
    finally:
        cluster.stop()
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root mounts a small file system"
)
def test_a_full_disk_changes_nothing_and_passes() -> None:
    async def fill(database: Database, rows: int) -> None:
        async with database.transaction() as session:
            await session.execute_many(
                "INSERT INTO texts (text) VALUES (:text)", [{"text": "x" * 1900}] * rows
            )

    async def story(place: PostgresqlDatabase) -> None:
        database = await Database.open(place.url)
        try:
            with pytest.raises(DatabaseFull):
                await fill(database, 8_000)
            place.run("DROP TABLE ballast")
            async with database.session() as session:
                assert await session.fetch_one("SELECT count(*) FROM texts") == (0,)
            await fill(database, 100)
            async with database.session() as session:
                assert await session.fetch_one("SELECT count(*) FROM texts") == (100,)
        finally:
            await database.close()

    with open_cluster() as cluster, small_disk(cluster, cluster.folder / "small") as disk:
        place = cluster.add_database()
        (disk / "space").mkdir(mode=0o700)
        os.chown(disk / "space", cluster.folder.stat().st_uid, -1)
        place.run(f"CREATE TABLESPACE small LOCATION '{disk / 'space'}'")
        place.run("CREATE TABLE texts (text TEXT) TABLESPACE small")
        place.run("GRANT ALL ON texts TO pennyvault_app")
        place.run(
            "CREATE TABLE ballast TABLESPACE small AS"
            " SELECT repeat('x', 1900) FROM generate_series(1, 1000)"
        )
        asyncio.run(story(place))
