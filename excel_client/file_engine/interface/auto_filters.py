"""Filters of ranges and tables, as xlwings sees them. Knows no bytes."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

from xlwings import base_classes

from excel_client.file_engine.formats.serial_dates import to_serial
from excel_client.file_engine.interface.closed_members import closed
from excel_client.file_engine.interface.data_validation import OPERATORS
from excel_client.file_engine.problems import ValueNotWritable
from excel_client.file_engine.sheet.filter_criteria import (
    Comparisons,
    Criterion,
    Listed,
    Top,
    Unknown,
)
from excel_client.file_engine.workbook.auto_filters import FilteredArea

__all__ = ["AutoFilterImpl"]

_SIGNS = {
    "equal": "=",
    "notEqual": "<>",
    "greaterThan": ">",
    "lessThan": "<",
    "greaterThanOrEqual": ">=",
    "lessThanOrEqual": "<=",
}
_WHOLE = re.compile(r"-?\d+\.0")
_WILD = re.compile(r"[~*?]")


def _snapshot(field: int, criterion: Criterion | None) -> dict[str, Any]:
    """Return a column's criterion as xlwings lists it."""
    match criterion:
        case None:
            return base_classes.empty_autofilter_criteria(field)
        case Listed():
            return _listed(field, criterion)
        case Comparisons():
            return _compared(field, criterion)
        case Top():
            kind = "percent" if criterion.percent else "items"
            side = "top" if criterion.highest else "bottom"
            count = criterion.count if criterion.percent else int(criterion.count)
            name = "percent" if criterion.percent else "count"
            return {**base_classes.empty_autofilter_criteria(field, f"{side}_{kind}"), name: count}
        case Unknown():
            return base_classes.empty_autofilter_criteria(field, "unknown")


def _listed(field: int, criterion: Listed) -> dict[str, Any]:
    if criterion.groups:
        return base_classes.empty_autofilter_criteria(field, "unknown")
    if criterion.blank and not criterion.values:
        return base_classes.autofilter_criteria_snapshot(field, "comparison", "=")
    values = [*criterion.values, *([""] if criterion.blank else [])]
    return {**base_classes.empty_autofilter_criteria(field, "values"), "values": values}


def _compared(field: int, criterion: Comparisons) -> dict[str, Any]:
    tests = [_SIGNS.get(kind, "") + value.strip() for kind, value in criterion.tests]
    snapshot: dict[str, Any] = base_classes.autofilter_criteria_snapshot(
        field,
        "comparison",
        tests[0] if tests else None,
        tests[1] if len(tests) > 1 else None,
        "and" if criterion.both else "or",
    )
    return snapshot


@closed(base_classes.AutoFilter)
class AutoFilterImpl:
    """The filter of a range or a table; `covered` says of what, as it stands now."""

    def __init__(self, covered: Callable[[], FilteredArea]) -> None:
        self._covered = covered

    @property
    def criteria(self) -> list[dict[str, Any]]:
        """What each field lets through."""
        covered = self._covered()
        found = covered.criteria()
        return [_snapshot(field + 1, found.get(field)) for field in range(covered.area.columns)]

    def apply_values(self, field: int, values: list[str]) -> None:
        """Show the rows whose field shows one of these."""
        texts = [text.removesuffix(".0") if _WHOLE.fullmatch(text) else text for text in values]
        kept = tuple(dict.fromkeys(text for text in texts if text))
        self._covered().put(field - 1, Listed(values=kept, blank="" in texts))

    def apply_comparison(
        self,
        field: int,
        operator: str,
        value1: str | dict[str, str] | None,
        value2: str | dict[str, str] | None,
    ) -> None:
        """Show the rows whose field compares so; no value stands for empty cells."""
        covered = self._covered()
        if value1 is None:
            blank = operator == "equal_to"
            tests = (("notEqual", " "),)
            covered.put(
                field - 1, Listed(values=(), blank=True) if blank else Comparisons(tests=tests)
            )
            return
        first = self._operand(covered, value1)
        if value2 is None:
            covered.put(field - 1, Comparisons(tests=((OPERATORS[operator], first),)))
            return
        second = self._operand(covered, value2)
        between = operator == "between"
        kinds = (
            ("greaterThanOrEqual", "lessThanOrEqual") if between else ("lessThan", "greaterThan")
        )
        tests2 = ((kinds[0], first), (kinds[1], second))
        covered.put(field - 1, Comparisons(tests=tests2, both=between))

    @staticmethod
    def _operand(covered: FilteredArea, value: str | dict[str, str]) -> str:
        """Return what is compared with as a file holds it: dates as serial numbers, no wildcards."""
        if isinstance(value, str):
            return _WILD.sub(r"~\g<0>", value)
        moment = dt.datetime.fromisoformat(value["value"])
        serial = to_serial(moment, since_1904=covered.document.workbook.since_1904)
        if serial is None:
            raise ValueNotWritable(covered.entry.name)
        return repr(float(serial)).removesuffix(".0")

    def apply_top_items(self, field: int, count: int) -> None:
        """Show the rows with the highest numbers."""
        self._covered().put(field - 1, Top(count=count))

    def apply_bottom_items(self, field: int, count: int) -> None:
        """Show the rows with the lowest numbers."""
        self._covered().put(field - 1, Top(count=count, highest=False))

    def apply_top_percent(self, field: int, percent: float) -> None:
        """Show the hundredths of rows with the highest numbers."""
        self._covered().put(field - 1, Top(count=percent, percent=True))

    def apply_bottom_percent(self, field: int, percent: float) -> None:
        """Show the hundredths of rows with the lowest numbers."""
        self._covered().put(field - 1, Top(count=percent, percent=True, highest=False))

    def clear(self, field: int | None) -> None:
        """Let a field, or all of them, show all rows."""
        self._covered().clear(None if field is None else field - 1)
