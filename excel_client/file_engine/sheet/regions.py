"""
Where Ctrl and an arrow key lead, and how far a block of cells reaches. Reads, never writes.

Rows are looked into one by one, only as far as the way leads; hidden ones count like any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from excel_client.file_engine.formulas.references import (
    COLUMN_LIMIT,
    ROW_LIMIT,
    Area,
    column_letters,
    column_number,
)
from excel_client.file_engine.sheet.cells import has_content, split_row
from excel_client.file_engine.sheet.sheet_model import SheetModel

__all__ = ["end_of_block", "surrounding_region"]

_DIRECTIONS = {"d": "down", "u": "up", "l": "left", "r": "right"}
#: A cell of the usual spelling that has content.
_FILLED = re.compile(rb'<c r="([A-Z]{1,3})\d+"[^<>]*>\s*<[vfi]')
_FILLED_IN = rb'<c r="%b(\d+)"[^<>]*>\s*<[vfi]'
_CHUNK_ROWS = 4096


def end_of_block(sheet: SheetModel, row: int, column: int, direction: str) -> tuple[int, int]:
    """Return row and column of the cell at the end of the block, or of the sheet."""
    direction = _DIRECTIONS.get(direction, direction)
    if direction in {"down", "up"}:
        step, limit = (1, ROW_LIMIT) if direction == "down" else (-1, 1)
        is_filled = column in _filled_columns(sheet, row)
        return _end(row, step, limit, is_filled, _filled_rows(sheet, row, column, step)), column
    if direction in {"right", "left"}:
        step, limit = (1, COLUMN_LIMIT) if direction == "right" else (-1, 1)
        filled = _filled_columns(sheet, row)
        beyond = sorted((c for c in filled if (c - column) * step > 0), reverse=step < 0)
        return row, _end(column, step, limit, column in filled, beyond)
    message = "a direction is up, down, left or right"
    raise ValueError(message)


def _end(start: int, step: int, limit: int, is_filled: bool, ahead: Iterable[int]) -> int:  # noqa: FBT001 - one of five
    """Return the end of a block from a filled place inside it, else the next filled place, else the limit."""
    last = start
    for place in ahead:
        if place != last + step:
            # Behind a gap: it is the end only where there was no block to walk through.
            return place if last == start else last
        if not is_filled:
            return place
        last = place
    return limit if last == start else last


def _standing(sheet: SheetModel, first: int, last: int) -> list[int]:
    """Return the rows between two that may hold something, in order."""
    numbers = sheet.rows.existing(first, last)
    if not sheet.rows.grown:
        return numbers
    found = set(numbers)
    for grown in sheet.rows.grown:
        found.update(range(max(first, grown.first), min(last, grown.last) + 1))
    return sorted(found)


def _filled_rows(sheet: SheetModel, row: int, column: int, step: int) -> Iterator[int]:
    """Yield the rows below (or above) one in which a column has content, the nearest first."""
    first, last = (row + 1, ROW_LIMIT) if step > 0 else (1, row - 1)
    numbers = _standing(sheet, first, last)
    pattern = re.compile(_FILLED_IN % column_letters(column).encode())
    starts = range(0, len(numbers), _CHUNK_ROWS)
    for start in starts if step > 0 else reversed(starts):
        chunk = numbers[start : start + _CHUNK_ROWS]
        as_read = sheet.rows.stretch(chunk[0], chunk[-1]) if sheet.rows.usual else None
        if as_read is not None and len(as_read.numbers) == len(chunk):
            found = list(map(int, pattern.findall(as_read.data, as_read.start, as_read.end)))
        else:
            found = [number for number in chunk if column in _filled_columns(sheet, number)]
        yield from found[::step]


def _filled_columns(sheet: SheetModel, number: int) -> set[int]:
    row = sheet.rows.row(number)
    if not row:
        return set()
    cells = split_row(row, sheet.where(number))[1]
    return {column for column, cell in cells.items() if has_content(cell)}


def surrounding_region(sheet: SheetModel, area: Area) -> Area:
    """Return the area grown until the cells around it are empty."""
    region = _Region(sheet, area)
    while region.grew():
        pass
    return region.area


class _Region:
    """A growing area, with the columns that are filled in its rows and those next to them, as bits."""

    def __init__(self, sheet: SheetModel, area: Area) -> None:
        self._sheet = sheet
        self.area = area
        self._masks: dict[int, int] = {}
        self._shapes: dict[tuple[bytes, ...], int] = {}
        self._filled = 0
        standing = _standing(sheet, max(1, area.top - 1), min(ROW_LIMIT, area.bottom + 1))
        for number in standing:
            self._filled |= self._mask(number)

    def _mask(self, number: int) -> int:
        """Return the filled columns of a row, each as a bit."""
        if number not in self._masks:
            self._masks[number] = self._read_mask(number)
        return self._masks[number]

    def _read_mask(self, number: int) -> int:
        row = self._sheet.rows.row(number)
        if row.count(b'<c r="') == row.count(b"<c ") and b"<c>" not in row and b"<ex" not in row:
            shape = tuple(_FILLED.findall(row))
        else:
            filled = sorted(_filled_columns(self._sheet, number))
            shape = tuple(column_letters(column).encode() for column in filled)
        if shape not in self._shapes:
            # Most rows of a sheet are filled alike.
            bits = (1 << column_number(letters.decode("ascii")) for letters in shape)
            self._shapes[shape] = sum(bits)
        return self._shapes[shape]

    def _touches(self, number: int) -> bool:
        """Whether a row has content in the area's columns or next to them."""
        if not 1 <= number <= ROW_LIMIT:
            return False
        left = max(1, self.area.left - 1)
        width = self.area.right + 2 - left
        return bool((self._mask(number) >> left) & ((1 << width) - 1))

    def _has(self, column: int) -> bool:
        return 1 <= column <= COLUMN_LIMIT and bool(self._filled >> column & 1)

    def grew(self) -> bool:
        """Grow by rows and by columns as far as these touch; whether there was any."""
        area = self.area
        top, left, bottom, right = area.top, area.left, area.bottom, area.right
        while self._touches(bottom + 1):
            bottom += 1
            self._filled |= self._mask(bottom + 1)
        while self._touches(top - 1):
            top -= 1
            self._filled |= self._mask(top - 1)
        while self._has(right + 1):
            right += 1
        while self._has(left - 1):
            left -= 1
        self.area = Area(top, left, bottom, right)
        return self.area != area
