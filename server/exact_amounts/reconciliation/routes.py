"""The routes of edits, typed balances, adjustments and leases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from uuid import UUID

import msgspec

from server.exact_amounts.entries.currencies import UNKNOWN_CURRENCY
from server.exact_amounts.entries.edits import Edit, EditOutcome, PartOfSplit
from server.exact_amounts.entries.entry import (
    Account,
    AnchorSource,
    EntryRole,
    EntryStatus,
    EntryText,
    LedgerEntry,
)
from server.exact_amounts.entries.money import ExactAmount, amount_from_literal
from server.exact_amounts.entries.problems import (
    AmountNotReadable,
    ConfirmationNeeded,
    DateNotReadable,
    MonthIsClosed,
    TextNotAcceptable,
    UnknownAccount,
)
from server.exact_amounts.ledger.batch_store import Writer
from server.exact_amounts.ledger.plans import (
    BatchKind,
    BatchPlan,
    BatchPurpose,
    PlannedAnchor,
    PlannedEntry,
)
from server.exact_amounts.ledger.ports import Ledger, LedgerReads, LedgerWrites, People
from server.exact_amounts.ledger.routes import once_only
from server.exact_amounts.ledger.typed_entries import is_day, is_plain_text
from server.exact_amounts.reconciliation import closing_routes
from server.exact_amounts.reconciliation.closing import month_of
from server.exact_amounts.reconciliation.edit_plan import (
    EFFECTIVE_WITHOUT_CONFIRMATION,
    DecidedEdit,
    decide_edits,
    plan_of,
)
from server.exact_amounts.reconciliation.edit_state import EditState
from server.exact_amounts.reconciliation.wire import (
    AdjustmentBody,
    BalanceBody,
    EditBody,
    EditResultAnswer,
    EditsAnswer,
    EditsBody,
    LeaseAnswer,
    LeaseBody,
    StatedBatchAnswer,
)
from server.shared_types.ids import EntryId, PrincipalId
from server.web.endpoints import Call, Endpoint, Endpoints, Reply, RouteName
from server.web.problems import NothingHere

__all__ = ["endpoints"]

_ADJUSTMENT = "Adjustment"


def _edit(body: EditBody, entry: LedgerEntry | None, position: int) -> Edit:
    """An edit as it was sent; the amounts of its parts are in the currency of its entry."""
    currency = entry.amount.currency if entry else UNKNOWN_CURRENCY
    return Edit(
        edit_id=body.id,
        entry_id=EntryId(body.entry),
        kind=body.kind,
        base=body.base,
        value=body.value,
        parts=tuple(
            PartOfSplit(
                amount=_amount(part.amount, currency, position, "parts"),
                description=part.description,
                category=part.category,
                notes=part.notes,
                tags=part.tags,
            )
            for part in body.parts
        ),
        others=tuple(map(EntryId, body.others)),
        other_bases=body.other_bases,
        fee=body.fee,
        override=body.override,
    )


def _amount(literal: str, currency: str, position: int, name: str) -> ExactAmount:
    try:
        return amount_from_literal(literal, currency)
    except ValueError:
        # The cause would carry the literal into a traceback.
        raise AmountNotReadable(position, name) from None


async def _results(
    decided: Sequence[DecidedEdit], reading: LedgerReads, names: Mapping[PrincipalId, str]
) -> list[EditResultAnswer]:
    """What came of each edit; of a conflict also who changed the field, and when."""
    changed_at = {each.changed_at for each in decided if each.changed_at is not None}
    writers = {version: await reading.writer_of(version) for version in changed_at}
    return [_result(each, writers.get(each.changed_at or 0), names) for each in decided]


def _result(
    decided: DecidedEdit, writer: Writer | None, names: Mapping[PrincipalId, str]
) -> EditResultAnswer:
    return EditResultAnswer(
        id=decided.edit.edit_id,
        outcome=decided.outcome,
        reason=decided.refusal,
        current=decided.current,
        by=names.get(writer.principal_id, "") if writer else "",
        at=writer.at if writer else None,
    )


def _named_ids(bodies: Sequence[EditBody]) -> set[EntryId]:
    return {EntryId(each) for body in bodies for each in (body.entry, *body.others)}


async def _account_of(reading: LedgerReads, account_id: UUID) -> Account:
    for account in await reading.accounts():
        if account.account_id == account_id:
            return account
    raise UnknownAccount


async def _open_day(reading: LedgerReads, day: str, name: str) -> str:
    """The day, if it is one and lies in no closed month."""
    if not is_day(day):
        raise DateNotReadable(0, name)
    if month_of(day) in await reading.closed_months():
        raise MonthIsClosed
    return day


class _Handlers:
    """One handler per route."""

    def __init__(self, ledger: Ledger, people: People) -> None:
        self._ledger = ledger
        self._people = people

    async def apply_edits(self, call: Call) -> Reply:
        body: EditsBody = call.body
        names = await self._people.names(call.caller().tenant_id)

        async def act(writing: LedgerWrites) -> EditsAnswer:
            entries = await writing.entries_beside(_named_ids(body.edits))
            version = await writing.version()
            state = EditState(
                next_version=version + 1,
                entries=entries,
                known_edits=await writing.known_edits([each.id for each in body.edits]),
                closed_months=await writing.closed_months(),
            )
            edits = [
                _edit(each, entries.get(EntryId(each.entry)), position)
                for position, each in enumerate(body.edits)
            ]
            decided = decide_edits(edits, state, self._ledger.new_id)
            applied = [each for each in decided if each.outcome is EditOutcome.APPLIED]
            if len(applied) > EFFECTIVE_WITHOUT_CONFIRMATION and not body.confirmed:
                raise ConfirmationNeeded
            results = await _results(decided, writing, names)
            batch = await writing.apply_edits(plan_of(decided)) if applied else None
            return EditsAnswer(
                batch=batch.batch_id if batch else None,
                version=batch.version if batch else version,
                results=results,
            )

        once = once_only(call, "edits", msgspec.json.encode(body))
        return Reply(body=await self._ledger.write_once(once, act))

    async def state_balance(self, call: Call) -> Reply:
        body: BalanceBody = call.body

        async def act(writing: LedgerWrites) -> StatedBatchAnswer:
            account = await _account_of(writing, body.account_id)
            anchor = PlannedAnchor(
                account_id=account.account_id,
                stated_on=await _open_day(writing, body.on, "on"),
                balance=_amount(body.balance, account.currency, 0, "balance"),
                source=AnchorSource.TYPED,
            )
            return await _written(
                writing,
                BatchPlan(kind=BatchKind.TYPED, purpose=BatchPurpose.BALANCE, anchors=(anchor,)),
            )

        once = once_only(call, "balance", msgspec.json.encode(body))
        return Reply(body=await self._ledger.write_once(once, act), status=HTTPStatus.CREATED)

    async def adjust_balance(self, call: Call) -> Reply:
        body: AdjustmentBody = call.body
        if not is_plain_text(body.reason):
            raise TextNotAcceptable(0, "reason")

        async def act(writing: LedgerWrites) -> StatedBatchAnswer:
            account = await _account_of(writing, body.account_id)
            amount = _amount(body.amount, account.currency, 0, "amount")
            if not amount.sign:
                raise AmountNotReadable(0, "amount")
            day = await _open_day(writing, body.on, "on")
            text = EntryText(description=_ADJUSTMENT, notes=body.reason)
            entry = PlannedEntry(
                account_id=account.account_id,
                posted_on=day,
                amount=amount,
                text=text,
                status=EntryStatus.POSTED,
                identity=writing.identities.entry(
                    account.account_id, day, amount.exact_value, text
                ),
                bank_identity=None,
                role=EntryRole.ADJUSTMENT,
            )
            return await _written(
                writing,
                BatchPlan(kind=BatchKind.TYPED, purpose=BatchPurpose.ADJUSTMENT, entries=(entry,)),
            )

        once = once_only(call, "adjustment", msgspec.json.encode(body))
        return Reply(body=await self._ledger.write_once(once, act), status=HTTPStatus.CREATED)

    async def take_lease(self, call: Call) -> Reply:
        body: LeaseBody = call.body

        async def act(writing: LedgerWrites) -> LeaseAnswer:
            lease = await writing.take_lease(body.workbook, body.seconds, body.holder)
            return LeaseAnswer(lease=lease.lease_id, expires_at=lease.expires_at)

        answer = await self._ledger.write_once(once_only(call, "lease"), act)
        return Reply(body=answer, status=HTTPStatus.CREATED)

    async def drop_lease(self, call: Call) -> Reply:
        try:
            lease_id = UUID(call.path["lease_id"])
        except ValueError:
            raise NothingHere from None

        async def act(writing: LedgerWrites) -> msgspec.Struct:
            await writing.drop_lease(lease_id)
            return LeaseBody(workbook=lease_id)

        await self._ledger.write_once(once_only(call, "drop lease"), act)
        return Reply(body=None, status=HTTPStatus.NO_CONTENT)


async def _written(writing: LedgerWrites, plan: BatchPlan) -> StatedBatchAnswer:
    applied = await writing.apply(plan)
    return StatedBatchAnswer(batch=applied.batch_id, version=applied.version)


def endpoints(ledger: Ledger, people: People) -> Endpoints:
    """Return the endpoints of edits, balances, leases, explanations and closed months."""
    handlers = _Handlers(ledger, people)
    return (
        Endpoint(
            name=RouteName.APPLY_EDITS,
            handle=handlers.apply_edits,
            body=EditsBody,
            answer=EditsAnswer,
        ),
        Endpoint(
            name=RouteName.STATE_BALANCE,
            handle=handlers.state_balance,
            body=BalanceBody,
            answer=StatedBatchAnswer,
        ),
        Endpoint(
            name=RouteName.ADJUST_BALANCE,
            handle=handlers.adjust_balance,
            body=AdjustmentBody,
            answer=StatedBatchAnswer,
        ),
        Endpoint(
            name=RouteName.TAKE_LEASE,
            handle=handlers.take_lease,
            body=LeaseBody,
            answer=LeaseAnswer,
        ),
        Endpoint(name=RouteName.DROP_LEASE, handle=handlers.drop_lease, answer=None),
        *closing_routes.endpoints(ledger, people),
    )
