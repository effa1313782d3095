"""
The boxes that notes are drawn in: shapes of a VML drawing, which other shapes (buttons, pictures) may share.

Each function returns the part with one box more or less; everything else in it stays as it was, byte for byte. Source:
ECMA-376 part 4, 19.4 (ClientData) and 19.2.2.15 (idmap). Knows no workbook.
"""

from __future__ import annotations

import re
from xml.parsers import expat

from excel_client.file_engine.problems import OutsideFileEngine, PackageDamaged
from excel_client.file_engine.xml.element_edits import inserted, removed, tag_edit
from excel_client.file_engine.xml.xml_spans import (
    Element,
    read_tree,
    refuse_entities,
    set_attribute,
    splice,
)

__all__ = ["EMPTY_DRAWING", "has_shapes", "id_blocks", "with_note_shape", "without_note_shape"]

EMPTY_DRAWING = (
    b'<xml xmlns:v="urn:schemas-microsoft-com:vml"\r\n'
    b' xmlns:o="urn:schemas-microsoft-com:office:office"\r\n'
    b' xmlns:x="urn:schemas-microsoft-com:office:excel"></xml>'
)

_SPACES = {
    "v": "urn:schemas-microsoft-com:vml",
    "o": "urn:schemas-microsoft-com:office:office",
    "x": "urn:schemas-microsoft-com:office:excel",
}
_SHAPE_ID = re.compile(rb"_x0000_s(\d{1,9})")
_STATED_BLOCKS = re.compile(rb"""idmap\s[^<>]*?\sdata\s*=\s*["']([\d, ]*)["']""")
_ROOT = re.compile(rb"""<[A-Za-z](?:[^>"']|"[^"]*"|'[^']*')*>""")
#: A drawing owns blocks of so many shape ids.
_BLOCK_IDS = 1024
_LAYOUT = {"shapelayout", "shapetype"}
_TEXT_BOX = (
    '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202"'
    ' path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/>'
    '<v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_NOTE = (
    '<v:shape id="_x0000_s{number}" type="#_x0000_t202" style="position:absolute;'
    "margin-left:59.25pt;margin-top:1.5pt;width:96pt;height:55.5pt;z-index:{layer};"
    'visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/>'
    '<v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
    '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
    '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
    "<x:Anchor>{anchor}</x:Anchor><x:AutoFill>False</x:AutoFill>"
    "<x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
)


def _read(data: bytes, place: str) -> Element:
    """Return the root of a drawing; some programs write what is no XML, which is left alone."""
    try:
        return read_tree(data, place)
    except PackageDamaged as error:
        raise OutsideFileEngine(place) from error


def _layout(root: Element) -> Element | None:
    layout = root.find("shapelayout")
    return layout.find("idmap") if layout is not None else None


def id_blocks(data: bytes) -> set[int]:
    """Return the blocks of shape ids that a drawing owns or uses."""
    stated = _STATED_BLOCKS.search(data)
    owned = re.findall(rb"\d+", stated[1]) if stated else []
    used = {int(number) // _BLOCK_IDS for number in _SHAPE_ID.findall(data)}
    return used | {int(number) for number in owned}


def has_shapes(data: bytes, place: str) -> bool:
    """Whether a drawing draws anything."""
    return any(child.name not in _LAYOUT for child in _read(data, place).children)


def _note_shape(root: Element, row: int, column: int) -> Element | None:
    wanted = (str(row - 1), str(column - 1))
    for shape in root.walk():
        for client in shape.all("ClientData"):
            if client.attributes.get("ObjectType") == "Note":
                cell = [client.find("Row"), client.find("Column")]
                if tuple(part.text.strip() if part else "0" for part in cell) == wanted:
                    return shape
    return None


def without_note_shape(data: bytes, row: int, column: int, place: str) -> bytes:
    """Return the drawing without the box of a cell's note."""
    shape = _note_shape(_read(data, place), row, column)
    return data if shape is None else splice(data, [removed(shape)])


def with_note_shape(
    data: bytes, cell: tuple[int, int], anchor: str, free_block: int, place: str
) -> bytes:
    """
    Return the drawing with a hidden box for the note of a cell (row, column), where it has none yet.

    `anchor` says between which cells it lies, `free_block` which block of ids no drawing of the workbook uses.
    """
    row, column = cell
    _judge(data, place)
    shape = None
    if _may_have_note(data, row, column):
        shape = _note_shape(_read(data, place), row, column)
    if shape is not None:
        return data
    data, number = _with_free_id(data, free_block, place)
    layer = 1 + data.count(b"ObjectType")
    written = _NOTE.format(
        number=number, layer=layer, anchor=anchor, row=row - 1, column=column - 1
    )
    opening = _ROOT.search(data)
    if opening is None:
        raise PackageDamaged(place)
    pieces = _declared(opening[0], written)
    if b'id="_x0000_t202"' not in data:
        pieces = _declared(opening[0], _TEXT_BOX) + pieces
    if opening[0].endswith(b"/>"):
        return splice(data, [inserted(data, _read(data, place), pieces)])
    end = data.rindex(b"</")
    return splice(data, [(end, end, pieces)])


def _judge(data: bytes, place: str) -> None:
    """Refuse a drawing that is no XML, without making a tree of it: it may hold the boxes of thousands of notes."""
    refuse_entities(data, len(data), place)
    try:
        expat.ParserCreate().Parse(data, True)  # noqa: FBT003 - expat's own signature
    except expat.ExpatError as error:
        raise OutsideFileEngine(place) from error


def _may_have_note(data: bytes, row: int, column: int) -> bool:
    """Whether a box of the cell could be there; a box that does not say where it belongs is one of A1."""
    if (row, column) == (1, 1):
        return True
    marks = ((b"Row", row - 1), (b"Column", column - 1))
    return all(re.search(rb"%b>\s*%d\s*<" % mark, data) for mark in marks)


def _with_free_id(data: bytes, free_block: int, place: str) -> tuple[bytes, int]:
    """Return a shape id of the drawing that is not used, and the drawing with it in its blocks."""
    used = {int(number) for number in _SHAPE_ID.findall(data)}
    stated = _STATED_BLOCKS.search(data)
    for block in map(int, re.findall(rb"\d+", stated[1]) if stated else ()):
        first = block * _BLOCK_IDS
        number = max((n for n in used if first <= n < first + _BLOCK_IDS), default=first) + 1
        if number < first + _BLOCK_IDS:
            return data, number
    root = _read(data, place)
    number = free_block * _BLOCK_IDS + 1
    element = _layout(root)
    if element is not None:
        text = element.attributes.get("data", "")
        edit = tag_edit(data, element, data=f"{text},{free_block}".strip(","))
        return splice(data, [edit]), number
    layout = '<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="{}"/></o:shapelayout>'
    written = _declared(data[root.start : root.open_end], layout.format(free_block))
    before = root.children[0] if root.children else None
    return splice(data, [inserted(data, root, written, before=before)]), number


def _declared(root: bytes, written: str) -> bytes:
    """Return an element with the namespaces that the drawing's root does not declare under these prefixes."""
    top = root.decode()
    end = written.index(">") + 1
    tag = written[:end].encode()
    for prefix, uri in _SPACES.items():
        if not re.search(rf"""\sxmlns:{prefix}\s*=\s*["']{re.escape(uri)}["']""", top):
            tag = set_attribute(tag, f"xmlns:{prefix}", uri)
    return tag + written[end:].encode()
