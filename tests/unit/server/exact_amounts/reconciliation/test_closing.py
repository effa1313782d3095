"""The evidence of a closed month: the same for ever, and beside it what arrived late."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.exact_amounts.entries.entry import (
    Account,
    AccountType,
    Anchor,
    AnchorSource,
    EntryRole,
    EntryStatus,
    LedgerEntry,
    Removal,
)
from server.exact_amounts.ledger.closings import SourceOfAccount
from server.exact_amounts.reconciliation.closing import (
    AccountOfMonth,
    close_accounts,
    is_over,
    late_arrivals,
    month_of,
    read_evidence,
    write_evidence,
)
from server.exact_amounts.reconciliation.wire import ClosedAccount, CloseMonthBody, Evidence
from server.shared_types.ids import BatchId
from tests.unit.server.exact_amounts.reconciliation.plain_ledger import account, amount, entry

CHECKING = Account(
    account_id=account(1),
    version=1,
    name="Checking",
    account_type=AccountType.CHECKING,
    currency="EUR",
)
BATCH = BatchId(UUID(int=5))
SOURCE = SourceOfAccount(
    account_id=account(1), batch_id=BATCH, file_name="march.ofx", sha256=b"\1" * 32
)


def stated(day: str, balance: str, source: AnchorSource = AnchorSource.STATEMENT) -> Anchor:
    return Anchor(
        account_id=account(1),
        batch_id=BATCH,
        version=1,
        stated_on=day,
        balance=amount(balance),
        source=source,
    )


ENTRIES = (
    entry(1, "-20.00", posted_on="2026-02-10"),
    entry(2, "-3.50", posted_on="2026-03-04"),
    entry(3, "100", posted_on="2026-03-02"),
    entry(4, "-7.00", posted_on="2026-03-31", statement_on="2026-04-30"),
    entry(5, "-1.00", posted_on="2026-02-28", statement_on="2026-03-31"),
    entry(6, "-9.00", posted_on="2026-03-05", status=EntryStatus.PENDING),
    entry(7, "-8.00", posted_on="2026-03-06", removed=True, removal=Removal.USER),
    entry(8, "-0.25", posted_on="2026-03-30", role=EntryRole.ADJUSTMENT, notes="Unknown"),
    entry(9, "-50.00", posted_on="2026-03-10", role=EntryRole.SPLIT),
    entry(10, "-20.00", posted_on="2026-03-10", role=EntryRole.PART),
    entry(11, "-30.00", posted_on="2026-03-10", role=EntryRole.PART),
    entry(12, "-5.00", posted_on="2026-04-01"),
)
ANCHORS = (
    stated("2026-01-31", "1000.00", AnchorSource.OPENING),
    stated("2026-02-28", "980.00"),
    stated("2026-03-31", "1025.25"),
)


def of_month(
    entries: tuple[LedgerEntry, ...] = ENTRIES, anchors: tuple[Anchor, ...] = ANCHORS
) -> AccountOfMonth:
    return AccountOfMonth(account=CHECKING, entries=entries, anchors=anchors, sources=[SOURCE])


def march(**more: Any) -> ClosedAccount:
    (closed,) = close_accounts([of_month(**more)], "2026-03")
    return closed


def evidence(*accounts: ClosedAccount) -> Evidence:
    return Evidence(
        ledger="l",
        month="2026-03",
        version=7,
        closed_at="2026-04-01T12:00:00+00:00",
        closed_by="machine",
        accounts=list(accounts),
    )


def test_a_month_has_what_counts_in_it_and_its_balances() -> None:
    closed = march()

    assert [UUID(each.id).int for each in closed.entries] == [3, 2, 9, 8, 5]
    assert [each.amount for each in closed.entries] == [
        *("100.00", "-3.50", "-50.00", "-0.25", "-1.00")
    ]
    assert (closed.opening, closed.sum, closed.closing) == ("980.00", "45.25", "1025.25")
    assert (closed.opening_source, closed.proof) == ("stated", "proven")
    assert (closed.stated_on, closed.stated) == ("2026-03-31", "1025.25")
    assert [UUID(each.id).int for each in closed.outstanding] == [6]
    assert [each.reason for each in closed.adjustments] == ["Unknown"]
    assert [(each.file_name, each.sha256) for each in closed.sources] == [("march.ofx", "01" * 32)]


def test_without_a_stated_balance_nothing_is_proven() -> None:
    closed = march(anchors=())
    assert (closed.opening, closed.closing, closed.stated) == (None, None, None)
    assert (closed.opening_source, closed.proof) == ("none", "not yet proven")
    one = march(anchors=ANCHORS[2:])
    assert (one.opening_source, one.proof) == ("anchored", "not yet proven")


def test_a_month_that_does_not_add_up_says_so() -> None:
    assert march(entries=ENTRIES[:4]).proof == "differs"


@given(st.randoms(use_true_random=False))
def test_the_evidence_does_not_depend_on_the_order_of_reading(luck: random.Random) -> None:
    entries = list(ENTRIES)
    luck.shuffle(entries)
    assert write_evidence(evidence(march(entries=tuple(entries)))) == write_evidence(
        evidence(march())
    )


def test_evidence_is_read_as_it_was_made_and_is_the_same_bytes_each_time() -> None:
    made = evidence(march())
    written = write_evidence(made)

    assert read_evidence(written) == made
    assert write_evidence(read_evidence(written)) == written


@pytest.mark.parametrize(
    "other", ["-0.01", "-123456789012345678.123456789", "-3.500000001", "-3.5"]
)
def test_the_length_of_evidence_tells_neither_digit_nor_outcome(other: str) -> None:
    changed = tuple(
        replace(each, amount=amount(other)) if each.entry_id.int == 2 else each for each in ENTRIES
    )
    assert len(write_evidence(evidence(march(entries=changed)))) == len(
        write_evidence(evidence(march()))
    )


def test_what_arrives_late_is_named_and_what_did_not_move_is_not() -> None:
    made = evidence(march())
    changed = {
        # Another amount, another day, no longer there, and a new one; words and splits do not move a balance.
        2: replace(ENTRIES[1], amount=amount("-3.51")),
        3: replace(ENTRIES[2], statement_on="2026-03-30"),
        5: replace(ENTRIES[4], statement_on=None),
        6: replace(ENTRIES[5], status=EntryStatus.POSTED),
        8: replace(ENTRIES[7], removed=True, removal=Removal.CLEARED),
        9: replace(ENTRIES[8], role=EntryRole.WHOLE, version=9),
    }
    now = [changed.get(each.entry_id.int, each) for each in ENTRIES]
    late = late_arrivals(made, {account(1): now})

    assert sorted((each.change, UUID(each.entry.id).int) for each in late) == [
        *[("added", 6), ("changed", 2), ("changed", 3)],
        *[("gone", 5), ("gone", 8)],
    ]
    assert late_arrivals(made, {account(1): ENTRIES}) == []


def test_an_account_opened_later_arrives_late() -> None:
    late = late_arrivals(evidence(), {account(1): ENTRIES[1:2]})
    assert [(each.change, each.account_id) for each in late] == [("added", str(account(1)))]


@pytest.mark.parametrize(
    ("month", "today", "over"),
    [
        ("2026-03", date(2026, 3, 31), False),
        ("2026-03", date(2026, 4, 1), True),
        ("2026-12", date(2026, 12, 31), False),
        ("2026-12", date(2027, 1, 1), True),
        ("2024-02", date(2024, 2, 29), False),
    ],
)
def test_a_month_is_over_with_its_last_day(month: str, today: date, *, over: bool) -> None:
    assert is_over(month, today) is over
    assert month_of(today.isoformat()) <= "2027-01"


@pytest.mark.parametrize("month", ["0000-12", "9999-12", "2026-13", "2026-00", "2026-3", "202603"])
def test_what_is_no_month_of_the_calendar_is_not_taken(month: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"month": month}, CloseMonthBody)
