"""
What a table shows beside its data: header, totals, filter buttons, style.

Header and totals come and go with their cells. Every refusal comes before the first change. Knows no xlwings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from excel_client.file_engine.formulas.reference_changes import Direction
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.problems import OutsideFileEngine, WriteRefused
from excel_client.file_engine.tables.table_edits import (
    with_area,
    with_filter,
    with_style,
    with_totals,
)
from excel_client.file_engine.tables.table_growth import show_rows
from excel_client.file_engine.tables.table_model import TableModel
from excel_client.file_engine.tables.table_part import TablePart
from excel_client.file_engine.tables.table_totals import first_totals, totals_formula
from excel_client.file_engine.workbook.cell_changes import insert_cells
from excel_client.file_engine.workbook.shift_limits import judge_shift
from excel_client.file_engine.workbook.table_headers import put_table, write_headers
from excel_client.file_engine.workbook.table_room import (
    inserted_rows,
    judge_free,
    judge_room,
    make_room,
)
from excel_client.file_engine.workbook.workbook_part import SheetEntry

if TYPE_CHECKING:
    from excel_client.file_engine.sheet.sheet_model import SheetModel
    from excel_client.file_engine.workbook.document import Document

__all__ = ["set_style", "show_filter", "show_headers", "show_totals"]


def set_style(
    document: Document,
    table: TableModel,
    *,
    name: str | None,
    flags: Mapping[str, bool] | None = None,
) -> None:
    """Give a table a style, None for none, and say what it is used for."""
    put_table(document, table, with_style(table.data, table.name, name=name, flags=flags))


def show_filter(document: Document, entry: SheetEntry, table: TableModel, *, shown: bool) -> None:
    """Give the header filter buttons, or take them away; rows that a filter hid are shown again."""
    part = table.part
    if shown == part.has_filter:
        return
    if shown and not part.header_rows:
        raise OutsideFileEngine(document.sheet(entry).where(part.display_name))
    _show_filtered(document, entry, part)
    area = Area(part.area.top, part.area.left, part.last_row, part.area.right) if shown else None
    put_table(document, table, with_filter(table.data, table.name, area))


def _show_filtered(document: Document, entry: SheetEntry, part: TablePart) -> None:
    if part.filters_rows:
        show_rows(document.sheet(entry), range(part.first_row, part.last_row + 1))


def show_headers(document: Document, entry: SheetEntry, table: TableModel, *, shown: bool) -> None:
    """
    Show or hide the header row; hidden, its cells are blank and the columns keep their names.

    It comes back above the data, with filter buttons; where something is above, the data makes way.
    """
    part, area = table.part, table.part.area
    sheet = document.sheet(entry)
    if shown == bool(part.header_rows):
        return
    if not shown:
        _show_filtered(document, entry, part)
        header = Area(area.top, area.left, area.top, area.right)
        sheet.change_cells(header, None, keep_content=False)
        smaller = Area(area.top + 1, area.left, area.bottom, area.right)
        put_table(
            document,
            table,
            with_area(table.data, table.name, part, smaller, header_rows=0),
        )
        return
    above = Area(area.top - 1, area.left, area.top - 1, area.right)
    if not _is_free(document, entry, table, above):
        first = Area(area.top, area.left, area.top, area.right)
        judge_shift(document, entry, inserted_rows(entry, first))
        insert_cells(document, entry, first, Direction.VERTICAL)
        table = next(t for t in document.tables(entry) if t.name == table.name)
        part, above = table.part, first
    area = Area(above.top, area.left, part.area.bottom, area.right)
    data = document.parts.part(table.name)
    data = with_area(data, table.name, part, area, header_rows=1)
    covered = Area(area.top, area.left, area.bottom - part.totals_rows, area.right)
    put_table(document, table, with_filter(data, table.name, covered))
    write_headers(sheet, table.part, range(len(table.part.columns)))


def _is_free(document: Document, entry: SheetEntry, table: TableModel, area: Area) -> bool:
    """Whether an area is made of blank cells that a table can have."""
    if area.top < 1 or any(document.sheet(entry).occupied(area)):
        return False
    try:
        judge_free(document, entry, table, area)
    except WriteRefused:
        return False
    return True


def show_totals(document: Document, entry: SheetEntry, table: TableModel, *, shown: bool) -> None:
    """
    Show or hide the totals row; what it says is kept while it is hidden.

    The first time it says "Total", and the sum of the last column, or the count of its entries if they are no numbers.
    """
    part, area = table.part, table.part.area
    sheet = document.sheet(entry)
    if shown == bool(part.totals_rows):
        return
    if not shown:
        assert part.totals is not None, "it is shown"
        sheet.change_cells(part.totals, b"", keep_content=False)
        smaller = Area(area.top, area.left, part.last_row, area.right)
        put_table(document, table, with_area(table.data, table.name, part, smaller, totals_rows=0))
        return
    below = Area(area.bottom + 1, area.left, area.bottom + 1, area.right)
    make_room(document, entry, judge_room(document, entry, table, below))
    data = document.parts.part(table.name)
    if not part.had_totals:
        numbers = _holds_numbers(sheet, part, area.right)
        data = with_totals(data, table.name, first_totals(part, last_is_number=numbers))
    larger = area.union(below)
    put_table(document, table, with_area(data, table.name, part, larger, totals_rows=1))
    _write_totals(sheet, table.part)


def _holds_numbers(sheet: SheetModel, part: TablePart, column: int) -> bool:
    """Whether a column's data are numbers, or nothing at all."""
    body = Area(part.first_row, column, part.last_row, column)
    shown = {type(row[0]) for row in sheet.read(body)} - {type(None)}
    return shown <= {float}


def _write_totals(sheet: SheetModel, part: TablePart) -> None:
    """Write labels and formulas into the totals row; a formula takes the format of its column's data."""
    row = part.area.bottom
    styles = {}
    for column, stated in enumerate(part.columns, part.area.left):
        formula = totals_formula(part.display_name, stated)
        if formula is not None:
            styles[column] = sheet.style(part.last_row, column)
            sheet.write_formulas(row, column, [[f"={formula}"]])
        elif stated.totals_label is not None:
            sheet.write(row, column, [[stated.totals_label]])
    if styles:
        sheet.set_styles(row, styles)
