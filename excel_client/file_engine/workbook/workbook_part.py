"""
xl/workbook.xml and what hangs on it: sheets, names, the calendar, the order to calculate on load.

Each function returns the part with one thing changed and everything else as it was. Knows no cells.
"""

from __future__ import annotations

from dataclasses import dataclass

from excel_client.file_engine.problems import NotAWorkbook, PackageDamaged, StrictWorkbook
from excel_client.file_engine.xml.cell_text import attribute_text
from excel_client.file_engine.xml.xml_spans import (
    MAIN,
    RELATION,
    Element,
    read_tree,
    set_attribute,
    splice,
)

__all__ = [
    "DefinedName",
    "SheetEntry",
    "WorkbookPart",
    "read_workbook",
    "with_full_calculation",
    "with_names",
    "with_sheet_state",
]

_TRUE = {"1", "true"}
_BEFORE_NAMES = {"sheets", "functionGroups", "externalReferences"}
_STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetEntry:
    """A sheet as the workbook lists it."""

    name: str
    relation: str
    #: visible, hidden or veryHidden.
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinedName:
    """A name: of the workbook, or of the sheet at a 0-based place."""

    name: str
    refers_to: str
    sheet_index: int | None
    #: The opening tag as it stands in the part; empty for a name added now.
    tag: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkbookPart:
    """What the workbook part says."""

    sheets: tuple[SheetEntry, ...]
    names: tuple[DefinedName, ...]
    since_1904: bool
    active_sheet: int


def read_workbook(data: bytes, place: str) -> WorkbookPart:
    """Return what the part says; StrictWorkbook or NotAWorkbook when it is another kind of document."""
    root = read_tree(data, place)
    if root.space == _STRICT:
        raise StrictWorkbook(place)
    if root.name != "workbook" or root.space != MAIN:
        raise NotAWorkbook(place)
    sheets, names = root.find("sheets"), root.find("definedNames")
    properties, views = root.find("workbookPr"), root.find("bookViews")
    if sheets is None:
        raise PackageDamaged(place)
    try:
        return WorkbookPart(
            sheets=tuple(
                SheetEntry(
                    name=element.attributes["name"],
                    relation=element.attributes[f"{RELATION} id"],
                    state=element.attributes.get("state", "visible"),
                )
                for element in sheets.children
            ),
            names=tuple(_defined_name(data, element) for element in names.children)
            if names
            else (),
            since_1904=properties is not None and properties.attributes.get("date1904") in _TRUE,
            active_sheet=int(views.children[0].attributes.get("activeTab", "0"))
            if views and views.children
            else 0,
        )
    except (KeyError, ValueError) as error:
        raise PackageDamaged(place) from error


def _defined_name(data: bytes, element: Element) -> DefinedName:
    index = element.attributes.get("localSheetId")
    return DefinedName(
        name=element.attributes["name"],
        refers_to=element.text,
        sheet_index=int(index) if index is not None else None,
        tag=data[element.start : element.open_end],
    )


def with_full_calculation(data: bytes, place: str) -> bytes:
    """Return the part with the order to calculate everything on load."""
    root = read_tree(data, place)
    settings = root.find("calcPr")
    if settings is not None:
        if settings.attributes.get("fullCalcOnLoad") in _TRUE:
            return data
        tag = set_attribute(data[settings.start : settings.open_end], "fullCalcOnLoad", "1")
        return splice(data, [(settings.start, settings.open_end, tag)])
    end = _end_of_last(root, {*_BEFORE_NAMES, "definedNames"}, place)
    written = b'<%bcalcPr fullCalcOnLoad="1"/>' % root.prefix(data)
    return splice(data, [(end, end, written)])


def _end_of_last(root: Element, names: set[str], place: str) -> int:
    ends = [child.end for child in root.children if child.name in names]
    if not ends:
        raise PackageDamaged(place)
    return max(ends)


def with_names(data: bytes, names: tuple[DefinedName, ...], place: str) -> bytes:
    """Return the part with these names; those that were in it keep their other attributes."""
    root = read_tree(data, place)
    prefix = root.prefix(data)
    entries = []
    for name in names:
        tag = name.tag or b'<%bdefinedName name="%b">' % (
            prefix,
            attribute_text(name.name).encode(),
        )
        if not name.tag and name.sheet_index is not None:
            tag = set_attribute(tag, "localSheetId", str(name.sheet_index))
        text = name.refers_to.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        entries.append(b"%b%b</%bdefinedName>" % (tag, text.encode(), prefix))
    written = b""
    if entries:
        written = b"<%bdefinedNames>%b</%bdefinedNames>" % (prefix, b"".join(entries), prefix)
    standing = root.find("definedNames")
    if standing is not None:
        return splice(data, [(standing.start, standing.end, written)])
    end = _end_of_last(root, _BEFORE_NAMES, place)
    return splice(data, [(end, end, written)])


def with_sheet_state(data: bytes, index: int, state: str, place: str) -> bytes:
    """Return the part with one sheet visible, hidden or veryHidden."""
    sheets = read_tree(data, place).find("sheets")
    assert sheets is not None, "the part was read before"
    element = sheets.children[index]
    tag = data[element.start : element.open_end]
    tag = set_attribute(tag, "state", None if state == "visible" else state)
    return splice(data, [(element.start, element.open_end, tag)])
