"""One unit of work on one ledger: what an import needs to know, and the adapter that carries plans out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from server.database.sessions import Session
from server.exact_amounts.disclosure import disclose_entries
from server.exact_amounts.entries.entry import (
    Account,
    Anchor,
    CategorySource,
    EntryText,
    LedgerEntry,
)
from server.exact_amounts.entries.problems import AccountNameTaken, AlreadyUndone
from server.exact_amounts.ledger.account_store import AccountStore
from server.exact_amounts.ledger.batch_store import BatchStore
from server.exact_amounts.ledger.entry_store import EntryStore, StoredEntry
from server.exact_amounts.ledger.identities import Identities, name_key
from server.exact_amounts.ledger.plans import (
    BatchPlan,
    KnownIdentity,
    PlannedAccount,
    PlannedAnchor,
    PlannedEntry,
    Settlement,
)
from server.exact_amounts.ledger.row_sealer import RowSealer
from server.shared_types.buckets import BucketedEntry
from server.shared_types.ids import AccountId, BatchId, EntryId, IdMaker, PrincipalId

__all__ = ["AppliedBatch", "Categorise", "LedgerReading", "LedgerWriting", "UndoneBatch"]

#: The bucket side's word on new entries: a category's id or None for each.
Categorise = Callable[[Sequence[BucketedEntry]], Sequence[str | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedBatch:
    """A batch that was written."""

    batch_id: BatchId
    version: int
    #: In the order of the plan.
    entry_ids: tuple[EntryId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoneBatch:
    """A batch whose entries were taken back."""

    batch_id: BatchId
    version: int
    removed: int


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
        *,
        principal_id: PrincipalId,
        now: datetime,
        new_id: IdMaker,
        categorise: Categorise,
    ) -> None:
        super().__init__(session, sealer)
        self._principal_id = principal_id
        self._now = now
        self._new_id = new_id
        self._categorise = categorise

    async def apply(self, plan: BatchPlan) -> AppliedBatch:
        """Write a batch that is not empty; everything in it carries the ledger's next version."""
        assert not plan.is_empty, "what changes nothing makes no batch"
        version = await self._batches.next_version()
        batch_id = BatchId(self._new_id())
        for account in plan.accounts:
            await self._accounts.add(account, version, self._now)
        await self._batches.add(batch_id, plan, version, self._principal_id, self._now)
        added = await asyncio.to_thread(self._new_entries, plan.entries, batch_id, version)
        await self._entries.add(await self._stored(added, plan.entries))
        await self._settle(plan.settlements, batch_id, version)
        await self._accounts.add_anchors(
            [_anchor(planned, batch_id, version) for planned in plan.anchors]
        )
        return AppliedBatch(
            batch_id=batch_id, version=version, entry_ids=tuple(each.entry_id for each in added)
        )

    async def open_account(self, account: PlannedAccount) -> Account:
        """Open an account, or raise AccountNameTaken."""
        names = {name_key(each.name) for each in await self.accounts()}
        if name_key(account.name) in names:
            raise AccountNameTaken
        version = await self._batches.next_version()
        await self._accounts.add(account, version, self._now)
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
        await self._entries.remove(
            [replace(entry, version=version, removed=True) for entry in live]
        )
        await self._accounts.remove_anchors_of_batch(batch_id)
        await self._batches.mark_undone(batch_id, version, self._principal_id, self._now)
        return UndoneBatch(batch_id=batch_id, version=version, removed=len(live))

    async def _settle(
        self, settlements: Sequence[Settlement], batch_id: BatchId, version: int
    ) -> None:
        """Book pending entries: they keep their ids and what people wrote, and belong to this batch from now on."""
        settled = []
        for settlement in settlements:
            pending = await self._entries.find(settlement.entry_id)
            entry = _entry(settlement.becomes, settlement.entry_id, batch_id, version)
            settled.append(replace(entry, text=_keeping_words(entry.text, pending.text)))
        becomes = [settlement.becomes for settlement in settlements]
        await self._entries.replace(await self._stored(settled, becomes))

    def _new_entries(
        self, planned: Sequence[PlannedEntry], batch_id: BatchId, version: int
    ) -> list[LedgerEntry]:
        """
        The entries of a batch, in the order of its plan.

        Their ids rise with their dates, so that readers who go by id meet them in time's order.
        """
        ids = sorted(self._new_id() for _ in planned)
        by_date = sorted(range(len(planned)), key=lambda place: planned[place].posted_on)
        id_at = dict(zip(by_date, ids, strict=True))
        return [
            _entry(each, EntryId(id_at[place]), batch_id, version)
            for place, each in enumerate(planned)
        ]

    async def _stored(
        self, entries: Sequence[LedgerEntry], planned: Sequence[PlannedEntry]
    ) -> list[StoredEntry]:
        if not entries:
            return []
        disclosed = await asyncio.to_thread(disclose_entries, entries)
        category_ids = await asyncio.to_thread(self._categorise, disclosed)
        return [
            StoredEntry(
                entry=_categorised(entry, category_id),
                identity=plan.identity,
                bank_identity=plan.bank_identity,
            )
            for entry, plan, category_id in zip(entries, planned, category_ids, strict=True)
        ]


def _entry(
    planned: PlannedEntry, entry_id: EntryId, batch_id: BatchId, version: int
) -> LedgerEntry:
    return LedgerEntry(
        entry_id=entry_id,
        version=version,
        account_id=planned.account_id,
        batch_id=batch_id,
        posted_on=planned.posted_on,
        amount=planned.amount,
        original=planned.original,
        text=planned.text,
        status=planned.status,
    )


def _anchor(planned: PlannedAnchor, batch_id: BatchId, version: int) -> Anchor:
    return Anchor(
        account_id=planned.account_id,
        batch_id=batch_id,
        version=version,
        stated_on=planned.stated_on,
        balance=planned.balance,
        source=planned.source,
    )


def _keeping_words(booked: EntryText, pending: EntryText) -> EntryText:
    """What the bank writes of a booked entry, with what people wrote about it while it was pending."""
    by_user = pending.category_source is CategorySource.USER
    return replace(
        booked,
        category_id=pending.category_id if by_user else None,
        category_source=pending.category_source if by_user else None,
        notes=pending.notes,
        tags=pending.tags,
        reviewed=pending.reviewed,
    )


def _categorised(entry: LedgerEntry, category_id: str | None) -> LedgerEntry:
    """The entry with the provider's category, unless someone else's word stands there."""
    if category_id is None or entry.text.category_id is not None:
        return entry
    text = replace(entry.text, category_id=category_id, category_source=CategorySource.PROVIDER)
    return replace(entry, text=text)
