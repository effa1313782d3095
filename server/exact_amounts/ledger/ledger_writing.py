"""One unit of work that writes a ledger: the adapter that carries plans out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from server.audit.events import AuditEvent, Happening
from server.database.sessions import Session
from server.exact_amounts.entries.entry import Account, LedgerEntry
from server.exact_amounts.entries.problems import (
    AccountNameTaken,
    MonthIsClosed,
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
from server.exact_amounts.ledger.clearing import cleared_adjustments, clearing_plan, day_totals
from server.exact_amounts.ledger.closings import ClosingRecord, MakeEvidence, Reopening
from server.exact_amounts.ledger.edit_store import Lease
from server.exact_amounts.ledger.edited import EditedEntries, EditPlan, apply_edits
from server.exact_amounts.ledger.identities import name_key
from server.exact_amounts.ledger.integrity_check import check_ledger
from server.exact_amounts.ledger.integrity_store import IntegrityStore, read_sums
from server.exact_amounts.ledger.ledger_reading import LedgerReading
from server.exact_amounts.ledger.plans import (
    BatchKind,
    BatchPlan,
    BatchPurpose,
    PlannedAccount,
    PlannedEntry,
    Settlement,
)
from server.exact_amounts.ledger.row_sealer import RowSealer
from server.exact_amounts.ledger.settling import settle
from server.exact_amounts.ledger.undoing import UndoState, ids_before, plan_undo
from server.shared_types.ids import BatchId, IdMaker, PrincipalId

__all__ = ["LedgerWriting"]

_EVENTS = MappingProxyType(
    {
        BatchKind.IMPORT: AuditEvent.BATCH_IMPORTED,
        BatchKind.TYPED: AuditEvent.BATCH_TYPED,
        BatchPurpose.BALANCE: AuditEvent.BALANCE_TYPED,
        BatchPurpose.ADJUSTMENT: AuditEvent.ADJUSTMENT_TYPED,
    }
)


class LedgerWriting(LedgerReading):
    """A ledger that nobody else changes until the unit of work ends."""

    def __init__(
        self,
        session: Session,
        sealer: RowSealer,
        sums: IntegrityStore,
        *,
        principal_id: PrincipalId,
        now: datetime,
        new_id: IdMaker,
        categorise: Categorise,
    ) -> None:
        super().__init__(session, sealer)
        self._session = session
        self._sums = sums
        self._principal_id = principal_id
        self._now = now
        self._new_id = new_id
        self._categorise = categorise
        #: What was done so far, for the audit trail.
        self.happenings: list[Happening] = []

    async def apply(self, plan: BatchPlan) -> AppliedBatch:
        """Write a batch that is not empty; everything in it carries the ledger's next version."""
        assert not plan.is_empty, "what changes nothing makes no batch"
        version = await self._batches.next_version()
        batch_id = BatchId(self._new_id())
        for account in plan.accounts:
            await self._accounts.add(account, version, self._now, self._sums)
        await self._batches.add(batch_id, plan, version, self._principal_id, self._now, self._sums)
        added = await asyncio.to_thread(new_entries, plan.entries, batch_id, version, self._new_id)
        await self._entries.add(await self._stored(added, plan.entries), self._sums)
        await self._settle(plan.settlements, batch_id, version)
        await self._edits.add_sightings(plan.sightings, batch_id, self._sums)
        await self._accounts.add_anchors(
            [new_anchor(planned, batch_id, version) for planned in plan.anchors], self._sums
        )
        await self._clear_and_keep(batch_id, version)
        for account in plan.accounts:
            self._tell(AuditEvent.ACCOUNT_OPENED, account.account_id)
        self._tell(_EVENTS[plan.purpose or plan.kind], batch_id, len(plan.entries))
        return AppliedBatch(
            batch_id=batch_id, version=version, entry_ids=tuple(each.entry_id for each in added)
        )

    async def open_account(self, account: PlannedAccount) -> Account:
        """Open an account, or raise AccountNameTaken."""
        names = {name_key(each.name) for each in await self.accounts()}
        if name_key(account.name) in names:
            raise AccountNameTaken
        version = await self._batches.next_version()
        await self._accounts.add(account, version, self._now, self._sums)
        self._tell(AuditEvent.ACCOUNT_OPENED, account.account_id)
        return Account(
            account_id=account.account_id,
            version=version,
            name=account.name,
            account_type=account.account_type,
            currency=account.currency,
        )

    async def apply_edits(self, plan: EditPlan) -> AppliedBatch:
        """Write a batch of edits that is not empty."""
        assert plan.edits, "what changes nothing makes no batch"
        version = await self._batches.next_version()
        batch_id = BatchId(self._new_id())
        touched = {c.entry_id for each in plan.edits for c in each.changes}
        touched |= {each.entry_id for each in plan.edits}
        found = {e.entry_id: e for e in await self._entries.entries_of_ids(touched)}
        edited = apply_edits(plan, found, batch_id, version)
        batch = BatchPlan(kind=BatchKind.TYPED, purpose=BatchPurpose.EDIT)
        await self._batches.add(batch_id, batch, version, self._principal_id, self._now, self._sums)
        parts = [stored_part(part, self.identities) for part in edited.parts]
        await self._entries.add(parts, self._sums)
        await self._entries.edit(with_categories(edited.entries, self._categorise), self._sums)
        await self._edits.add(edited.records, batch_id, self._sums)
        await self._clear_and_keep(batch_id, version)
        self._tell(AuditEvent.ENTRIES_EDITED, batch_id, len(plan.edits))
        return AppliedBatch(
            batch_id=batch_id,
            version=version,
            entry_ids=tuple(part.entry_id for part in edited.parts),
        )

    async def undo(self, batch_id: BatchId) -> UndoneBatch:
        """Take back what a batch did; an account that it opened stays."""
        made_at = await self._batches.made_at(batch_id)
        version = await self._batches.next_version()
        plan = await asyncio.to_thread(
            plan_undo, await self._undo_state(batch_id, made_at, version)
        )
        stated = [a.stated_on for a in await self.live_anchors() if a.batch_id == batch_id]
        closed = await self.closed_months()
        if any(day[:7] in closed for day in (*plan.days, *stated)):
            raise MonthIsClosed
        again = with_categories([each.entry for each in plan.pending_again], self._categorise)
        rewritten = [
            *(replace(e, entry=entry) for e, entry in zip(plan.pending_again, again, strict=True)),
            *(stored_part(part, self.identities) for part in plan.parts),
        ]
        await self._entries.edit_batch(batch_id, plan.own, self._sums)
        await self._entries.edit(with_categories(plan.others, self._categorise), self._sums)
        await self._entries.replace(rewritten, self._sums)
        await self._accounts.remove_anchors_of_batch(batch_id, self._sums)
        await self._edits.mark_undone(batch_id, self._sums)
        await self._batches.mark_undone(
            batch_id, version, self._principal_id, self._now, self._sums
        )
        # Nothing is kept of these: what is undone is not undone again.
        await self._clear_adjustments(batch_id, version)
        self._tell(AuditEvent.BATCH_UNDONE, batch_id, plan.removed)
        return UndoneBatch(batch_id=batch_id, version=version, removed=plan.removed, kept=plan.kept)

    async def _undo_state(self, batch_id: BatchId, made_at: int, next_version: int) -> UndoState:
        kept = await self._edits.of_batch(batch_id)
        own = await self._entries.entries_of_batch(batch_id)
        changed = {record.entry_id for record in kept.edits}
        history = await self._edits.of_entries(changed)
        touched = {entry.entry_id for entry in own} | changed | ids_before(history)
        beside = {e.entry_id: e for e in await self._entries.merged_entries()}
        return UndoState(
            batch_id=batch_id,
            made_at=made_at,
            next_version=next_version,
            own=own,
            seen_elsewhere=await self._edits.seen_elsewhere(batch_id),
            edits=kept.edits,
            history=history,
            settled=kept.settled,
            beside=beside | dict(await self.entries_beside(touched)),
            undone=await self._batches.undone(),
        )

    async def _clear_adjustments(self, batch_id: BatchId, version: int) -> EditedEntries | None:
        """Let adjustments go that are needless now; return what was done to them."""
        adjustments = await self._entries.live_adjustments()
        if not adjustments:
            return None
        anchors = await self.live_anchors()
        closed = await self.closed_months()
        cleared: list[LedgerEntry] = []
        for account_id in sorted({a.account_id for a in adjustments}, key=lambda each: each.bytes):
            own = [a for a in adjustments if a.account_id == account_id]
            totals = day_totals(await self._entries.entries_of_account(account_id))
            stated = [anchor for anchor in anchors if anchor.account_id == account_id]
            cleared += cleared_adjustments(own[0].amount.currency, totals, stated, own, closed)
        found = {entry.entry_id: entry for entry in cleared}
        edited = apply_edits(clearing_plan(cleared, batch_id), found, batch_id, version)
        await self._entries.edit(edited.entries, self._sums)
        return edited

    async def _clear_and_keep(self, batch_id: BatchId, version: int) -> None:
        """Let adjustments go that the batch made needless; its undo brings them back."""
        edited = await self._clear_adjustments(batch_id, version)
        if edited is not None:
            await self._edits.add(edited.records, batch_id, self._sums)

    async def close(self, month: str, evidence: MakeEvidence) -> ClosingRecord:
        """Close a month that is not closed, with its evidence, in a ledger that is as it was written."""
        await check_ledger(
            self._session, self._sealer, await read_sums(self._session, self._sealer)
        )
        version = await self._batches.next_version()
        closing = ClosingRecord(
            closing_id=self._new_id(),
            month=month,
            version=version,
            closed_at=self._now,
            closed_by=self._principal_id,
            evidence=evidence(version, self._now),
        )
        await self._closings.add(closing, self._sums)
        self._tell(AuditEvent.MONTH_CLOSED, closing.closing_id)
        return closing

    async def reopen(self, closing: ClosingRecord, reason: str) -> Reopening:
        """Open a closed month again."""
        version = await self._batches.next_version()
        reopening = Reopening(version=version, at=self._now, by=self._principal_id, reason=reason)
        await self._closings.reopen(closing, reopening, self._sums)
        self._tell(AuditEvent.MONTH_REOPENED, closing.closing_id)
        return reopening

    async def take_lease(self, workbook_id: UUID, seconds: int, holder: UUID | None) -> Lease:
        """Let the caller write into a workbook for a while; raise WorkbookBusy while another holder does."""
        held = await self._edits.lease_of(workbook_id)
        if held is not None and held.expires_at > self._now and held.lease_id != holder:
            raise WorkbookBusy
        lease_id = holder or self._new_id()
        lease = Lease(lease_id=lease_id, expires_at=self._now + timedelta(seconds=seconds))
        await self._edits.put_lease(workbook_id, lease, self._principal_id)
        return lease

    async def drop_lease(self, lease_id: UUID) -> None:
        """End a lease, if there is one of that id."""
        await self._edits.drop_lease(lease_id)

    def _tell(self, event: AuditEvent, subject: UUID, count: int | None = None) -> None:
        self.happenings.append(
            Happening(
                event=event,
                tenant_id=self._sealer.tenant_id,
                principal_id=self._principal_id,
                subject=subject,
                count=count,
                at=self._now,
            )
        )

    async def _settle(
        self, settlements: Sequence[Settlement], batch_id: BatchId, version: int
    ) -> None:
        """Book pending entries: they keep their ids and what people wrote, and belong to this batch from now on."""
        if not settlements:
            return
        ids = [each.entry_id for each in settlements]
        await self._edits.add_settled(
            await self._entries.stored(ids), batch_id, version, self._sums
        )
        settled = settle(settlements, await self.entries_beside(ids), batch_id, version)
        becomes = [settlement.becomes for settlement in settlements]
        rewritten = await self._stored(settled.booked, becomes)
        rewritten += [stored_part(part, self.identities) for part in settled.parts]
        await self._entries.replace(rewritten, self._sums)
        await self._entries.edit(settled.others, self._sums)
        await self._edits.add(settled.records, batch_id, self._sums)

    async def _stored(
        self, entries: Sequence[LedgerEntry], planned: Sequence[PlannedEntry]
    ) -> list[StoredEntry]:
        return await asyncio.to_thread(stored_entries, entries, planned, self._categorise)
