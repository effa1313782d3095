"""The routes of closed months, and of why an account does not add up."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

import msgspec

from server.exact_amounts.entries.entry import (
    Account,
    Anchor,
    EntryRole,
    EntryStatus,
    LedgerEntry,
    Removal,
)
from server.exact_amounts.entries.problems import (
    MonthNotClosed,
    MonthNotOver,
    TextNotAcceptable,
    UnknownAccount,
)
from server.exact_amounts.ledger.clearing import day_totals
from server.exact_amounts.ledger.closings import ClosingRecord
from server.exact_amounts.ledger.plans import BatchKind
from server.exact_amounts.ledger.ports import Ledger, LedgerReads, LedgerWrites, People
from server.exact_amounts.ledger.proof import Stretch, stretches
from server.exact_amounts.ledger.routes import once_only
from server.exact_amounts.ledger.typed_entries import is_plain_text
from server.exact_amounts.reconciliation.closing import (
    AccountOfMonth,
    close_accounts,
    is_over,
    late_arrivals,
    read_evidence,
    write_evidence,
)
from server.exact_amounts.reconciliation.explaining import Suspect, explain
from server.exact_amounts.reconciliation.wire import (
    CloseMonthBody,
    ClosingAnswer,
    ClosingsAnswer,
    ClosingSummary,
    Evidence,
    ExplanationAnswer,
    ReopenBody,
    ReopenedAnswer,
    StretchAnswer,
    SuspicionAnswer,
)
from server.shared_types.ids import AccountId, BatchId, PrincipalId
from server.web.endpoints import Call, Endpoint, Endpoints, Reply, RouteName
from server.web.problems import InsufficientScope

__all__ = ["endpoints"]

_FEE = "bank_fees"
_REMEMBERED = frozenset({Removal.USER, Removal.MERGED})
#: Stretches that are explained at once, the newest first: each may take a good part of a second.
_STRETCHES_MAX = 12


def _summary(closing: ClosingRecord, names: Mapping[PrincipalId, str]) -> ClosingSummary:
    reopened = closing.reopened
    return ClosingSummary(
        id=closing.closing_id,
        month=closing.month,
        version=closing.version,
        closed_at=closing.closed_at,
        by=names.get(closing.closed_by, ""),
        reopened_at=reopened.at if reopened else None,
        reopened_by=names.get(reopened.by, "") if reopened else "",
        reason=reopened.reason if reopened else "",
    )


async def _in_force(reading: LedgerReads, month: str) -> ClosingRecord | None:
    closings = await reading.closings()
    return next((c for c in closings if c.month == month and c.reopened is None), None)


async def _accounts_of_month(reading: LedgerReads) -> list[AccountOfMonth]:
    anchors, sources = await reading.live_anchors(), await reading.sources()
    return [
        AccountOfMonth(
            account=account,
            entries=await reading.entries_of_account(account.account_id),
            anchors=[a for a in anchors if a.account_id == account.account_id],
            sources=[s for s in sources if s.account_id == account.account_id],
        )
        for account in await reading.accounts()
    ]


async def _answer(
    reading: LedgerReads, closing: ClosingRecord, names: Mapping[PrincipalId, str]
) -> ClosingAnswer:
    evidence = read_evidence(closing.evidence)
    entries = {
        account.account_id: await reading.entries_of_account(account.account_id)
        for account in await reading.accounts()
    }
    return ClosingAnswer(
        closing=_summary(closing, names),
        evidence=evidence,
        late_arrivals=late_arrivals(evidence, entries),
    )


def _suspects(
    entries: Sequence[LedgerEntry], stretch: Stretch, typed: Collection[BatchId]
) -> list[Suspect]:
    """The entries that may explain a stretch: those in it, those left out of it, and the account's fees."""
    suspects = []
    for entry in entries:
        inside = stretch.after < entry.proof_day <= stretch.through
        posted = entry.status is EntryStatus.POSTED
        counts = inside and posted and entry.counts_in_proofs
        is_fee = entry.text.category_id == _FEE and not entry.removed and posted
        left_out = inside and (
            (entry.removed and entry.removal in _REMEMBERED and entry.role is not EntryRole.PART)
            or (not entry.removed and not posted)
        )
        if counts or is_fee or left_out:
            suspects.append(
                Suspect(
                    entry_id=entry.entry_id,
                    day=entry.proof_day,
                    amount=entry.amount,
                    counts=counts,
                    is_typed=entry.batch_id in typed,
                    is_fee=is_fee,
                )
            )
    return suspects


def _explained(
    entries: Sequence[LedgerEntry], stretch: Stretch, typed: Collection[BatchId]
) -> StretchAnswer:
    explanation = explain(_suspects(entries, stretch, typed), stretch.difference)
    return StretchAnswer(
        after=stretch.after,
        through=stretch.through,
        difference=stretch.difference.literal(),
        missing=(-stretch.difference).literal(),
        size=explanation.size,
        sets=[
            [
                SuspicionAnswer(
                    entry=each.entry_id, cause=each.cause.value, effect=each.effect.literal()
                )
                for each in every
            ]
            for every in explanation.sets
        ],
        count=explanation.count,
        bounded=explanation.bounded,
    )


def _explain_account(
    account: Account,
    entries: Sequence[LedgerEntry],
    anchors: Sequence[Anchor],
    typed: Collection[BatchId],
) -> ExplanationAnswer:
    every = stretches(account.currency, day_totals(entries), anchors)
    differing = [stretch for stretch in every if stretch.difference.sign][-_STRETCHES_MAX:]
    return ExplanationAnswer(
        account_id=account.account_id,
        currency=account.currency,
        stretches=[_explained(entries, stretch, typed) for stretch in differing],
    )


class _Closed(msgspec.Struct, frozen=True):
    """What is kept of the answer to a closing: no amount stands among the kept answers."""

    closing: UUID


class _Handlers:
    """One handler per route."""

    def __init__(self, ledger: Ledger, people: People) -> None:
        self._ledger = ledger
        self._people = people

    async def list_closings(self, call: Call) -> Reply:
        tenant_id = call.caller().tenant_id
        names = await self._people.names(tenant_id)
        async with self._ledger.reading(tenant_id) as reading:
            closings = await reading.closings()
        return Reply(body=ClosingsAnswer(closings=[_summary(each, names) for each in closings]))

    async def show_closing(self, call: Call) -> Reply:
        tenant_id = call.caller().tenant_id
        names = await self._people.names(tenant_id)
        # A ledger that was tampered with shows nothing.
        await self._ledger.accounts(tenant_id)
        async with self._ledger.reading(tenant_id) as reading:
            closing = await _in_force(reading, call.path["month"])
            if closing is None:
                raise MonthNotClosed
            return Reply(body=await _answer(reading, closing, names))

    async def close_month(self, call: Call) -> Reply:
        body: CloseMonthBody = call.body
        caller = call.caller()
        names = await self._people.names(caller.tenant_id)

        async def act(writing: LedgerWrites) -> _Closed:
            closing = await _in_force(writing, body.month)
            if closing is None:
                accounts = await _accounts_of_month(writing)
                closed = await asyncio.to_thread(close_accounts, accounts, body.month)

                def evidence(version: int, now: datetime) -> bytes:
                    if not is_over(body.month, now.date()):
                        raise MonthNotOver
                    return write_evidence(
                        Evidence(
                            ledger=str(caller.tenant_id),
                            month=body.month,
                            version=version,
                            closed_at=now.isoformat(timespec="seconds"),
                            closed_by=names.get(caller.principal_id, ""),
                            accounts=closed,
                        )
                    )

                closing = await writing.close(body.month, evidence)
            return _Closed(closing=closing.closing_id)

        once = once_only(call, "close", body.month)
        closed = msgspec.json.decode(await self._ledger.write_once(once, act), type=_Closed)
        async with self._ledger.reading(caller.tenant_id) as reading:
            every = {each.closing_id: each for each in await reading.closings()}
            answer = await _answer(reading, every[closed.closing], names)
        return Reply(body=answer, status=HTTPStatus.CREATED)

    async def reopen_month(self, call: Call) -> Reply:
        body: ReopenBody = call.body
        caller = call.caller()
        month = call.path["month"]
        if not await self._people.may_administer(caller):
            raise InsufficientScope
        if not is_plain_text(body.reason):
            raise TextNotAcceptable(0, "reason")

        async def act(writing: LedgerWrites) -> ReopenedAnswer:
            closing = await _in_force(writing, month)
            if closing is None:
                raise MonthNotClosed
            reopening = await writing.reopen(closing, body.reason)
            return ReopenedAnswer(month=month, version=reopening.version)

        once = once_only(call, "reopen", month, msgspec.json.encode(body))
        return Reply(body=await self._ledger.write_once(once, act))

    async def explain_account(self, call: Call) -> Reply:
        try:
            account_id = AccountId(UUID(call.path["account_id"]))
        except ValueError:
            raise UnknownAccount from None
        tenant_id = call.caller().tenant_id
        # A ledger that was tampered with is not explained.
        await self._ledger.accounts(tenant_id)
        batches = await self._ledger.batches(tenant_id)
        typed = {each.batch_id for each in batches if each.kind == BatchKind.TYPED.value}
        async with self._ledger.reading(tenant_id) as reading:
            accounts = {each.account_id: each for each in await reading.accounts()}
            account = accounts.get(account_id)
            if account is None:
                raise UnknownAccount
            entries = await reading.entries_of_account(account_id)
            anchors = [a for a in await reading.live_anchors() if a.account_id == account_id]
        answer = await asyncio.to_thread(_explain_account, account, entries, anchors, typed)
        return Reply(body=answer)


def endpoints(ledger: Ledger, people: People) -> Endpoints:
    """Return the endpoints of closed months and explanations."""
    handlers = _Handlers(ledger, people)
    return (
        Endpoint(
            name=RouteName.EXPLAIN_ACCOUNT,
            handle=handlers.explain_account,
            answer=ExplanationAnswer,
        ),
        Endpoint(
            name=RouteName.LIST_CLOSINGS, handle=handlers.list_closings, answer=ClosingsAnswer
        ),
        Endpoint(
            name=RouteName.CLOSE_MONTH,
            handle=handlers.close_month,
            body=CloseMonthBody,
            answer=ClosingAnswer,
        ),
        Endpoint(name=RouteName.SHOW_CLOSING, handle=handlers.show_closing, answer=ClosingAnswer),
        Endpoint(
            name=RouteName.REOPEN_MONTH,
            handle=handlers.reopen_month,
            body=ReopenBody,
            answer=ReopenedAnswer,
        ),
    )
