"""
A table that gets another size, in rows and in columns, with all that follows its data as in Excel.

Every refusal comes before the first change. Knows no xlwings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.problems import (
    OutsideFileEngine,
    TableShapeRefused,
)
from excel_client.file_engine.tables.column_headers import unique_headers
from excel_client.file_engine.tables.table_edits import with_area, with_columns
from excel_client.file_engine.tables.table_growth import grow_rows, shrink_rows
from excel_client.file_engine.tables.table_model import TableModel
from excel_client.file_engine.workbook.followers import follow_table
from excel_client.file_engine.workbook.leaving_columns import (
    follow_columns_gone,
    judge_columns_leaving,
)
from excel_client.file_engine.workbook.table_headers import put_table, shown_headers, write_headers
from excel_client.file_engine.workbook.table_moves import judge_move, move_totals
from excel_client.file_engine.workbook.table_room import judge_free, judge_room, make_room
from excel_client.file_engine.workbook.workbook_part import SheetEntry

if TYPE_CHECKING:
    from excel_client.file_engine.workbook.document import Document

__all__ = ["resize_table"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Resize:
    """What a resize will do, judged."""

    area: Area
    #: Where cells are inserted first, if anything is in the way.
    room: Area | None
    #: Columns that stay, by their 0-based places, and the headers of new ones.
    columns: tuple[int | str, ...]


def resize_table(
    document: Document,
    entry: SheetEntry,
    table: TableModel,
    area: Area,
    *,
    takes_in: bool = True,
) -> None:
    """
    Give a table another size; its header row stays in its place.

    Columns that come take in the cells that are there, columns that leave keep theirs. Rows that come take in what the
    program itself wrote below the table, unless it says otherwise; what was there before moves down, or the call is
    refused.
    """
    plan = _judged(document, entry, table, area, takes_in=takes_in)
    sheet = document.sheet(entry)
    old = table.part
    make_room(document, entry, plan.room)
    last = area.bottom - old.totals_rows
    follow_table(document, entry, table, old.body, last)
    if old.totals is not None:
        move_totals(document, entry, old.totals, area.bottom)
    if last < old.last_row:
        under = old.totals_rows
        gone = Area(last + 1 + under, old.area.left, old.last_row + under, old.area.right)
        shrink_rows(sheet, old, gone)
    leaving = [at for at in range(len(old.columns)) if at not in plan.columns]
    follow_columns_gone(document, old, leaving)
    data = document.parts.part(table.name)
    if plan.columns != tuple(range(len(old.columns))):
        data = with_columns(data, table.name, plan.columns)
    put_table(document, table, with_area(data, table.name, old, area))
    if last > old.last_row:
        grow_rows(sheet, table.part, old.last_row + 1, last, old.first_row)
    new = [at for at, column in enumerate(plan.columns) if isinstance(column, str)]
    write_headers(sheet, table.part, new)
    sheet.changed = True


def _judged(
    document: Document, entry: SheetEntry, table: TableModel, area: Area, *, takes_in: bool
) -> _Resize:
    old = table.part
    place = document.sheet(entry).where(old.display_name)
    area.checked()
    if area.top != old.area.top or area.left > old.area.right or area.right < old.area.left:
        raise TableShapeRefused(place)
    if area.rows < old.header_rows + old.totals_rows + 1:
        raise TableShapeRefused(place)
    columns = _judged_columns(document, entry, table, area)
    below = Area(old.area.bottom + 1, area.left, area.bottom, area.right)
    # Below a totals row nothing is taken in: it is the totals row that comes to lie there.
    takes_in = takes_in and not old.totals_rows
    written = document.written_cells(entry) if takes_in else None
    room = judge_room(document, entry, table, below, written)
    if old.totals_rows and area.bottom != old.area.bottom:
        first = min(old.area.bottom, area.bottom)
        judge_move(document, entry, Area(first, old.area.left, old.area.bottom, old.area.right))
    return _Resize(area=area, room=room, columns=columns)


def _judged_columns(
    document: Document, entry: SheetEntry, table: TableModel, area: Area
) -> tuple[int | str, ...]:
    """Return the columns that the table will have."""
    old = table.part
    leaving = [
        at for at in range(len(old.columns)) if not area.left <= old.area.left + at <= area.right
    ]
    if leaving:
        judge_columns_leaving(document, entry, table)
    sides = [
        (area.left, min(area.right, old.area.left - 1)),
        (max(area.left, old.area.right + 1), area.right),
    ]
    new = [at for first, last in sides for at in range(first, last + 1)]
    if not new:
        return tuple(at for at in range(len(old.columns)) if at not in leaving)
    if not old.is_plain:
        raise OutsideFileEngine(table.name)
    for first, last in sides:
        if first <= last:
            bottom = min(area.bottom, old.area.bottom)
            judge_free(document, entry, table, Area(old.area.top, first, bottom, last))
    texts = (
        shown_headers(document.sheet(entry), old.area.top, new)
        if old.header_rows
        else [""] * len(new)
    )
    kept = [c.name for at, c in enumerate(old.columns) if at not in leaving]
    headers = dict(zip(new, unique_headers(texts, kept), strict=True))
    return tuple(headers.get(at, at - old.area.left) for at in range(area.left, area.right + 1))
