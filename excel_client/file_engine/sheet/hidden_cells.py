"""Which rows and columns of a sheet are hidden. Reads only."""

from __future__ import annotations

import re

from excel_client.file_engine.sheet.column_shifts import read_columns
from excel_client.file_engine.sheet.row_pieces import row_opening
from excel_client.file_engine.sheet.sheet_model import SheetModel

__all__ = ["HiddenCells"]

_HIDDEN = re.compile(rb"""\shidden\s*=\s*["'](?:1|true)["']""")
_HIDDEN_ROW = re.compile(rb"""<row r="(\d+)"[^<>]*?\shidden\s*=\s*["'](?:1|true)["']""")
_TRUE = {"1", "true"}


class HiddenCells:
    """What is hidden as the sheet stands now."""

    def __init__(self, model: SheetModel) -> None:
        rows = model.rows
        self._rows = {int(match[1]) for match in rows.search(_HIDDEN_ROW)}
        for number, row in rows.written.items():
            self._rows.discard(number)
            if row and _HIDDEN.search(row_opening(row, model.where(number))):
                self._rows.add(number)
        self._columns = [run for run in read_columns(model.surroundings) if _HIDDEN.search(run.tag)]
        defaults = model.surroundings.root.find("sheetFormatPr")
        hides = defaults is not None and defaults.attributes.get("zeroHeight") in _TRUE
        #: Rows that the sheet says something of, where all others are hidden.
        self._standing = set(rows.existing(1, 2**20)) if hides else None

    def row(self, number: int) -> bool:
        """Whether a row is hidden."""
        if self._standing is not None and number not in self._standing:
            return True
        return number in self._rows

    def column(self, number: int) -> bool:
        """Whether a column is hidden."""
        return any(run.first <= number <= run.last for run in self._columns)

    def rows(self, first: int, last: int) -> list[int]:
        """Return the hidden rows between two."""
        if self._standing is not None:
            return [number for number in range(first, last + 1) if self.row(number)]
        return [number for number in self._rows if first <= number <= last]

    def columns(self, first: int, last: int) -> list[int]:
        """Return the hidden columns between two."""
        found: set[int] = set()
        for run in self._columns:
            found.update(range(max(first, run.first), min(last, run.last) + 1))
        return sorted(found)
