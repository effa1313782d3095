"""Where Ctrl and an arrow key lead, and how far a block of cells reaches. Reads, never writes."""

from __future__ import annotations

from excel_client.file_engine.formulas.references import COLUMN_LIMIT, ROW_LIMIT, Area
from excel_client.file_engine.sheet.sheet_model import SheetModel

__all__ = ["end_of_block", "surrounding_region"]

_DIRECTIONS = {"d": "down", "u": "up", "l": "left", "r": "right"}


def end_of_block(sheet: SheetModel, row: int, column: int, direction: str) -> tuple[int, int]:
    """Return row and column of the cell at the end of the block, or of the sheet."""
    direction = _DIRECTIONS.get(direction, direction)
    if direction in {"down", "up"}:
        occupied = {number for number, _ in sheet.occupied(Area(1, column, ROW_LIMIT, column))}
        step, limit = (1, ROW_LIMIT) if direction == "down" else (-1, 1)
        return _end(occupied, row, step, limit), column
    if direction in {"right", "left"}:
        occupied = {
            c for _, columns in sheet.occupied(Area(row, 1, row, COLUMN_LIMIT)) for c in columns
        }
        step, limit = (1, COLUMN_LIMIT) if direction == "right" else (-1, 1)
        return row, _end(occupied, column, step, limit)
    message = "a direction is up, down, left or right"
    raise ValueError(message)


def _end(occupied: set[int], start: int, step: int, limit: int) -> int:
    if start == limit:
        return start
    if start in occupied and start + step in occupied:
        place = start
        while place + step in occupied:
            place += step
        return place
    ahead = [place for place in occupied if (place - start) * step > 0]
    if not ahead:
        return limit
    return min(ahead) if step > 0 else max(ahead)


def surrounding_region(sheet: SheetModel, area: Area) -> Area:
    """Return the area grown until the cells around it are empty."""
    occupied = {number: set(columns) for number, columns in sheet.occupied(
        Area(1, 1, ROW_LIMIT, COLUMN_LIMIT)
    )}  # fmt: skip
    top, left, bottom, right = area.top, area.left, area.bottom, area.right
    grew = True

    def touched(row: int) -> bool:
        return any(left - 1 <= column <= right + 1 for column in occupied.get(row, ()))

    def any_in(column: int) -> bool:
        return any(column in occupied.get(row, ()) for row in range(top - 1, bottom + 2))

    while grew:
        before = (top, left, bottom, right)
        while touched(bottom + 1):
            bottom += 1
        while touched(top - 1):
            top -= 1
        while any_in(right + 1):
            right += 1
        while any_in(left - 1):
            left -= 1
        grew = before != (top, left, bottom, right)
    return Area(top, left, bottom, right)
