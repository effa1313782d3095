# ruff: noqa: D102 - the docstrings are those of the port
"""Units of work on a ledger in memory: the same behaviour as `ledger_reading` and `ledger_writing`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from server.exact_amounts.entries.entry import Account, Anchor, EntryRole, LedgerEntry, Removal
from server.exact_amounts.entries.problems import (
    AccountNameTaken,
    AlreadyUndone,
    MonthIsClosed,
    UnknownBatch,
    WorkbookBusy,
)
from server.exact_amounts.ledger.applying import (
    AppliedBatch,
    Categorise,
    StoredEntry,
    UndoneBatch,
    new_anchor,
    new_entries,
    stored_entries,
    stored_part,
    with_categories,
)
from server.exact_amounts.ledger.batch_store import BatchRecord, Writer
from server.exact_amounts.ledger.clearing import cleared_adjustments, clearing_plan, day_totals
from server.exact_amounts.ledger.closings import (
    ClosingRecord,
    MakeEvidence,
    Reopening,
    SourceOfAccount,
)
from server.exact_amounts.ledger.edit_store import KeptEdits, Lease
from server.exact_amounts.ledger.edited import EditPlan, EditRecord, apply_edits, ids_beside
from server.exact_amounts.ledger.identities import Identities, name_key, number_tail
from server.exact_amounts.ledger.memory_book import Book, MemoryBatch, Undone
from server.exact_amounts.ledger.plans import (
    BatchKind,
    BatchPlan,
    BatchPurpose,
    KnownIdentity,
    PlannedAccount,
    Settlement,
)
from server.exact_amounts.ledger.settling import settle
from server.exact_amounts.ledger.undoing import Sighting, UndoState, ids_before, plan_undo
from server.shared_types.ids import AccountId, BatchId, EntryId, IdMaker, PrincipalId

__all__ = ["MemoryReading", "MemoryWriting"]


class MemoryReading:
    """A ledger as it is; satisfies `LedgerReads`."""

    def __init__(self, book: Book, identities: Identities) -> None:
        self._book = book
        self._identities = identities

    @property
    def identities(self) -> Identities:
        return self._identities

    async def version(self) -> int:
        return self._book.version

    async def accounts(self) -> list[Account]:
        return self._book.accounts_by_id()

    async def account_numbers(self) -> Mapping[bytes, AccountId]:
        return dict(self._book.numbers)

    async def live_identities(
        self, account_id: AccountId, first_day: str, last_day: str
    ) -> Mapping[bytes, Sequence[KnownIdentity]]:
        known: dict[bytes, list[KnownIdentity]] = {}
        for stored in self._book.known():
            entry = stored.entry
            if entry.account_id == account_id and first_day <= entry.posted_on <= last_day:
                known.setdefault(stored.identity, []).append(
                    KnownIdentity(
                        entry_id=entry.entry_id, status=entry.status, is_gone=entry.removed
                    )
                )
        return known

    async def live_entries_of_bank_ids(
        self, bank_identities: Collection[bytes]
    ) -> Mapping[bytes, Sequence[LedgerEntry]]:
        known: dict[bytes, list[LedgerEntry]] = {}
        for stored in self._book.known():
            if stored.bank_identity is not None and stored.bank_identity in bank_identities:
                known.setdefault(stored.bank_identity, []).append(stored.entry)
        return known

    async def live_anchors(self) -> Sequence[Anchor]:
        return list(self._book.anchors)

    async def source_was_seen(self, sha256: bytes) -> bool:
        return any(
            batch.sha256 == sha256 and batch.record.undone_at is None
            for batch in self._book.batches.values()
        )

    async def entries_beside(self, entry_ids: Collection[EntryId]) -> Mapping[EntryId, LedgerEntry]:
        found: dict[EntryId, LedgerEntry] = {}
        asked = set(entry_ids)
        every = {entry_id: stored.entry for entry_id, stored in self._book.entries.items()}
        while asked:
            entries = [every[entry_id] for entry_id in asked if entry_id in every]
            split = {e.entry_id for e in entries if e.role is EntryRole.SPLIT or e.removed}
            entries += [entry for entry in every.values() if entry.parent_id in split]
            found |= {entry.entry_id: entry for entry in entries}
            named = {each for entry in entries for each in ids_beside(entry)}
            asked = named - found.keys() - asked
        return found

    async def known_edits(self, edit_ids: Collection[UUID]) -> Collection[UUID]:
        return set(edit_ids) & self._book.edit_ids

    async def entries_of_account(self, account_id: AccountId) -> Sequence[LedgerEntry]:
        return self._book.of_account(account_id)

    async def writer_of(self, version: int) -> Writer | None:
        for batch in self._book.batches.values():
            if batch.version == version:
                record = batch.record
                return Writer(principal_id=record.principal_id, at=record.created_at)
        for batch in self._book.batches.values():
            if batch.undone is not None and batch.undone.version == version:
                return Writer(principal_id=batch.undone.by, at=batch.undone.at)
        return None

    async def closed_months(self) -> frozenset[str]:
        return self._book.closed_months()

    async def closings(self) -> Sequence[ClosingRecord]:
        return list(self._book.closings)

    async def sources(self) -> Sequence[SourceOfAccount]:
        return self._book.sources()


class MemoryWriting(MemoryReading):
    """A book that nobody else writes in; satisfies `LedgerWrites`."""

    def __init__(
        self,
        book: Book,
        identities: Identities,
        *,
        principal_id: PrincipalId,
        now: datetime,
        new_id: IdMaker,
        categorise: Categorise,
    ) -> None:
        super().__init__(book, identities)
        self._principal_id = principal_id
        self._now = now
        self._new_id = new_id
        self._categorise = categorise

    async def apply(self, plan: BatchPlan) -> AppliedBatch:
        assert not plan.is_empty, "what changes nothing makes no batch"
        book = self._book
        book.version += 1
        batch_id = BatchId(self._new_id())
        for account in plan.accounts:
            self._open(account)
        source = plan.source
        record = BatchRecord(
            batch_id=batch_id,
            kind=plan.kind.value,
            created_at=self._now,
            added=len(plan.entries),
            file_name=source.file_name if source else None,
            undone_at=None,
            purpose=plan.purpose.value if plan.purpose else None,
            principal_id=self._principal_id,
        )
        sha256 = source.sha256 if source else None
        book.batches[batch_id] = MemoryBatch(record=record, version=book.version, sha256=sha256)
        added = new_entries(plan.entries, batch_id, book.version, self._new_id)
        self._put(stored_entries(added, plan.entries, self._categorise))
        await self._settle(plan.settlements, batch_id)
        for entry_id in set(plan.sightings):
            book.sightings[entry_id] = (*book.sightings.get(entry_id, ()), batch_id)
        book.anchors += [new_anchor(each, batch_id, book.version) for each in plan.anchors]
        self._keep_edits(batch_id, KeptEdits(edits=self._clear_adjustments(batch_id)))
        return AppliedBatch(
            batch_id=batch_id,
            version=book.version,
            entry_ids=tuple(each.entry_id for each in added),
        )

    async def apply_edits(self, plan: EditPlan) -> AppliedBatch:
        assert plan.edits, "what changes nothing makes no batch"
        book = self._book
        book.version += 1
        batch_id = BatchId(self._new_id())
        record = BatchRecord(
            batch_id=batch_id,
            kind=BatchKind.TYPED.value,
            created_at=self._now,
            added=0,
            file_name=None,
            undone_at=None,
            purpose=BatchPurpose.EDIT.value,
            principal_id=self._principal_id,
        )
        book.batches[batch_id] = MemoryBatch(record=record, version=book.version, sha256=None)
        touched = {c.entry_id for each in plan.edits for c in each.changes}
        touched |= {each.entry_id for each in plan.edits}
        found = {i: book.entries[i].entry for i in touched if i in book.entries}
        edited = apply_edits(plan, found, batch_id, book.version)
        self._put([stored_part(part, self._identities) for part in edited.parts])
        self._edit(with_categories(edited.entries, self._categorise))
        self._keep_edits(batch_id, KeptEdits(edits=edited.records))
        book.edit_ids |= {each.edit_id for each in plan.edits}
        self._keep_edits(batch_id, KeptEdits(edits=self._clear_adjustments(batch_id)))
        return AppliedBatch(
            batch_id=batch_id,
            version=book.version,
            entry_ids=tuple(part.entry_id for part in edited.parts),
        )

    async def open_account(self, account: PlannedAccount) -> Account:
        names = {name_key(each.name) for each in self._book.accounts.values()}
        if name_key(account.name) in names:
            raise AccountNameTaken
        self._book.version += 1
        return self._open(account)

    async def undo(self, batch_id: BatchId) -> UndoneBatch:
        book = self._book
        batch = book.batches.get(batch_id)
        if batch is None:
            raise UnknownBatch
        if batch.record.undone_at is not None:
            raise AlreadyUndone
        book.version += 1
        plan = plan_undo(await self._undo_state(batch_id))
        stated = [a.stated_on for a in book.anchors if a.batch_id == batch_id]
        if any(day[:7] in book.closed_months() for day in (*plan.days, *stated)):
            raise MonthIsClosed
        self._edit(plan.own)
        self._edit(with_categories(plan.others, self._categorise))
        again = with_categories([each.entry for each in plan.pending_again], self._categorise)
        self._put([replace(e, entry=now) for e, now in zip(plan.pending_again, again, strict=True)])
        self._edit(plan.parts)
        book.anchors = [anchor for anchor in book.anchors if anchor.batch_id != batch_id]
        book.batches[batch_id] = replace(
            batch,
            record=replace(batch.record, undone_at=self._now),
            undone=Undone(version=book.version, by=self._principal_id, at=self._now),
        )
        self._clear_adjustments(batch_id)
        return UndoneBatch(
            batch_id=batch_id, version=book.version, removed=plan.removed, kept=plan.kept
        )

    async def _undo_state(self, batch_id: BatchId) -> UndoState:
        book = self._book
        kept = book.edits.get(batch_id, KeptEdits())
        own = [stored.entry for stored in book.entries.values() if _is_of(stored, batch_id)]
        own.sort(key=lambda entry: entry.entry_id.bytes)
        changed = {record.entry_id for record in kept.edits}
        every = (record for each in book.edits.values() for record in each.edits)
        history = [record for record in every if record.entry_id in changed]
        touched = {entry.entry_id for entry in own} | changed | ids_before(history)
        merged = (s.entry for s in book.entries.values() if s.entry.removal is Removal.MERGED)
        beside = {entry.entry_id: entry for entry in merged}
        return UndoState(
            batch_id=batch_id,
            made_at=book.batches[batch_id].version,
            next_version=book.version,
            own=own,
            seen_elsewhere=self._seen_elsewhere(own, batch_id),
            edits=kept.edits,
            history=history,
            settled=kept.settled,
            beside=beside | dict(await self.entries_beside(touched)),
            undone=book.undone(),
        )

    def _seen_elsewhere(
        self, own: Sequence[LedgerEntry], batch_id: BatchId
    ) -> dict[EntryId, list[Sighting]]:
        found: dict[EntryId, list[Sighting]] = {}
        for entry in own:
            for other in self._book.sightings.get(entry.entry_id, ()):
                batch = self._book.batches[other]
                if other != batch_id and batch.undone is None:
                    sighting = Sighting(batch_id=other, version=batch.version)
                    found.setdefault(entry.entry_id, []).append(sighting)
        return found

    async def _settle(self, settlements: Sequence[Settlement], batch_id: BatchId) -> None:
        ids = sorted((each.entry_id for each in settlements), key=lambda each: each.bytes)
        beside = await self.entries_beside(ids)
        pending = tuple(self._book.entries[each] for each in ids)
        settled = settle(settlements, beside, batch_id, self._book.version)
        becomes = [settlement.becomes for settlement in settlements]
        self._put(stored_entries(settled.booked, becomes, self._categorise))
        self._edit((*settled.parts, *settled.others))
        self._keep_edits(batch_id, KeptEdits(edits=settled.records, settled=pending))

    def _clear_adjustments(self, batch_id: BatchId) -> tuple[EditRecord, ...]:
        adjustments = self._book.adjustments()
        cleared: list[LedgerEntry] = []
        for account_id in sorted({a.account_id for a in adjustments}, key=lambda each: each.bytes):
            own = [a for a in adjustments if a.account_id == account_id]
            totals = day_totals(self._book.of_account(account_id))
            stated = [anchor for anchor in self._book.anchors if anchor.account_id == account_id]
            closed = self._book.closed_months()
            cleared += cleared_adjustments(own[0].amount.currency, totals, stated, own, closed)
        found = {entry.entry_id: entry for entry in cleared}
        plan = clearing_plan(cleared, batch_id)
        edited = apply_edits(plan, found, batch_id, self._book.version)
        self._edit(edited.entries)
        return edited.records

    def _keep_edits(self, batch_id: BatchId, kept: KeptEdits) -> None:
        before = self._book.edits.get(batch_id, KeptEdits())
        self._book.edits[batch_id] = KeptEdits(
            edits=before.edits + kept.edits, settled=before.settled + kept.settled
        )

    def _edit(self, entries: Sequence[LedgerEntry]) -> None:
        """Put entries in the place of what they were; their digests stay."""
        held = self._book.entries
        self._put([replace(held[entry.entry_id], entry=entry) for entry in entries])

    async def close(self, month: str, evidence: MakeEvidence) -> ClosingRecord:
        self._book.version += 1
        closing = ClosingRecord(
            closing_id=self._new_id(),
            month=month,
            version=self._book.version,
            closed_at=self._now,
            closed_by=self._principal_id,
            evidence=evidence(self._book.version, self._now),
        )
        self._book.closings.append(closing)
        return closing

    async def reopen(self, closing: ClosingRecord, reason: str) -> Reopening:
        self._book.version += 1
        reopening = Reopening(
            version=self._book.version, at=self._now, by=self._principal_id, reason=reason
        )
        place = self._book.closings.index(closing)
        self._book.closings[place] = replace(closing, reopened=reopening)
        return reopening

    async def take_lease(self, workbook_id: UUID, seconds: int, holder: UUID | None) -> Lease:
        held = self._book.leases.get(workbook_id)
        if held is not None and held.expires_at > self._now and held.lease_id != holder:
            raise WorkbookBusy
        lease_id = holder or self._new_id()
        lease = Lease(lease_id=lease_id, expires_at=self._now + timedelta(seconds=seconds))
        self._book.leases[workbook_id] = lease
        return lease

    async def drop_lease(self, lease_id: UUID) -> None:
        leases = self._book.leases
        self._book.leases = {key: each for key, each in leases.items() if each.lease_id != lease_id}

    def _open(self, planned: PlannedAccount) -> Account:
        account = Account(
            account_id=planned.account_id,
            version=self._book.version,
            name=planned.name,
            account_type=planned.account_type,
            currency=planned.currency,
            number_tail=number_tail(planned.number),
        )
        self._book.accounts[account.account_id] = account
        for number_mac in planned.number_macs:
            self._book.numbers.setdefault(number_mac, account.account_id)
        return account

    def _put(self, entries: Sequence[StoredEntry]) -> None:
        self._book.entries |= {stored.entry.entry_id: stored for stored in entries}


def _is_of(stored: StoredEntry, batch_id: BatchId) -> bool:
    """Whether an entry is a batch's own: live, or taken out by a person since."""
    entry = stored.entry
    taken_out = entry.removal in {Removal.USER, Removal.MERGED}
    return entry.batch_id == batch_id and (not entry.removed or taken_out)
