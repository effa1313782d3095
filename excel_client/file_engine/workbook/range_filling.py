"""
Cells continued over their neighbours, as Excel's AutoFill does it where that is well-defined.

Copies, formulas, formats, numbers in equal steps, days, weekdays, months and years. What Excel makes of names of days,
texts that end in digits, trends and examples is left to Excel. Knows no xlwings.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from excel_client.file_engine.formats.serial_dates import from_serial, to_serial
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.problems import OutsideFileEngine, OutsideSheet
from excel_client.file_engine.sheet.cell_copies import CellCopy, taken_cells
from excel_client.file_engine.sheet.cells import CellValue, ErrorValue
from excel_client.file_engine.workbook.cell_transfers import CellBlock, copy_cells
from excel_client.file_engine.workbook.paste_kinds import PasteKind
from excel_client.file_engine.workbook.shift_limits import check_inside, judge_untorn

__all__ = ["Fill", "fill"]


class Fill(StrEnum):
    """How cells are continued, by xlwings' words."""

    COPY = "fill_copy"
    DAYS = "fill_days"
    DEFAULT = "fill_default"
    FORMATS = "fill_formats"
    MONTHS = "fill_months"
    SERIES = "fill_series"
    VALUES = "fill_values"
    WEEKDAYS = "fill_weekdays"
    YEARS = "fill_years"
    GROWTH = "growth_trend"
    LINEAR = "linear_trend"
    FLASH = "flash_fill"


_KINDS = {
    Fill.COPY: PasteKind.ALL,
    Fill.FORMATS: PasteKind.FORMATS,
    Fill.VALUES: PasteKind.FORMULAS,
}
_UNITS = {
    Fill.DAYS: "days",
    Fill.WEEKDAYS: "weekdays",
    Fill.MONTHS: "months",
    Fill.YEARS: "years",
}
_TRENDS = {Fill.GROWTH, Fill.LINEAR, Fill.FLASH}
_SATURDAY = 5
_MONTHS = 12
_LIST_WORDS = {
    word.casefold()
    for names in (calendar.day_name, calendar.day_abbr, calendar.month_name, calendar.month_abbr)
    for word in names
    if word
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One row or column that is continued: its cells, first to last in the direction of the fill."""

    values: tuple[CellValue, ...]
    copies: tuple[CellCopy | None, ...]
    #: Where a single value goes: 1 or -1.
    sign: int


def fill(source: CellBlock, destination: Area, how: Fill) -> None:
    """Continue an area over a larger one that begins or ends with it."""
    place = source.model.where(destination.text())
    check_inside(source.entry, destination)
    area = source.area
    if not destination.holds(area) or how in _TRENDS:
        raise OutsideSheet(place) if how not in _TRENDS else OutsideFileEngine(place)
    if destination == area:
        return
    new, is_down, backwards = _new_part(area, destination, place)
    judge_untorn(source.document, source.entry, new)
    numbers: dict[tuple[int, int], float] = {}
    if how not in _KINDS:
        for at, line in enumerate(_lines(source, is_down=is_down, backwards=backwards)):
            count = new.rows if is_down else new.columns
            for step, value in enumerate(_continued(source, line, how, count, place)):
                distance = count - 1 - step if backwards else step
                row = new.top + distance if is_down else area.top + at
                column = area.left + at if is_down else new.left + distance
                numbers[row, column] = value
    kind = _KINDS.get(how, PasteKind.ALL)
    for piece, part in _pieces(area, new, is_down=is_down, backwards=backwards):
        copy_cells(replace(source, area=piece), replace(source, area=part), kind)
    _put_numbers(source, numbers)


def _new_part(area: Area, whole: Area, place: str) -> tuple[Area, bool, bool]:
    """Return the cells to be filled, whether they are below or above, and whether they come before."""
    if (area.left, area.right) == (whole.left, whole.right):
        if area.top == whole.top:
            return Area(area.bottom + 1, area.left, whole.bottom, area.right), True, False
        if area.bottom == whole.bottom:
            return Area(whole.top, area.left, area.top - 1, area.right), True, True
    if (area.top, area.bottom) == (whole.top, whole.bottom):
        if area.left == whole.left:
            return Area(area.top, area.right + 1, area.bottom, whole.right), False, False
        if area.right == whole.right:
            return Area(area.top, whole.left, area.bottom, area.left - 1), False, True
    raise OutsideSheet(place)


def _pieces(
    area: Area, new: Area, *, is_down: bool, backwards: bool
) -> Iterator[tuple[Area, Area]]:
    """Yield what is copied and where to: as many whole copies as fit, and the rest, nearest to the source first."""
    length = area.rows if is_down else area.columns
    count = new.rows if is_down else new.columns
    whole, rest = divmod(count, length)

    def part(of: Area, first: int, size: int) -> Area:
        if is_down:
            return Area(of.top + first, of.left, of.top + first + size - 1, of.right)
        return Area(of.top, of.left + first, of.bottom, of.left + first + size - 1)

    if whole:
        yield area, part(new, rest if backwards else 0, whole * length)
    if rest and backwards:
        yield part(area, length - rest, rest), part(new, 0, rest)
    elif rest:
        yield part(area, 0, rest), part(new, whole * length, rest)


def _lines(source: CellBlock, *, is_down: bool, backwards: bool) -> Iterator[_Line]:
    area = source.area
    values = source.model.read(area)
    taken = taken_cells(source.model, area)
    places = [
        [(row, column) for column in range(area.left, area.right + 1)]
        for row in range(area.top, area.bottom + 1)
    ]
    lines = list(zip(*places, strict=True)) if is_down else places
    for line in lines:
        ordered = list(reversed(line)) if backwards else list(line)
        yield _Line(
            values=tuple(values[row - area.top][column - area.left] for row, column in ordered),
            copies=tuple(taken.get(row, {}).get(column) for row, column in ordered),
            sign=-1 if backwards else 1,
        )


def _continued(
    source: CellBlock, line: _Line, how: Fill, count: int, place: str
) -> Sequence[float]:
    """Return the numbers that continue a line; none where its cells are copied."""
    if any(copy is not None and copy.formula is not None for copy in line.copies):
        if all(copy is not None and copy.formula is not None for copy in line.copies):
            return ()
        raise OutsideFileEngine(place)
    filled = [value for value in line.values if value is not None and value != ""]
    since_1904 = source.document.workbook.since_1904
    if not filled:
        return ()
    if len(filled) < len(line.values):
        raise OutsideFileEngine(place)
    days = [value for value in filled if isinstance(value, dt.datetime)]
    if len(days) == len(filled):
        return _continued_days(days, how, (count, line.sign), place, since_1904=since_1904)
    numbers = [value for value in filled if isinstance(value, float)]
    if len(numbers) == len(filled) and how not in _UNITS:
        return _continued_numbers(numbers, how, (count, line.sign), place)
    if numbers or days or any(_is_listed(value) for value in filled):
        raise OutsideFileEngine(place)
    return ()


def _is_listed(value: CellValue) -> bool:
    """Whether Excel may know how a text goes on: a day, a month, something with a number."""
    if not isinstance(value, str) or isinstance(value, ErrorValue):
        return False
    return value.strip().casefold() in _LIST_WORDS or any(c.isdigit() for c in value)


def _continued_numbers(
    numbers: Sequence[float], how: Fill, count: tuple[int, int], place: str
) -> Sequence[float]:
    length, sign = count
    if len(numbers) == 1 and how is Fill.DEFAULT:
        return ()
    exact = [Decimal(repr(number)) for number in numbers]
    step = exact[1] - exact[0] if len(exact) > 1 else Decimal(sign)
    if any(later - earlier != step for earlier, later in pairwise(exact)):
        raise OutsideFileEngine(place)
    return [float(exact[-1] + step * number) for number in range(1, length + 1)]


def _continued_days(
    days: Sequence[dt.datetime],
    how: Fill,
    count: tuple[int, int],
    place: str,
    *,
    since_1904: bool,
) -> Sequence[float]:
    length, sign = count
    later_by = _progress(days, how, sign, place)
    continued = []
    for number in range(1, length + 1):
        serial = to_serial(later_by(number), since_1904=since_1904)
        if serial is None or from_serial(serial, since_1904=since_1904) is None:
            raise OutsideFileEngine(place)
        continued.append(serial)
    return continued


def _progress(
    days: Sequence[dt.datetime], how: Fill, sign: int, place: str
) -> Callable[[int], dt.datetime]:
    """Return what gives the day that comes so many steps after the last one."""
    steps = {later - day for day, later in pairwise(days)}
    unit = _UNITS.get(how) or ("days" if len(steps) <= 1 else "months")
    last = days[-1]
    if unit == "weekdays":
        if steps:
            raise OutsideFileEngine(place)
        return lambda number: _weekday_after(last, number, sign)
    if unit == "days":
        if len(steps) > 1:
            raise OutsideFileEngine(place)
        step = steps.pop() if steps else dt.timedelta(days=sign)
        return lambda number: last + step * number
    single = sign * (_MONTHS if unit == "years" else 1)
    months = _months_between(days, place) if steps else single
    return lambda number: _months_after(days[0], months * (len(days) - 1 + number))


def _months_between(days: Sequence[dt.datetime], place: str) -> int:
    """Return how many months lie between days that are the same of their months, equally far apart."""
    places = [day.year * _MONTHS + day.month for day in days]
    step = places[1] - places[0]
    same = len({(day.day, day.time()) for day in days}) == 1
    if not same or not step or any(b - a != step for a, b in pairwise(places)):
        raise OutsideFileEngine(place)
    return step


def _months_after(day: dt.datetime, months: int) -> dt.datetime:
    year, month = divmod(day.year * _MONTHS + day.month - 1 + months, _MONTHS)
    last = calendar.monthrange(year, month + 1)[1]
    return day.replace(year=year, month=month + 1, day=min(day.day, last))


def _weekday_after(day: dt.datetime, count: int, sign: int) -> dt.datetime:
    while count:
        day += dt.timedelta(days=sign)
        count -= day.weekday() < _SATURDAY
    return day


def _put_numbers(source: CellBlock, numbers: dict[tuple[int, int], float]) -> None:
    """Write the numbers of a series into cells that have their formats already."""
    model = source.model
    for column in sorted({column for _, column in numbers}):
        run: list[int] = []
        for row in [*sorted(row for row, place in numbers if place == column), -1]:
            if run and row != run[-1] + 1:
                model.write(run[0], column, [[numbers[number, column]] for number in run])
                run = []
            run.append(row)
