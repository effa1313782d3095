"""
Filters of a sheet or a table: one column's criterion put or taken away, and the rows hidden that do not pass.

Works on the bytes that hold the filter, be it the sheet or a table's part. Every refusal comes before the first change.
Knows no xlwings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from excel_client.file_engine.formats.styles import Styles
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.problems import PackageDamaged
from excel_client.file_engine.sheet.filter_criteria import (
    Criterion,
    Top,
    Unknown,
    criterion_element,
    criterion_of,
)
from excel_client.file_engine.sheet.filter_matching import FilterColumn, passing, top_border
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.xml.xml_spans import Element, set_attribute, whole_number

__all__ = ["FilterPlan", "criteria_in", "filter_element", "hide_rows", "planned_filter"]

_HIDDEN = re.compile(rb"""\shidden\s*=\s*["'](?:1|true)["']""")


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterPlan:
    """A filter as it will be: the criterion of each column that has one, and for each row whether it passes."""

    criteria: Mapping[int, Criterion]
    passes: list[bool]


def criteria_in(element: Element | None, place: str) -> dict[int, Criterion]:
    """Return the criteria of a filter's columns, counted from 0."""
    found: dict[int, Criterion] = {}
    for column in element.all("filterColumn") if element is not None else ():
        criterion = criterion_of(column)
        try:
            if criterion is not None:
                found[int(column.attributes["colId"])] = criterion
        except (KeyError, ValueError) as error:
            raise PackageDamaged(place) from error
    return found


def planned_filter(
    sheet: SheetModel,
    styles: Styles,
    body: Area,
    criteria: Mapping[int, Criterion],
    *,
    since_1904: bool,
) -> FilterPlan:
    """Return the filter with the border of its highest or lowest numbers, and which rows of data pass it."""
    passes = [True] * max(body.rows, 0)
    settled: dict[int, Criterion] = {}
    for offset, criterion in criteria.items():
        column = _column(sheet, styles, body, offset, since_1904=since_1904)
        settled[offset] = criterion
        if isinstance(criterion, Top):
            settled[offset] = replace(criterion, border=top_border(criterion, column))
        judged = passing(criterion, column)
        passes = [one and other for one, other in zip(passes, judged, strict=True)]
    return FilterPlan(criteria=settled, passes=passes)


def _column(
    sheet: SheetModel, styles: Styles, body: Area, offset: int, *, since_1904: bool
) -> FilterColumn:
    at = body.left + offset
    area = Area(body.top, at, body.bottom, at)
    codes: list[set[str]] = []

    def code_at(place: int) -> str:
        if not codes:
            found = sheet.styles_in(area)
            codes.append({styles.number_format(int(style or b"0")) for style in found})
        if len(codes[0]) == 1:
            return next(iter(codes[0]))
        return styles.number_format(int(sheet.style(body.top + place, at) or b"0"))

    values = [row[0] for row in sheet.read(area)] if body.rows > 0 else []
    place = sheet.where(area.text())
    return FilterColumn(values=values, code_at=code_at, since_1904=since_1904, place=place)


def filter_element(
    data: bytes, old: Element | None, area: Area, criteria: Mapping[int, Criterion], prefix: str
) -> bytes:
    """Return the element of a filter; columns whose criterion is as it was keep their bytes."""
    columns: dict[int, bytes] = {}
    rest = b""
    for child in old.children if old is not None else ():
        written = data[child.start : child.end]
        if child.name != "filterColumn":
            rest += written
            continue
        offset = whole_number(child, "colId")
        stands = criterion_of(child)
        if stands == criteria.get(offset) and not isinstance(stands, Top):
            columns[offset] = written
        elif "hiddenButton" in child.attributes or "showButton" in child.attributes:
            columns[offset] = data[child.start : child.open_end].removesuffix(b"/>")
            columns[offset] = columns[offset].removesuffix(b">").rstrip() + b"/>"
    for offset, criterion in criteria.items():
        standing = columns.get(offset, f'<{prefix}filterColumn colId="{offset}"/>'.encode())
        if standing.endswith(b"/>") and not isinstance(criterion, Unknown):
            inner = criterion_element(criterion, prefix).encode()
            closing = f"</{prefix}filterColumn>".encode()
            columns[offset] = standing[:-2].rstrip() + b">" + inner + closing
    tag = data[old.start : old.open_end] if old is not None else f"<{prefix}autoFilter/>".encode()
    tag = set_attribute(tag, "ref", area.text()).removesuffix(b"/>").removesuffix(b">").rstrip()
    body = b"".join(columns[offset] for offset in sorted(columns)) + rest
    if not body:
        return tag + b"/>"
    return tag + b">" + body + f"</{prefix}autoFilter>".encode()


def hide_rows(sheet: SheetModel, body: Area, passes: list[bool]) -> None:
    """Hide the rows of data that do not pass, and show the others."""
    rows = sheet.rows
    for number, shown in enumerate(passes, body.top):
        row = rows.row(number)
        if not row:
            if not shown:
                rows.written[number] = b'<row r="%d" hidden="1"/>' % number
                sheet.changed = True
            continue
        end = row.index(b">") + 1
        tag = row[row.index(b"<row") : end]
        if (_HIDDEN.search(tag) is None) == shown:
            continue
        written = set_attribute(tag, "hidden", None if shown else "1")
        rows.written[number] = written + row[end:]
        sheet.changed = True
