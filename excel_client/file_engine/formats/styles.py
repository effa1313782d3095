"""
Cell formats of a workbook: what they look like, and new ones that differ from a cell's own in one aspect.

Only appends: formats that exist keep their place and their bytes, and one that is there already is found again.
Source: ECMA-376 part 1, 18.8 (Styles).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from excel_client.file_engine.formats.borders import NO_BORDER, BorderFormat
from excel_client.file_engine.formats.cell_formats import CellFormat, FormatList
from excel_client.file_engine.formats.colors import Palette, Rgb
from excel_client.file_engine.formats.fills import NO_FILL, PRESET_FILL, FillFormat
from excel_client.file_engine.formats.fonts import DEFAULT_FONT, FontChange, FontFormat
from excel_client.file_engine.formats.number_formats import (
    BUILT_IN,
    BUILT_IN_DATES,
    FIRST_CUSTOM,
    GENERAL,
    shows_dates,
)
from excel_client.file_engine.problems import OutsideFileEngine, PackageDamaged, TooManyFormats
from excel_client.file_engine.xml.cell_text import attribute_text
from excel_client.file_engine.xml.xml_spans import MAIN, Element, read_tree, set_attribute, splice

__all__ = ["Styles"]

_DAY = 14
_MOMENT = 22
#: What Excel accepts.
_FORMAT_LIMIT = 64_000
#: The children of a style sheet in the order that the schema wants.
_ORDER = """numFmts fonts fills borders cellStyleXfs cellXfs cellStyles dxfs tableStyles colors extLst""".split()
#: The part of a workbook that had none.
_EMPTY = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    f'<styleSheet xmlns="{MAIN}">'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
).encode()


def _no_theme() -> bytes | None:
    return None


class Styles:
    """The formats of one workbook's cells, by the number in a cell's s attribute."""

    def __init__(
        self, data: bytes | None, place: str, theme: Callable[[], bytes | None] = _no_theme
    ) -> None:
        #: The part as it was read; that of a workbook without one has the usual formats.
        self.data = _EMPTY if data is None else data
        self.place = place
        self._codes: dict[int, str] = {}
        self._added_codes: dict[int, str] = {}
        self._derived: dict[object, int] = {}
        root = read_tree(self.data, place)
        self._root = root
        self.palette = Palette(theme, _own_colors(root))
        self._fonts = FormatList("fonts", _all(root, "fonts"), FontFormat.read, (DEFAULT_FONT,))
        self._fills = FormatList(
            "fills", _all(root, "fills"), FillFormat.read, (NO_FILL, PRESET_FILL)
        )
        self._borders = FormatList(
            "borders", _all(root, "borders"), BorderFormat.read, (NO_BORDER,)
        )
        cells = _all(root, "cellXfs")
        self._cells = FormatList("cellXfs", cells, self._read_cell, (CellFormat(),))
        try:
            for element in _all(root, "numFmts"):
                self._codes[int(element.attributes["numFmtId"])] = element.attributes["formatCode"]
            self._format_ids = [int(e.attributes.get("numFmtId", "0")) for e in cells]
        except (KeyError, ValueError) as error:
            raise PackageDamaged(place) from error
        #: The date formats as they stand in cells' s attributes, those added later included.
        self.dates = {b"%d" % s for s in range(len(cells)) if self.is_date(s)}

    @property
    def _lists(self) -> tuple[FormatList[Any], ...]:
        return self._fonts, self._fills, self._borders, self._cells

    def _read_cell(self, element: Element) -> CellFormat:
        return CellFormat.read(self.data, element)

    # Numbers

    def _format_id(self, style: int) -> int:
        return self._format_ids[style] if style < len(self._format_ids) else GENERAL

    def is_date(self, style: int) -> bool:
        """Whether numbers in this format are shown as dates or times."""
        format_id = self._format_id(style)
        if format_id in self._codes:
            return shows_dates(self._codes[format_id])
        return format_id in BUILT_IN_DATES

    def number_format(self, style: int) -> str:
        """Return the format code."""
        format_id = self._format_id(style)
        return self._codes.get(format_id) or BUILT_IN.get(format_id, BUILT_IN[GENERAL])

    def for_date(self, style: int, *, with_time: bool) -> int:
        """Return the style in which a date is written into a cell: its own, unless that is General."""
        if self._format_id(style) != GENERAL:
            return style
        return self._with_place(style, "numFmtId", _MOMENT if with_time else _DAY)

    def with_number_format(self, style: int, code: str) -> int:
        """Return a style like this one with another format code, made if there is none."""
        if code == self.number_format(style):
            return style
        return self._with_place(style, "numFmtId", self._code_place(code))

    def _code_place(self, code: str) -> int:
        """Return the number of a format code, made if there is none."""
        known = {text: key for key, text in BUILT_IN.items() if key not in self._codes}
        known |= {text: key for key, text in self._codes.items()}
        format_id = known.get(code)
        if format_id is None:
            format_id = max([FIRST_CUSTOM - 1, *self._codes]) + 1
            self._codes[format_id] = self._added_codes[format_id] = code
        return format_id

    # Looks

    def font(self, style: int) -> FontFormat:
        """Return the font of a format."""
        return self._fonts.at(self._cells.at(style).place("fontId"))

    def with_font(self, style: int, change: FontChange) -> int:
        """Return a style like this one with its font changed."""

        def derive() -> int:
            font = self.font(style)
            changed = font.changed(change)
            if changed == font:
                return style
            return self._with_place(style, "fontId", self._fonts.place_of(changed))

        return self._once((style, change), derive)

    def normal_font(self) -> FontFormat:
        """Return the font of the Normal style, which columns are measured in."""
        named = [e for e in _all(self._root, "cellStyles") if e.attributes.get("builtinId") == "0"]
        formats = _all(self._root, "cellStyleXfs")
        index = named[0].attributes.get("xfId", "0") if named else "0"
        if index.isdecimal() and int(index) < len(formats):
            place = CellFormat.read(self.data, formats[int(index)]).place("fontId")
            return self._fonts.at(place)
        return self._fonts.at(0)

    def fill_color(self, style: int) -> Rgb | None:
        """Return the colour behind the text, None without a fill."""
        return self._fills.at(self._cells.at(style).place("fillId")).color(self.palette)

    def with_fill_color(self, style: int, color: Rgb | None) -> int:
        """Return a style like this one with another colour behind the text, or without a fill."""

        def derive() -> int:
            fill = self._fills.at(self._cells.at(style).place("fillId"))
            colored = fill.colored(color)
            if colored == fill:
                return style
            return self._with_place(style, "fillId", self._fills.place_of(colored))

        return self._once((style, "fill", color), derive)

    def border(self, style: int) -> BorderFormat:
        """Return the border of a format."""
        return self._borders.at(self._cells.at(style).place("borderId"))

    def with_border(self, style: int, border: BorderFormat) -> int:
        """Return a style like this one with another border."""
        if border == self.border(style):
            return style
        place = self._borders.place_of(border)
        return self._with_place(style, "borderId", place)

    def alignment(self, style: int) -> Mapping[str, str]:
        """Return the attributes of the alignment that are not as usual."""
        return dict(self._cells.at(style).alignment)

    def with_alignment(self, style: int, changes: Mapping[str, str]) -> int:
        """Return a style like this one with attributes of its alignment changed."""

        def derive() -> int:
            return self._kept(style, self._cells.at(style).with_alignment(changes))

        return self._once((style, "alignment", tuple(sorted(changes.items()))), derive)

    # Taking over from another workbook

    def judge_adoption(self, style: int) -> None:
        """Refuse a format that can't be written anew exactly: a gradient, an extension."""
        wanted = self._cells.at(style)
        named = _all(self._root, "cellStyleXfs")[wanted.place("xfId") :][:1]
        fills = [wanted.place("fillId"), *(_stated(e.attributes, "fillId") for e in named)]
        if any(self._fills.at(fill).is_gradient for fill in fills) or b"extLst" in wanted.rest:
            raise OutsideFileEngine(self.place)

    def adopted_places(self, other: Styles, stated: Mapping[str, str]) -> dict[str, int]:
        """Return the places of another workbook's font, fill, border and number format here, added if need be."""
        number = _stated(stated, "numFmtId")
        code = other._codes.get(number)
        return {
            "numFmtId": number if code is None else self._code_place(code),
            "fontId": self._fonts.place_of(other._fonts.at(_stated(stated, "fontId"))),
            "fillId": self._fills.place_of(other._fills.at(_stated(stated, "fillId"))),
            "borderId": self._borders.place_of(other._borders.at(_stated(stated, "borderId"))),
        }

    def adopted(self, other: Styles, style: int, named: Callable[[int], int]) -> int:
        """Return the style that looks like one of another workbook; `named` finds the named style it belongs to."""
        wanted = other._cells.at(style)
        places = self.adopted_places(other, dict(wanted.attributes))
        places["xfId"] = named(wanted.place("xfId"))
        return self._kept(0, wanted.with_places(places))

    def like(self, other: Styles, style: int) -> int | None:
        """Return the style that looks like one of another workbook; None where that can't be said exactly."""
        wanted = other._cells.at(style)
        font, border = other.font(style), other.border(style)
        fill = other._fills.at(wanted.place("fillId"))
        format_id = other._format_id(style)
        if wanted.place("xfId") or (format_id not in other._codes and format_id not in BUILT_IN):
            return None
        parts = (font.rendered(""), fill.rendered(""), border.rendered(""))
        by_theme = any(mark in part for part in parts for mark in ("theme=", "indexed=", "scheme"))
        if by_theme and not self.palette.is_same(other.palette):
            return None
        if wanted.rest and self._root.prefix(self.data) != other._root.prefix(other.data):
            return None
        cell = wanted.with_place("numFmtId", GENERAL)
        cell = cell.with_place("fontId", self._fonts.place_of(font))
        cell = cell.with_place("fillId", self._fills.place_of(fill))
        cell = cell.with_place("borderId", self._borders.place_of(border))
        return self.with_number_format(self._kept(0, cell), other.number_format(style))

    # Deriving

    def _once(self, key: object, derive: Callable[[], int]) -> int:
        if key not in self._derived:
            self._derived[key] = derive()
        return self._derived[key]

    def _with_place(self, style: int, name: str, place: int) -> int:
        def derive() -> int:
            return self._kept(style, self._cells.at(style).with_place(name, place))

        return self._once((style, name, place), derive)

    def _kept(self, style: int, wanted: CellFormat) -> int:
        """Return the place of a format that a style was changed to."""
        if wanted == self._cells.at(style):
            return style
        found = self._cells.place_of(wanted)
        if found >= _FORMAT_LIMIT:
            raise TooManyFormats(self.place)
        for added in range(len(self._format_ids), len(self._cells)):
            self._format_ids.append(self._cells.at(added).place("numFmtId"))
            if self.is_date(added):
                self.dates.add(b"%d" % added)
        return found

    # Writing

    @property
    def changed(self) -> bool:
        """Whether formats were added that no part was written with yet."""
        return any(parts.unwritten for parts in self._lists) or bool(self._added_codes)

    def written_into(self, data: bytes) -> bytes:
        """Return the part, as it reads by now, with the formats that it was not written with yet."""
        root = read_tree(data, self.place)
        prefix = root.prefix(data).decode()
        codes = "".join(
            f'<{prefix}numFmt numFmtId="{key}" formatCode="{attribute_text(code)}"/>'
            for key, code in self._added_codes.items()
        )
        written = {"numFmts": (codes, len(self._added_codes))}
        self._added_codes.clear()
        for parts in self._lists:
            texts = [added.rendered(prefix) for added in parts.unwritten]
            written[parts.name] = ("".join(texts), len(texts))
            parts.written = len(parts.added)
        inserted: dict[int, bytes] = {}
        edits = []
        for name, (text, count) in written.items():
            parent = root.find(name)
            if not count:
                continue
            if parent is not None:
                edits.append(_appended(data, parent, text.encode(), count))
                continue
            place = _place_for(root, name)
            element = f'<{prefix}{name} count="{count}">{text}</{prefix}{name}>'.encode()
            # Several that are missing in one place follow each other in the schema's order.
            inserted[place] = inserted.get(place, b"") + element
        return splice(data, [*edits, *((place, place, new) for place, new in inserted.items())])


def _stated(attributes: Mapping[str, str], name: str) -> int:
    value = attributes.get(name, "0")
    return int(value) if value.isdecimal() else 0


def _all(root: Element, name: str) -> list[Element]:
    parent = root.find(name)
    return parent.children if parent is not None else []


def _own_colors(root: Element) -> list[str]:
    """Return the numbered colours that a workbook has instead of the usual ones."""
    colors = root.find("colors")
    return [e.attributes.get("rgb", "") for e in _all(colors, "indexedColors")] if colors else []


def _place_for(root: Element, name: str) -> int:
    before = set(_ORDER[: _ORDER.index(name)])
    return max((e.end for e in root.children if e.name in before), default=root.open_end)


def _appended(data: bytes, parent: Element, written: bytes, count: int) -> tuple[int, int, bytes]:
    """Return the edit that appends children to an element and states their number."""
    total = str(len(parent.children) + count)
    tag = set_attribute(data[parent.start : parent.open_end], "count", total)
    inside = data[parent.open_end : parent.close_start]
    closing = data[parent.close_start : parent.end]
    if tag.endswith(b"/>"):
        tag = tag[:-2].rstrip() + b">"
        closing = b"</" + tag[1:].split(b" ")[0].rstrip(b">") + b">"
    return parent.start, parent.end, tag + inside + written + closing
