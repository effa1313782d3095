"""
The conditional formats, drop-downs and prompts of the template's sheets.

They reach to the end of the sheet, so that a table may grow without a word to them. They show and suggest: nothing that
a person may have to type is forbidden by them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from workbooks.appearance import (
    AMBER,
    AMBER_GROUND,
    AMOUNT_FORMATS_BY_DECIMALS,
    BLUE_GROUND,
    COLUMN_LOOKS,
    GREEN,
    GREEN_GROUND,
    GREY_GROUND,
    GREY_TEXT,
    INK,
    PART_FORMAT,
    PART_TEXT,
    RED,
    RED_GROUND,
    RULE,
    ColumnKind,
)
from workbooks.formulas import ADJUSTED, COUNTED, DIFFERS, NOT_YET_PROVEN, PROVEN
from workbooks.sheet_map import (
    ACCOUNTS_TABLE,
    LEDGER_TABLE,
    REMOVED_ON,
    REMOVED_TABLE,
    REVIEW_TABLE,
    AccountsColumn,
    DecisionWord,
    LedgerColumn,
    ReviewColumn,
    StatusWord,
    TableShape,
    WorkbookName,
)

__all__ = ["GESTURES", "STATUS_WORDS", "add_rules"]

#: What a person types in the Ledger's Status, to be taken up by the next refresh.
GESTURES = (StatusWord.REMOVE, StatusWord.PART, StatusWord.WHOLE)

#: What the Ledger's Status suggests: the gestures first, then the words that may have to be put back.
STATUS_WORDS = (
    *GESTURES,
    StatusWord.POSTED,
    StatusWord.PENDING,
    StatusWord.SPLIT,
    StatusWord.ADJUSTMENT,
)

_LAST_ROW = 1_048_575
#: Excel's calendar begins here.
_FIRST_DAY = date(1900, 1, 1)

_OPEN = {"bg_color": BLUE_GROUND, "bottom": 1, "bottom_color": RULE}
_WAITING = {**_OPEN, "font_color": INK, "bold": True}


def add_rules(book: Any, *, first_row: int) -> None:
    """Add every sheet's rules; `first_row` is a table's first row of data, counted from 0."""
    _add_ledger_looks(_SheetRules(book=book, shape=LEDGER_TABLE, first_row=first_row))
    _add_ledger_prompts(_SheetRules(book=book, shape=LEDGER_TABLE, first_row=first_row))
    _add_accounts_rules(_SheetRules(book=book, shape=ACCOUNTS_TABLE, first_row=first_row))
    _add_review_rules(_SheetRules(book=book, shape=REVIEW_TABLE, first_row=first_row))
    _add_removed_rules(_SheetRules(book=book, shape=REMOVED_TABLE, first_row=first_row))


@dataclass(frozen=True, slots=True, kw_only=True)
class _SheetRules:
    """Adds rules to whole columns of one sheet."""

    book: Any
    shape: TableShape
    first_row: int

    def cell(self, column: str) -> str:
        """A cell of `column` in the first data row, its column fixed, as a rule's formula names it."""
        return f"${chr(ord('A') + self.shape.columns.index(column))}{self.first_row + 1}"

    def show(self, columns: tuple[str, ...], criteria: str, look: dict[str, Any]) -> None:
        """Give columns that stand side by side a look where the criteria hold."""
        places = [self.shape.columns.index(column) for column in columns]
        assert places == list(range(places[0], places[-1] + 1)), "a rule's columns side by side"
        rule = {"type": "formula", "criteria": f"={criteria}", "format": self.book.add_format(look)}
        self._sheet.conditional_format(self.first_row, places[0], _LAST_ROW, places[-1], rule)

    def show_decimals(self, column: str, decimals: str) -> None:
        """Show amounts of currencies without two decimals as such; an amount with more digits keeps them all."""
        amount = self.cell(column)
        for count, number_format in AMOUNT_FORMATS_BY_DECIMALS.items():
            whole = f",{amount}=ROUND({amount},0)" if count == 0 else ""
            criteria = f"AND(ISNUMBER({amount}),ISNUMBER({decimals}),{decimals}={count}{whole})"
            self.show((column,), criteria, {"num_format": number_format})

    def ask(self, column: str, validation: dict[str, Any]) -> None:
        """Give a column a drop-down, a prompt or a check."""
        place = self.shape.columns.index(column)
        self._sheet.data_validation(self.first_row, place, _LAST_ROW, place, validation)

    @property
    def _sheet(self) -> Any:
        return self.book.get_worksheet_by_name(self.shape.sheet)


def _is_one_of(cell: str, words: tuple[StatusWord, ...]) -> str:
    criteria = ",".join(f'{cell}="{word}"' for word in words)
    return f"OR({criteria})"


def _decimals_of_account(rules: _SheetRules) -> str:
    return (
        f"INDEX({WorkbookName.ACCOUNT_DECIMALS},"
        f"MATCH({rules.cell(LedgerColumn.ACCOUNT_ID)},{WorkbookName.ACCOUNT_IDS},0))"
    )


def _add_ledger_looks(rules: _SheetRules) -> None:
    amount, status = rules.cell(LedgerColumn.AMOUNT), rules.cell(LedgerColumn.STATUS)
    looks = COLUMN_LOOKS[rules.shape.sheet]
    visible = tuple(column for column in rules.shape.columns if not looks[column].hidden)
    is_part = f'OR({rules.cell(LedgerColumn.PARENT_ID)}<>"",{status}="{StatusWord.PART}")'
    # First the formats of numbers: where several rules fit a cell, LibreOffice follows one, Excel all.
    rules.show_decimals(LedgerColumn.AMOUNT, _decimals_of_account(rules))
    rules.show((LedgerColumn.STATUS,), _is_one_of(status, GESTURES), _WAITING)
    rules.show(
        (LedgerColumn.STATUS,),
        f'{status}="{StatusWord.ADJUSTMENT}"',
        {"font_color": AMBER, "bg_color": AMBER_GROUND},
    )
    pending = {"italic": True, "font_color": GREY_TEXT}
    rules.show(visible, f'{status}="{StatusWord.PENDING}"', pending)
    split = {"font_color": GREY_TEXT, "bg_color": GREY_GROUND}
    rules.show(visible, f'{status}="{StatusWord.SPLIT}"', split)
    remove = {"font_strikeout": True, "font_color": GREY_TEXT}
    assert visible[-1] == LedgerColumn.STATUS
    rules.show(visible[:-1], f'{status}="{StatusWord.REMOVE}"', remove)
    rules.show(
        (LedgerColumn.AMOUNT,),
        f"AND(ISNUMBER({amount}),{amount}>0,{_is_one_of(status, COUNTED)})",
        {"font_color": GREEN},
    )
    part = {"font_color": PART_TEXT}
    place = visible.index(LedgerColumn.DESCRIPTION)
    rules.show(visible[:place], is_part, part)
    rules.show((LedgerColumn.DESCRIPTION,), is_part, {**part, "num_format": PART_FORMAT})
    rules.show(visible[place + 1 :], is_part, part)


def _add_ledger_prompts(rules: _SheetRules) -> None:
    # Not a list of "TRUE,FALSE": an Excel of another language spells them otherwise.
    rules.ask(
        LedgerColumn.REVIEWED,
        {
            "validate": "custom",
            "value": f"=ISLOGICAL({rules.cell(LedgerColumn.REVIEWED)})",
            "error_title": "Reviewed is yes or no",
            "error_message": "Tick the box, or type TRUE or FALSE.",
        },
    )
    rules.ask(
        LedgerColumn.MATCH,
        {
            "validate": "any",
            "input_title": "Rows that belong together",
            "input_message": (
                "Type the same word in each. In two accounts: a transfer. In one account with equal amounts: one "
                "payment seen twice. Clear it to undo."
            ),
        },
    )
    rules.ask(
        LedgerColumn.STATEMENT,
        {
            "validate": "date",
            "criteria": ">=",
            "value": _FIRST_DAY,
            "input_title": "Another statement",
            "input_message": (
                "The last day of the statement that shows this entry, where that is not the one of its date."
            ),
            "error_title": "Statement is a date",
            "error_message": "Type the last day of the statement, such as 2026-03-31, or clear the cell.",
        },
    )
    rules.ask(
        LedgerColumn.STATUS,
        {
            "validate": "list",
            "source": [str(word) for word in STATUS_WORDS],
            "show_error": False,
            "input_title": "Words for the next refresh",
            "input_message": (
                "remove: take this entry out. part: in a new row below an entry, a part of it. "
                "whole: take a split back."
            ),
        },
    )


def _add_accounts_rules(rules: _SheetRules) -> None:
    proof = rules.cell(AccountsColumn.PROOF)
    looks = {
        PROVEN: {"font_color": GREEN, "bg_color": GREEN_GROUND, "bold": True},
        ADJUSTED: {"font_color": AMBER, "bg_color": AMBER_GROUND, "bold": True},
        DIFFERS: {"font_color": RED, "bg_color": RED_GROUND, "bold": True},
        NOT_YET_PROVEN: {"font_color": GREY_TEXT, "bg_color": GREY_GROUND, "italic": True},
    }
    for word, look in looks.items():
        rules.show((AccountsColumn.PROOF,), f'{proof}="{word}"', look)
    colours = {
        AccountsColumn.ADJUSTMENTS: AMBER,
        AccountsColumn.DIFFERENCE: RED,
        AccountsColumn.WINDOWS_OFF: RED,
    }
    for column, colour in colours.items():
        cell = rules.cell(column)
        look = {"font_color": colour, "bold": True}
        rules.show((column,), f"AND(ISNUMBER({cell}),{cell}<>0)", look)
    decimals = rules.cell(AccountsColumn.DECIMALS)
    for header in rules.shape.columns:
        if COLUMN_LOOKS[rules.shape.sheet][header].kind is ColumnKind.MONEY:
            rules.show_decimals(header, decimals)


def _add_review_rules(rules: _SheetRules) -> None:
    decision = rules.cell(ReviewColumn.DECISION)
    is_open = f'AND({rules.cell(ReviewColumn.QUESTION_ID)}<>"",{decision}="")'
    rules.show((ReviewColumn.DECISION,), is_open, _OPEN)
    rules.show((ReviewColumn.DECISION,), f'{decision}<>""', _WAITING)
    rules.ask(
        ReviewColumn.DECISION,
        {
            "validate": "list",
            "source": [str(word) for word in DecisionWord],
            "input_title": "Your answer",
            "input_message": (
                "mine: what stands here. theirs: what the ledger says. yes or no: for the other questions."
            ),
            "error_title": "One of four words",
            "error_message": "Type mine, theirs, yes or no, or clear the cell.",
        },
    )


def _add_removed_rules(rules: _SheetRules) -> None:
    status = rules.cell(LedgerColumn.STATUS)
    rules.show_decimals(LedgerColumn.AMOUNT, _decimals_of_account(rules))
    is_back = f'{status}="{StatusWord.RESTORE}"'
    rules.show((LedgerColumn.STATUS,), is_back, _WAITING)
    everything = tuple(rules.shape.columns)
    assert everything[-1] == REMOVED_ON
    rules.show(everything, f'{status}<>"{StatusWord.RESTORE}"', {"font_color": GREY_TEXT})
    rules.ask(
        LedgerColumn.STATUS,
        {
            "validate": "list",
            "source": [str(StatusWord.RESTORE), str(StatusWord.REMOVED)],
            "show_error": False,
            "input_title": "To bring it back",
            "input_message": "restore: the next refresh returns this row to the Ledger.",
        },
    )
