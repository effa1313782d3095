"""
Cells of a sheet that goes into another workbook: their formats and shared texts become that workbook's.

Texts are written into the cells. What depends on the old workbook in another way is refused. Knows no xlwings.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from excel_client.file_engine.formats.adopted_formats import AdoptedFormats
from excel_client.file_engine.problems import OutsideFileEngine, PackageDamaged
from excel_client.file_engine.sheet.sheet_surroundings import SheetSurroundings
from excel_client.file_engine.xml.element_edits import Edit, tag_edit
from excel_client.file_engine.xml.xml_spans import Element, read_tree, splice

if TYPE_CHECKING:
    from excel_client.file_engine.workbook.document import Document

__all__ = ["MovedCells", "judge_move"]

_TAG = re.compile(rb"<(c|row)(\s[^<>]*?)?(/?)>(?:<v>(\d+)</v></c>)?")
_STYLE = re.compile(rb'(\ss=")(\d+)(")')
_ANY_STYLE = re.compile(rb"""<(?:c|row)\s[^<>]*?\ss\s*=\s*["'](\d+)""")
_TEXT_TYPE = re.compile(rb'\st="s"')
_META = re.compile(rb"<c\s[^<>]*?\s[cv]m=")
_ODD_ATTRIBUTE = re.compile(rb"<(?:c|row)\s[^<>]*?\s[st]\s*=(?:\s|\s*')|<c\s[^<>]*?\s[st]\s+=")
_SHARED = re.compile(rb"<si>(.*?)</si>|<si\s*/>", re.DOTALL)
_TABLE_FORMATS = (
    "headerRowDxfId",
    "dataDxfId",
    "totalsRowDxfId",
    "headerRowBorderDxfId",
    "tableBorderDxfId",
    "totalsRowBorderDxfId",
)
_NAMED_CELL_STYLES = ("headerRowCellStyle", "dataCellStyle", "totalsRowCellStyle")


def judge_move(source: Document, target: Document, rows: bytes, place: str) -> None:
    """Refuse rows whose cells mean something else in another workbook."""
    if source.workbook.since_1904 != target.workbook.since_1904:
        raise OutsideFileEngine(place)
    if _META.search(rows) or _ODD_ATTRIBUTE.search(rows):
        raise OutsideFileEngine(place)
    if not target.parts.related(target.workbook_name, "styles"):
        raise OutsideFileEngine(place)
    formats = _formats(source, target)
    formats.judge({int(number) for number in _ANY_STYLE.findall(rows)})
    for kind, tag, closed, held in _TAG.findall(rows):
        if kind == b"c" and tag and _TEXT_TYPE.search(tag) and not held and not closed:
            raise OutsideFileEngine(place)
    if _TEXT_TYPE.search(rows):
        _texts(source)


def _formats(source: Document, target: Document) -> AdoptedFormats:
    name = next(iter(source.parts.related(source.workbook_name, "styles")), None)
    data = source.parts.part(name) if name else source.styles.data
    other = target.parts.related(target.workbook_name, "styles")[0]
    return AdoptedFormats(source.styles, data, target.styles, target.parts.part(other))


def _texts(source: Document) -> list[bytes]:
    """Return the shared texts as they are written, with the formats of their runs."""
    name = next(iter(source.parts.related(source.workbook_name, "sharedStrings")), None)
    data = source.parts.part(name) if name else b""
    texts = _SHARED.findall(data)
    if len(texts) != data.count(b"<si") or b"<!" in data:
        raise OutsideFileEngine(name or "sharedStrings")
    return texts


class MovedCells:
    """How one sheet's cells read in another workbook."""

    def __init__(self, source: Document, target: Document) -> None:
        self._source, self._target = source, target
        self._place = source.workbook_name
        self._formats = _formats(source, target)
        self._shared: list[bytes] | None = None
        self._styles: dict[bytes, bytes] = {}

    def _number(self, element: Element, name: str) -> int:
        stated = element.attributes[name]
        if not stated.isdecimal():
            raise PackageDamaged(self._place)
        return int(stated)

    def sheet(self, head: bytes, rows: bytes, tail: bytes, part: str) -> bytes:
        """Return the part of a sheet for the other workbook."""
        around = SheetSurroundings(head, tail, part)
        edits: list[Edit] = []
        for element in around.root.walk():
            attributes: dict[str, str | None] = {}
            if element.name == "col" and "style" in element.attributes:
                style = self._formats.style(self._number(element, "style"))
                attributes["style"] = str(style) if style else None
            if "dxfId" in element.attributes:
                place = self._formats.rule_format(self._number(element, "dxfId"))
                attributes["dxfId"] = str(place)
            if attributes:
                edits.append(tag_edit(around.whole, element, **attributes))
        around.splice(edits)
        return around.head + _TAG.sub(self._tag, rows) + around.tail

    def _tag(self, match: re.Match[bytes]) -> bytes:
        kind, attributes, closing, held = match.groups()
        attributes = _STYLE.sub(self._styled, attributes or b"")
        if kind != b"c" or not held:
            return b"<%b%b%b>" % (kind, attributes, closing)
        if not _TEXT_TYPE.search(attributes):
            return b"<c%b><v>%b</v></c>" % (attributes, held)
        if self._shared is None:
            self._shared = _texts(self._source)
        attributes = _TEXT_TYPE.sub(b' t="inlineStr"', attributes)
        try:
            return b"<c%b><is>%b</is></c>" % (attributes, self._shared[int(held)])
        except IndexError as error:
            raise PackageDamaged(self._place) from error

    def _styled(self, match: re.Match[bytes]) -> bytes:
        old = match[2]
        if old not in self._styles:
            style = self._formats.style(int(old))
            self._styles[old] = b"" if not style else b"%b%d%b" % (match[1], style, match[3])
        return self._styles[old]

    def table(self, part: str, data: bytes) -> bytes:
        """Return a table's part for the other workbook."""
        root = read_tree(data, part)
        edits: list[Edit] = []
        for element in (root, *root.walk()):
            attributes: dict[str, str | None] = {}
            for name in _NAMED_CELL_STYLES:
                if name in element.attributes:
                    self._formats.cell_style(element.attributes[name])
            for name in (*_TABLE_FORMATS, "dxfId"):
                if name in element.attributes:
                    place = self._formats.rule_format(self._number(element, name))
                    attributes[name] = str(place)
            if element.name == "tableStyleInfo" and "name" in element.attributes:
                self._formats.table_style(element.attributes["name"])
            if attributes:
                edits.append(tag_edit(data, element, **attributes))
        return splice(data, edits)

    def finish(self) -> None:
        """Let the other workbook have the formats that were added for rules and named styles."""
        name = self._target.parts.related(self._target.workbook_name, "styles")[0]
        self._target.parts.edit(name, self._formats.data)
