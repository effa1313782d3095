"""
The sealed ledger: everything that is read from it or written to it goes through here.

Reads take a session, writes a transaction under the ledger's lock. A write with an idempotency key happens once: its
answer is kept, and given again to the same request.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import msgspec

from server.audit.trail import AuditTrail
from server.database.sessions import Database, Session
from server.exact_amounts.entries.entry import LedgerEntry
from server.exact_amounts.entries.problems import IdempotencyKeyReused
from server.exact_amounts.ledger.account_states import AccountState, AccountStates, account_answer
from server.exact_amounts.ledger.applying import Categorise
from server.exact_amounts.ledger.batch_store import BatchRecord, BatchStore, GivenAnswer
from server.exact_amounts.ledger.change_feed import Position, end_of, read_position
from server.exact_amounts.ledger.entry_store import EntryPage, EntryStore
from server.exact_amounts.ledger.integrity_check import (
    IntegrityReport,
    first_sums,
    inspect_ledger,
    is_as_before_edits,
)
from server.exact_amounts.ledger.integrity_store import IntegrityStore, as_problem, read_sums
from server.exact_amounts.ledger.ledger_reading import LedgerReading
from server.exact_amounts.ledger.ledger_writing import LedgerWriting
from server.exact_amounts.ledger.ports import ChangesAsked, LedgerWrites, OnceOnly
from server.exact_amounts.ledger.resealing import FROM_THE_START, Resealing
from server.exact_amounts.ledger.row_sealer import EntryRow, RowSealer
from server.exact_amounts.ledger.wire import AccountAnswer, ChangesAnswer, EntryAnswer
from server.sealing.keys import TenantKeyRing
from server.sealing.problems import SealBroken
from server.shared_types.clock import Clock
from server.shared_types.ids import IdMaker, TenantId

__all__ = ["LedgerStore"]


class LedgerStore:
    """Every tenant's ledger, in a database; satisfies the port `Ledger`, and keeps what is sealed in order."""

    def __init__(
        self,
        database: Database,
        keys: TenantKeyRing,
        clock: Clock,
        new_id: IdMaker,
        epoch: str,
        categorise: Categorise,
    ) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock
        self.new_id = new_id
        self._epoch = epoch
        self._categorise = categorise
        self._trail = AuditTrail(clock)
        self._states = AccountStates()
        #: The key version and the last entry that was resealed: where to go on.
        self._resealed: dict[TenantId, tuple[int, bytes]] = {}

    async def _sealer(self, session: Session, tenant_id: TenantId) -> RowSealer:
        return RowSealer(tenant_id, await self._keys.open(session, tenant_id))

    @asynccontextmanager
    async def _snapshot(self, tenant_id: TenantId) -> AsyncIterator[tuple[Session, RowSealer]]:
        """One state of a ledger; a record that does not open becomes a problem that names its row."""
        async with (
            self._naming_broken_rows(tenant_id),
            self._database.snapshot(tenant_id) as session,
        ):
            yield session, await self._sealer(session, tenant_id)

    @asynccontextmanager
    async def _naming_broken_rows(self, tenant_id: TenantId) -> AsyncIterator[None]:
        try:
            yield
        except SealBroken:
            async with self._database.snapshot(tenant_id) as session:
                report = await inspect_ledger(session, await self._sealer(session, tenant_id))
            if report.is_sound:
                raise
            raise as_problem(report.findings[0], len(report.findings)) from None

    @asynccontextmanager
    async def reading(self, tenant_id: TenantId) -> AsyncIterator[LedgerReading]:
        """A unit of work that only reads."""
        async with self._snapshot(tenant_id) as (session, sealer):
            yield LedgerReading(session, sealer)

    async def write_once(
        self, once: OnceOnly, act: Callable[[LedgerWrites], Awaitable[msgspec.Struct]]
    ) -> bytes:
        """
        Do `act` under the ledger's lock, all of it or nothing, and return its answer as JSON.

        The same request with the same key gets the same answer again and nothing is done; another request with that
        key raises IdempotencyKeyReused.
        """
        async with self._writing(once.tenant_id) as (session, sealer, sums):
            batches = BatchStore(session, sealer)
            request_mac = sealer.identities.request(*once.request)
            key_mac = sealer.identities.idempotency_key(once.idempotency_key)
            given = await batches.find_answer(key_mac) if once.idempotency_key else None
            if given is not None:
                if given.request_mac != request_mac:
                    raise IdempotencyKeyReused
                return given.answer
            now = self._clock()
            writing = LedgerWriting(
                session,
                sealer,
                sums,
                principal_id=once.principal_id,
                now=now,
                new_id=self.new_id,
                categorise=self._categorise,
            )
            answer = msgspec.json.encode(await act(writing))
            version = await batches.version()
            if once.idempotency_key:
                kept = GivenAnswer(request_mac=request_mac, answer=answer)
                await batches.add_answer(key_mac, kept, version, now, sums)
            if sums.changed:
                await sums.write(version)
            # Last: whoever appends keeps every other appender waiting until the commit.
            await self._trail.append(session, *writing.happenings)
            return answer

    @asynccontextmanager
    async def _writing(
        self, tenant_id: TenantId
    ) -> AsyncIterator[tuple[Session, RowSealer, IntegrityStore]]:
        """A unit of work under the ledger's lock, whose sums are those of the ledger's version."""
        async with (
            self._naming_broken_rows(tenant_id),
            self._database.transaction(tenant_id) as session,
        ):
            sealer = await self._sealer(session, tenant_id)
            await BatchStore(session, sealer).lock()
            sums = IntegrityStore(session, sealer)
            await sums.open()
            yield session, sealer, sums

    async def accounts(self, tenant_id: TenantId) -> Sequence[AccountState]:
        """Return every account with its proof, oldest first."""
        async with self._snapshot(tenant_id) as (session, sealer):
            return (await self._states.read(session, sealer)).accounts

    async def entries(self, tenant_id: TenantId, page: EntryPage) -> tuple[list[EntryAnswer], bool]:
        """Return a page of entries by date, and whether there are more."""
        async with self._snapshot(tenant_id) as (session, sealer):
            rows = await EntryStore(session, sealer).page(page)
            answers = await asyncio.to_thread(sealer.entry_answers, rows[: page.limit])
        return answers, len(rows) > page.limit

    async def posted_entries(self, tenant_id: TenantId) -> list[LedgerEntry]:
        """Return every live posted entry, of a ledger that is as it was written."""
        async with self._snapshot(tenant_id) as (session, sealer):
            await self._states.read(session, sealer)
            return await EntryStore(session, sealer).posted_entries()

    async def batches(self, tenant_id: TenantId) -> list[BatchRecord]:
        """Return every batch, newest first."""
        async with self._snapshot(tenant_id) as (session, sealer):
            return await BatchStore(session, sealer).batches()

    async def changes(self, tenant_id: TenantId, asked: ChangesAsked) -> bytes:
        """
        Return a page of the change feed as JSON, its last page with every account.

        Before the first page of a reading from the start, and before the last of any, the whole ledger is checked.
        Raises EpochIsOver, CursorNotReadable or LedgerTampered.
        """
        async with self._naming_broken_rows(tenant_id):
            async with self._database.snapshot(tenant_id) as session:
                sealer = await self._sealer(session, tenant_id)
                page, rows = await self._page_of_changes(session, sealer, asked)
            return await asyncio.to_thread(self._encode, sealer, page, rows)

    async def _page_of_changes(
        self, session: Session, sealer: RowSealer, asked: ChangesAsked
    ) -> tuple[_Page, list[EntryRow]]:
        version = await BatchStore(session, sealer).version()
        position = read_position(asked.epoch, asked.cursor, epoch=self._epoch, version=version)
        if asked.cursor is None:
            await self._states.read(session, sealer, anew=True)
        entries = EntryStore(session, sealer)
        rows = await entries.page_of_changes(position.values(version, asked.limit))
        if len(rows) > asked.limit:
            del rows[asked.limit :]
            after = position.after(version=rows[-1][2], entry_id=rows[-1][1])
            return _Page(version=version, after=after, accounts=None), rows
        states = await self._states.read(session, sealer)
        accounts = [account_answer(state) for state in states.accounts]
        return _Page(version=version, after=end_of(version), accounts=accounts), rows

    async def verify(self, tenant_id: TenantId) -> IntegrityReport:
        """Look at every row and open every record; return what is wrong, by kind and ids."""
        async with self._database.snapshot(tenant_id) as session:
            return await inspect_ledger(session, await self._sealer(session, tenant_id))

    async def begin_sums(self, tenant_id: TenantId) -> bool:
        """
        Take a ledger that was written before there were sums as it is; return False where it has sums.

        To be done once, when the database is migrated, and never to a ledger whose sums are missing later on.
        """
        async with self._database.transaction(tenant_id) as session:
            sealer = await self._sealer(session, tenant_id)
            await BatchStore(session, sealer).lock()
            record = await read_sums(session, sealer)
            if record.sums_version is not None:
                return False
            sums = await first_sums(session, sealer)
            await sums.write(record.ledger_version)
            return True

    async def renew_sums(self, tenant_id: TenantId) -> bool:
        """
        Let the sums cover what the third schema added; return whether the ledger was as its sums say.

        A ledger that differs from its sums keeps them, so that whoever reads it next is told. To be done once, when the
        database is migrated.
        """
        async with self._database.transaction(tenant_id) as session:
            sealer = await self._sealer(session, tenant_id)
            await BatchStore(session, sealer).lock()
            record = await read_sums(session, sealer)
            if not await is_as_before_edits(session, sealer, record):
                return False
            sums = await first_sums(session, sealer)
            await sums.write(record.ledger_version)
            return True

    async def reseal(self, tenant_id: TenantId, *, rows_max: int) -> int:
        """
        Seal at most so many rows anew that another key than the one in use has sealed; return how many.

        0 when there is none left. To be called again and again; each call is a transaction of its own.
        """
        async with self._writing(tenant_id) as (session, sealer, sums):
            key_version, after_id = self._resealed.get(tenant_id, (0, FROM_THE_START))
            if key_version != sealer.key_version:
                after_id = FROM_THE_START
            resealing = Resealing(session, sealer, sums)
            count, last_id = await resealing.step(after_id, rows_max)
            if not count and after_id != FROM_THE_START:
                count, last_id = await resealing.step(FROM_THE_START, rows_max)
            if not count:
                count = int(sums.is_stale)
            if count:
                await sums.write(await BatchStore(session, sealer).version())
        if count:
            self._resealed[tenant_id] = (sealer.key_version, last_id)
        else:
            self._resealed.pop(tenant_id, None)
        return count

    def _encode(self, sealer: RowSealer, page: _Page, rows: Sequence[EntryRow]) -> bytes:
        return msgspec.json.encode(
            ChangesAnswer(
                ledger=sealer.tenant_id,
                epoch=self._epoch,
                version=page.version,
                cursor=page.after.cursor(),
                more=page.accounts is None,
                accounts=page.accounts or [],
                entries=sealer.entry_answers(rows),
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """A page of the change feed before its entries are opened."""

    version: int
    #: Where the next page begins.
    after: Position
    #: None where there is a next page already.
    accounts: list[AccountAnswer] | None
