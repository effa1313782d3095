"""
Rendering values as cells: one by one where cells exist, and column by column for a block of new rows.

Text is always stored as text; only `sheet_rows` writes formulas, and only where a formula was asked for. A number is
stored as the shortest digits of its double, and is refused unless these are the number given. Each rendered text is
turned back and compared before it counts as written.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import sys
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import repeat
from numbers import Integral, Real
from typing import Any, TypeAlias, cast

from excel_client.file_engine.formats.serial_dates import to_serial
from excel_client.file_engine.formats.styles import Styles
from excel_client.file_engine.problems import AmountNotExact, CheckFailed, ValueNotWritable
from excel_client.file_engine.sheet.cells import ErrorValue
from excel_client.file_engine.xml.cell_text import (
    TEXT_LIMIT,
    escape_text,
    needs_space,
    unescape_text,
)

__all__ = ["CellWriter", "Piece", "joined_rows"]

#: Joins a column of texts so that they are escaped at once; a text that holds it is escaped alone.
_SEPARATOR = "\u00ac"
_EXACT_INTEGER = 2**53
_LARGEST = int(sys.float_info.max)
#: Whose scalars are taken without importing them.
_FOREIGN = {"numpy", "pandas"}
_ERRORS = {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA"}
#: Errors that came later are stored as this one, with what they are told apart by elsewhere.
_LATER_ERRORS = {"#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!", "#CONNECT!", "#BUSY!", "#UNKNOWN!"}
_LATER_ERROR = "#VALUE!"
_SHOWN_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:E[+-]\d+)?")
#: A cell shows 15 digits; more of them are a text, such as a long account number.
_DIGITS_SHOWN = 15
_TEXT_FORMAT = "@"
_HOUR_FORMATS = {dt.time: "h:mm:ss", dt.timedelta: "[h]:mm:ss"}


def _number_from_decimal(value: Decimal, place: str) -> str:
    if not value.is_finite():
        raise ValueNotWritable(place)
    text = repr(float(value))
    if Decimal(text) != value:
        raise AmountNotExact(place)
    return text


def _own_value(value: object) -> object:
    """Return a scalar of numpy or pandas, which are not imported, as one of Python's own; None for a missing one."""
    kind = type(value).__name__
    if kind in {"NAType", "NaTType"}:
        return None
    scalar = cast("Any", value)
    if kind in {"bool", "bool_"}:
        return bool(scalar)
    if kind in {"datetime64", "timedelta64"}:
        # Finer units would come out as integers.
        moment = scalar.astype(f"{kind}[us]").item()
        return moment if moment is None or not isinstance(moment, int) else value
    if isinstance(value, (Integral, Real)):
        own = scalar.item()
        return own if isinstance(own, (int, float)) else value
    return value


#: Part of many rows: a text that is the same in each of them, or the text of each.
Piece: TypeAlias = str | Sequence[str]


class CellWriter:
    """Renders values as the cells of one workbook: knows its calendar and its formats."""

    def __init__(self, styles: Styles, *, since_1904: bool) -> None:
        self._styles = styles
        self._since_1904 = since_1904
        self._days: dict[dt.date, str] = {}

    def content(self, value: object, style: bytes, place: str) -> tuple[str, str, bytes]:
        """Return a value as (t attribute, inner XML, style); ("", "", style) for a blank."""
        if value is None:
            return "", "", style
        if isinstance(value, str):
            return self._text(value, style, place) if value else ("", "", style)
        if isinstance(value, bool):
            return ' t="b"', f"<v>{int(value)}</v>", style
        if isinstance(value, (dt.date, dt.time, dt.timedelta)):
            # Only pandas' "not a time" is not itself.
            return self._date(value, style, place) if value == value else ("", "", style)  # noqa: PLR0124
        if type(value).__module__.partition(".")[0] in _FOREIGN:
            own = _own_value(value)
            if type(own) is not type(value):
                return self.content(own, style, place)
        text = self._number(value, place)
        return "", f"<v>{text}</v>" if text else "", style

    def entered(self, text: str, style: bytes) -> object:
        """
        Return what a text means where formulas are entered: the number, truth value or error of exactly that text.

        Only the very text that such a cell reads as; "007" and what has more digits than a cell shows stay texts, and
        so does all in a cell that is formatted as text.
        """
        if text in {"TRUE", "FALSE"} or text in _ERRORS or _SHOWN_NUMBER.fullmatch(text):
            if self._styles.number_format(int(style or b"0")) == _TEXT_FORMAT:
                return text
            if text in _ERRORS:
                return ErrorValue(text)
            if text in {"TRUE", "FALSE"}:
                return text == "TRUE"
            if sum(map(str.isdigit, text)) <= _DIGITS_SHOWN and math.isfinite(float(text)):
                return float(text)
        return text

    @staticmethod
    def _text(value: str, style: bytes, place: str) -> tuple[str, str, bytes]:
        text = str.__str__(value)
        if isinstance(value, ErrorValue) and text in _ERRORS | _LATER_ERRORS:
            return ' t="e"', f"<v>{text if text in _ERRORS else _LATER_ERROR}</v>", style
        escaped = escape_text(text, place)
        if unescape_text(escaped) != text:
            raise CheckFailed(place)
        space = ' xml:space="preserve"' if needs_space(text) else ""
        return ' t="inlineStr"', f"<is><t{space}>{escaped}</t></is>", style

    @staticmethod
    def _number(value: object, place: str) -> str:
        if isinstance(value, Decimal):
            return _number_from_decimal(value, place)
        if isinstance(value, Integral):
            number = int(value)
            if abs(number) > _EXACT_INTEGER:
                # Beyond it a double stands for some integers only.
                if abs(number) > _LARGEST or int(float(number)) != number:
                    raise AmountNotExact(place)
                return repr(float(number))
            return str(number)
        if isinstance(value, Real):
            double = float(value)
            if math.isnan(double):
                return ""
            if math.isinf(double):
                raise ValueNotWritable(place)
            if double != value:
                raise AmountNotExact(place)
            return repr(double)
        raise ValueNotWritable(place)

    def _date(
        self, value: dt.date | dt.time | dt.timedelta, style: bytes, place: str
    ) -> tuple[str, str, bytes]:
        if isinstance(value, (dt.datetime, dt.time)) and value.tzinfo is not None:
            raise ValueNotWritable(place)
        serial = to_serial(value, since_1904=self._since_1904)
        if serial is None:
            raise ValueNotWritable(place)
        with_time = isinstance(value, (dt.datetime, dt.time, dt.timedelta))
        if with_time and isinstance(value, dt.datetime) and value.time() == dt.time():
            with_time = False
        code = _HOUR_FORMATS.get(type(value))
        if code and self._styles.number_format(int(style or b"0")) == "General":
            wanted = self._styles.with_number_format(int(style or b"0"), code)
        else:
            wanted = self._styles.for_date(int(style or b"0"), with_time=with_time)
        written = str(wanted).encode() if wanted else style
        return "", f"<v>{_shortest(serial)}</v>", written

    def cell(self, reference: str, value: object, style: bytes, place: str) -> bytes:
        """Return a cell; empty bytes for a blank without a format."""
        kind, inner, style = self.content(value, style, place)
        if not inner and not style:
            return b""
        written_style = f' s="{style.decode()}"' if style else ""
        closing = f">{inner}</c>" if inner else "/>"
        return f'<c r="{reference}"{written_style}{kind}{closing}'.encode()

    def column(
        self, letters: str, rows: Sequence[str], style: bytes, values: Sequence[object], sheet: str
    ) -> list[Piece]:
        """Return the cells of one column as pieces; `rows` are the rows' numbers. A blank without a format is empty."""
        kinds = set(map(type, values))
        if kinds == {dt.date}:
            wanted = self._styles.for_date(int(style or b"0"), with_time=False)
            style = str(wanted).encode() if wanted else style
        written_style = f'" s="{style.decode()}"' if style else '"'
        opening = f'<c r="{letters}'
        blank = (opening, f"{written_style}/>") if style else None
        if kinds == {type(None)}:
            return [opening, rows, f"{written_style}/>"] if style else []
        if kinds <= {str, type(None)}:
            texts = self._escaped_column(values)
            if texts is not None:
                middle = f'{written_style} t="inlineStr"><is><t>'
                return _framed((opening, middle, "</t></is></c>"), blank, rows, texts)
        else:
            numbers = self._number_column(kinds - {type(None)}, values, style)
            if numbers is not None:
                kind = ' t="b"' if bool in kinds else ""
                middle = f"{written_style}{kind}><v>"
                return _framed((opening, middle, "</v></c>"), blank, rows, numbers)
        cells = [
            self.cell(f"{letters}{row}", value, style, f"{sheet}!{letters}{row}").decode()
            for row, value in zip(rows, values, strict=True)
        ]
        return [cells]

    @staticmethod
    def _escaped_column(values: Sequence[object]) -> list[str] | None:
        texts = cast("list[str]", ["" if value is None else value for value in values])
        if max(map(len, texts)) > TEXT_LIMIT // 2:
            return None
        joined = _SEPARATOR.join(["", *texts, ""])
        # Control characters, line ends, odd spaces, surrogates: no such character is printable.
        if not joined.isprintable() or joined.count(_SEPARATOR) != len(texts) + 1:
            return None
        if f"{_SEPARATOR} " in joined or f" {_SEPARATOR}" in joined or "_x" in joined:
            return None
        if "&" not in joined and "<" not in joined and ">" not in joined:
            return texts
        escaped = joined.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        back = escaped.replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&")
        if back != joined:
            raise CheckFailed
        return escaped.split(_SEPARATOR)[1:-1]

    def _number_column(
        self, kinds: set[type], values: Sequence[object], style: bytes
    ) -> list[str] | None:
        present = [value for value in values if value is not None]
        if kinds == {dt.date} and self._styles.is_date(int(style or b"0")):
            days = cast("list[dt.date]", present)
            texts = [self._days.get(day) or self._day(day) for day in days]
        elif kinds == {bool}:
            texts = ["1" if value else "0" for value in present]
        elif kinds <= {float, int}:
            numbers = cast("list[float]", present)
            # A NaN fails this comparison as well, wherever max and min leave it.
            if not all(-_EXACT_INTEGER <= number <= _EXACT_INTEGER for number in numbers):
                return None
            texts = list(map(repr, numbers))
            if list(map(float, texts)) != numbers:
                raise CheckFailed
        elif kinds == {Decimal}:
            decimals = cast("list[Decimal]", present)
            texts = [repr(float(value)) for value in decimals]
            if not all(map(Decimal.is_finite, decimals)) or list(map(Decimal, texts)) != decimals:
                return None
        else:
            return None
        if len(texts) == len(values):
            return texts
        written = iter(texts)
        return ["" if value is None else next(written) for value in values]

    def _day(self, day: dt.date) -> str:
        serial = to_serial(day, since_1904=self._since_1904)
        if serial is None:
            raise ValueNotWritable
        self._days[day] = text = _shortest(serial)
        return text


def _shortest(serial: float) -> str:
    return str(int(serial)) if serial == int(serial) else repr(serial)


def _framed(
    frame: tuple[str, str, str],
    blank: tuple[str, str] | None,
    rows: Sequence[str],
    texts: Sequence[str],
) -> list[Piece]:
    opening, middle, closing = frame
    if all(texts):
        return [opening, rows, middle, texts, closing]
    before, after = blank or ("", "")
    cells = [
        f"{opening}{row}{middle}{text}{closing}"
        if text
        else f"{before}{row if after else ''}{after}"
        for row, text in zip(rows, texts, strict=True)
    ]
    return [cells]


def joined_rows(pieces: Iterable[Piece], count: int) -> list[bytes]:
    """Return so many rows, each of its part of every piece."""
    columns: list[Iterable[str]] = []
    same = ""
    for piece in pieces:
        if isinstance(piece, str):
            # What is the same in all rows and meets is joined once.
            same += piece
            continue
        columns += [repeat(same, count), piece]
        same = ""
    columns.append(repeat(same, count))
    return [row.encode() for row in map("".join, zip(*columns, strict=True))]
