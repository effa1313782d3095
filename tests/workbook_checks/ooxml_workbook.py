"""What a workbook says of itself: sheets, names, styles, texts, the calculation chain; and what is wrong with it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.workbook_checks.ooxml_formulas import check_formula, without_texts
from tests.workbook_checks.ooxml_package import MAIN, RELATION_ID, Finding, Package

__all__ = ["Workbook", "check_calculation_chain", "check_workbook", "is_name", "read_workbook"]

_WORKBOOK = "xl/workbook.xml"
_LONGEST_TEXT = 32_767
_LONGEST_SHEET_NAME = 31
_LONGEST_FORMAT = 255
_MOST_SECTIONS = 4
_NAME = re.compile(r"[^\W\d][\w.\\?]{0,254}|\\[\w.\\?]{0,254}")
_LOOKS_LIKE_CELL = re.compile(r"[A-Za-z]{1,3}[0-9]+|[RrCc]|[Rr][0-9]*[Cc][0-9]*")
_SHEET_REFERENCE = re.compile(r"(?:'((?:[^']|'')+)'|([A-Za-z_]\w*))!")
_STYLE_LISTS = (("fontId", "fonts"), ("fillId", "fills"), ("borderId", "borders"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbook:
    """What the checks of sheets and tables need to know."""

    #: Part by sheet name, in order.
    sheet_parts: Mapping[str, str]
    #: Sheet part by sheetId.
    parts_by_sheet_id: Mapping[str, str]
    #: Names of the workbook's scope in lower case.
    names: frozenset[str]
    #: Display names in lower case.
    tables: frozenset[str]
    texts: tuple[str, ...]
    cell_formats: int
    differential_formats: int


def is_name(text: str) -> bool:
    """Whether Excel takes it as the name of a table or a cell."""
    return bool(_NAME.fullmatch(text)) and not _LOOKS_LIKE_CELL.fullmatch(text)


def read_workbook(package: Package) -> Workbook:
    """Read the workbook part, and the styles and texts beside it."""
    root = package.roots[_WORKBOOK]
    relations = package.relations.get(_WORKBOOK, {})
    sheet_parts, by_id = {}, {}
    for sheet in root.iter(f"{MAIN}sheet"):
        relation = relations.get(sheet.get(f"{RELATION_ID}id", ""))
        if relation is not None:
            sheet_parts[sheet.get("name", "")] = relation.target
            by_id[sheet.get("sheetId", "")] = relation.target
    styles = package.roots.get("xl/styles.xml")
    return Workbook(
        sheet_parts=sheet_parts,
        parts_by_sheet_id=by_id,
        names=frozenset(
            name.get("name", "").lower()
            for name in root.iter(f"{MAIN}definedName")
            if name.get("localSheetId") is None
        ),
        tables=frozenset(
            part.get("displayName", "").lower()
            for part in package.roots.values()
            if part.tag == f"{MAIN}table"
        ),
        texts=_texts_of(package.roots.get("xl/sharedStrings.xml")),
        cell_formats=_count(styles, "cellXfs") or 1,
        differential_formats=_count(styles, "dxfs"),
    )


def check_workbook(package: Package, workbook: Workbook) -> Iterator[Finding]:
    """Find faults of sheets' names, defined names, styles and shared texts."""
    yield from _check_sheets(package.roots[_WORKBOOK])
    yield from _check_names(package.roots[_WORKBOOK], workbook)
    yield from _check_styles(package.roots.get("xl/styles.xml"))
    for text in workbook.texts:
        if len(text) > _LONGEST_TEXT:
            message = f"{len(text)} characters"
            yield Finding(code="text-long", part="xl/sharedStrings.xml", message=message)


def check_calculation_chain(
    package: Package, workbook: Workbook, formula_cells: Mapping[str, frozenset[str]]
) -> Iterator[Finding]:
    """Find cells of the calculation chain that hold no formula; `formula_cells` by sheet part."""
    part = "xl/calcChain.xml"
    root = package.roots.get(part)
    if root is None:
        return
    sheet_id = ""
    for cell in root.iter(f"{MAIN}c"):
        sheet_id = cell.get("i") or sheet_id
        holders = formula_cells.get(workbook.parts_by_sheet_id.get(sheet_id, ""), frozenset())
        if cell.get("r") not in holders:
            message = f"{cell.get('r')} on sheet {sheet_id} holds no formula"
            yield Finding(code="calculation-chain", part=part, message=message)


def _texts_of(root: ET.Element | None) -> tuple[str, ...]:
    if root is None:
        return ()
    return tuple(
        "".join(text.text or "" for text in item.iter(f"{MAIN}t"))
        for item in root.iter(f"{MAIN}si")
    )


def _count(styles: ET.Element | None, tag: str) -> int:
    found = styles.find(f"{MAIN}{tag}") if styles is not None else None
    return len(found) if found is not None else 0


def _check_sheets(root: ET.Element) -> Iterator[Finding]:
    sheets = list(root.iter(f"{MAIN}sheet"))
    names, ids = set(), set()
    for sheet in sheets:
        name, sheet_id = sheet.get("name", ""), sheet.get("sheetId")
        if (
            not 1 <= len(name) <= _LONGEST_SHEET_NAME
            or re.search(r"[\\/?*\[\]:]", name)
            or name.startswith("'")
            or name.endswith("'")
        ):
            yield Finding(code="sheet-name", part=_WORKBOOK, message=name)
        if name.lower() in names:
            yield Finding(code="sheet-duplicate", part=_WORKBOOK, message=name)
        if sheet_id in ids:
            yield Finding(code="sheet-id-duplicate", part=_WORKBOOK, message=f"sheetId {sheet_id}")
        names.add(name.lower())
        ids.add(sheet_id)
    if all(sheet.get("state", "visible") != "visible" for sheet in sheets):
        yield Finding(code="sheet-none-visible", part=_WORKBOOK, message="no sheet to show")
    for view in root.iter(f"{MAIN}workbookView"):
        if int(view.get("activeTab", "0")) >= len(sheets):
            yield Finding(code="active-sheet", part=_WORKBOOK, message="no such sheet")


def _check_names(root: ET.Element, workbook: Workbook) -> Iterator[Finding]:
    sheets = [sheet.get("name", "").lower() for sheet in root.iter(f"{MAIN}sheet")]
    seen = set()
    for element in root.iter(f"{MAIN}definedName"):
        name, scope, text = element.get("name", ""), element.get("localSheetId"), element.text or ""
        if (name.lower(), scope) in seen:
            yield Finding(code="name-duplicate", part=_WORKBOOK, message=name)
        seen.add((name.lower(), scope))
        if not name.startswith("_xlnm.") and not is_name(name):
            yield Finding(code="name-invalid", part=_WORKBOOK, message=name)
        if scope is not None and int(scope) >= len(sheets):
            yield Finding(code="name-scope", part=_WORKBOOK, message=name)
        for quoted, plain in _SHEET_REFERENCE.findall(without_texts(text)):
            sheet = (quoted.replace("''", "'") or plain).lower()
            if sheet not in sheets and "[" not in sheet:
                yield Finding(code="name-reference", part=_WORKBOOK, message=f"{name}: no {sheet}")
        yield from check_formula(text, where=name, part=_WORKBOOK, tables=workbook.tables)


def _check_styles(root: ET.Element | None) -> Iterator[Finding]:
    part = "xl/styles.xml"
    if root is None:
        return
    for tag in ("cellStyleXfs", "cellXfs"):
        for index, style in enumerate(root.findall(f"{MAIN}{tag}/{MAIN}xf")):
            for attribute, list_tag in _STYLE_LISTS:
                if int(style.get(attribute, "0")) >= _count(root, list_tag):
                    message = f"{tag} {index}: no {attribute} {style.get(attribute)}"
                    yield Finding(code="style-part", part=part, message=message)
    for number_format in root.iter(f"{MAIN}numFmt"):
        code = number_format.get("formatCode", "")
        bare = re.sub(r"\\.|_.|\*.", "", without_texts(code))
        sections = bare.count(";") + 1
        if (bare.count('"') % 2) or sections > _MOST_SECTIONS or len(code) > _LONGEST_FORMAT:
            yield Finding(code="number-format", part=part, message=code)
