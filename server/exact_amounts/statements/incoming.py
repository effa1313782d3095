"""
The accounts of a file, arranged for the ledger: joined, named, in a currency. Pure.

A currency is asked for, never assumed; a number that stands twice in one file is one account.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from server.exact_amounts.entries.currencies import UNKNOWN_CURRENCY, is_known_currency
from server.exact_amounts.entries.entry import AccountType, AnchorSource
from server.exact_amounts.entries.money import ExactAmount
from server.exact_amounts.entries.problems import CurrencyNeeded, UnknownCurrency
from server.exact_amounts.entries.statement import (
    StatedBalance,
    Statement,
    StatementAccount,
    StatementFile,
    StatementTransaction,
)
from server.exact_amounts.ledger.identities import Identities, name_key, number_tail
from server.shared_types.ids import AccountId

__all__ = [
    "IncomingAccount",
    "IncomingBalance",
    "account_name",
    "arrange_accounts",
    "file_stem",
    "find_account",
    "free_name",
    "join_accounts",
    "number_macs",
]

_STEM_CHARACTERS_MAX = 80
_NAMELESS_FILE = "Statement"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingBalance:
    """A balance that the file states."""

    #: ISO 8601 calendar date.
    stated_on: str
    balance: ExactAmount
    source: AnchorSource


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingAccount:
    """An account of a file with everything the file says of it."""

    #: As the file has it, or "".
    number: str = field(repr=False)
    account_type: AccountType
    #: ISO 4217 code, never the unknown one.
    currency: str
    institution: str
    #: In the order of the file, all in the account's currency.
    transactions: tuple[StatementTransaction, ...]
    #: In the order of the file.
    balances: tuple[IncomingBalance, ...]

    def closing_on(self) -> str | None:
        """The date of the last balance that is stated."""
        return max((balance.stated_on for balance in self.balances), default=None)


def file_stem(file_name: str) -> str:
    """Return the name of a file without folders and extension, as an account may be called."""
    base = file_name.replace("\\", "/").rsplit("/", 1)[-1]
    stem = base.rsplit(".", 1)[0] if "." in base.strip(".") else base
    printable = "".join(character for character in stem if character.isprintable())
    return " ".join(printable.split())[:_STEM_CHARACTERS_MAX].strip() or _NAMELESS_FILE


def account_name(account: IncomingAccount, stem: str) -> str:
    """Return what an account is called until its owner says otherwise: "Northbank checking ··1234"."""
    if not account.number:
        return stem
    kind = "account" if account.account_type is AccountType.OTHER else account.account_type.value
    words = f"{account.institution} {kind}".replace("_", " ").split()
    name = " ".join(words)
    tail = number_tail(account.number)
    return f"{name[0].upper()}{name[1:]}" + (f" ··{tail}" if tail else "")


def free_name(wanted: str, taken: Collection[str]) -> str:
    """Return `wanted`, or with " (2)", " (3)" ... behind it when an account has that name already."""
    name, number = wanted, 1
    while name_key(name) in taken:
        number += 1
        name = f"{wanted} ({number})"
    return name


def number_macs(account: IncomingAccount, stem: str, identities: Identities) -> tuple[bytes, ...]:
    """Return the digests by which an account is found again, the surest first."""
    if not account.number:
        return (identities.unnumbered_account(stem, account.currency),)
    number, currency = account.number, account.currency
    return (
        identities.account_number(number, currency, account.account_type),
        identities.account_number(number, currency, None),
    )


def find_account(
    account: IncomingAccount,
    macs: Sequence[bytes],
    holders: Mapping[bytes, AccountId],
    types: Mapping[AccountId, AccountType],
) -> AccountId | None:
    """
    Return the account of the ledger that a file's account is, or None.

    An account of the same number but another type is another one, unless a file does not tell the type.
    """
    surest, *others = macs
    if surest in holders:
        return holders[surest]
    for mac in others:
        holder = holders.get(mac)
        if holder is not None and AccountType.OTHER in (account.account_type, types[holder]):
            return holder
    return None


def _in_currency(amount: ExactAmount, currency: str) -> ExactAmount:
    if amount.currency == UNKNOWN_CURRENCY:
        return ExactAmount(amount.exact_value, currency)
    assert amount.currency == currency, "a reader gives an account's rows in its currency"
    return amount


def _balance(stated: StatedBalance, currency: str, source: AnchorSource) -> IncomingBalance:
    return IncomingBalance(
        stated_on=stated.stated_on,
        balance=_in_currency(stated.balance, currency),
        source=source,
    )


def _balances(statement: Statement, currency: str) -> list[IncomingBalance]:
    balances = []
    if statement.opening is not None:
        balances.append(_balance(statement.opening, currency, AnchorSource.OPENING))
    if statement.closing is not None:
        balances.append(_balance(statement.closing, currency, AnchorSource.STATEMENT))
    return balances


def _currency_of(account: StatementAccount, chosen: str | None) -> str:
    if account.currency != UNKNOWN_CURRENCY:
        return account.currency
    if chosen is None:
        raise CurrencyNeeded
    return chosen


def _arrange(account: StatementAccount, currency: str) -> IncomingAccount:
    return IncomingAccount(
        number=account.number,
        account_type=account.account_type,
        currency=currency,
        institution=account.institution,
        transactions=tuple(
            transaction
            if transaction.amount.currency == currency
            else replace(transaction, amount=_in_currency(transaction.amount, currency))
            for statement in account.statements
            for transaction in statement.transactions
        ),
        balances=tuple(
            balance
            for statement in account.statements
            for balance in _balances(statement, currency)
        ),
    )


def join_accounts(one: IncomingAccount, other: IncomingAccount) -> IncomingAccount:
    """Return one account with everything that is said of two that are the same."""
    return replace(
        one,
        transactions=one.transactions + other.transactions,
        balances=one.balances + other.balances,
    )


def arrange_accounts(file: StatementFile, chosen_currency: str | None) -> list[IncomingAccount]:
    """
    Return the accounts of a file, each once, in the order of the file.

    `chosen_currency` (ISO 4217) is the user's word on accounts for which the file names none. Raises CurrencyNeeded
    where it is missing, UnknownCurrency where it is no currency.
    """
    if chosen_currency is not None and not is_known_currency(chosen_currency):
        raise UnknownCurrency
    joined: dict[tuple[str, str, AccountType | None], IncomingAccount] = {}
    for account in file.accounts:
        arranged = _arrange(account, _currency_of(account, chosen_currency))
        key = (
            arranged.number,
            arranged.currency,
            arranged.account_type if arranged.number else None,
        )
        before = joined.get(key)
        joined[key] = arranged if before is None else join_accounts(before, arranged)
    return list(joined.values())
