"""
What stands around a sheet's rows and speaks of areas: dimension, columns, merges, formats, validations.

Read from the part without its rows, so it is small.
"""

from __future__ import annotations

import re

from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.problems import NotAWorkbook, PackageDamaged
from excel_client.file_engine.xml.xml_spans import (
    MAIN,
    RELATION,
    Element,
    read_tree,
    set_attribute,
    splice,
)

__all__ = ["SheetSurroundings"]

#: The children of a worksheet in the order that the schema wants (ECMA-376 part 1, 18.3.1.99).
_ORDER = """sheetPr dimension sheetViews sheetFormatPr cols sheetData sheetCalcPr sheetProtection protectedRanges
scenarios autoFilter sortState dataConsolidate customSheetViews mergeCells phoneticPr conditionalFormatting
dataValidations hyperlinks printOptions pageMargins pageSetup headerFooter rowBreaks colBreaks customProperties
cellWatches ignoredErrors smartTags drawing legacyDrawing legacyDrawingHF drawingHF picture oleObjects controls
webPublishItems tableParts extLst""".split()
_RELATION_PREFIX = re.compile(rb"""\sxmlns:([\w.-]+)\s*=\s*["']%b["']""" % RELATION.encode())
_DIMENSION = re.compile(rb"""(<(?:[^\s/<>:]+:)?dimension\s[^<>]*?ref\s*=\s*)("[^"]*"|'[^']*')""")


class SheetSurroundings:
    """Head and tail of a sheet part, the rows between them left out."""

    def __init__(self, head: bytes, tail: bytes, place: str) -> None:
        self.head = head
        self.tail = tail
        self.place = place
        self._read()

    def _read(self) -> None:
        self._tree: Element | None = None
        if self._root.space != MAIN or self._root.name != "worksheet":
            raise NotAWorkbook(self.place)
        try:
            merges = self._root.find("mergeCells")
            self.merged = [
                Area.parse(element.attributes["ref"])
                for element in (merges.children if merges else ())
            ]
            columns = self._root.find("cols")
            self._column_styles = [
                (
                    int(element.attributes["min"]),
                    int(element.attributes["max"]),
                    element.attributes.get("style", "0").encode(),
                )
                for element in (columns.children if columns else ())
            ]
        except (KeyError, ValueError) as error:
            raise PackageDamaged(self.place) from error

    @property
    def _root(self) -> Element:
        """The worksheet element, read again when its places have moved."""
        if self._tree is None:
            self._tree = read_tree(self.head + self.tail, self.place)
        return self._tree

    def column_style(self, column: int) -> bytes:
        """Return the format that a new cell takes from its column, empty for none."""
        for first, last, style in self._column_styles:
            if first <= column <= last:
                return style if style != b"0" else b""
        return b""

    @property
    def root(self) -> Element:
        """The worksheet element without its rows; places count in `head + tail`."""
        return self._root

    @property
    def whole(self) -> bytes:
        """Head and tail in one, which the places of `root` count in."""
        return self.head + self.tail

    def prefix(self) -> str:
        """Return the namespace prefix that the sheet's elements are written with, "x:" or nothing."""
        return self._root.prefix(self.head).decode()

    def relation_prefix(self) -> str:
        """Return the prefix of the namespace of relationship ids, declared on the sheet if it is not yet."""
        tag = self.head[self._root.start : self._root.open_end]
        declared = _RELATION_PREFIX.search(tag)
        if declared:
            return declared[1].decode()
        self.splice(
            [(self._root.start, self._root.open_end, set_attribute(tag, "xmlns:r", RELATION))]
        )
        return "r"

    def splice(self, edits: list[tuple[int, int, bytes]]) -> None:
        """Apply edits, given as places in `whole`; each lies in the head or in the tail."""
        border = len(self.head)
        # What begins at the border belongs to the tail, but for an insertion before the rows: there is none.
        self.head = splice(self.head, [edit for edit in edits if edit[0] < border])
        behind = [
            (start - border, end - border, new) for start, end, new in edits if start >= border
        ]
        self.tail = splice(self.tail, behind)
        self._read()

    def put_children(self, name: str, written: bytes) -> None:
        """Let the worksheet have these children of a name, in their place; empty bytes for none."""
        standing = self._root.all(name)
        if standing:
            edits = [(e.start, e.end, b"") for e in standing]
            edits[0] = (standing[0].start, standing[0].end, written)
            self.splice(edits)
            return
        if not written:
            return
        before = set(_ORDER[: _ORDER.index(name)])
        last = max(
            (e for e in self._root.children if e.name in before), key=lambda e: e.end, default=None
        )
        place = last.end if last is not None else self._root.open_end
        self.splice([(place, place, written)])

    def table_relations(self) -> list[str]:
        """Return the relationship ids of the sheet's tables, in the sheet's order."""
        parts = self._root.find("tableParts")
        found = []
        for element in parts.children if parts else ():
            found += [text for name, text in element.attributes.items() if name.endswith(" id")]
        return found

    def cover(self, area: Area) -> None:
        """Make the stated dimension hold an area; nothing happens where none is stated."""
        match = _DIMENSION.search(self.head)
        if match is None:
            return
        try:
            stated = Area.parse(match[2][1:-1].decode())
        except ValueError:
            stated = area
        text = f'"{stated.union(area).text()}"'.encode()
        if text != match[2]:
            self.head = splice(self.head, [(match.start(2), match.end(2), text)])
            self._tree = None
