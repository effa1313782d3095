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
from server.sealing.master_keys import (
    MasterKey,
    OneMasterKey,
    SeveralMasterKeys,
    WrappedKind,
)
from server.sealing.problems import (
    KeyUseNotRecorded,
    MasterKeyUnknown,
    SealBroken,
    TenantKeysMissing,
)
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
            (
                row["key_version"],
                row["wrapped_key"],
                row["master_key_id"],
                row["state"],
                row["identifiers_wrapped"],
            )
            for row in self.rows
            if row["tenant_id"] == values["tenant_id"]
        ]

    @asynccontextmanager
    async def session(self, tenant_id: TenantId | None = None) -> AsyncIterator[KeyTable]:
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


class Time:
    """Seconds that tests move."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_kept_keys_are_looked_up_again_and_opened_anew_only_if_something_changed() -> None:
    async def story() -> None:
        table, time, uses = KeyTable(), Time(), list[tuple[TenantId, int]]()
        keys = TenantKeyRing(
            OneMasterKey(MasterKey(bytes(32))),
            clock=at_noon,
            monotonic=time,
            trusted_seconds=30,
            note_use=lambda tenant, count: uses.append((tenant, count)),
        )
        await keys.create(table, TENANTS[0])
        first = await keys.open(table, TENANTS[0])
        time.now = 29
        assert await keys.open(table, TENANTS[0]) is first
        assert table.reads == 1
        time.now = 31
        assert await keys.open(table, TENANTS[0]) is first
        assert table.reads == 2
        assert uses == [(TENANTS[0], 1)], "nothing was unwrapped the second time"
        table.rows.append({**table.rows[0], "key_version": 2, "state": "announced"})
        table.rows[1] |= wrapped_anew(2)
        time.now = 62
        second = await keys.open(table, TENANTS[0])
        assert second is not first
        assert second.version == 1, "what is announced opens and does not seal"
        table.rows[1]["state"] = "active"
        time.now = 93
        assert (await keys.open(table, TENANTS[0])).version == 2
        assert uses == [(TENANTS[0], 1), (TENANTS[0], 2), (TENANTS[0], 2)]

    asyncio.run(story())


def wrapped_anew(version: int) -> dict[str, Any]:
    master = MasterKey(bytes(32))
    return {
        "wrapped_key": master.wrap(bytes([version]) * 32, TENANTS[0], version, bytes(12)),
        "identifiers_wrapped": master.wrap(
            bytes(32), TENANTS[0], version, bytes(12), WrappedKind.IDENTIFIERS_KEY
        ),
    }


def test_a_use_that_may_not_be_noted_opens_no_key() -> None:
    def refuse(_tenant: TenantId, _count: int) -> None:
        raise KeyUseNotRecorded

    async def story() -> None:
        table = KeyTable()
        keys = TenantKeyRing(OneMasterKey(MasterKey(bytes(32))), clock=at_noon, note_use=refuse)
        await keys.create(table, TENANTS[0])
        with pytest.raises(KeyUseNotRecorded):
            await keys.open(table, TENANTS[0])

    asyncio.run(story())


def test_destroyed_keys_are_missing_keys() -> None:
    async def story() -> None:
        table = KeyTable()
        await ring().create(table, TENANTS[0])
        table.rows[0] |= {"state": "destroyed", "wrapped_key": b""}
        with pytest.raises(TenantKeysMissing):
            await ring().open(table, TENANTS[0])

    asyncio.run(story())


def test_a_wrapped_identifiers_key_does_not_pass_for_a_data_key() -> None:
    async def story() -> None:
        table = KeyTable()
        await ring().create(table, TENANTS[0])
        table.rows[0] |= wrapped_anew(1)
        table.rows[0]["wrapped_key"] = table.rows[0]["identifiers_wrapped"]
        with pytest.raises(SealBroken):
            await ring().open(table, TENANTS[0])

    asyncio.run(story())


def test_seals_are_counted_by_version_and_taken_once() -> None:
    async def story() -> None:
        table, keys = KeyTable(), ring()
        await keys.create(table, TENANTS[0])
        opened = await keys.open(table, TENANTS[0])
        for _ in range(5):
            sealed_by(opened)
        (count,) = keys.take_seal_counts()
        assert (count.tenant_id, count.key_version, count.seals) == (TENANTS[0], 1, 5)
        assert keys.take_seal_counts() == []
        sealed_by(opened)
        assert [each.seals for each in keys.take_seal_counts()] == [1]

    asyncio.run(story())


def test_every_master_key_that_is_known_opens_and_the_current_one_wraps() -> None:
    old, new = MasterKey(bytes(32)), MasterKey(bytes(range(32)))
    asked: list[int] = []

    def others() -> list[MasterKey]:
        asked.append(1)
        return [old]

    async def story() -> None:
        table = KeyTable()
        await ring().create(table, TENANTS[0])
        several = SeveralMasterKeys(new, others)
        keys = TenantKeyRing(several, clock=at_noon)
        assert asked == []
        await keys.open(table, TENANTS[0])
        await keys.create(table, TENANTS[1])
        assert table.rows[1]["master_key_id"] == new.master_key_id
        with pytest.raises(MasterKeyUnknown):
            several.find("0" * 16)

    asyncio.run(story())


def test_a_record_of_an_unknown_version_lets_the_ring_look_again_and_unwrap_nothing_in_vain() -> (
    None
):
    async def story() -> None:
        table, uses = KeyTable(), list[int]()
        keys = TenantKeyRing(
            OneMasterKey(MasterKey(bytes(32))),
            clock=at_noon,
            monotonic=Time(),
            note_use=lambda _tenant, count: uses.append(count),
        )
        await keys.create(table, TENANTS[0])
        first = await keys.open(table, TENANTS[0])
        sealed, place = sealed_by(first)
        forged = sealed[:4] + b"\x02" + sealed[5:]
        for reads in (2, 3):
            with pytest.raises(SealBroken):
                AmountSealer(first).open(forged, Context.ENTRY_AMOUNT, place)
            assert await keys.open(table, TENANTS[0]) is first
            assert await keys.open(table, TENANTS[0]) is first
            assert table.reads == reads
        assert uses == [1]

    asyncio.run(story())
