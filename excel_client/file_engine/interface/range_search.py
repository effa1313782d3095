"""Cells of a range that are found, replaced or of a kind, and rows and columns in groups. Knows no bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.interface.range_formulas import RangeFormulas
from excel_client.file_engine.sheet.cell_edits import is_formula
from excel_client.file_engine.sheet.formula_entry import FormulaMeaning, entered
from excel_client.file_engine.sheet.outline_levels import change_column_levels, change_row_levels
from excel_client.file_engine.workbook.cell_search import TextPattern, find_cell, replaced_texts
from excel_client.file_engine.workbook.cell_transfers import CellBlock
from excel_client.file_engine.workbook.special_cells import special_areas

if TYPE_CHECKING:
    from typing import Self

__all__ = ["RangeSearch"]


class RangeSearch(RangeFormulas):
    """The part of a range that looks for cells."""

    __slots__ = ()

    @property
    def _searched(self) -> CellBlock:
        return CellBlock(document=self._document, entry=self.sheet.entry, area=self.area)

    def find(
        self,
        text: str,
        whole: bool,  # noqa: FBT001 - xlwings passes these by place
        direction: str,
        order: str,
        match_case: bool,  # noqa: FBT001
    ) -> Self | None:
        """Return the first cell that shows a text, from the first cell on or backwards from the last one."""
        pattern = TextPattern(text=text, whole=whole, match_case=match_case)
        found = find_cell(
            self._searched,
            pattern,
            backwards=direction == "backward",
            by_columns=order == "columns",
        )
        return self._part(Area(*found, *found)) if found else None

    def replace_all(self, old: str, new: str, whole: bool, match_case: bool) -> None:  # noqa: FBT001
        """Replace a text in formulas and constants; in a single cell * and ? stand for themselves."""
        is_single = self.area.rows == self.area.columns == 1
        pattern = TextPattern(text=old, whole=whole, match_case=match_case, literal=is_single)
        replaced = replaced_texts(self._searched, pattern, new)
        names = self._names_in_formulas()
        for (row, column), entry in replaced.items():
            if is_formula(entry.text) and not entry.is_text:
                place = self._model.place(row, column)
                entered(entry.text[1:], row, column, FormulaMeaning.ONE_CELL, names, place)
        for (row, column), entry in replaced.items():
            if entry.is_text:
                self._model.write(row, column, [[entry.text]])
            else:
                self._part(Area(row, column, row, column)).formula = entry.text or None

    def get_special_cells(self, cell_type: str, value_type: str | None) -> list[Self]:
        """Return the areas of blanks, constants, formulas or visible cells."""
        areas = special_areas(self._searched, cell_type, value_type)
        return [self._part(area) for area in areas]

    # Groups

    def group(self, by: str) -> None:
        """Put the rows or the columns of the area one level deeper."""
        self._change_levels(by, 1)

    def ungroup(self, by: str) -> None:
        """Take the rows or the columns of the area one level up."""
        self._change_levels(by, -1)

    def _change_levels(self, by: str, deeper: int) -> None:
        if by.startswith("col"):
            change_column_levels(self._model, self.area.left, self.area.right, deeper)
        else:
            change_row_levels(self._model, self.area.top, self.area.bottom, deeper)
