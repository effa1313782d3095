"""
How wide columns must be for what an area's cells show.

An estimate by the widths of characters, see `formats.text_widths`. Cells of merged areas do not count, as in Excel;
texts that are broken into lines count by their longest line, up to the width that the column has. A cell that cannot
be wider than those before it is not measured.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from excel_client.file_engine.formats.serial_dates import from_serial
from excel_client.file_engine.formats.shown_text import shown_text
from excel_client.file_engine.formats.styles import Styles
from excel_client.file_engine.formats.text_widths import PIXELS_PER_POINT, digit_width, text_width
from excel_client.file_engine.formulas.references import Area, column_letters
from excel_client.file_engine.problems import PackageDamaged
from excel_client.file_engine.sheet.cells import CellValue, has_content, style_of
from excel_client.file_engine.sheet.columns_and_rows import ColumnLayout
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.xml.cell_text import unescape_text

__all__ = ["fit_columns"]

#: A cell of the usual spelling, with a formula or without: letters, format, type, value, text.
_CELL = re.compile(
    rb'<c r="([A-Z]{1,3})\d+"(?: s="(\d+)")?(?: t="(\w+)")?'
    rb"(?:/>|>(?:<f(?:\s[^<>]*)?(?:/>|>[^<]*</f>))?"
    rb'(?:<v>([^<]*)</v>|<v/>|<is><t(?: xml:space="preserve")?>([^<]*)</t></is>)?</c>)'
)
_WIDEST_PIXELS = 1790
_INDENT_SPACES = 3
_TRUE = {"1", "true"}
_HALF_TURN = 180
_STACKED = 255
#: Hardly a character of these fonts is wider than its size.
_WIDEST_CHARACTER = 1.02
#: Dates differ in the widths of their names only; so many are enough.
_DATES_MEASURED = 400
_GENERAL_LENGTH = 12
_TEXTS_KEPT = 5000
_OPTIONAL_DECIMALS = re.compile(r"\.[0,]*[#?]")


@dataclass(slots=True, kw_only=True)
class _Fit:
    """How wide the cells of one format are in one column."""

    font: str
    size: float
    bold: bool
    code: str
    is_date: bool
    indent: int
    wraps: bool
    stands: bool
    #: What a wrapping text may take, in pixels.
    room: float
    widest: float = 0.0
    #: How many whole digits the positive and the negative numbers had so far.
    digits: list[int] = field(default_factory=lambda: [0, 0])
    dates: set[bytes] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)

    def measure(self, value: CellValue) -> bool:
        """Take a value into account; whether it is the widest by now."""
        is_plain = isinstance(value, str) and "@" not in self.code
        text = str(value) if is_plain else shown_text(value, self.code)
        lines = text.split("\n") if self.wraps else [text.replace("\n", "")]
        if self.stands:
            pixels = self.size * len(lines) * 2
        else:
            pixels = max(text_width(line, self.font, self.size, bold=self.bold) for line in lines)
        if self.wraps:
            pixels = min(pixels, self.room)
        else:
            room = " " * _INDENT_SPACES * self.indent
            pixels += text_width(room, self.font, self.size, bold=False)
        wider = pixels > self.widest
        self.widest = max(self.widest, pixels)
        return wider

    def text(self, text: str) -> bool:
        """Take a text into account, unless it is known or too short; whether it is the widest by now."""
        longest = len(text) * self.size * _WIDEST_CHARACTER * PIXELS_PER_POINT
        if longest <= self.widest or text in self.texts:
            return False
        if len(self.texts) < _TEXTS_KEPT:
            self.texts.add(text)
        return self.measure(text)

    def number(self, held: bytes) -> bool:
        """Take a number into account as it is stored; whether it is the widest by now."""
        if self.is_date:
            if held in self.dates or len(self.dates) > _DATES_MEASURED:
                return False
            self.dates.add(held)
            # Which calendar it is makes no difference in width.
            return self.measure(from_serial(float(held), since_1904=False))
        if self.code == "General":
            length = min(len(held), _GENERAL_LENGTH)
            if length * digit_width(self.font, self.size) <= self.widest:
                return False
            return self.measure(float(held))
        digits, sign = len(held.partition(b".")[0]), held.startswith(b"-")
        usual = b"E" not in held and b"e" not in held and not _OPTIONAL_DECIMALS.search(self.code)
        if usual and digits <= self.digits[sign]:
            return False
        self.digits[sign] = max(self.digits[sign], digits)
        return self.measure(float(held))


def _fit(styles: Styles, columns: ColumnLayout, column: int, style: int) -> _Fit:
    font, alignment = styles.font(style), styles.alignment(style)
    turned = int(alignment.get("textRotation", "0"))
    return _Fit(
        font=font.name,
        size=font.size,
        bold=font.bold,
        code=styles.number_format(style),
        is_date=styles.is_date(style),
        indent=int(alignment.get("indent", "0")),
        wraps=alignment.get("wrapText") in _TRUE,
        stands=0 < turned <= _HALF_TURN or turned == _STACKED,
        room=columns.points(column, column) * PIXELS_PER_POINT,
    )


def fit_columns(model: SheetModel, columns: ColumnLayout, styles: Styles, area: Area) -> None:
    """Make columns as wide as the cells of an area need them; one without content stays as it is."""
    fits: dict[tuple[bytes, bytes], _Fit] = {}
    merged = [found for found in model.surroundings.merged if found.columns > 1]
    inside = {column_letters(c).encode(): c for c in range(area.left, area.right + 1)}
    model.rows.settle()
    for number in model.rows.existing(area.top, area.bottom):
        for letters, style, kind, held, text in _cells(model, number):
            if letters not in inside or not (held or text):
                continue
            fit = fits.get((letters, style))
            if fit is None:
                fit = _fit(styles, columns, inside[letters], int(style or b"0"))
                fits[letters, style] = fit
            before = fit.widest
            if _measure(model, fit, kind, held, text) and merged:
                cell = Area(number, inside[letters], number, inside[letters])
                if any(found.meets(cell) for found in merged):
                    fit.widest = before
    widest: dict[bytes, float] = {}
    for (letters, _), fit in fits.items():
        widest[letters] = max(widest.get(letters, 0), fit.widest)
    for letters, pixels in widest.items():
        if pixels:
            wanted = min(math.ceil(pixels) + columns.measure.margin + 2, _WIDEST_PIXELS)
            columns.fit(inside[letters], inside[letters], wanted)
    columns.write()


def _measure(model: SheetModel, fit: _Fit, kind: bytes, held: bytes, text: bytes) -> bool:
    """Measure what a cell shows, if it may be the widest; whether it is."""
    try:
        if kind == b"inlineStr":
            return fit.text(unescape_text(text.decode()))
        if kind == b"s":
            return fit.text(model.shared_string(int(held)))
        if kind == b"b":
            return fit.text(str(held.strip() in {b"1", b"true"}).upper())
        if kind in {b"", b"n"}:
            return fit.number(held)
        return fit.text(unescape_text(held.decode()))
    except ValueError as error:
        raise PackageDamaged(model.name) from error


def _cells(model: SheetModel, number: int) -> Iterator[tuple[bytes, bytes, bytes, bytes, bytes]]:
    """Yield letters, format, type, value and text of a row's cells."""
    row = model.rows.row(number)
    found = _CELL.findall(row)
    if len(found) == row.count(b"<c"):
        yield from found
        return
    for column, cell in model.rows.parts(number)[1].items():
        usual = _CELL.fullmatch(cell)
        if usual is not None:
            letters, style, kind, held, text = (group or b"" for group in usual.groups())
            yield letters, style, kind, held, text
        elif has_content(cell):
            value = model.read(Area(number, column, number, column))[0][0]
            shown = shown_text(value, "General").encode()
            yield column_letters(column).encode(), style_of(cell), b"str", shown, b""
