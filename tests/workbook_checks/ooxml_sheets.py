"""
What is wrong in one sheet: order, cells, rules, merged and array cells, page setup.

Rows are read as a stream and dropped, so that a sheet of 100,000 rows can be checked.
"""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.workbook_checks.ooxml_formulas import check_formula, check_rule_formula
from tests.workbook_checks.ooxml_package import MAIN, Finding, Package, check_relation_ids
from tests.workbook_checks.ooxml_references import (
    Area,
    area_of,
    areas_of,
    cell_of_reference,
    first_overlap,
)
from tests.workbook_checks.ooxml_workbook import Workbook

__all__ = ["Sheet", "check_sheet"]

#: ECMA-376 part 1, 18.3.1.99: the children of <worksheet> in their only order.
_ORDER = {
    tag: place
    for place, tag in enumerate(
        (
            "sheetPr dimension sheetViews sheetFormatPr cols sheetData sheetCalcPr sheetProtection protectedRanges "
            "scenarios autoFilter sortState dataConsolidate customSheetViews mergeCells phoneticPr "
            "conditionalFormatting dataValidations hyperlinks printOptions pageMargins pageSetup headerFooter "
            "rowBreaks colBreaks customProperties cellWatches ignoredErrors smartTags drawing legacyDrawing "
            "legacyDrawingHF drawingHF picture oleObjects controls webPublishItems tableParts extLst"
        ).split()
    )
}
_LONGEST_TEXT = 32_767
_LONGEST_RULE = 255
_LONGEST_TITLE = 32
_LONGEST_HEADER = 255


@dataclass(slots=True, kw_only=True)
class Sheet:
    """What the checks of tables need to know of a sheet; filled while it is read."""

    name: str
    part: str
    #: Rows whose texts are kept: the header rows of the tables.
    header_rows: frozenset[int]
    header_texts: dict[tuple[int, int], str] = field(default_factory=dict)
    formula_cells: set[str] = field(default_factory=set)
    arrays: list[Area] = field(default_factory=list)
    merged: list[Area] = field(default_factory=list)
    shared_formulas: set[str] = field(default_factory=set)


def check_sheet(package: Package, workbook: Workbook, sheet: Sheet) -> Iterator[Finding]:
    """Find faults in a sheet, and fill in what its tables are checked against."""
    try:
        root = None
        previous_row = 0
        stream = io.BytesIO(package.parts[sheet.part])
        for event, element in ET.iterparse(stream, events=("start", "end")):
            if root is None:
                root = element
            if event == "end" and element.tag == f"{MAIN}row":
                row = _number(element.get("r"), previous_row + 1)
                if row <= previous_row:
                    yield _finding(sheet, "row-order", f"row {row} after {previous_row}")
                yield from _check_row(workbook, sheet, element, row)
                previous_row = max(row, previous_row)
                element.clear()
    except ET.ParseError as error:
        yield _finding(sheet, "xml", str(error))
        return
    assert root is not None, "a sheet that could be parsed has a root"
    if root.tag != f"{MAIN}worksheet":
        return
    yield from check_relation_ids(sheet.part, root, package)
    yield from _check_order(sheet, root)
    yield from _check_columns(sheet, root)
    yield from _check_areas(sheet, root)
    yield from _check_rules(workbook, sheet, root)
    yield from _check_validations(workbook, sheet, root)
    for text in root.iterfind(f"{MAIN}headerFooter/*"):
        if len(text.text or "") > _LONGEST_HEADER:
            yield _finding(sheet, "header-footer", f"{len(text.text or '')} characters")


def _finding(sheet: Sheet, code: str, message: str) -> Finding:
    return Finding(code=code, part=sheet.part, message=message)


def _number(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isdigit() else default


def _check_row(workbook: Workbook, sheet: Sheet, row: ET.Element, number: int) -> Iterator[Finding]:
    previous_column = 0
    for cell in row.iter(f"{MAIN}c"):
        reference = cell.get("r", "")
        try:
            cell_row, column = cell_of_reference(reference)
        except ValueError:
            yield _finding(sheet, "cell-reference", reference)
            continue
        if cell_row != number:
            yield _finding(sheet, "cell-row", f"{reference} in row {number}")
        if column <= previous_column:
            yield _finding(sheet, "cell-order", reference)
        previous_column = max(previous_column, column)
        if _number(cell.get("s"), 0) >= workbook.cell_formats:
            yield _finding(sheet, "cell-style", f"{reference} has style {cell.get('s')}")
        yield from _check_value(workbook, sheet, cell, (cell_row, column))
        yield from _check_cell_formula(workbook, sheet, cell, reference)


def _check_value(
    workbook: Workbook, sheet: Sheet, cell: ET.Element, place: tuple[int, int]
) -> Iterator[Finding]:
    reference, kind = cell.get("r", ""), cell.get("t", "n")
    text = cell.findtext(f"{MAIN}v")
    shown: str | None = None
    if kind == "s":
        index = _number(text, -1)
        if not 0 <= index < len(workbook.texts):
            yield _finding(sheet, "cell-text", f"{reference}: no shared text {text}")
        else:
            shown = workbook.texts[index]
    elif kind == "inlineStr":
        shown = "".join(item.text or "" for item in cell.iter(f"{MAIN}t"))
    elif kind == "str":
        shown = text or ""
    elif not _is_value(kind, text):
        yield _finding(sheet, "cell-value", f"{reference}: not of type {kind}")
    if shown is not None and len(shown) > _LONGEST_TEXT:
        yield _finding(sheet, "text-long", f"{reference}: {len(shown)} characters")
    if shown is not None and place[0] in sheet.header_rows:
        sheet.header_texts[place] = shown


def _is_value(kind: str, text: str | None) -> bool:
    if not text:
        return True
    match kind:
        case "n":
            return re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text) is not None
        case "b":
            return text in {"0", "1"}
        case "d":
            return re.match(r"\d{4}-\d\d-\d\d", text) is not None
        case "e":
            return text.startswith("#")
        case _:
            return False


def _check_cell_formula(
    workbook: Workbook, sheet: Sheet, cell: ET.Element, reference: str
) -> Iterator[Finding]:
    formula = cell.find(f"{MAIN}f")
    if formula is None:
        return
    sheet.formula_cells.add(reference)
    where = f"{sheet.name}!{reference}"
    if formula.text:
        yield from check_formula(formula.text, where=where, part=sheet.part, tables=workbook.tables)
    if formula.get("t") == "shared":
        index = formula.get("si", "")
        if formula.text:
            sheet.shared_formulas.add(index)
        elif index not in sheet.shared_formulas:
            yield _finding(sheet, "formula-shared", f"{where}: no master of {index}")
    if formula.get("t") == "array":
        try:
            sheet.arrays.append(area_of(formula.get("ref", "")))
        except ValueError:
            yield _finding(sheet, "array-reference", where)


def _check_order(sheet: Sheet, root: ET.Element) -> Iterator[Finding]:
    last = -1
    for element in root:
        tag = element.tag.removeprefix(MAIN)
        place = _ORDER.get(tag, last)
        if place < last:
            yield _finding(sheet, "element-order", f"<{tag}> comes too late")
        last = max(last, place)


def _check_columns(sheet: Sheet, root: ET.Element) -> Iterator[Finding]:
    last = 0
    for column in root.iterfind(f"{MAIN}cols/{MAIN}col"):
        first = _number(column.get("min"), 0)
        if first <= last:
            yield _finding(sheet, "column-overlap", f"column {first} is described twice")
        last = max(last, _number(column.get("max"), first))


def _check_areas(sheet: Sheet, root: ET.Element) -> Iterator[Finding]:
    for merge in root.iter(f"{MAIN}mergeCell"):
        try:
            sheet.merged.append(area_of(merge.get("ref", "")))
        except ValueError:
            yield _finding(sheet, "merge-reference", merge.get("ref", ""))
    for code, areas in (("merge-overlap", sheet.merged), ("array-overlap", sheet.arrays)):
        if first_overlap(areas) is not None:
            yield _finding(sheet, code, "two areas overlap")
    for tag in ("conditionalFormatting", "dataValidation"):
        for element in root.iter(f"{MAIN}{tag}"):
            try:
                areas_of(element.get("sqref", ""))
            except ValueError:
                yield _finding(sheet, "rule-reference", element.get("sqref", ""))


def _check_rules(workbook: Workbook, sheet: Sheet, root: ET.Element) -> Iterator[Finding]:
    for rule in root.iter(f"{MAIN}cfRule"):
        if _number(rule.get("dxfId"), -1) >= workbook.differential_formats:
            yield _finding(sheet, "rule-style", f"no differential format {rule.get('dxfId')}")
        for formula in rule.findall(f"{MAIN}formula"):
            yield from check_rule_formula(
                formula.text or "", where=sheet.name, part=sheet.part, tables=workbook.tables
            )


def _check_validations(workbook: Workbook, sheet: Sheet, root: ET.Element) -> Iterator[Finding]:
    for validation in root.iter(f"{MAIN}dataValidation"):
        where = validation.get("sqref", "")
        for tag in ("formula1", "formula2"):
            formula = validation.findtext(f"{MAIN}{tag}") or ""
            if len(formula) > _LONGEST_RULE:
                yield _finding(sheet, "validation-long", f"{where}: {len(formula)} characters")
            yield from check_rule_formula(
                formula, where=where, part=sheet.part, tables=workbook.tables
            )
        for attribute in ("promptTitle", "errorTitle", "prompt", "error"):
            limit = _LONGEST_TITLE if attribute.endswith("Title") else _LONGEST_RULE
            if len(validation.get(attribute, "")) > limit:
                yield _finding(sheet, "validation-message", f"{where}: {attribute} is too long")
