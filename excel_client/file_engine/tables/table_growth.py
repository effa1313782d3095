"""
Tables that grow and shrink in rows, and what follows their data as it would in Excel.

The whole plan is judged before the first change: content below, totals rows, other tables, merged cells. Columns stay.
"""

from __future__ import annotations

from collections.abc import Sequence

from excel_client.file_engine.formulas.formula_text import move_references
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.problems import (
    ArrayFormulaInTheWay,
    CellsInTheWay,
    MergedCellsInTheWay,
    TableShapeRefused,
    TotalsRowInTheWay,
)
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.sheet.sheet_rows import GrownCell
from excel_client.file_engine.tables.table_part import read_table, resized_table

__all__ = ["TableModel"]


class TableModel:
    """One table of a sheet."""

    def __init__(self, name: str, data: bytes) -> None:
        #: The name of its part.
        self.name = name
        self.data = data
        self.part = read_table(data, name)

    def resize(self, sheet: SheetModel, others: Sequence[Area], area: Area) -> None:
        """Give the table another last row; `others` are the areas of the sheet's other tables."""
        part = self.part
        self._judge(sheet, others, area)
        last = area.bottom
        if last > part.area.bottom:
            cells = self._grown_cells(sheet)
            if cells:
                sheet.grow(part.last_row + 1, last, part.first_row, cells)
        if last < part.area.bottom:
            gone = Area(last + 1, part.area.left, part.area.bottom, part.area.right)
            columns = enumerate(part.columns, part.area.left)
            sheet.shrink(gone, [at for at, column in columns if column.formula is not None])
        sheet.surroundings.follow(part.body, last)
        sheet.changed = True
        self.data = resized_table(self.data, part, area, self.name)
        self.part = read_table(self.data, self.name)

    def _judge(self, sheet: SheetModel, others: Sequence[Area], area: Area) -> None:
        part = self.part
        old = part.area
        place = sheet.where(part.display_name)
        if (area.top, area.left, area.right) != (old.top, old.left, old.right):
            raise TableShapeRefused(place)
        if area.bottom < part.first_row:
            raise TableShapeRefused(place)
        if part.totals_rows and area.bottom != old.bottom:
            raise TotalsRowInTheWay(sheet.where(old.bottom))
        if area.bottom <= old.bottom:
            return
        new = Area(old.bottom + 1, old.left, area.bottom, old.right)
        for row, _ in sheet.occupied(new):
            raise CellsInTheWay(sheet.where(row))
        for other in others:
            if other.meets(new):
                raise CellsInTheWay(sheet.where(other.top))
        for merged in sheet.surroundings.merged:
            if merged.meets(new):
                raise MergedCellsInTheWay(sheet.where(merged.text()))

    def _grown_cells(self, sheet: SheetModel) -> dict[int, GrownCell]:
        """Return what each column's new cells carry: the first row's format, the column's formula."""
        part = self.part
        model = sheet.model_cells(part.first_row, part.area.left, part.area.right)
        cells: dict[int, GrownCell] = {}
        for column, header in enumerate(part.columns, part.area.left):
            style, standing = model.get(column, (sheet.surroundings.column_style(column), None))
            if header.formula is None:
                cells[column] = GrownCell(style=style)
                continue
            if header.formula_is_array:
                raise ArrayFormulaInTheWay(sheet.place(part.first_row, column))
            formula = standing if standing is not None else header.formula
            shifts = move_references(formula, 1, 0) != formula
            cells[column] = GrownCell(style=style, formula=formula, shifts=shifts)
        return cells
