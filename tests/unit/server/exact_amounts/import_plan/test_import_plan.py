"""N equal payments stay N, overlapping files add only what is new, and no bank id costs an entry."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from itertools import count
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.exact_amounts.entries.entry import (
    Account,
    AccountType,
    Anchor,
    EntryStatus,
    LedgerEntry,
)
from server.exact_amounts.entries.money import ExactAmount
from server.exact_amounts.entries.problems import CurrencyNeeded, UnknownCurrency
from server.exact_amounts.entries.statement import (
    StatedBalance,
    Statement,
    StatementAccount,
    StatementFile,
    StatementTransaction,
)
from server.exact_amounts.ledger.identities import Identities
from server.exact_amounts.ledger.plans import BatchSource, KnownIdentity, PlannedEntry
from server.exact_amounts.statements.import_decision import decide_import
from server.exact_amounts.statements.import_plan import Because, ImportPlan, Verdict
from server.shared_types.ids import AccountId, BatchId, EntryId

SOURCE = BatchSource(file_name="a.ofx", sha256=b"")


class PlainMac:
    def mac(self, *parts: bytes | str) -> bytes:
        return hashlib.sha256(repr(parts).encode()).digest()


class MemoryLedger:
    """A ledger that carries plans out in memory."""

    def __init__(self) -> None:
        self.identities = Identities(PlainMac())
        self._ids = count(1)
        self._accounts: list[Account] = []
        self._numbers: dict[bytes, AccountId] = {}
        self._anchors: list[Anchor] = []
        self._batches = count(1)
        self.planned: dict[EntryId, tuple[PlannedEntry, BatchId]] = {}

    def new_id(self) -> UUID:
        return UUID(int=next(self._ids))

    async def accounts(self) -> Sequence[Account]:
        return self._accounts

    async def account_numbers(self) -> Mapping[bytes, AccountId]:
        return self._numbers

    async def live_identities(
        self, account_id: AccountId, first_day: str, last_day: str
    ) -> Mapping[bytes, Sequence[KnownIdentity]]:
        known: dict[bytes, list[KnownIdentity]] = {}
        for entry_id, (entry, _) in self.planned.items():
            if entry.account_id == account_id and first_day <= entry.posted_on <= last_day:
                identity = KnownIdentity(entry_id=entry_id, status=entry.status)
                known.setdefault(entry.identity, []).append(identity)
        return known

    async def live_entries_of_bank_ids(
        self, bank_identities: Collection[bytes]
    ) -> Mapping[bytes, Sequence[LedgerEntry]]:
        known: dict[bytes, list[LedgerEntry]] = {}
        for entry_id, (entry, batch_id) in self.planned.items():
            if entry.bank_identity in bank_identities and entry.bank_identity is not None:
                full = LedgerEntry(
                    entry_id=entry_id,
                    version=1,
                    account_id=entry.account_id,
                    batch_id=batch_id,
                    posted_on=entry.posted_on,
                    amount=entry.amount,
                    text=entry.text,
                    status=entry.status,
                )
                known.setdefault(entry.bank_identity, []).append(full)
        return known

    async def live_anchors(self) -> Sequence[Anchor]:
        return self._anchors

    def apply(self, plan: ImportPlan) -> None:
        batch = plan.batch(SOURCE, seen_before=True)
        batch_id = BatchId(UUID(int=next(self._batches)))
        for opened in batch.accounts:
            account = Account(
                account_id=opened.account_id,
                version=1,
                name=opened.name,
                account_type=opened.account_type,
                currency=opened.currency,
            )
            self._accounts.append(account)
            for mac in opened.number_macs:
                self._numbers.setdefault(mac, opened.account_id)
        for entry in batch.entries:
            self.planned[EntryId(self.new_id())] = (entry, batch_id)
        for settlement in batch.settlements:
            self.planned[settlement.entry_id] = (settlement.becomes, batch_id)
        for anchor in batch.anchors:
            self._anchors.append(
                Anchor(
                    account_id=anchor.account_id,
                    batch_id=batch_id,
                    version=batch_id.int,
                    stated_on=anchor.stated_on,
                    balance=anchor.balance,
                    source=anchor.source,
                )
            )

    def undo(self, batch_id: BatchId) -> None:
        self.planned = {
            entry_id: (entry, of_batch)
            for entry_id, (entry, of_batch) in self.planned.items()
            if of_batch != batch_id
        }

    def decide(
        self, file: StatementFile, name: str = "march.ofx", currency: str | None = None
    ) -> ImportPlan:
        return asyncio.run(decide_import(self, file, name, currency, self.new_id))

    def take(
        self, file: StatementFile, name: str = "march.ofx", currency: str | None = None
    ) -> ImportPlan:
        plan = self.decide(file, name, currency)
        self.apply(plan)
        return plan

    def contents(self) -> Counter[tuple[str, Decimal, str, str]]:
        return Counter(
            (entry.posted_on, entry.amount.exact_value, entry.text.description, entry.text.bank_id)
            for entry, _ in self.planned.values()
        )


def row(
    day: int,
    amount: str | Decimal = "-3.50",
    text: str = "Coffee",
    bank_id: str = "",
    *,
    line: int = 1,
    pending: bool = False,
    currency: str = "EUR",
) -> StatementTransaction:
    return StatementTransaction(
        line=line,
        posted_on=f"2026-{day // 28 + 1:02}-{day % 28 + 1:02}",
        amount=ExactAmount(Decimal(amount), currency),
        description=text,
        bank_id=bank_id,
        pending=pending,
    )


def account(
    *transactions: StatementTransaction,
    number: str = "10020030/12345678",
    kind: AccountType = AccountType.CHECKING,
    currency: str = "EUR",
    closing: StatedBalance | None = None,
    opening: StatedBalance | None = None,
) -> StatementAccount:
    return StatementAccount(
        number=number,
        account_type=kind,
        currency=currency,
        institution="Northbank",
        statements=(Statement(opening=opening, closing=closing, transactions=transactions),),
    )


def file(*accounts: StatementAccount) -> StatementFile:
    return StatementFile(format="ofx", accounts=accounts)


def of(*transactions: StatementTransaction) -> StatementFile:
    return file(account(*transactions))


def verdicts(plan: ImportPlan) -> list[tuple[Verdict, Because]]:
    return [(verdict.verdict, verdict.because) for verdict in plan.rows()]


# A bank's history: few days, amounts, texts and ids, so that equals and repeated ids are common.
transactions = st.builds(
    row,
    st.integers(0, 40),
    st.sampled_from(["-3.50", "-4.00", "12"]),
    st.sampled_from(["Coffee", "Tea"]),
    st.sampled_from(["", "", "0", "1", "2"]),
)
histories = st.lists(transactions, max_size=30).map(
    lambda rows: sorted(rows, key=lambda each: each.posted_on)
)


def with_own_ids(rows: list[StatementTransaction]) -> list[StatementTransaction]:
    """The same history where the bank gives every transaction an id of its own, or none at all."""
    return [
        row(
            (int(each.posted_on[5:7]) - 1) * 28 + int(each.posted_on[8:]) - 1,
            each.amount.exact_value,
            each.description,
            f"{each.bank_id}-{place}" if each.bank_id else "",
        )
        for place, each in enumerate(rows)
    ]


@given(histories)
def test_a_file_is_taken_whole_and_once(rows: list[StatementTransaction]) -> None:
    ledger = MemoryLedger()
    first = ledger.take(of(*rows))
    taken = ledger.contents()
    again = ledger.decide(of(*rows))

    assert first.count(Verdict.NEW) == len(rows) == taken.total()
    assert again.count(Verdict.SAME) == len(rows)
    assert again.batch(SOURCE, seen_before=True).is_empty


@given(histories, st.lists(st.tuples(st.integers(0, 41), st.integers(0, 41)), max_size=5))
def test_overlapping_files_of_whole_days_end_in_exactly_the_history(
    rows: list[StatementTransaction], stretches: list[tuple[int, int]]
) -> None:
    history = with_own_ids(rows)
    days = sorted({each.posted_on for each in history})
    ledger = MemoryLedger()
    for start, stop in [*stretches, (0, 41)]:
        some_days = set(days[min(start, stop) : max(start, stop)])
        ledger.take(of(*(each for each in history if each.posted_on in some_days)))

    assert ledger.contents() == Counter(
        (each.posted_on, each.amount.exact_value, each.description, each.bank_id)
        for each in history
    )
    assert ledger.decide(of(*history)).batch(SOURCE, seen_before=True).is_empty


@given(histories, st.integers(0, 41))
def test_a_bank_that_repeats_its_ids_costs_no_entry(
    rows: list[StatementTransaction], cut: int
) -> None:
    """Each row of a later file is in the ledger or is reported: none is lost without a word."""
    ledger = MemoryLedger()
    days = sorted({each.posted_on for each in rows})
    ledger.take(of(*(each for each in rows if each.posted_on in days[:cut])))
    plan = ledger.take(of(*(each for each in rows if each.posted_on in days[cut:])))

    assert ledger.contents().total() + plan.count(Verdict.CONFLICTS) == len(rows)


def test_three_equal_coffees_stay_three() -> None:
    ledger = MemoryLedger()
    ledger.take(of(row(1), row(1)))
    plan = ledger.take(of(row(1, line=5), row(1, line=6), row(1, line=7)))

    assert verdicts(plan) == [
        (Verdict.SAME, Because.SAME_TEXT),
        (Verdict.SAME, Because.SAME_TEXT),
        (Verdict.NEW, Because.NOTHING_LIKE_IT),
    ]
    assert len(ledger.planned) == 3


def test_a_verdict_names_the_entry_it_speaks_of() -> None:
    ledger = MemoryLedger()
    ledger.take(of(row(1, bank_id="A7")))
    (verdict,) = ledger.decide(of(row(1, bank_id="A7"))).rows()

    assert verdict.entry_id in ledger.planned
    assert verdict.because is Because.SAME_BANK_ID


def test_an_amount_written_with_another_zero_is_the_same() -> None:
    ledger = MemoryLedger()
    ledger.take(of(row(1, "12.5", bank_id="A7"), row(1, "7.0")))

    assert (
        ledger.decide(of(row(1, "12.50", bank_id="A7"), row(1, "7")))
        .batch(SOURCE, seen_before=True)
        .is_empty
    )


@pytest.mark.parametrize(
    "later",
    [row(4, bank_id="A7"), row(1, "-3.60", bank_id="A7"), row(11, text="Café", bank_id="A7")],
)
def test_a_unique_bank_id_with_another_date_or_amount_conflicts(
    later: StatementTransaction,
) -> None:
    ledger = MemoryLedger()
    ledger.take(of(row(1, bank_id="A7")))
    plan = ledger.take(of(later))

    assert verdicts(plan) == [(Verdict.CONFLICTS, Because.OTHER_FACTS)]
    assert plan.rows()[0].entry_id in ledger.planned
    assert len(ledger.planned) == 1


@pytest.mark.parametrize(
    "later",
    [row(12, bank_id="1"), row(3, "-99.00", "Rent", bank_id="1"), row(40, "-1", bank_id="1")],
)
def test_numbering_that_begins_again_is_no_conflict(later: StatementTransaction) -> None:
    ledger = MemoryLedger()
    ledger.take(of(row(1, bank_id="1")))

    assert verdicts(ledger.take(of(later))) == [(Verdict.NEW, Because.NOTHING_LIKE_IT)]


def test_a_bank_id_that_is_not_unique_is_no_conflict() -> None:
    ledger = MemoryLedger()
    ledger.take(of(row(1, bank_id="0"), row(2, bank_id="0")))

    assert ledger.take(of(row(3, bank_id="0"))).count(Verdict.NEW) == 1
    assert ledger.take(of(row(4, bank_id="0"), row(5, bank_id="0"))).count(Verdict.NEW) == 2


@pytest.mark.parametrize(
    "posted", [row(1, bank_id="A7"), row(3, bank_id="A7"), row(1, "-3.85", bank_id="A7")]
)
def test_a_pending_entry_is_settled_by_the_posted_one_with_its_bank_id(
    posted: StatementTransaction,
) -> None:
    ledger = MemoryLedger()
    ledger.take(of(row(1, bank_id="A7", pending=True)))
    plan = ledger.take(of(posted))

    assert verdicts(plan) == [(Verdict.SAME, Because.POSTED_NOW)]
    ((settled, _),) = ledger.planned.values()
    assert settled.status is EntryStatus.POSTED
    assert settled.amount == posted.amount
    assert ledger.decide(of(posted)).batch(SOURCE, seen_before=True).is_empty


def test_an_older_file_does_not_make_a_posted_entry_pending_again() -> None:
    ledger = MemoryLedger()
    ledger.take(of(row(3, bank_id="A7"), row(5)))
    plan = ledger.take(of(row(1, bank_id="A7", pending=True), row(5, pending=True)))

    assert [because for _, because in verdicts(plan)] == [Because.POSTED_BEFORE, Because.SAME_TEXT]
    assert {entry.status for entry, _ in ledger.planned.values()} == {EntryStatus.POSTED}


def test_a_pending_and_a_posted_coffee_are_two() -> None:
    ledger = MemoryLedger()
    ledger.take(of(row(1, pending=True), row(1)))

    assert ledger.decide(of(row(1), row(1, pending=True))).batch(SOURCE, seen_before=True).is_empty


def test_after_an_undo_the_same_file_comes_in_again() -> None:
    ledger = MemoryLedger()
    ledger.take(of(row(1), row(1), row(2, bank_id="A7")))
    ledger.undo(BatchId(UUID(int=1)))

    assert ledger.take(of(row(1), row(1), row(2, bank_id="A7"))).count(Verdict.NEW) == 3


def test_an_account_that_stands_twice_in_a_file_is_one() -> None:
    plan = MemoryLedger().decide(file(account(row(1)), account(row(2))))

    assert [each.account.name for each in plan.accounts] == ["Northbank checking ··5678"]
    assert plan.count(Verdict.NEW) == 2


def test_a_customer_number_shared_by_checking_and_savings_is_two_accounts() -> None:
    ledger = MemoryLedger()
    both = file(account(row(1)), account(row(1), kind=AccountType.SAVINGS))
    plan = ledger.take(both)

    assert [each.account.name for each in plan.accounts] == [
        "Northbank checking ··5678",
        "Northbank savings ··5678",
    ]
    assert ledger.decide(both).batch(SOURCE, seen_before=True).is_empty
    assert (
        ledger.decide(file(account(row(1), kind=AccountType.SAVINGS)))
        .batch(SOURCE, seen_before=True)
        .is_empty
    )


def test_a_file_that_does_not_tell_the_type_finds_the_account() -> None:
    ledger = MemoryLedger()
    ledger.take(of(row(1)))

    assert (
        ledger.decide(file(account(row(1), kind=AccountType.OTHER)))
        .batch(SOURCE, seen_before=True)
        .is_empty
    )


def test_a_known_number_in_another_currency_is_another_account() -> None:
    ledger = MemoryLedger()
    ledger.take(of(row(1)))
    plan = ledger.take(file(account(row(1, currency="USD"), currency="USD")))

    assert [each.account.name for each in plan.accounts] == ["Northbank checking ··5678 (2)"]
    assert not plan.accounts[0].is_known


def test_an_account_without_number_is_the_account_of_its_file_name() -> None:
    ledger = MemoryLedger()
    ledger.take(file(account(row(1), number="")), r"C:\bank\Savings March.qfx")

    assert (
        ledger.decide(file(account(row(1), number="")), "savings march.ofx")
        .batch(SOURCE, seen_before=True)
        .is_empty
    )
    (other,) = ledger.decide(file(account(row(1), number="")), "other.ofx").accounts
    assert (other.account.name, other.is_known) == ("other", False)


@pytest.mark.parametrize(
    ("number", "tail"),
    [("1/12345678", "5678"), ("123456", "456"), ("1234", "34"), ("7", ""), ("XX-99 12345", "2345")],
)
def test_a_tail_never_shows_more_than_half_of_a_number(number: str, tail: str) -> None:
    (plan,) = MemoryLedger().decide(file(account(row(1), number=number))).accounts

    assert plan.account.number_tail == tail


def test_a_currency_is_asked_for_and_never_assumed() -> None:
    ledger = MemoryLedger()
    nameless = file(account(row(1, currency="XXX"), currency="XXX"))
    for currency, problem in ((None, CurrencyNeeded), ("ZZZ", UnknownCurrency)):
        with pytest.raises(problem):
            ledger.decide(nameless, currency=currency)
    plan = ledger.decide(nameless, currency="SEK")

    assert plan.accounts[0].account.currency == "SEK"
    assert plan.accounts[0].entries[0].amount.currency == "SEK"
    assert ledger.decide(of(row(1)), currency="SEK").accounts[0].account.currency == "EUR"


def balance(day: str, amount: str) -> StatedBalance:
    return StatedBalance(stated_on=day, balance=ExactAmount(Decimal(amount), "EUR"))


def test_balances_are_taken_once() -> None:
    ledger = MemoryLedger()
    stated = file(
        account(opening=balance("2025-12-31", "0"), closing=balance("2026-01-31", "5.00"))
    )
    first = ledger.take(stated)

    assert len(first.batch(SOURCE, seen_before=True).anchors) == 2
    assert first.accounts[0].closing_on == "2026-01-31"
    assert ledger.decide(stated).batch(SOURCE, seen_before=True).is_empty


def test_two_balances_for_one_day_are_told() -> None:
    plan = MemoryLedger().decide(
        file(
            account(closing=balance("2026-01-31", "5.00")),
            account(closing=balance("2026-01-31", "6.00")),
        )
    )

    assert [
        anchor.balance.literal() for anchor in plan.batch(SOURCE, seen_before=True).anchors
    ] == ["6.00"]
    assert len(plan.problems) == 1
