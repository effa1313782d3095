"""Adjustments go by themselves once their stretch adds up without them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.exact_amounts.entries.entry import (
    Anchor,
    AnchorSource,
    EntryRole,
    EntryStatus,
    EntryText,
    LedgerEntry,
    Removal,
)
from server.exact_amounts.entries.money import ExactAmount
from server.exact_amounts.ledger.clearing import cleared_adjustments, clearing_plan, day_totals
from server.exact_amounts.ledger.proof import stretches
from server.shared_types.ids import AccountId, BatchId, EntryId

ACCOUNT, BATCH = AccountId(UUID(int=1)), BatchId(UUID(int=2))


def line(number: int, day: str, amount: str, role: EntryRole = EntryRole.WHOLE) -> LedgerEntry:
    return LedgerEntry(
        entry_id=EntryId(UUID(int=number)),
        version=1,
        account_id=ACCOUNT,
        batch_id=BATCH,
        posted_on=day,
        amount=ExactAmount(Decimal(amount), "EUR"),
        text=EntryText(description="x"),
        role=role,
    )


def adjustment(number: int, day: str, amount: str) -> LedgerEntry:
    return line(number, day, amount, EntryRole.ADJUSTMENT)


def stated(day: str, balance: str, version: int = 1) -> Anchor:
    return Anchor(
        account_id=ACCOUNT,
        batch_id=BATCH,
        version=version,
        stated_on=day,
        balance=ExactAmount(Decimal(balance), "EUR"),
        source=AnchorSource.TYPED,
    )


ANCHORS = [stated("2026-02-28", "0"), stated("2026-03-31", "-5.00"), stated("2026-04-30", "-5.00")]


def cleared(*entries: LedgerEntry, closed: tuple[str, ...] = ()) -> list[int]:
    adjustments = [each for each in entries if each.role is EntryRole.ADJUSTMENT]
    found = cleared_adjustments("EUR", day_totals(entries), ANCHORS, adjustments, closed)
    return [each.entry_id.int for each in found]


def test_one_that_is_needed_stays() -> None:
    assert cleared(adjustment(1, "2026-03-09", "-5.00")) == []


def test_one_whose_cause_was_found_goes() -> None:
    cause = line(2, "2026-03-10", "-5.00")
    assert cleared(adjustment(1, "2026-03-09", "-5.00"), cause) == [1]


def test_all_of_a_stretch_go_together() -> None:
    cause = line(3, "2026-03-10", "-5.00")
    entries = (adjustment(1, "2026-03-09", "-3.00"), adjustment(2, "2026-03-09", "-2.00"), cause)
    assert cleared(*entries) == [1, 2]


def test_of_two_equal_ones_only_one_goes() -> None:
    cause = line(3, "2026-03-10", "-2.50")
    entries = (adjustment(1, "2026-03-09", "-2.50"), adjustment(2, "2026-03-09", "-2.50"), cause)
    assert cleared(*entries) == [1]


def test_one_outside_of_every_stretch_stays() -> None:
    assert cleared(line(2, "2026-03-10", "-5.00"), adjustment(1, "2026-02-28", "-1.00")) == []


def test_one_of_a_closed_month_stays() -> None:
    cause = line(2, "2026-03-10", "-5.00")
    assert cleared(adjustment(1, "2026-03-09", "-5.00"), cause, closed=("2026-03",)) == []


def test_less_than_a_cent_is_no_reason_to_stay() -> None:
    cause = line(2, "2026-03-10", "-5.004")
    assert cleared(adjustment(1, "2026-03-09", "-5.00"), cause) == [1]


@pytest.mark.parametrize(
    "apart",
    [
        {"status": EntryStatus.PENDING},
        {"removed": True, "removal": Removal.USER},
        {"role": EntryRole.PART},
    ],
)
def test_what_counts_in_no_proof_is_no_cause(apart: dict[str, Any]) -> None:
    cause = replace(line(2, "2026-03-10", "-5.00"), **apart)
    assert cleared(adjustment(1, "2026-03-09", "-5.00"), cause) == []


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(-6, 6)), max_size=6),
    st.lists(st.tuples(st.integers(1, 9), st.sampled_from([-3, -2, 2, 5])), max_size=4),
)
def test_what_goes_leaves_its_stretch_adding_up(
    lines: list[tuple[int, int]], made: list[tuple[int, int]]
) -> None:
    entries = [
        line(at, f"2026-03-{day:02}", f"{cents}.00") for at, (day, cents) in enumerate(lines)
    ]
    adjustments = [
        adjustment(100 + at, f"2026-03-{day:02}", f"{cents}.00")
        for at, (day, cents) in enumerate(made)
    ]
    everything = [*entries, *adjustments]
    gone = cleared_adjustments("EUR", day_totals(everything), ANCHORS, adjustments, ())
    left = [each for each in everything if each not in gone]
    (march, _) = stretches("EUR", day_totals(left), ANCHORS)

    assert not gone or not march.difference.sign


def test_the_plan_takes_them_out_and_says_what_they_were() -> None:
    (edit,) = clearing_plan([adjustment(1, "2026-03-09", "-5.00")], BATCH).edits
    (change,) = edit.changes
    assert edit.edit_id == BATCH
    assert change.before.removal is None  # type: ignore[union-attr]
    assert change.after.removal is Removal.CLEARED  # type: ignore[union-attr]
