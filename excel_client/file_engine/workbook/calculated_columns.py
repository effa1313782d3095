"""
Columns of tables that become calculated ones: one formula was written into all of their cells, and new rows get it too.

As in Excel, where a formula that fills a table's column is the column's. Knows no xlwings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.tables.table_edits import with_calculated_columns
from excel_client.file_engine.tables.table_model import TableModel
from excel_client.file_engine.workbook.table_headers import put_table
from excel_client.file_engine.workbook.workbook_part import SheetEntry

if TYPE_CHECKING:
    from excel_client.file_engine.workbook.document import Document

__all__ = ["note_calculated_columns"]


def note_calculated_columns(document: Document, entry: SheetEntry, area: Area) -> None:
    """Let columns whose cells all lie in an area, which one formula has just filled, be calculated by it."""
    for table in document.tables(entry):
        formulas = _formulas(document, entry, table, area)
        if formulas:
            data = document.parts.part(table.name)
            put_table(document, table, with_calculated_columns(data, table.name, formulas))


def _formulas(
    document: Document, entry: SheetEntry, table: TableModel, area: Area
) -> dict[int, str]:
    body = table.part.body
    if body.rows < 1 or area.top > body.top or area.bottom < body.bottom:
        return {}
    left, right = max(area.left, body.left), min(area.right, body.right)
    cells = document.sheet(entry).model_cells(body.top, left, right)
    arrays = {r.column for r in document.sheet(entry).reaching_formulas() if r.area.meets(area)}
    return {
        column - body.left: formula
        for column, (_, formula) in cells.items()
        if formula is not None and column not in arrays
    }
