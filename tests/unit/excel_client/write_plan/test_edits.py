from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from excel_client.wire_format import EditResult, EditsToSend, PartToSend
from excel_client.write_plan.matches import amount_in
from excel_client.write_plan.pushing import choose_outgoing, deliver, requests_of
from excel_client.write_plan.questions import QuestionKind
from tests.unit.excel_client.write_plan.sheet_in_memory import (
    Row,
    Sheet,
    changes,
    entry,
    entry_id,
    filled,
)
from workbooks.sheet_map import LedgerColumn

A, B, C = (entry_id(number) for number in (1, 2, 3))


def answered(outcome: str, reason: str | None = None, current: Any = None) -> Any:
    def send(request: EditsToSend) -> list[EditResult]:
        return [
            EditResult(each.id, outcome, reason, current, "Ada", "2026-03-31T10:00:00Z")
            for each in request.edits
        ]

    return send


def sent(sheet: Sheet) -> list[tuple[str, str, Any]]:
    facts = sheet.facts()
    outgoing = choose_outgoing(facts, sheet.found())
    return [(edit.wire.entry, edit.wire.kind, edit.wire.value) for edit in outgoing.edits]


def kinds(sheet: Sheet) -> list[QuestionKind]:
    return [question.kind for question in sheet.found().questions]


def test_a_fresh_copy_of_a_workbook_has_nothing_to_say() -> None:
    sheet = filled(entry(1, category="Travel", tags=("a", "b"), transfer="x" * 36, reviewed=True))
    assert not sheet.found().edits
    assert not sheet.found().questions


@pytest.mark.parametrize(
    ("column", "cell", "kind", "value"),
    [
        (LedgerColumn.CATEGORY, " Travel ", "category", "Travel"),
        (LedgerColumn.TAGS, "a, b,", "tags", ("a", "b")),
        (LedgerColumn.NOTES, "two\r\nlines", "notes", "two\nlines"),
        (LedgerColumn.NOTES, 2024.0, "notes", "2024"),
        (LedgerColumn.REVIEWED, True, "reviewed", True),
        (LedgerColumn.REVIEWED, "true", "reviewed", True),
        (LedgerColumn.STATEMENT, date(2026, 3, 31), "statement", "2026-03-31"),
        (LedgerColumn.STATEMENT, "2026-03-31", "statement", "2026-03-31"),
        (LedgerColumn.STATUS, "Remove", "remove", None),
        (LedgerColumn.STATUS, "whole", "unsplit", None),
    ],
)
def test_what_a_cell_says_is_sent_as_it_is_meant(
    column: LedgerColumn, cell: object, kind: str, value: object
) -> None:
    sheet = filled(entry(1))
    sheet.row(1)[column] = cell
    assert sent(sheet) == [(A, kind, value)]


def test_a_cell_that_was_emptied_says_nothing() -> None:
    sheet = filled(entry(1, category="Travel", notes="x", tags=("a",), statement_on="2026-03-31"))
    for column in (
        LedgerColumn.CATEGORY,
        LedgerColumn.NOTES,
        LedgerColumn.TAGS,
        LedgerColumn.STATEMENT,
    ):
        sheet.row(1)[column] = None
    assert {kind: value for _, kind, value in sent(sheet)} == {
        "category": None,
        "notes": "",
        "tags": (),
        "statement": None,
    }


@pytest.mark.parametrize(
    ("column", "cell", "kind"),
    [
        (LedgerColumn.REVIEWED, "perhaps", QuestionKind.UNREADABLE),
        (LedgerColumn.STATEMENT, "31.3.2026", QuestionKind.UNREADABLE),
        (LedgerColumn.STATUS, "remov", QuestionKind.STATUS_UNKNOWN),
        (LedgerColumn.MATCH, "alone", QuestionKind.MATCH_ALONE),
    ],
)
def test_what_can_not_be_meant_is_asked_about_and_stays(
    column: LedgerColumn, cell: object, kind: QuestionKind
) -> None:
    sheet = filled(entry(1))
    sheet.row(1)[column] = cell
    assert not sheet.found().edits
    assert kinds(sheet) == [kind]
    delivery = sheet.push(answered("applied"))
    sheet.carry_out(sheet.plan(changes([]), delivery))
    assert sheet.row(1)[column] == cell
    assert len(sheet.asked(kind)) == 1


def test_the_same_edit_has_the_same_id_wherever_it_is_found() -> None:
    sheet = filled(entry(1), entry(2))
    sheet.row(1)[LedgerColumn.NOTES] = "mine"
    copy = sheet.copy()
    copy.rows.reverse()
    assert [e.wire for e in sheet.found().edits] == [e.wire for e in copy.found().edits]
    copy.row(1)[LedgerColumn.NOTES] = "other"
    assert sheet.found().edits[0].wire.id != copy.found().edits[0].wire.id


@given(st.lists(st.tuples(st.integers(1, 5), st.text(max_size=8)), max_size=20))
def test_an_edit_that_was_delivered_is_never_sent_again(typed: list[tuple[int, str]]) -> None:
    sheet = filled(*(entry(number) for number in range(1, 6)))
    known: set[str] = set()

    def send(request: EditsToSend) -> list[EditResult]:
        assert not known & {each.id for each in request.edits}
        known.update(each.id for each in request.edits)
        return list(answered("applied")(request))

    version = 1
    for number, text in typed:
        sheet.row(number)[LedgerColumn.NOTES] = text
        delivery = sheet.push(send)
        version += 1
        told = changes([entry(number, version=version, notes=text)], version=version)
        sheet.carry_out(sheet.plan(told, delivery))
        assert not sheet.found().edits


@given(
    st.lists(st.tuples(st.integers(1, 5), st.text(max_size=4)), max_size=6),
    st.lists(st.tuples(st.integers(1, 5), st.text(max_size=4)), max_size=6),
)
def test_a_stale_copy_sends_nothing_that_nobody_typed(
    elsewhere: list[tuple[int, str]], typed: list[tuple[int, str]]
) -> None:
    """Whatever happened to the ledger since: what is sent is what was typed into this copy, on its old version."""
    sheet = filled(*(entry(number) for number in range(1, 6)))
    stale = sheet.copy()
    for version, (number, text) in enumerate(elsewhere, 2):
        told = changes([entry(number, version=version, notes=text)], version=version)
        sheet.carry_out(sheet.plan(told))
    words: dict[str, str] = {}
    for number, text in typed:
        stale.row(number)[LedgerColumn.NOTES] = text
        words[entry_id(number)] = text.replace("\r\n", "\n")
    edits = stale.found().edits
    assert {e.wire.entry: e.wire.value for e in edits} == {k: v for k, v in words.items() if v}
    assert all(edit.wire.base == 1 for edit in edits)


def test_rows_of_two_accounts_with_one_word_are_one_transfer() -> None:
    sheet = filled(entry(1, amount="-5.00"), entry(2, account_id="other", amount="5.00"))
    sheet.row(1)[LedgerColumn.MATCH] = sheet.row(2)[LedgerColumn.MATCH] = "rent"
    (edit,) = sheet.found().edits
    assert (edit.wire.kind, edit.wire.entry, edit.wire.others) == ("match", A, (B,))
    assert len(edit.cells) == 2


def test_rows_of_one_account_with_one_word_and_amount_are_one_payment_and_the_oldest_stays() -> (
    None
):
    sheet = filled(entry(2), entry(1), entry(3))
    for row in sheet.rows:
        row[LedgerColumn.MATCH] = "twice"
    (edit,) = sheet.found().edits
    assert (edit.wire.kind, edit.wire.entry, edit.wire.others) == ("merge", A, (B, C))
    told = changes([entry(2, version=2, removed=True), entry(3, version=2, removed=True)])
    sheet.carry_out(sheet.plan(told, sheet.push(answered("applied"))))
    assert sheet.ids() == {A}
    assert sheet.row(1)[LedgerColumn.MATCH] is None
    assert not sheet.found().edits


def test_rows_of_one_account_with_other_amounts_are_not_one_payment() -> None:
    sheet = filled(entry(1), entry(2, amount="-2.00"))
    sheet.row(1)[LedgerColumn.MATCH] = sheet.row(2)[LedgerColumn.MATCH] = "twice"
    assert kinds(sheet) == [QuestionKind.MATCH_UNLIKE]


def test_a_word_that_was_emptied_takes_the_leg_out_of_its_transfer() -> None:
    sheet = filled(entry(1, transfer="x" * 36), entry(2, account_id="other", transfer="x" * 36))
    sheet.row(1)[LedgerColumn.MATCH] = None
    assert sent(sheet) == [(A, "unmatch", None)]


def test_a_transfer_with_a_rest_waits_for_the_word_that_it_is_a_fee() -> None:
    sheet = filled(entry(1, amount="-5.50"), entry(2, account_id="other", amount="5.00"))
    sheet.row(1)[LedgerColumn.MATCH] = sheet.row(2)[LedgerColumn.MATCH] = "rent"
    sheet.carry_out(sheet.plan(changes([]), sheet.push(answered("applied"))))
    sheet.decide(QuestionKind.FEE, "yes")
    (edit,) = sheet.found().edits
    assert edit.wire.fee


@given(
    st.lists(
        st.decimals(min_value=-1000, max_value=1000, places=2).filter(bool), min_size=2, max_size=6
    )
)
def test_parts_that_add_up_to_the_last_digit_are_a_split(amounts: list[Decimal]) -> None:
    sheet = filled(entry(1, amount=f"{sum(amounts):f}"))
    for amount in reversed(amounts):
        sheet.add_part(sheet.rows[0], float(amount))
    (edit,) = sheet.found().edits
    assert [Decimal(part.amount) for part in edit.wire.parts] == amounts
    assert edit.wire.kind == "split"


def test_a_part_says_what_its_row_says() -> None:
    sheet = filled(entry(1, amount="-3.00"))
    sheet.add_part(sheet.rows[0], -1.0)
    sheet.add_part(
        sheet.rows[0], -2.0, category="Travel", notes="n", tags="a,b", description="taxi"
    )
    (edit,) = sheet.found().edits
    assert edit.wire.parts == (
        PartToSend(
            amount="-2.0", description="taxi", category="Travel", notes="n", tags=("a", "b")
        ),
        PartToSend(amount="-1.0"),
    )


@pytest.mark.parametrize(
    ("amounts", "kind"),
    [
        ([-1.0, -1.5], QuestionKind.PARTS_OFF),
        ([-3.0], QuestionKind.PARTS_FEW),
        ([-1.0, None], QuestionKind.PARTS_UNREADABLE),
        ([-1.0, "-2"], QuestionKind.PARTS_UNREADABLE),
        ([-1.0000000001, -1.9999999999], QuestionKind.PARTS_UNREADABLE),
    ],
)
def test_parts_that_are_no_split_yet_are_asked_about(
    amounts: list[Any], kind: QuestionKind
) -> None:
    sheet = filled(entry(1, amount="-3.00"))
    for amount in amounts:
        sheet.add_part(sheet.rows[0], amount)
    assert not sheet.found().edits
    assert kinds(sheet) == [kind]


def test_parts_keep_to_their_entry_once_a_refresh_has_seen_them() -> None:
    sheet = filled(entry(1, amount="-3.00"), entry(2, amount="-7.00"))
    sheet.add_part(sheet.row(1), -1.0)
    sheet.carry_out(sheet.plan(changes([]), sheet.push(answered("applied"))))
    sheet.rows.reverse()
    sheet.add_part(sheet.row(1), -2.0)
    (edit,) = sheet.found().edits
    assert (edit.wire.entry, len(edit.wire.parts)) == (A, 2)


def test_a_copy_of_the_entrys_own_row_may_be_made_a_part_of_it() -> None:
    sheet = filled(entry(1, amount="-3.00"))
    for amount in (-1.0, -2.0):
        copy = Row(list(sheet.rows[0].cells))
        copy[LedgerColumn.AMOUNT] = amount
        copy[LedgerColumn.STATUS] = "part"
        sheet.rows.append(copy)
        assert sheet.scan().positions == {A: 0}
    assert [edit.wire.kind for edit in sheet.found().edits] == ["split"]
    assert not sheet.found().questions


def test_new_rows_below_a_split_are_added_to_its_parts() -> None:
    split = entry(1, amount="-3.00", role="split", status="split")
    parts = [entry(number, amount="-1.00", role="part", parent=A) for number in (2, 3)]
    sheet = filled(split, *parts)
    sheet.row(3)[LedgerColumn.AMOUNT] = -0.5
    sheet.add_part(sheet.row(3), -1.5)
    (edit,) = sheet.found().edits
    assert [part.amount for part in edit.wire.parts] == ["-1.0", "-0.5", "-1.5"]


def test_rows_typed_as_parts_become_the_parts_with_what_stands_beside_them() -> None:
    sheet = filled(entry(1, amount="-3.00"))
    sheet.add_part(sheet.row(1), -1.0, own="one")
    sheet.add_part(sheet.row(1), -2.0, own="two")
    told = changes(
        [
            entry(1, amount="-3.00", version=2, role="split", status="split"),
            entry(2, amount="-1.00", version=2, role="part", parent=A),
            entry(3, amount="-2.00", version=2, role="part", parent=A),
        ],
        version=2,
    )
    sheet.carry_out(sheet.plan(told, sheet.push(answered("applied"))))
    assert [(row.entry_id, row.own) for row in sheet.rows] == [(A, ""), (C, "two"), (B, "one")]
    assert [row[LedgerColumn.PARENT_ID] for row in sheet.rows] == [None, A, A]
    assert sheet.seal_holds()
    assert not sheet.found().edits


def test_no_edit_of_an_entry_that_stands_twice_is_sent() -> None:
    sheet = filled(entry(1), entry(2))
    sheet.rows.append(Row(list(sheet.row(1).cells)))
    sheet.rows[0][LedgerColumn.NOTES] = "mine"
    sheet.row(2)[LedgerColumn.NOTES] = "mine"
    assert sent(sheet) == [(B, "notes", "mine")]
    assert kinds(sheet) == [QuestionKind.DOUBLED]


def test_an_id_that_is_none_of_the_servers_is_not_sent_to_it() -> None:
    sheet = filled(entry("an id of my own"))
    sheet.rows[0][LedgerColumn.NOTES] = "mine"
    assert not sheet.found().edits


def test_restore_in_removed_is_based_on_all_that_was_seen() -> None:
    sheet = filled(entry(1), entry(2))
    told = changes([entry(1, version=5, removed=True)], version=7)
    sheet.carry_out(sheet.plan(told))
    sheet.removed[0][LedgerColumn.STATUS] = "restore"
    (edit,) = sheet.found().edits
    assert (edit.wire.kind, edit.wire.base) == ("restore", 7)


def test_words_go_before_what_entries_are_and_that_before_whether_they_are_there() -> None:
    sheet = filled(entry(1, category="Travel"))
    sheet.row(1)[LedgerColumn.STATUS] = "remove"
    sheet.row(1)[LedgerColumn.NOTES] = "mine"
    assert [kind for _, kind, _ in sent(sheet)] == ["notes", "remove"]


def fill_down(count: int) -> Sheet:
    sheet = filled(*(entry(number) for number in range(1, count + 1)))
    for row in sheet.rows:
        row[LedgerColumn.NOTES] = "the same"
    return sheet


def test_fifty_edits_are_sent_and_one_more_waits_for_a_yes() -> None:
    assert len(sent(fill_down(50))) == 50
    sheet = fill_down(51)
    assert not sent(sheet)
    delivery = sheet.push(answered("applied"))
    sheet.carry_out(sheet.plan(changes([]), delivery))
    (asked,) = sheet.asked(QuestionKind.MANY)
    assert asked["Here"] == "51 changes"
    sheet.decide(QuestionKind.MANY, "yes")
    outgoing = choose_outgoing(sheet.facts(), sheet.found())
    assert (len(outgoing.edits), outgoing.confirmed) == (51, True)
    assert len(list(requests_of(outgoing))) == 1


def test_a_yes_counts_for_the_edits_that_were_asked_about_and_for_no_others() -> None:
    sheet = fill_down(51)
    sheet.carry_out(sheet.plan(changes([]), sheet.push(answered("applied"))))
    sheet.decide(QuestionKind.MANY, "yes")
    sheet.row(1)[LedgerColumn.NOTES] = "another word"
    assert not sent(sheet)


def test_very_many_edits_go_in_requests_that_the_server_takes() -> None:
    sheet = fill_down(5_001)
    found = sheet.found()
    outgoing = choose_outgoing(sheet.facts(), found)
    outgoing = type(outgoing)(edits=found.edits, confirmed=True)
    assert [len(request.edits) for request in requests_of(outgoing)] == [5_000, 1]


def test_a_conflict_stays_and_mine_bases_it_on_what_the_row_shows_now() -> None:
    sheet = filled(entry(1))
    sheet.row(1)[LedgerColumn.NOTES] = "mine"
    delivery = sheet.push(answered("conflict", current="theirs"))
    told = changes([entry(1, version=6, notes="theirs")], version=6)
    sheet.carry_out(sheet.plan(told, delivery))
    assert sheet.row(1)[LedgerColumn.NOTES] == "mine"
    (asked,) = sheet.asked(QuestionKind.CONFLICT)
    assert (asked["Here"], asked["Ledger"], asked["By"]) == (
        "mine",
        "theirs",
        "Ada, 2026-03-31 10:00",
    )
    assert sheet.found().edits[0].wire.base == 1
    sheet.decide(QuestionKind.CONFLICT, "mine")
    assert sheet.found().edits[0].wire.base == 6


def test_theirs_sends_nothing_and_needs_to_see_the_entry() -> None:
    sheet = filled(entry(1))
    sheet.row(1)[LedgerColumn.NOTES] = "mine"
    delivery = sheet.push(answered("refused", reason="the month is closed"))
    sheet.carry_out(sheet.plan(changes([]), delivery))
    sheet.decide(QuestionKind.REFUSED, "theirs")
    assert not sent(sheet)
    delivery = sheet.push(answered("applied"))
    assert delivery.needed == {A}
    sheet.carry_out(sheet.plan(changes([entry(1)], is_whole=True), delivery))
    assert sheet.row(1)[LedgerColumn.NOTES] is None
    assert not sheet.review


def test_an_edit_taken_back_gives_way_to_what_the_ledger_says_by_now() -> None:
    sheet = filled(entry(1))
    sheet.row(1)[LedgerColumn.NOTES] = "mine"
    told = changes([entry(1, version=6, notes="theirs")], version=6)
    sheet.carry_out(sheet.plan(told))
    sheet.row(1)[LedgerColumn.NOTES] = None
    delivery = sheet.push(answered("applied"))
    assert delivery.needed == {A}
    told = changes([entry(1, version=6, notes="theirs")], version=6, is_whole=True)
    sheet.carry_out(sheet.plan(told, delivery))
    assert sheet.row(1)[LedgerColumn.NOTES] == "theirs"


def test_an_answer_that_leaves_an_edit_out_leaves_it_an_edit() -> None:
    sheet = filled(entry(1))
    sheet.row(1)[LedgerColumn.NOTES] = "mine"
    facts, found = sheet.facts(), sheet.found()
    delivery = deliver(facts.scan, found, choose_outgoing(facts, found), [])
    assert not delivery.cells
    assert delivery.waiting == 1


@pytest.mark.parametrize(
    ("cell", "amount"),
    [
        (12.34, "12.34"),
        (-7, "-7"),
        (Decimal("1.50"), "1.50"),
        (True, None),
        ("1", None),
        (None, None),
        (float("nan"), None),
        (1 / 3, None),
    ],
)
def test_an_amount_is_what_a_cell_reads(cell: object, amount: str | None) -> None:
    assert amount_in(cell) == (None if amount is None else Decimal(amount))
