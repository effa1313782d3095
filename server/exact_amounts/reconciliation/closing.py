"""
The evidence of a closed month: what each account held before it, what happened in it, and what it held then. Pure.

Nothing in it depends on when it is read: it is made once, of the ledger's version at which the month was closed. What
arrives later is listed beside it, never in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import reduce
from operator import add

import msgspec
from msgspec.structs import replace

from server.exact_amounts.entries.currencies import exponent_of
from server.exact_amounts.entries.entry import (
    Account,
    Anchor,
    EntryRole,
    EntryStatus,
    LedgerEntry,
)
from server.exact_amounts.entries.money import ExactAmount
from server.exact_amounts.ledger.clearing import day_totals
from server.exact_amounts.ledger.closings import SourceOfAccount
from server.exact_amounts.ledger.proof import Proof, prove, stretches
from server.exact_amounts.reconciliation.wire import (
    ClosedAccount,
    ClosedEntry,
    ClosedSource,
    Evidence,
    LateArrival,
)
from server.shared_types.ids import AccountId

__all__ = [
    "AccountOfMonth",
    "close_accounts",
    "is_over",
    "late_arrivals",
    "month_of",
    "read_evidence",
    "write_evidence",
]

_DECEMBER = 12
#: A sign, 18 digits of each of a hundred million amounts summed, a point, 9 digits.
_AMOUNT_CHARACTERS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOfMonth:
    """Everything that the ledger has of an account."""

    account: Account
    #: Removed ones too.
    entries: Sequence[LedgerEntry] = field(repr=False)
    anchors: Sequence[Anchor] = field(repr=False)
    sources: Sequence[SourceOfAccount] = field(repr=False)


def month_of(day: str) -> str:
    """Return the month ("2026-03") of a day."""
    return day[:7]


def _last_day(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    following = date(year + number // _DECEMBER, number % _DECEMBER + 1, 1)
    return (following - timedelta(days=1)).isoformat()


def is_over(month: str, today: date) -> bool:
    """Whether a month has ended."""
    return _last_day(month) < today.isoformat()


def _nothing(currency: str) -> ExactAmount:
    return ExactAmount(Decimal(0), currency)


def _sum(entries: Iterable[LedgerEntry], currency: str) -> ExactAmount:
    return reduce(add, (entry.amount for entry in entries), _nothing(currency))


def _padded(amount: ExactAmount) -> str:
    """The amount with the decimals of its currency at least."""
    decimals = exponent_of(amount.currency)
    whole, _, fraction = amount.literal().partition(".")
    fraction = fraction.ljust(decimals, "0")
    return f"{whole}.{fraction}" if fraction else whole


def _closed(entry: LedgerEntry) -> ClosedEntry:
    return ClosedEntry(
        id=str(entry.entry_id),
        posted_on=entry.posted_on,
        counts_on=entry.proof_day,
        amount=_padded(entry.amount),
        description=entry.text.description,
        role=entry.role.value,
        reason=entry.text.notes if entry.role is EntryRole.ADJUSTMENT else "",
    )


def _in_order(entries: Iterable[LedgerEntry]) -> list[LedgerEntry]:
    return sorted(entries, key=lambda e: (e.proof_day, e.posted_on, e.entry_id.bytes))


def _of_month(entries: Iterable[LedgerEntry], month: str) -> list[LedgerEntry]:
    """What counts in a month, in order."""
    return _in_order(
        e
        for e in entries
        if e.counts_in_proofs and e.status is EntryStatus.POSTED and month_of(e.proof_day) == month
    )


def _proof_of_month(of: AccountOfMonth, month: str) -> Proof:
    """What the stretches say that end in the month."""
    totals = day_totals(of.entries)
    ending = [
        stretch
        for stretch in stretches(of.account.currency, totals, of.anchors)
        if month_of(stretch.through) == month
    ]
    if not ending:
        return Proof.NOT_YET_PROVEN
    return Proof.DIFFERS if any(each.difference.sign for each in ending) else Proof.PROVEN


def _close_account(of: AccountOfMonth, month: str) -> ClosedAccount:
    account, currency = of.account, of.account.currency
    proof = prove(currency, day_totals(of.entries), of.anchors)
    inside = _of_month(of.entries, month)
    before = [
        e
        for e in of.entries
        if e.counts_in_proofs and e.status is EntryStatus.POSTED and month_of(e.proof_day) < month
    ]
    opening = None
    closing = None
    if proof.opening is not None:
        opening = (proof.opening + _sum(before, currency)).rounded()
        closing = (proof.opening + _sum(before, currency) + _sum(inside, currency)).rounded()
    stated = [a for a in of.anchors if month_of(a.stated_on) == month]
    last = max(stated, key=lambda a: (a.stated_on, a.version), default=None)
    outstanding = _in_order(
        e
        for e in of.entries
        if not e.removed and e.status is EntryStatus.PENDING and month_of(e.proof_day) <= month
    )
    return ClosedAccount(
        id=str(account.account_id),
        name=account.name,
        currency=currency,
        opening=_padded(opening) if opening is not None else None,
        opening_source=proof.opening_source.value,
        entries=[_closed(e) for e in inside],
        sum=_padded(_sum(inside, currency).rounded()),
        closing=_padded(closing) if closing is not None else None,
        stated_on=last.stated_on if last else None,
        stated=_padded(last.balance) if last else None,
        proof=_proof_of_month(of, month).value,
        outstanding=[_closed(e) for e in outstanding],
        adjustments=[_closed(e) for e in inside if e.role is EntryRole.ADJUSTMENT],
        sources=[
            ClosedSource(file_name=each.file_name, sha256=each.sha256.hex()) for each in of.sources
        ],
    )


def close_accounts(accounts: Sequence[AccountOfMonth], month: str) -> list[ClosedAccount]:
    """Return every account as it is at the end of a month."""
    return [_close_account(each, month) for each in accounts]


def late_arrivals(
    evidence: Evidence, entries: Mapping[AccountId, Sequence[LedgerEntry]]
) -> list[LateArrival]:
    """Return what a closed month has now that it had not then, has otherwise, or has no more."""
    then = {
        entry.id: (account.id, entry) for account in evidence.accounts for entry in account.entries
    }
    now = {
        str(entry.entry_id): (str(account_id), _closed(entry))
        for account_id, every in entries.items()
        for entry in _of_month(every, evidence.month)
    }
    late = []
    for entry_id, (account_id, entry) in now.items():
        before = then.get(entry_id)
        if before is None:
            late.append(LateArrival(change="added", account_id=account_id, entry=entry))
        elif _figures(before[1]) != _figures(entry):
            late.append(LateArrival(change="changed", account_id=account_id, entry=entry))
    for entry_id, (account_id, entry) in then.items():
        if entry_id not in now:
            late.append(LateArrival(change="gone", account_id=account_id, entry=entry))
    return sorted(late, key=lambda each: (each.entry.counts_on, each.entry.id))


def _figures(entry: ClosedEntry) -> tuple[str, str, str]:
    """What a balance depends on."""
    return entry.posted_on, entry.counts_on, entry.amount


def write_evidence(evidence: Evidence) -> bytes:
    """
    Return evidence as it is sealed.

    Every amount is equally long, and so is every verdict: the record's length tells no digit and no outcome.
    """
    return msgspec.json.encode(_with_amounts(evidence, lambda text: text.ljust(_AMOUNT_CHARACTERS)))


def read_evidence(written: bytes) -> Evidence:
    """Return the evidence that was written."""
    return _with_amounts(msgspec.json.decode(written, type=Evidence), str.rstrip)


def _with_amounts(evidence: Evidence, spell: Callable[[str], str]) -> Evidence:
    def entries(every: Sequence[ClosedEntry]) -> list[ClosedEntry]:
        return [replace(each, amount=spell(each.amount)) for each in every]

    def maybe(amount: str | None) -> str | None:
        return None if amount is None else spell(amount)

    accounts = [
        replace(
            account,
            proof=spell(account.proof),
            opening=maybe(account.opening),
            closing=maybe(account.closing),
            sum=spell(account.sum),
            stated=maybe(account.stated),
            entries=entries(account.entries),
            outstanding=entries(account.outstanding),
            adjustments=entries(account.adjustments),
        )
        for account in evidence.accounts
    ]
    return replace(evidence, accounts=accounts)
