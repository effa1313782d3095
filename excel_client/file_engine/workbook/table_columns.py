"""
Columns that are added to a table and deleted from it, with the cells beside it that make way or move up.

Every refusal comes before the first change. Knows no xlwings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from excel_client.file_engine.formulas.reference_changes import (
    CellsDeleted,
    CellsInserted,
    Direction,
)
from excel_client.file_engine.formulas.references import COLUMN_LIMIT, Area
from excel_client.file_engine.problems import OutsideFileEngine, TableShapeRefused, WriteRefused
from excel_client.file_engine.sheet import cell_shifts
from excel_client.file_engine.sheet.cell_shifts import FormatOrigin
from excel_client.file_engine.tables.column_headers import unique_headers
from excel_client.file_engine.tables.table_edits import with_area, with_columns
from excel_client.file_engine.tables.table_model import TableModel
from excel_client.file_engine.tables.table_part import TablePart
from excel_client.file_engine.workbook.following import apply_change
from excel_client.file_engine.workbook.leaving_columns import (
    follow_columns_gone,
    judge_columns_leaving,
)
from excel_client.file_engine.workbook.shift_limits import judge_shift
from excel_client.file_engine.workbook.table_headers import put_table, write_headers
from excel_client.file_engine.workbook.table_room import judge_free
from excel_client.file_engine.workbook.workbook_part import SheetEntry

if TYPE_CHECKING:
    from excel_client.file_engine.workbook.document import Document

__all__ = ["add_column", "delete_column"]


def add_column(
    document: Document, entry: SheetEntry, table: TableModel, name: str, index: int
) -> None:
    """
    Add a column at a 1-based place.

    Behind the last one it takes a blank column of cells; elsewhere, and where there is none, cells move to the right.
    """
    part = table.part
    sheet = document.sheet(entry)
    if not part.is_plain or part.area.right == COLUMN_LIMIT:
        raise OutsideFileEngine(sheet.where(part.display_name))
    column = part.area.left + index - 1
    area = Area(part.area.top, column, part.area.bottom, column)
    header = unique_headers([name], [c.name for c in part.columns])[0]
    if column <= part.area.right or not _is_blank(document, entry, table, area):
        _judge_beside(document, entry, table)
        change = CellsInserted(sheet=entry.name, area=area, direction=Direction.HORIZONTAL)
        cell_shifts.insert_cells(
            sheet, area, Direction.HORIZONTAL, lambda _column: FormatOrigin.BEFORE
        )
        apply_change(document, change)
    places: list[int | str] = [*range(len(part.columns))]
    places.insert(index - 1, header)
    _put_columns(document, table, part, places)
    document.written_cells(entry).forget()
    write_headers(sheet, table.part, [index - 1])
    sheet.changed = True


def _is_blank(document: Document, entry: SheetEntry, table: TableModel, area: Area) -> bool:
    if any(document.sheet(entry).occupied(area)):
        return False
    try:
        judge_free(document, entry, table, area)
    except WriteRefused:
        return False
    return True


def _judge_beside(document: Document, entry: SheetEntry, table: TableModel) -> None:
    """Refuse to move the cells right of a table where one of them is part of something that stays."""
    area = table.part.area
    if area.right < COLUMN_LIMIT:
        beside = Area(area.top, area.right + 1, area.bottom, area.right + 1)
        change = CellsInserted(sheet=entry.name, area=beside, direction=Direction.HORIZONTAL)
        judge_shift(document, entry, change)


def delete_column(document: Document, entry: SheetEntry, table: TableModel, index: int) -> None:
    """Delete a column by its 1-based place, with its cells; what is right of it moves to the left."""
    part = table.part
    sheet = document.sheet(entry)
    if len(part.columns) == 1:
        raise TableShapeRefused(sheet.where(part.display_name))
    judge_columns_leaving(document, entry, table)
    _judge_beside(document, entry, table)
    follow_columns_gone(document, part, [index - 1])
    column = part.area.left + index - 1
    area = Area(part.area.top, column, part.area.bottom, column)
    cell_shifts.delete_cells(sheet, area, Direction.HORIZONTAL)
    apply_change(
        document, CellsDeleted(sheet=entry.name, area=area, direction=Direction.HORIZONTAL)
    )
    places: list[int | str] = [at for at in range(len(part.columns)) if at != index - 1]
    _put_columns(document, table, part, places)
    document.written_cells(entry).forget()
    sheet.changed = True


def _put_columns(
    document: Document, table: TableModel, part: TablePart, places: list[int | str]
) -> None:
    """Let a table have these columns, from the same first one on; `part` is what it was before."""
    area = part.area
    right = area.left + len(places) - 1
    data = with_columns(document.parts.part(table.name), table.name, places)
    larger = Area(area.top, area.left, area.bottom, right)
    put_table(document, table, with_area(data, table.name, part, larger))
