"""
A ledger in memory: the stand-in for `ledger_store`, with the same behaviour and neither seals nor a database.

A unit of work that writes gets a copy of the ledger's book and puts it in the place of the old one when it ends well;
what reads keeps the book that it began with. It must not be given to a server that people use.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from operator import attrgetter

import msgspec

from server.exact_amounts.entries.entry import Account, Anchor, EntryStatus, LedgerEntry
from server.exact_amounts.entries.money import EXACT
from server.exact_amounts.entries.problems import (
    AccountNameTaken,
    AlreadyUndone,
    IdempotencyKeyReused,
    UnknownBatch,
)
from server.exact_amounts.ledger.account_states import (
    AccountState,
    account_answer,
    prove_accounts,
)
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
from server.exact_amounts.ledger.batch_store import BatchRecord, GivenAnswer
from server.exact_amounts.ledger.change_feed import Position, end_of, read_position
from server.exact_amounts.ledger.entry_answers import entry_answer
from server.exact_amounts.ledger.entry_store import EntryPage
from server.exact_amounts.ledger.identities import Identities, name_key, number_tail
from server.exact_amounts.ledger.plans import BatchPlan, KnownIdentity, PlannedAccount
from server.exact_amounts.ledger.ports import ChangesAsked, LedgerReads, LedgerWrites, OnceOnly
from server.exact_amounts.ledger.row_sealer import PostedTotals
from server.exact_amounts.ledger.wire import ChangesAnswer, EntryAnswer
from server.shared_types.clock import Clock
from server.shared_types.ids import (
    AccountId,
    BatchId,
    EntryId,
    IdMaker,
    TenantId,
)

__all__ = ["MemoryLedger"]

_LENGTH_BYTES = 4


class _Digest:
    """Digests without a key: nothing of this ledger is ever stored."""

    def mac(self, *parts: bytes | str) -> bytes:
        summing = hashlib.sha256()
        for part in parts:
            content = part.encode("utf-8") if isinstance(part, str) else part
            summing.update(len(content).to_bytes(_LENGTH_BYTES, "big") + content)
        return summing.digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    record: BatchRecord
    version: int
    #: SHA-256 of the file it came from.
    sha256: bytes | None


@dataclass(slots=True, kw_only=True)
class _Book:
    """One ledger at one of its versions."""

    version: int = 0
    accounts: dict[AccountId, Account] = field(default_factory=dict, repr=False)
    numbers: dict[bytes, AccountId] = field(default_factory=dict, repr=False)
    batches: dict[BatchId, _Batch] = field(default_factory=dict, repr=False)
    entries: dict[EntryId, StoredEntry] = field(default_factory=dict, repr=False)
    anchors: list[Anchor] = field(default_factory=list, repr=False)
    answers: dict[bytes, GivenAnswer] = field(default_factory=dict, repr=False)

    def copy(self) -> _Book:
        """A book of its own; what stands in it never changes."""
        return _Book(
            version=self.version,
            accounts=dict(self.accounts),
            numbers=dict(self.numbers),
            batches=dict(self.batches),
            entries=dict(self.entries),
            anchors=list(self.anchors),
            answers=dict(self.answers),
        )

    def live(self) -> list[StoredEntry]:
        """Every entry that is not removed, by id."""
        live = [stored for stored in self.entries.values() if not stored.entry.removed]
        return sorted(live, key=lambda stored: stored.entry.entry_id.bytes)

    def posted(self) -> list[LedgerEntry]:
        """Every live posted entry, by id."""
        entries = [stored.entry for stored in self.live()]
        return [entry for entry in entries if entry.status is EntryStatus.POSTED]

    def states(self) -> tuple[AccountState, ...]:
        """Every account with its proof, oldest first."""
        by_day: dict[AccountId, dict[str, Decimal]] = {}
        counts: dict[AccountId, int] = {}
        for entry in self.posted():
            days = by_day.setdefault(entry.account_id, {})
            before = days.get(entry.posted_on, Decimal(0))
            days[entry.posted_on] = EXACT.add(before, entry.amount.exact_value)
            counts[entry.account_id] = counts.get(entry.account_id, 0) + 1
        totals = {
            account_id: PostedTotals(count=counts[account_id], by_day=days)
            for account_id, days in by_day.items()
        }
        return prove_accounts(self.accounts_by_id(), totals, self.anchors)

    def accounts_by_id(self) -> list[Account]:
        """Every account, oldest first."""
        return sorted(self.accounts.values(), key=lambda account: account.account_id.bytes)


class _Reading:
    """A ledger as it is; satisfies `LedgerReads`."""

    def __init__(self, book: _Book, identities: Identities) -> None:
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
        for stored in self._book.live():
            entry = stored.entry
            if entry.account_id == account_id and first_day <= entry.posted_on <= last_day:
                known.setdefault(stored.identity, []).append(
                    KnownIdentity(entry_id=entry.entry_id, status=entry.status)
                )
        return known

    async def live_entries_of_bank_ids(
        self, bank_identities: Collection[bytes]
    ) -> Mapping[bytes, Sequence[LedgerEntry]]:
        known: dict[bytes, list[LedgerEntry]] = {}
        for stored in self._book.live():
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


class _Writing(_Reading):
    """A book that nobody else writes in; satisfies `LedgerWrites`."""

    def __init__(
        self, book: _Book, identities: Identities, now: datetime, ledger: MemoryLedger
    ) -> None:
        super().__init__(book, identities)
        self._now = now
        self._new_id = ledger.new_id
        self._categorise = ledger.categorise

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
        )
        sha256 = source.sha256 if source else None
        book.batches[batch_id] = _Batch(record=record, version=book.version, sha256=sha256)
        added = new_entries(plan.entries, batch_id, book.version, self._new_id)
        self._put(stored_entries(added, plan.entries, self._categorise))
        becomes = [settlement.becomes for settlement in plan.settlements]
        booked = [
            booked_entry(each, book.entries[each.entry_id].entry, batch_id, book.version)
            for each in plan.settlements
        ]
        self._put(stored_entries(booked, becomes, self._categorise))
        book.anchors += [new_anchor(each, batch_id, book.version) for each in plan.anchors]
        return AppliedBatch(
            batch_id=batch_id,
            version=book.version,
            entry_ids=tuple(each.entry_id for each in added),
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
        gone = [stored for stored in book.live() if stored.entry.batch_id == batch_id]
        self._put(
            [
                replace(stored, entry=replace(stored.entry, version=book.version, removed=True))
                for stored in gone
            ]
        )
        book.anchors = [anchor for anchor in book.anchors if anchor.batch_id != batch_id]
        book.batches[batch_id] = replace(batch, record=replace(batch.record, undone_at=self._now))
        return UndoneBatch(batch_id=batch_id, version=book.version, removed=len(gone))

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


class MemoryLedger:
    """Every tenant's ledger, in memory; satisfies the port `Ledger`."""

    def __init__(self, clock: Clock, new_id: IdMaker, epoch: str, categorise: Categorise) -> None:
        self._clock = clock
        self.new_id = new_id
        self._epoch = epoch
        self.categorise = categorise
        self._books: dict[TenantId, _Book] = {}
        self._locks: dict[TenantId, asyncio.Lock] = {}
        self._identities = Identities(_Digest())

    def sign_up(self, tenant_id: TenantId) -> None:
        """Make an empty ledger."""
        self._books[tenant_id] = _Book()
        self._locks[tenant_id] = asyncio.Lock()

    @asynccontextmanager
    async def reading(self, tenant_id: TenantId) -> AsyncIterator[LedgerReads]:
        """A unit of work that only reads."""
        yield _Reading(self._books[tenant_id], self._identities)

    async def write_once(
        self, once: OnceOnly, act: Callable[[LedgerWrites], Awaitable[msgspec.Struct]]
    ) -> bytes:
        """Do `act`, whole or not at all, and return its answer as JSON; or raise IdempotencyKeyReused."""
        async with self._locks[once.tenant_id]:
            book = self._books[once.tenant_id].copy()
            request_mac = self._identities.request(*once.request)
            key_mac = self._identities.idempotency_key(once.idempotency_key)
            given = book.answers.get(key_mac) if once.idempotency_key else None
            if given is not None:
                if given.request_mac != request_mac:
                    raise IdempotencyKeyReused
                return given.answer
            writing = _Writing(book, self._identities, self._clock(), self)
            answer = msgspec.json.encode(await act(writing))
            if once.idempotency_key:
                book.answers[key_mac] = GivenAnswer(request_mac=request_mac, answer=answer)
            self._books[once.tenant_id] = book
            return answer

    async def accounts(self, tenant_id: TenantId) -> Sequence[AccountState]:
        """Return every account with its proof, oldest first."""
        return self._books[tenant_id].states()

    async def entries(self, tenant_id: TenantId, page: EntryPage) -> tuple[list[EntryAnswer], bool]:
        """Return a page of entries by date, and whether there are more."""
        listed = [
            entry
            for entry in (stored.entry for stored in self._books[tenant_id].live())
            if page.account_id in {None, entry.account_id}
            and page.first_day <= entry.posted_on <= page.last_day
            and (entry.posted_on, entry.entry_id.bytes) > (page.after_day, page.after_id)
        ]
        listed.sort(key=attrgetter("posted_on", "entry_id.bytes"))
        answers = [entry_answer(entry) for entry in listed[: page.limit]]
        return answers, len(listed) > page.limit

    async def posted_entries(self, tenant_id: TenantId) -> list[LedgerEntry]:
        """Return every live posted entry, oldest id first."""
        return self._books[tenant_id].posted()

    async def batches(self, tenant_id: TenantId) -> list[BatchRecord]:
        """Return every batch, newest first."""
        batches = self._books[tenant_id].batches.values()
        return [each.record for each in sorted(batches, key=lambda each: -each.version)]

    async def changes(self, tenant_id: TenantId, asked: ChangesAsked) -> bytes:
        """Return a page of the change feed as JSON; raise EpochIsOver or CursorNotReadable."""
        book = self._books[tenant_id]
        position = read_position(asked.epoch, asked.cursor, epoch=self._epoch, version=book.version)
        rows = _changed(book, position)
        more = len(rows) > asked.limit
        rows = rows[: asked.limit]
        after = end_of(book.version)
        if more:
            last = rows[-1]
            after = position.after(version=last.version, entry_id=last.entry_id.bytes)
        return msgspec.json.encode(
            ChangesAnswer(
                ledger=tenant_id,
                epoch=self._epoch,
                version=book.version,
                cursor=after.cursor(),
                more=more,
                accounts=[] if more else [account_answer(state) for state in book.states()],
                entries=[entry_answer(entry) for entry in rows],
            )
        )


def _changed(book: _Book, position: Position) -> list[LedgerEntry]:
    entries = (stored.entry for stored in book.entries.values())
    changed = [
        entry
        for entry in entries
        if (entry.version, entry.entry_id.bytes) > (position.version, position.entry_id)
        and not (entry.removed and entry.version <= position.skip_removed_through)
    ]
    return sorted(changed, key=attrgetter("version", "entry_id.bytes"))
