"""
Rows and columns in groups: their outline levels, and how deep these go in the whole sheet.

Source: ECMA-376 part 1, 18.3.1.73 (row), 18.3.1.13 (col), 18.3.1.81 (sheetFormatPr). Knows no cell.
"""

from __future__ import annotations

import re
from dataclasses import replace

from excel_client.file_engine.formulas.references import COLUMN_LIMIT, ROW_LIMIT
from excel_client.file_engine.problems import GroupRefused, OutsideSheet
from excel_client.file_engine.sheet.column_shifts import ColumnRun, put_columns, read_columns
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.xml.xml_spans import set_attribute

__all__ = ["change_column_levels", "change_row_levels"]

_LEVEL = re.compile(rb"""\soutlineLevel\s*=\s*["'](\d+)["']""")
_ROW_LEVEL = re.compile(rb"""<row r="(\d+)"[^<>]*?\soutlineLevel\s*=\s*["'](\d+)["']""")
_DEEPEST = 7
_USUAL_WIDTH = "9.140625"
_ROWS_LIMIT = 200_000


def _level(tag: bytes) -> int:
    match = _LEVEL.search(tag)
    return int(match[1]) if match else 0


def _changed(level: int, deeper: int, place: str) -> int:
    changed = level + deeper
    if not 0 <= changed <= _DEEPEST:
        raise GroupRefused(place)
    return changed


def _stated(tag: bytes, level: int) -> bytes:
    return set_attribute(tag, "outlineLevel", str(level) if level else None)


def change_row_levels(model: SheetModel, first: int, last: int, deeper: int) -> None:
    """Put rows so many levels deeper, or higher; GroupRefused below the eighth level and above the first."""
    if last - first >= _ROWS_LIMIT or not 1 <= first <= last <= ROW_LIMIT:
        raise OutsideSheet(model.name)
    rows = model.rows
    rows.settle()
    changed: dict[int, bytes] = {}
    for number in range(first, last + 1):
        row = rows.row(number) or b'<row r="%d"/>' % number
        end = row.index(b">") + 1
        level = _changed(_level(row[:end]), deeper, model.where(number))
        changed[number] = _stated(row[:end], level) + row[end:]
    rows.written |= changed
    model.changed = True
    levels = {int(match[1]): int(match[2]) for match in rows.search(_ROW_LEVEL)}
    for number, row in rows.written.items():
        levels[number] = _level(row[: row.index(b">") + 1]) if row else 0
    _state_deepest(model, "outlineLevelRow", max(levels.values(), default=0))


def change_column_levels(model: SheetModel, first: int, last: int, deeper: int) -> None:
    """Put columns so many levels deeper, or higher; GroupRefused below the eighth level and above the first."""
    if not 1 <= first <= last <= COLUMN_LIMIT:
        raise OutsideSheet(model.name)
    around = model.surroundings
    runs: list[ColumnRun] = []
    following = first
    width = _width(model)
    unstated = f'<{around.prefix()}col width="{width}"/>'.encode()
    standing = read_columns(around)
    inside = [
        replace(run, first=max(run.first, first), last=min(run.last, last))
        for run in standing
        if run.first <= last and run.last >= first
    ]
    for run in inside:
        if following < run.first:
            runs.append(ColumnRun(first=following, last=run.first - 1, tag=unstated))
        runs.append(run)
        following = run.last + 1
    if following <= last:
        runs.append(ColumnRun(first=following, last=last, tag=unstated))
    place = model.where("columns")
    changed = [
        replace(run, tag=_stated(run.tag, _changed(_level(run.tag), deeper, place))) for run in runs
    ]
    outside = [replace(run, last=min(run.last, first - 1)) for run in standing]
    outside += [replace(run, first=max(run.first, last + 1)) for run in standing]
    kept = [run for run in outside if run.first <= run.last]
    everything = sorted([*kept, *changed], key=lambda run: run.first)
    put_columns(around, everything)
    model.changed = True
    _state_deepest(model, "outlineLevelCol", max(_level(run.tag) for run in everything))


def _width(model: SheetModel) -> str:
    """Return the width of columns that state none."""
    defaults = model.surroundings.root.find("sheetFormatPr")
    stated = defaults.attributes if defaults is not None else {}
    return stated.get("defaultColWidth", _USUAL_WIDTH)


def _state_deepest(model: SheetModel, name: str, level: int) -> None:
    around = model.surroundings
    element = around.root.find("sheetFormatPr")
    if element is None:
        if level:
            written = f'<{around.prefix()}sheetFormatPr defaultRowHeight="15" {name}="{level}"/>'
            around.put_children("sheetFormatPr", written.encode())
        return
    tag = around.whole[element.start : element.open_end]
    stated = set_attribute(tag, name, str(level) if level else None)
    around.splice([(element.start, element.open_end, stated)])
