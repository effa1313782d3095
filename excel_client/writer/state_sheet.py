"""The very hidden sheet: keys in column A, values in column B. Read whole, written where a value changed."""

from __future__ import annotations

import xlwings

from excel_client.problems import NotOurWorkbook
from excel_client.write_plan.workbook_state import WorkbookState, read_state
from excel_client.writer.blocks import Block, read_block, write_block
from workbooks.sheet_map import STATE_SHEET, StateKey

__all__ = ["find_state_sheet", "read_workbook_state", "write_workbook_state"]

#: More rows than there are keys: a later version of the program may have added some.
_ROWS_READ = 64


def find_state_sheet(book: xlwings.Book) -> xlwings.Sheet:
    """Return the hidden sheet; raise NotOurWorkbook where there is none."""
    for sheet in book.sheets:
        if sheet.name == STATE_SHEET:
            return sheet
    raise NotOurWorkbook


def read_workbook_state(sheet: xlwings.Sheet) -> WorkbookState:
    """Return what the workbook says of itself; raise NotOurWorkbook or NewerWorkbook."""
    return read_state({key: value for key, value in _read(sheet) if isinstance(key, str)})


def _read(sheet: xlwings.Sheet) -> list[tuple[object, object]]:
    rows = read_block(sheet, row=1, column=1, height=_ROWS_READ, width=2)
    return [(key, value) for key, value in rows]


def write_workbook_state(sheet: xlwings.Sheet, state: WorkbookState) -> None:
    """Write the values that differ from what stands there; a key that is missing gets a row."""
    found = _read(sheet)
    rows = {key: row for row, (key, _) in enumerate(found, 1) if isinstance(key, str)}
    used = max(rows.values(), default=0)
    for key in StateKey:
        if key not in rows:
            used += 1
            rows[str(key)] = used
            write_block(sheet, Block(row=used, column=1, rows=((str(key),),)))
    for key, text in state.cells().items():
        value = found[rows[key] - 1][1] if rows[key] <= len(found) else None
        if (value or "") != text:
            write_block(sheet, Block(row=rows[key], column=2, rows=((text or None,),)))
