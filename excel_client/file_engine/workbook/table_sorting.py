"""
A table's data in another order, as Excel's own table sort has it.

Values, formats and formulas of a row move together; relative references move as in a copy. Rows that a filter hides
stay where they are. Refused where the order or what hangs on the cells cannot be exact. Knows no xlwings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from excel_client.file_engine.formulas.formula_text import move_references
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.problems import NeedsExcel, OutsideFileEngine
from excel_client.file_engine.sheet.cell_edits import FORMULA_ELEMENT
from excel_client.file_engine.sheet.cells import CellValue, formula_of
from excel_client.file_engine.sheet.row_pieces import renumbered
from excel_client.file_engine.sheet.shared_formulas import write_out_torn
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.sheet.sorting import sorted_order
from excel_client.file_engine.tables.table_edits import with_sort_state
from excel_client.file_engine.tables.table_growth import is_hidden
from excel_client.file_engine.tables.table_model import TableModel
from excel_client.file_engine.tables.table_part import part_area
from excel_client.file_engine.workbook.table_headers import put_table
from excel_client.file_engine.workbook.workbook_part import SheetEntry
from excel_client.file_engine.xml.cell_text import escape_text, unescape_text
from excel_client.file_engine.xml.xml_spans import read_tree

if TYPE_CHECKING:
    from excel_client.file_engine.workbook.document import Document

__all__ = ["arrange", "judge_attached", "shown_values", "sort_table", "write_out_shared"]


def sort_table(
    document: Document,
    entry: SheetEntry,
    table: TableModel,
    keys: Sequence[int],
    ascending: Sequence[bool],
) -> None:
    """Sort the data by columns, given by their 1-based places, the first one first."""
    part, sheet = table.part, document.sheet(entry)
    body = part.body
    columns = [part.area.left + key - 1 for key in keys]
    rows = [
        number
        for number in range(body.top, body.bottom + 1)
        if not is_hidden(sheet.rows.row(number))
    ]
    judge_attached(document, entry, body)
    values = [shown_values(document, sheet, body, column, rows) for column in columns]
    if rows:
        since_1904 = document.workbook.since_1904
        order = sorted_order(values, ascending, since_1904=since_1904)
        write_out_shared(sheet, body)
        arrange(sheet, body, rows, order)
    sorted_areas = [Area(body.top, column, body.bottom, column) for column in columns]
    pairs = list(zip(sorted_areas, ascending, strict=True))
    put_table(document, table, with_sort_state(table.data, table.name, body, pairs))
    sheet.changed = True


def judge_attached(document: Document, entry: SheetEntry, body: Area) -> None:
    """Refuse to sort cells on which links or comments hang, or formulas that are shared sideways."""
    sheet, parts = document.sheet(entry), document.parts
    owner = document.sheet_part(entry)
    links = sheet.surroundings.root.find("hyperlinks")
    places = [e.attributes.get("ref", "") for e in (links.children if links else ())]
    for kind in ("comments", "threadedComment"):
        for name in parts.related(owner, kind):
            root = read_tree(parts.part(name), name)
            places += [e.attributes["ref"] for e in root.walk() if "ref" in e.attributes]
    for place in places:
        if part_area(place, owner).meets(body):
            raise OutsideFileEngine(sheet.where(place))
    for reaching in sheet.reaching_formulas():
        if reaching.kind == "shared" and reaching.area.rows == 1 and reaching.area.meets(body):
            raise OutsideFileEngine(sheet.where(reaching.area.text()))


def shown_values(
    document: Document, sheet: SheetModel, body: Area, column: int, rows: Sequence[int]
) -> list[CellValue]:
    """Return what a column shows in some rows; what formulas come to after a change only Excel knows."""
    area = Area(body.top, column, body.bottom, column)
    values = [row[0] for row in sheet.read(area)]
    for number, cells in sheet.cells(area):
        if b"<f" in cells[column] and (document.changed or values[number - body.top] is None):
            raise NeedsExcel(sheet.place(number, column))
    return [values[number - body.top] for number in rows]


def write_out_shared(sheet: SheetModel, body: Area) -> None:
    """Give each cell of a shared formula its formula in full."""
    for reaching in sheet.reaching_formulas():
        area = reaching.area
        if reaching.kind == "shared" and area.meets(body):
            write_out_torn(sheet, Area(area.top, area.left, area.top, area.right), None)


def arrange(sheet: SheetModel, body: Area, rows: Sequence[int], order: Sequence[int]) -> None:
    """Put rows of an area in another order: each gets the cells of the row at the place that `order` states."""
    changes: dict[int, dict[int, bytes]] = {}
    for number, at in zip(rows, order, strict=True):
        old = rows[at]
        if old == number:
            continue
        _, cells, _ = sheet.rows.parts(old)
        changes[number] = {
            column: _moved(cell, old, number)
            for column, cell in cells.items()
            if body.left <= column <= body.right
        }
    for number, moved in changes.items():
        attributes, cells, rest = sheet.rows.parts(number)
        beside = {c: cell for c, cell in cells.items() if not body.left <= c <= body.right}
        if moved or beside or attributes.strip():
            sheet.rows.put(number, attributes, beside | moved, rest)
        sheet.formulas_changed |= any(b"<f" in cell for cell in [*cells.values(), *moved.values()])


def _moved(cell: bytes, old: int, new: int) -> bytes:
    cell = renumbered(cell, old, new)
    found = formula_of(cell)
    if found is None or not found[1]:
        return cell
    text = unescape_text(found[1].decode())
    moved = move_references(text, new - old, 0)
    if moved == text:
        return cell
    element = f"<f{found[0].decode()}>{escape_text(moved)}</f>".encode()
    return FORMULA_ELEMENT.sub(lambda _match: element, cell, count=1)
