"""
Columns and rows as a whole: their widths and heights, whether they are hidden, what their cells look like.

A column's say is kept in ranges of columns, a row's on the row itself, that of all others in the sheet's defaults.
Source: ECMA-376 part 1, 18.3.1.13 (col), 18.3.1.73 (row), 18.3.1.81 (sheetFormatPr). Knows no cell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from excel_client.file_engine.formats.column_widths import POINTS_PER_PIXEL, ColumnMeasure
from excel_client.file_engine.formulas.references import COLUMN_LIMIT, ROW_LIMIT
from excel_client.file_engine.problems import FormatRefused, PackageDamaged
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.sheet.sheet_surroundings import SheetSurroundings
from excel_client.file_engine.xml.cell_text import written_attributes
from excel_client.file_engine.xml.xml_spans import set_attribute

__all__ = ["ColumnLayout", "RowLayout"]

_Stated: TypeAlias = dict[str, str]

_TRUE = frozenset({"1", "true"})
#: What a column can state, in Excel's order.
_COLUMN_ORDER = "width style hidden bestFit customWidth phonetic outlineLevel collapsed".split()
_WIDEST = 255
_HIGHEST = 409.5
_USUAL_HEIGHT = 15.0
_HEIGHT = re.compile(rb"""\sht\s*=\s*["']([^"']*)["']""")
_HIDDEN = re.compile(rb"""\shidden\s*=\s*["'](?:1|true)["']""")


def _defaults(surroundings: SheetSurroundings) -> Mapping[str, str]:
    element = surroundings.root.find("sheetFormatPr")
    return element.attributes if element is not None else {}


def _number(text: str, place: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise PackageDamaged(place) from error


def _checked_size(size: object, limit: float) -> float:
    if isinstance(size, bool) or not isinstance(size, (int, float)) or not 0 <= size <= limit:
        raise FormatRefused
    return float(size)


class ColumnLayout:
    """The columns of a sheet, as ranges that are alike; a change is kept by `write`."""

    def __init__(self, model: SheetModel, measure: ColumnMeasure) -> None:
        self._model = model
        self.measure = measure
        place = model.surroundings.place
        columns = model.surroundings.root.find("cols")
        self._ranges: list[tuple[int, int, _Stated]] = []
        for element in columns.children if columns else ():
            stated = dict(element.attributes)
            first, last = (int(_number(stated.pop(key, ""), place)) for key in ("min", "max"))
            self._ranges.append((first, last, stated))
        self._ranges.sort(key=lambda found: found[:2])
        defaults = _defaults(model.surroundings)
        self.usual_width = measure.usual_width(
            int(_number(defaults.get("baseColWidth", "8"), place))
        )
        if "defaultColWidth" in defaults:
            self.usual_width = _number(defaults["defaultColWidth"], place)

    def ranges(self, first: int, last: int) -> Iterator[tuple[int, int, _Stated]]:
        """Yield the ranges from one column to another, in order; what states nothing is a range as well."""
        following = first
        for start, end, stated in self._ranges:
            if end < following:
                continue
            if start > last:
                break
            if start > following:
                yield following, start - 1, {}
            yield max(start, following), min(end, last), stated
            following = min(end, last) + 1
        if following <= last:
            yield following, last, {}

    def styles(self, first: int, last: int) -> list[tuple[int, int, bytes]]:
        """Return the formats of columns, by range; empty for the usual one."""
        return [
            (start, end, b"" if stated.get("style", "0") == "0" else stated["style"].encode())
            for start, end, stated in self.ranges(first, last)
        ]

    def change(self, first: int, last: int, change: Callable[[_Stated], _Stated]) -> None:
        """Let columns state something else; ranges are split where they must, and joined where they may."""
        changed = [
            *((start, end, stated) for start, end, stated in self.ranges(1, first - 1) if stated),
            *(
                (start, end, change(dict(stated)))
                for start, end, stated in self.ranges(first, last)
            ),
            *((s, e, stated) for s, e, stated in self.ranges(last + 1, COLUMN_LIMIT) if stated),
        ]
        joined: list[tuple[int, int, _Stated]] = []
        for start, end, stated in changed:
            if not stated:
                continue
            # Excel takes a column without a width for a very narrow one.
            stated.setdefault("width", f"{self.usual_width:.10g}")
            if joined and joined[-1][1] == start - 1 and joined[-1][2] == stated:
                joined[-1] = (joined[-1][0], end, stated)
            else:
                joined.append((start, end, stated))
        self._ranges = joined

    def write(self) -> None:
        """Let the sheet have these columns."""
        surroundings = self._model.surroundings
        prefix = surroundings.prefix()
        written = "".join(
            f"<{prefix}col{written_attributes([('min', str(first)), ('max', str(last))])}"
            f"{written_attributes((name, stated[name]) for name in _COLUMN_ORDER if name in stated)}/>"
            for first, last, stated in self._ranges
        )
        element = f"<{prefix}cols>{written}</{prefix}cols>" if written else ""
        surroundings.put_children("cols", element.encode())
        self._model.changed = True

    def _pixels(self, stated: Mapping[str, str]) -> int:
        if stated.get("hidden") in _TRUE:
            return 0
        width = self.usual_width
        if "width" in stated:
            width = _number(stated["width"], self._model.surroundings.place)
        return self.measure.pixels(width)

    def width(self, first: int, last: int) -> float | None:
        """Return the width of columns in characters; None where they differ."""
        pixels = {self._pixels(stated) for _, _, stated in self.ranges(first, last)}
        return self.measure.characters(pixels.pop()) if len(pixels) == 1 else None

    def points(self, first: int, last: int) -> float:
        """Return how wide columns are together, in points; 0 for none."""
        ranges = self.ranges(first, last)
        return POINTS_PER_PIXEL * sum(
            (end - start + 1) * self._pixels(stated) for start, end, stated in ranges
        )

    def set_width(self, first: int, last: int, characters: object) -> None:
        """Set the width of columns in characters, 0 to hide them; FormatRefused outside of 0 to 255."""
        wanted = _checked_size(characters, _WIDEST)
        self.fit(first, last, self.measure.pixels_of(wanted), by_user=True)
        self.write()

    def fit(self, first: int, last: int, pixels: int, *, by_user: bool = False) -> None:
        """Let columns be so many pixels wide; those that the user sized are told apart. `write` keeps it."""

        def sized(stated: _Stated) -> _Stated:
            if not pixels:
                return {**stated, "hidden": "1", "customWidth": "1"}
            stated.pop("hidden", None)
            stated.pop("bestFit", None)
            stated["width"] = f"{self.measure.width(pixels):.10g}"
            return {**stated, **({} if by_user else {"bestFit": "1"}), "customWidth": "1"}

        self.change(first, last, sized)

    def hidden(self, first: int, last: int) -> bool | None:
        """Return whether columns are hidden; None where some are."""
        found = {not self._pixels(stated) for _, _, stated in self.ranges(first, last)}
        return found.pop() if len(found) == 1 else None

    def hide(self, first: int, last: int, *, hidden: bool) -> None:
        """Hide columns, or show them."""

        def shown(stated: _Stated) -> _Stated:
            stated.pop("hidden", None)
            if hidden:
                return {**stated, "hidden": "1"}
            if stated and not self._pixels(stated):
                stated["width"] = f"{self.usual_width:.10g}"
            return stated

        self.change(first, last, shown)
        self.write()


class RowLayout:
    """The rows of a sheet, as far as they state a height or are hidden."""

    def __init__(self, model: SheetModel, usual_height: float = _USUAL_HEIGHT) -> None:
        self._model = model
        stated = _defaults(model.surroundings)
        self._fitting_height = usual_height
        self._usual_is_set = stated.get("customHeight") in _TRUE
        self._usual = self._float(stated.get("defaultRowHeight", f"{usual_height}"))
        self._usually_hidden = stated.get("zeroHeight") in _TRUE

    def _float(self, text: str) -> float:
        return _number(text, self._model.surroundings.place)

    def _standing(self, first: int, last: int) -> Iterator[tuple[int, bytes, bytes]]:
        """Yield number, opening tag and the rest of each row that stands in the sheet."""
        rows = self._model.rows
        rows.settle()
        for number in rows.existing(first, last):
            row = rows.row(number)
            if row:
                end = row.index(b">") + 1
                yield number, row[:end], row[end:]

    def _height_in(self, tag: bytes) -> float:
        if b"hidden" in tag and _HIDDEN.search(tag):
            return 0.0
        found = _HEIGHT.search(tag) if b"ht" in tag else None
        return self._float(found[1].decode()) if found else self._usual

    def _heights(self, first: int, last: int) -> Iterator[tuple[float, int]]:
        """Yield the heights of rows, and how many have them."""
        count = 0
        for _, tag, _ in self._standing(first, last):
            count += 1
            yield self._height_in(tag), 1
        others = last - first + 1 - count
        if others > 0:
            yield 0.0 if self._usually_hidden else self._usual, others

    def height(self, first: int, last: int) -> float | None:
        """Return the height of rows in points; None where they differ. A row without one has the sheet's usual one."""
        found = {height for height, _ in self._heights(first, last)}
        return found.pop() if len(found) == 1 else None

    def points(self, first: int, last: int) -> float:
        """Return how high rows are together, in points; 0 for none."""
        return sum(height * count for height, count in self._heights(first, last))

    def hidden(self, first: int, last: int) -> bool | None:
        """Return whether rows are hidden; None where some are."""
        found = {not height for height, _ in self._heights(first, last)}
        return found.pop() if len(found) == 1 else None

    def set_height(self, first: int, last: int, points: object) -> None:
        """Set the height of rows in points, 0 to hide them; FormatRefused outside of 0 to 409.5."""
        height = _checked_size(points, _HIGHEST)
        if not height:
            self.hide(first, last, hidden=True)
            return
        stated = {"ht": f"{height:.10g}", "customHeight": "1", "hidden": None}
        if (first, last) == (1, ROW_LIMIT):
            self._set_usual(defaultRowHeight=stated["ht"], customHeight="1", zeroHeight=None)
            stated = {"ht": None, "customHeight": None, "hidden": None}
        self._state(first, last, stated)

    def hide(self, first: int, last: int, *, hidden: bool) -> None:
        """Hide rows, or show them."""
        if (first, last) == (1, ROW_LIMIT):
            self._set_usual(zeroHeight="1" if hidden else None)
        self._state(first, last, {"hidden": "1" if hidden else None})

    def fit(self, first: int, last: int) -> None:
        """
        Let rows be as high as their cells need: none states a height any more, so Excel fits them when it loads them.

        Until then they have the sheet's usual height here. Hidden rows stay hidden.
        """
        whole = (first, last) == (1, ROW_LIMIT)
        if whole and self._usual_is_set:
            usual = f"{self._fitting_height:.10g}"
            self._set_usual(defaultRowHeight=usual, customHeight=None)
        stands = f"{self._fitting_height:.10g}" if self._usual_is_set and not whole else None
        for number, tag, rest in self._standing(first, last):
            if b" ht" in tag or b"customHeight" in tag or stands:
                fitting = set_attribute(set_attribute(tag, "customHeight", None), "ht", stands)
                self._put(number, fitting + rest)

    def _state(self, first: int, last: int, stated: Mapping[str, str | None]) -> None:
        missing = set(range(first, last + 1)) if self._needs_rows(first, last, stated) else set()
        for number, tag, rest in self._standing(first, last):
            missing.discard(number)
            changed = tag
            for name, value in stated.items():
                if value is not None or name.encode() in changed:
                    changed = set_attribute(changed, name, value)
            if changed != tag:
                self._put(number, changed + rest)
        new = written_attributes((name, value) for name, value in stated.items() if value)
        for number in sorted(missing):
            self._put(number, f'<row r="{number}"{new}/>'.encode())

    def _needs_rows(self, first: int, last: int, stated: Mapping[str, str | None]) -> bool:
        """Whether rows that do not stand in the sheet must, to be as wanted."""
        if (first, last) == (1, ROW_LIMIT):
            return False
        return self._usually_hidden != (stated.get("hidden") is not None) or "ht" in stated

    def _put(self, number: int, row: bytes) -> None:
        self._model.rows.written[number] = row
        self._model.changed = True

    def _set_usual(self, **stated: str | None) -> None:
        surroundings = self._model.surroundings
        element = surroundings.root.find("sheetFormatPr")
        if element is None:
            prefix = surroundings.prefix()
            usual = f'<{prefix}sheetFormatPr defaultRowHeight="{self._usual:.10g}"/>'
            surroundings.put_children("sheetFormatPr", usual.encode())
            element = surroundings.root.find("sheetFormatPr")
        assert element is not None, "it was just put there"
        tag = surroundings.whole[element.start : element.open_end]
        for name, value in stated.items():
            tag = set_attribute(tag, name, value)
        surroundings.splice([(element.start, element.open_end, tag)])
        self._model.changed = True
