"""
Formulas written into a sheet: one by one, as arrays, and what they show until Excel calculates.

Each formula is judged before anything changes. Knows no xlwings and no file.
"""

from __future__ import annotations

from collections.abc import Sequence

from excel_client.file_engine.formulas.references import Area, column_letters
from excel_client.file_engine.problems import MergedCellsInTheWay
from excel_client.file_engine.sheet.cell_edits import (
    is_formula,
    with_array,
    with_formula,
    with_result,
)
from excel_client.file_engine.sheet.formula_entry import (
    FormulaMeaning,
    FormulaSurroundings,
    NoSurroundings,
    entered,
)
from excel_client.file_engine.sheet.reaching_formulas import ReachingFormula
from excel_client.file_engine.sheet.row_pieces import blank_cell
from excel_client.file_engine.sheet.sheet_writing import SheetWriting
from excel_client.file_engine.xml.cell_text import escape_text

__all__ = ["SheetFormulas"]


class SheetFormulas(SheetWriting):
    """Cells of one sheet, and formulas written into them."""

    def write_formulas(
        self,
        top: int,
        left: int,
        formulas: Sequence[Sequence[object]],
        meaning: FormulaMeaning = FormulaMeaning.ONE_CELL,
        around: FormulaSurroundings | None = None,
    ) -> None:
        """
        Write formulas, given with their equals sign; anything else is written as a value.

        A number, a truth value or an error in the very text that `formulas` returns for it is one again.
        """
        area = self._block(top, left, formulas)
        self._prepare(area)
        around = around or NoSurroundings()
        changes: list[tuple[int, dict[int, bytes]]] = []
        arrays: dict[tuple[int, int], str] = {}
        for number, row in enumerate(formulas, top):
            cells = self._changed_cells(number, left, self._constants(number, left, row))
            for column, value in enumerate(row, left):
                if not is_formula(value):
                    continue
                place = self.place(number, column)
                formula = entered(str(value)[1:], number, column, meaning, around, place)
                if formula.is_array:
                    arrays[number, column] = formula.stored
                else:
                    reference = f"{column_letters(column)}{number}"
                    cells[column] = with_formula(cells[column], reference, formula.stored)
            changes.append((number, cells))
        spared = self._unblocked(area, lambda row, column: formulas[row - top][column - left])
        self._let_go(area, spared)
        mark = around.dynamic_mark() if arrays else 0
        for number, cells in changes:
            for array in spared:
                if array.area.top <= number <= array.area.bottom:
                    for column in range(array.area.left, array.area.right + 1):
                        cells.pop(column, None)
            self._put(number, cells)
        for (number, column), stored in arrays.items():
            self._put_array(Area(number, column, number, column), stored, mark)
        self._mark(area)

    def _constants(self, number: int, left: int, row: Sequence[object]) -> list[object]:
        """Return what is written as values; None where formulas come."""
        if all(map(is_formula, row)):
            return [None] * len(row)
        return [
            None
            if is_formula(value)
            else self._writer.entered(value, self.style(number, column))
            if type(value) is str
            else value
            for column, value in enumerate(row, left)
        ]

    def write_array(
        self, area: Area, formula: str, around: FormulaSurroundings | None = None
    ) -> None:
        """Write one formula, given with its equals sign, for all cells of an area together."""
        self._prepare(area)
        for merged in self.surroundings.merged:
            if merged.meets(area):
                raise MergedCellsInTheWay(self.where(merged.text()))
        place = self.place(area.top, area.left)
        written = entered(
            formula[1:],
            area.top,
            area.left,
            FormulaMeaning.ARRAY,
            around or NoSurroundings(),
            place,
        )
        self._let_go(area)
        for number in range(area.top, area.bottom + 1):
            blanks = self._changed_cells(number, area.left, [None] * area.columns)
            for column in range(area.left, area.right + 1):
                # Its cells are there, so that the array is found in every row.
                blanks[column] = blanks[column] or blank_cell(column, number, b"")
            self._put(number, blanks)
        self._put_array(area, written.stored, 0)
        self._mark(area)

    def _put_array(self, area: Area, stored: str, mark: int) -> None:
        blank = self._changed_cells(area.top, area.left, [None])[area.left]
        reference = f"{column_letters(area.left)}{area.top}"
        cell = with_array(blank, reference, stored, _spelled(area), mark)
        self._put(area.top, {area.left: cell})
        self._all_reaching().append(
            ReachingFormula(
                kind="array",
                key="",
                area=area,
                row=area.top,
                column=area.left,
                text=stored,
                is_dynamic=mark > 0,
            )
        )

    def put_formula(self, row: int, column: int, formula: str) -> None:
        """Put a formula, as it is stored, into a cell that keeps its format; judged before."""
        tag = blank_cell(column, row, self.style(row, column))[:-2]
        self._let_go(Area(row, column, row, column))
        self._put(row, {column: tag + f"><f>{escape_text(formula)}</f></c>".encode()})
        self._mark(Area(row, column, row, column))

    def write_cached_results(
        self, top: int, left: int, results: Sequence[Sequence[object]]
    ) -> None:
        """Set what cells with formulas show until Excel calculates; formulas and other cells stay."""
        area = self._block(top, left, results)
        self._check_inside(area)
        for number, cells in list(self.cells(area)):
            changes: dict[int, bytes] = {}
            for column, cell in cells.items():
                if b"<f" in cell:
                    value = results[number - top][column - left]
                    place = self.place(number, column)
                    changes[column] = with_result(cell, value, self._writer, place)
            if changes:
                attributes, all_cells, rest = self.rows.parts(number)
                self.rows.put(number, attributes, all_cells | changes, rest)
                self.changed = True


def _spelled(area: Area) -> str:
    """Return the area by its first and last cell, whole columns and rows too."""
    first = Area(area.top, area.left, area.top, area.left).text()
    last = Area(area.bottom, area.right, area.bottom, area.right).text()
    return first if first == last else f"{first}:{last}"
