"""
What a ledger in memory holds at one of its versions. What stands in a book never changes: a writer works on a copy.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from server.exact_amounts.entries.entry import (
    Account,
    Anchor,
    EntryRole,
    EntryStatus,
    LedgerEntry,
    Removal,
)
from server.exact_amounts.ledger.account_states import AccountNotes, AccountState, prove_accounts
from server.exact_amounts.ledger.applying import StoredEntry
from server.exact_amounts.ledger.batch_store import BatchRecord, GivenAnswer
from server.exact_amounts.ledger.clearing import day_totals
from server.exact_amounts.ledger.closings import ClosingRecord, SourceOfAccount
from server.exact_amounts.ledger.edit_store import KeptEdits, Lease
from server.exact_amounts.ledger.row_sealer import PostedTotals
from server.exact_amounts.ledger.undoing import UndoneBatches
from server.shared_types.ids import AccountId, BatchId, EntryId, PrincipalId

__all__ = ["Book", "MemoryBatch", "Undone"]

_REMEMBERED = frozenset({Removal.USER, Removal.MERGED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """Who undid a batch, and what version that made."""

    version: int
    by: PrincipalId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryBatch:
    """A batch with what a list of batches does not show."""

    record: BatchRecord
    version: int
    #: SHA-256 of the file it came from.
    sha256: bytes | None
    undone: Undone | None = None


@dataclass(slots=True, kw_only=True)
class Book:
    """One ledger at one of its versions."""

    version: int = 0
    accounts: dict[AccountId, Account] = field(default_factory=dict, repr=False)
    numbers: dict[bytes, AccountId] = field(default_factory=dict, repr=False)
    batches: dict[BatchId, MemoryBatch] = field(default_factory=dict, repr=False)
    entries: dict[EntryId, StoredEntry] = field(default_factory=dict, repr=False)
    anchors: list[Anchor] = field(default_factory=list, repr=False)
    answers: dict[bytes, GivenAnswer] = field(default_factory=dict, repr=False)
    edits: dict[BatchId, KeptEdits] = field(default_factory=dict, repr=False)
    edit_ids: set[UUID] = field(default_factory=set)
    #: Which batches state an entry besides its own, oldest first.
    sightings: dict[EntryId, tuple[BatchId, ...]] = field(default_factory=dict)
    closings: list[ClosingRecord] = field(default_factory=list, repr=False)
    leases: dict[UUID, Lease] = field(default_factory=dict)

    def copy(self) -> Book:
        """A book of its own; what stands in it never changes."""
        return Book(
            version=self.version,
            accounts=dict(self.accounts),
            numbers=dict(self.numbers),
            batches=dict(self.batches),
            entries=dict(self.entries),
            anchors=list(self.anchors),
            answers=dict(self.answers),
            edits=dict(self.edits),
            edit_ids=set(self.edit_ids),
            sightings=dict(self.sightings),
            closings=list(self.closings),
            leases=dict(self.leases),
        )

    def live(self) -> list[StoredEntry]:
        """Every entry that is not removed, by id."""
        live = [stored for stored in self.entries.values() if not stored.entry.removed]
        return sorted(live, key=lambda stored: stored.entry.entry_id.bytes)

    def known(self) -> list[StoredEntry]:
        """What an import finds again, by id: live entries, and those that a person removed or merged."""
        whole = {EntryRole.WHOLE, EntryRole.SPLIT}
        known = (s for s in self.entries.values() if s.entry.role in whole)
        remembered = (s for s in known if not s.entry.removed or s.entry.removal in _REMEMBERED)
        return sorted(remembered, key=lambda stored: stored.entry.entry_id.bytes)

    def posted(self) -> list[LedgerEntry]:
        """What was earned and spent: live posted entries by id, parts instead of their split, no adjustment."""
        entries = [stored.entry for stored in self.live()]
        spent = {EntryRole.WHOLE, EntryRole.PART}
        return [e for e in entries if e.status is EntryStatus.POSTED and e.role in spent]

    def of_account(self, account_id: AccountId) -> list[LedgerEntry]:
        """Every entry of an account by id, removed ones too."""
        entries = (stored.entry for stored in self.entries.values())
        own = (entry for entry in entries if entry.account_id == account_id)
        return sorted(own, key=lambda entry: entry.entry_id.bytes)

    def adjustments(self) -> list[LedgerEntry]:
        """The adjustments in force, by id."""
        entries = [stored.entry for stored in self.live()]
        return [entry for entry in entries if entry.role is EntryRole.ADJUSTMENT]

    def closed_months(self) -> frozenset[str]:
        """The months that are closed now."""
        return frozenset(closing.month for closing in self.closings if closing.reopened is None)

    def states(self) -> tuple[AccountState, ...]:
        """Every account with its proof, oldest first."""
        totals = {}
        for account in self.accounts.values():
            entries = self.of_account(account.account_id)
            posted = EntryStatus.POSTED
            counted = [e for e in entries if e.counts_in_proofs and e.status is posted]
            totals[account.account_id] = PostedTotals(
                count=len(counted), by_day=day_totals(counted)
            )
        adjustments: dict[AccountId, int] = {}
        for entry in self.adjustments():
            adjustments[entry.account_id] = adjustments.get(entry.account_id, 0) + 1
        notes = AccountNotes(closed_months=self.closed_months(), adjustments=adjustments)
        return prove_accounts(self.accounts_by_id(), totals, self.anchors, notes)

    def undone(self) -> UndoneBatches:
        """The batches that were undone."""
        undone = {i: each for i, each in self.batches.items() if each.undone is not None}
        return UndoneBatches(
            ids=frozenset(undone),
            undone_at={
                each.version: each.undone.version for each in undone.values() if each.undone
            },
        )

    def accounts_by_id(self) -> list[Account]:
        """Every account, oldest first."""
        return sorted(self.accounts.values(), key=lambda account: account.account_id.bytes)

    def sources(self) -> list[SourceOfAccount]:
        """The files in force, once for each account that they stated something of, oldest first."""
        touched: dict[BatchId, set[AccountId]] = {}
        for stored in self.entries.values():
            entry = stored.entry
            for batch_id in (entry.batch_id, *self.sightings.get(entry.entry_id, ())):
                touched.setdefault(batch_id, set()).add(entry.account_id)
        for anchor in self.anchors:
            touched.setdefault(anchor.batch_id, set()).add(anchor.account_id)
        found = []
        for batch_id, batch in sorted(self.batches.items(), key=lambda each: each[1].version):
            if batch.sha256 is None or batch.record.undone_at is not None:
                continue
            for account_id in sorted(touched.get(batch_id, ()), key=lambda each: each.bytes):
                found.append(  # noqa: PERF401 - two loops read better than one expression
                    SourceOfAccount(
                        account_id=account_id,
                        batch_id=batch_id,
                        file_name=batch.record.file_name or "",
                        sha256=batch.sha256,
                    )
                )
        return found
