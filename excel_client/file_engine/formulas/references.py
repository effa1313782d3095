"""Cells and areas by their names ("A1", "B2:D9"); knows no file and no value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from excel_client.file_engine.problems import OutsideSheet

__all__ = [
    "COLUMN_LIMIT",
    "ROW_LIMIT",
    "STORED_FORMULA_LIMIT",
    "Area",
    "column_letters",
    "column_number",
]

ROW_LIMIT = 1_048_576
COLUMN_LIMIT = 16_384
#: Excel's own limit is 8,192 characters; in a file there are prefixes as well.
STORED_FORMULA_LIMIT = 32_768

_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
_COLUMNS = re.compile(r"\$?([A-Za-z]{1,3}):\$?([A-Za-z]{1,3})")
_ROWS = re.compile(r"\$?([0-9]{1,7}):\$?([0-9]{1,7})")


@lru_cache(maxsize=COLUMN_LIMIT)
def column_letters(number: int) -> str:
    """Return "A" for 1, "AB" for 28."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@lru_cache(maxsize=COLUMN_LIMIT)
def column_number(letters: str) -> int:
    """Return 28 for "AB"."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of cells, 1-based, ends included."""

    top: int
    left: int
    bottom: int
    right: int

    @classmethod
    def parse(cls, text: str) -> Area:
        """Return the area that "A1", "$A$1:B2", "A:C" or "2:5" names; ValueError for anything else."""
        if match := _COLUMNS.fullmatch(text):
            first, last = sorted(column_number(part.upper()) for part in match.groups())
            return cls(1, first, ROW_LIMIT, last).checked()
        if match := _ROWS.fullmatch(text):
            first, last = sorted(int(part) for part in match.groups())
            return cls(first, 1, last, COLUMN_LIMIT).checked()
        corners = [_CELL.fullmatch(part) for part in text.split(":")]
        if len(corners) not in {1, 2} or None in corners:
            message = "not the name of a cell or an area"
            raise ValueError(message)
        rows = [int(corner[2]) for corner in corners if corner]
        columns = [column_number(corner[1].upper()) for corner in corners if corner]
        return cls(min(rows), min(columns), max(rows), max(columns)).checked()

    def checked(self) -> Area:
        """Return the area itself; OutsideSheet when a part of it is no cell of a sheet."""
        if self.top < 1 or self.left < 1 or self.bottom > ROW_LIMIT or self.right > COLUMN_LIMIT:
            raise OutsideSheet
        return self

    @property
    def rows(self) -> int:
        """How many rows."""
        return self.bottom - self.top + 1

    @property
    def columns(self) -> int:
        """How many columns."""
        return self.right - self.left + 1

    def meets(self, other: Area) -> bool:
        """Whether they share a cell."""
        return (
            self.top <= other.bottom
            and other.top <= self.bottom
            and self.left <= other.right
            and other.left <= self.right
        )

    def holds(self, other: Area) -> bool:
        """Whether every cell of the other is in this one."""
        return (
            self.top <= other.top
            and self.left <= other.left
            and other.bottom <= self.bottom
            and other.right <= self.right
        )

    def union(self, other: Area) -> Area:
        """Return the smallest area that holds both."""
        return Area(
            min(self.top, other.top),
            min(self.left, other.left),
            max(self.bottom, other.bottom),
            max(self.right, other.right),
        )

    def text(self, *, row_mark: str = "", column_mark: str = "") -> str:
        """Return "B2" or "B2:D9", with marks ("$") before rows and columns where wanted."""
        first = f"{column_mark}{column_letters(self.left)}{row_mark}{self.top}"
        if self.top == self.bottom and self.left == self.right:
            return first
        if self.top == 1 and self.bottom == ROW_LIMIT:
            first, last = column_letters(self.left), column_letters(self.right)
            return f"{column_mark}{first}:{column_mark}{last}"
        if self.left == 1 and self.right == COLUMN_LIMIT:
            return f"{row_mark}{self.top}:{row_mark}{self.bottom}"
        return f"{first}:{column_mark}{column_letters(self.right)}{row_mark}{self.bottom}"
