"""Cell references: `B7`, `A1:C9`, lists of areas. Pure arithmetic."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Area", "area_of", "areas_of", "cell_of_reference", "first_overlap"]

_LAST_ROW = 1_048_576
_LAST_COLUMN = 16_384
_CELL = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A rectangle of cells; rows and columns count from 1, ends are inside."""

    top: int
    left: int
    bottom: int
    right: int

    def overlaps(self, other: Area) -> bool:
        """Whether both hold a cell in common."""
        return (
            self.top <= other.bottom
            and other.top <= self.bottom
            and self.left <= other.right
            and other.left <= self.right
        )

    @property
    def is_one_cell(self) -> bool:
        """Whether it is a single cell."""
        return self.top == self.bottom and self.left == self.right


def cell_of_reference(reference: str) -> tuple[int, int]:
    """Return row and column; raise ValueError for what is not a cell of a sheet."""
    match = _CELL.fullmatch(reference)
    if match is None:
        raise ValueError(reference)
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    row = int(match[2])
    if not 1 <= row <= _LAST_ROW or column > _LAST_COLUMN:
        raise ValueError(reference)
    return row, column


def area_of(reference: str) -> Area:
    """Return the rectangle of `A1:C9` or of a single cell; raise ValueError for anything else."""
    first, colon, last = reference.partition(":")
    top, left = cell_of_reference(first)
    bottom, right = cell_of_reference(last if colon else first)
    if bottom < top or right < left:
        raise ValueError(reference)
    return Area(top=top, left=left, bottom=bottom, right=right)


def areas_of(references: str) -> list[Area]:
    """Return the rectangles of a list with spaces; raise ValueError for an empty or odd one."""
    areas = [area_of(reference) for reference in references.split()]
    if not areas:
        raise ValueError(references)
    return areas


def first_overlap(areas: list[Area]) -> tuple[Area, Area] | None:
    """Return the first two that overlap, or None."""
    for index, one in enumerate(areas):
        for other in areas[index + 1 :]:
            if one.overlaps(other):
                return one, other
    return None
