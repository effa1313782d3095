"""
Header cells and the names of columns, which always agree: each a text, none blank, no two alike.

Excel sees to that on every write into a header row, and so does `after_write`, for programs that write through ranges.
Knows no xlwings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from excel_client.file_engine.formulas.reference_changes import TableColumnRenamed
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.problems import NeedsExcel
from excel_client.file_engine.sheet.cell_edits import is_formula
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.tables.column_headers import header_text, renames, unique_headers
from excel_client.file_engine.tables.table_edits import (
    with_attributes,
    with_column_names,
    with_totals,
)
from excel_client.file_engine.tables.table_growth import grow_rows
from excel_client.file_engine.tables.table_model import TableModel
from excel_client.file_engine.tables.table_part import TablePart
from excel_client.file_engine.tables.table_totals import restated_totals
from excel_client.file_engine.workbook.following import apply_change
from excel_client.file_engine.workbook.workbook_part import SheetEntry

if TYPE_CHECKING:
    from excel_client.file_engine.workbook.document import Document

__all__ = [
    "after_write",
    "before_formulas",
    "name_column",
    "put_table",
    "rename_columns",
    "shown_headers",
    "write_headers",
]


def put_table(document: Document, table: TableModel, data: bytes) -> None:
    """Let a table's part read differently."""
    table.put(data)
    document.parts.edit(table.name, data)


def before_formulas(
    document: Document, entry: SheetEntry, area: Area, formulas: Sequence[Sequence[object]]
) -> None:
    """Refuse formulas for header cells: Excel makes texts of what they come to."""
    for table in document.tables(entry):
        header = table.part.header
        if header is None or not header.meets(area):
            continue
        row = formulas[header.top - area.top]
        for column, value in enumerate(row, area.left):
            if header.left <= column <= header.right and is_formula(value):
                raise NeedsExcel(document.sheet(entry).place(header.top, column))


def after_write(document: Document, entry: SheetEntry, area: Area) -> None:
    """Let the tables of a sheet follow what a program wrote into an area or cleared there."""
    for table in document.tables(entry):
        part = table.part
        beside = area.right < part.area.left or area.left > part.area.right
        if beside or area.bottom < part.area.top:
            continue
        if area.bottom > part.area.bottom:
            below = Area(max(area.top, part.area.bottom + 1), area.left, area.bottom, area.right)
            document.written_cells(entry).add(below)
        if area.top > part.area.bottom:
            continue
        if part.header is not None and part.header.meets(area):
            _headers_written(document, entry, table, area)
        if part.totals is not None and part.totals.meets(area):
            _totals_written(document, entry, table, area)
        if part.awaits_rows and part.body.meets(area):
            _first_row_written(document, entry, table)


def _headers_written(document: Document, entry: SheetEntry, table: TableModel, area: Area) -> None:
    part = table.part
    left, right = max(area.left, part.area.left), min(area.right, part.area.right)
    shown = document.sheet(entry).read(Area(part.area.top, left, part.area.top, right))[0]
    places = range(left - part.area.left, right - part.area.left + 1)
    others = [c.name for at, c in enumerate(part.columns) if at not in places]
    headers = unique_headers([header_text(value) for value in shown], others)
    rename_columns(document, table, dict(zip(places, headers, strict=True)))
    write_headers(document.sheet(entry), table.part, places)


def rename_columns(document: Document, table: TableModel, names: Mapping[int, str]) -> None:
    """Give columns other headers, by their 0-based places, with the formulas that name them; cells stay."""
    part = table.part
    old = [column.name for column in part.columns]
    changed = {at: name for at, name in names.items() if old[at] != name}
    if not changed:
        return
    for before, after in renames(old, changed):
        apply_change(document, TableColumnRenamed(table=part.display_name, old=before, new=after))
    data = document.parts.part(table.name)
    put_table(document, table, with_column_names(data, table.name, changed))


def name_column(
    document: Document, entry: SheetEntry, table: TableModel, place: int, name: str
) -> None:
    """Give one column, by its 0-based place, another header and its cell that text."""
    others = [c.name for at, c in enumerate(table.part.columns) if at != place]
    rename_columns(document, table, {place: unique_headers([header_text(name)], others)[0]})
    write_headers(document.sheet(entry), table.part, [place])


def write_headers(sheet: SheetModel, table: TablePart, places: Iterable[int]) -> None:
    """Let the header cells of columns, by their 0-based places, show the columns' names as texts."""
    header = table.header
    if header is None:
        return
    shown = sheet.read(header)[0]
    differing = [at for at in places if shown[at] != table.columns[at].name]
    for at in differing:
        sheet.write(header.top, header.left + at, [[table.columns[at].name]])


def shown_headers(sheet: SheetModel, row: int, columns: Sequence[int]) -> list[str]:
    """Return what cells that come to lie in a header row show, as texts; a formula there is Excel's to reckon."""
    if not columns:
        return []
    _, cells, _ = sheet.rows.parts(row)
    for column in columns:
        if b"<f" in cells.get(column, b""):
            raise NeedsExcel(sheet.place(row, column))
    left, right = min(columns), max(columns)
    shown = sheet.read(Area(row, left, row, right))[0]
    return [header_text(shown[column - left]) for column in columns]


def _totals_written(document: Document, entry: SheetEntry, table: TableModel, area: Area) -> None:
    part = table.part
    left, right = max(area.left, part.area.left), min(area.right, part.area.right)
    row = part.area.bottom
    sheet = document.sheet(entry)
    shown = sheet.read(Area(row, left, row, right))[0]
    held = sheet.formulas(Area(row, left, row, right))[0]
    _, cells, _ = sheet.rows.parts(row)
    restated = {}
    for column, value, formula in zip(range(left, right + 1), shown, held, strict=True):
        standing = part.columns[column - part.area.left]
        stated = restated_totals(
            part.display_name,
            standing,
            label=value if isinstance(value, str) else None,
            formula=formula[1:] if b"<f" in cells.get(column, b"") else None,
        )
        if stated != standing:
            restated[column - part.area.left] = stated
    if restated:
        put_table(document, table, with_totals(table.data, table.name, restated))


def _first_row_written(document: Document, entry: SheetEntry, table: TableModel) -> None:
    sheet, row = document.sheet(entry), table.part.first_row
    if any(sheet.occupied(table.part.body)):
        put_table(document, table, with_attributes(table.data, table.name, {"insertRow": None}))
        grow_rows(sheet, table.part, row, row, row)
