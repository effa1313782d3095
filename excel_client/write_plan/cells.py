"""
Cells as the ledger wants them: entries turned into rows of the Ledger table, amounts into doubles that are exact.

Pure. Float appears here and nowhere below: it is the border to Excel, and the round trip is checked.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from excel_client.problems import AmountNotExact, AnswerNotReadable, TextTooLong
from excel_client.wire_format import LedgerEntry
from excel_client.write_plan.row_base import Digests, base_text
from workbooks.sheet_map import EDITABLE_COLUMNS, LedgerColumn, StatusWord

__all__ = [
    "ACCOUNT_ID_INDEX",
    "AMOUNT_INDEX",
    "BASE_INDEX",
    "EDITABLE",
    "ENTRY_ID_INDEX",
    "LEDGER_ORDER",
    "MATCH_INDEX",
    "PARENT_ID_INDEX",
    "PROOF_DATE_INDEX",
    "STATUS_INDEX",
    "Cell",
    "Row",
    "entry_id_of",
    "exact_double",
    "ledger_rows",
    "match_word",
    "proof_day",
    "same_cell",
    "sheet_date",
    "sheet_text",
]

#: What a cell may hold; None is a blank one.
Cell = str | float | bool | date | None
#: The owned cells of a row, in the order of `LEDGER_ORDER`.
Row = tuple[Cell, ...]

LEDGER_ORDER: Final = tuple(LedgerColumn)
AMOUNT_INDEX: Final = LEDGER_ORDER.index(LedgerColumn.AMOUNT)
MATCH_INDEX: Final = LEDGER_ORDER.index(LedgerColumn.MATCH)
STATUS_INDEX: Final = LEDGER_ORDER.index(LedgerColumn.STATUS)
ENTRY_ID_INDEX: Final = LEDGER_ORDER.index(LedgerColumn.ENTRY_ID)
ACCOUNT_ID_INDEX: Final = LEDGER_ORDER.index(LedgerColumn.ACCOUNT_ID)
PARENT_ID_INDEX: Final = LEDGER_ORDER.index(LedgerColumn.PARENT_ID)
PROOF_DATE_INDEX: Final = LEDGER_ORDER.index(LedgerColumn.PROOF_DATE)
BASE_INDEX: Final = LEDGER_ORDER.index(LedgerColumn.BASE)
#: The editable cells of a row: (place in LEDGER_ORDER, column), in the order in which a base names them.
EDITABLE: Final = tuple((LEDGER_ORDER.index(column), column) for column in EDITABLE_COLUMNS)

#: Characters of a transfer's id that its legs show: the random end of it.
_MATCH_CHARACTERS: Final = 10

_ADJUSTMENT: Final = "adjustment"
#: A decimal number of at most this many characters has no more digits than a double keeps (DBL_DIG).
_ALWAYS_EXACT_CHARACTERS: Final = 15
#: Excel's specifications and limits: characters that a cell can contain.
_CELL_CHARACTERS_MAX: Final = 32_767
#: Before this day the serial numbers of Excel's dates are off by one, or there are none.
_FIRST_SAFE_DATE: Final = date(1900, 3, 1)


def exact_double(text: str) -> float:
    """Return the double that an amount is in a cell; raise AmountNotExact when it would be another number."""
    try:
        number = float(text)
    except ValueError:
        raise AnswerNotReadable from None
    if not math.isfinite(number):
        raise AnswerNotReadable
    if len(text) > _ALWAYS_EXACT_CHARACTERS and Decimal(repr(number)) != Decimal(text):
        raise AmountNotExact
    return number


def sheet_text(text: str | None) -> str | None:
    """Return a text as a cell holds it: nothing is a blank cell."""
    if not text:
        return None
    # Excel counts UTF-16 units: a character beyond the first plane is two.
    if len(text) > _CELL_CHARACTERS_MAX // 2 and _utf16_units(text) > _CELL_CHARACTERS_MAX:
        raise TextTooLong
    return text


def _utf16_units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)


def sheet_date(text: str) -> date | str:
    """Return a calendar date as a cell holds it; one that Excel has no number for stays text."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise AnswerNotReadable from None
    return day if day >= _FIRST_SAFE_DATE else text


class _Dates(dict[str, date | str]):
    """Dates by their text: a ledger has few of them, and each is read once."""

    def __missing__(self, text: str) -> date | str:
        day = self[text] = sheet_date(text)
        return day


def entry_id_of(cell: object) -> str | None:
    """Return the Entry ID that a cell holds, or None where it holds none."""
    return cell if type(cell) is str and cell else None


def match_word(transfer: str | None) -> str | None:
    """Return what the legs of a transfer show in Match; a letter in front keeps it a text."""
    return f"T{transfer[-_MATCH_CHARACTERS:]}" if transfer else None


def proof_day(entry: LedgerEntry, parents: Mapping[str, Cell], dates: Mapping[str, Cell]) -> Cell:
    """Return the day on which an entry counts in proofs; a part counts where its split does."""
    if entry.parent is not None and entry.parent in parents:
        return parents[entry.parent]
    return dates[entry.statement_on or entry.posted_on]


def _status(entry: LedgerEntry) -> str:
    if entry.removed:
        return StatusWord.REMOVED
    return StatusWord.ADJUSTMENT if entry.role == _ADJUSTMENT else entry.status


def ledger_rows(
    entries: Iterable[LedgerEntry],
    account_names: Mapping[str, str],
    digests: Digests,
    parents: Mapping[str, Cell],
) -> list[Row]:
    """
    Return entries as rows of the Ledger table, in the order of `LEDGER_ORDER`.

    `parents` are the Proof dates of splits by Entry ID, as far as parts of them are among the entries.
    """
    dates = _Dates()
    rows: list[Row] = []
    for entry in entries:
        editable = (
            entry.category or None,
            sheet_text(", ".join(entry.tags)) if entry.tags else None,
            sheet_text(entry.notes),
            entry.reviewed,
            match_word(entry.transfer),
            dates[entry.statement_on] if entry.statement_on else None,
        )
        rows.append(
            (
                dates[entry.posted_on],
                account_names.get(entry.account_id),
                sheet_text(entry.description),
                sheet_text(entry.merchant),
                exact_double(entry.amount),
                entry.currency,
                *editable,
                _status(entry),
                entry.id,
                entry.account_id,
                entry.parent,
                proof_day(entry, parents, dates),
                base_text(entry.version, editable, digests),
            )
        )
    return rows


def same_cell(found: object, wanted: Cell) -> bool:
    """Whether a cell that was read holds what it should; a date may come back with a midnight on it."""
    if isinstance(found, datetime) and not isinstance(wanted, datetime):
        return isinstance(wanted, date) and found == datetime(wanted.year, wanted.month, wanted.day)  # noqa: DTZ001
    if isinstance(found, bool) != isinstance(wanted, bool):
        return False
    if found == "":
        return wanted is None or wanted == ""
    if isinstance(found, Decimal):
        # Excel on Windows hands over cells in a currency format so.
        return float(found) == wanted
    return found == wanted
