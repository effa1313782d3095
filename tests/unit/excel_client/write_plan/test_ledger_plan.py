from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from excel_client.wire_format import LedgerEntry
from excel_client.write_plan.accounts_plan import ACCOUNTS_ORDER
from excel_client.write_plan.cells import (
    BASE_INDEX,
    EDITABLE,
    ENTRY_ID_INDEX,
    LEDGER_ORDER,
    STATUS_INDEX,
    ledger_rows,
)
from excel_client.write_plan.ledger_plan import (
    AccountsTableRows,
    accounts_renamed,
    rows_to_read,
)
from excel_client.write_plan.pushing import Delivery
from excel_client.write_plan.questions import QuestionKind
from excel_client.write_plan.review_plan import Findings
from excel_client.write_plan.row_base import Digests, canonical_text
from tests.unit.excel_client.write_plan.sheet_in_memory import (
    ACCOUNT,
    Row,
    Sheet,
    account,
    changes,
    column,
    entry,
    entry_id,
    filled,
)
from workbooks.formulas import COUNTED
from workbooks.sheet_map import AccountsColumn, LedgerColumn

A, B = entry_id(1), entry_id(2)
NOTES = column(LedgerColumn.NOTES)
AMOUNT = column(LedgerColumn.AMOUNT)


def cell_moment(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 - a cell knows no zone


def test_a_fresh_workbook_is_filled_by_date_and_bound_to_the_ledger() -> None:
    late, early = entry(2, posted_on="2026-03-02"), entry(1, posted_on="2026-03-01")
    plan = Sheet().plan(changes([late, early], is_whole=True))
    assert [row[ENTRY_ID_INDEX] for row in plan.appended] == [A, B]
    assert (plan.state.ledger, plan.state.epoch, plan.state.cursor) == ("ledger", "epoch", "1.z")
    assert plan.log is not None
    assert plan.log.cells() == (cell_moment(2026, 3, 31, 12, 30, 15), "Filled", 2, 0, 0, 0, 1)


def test_an_empty_ledger_binds_a_fresh_workbook_too() -> None:
    plan = Sheet().plan(replace(changes([], is_whole=True), accounts=[]))
    assert not plan.is_empty
    assert plan.log is None


def test_nothing_new_is_nothing_to_write_even_when_the_cursor_moved() -> None:
    assert filled(entry(1)).plan(changes([], version=9)).is_empty


def test_a_changed_entry_changes_its_cells_and_its_base_only() -> None:
    sheet = filled(entry(1), entry(2))
    plan = sheet.plan(changes([entry(2, version=2, amount="-2.00")], version=2))
    assert {at: set(cells) for at, cells in plan.updates.items()} == {1: {AMOUNT, BASE_INDEX}}
    assert (plan.added, plan.changed, plan.removed, plan.kept) == (0, 1, 0, 0)


def test_an_edit_stays_and_stays_an_edit_while_the_rest_of_the_row_follows() -> None:
    sheet = filled(entry(1))
    sheet.row(1)[LedgerColumn.NOTES] = "mine"
    plan = sheet.plan(changes([entry(1, version=2, notes="theirs", amount="-2.00")], version=2))
    assert plan.kept == 1
    sheet.carry_out(plan)
    assert sheet.row(1)[LedgerColumn.NOTES] == "mine"
    assert sheet.row(1)[LedgerColumn.AMOUNT] == -2.0
    assert sheet.scan().count() == 1
    assert sheet.base(1).endswith(";2@1")


def test_an_edit_that_the_server_has_come_to_agree_with_is_none_any_more() -> None:
    sheet = filled(entry(1))
    sheet.row(1)[LedgerColumn.NOTES] = "mine"
    sheet.carry_out(sheet.plan(changes([entry(1, version=2, notes="mine")], version=2)))
    assert sheet.scan().count() == 0


def test_after_an_edit_was_delivered_a_later_word_of_somebody_else_wins() -> None:
    sheet = filled(entry(1))
    sheet.row(1)[LedgerColumn.NOTES] = "mine"
    delivered = Delivery(cells=frozenset({(0, NOTES)}))
    told = changes([entry(1, version=3, notes="theirs")], version=3)
    sheet.carry_out(sheet.plan(told, delivered))
    assert sheet.row(1)[LedgerColumn.NOTES] == "theirs"
    assert sheet.scan().count() == 0


def test_a_delivered_edit_of_a_row_that_did_not_change_is_none_any_more() -> None:
    sheet = filled(entry(1, category="Travel"))
    sheet.row(1)[LedgerColumn.CATEGORY] = "travel"
    place = column(LedgerColumn.CATEGORY)
    sheet.carry_out(sheet.plan(changes([]), Delivery(cells=frozenset({(0, place)}))))
    assert sheet.scan().count() == 0
    assert sheet.seal_holds()


def test_a_withdrawn_entry_moves_to_removed_with_everything_in_its_row() -> None:
    sheet = filled(entry(1), entry(2))
    sheet.row(2)[LedgerColumn.NOTES] = "mine"
    sheet.row(2).own = "beside"
    plan = sheet.plan(changes([entry(2, version=2, removed=True)], version=2))
    sheet.carry_out(plan)
    assert plan.removed == 1
    assert sheet.ids() == {A}
    (gone,) = sheet.removed
    assert (gone[LedgerColumn.STATUS], gone[LedgerColumn.NOTES], gone.own) == (
        "removed",
        "mine",
        "beside",
    )
    assert sheet.seal_holds()


def test_an_entry_that_is_there_again_moves_back_with_everything_in_its_row() -> None:
    sheet = filled(entry(1), entry(2))
    sheet.row(2)[LedgerColumn.NOTES] = "mine"
    sheet.row(2).own = "beside"
    sheet.carry_out(sheet.plan(changes([entry(2, version=2, removed=True)], version=2)))
    sheet.carry_out(sheet.plan(changes([entry(2, version=3, amount="-7.00")], version=3)))
    back = sheet.row(2)
    assert not sheet.removed
    assert (back[LedgerColumn.STATUS], back[LedgerColumn.NOTES], back.own) == (
        "posted",
        "mine",
        "beside",
    )
    assert back[LedgerColumn.AMOUNT] == -7.0
    assert sheet.scan().count() == 1
    assert sheet.seal_holds()


def test_a_withdrawn_entry_that_was_never_here_leaves_no_trace() -> None:
    plan = filled(entry(1)).plan(changes([entry(2, version=2, removed=True)], version=2))
    assert plan.is_empty


def test_a_deleted_row_comes_back_and_is_asked_about() -> None:
    sheet = filled(entry(1), entry(2))
    del sheet.rows[0]
    assert not sheet.seal_holds()
    plan = sheet.plan(changes([entry(1), entry(2)], is_whole=True))
    assert [row[ENTRY_ID_INDEX] for row in plan.appended] == [A]
    assert not plan.updates
    sheet.carry_out(plan)
    (asked,) = sheet.asked(QuestionKind.DELETED)
    assert asked["Entry ID"] == A
    assert sheet.plan(changes([])).is_empty


def test_a_row_that_is_new_to_the_workbook_was_not_deleted_in_it() -> None:
    sheet = filled(entry(1), entry(2))
    del sheet.rows[0]
    told = changes([entry(1, version=2), entry(2), entry(3, version=2)], is_whole=True, version=2)
    sheet.carry_out(sheet.plan(told))
    assert not sheet.asked(QuestionKind.DELETED)


def test_with_a_key_that_may_only_read_nobody_is_asked_about_deleted_rows() -> None:
    sheet = filled(entry(1), entry(2))
    del sheet.rows[0]
    told = changes([entry(1), entry(2)], is_whole=True)
    sheet.carry_out(sheet.plan(told, findings=Findings(may_write=False)))
    assert not sheet.asked(QuestionKind.DELETED)


def test_a_row_that_the_whole_ledger_does_not_list_moves_to_removed_once() -> None:
    sheet = filled(entry(1), entry(2))
    told = changes([entry(1)], is_whole=True, version=2)
    sheet.carry_out(sheet.plan(told))
    assert [row.entry_id for row in sheet.removed] == [B]
    assert sheet.plan(told).is_empty


def test_rows_of_the_users_own_are_left_alone() -> None:
    sheet = filled(entry(1))
    own = [Row([None] * len(LEDGER_ORDER)) for _ in range(2)]
    own[0][LedgerColumn.NOTES] = "not from a bank"
    own[1][LedgerColumn.ENTRY_ID] = "an id of my own"
    sheet.rows += own
    assert sheet.plan(changes([entry(1)], is_whole=True)).is_empty


def test_a_lost_base_turns_what_differs_into_an_edit_that_is_asked_about() -> None:
    sheet = filled(entry(1, notes="theirs"), entry(2))
    sheet.row(1)[LedgerColumn.BASE] = None
    sheet.row(1)[LedgerColumn.NOTES] = "mine"
    told = changes([entry(1, notes="theirs"), entry(2)], is_whole=True)
    sheet.carry_out(sheet.plan(told))
    assert sheet.row(1)[LedgerColumn.NOTES] == "mine"
    (edit,) = sheet.found().edits
    assert edit.wire.base == 0


def test_rows_that_stand_twice_are_both_kept_up_to_date_and_asked_about() -> None:
    sheet = filled(entry(1), entry(2))
    sheet.rows.append(Row(list(sheet.row(1).cells), "beside"))
    told = changes([entry(1, version=2, amount="-3.00"), entry(2)], is_whole=True, version=2)
    delivery = sheet.push(lambda _: [])
    sheet.carry_out(sheet.plan(told, delivery))
    assert [row[LedgerColumn.AMOUNT] for row in sheet.rows] == [-3.0, -1.0, -3.0]
    sheet.decide(QuestionKind.DOUBLED, "yes")
    sheet.carry_out(sheet.plan(told, sheet.push(lambda _: [])))
    assert [row.entry_id for row in sheet.rows] == [A, B]
    (copy,) = sheet.removed
    assert (copy.entry_id, copy.own) == (None, "beside")
    assert not sheet.review


def test_a_part_counts_on_the_day_of_its_split_and_moves_with_it() -> None:
    split = entry(1, role="split", status="split")
    part = entry(2, role="part", parent=A)
    sheet = filled(split, part)
    told = changes([msgspec.structs.replace(split, version=2, statement_on="2026-04-30")])
    sheet.carry_out(sheet.plan(told))
    assert sheet.row(2)[LedgerColumn.PROOF_DATE] == date(2026, 4, 30)
    assert sheet.row(2)[LedgerColumn.DATE] == date(2026, 3, 1)


def test_a_server_in_a_new_life_is_not_overruled_by_versions_of_the_old_one() -> None:
    sheet = filled(entry(1, version=50), entry(2, version=50))
    sheet.row(1)[LedgerColumn.NOTES] = sheet.row(2)[LedgerColumn.NOTES] = "mine"
    told = changes(
        [entry(1, version=7), entry(2, version=8, notes="theirs")],
        is_whole=True,
        version=8,
        epoch="epoch-2",
    )
    sheet.carry_out(sheet.plan(told))
    assert {edit.wire.entry: edit.wire.base for edit in sheet.found().edits} == {A: 7, B: 0}


def test_an_account_with_another_name_is_noticed() -> None:
    rows = AccountsTableRows(first_row=5, rows=filled(entry(1)).accounts)
    assert not accounts_renamed(rows, [ACCOUNT])
    assert accounts_renamed(rows, [account(name="Main")])
    assert not accounts_renamed(AccountsTableRows(first_row=5, rows=[]), [ACCOUNT])


def test_a_split_counts_by_its_parts() -> None:
    split = entry(1, role="split", status="split")
    parts = [entry(number, role="part", parent=A) for number in (2, 3)]
    plan = Sheet().plan(changes([split, *parts], is_whole=True))
    assert plan.accounts.results["account"][AccountsColumn.ENTRIES] == 2


def test_only_rows_that_something_happened_to_are_read() -> None:
    sheet = filled(*(entry(number) for number in range(1, 9)))
    told = changes([entry(3, version=2)], version=2)
    assert rows_to_read(sheet.scan(), told, Delivery(), Findings()) == [2]


IDS = st.integers(0, 5)
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
    transfer=st.none() | st.sampled_from(["0000000001", "0000000002"]),
    statement_on=st.none() | st.sampled_from(["2026-03-31", "2026-04-30"]),
    role=st.sampled_from(["whole", "adjustment"]),
)
LEDGERS = st.dictionaries(IDS, ENTRIES).map(
    lambda found: [
        msgspec.structs.replace(one, id=entry_id(number)) for number, one in found.items()
    ]
)
CELLS = st.none() | TEXTS | st.booleans() | st.just(3.0) | st.just(date(2026, 3, 31))
TYPED = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from([index for index, _ in EDITABLE]), CELLS),
    max_size=6,
)


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
    sheet.rows.append(Row([None] * len(LEDGER_ORDER)))
    sheet.rows[-1][LedgerColumn.NOTES] = "a row of my own"
    chance.shuffle(sheet.rows)
    for number, row in enumerate(sheet.rows):
        row.own = f"own {number}"
    untouched = {row.own: list(row.cells) for row in sheet.rows}
    for at, index, cell in typed:
        if at < len(sheet.rows) and sheet.rows[at].entry_id:
            sheet.rows[at].cells[index] = cell
    as_typed = {row.own: list(row.cells) for row in sheet.rows}
    told = changes(after, is_whole=is_whole, version=10)

    sheet.carry_out(sheet.plan(told))

    stated = {
        row[ENTRY_ID_INDEX]: row for row in ledger_rows(after, {"account": "Giro"}, Digests(), {})
    }
    now = {row.own: row for row in (*sheet.rows, *sheet.removed)}
    for own, cells in as_typed.items():
        server = stated.get(str(cells[ENTRY_ID_INDEX]))
        for index, header in enumerate(LEDGER_ORDER):
            here = now[own].cells[index]
            if index in dict(EDITABLE):
                said = [
                    canonical_text(header, one[index])
                    for one in (cells, untouched[own], now[own].cells)
                ]
                if said[0] != said[1] or server is None:
                    assert here == cells[index]
                else:
                    assert said[2] == canonical_text(header, server[index])
            elif server is not None and index != BASE_INDEX:
                assert here == server[index]
    assert sheet.ids() >= {one.id for one in after if not one.removed}
    assert not any(row[LedgerColumn.STATUS] == "removed" for row in sheet.rows)
    assert sheet.seal_holds()
    counted = sum(row.cells[STATUS_INDEX] in COUNTED for row in sheet.rows)
    assert sheet.plan(told).accounts.results["account"][AccountsColumn.ENTRIES] == counted

    again = sheet.plan(told)
    assert again.is_empty
    assert len(sheet.accounts[0]) == len(ACCOUNTS_ORDER)
