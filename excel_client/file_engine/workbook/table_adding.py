"""
New tables over cells of a sheet, and the names and numbers by which a workbook tells its tables apart.

Every refusal comes before the first change. Knows no xlwings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from excel_client.file_engine.formulas.reference_changes import Direction, TableRenamed
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.tables.column_headers import (
    free_table_name,
    judge_table_name,
    unique_headers,
)
from excel_client.file_engine.tables.table_edits import (
    TABLE_RELATION,
    TABLE_TYPE,
    new_table,
    with_attributes,
)
from excel_client.file_engine.tables.table_model import TableModel
from excel_client.file_engine.tables.table_part import TablePart, read_table
from excel_client.file_engine.workbook.cell_changes import insert_cells
from excel_client.file_engine.workbook.following import apply_change
from excel_client.file_engine.workbook.shift_limits import judge_shift
from excel_client.file_engine.workbook.table_headers import (
    put_table,
    shown_headers,
    write_headers,
)
from excel_client.file_engine.workbook.table_room import (
    inserted_rows,
    judge_free,
    judge_room,
    make_room,
)
from excel_client.file_engine.workbook.workbook_part import SheetEntry

if TYPE_CHECKING:
    from excel_client.file_engine.workbook.document import Document

__all__ = ["add_table", "rename_table", "table_parts", "taken_names"]


def table_parts(document: Document) -> list[TablePart]:
    """Return what the parts of all tables of the workbook say; no sheet's cells are read for it."""
    parts = document.parts
    return [
        read_table(parts.part(name), name)
        for entry in document.worksheets()
        for name in parts.related(document.sheet_part(entry), "table")
    ]


def taken_names(document: Document) -> set[str]:
    """Return the names that no new table can have, in lower case."""
    tables = {table.display_name.lower() for table in table_parts(document)}
    return tables | {name.name.lower() for name in document.workbook.names}


def add_table(
    document: Document,
    entry: SheetEntry,
    area: Area,
    *,
    name: str | None,
    has_headers: bool,
    style: str | None,
) -> TableModel:
    """
    Make a table of an area.

    Without headers, the cells move down by a row to make room for made-up ones; a header alone gets a blank row.
    """
    area.checked()
    sheet = document.sheet(entry)
    taken = taken_names(document)
    if name is None:
        name = free_table_name(taken)
    judge_table_name(name, taken, entry.name)
    judge_free(document, entry, None, area)
    header_room = None
    if not has_headers:
        header_room = Area(area.top, area.left, area.top, area.right)
        judge_shift(document, entry, inserted_rows(entry, header_room))
        whole = Area(area.top, area.left, area.bottom + 1, area.right).checked()
    else:
        whole = Area(area.top, area.left, max(area.bottom, area.top + 1), area.right).checked()
    below = Area(area.bottom + 1, area.left, whole.bottom, area.right)
    room = judge_room(document, entry, None, below) if has_headers else None
    texts = [""] * area.columns
    if has_headers:
        texts = shown_headers(sheet, area.top, range(area.left, area.right + 1))
    headers = unique_headers(texts)

    make_room(document, entry, room)
    if header_room is not None:
        insert_cells(document, entry, header_room, Direction.VERTICAL)
    key = max((int(t.key) for t in table_parts(document) if t.key.isdecimal()), default=0) + 1
    waits = has_headers and area.rows == 1
    data = new_table(key, name, whole, headers, style, awaits_rows=waits)
    table = _listed(document, entry, data)
    write_headers(sheet, table.part, range(area.columns))
    sheet.changed = True
    return table


def _listed(document: Document, entry: SheetEntry, data: bytes) -> TableModel:
    """Add a table's part and list it on its sheet."""
    tables = document.tables(entry)
    surroundings = document.sheet(entry).surroundings
    parts = document.parts
    name = parts.free_name("xl/tables/table{}.xml")
    parts.add(name, data, TABLE_TYPE)
    key = parts.relate(document.sheet_part(entry), TABLE_RELATION, name)
    prefix = surroundings.prefix()
    entry_tag = f'<{prefix}tablePart {surroundings.relation_prefix()}:id="{key}"/>'.encode()
    standing = surroundings.root.find("tableParts")
    listed = [surroundings.whole[e.start : e.end] for e in standing.children] if standing else []
    listed.append(entry_tag)
    opening = f'<{prefix}tableParts count="{len(listed)}">'.encode()
    closing = f"</{prefix}tableParts>".encode()
    surroundings.put_children("tableParts", opening + b"".join(listed) + closing)
    table = TableModel(name, data)
    tables.append(table)
    return table


def rename_table(document: Document, table: TableModel, name: str) -> None:
    """Give a table another name; formulas follow."""
    old = table.part.display_name
    if name == old == table.part.name:
        return
    judge_table_name(name, taken_names(document) - {old.lower()}, table.name)
    if name != old:
        apply_change(document, TableRenamed(old=old, new=name))
    data = document.parts.part(table.name)
    put_table(
        document, table, with_attributes(data, table.name, {"name": name, "displayName": name})
    )
