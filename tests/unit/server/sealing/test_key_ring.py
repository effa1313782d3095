"""The ring of tenants' keys: made once, kept within bounds, forgotten when told."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from server.sealing.amounts import AmountPlace, AmountSealer
from server.sealing.contexts import Context
from server.sealing.keys import TenantKeyRing, TenantKeys
from server.sealing.master_keys import MasterKey, OneMasterKey
from server.sealing.problems import MasterKeyUnknown, SealBroken, TenantKeysMissing
from server.shared_types.ids import TenantId

TENANTS = [TenantId(uuid.UUID(int=number)) for number in range(1, 6)]


def at_noon() -> datetime:
    return datetime(2026, 3, 31, 12, tzinfo=UTC)


class KeyTable:
    """The table of wrapped keys, in memory."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.reads = 0

    async def execute(self, _query: str, values: Mapping[str, object] = {}) -> int:
        self.rows.append(dict(values))
        return 1

    async def fetch_all(
        self, query: str, values: Mapping[str, object] = {}
    ) -> list[tuple[Any, ...]]:
        self.reads += 1
        await asyncio.sleep(0)
        if "DISTINCT" in query:
            return [(row["master_key_id"],) for row in self.rows]
        return [
            (row["key_version"], row["wrapped_key"], row["master_key_id"])
            for row in self.rows
            if row["tenant_id"] == values["tenant_id"]
        ]

    @asynccontextmanager
    async def session(self) -> AsyncIterator[KeyTable]:
        yield self


class Rows:
    """A session alone: it can't open another."""

    def __init__(self, table: KeyTable) -> None:
        self.execute = table.execute
        self.fetch_all = table.fetch_all


def ring(master: bytes = bytes(32), kept_max: int = 10) -> TenantKeyRing:
    return TenantKeyRing(OneMasterKey(MasterKey(master)), clock=at_noon, kept_max=kept_max)


def sealed_by(keys: TenantKeys) -> tuple[bytes, AmountPlace]:
    place = AmountPlace(
        tenant_id=keys.tenant_id,
        row_id=TENANTS[0],
        row_version=1,
        account_id=TENANTS[0],
        currency="EUR",
        stated_on="2026-03-31",
    )
    return AmountSealer(keys).seal(b"1.00", Context.ENTRY_AMOUNT, place), place


def test_keys_that_were_made_are_opened_again() -> None:
    async def story() -> None:
        table = KeyTable()
        made = await ring().create(Rows(table), TENANTS[0])
        assert table.rows[0]["created_at"] == "2026-03-31T12:00:00+00:00"
        for source in (table, Rows(table)):
            opened = await ring().open(source, TENANTS[0])
            sealed, place = sealed_by(made)
            assert AmountSealer(opened).open(sealed, Context.ENTRY_AMOUNT, place) == b"1.00"

    asyncio.run(story())


def test_the_data_key_is_stored_wrapped_only() -> None:
    async def story() -> None:
        drawn: list[bytes] = []

        def draw(length: int) -> bytes:
            drawn.append(bytes([len(drawn) + 1]) * length)
            return drawn[-1]

        table = KeyTable()
        keys = TenantKeyRing(OneMasterKey(MasterKey(bytes(32))), random_bytes=draw, clock=at_noon)
        await keys.create(table, TENANTS[0])
        assert len(drawn[0]) == 32
        assert drawn[0] not in b"".join(
            value if isinstance(value, bytes) else str(value).encode()
            for value in table.rows[0].values()
        )

    asyncio.run(story())


def test_kept_keys_are_read_once_and_bounded() -> None:
    async def story() -> None:
        table, keys = KeyTable(), ring(kept_max=2)
        for tenant in TENANTS:
            await keys.create(table, tenant)
        first = await keys.open(table, TENANTS[0])
        assert await keys.open(table, TENANTS[0]) is first
        assert table.reads == 1
        await keys.open(table, TENANTS[1])
        await keys.open(table, TENANTS[0])
        await keys.open(table, TENANTS[2])  # Drops 1, which was not used for longest.
        assert table.reads == 3
        assert await keys.open(table, TENANTS[0]) is first
        await keys.open(table, TENANTS[1])
        assert table.reads == 4

    asyncio.run(story())


def test_forgotten_keys_are_read_again() -> None:
    async def story() -> None:
        table, keys = KeyTable(), ring()
        await keys.create(table, TENANTS[0])
        await keys.open(table, TENANTS[0])
        table.rows.clear()
        keys.forget(TENANTS[0])
        with pytest.raises(TenantKeysMissing):
            await keys.open(table, TENANTS[0])

    asyncio.run(story())


def test_keys_forgotten_while_they_are_opened_are_not_kept() -> None:
    async def story() -> None:
        table, keys = KeyTable(), ring()
        await keys.create(table, TENANTS[0])
        opening = asyncio.create_task(keys.open(table, TENANTS[0]))
        await asyncio.sleep(0)
        keys.forget(TENANTS[0])
        await opening
        table.rows.clear()
        with pytest.raises(TenantKeysMissing):
            await keys.open(table, TENANTS[0])

    asyncio.run(story())


def test_the_wrong_master_key_is_named_as_the_trouble() -> None:
    async def story() -> None:
        table = KeyTable()
        await ring().create(table, TENANTS[0])
        other = ring(master=bytes(range(32)))
        with pytest.raises(MasterKeyUnknown):
            await other.open(table, TENANTS[0])
        with pytest.raises(MasterKeyUnknown):
            await other.check_master_keys(table)
        await ring().check_master_keys(table)

    asyncio.run(story())


def test_a_key_moved_to_another_tenant_does_not_open() -> None:
    async def story() -> None:
        table = KeyTable()
        await ring().create(table, TENANTS[0])
        table.rows[0]["tenant_id"] = TENANTS[1].bytes
        with pytest.raises(SealBroken):
            await ring().open(table, TENANTS[1])

    asyncio.run(story())
