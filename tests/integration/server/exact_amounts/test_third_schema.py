"""A ledger of the second schema is brought to the third: its old sums are checked before it gets new ones."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from server.app import open_key_room
from server.database.queries import load_queries
from server.exact_amounts.ledger.integrity_store import Fault, IntegrityStore
from server.exact_amounts.ledger.row_sealer import RowSealer
from server.exact_amounts.ledger.summed_rows import SummedTable, as_before_edits
from server.shared_types.ids import TenantId
from tests.databases import place_of
from tests.factories import OpenServer, RepeatableWorld, open_server, temporary_settings
from tests.fixtures.statements.make_statement import MadeAccount, MadeTransaction, ofx_statement
from tests.integration.server.exact_amounts.open_ledger import Server, file_of, on_server, row

QUERIES = load_queries("server.exact_amounts.ledger")
NEW_TABLES = ("edits", "sightings", "closings", "workbook_leases")
NEW_COLUMNS = {"entries": ("role", "parent_id", "statement_on", "removal"), "batches": ("purpose",)}
STATEMENT = ofx_statement(
    [
        MadeAccount(
            account_id="12345678",
            currency="EUR",
            transactions=[
                MadeTransaction(posted_on="2026-03-01", amount="-3.50", name="Coffee", bank_id="1"),
                MadeTransaction(posted_on="2026-03-02", amount="-4.50", name="Bread", bank_id="2"),
            ],
        )
    ]
)


async def write_old_sums(session: Any, sealer: RowSealer, version: int) -> None:
    """Write sums as a server of the second schema does: over what there was then."""
    sums = IntegrityStore(session, sealer)
    values = {"tenant_id": sealer.tenant_id.bytes, "after_id": b"", "limit": 1000}
    for table in SummedTable:
        if table.value not in NEW_TABLES:
            query = QUERIES[f"summed_{table.value}"]
            asked = {name: each for name, each in values.items() if f":{name}" in query}
            rows = await session.fetch_bulk(query, asked)
            sums.swap(table, (), [as_before_edits(table, tuple(each)) for each in rows])
    await sums.write(version)


def old_schema(folder: Path) -> Path:
    """Take back what the third migration did."""
    (file,) = folder.glob("*.db")
    place = place_of(file)
    for index in ("entries_by_parent", "adjustments_in_force", "merged_entries"):
        place.change(f"DROP INDEX {index}")
    for table in NEW_TABLES:
        place.change(f"DROP TABLE {table}")
    for table, columns in NEW_COLUMNS.items():
        for column in columns:
            place.change(f"ALTER TABLE {table} DROP COLUMN {column}")
    place.change("DELETE FROM schema_migrations WHERE version = 3")
    # The trail knows of two migrations; nobody walks along it here.
    place.change("DROP TRIGGER audit_events_never_change")
    place.change(
        "UPDATE audit_events SET count = 2 WHERE event = 'migration_applied' AND count = 3"
    )
    return file


async def go_back(folder: Path, tenant: TenantId) -> Path:
    """Make a closed server's database one of the second schema."""
    settings = temporary_settings(folder)
    async with open_key_room(settings, RepeatableWorld(seed=5).surroundings()) as room:
        tools = room.tools
        async with tools.database.transaction(tenant) as session:
            sealer = RowSealer(tenant, await tools.ring.open(session, tenant))
            ((version,),) = await session.fetch_all(
                "SELECT version FROM tenants WHERE tenant_id = :tenant_id",
                {"tenant_id": tenant.bytes},
            )
            await write_old_sums(session, sealer, version)
    return old_schema(folder)


def migrated(tmp_path: Path, change: Callable[[Path], object], check: Callable[..., Any]) -> None:
    """Fill a server, take it back to the second schema, change it, and check it once it is migrated."""
    folder = tmp_path / "data"

    async def whole() -> None:
        async with open_server(folder) as opened:
            owner = await opened.sign_up()
            assert (await owner.import_statement(STATEMENT)).is_success
            before = (await owner.get("/v1/entries")).json()
        tenant = TenantId(UUID(owner.ledger))
        change(await go_back(folder, tenant))
        for seed in (2, 3):
            async with open_server(folder, world=RepeatableWorld(seed=seed)) as opened:
                owner.http = await opened.client(owner.token)
                await check(opened, owner, before)

    asyncio.run(whole())


def nothing(_file: Path) -> None:
    """Nobody touches it."""


def test_a_sound_ledger_is_migrated_and_goes_on(tmp_path: Path) -> None:
    async def check(opened: OpenServer, owner: Any, before: Any) -> None:
        assert (await owner.get("/v1/entries")).json() == before
        assert (await owner.get("/v1/ledger/changes")).is_success
        (account,) = (await owner.get("/v1/accounts")).json()["accounts"]
        balance = {"account_id": account["id"], "on": "2026-03-31", "balance": "-8.00"}
        stated = await owner.http.post("/v1/balances", json=balance, headers=owner.next_key())
        assert stated.status_code == 201
        assert (await owner.get("/v1/ledger/changes")).is_success
        noted = opened.rows(
            "SELECT count FROM audit_events WHERE event = 'migration_applied' ORDER BY sequence"
        )
        assert [count for (count,) in noted][-1] == 3

    migrated(tmp_path, nothing, check)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET bucket = 'XLARGE' WHERE posted_on = '2026-03-01'",
        "DELETE FROM entries WHERE posted_on = '2026-03-01'",
        "UPDATE batches SET added = 3",
        "DELETE FROM ledger_integrity",
        "UPDATE ledger_integrity SET version = version - 1",
    ],
)
def test_what_was_tampered_with_before_is_reported_after(tmp_path: Path, statement: str) -> None:
    async def check(_opened: OpenServer, owner: Any, _before: Any) -> None:
        answer = await owner.get("/v1/ledger/changes")
        assert answer.json()["code"] == "ledger_tampered"
        assert (await owner.get("/v1/accounts")).json()["code"] == "ledger_tampered"

    migrated(tmp_path, lambda file: place_of(file).change(statement), check)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET role = 'adjustment'",
        "UPDATE entries SET removal = 'user' WHERE posted_on = '2026-03-02'",
        "UPDATE entries SET statement_on = '2026-04-30' WHERE posted_on = '2026-03-02'",
        "UPDATE batches SET purpose = 'edit'",
        "INSERT INTO sightings SELECT tenant_id, entry_id, batch_id FROM entries",
    ],
)
@pytest.mark.usefixtures("each_database")
def test_what_stands_in_the_new_places_by_then_is_not_taken_for_granted(
    tmp_path: Path, statement: str
) -> None:
    async def story(server: Server) -> None:
        await server.take(file_of(row(1), row(2)))
        async with server.database.transaction(server.tenant) as session:
            sealer = RowSealer(server.tenant, await server.keys.open(session, server.tenant))
            await write_old_sums(session, sealer, 1)
        server.tamper(statement)
        assert await server.ledger.renew_sums(server.tenant) is False
        findings = (await server.ledger.verify(server.tenant)).findings
        assert findings
        assert findings[0].fault is not Fault.SUMS_MISSING

    on_server(tmp_path, story)


@pytest.mark.usefixtures("each_database")
def test_sums_are_made_anew_once(tmp_path: Path) -> None:
    async def story(server: Server) -> None:
        await server.take(file_of(row(1), row(2)))
        async with server.database.transaction(server.tenant) as session:
            sealer = RowSealer(server.tenant, await server.keys.open(session, server.tenant))
            await write_old_sums(session, sealer, 1)
        assert not (await server.ledger.verify(server.tenant)).is_sound
        assert await server.ledger.renew_sums(server.tenant) is True
        assert (await server.ledger.verify(server.tenant)).is_sound
        # A start that was cut short begins again: what has its new sums keeps them.
        assert await server.ledger.renew_sums(server.tenant) is False
        assert (await server.ledger.verify(server.tenant)).is_sound
        await server.take(file_of(row(3)))
        assert (await server.ledger.verify(server.tenant)).is_sound

    on_server(tmp_path, story)


def test_a_ledger_without_a_row_is_migrated(tmp_path: Path) -> None:
    async def story(server: Server) -> None:
        assert await server.ledger.renew_sums(server.tenant) is True
        await server.take(file_of(row(1)))
        assert (await server.ledger.verify(server.tenant)).is_sound

    on_server(tmp_path, story)
