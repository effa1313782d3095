"""
A ledger in memory: the stand-in for `ledger_store`, with the same behaviour and neither seals nor a database.

A unit of work that writes gets a copy of the ledger's book and puts it in the place of the old one when it ends well;
what reads keeps the book that it began with. It must not be given to a server that people use.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from operator import attrgetter

import msgspec

from server.exact_amounts.entries.entry import LedgerEntry
from server.exact_amounts.entries.problems import (
    IdempotencyKeyReused,
)
from server.exact_amounts.ledger.account_states import (
    AccountState,
    account_answer,
)
from server.exact_amounts.ledger.applying import (
    Categorise,
)
from server.exact_amounts.ledger.batch_store import BatchRecord, GivenAnswer
from server.exact_amounts.ledger.change_feed import Position, end_of, read_position
from server.exact_amounts.ledger.entry_answers import entry_answer
from server.exact_amounts.ledger.entry_store import EntryPage
from server.exact_amounts.ledger.identities import Identities
from server.exact_amounts.ledger.memory_book import Book
from server.exact_amounts.ledger.memory_units import MemoryReading, MemoryWriting
from server.exact_amounts.ledger.ports import ChangesAsked, LedgerReads, LedgerWrites, OnceOnly
from server.exact_amounts.ledger.wire import ChangesAnswer, EntryAnswer
from server.shared_types.clock import Clock
from server.shared_types.ids import (
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


class MemoryLedger:
    """Every tenant's ledger, in memory; satisfies the port `Ledger`."""

    def __init__(self, clock: Clock, new_id: IdMaker, epoch: str, categorise: Categorise) -> None:
        self._clock = clock
        self.new_id = new_id
        self._epoch = epoch
        self.categorise = categorise
        self._books: dict[TenantId, Book] = {}
        self._locks: dict[TenantId, asyncio.Lock] = {}
        self._identities = Identities(_Digest())

    def sign_up(self, tenant_id: TenantId) -> None:
        """Make an empty ledger."""
        self._books[tenant_id] = Book()
        self._locks[tenant_id] = asyncio.Lock()

    @asynccontextmanager
    async def reading(self, tenant_id: TenantId) -> AsyncIterator[LedgerReads]:
        """A unit of work that only reads."""
        yield MemoryReading(self._books[tenant_id], self._identities)

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
            writing = MemoryWriting(
                book,
                self._identities,
                principal_id=once.principal_id,
                now=self._clock(),
                new_id=self.new_id,
                categorise=self.categorise,
            )
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


def _changed(book: Book, position: Position) -> list[LedgerEntry]:
    entries = (stored.entry for stored in book.entries.values())
    changed = [
        entry
        for entry in entries
        if (entry.version, entry.entry_id.bytes) > (position.version, position.entry_id)
        and not (entry.removed and entry.version <= position.skip_removed_through)
    ]
    return sorted(changed, key=attrgetter("version", "entry_id.bytes"))
