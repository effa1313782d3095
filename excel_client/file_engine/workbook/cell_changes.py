"""
Cells of a workbook's sheet that are inserted, deleted and moved, with everything in the workbook that speaks of them.

Every refusal comes before the first change. Knows no xlwings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from excel_client.file_engine.formulas.formula_text import move_references
from excel_client.file_engine.formulas.reference_changes import (
    CellsDeleted,
    CellsInserted,
    Direction,
)
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.sheet import cell_shifts
from excel_client.file_engine.sheet.cell_shifts import FormatOrigin
from excel_client.file_engine.tables.table_model import TableModel
from excel_client.file_engine.workbook.crossed_tables import (
    columns_leaving,
    narrow,
    tables_around,
    widen,
)
from excel_client.file_engine.workbook.following import apply_change
from excel_client.file_engine.workbook.shift_limits import judge_shift
from excel_client.file_engine.workbook.workbook_part import SheetEntry

if TYPE_CHECKING:
    from excel_client.file_engine.workbook.document import Document

__all__ = [
    "FormatOrigin",
    "delete_cells",
    "insert_cells",
    "judge_shift",
    "shift_cells_down",
    "shift_cells_up",
]


def insert_cells(
    document: Document,
    entry: SheetEntry,
    area: Area,
    direction: Direction,
    origin: FormatOrigin = FormatOrigin.BEFORE,
) -> None:
    """Let blank cells appear in an area; what was there and behind it moves down or right."""
    change = CellsInserted(sheet=entry.name, area=area, direction=direction)
    judge_shift(document, entry, change)
    is_down = direction is Direction.VERTICAL
    widened = [] if is_down else tables_around(document, entry, area)
    headers = [
        table.part.area
        for table in document.tables(entry)
        if is_down and table.part.header_rows and area.top == table.part.first_row
    ]

    def origin_of(column: int) -> FormatOrigin:
        # Data looks like data, not like the header above it.
        below_header = any(header.left <= column <= header.right for header in headers)
        return FormatOrigin.AFTER if below_header else origin

    cell_shifts.insert_cells(document.sheet(entry), area, direction, origin_of)
    apply_change(document, change)
    document.written_cells(entry).forget()
    for table in widened:
        widen(document, entry, table, area)
    if is_down:
        for table in document.tables(entry):
            _fill_calculated_columns(document, entry, table, area)


def delete_cells(document: Document, entry: SheetEntry, area: Area, direction: Direction) -> None:
    """Let the cells of an area go; what is below or right of it takes their place."""
    change = CellsDeleted(sheet=entry.name, area=area, direction=direction)
    judge_shift(document, entry, change)
    narrowed = []
    if direction is Direction.HORIZONTAL:
        narrowed = columns_leaving(document, entry, area)
    cell_shifts.delete_cells(document.sheet(entry), area, direction)
    apply_change(document, change)
    document.written_cells(entry).forget()
    for table, gone in narrowed:
        narrow(document, table, gone, area)


def shift_cells_down(document: Document, entry: SheetEntry, area: Area, count: int) -> None:
    """Let so many blank rows of cells appear right below an area, in its columns."""
    insert_cells(document, entry, _below(area, count), Direction.VERTICAL)


def shift_cells_up(document: Document, entry: SheetEntry, area: Area, count: int) -> None:
    """Let so many rows of cells go right below an area, in its columns."""
    delete_cells(document, entry, _below(area, count), Direction.VERTICAL)


def _below(area: Area, count: int) -> Area:
    return Area(area.bottom + 1, area.left, area.bottom + count, area.right).checked()


def _fill_calculated_columns(
    document: Document, entry: SheetEntry, table: TableModel, new: Area
) -> None:
    """Give new rows inside a table its calculated columns' formulas, as Excel does."""
    body, model = table.part.body, document.sheet(entry)
    if not body.holds(Area(new.top, body.left, new.bottom, body.right)):
        return
    pattern = new.top - 1 if new.top > body.top else new.bottom + 1
    cells = model.model_cells(pattern, body.left, body.right)
    for column, header in enumerate(table.part.columns, body.left):
        if header.formula is None or header.formula_is_array:
            continue
        formula = cells.get(column, (b"", None))[1]
        for number in range(new.top, new.bottom + 1):
            text = header.formula if formula is None else formula
            moved = move_references(text, number - pattern, 0) if formula is not None else text
            model.put_formula(number, column, moved)
