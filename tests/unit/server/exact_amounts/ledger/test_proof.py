"""An account is proven by balances that others stated, and by nothing else."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.exact_amounts.entries.entry import Anchor, AnchorSource
from server.exact_amounts.entries.money import ExactAmount
from server.exact_amounts.ledger.proof import OpeningSource, Proof, prove
from server.shared_types.ids import AccountId, BatchId

ACCOUNT = AccountId(UUID(int=1))


def anchor(
    stated_on: str,
    balance: str | Decimal,
    *,
    version: int = 1,
    source: AnchorSource = AnchorSource.STATEMENT,
) -> Anchor:
    return Anchor(
        account_id=ACCOUNT,
        batch_id=BatchId(UUID(int=version)),
        version=version,
        stated_on=stated_on,
        balance=ExactAmount(Decimal(balance), "EUR"),
        source=source,
    )


def totals(**days: str) -> dict[str, Decimal]:
    return {f"2026-{day[1:3]}-{day[3:]}": Decimal(total) for day, total in days.items()}


def test_without_a_stated_balance_nothing_is_known_but_the_sum() -> None:
    proof = prove("EUR", totals(d0105="10.00", d0107="-2.50"), [])

    assert proof.total.exact_value == Decimal("7.50")
    assert proof.opening is proof.closing is proof.difference is proof.bank_balance is None
    assert proof.opening_source is OpeningSource.NONE
    assert proof.proof is Proof.NOT_YET_PROVEN


def test_one_balance_proves_nothing_though_it_adds_up_by_construction() -> None:
    proof = prove("EUR", totals(d0105="10.00", d0107="-2.50"), [anchor("2026-01-31", "107.50")])

    assert proof.opening is not None
    assert proof.opening.exact_value == Decimal(100)
    assert proof.opening_source is OpeningSource.ANCHORED
    assert proof.difference is None
    assert proof.proof is Proof.NOT_YET_PROVEN


def test_an_opening_is_stated_when_no_entry_is_older() -> None:
    first = anchor("2026-01-04", "100", source=AnchorSource.OPENING)
    proof = prove("EUR", totals(d0105="10.00"), [first, anchor("2026-01-31", "110")])

    assert proof.opening_source is OpeningSource.STATED
    assert proof.proof is Proof.PROVEN
    assert proof.balances == 2


@pytest.mark.parametrize("day", ["d0103", "d0104"])
def test_an_opening_is_anchored_when_an_entry_is_as_old(day: str) -> None:
    first = anchor("2026-01-04", "100", source=AnchorSource.OPENING)
    proof = prove("EUR", totals(**{day: "1.00"}, d0105="10.00"), [first])

    assert proof.opening_source is OpeningSource.ANCHORED
    assert proof.opening is not None
    assert proof.opening.exact_value == 99


def test_a_missing_entry_is_a_difference_in_its_window_alone() -> None:
    anchors = [anchor("2026-01-31", "100"), anchor("2026-02-28", "90"), anchor("2026-03-31", "95")]
    proof = prove("EUR", totals(d0210="-7.00", d0310="5.00"), anchors)

    assert proof.windows_off == 1
    assert proof.difference is not None
    assert proof.difference.exact_value == 3
    assert proof.proof is Proof.DIFFERS


def test_windows_that_miss_in_turn_differ_though_the_ends_meet() -> None:
    anchors = [anchor("2026-01-31", "100"), anchor("2026-02-28", "90"), anchor("2026-03-31", "100")]
    proof = prove("EUR", {}, anchors)

    assert proof.difference is not None
    assert proof.difference.sign == 0
    assert proof.windows_off == 2
    assert proof.proof is Proof.DIFFERS


def test_of_two_balances_for_one_day_the_later_batch_holds() -> None:
    anchors = [
        anchor("2026-02-28", "999", version=1),
        anchor("2026-02-28", "100", version=2),
        anchor("2026-01-31", "90", version=1),
    ]
    proof = prove("EUR", totals(d0203="10.00"), anchors)

    assert proof.balances == 2
    assert proof.proof is Proof.PROVEN


def test_one_file_that_contradicts_itself_about_a_day_is_no_proof() -> None:
    anchors = [
        anchor("2026-01-31", "120", source=AnchorSource.OPENING),
        anchor("2026-01-31", "100"),
        anchor("2026-02-28", "130"),
    ]
    proof = prove("EUR", totals(d0203="10.00"), anchors)

    assert proof.balances == 3
    assert proof.windows_off == 1
    assert proof.proof is Proof.DIFFERS


def test_a_closing_and_the_next_opening_of_one_day_count_once() -> None:
    anchors = [
        anchor("2026-01-31", "100"),
        anchor("2026-01-31", "100.00", source=AnchorSource.OPENING),
    ]

    assert prove("EUR", {}, anchors).balances == 1


def test_entries_below_a_cent_are_rounded_once_in_their_sum() -> None:
    anchors = [anchor("2026-01-31", "0"), anchor("2026-02-28", "0.01")]
    days = totals(d0201="0.004", d0202="0.004", d0203="0.004")

    assert prove("EUR", days, anchors).proof is Proof.PROVEN


days_of_march = st.integers(0, 30).map(lambda day: (date(2026, 3, 1) + timedelta(day)).isoformat())
cents = st.integers(-(10**10), 10**10).map(lambda number: Decimal(number).scaleb(-2))


@given(
    st.lists(st.tuples(days_of_march, cents), max_size=40),
    st.sets(days_of_march, min_size=2, max_size=6),
    cents,
)
def test_balances_that_follow_from_the_history_prove_it(
    history: list[tuple[str, Decimal]], stated: set[str], opening: Decimal
) -> None:
    days: dict[str, Decimal] = {}
    for day, amount in history:
        days[day] = days.get(day, Decimal(0)) + amount
    anchors = [
        anchor(day, opening + sum((amount for at, amount in history if at <= day), Decimal(0)))
        for day in stated
    ]
    proof = prove("EUR", days, anchors)

    assert proof.proof is Proof.PROVEN
    assert proof.opening is not None
    assert proof.opening.exact_value == opening
    assert proof.closing is not None
    assert proof.closing.exact_value == opening + proof.total.exact_value


@given(
    st.lists(st.tuples(days_of_march, cents), min_size=1, max_size=20),
    st.integers(1, 10**6).map(lambda number: Decimal(number).scaleb(-2)),
)
def test_any_entry_that_is_missing_between_two_balances_shows(
    history: list[tuple[str, Decimal]], missing: Decimal
) -> None:
    days: dict[str, Decimal] = {}
    for day, amount in history:
        days[day] = days.get(day, Decimal(0)) + amount
    whole = sum((amount for _, amount in history), Decimal(0))
    anchors = [anchor("2026-02-28", "0"), anchor("2026-03-31", whole + missing)]
    proof = prove("EUR", days, anchors)

    assert proof.proof is Proof.DIFFERS
    assert proof.difference is not None
    assert proof.difference.exact_value == -missing
