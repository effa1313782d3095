"""
Cell formats of a workbook: which numbers are dates, and new formats where a cell needs one.

Only appends: formats that exist keep their place and their bytes. Source: ECMA-376 part 1, 18.8.30 and 18.8.10.
"""

from __future__ import annotations

import re

from excel_client.file_engine.problems import OutsideFileEngine, PackageDamaged
from excel_client.file_engine.xml.cell_text import attribute_text
from excel_client.file_engine.xml.xml_spans import Element, read_tree, set_attribute, splice

__all__ = ["Styles"]

_BUILT_IN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%",
    11: "0.00E+00", 12: "# ?/?", 13: "# ??/??", 14: "m/d/yyyy", 15: "d-mmm-yy", 16: "d-mmm",
    17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss",
    22: "m/d/yyyy h:mm", 37: "#,##0_);(#,##0)", 38: "#,##0_);[Red](#,##0)",
    39: "#,##0.00_);(#,##0.00)", 40: "#,##0.00_);[Red](#,##0.00)", 45: "mm:ss", 46: "[h]:mm:ss",
    47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
}  # fmt: skip
_BUILT_IN_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_FIRST_CUSTOM = 164
_GENERAL = 0
_DAY = 14
_MOMENT = 22
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?![hHmMsS]+\])[^\]]*\]')


def _shows_dates(code: str) -> bool:
    plain = _LITERAL.sub("", code.split(";", maxsplit=1)[0])
    return plain.lower() != "general" and re.search("[dmyhsDMYHS]", plain) is not None


class Styles:
    """The formats of one workbook's cells, by the number in a cell's s attribute."""

    def __init__(self, data: bytes | None, place: str) -> None:
        self.data = data
        self.place = place
        self._codes: dict[int, str] = {}
        self._format_ids: list[int] = []
        self._added: list[tuple[int, int]] = []
        self._added_codes: dict[int, str] = {}
        #: The date formats as they stand in cells' s attributes, those added later included.
        self.dates: set[bytes] = set()
        if data is None:
            return
        root = read_tree(data, place)
        formats = root.find("numFmts")
        try:
            for element in formats.children if formats else ():
                self._codes[int(element.attributes["numFmtId"])] = element.attributes["formatCode"]
            cells = root.find("cellXfs")
            self._format_ids = [
                int(element.attributes.get("numFmtId", "0"))
                for element in (cells.children if cells else ())
            ]
        except (KeyError, ValueError) as error:
            raise PackageDamaged(place) from error
        self._original_count = len(self._format_ids)
        self.dates.update(b"%d" % s for s in range(self._original_count) if self.is_date(s))

    def is_date(self, style: int) -> bool:
        """Whether numbers in this format are shown as dates or times."""
        format_id = self._format_ids[style] if style < len(self._format_ids) else _GENERAL
        if format_id in self._codes:
            return _shows_dates(self._codes[format_id])
        return format_id in _BUILT_IN_DATES

    def number_format(self, style: int) -> str:
        """Return the format code."""
        format_id = self._format_ids[style] if style < len(self._format_ids) else _GENERAL
        return self._codes.get(format_id) or _BUILT_IN.get(format_id, "General")

    def for_date(self, style: int, *, with_time: bool) -> int:
        """Return the style in which a date is written into a cell: its own, unless that is General."""
        if style < len(self._format_ids) and self._format_ids[style] != _GENERAL:
            return style
        if not self._format_ids:
            return style
        return self._derived(style, _MOMENT if with_time else _DAY)

    def with_number_format(self, style: int, code: str) -> int:
        """Return a style like this one with another format code, made if there is none."""
        known = {**{text: key for key, text in _BUILT_IN.items()}}
        known |= {text: key for key, text in self._codes.items()}
        format_id = known.get(code)
        if format_id is None:
            format_id = max([_FIRST_CUSTOM - 1, *self._codes]) + 1
            self._codes[format_id] = self._added_codes[format_id] = code
        return self._derived(style, format_id)

    def _derived(self, style: int, format_id: int) -> int:
        if not self._format_ids:
            raise OutsideFileEngine(self.place)
        style = min(style, len(self._format_ids) - 1)
        if self._format_ids[style] == format_id:
            return style
        if style >= self._original_count:
            style = self._added[style - self._original_count][0]
        wanted = (style, format_id)
        if wanted not in self._added:
            self._added.append(wanted)
            self._format_ids.append(format_id)
            if self.is_date(len(self._format_ids) - 1):
                self.dates.add(b"%d" % (len(self._format_ids) - 1))
        return self._original_count + self._added.index(wanted)

    @property
    def changed(self) -> bool:
        """Whether formats were added."""
        return bool(self._added)

    def rendered(self) -> bytes:
        """Return the part with the added formats."""
        data = self.data
        assert data is not None, "formats are only added to a part that exists"
        root = read_tree(data, self.place)
        cells = root.find("cellXfs")
        assert cells is not None, "a format was derived from one of these"
        clones = [
            self._clone(data, cells.children[style], format_id) for style, format_id in self._added
        ]
        edits = [
            _appended(data, cells, b"".join(clones), len(self._format_ids)),
        ]
        if self._added_codes:
            edits.append(self._with_codes(data, root))
        return splice(data, edits)

    @staticmethod
    def _clone(data: bytes, element: Element, format_id: int) -> bytes:
        tag = set_attribute(data[element.start : element.open_end], "numFmtId", str(format_id))
        tag = set_attribute(tag, "applyNumberFormat", "1")
        return tag + data[element.open_end : element.end]

    def _with_codes(self, data: bytes, root: Element) -> tuple[int, int, bytes]:
        formats = root.find("numFmts")
        prefix = root.prefix(data).decode()
        written = "".join(
            f'<{prefix}numFmt numFmtId="{key}" formatCode="{attribute_text(code)}"/>'
            for key, code in self._added_codes.items()
        ).encode()
        if formats is not None:
            return _appended(data, formats, written, len(formats.children) + len(self._added_codes))
        count = len(self._added_codes)
        opening = f'<{prefix}numFmts count="{count}">'.encode()
        closing = f"</{prefix}numFmts>".encode()
        return root.open_end, root.open_end, opening + written + closing


def _appended(data: bytes, parent: Element, written: bytes, count: int) -> tuple[int, int, bytes]:
    """Return the edit that appends children to an element and states their number."""
    tag = set_attribute(data[parent.start : parent.open_end], "count", str(count))
    inside = data[parent.open_end : parent.close_start]
    closing = data[parent.close_start : parent.end]
    if tag.endswith(b"/>"):
        tag = tag[:-2].rstrip() + b">"
        closing = b"</" + tag[1:].split(b" ")[0].rstrip(b">") + b">"
    return parent.start, parent.end, tag + inside + written + closing
