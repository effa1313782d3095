"""
Cells copied from another workbook: their formats by content, their texts, their formulas where these mean the same.

What would not look or read exactly the same is refused. Changes nothing in the workbook that is copied from.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from excel_client.file_engine.problems import OutsideFileEngine, PackageDamaged
from excel_client.file_engine.sheet.cell_copies import CellCopy
from excel_client.file_engine.xml.xml_spans import set_attribute

if TYPE_CHECKING:
    from excel_client.file_engine.workbook.document import Document

__all__ = ["ForeignCells"]

_STRING = re.compile(rb"<((?:[^\s/<>:]+:)?)si(?:\s[^<>]*)?(?:/>|>(.*?)</\1si>)", re.DOTALL)
_HELD = re.compile(rb"<v(?:\s[^<>]*)?>(\d+)</v>")
_TEXT = re.compile(r'"(?:[^"]|"")*"')
#: What a formula may consist of to mean the same in another workbook: functions, cells of its own sheet, constants.
_WORD = re.compile(r"[A-Za-z_\\][\w.\\]*(\()?")
_CELL = re.compile(r"[A-Za-z]{1,3}[0-9]{1,7}|[A-Za-z]{1,3}|TRUE|FALSE|E", re.IGNORECASE)


class ForeignCells:
    """Brings cells of one workbook into another."""

    def __init__(self, source: Document, target: Document) -> None:
        self._source, self._target = source, target
        self._styles: dict[bytes, bytes] = {}
        self._strings: list[bytes] | None = None

    def style(self, style: bytes) -> bytes:
        """Return the format that looks the same in the other workbook; OutsideFileEngine where none can."""
        if style not in self._styles:
            number = self._target.styles.like(self._source.styles, int(style or b"0"))
            if number is None:
                raise OutsideFileEngine(place="styles")
            self._styles[style] = b"%d" % number if number else b""
        return self._styles[style]

    def cell(self, copy: CellCopy, place: str) -> CellCopy:
        """Return a cell that reads the same in the other workbook."""
        if copy.has_metadata:
            raise OutsideFileEngine(place)
        if copy.formula is not None and not _is_plain(copy.formula):
            raise OutsideFileEngine(place)
        if copy.kind != b"s":
            return copy
        held = _HELD.search(copy.cell)
        strings = self._shared_strings()
        if held is None or int(held[1]) >= len(strings):
            raise PackageDamaged(place)
        end = copy.cell.index(b">") + 1
        tag = set_attribute(copy.cell[:end], "t", "inlineStr")
        text = b"<is>" + strings[int(held[1])] + b"</is></c>"
        return replace(copy, cell=tag + text)

    def _shared_strings(self) -> list[bytes]:
        """Return the shared strings as they are written between their tags."""
        if self._strings is None:
            parts, name = self._source.parts, self._source.workbook_name
            found = parts.related(name, "sharedStrings")
            data = parts.part(found[0]) if found else b""
            self._strings = []
            for match in _STRING.finditer(data):
                inner = match[2] or b""
                if match[1]:
                    inner = inner.replace(b"<" + match[1], b"<").replace(b"</" + match[1], b"</")
                self._strings.append(inner)
        return self._strings


def _is_plain(formula: str) -> bool:
    text = _TEXT.sub("", formula)
    if any(mark in text for mark in "![]#'"):
        return False
    return all(
        match[1] or _CELL.fullmatch(match[0]) for match in _WORD.finditer(text.replace("$", ""))
    )
