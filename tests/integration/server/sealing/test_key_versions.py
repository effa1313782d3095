"""The life of key versions in a real database, from their announcement to their end, and their wrapping."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from server.database.sessions import Database, Session
from server.sealing.contexts import Context
from server.sealing.identifiers import IdentifierMac
from server.sealing.key_states import KeyState
from server.sealing.key_versions import KeyVersions
from server.sealing.keys import SealCount, TenantKeyRing, TenantKeys
from server.sealing.master_keys import MasterKey, OneMasterKey, SeveralMasterKeys
from server.sealing.ports import MasterKeys
from server.sealing.problems import (
    KeyStateRefused,
    MasterKeyUnknown,
    SealBroken,
    TenantKeysMissing,
)
from server.sealing.texts import TextPlace, TextSealer
from server.shared_types.ids import TenantId
from tests.databases import open_database, place_of

pytestmark = pytest.mark.usefixtures("each_database")

TENANT = TenantId(uuid.UUID("019a0000-0000-7000-8000-000000000001"))
PLACE = TextPlace(tenant_id=TENANT, row_id=TENANT, row_version=1)
OLD, NEW = MasterKey(bytes(32)), MasterKey(bytes(range(32)))


def at_noon() -> datetime:
    return datetime(2026, 3, 31, 12, tzinfo=UTC)


class Keys:
    """A tenant's keys in a database, with what tests do to them."""

    def __init__(self, database: Database, master_keys: MasterKeys) -> None:
        self.database = database
        self.master_keys = master_keys
        self.versions = KeyVersions(master_keys, clock=at_noon)

    async def opened(self) -> TenantKeys:
        return await TenantKeyRing(self.master_keys).open(self.database, TENANT)

    async def do(self, step: Callable[[Session], Awaitable[object]]) -> object:
        async with self.database.transaction(TENANT) as session:
            return await step(session)

    async def announce(self) -> object:
        keys = await self.opened()
        return await self.do(lambda session: self.versions.announce(session, keys))

    async def activate(self, version: int) -> None:
        await self.do(lambda session: self.versions.activate(session, TENANT, version))

    async def retire_before(self, version: int) -> object:
        return await self.do(lambda session: self.versions.retire_before(session, TENANT, version))

    async def destroy(self, version: int) -> None:
        await self.do(lambda session: self.versions.destroy(session, TENANT, version))

    async def states(self) -> list[KeyState]:
        async with self.database.session(TENANT) as session:
            return [each.state for each in await self.versions.versions(session, TENANT)]


@asynccontextmanager
async def keys_in(folder: Path) -> AsyncIterator[Keys]:
    database = await open_database(folder / "ledger.db")
    try:
        keys = Keys(database, OneMasterKey(OLD))
        async with database.transaction(TENANT) as session:
            await TenantKeyRing(keys.master_keys).create(session, TENANT)
        yield keys
    finally:
        await database.close()


def sealed_by(keys: TenantKeys) -> bytes:
    return TextSealer(keys).seal(b"Coffee", Context.ENTRY_TEXT, PLACE)


def opened_by(keys: TenantKeys, sealed: bytes) -> bytes:
    return TextSealer(keys).open(sealed, Context.ENTRY_TEXT, PLACE)


def test_a_version_goes_through_its_life(tmp_path: Path) -> None:
    async def story() -> None:
        async with keys_in(tmp_path) as keys:
            first = sealed_by(await keys.opened())
            assert await keys.announce() == 2
            assert await keys.announce() == 2, "one at a time"
            announced = await keys.opened()
            assert announced.version == 1
            await keys.activate(2)
            active = await keys.opened()
            assert active.version == 2
            second = sealed_by(active)
            assert opened_by(announced, second) == b"Coffee", "who knew of it can open it"
            assert opened_by(active, first) == b"Coffee"
            assert await keys.retire_before(2) == 1
            assert await keys.states() == [KeyState.RETIRED, KeyState.ACTIVE]
            assert opened_by(await keys.opened(), first) == b"Coffee", "retired keys open"
            await keys.destroy(1)
            assert await keys.states() == [KeyState.DESTROYED, KeyState.ACTIVE]
            last = await keys.opened()
            assert opened_by(last, second) == b"Coffee"
            with pytest.raises(SealBroken):
                opened_by(last, first)
            assert await keys.announce() == 3, "the number of a destroyed version is not used again"

    asyncio.run(story())
    rows = place_of(tmp_path / "ledger.db").query(
        "SELECT wrapped_key, identifiers_wrapped FROM tenant_keys WHERE key_version = 1"
    )
    assert rows == [(b"", None)]


def test_identifiers_and_sums_stay_the_same_when_the_first_key_is_gone(tmp_path: Path) -> None:
    async def story() -> None:
        async with keys_in(tmp_path) as keys:
            before = await keys.opened()
            for version in (2, 3):
                await keys.announce()
                await keys.activate(version)
                await keys.retire_before(version)
                await keys.destroy(version - 1)
            after = await keys.opened()
            assert IdentifierMac(after).mac("a") == IdentifierMac(before).mac("a")
            assert after._integrity_key() == before._integrity_key()
            assert after._integrity_key() != after._identifiers_key()

    asyncio.run(story())


def test_no_step_is_left_out(tmp_path: Path) -> None:
    async def story() -> None:
        async with keys_in(tmp_path) as keys:
            refused: list[Coroutine[Any, Any, object]] = [
                keys.activate(1),
                keys.activate(2),
                keys.destroy(1),
                keys.retire_before(2),
            ]
            for step in refused:
                with pytest.raises(KeyStateRefused):
                    await step
            await keys.announce()
            with pytest.raises(KeyStateRefused):
                await keys.retire_before(2)
            with pytest.raises(KeyStateRefused):
                await keys.destroy(2)
            await keys.activate(2)
            with pytest.raises(KeyStateRefused):
                await keys.activate(2)
            assert await keys.states() == [KeyState.ACTIVE, KeyState.ACTIVE]

    asyncio.run(story())


def test_without_any_key_none_is_announced(tmp_path: Path) -> None:
    async def story() -> None:
        async with keys_in(tmp_path) as keys:
            stranger = TenantKeys(tenant_id=TenantId(uuid.UUID(int=9)), data_keys={1: bytes(32)})
            async with keys.database.transaction(stranger.tenant_id) as session:
                with pytest.raises(TenantKeysMissing):
                    await keys.versions.announce(session, stranger)

    asyncio.run(story())


def test_rewrapping_changes_the_wrapping_only(tmp_path: Path) -> None:
    async def story() -> None:
        async with keys_in(tmp_path) as keys:
            await keys.announce()
            await keys.activate(2)
            before = await keys.opened()
            sealed = sealed_by(before)
            both = SeveralMasterKeys(NEW, lambda: [OLD])
            rewrapped = Keys(keys.database, both)
            for expected in (2, 0):
                assert (
                    await rewrapped.do(lambda session: rewrapped.versions.rewrap(session, TENANT))
                    == expected
                )
            with pytest.raises(MasterKeyUnknown):
                await keys.opened()
            for master_keys in (both, OneMasterKey(NEW), SeveralMasterKeys(OLD, lambda: [NEW])):
                after = await Keys(keys.database, master_keys).opened()
                assert opened_by(after, sealed) == b"Coffee"
                assert IdentifierMac(after).mac("a") == IdentifierMac(before).mac("a")

    asyncio.run(story())


def test_rewrapping_without_the_old_master_key_changes_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        async with keys_in(tmp_path) as keys:
            stranger = Keys(keys.database, OneMasterKey(NEW))
            with pytest.raises(MasterKeyUnknown):
                await stranger.do(lambda session: stranger.versions.rewrap(session, TENANT))
            await keys.opened()

    asyncio.run(story())


def test_seals_add_up_by_version(tmp_path: Path) -> None:
    async def story() -> None:
        async with keys_in(tmp_path) as keys:
            for version, seals in ((1, 5), (1, 2**40), (2, 3)):
                count = SealCount(tenant_id=TENANT, key_version=version, seals=seals)
                await keys.do(lambda session, count=count: keys.versions.add_seals(session, count))  # type: ignore[misc]
            async with keys.database.session(TENANT) as session:
                assert await keys.versions.seals(session, TENANT) == {1: 2**40 + 5, 2: 3}

    asyncio.run(story())
