"""Whatever is edited and undone, in whatever order: nothing is lost, nothing invented, nothing left hanging."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.exact_amounts.entries.edits import Edit, EditKind, EditOutcome
from server.exact_amounts.entries.entry import LedgerEntry
from tests.unit.server.exact_amounts.reconciliation.plain_ledger import (
    PlainLedger,
    edit,
    entry,
    part,
)

#: Equal ones within an account, and legs of transfers across accounts.
ENTRIES = (
    entry(1, "-10.00", of=1),
    entry(2, "-10.00", of=1),
    entry(3, "-10.00", of=1, notes="third"),
    entry(4, "10.00", of=2),
    entry(5, "9.60", of=2),
    entry(6, "20.00", of=3, posted_on="2026-04-01"),
    entry(7, "-4.00", of=3),
)
NUMBERS = st.integers(1, 9)
OTHERS = st.lists(NUMBERS, min_size=1, max_size=2)
SPLITS = {
    "-10.00": (("-4.00", "-6.00"), ("-1.00", "-2.00", "-7.00")),
    "10.00": (("4.00", "6.00"),),
    "20.00": (("10.00", "10.00"), ("25.00", "-5.00")),
    "-4.00": (("-4.00", "0.00"),),
    "-6.00": (("-3.00", "-3.00"),),
}
WORDS: dict[EditKind, list[Any]] = {
    EditKind.CATEGORY: ["Goods", "Travel", None],
    EditKind.NOTES: ["", "one", "two\nlines"],
    EditKind.TAGS: [(), ("a",), ("a", "b")],
    EditKind.REVIEWED: [True, False],
    EditKind.STATEMENT: [None, "2026-03-31", "2026-04-30"],
}
SHAPES = [kind for kind in EditKind if kind not in WORDS]


@st.composite
def wishes(draw: st.DrawFn) -> tuple[EditKind, int, object, tuple[int, ...], int]:
    kind = draw(st.sampled_from([*WORDS, *SHAPES, *SHAPES]))
    value = draw(st.sampled_from(WORDS[kind])) if kind in WORDS else None
    return kind, draw(NUMBERS), value, tuple(draw(OTHERS)), draw(st.integers(0, 1))


REQUESTS = st.lists(st.lists(wishes(), min_size=1, max_size=3), min_size=1, max_size=7)
Wish = tuple[EditKind, int, object, tuple[int, ...], int]


def numbered(ledger: PlainLedger, number: int) -> LedgerEntry:
    """One of the entries; the last numbers are parts, as long as there are any."""
    parts = [each for each in ledger.entries.values() if each.parent_id is not None]
    if number > len(ENTRIES) and parts:
        return parts[-(number - len(ENTRIES))] if number - len(ENTRIES) <= len(parts) else parts[0]
    return ledger[(number - 1) % len(ENTRIES) + 1]


def edit_of(ledger: PlainLedger, wish: Wish) -> Edit:
    kind, number, value, others, choice = wish
    chosen = numbered(ledger, number)
    splits = SPLITS.get(chosen.amount.literal(), (("1.00", "1.00"),))
    return edit(
        kind,
        chosen.entry_id.int,
        value,
        others=[numbered(ledger, each).entry_id.int for each in others],
        parts=[part(each) for each in splits[choice % len(splits)]],
        fee=bool(choice),
    )


def carry_out(ledger: PlainLedger, requests: Iterable[Iterable[Wish]]) -> list[dict[Any, Any]]:
    """Carry out what is wished; return what the ledger said before each batch."""
    before: list[dict[Any, Any]] = []
    for request in requests:
        said, batches = ledger.said(), len(ledger.batches)
        decided = ledger.do(*(edit_of(ledger, wish) for wish in request))
        ledger.check()
        assert all(each.outcome is not EditOutcome.CONFLICT for each in decided)
        if len(ledger.batches) > batches:
            before.append(said)
        else:
            assert ledger.said() == said, "what is refused changes nothing"
    return before


@settings(max_examples=150)
@given(REQUESTS)
def test_undone_in_reverse_order_each_batch_leaves_what_was_before_it(
    requests: list[list[Wish]],
) -> None:
    ledger = PlainLedger.of(*ENTRIES)
    for said in reversed(carry_out(ledger, requests)):
        plan = ledger.undo(ledger.last())
        ledger.check()
        assert plan.kept == 0
        live = {key: value for key, value in ledger.said().items() if key in said}
        assert live == said


@settings(max_examples=150)
@given(REQUESTS, st.randoms(use_true_random=False))
def test_undone_in_any_order_all_batches_leave_what_was_at_the_beginning(
    requests: list[list[Wish]], luck: random.Random
) -> None:
    ledger = PlainLedger.of(*ENTRIES)
    start = ledger.said()
    carry_out(ledger, requests)
    batches = list(ledger.batches)[1:]
    luck.shuffle(batches)
    for batch in batches:
        ledger.undo(batch)
        ledger.check()
    assert ledger.said() == start


@settings(max_examples=100)
@given(REQUESTS, st.lists(st.integers(0, 20), max_size=5))
def test_an_undo_amid_edits_leaves_nothing_hanging(
    requests: list[list[Wish]], picks: list[int]
) -> None:
    ledger = PlainLedger.of(*ENTRIES)
    for place, request in enumerate(requests):
        carry_out(ledger, [request])
        batches = [each for each in ledger.batches if each not in ledger.undone][1:]
        if place < len(picks) and batches:
            ledger.undo(batches[picks[place] % len(batches)])
            ledger.check()


@settings(max_examples=100)
@given(REQUESTS)
def test_nothing_of_a_closed_month_moves(requests: list[list[Wish]]) -> None:
    ledger = PlainLedger.of(*ENTRIES, closed=["2026-03"])
    before = {each.entry_id: each for each in ENTRIES}
    carry_out(ledger, requests)
    for each in ledger.entries.values():
        if each.proof_day.startswith("2026-03"):
            was = before[each.entry_id]
            assert (each.removal, each.role, each.proof_day, each.amount) == (
                was.removal,
                was.role,
                was.proof_day,
                was.amount,
            )


@settings(max_examples=60)
@given(REQUESTS)
def test_what_was_done_once_is_known_and_not_done_again(requests: list[list[Wish]]) -> None:
    ledger = PlainLedger.of(*ENTRIES)
    request = [edit_of(ledger, wish) for wish in requests[0]]
    first = ledger.do(*request)
    again = ledger.do(*request)
    applied = [each.edit.edit_id for each in first if each.outcome is EditOutcome.APPLIED]
    repeated = [each.edit.edit_id for each in again if each.outcome is EditOutcome.REPEATED]
    assert applied == repeated
    if applied:
        # Undone, it is known still.
        ledger.undo(ledger.last())
        third = ledger.do(*(each for each in request if each.edit_id in applied))
        assert {each.outcome for each in third} == {EditOutcome.REPEATED}


@pytest.mark.deep
@settings(max_examples=4000)
@given(REQUESTS, st.randoms(use_true_random=False))
def test_many_orders_of_undoing_leave_what_was_at_the_beginning(
    requests: list[list[Wish]], luck: random.Random
) -> None:
    ledger = PlainLedger.of(*ENTRIES)
    start = ledger.said()
    carry_out(ledger, requests)
    batches = list(ledger.batches)[1:]
    luck.shuffle(batches)
    for batch in batches:
        ledger.undo(batch)
        ledger.check()
    assert ledger.said() == start
