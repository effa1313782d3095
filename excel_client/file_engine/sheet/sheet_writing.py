"""
What every write into a sheet rests on: what stands in its way, and what happens to formulas that lose a cell.

As in Excel: a shared formula lives on in its other cells, an array stays whole, and of a dynamic array what has spilled
vanishes when its formula goes or something stands in its place. Knows no xlwings and no file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from excel_client.file_engine.formulas.references import Area, column_letters
from excel_client.file_engine.problems import (
    ArrayFormulaInTheWay,
    BlockRagged,
    MergedCellsInTheWay,
    OutsideSheet,
)
from excel_client.file_engine.sheet.cell_edits import restyled, with_area, with_result
from excel_client.file_engine.sheet.cell_writing import CellWriter
from excel_client.file_engine.sheet.cells import CellReader, ErrorValue, style_of
from excel_client.file_engine.sheet.reaching_formulas import ReachingFormula, written_out
from excel_client.file_engine.sheet.sheet_cells import ROW_STYLE, SheetCells

__all__ = ["SheetWriting", "is_blank"]

_BLOCKED = ErrorValue("#SPILL!")


def is_blank(value: object) -> bool:
    """Whether a value leaves a cell without content."""
    return value is None or (isinstance(value, str) and not value)


class SheetWriting(SheetCells):
    """Cells of one sheet, and how a row takes others."""

    def __init__(
        self, data: bytes, name: str, reader: CellReader, writer: CellWriter, place: str
    ) -> None:
        super().__init__(data, name, reader, place)
        self.formulas_changed = False
        self.changed = False
        self._writer = writer

    def _block(self, top: int, left: int, values: Sequence[Sequence[object]]) -> Area:
        """Return the area of a block; BlockRagged unless its rows are of one length."""
        lengths = set(map(len, values))
        if len(lengths) != 1 or not min(lengths):
            raise BlockRagged(self.place(top, left))
        return Area(top, left, top + len(values) - 1, left + lengths.pop() - 1)

    def _changed_cells(self, number: int, left: int, values: Sequence[object]) -> dict[int, bytes]:
        """Return the cells that values make of a standing row's; formats stay."""
        attributes, cells, _ = self.rows.parts(number)
        row_style = ROW_STYLE.search(attributes)
        changes: dict[int, bytes] = {}
        for column, value in enumerate(values, left):
            old = cells.get(column)
            if old is not None:
                style = style_of(old)
            elif row_style:
                style = row_style[1]
            else:
                style = self.surroundings.column_style(column)
            reference = f"{column_letters(column)}{number}"
            changes[column] = self._writer.cell(reference, value, style, f"{self.name}!{reference}")
        return changes

    def _put(self, number: int, changes: dict[int, bytes]) -> None:
        """Put changed cells into a row; empty bytes remove one."""
        attributes, cells, rest = self.rows.parts(number)
        for column, cell in changes.items():
            if b"<f" in cells.get(column, b"") or b"<f" in cell:
                self.formulas_changed = True
            if cell:
                cells[column] = cell
            else:
                cells.pop(column, None)
        self.rows.put(number, attributes, cells, rest)

    def _mark(self, area: Area) -> None:
        self.surroundings.cover(area)
        self.changed = True

    # What stands in the way

    def _check_inside(self, area: Area) -> None:
        try:
            area.checked()
        except OutsideSheet as error:
            raise OutsideSheet(self.name) from error

    def _prepare(self, area: Area, *, clears: bool = False) -> None:
        """Refuse a write that Excel would refuse; nothing is changed yet."""
        self._check_inside(area)
        for merged in self.surroundings.merged:
            anchor = Area(merged.top, merged.left, merged.top, merged.left)
            allowed = area == anchor or (clears and area.holds(merged))
            if merged.meets(area) and not allowed:
                raise MergedCellsInTheWay(self.where(merged.text()))
        for reaching in self._all_reaching():
            if reaching.kind == "shared" or reaching.is_dynamic:
                continue
            if reaching.area.meets(area) and not area.holds(reaching.area):
                raise ArrayFormulaInTheWay(self.where(reaching.area.text()))

    def _spilled(self, area: Area) -> list[ReachingFormula]:
        """Return the dynamic arrays that spill into an area from outside."""
        return [
            reaching
            for reaching in self._all_reaching()
            if reaching.is_dynamic and reaching.area.meets(area) and not area.holds(reaching.anchor)
        ]

    def _unblocked(
        self, area: Area, value_at: Callable[[int, int], object]
    ) -> list[ReachingFormula]:
        """Return the dynamic arrays into whose cells nothing but blanks is written: they spill as before."""
        return [
            reaching
            for reaching in self._spilled(area)
            if all(
                is_blank(value_at(row, column))
                for row in range(max(area.top, reaching.area.top), _end(area, reaching)[0])
                for column in range(max(area.left, reaching.area.left), _end(area, reaching)[1])
            )
        ]

    # Formulas that lose a cell

    def _let_go(self, area: Area, spared: Sequence[ReachingFormula] = ()) -> None:
        """Prepare the formulas that speak for more cells than their own for what will be written to an area."""
        kept: list[ReachingFormula] = []
        for reaching in self._all_reaching():
            if area.holds(reaching.anchor):
                if reaching.kind == "shared":
                    self._write_out(reaching)
                elif reaching.is_dynamic:
                    self._empty_spilled(reaching)
            elif reaching.is_dynamic and reaching.area.meets(area) and reaching not in spared:
                kept.append(self._block_spill(reaching))
            else:
                kept.append(reaching)
        self._reaching = kept

    def _write_out(self, shared: ReachingFormula) -> None:
        for number, cells in list(self.cells(shared.area)):
            changes = {}
            for column, cell in cells.items():
                written = written_out(cell, shared, number, column)
                if written is not None:
                    changes[column] = written
            if changes:
                self._put(number, changes)

    def _empty_spilled(self, array: ReachingFormula) -> None:
        """Take away what has spilled from a cell; formats stay."""
        for number, cells in list(self.cells(array.area)):
            changes = {
                column: restyled(cell, style_of(cell), keep_content=False)
                for column, cell in cells.items()
                if (number, column) != (array.row, array.column) and b"<f" not in cell
            }
            if changes:
                self._put(number, changes)

    def _block_spill(self, array: ReachingFormula) -> ReachingFormula:
        """Let a dynamic array be in its own cell only, with an error there until Excel calculates."""
        self._empty_spilled(array)
        own = array.anchor
        _, cells, _ = self.rows.parts(array.row)
        cell = with_area(cells[array.column], own.text())
        cell = with_result(cell, _BLOCKED, self._writer, self.place(array.row, array.column))
        self._put(array.row, {array.column: cell})
        return replace(array, area=own)


def _end(area: Area, array: ReachingFormula) -> tuple[int, int]:
    return min(area.bottom, array.area.bottom) + 1, min(area.right, array.area.right) + 1
