"""
What the Accounts table shows: the cells that are written, and the results of its formulas. Pure.

The results are for readers that do not calculate (Protected View, a phone): they follow the formulas of
`workbooks.formulas` in Decimal, from the server's figures, and are rounded the way Excel rounds, half away from zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

from excel_client.problems import AccountsDoubled
from excel_client.wire_format import Account
from excel_client.write_plan.cells import (
    Cell,
    Row,
    exact_double,
    same_cell,
    sheet_date,
    sheet_text,
)
from workbooks.formulas import ACCOUNTS_FORMULAS, ADJUSTED, DIFFERS, NOT_YET_PROVEN, PROVEN
from workbooks.sheet_map import ACCOUNTS_TABLE, AccountsColumn

__all__ = [
    "ACCOUNTS_ORDER",
    "AccountsPlan",
    "account_row",
    "formula_results",
    "plan_accounts",
    "proof_summary",
]

#: The columns that are written; the others of the table are formulas.
ACCOUNTS_ORDER: Final = tuple(
    column for column in AccountsColumn if column not in ACCOUNTS_FORMULAS
)

_ACCOUNT_ID_INDEX: Final = ACCOUNTS_ORDER.index(AccountsColumn.ACCOUNT_ID)
_MINIMUM_BALANCES: Final = 2
_ARITHMETIC: Final = Context(prec=60, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsPlan:
    """What to do to the Accounts table."""

    #: Cells to write, by the row's position in the table and the column's in ACCOUNTS_ORDER.
    updates: Mapping[int, Mapping[int, Cell]] = field(repr=False)
    #: Rows to add, in the order of ACCOUNTS_ORDER.
    appended: Sequence[Row] = field(repr=False)
    #: Results of the formulas by Account ID.
    results: Mapping[str, Mapping[AccountsColumn, Cell]] = field(repr=False)
    #: How many accounts are in each state of proof, in words.
    summary: str

    @property
    def is_empty(self) -> bool:
        """Whether no cell would change."""
        return not self.updates and not self.appended


def account_row(account: Account) -> Row:
    """Return the written cells of an account, in the order of ACCOUNTS_ORDER."""
    cells: dict[AccountsColumn, Cell] = {
        AccountsColumn.ACCOUNT: sheet_text(account.name),
        AccountsColumn.TYPE: sheet_text(account.type),
        AccountsColumn.CURRENCY: account.currency,
        AccountsColumn.OPENING: _number(account.opening),
        AccountsColumn.OPENING_SOURCE: account.opening_source,
        AccountsColumn.FIRST_BALANCE_ON: _date(account.first_balance_on),
        AccountsColumn.FIRST_BALANCE: _number(account.first_balance),
        AccountsColumn.BANK_BALANCE_ON: _date(account.bank_balance_on),
        AccountsColumn.BANK_BALANCE: _number(account.bank_balance),
        AccountsColumn.BALANCES: account.balances,
        AccountsColumn.WINDOWS_OFF: account.windows_off,
        AccountsColumn.ADJUSTMENTS: account.adjustments,
        AccountsColumn.CLOSED_THROUGH: account.closed_through,
        AccountsColumn.DECIMALS: account.decimals,
        AccountsColumn.ACCOUNT_ID: account.id,
    }
    return tuple(cells[column] for column in ACCOUNTS_ORDER)


def _number(text: str | None) -> Cell:
    return None if text is None else exact_double(text)


def _date(text: str | None) -> Cell:
    return None if text is None else sheet_date(text)


def formula_results(account: Account, counted: int | None = None) -> dict[AccountsColumn, Cell]:
    """
    Return what the row's formulas come to; "" is a formula's blank.

    `counted` is how many rows of the Ledger count: the parts of splits in the place of those, unlike on the server.
    """
    total = Decimal(account.sum)
    closing = difference = None
    if account.opening is not None:
        closing = _rounded(_ARITHMETIC.add(Decimal(account.opening), total), account.decimals)
    balances = (
        account.first_balance_on,
        account.first_balance,
        account.bank_balance_on,
        account.bank_balance,
    )
    if account.balances >= _MINIMUM_BALANCES and None not in balances:
        # The sum between the two balances is the server's: its entries are the rows of the Ledger.
        difference = _rounded(Decimal(account.difference or "0"), account.decimals)
    proof = NOT_YET_PROVEN
    if difference is not None:
        proof = ADJUSTED if account.adjustments else PROVEN
        if difference != 0 or account.windows_off != 0:
            proof = DIFFERS
    return {
        AccountsColumn.ENTRIES: account.entries if counted is None else counted,
        AccountsColumn.SUM: float(_rounded(total, account.decimals)),
        AccountsColumn.CLOSING: "" if closing is None else float(closing),
        AccountsColumn.DIFFERENCE: "" if difference is None else float(difference),
        AccountsColumn.PROOF: proof,
    }


def _rounded(number: Decimal, decimals: int) -> Decimal:
    # Adding zero takes the sign off a negative zero, which Excel does not have.
    return _ARITHMETIC.quantize(number, Decimal(1).scaleb(-decimals)) + 0


def proof_summary(results: Sequence[Mapping[AccountsColumn, Cell]]) -> str:
    """Return what the headline above the Accounts says."""
    if not results:
        return "No accounts yet"
    proofs = [result[AccountsColumn.PROOF] for result in results]
    return (
        f"{proofs.count(PROVEN)} proven, {proofs.count(ADJUSTED)} adjusted, "
        f"{proofs.count(DIFFERS)} with a difference, "
        f"{proofs.count(NOT_YET_PROVEN)} not yet proven"
    )


def plan_accounts(
    accounts: Sequence[Account],
    rows: Sequence[Sequence[object]],
    first_row: int,
    counted: Mapping[str, int] | None = None,
) -> AccountsPlan:
    """
    Return what to write so that the table shows `accounts`.

    `rows` are the written cells of the table's rows as they stand, in the order of ACCOUNTS_ORDER; `first_row` is
    the sheet row of the first of them. Rows are found by Account ID; a row without one is the user's own. `counted`
    says of each account how many rows of the Ledger count.
    """
    positions = _positions(rows, first_row)
    updates: dict[int, dict[int, Cell]] = {}
    appended: list[Row] = []
    for account in sorted(accounts, key=lambda account: (account.name, account.id)):
        wanted = account_row(account)
        position = positions.get(account.id)
        if position is None:
            appended.append(wanted)
            continue
        changed = {
            index: cell
            for index, (cell, found) in enumerate(zip(wanted, rows[position], strict=True))
            if not same_cell(found, cell)
        }
        if changed:
            updates[position] = changed
    results = {
        account.id: formula_results(
            account, counted.get(account.id, 0) if counted is not None else None
        )
        for account in accounts
    }
    return AccountsPlan(
        updates=updates,
        appended=appended,
        results=results,
        summary=proof_summary(tuple(results.values())),
    )


def _positions(rows: Sequence[Sequence[object]], first_row: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for position, row in enumerate(rows):
        account_id = row[_ACCOUNT_ID_INDEX]
        if not isinstance(account_id, str) or not account_id:
            continue
        first = found.setdefault(account_id, position)
        if first != position:
            named = f"{first + first_row}, {position + first_row}"
            raise AccountsDoubled(sheet=ACCOUNTS_TABLE.sheet, rows=named)
    return found
