"""Many ledgers in one PostgreSQL: each behaves as if it were alone, and none waits for another."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from server.database.problems import DatabaseBusy
from server.exact_amounts.entries.statement import StatementFile
from server.shared_types.ids import TenantId
from tests.databases import database_of_kind, place_of
from tests.integration.server.exact_amounts.open_ledger import Server, file_of, row, server_at

AT_ONCE = 8


@pytest.fixture(autouse=True)
def on_postgresql(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    with database_of_kind("postgresql", request, tmp_path):
        yield


def statement_of(number: int, entries: int) -> StatementFile:
    return file_of(
        *(
            row(each % 28 + 1, f"-{number}.{each % 100:02}", f"Shop {number}", f"{number}-{each}")
            for each in range(entries)
        ),
        number=f"10020030/{number}",
    )


def shown(entries: list[Any]) -> list[tuple[str, str, str]]:
    return sorted((each["posted_on"], each["amount"], each["description"]) for each in entries)


async def timed_walk(server: Server, tenant: TenantId) -> tuple[list[Any], float]:
    started = time.perf_counter()
    entries, _ = await server.walk(limit=1000, tenant=tenant)
    return entries, time.perf_counter() - started


async def fill(server: Server, tenants: int, entries: int) -> list[TenantId]:
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> TenantId:
        async with turns:
            tenant = await server.sign_up()
            taken = await server.take(statement_of(number, entries), tenant=tenant)
            assert taken["added"] == entries
            return tenant

    return list(await asyncio.gather(*(one(number) for number in range(1, tenants + 1))))


def behave_like_one(folder: Path, tenants: int, entries: int) -> None:
    async def alone() -> tuple[list[tuple[str, str, str]], float]:
        async with server_at(folder / "alone.db") as server:
            (tenant,) = await fill(server, 1, entries)
            (found, _), (_, seconds) = [await timed_walk(server, tenant) for _ in range(2)]
            return shown(found), seconds

    async def together() -> list[float]:
        walks = []
        async with server_at(folder / "together.db") as server:
            everyone = await fill(server, tenants, entries)
            for number, tenant in enumerate(everyone, start=1):
                found, seconds = await timed_walk(server, tenant)
                assert {each["description"] for each in found} == {f"Shop {number}"}
                assert len(found) == entries
                if number == 1:
                    assert shown(found) == of_one
                walks.append(seconds)
            assert not server.database._pool._in_use
        return walks

    of_one, seconds_alone = asyncio.run(alone())
    walks = sorted(asyncio.run(together()))
    median = walks[len(walks) // 2]
    print(  # noqa: T201 - a figure of the full counts
        f"{tenants} x {entries}: a walk of the feed takes {median * 1000:.1f} ms among the many,"
        f" {seconds_alone * 1000:.1f} ms alone"
    )
    assert median < seconds_alone * 5 + 0.02


def test_many_tenants_behave_like_one(tmp_path: Path) -> None:
    behave_like_one(tmp_path, 30, 20)


@pytest.mark.deep
def test_a_thousand_tenants_behave_like_one(tmp_path: Path) -> None:
    behave_like_one(tmp_path, 1000, 100)


def test_the_others_read_and_write_while_one_ledger_is_locked(tmp_path: Path) -> None:
    async def story() -> None:
        async with server_at(tmp_path / "ledger.db") as server:
            locked, *others = await fill(server, 8, 5)
            blocker = await asyncpg.connect(place_of(server.path).url)
            try:
                await blocker.execute(f"BEGIN; SET LOCAL app.tenant = '{locked.hex}'")
                await blocker.execute(
                    "UPDATE tenants SET version = version WHERE tenant_id = $1", locked.bytes
                )
                late = statement_of(99, 5)
                waiting = [asyncio.create_task(server.take(late, tenant=locked)) for _ in range(30)]
                await asyncio.sleep(0.05)
                async with asyncio.timeout(4):
                    for tenant in others:
                        assert (await server.take(late, tenant=tenant))["added"] == 5
                        entries, _ = await server.walk(limit=100, tenant=tenant)
                        assert len(entries) == 10
                    entries, _ = await server.walk(limit=100, tenant=locked)
                    assert len(entries) == 5, "its readers don't wait either"
                assert not any(task.done() for task in waiting)
                await blocker.execute("ROLLBACK")
                answers = await asyncio.gather(*waiting, return_exceptions=True)
                added = [each["added"] for each in answers if isinstance(each, dict)]
                assert sorted(added) == [*[0] * (len(added) - 1), 5]
                refused = [each for each in answers if not isinstance(each, dict)]
                assert all(isinstance(each, DatabaseBusy) for each in refused)
            finally:
                await blocker.close()

    asyncio.run(story())
