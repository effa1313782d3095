"""
Widths of columns: as a file states them, as Excel's users see them (characters), in pixels and in points.

A column is as wide as so many digits of the Normal style's font, and a margin. Source: ECMA-376 part 1, 18.3.1.13
(col) and 18.3.1.81 (sheetFormatPr); pixels are those of a screen with 96 to the inch. Knows no sheet.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from excel_client.file_engine.formats.fonts import FontFormat
from excel_client.file_engine.formats.text_widths import PIXELS_PER_POINT, digit_width

__all__ = ["POINTS_PER_PIXEL", "ColumnMeasure", "line_height"]

POINTS_PER_PIXEL = 1 / PIXELS_PER_POINT

_STEP = 256
_GRID = 8
_USUAL_CHARACTERS = 8
#: Heights of a row of Calibri, in points, as Excel has them; other sizes lie between.
_LINE_HEIGHTS = {
    8: 11.25, 9: 12.0, 10: 12.75, 11: 15.0, 12: 15.75, 14: 18.75, 16: 21.0, 18: 23.25, 20: 26.25,
    22: 28.5, 24: 31.5, 26: 33.75, 28: 36.0, 36: 46.5, 48: 61.5, 72: 93.0,
}  # fmt: skip
_HEIGHT_PER_SIZE = 1.3
_HEIGHT_STEP = 0.75


def line_height(font: FontFormat) -> float:
    """Return the height of a row with one line of a font, in points."""
    usual = math.ceil(font.size * _HEIGHT_PER_SIZE / _HEIGHT_STEP) * _HEIGHT_STEP
    return _LINE_HEIGHTS.get(int(font.size) if font.size.is_integer() else 0, usual)


@dataclass(frozen=True, slots=True)
class ColumnMeasure:
    """What columns of a workbook are measured in: the widest digit of its Normal style, in pixels."""

    digit: int

    @classmethod
    def of(cls, font: FontFormat) -> ColumnMeasure:
        """Return the measure that a font gives."""
        return cls(max(1, int(digit_width(font.name, font.size))))

    @property
    def margin(self) -> int:
        """What stands beside the characters: twice a quarter of a digit, and the line between columns."""
        return 2 * math.ceil(self.digit / 4) + 1

    def pixels(self, width: float) -> int:
        """Return the pixels of a stated width."""
        return int((_STEP * width + int(_STEP / 2 / self.digit)) / _STEP * self.digit)

    def width(self, pixels: float) -> float:
        """Return the width to be stated for so many pixels."""
        return int(pixels / self.digit * _STEP) / _STEP

    def characters(self, pixels: int) -> float:
        """Return what Excel calls the width of so many pixels."""
        one = self.digit + self.margin
        if pixels < one:
            return round(pixels / one, 2)
        return int((pixels - self.margin) / self.digit * 100 + 0.5) / 100

    def pixels_of(self, characters: float) -> int:
        """Return the pixels of a width as Excel calls it."""
        one = self.digit + self.margin
        if characters < 1:
            return round(characters * one)
        return round(characters * self.digit) + self.margin

    def usual_width(self, characters: int = _USUAL_CHARACTERS) -> float:
        """Return the width to be stated for a column that states none: whole eights of pixels."""
        pixels = math.ceil((characters * self.digit + self.margin) / _GRID) * _GRID
        return self.width(pixels)
