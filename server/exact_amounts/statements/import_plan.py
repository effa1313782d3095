"""
What an import will do, row by row, decided before anything is written. Pure: no store, no clock.

A row is new, or the same as an entry of the ledger, or it conflicts with one. N equal payments stay N: the k-th row
of an identity in the file is the k-th live entry of that identity in the ledger. A bank id that comes again for
another transaction (banks restart their numbering, or write "0" everywhere) never costs an entry.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum, unique

from server.exact_amounts.entries.entry import Account, EntryStatus, EntryText, LedgerEntry
from server.exact_amounts.entries.statement import ReadingProblem, StatementTransaction
from server.exact_amounts.ledger.identities import Identities, same_text_key
from server.exact_amounts.ledger.plans import (
    BatchKind,
    BatchPlan,
    BatchSource,
    KnownIdentity,
    PlannedAccount,
    PlannedAnchor,
    PlannedEntry,
    Settlement,
)
from server.exact_amounts.statements.incoming import IncomingAccount
from server.shared_types.ids import AccountId, EntryId

__all__ = [
    "AccountPlan",
    "Because",
    "ImportPlan",
    "KnownAccount",
    "PlannedRow",
    "RowVerdict",
    "Verdict",
    "bank_ids_to_ask",
    "plan_account",
    "plan_rows",
]

#: Further apart, one bank id on two dates means two transactions.
_NEAR_DAYS = 10


@unique
class Verdict(StrEnum):
    """What a row of a file is to the ledger."""

    NEW = "new"
    SAME = "same"
    CONFLICTS = "conflicts"


@unique
class Because(StrEnum):
    """Why a row is what it is."""

    NOTHING_LIKE_IT = "nothing like it in the ledger"
    SAME_BANK_ID = "same bank id, date and amount"
    SAME_TEXT = "same date, amount and text"
    POSTED_NOW = "pending until now, posted in this file"
    POSTED_BEFORE = "same bank id, and posted already"
    TAKEN_OUT = "removed or merged by a person before"
    OTHER_FACTS = "same bank id, other amount or date"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAccount:
    """What the ledger has of an account, as far as the file touches it."""

    #: Live entries by identity, oldest first.
    identities: Mapping[bytes, Sequence[KnownIdentity]] = field(default_factory=dict)
    #: Live entries by the identity of their bank id.
    bank_ids: Mapping[bytes, Sequence[LedgerEntry]] = field(default_factory=dict)
    #: Live stated balances.
    anchors: frozenset[PlannedAnchor] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class RowVerdict:
    """The verdict on one row."""

    #: 1-based line of the file.
    line: int
    verdict: Verdict
    because: Because
    #: The entry it is the same as, or conflicts with.
    entry_id: EntryId | None = None
    #: Whether it states that entry as the ledger has it: a row that is pending yet does not state a booked one.
    is_sighting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPlan:
    """What the import does to one account."""

    #: The account as it is or will be.
    account: Account
    is_known: bool
    #: ISO 8601 date of the last balance that the file states, or None.
    closing_on: str | None
    rows: tuple[RowVerdict, ...]
    entries: tuple[PlannedEntry, ...]
    settlements: tuple[Settlement, ...]
    anchors: tuple[PlannedAnchor, ...]
    problems: tuple[ReadingProblem, ...] = ()

    def sightings(self) -> tuple[EntryId, ...]:
        """The entries that the file states and that the ledger has already."""
        return tuple(row.entry_id for row in self.rows if row.is_sighting and row.entry_id)

    def count(self, verdict: Verdict) -> int:
        """How many rows have that verdict."""
        return sum(1 for row in self.rows if row.verdict is verdict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """What the import does to the ledger."""

    accounts: tuple[AccountPlan, ...]
    opened: tuple[PlannedAccount, ...]
    problems: tuple[ReadingProblem, ...]

    def rows(self) -> list[RowVerdict]:
        """Every row, in the order of the file."""
        rows = [row for account in self.accounts for row in account.rows]
        return sorted(rows, key=lambda row: row.line)

    def count(self, verdict: Verdict) -> int:
        """How many rows have that verdict."""
        return sum(account.count(verdict) for account in self.accounts)

    def batch(self, source: BatchSource, *, seen_before: bool) -> BatchPlan:
        """What is to be written; a file that was seen before states nothing a second time."""
        sightings = () if seen_before else (e for p in self.accounts for e in p.sightings())
        return BatchPlan(
            kind=BatchKind.IMPORT,
            source=source,
            accounts=self.opened,
            entries=tuple(entry for plan in self.accounts for entry in plan.entries),
            settlements=tuple(each for plan in self.accounts for each in plan.settlements),
            anchors=tuple(anchor for plan in self.accounts for anchor in plan.anchors),
            sightings=tuple(sightings),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRow:
    """A transaction of the file as the entry that it would become."""

    line: int
    entry: PlannedEntry


def plan_rows(
    account_id: AccountId, transactions: Sequence[StatementTransaction], identities: Identities
) -> list[PlannedRow]:
    """Return the entries that transactions would become, with their identities."""
    rows = []
    for transaction in transactions:
        text = EntryText(
            description=transaction.description,
            merchant=transaction.counterparty,
            reference=transaction.reference,
            bank_id=transaction.bank_id,
            bank_kind=transaction.bank_kind,
        )
        entry = PlannedEntry(
            account_id=account_id,
            posted_on=transaction.posted_on,
            amount=transaction.amount,
            original=transaction.original,
            text=text,
            status=EntryStatus.PENDING if transaction.pending else EntryStatus.POSTED,
            identity=identities.entry(
                account_id, transaction.posted_on, transaction.amount.exact_value, text
            ),
            bank_identity=identities.bank_id(account_id, transaction.bank_id),
        )
        rows.append(PlannedRow(line=transaction.line, entry=entry))
    return rows


def _matches(
    rows: Sequence[PlannedRow], known: Mapping[bytes, Sequence[KnownIdentity]]
) -> dict[int, KnownIdentity]:
    """Which row (by its place) is which live entry: each entry once, of the same status where there is one."""
    # A live entry is the likelier one; what a person took out comes last.
    free = {
        identity: sorted(entries, key=lambda each: each.is_gone)
        for identity, entries in known.items()
    }
    matches: dict[int, KnownIdentity] = {}
    for same_status in (True, False):
        for place, row in enumerate(rows):
            candidates = free.get(row.entry.identity)
            if place in matches or not candidates:
                continue
            for candidate in candidates:
                if not same_status or candidate.status is row.entry.status:
                    matches[place] = candidate
                    candidates.remove(candidate)
                    break
    return matches


def bank_ids_to_ask(
    rows: Sequence[PlannedRow], known: Mapping[bytes, Sequence[KnownIdentity]]
) -> set[bytes]:
    """Return the bank ids (as digests) whose holders in the ledger a verdict depends on."""
    matches = _matches(rows, known)
    times = Counter(row.entry.bank_identity for row in rows)
    return {
        row.entry.bank_identity
        for place, row in enumerate(rows)
        if place not in matches
        and row.entry.bank_identity is not None
        and times[row.entry.bank_identity] == 1
    }


def _days_apart(one: str, other: str) -> int:
    return abs((date.fromisoformat(one) - date.fromisoformat(other)).days)


def _tells_of(entry: PlannedEntry, holder: LedgerEntry) -> bool:
    """Whether an entry of one bank id but another date or amount is about the same transaction."""
    if _days_apart(entry.posted_on, holder.posted_on) > _NEAR_DAYS:
        return False
    return entry.amount == holder.amount or same_text_key(entry.text) == same_text_key(holder.text)


_NEW = (Verdict.NEW, Because.NOTHING_LIKE_IT)


def _judge_by_bank_id(
    entry: PlannedEntry, holders: Sequence[LedgerEntry]
) -> tuple[Verdict, Because, LedgerEntry | None]:
    """The verdict on an entry whose bank id is unique in the file, given who has that id in the ledger."""
    # A live entry is the likelier one.
    holders = [each for each in holders if not each.removed] or holders
    if len(holders) != 1 or not _tells_of(entry, holders[0]):
        return *_NEW, None
    holder = holders[0]
    if holder.removed:
        return Verdict.SAME, Because.TAKEN_OUT, holder
    if holder.status is not entry.status:
        if holder.status is EntryStatus.PENDING:
            return Verdict.SAME, Because.POSTED_NOW, holder
        return Verdict.SAME, Because.POSTED_BEFORE, holder
    return Verdict.CONFLICTS, Because.OTHER_FACTS, holder


def _judge_match(entry: PlannedEntry, match: KnownIdentity) -> Because:
    if match.is_gone:
        return Because.TAKEN_OUT
    if match.status is EntryStatus.PENDING and entry.status is EntryStatus.POSTED:
        return Because.POSTED_NOW
    return Because.SAME_BANK_ID if entry.text.bank_id else Because.SAME_TEXT


def _judge(rows: Sequence[PlannedRow], known: KnownAccount) -> list[RowVerdict]:
    matches = _matches(rows, known.identities)
    times = Counter(row.entry.bank_identity for row in rows)
    verdicts = []
    for place, row in enumerate(rows):
        verdict, because = _NEW
        entry: KnownIdentity | LedgerEntry | None = None
        bank_identity = row.entry.bank_identity
        if place in matches:
            verdict, because = Verdict.SAME, _judge_match(row.entry, matches[place])
            entry = matches[place]
        elif bank_identity is not None and times[bank_identity] == 1:
            holders = known.bank_ids.get(bank_identity, ())
            verdict, because, entry = _judge_by_bank_id(row.entry, holders)
        verdicts.append(
            RowVerdict(
                line=row.line,
                verdict=verdict,
                because=because,
                entry_id=entry.entry_id if entry else None,
                is_sighting=entry is not None
                and verdict is Verdict.SAME
                and entry.status is row.entry.status,
            )
        )
    return verdicts


def _plan_anchors(
    account_id: AccountId, incoming: IncomingAccount, known: frozenset[PlannedAnchor]
) -> tuple[tuple[PlannedAnchor, ...], tuple[ReadingProblem, ...]]:
    """The stated balances that the ledger does not have yet; of two for one day the later one in the file."""
    by_day: dict[tuple[str, str], PlannedAnchor] = {}
    contradictions: dict[tuple[str, str], int] = defaultdict(int)
    for stated in incoming.balances:
        anchor = PlannedAnchor(
            account_id=account_id,
            stated_on=stated.stated_on,
            balance=stated.balance,
            source=stated.source,
        )
        key = (anchor.stated_on, anchor.source)
        if key in by_day and by_day[key] != anchor:
            contradictions[key] += 1
        by_day[key] = anchor
    problems = tuple(
        ReadingProblem(line=0, what="two balances for one day contradict each other")
        for _ in range(sum(contradictions.values()))
    )
    return tuple(anchor for anchor in by_day.values() if anchor not in known), problems


def plan_account(
    account: Account,
    incoming: IncomingAccount,
    rows: Sequence[PlannedRow],
    known: KnownAccount | None,
) -> AccountPlan:
    """Return what a file does to one account; `known` is None for an account that the import opens."""
    is_known = known is not None
    known = known or KnownAccount()
    verdicts = _judge(rows, known)
    judged = list(zip(rows, verdicts, strict=True))
    anchors, problems = _plan_anchors(account.account_id, incoming, known.anchors)
    return AccountPlan(
        account=account,
        is_known=is_known,
        closing_on=incoming.closing_on(),
        rows=tuple(verdicts),
        entries=tuple(row.entry for row, verdict in judged if verdict.verdict is Verdict.NEW),
        settlements=tuple(
            Settlement(entry_id=verdict.entry_id, becomes=row.entry)
            for row, verdict in judged
            if verdict.because is Because.POSTED_NOW and verdict.entry_id is not None
        ),
        anchors=anchors,
        problems=problems,
    )
