"""
Tables that whole columns of cells come into or leave, when cells move to the right or to the left.

Called around the move of the cells, which has been judged. Knows no xlwings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.tables.column_headers import unique_headers
from excel_client.file_engine.tables.table_edits import with_area, with_columns
from excel_client.file_engine.tables.table_model import TableModel
from excel_client.file_engine.workbook.leaving_columns import (
    follow_columns_gone,
    judge_columns_leaving,
)
from excel_client.file_engine.workbook.table_headers import put_table, write_headers
from excel_client.file_engine.workbook.workbook_part import SheetEntry

if TYPE_CHECKING:
    from excel_client.file_engine.workbook.document import Document

__all__ = ["columns_leaving", "narrow", "tables_around", "widen"]


def tables_around(document: Document, entry: SheetEntry, area: Area) -> list[TableModel]:
    """Return the tables in the middle of which columns are to be inserted."""
    return [
        table
        for table in document.tables(entry)
        if table.part.area.meets(area) and table.part.area.left < area.left
    ]


def widen(document: Document, entry: SheetEntry, table: TableModel, new: Area) -> None:
    """Let a table have the columns that appeared in it, with headers as Excel makes them."""
    part = table.part
    first = new.left - part.area.left
    headers = unique_headers([""] * new.columns, [column.name for column in part.columns])
    places: list[int | str] = [*range(len(part.columns))]
    places[first:first] = headers
    _put_columns(document, table, places, part.area.left)
    indexes = range(first, first + new.columns)
    write_headers(document.sheet(entry), table.part, indexes)


def columns_leaving(
    document: Document, entry: SheetEntry, area: Area
) -> list[tuple[TableModel, list[int]]]:
    """Return the tables that lose columns, with the 0-based places of these; refuse what holds on to one."""
    leaving = []
    for table in document.tables(entry):
        whole = table.part.area
        if whole.meets(area):
            judge_columns_leaving(document, entry, table)
            first, last = max(whole.left, area.left), min(whole.right, area.right)
            leaving.append((table, list(range(first - whole.left, last - whole.left + 1))))
    for table, gone in leaving:
        follow_columns_gone(document, table.part, gone)
    return leaving


def narrow(document: Document, table: TableModel, gone: list[int], area: Area) -> None:
    """Let a table do without columns, the cells of which were in an area that is gone."""
    places: list[int | str] = [at for at in range(len(table.part.columns)) if at not in gone]
    _put_columns(document, table, places, min(table.part.area.left, area.left))


def _put_columns(document: Document, table: TableModel, places: list[int | str], left: int) -> None:
    part = table.part
    data = with_columns(document.parts.part(table.name), table.name, places)
    area = Area(part.area.top, left, part.area.bottom, left + len(places) - 1)
    put_table(document, table, with_area(data, table.name, part, area))
