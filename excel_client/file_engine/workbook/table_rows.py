"""
Rows of data that are added to a table and deleted from it. Every refusal comes before the first change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from excel_client.file_engine.formulas.reference_changes import Direction
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.tables.table_edits import with_attributes
from excel_client.file_engine.tables.table_growth import grow_rows
from excel_client.file_engine.tables.table_model import TableModel
from excel_client.file_engine.workbook.cell_changes import delete_cells, insert_cells
from excel_client.file_engine.workbook.table_changes import resize_table
from excel_client.file_engine.workbook.table_headers import put_table
from excel_client.file_engine.workbook.workbook_part import SheetEntry

if TYPE_CHECKING:
    from excel_client.file_engine.workbook.document import Document

__all__ = ["add_row", "data_rows", "delete_row"]


def data_rows(table: TableModel) -> int:
    """Return how many rows of data a table has; the blank one that waits for values is none."""
    return 0 if table.part.awaits_rows else table.part.body.rows


def add_row(
    document: Document,
    entry: SheetEntry,
    table: TableModel,
    index: int,
    values: Sequence[object] | None,
) -> None:
    """
    Add a row at a 1-based place, with values or, without, with the calculated columns' formulas.

    At the end the table grows into a blank row, and cells below make way where there is none. Between other rows, all
    that is below moves down.
    """
    sheet, part = document.sheet(entry), table.part
    row = part.first_row + index - 1
    if values is not None:
        for column, value in enumerate(values, part.area.left):
            document.writer.content(value, b"", sheet.place(row, column))
    if part.awaits_rows:
        put_table(document, table, with_attributes(table.data, table.name, {"insertRow": None}))
        grow_rows(sheet, table.part, row, row, row)
    elif row > part.last_row:
        area = part.area
        larger = Area(area.top, area.left, area.bottom + 1, area.right)
        resize_table(document, entry, table, larger, takes_in=False)
    else:
        new = Area(row, part.area.left, row, part.area.right)
        insert_cells(document, entry, new, Direction.VERTICAL)
    if values is not None:
        sheet.write(row, part.area.left, [values])


def delete_row(document: Document, entry: SheetEntry, table: TableModel, index: int) -> None:
    """Delete a row by its 1-based place; what is below moves up. A table's only row becomes a blank one."""
    part = table.part
    row = part.first_row + index - 1
    area = Area(row, part.area.left, row, part.area.right)
    if part.body.rows > 1:
        delete_cells(document, entry, area, Direction.VERTICAL)
        return
    document.sheet(entry).change_cells(area, None, keep_content=False)
    put_table(document, table, with_attributes(table.data, table.name, {"insertRow": "1"}))
