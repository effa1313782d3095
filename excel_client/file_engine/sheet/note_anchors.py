"""Where a note's box lies on the sheet: beside its cell, as Excel puts it. Writes nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

from excel_client.file_engine.formulas.references import COLUMN_LIMIT, ROW_LIMIT
from excel_client.file_engine.problems import PackageDamaged
from excel_client.file_engine.sheet.sheet_model import SheetModel

__all__ = ["note_anchor"]

#: Excel's size of a new box.
_WIDTH_PIXELS = 128
_HEIGHT_PIXELS = 74
_DEFAULT_COLUMN_PIXELS = 64
_DEFAULT_ROW_POINTS = 15.0
_PIXELS_PER_POINT = 96 / 72
#: Of the digits of the usual font; widths are counted in these.
_DIGIT_PIXELS = 7
_TRUE = {"1", "true"}
#: A box that would reach over the sheet's edge begins so many columns or rows before it.
_FROM_RIGHT = 5
_FROM_BOTTOM = 6

_HEIGHT = re.compile(rb"""\sht\s*=\s*["']([\d.]+)["']""")
_HIDDEN = re.compile(rb"""\shidden\s*=\s*["'](?:1|true)["']""")


def note_anchor(sheet: SheetModel, row: int, column: int) -> str:
    """Return the corners of the box: column, pixels into it, row, pixels into it, twice, counted from 0."""
    widths, heights = _column_widths(sheet), _row_heights(sheet)
    if column > COLUMN_LIMIT - _FROM_RIGHT:
        left = (COLUMN_LIMIT - _FROM_RIGHT, 0)
    else:
        left = _reached(column + 1, 15, widths, COLUMN_LIMIT)
    if row == 1:
        top = _reached(row, 2, heights, ROW_LIMIT)
    elif row > ROW_LIMIT - _FROM_BOTTOM:
        top = (ROW_LIMIT - _FROM_BOTTOM, 0)
    else:
        top = _reached(row - 1, 10, heights, ROW_LIMIT)
    right = _reached(left[0], left[1] + _WIDTH_PIXELS, widths, COLUMN_LIMIT)
    bottom = _reached(top[0], top[1] + _HEIGHT_PIXELS, heights, ROW_LIMIT)
    corners = (left, top, right, bottom)
    return ", ".join(f"{place - 1}, {pixels}" for place, pixels in corners)


def _reached(place: int, pixels: int, size_of: Callable[[int], int], limit: int) -> tuple[int, int]:
    """Return the row or column that lies so many pixels on, and the rest of them."""
    while pixels >= (size := size_of(place)):
        if place == limit:
            return place, max(size - 1, 0)
        pixels -= size
        place += 1
    return place, pixels


def _column_widths(sheet: SheetModel) -> Callable[[int], int]:
    root = sheet.surroundings.root
    usual, columns = root.find("sheetFormatPr"), root.find("cols")
    try:
        stated = usual.attributes.get("defaultColWidth") if usual else None
        default = _pixels(float(stated)) if stated else _DEFAULT_COLUMN_PIXELS
        spans = [
            (
                int(element.attributes["min"]),
                int(element.attributes["max"]),
                0
                if element.attributes.get("hidden") in _TRUE
                else _pixels(float(element.attributes.get("width", "9.140625"))),
            )
            for element in (columns.children if columns else ())
        ]
    except (KeyError, ValueError) as error:
        raise PackageDamaged(sheet.name) from error
    return lambda column: next((w for a, b, w in spans if a <= column <= b), default)


def _pixels(width: float) -> int:
    return int(width * _DIGIT_PIXELS + 0.5)


def _row_heights(sheet: SheetModel) -> Callable[[int], int]:
    usual = sheet.surroundings.root.find("sheetFormatPr")
    try:
        default = float(usual.attributes["defaultRowHeight"]) if usual else _DEFAULT_ROW_POINTS
    except (KeyError, ValueError):
        default = _DEFAULT_ROW_POINTS

    def height(row: int) -> int:
        attributes = sheet.rows.parts(row)[0]
        if _HIDDEN.search(attributes):
            return 0
        stated = _HEIGHT.search(attributes)
        return round((float(stated[1]) if stated else default) * _PIXELS_PER_POINT)

    return height
