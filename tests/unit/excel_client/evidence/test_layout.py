from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from excel_client.evidence import Document, NamedAccount, lay_out_account, lay_out_late
from excel_client.problems import AnswerNotReadable
from excel_client.wire_format import ClosedAccount, LateArrival
from tests.unit.excel_client.evidence.closed_months import (
    ACCOUNT_ID,
    account,
    entry,
    evidence,
    month,
)

CENTS = st.decimals(min_value=-(10**12), max_value=10**12, places=2)


def laid_out(of: ClosedAccount) -> Document:
    return lay_out_account(evidence(of), of)


def facts(document: Document) -> dict[str, str]:
    return {fact.label: fact.text for fact in document.facts}


def notes(document: Document) -> dict[str, str]:
    return {fact.label: fact.note for fact in document.facts}


@given(st.lists(CENTS, max_size=30))
def test_the_running_balance_is_the_opening_balance_and_every_entry_so_far(
    amounts: list[Decimal],
) -> None:
    entries = [entry(number, f"{amount:f}") for number, amount in enumerate(amounts)]
    section = laid_out(account(entries)).sections[0]
    running = Decimal(100)
    for row, amount in zip(section.rows, amounts, strict=True):
        running += amount
        assert Decimal(row[4]) == running


def test_a_sum_below_a_cent_is_shown_whole_and_its_rounding_is_said() -> None:
    of = account([entry(1, "0.005")], closing="100.01")
    document = laid_out(of)
    assert document.sections[0].rows[0][4] == "100.005"
    assert "100.005" in notes(document)["Closing balance"]


def test_amounts_of_any_length_stay_exact() -> None:
    of = account([entry(1, "999999999999999999.999999999"), entry(2, "0.000000001")])
    assert laid_out(of).sections[0].rows[1][4] == "1000000000000000100.000000000"


def test_what_was_never_stated_is_said_to_be_none() -> None:
    of = account(
        opening=None,
        opening_source="none",
        closing=None,
        stated=None,
        stated_on=None,
        proof="not yet proven",
    )
    document = laid_out(of)
    told = facts(document)
    assert {told[f"{word} balance"] for word in ("Opening", "Closing", "Stated")} == {"none"}
    assert told["Proof"] == "not yet proven"
    assert all(not section.rows for section in document.sections[:3])


def test_a_balance_that_was_reckoned_back_is_said_to_prove_nothing() -> None:
    assert "no proof" in notes(laid_out(account(opening_source="anchored")))["Opening balance"]


def test_a_proof_that_stands_on_an_adjustment_says_so() -> None:
    adjustment = entry(1, "5.00", role="adjustment", reason="a fee")
    adjusted = laid_out(account([adjustment], adjustments=(adjustment,)))
    assert notes(adjusted)["Proof"].endswith("with the adjustments below")
    assert "adjustment" not in notes(laid_out(account([entry(1)])))["Proof"]


def test_instants_are_told_in_utc() -> None:
    document = laid_out(account())
    assert facts(document)["Closed at"] == "2026-04-01 10:30:45 UTC"
    assert document.made_at.isoformat() == "2026-04-01T10:30:45+00:00"


@pytest.mark.parametrize("amount", ["", "NaN", "Infinity", "12,34", "1e5", "\uff11", "a"])
def test_an_amount_that_is_none_is_an_answer_that_cant_be_read(amount: str) -> None:
    with pytest.raises(AnswerNotReadable):
        laid_out(account([entry(1, amount)]))
    with pytest.raises(AnswerNotReadable):
        laid_out(account(stated=amount))
    with pytest.raises(AnswerNotReadable):
        laid_out(account(sum=amount))
    with pytest.raises(AnswerNotReadable):
        laid_out(account(outstanding=(entry(1, amount),)))
    with pytest.raises(AnswerNotReadable):
        laid_out(account(adjustments=(entry(1, amount),)))


def test_late_arrivals_say_what_was_and_what_is() -> None:
    frozen = account([entry(1), entry(2), entry(3)])
    late = (
        LateArrival(change="added", account_id="new", entry=entry(9, "5.00")),
        LateArrival(
            change="changed",
            account_id=ACCOUNT_ID,
            entry=entry(2, "-12.50", posted_on="2026-03-30"),
        ),
        LateArrival(change="gone", account_id=ACCOUNT_ID, entry=entry(3)),
    )
    named = {"new": NamedAccount(name="Savings", currency="CHF")}
    document = lay_out_late(month(evidence(frozen), *late), named)
    (section,) = document.sections
    assert [(row[0], row[1], row[2], row[5], row[6]) for row in section.rows] == [
        ("added", "Savings", "2026-03-10", "5.00", "CHF"),
        ("changed from", "Giro", "2026-03-03", "-12.34", "EUR"),
        ("changed to", "Giro", "2026-03-30", "-12.50", "EUR"),
        ("gone", "Giro", "2026-03-04", "-12.34", "EUR"),
    ]
    told = facts(document)
    assert told["Savings (CHF)"] == "5.00"
    assert told["Giro (EUR)"] == "12.18"


def test_a_late_arrival_of_an_account_that_nobody_knows_is_not_readable() -> None:
    late = LateArrival(change="added", account_id="new", entry=entry(9))
    with pytest.raises(AnswerNotReadable):
        lay_out_late(month(evidence(account()), late), {})
