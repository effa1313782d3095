"""
What validations and conditional formats share: rules that hold in a list of areas, in the sheet or its extensions.

Where cells leave a rule, its formulas are moved along, since they are written for its first cell. Rules of later
versions of Excel stand in the extension list, with their areas in an element of their own ([MS-XLSX] 2.4.22, 2.4.50).
"""

from __future__ import annotations

from collections.abc import Iterator

from excel_client.file_engine.formulas.formula_text import move_references
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.problems import PackageDamaged
from excel_client.file_engine.sheet.area_lists import area_list_text, areas_in, without_area
from excel_client.file_engine.sheet.sheet_surroundings import SheetSurroundings
from excel_client.file_engine.xml.cell_text import escape_text
from excel_client.file_engine.xml.element_edits import Edit, inserted, removed, tag_edit
from excel_client.file_engine.xml.xml_spans import Element, set_attribute

__all__ = [
    "EXTENDED",
    "EXTENDED_FORMULAS",
    "areas_of",
    "base_of",
    "cut_edits",
    "drop_empty",
    "extension_edit",
    "rules_named",
]

#: The namespaces of rules in the extension list, and of the formulas and areas in them.
EXTENDED = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
EXTENDED_FORMULAS = "http://schemas.microsoft.com/office/excel/2006/main"
_FORMULAS = {"formula", "formula1", "formula2", "f"}


def rules_named(root: Element, listed: str, name: str) -> Iterator[Element]:
    """Yield the elements of a kind of rule, those of the sheet first; `listed` is the element around them, if any."""
    around = root.all(listed) if listed else [root]
    for element in around:
        yield from element.all(name)
    extensions = root.find("extLst")
    for extension in extensions.children if extensions else ():
        for element in extension.children:
            if element.space == EXTENDED:
                yield from (child for child in element.children if child.name == name)


def areas_of(element: Element, place: str) -> list[Area]:
    """Return the areas in which a rule holds."""
    text = element.attributes.get("sqref")
    if text is None:
        stated = element.find("sqref")
        text = stated.text if stated else ""
    areas = areas_in(text, place)
    if not areas:
        raise PackageDamaged(place)
    return areas


def base_of(areas: list[Area]) -> tuple[int, int]:
    """Return row and column of the cell that a rule's formulas are written for."""
    return min(area.top for area in areas), min(area.left for area in areas)


def cut_edits(around: SheetSurroundings, element: Element, gone: Area) -> list[Edit]:
    """Return the edits after which a rule no longer holds in an area."""
    areas = areas_of(element, around.place)
    rest = without_area(areas, gone)
    if rest == areas:
        return []
    if not rest:
        return [removed(element)]
    whole = around.whole
    stated = element.find("sqref")
    text = area_list_text(rest)
    edits = []
    if "sqref" in element.attributes:
        edits.append(tag_edit(whole, element, **{"sqref": text, "xr:uid": None}))
    elif stated is not None:
        edits.append((stated.open_end, stated.close_start, text.encode()))
    old, new = base_of(areas), base_of(rest)
    for part in element.walk():
        if part.name in _FORMULAS and part.text and not part.children:
            moved = move_references(part.text, new[0] - old[0], new[1] - old[1])
            if moved != part.text:
                edits.append((part.open_end, part.close_start, escape_text(moved).encode()))
    return edits


def drop_empty(around: SheetSurroundings, listed: str, *, counted: bool) -> None:
    """Drop lists of rules that became empty, with the extensions around them; state the number of the others."""
    root = around.root
    standing = root.all(listed) if counted else []
    edits = [_settled(around, element, counted=True) for element in standing]
    extensions = root.find("extLst")
    left = 0
    found = []
    for extension in extensions.children if extensions else ():
        inner = [e for e in extension.children if e.space == EXTENDED and e.name == listed]
        if inner and not inner[0].children and len(extension.children) == 1:
            found.append(removed(extension))
            continue
        left += 1
        found += [_settled(around, element, counted=counted) for element in inner]
    if extensions is not None and found and not left:
        found = [removed(extensions)]
    edits += found
    changes = [edit for edit in edits if around.whole[edit[0] : edit[1]] != edit[2]]
    if changes:
        around.splice(changes)


def _settled(around: SheetSurroundings, element: Element, *, counted: bool) -> Edit:
    if not element.children:
        return removed(element)
    if not counted:
        return element.start, element.start, b""
    return tag_edit(around.whole, element, count=str(len(element.children)))


def extension_edit(around: SheetSurroundings, uri: str, listed: str, written: bytes) -> None:
    """Put a rule into the list of a kind in the extensions, made where there is none; a new kind goes first."""
    root, whole = around.root, around.whole
    extensions = root.find("extLst")
    for extension in extensions.children if extensions else ():
        for element in extension.children:
            if element.space == EXTENDED and element.name == listed:
                around.splice([inserted(whole, element, written)])
                return
    prefix = around.prefix()
    tag = set_attribute(f"<{prefix}ext>".encode(), "xmlns:x14", EXTENDED)
    tag = set_attribute(tag, "uri", uri)
    inner = f"<x14:{listed}>".encode() + written + f"</x14:{listed}>".encode()
    extension_text = tag + inner + f"</{prefix}ext>".encode()
    if extensions is not None:
        before = extensions.children[0] if extensions.children else None
        around.splice([inserted(whole, extensions, extension_text, before=before)])
        return
    text = f"<{prefix}extLst>".encode() + extension_text + f"</{prefix}extLst>".encode()
    around.splice([inserted(whole, root, text)])
