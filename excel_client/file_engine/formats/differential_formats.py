"""
What a conditional format makes of a cell: fill and font of its differential format, read and made.

Only appends: formats that exist keep their place and their bytes, and a changed one is a new one that keeps what was
not changed. Source: ECMA-376 part 1, 18.8.14 (dxf). Knows no cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from excel_client.file_engine.formats.colors import Palette, Rgb, hexadecimal
from excel_client.file_engine.problems import OutsideFileEngine
from excel_client.file_engine.xml.element_edits import inserted, opening_tag
from excel_client.file_engine.xml.xml_spans import Element, read_tree, set_attribute, splice

__all__ = ["Look", "LookChange", "look_in", "look_of", "with_look"]

_BEFORE = {"numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles"}
_PARTS = "font numFmt fill alignment border protection extLst".split()
_FONT = "b i strike condense extend outline shadow u vertAlign sz color name family charset scheme".split()
_FALSE = {"0", "false"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Fill and font; None for what is left as the cell has it."""

    fill_color: Rgb | None = None
    font_color: Rgb | None = None
    font_bold: bool | None = None
    font_italic: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LookChange:
    """What becomes different; None leaves it as it is."""

    fill_color: Rgb | None = None
    font_color: Rgb | None = None
    font_bold: bool | None = None
    font_italic: bool | None = None


def _formats(data: bytes, place: str) -> tuple[Element, list[Element]]:
    root = read_tree(data, place)
    listed = root.find("dxfs")
    return root, listed.all("dxf") if listed is not None else []


def look_of(data: bytes, place: str, number: int, palette: Palette) -> Look:
    """Return what a differential format of the workbook does."""
    _, formats = _formats(data, place)
    return look_in(formats[number], palette) if 0 <= number < len(formats) else Look()


def look_in(element: Element, palette: Palette) -> Look:
    """Return what a differential format's element does."""
    font, fill = element.find("font"), element.find("fill")
    pattern = fill.find("patternFill") if fill is not None else None
    # A solid fill of a differential format has its colour as the background.
    shown = pattern.find("bgColor") if pattern is not None else None
    color = font.find("color") if font is not None else None
    return Look(
        fill_color=palette.rgb(shown.attributes) if shown is not None else None,
        font_color=palette.rgb(color.attributes) if color is not None else None,
        font_bold=_switch(font, "b"),
        font_italic=_switch(font, "i"),
    )


def _switch(font: Element | None, name: str) -> bool | None:
    element = font.find(name) if font is not None else None
    return None if element is None else element.attributes.get("val", "1") not in _FALSE


def with_look(data: bytes, place: str, base: int | None, change: LookChange) -> tuple[bytes, int]:
    """Return the part with a differential format that is another one changed, and its number."""
    root, formats = _formats(data, place)
    if root.find("cellXfs") is None:
        raise OutsideFileEngine(place)
    prefix = root.prefix(data).decode()
    old = formats[base] if base is not None and 0 <= base < len(formats) else None
    written = _changed(data, old, change, prefix)
    for number, element in enumerate(formats):
        if data[element.start : element.end] == written:
            return data, number
    listed = root.find("dxfs")
    if listed is None:
        end = max(child.end for child in root.children if child.name in _BEFORE)
        opening, closing = f'<{prefix}dxfs count="1">', f"</{prefix}dxfs>"
        text = opening.encode() + written + closing.encode()
        return splice(data, [(end, end, text)]), 0
    data = splice(data, [inserted(data, listed, written)])
    listed = read_tree(data, place).find("dxfs")
    assert listed is not None, "it was there before"
    tag = set_attribute(opening_tag(data, listed), "count", str(len(formats) + 1))
    return splice(data, [(listed.start, listed.open_end, tag)]), len(formats)


def _changed(data: bytes, old: Element | None, change: LookChange, prefix: str) -> bytes:
    parts = _children(data, old)
    font = old.find("font") if old is not None else None
    properties = _children(data, font)
    if change.font_color is not None:
        color = f'<{prefix}color rgb="{hexadecimal(change.font_color)}"/>'
        properties["color"] = color.encode()
    for name, value in (("b", change.font_bold), ("i", change.font_italic)):
        if value is not None:
            off = "" if value else ' val="0"'
            properties[name] = f"<{prefix}{name}{off}/>".encode()
    if properties:
        parts["font"] = _element(prefix, "font", properties, _FONT)
    if change.fill_color is not None:
        background = f'<{prefix}bgColor rgb="{hexadecimal(change.fill_color)}"/>'
        pattern = f"<{prefix}patternFill>{background}</{prefix}patternFill>"
        parts["fill"] = f"<{prefix}fill>{pattern}</{prefix}fill>".encode()
    return _element(prefix, "dxf", parts, _PARTS)


def _children(data: bytes, element: Element | None) -> dict[str, bytes]:
    children = element.children if element is not None else []
    return {child.name: data[child.start : child.end] for child in children}


def _element(prefix: str, name: str, parts: Mapping[str, bytes], order: list[str]) -> bytes:
    inner = b"".join(parts[key] for key in order if key in parts)
    return f"<{prefix}{name}>".encode() + inner + f"</{prefix}{name}>".encode()
