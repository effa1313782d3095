"""Keys of both levels turn while twenty clients read and write: no request fails, and everything is on the new key."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from server.audit.verification import verify
from server.maintenance.key_report import KeyReport, check_tenants
from server.maintenance.key_rotation import KeyRotation
from server.maintenance.rewrapping import Rewrapping
from tests.integration.server.maintenance.served_ledgers import (
    SETTLE_SECONDS,
    clients_of,
    key_room,
    key_states,
    key_versions_of_records,
    served,
)

pytestmark = pytest.mark.usefixtures("each_database")


def test_twenty_clients_notice_nothing_of_two_rotations_and_a_rewrap(tmp_path: Path) -> None:
    new_file = tmp_path / "master.key.next"

    async def story() -> None:
        async with served(tmp_path) as http:
            clients = await clients_of(http, ledgers=4, each=5)
            over = asyncio.Event()
            living = [asyncio.create_task(client.live(over)) for client in clients]
            async with key_room(tmp_path) as room:
                tools = replace(room.tools, settle_seconds=SETTLE_SECONDS, rows_max=50)
                for _ in range(2):
                    report = await KeyRotation(tools).run()
                    assert report.tenants == 4
                    assert report.rows > 0
            async with key_room(tmp_path, new_file) as room:
                tools = room.tools
                rewrapping = Rewrapping(tools.database, tools.versions, tools.trail)
                rewrapped = await rewrapping.run(room.master_keys.current().master_key_id)
                assert (rewrapped.tenants, rewrapped.versions) == (4, 12)
            await asyncio.sleep(2 * 0.15)
            over.set()
            await asyncio.gather(*living)
            for client in clients:
                assert client.refused == []
            requests = sum(client.requests for client in clients)
            assert requests > 20 * 5
            print(f"{requests} requests, none failed")  # noqa: T201 - the figure of the acceptance

    asyncio.run(story())
    assert set(key_versions_of_records(tmp_path).values()) == {frozenset({3})}
    assert key_states(tmp_path) == [(1, "retired"), (2, "retired"), (3, "active")]

    async def afterwards() -> None:
        async with key_room(tmp_path, new_file) as room:
            checked = check_tenants(room.tools.database, room.ring, room.checks)
            assert [broken async for _, broken in checked] == [[]] * 4
            async for report in KeyReport(room.tools.database, room.tools.versions).tenants():
                assert not report.is_rotating
                assert {each.master_key_id for each in report.versions} == {
                    room.master_keys.current().master_key_id
                }
                assert report.seals[1] > 0
            assert (await verify(room.tools.database)).is_whole
        # With the new master key in its place the old one is not asked for any more.
        new_file.replace(tmp_path / "master.key")
        async with key_room(tmp_path) as room:
            checked = check_tenants(room.tools.database, room.ring, room.checks)
            assert [broken async for _, broken in checked] == [[]] * 4

    asyncio.run(afterwards())


def test_a_rotation_that_waits_for_nobody_is_noticed_once(tmp_path: Path) -> None:
    """The planted fault: a server that does not hear of a key before it is used. It learns from its first record."""

    async def story() -> None:
        async with served(tmp_path, trusted_seconds=3600, may_fail=True) as http:
            (client,) = await clients_of(http, ledgers=1, each=1)
            await client.read()
            assert client.refused == []
            async with key_room(tmp_path) as room:
                await KeyRotation(replace(room.tools, settle_seconds=0)).run()
            await client.read()
            assert [(path, status) for path, status, _ in client.refused] == [("/v1/profile", 500)]
            await client.write(3)
            await client.read()
            assert len(client.refused) == 1

    asyncio.run(story())
