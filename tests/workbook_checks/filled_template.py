"""
Fills the template with rows, for tests of the template alone.

Not the way the product writes: that is `excel_client.file_engine`. openpyxl drops what it does not know (checkboxes),
so a filled template shows whether formulas, styles and rules hold, not whether a refresh keeps a workbook whole.
"""

from __future__ import annotations

import copy
import io
import warnings
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
from openpyxl.utils import range_boundaries
from openpyxl.utils.cell import get_column_letter

from workbooks.formulas import ACCOUNTS_FORMULAS
from workbooks.sheet_map import (
    ACCOUNTS_TABLE,
    LEDGER_TABLE,
    LOG_TABLE,
    REMOVED_TABLE,
    REVIEW_TABLE,
    AccountsColumn,
    LedgerColumn,
    LogColumn,
    ReviewColumn,
    TableShape,
)

__all__ = ["Value", "cell_of", "filled_template"]

Value = str | int | bool | Decimal | date | datetime | None


def filled_template(
    template: bytes,
    *,
    ledger: Sequence[Mapping[LedgerColumn, Value]] = (),
    accounts: Sequence[Mapping[AccountsColumn, Value]] = (),
    review: Sequence[Mapping[ReviewColumn, Value]] = (),
    removed: Sequence[Mapping[str, Value]] = (),
    log: Sequence[Mapping[LogColumn, Value]] = (),
) -> bytes:
    """Return the template with these rows in its tables, formulas in place and without stored results."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # extensions that openpyxl does not read
        book = openpyxl.load_workbook(io.BytesIO(template))
    rows: dict[TableShape, Sequence[Mapping[Any, Value]]] = {
        LEDGER_TABLE: ledger,
        ACCOUNTS_TABLE: accounts,
        REVIEW_TABLE: review,
        REMOVED_TABLE: removed,
        LOG_TABLE: log,
    }
    for shape, given in rows.items():
        _fill(book[shape.sheet], shape, given)
    filled = io.BytesIO()
    book.save(filled)
    return filled.getvalue()


def cell_of(shape: TableShape, column: str, index: int) -> str:
    """The address of a cell in the template: `index` counts the table's rows from 0."""
    return f"{get_column_letter(shape.columns.index(column) + 1)}{5 + index}"


def _fill(
    sheet: openpyxl.worksheet.worksheet.Worksheet,
    shape: TableShape,
    rows: Sequence[Mapping[Any, Value]],
) -> None:
    if not rows:
        return
    table = sheet.tables[shape.name]
    left, top, right, _ = range_boundaries(table.ref)
    for index, row in enumerate(rows):
        by_header: dict[str, Value] = {str(column): value for column, value in row.items()}
        for offset, header in enumerate(shape.columns):
            cell = sheet.cell(row=top + 1 + index, column=left + offset)
            cell._style = copy.copy(sheet.cell(row=top + 1, column=left + offset)._style)
            formula = (
                ACCOUNTS_FORMULAS.get(AccountsColumn(header)) if shape is ACCOUNTS_TABLE else None
            )
            if formula is not None:
                cell.value = f"={formula}"
                continue
            cell.value = by_header.get(header)
            if isinstance(cell.value, str):
                cell.data_type = "s"
    table.ref = f"{get_column_letter(left)}{top}:{get_column_letter(right)}{top + len(rows)}"
    if table.autoFilter is not None:
        table.autoFilter.ref = table.ref
