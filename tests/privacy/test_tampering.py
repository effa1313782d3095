"""
The tampering table: each kind of change to each column of a stored ledger, on a real file, and how it is detected.

Whoever changes the file has no key. Of a tampered ledger neither the change feed nor the accounts show anything, and
`verify` says what is wrong. `pytest -s` prints the table.
"""

from __future__ import annotations

import asyncio
import copy
import sqlite3
import sys
from collections.abc import Awaitable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from server.buckets_only.categorisation.categorise import categorise_all
from server.exact_amounts.entries.edits import EditKind
from server.exact_amounts.entries.problems import EpochIsOver, LedgerTampered
from server.exact_amounts.ledger.account_states import account_answer
from server.exact_amounts.ledger.integrity_store import Fault
from server.exact_amounts.ledger.ledger_store import LedgerStore
from server.exact_amounts.ledger.ports import ChangesAsked
from server.identity.sealed_words import SealedWords
from server.sealing.keys import TenantKeyRing
from server.sealing.master_keys import MasterKey, OneMasterKey
from server.sealing.problems import SealBroken
from server.shared_types.clock import new_id
from server.shared_types.ids import TenantId, TokenId
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
from tests.integration.server.exact_amounts.open_ledger import (
    EPOCH,
    NOW,
    Server,
    balance,
    file_of,
    row,
    server_at,
)
from tests.privacy.tampering import (
    COVERED,
    NOT_COVERED,
    SEALED_ELSEWHERE,
    Change,
    Changes,
    Rows,
    Tampered,
    columns_of_table,
    read_rows,
    write_rows,
)

FROM_THE_START = ChangesAsked(epoch=None, cursor=None, limit=20_000)
NOT_DETECTED = "NOT DETECTED"
NOTHING_TO_DO = "-"
#: What the table says of each fault.
WORDS = {
    Fault.SUMS_MISSING: "no sums",
    Fault.SUMS_UNREADABLE: "sums broken",
    Fault.SUMS_OF_ANOTHER_VERSION: "old sums",
    Fault.ROW_UNREADABLE: "no opening",
    Fault.ROW_ALTERED: "altered",
    Fault.ROW_MISSING: "missing",
    Fault.ROW_ADDED: "added",
    Fault.ROWS_DIFFER: "rows differ",
}
#: Tables that have got rows since the older state.
ROWS_ADDED = (
    *("entries", "accounts", "batches", "anchors", "idempotent_answers"),
    *("edits", "sightings", "closings"),
)
KIND_NAMES = ("flipped", "rows", "tenants", "columns", "rolled back")


@dataclass(frozen=True, slots=True)
class World:
    """A ledger on disk that has been through everything, beside another tenant's."""

    server: Server
    rows: Rows
    changes: Changes
    #: A follower's position at the last version.
    cursor: str
    accounts: list[Any]
    words: dict[TenantId, TokenId]


async def _live_through_everything(server: Server, tenant: TenantId) -> None:
    mine: dict[str, Any] = {"tenant": tenant}
    account = await open_account(server, "Cash", "USD", **mine)
    await server.take(
        file_of(
            row(2, "-3.50", "Coffee", "C1"),
            row(5, "2500.00", "Wages", "W1"),
            row(9, "-20000.00", "Car", pending=True, bank_id="P1"),
            opening=balance("2026-02-28", "100.00"),
            closing=balance("2026-03-31", "2592.25"),
        ),
        key="i1",
        **mine,
    )
    await type_in(server, typed(account["id"], "7.25"), key="t1", **mine)
    april = file_of(row(12, "0.00"), number="9", closing=balance("2026-04-30", "0.00"))
    await server.take(april, key="i2", name="april.ofx", **mine)
    await server.take(file_of(row(2), row(3)), key="i2b", **mine)
    entries = (await server.call(RouteName.LIST_ENTRIES, **mine))["entries"]
    (typed_entry,) = (each for each in entries if each["amount"] == "7.25")
    (toll,) = (each for each in entries if each["posted_on"] == "2026-03-12")
    made = await push(
        server,
        edit(typed_entry, EditKind.SPLIT, parts=parts("7.00", "0.25")),
        edit(typed_entry, EditKind.STATEMENT, "2026-03-31"),
        edit(toll, EditKind.REMOVE),
        key="e1",
        **mine,
    )
    assert [each["outcome"] for each in made["results"]] == ["applied"] * 3
    await close(server, "2026-01", key="c1", **mine)
    await reopen(server, "2026-01", key="r1", **mine)
    await close(server, "2026-02", key="c2", **mine)


async def _live_on(server: Server, tenant: TenantId, batch: str) -> None:
    mine: dict[str, Any] = {"tenant": tenant}
    booked, new = row(10, "-20001.00", "Car", "P1"), row(28, "-9.99", "Toll", "P2", pending=True)
    await server.take(file_of(booked, new, closing=balance("2026-03-28", "9.00")), key="i3", **mine)
    await server.take(file_of(row(2)), key="i4", **mine)
    entries = (await server.call(RouteName.LIST_ENTRIES, **mine))["entries"]
    (car,) = (each for each in entries if each["amount"] == "-20001.00")
    noted = await push(server, edit(car, EditKind.NOTES, "a car"), key="e2", **mine)
    await push(server, edit(car, EditKind.REVIEWED, value=True), key="e3", **mine)
    await undo(server, noted["batch"], "u2", **mine)
    await reopen(server, "2026-02", key="r2", **mine)
    await close(server, "2026-01", key="c3", **mine)
    await undo(server, batch, "u1", **mine)


async def _write_words(server: Server, tenant: TenantId) -> TokenId:
    """A name and a label, as the identity room seals them."""
    token, principal, person = TokenId(new_id()), new_id(), new_id()
    async with server.database.transaction(tenant) as session:
        words = SealedWords(await server.keys.open(session, tenant))
        steps: tuple[tuple[str, dict[str, object]], ...] = (
            (
                "UPDATE tenants SET name_sealed = :name WHERE tenant_id = :tenant",
                {"name": words.seal_name("A ledger")},
            ),
            ("INSERT INTO people VALUES (:person, :now)", {"person": person.bytes}),
            (
                "INSERT INTO principals VALUES (:tenant, :principal, :person, 'person', :now)",
                {"principal": principal.bytes, "person": person.bytes},
            ),
            (
                "INSERT INTO tokens VALUES (:tenant, :token, :principal, '', :label, :now, NULL, NULL)",
                {
                    "token": token.bytes,
                    "principal": principal.bytes,
                    "label": words.seal_label(token, "A label"),
                },
            ),
        )
        for statement, values in steps:
            await session.execute(
                statement, {"tenant": tenant.bytes, "now": NOW.isoformat()} | values
            )
    return token


async def _build(server: Server) -> World:
    stranger = await server.sign_up()
    words = {}
    for tenant in (server.tenant, stranger):
        await _live_through_everything(server, tenant)
        words[tenant] = await _write_words(server, tenant)
    older = read_rows(server.path)
    for tenant in (server.tenant, stranger):
        batches = await server.ledger.batches(tenant)
        undone = next(each for each in batches if each.file_name == "april.ofx")
        await _live_on(server, tenant, str(undone.batch_id))
    # The two stand at different versions.
    await open_account(server, "Purse", tenant=stranger)
    await open_account(server, "Jar", tenant=server.tenant)
    await open_account(server, "Box", tenant=server.tenant)
    _, page = await server.walk(limit=100)
    return World(
        server=server,
        rows=read_rows(server.path),
        changes=Changes(server.tenant, stranger, older),
        cursor=page["cursor"],
        accounts=page["accounts"],
        words=words,
    )


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as each:
        yield each


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, runner: asyncio.Runner) -> Iterator[World]:
    opened = server_at(tmp_path_factory.mktemp("tampering") / "ledger.db")
    server = runner.run(opened.__aenter__())
    try:
        yield runner.run(_build(server))
    finally:
        runner.run(opened.__aexit__(None, None, None))


def _fresh_store(world: World) -> LedgerStore:
    """The ledger as a server that was just started has it."""
    keys = TenantKeyRing(OneMasterKey(MasterKey(bytes(32))))
    return LedgerStore(world.server.database, keys, lambda: NOW, new_id, EPOCH, categorise_all)


async def _refusal(asked: Awaitable[Any]) -> LedgerTampered | SealBroken | None:
    try:
        await asked
    except (LedgerTampered, SealBroken) as problem:
        return problem
    return None


async def _outcome(world: World, done: Tampered, warm: LedgerStore) -> str:
    """How a ledger that is tampered with right now is detected, by every way of reading all of it."""
    tenant, cold = world.server.tenant, _fresh_store(world)
    refusals = [
        await _refusal(cold.changes(tenant, FROM_THE_START)),
        await _refusal(_fresh_store(world).accounts(tenant)),
        await _refusal(warm.changes(tenant, FROM_THE_START)),
    ]
    if not all(refusals):
        return NOT_DETECTED
    # A server that has checked this version goes on telling what it has checked.
    if await _refusal(warm.accounts(tenant)) is None:
        told = [account_answer(state) for state in await warm.accounts(tenant)]
        assert [each.sum for each in told] == [each["sum"] for each in world.accounts]
    if isinstance(refusals[0], SealBroken):
        return "no opening"
    report = await cold.verify(tenant)
    assert not report.is_sound
    named = {row_id for finding in report.findings for row_id in finding.row_ids}
    word = WORDS[report.findings[0].fault]
    return f"{word} *" if named & done.ids else word


async def _try(world: World, change: Change) -> str:
    rows = copy.deepcopy(world.rows)
    warm = _fresh_store(world)
    await warm.accounts(world.server.tenant)
    done = change(rows)
    if done is None or rows == world.rows:
        return NOTHING_TO_DO
    write_rows(world.server.path, world.rows, rows)
    try:
        return await _outcome(world, done, warm)
    finally:
        write_rows(world.server.path, rows, world.rows)


def _print_table(title: str, names: tuple[str, ...], table: dict[str, list[str]]) -> None:
    lines = [f"\n{title} (* the row is named)", "".join(f"{name:16}" for name in names)]
    lines[1] = f"{'':36}{lines[1]}"
    lines += [
        f"{name:36}" + "".join(f"{cell:16}" for cell in cells) for name, cells in table.items()
    ]
    sys.stdout.write("\n".join(line.rstrip() for line in lines) + "\n")


def _undetected(table: dict[str, list[str]]) -> list[str]:
    return [name for name, cells in table.items() if NOT_DETECTED in cells]


def test_a_ledger_that_nobody_touched_is_sound(world: World, runner: asyncio.Runner) -> None:
    report = runner.run(_fresh_store(world).verify(world.server.tenant))

    assert report.is_sound
    assert report.rows == sum(
        each["tenant_id"] == world.server.tenant.bytes
        for table in COVERED
        for each in world.rows[table]
    )


#: Tables of other rooms, which keep their own order: keys, people, tokens, the trail.
OF_OTHER_ROOMS = {
    *("tenants", "tenant_keys", "tenant_key_directory", "key_seals", "key_rotations"),
    *("memberships", "principals", "tokens", "token_directory", "audit_events"),
}


def test_every_table_of_a_ledger_is_summed_or_named_as_one_that_is_not(world: World) -> None:
    with closing(sqlite3.connect(world.server.path)) as connection:
        of_tenants = {
            table
            for (table,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table'"
            ).fetchall()
            if "tenant_id"
            in {column[1] for column in connection.execute(f"PRAGMA table_info({table})")}
        }

    assert of_tenants - OF_OTHER_ROOMS == {*COVERED, *NOT_COVERED, "ledger_integrity"}


def test_every_column_of_every_row_is_watched(world: World, runner: asyncio.Runner) -> None:
    changes = world.changes
    table: dict[str, list[str]] = {}
    for name in COVERED:
        for column in columns_of_table(world.rows, name):
            table[f"{name}.{column}"] = [
                runner.run(_try(world, change))
                for change in (
                    changes.flip(name, column),
                    changes.swap_rows(name, column),
                    changes.swap_tenants(name, column),
                    changes.swap_columns(name, column),
                    changes.roll_back_column(name, column),
                )
            ]
    _print_table("each column, detected as", KIND_NAMES, table)

    assert _undetected(table) == []
    assert all(cells[0] != NOTHING_TO_DO for cells in table.values()), "each column was flipped"
    assert NOTHING_TO_DO not in table["account_numbers.number_mac"][:4]
    assert all(
        NOTHING_TO_DO not in cells[:4] for name, cells in table.items() if name.endswith("_sealed")
    )
    # Whatever is done to one column of one row, that row is named.
    assert all(
        cell == NOTHING_TO_DO or cell.endswith("*")
        for cells in table.values()
        for cell in (cells[0], cells[4])
    )


def test_every_row_is_watched(world: World, runner: asyncio.Runner) -> None:
    changes = world.changes
    names = ("dropped", "copied", "brought over", "older", "with version", "with sums", "with both")
    both = [
        {"version": version, "sums": sums} for sums in (False, True) for version in (False, True)
    ]
    table = {
        name: [
            runner.run(_try(world, change))
            for change in (
                changes.drop(name),
                changes.add_copy(name),
                changes.bring_over(name),
                *(changes.roll_back_row(name, **with_what) for with_what in both),
            )
        ]
        for name in COVERED
    }
    table |= {
        f"{name}, new row gone": [
            *(NOTHING_TO_DO for _ in range(3)),
            *(runner.run(_try(world, changes.drop_new_row(name, **each))) for each in both),
        ]
        for name in COVERED
    }
    _print_table("whole rows, detected as", names, table)

    assert _undetected(table) == []
    assert all(NOTHING_TO_DO not in table[name][:3] for name in COVERED)
    assert all(NOTHING_TO_DO not in table[name] for name in ("entries", "batches", "anchors"))
    assert all(NOTHING_TO_DO not in table[f"{name}, new row gone"][3:] for name in ROWS_ADDED)


def test_the_sums_themselves_are_watched(world: World, runner: asyncio.Runner) -> None:
    changes = world.changes
    table = {
        f"{name}.{column}": [
            runner.run(_try(world, change))
            for change in (
                changes.flip(name, column),
                NOTHING if name == "tenants" else changes.drop(name),
                changes.swap_tenants(name, column),
                NOTHING,
                changes.roll_back_column(name, column),
            )
        ]
        for name, column in (
            ("ledger_integrity", "version"),
            ("ledger_integrity", "sum_sealed"),
            ("tenants", "version"),
        )
    }
    _print_table(
        "the sums and the version, detected as",
        ("flipped", "dropped", "tenants", "columns", "rolled back"),
        table,
    )

    assert _undetected(table) == []
    assert all(cells[0] != NOTHING_TO_DO for cells in table.values())


def test_records_outside_the_ledger_do_not_open_elsewhere(
    world: World, runner: asyncio.Runner
) -> None:
    changes = world.changes
    table = {
        f"{name}.{column}": [
            runner.run(_try_words(world, change))
            for change in (
                changes.flip(name, column),
                changes.swap_tenants(name, column),
                _name_for_label,
            )
        ]
        for name, column in SEALED_ELSEWHERE
    }
    _print_table(
        "records of other rooms, detected as", ("flipped", "tenants", "name for label"), table
    )

    assert _undetected(table) == []


async def _try_words(world: World, change: Change) -> str:
    rows = copy.deepcopy(world.rows)
    tenant = world.server.tenant
    change(rows)
    write_rows(world.server.path, world.rows, rows)
    try:
        keys = TenantKeyRing(OneMasterKey(MasterKey(bytes(32))))
        words = SealedWords(await keys.open(world.server.database, tenant))
        (name,) = (each["name_sealed"] for each in rows["tenants"] if _is(tenant, each))
        (label,) = (each["label_sealed"] for each in rows["tokens"] if _is(tenant, each))
        words.open_name(name)
        words.open_label(world.words[tenant], label)
    except SealBroken:
        return "no opening"
    finally:
        write_rows(world.server.path, rows, world.rows)
    return NOT_DETECTED


def _is(tenant: TenantId, row: dict[str, Any]) -> bool:
    return bool(row["tenant_id"] == tenant.bytes)


def _name_for_label(rows: Rows) -> Tampered | None:
    for token in rows["tokens"]:
        (tenant,) = (row for row in rows["tenants"] if row["tenant_id"] == token["tenant_id"])
        tenant["name_sealed"], token["label_sealed"] = (
            token["label_sealed"],
            tenant["name_sealed"],
        )
    return Tampered()


def NOTHING(rows: Rows) -> Tampered | None:  # noqa: N802 - stands among the changes as one that is none
    return None


def test_a_whole_ledger_of_an_earlier_day_is_sound_and_its_followers_are_told(
    world: World, runner: asyncio.Runner
) -> None:
    """The limit of all this: everything put back together is an old ledger, and as such in order."""

    async def story() -> None:
        rows = copy.deepcopy(world.rows)
        world.changes.restore_everything(rows)
        write_rows(world.server.path, world.rows, rows)
        store, tenant = _fresh_store(world), world.server.tenant
        try:
            assert (await store.verify(tenant)).is_sound
            with pytest.raises(EpochIsOver):
                await store.changes(
                    tenant, ChangesAsked(epoch=EPOCH, cursor=world.cursor, limit=10)
                )
        finally:
            write_rows(world.server.path, rows, world.rows)

    runner.run(story())


def test_nothing_is_written_to_a_ledger_without_its_sums(
    world: World, runner: asyncio.Runner
) -> None:
    async def story() -> None:
        rows = copy.deepcopy(world.rows)
        world.changes.drop("ledger_integrity")(rows)
        write_rows(world.server.path, world.rows, rows)
        try:
            with pytest.raises(LedgerTampered):
                await open_account(world.server, "Another")
            assert read_rows(world.server.path) == rows
        finally:
            write_rows(world.server.path, rows, world.rows)

    runner.run(story())


def test_a_tampered_row_stays_detected_after_honest_writes(tmp_path: Path) -> None:
    async def story() -> None:
        async with server_at(tmp_path / "ledger.db") as server:
            taken = await server.take(file_of(row(1), row(2), row(3)))
            entry = (await server.walk())[0][0]["id"]
            server.tamper(
                "UPDATE entries SET status = 'pending' WHERE entry_id = ?", UUID(entry).bytes
            )
            await server.take(file_of(row(9)))
            await undo(server, taken["batch"], "u")
            with pytest.raises(LedgerTampered) as refused:
                await server.walk()
            assert str(refused.value) == LedgerTampered.sentence()
            assert refused.value.place()["table"] == "entries"
            assert entry in str(refused.value.place()["rows"])

    asyncio.run(story())


def test_three_rows_are_too_many_to_name_but_not_to_see(tmp_path: Path) -> None:
    async def story() -> None:
        async with server_at(tmp_path / "ledger.db") as server:
            await server.take(file_of(row(1), row(2), row(3), row(4)))
            server.tamper("UPDATE entries SET bucket = 'XLARGE' WHERE posted_on < '2026-03-03'")
            two = await server.ledger.verify(server.tenant)
            server.tamper("UPDATE entries SET bucket = 'XLARGE' WHERE posted_on < '2026-03-04'")
            three = await server.ledger.verify(server.tenant)

        assert [each.fault for each in two.findings] == [Fault.ROW_ALTERED] * 2
        assert [each.fault for each in three.findings] == [Fault.ROWS_DIFFER]

    asyncio.run(story())
