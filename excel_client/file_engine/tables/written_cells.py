"""
Which cells a program wrote itself since it opened the book.

A table that is resized over them takes them in, as in Excel; cells that were in the file before are never swallowed.
Too few is safe, too many is not: what is not remembered counts as the user's. Knows no values.
"""

from __future__ import annotations

from excel_client.file_engine.formulas.references import Area

__all__ = ["WrittenCells"]

_AREAS_MAX = 1000


class WrittenCells:
    """Areas of one sheet."""

    def __init__(self) -> None:
        self._areas: list[Area] = []

    def add(self, area: Area) -> None:
        """Remember an area; one that continues the last one below or beside it is joined to it."""
        if self._areas:
            last = self._areas[-1]
            joined = last.union(area)
            cells = last.rows * last.columns + area.rows * area.columns
            if last.holds(area):
                return
            if not last.meets(area) and joined.rows * joined.columns == cells:
                self._areas[-1] = joined
                return
        if len(self._areas) == _AREAS_MAX:
            self._areas.clear()
        self._areas.append(area)

    def holds(self, row: int, column: int) -> bool:
        """Whether a cell was written."""
        cell = Area(row, column, row, column)
        return any(area.holds(cell) for area in self._areas)

    def forget(self) -> None:
        """Forget all areas, since cells moved."""
        self._areas.clear()
