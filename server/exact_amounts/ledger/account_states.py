"""
Every account with its proof, as of one version of the ledger.

The sums are reckoned from all posted entries, once the rows are known to be as they were written, and kept until the
ledger's version moves.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from server.database.sessions import Session
from server.exact_amounts.entries.currencies import exponent_of
from server.exact_amounts.entries.entry import Account, Anchor
from server.exact_amounts.entries.money import EXACT, ExactAmount
from server.exact_amounts.ledger.account_store import AccountStore
from server.exact_amounts.ledger.closing_store import ClosingStore
from server.exact_amounts.ledger.entry_store import EntryStore
from server.exact_amounts.ledger.integrity_check import check_ledger
from server.exact_amounts.ledger.integrity_store import read_sums, sums_or_problem
from server.exact_amounts.ledger.proof import AccountProof, prove
from server.exact_amounts.ledger.row_sealer import PostedTotals, RowSealer
from server.exact_amounts.ledger.wire import AccountAnswer
from server.shared_types.ids import AccountId, TenantId

__all__ = ["AccountNotes", "AccountState", "AccountStates", "account_answer", "prove_accounts"]

_LEDGERS_KEPT = 64

_NO_TOTALS = PostedTotals()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    """An account and how it stands."""

    account: Account
    #: How many entries are posted.
    entries: int
    proof: AccountProof
    #: The last month that is closed, or None.
    closed_through: str | None = None
    #: How many adjustments are in force.
    adjustments: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountNotes:
    """What else there is to say of accounts: closed months, and adjustments by account."""

    closed_months: Collection[str] = frozenset()
    adjustments: Mapping[AccountId, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatesOfLedger:
    """Every account of a ledger, oldest first, as of one version."""

    version: int
    accounts: tuple[AccountState, ...] = field(repr=False)


def prove_accounts(
    accounts: Sequence[Account],
    totals: dict[AccountId, PostedTotals],
    anchors: Sequence[Anchor],
    notes: AccountNotes,
) -> tuple[AccountState, ...]:
    """Return how each account stands, in the order given."""
    by_account: dict[AccountId, list[Anchor]] = {}
    for anchor in anchors:
        by_account.setdefault(anchor.account_id, []).append(anchor)
    states = []
    for account in accounts:
        posted = totals.get(account.account_id, _NO_TOTALS)
        stated = by_account.get(account.account_id, [])
        states.append(
            AccountState(
                account=account,
                entries=posted.count,
                proof=prove(account.currency, posted.by_day, stated),
                closed_through=max(notes.closed_months, default=None),
                adjustments=notes.adjustments.get(account.account_id, 0),
            )
        )
    return tuple(states)


class AccountStates:
    """Reads every account's state, and keeps those of the ledgers that were asked for last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[TenantId, StatesOfLedger] = OrderedDict()

    async def read(
        self, session: Session, sealer: RowSealer, *, anew: bool = False
    ) -> StatesOfLedger:
        """
        Return the state of every account, all read from the one state of the database that the session sees.

        Every row of the ledger is checked against the sums: once per version, or `anew`. Raises LedgerTampered.
        """
        record = await read_sums(session, sealer)
        kept = self._kept.get(sealer.tenant_id)
        if kept is not None and kept.version == record.ledger_version:
            sums_or_problem(record, sealer)
            self._kept.move_to_end(sealer.tenant_id)
            if anew:
                await check_ledger(session, sealer, record)
            return kept
        await check_ledger(session, sealer, record)
        accounts = AccountStore(session, sealer)
        every = await accounts.accounts()
        anchors = await accounts.live_anchors()
        rows = await EntryStore(session, sealer).posted_amounts()
        totals = await asyncio.to_thread(sealer.posted_totals, rows)
        notes = AccountNotes(
            closed_months=await ClosingStore(session, sealer).closed_months(),
            adjustments=await EntryStore(session, sealer).adjustments_by_account(),
        )
        proven = await asyncio.to_thread(prove_accounts, every, totals, anchors, notes)
        states = StatesOfLedger(version=record.ledger_version, accounts=proven)
        self._keep(sealer.tenant_id, states)
        return states

    def _keep(self, tenant_id: TenantId, states: StatesOfLedger) -> None:
        self._kept[tenant_id] = states
        self._kept.move_to_end(tenant_id)
        while len(self._kept) > _LEDGERS_KEPT:
            self._kept.popitem(last=False)


def _literal(amount: ExactAmount | None) -> str | None:
    return amount.literal() if amount is not None else None


def _literal_of_sum(total: ExactAmount) -> str:
    """The exact sum, with the decimals of its currency at least."""
    decimals = exponent_of(total.currency)
    exponent = total.exact_value.as_tuple().exponent
    assert isinstance(exponent, int), "an amount is finite"
    if -exponent >= decimals:
        return total.literal()
    padded = total.exact_value.quantize(Decimal(1).scaleb(-decimals), context=EXACT)
    return ExactAmount(padded, total.currency).literal()


def account_answer(state: AccountState) -> AccountAnswer:
    """Return an account as the wire has it."""
    account, proof = state.account, state.proof
    return AccountAnswer(
        id=account.account_id,
        version=account.version,
        name=account.name,
        currency=account.currency,
        type=account.account_type.value,
        number_tail=account.number_tail,
        entries=state.entries,
        sum=_literal_of_sum(proof.total),
        opening=_literal(proof.opening),
        opening_source=proof.opening_source.value,
        closing=_literal(proof.closing),
        first_balance_on=proof.first_balance_on,
        first_balance=_literal(proof.first_balance),
        bank_balance_on=proof.bank_balance_on,
        bank_balance=_literal(proof.bank_balance),
        balances=proof.balances,
        windows_off=proof.windows_off,
        difference=_literal(proof.difference),
        proof=proof.proof.value,
        decimals=exponent_of(account.currency),
        closed_through=state.closed_through,
        adjustments=state.adjustments,
    )
