"""The sums over a ledger's rows: kept with every write, through a change of keys, and begun for older ledgers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from server.exact_amounts.entries.edits import EditKind
from server.exact_amounts.entries.problems import LedgerTampered
from server.exact_amounts.ledger.integrity_store import Fault
from server.sealing.key_versions import KeyVersions
from server.sealing.master_keys import MasterKey, OneMasterKey
from server.web.endpoints import RouteName
from tests.conformance.ledger_stores import (
    close,
    edit,
    open_account,
    parts,
    push,
    reopen,
    type_in,
    typed,
    undo,
)
from tests.databases import place_of
from tests.integration.server.exact_amounts.open_ledger import (
    NOW,
    Server,
    balance,
    file_of,
    on_server,
    row,
)

pytestmark = pytest.mark.usefixtures("each_database")

SEALED_TABLES = {
    "entries": ("amount_sealed", "text_sealed"),
    "accounts": ("name_sealed", "number_sealed"),
    "batches": ("source_sealed",),
    "anchors": ("balance_sealed",),
    "idempotent_answers": ("answer_sealed",),
    "edits": ("edit_sealed",),
    "closings": ("evidence_sealed", "reason_sealed"),
    "ledger_integrity": ("sum_sealed",),
}
#: Two edits and an entry that was booked; two rows of a file that the ledger had; a month closed and reopened.
EDITS, SIGHTINGS, CLOSINGS = 3, 2, 1


async def live_through_everything(server: Server) -> None:
    account = await open_account(server)
    await server.take(
        file_of(
            *(row(day, f"{day}.50") for day in range(1, 21)),
            row(21, "-7.00", "later", "P1", pending=True),
            opening=balance("2026-02-28", "100.00"),
            closing=balance("2026-03-31", "2592.25"),
        ),
        key="i1",
    )
    made = await type_in(server, typed(account["id"]), typed(account["id"], "0"), key="t1")
    await server.take(file_of(row(22, "-7.10", "later", "P1")), key="i2")
    await undo(server, made["batch"], "u1")
    await server.take(file_of(row(1, "1.50"), row(2, "2.50")), key="i3")
    entries = {each["amount"]: each for each in (await server.walk(limit=100))[0]}
    await push(
        server,
        edit(entries["3.50"], EditKind.SPLIT, parts=parts("1.00", "2.50")),
        edit(entries["4.50"], EditKind.NOTES, "a note"),
        key="e1",
    )
    await close(server, "2026-02", key="c1")
    await reopen(server, "2026-02", key="r1")


def key_versions_of_records(server: Server) -> set[int]:
    """The key version in every record's header."""
    place = place_of(server.path)
    return {
        int.from_bytes(record[1:5])
        for table, columns in SEALED_TABLES.items()
        for column in columns
        for (record,) in place.query(f"SELECT {column} FROM {table}")
        if record is not None
    }


async def turn_key(server: Server) -> None:
    """Give the tenant a new data key that seals from now on."""
    versions = KeyVersions(OneMasterKey(MasterKey(bytes(32))), clock=lambda: NOW)
    async with server.database.transaction(server.tenant) as session:
        keys = await server.keys.open(session, server.tenant)
        version = await versions.announce(session, keys)
        await versions.activate(session, server.tenant, version)
    server.keys.forget(server.tenant)


def test_whatever_was_written_is_sound(tmp_path: Path) -> None:
    async def story(server: Server) -> None:
        assert (await server.ledger.verify(server.tenant)).is_sound
        await live_through_everything(server)
        report = await server.ledger.verify(server.tenant)

        assert report.is_sound
        # Entries, accounts, their numbers, batches, balances, kept answers.
        assert report.rows == 25 + 2 + 2 + 5 + 2 + 8 + EDITS + SIGHTINGS + CLOSINGS

    on_server(tmp_path, story)


@pytest.mark.parametrize("rows_max", [1, 7, 1000])
def test_a_ledger_is_sealed_anew_step_by_step_and_reads_the_same(
    tmp_path: Path, rows_max: int
) -> None:
    async def story(server: Server) -> None:
        await live_through_everything(server)
        before, page = await server.walk(limit=100)
        batches = await server.call(RouteName.LIST_BATCHES)
        closings = await server.call(RouteName.LIST_CLOSINGS)
        assert key_versions_of_records(server) == {1}
        assert await server.ledger.reseal(server.tenant, rows_max=rows_max) == 0
        await turn_key(server)
        steps: list[int] = []
        while step := await server.ledger.reseal(server.tenant, rows_max=rows_max):
            steps.append(step)
            assert (await server.ledger.verify(server.tenant)).is_sound
        after: Any = await server.walk(limit=100)

        assert max(steps) <= rows_max
        # All but account numbers, which are digests, sightings, and batches that have no source.
        assert sum(steps) == 25 + 2 + 3 + 2 + 8 + EDITS + CLOSINGS
        assert key_versions_of_records(server) == {2}
        assert after == (before, page)
        assert (await server.walk(page["cursor"]))[0] == []
        assert await server.call(RouteName.LIST_BATCHES) == batches
        assert await server.call(RouteName.LIST_CLOSINGS) == closings
        # An edit that the old key sealed is undone.
        edited = next(each for each in batches["batches"] if each["purpose"] == "edit")
        assert (await undo(server, edited["id"], "u9"))["kept"] == 0
        assert (await server.take(file_of(row(1, "1.50")), key="i9"))["same"] == 1

    on_server(tmp_path, story)


def test_writes_between_the_steps_do_not_disturb(tmp_path: Path) -> None:
    async def story(server: Server) -> None:
        await live_through_everything(server)
        account = (await server.call(RouteName.LIST_ACCOUNTS))["accounts"][0]["id"]
        await turn_key(server)
        number = 0
        while await server.ledger.reseal(server.tenant, rows_max=5):
            number += 1
            made = await type_in(server, typed(account), key=f"t{number}.")
            await undo(server, made["batch"], f"u{number}.")
        assert key_versions_of_records(server) == {2}
        assert (await server.ledger.verify(server.tenant)).is_sound
        assert len((await server.walk())[0]) == 23

    on_server(tmp_path, story)


def test_a_ledger_from_before_there_were_sums_gets_them_once(tmp_path: Path) -> None:
    async def story(server: Server) -> None:
        await live_through_everything(server)
        assert await server.ledger.begin_sums(server.tenant) is False
        server.tamper("DELETE FROM ledger_integrity")
        with pytest.raises(LedgerTampered):
            await server.walk()
        (finding,) = (await server.ledger.verify(server.tenant)).findings
        assert finding.fault is Fault.SUMS_MISSING
        assert await server.ledger.begin_sums(server.tenant) is True
        assert (await server.ledger.verify(server.tenant)).is_sound
        await server.take(file_of(row(30)), key="i9")
        assert (await server.ledger.verify(server.tenant)).is_sound

    on_server(tmp_path, story)


def test_a_refusal_names_the_fault_and_the_row_and_no_value(tmp_path: Path) -> None:
    async def story(server: Server) -> None:
        await server.take(file_of(row(1, "-73518294.37", "Canary"), row(2)))
        first = (await server.walk())[0][0]["id"]
        server.tamper("UPDATE entries SET bucket = 'MICRO' WHERE bucket = 'XLARGE'")
        with pytest.raises(LedgerTampered) as refused:
            await server.walk()

        assert refused.value.place() == {
            "fault": Fault.ROW_ALTERED.value,
            "table": "entries",
            "rows": first,
            "findings": 1,
        }

    on_server(tmp_path, story)
