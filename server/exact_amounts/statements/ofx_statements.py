"""
A statement of an OFX file while it is being read, and the accounts that the statements of a file make up.

It is told elements and transactions one by one and knows no markup.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import MappingProxyType

from server.exact_amounts.entries.currencies import UNKNOWN_CURRENCY
from server.exact_amounts.entries.entry import AccountType
from server.exact_amounts.entries.money import ExactAmount
from server.exact_amounts.entries.problems import StatementRefused
from server.exact_amounts.entries.statement import (
    ReadingProblem,
    StatedBalance,
    Statement,
    StatementAccount,
    StatementTransaction,
)
from server.exact_amounts.statements.ofx_values import calendar_date, plain_text

__all__ = ["AccountBook", "OpenStatement", "Problems"]

_ACCOUNT_TYPES = MappingProxyType(
    {
        "CHECKING": AccountType.CHECKING,
        "SAVINGS": AccountType.SAVINGS,
        "MONEYMRKT": AccountType.SAVINGS,
        "CD": AccountType.SAVINGS,
        "CREDITLINE": AccountType.LOAN,
    }
)
_TYPES_BY_STATEMENT = MappingProxyType(
    {
        "STMTRS": AccountType.OTHER,
        "CCSTMTRS": AccountType.CREDIT_CARD,
        "INVSTMTRS": AccountType.INVESTMENT,
    }
)


class Problems:
    """What was left out of a file so far."""

    __slots__ = ("_noted", "_said")

    def __init__(self) -> None:
        self._noted: list[ReadingProblem] = []
        self._said: set[str] = set()

    def note(self, line: int, what: str) -> None:
        """Keep a problem."""
        self._noted.append(ReadingProblem(line=line, what=what))

    def note_once(self, line: int, what: str) -> None:
        """Keep a problem that is said once per file."""
        if what not in self._said:
            self._said.add(what)
            self.note(line, what)

    def all(self) -> tuple[ReadingProblem, ...]:
        """Return the problems in the order they were met."""
        return tuple(self._noted)


@dataclass(slots=True, kw_only=True)
class OpenStatement:
    """What was read of a statement so far."""

    #: STMTRS, CCSTMTRS or INVSTMTRS.
    kind: str
    #: CURDEF, or XXX.
    currency: str
    amount_of: Callable[[str, str, int], ExactAmount]
    problems: Problems
    #: The list of transactions that is open, or "".
    open_list: str = ""
    first_day: str | None = None
    last_day: str | None = None
    transactions: list[StatementTransaction] = field(default_factory=list)
    #: Line of the first trade of securities, or 0.
    trades_line: int = 0
    closing: StatedBalance | None = None
    _account_type: str = ""
    #: BANKID or BROKERID, BRANCHID and ACCTID, once the account was named.
    _numbers: dict[str, str] | None = None
    #: Line of the first ledger balance, or 0; how many there were; the elements of the present one.
    _balance_line: int = 0
    _balances: int = 0
    _balance_elements: list[tuple[str, str]] = field(default_factory=list)

    def name_account(self, line: int) -> None:
        """An account's aggregate begins; raises StatementRefused where it is the second."""
        if self._numbers is not None:
            raise StatementRefused(line, "a statement names two accounts")
        self._numbers = {}

    def add_account_element(self, name: str, value: str) -> None:
        """An element of the account's aggregate."""
        assert self._numbers is not None, "an account's elements stand in its aggregate"
        if name == "ACCTTYPE":
            self._account_type = value.strip().upper()
        elif name in {"BANKID", "BROKERID", "BRANCHID", "ACCTID"}:
            self._numbers.setdefault(name, plain_text(value))

    def begin_balance(self, line: int) -> None:
        """A ledger balance begins."""
        self._balance_line = line
        self._balances += 1
        self._balance_elements = []

    def add_balance_element(self, name: str, value: str) -> None:
        """An element of the ledger balance."""
        if name in {"BALAMT", "DTASOF"}:
            self._balance_elements.append((name, value))

    def end_balance(self, *, properly: bool) -> None:
        """The ledger balance ends: it becomes the closing balance if it is certain, else a problem."""
        line = self._balance_line
        elements = dict(self._balance_elements)
        stated_on = calendar_date(elements.get("DTASOF", ""))
        raw = elements.get("BALAMT", "")
        if self._balances > 1:
            self.closing = None
            self.problems.note(line, "a statement has two ledger balances: none was taken")
        elif not properly or len(elements) < len(self._balance_elements):
            self.problems.note(line, "the ledger balance is damaged")
        elif not raw.strip() or stated_on is None:
            self.problems.note(line, "the ledger balance is empty or has no date that can be read")
        else:
            self._state_closing(stated_on, raw, line)

    def _state_closing(self, stated_on: str, raw: str, line: int) -> None:
        try:
            balance = self.amount_of(raw, self.currency, line)
        except StatementRefused:
            self.problems.note(line, "the ledger balance can't be read")
        else:
            self.closing = StatedBalance(stated_on=stated_on, balance=balance)

    def number(self) -> str:
        """The numbers of bank, branch and account, joined; "" where no account was named."""
        numbers = self._numbers or {}
        if not numbers.get("ACCTID"):
            # A bank's number alone would make one account of all that it leaves unnamed.
            return ""
        bank = numbers.get("BANKID") or numbers.get("BROKERID")
        return "/".join(part for part in (bank, numbers.get("BRANCHID"), numbers["ACCTID"]) if part)

    def account_type(self) -> AccountType:
        """The type of account, by the statement's kind first."""
        by_kind = _TYPES_BY_STATEMENT[self.kind]
        return _ACCOUNT_TYPES.get(self._account_type, by_kind) if self.kind == "STMTRS" else by_kind


class AccountBook:
    """The accounts of a file; statements of the same number, type and currency are one account."""

    __slots__ = ("_accounts", "_institutions")

    def __init__(self) -> None:
        self._accounts: dict[tuple[str, AccountType, str], list[Statement]] = {}
        self._institutions: dict[tuple[str, AccountType, str], str] = {}

    def __bool__(self) -> bool:
        return bool(self._accounts)

    def accounts(self) -> tuple[StatementAccount, ...]:
        """Return the accounts in the order of the file."""
        return tuple(
            StatementAccount(
                number=number,
                account_type=account_type,
                currency=currency,
                institution=self._institutions[number, account_type, currency],
                statements=tuple(statements),
            )
            for (number, account_type, currency), statements in self._accounts.items()
        )

    def add(self, statement: OpenStatement, institution: str) -> None:
        """
        Add a statement that has ended.

        Transactions that name another currency than the statement's stand in an account of that currency; the
        balance is then no anchor, since it can't be told which of them it covers.
        """
        by_currency = _by_currency(statement.transactions)
        currency = statement.currency
        if currency == UNKNOWN_CURRENCY and len(by_currency) == 1:
            # There is no CURDEF, but every transaction names the same currency.
            currency = next(iter(by_currency))
        own = by_currency.pop(currency, [])
        closing = statement.closing
        if by_currency:
            closing = None
        if closing is not None:
            balance = ExactAmount(closing.balance.exact_value, currency)
            closing = StatedBalance(stated_on=closing.stated_on, balance=balance)
        self._store(statement, institution, currency, own, closing)
        for other, transactions in by_currency.items():
            statement.problems.note(
                transactions[0].line, "entries in another currency stand in an account of their own"
            )
            self._store(statement, institution, other, transactions, None)

    def _store(
        self,
        statement: OpenStatement,
        institution: str,
        currency: str,
        transactions: list[StatementTransaction],
        closing: StatedBalance | None,
    ) -> None:
        key = (statement.number(), statement.account_type(), currency)
        self._institutions.setdefault(key, institution)
        self._accounts.setdefault(key, []).append(
            Statement(
                opening=None,
                closing=closing,
                transactions=tuple(transactions),
                first_day=statement.first_day,
                last_day=statement.last_day,
            )
        )


def _by_currency(
    transactions: list[StatementTransaction],
) -> dict[str, list[StatementTransaction]]:
    """The transactions of each currency, in their order."""
    currencies = {transaction.amount.currency for transaction in transactions}
    if len(currencies) == 1:
        return {currencies.pop(): transactions}
    by_currency: dict[str, list[StatementTransaction]] = {}
    for transaction in transactions:
        by_currency.setdefault(transaction.amount.currency, []).append(transaction)
    return by_currency
