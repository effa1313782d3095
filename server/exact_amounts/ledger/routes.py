"""The routes of the ledger: accounts, entries, batches and the change feed."""

from __future__ import annotations

import re
from http import HTTPStatus
from uuid import UUID

import msgspec

from server.exact_amounts.entries.currencies import is_known_currency
from server.exact_amounts.entries.problems import (
    CursorNotReadable,
    MonthIsClosed,
    UnknownBatch,
    UnknownCurrency,
)
from server.exact_amounts.ledger.account_states import AccountNotes, account_answer, prove_accounts
from server.exact_amounts.ledger.entry_store import EntryPage
from server.exact_amounts.ledger.plans import PlannedAccount
from server.exact_amounts.ledger.ports import ChangesAsked, Ledger, LedgerWrites, OnceOnly, People
from server.exact_amounts.ledger.typed_entries import (
    TypedEntry,
    acceptable_account_name,
    plan_typed_entries,
)
from server.exact_amounts.ledger.wire import (
    AccountAnswer,
    AccountsAnswer,
    BatchAnswer,
    BatchesAnswer,
    ChangesAnswer,
    ChangesQuery,
    CreateAccountBody,
    CreateEntriesBody,
    EntriesAnswer,
    EntriesQuery,
    TypedBatchAnswer,
    TypedEntryBody,
    UndoneBatchAnswer,
)
from server.shared_types.ids import AccountId, BatchId
from server.web.endpoints import Call, Endpoint, Endpoints, Reply, RouteName

__all__ = ["endpoints", "once_only"]

_LISTING_CURSOR = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.([0-9a-f]{32})")
_FIRST_DAY, _LAST_DAY = "0000-00-00", "9999-99-99"


def once_only(call: Call, *request: bytes | str) -> OnceOnly:
    """Return who asks for what, so that asking again with the same key does nothing."""
    caller = call.caller()
    return OnceOnly(
        tenant_id=caller.tenant_id,
        principal_id=caller.principal_id,
        idempotency_key=call.idempotency_key,
        request=request,
    )


def _page(query: EntriesQuery) -> EntryPage:
    after_day, after_id = _FIRST_DAY, bytes(16)
    if query.after is not None:
        cursor = _LISTING_CURSOR.fullmatch(query.after)
        if cursor is None:
            raise CursorNotReadable
        after_day, after_id = cursor[1], bytes.fromhex(cursor[2])
    return EntryPage(
        account_id=AccountId(query.account) if query.account else None,
        first_day=query.first_day or _FIRST_DAY,
        last_day=query.last_day or _LAST_DAY,
        after_day=after_day,
        after_id=after_id,
        limit=query.limit,
    )


def _typed(entry: TypedEntryBody) -> TypedEntry:
    return TypedEntry(
        account_id=AccountId(entry.account_id),
        posted_on=entry.posted_on,
        amount=entry.amount,
        original_amount=entry.original_amount,
        original_currency=entry.original_currency,
        description=entry.description,
        merchant=entry.merchant,
        category=entry.category,
        notes=entry.notes,
        tags=entry.tags,
        reviewed=entry.reviewed,
    )


class _Handlers:
    """One handler per route."""

    def __init__(self, ledger: Ledger, people: People) -> None:
        self._ledger = ledger
        self._people = people

    async def list_accounts(self, call: Call) -> Reply:
        states = await self._ledger.accounts(call.caller().tenant_id)
        return Reply(body=AccountsAnswer(accounts=[account_answer(state) for state in states]))

    async def create_account(self, call: Call) -> Reply:
        body: CreateAccountBody = call.body
        if not is_known_currency(body.currency):
            raise UnknownCurrency
        planned = PlannedAccount(
            account_id=AccountId(self._ledger.new_id()),
            name=acceptable_account_name(body.name),
            account_type=body.type,
            currency=body.currency,
        )

        async def act(writing: LedgerWrites) -> AccountAnswer:
            account = await writing.open_account(planned)
            (state,) = prove_accounts([account], {}, [], AccountNotes())
            return account_answer(state)

        once = once_only(call, "account", msgspec.json.encode(body))
        answer = await self._ledger.write_once(once, act)
        return Reply(body=answer, status=HTTPStatus.CREATED)

    async def list_entries(self, call: Call) -> Reply:
        page = _page(call.query)
        entries, more = await self._ledger.entries(call.caller().tenant_id, page)
        last = entries[-1] if more else None
        after = f"{last.posted_on}.{UUID(last.id).hex}" if last else None
        return Reply(body=EntriesAnswer(entries=entries, next=after))

    async def create_entries(self, call: Call) -> Reply:
        body: CreateEntriesBody = call.body
        typed = [_typed(entry) for entry in body.entries]

        async def act(writing: LedgerWrites) -> TypedBatchAnswer:
            accounts = {each.account_id: each for each in await writing.accounts()}
            closed = await writing.closed_months()
            if any(entry.posted_on[:7] in closed for entry in typed):
                raise MonthIsClosed
            applied = await writing.apply(plan_typed_entries(typed, accounts, writing.identities))
            return TypedBatchAnswer(
                batch=applied.batch_id, version=applied.version, entries=list(applied.entry_ids)
            )

        once = once_only(call, "entries", msgspec.json.encode(body))
        answer = await self._ledger.write_once(once, act)
        return Reply(body=answer, status=HTTPStatus.CREATED)

    async def list_batches(self, call: Call) -> Reply:
        tenant_id = call.caller().tenant_id
        records = await self._ledger.batches(tenant_id)
        names = await self._people.names(tenant_id)
        return Reply(
            body=BatchesAnswer(
                batches=[
                    BatchAnswer(
                        id=record.batch_id,
                        kind=record.kind,
                        purpose=record.purpose,
                        by=names.get(record.principal_id, ""),
                        created_at=record.created_at,
                        added=record.added,
                        file_name=record.file_name,
                        undone_at=record.undone_at,
                    )
                    for record in records
                ]
            )
        )

    async def undo_batch(self, call: Call) -> Reply:
        try:
            batch_id = BatchId(UUID(call.path["batch_id"]))
        except ValueError:
            raise UnknownBatch from None

        async def act(writing: LedgerWrites) -> UndoneBatchAnswer:
            undone = await writing.undo(batch_id)
            return UndoneBatchAnswer(
                batch=undone.batch_id,
                version=undone.version,
                removed=undone.removed,
                kept=undone.kept,
            )

        answer = await self._ledger.write_once(once_only(call, "undo", batch_id.bytes), act)
        return Reply(body=answer)

    async def read_changes(self, call: Call) -> Reply:
        query: ChangesQuery = call.query
        asked = ChangesAsked(epoch=query.epoch, cursor=query.after, limit=query.limit)
        return Reply(body=await self._ledger.changes(call.caller().tenant_id, asked))


def endpoints(ledger: Ledger, people: People) -> Endpoints:
    """Return the ledger's endpoints."""
    handlers = _Handlers(ledger, people)
    return (
        Endpoint(
            name=RouteName.LIST_ACCOUNTS, handle=handlers.list_accounts, answer=AccountsAnswer
        ),
        Endpoint(
            name=RouteName.CREATE_ACCOUNT,
            handle=handlers.create_account,
            body=CreateAccountBody,
            answer=AccountAnswer,
        ),
        Endpoint(
            name=RouteName.LIST_ENTRIES,
            handle=handlers.list_entries,
            query=EntriesQuery,
            answer=EntriesAnswer,
        ),
        Endpoint(
            name=RouteName.CREATE_ENTRIES,
            handle=handlers.create_entries,
            body=CreateEntriesBody,
            answer=TypedBatchAnswer,
        ),
        Endpoint(name=RouteName.LIST_BATCHES, handle=handlers.list_batches, answer=BatchesAnswer),
        Endpoint(name=RouteName.UNDO_BATCH, handle=handlers.undo_batch, answer=UndoneBatchAnswer),
        Endpoint(
            name=RouteName.READ_CHANGES,
            handle=handlers.read_changes,
            query=ChangesQuery,
            answer=ChangesAnswer,
        ),
    )
