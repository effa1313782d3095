"""
The rows of one sheet: an index of where each row lies in the part, and the rows that were written anew.

Rows that are not written stay bytes and are copied as such. A part that is spelled unusually (prefixes, comments,
missing references) is first brought into the canonical form that `cells` reads. Knows no values and no package.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from operator import lt

from excel_client.file_engine.formulas.formula_text import move_references
from excel_client.file_engine.formulas.references import ROW_LIMIT, column_letters
from excel_client.file_engine.problems import PackageDamaged, StrictWorkbook
from excel_client.file_engine.sheet.cells import split_row
from excel_client.file_engine.xml.alternatives import ALTERNATIVES, chosen, unprefixed
from excel_client.file_engine.xml.cell_text import escape_text
from excel_client.file_engine.xml.xml_spans import MAIN, as_utf8, refuse_entities

__all__ = ["GrownCell", "GrownRows", "SheetRows", "Stretch"]

_SHEET_DATA = re.compile(rb"<((?:[^\s/<>:]+:)?)sheetData(?:\s[^<>]*?)?(/?)>")
_USUAL_ROW = re.compile(rb'<row(?: r="(\d+)")?')
# No pattern runs on from where it began past the next of its kind: a broken part is soon seen to be one.
_ANY_ROW = re.compile(rb"<row((?:\s[^<>]*?)?)(?:/>|>((?:[^<]++|<(?!/?row))*+)</row>)")
_ROW_NUMBER = re.compile(rb"""\sr\s*=\s*["'](\d+)["']""")
_REFERENCE = re.compile(rb"""\sr\s*=\s*["']([A-Z]{1,3}\d+)["']""")
_SPANS = re.compile(rb"""\sspans\s*=\s*["'][^"']*["']""")
_ASIDE = re.compile(rb"<!\[CDATA\[(.*?)(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)", re.DOTALL)
_ASIDE_ENDS = (b"]]>", b"-->", b"?>")
_STRICT = b"http://purl.oclc.org/ooxml/spreadsheetml/main"
_JOINED_ROWS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Successive rows as they were read: their numbers, and where they lie in the data."""

    numbers: list[int]
    data: bytes
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GrownCell:
    """What a new row of a table carries in a column before anything is written there."""

    style: bytes
    #: The calculated column's formula as the first row has it, without escapes; None for a plain column.
    formula: str | None = None
    shifts: bool = False
    #: Whether the formula is an array's, of this one cell; the metadata says that it has no braces.
    is_array: bool = False
    metadata: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrownRows:
    """Rows that a table grew by; they become cells when they are written to, or at the latest when saved."""

    first: int
    last: int
    #: The row whose formulas the cells carry.
    model_row: int
    cells: dict[int, GrownCell]

    def cell(self, column: int, row: int) -> str:
        """Return the cell of one column in one row."""
        cell = self.cells[column]
        style = f' s="{cell.style.decode()}"' if cell.style else ""
        opening = f'<c r="{column_letters(column)}{row}"{style}'
        if cell.formula is not None:
            formula = cell.formula
            if cell.shifts:
                formula = move_references(formula, row - self.model_row, 0)
            if not cell.is_array:
                return f"{opening}><f>{escape_text(formula)}</f></c>"
            marked = f' cm="{cell.metadata.decode()}"' if cell.metadata else ""
            reference = f"{column_letters(column)}{row}"
            return (
                f'{opening}{marked}><f t="array" ref="{reference}">{escape_text(formula)}</f></c>'
            )
        return f"{opening}/>" if style else ""

    def row(self, number: int) -> bytes:
        """Return a whole row."""
        cells = "".join(self.cell(column, number) for column in sorted(self.cells))
        return f'<row r="{number}">{cells}</row>'.encode()


class SheetRows:
    """The rows of a sheet part, some of them rewritten."""

    def __init__(self, data: bytes, place: str) -> None:
        self.place = place
        data = as_utf8(data, place)
        opening = _SHEET_DATA.search(data)
        refuse_entities(data, opening.start() if opening else len(data), place)
        if opening is None:
            raise StrictWorkbook(place) if _STRICT in data[:4096] else PackageDamaged(place)
        prefix = opening[1]
        start, end = _bounds(data, opening, place)
        tag = b'<sheetData xmlns="%b">' % MAIN.encode() if prefix else b"<sheetData>"
        self.head = data[: opening.start()] + (tag if opening[2] or prefix else opening[0])
        tail_start = end if opening[2] else end + len(b"</" + prefix + b"sheetData>")
        self.tail = b"</sheetData>" + data[tail_start:]
        # One character is found much faster than two, and is mostly not there.
        chooses = data.find(ALTERNATIVES, start, end) >= 0
        if prefix or chooses or _holds(data, b"<!", start, end) or _holds(data, b"<?", start, end):
            rows = _plain(data[start:end])
            data, start = unprefixed(chosen(rows, self.head) if chooses else rows, prefix), 0
            end = len(data)
        #: The rows lie between these two places of the data, which are not copied.
        self._data, self._start, self._end = data, start, end
        self._index()
        #: Rows written since the part was read, by number; empty bytes for a row that is gone.
        self.written: dict[int, bytes] = {}
        self.grown: list[GrownRows] = []
        #: Whether the rows were put together anew, so that none of them is as it was read.
        self.rebased = False

    def _index(self) -> None:
        try:
            index = _indexed(self._data, self._start, self._end)
            if index is None:
                self._data = _canonical(self._data[self._start : self._end], self.place)
                self._start, self._end = 0, len(self._data)
                index = _indexed(self._data, self._start, self._end)
        except (OverflowError, ValueError) as error:
            raise PackageDamaged(self.place) from error
        if index is None or not all(map(lt, index[0], index[0][1:])):
            raise PackageDamaged(self.place)
        if index[0] and not 1 <= index[0][0] <= index[0][-1] <= ROW_LIMIT:
            raise PackageDamaged(self.place)
        self.numbers, self._starts = index
        self._starts.append(self._end)

    @cached_property
    def usual(self) -> bool:
        """Whether each cell of the part states its reference first, so that it is found by it."""
        data, start, end = self._data, self._start, self._end
        stated = data.count(b'<c r="', start, end)
        return stated == data.count(b"<c ", start, end) and data.find(b"<c>", start, end) < 0

    def position(self, number: int) -> int:
        """Return the index of the first row of the part that is not above this one."""
        return bisect_left(self.numbers, number)

    def span(self, index: int) -> tuple[bytes, int, int]:
        """Return the data and the place in it of the part's row at an index."""
        return self._data, self._starts[index], self._starts[index + 1]

    def stretch(self, first: int, last: int) -> Stretch | None:
        """Return the rows from one number to another as they were read; None where one was written since."""
        if self._written_among(first, last):
            return None
        low, high = bisect_left(self.numbers, first), bisect_left(self.numbers, last + 1)
        return Stretch(
            numbers=self.numbers[low:high].tolist(),
            data=self._data,
            start=self._starts[low],
            end=self._starts[high],
        )

    def row(self, number: int) -> bytes:
        """Return a row as it stands now; empty bytes where there is none."""
        if number in self.written:
            return self.written[number]
        index = bisect_left(self.numbers, number)
        if index < len(self.numbers) and self.numbers[index] == number:
            return self._data[self._starts[index] : self._starts[index + 1]]
        for grown in self.grown:
            if grown.first <= number <= grown.last:
                return grown.row(number)
        return b""

    def existing(self, first: int, last: int) -> list[int]:
        """Return the numbers of the rows that stand in the sheet as bytes, in order."""
        low, high = bisect_left(self.numbers, first), bisect_left(self.numbers, last + 1)
        base = self.numbers[low:high].tolist()
        written = self._written_among(first, last)
        return sorted({*base, *written}) if written else base

    def _written_among(self, first: int, last: int) -> list[int]:
        """Return the numbers of the rows that were written, in no order."""
        if len(self.written) > last - first:
            return [n for n in range(first, last + 1) if n in self.written]
        return [n for n in self.written if first <= n <= last]

    def put(self, number: int, attributes: bytes, cells: dict[int, bytes], rest: bytes) -> None:
        """Write a row anew from its attributes, its cells by column, and what stands behind them."""
        if _ROW_NUMBER.search(attributes) is None:
            attributes = b' r="%d"%b' % (number, attributes)
        attributes = _SPANS.sub(b"", attributes)
        inner = b"".join(cells[column] for column in sorted(cells)) + rest
        self.written[number] = b"<row%b>%b</row>" % (attributes, inner)

    def parts(self, number: int) -> tuple[bytes, dict[int, bytes], bytes]:
        """Return a row as `split_row` does; a missing row is an empty one."""
        row = self.row(number)
        if not row:
            return b"", {}, b""
        attributes, cells, rest = split_row(row, f"{self.place}:{number}")
        if row.count(b'<c r="') != len(cells):
            cells = {c: _with_reference(cell, c, number) for c, cell in cells.items()}
        return attributes, cells, rest

    def settle(self) -> None:
        """Turn the rows that tables grew by into bytes."""
        for grown in self.grown:
            standing = set(self.existing(grown.first, grown.last))
            for number in range(grown.first, grown.last + 1):
                if number not in standing:
                    self.written[number] = grown.row(number)
        self.grown.clear()

    def before_rows(self) -> memoryview:
        """Return what stands before the first row: spaces, if anything."""
        return memoryview(self._data)[self._start : self._starts[0]]

    def rebase(self, data: bytes, numbers: array[int], starts: array[int]) -> None:
        """Let these be the rows, as if they had been read; `starts` ends with the end of the data."""
        assert all(map(lt, numbers, numbers[1:])), "rows stand in their order"
        assert not self.grown, "grown rows were settled before"
        self._data, self._start, self._end = data, 0, len(data)
        self.numbers, self._starts = numbers, starts
        self.written = {}
        self.rebased = True
        self.__dict__.pop("usual", None)

    def search(self, pattern: re.Pattern[bytes]) -> Iterator[re.Match[bytes]]:
        """Search the rows as they were read, for what is rare in them."""
        return pattern.finditer(self._data, self._start, self._end)

    def numbers_of(self, pattern: re.Pattern[bytes]) -> list[int]:
        """Return the numbers of the rows that hold what a pattern finds, as they stand now, in order."""
        found = set()
        for match in self.search(pattern):
            index = bisect_right(self._starts, match.start()) - 1
            found.add(self.numbers[index])
        found.difference_update(self.written)
        found.update(number for number, row in self.written.items() if pattern.search(row))
        return sorted(found)

    def stream(self) -> Iterator[bytes | memoryview]:
        """Yield the part as it stands now, untouched stretches as they were read."""
        yield self.head
        view = memoryview(self._data)
        index = 0
        if self._start < self._starts[0]:
            yield view[self._start : self._starts[0]]
        joined: list[bytes] = []
        for number in sorted(self.written):
            upto = bisect_left(self.numbers, number, index)
            if upto > index:
                if joined:
                    yield b"".join(joined)
                    joined = []
                yield view[self._starts[index] : self._starts[upto]]
            standing = upto < len(self.numbers) and self.numbers[upto] == number
            index = upto + 1 if standing else upto
            joined.append(self.written[number])
            if len(joined) >= _JOINED_ROWS:
                yield b"".join(joined)
                joined = []
        if joined:
            yield b"".join(joined)
        yield view[self._starts[index] : self._end]
        yield self.tail


def _indexed(data: bytes, start: int, end: int) -> tuple[array[int], array[int]] | None:
    """Return the rows' numbers and where each begins; None where one does not state its number first."""
    numbers, starts = array("l"), array("q")
    for match in _USUAL_ROW.finditer(data, start, end):
        if match[1] is None:
            return None
        numbers.append(int(match[1]))
        starts.append(match.start())
    return numbers, starts


def _holds(data: bytes, mark: bytes, start: int, end: int) -> bool:
    return data.find(mark[1:], start, end) >= 0 and data.find(mark, start, end) >= 0


def _bounds(data: bytes, opening: re.Match[bytes], place: str) -> tuple[int, int]:
    """Return where the rows begin and end."""
    if opening[2]:
        return opening.end(), opening.end()
    end = data.rfind(b"</" + opening[1] + b"sheetData>")
    if end < opening.end():
        raise PackageDamaged(place)
    return opening.end(), end


def _with_reference(cell: bytes, column: int, number: int) -> bytes:
    """Return a cell that states its reference first."""
    if cell.startswith(b'<c r="'):
        return cell
    end = cell.index(b">")
    rest = _REFERENCE.sub(b"", cell[:end], count=1)[2:] + cell[end:]
    return b'<c r="%b%d"%b' % (column_letters(column).encode(), number, rest)


def _plain(rows: bytes) -> bytes:
    """Return rows without comments and CDATA sections."""

    def plain(match: re.Match[bytes]) -> bytes:
        if not match[0].endswith(_ASIDE_ENDS):
            raise PackageDamaged
        text = match[1] or b""
        return text.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")

    return _ASIDE.sub(plain, rows)


def _canonical(rows: bytes, place: str) -> bytes:
    """Return rows in which each row and each cell states its reference, the cell's as its first attribute."""
    written: list[bytes] = []
    number = 0
    for match in _ANY_ROW.finditer(rows):
        stated = _ROW_NUMBER.search(match[1])
        number = int(stated[1]) if stated else number + 1
        attributes, cells, rest = split_row(match[0], f"{place}:{number}")
        attributes = b' r="%d"%b' % (number, _ROW_NUMBER.sub(b"", attributes))
        inner = b"".join(_with_reference(cell, column, number) for column, cell in cells.items())
        written.append(b"<row%b>%b%b</row>" % (attributes, inner, rest))
    if _ANY_ROW.sub(b"", rows).strip():
        raise PackageDamaged(place)
    return b"".join(written)
