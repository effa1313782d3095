"""
Hyperlinks of cells: the addresses outside are relationships of the sheet, places inside the workbook are plain text.

A link that covers more cells than are linked anew keeps the rest of them. Source: ECMA-376 part 1, 18.3.1.47. Knows no
xlwings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.problems import LinkRefused, PackageDamaged
from excel_client.file_engine.sheet.area_lists import without_area
from excel_client.file_engine.workbook.document import Document
from excel_client.file_engine.workbook.workbook_part import SheetEntry
from excel_client.file_engine.xml.cell_text import attribute_text
from excel_client.file_engine.xml.element_edits import Edit, inserted, opening_tag
from excel_client.file_engine.xml.xml_spans import RELATION, Element, set_attribute

__all__ = [
    "Hyperlink",
    "add_hyperlink",
    "checked_link",
    "delete_hyperlinks",
    "hyperlink_at",
    "links_in",
]

_ADDRESS_LIMIT = 2_079
_PLACE_LIMIT = 255
#: What xlwings says of a link when it is told nothing; Excel says much the same by itself.
_USUAL_TIP = " - Click once to follow. Click and hold to select this cell."
_FILE = "file:///"
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_UNSAFE = re.compile(r'[ "<>\[\]`^{}|]|%(?![0-9A-Fa-f]{2})')
_DRIVE_OR_SHARE = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hyperlink:
    """Where a link leads: an address outside, a place in it or in the workbook, and what is said of it."""

    address: str
    #: "Sheet!A1" or a name; empty for none.
    location: str
    tip: str


def checked_link(address: str, tip: str, place: str) -> Hyperlink:
    """Return the link that an address stands for; LinkRefused where Excel could not hold it."""
    outside, _, location = address.partition("#")
    if tip == address + _USUAL_TIP and len(tip) > _PLACE_LIMIT:
        tip = ""
    target = _target(outside)
    fits = len(target) <= _ADDRESS_LIMIT and len(location) <= _PLACE_LIMIT
    plain = not any(map(_CONTROL.search, (outside, location, tip)))
    if not fits or not plain or len(tip) > _PLACE_LIMIT or not address.strip("# "):
        raise LinkRefused(place)
    return Hyperlink(address=outside, location=location, tip=tip)


def _target(address: str) -> str:
    """Return an address as a relationship states it."""
    if _DRIVE_OR_SHARE.match(address):
        address = _FILE + address
    elif not _SCHEME.match(address):
        address = address.replace("\\", "/")
    return _UNSAFE.sub(lambda match: f"%{ord(match[0]):02X}", address)


def _address(target: str) -> str:
    if target.lower().startswith(_FILE):
        return unquote(target[len(_FILE) :])
    return target if _SCHEME.match(target) else unquote(target)


def hyperlink_at(document: Document, entry: SheetEntry, row: int, column: int) -> Hyperlink | None:
    """Return a cell's link."""
    cell = Area(row, column, row, column)
    part = document.sheet_part(entry)
    for element in _elements(document, entry):
        if not _area(element, part).holds(cell):
            continue
        key = element.attributes.get(f"{RELATION} id")
        targets = {r.key: r.target for r in document.parts.relations(part)} if key else {}
        address, _, place = _address(targets.get(key or "", "")).partition("#")
        return Hyperlink(
            address=address,
            location=element.attributes.get("location", place),
            tip=element.attributes.get("tooltip", ""),
        )
    return None


def links_in(document: Document, entry: SheetEntry, area: Area) -> list[tuple[Area, Hyperlink]]:
    """Return the links of an area, each with those of its cells that are in it."""
    part = document.sheet_part(entry)
    found = []
    for element in _elements(document, entry):
        linked = _area(element, part)
        if not linked.meets(area):
            continue
        top, left = max(linked.top, area.top), max(linked.left, area.left)
        common = Area(top, left, min(linked.bottom, area.bottom), min(linked.right, area.right))
        link = hyperlink_at(document, entry, top, left)
        if link is not None:
            found.append((common, link))
    return found


def _elements(document: Document, entry: SheetEntry) -> list[Element]:
    listed = document.sheet(entry).surroundings.root.find("hyperlinks")
    return listed.all("hyperlink") if listed else []


def _area(element: Element, place: str) -> Area:
    try:
        return Area.parse(element.attributes["ref"])
    except (KeyError, ValueError) as error:
        raise PackageDamaged(place) from error


def add_hyperlink(document: Document, entry: SheetEntry, area: Area, link: Hyperlink) -> None:
    """Link the cells of an area; links that they had are gone."""
    delete_hyperlinks(document, entry, area)
    sheet = document.sheet(entry)
    around = sheet.surroundings
    relation = ""
    if link.address:
        prefix = around.relation_prefix()
        part, target = document.sheet_part(entry), _target(link.address)
        key = document.parts.relate(part, f"{RELATION}/hyperlink", target, external=True)
        relation = f' {prefix}:id="{key}"'
    place = f' location="{attribute_text(link.location)}"' if link.location else ""
    tip = f' tooltip="{attribute_text(link.tip)}"' if link.tip else ""
    prefix = around.prefix()
    written = f'<{prefix}hyperlink ref="{area.text()}"{relation}{place}{tip}/>'.encode()
    listed = around.root.find("hyperlinks")
    if listed is None:
        opening, closing = f"<{prefix}hyperlinks>".encode(), f"</{prefix}hyperlinks>".encode()
        around.put_children("hyperlinks", opening + written + closing)
    else:
        around.splice([inserted(around.whole, listed, written)])
    sheet.changed = True


def delete_hyperlinks(document: Document, entry: SheetEntry, area: Area) -> None:
    """Take the links of an area away; of links that reach further the rest stays."""
    sheet, part = document.sheet(entry), document.sheet_part(entry)
    around = sheet.surroundings
    edits: list[Edit] = []
    touched: set[str | None] = set()
    left = 0
    for element in _elements(document, entry):
        old = _area(element, part)
        left += 1
        if old.meets(area):
            rest = without_area([old], area)
            left += len(rest) - 1
            touched.add(element.attributes.get(f"{RELATION} id"))
            tag = set_attribute(opening_tag(around.whole, element), "xr:uid", None)
            tags = [set_attribute(tag, "ref", piece.text()) for piece in rest]
            inside = around.whole[element.open_end : element.end]
            edits.append((element.start, element.end, b"".join(t + inside for t in tags)))
    if not edits:
        return
    if left:
        around.splice(edits)
    else:
        around.put_children("hyperlinks", b"")
    sheet.changed = True
    used = {element.attributes.get(f"{RELATION} id") for element in _elements(document, entry)}
    for key in touched - used - {None}:
        assert key is not None, "it was taken out"
        document.parts.unrelate(part, key)
