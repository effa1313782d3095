"""
How cells look that are linked, or that a conditional format holds for: formats of the workbook, found or made.

Knows no xlwings.
"""

from __future__ import annotations

from excel_client.file_engine.formats.differential_formats import (
    Look,
    LookChange,
    look_of,
    with_look,
)
from excel_client.file_engine.formats.fonts import FontChange
from excel_client.file_engine.problems import OutsideFileEngine
from excel_client.file_engine.workbook.document import Document

__all__ = ["conditional_look", "link_style", "made_look"]

#: The colour of links in the theme of Excel since 2013.
_LINK_COLOR = (0x05, 0x63, 0xC1)


def link_style(document: Document, style: bytes) -> bytes:
    """Return a cell's format with the font of a link: blue and underlined, the rest as it was."""
    change = FontChange(underline="single", color=_LINK_COLOR)
    return str(document.styles.with_font(int(style or b"0"), change)).encode()


def _styles_part(document: Document) -> str:
    name = next(iter(document.parts.related(document.workbook_name, "styles")), None)
    if name is None:
        raise OutsideFileEngine(place="conditional_formats")
    return name


def conditional_look(document: Document, number: int) -> Look:
    """Return what a differential format of the workbook does to a cell."""
    name = _styles_part(document)
    return look_of(document.parts.part(name), name, number, document.styles.palette)


def made_look(document: Document, base: int | None, change: LookChange) -> int:
    """Return the number of a differential format that is another one changed, made where there is none."""
    name = _styles_part(document)
    data, number = with_look(document.parts.part(name), name, base, change)
    document.parts.edit(name, data)
    return number
