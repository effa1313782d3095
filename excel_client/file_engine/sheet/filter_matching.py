"""
Which cells pass a filter, as Excel judges when it is applied. Knows values and formats, no sheet and no part.

Texts are compared without their case, with * and ? as wildcards; numbers with numbers, texts with texts. A list of
values is compared with what the cells show: where that depends on a format that is not plain, the filter is refused.
"""

from __future__ import annotations

import datetime as dt
import math
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from excel_client.file_engine.formats.serial_dates import to_serial
from excel_client.file_engine.problems import OutsideFileEngine
from excel_client.file_engine.sheet.cells import CellValue
from excel_client.file_engine.sheet.filter_criteria import (
    Comparisons,
    Criterion,
    Listed,
    Top,
    Unknown,
)

__all__ = ["FilterColumn", "passing", "top_border"]

_PLAIN_FORMATS = {
    "General": "g",
    "@": "g",
    "0": ".0f",
    "0.00": ".2f",
    "#,##0": ",.0f",
    "#,##0.00": ",.2f",
}
_TESTS: dict[str, Callable[[float, float], bool]] = {
    "lessThan": operator.lt,
    "lessThanOrEqual": operator.le,
    "greaterThan": operator.gt,
    "greaterThanOrEqual": operator.ge,
}
_DIGIT = re.compile(r"\d")
_WILDCARD = re.compile(r"~([~*?])|([*?])|(.)", re.DOTALL)
#: How Excel states "not empty".
_NO_BLANK = ("notEqual", " ")
_WORDS = {True: "TRUE", False: "FALSE"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterColumn:
    """The data of a column: its values, the format codes they are shown in, and the calendar."""

    values: Sequence[CellValue]
    #: By place; asked for numbers only.
    code_at: Callable[[int], str]
    since_1904: bool
    place: str

    def number(self, value: CellValue) -> float | None:
        """Return what a number or a date is compared as."""
        if isinstance(value, dt.datetime):
            return to_serial(value, since_1904=self.since_1904)
        return value if isinstance(value, float) else None


def passing(criterion: Criterion, column: FilterColumn) -> list[bool]:
    """Return for each value whether it passes; OutsideFileEngine where only Excel can tell."""
    match criterion:
        case Listed():
            return _listed(criterion, column)
        case Comparisons():
            tests = [_comparison(test, column) for test in criterion.tests]
            holds = all if criterion.both else any
            return [holds(test(value) for test in tests) for value in column.values]
        case Top():
            border = top_border(criterion, column)
            numbers = map(column.number, column.values)
            if border is None:
                return [False for _ in numbers]
            if criterion.highest:
                return [number is not None and number >= border for number in numbers]
            return [number is not None and number <= border for number in numbers]
        case Unknown():
            raise OutsideFileEngine(column.place)


def top_border(criterion: Top, column: FilterColumn) -> float | None:
    """Return the number that just passes; None where there are no numbers."""
    numbers = sorted(
        (number for value in column.values if (number := column.number(value)) is not None),
        reverse=criterion.highest,
    )
    if not numbers:
        return None
    count = int(criterion.count)
    if criterion.percent:
        count = math.floor(len(numbers) * criterion.count / 100)
    return numbers[min(max(count, 1), len(numbers)) - 1]


def _listed(criterion: Listed, column: FilterColumn) -> list[bool]:
    texts = {text.lower() for text in criterion.values}
    digits = any(map(_DIGIT.search, texts))

    def passes(place: int, value: CellValue) -> bool:
        if value is None or value == "":
            return criterion.blank
        if isinstance(value, dt.datetime):
            parts = (value.year, value.month, value.day, value.hour, value.minute, value.second)
            if any(parts[: len(group)] == group for group in criterion.groups):
                return True
            if digits:
                raise OutsideFileEngine(column.place)
            return False
        shown = _shown(value, place, column, needed=digits)
        return shown is not None and shown.lower() in texts

    return [passes(place, value) for place, value in enumerate(column.values)]


def _shown(value: CellValue, place: int, column: FilterColumn, *, needed: bool) -> str | None:
    """Return the text that a cell shows; None where that is not known and not needed."""
    if isinstance(value, bool):
        return _WORDS[value]
    if not isinstance(value, float):
        return str(value)
    code = _PLAIN_FORMATS.get(column.code_at(place))
    if code is None:
        if needed:
            raise OutsideFileEngine(column.place)
        return None
    return f"{value:.11g}".upper() if code == "g" else format(value, code)


def _comparison(test: tuple[str, str], column: FilterColumn) -> Callable[[CellValue], bool]:
    """Return whether a value passes one comparison."""
    kind, wanted = test
    if test == _NO_BLANK:
        return lambda value: value not in {None, ""}
    if kind in _TESTS:
        return _ordered(_TESTS[kind], wanted, column)
    number, pattern = _number(wanted), _pattern(wanted)

    def equal(value: CellValue) -> bool:
        own = column.number(value)
        if own is not None:
            return number is not None and own == number
        if value is None:
            return not wanted
        shown = _WORDS[value] if isinstance(value, bool) else str(value)
        return pattern.fullmatch(shown) is not None

    return equal if kind == "equal" else lambda value: not equal(value)


def _ordered(
    compare: Callable[[float, float], bool], wanted: str, column: FilterColumn
) -> Callable[[CellValue], bool]:
    """Return whether a number is above or below a number, or a text before or behind a text."""
    number, text = _number(wanted), wanted.lower()

    def passes(value: CellValue) -> bool:
        if number is not None:
            own = column.number(value)
            return own is not None and compare(own, number)
        if not isinstance(value, str) or not value:
            return False
        shown = value.lower()
        return compare((shown > text) - (shown < text), 0)

    return passes


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _pattern(text: str) -> re.Pattern[str]:
    """Return what a text with wildcards stands for."""

    def piece(match: re.Match[str]) -> str:
        if match[2]:
            return ".*" if match[2] == "*" else "."
        return re.escape(match[1] or match[3])

    return re.compile(_WILDCARD.sub(piece, text), re.IGNORECASE | re.DOTALL)
