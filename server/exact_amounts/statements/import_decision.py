"""
From a file that was read to the plan of its import: asks the ledger in bulk, decides in pure functions.

It writes nothing; the routes carry the plan out, or show it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from server.exact_amounts.entries.entry import Account
from server.exact_amounts.entries.statement import StatementFile
from server.exact_amounts.ledger.identities import Identities, name_key, number_tail
from server.exact_amounts.ledger.plans import PlannedAccount, PlannedAnchor
from server.exact_amounts.statements.import_plan import (
    AccountPlan,
    ImportPlan,
    KnownAccount,
    PlannedRow,
    bank_ids_to_ask,
    plan_account,
    plan_rows,
)
from server.exact_amounts.statements.incoming import (
    IncomingAccount,
    account_name,
    arrange_accounts,
    file_stem,
    find_account,
    free_name,
    join_accounts,
    number_macs,
)
from server.exact_amounts.statements.ports import LedgerLookups
from server.shared_types.ids import AccountId, IdMaker

__all__ = ["ResolvedAccount", "decide_import", "resolve_accounts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedAccount:
    """An account of a file and the account of the ledger that it is, or that will be opened for it."""

    incoming: IncomingAccount
    account: Account
    #: None where the ledger has the account already.
    opened: PlannedAccount | None


def _open_account(
    incoming: IncomingAccount, name: str, macs: tuple[bytes, ...], account_id: AccountId
) -> PlannedAccount:
    return PlannedAccount(
        account_id=account_id,
        name=name,
        account_type=incoming.account_type,
        currency=incoming.currency,
        number=incoming.number,
        number_macs=macs,
    )


def _as_account(planned: PlannedAccount) -> Account:
    return Account(
        account_id=planned.account_id,
        version=0,
        name=planned.name,
        account_type=planned.account_type,
        currency=planned.currency,
        number_tail=number_tail(planned.number),
    )


def resolve_accounts(
    incoming: Sequence[IncomingAccount],
    stem: str,
    accounts: Sequence[Account],
    numbers: Mapping[bytes, AccountId],
    identities: Identities,
    new_id: IdMaker,
) -> list[ResolvedAccount]:
    """Return which account of the ledger each account of a file is; `stem` names those without a number."""
    by_id = {account.account_id: account for account in accounts}
    taken = {name_key(account.name) for account in accounts}
    holders = dict(numbers)
    resolved: dict[AccountId, ResolvedAccount] = {}
    for each in incoming:
        macs = number_macs(each, stem, identities)
        types = {account_id: account.account_type for account_id, account in by_id.items()}
        account_id = find_account(each, macs, holders, types)
        opened: PlannedAccount | None = None
        if account_id is None:
            account_id = AccountId(new_id())
            name = free_name(account_name(each, stem), taken)
            opened = _open_account(each, name, macs, account_id)
            by_id[account_id] = _as_account(opened)
            taken.add(name_key(name))
            for mac in macs:
                holders.setdefault(mac, account_id)
        before = resolved.get(account_id)
        resolved[account_id] = (
            ResolvedAccount(incoming=each, account=by_id[account_id], opened=opened)
            if before is None
            else replace(before, incoming=join_accounts(before.incoming, each))
        )
    return list(resolved.values())


async def _known(
    ledger: LedgerLookups, resolved: ResolvedAccount, rows: Sequence[PlannedRow]
) -> KnownAccount:
    account_id = resolved.account.account_id
    anchors = frozenset(
        PlannedAnchor(
            account_id=anchor.account_id,
            stated_on=anchor.stated_on,
            balance=anchor.balance,
            source=anchor.source,
        )
        for anchor in await ledger.live_anchors()
        if anchor.account_id == account_id
    )
    if not rows:
        return KnownAccount(anchors=anchors)
    days = [row.entry.posted_on for row in rows]
    known = await ledger.live_identities(account_id, min(days), max(days))
    asked = bank_ids_to_ask(rows, known)
    bank_ids = await ledger.live_entries_of_bank_ids(asked) if asked else {}
    return KnownAccount(identities=known, bank_ids=bank_ids, anchors=anchors)


async def _plan(ledger: LedgerLookups, resolved: ResolvedAccount) -> AccountPlan:
    account, incoming = resolved.account, resolved.incoming
    rows = await asyncio.to_thread(
        plan_rows, account.account_id, incoming.transactions, ledger.identities
    )
    known = await _known(ledger, resolved, rows) if resolved.opened is None else None
    return await asyncio.to_thread(plan_account, account, incoming, rows, known)


async def decide_import(
    ledger: LedgerLookups,
    file: StatementFile,
    file_name: str,
    chosen_currency: str | None,
    new_id: IdMaker,
) -> ImportPlan:
    """
    Return what importing a file does to the ledger as it is now.

    `chosen_currency` (ISO 4217) stands in where the file names none. Raises CurrencyNeeded or UnknownCurrency.
    """
    resolved = resolve_accounts(
        arrange_accounts(file, chosen_currency),
        file_stem(file_name),
        await ledger.accounts(),
        await ledger.account_numbers(),
        ledger.identities,
        new_id,
    )
    plans = [await _plan(ledger, each) for each in resolved]
    return ImportPlan(
        accounts=tuple(plans),
        opened=tuple(each.opened for each in resolved if each.opened is not None),
        problems=(*file.problems, *(problem for plan in plans for problem in plan.problems)),
    )
