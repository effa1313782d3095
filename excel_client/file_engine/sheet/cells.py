"""
Cells as bytes: splitting a row into its cells, and reading what a cell shows.

Rows and cells come in the canonical form that `sheet_rows` makes of a sheet: no prefixes, no comments. Cells written by
Excel, LibreOffice, openpyxl and this engine match one pattern and are read in bulk; any other spelling is read slower.
Source: ECMA-376 part 1, 18.3.1.4 (c) and 18.18.11 (ST_CellType).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet

from excel_client.file_engine.formats.serial_dates import from_serial
from excel_client.file_engine.formulas.references import column_letters, column_number
from excel_client.file_engine.problems import PackageDamaged
from excel_client.file_engine.xml.cell_text import unescape_text

__all__ = [
    "CellReader",
    "CellValue",
    "ErrorValue",
    "formula_of",
    "has_content",
    "split_row",
    "style_of",
]

_USUAL_CELL = re.compile(
    rb'<c r="([A-Z]{1,3})\d+"(?: s="(\d+)")?(?: t="(\w+)")?'
    rb'(?:/>|>(?:<v>([^<]*)</v>|<is><t(?: xml:space="preserve")?>([^<]*)</t></is>)?</c>)'
)
#: The cells of one column; the last group is empty where a cell is spelled unusually.
_COLUMN_CELL = (
    rb'<c r="%b(\d+)"(?:(?: s="(\d+)")?(?: t="(\w+)")?'
    rb'(?:/|>(?:<v>([^<]*)</v>|<is><t(?: xml:space="preserve")?>([^<]*)</t></is>)?</c)(>))?'
)
#: Those of them that are inline texts.
_COLUMN_TEXT = (
    rb'<c r="%b(\d+)"(?: s="\d+")? t="inlineStr">'
    rb'<is><t(?: xml:space="preserve")?>([^<]*)</t></is></c>'
)
# Neither runs on from where it began past the next of its kind, so that a broken row is soon seen to be one.
_ANY_CELL = re.compile(rb"<c((?:\s[^<>]*?)?)(?:/>|>((?:[^<]++|<(?!/?c[\s/>]))*+)</c>)")
_ROW = re.compile(rb"\s*<row((?:\s[^<>]*?)?)(?:/>|>(.*)</row>)\s*", re.DOTALL)
_REFERENCE = re.compile(rb"""\sr\s*=\s*["']([A-Z]{1,3})\d+["']""")
_STYLE = re.compile(rb"""\ss\s*=\s*["'](\d+)["']""")
_TYPE = re.compile(rb"""\st\s*=\s*["'](\w+)["']""")
_VALUE = re.compile(rb"<v(?:\s[^<>]*)?>([^<]*)</v>")
_TEXT = re.compile(rb"<t(?:\s[^<>]*)?>([^<]*)</t>")
_PHONETIC = re.compile(rb"<rPh(?:[^<]++|<(?!/?rPh))*+</rPh>")
_FORMULA = re.compile(rb"<f((?:\s[^<>]*?)?)(?:/>|>([^<]*)</f>)")
_COLUMN_OF = {column_letters(number).encode(): number for number in range(1, 703)}

CellValue = float | str | bool | dt.datetime | None


class ErrorValue(str):
    """An error that a cell shows, such as "#N/A"; written back it is an error again, not a text."""

    __slots__ = ()


def _column(letters: bytes) -> int:
    return _COLUMN_OF.get(letters) or column_number(letters.decode("ascii"))


def split_row(row: bytes, place: str) -> tuple[bytes, dict[int, bytes], bytes]:
    """Return a row's attributes, its cells by column, and what stands behind the cells."""
    match = _ROW.fullmatch(row)
    if match is None:
        raise PackageDamaged(place)
    inner = match[2] or b""
    cells: dict[int, bytes] = {}
    column = 0
    for found in _ANY_CELL.finditer(inner):
        reference = _REFERENCE.search(found[1])
        column = _column(reference[1]) if reference else column + 1
        cells[column] = found[0]
    rest = _ANY_CELL.sub(b"", inner).strip()
    if rest and not rest.startswith(b"<extLst"):
        raise PackageDamaged(place)
    return match[1], cells, rest


def style_of(cell: bytes) -> bytes:
    """Return the cell's s attribute, empty if it has none."""
    match = _STYLE.search(cell, 0, cell.index(b">"))
    return match[1] if match else b""


def has_content(cell: bytes) -> bool:
    """Whether the cell holds a value or a formula, not just a format."""
    return b"<v" in cell or b"<f" in cell or b"<is" in cell


def formula_of(cell: bytes) -> tuple[bytes, bytes] | None:
    """Return the attributes and the text of the cell's formula element, or None."""
    match = _FORMULA.search(cell)
    return (match[1], match[2] or b"") if match else None


def _shown(text: bytes) -> str:
    """Return the text that a cell shows; most hold nothing to be resolved."""
    shown = text.decode()
    return unescape_text(shown) if "&" in shown or "_x" in shown or "\r" in shown else shown


def _iso_moment(text: str) -> dt.datetime:
    """Return a date, a time of no date or both; a cell has no time zone."""
    if ":" in text and "-" not in text:
        time = dt.time.fromisoformat(text.removeprefix("T")).replace(tzinfo=None)
        return dt.datetime.combine(dt.date(1899, 12, 30), time)
    return dt.datetime.fromisoformat(text).replace(tzinfo=None)


class CellReader:
    """Reads cells of one workbook: knows its date formats, its calendar and its shared strings."""

    def __init__(
        self,
        shared_strings: Callable[[], Sequence[str]],
        date_styles: AbstractSet[bytes],
        *,
        since_1904: bool,
    ) -> None:
        self._strings = shared_strings
        self._date_styles = date_styles
        self._since_1904 = since_1904
        self._dates: dict[bytes, CellValue] = {}

    def shared_string(self, index: int) -> str:
        """Return one of the workbook's shared strings."""
        strings = self._strings()
        return strings[index] if index < len(strings) else ""

    def value(self, cell: bytes, place: str) -> CellValue:
        """Return what one cell of any spelling shows."""
        tag = cell[: cell.index(b">") + 1]
        kind = _TYPE.search(tag)
        style = _STYLE.search(tag)
        body = _PHONETIC.sub(b"", cell) if b"<rPh" in cell else cell
        held = _VALUE.search(body)
        try:
            if kind is not None and kind[1] == b"inlineStr":
                return unescape_text(b"".join(_TEXT.findall(body)).decode())
            if held is None:
                return None
            return self._converted(kind[1] if kind else b"", style[1] if style else b"", held[1])
        except (ValueError, IndexError) as error:
            raise PackageDamaged(place) from error

    def at(self, data: bytes, start: int, end: int, reference: bytes, place: str) -> CellValue:
        """Return what the cell of a reference shows, within a span of rows of the usual spelling."""
        position = data.find(b'<c r="' + reference + b'"', start, end)
        if position < 0:
            return None
        usual = _USUAL_CELL.match(data, position, end)
        if usual is None:
            found = _ANY_CELL.match(data, position, end)
            if found is None:
                raise PackageDamaged(place)
            return self.value(found[0], place)
        _, style, kind, held, text = usual.groups()
        try:
            if kind == b"inlineStr":
                return unescape_text((text or b"").decode())
            return self._converted(kind or b"", style or b"", held) if held else None
        except (ValueError, IndexError) as error:
            raise PackageDamaged(place) from error

    @staticmethod
    def texts(
        data: bytes, start: int, end: int, letters: bytes, place: str
    ) -> tuple[list[int], list[CellValue]]:
        """Return the rows in which a column has a text of its own in the usual spelling, and these texts."""
        found = re.compile(_COLUMN_TEXT % letters).findall(data, start, end)
        try:
            numbers = [int(number) for number, _ in found]
            # No text holds the sign that begins a tag.
            joined = b"<".join([text for _, text in found]).decode()
            if "&" in joined or "_x" in joined or "\r" in joined:
                return numbers, [_shown(text) for _, text in found]
        except ValueError as error:
            raise PackageDamaged(place) from error
        return numbers, list(joined.split("<")) if found else []

    def column(
        self, data: bytes, start: int, end: int, letters: bytes, place: str
    ) -> tuple[list[int], list[CellValue]] | None:
        """
        Return the rows in which a column has cells, and what these show; None where one is spelled unusually.

        A cell that does not state its reference first is overlooked.
        """
        found = re.compile(_COLUMN_CELL % letters).findall(data, start, end)
        numbers: list[int] = []
        values: list[CellValue] = []
        try:
            for number, style, kind, held, text, usual in found:
                if not usual:
                    return None
                numbers.append(int(number))
                if kind == b"inlineStr":
                    values.append(_shown(text))
                else:
                    values.append(self._converted(kind, style, held) if held else None)
        except (ValueError, IndexError) as error:
            raise PackageDamaged(place) from error
        return numbers, values

    def _converted(self, kind: bytes, style: bytes, held: bytes) -> CellValue:  # noqa: PLR0911 - one per type
        if kind in {b"", b"n"}:
            if not held:
                return None
            if style in self._date_styles:
                return self._date(held)
            return float(held)
        if kind == b"s":
            return self._strings()[int(held)]
        if kind == b"b":
            return held.strip() in {b"1", b"true"}
        if kind == b"e":
            return ErrorValue(unescape_text(held.decode()))
        if kind == b"d":
            return _iso_moment(held.decode().strip())
        return unescape_text(held.decode())

    def _date(self, held: bytes) -> CellValue:
        if held not in self._dates:
            serial = float(held)
            shown = from_serial(serial, since_1904=self._since_1904)
            self._dates[held] = serial if shown is None else shown
        return self._dates[held]

    def row(
        self, row: bytes, left: int, right: int, place: str, whole: memoryview | bytes
    ) -> list[CellValue]:
        """
        Return what the cells of a row show, from one column to another.

        `row` may be cut to some of its cells, those between the columns among them; `whole` is all of it.
        """
        values: list[CellValue] = [None] * (right - left + 1)
        found = _USUAL_CELL.findall(row)
        if len(found) != row.count(b"<c"):
            _, cells, _ = split_row(bytes(whole), place)
            for column, cell in cells.items():
                if left <= column <= right:
                    values[column - left] = self.value(cell, place)
            return values
        dates = self._date_styles
        try:
            for letters, style, kind, held, text in found:
                column = _COLUMN_OF.get(letters) or _column(letters)
                if not left <= column <= right:
                    continue
                if kind == b"inlineStr":
                    values[column - left] = _shown(text)
                elif not held:
                    continue
                elif not kind and style not in dates:
                    values[column - left] = float(held)
                else:
                    values[column - left] = self._converted(kind, style, held)
        except (ValueError, IndexError) as error:
            raise PackageDamaged(place) from error
        return values
