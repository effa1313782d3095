"""
What people and refreshes do to the made-up ledger: a split, a transfer, a statement, an adjustment, words in Status.

Works on the rows of `sample_ledger`, of which it needs 20 at least. The credit card's difference is what the adjustment
makes up for; nothing else moves a proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from tests.workbook_checks.filled_template import Value
from tests.workbook_checks.sample_ledger import SampleAccount, identifier
from workbooks.sheet_map import REMOVED_ON, DecisionWord, LedgerColumn, ReviewColumn, StatusWord

__all__ = [
    "LedgerRow",
    "adjusted_accounts",
    "edited_rows",
    "removed_rows",
    "review_rows",
    "split_in",
    "with_split",
]

LedgerRow = dict[LedgerColumn, Value]

_GREENGROCER, _TRANSFER, _OTHER_LEG, _REMOVED, _STATEMENT, _TYPED = 0, 4, 5, 9, 11, 13
_CREDIT_CARD = 2
_ADJUSTMENT = Decimal("12.34")


def split_in(row: LedgerRow, *amounts: str) -> list[LedgerRow]:
    """Return a row as a split, and under it its parts on the split's Proof date."""
    parent = {**row, LedgerColumn.STATUS: StatusWord.SPLIT.value}
    parts: list[LedgerRow] = [
        {
            **row,
            LedgerColumn.AMOUNT: Decimal(amount),
            LedgerColumn.DESCRIPTION: f"Part {number} of the receipt",
            LedgerColumn.ENTRY_ID: identifier(5000 + number),
            LedgerColumn.PARENT_ID: row.get(LedgerColumn.ENTRY_ID) or identifier(5000),
        }
        for number, amount in enumerate(amounts, 1)
    ]
    return [parent, *parts]


def with_split(rows: Sequence[LedgerRow], index: int, *amounts: str) -> list[LedgerRow]:
    """Return the rows with one of them split."""
    return [*rows[:index], *split_in(rows[index], *amounts), *rows[index + 1 :]]


def edited_rows(rows: Sequence[LedgerRow]) -> list[LedgerRow]:
    """Return the rows with every kind of edit among them."""
    edited = [dict(row) for row in rows]
    leg, other_leg = edited[_TRANSFER], edited[_OTHER_LEG]
    amount = leg[LedgerColumn.AMOUNT]
    assert isinstance(amount, Decimal)
    leg[LedgerColumn.MATCH] = other_leg[LedgerColumn.MATCH] = "jan save"
    other_leg |= {LedgerColumn.AMOUNT: -amount, LedgerColumn.DESCRIPTION: "TRANSFER TO GIRO"}
    edited[_REMOVED][LedgerColumn.STATUS] = StatusWord.REMOVE.value
    edited[_STATEMENT] |= {
        LedgerColumn.STATEMENT: date(2026, 1, 31),
        LedgerColumn.PROOF_DATE: date(2026, 1, 31),
    }
    typed: list[LedgerRow] = [
        {
            LedgerColumn.DESCRIPTION: words,
            LedgerColumn.AMOUNT: part,
            LedgerColumn.STATUS: StatusWord.PART.value,
        }
        for words, part in (("Printer paper", Decimal("-100.00")), ("Stamps", Decimal("-27.00")))
    ]
    adjustment: LedgerRow = {
        **edited[_CREDIT_CARD],
        LedgerColumn.DESCRIPTION: "Until the refund is found",
        LedgerColumn.MERCHANT: None,
        LedgerColumn.CATEGORY: None,
        LedgerColumn.AMOUNT: _ADJUSTMENT,
        LedgerColumn.STATUS: StatusWord.ADJUSTMENT.value,
        LedgerColumn.ENTRY_ID: identifier(6000),
    }
    edited[_TYPED + 1 : _TYPED + 1] = [*typed, adjustment]
    return with_split(edited, _GREENGROCER, "-18.45", "-5.00")


def adjusted_accounts(accounts: Sequence[SampleAccount]) -> list[SampleAccount]:
    """Return the accounts as they stand with the adjustment, their months closed through January."""
    return [
        replace(
            account,
            adjustments=int(place == _CREDIT_CARD),
            windows_off=0,
            closed_through="2026-01" if place != 1 else None,
        )
        for place, account in enumerate(accounts)
    ]


def review_rows() -> list[dict[ReviewColumn, Value]]:
    """Return a line of each kind."""
    conflict: dict[ReviewColumn, Value] = {
        ReviewColumn.QUESTION: "Changed here and in the ledger. Which is right?",
        ReviewColumn.ACCOUNT: "Current account ··4471",
        ReviewColumn.DATE: date(2026, 1, 10),
        ReviewColumn.DESCRIPTION: "CARD PAYMENT 4471 GREENGROCER AT THE CORNER, MARKET STREET",
        ReviewColumn.FIELD: "Category",
        ReviewColumn.HERE: "Food and drink",
        ReviewColumn.LEDGER: "Entertaining clients",
        ReviewColumn.BY: "Robin's laptop, 2026-04-02 09:12",
        ReviewColumn.ENTRY_ID: identifier(1008),
        ReviewColumn.QUESTION_ID: identifier(7000),
    }
    return [
        conflict,
        {
            **conflict,
            ReviewColumn.FIELD: "Statement",
            ReviewColumn.HERE: "2026-01-31",
            ReviewColumn.LEDGER: "2026-02-28",
            ReviewColumn.DECISION: DecisionWord.MINE.value,
            ReviewColumn.QUESTION_ID: identifier(7001),
        },
        {
            ReviewColumn.QUESTION: "3 rows were deleted in this workbook. Remove their entries from the ledger?",
            ReviewColumn.QUESTION_ID: identifier(7002),
        },
        {
            ReviewColumn.QUESTION: "The parts of this entry do not add up: 10.00 is missing.",
            ReviewColumn.ACCOUNT: "Savings",
            ReviewColumn.DATE: date(2026, 1, 15),
            ReviewColumn.DESCRIPTION: "ATM WITHDRAWAL CENTRAL STATION",
            ReviewColumn.HERE: "-127.00",
            ReviewColumn.LEDGER: "-137.00",
            ReviewColumn.ENTRY_ID: identifier(1013),
        },
        {
            ReviewColumn.QUESTION: (
                "From 2026-01-31 to 2026-02-28 the entries lead to 12.34 less than the bank states. One entry alone "
                "explains it, in 2 ways."
            ),
            ReviewColumn.ACCOUNT: "Credit card ··9083",
            ReviewColumn.DATE: date(2026, 2, 28),
            ReviewColumn.HERE: "1499210.00",
            ReviewColumn.LEDGER: "1499222.34",
        },
    ]


def removed_rows(rows: Sequence[LedgerRow]) -> list[dict[str, Value]]:
    """Return two of the rows as they stand in Removed, one of them on its way back."""
    words = (StatusWord.REMOVED.value, StatusWord.RESTORE.value)
    return [
        {
            **{str(column): value for column, value in row.items()},
            LedgerColumn.STATUS: word,
            REMOVED_ON: date(2026, 4, 2),
        }
        for row, word in zip(rows, words, strict=False)
    ]
