"""
What the data rows of a table carry when it grows and what they lose when it shrinks, as in Excel.

Works on the cells of one sheet; what stands in the way was judged before. Knows no other part.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from excel_client.file_engine.formulas.formula_text import move_references
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.sheet.cells import formula_of
from excel_client.file_engine.sheet.reaching_formulas import formula_attributes
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.sheet.sheet_rows import GrownCell
from excel_client.file_engine.tables.table_part import TablePart

__all__ = ["grow_rows", "is_hidden", "show_rows", "shrink_rows"]

_METADATA = re.compile(rb"""\scm\s*=\s*["'](\d+)["']""")
_HIDDEN = re.compile(rb"""\shidden\s*=\s*["'](?:1|true)["']""")


def grow_rows(sheet: SheetModel, table: TablePart, first: int, last: int, model_row: int) -> None:
    """
    Let rows carry the formats of a row of data and the formulas of calculated columns.

    Cells that have content keep it. The rows become cells when they are written to, or when the sheet is saved.
    """
    cells = _grown_cells(sheet, table, model_row)
    if cells and first <= last:
        sheet.grow(first, last, model_row, cells)
    sheet.changed = True


def _grown_cells(sheet: SheetModel, table: TablePart, row: int) -> dict[int, GrownCell]:
    """Return what each column's new cells carry: the format of the row, the column's formula."""
    area = table.area
    model = sheet.model_cells(row, area.left, area.right)
    _, standing_cells, _ = sheet.rows.parts(row)
    cells: dict[int, GrownCell] = {}
    for column, header in enumerate(table.columns, area.left):
        style, standing = model.get(column, (sheet.surroundings.column_style(column), None))
        if header.formula is None:
            cells[column] = GrownCell(style=style)
            continue
        formula = standing if standing is not None else header.formula
        metadata = _array_metadata(standing_cells.get(column, b""))
        cells[column] = GrownCell(
            style=style,
            formula=formula,
            shifts=move_references(formula, 1, 0) != formula,
            is_array=header.formula_is_array or metadata is not None,
            metadata=metadata or b"",
        )
    return cells


def _array_metadata(cell: bytes) -> bytes | None:
    """Return what marks an array's formula as one without braces, empty for one with them; None for others."""
    found = formula_of(cell)
    if found is None or formula_attributes(found[0]).get("t") != "array":
        return None
    metadata = _METADATA.search(cell, 0, cell.index(b">"))
    return metadata[1] if metadata else b""


def shrink_rows(sheet: SheetModel, table: TablePart, gone: Area) -> None:
    """Let rows of data leave the table: their cells stay, but for the formulas of calculated columns."""
    columns = enumerate(table.columns, table.area.left)
    sheet.shrink(gone, [at for at, column in columns if column.formula is not None])
    if table.filters_rows:
        show_rows(sheet, range(gone.top, gone.bottom + 1))


def is_hidden(row: bytes) -> bool:
    """Whether a row is hidden."""
    return bool(row) and _HIDDEN.search(row, 0, row.index(b">")) is not None


def show_rows(sheet: SheetModel, rows: Iterable[int]) -> None:
    """Show rows that a filter hid."""
    for number in rows:
        row = sheet.rows.row(number)
        if not is_hidden(row):
            continue
        attributes, cells, rest = sheet.rows.parts(number)
        sheet.rows.put(number, _HIDDEN.sub(b"", attributes), cells, rest)
        sheet.changed = True
