"""
Cells of a kind: blanks, constants, formulas, visible ones, as areas that do not overlap. Reads only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from excel_client.file_engine.formulas.references import COLUMN_LIMIT, ROW_LIMIT, Area
from excel_client.file_engine.problems import NeedsExcel
from excel_client.file_engine.sheet.cells import ErrorValue, has_content
from excel_client.file_engine.sheet.hidden_cells import HiddenCells
from excel_client.file_engine.workbook.cell_transfers import CellBlock
from excel_client.file_engine.workbook.shift_limits import check_inside

__all__ = ["special_areas"]


def special_areas(block: CellBlock, cell_type: str, value_type: str | None) -> list[Area]:
    """Return the areas of blanks, constants, formulas or visible cells, of a type of values where one is named."""
    check_inside(block.entry, block.area)
    if cell_type == "visible":
        return list(_visible(block))
    used = block.model.used()
    if not used.meets(block.area):
        return []
    area = Area(
        max(used.top, block.area.top),
        max(used.left, block.area.left),
        min(used.bottom, block.area.bottom),
        min(used.right, block.area.right),
    )
    if cell_type == "blanks":
        return _joined(_blank_runs(block, area))
    return _joined(_runs_of(block, area, _wanted(block, cell_type, value_type)))


def _wanted(
    block: CellBlock, cell_type: str, value_type: str | None
) -> Callable[[int, int, bytes], bool]:
    def fits(row: int, column: int, cell: bytes) -> bool:
        if not has_content(cell) or (b"<f" in cell) != (cell_type == "formulas"):
            return False
        if value_type is None:
            return True
        value = block.model.read(Area(row, column, row, column))[0][0]
        if value is None and b"<f" in cell and b"<v" not in cell:
            # What it comes to is not known before Excel calculates.
            raise NeedsExcel(block.model.place(row, column))
        return _type_of(value) == value_type

    return fits


def _type_of(value: object) -> str:
    if isinstance(value, bool):
        return "logical"
    if isinstance(value, ErrorValue):
        return "errors"
    return "text" if isinstance(value, str) else "numbers"


def _runs_of(
    block: CellBlock, area: Area, fits: Callable[[int, int, bytes], bool]
) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    for number, cells in block.model.cells(area):
        columns = [column for column in sorted(cells) if fits(number, column, cells[column])]
        if columns:
            yield number, _runs(columns)


def _blank_runs(block: CellBlock, area: Area) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    filled = {number: set(columns) for number, columns in block.model.occupied(area)}
    whole = range(area.left, area.right + 1)
    for number in range(area.top, area.bottom + 1):
        taken = filled.get(number, ())
        columns = [column for column in whole if column not in taken]
        if columns:
            yield number, _runs(columns)


def _runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Return ascending numbers as first and last of each run."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = runs[-1][0], number
        else:
            runs.append((number, number))
    return runs


def _joined(rows: Iterable[tuple[int, list[tuple[int, int]]]]) -> list[Area]:
    """Return runs of columns, row by row, as areas; equal runs below each other are one."""
    areas: list[Area] = []
    growing: dict[tuple[int, int], int] = {}
    last = 0
    for number, runs in rows:
        if number != last + 1:
            growing = {}
        following = {}
        for run in runs:
            if run in growing:
                at = growing[run]
                areas[at] = Area(areas[at].top, run[0], number, run[1])
            else:
                at = len(areas)
                areas.append(Area(number, run[0], number, run[1]))
            following[run] = at
        growing, last = following, number
    return areas


def _visible(block: CellBlock) -> Iterator[Area]:
    hidden = HiddenCells(block.model)
    area = block.area
    rows = _shown_runs(area.top, area.bottom, hidden.rows(area.top, area.bottom), ROW_LIMIT)
    columns = list(
        _shown_runs(area.left, area.right, hidden.columns(area.left, area.right), COLUMN_LIMIT)
    )
    for top, bottom in rows:
        for left, right in columns:
            yield Area(top, left, bottom, right)


def _shown_runs(
    first: int, last: int, hidden: Iterable[int], limit: int
) -> Iterator[tuple[int, int]]:
    """Yield first and last of each run of numbers that are not hidden."""
    start = first
    for number in [*sorted(hidden), last + 1]:
        if start <= min(number - 1, limit):
            yield start, number - 1
        start = number + 1
