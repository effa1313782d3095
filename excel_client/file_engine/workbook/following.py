"""
Lets everything in a workbook follow when cells, sheets or tables change: formulas, names, areas, charts, notes.

Called once the change itself is done to the cells (they have moved, with their old texts), and before a sheet or table
is renamed or taken out of the lists. Never moves a cell. Parts that nothing changes in stay byte for byte. A table
whose columns come or go, and a table or pivot table that loses all its cells, are left to who changes them. What is
cut to another sheet takes along what formulas say, not merges, links or rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from excel_client.file_engine.formulas.changed_areas import changed_area
from excel_client.file_engine.formulas.changed_formulas import (
    FormulaPlace,
    changed_formula,
    needles,
)
from excel_client.file_engine.formulas.formula_references import DEAD
from excel_client.file_engine.formulas.reference_changes import (
    CellsMoved,
    Change,
    SheetRenamed,
    TableRenamed,
)
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.formulas.sheet_prefixes import is_sheet
from excel_client.file_engine.problems import OutsideSheet
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.tables.table_part import TablePart, read_table
from excel_client.file_engine.workbook.following_areas import (
    cell_change_of,
    followed_edits,
    text_edit,
)
from excel_client.file_engine.workbook.following_cells import follow_cells
from excel_client.file_engine.workbook.following_drawings import anchor_edits, followed_shapes
from excel_client.file_engine.workbook.workbook_part import SheetEntry
from excel_client.file_engine.xml.element_edits import Edit, tag_edit
from excel_client.file_engine.xml.xml_spans import Element, read_tree, splice

if TYPE_CHECKING:
    from excel_client.file_engine.workbook.document import Document

__all__ = ["apply_change", "charts_of"]

_FILTERED = "_xlnm._FilterDatabase"
_CHARTS = {"chart", "chartEx"}
_DRAWINGS = {"chartUserShapes", "drawing"}
#: Parts of a sheet with areas or formulas in elements that are known by name.
_SHEET_PARTS = {"comments", "ctrlProp", "tableSingleCells", "threadedComment"}


def apply_change(document: Document, change: Change) -> None:
    """Let the whole workbook follow a change."""
    sheets = tuple(entry.name for entry in document.workbook.sheets)
    for entry in document.worksheets():
        home = FormulaPlace(sheet=entry.name, sheets=sheets)
        tables = _follow_tables(document, entry, change, home)
        if document.has_model(entry) or _is_concerned(document, entry, change):
            model = document.sheet(entry)
            follow_cells(model, change, home, tables)
            _follow_surroundings(model, change, home)
        _follow_sheet_parts(document, document.sheet_part(entry), change, home)
    for part in _chart_sheets(document):
        _follow_sheet_parts(document, part, change, FormulaPlace(sheet="", sheets=sheets))
    _follow_names(document, change, sheets)
    _follow_pivot_caches(document, change)


def _is_concerned(document: Document, entry: SheetEntry, change: Change) -> bool:
    """Whether a sheet that nobody looked at yet may hold something that follows."""
    wanted = needles(change, entry.name)
    if wanted is None:
        return True
    lowered = document.parts.part(document.sheet_part(entry)).lower()
    return any(needle in lowered for needle in wanted)


def _edit(document: Document, part: str, edits_of: Callable[[bytes, Element], list[Edit]]) -> None:
    """Edit a part where it is read as a tree."""
    data = document.parts.part(part)
    edits = edits_of(data, read_tree(data, part))
    if edits:
        document.parts.edit(part, splice(data, edits))


# Sheets


def _follow_surroundings(model: SheetModel, change: Change, home: FormulaPlace) -> None:
    surroundings = model.surroundings
    edits = followed_edits(surroundings.whole, surroundings.root, change, home)
    edits += _source_edits(surroundings.whole, surroundings.root, change)
    cells = cell_change_of(change, home.sheet)
    if cells is not None:
        edits += anchor_edits(surroundings.root, cells)
    if edits:
        surroundings.splice(edits)
        model.changed = True


def _follow_sheet_parts(document: Document, part: str, change: Change, home: FormulaPlace) -> None:
    """Let what hangs on a sheet follow: notes, drawings and their charts, controls, pivot tables."""
    parts = document.parts
    cells = cell_change_of(change, home.sheet) if home.sheet else None
    for relation in parts.relations(part):
        if relation.is_external:
            continue
        target = parts.target(part, relation)
        if not parts.has(target):
            continue
        if relation.kind in _SHEET_PARTS:
            _edit(document, target, lambda data, root: followed_edits(data, root, change, home))
        elif relation.kind == "drawing":
            _follow_drawing(document, target, change, home)
        elif relation.kind == "vmlDrawing":
            parts.edit(target, followed_shapes(parts.part(target), change, home))
        elif relation.kind == "pivotTable" and cells is not None:
            _follow_pivot_table(document, target, change)


def _follow_drawing(document: Document, part: str, change: Change, home: FormulaPlace) -> None:
    cells = cell_change_of(change, home.sheet) if home.sheet else None

    def edits_of(data: bytes, root: Element) -> list[Edit]:
        edits = followed_edits(data, root, change, home)
        return edits + (anchor_edits(root, cells) if cells is not None else [])

    _edit(document, part, edits_of)
    nowhere = replace(home, sheet="")
    for chart in _charts_below(document, part, set()):
        _edit(document, chart, lambda data, root: _chart_edits(data, root, change, nowhere))


def _charts_below(document: Document, part: str, seen: set[str]) -> Iterator[str]:
    """Yield the charts of a drawing, and the drawings within them."""
    for relation in document.parts.relations(part):
        if relation.is_external or relation.kind not in _CHARTS | _DRAWINGS:
            continue
        target = document.parts.target(part, relation)
        if target not in seen and document.parts.has(target):
            seen.add(target)
            yield target
            yield from _charts_below(document, target, seen)


def charts_of(document: Document) -> list[str]:
    """Return the parts of all charts, those on sheets and those that are sheets."""
    sheets = [*map(document.sheet_part, document.worksheets()), *_chart_sheets(document)]
    seen: set[str] = set()
    for sheet in sheets:
        for drawing in document.parts.related(sheet, "drawing"):
            seen.update(_charts_below(document, drawing, seen))
    return sorted(seen)


def _chart_edits(data: bytes, root: Element, change: Change, home: FormulaPlace) -> list[Edit]:
    edits = followed_edits(data, root, change, home)
    source = root.find("pivotSource")
    name = source.find("name") if source is not None else None
    if isinstance(change, SheetRenamed) and name is not None:
        # "[Book.xlsx]Sheet1!PivotTable1", never quoted.
        book, bracket, rest = name.text.rpartition("]")
        sheet, mark, table = rest.rpartition("!")
        if is_sheet(sheet, change.old):
            edits.append(text_edit(name, f"{book}{bracket}{change.new}{mark}{table}"))
    return edits


def _chart_sheets(document: Document) -> list[str]:
    """Return the parts of the sheets that are charts."""
    return document.parts.related(document.workbook_name, "chartsheet")


# Tables


def _follow_tables(
    document: Document, entry: SheetEntry, change: Change, home: FormulaPlace
) -> list[TablePart]:
    """Let the tables of a sheet follow, and return what they say now."""
    parts = document.parts
    part = document.sheet_part(entry)
    found = []
    for name in parts.related(part, "table"):
        data = parts.part(name)
        new = _followed_table(data, name, change, home)
        if new != data:
            parts.edit(name, new)
            if document.has_model(entry):
                for model in document.tables(entry):
                    if model.name == name:
                        model.put(new)
        found.append(read_table(new, name))
    return found


def _followed_table(data: bytes, place: str, change: Change, home: FormulaPlace) -> bytes:
    table = read_table(data, place)
    root = read_tree(data, place)
    body = table.body if table.last_row >= table.first_row else table.area
    named = replace(home, table=table.display_name)
    cells = cell_change_of(change, home.sheet)
    area = changed_area(table.area, cells) if cells is not None else table.area
    if area is None or area.columns != table.area.columns:
        # Its columns, or all of it, come and go with who changes them.
        columns = root.find("tableColumns") or root
        return splice(data, followed_edits(data, columns, change, named, rule_areas=[body]))
    edits = followed_edits(data, root, change, named, rule_areas=[body])
    if area != table.area and (cells is None or not _leaves(cells)):
        edits.append(tag_edit(data, root, ref=area.text()))
    return splice(data, edits)


def _leaves(cells: Change) -> bool:
    return isinstance(cells, CellsMoved) and not is_sheet(cells.sheet, cells.to_sheet)


# The workbook's own


def _follow_names(document: Document, change: Change, sheets: tuple[str, ...]) -> None:
    home = FormulaPlace(sheet="", sheets=sheets, is_name=True)
    followed = []
    for name in document.workbook.names:
        text = changed_formula(name.refers_to, change, home)
        if name.name == _FILTERED and DEAD in text and DEAD not in name.refers_to:
            # The filter is gone with its cells.
            continue
        followed.append(name if text == name.refers_to else replace(name, refers_to=text))
    names = tuple(followed)
    if names != document.workbook.names:
        document.set_names(names)


def _follow_pivot_caches(document: Document, change: Change) -> None:
    for part in document.parts.related(document.workbook_name, "pivotCacheDefinition"):
        _edit(document, part, lambda data, root: _source_edits(data, root, change))


def _source_edits(data: bytes, root: Element, change: Change) -> list[Edit]:
    """Return the edits that let a pivot cache, or a consolidation, know where its data is."""
    edits: list[Edit] = []
    for element in root.walk():
        if element.name not in {"dataRef", "rangeSet", "worksheetSource"}:
            continue
        stated = element.attributes
        if any(name.endswith(" id") for name in stated):
            # Another workbook's.
            continue
        attributes: dict[str, str | None] = {}
        sheet = stated.get("sheet", "")
        if isinstance(change, SheetRenamed) and is_sheet(sheet, change.old):
            attributes["sheet"] = change.new
        if isinstance(change, TableRenamed) and is_sheet(stated.get("name", ""), change.old):
            attributes["name"] = change.new
        area = _moved_reference(stated.get("ref", ""), sheet, change)
        if area is not None:
            attributes["ref"] = area.text()
        if attributes:
            edits.append(tag_edit(data, element, **attributes))
    return edits


def _moved_reference(text: str, sheet: str, change: Change) -> Area | None:
    """Return the area of a sheet that an attribute names if it is another one now."""
    cells = cell_change_of(change, sheet) if sheet else None
    if cells is None or _leaves(cells):
        return None
    old = _area(text)
    new = changed_area(old, cells) if old is not None else None
    return new if new != old else None


def _area(text: str) -> Area | None:
    try:
        return Area.parse(text)
    except (ValueError, OutsideSheet):
        return None


def _follow_pivot_table(document: Document, part: str, change: Change) -> None:
    def edits_of(data: bytes, root: Element) -> list[Edit]:
        location = root.find("location")
        old = _area(location.attributes.get("ref", "")) if location is not None else None
        if location is None or old is None or _leaves(change):
            return []
        new = changed_area(old, change)
        if new is None or new == old or (new.rows, new.columns) != (old.rows, old.columns):
            return []
        return [tag_edit(data, location, ref=new.text())]

    _edit(document, part, edits_of)
