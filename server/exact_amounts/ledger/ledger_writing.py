"""One unit of work on one ledger: what an import needs to know, and the adapter that carries plans out."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from server.audit.events import AuditEvent, Happening
from server.database.sessions import Session
from server.exact_amounts.entries.entry import Account, Anchor, LedgerEntry
from server.exact_amounts.entries.problems import AccountNameTaken, AlreadyUndone
from server.exact_amounts.ledger.account_store import AccountStore
from server.exact_amounts.ledger.applying import (
    AppliedBatch,
    Categorise,
    StoredEntry,
    UndoneBatch,
    booked_entry,
    new_anchor,
    new_entries,
    stored_entries,
)
from server.exact_amounts.ledger.batch_store import BatchStore
from server.exact_amounts.ledger.entry_store import EntryStore
from server.exact_amounts.ledger.identities import Identities, name_key
from server.exact_amounts.ledger.integrity_store import IntegrityStore
from server.exact_amounts.ledger.plans import (
    BatchKind,
    BatchPlan,
    KnownIdentity,
    PlannedAccount,
    PlannedEntry,
    Settlement,
)
from server.exact_amounts.ledger.row_sealer import RowSealer
from server.shared_types.ids import AccountId, BatchId, IdMaker, PrincipalId

__all__ = ["LedgerReading", "LedgerWriting"]

_EVENTS = MappingProxyType(
    {BatchKind.IMPORT: AuditEvent.BATCH_IMPORTED, BatchKind.TYPED: AuditEvent.BATCH_TYPED}
)


class LedgerReading:
    """A ledger as it is; satisfies what an import has to look up."""

    def __init__(self, session: Session, sealer: RowSealer) -> None:
        self._sealer = sealer
        self._accounts = AccountStore(session, sealer)
        self._batches = BatchStore(session, sealer)
        self._entries = EntryStore(session, sealer)

    @property
    def identities(self) -> Identities:
        """The ledger's digests."""
        return self._sealer.identities

    async def version(self) -> int:
        """Return the ledger's version."""
        return await self._batches.version()

    async def accounts(self) -> list[Account]:
        """Return every account, oldest first."""
        return await self._accounts.accounts()

    async def account_numbers(self) -> Mapping[bytes, AccountId]:
        """Return the account of every known number, by the number's digest."""
        return await self._accounts.account_numbers()

    async def live_identities(
        self, account_id: AccountId, first_day: str, last_day: str
    ) -> Mapping[bytes, Sequence[KnownIdentity]]:
        """Return an account's live entries of a stretch of days by identity, oldest first."""
        return await self._entries.live_identities(account_id, first_day, last_day)

    async def live_entries_of_bank_ids(
        self, bank_identities: Collection[bytes]
    ) -> Mapping[bytes, Sequence[LedgerEntry]]:
        """Return the live entries that hold any of these bank ids, by the id's digest."""
        return await self._entries.live_entries_of_bank_ids(bank_identities)

    async def live_anchors(self) -> Sequence[Anchor]:
        """Return every stated balance that is in force."""
        return await self._accounts.live_anchors()

    async def source_was_seen(self, sha256: bytes) -> bool:
        """Whether a file of that hash is in the ledger, in a batch that was not undone."""
        return await self._batches.source_was_seen(sha256)


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
        await self._accounts.add_anchors(
            [new_anchor(planned, batch_id, version) for planned in plan.anchors], self._sums
        )
        for account in plan.accounts:
            self._tell(AuditEvent.ACCOUNT_OPENED, account.account_id)
        self._tell(_EVENTS[plan.kind], batch_id, len(plan.entries))
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

    async def undo(self, batch_id: BatchId) -> UndoneBatch:
        """Take back a batch's entries and balances; an account that it opened stays."""
        if await self._batches.is_undone(batch_id):
            raise AlreadyUndone
        version = await self._batches.next_version()
        live = await self._entries.live_entries_of_batch(batch_id)
        gone = [replace(entry, version=version, removed=True) for entry in live]
        await self._entries.remove(batch_id, gone, self._sums)
        await self._accounts.remove_anchors_of_batch(batch_id, self._sums)
        await self._batches.mark_undone(
            batch_id, version, self._principal_id, self._now, self._sums
        )
        self._tell(AuditEvent.BATCH_UNDONE, batch_id, len(live))
        return UndoneBatch(batch_id=batch_id, version=version, removed=len(live))

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
        settled = []
        for settlement in settlements:
            pending = await self._entries.find(settlement.entry_id)
            settled.append(booked_entry(settlement, pending, batch_id, version))
        becomes = [settlement.becomes for settlement in settlements]
        await self._entries.replace(await self._stored(settled, becomes), self._sums)

    async def _stored(
        self, entries: Sequence[LedgerEntry], planned: Sequence[PlannedEntry]
    ) -> list[StoredEntry]:
        return await asyncio.to_thread(stored_entries, entries, planned, self._categorise)
