"""
The formulas of a range: plain ones, dynamic arrays, arrays over the range. Knows no bytes.

As in Excel, `formula` takes one of several cells where one value is wanted ("@" unsaid), and `formula2` takes all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from excel_client.file_engine.formulas.formula_text import move_references
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.interface.range_area import RangeArea
from excel_client.file_engine.problems import ArrayFormulaInTable
from excel_client.file_engine.sheet.cell_edits import is_formula
from excel_client.file_engine.sheet.formula_entry import FormulaMeaning
from excel_client.file_engine.workbook.calculated_columns import note_calculated_columns
from excel_client.file_engine.workbook.formula_names import WorkbookNames
from excel_client.file_engine.workbook.table_headers import before_formulas

__all__ = ["RangeFormulas", "two_dimensional"]


def two_dimensional(data: object, area: Area) -> Sequence[Sequence[object]]:
    """Return what was assigned as rows; a single value fills the area."""
    if not isinstance(data, (list, tuple)):
        return [[data] * area.columns] * area.rows
    if not data or not isinstance(data[0], (list, tuple)):
        return [data]
    return data


class RangeFormulas(RangeArea):
    """The part of a range that has formulas."""

    __slots__ = ()

    @property
    def _is_empty(self) -> bool:
        return self.area.rows < 1 or self.area.columns < 1

    def _formulas(self, *, intersections: bool) -> Any:
        if self._is_empty:
            return None
        formulas = self._model.formulas(self.area, intersections=intersections)
        if self.area.rows == self.area.columns == 1:
            return formulas[0][0]
        return tuple(map(tuple, formulas))

    def _write_formulas(self, data: object, meaning: FormulaMeaning) -> None:
        if self._is_empty:
            return
        formulas = two_dimensional(data, self.area)
        if isinstance(data, str) and is_formula(data):
            formulas = [
                [move_references(data, down, right) for right in range(self.area.columns)]
                for down in range(self.area.rows)
            ]
        before_formulas(self._document, self.sheet.entry, self.area, formulas)
        self._model.write_formulas(
            self.area.top, self.area.left, formulas, meaning, self._names_in_formulas()
        )
        self._tables_follow(len(formulas), len(formulas[0]))
        if isinstance(data, str) and is_formula(data):
            note_calculated_columns(self._document, self.sheet.entry, self.area)

    def _names_in_formulas(self) -> WorkbookNames:
        return WorkbookNames(self._document, self.sheet.entry)

    @property
    def formula(self) -> Any:
        """Formulas with their equals sign, constants as typed: of one cell, or rows of them."""
        return self._formulas(intersections=False)

    @formula.setter
    def formula(self, data: object) -> None:
        self._write_formulas(data, FormulaMeaning.ONE_CELL)

    @property
    def formula2(self) -> Any:
        """The same with an "@" wherever one of several cells is taken, where that is certain."""
        return self._formulas(intersections=True)

    @formula2.setter
    def formula2(self, data: object) -> None:
        self._write_formulas(data, FormulaMeaning.ALL_CELLS)

    @property
    def formula_array(self) -> str | None:
        """The formula that all cells of the range share; None where they differ."""
        if self._is_empty:
            return None
        formulas = {text for row in self._model.formulas(self.area) for text in row}
        return formulas.pop() if len(formulas) == 1 else None

    @formula_array.setter
    def formula_array(self, formula: object) -> None:
        area = self.area
        if self._is_empty:
            return
        if not is_formula(formula):
            self._write_formulas(formula, FormulaMeaning.ONE_CELL)
            return
        whole = [[formula] * area.columns] * area.rows
        before_formulas(self._document, self.sheet.entry, area, whole)
        for table in self.sheet.table_models() if area.rows * area.columns > 1 else ():
            if table.part.area.meets(area):
                raise ArrayFormulaInTable(self._model.where(area.text()))
        self._model.write_array(area, str(formula), self._names_in_formulas())
        self._tables_follow(area.rows, area.columns)

    @property
    def has_array(self) -> bool | None:
        """Whether the cells belong to array formulas, None where only some do; dynamic arrays are none."""
        return self._model.in_arrays(self.area)
