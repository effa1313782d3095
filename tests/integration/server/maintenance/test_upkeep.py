"""What a running server writes down beside its work: nothing is lost because it can't be written at once."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.audit.head_file import read_kept_head
from server.audit.key_uses import KeyUses
from server.audit.problems import AuditHeadNotReadable
from server.audit.trail import AuditTrail
from server.audit.verification import verify
from server.database.sessions import Database
from server.maintenance.upkeep import Upkeep
from server.sealing.contexts import Context
from server.sealing.key_versions import KeyVersions
from server.sealing.keys import TenantKeyRing
from server.sealing.master_keys import MasterKey, OneMasterKey
from server.sealing.texts import TextPlace, TextSealer
from server.shared_types.ids import TenantId
from server.shared_types.problems import Problem
from tests.databases import open_database, place_of

pytestmark = pytest.mark.usefixtures("each_database")

TENANT = TenantId(uuid.UUID("019a0000-0000-7000-8000-000000000001"))
PLACE = TextPlace(tenant_id=TENANT, row_id=TENANT, row_version=1)
MASTER_KEYS = OneMasterKey(MasterKey(bytes(32)))


def at_noon() -> datetime:
    return datetime(2026, 3, 31, 12, tzinfo=UTC)


class Running:
    """A ring of keys and its upkeep on a database."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.folder = folder
        uses = KeyUses(database, AuditTrail(at_noon), clock=at_noon, monotonic=lambda: 0.0)
        self.ring = TenantKeyRing(MASTER_KEYS, clock=at_noon, note_use=uses.note)
        versions = KeyVersions(MASTER_KEYS, clock=at_noon)
        self.upkeep = Upkeep(database, self.ring, versions, uses, folder / "audit-head")

    async def seal(self, count: int) -> None:
        sealer = TextSealer(await self.ring.open(self.database, TENANT))
        for _ in range(count):
            sealer.seal(b"", Context.ENTRY_TEXT, PLACE)

    def seals(self) -> list[tuple[int, int]]:
        place = place_of(self.folder / "ledger.db")
        return [(row[0], row[1]) for row in place.query("SELECT key_version, seals FROM key_seals")]


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Running]:
    database = await open_database(folder / "ledger.db")
    try:
        async with database.transaction(TENANT) as session:
            await TenantKeyRing(MASTER_KEYS).create(session, TENANT)
        yield Running(database, folder)
    finally:
        await database.close()


def test_at_the_end_everything_is_written(tmp_path: Path) -> None:
    failed: list[type[Problem]] = []

    async def story() -> None:
        async with running(tmp_path) as server:
            async with server.upkeep.running(failed.append):
                await server.seal(7)
            assert server.seals() == [(1, 7)]
            report = await verify(server.database, read_kept_head(tmp_path / "audit-head"))
            assert (report.is_whole, report.events) == (True, 1)
            kept = read_kept_head(tmp_path / "audit-head")
            assert kept is not None
            assert kept.sequence == 1

    asyncio.run(story())
    assert failed == []


def test_what_can_t_be_written_is_told_of_and_written_later(tmp_path: Path) -> None:
    failed: list[type[Problem]] = []

    async def story() -> None:
        async with running(tmp_path) as server:
            place = place_of(tmp_path / "ledger.db")
            place.query("ALTER TABLE key_seals RENAME TO elsewhere")
            async with server.upkeep.running(failed.append):
                await server.seal(7)
            assert failed
            place.query("ALTER TABLE elsewhere RENAME TO key_seals")
            await server.seal(2)
            await server.upkeep.write_all()
            assert server.seals() == [(1, 9)]

    asyncio.run(story())


def test_a_head_file_that_can_t_be_written_is_told_of(tmp_path: Path) -> None:
    failed: list[type[Problem]] = []
    (tmp_path / "audit-head").mkdir()

    async def story() -> None:
        async with running(tmp_path) as server, server.upkeep.running(failed.append):
            await server.seal(1)

    asyncio.run(story())
    assert set(failed) == {AuditHeadNotReadable}
