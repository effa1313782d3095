"""
What stands around a sheet's rows and speaks of areas: dimension, columns, merges, formats, validations.

Read from the part without its rows, so it is small. Areas that cover a table's data follow when the table is resized.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from excel_client.file_engine.formulas.references import Area
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

__all__ = ["SheetSurroundings", "followed_area"]

#: The children of a worksheet in the order that the schema wants (ECMA-376 part 1, 18.3.1.99).
_ORDER = """sheetPr dimension sheetViews sheetFormatPr cols sheetData sheetCalcPr sheetProtection protectedRanges
scenarios autoFilter sortState dataConsolidate customSheetViews mergeCells phoneticPr conditionalFormatting
dataValidations hyperlinks printOptions pageMargins pageSetup headerFooter rowBreaks colBreaks customProperties
cellWatches ignoredErrors smartTags drawing legacyDrawing legacyDrawingHF drawingHF picture oleObjects controls
webPublishItems tableParts extLst""".split()
_FOLLOWING = {"conditionalFormatting", "dataValidation", "ignoredError"}
_RELATION_PREFIX = re.compile(rb"""\sxmlns:([\w.-]+)\s*=\s*["']%b["']""" % RELATION.encode())
_DIMENSION = re.compile(rb"""(<(?:[^\s/>:]+:)?dimension\s[^>]*?ref\s*=\s*)("[^"]*"|'[^']*')""")


def followed_area(area: Area, old: Area, new_last: int) -> Area:
    """
    Return an area as it stands after a table's data reaches another last row.

    Only an area that spans all rows of the old data, with or without the header, in columns of the table, follows.
    """
    spans_rows = area.bottom == old.bottom and area.top in {old.top, old.top - 1}
    if spans_rows and old.left <= area.left and area.right <= old.right:
        return Area(area.top, area.left, new_last, area.right)
    return area


class SheetSurroundings:
    """Head and tail of a sheet part, the rows between them left out."""

    def __init__(self, head: bytes, tail: bytes, place: str) -> None:
        self.head = head
        self.tail = tail
        self.place = place
        self._read()

    def _read(self) -> None:
        self._root = read_tree(self.head + self.tail, self.place)
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
        text = stated.union(area).text()
        self.head = splice(self.head, [(match.start(2), match.end(2), f'"{text}"'.encode())])

    def follow(self, old: Area, new_last: int) -> None:
        """Let formats and validations that cover a table's old data cover its new data."""
        whole = self.head + self.tail
        border = len(self.head)
        edits = []
        for element in self._root.walk():
            edit = self._followed(whole, element, old, new_last)
            if edit is not None:
                start, end, written = edit
                edits.append((start - border, end - border, written))
        if edits:
            self.tail = splice(self.tail, edits)
            self._read()

    @staticmethod
    def _followed(
        whole: bytes, element: Element, old: Area, new_last: int
    ) -> tuple[int, int, bytes] | None:
        if element.name == "sqref":
            stated, text = element.text.strip(), None
        elif element.name in _FOLLOWING and "sqref" in element.attributes:
            stated = text = element.attributes["sqref"]
        else:
            return None
        moved = _each_area(stated, lambda area: followed_area(area, old, new_last))
        if moved == stated:
            return None
        if text is None:
            return element.open_end, element.close_start, attribute_text(moved).encode()
        tag = set_attribute(whole[element.start : element.open_end], "sqref", moved)
        return element.start, element.open_end, tag


def _each_area(stated: str, follow: Callable[[Area], Area]) -> str:
    """Return a space-separated list of areas, each of them followed; what is no area stays as it is."""
    written = []
    for text in stated.split():
        try:
            area = Area.parse(text)
        except ValueError:
            return stated
        moved = follow(area)
        written.append(text if moved == area else moved.text())
    return " ".join(written)
