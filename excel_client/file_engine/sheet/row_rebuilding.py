"""
Puts a sheet's rows together anew, in their order: stretches that stay are copied as bytes, others come one by one.

Afterwards the sheet's rows stand as if they had just been read. Knows no cell.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator

from excel_client.file_engine.formulas.references import ROW_LIMIT
from excel_client.file_engine.sheet.sheet_rows import SheetRows

__all__ = ["RowRebuilding", "rebuild_all"]

_JOINED_ROWS = 1000


class RowRebuilding:
    """Rows in the order they are added, until `finish` gives them to the sheet."""

    def __init__(self, rows: SheetRows) -> None:
        rows.settle()
        self._rows = rows
        self._numbers, self._starts = array("l"), array("q")
        self._pieces: list[bytes | memoryview] = []
        self._waiting: list[bytes] = []
        self._length = 0
        #: What stands before the first row.
        self._append(rows.before_rows())

    def _append(self, piece: bytes | memoryview) -> None:
        if self._waiting:
            self._pieces.append(b"".join(self._waiting))
            self._waiting = []
        if piece:
            self._pieces.append(piece)
            self._length += len(piece)

    def keep(self, first: int, last: int) -> None:
        """Add the rows from one number to another as they are."""
        for low, high, number in self._runs(first, last):
            if high > low:
                data, start, _ = self._rows.span(low)
                _, _, end = self._rows.span(high - 1)
                moved = self._length - start
                self._numbers.extend(self._rows.numbers[low:high])
                starts = (self._rows.span(index)[1] + moved for index in range(low, high))
                self._starts.extend(starts)
                self._append(memoryview(data)[start:end])
            if number:
                self.add(number, self._rows.written[number])

    def _runs(self, first: int, last: int) -> Iterator[tuple[int, int, int]]:
        """Yield stretches of the rows as they were read, by place, each with the written row behind it or 0."""
        rows = self._rows
        low, end = bisect_left(rows.numbers, first), bisect_left(rows.numbers, last + 1)
        for number in sorted(n for n in rows.written if first <= n <= last):
            high = bisect_left(rows.numbers, number, low)
            yield low, high, number
            low = high + (high < end and rows.numbers[high] == number)
        yield low, end, 0

    def add(self, number: int, row: bytes) -> None:
        """Add a row; nothing for empty bytes."""
        if not row:
            return
        self._numbers.append(number)
        self._starts.append(self._length)
        self._waiting.append(row)
        self._length += len(row)
        if len(self._waiting) >= _JOINED_ROWS:
            self._append(b"")

    def finish(self) -> None:
        """Let the sheet have these rows."""
        self._append(b"")
        self._starts.append(self._length)
        self._rows.rebase(b"".join(self._pieces), self._numbers, self._starts)


def rebuild_all(rows: SheetRows) -> None:
    """Let all rows stand as if they had just been read."""
    building = RowRebuilding(rows)
    building.keep(1, ROW_LIMIT)
    building.finish()
