"""
What follows a table's data when the table is resized, as it would in Excel: on its sheet and everywhere else.

Conditional formats and validations that cover all data rows of some of its columns cover the new ones too. So does one
on the only row of a table: Excel gives a new row what the row above it has. Formulas, names, charts and sparklines
follow where they name all data rows of some columns. A formula or a name for a single cell stays, since it means that
cell; a chart of a table with one row follows, since it draws the column. Formulas inside of the table follow only by
references with fixed rows ($D$4:$D$9): one with a relative end is a running total. Points that charts have cached
stay; Excel reads them anew.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from excel_client.file_engine.formulas.changed_formulas import plain_needles
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.formulas.resized_references import BodyResized, resized_formula
from excel_client.file_engine.formulas.sheet_prefixes import is_sheet
from excel_client.file_engine.problems import OutsideSheet
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.tables.table_model import TableModel
from excel_client.file_engine.tables.table_part import TablePart
from excel_client.file_engine.workbook.following import charts_of
from excel_client.file_engine.workbook.following_areas import text_edit
from excel_client.file_engine.workbook.following_cells import rewrite_formulas
from excel_client.file_engine.workbook.workbook_part import SheetEntry
from excel_client.file_engine.xml.element_edits import Edit, tag_edit
from excel_client.file_engine.xml.xml_spans import Element, read_tree, splice

if TYPE_CHECKING:
    from excel_client.file_engine.workbook.document import Document

__all__ = ["follow_table"]

_RULE_AREAS = {"conditionalFormatting", "dataValidation", "ignoredError"}
_RULE_FORMULAS = {"f", "formula", "formula1", "formula2"}
_CHART_FORMULAS = {"f", "sqref"}
_WORD = re.compile(r"[\w.\\]+")


def follow_table(
    document: Document, entry: SheetEntry, table: TableModel, old_body: Area, new_last: int
) -> None:
    """Let everything else follow a table of a sheet whose data, `old_body` before, now ends in another row."""
    if new_last == old_body.bottom or old_body.bottom < old_body.top:
        return
    part = table.part
    resized = BodyResized(
        sheet=entry.name, body=old_body, header_rows=part.header_rows, last=new_last
    )
    for other in document.worksheets():
        if other == entry or document.has_model(other) or _is_concerned(document, other, resized):
            model = document.sheet(other)
            _follow_surroundings(model, resized)
            _follow_cells(model, resized, part if other == entry else None)
    _follow_names(document, resized)
    _follow_own_formulas(document, entry, resized)
    for chart in charts_of(document):
        data = document.parts.part(chart)
        edits = _formula_edits(read_tree(data, chart), _CHART_FORMULAS, resized)
        if edits:
            document.parts.edit(chart, splice(data, edits))
    _flag_pivot_caches(document, part, resized)


def _is_concerned(document: Document, other: SheetEntry, resized: BodyResized) -> bool:
    """Whether a sheet that nobody looked at yet may name the table's data."""
    data = document.parts.part(document.sheet_part(other))
    if str(resized.body.bottom).encode() not in data:
        return False
    lowered = data.lower()
    return any(needle in lowered for needle in plain_needles([resized.sheet]) or (b"!",))


# Sheets


def _follow_surroundings(model: SheetModel, resized: BodyResized) -> None:
    surroundings = model.surroundings
    is_home = is_sheet(model.name, resized.sheet)
    edits: list[Edit] = []
    for element in surroundings.root.walk():
        if is_home and element.name in _RULE_AREAS:
            edits += _rule_area_edits(surroundings.whole, element, resized)
        if element.name == "sparkline":
            edits += _formula_edits(element, {"f"}, resized)
        elif element.name in _RULE_AREAS | {"sparklineGroup"}:
            rules = [e for e in element.walk() if e.name in _RULE_FORMULAS and not e.children]
            edits += [edit for e in rules for edit in _rule_edit(e, resized, model.name)]
    # Within a group of sparklines each element is met once more on its own.
    edits = list(dict.fromkeys(edits))
    if edits:
        surroundings.splice(edits)
        model.changed = True


def _rule_edit(element: Element, resized: BodyResized, home: str) -> list[Edit]:
    new = resized_formula(element.text, resized, home, fixed_only=True)
    return [text_edit(element, new)] if new != element.text else []


def _rule_area_edits(data: bytes, element: Element, resized: BodyResized) -> list[Edit]:
    """Return the edit that lets the cells of a rule follow."""
    child = element.find("sqref")
    text = element.attributes.get("sqref", child.text if child else "")
    try:
        areas = [Area.parse(part) for part in text.split()]
    except (ValueError, OutsideSheet):
        return []
    followed = [resized.followed(area) for area in areas]
    if followed == areas:
        return []
    written = " ".join(area.text() for area in followed)
    if child is not None and "sqref" not in element.attributes:
        return [text_edit(child, written)]
    return [tag_edit(data, element, sqref=written)]


def _follow_cells(model: SheetModel, resized: BodyResized, own: TablePart | None) -> None:
    # A totals row is about the data above it, not a part of it.
    inside = replace(own.area, bottom=own.last_row) if own else None

    def rewrite(text: str, row: int, column: int) -> str:
        cell = Area(row, column, row, column)
        in_table = inside is not None and (inside.holds(cell) or resized.body.holds(cell))
        return resized_formula(text, resized, model.name, fixed_only=in_table)

    rewrite_formulas(model, rewrite, (str(resized.body.bottom).encode(),))


def _follow_own_formulas(document: Document, entry: SheetEntry, resized: BodyResized) -> None:
    """Let the formulas that tables give their new rows follow."""
    for table in document.tables(entry):
        root = read_tree(table.data, table.name)
        edits: list[Edit] = []
        for element in root.walk():
            if element.name == "calculatedColumnFormula":
                edits += _rule_edit(element, resized, entry.name)
            elif element.name == "totalsRowFormula":
                new = resized_formula(element.text, resized, entry.name, fixed_only=False)
                edits += [text_edit(element, new)] if new != element.text else []
        if edits:
            table.put(splice(table.data, edits))
            document.parts.edit(table.name, table.data)


# The rest of the workbook


def _formula_edits(root: Element, names: set[str], resized: BodyResized) -> list[Edit]:
    edits = []
    for element in root.walk():
        if element.name in names and not element.children and "!" in element.text:
            new = resized_formula(element.text, resized, "", lone_cells=True)
            if new != element.text:
                edits.append(text_edit(element, new))
    return edits


def _follow_names(document: Document, resized: BodyResized) -> None:
    names = tuple(
        replace(name, refers_to=resized_formula(name.refers_to, resized, "", fixed_only=True))
        for name in document.workbook.names
    )
    if names != document.workbook.names:
        document.set_names(names)


def _flag_pivot_caches(document: Document, table: TablePart, resized: BodyResized) -> None:
    """Let Excel read anew what pivot tables made of the table's data."""
    body = resized.body
    old = Area(body.top - table.header_rows, body.left, body.bottom + table.totals_rows, body.right)
    names = {table.display_name.casefold(), *_names_of_table(document, table)}
    for part in document.parts.related(document.workbook_name, "pivotCacheDefinition"):
        data = document.parts.part(part)
        root = read_tree(data, part)
        edits: list[Edit] = []
        for source in (e for e in root.walk() if e.name in {"rangeSet", "worksheetSource"}):
            stated = source.attributes
            if any(name.endswith(" id") for name in stated):
                continue
            if stated.get("name", "").casefold() in names:
                edits.append(tag_edit(data, root, refreshOnLoad="1"))
            elif is_sheet(stated.get("sheet", ""), resized.sheet):
                edits += _source_edits(data, root, source, old, resized)
        edits = list(dict.fromkeys(edits))
        if edits:
            document.parts.edit(part, splice(data, edits))


def _names_of_table(document: Document, table: TablePart) -> set[str]:
    """Return the workbook's names that stand for the table, in one case."""
    wanted = table.display_name.casefold()
    return {
        name.name.casefold()
        for name in document.workbook.names
        if wanted in map(str.casefold, _WORD.findall(name.refers_to))
    }


def _source_edits(
    data: bytes, root: Element, source: Element, old: Area, resized: BodyResized
) -> list[Edit]:
    try:
        area = Area.parse(source.attributes.get("ref", ""))
    except (ValueError, OutsideSheet):
        return []
    totals = old.bottom - resized.body.bottom
    whole = Area(old.top, old.left, resized.last + totals, old.right)
    new = whole if area == old else resized.followed(area)
    if new == area:
        return []
    return [
        tag_edit(data, root, refreshOnLoad="1"),
        tag_edit(data, source, ref=new.text()),
    ]
