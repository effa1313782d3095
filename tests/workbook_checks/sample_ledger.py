"""
A made-up ledger: four accounts in two currencies whose proofs hold, differ, or are not yet possible.

The rows are what a refresh would write, except for the amounts: those are exact, so that a test can sum them.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from tests.workbook_checks.filled_template import Value
from workbooks.sheet_map import AccountsColumn, LedgerColumn, LogColumn

__all__ = [
    "SampleAccount",
    "account_rows",
    "identifier",
    "ledger_rows",
    "log_rows",
    "sample_accounts",
]

_FIRST_DAY = date(2026, 1, 2)
_FIRST_REFRESH = datetime(2026, 4, 1, 7, 30)  # noqa: DTZ001 - a cell holds no zone; it means UTC

_TEXTS = (
    ("CARD PAYMENT 4471 GREENGROCER AT THE CORNER, MARKET STREET", "Greengrocer", "Food and drink"),
    ("SALARY JANUARY", "Northwind Trading", "Income"),
    ("DIRECT DEBIT CITY WATERWORKS REF 00012345", "City Waterworks", "Rent and utilities"),
    ('=HYPERLINK("http://example.org","STANDING ORDER RENT")', "", "Rent and utilities"),
    ("TRANSFER TO SAVINGS", "", "Transfer"),
    ("ATM WITHDRAWAL CENTRAL STATION", "", "Cash"),
    ("RAIL TICKET 2ND CLASS", "Rail Company", "Transport"),
)
_AMOUNTS = ("-23.45", "2750.00", "-61.20", "-980.00", "-0.07", "-140.00", "-1234567.891")


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleAccount:
    """An account with what is stated about it."""

    account_id: str
    name: str
    account_type: str
    currency: str
    decimals: int
    opening: Decimal | None
    opening_source: str
    first_balance_on: date | None = None
    first_balance: Decimal | None = None
    bank_balance_on: date | None = None
    bank_balance: Decimal | None = None
    balances: int = 0
    windows_off: int = 0
    adjustments: int = 0
    closed_through: str | None = None


def identifier(number: int) -> str:
    """Return a UUIDv7 that is the same in each run."""
    return str(uuid.UUID(int=(0x019B00000000 + number) << 80 | 7 << 76 | 2 << 62 | number))


def _posted_on(index: int) -> date:
    return _FIRST_DAY + timedelta(days=index)


def _amount(index: int, decimals: int) -> Decimal:
    amount = Decimal(_AMOUNTS[index % len(_AMOUNTS)]) + index
    return amount.quantize(Decimal(1)) if decimals == 0 else amount


def _is_pending(index: int) -> bool:
    return index % 13 == 12


def _names() -> tuple[tuple[str, str, str, int], ...]:
    return (
        ("Current account ··4471", "checking", "EUR", 2),
        ("Savings", "savings", "EUR", 2),
        ("Credit card ··9083", "credit_card", "EUR", 2),
        ("Tokyo office", "checking", "JPY", 0),
    )


def ledger_rows(count: int) -> list[dict[LedgerColumn, Value]]:
    """Return `count` rows, the accounts in turn."""
    rows: list[dict[LedgerColumn, Value]] = []
    accounts = _names()
    for index in range(count):
        name, _, currency, decimals = accounts[index % len(accounts)]
        description, merchant, category = _TEXTS[index % len(_TEXTS)]
        rows.append(
            {
                LedgerColumn.DATE: _posted_on(index),
                LedgerColumn.ACCOUNT: name,
                LedgerColumn.DESCRIPTION: description,
                LedgerColumn.MERCHANT: merchant,
                LedgerColumn.AMOUNT: _amount(index, decimals),
                LedgerColumn.CURRENCY: currency,
                LedgerColumn.CATEGORY: category,
                LedgerColumn.TAGS: "tax" if index % 9 == 0 else None,
                LedgerColumn.NOTES: "asked the accountant about this" if index % 11 == 3 else None,
                LedgerColumn.REVIEWED: index % 3 == 0,
                LedgerColumn.STATUS: "pending" if _is_pending(index) else "posted",
                LedgerColumn.ENTRY_ID: identifier(1000 + index),
                LedgerColumn.ACCOUNT_ID: identifier(index % len(accounts)),
                LedgerColumn.PROOF_DATE: _posted_on(index),
                LedgerColumn.BASE: f"{index + 1}:00000000:00000000:00000000:00000000:00000000:00000000",
            }
        )
    return rows


def sample_accounts(count: int) -> list[SampleAccount]:
    """Return the four accounts as they stand after `count` rows."""
    last_day = _posted_on(max(count - 1, 0))
    first_day = _FIRST_DAY - timedelta(days=1)

    def balance(place: int, opening: Decimal) -> Decimal:
        amounts = (
            _amount(index, _names()[place][3])
            for index in range(place, count, len(_names()))
            if not _is_pending(index)
        )
        total = opening + sum(amounts, Decimal(0))
        return total.quantize(Decimal(1).scaleb(-_names()[place][3]))

    accounts = []
    for place, (name, kind, currency, decimals) in enumerate(_names()):
        opening = Decimal("1500000.00") if currency == "EUR" else Decimal(900000)
        proven_later = place != 1
        difference = Decimal("12.34") if place == 2 else Decimal(0)
        accounts.append(
            SampleAccount(
                account_id=identifier(place),
                name=name,
                account_type=kind,
                currency=currency,
                decimals=decimals,
                opening=opening if place != 1 else None,
                opening_source="stated" if place != 1 else "none",
                first_balance_on=first_day if proven_later else None,
                first_balance=opening if proven_later else None,
                bank_balance_on=last_day if proven_later else None,
                bank_balance=balance(place, opening) + difference if proven_later else None,
                balances=2 if proven_later else 0,
                windows_off=1 if difference else 0,
            )
        )
    return accounts


def account_rows(accounts: Sequence[SampleAccount]) -> list[dict[AccountsColumn, Value]]:
    """Return the written cells of the Accounts table."""
    return [
        {
            AccountsColumn.ACCOUNT: account.name,
            AccountsColumn.TYPE: account.account_type,
            AccountsColumn.CURRENCY: account.currency,
            AccountsColumn.OPENING: account.opening,
            AccountsColumn.OPENING_SOURCE: account.opening_source,
            AccountsColumn.FIRST_BALANCE_ON: account.first_balance_on,
            AccountsColumn.FIRST_BALANCE: account.first_balance,
            AccountsColumn.BANK_BALANCE_ON: account.bank_balance_on,
            AccountsColumn.BANK_BALANCE: account.bank_balance,
            AccountsColumn.BALANCES: account.balances,
            AccountsColumn.WINDOWS_OFF: account.windows_off,
            AccountsColumn.ADJUSTMENTS: account.adjustments,
            AccountsColumn.CLOSED_THROUGH: account.closed_through,
            AccountsColumn.DECIMALS: account.decimals,
            AccountsColumn.ACCOUNT_ID: account.account_id,
        }
        for account in accounts
    ]


def log_rows(count: int) -> list[dict[LogColumn, Value]]:
    """Return rows of the Log, the newest last."""
    return [
        {
            LogColumn.WHEN: _FIRST_REFRESH + timedelta(days=index),
            LogColumn.WHAT: "Refreshed from the server",
            LogColumn.ADDED: 12 * index,
            LogColumn.CHANGED: index,
            LogColumn.REMOVED: 0,
            LogColumn.KEPT: index % 2,
            LogColumn.VERSION: 1000 + 13 * index,
        }
        for index in range(count)
    ]
