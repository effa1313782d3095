"""Keys and records in a real SQLite file: what lies on the disk says nothing."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from server.database.migrations import migrate
from server.database.sessions import Database
from server.sealing.contexts import Context
from server.sealing.keys import TenantKeyRing
from server.sealing.master_key_file import open_master_key_file
from server.sealing.master_keys import MasterKey, OneMasterKey
from server.sealing.problems import MasterKeyUnknown, TenantKeysMissing
from server.sealing.texts import TextPlace, TextSealer
from server.shared_types.clock import new_id
from server.shared_types.ids import TenantId

NAME_COLUMNS = "INSERT INTO tenants (tenant_id, created_at, environment, name_sealed)"


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_nothing_plain_lies_on_the_disk(tmp_path: Path) -> None:
    tenant = TenantId(new_id())
    drawn: list[bytes] = []
    name = os.urandom(8).hex().encode()

    def draw(length: int) -> bytes:
        drawn.append(os.urandom(length))
        return drawn[-1]

    async def scenario() -> None:
        database = await Database.open(f"sqlite:///{tmp_path / 'ledger.db'}")
        try:
            await migrate(database)
            ring = TenantKeyRing(open_master_key_file(tmp_path / "keys" / "key"), random_bytes=draw)
            place = TextPlace(tenant_id=tenant, row_id=tenant, row_version=0)
            async with database.transaction() as session:
                keys = await ring.create(session, tenant)
                sealed = TextSealer(keys).seal(name, Context.TENANT_NAME, place)
                await session.execute(
                    f"{NAME_COLUMNS} VALUES (:id, '2026-03-31', 'test', :sealed)",
                    {"id": tenant.bytes, "sealed": sealed},
                )
            row = await database.read_hot("SELECT name_sealed FROM tenants", {})
            assert row is not None
            opened = TextSealer(await ring.open(database, tenant))
            assert opened.open(row[0], Context.TENANT_NAME, place) == name
            await ring.check_master_keys(database)
            on_disk = files_in(tmp_path)
            assert set(on_disk) == {"ledger.db", "ledger.db-wal", "ledger.db-shm"}
            secrets = [drawn[0], drawn[0].hex().encode(), name]
            for content in on_disk.values():
                assert not [secret for secret in secrets if secret in content]
        finally:
            await database.close()

    asyncio.run(scenario())


def test_a_rolled_back_sign_up_leaves_no_key(tmp_path: Path) -> None:
    tenant = TenantId(new_id())

    async def scenario() -> None:
        database = await Database.open(f"sqlite:///{tmp_path / 'ledger.db'}")
        ring = TenantKeyRing(OneMasterKey(MasterKey(bytes(32))))

        async def sign_up() -> None:
            async with database.transaction() as session:
                await ring.create(session, tenant)
                raise KeyError

        try:
            await migrate(database)
            with pytest.raises(KeyError):
                await sign_up()
            with pytest.raises(TenantKeysMissing):
                await ring.open(database, tenant)
        finally:
            await database.close()

    asyncio.run(scenario())


def test_the_wrong_master_key_is_found_out_at_the_start(tmp_path: Path) -> None:
    async def scenario() -> None:
        database = await Database.open(f"sqlite:///{tmp_path / 'ledger.db'}")
        try:
            await migrate(database)
            async with database.transaction() as session:
                ring = TenantKeyRing(OneMasterKey(MasterKey(bytes(32))))
                await ring.create(session, TenantId(new_id()))
            with pytest.raises(MasterKeyUnknown):
                await TenantKeyRing(OneMasterKey(MasterKey(bytes(range(32))))).check_master_keys(
                    database
                )
        finally:
            await database.close()

    asyncio.run(scenario())
