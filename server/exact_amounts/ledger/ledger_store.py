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

from server.database.sessions import Database, Session
from server.exact_amounts.entries.entry import LedgerEntry
from server.exact_amounts.entries.problems import IdempotencyKeyReused, LedgerBusy
from server.exact_amounts.ledger.account_states import AccountState, AccountStates, account_answer
from server.exact_amounts.ledger.account_store import AccountStore
from server.exact_amounts.ledger.batch_store import BatchRecord, BatchStore, GivenAnswer
from server.exact_amounts.ledger.change_feed import Position, end_of, read_position
from server.exact_amounts.ledger.entry_store import EntryPage, EntryStore
from server.exact_amounts.ledger.ledger_writing import Categorise, LedgerReading, LedgerWriting
from server.exact_amounts.ledger.row_sealer import EntryRow, RowSealer
from server.exact_amounts.ledger.wire import AccountAnswer, ChangesAnswer, EntryAnswer
from server.sealing.keys import TenantKeyRing
from server.shared_types.clock import Clock
from server.shared_types.ids import IdMaker, PrincipalId, TenantId

__all__ = ["ChangesAsked", "LedgerStore", "OnceOnly"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesAsked:
    """Which page of the change feed is asked for."""

    epoch: str | None
    cursor: str | None
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OnceOnly:
    """Who writes what, so that asking twice is doing it once."""

    tenant_id: TenantId
    principal_id: PrincipalId
    #: The caller's key, or "" where none was sent.
    idempotency_key: str
    #: Everything that the request asks for.
    request: tuple[bytes | str, ...]


class LedgerStore:
    """Every tenant's ledger."""

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
        self._states = AccountStates()

    async def _sealer(self, session: Session, tenant_id: TenantId) -> RowSealer:
        return RowSealer(tenant_id, await self._keys.open(session, tenant_id))

    @asynccontextmanager
    async def reading(self, tenant_id: TenantId) -> AsyncIterator[LedgerReading]:
        """A unit of work that only reads."""
        async with self._database.session() as session:
            yield LedgerReading(session, await self._sealer(session, tenant_id))

    async def write_once(
        self, once: OnceOnly, act: Callable[[LedgerWriting], Awaitable[msgspec.Struct]]
    ) -> bytes:
        """
        Do `act` under the ledger's lock, all of it or nothing, and return its answer as JSON.

        The same request with the same key gets the same answer again and nothing is done; another request with that
        key raises IdempotencyKeyReused.
        """
        async with self._database.transaction() as session:
            sealer = await self._sealer(session, once.tenant_id)
            batches = BatchStore(session, sealer)
            await batches.lock()
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
                principal_id=once.principal_id,
                now=now,
                new_id=self.new_id,
                categorise=self._categorise,
            )
            answer = msgspec.json.encode(await act(writing))
            if once.idempotency_key:
                kept = GivenAnswer(request_mac=request_mac, answer=answer)
                await batches.add_answer(key_mac, kept, await batches.version(), now)
            return answer

    async def accounts(self, tenant_id: TenantId) -> Sequence[AccountState]:
        """Return every account with its proof, oldest first."""
        async with self._database.session() as session:
            sealer = await self._sealer(session, tenant_id)
            states = await self._states.read(
                sealer,
                BatchStore(session, sealer),
                EntryStore(session, sealer),
                AccountStore(session, sealer),
            )
        return states.accounts

    async def entries(self, tenant_id: TenantId, page: EntryPage) -> tuple[list[EntryAnswer], bool]:
        """Return a page of entries by date, and whether there are more."""
        async with self._database.session() as session:
            sealer = await self._sealer(session, tenant_id)
            rows = await EntryStore(session, sealer).page(page)
        answers = await asyncio.to_thread(sealer.entry_answers, rows[: page.limit])
        return answers, len(rows) > page.limit

    async def posted_entries(self, tenant_id: TenantId) -> list[LedgerEntry]:
        """Return every live posted entry."""
        async with self._database.session() as session:
            sealer = await self._sealer(session, tenant_id)
            return await EntryStore(session, sealer).posted_entries()

    async def batches(self, tenant_id: TenantId) -> list[BatchRecord]:
        """Return every batch, newest first."""
        async with self._database.session() as session:
            return await BatchStore(session, await self._sealer(session, tenant_id)).batches()

    async def changes(self, tenant_id: TenantId, asked: ChangesAsked) -> bytes:
        """
        Return a page of the change feed as JSON, its last page with every account.

        Raises EpochIsOver or CursorNotReadable.
        """
        async with self._database.session() as session:
            sealer = await self._sealer(session, tenant_id)
            page, rows = await self._page_of_changes(session, sealer, asked)
        return await asyncio.to_thread(self._encode, sealer, page, rows)

    async def _page_of_changes(
        self, session: Session, sealer: RowSealer, asked: ChangesAsked
    ) -> tuple[_Page, list[EntryRow]]:
        batches, entries = BatchStore(session, sealer), EntryStore(session, sealer)
        version = await batches.version()
        position = read_position(asked.epoch, asked.cursor, epoch=self._epoch, version=version)
        rows = await entries.page_of_changes(position.values(version, asked.limit))
        if len(rows) > asked.limit:
            del rows[asked.limit :]
            after = position.after(version=rows[-1][2], entry_id=rows[-1][1])
            return _Page(version=version, after=after, accounts=None), rows
        try:
            stores = (batches, entries, AccountStore(session, sealer))
            states = await self._states.read(sealer, *stores)
        except LedgerBusy:
            return _Page(version=version, after=end_of(version), accounts=None), rows
        # Accounts of a later version would not fit the entries: the reader comes again for both.
        is_last = states.version == version
        accounts = [account_answer(state) for state in states.accounts] if is_last else None
        return _Page(version=version, after=end_of(version), accounts=accounts), rows

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
