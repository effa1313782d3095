"""
How the template looks: colours, number formats, widths, and which columns are whose. Decisions only, no writing.

Colour has meaning: a blue heading is the user's to type under, green is money in or a proof that holds, amber is an
adjustment and a proof that needs one, red is a proof that fails, grey is not final or does not count. Nothing is told
by colour alone: a sign, a word, italics or a stroke says the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto, unique
from types import MappingProxyType

from workbooks.sheet_map import (
    EDITABLE_COLUMNS,
    REMOVED_ON,
    AccountsColumn,
    LedgerColumn,
    LogColumn,
    ReviewColumn,
    SheetName,
)

__all__ = [
    "AMBER",
    "AMBER_GROUND",
    "AMOUNT_FORMAT",
    "AMOUNT_FORMATS_BY_DECIMALS",
    "BLUE_GROUND",
    "COLUMN_LOOKS",
    "EXPLANATIONS",
    "GREEN",
    "GREEN_GROUND",
    "GREY_GROUND",
    "GREY_TEXT",
    "INK",
    "LAST_CHANGE_FORMAT",
    "LINE",
    "NUMBER_FORMATS",
    "PART_FORMAT",
    "PART_TEXT",
    "RED",
    "RED_GROUND",
    "RULE",
    "ColumnKind",
    "ColumnLook",
]

INK = "#1F2937"
GREY_TEXT = "#6B7280"
PART_TEXT = "#4B5563"
GREY_GROUND = "#F1F3F5"
LINE = "#E3E6EA"
RULE = "#9AA3AE"
BLUE_GROUND = "#DCEAF7"
GREEN = "#1B6B3A"
GREEN_GROUND = "#E3F3E8"
AMBER = "#8A5A00"
AMBER_GROUND = "#FCF3DC"
RED = "#A12622"
RED_GROUND = "#FBE6E4"

#: At least two decimals, and as many more as the amount really has, up to the nine that an amount may have: a sub-cent
#: amount is never shown rounded. Money out carries a minus; red is kept for what is wrong.
AMOUNT_FORMAT = "#,##0.00#######"

#: For currencies of other than two decimals; the conditional format that shows whole numbers also asks for one.
AMOUNT_FORMATS_BY_DECIMALS: Mapping[int, str] = MappingProxyType(
    {0: "#,##0", 3: "#,##0.000######", 4: "#,##0.0000#####"}
)

#: The text of a part of a split, set in from its parent's.
PART_FORMAT = '"     "@'

#: A moment, or the third section for the 0 of an empty Log.
LAST_CHANGE_FORMAT = '"Changed "yyyy-mm-dd hh:mm" UTC";;"Nothing here yet"'


@unique
class ColumnKind(Enum):
    """What a column holds, which decides its number format and alignment."""

    TEXT = auto()
    PROSE = auto()  # sentences: they wrap
    WORD = auto()  # one short word: calm, never cut
    DATE = auto()
    MOMENT = auto()
    MONEY = auto()
    COUNT = auto()
    CHECK = auto()  # TRUE or FALSE, shown as a checkbox by an Excel that can
    FORMULA_WORD = (
        auto()
    )  # a formula that gives a word: a cell formatted as text would not calculate


NUMBER_FORMATS: Mapping[ColumnKind, str] = MappingProxyType(
    {
        ColumnKind.TEXT: "@",
        ColumnKind.PROSE: "@",
        ColumnKind.WORD: "@",
        ColumnKind.DATE: "yyyy-mm-dd",
        ColumnKind.MOMENT: "yyyy-mm-dd hh:mm",
        ColumnKind.MONEY: AMOUNT_FORMAT,
        ColumnKind.COUNT: "#,##0",
        ColumnKind.CHECK: "General",
        ColumnKind.FORMULA_WORD: "General",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnLook:
    """How one column looks."""

    kind: ColumnKind
    #: In characters of the default font, as Excel counts.
    width: float = 38
    hidden: bool = False
    #: The user's to type in: its heading is tinted.
    editable: bool = False


def _look(kind: ColumnKind, width: float, *, editable: bool = False) -> ColumnLook:
    return ColumnLook(kind=kind, width=width, editable=editable)


_HIDDEN_TEXT = ColumnLook(kind=ColumnKind.TEXT, hidden=True)

_ROWS: Mapping[str, ColumnLook] = {
    LedgerColumn.DATE: _look(ColumnKind.DATE, 12),
    LedgerColumn.ACCOUNT: _look(ColumnKind.TEXT, 19),
    LedgerColumn.DESCRIPTION: _look(ColumnKind.TEXT, 26),
    LedgerColumn.MERCHANT: _look(ColumnKind.TEXT, 13),
    LedgerColumn.AMOUNT: _look(ColumnKind.MONEY, 15),
    LedgerColumn.CURRENCY: _look(ColumnKind.WORD, 11.5),
    LedgerColumn.CATEGORY: _look(ColumnKind.TEXT, 14),
    LedgerColumn.TAGS: _look(ColumnKind.TEXT, 9),
    LedgerColumn.NOTES: _look(ColumnKind.TEXT, 12),
    LedgerColumn.REVIEWED: _look(ColumnKind.CHECK, 12.5),
    LedgerColumn.MATCH: _look(ColumnKind.TEXT, 9.5),
    LedgerColumn.STATEMENT: _look(ColumnKind.DATE, 12.5),
    LedgerColumn.STATUS: _look(ColumnKind.WORD, 12),
    LedgerColumn.ENTRY_ID: _HIDDEN_TEXT,
    LedgerColumn.ACCOUNT_ID: _HIDDEN_TEXT,
    LedgerColumn.PARENT_ID: _HIDDEN_TEXT,
    LedgerColumn.PROOF_DATE: ColumnLook(kind=ColumnKind.DATE, width=12, hidden=True),
    LedgerColumn.BASE: _HIDDEN_TEXT,
}

#: Besides the columns that are edited, a few words may be typed in Status.
_TYPED_IN_LEDGER = frozenset((*EDITABLE_COLUMNS, LedgerColumn.STATUS))

_LEDGER: Mapping[str, ColumnLook] = {
    column: replace(look, editable=column in _TYPED_IN_LEDGER) for column, look in _ROWS.items()
}

_REMOVED: Mapping[str, ColumnLook] = {
    **{
        column: replace(look, editable=column == LedgerColumn.STATUS)
        for column, look in _ROWS.items()
    },
    REMOVED_ON: _look(ColumnKind.DATE, 15),
}

_REVIEW: Mapping[str, ColumnLook] = {
    ReviewColumn.QUESTION: _look(ColumnKind.PROSE, 42),
    ReviewColumn.ACCOUNT: _look(ColumnKind.TEXT, 19),
    ReviewColumn.DATE: _look(ColumnKind.DATE, 12),
    ReviewColumn.DESCRIPTION: _look(ColumnKind.TEXT, 22),
    ReviewColumn.FIELD: _look(ColumnKind.WORD, 11),
    ReviewColumn.HERE: _look(ColumnKind.PROSE, 18),
    ReviewColumn.LEDGER: _look(ColumnKind.PROSE, 18),
    ReviewColumn.BY: _look(ColumnKind.PROSE, 28),
    ReviewColumn.DECISION: _look(ColumnKind.WORD, 11.5, editable=True),
    ReviewColumn.ENTRY_ID: _HIDDEN_TEXT,
    ReviewColumn.QUESTION_ID: _HIDDEN_TEXT,
}

_ACCOUNTS: Mapping[str, ColumnLook] = {
    AccountsColumn.ACCOUNT: _look(ColumnKind.TEXT, 30),
    AccountsColumn.CURRENCY: _look(ColumnKind.WORD, 10.5),
    AccountsColumn.PROOF: _look(ColumnKind.FORMULA_WORD, 16),
    AccountsColumn.ADJUSTMENTS: _look(ColumnKind.COUNT, 13),
    AccountsColumn.DIFFERENCE: _look(ColumnKind.MONEY, 13),
    AccountsColumn.CLOSING: _look(ColumnKind.MONEY, 15),
    AccountsColumn.BANK_BALANCE: _look(ColumnKind.MONEY, 15),
    AccountsColumn.BANK_BALANCE_ON: _look(ColumnKind.DATE, 13),
    AccountsColumn.ENTRIES: _look(ColumnKind.COUNT, 9),
    AccountsColumn.SUM: _look(ColumnKind.MONEY, 15),
    AccountsColumn.OPENING: _look(ColumnKind.MONEY, 15),
    AccountsColumn.OPENING_SOURCE: _look(ColumnKind.WORD, 11),
    AccountsColumn.FIRST_BALANCE: _look(ColumnKind.MONEY, 15),
    AccountsColumn.FIRST_BALANCE_ON: _look(ColumnKind.DATE, 12.5),
    AccountsColumn.BALANCES: _look(ColumnKind.COUNT, 10),
    AccountsColumn.WINDOWS_OFF: _look(ColumnKind.COUNT, 10),
    AccountsColumn.CLOSED_THROUGH: _look(ColumnKind.WORD, 10.5),
    AccountsColumn.TYPE: _look(ColumnKind.WORD, 12.5),
    AccountsColumn.DECIMALS: ColumnLook(kind=ColumnKind.COUNT, width=9, hidden=True),
    AccountsColumn.ACCOUNT_ID: _HIDDEN_TEXT,
}

_LOG: Mapping[str, ColumnLook] = {
    LogColumn.WHEN: _look(ColumnKind.MOMENT, 18),
    LogColumn.WHAT: _look(ColumnKind.TEXT, 48),
    LogColumn.ADDED: _look(ColumnKind.COUNT, 10),
    LogColumn.CHANGED: _look(ColumnKind.COUNT, 10),
    LogColumn.REMOVED: _look(ColumnKind.COUNT, 10),
    LogColumn.KEPT: _look(ColumnKind.COUNT, 11),
    LogColumn.VERSION: _look(ColumnKind.COUNT, 10),
}

#: How each column of each visible sheet looks, by its header. Widths fit a laptop's screen at 100 %.
COLUMN_LOOKS: Mapping[SheetName, Mapping[str, ColumnLook]] = MappingProxyType(
    {
        SheetName.LEDGER: MappingProxyType(_LEDGER),
        SheetName.ACCOUNTS: MappingProxyType(_ACCOUNTS),
        SheetName.REVIEW: MappingProxyType(_REVIEW),
        SheetName.REMOVED: MappingProxyType(_REMOVED),
        SheetName.LOG: MappingProxyType(_LOG),
    }
)

#: One sentence or two under each sheet's title.
EXPLANATIONS: Mapping[SheetName, str] = MappingProxyType(
    {
        SheetName.LEDGER: (
            "Columns with a blue heading are yours; the others come from the bank. A positive amount is money into the "
            "account. Pending entries are grey and in italics. To split or remove an entry, type part or remove in "
            "Status."
        ),
        SheetName.ACCOUNTS: (
            "An account is proven when its first stated balance and the entries since then give its last stated "
            "balance, to the cent; adjusted, when only an adjustment makes it so. Pending entries stand outside. "
            "Currencies are never added together."
        ),
        SheetName.REVIEW: (
            "What only a person can decide, and what does not add up. Type your answer in Decision; the next refresh "
            "acts on it. Each refresh writes this list anew."
        ),
        SheetName.REMOVED: (
            "Entries that are out of the ledger and count nowhere. To bring one back, type restore in its Status: the "
            "next refresh returns the row to the Ledger as it was."
        ),
        SheetName.LOG: "One row for each refresh that changed something, the newest last. Times are UTC.",
    }
)
