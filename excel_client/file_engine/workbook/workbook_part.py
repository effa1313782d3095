"""
xl/workbook.xml and what hangs on it: sheets, names, the calendar, the order to calculate on load.

Each function returns the part with one thing changed and everything else as it was. Knows no cells.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from excel_client.file_engine.problems import NotAWorkbook, PackageDamaged
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
    "sheet_tag",
    "with_active_sheet",
    "with_full_calculation",
    "with_names",
    "with_sheet_name",
    "with_sheet_state",
    "with_sheets",
]

_TRUE = {"1", "true"}
_BEFORE_NAMES = {"sheets", "functionGroups", "externalReferences"}
_RELATION_PREFIX = re.compile(rb"""\sxmlns:([\w.-]+)\s*=\s*["']%b["']""" % RELATION.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetEntry:
    """A sheet as the workbook lists it."""

    name: str
    relation: str
    #: visible, hidden or veryHidden.
    state: str
    #: A number that no other sheet of the workbook has; it outlives a rename.
    sheet_id: str = ""

    @property
    def number(self) -> int:
        """The sheet's id as a number, 0 for what is none."""
        return int(self.sheet_id) if self.sheet_id.isdecimal() else 0

    @property
    def key(self) -> tuple[str, str]:
        """What stays the same when the sheet is renamed, moved or saved."""
        return self.relation, self.sheet_id


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinedName:
    """A name: of the workbook, or of the sheet at a 0-based place."""

    name: str
    refers_to: str
    sheet_index: int | None
    is_hidden: bool = False
    #: The opening tag as it stands in the part; empty for a name added now.
    tag: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkbookPart:
    """What the workbook part says."""

    sheets: tuple[SheetEntry, ...]
    names: tuple[DefinedName, ...]
    since_1904: bool
    active_sheet: int
    #: Whether the list of sheets is protected from changes.
    is_locked: bool = False


def read_workbook(data: bytes, place: str) -> WorkbookPart:
    """Return what the part says; NotAWorkbook when it is another kind of document."""
    root = read_tree(data, place)
    if root.name != "workbook" or root.space != MAIN:
        raise NotAWorkbook(place)
    sheets, names = root.find("sheets"), root.find("definedNames")
    properties, views = root.find("workbookPr"), root.find("bookViews")
    lock = root.find("workbookProtection")
    if sheets is None:
        raise PackageDamaged(place)
    try:
        return WorkbookPart(
            sheets=tuple(
                SheetEntry(
                    name=element.attributes["name"],
                    relation=element.attributes[f"{RELATION} id"],
                    state=element.attributes.get("state", "visible"),
                    sheet_id=element.attributes.get("sheetId", ""),
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
            is_locked=lock is not None and lock.attributes.get("lockStructure") in _TRUE,
        )
    except (KeyError, ValueError) as error:
        raise PackageDamaged(place) from error


def _defined_name(data: bytes, element: Element) -> DefinedName:
    index = element.attributes.get("localSheetId")
    return DefinedName(
        name=element.attributes["name"],
        refers_to=element.text,
        sheet_index=int(index) if index is not None else None,
        is_hidden=element.attributes.get("hidden") in _TRUE,
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
        if not name.tag and name.is_hidden:
            tag = set_attribute(tag, "hidden", "1")
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


def _with_sheet_attribute(
    data: bytes, index: int, attribute: str, value: str | None, place: str
) -> bytes:
    sheets = read_tree(data, place).find("sheets")
    assert sheets is not None, "the part was read before"
    element = sheets.children[index]
    tag = set_attribute(data[element.start : element.open_end], attribute, value)
    return splice(data, [(element.start, element.open_end, tag)])


def with_active_sheet(data: bytes, index: int, place: str) -> bytes:
    """Return the part with the sheet at a place in front, and a window where it has none."""
    root = read_tree(data, place)
    views, sheets = root.find("bookViews"), root.find("sheets")
    assert sheets is not None, "the part was read before"
    stated = str(index) if index else None
    if views is not None and views.children:
        view = views.children[0]
        if int(view.attributes.get("activeTab", "0")) == index:
            return data
        tag = set_attribute(data[view.start : view.open_end], "activeTab", stated)
        return splice(data, [(view.start, view.open_end, tag)])
    prefix = root.prefix(data)
    view_tag = set_attribute(b"<%bworkbookView/>" % prefix, "activeTab", stated)
    written = b"<%bbookViews>%b</%bbookViews>" % (prefix, view_tag, prefix)
    start, end = (views.start, views.end) if views is not None else (sheets.start, sheets.start)
    return splice(data, [(start, end, written)])


def with_sheet_state(data: bytes, index: int, state: str, place: str) -> bytes:
    """Return the part with one sheet visible, hidden or veryHidden."""
    value = None if state == "visible" else state
    return _with_sheet_attribute(data, index, "state", value, place)


def with_sheet_name(data: bytes, index: int, name: str, place: str) -> bytes:
    """Return the part with another name for one sheet; what refers to it is not followed here."""
    return _with_sheet_attribute(data, index, "name", name, place)


def sheet_tag(data: bytes, entry: SheetEntry, place: str) -> bytes:
    """Return the element that lists a sheet which the part does not list yet."""
    root = read_tree(data, place)
    declared = _RELATION_PREFIX.search(data[root.start : root.open_end])
    relation = declared[1].decode() if declared else "r"
    name = attribute_text(entry.name)
    tag = f'<{root.prefix(data).decode()}sheet name="{name}" sheetId="{entry.sheet_id}"'
    if entry.state != "visible":
        tag += f' state="{entry.state}"'
    if not declared:
        tag += f' xmlns:{relation}="{RELATION}"'
    return f'{tag} {relation}:id="{entry.relation}"/>'.encode()


def with_sheets(data: bytes, order: Sequence[int | bytes], place: str) -> bytes:
    """
    Return the part with its sheets in another order, some of them gone or new.

    `order` lists sheets by the place they had, and new ones as elements. Names of a sheet's own and the tab that is in
    front follow their sheets; names of sheets that are gone go with them.
    """
    root = read_tree(data, place)
    sheets = root.find("sheets")
    assert sheets is not None, "the part was read before"
    moved = {old: new for new, old in enumerate(order) if isinstance(old, int)}
    tags = [
        data[sheets.children[sheet].start : sheets.children[sheet].end]
        if isinstance(sheet, int)
        else sheet
        for sheet in order
    ]
    edits = [(sheets.open_end, sheets.close_start, b"".join(tags))]
    views, names = root.find("bookViews"), root.find("definedNames")
    for view in views.children if views else ():
        tag = data[view.start : view.open_end]
        for attribute in ("activeTab", "firstSheet"):
            if attribute in view.attributes or attribute == "activeTab":
                stated = view.attributes.get(attribute, "0")
                old = int(stated) if stated.isdecimal() else 0
                new = moved.get(old, min(old, len(order) - 1))
                tag = set_attribute(tag, attribute, str(new) if new else None)
        edits.append((view.start, view.open_end, tag))
    if names is not None:
        edits += _moved_names(data, names, moved)
    return splice(data, edits)


def _moved_names(
    data: bytes, names: Element, moved: dict[int, int]
) -> list[tuple[int, int, bytes]]:
    edits: list[tuple[int, int, bytes]] = []
    for element in names.children:
        stated = element.attributes.get("localSheetId")
        if stated is None or moved.get(int(stated)) == int(stated):
            continue
        index = moved.get(int(stated))
        if index is None:
            edits.append((element.start, element.end, b""))
            continue
        tag = set_attribute(data[element.start : element.open_end], "localSheetId", str(index))
        edits.append((element.start, element.open_end, tag))
    if len(names.children) == sum(not new for *_, new in edits):
        return [(names.start, names.end, b"")]
    return edits
