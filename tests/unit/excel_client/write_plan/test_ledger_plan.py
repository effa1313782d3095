from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from excel_client.wire_format import Account, LedgerEntry
from excel_client.write_plan.accounts_plan import ACCOUNTS_ORDER
from excel_client.write_plan.cells import (
    BASE_INDEX,
    ENTRY_ID_INDEX,
    LEDGER_ORDER,
    STATUS_INDEX,
    ledger_rows,
)
from excel_client.write_plan.ledger_plan import (
    AccountsTableRows,
    LedgerChanges,
    WorkbookReading,
    WritePlan,
    accounts_renamed,
    count_edits,
    plan_refresh,
    rows_to_read,
)
from excel_client.write_plan.row_base import Digests, canonical_text
from excel_client.write_plan.workbook_state import LedgerKeys, WorkbookState
from workbooks.sheet_map import EDITABLE_COLUMNS, LedgerColumn


def cell_moment(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 - a cell knows no zone


NOW = datetime(2026, 3, 31, 12, 30, 15, 999, tzinfo=UTC)
EDITABLE = [LEDGER_ORDER.index(column) for column in EDITABLE_COLUMNS]
NOTES = LEDGER_ORDER.index(LedgerColumn.NOTES)
AMOUNT = LEDGER_ORDER.index(LedgerColumn.AMOUNT)
ACCOUNT = Account(
    id="account",
    version=1,
    name="Giro",
    currency="EUR",
    type="checking",
    entries=0,
    sum="0",
    opening=None,
    opening_source="none",
    closing=None,
    first_balance_on=None,
    first_balance=None,
    bank_balance_on=None,
    bank_balance=None,
    balances=0,
    windows_off=0,
    difference=None,
    proof="not yet proven",
    decimals=2,
)


def entry(entry_id: str, **changes: object) -> LedgerEntry:
    plain = LedgerEntry(
        id=entry_id,
        version=1,
        account_id="account",
        posted_on="2026-03-01",
        amount="-1.00",
        currency="EUR",
        description="coffee",
        merchant="",
        category=None,
        notes="",
        tags=(),
        reviewed=False,
        status="posted",
        removed=False,
    )
    return msgspec.structs.replace(plain, **changes)


@dataclass
class Sheet:
    """A workbook in memory: the Ledger's owned cells by row, the accounts, the state."""

    rows: list[list[object]] = field(default_factory=list)
    accounts: list[list[object]] = field(default_factory=list)
    state: WorkbookState = field(default_factory=WorkbookState)

    def keys(self) -> LedgerKeys:
        return LedgerKeys(
            first_row=5,
            entry_ids=[row[ENTRY_ID_INDEX] for row in self.rows],
            bases=[row[BASE_INDEX] for row in self.rows],
        )

    def plan(self, changes: LedgerChanges) -> WritePlan:
        keys = self.keys()
        positions = keys.positions()
        reading = WorkbookReading(
            state=self.state,
            keys=keys,
            rows={at: self.rows[at] for at in rows_to_read(positions, keys, changes)},
            accounts=AccountsTableRows(first_row=5, rows=self.accounts),
        )
        return plan_refresh(reading, positions, changes, NOW)

    def carry_out(self, plan: WritePlan) -> None:
        for position, cells in plan.updates.items():
            for index, cell in cells.items():
                self.rows[position][index] = cell
        self.rows += [list(row) for row in plan.appended]
        for position, cells in plan.accounts.updates.items():
            for index, cell in cells.items():
                self.accounts[position][index] = cell
        self.accounts += [list(row) for row in plan.accounts.appended]
        self.state = plan.state

    def row_of(self, entry_id: str) -> list[object]:
        (row,) = (row for row in self.rows if row[ENTRY_ID_INDEX] == entry_id)
        return row


def changes(
    entries: Sequence[LedgerEntry], *, is_whole: bool = False, version: int = 1
) -> LedgerChanges:
    return LedgerChanges(
        ledger="ledger",
        epoch="epoch",
        version=version,
        cursor=f"{version}.z",
        is_whole=is_whole,
        accounts=[ACCOUNT],
        entries=entries,
    )


def filled(*entries: LedgerEntry) -> Sheet:
    sheet = Sheet()
    sheet.carry_out(sheet.plan(changes(entries, is_whole=True)))
    return sheet


def test_a_fresh_workbook_is_filled_by_date_and_bound_to_the_ledger() -> None:
    late, early = entry("b", posted_on="2026-03-02"), entry("a", posted_on="2026-03-01")
    plan = Sheet().plan(changes([late, early], is_whole=True))
    assert [row[ENTRY_ID_INDEX] for row in plan.appended] == ["a", "b"]
    assert (plan.state.ledger, plan.state.epoch, plan.state.cursor) == ("ledger", "epoch", "1.z")
    assert plan.log is not None
    assert plan.log.cells() == (cell_moment(2026, 3, 31, 12, 30, 15), "Filled", 2, 0, 0, 0, 1)


def test_an_empty_ledger_binds_a_fresh_workbook_too() -> None:
    nothing = replace(changes([], is_whole=True), accounts=[])
    plan = Sheet().plan(nothing)
    assert not plan.is_empty
    assert plan.log is None


def test_nothing_new_is_nothing_to_write_even_when_the_cursor_moved() -> None:
    sheet = filled(entry("a"))
    assert sheet.plan(changes([], version=9)).is_empty


def test_a_changed_entry_changes_its_cells_and_its_base_only() -> None:
    sheet = filled(entry("a"), entry("b"))
    plan = sheet.plan(changes([entry("b", version=2, amount="-2.00")], version=2))
    assert {at: set(cells) for at, cells in plan.updates.items()} == {1: {AMOUNT, BASE_INDEX}}
    assert (plan.added, plan.changed, plan.removed, plan.kept) == (0, 1, 0, 0)


def test_an_edit_stays_and_stays_an_edit_while_the_rest_of_the_row_follows() -> None:
    sheet = filled(entry("a"))
    sheet.rows[0][NOTES] = "mine"
    plan = sheet.plan(changes([entry("a", version=2, notes="theirs", amount="-2.00")], version=2))
    assert plan.kept == 1
    sheet.carry_out(plan)
    assert sheet.rows[0][NOTES] == "mine"
    assert sheet.rows[0][AMOUNT] == -2.0
    assert count_edits(sheet.rows) == 1


def test_an_edit_that_the_server_has_come_to_agree_with_is_none_any_more() -> None:
    sheet = filled(entry("a"))
    sheet.rows[0][NOTES] = "mine"
    assert count_edits(sheet.rows) == 1
    sheet.carry_out(sheet.plan(changes([entry("a", version=2, notes="mine")], version=2)))
    assert count_edits(sheet.rows) == 0


def test_a_withdrawn_entry_keeps_its_row_and_counts_no_more() -> None:
    sheet = filled(entry("a"), entry("b"))
    sheet.rows[1][NOTES] = "mine"
    plan = sheet.plan(changes([entry("b", version=2, removed=True)], version=2))
    sheet.carry_out(plan)
    assert plan.removed == 1
    assert sheet.rows[1][STATUS_INDEX] == "removed"
    assert sheet.rows[1][NOTES] == "mine"
    assert sheet.rows[1][AMOUNT] == -1.0


def test_a_withdrawn_entry_that_was_never_here_leaves_no_trace() -> None:
    sheet = filled(entry("a"))
    assert sheet.plan(changes([entry("b", version=2, removed=True)], version=2)).is_empty


def test_a_deleted_row_comes_back_when_the_ledger_is_read_whole() -> None:
    sheet = filled(entry("a"), entry("b"))
    del sheet.rows[0]
    assert sheet.keys().seal() != sheet.state.seal
    plan = sheet.plan(changes([entry("a"), entry("b")], is_whole=True))
    assert [row[ENTRY_ID_INDEX] for row in plan.appended] == ["a"]
    assert not plan.updates


def test_a_row_that_the_whole_ledger_does_not_list_is_marked_once() -> None:
    sheet = filled(entry("a"), entry("b"))
    plan = sheet.plan(changes([entry("a")], is_whole=True, version=2))
    assert plan.updates == {1: {STATUS_INDEX: "removed"}}
    sheet.carry_out(plan)
    assert sheet.plan(changes([entry("a")], is_whole=True, version=2)).is_empty


def test_rows_of_the_users_own_are_left_alone() -> None:
    sheet = filled(entry("a"))
    own: list[list[object]] = [[None] * len(LEDGER_ORDER), [None] * len(LEDGER_ORDER)]
    own[0][NOTES] = "not from a bank"
    own[1][ENTRY_ID_INDEX] = "an id of my own"
    sheet.rows += own
    assert sheet.plan(changes([entry("a")], is_whole=True)).is_empty


def test_a_lost_base_turns_what_differs_into_an_edit_and_loses_nothing() -> None:
    sheet = filled(entry("a", notes="theirs"), entry("b"))
    sheet.rows[0][BASE_INDEX] = None
    sheet.rows[0][NOTES] = "mine"
    assert sheet.keys().seal() != sheet.state.seal
    sheet.carry_out(sheet.plan(changes([entry("a", notes="theirs"), entry("b")], is_whole=True)))
    assert sheet.rows[0][NOTES] == "mine"
    assert count_edits(sheet.rows) == 1


def test_deleting_the_row_of_a_withdrawn_entry_is_written_down_once() -> None:
    sheet = filled(entry("a"), entry("b"))
    sheet.carry_out(sheet.plan(changes([entry("b", version=2, removed=True)], version=2)))
    del sheet.rows[1]
    plan = sheet.plan(changes([entry("a")], is_whole=True, version=2))
    assert not plan.is_empty
    assert plan.log is None
    sheet.carry_out(plan)
    assert sheet.keys().seal() == sheet.state.seal


def test_an_account_with_another_name_is_noticed() -> None:
    rows = AccountsTableRows(first_row=5, rows=filled(entry("a")).accounts)
    assert not accounts_renamed(rows, [ACCOUNT])
    assert accounts_renamed(rows, [msgspec.structs.replace(ACCOUNT, name="Main")])
    assert not accounts_renamed(AccountsTableRows(first_row=5, rows=[]), [ACCOUNT])


IDS = st.sampled_from([f"entry-{number}" for number in range(6)])
TEXTS = st.sampled_from(["", "mine", "theirs", "a, b", "TRUE"])
VERSIONS = st.integers(min_value=2, max_value=9)
ENTRIES = st.builds(
    entry,
    IDS,
    version=VERSIONS,
    amount=st.sampled_from(["-1.00", "2.50"]),
    category=st.none() | TEXTS,
    notes=TEXTS,
    tags=st.lists(st.sampled_from(["a", "b"]), max_size=2).map(tuple),
    reviewed=st.booleans(),
    removed=st.booleans(),
)
LEDGERS = st.dictionaries(IDS, ENTRIES).map(
    lambda found: [msgspec.structs.replace(one, id=entry_id) for entry_id, one in found.items()]
)
CELLS = st.none() | TEXTS | st.booleans() | st.just(3.0)
TYPED = st.lists(st.tuples(st.integers(0, 5), st.sampled_from(EDITABLE), CELLS), max_size=6)


@given(
    before=LEDGERS,
    after=LEDGERS,
    typed=TYPED,
    chance=st.randoms(use_true_random=False),
    is_whole=st.booleans(),
)
def test_no_cell_of_the_user_is_lost_and_the_rest_is_the_servers(
    before: list[LedgerEntry],
    after: list[LedgerEntry],
    typed: list[tuple[int, int, object]],
    chance: random.Random,
    *,
    is_whole: bool,
) -> None:
    sheet = filled(*before)
    sheet.rows.append([None] * len(LEDGER_ORDER))
    sheet.rows[-1][NOTES] = "a row of my own"
    chance.shuffle(sheet.rows)
    untouched = [list(row) for row in sheet.rows]
    for at, index, cell in typed:
        if at < len(sheet.rows) and sheet.rows[at][ENTRY_ID_INDEX]:
            sheet.rows[at][index] = cell
    as_typed = [list(row) for row in sheet.rows]
    told = changes(after, is_whole=is_whole, version=10)

    sheet.carry_out(sheet.plan(told))

    stated = {
        row[ENTRY_ID_INDEX]: row for row in ledger_rows(after, {"account": "Giro"}, Digests())
    }
    for position, row in enumerate(as_typed):
        now = sheet.rows[position]
        server = stated.get(str(row[ENTRY_ID_INDEX]))
        for index in range(len(LEDGER_ORDER)):
            if index in EDITABLE:
                column = LEDGER_ORDER[index]
                said = [
                    canonical_text(column, one[index]) for one in (row, untouched[position], now)
                ]
                edited = said[0] != said[1]
                if edited or server is None:
                    assert now[index] == row[index]
                else:
                    assert said[2] == canonical_text(column, server[index])
            elif server is not None and index != BASE_INDEX:
                assert now[index] == server[index]
    listed = {one.id for one in after if not one.removed}
    assert listed <= {row[ENTRY_ID_INDEX] for row in sheet.rows}
    assert sheet.keys().seal() == sheet.state.seal

    again = sheet.plan(told)
    assert again.is_empty
    assert not again.updates
    assert not again.appended
    assert len(sheet.accounts) == 1
    assert len(sheet.accounts[0]) == len(ACCOUNTS_ORDER)
