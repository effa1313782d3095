"""
Colours: as a file states them (RGB, of the theme with a tint, by number, automatic), and as they are shown.

Source: ECMA-376 part 1, 18.8.3 (bgColor), 18.8.19 (fgColor, the arithmetic of tints), 18.8.27 (indexedColors) and
20.1.6.2 (clrScheme). Colours are written as RGB. Knows no cell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TypeAlias

from excel_client.file_engine.formats.tints import tinted
from excel_client.file_engine.problems import FormatRefused
from excel_client.file_engine.xml.xml_spans import Element, read_tree

__all__ = ["Palette", "Rgb", "as_rgb", "hexadecimal"]

Rgb: TypeAlias = tuple[int, int, int]

_CHANNELS = 3
_CHANNEL_LIMIT = 256
_HEXADECIMAL = re.compile(r"#?([0-9A-Fa-f]{6})")
_ARGB = re.compile(r"(?:[0-9A-Fa-f]{2})?([0-9A-Fa-f]{6})")
_EIGHT = "000000 FFFFFF FF0000 00FF00 0000FF FFFF00 FF00FF 00FFFF"
#: The numbered colours of a workbook that has none of its own; the first eight are there twice.
_INDEXED = f"""{_EIGHT} {_EIGHT}
800000 008000 000080 808000 800080 008080 C0C0C0 808080 9999FF 993366 FFFFCC CCFFFF 660066 FF8080 0066CC CCCCFF
000080 FF00FF FFFF00 00FFFF 800080 800000 008080 0000FF 00CCFF CCFFFF CCFFCC FFFF99 99CCFF FF99CC CC99FF FFCC99
3366FF 33CCCC 99CC00 FFCC00 FF9900 FF6600 666699 969696 003366 339966 003300 333300 993300 993366 333399 333333
""".split()
#: The window's text and background, as Windows has them.
_SYSTEM = {64: (0, 0, 0), 65: (255, 255, 255)}
#: Cells count a theme's colours in this order, which is not the theme's own.
_THEME_ORDER = (
    "lt1 dk1 lt2 dk2 accent1 accent2 accent3 accent4 accent5 accent6 hlink folHlink".split()
)
#: The theme that Excel takes for a workbook without one.
_THEME = """FFFFFF 000000 EEECE1 1F497D 4F81BD C0504D 9BBB59 8064A2 4BACC6 F79646 0000FF 800080""".split()


def _of_hexadecimal(digits: str) -> Rgb:
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def as_rgb(color: object) -> Rgb:
    """Return the colour that xlwings was given: RGB, "#RRGGBB" or a number of Excel's; FormatRefused for another."""
    if isinstance(color, str):
        match = _HEXADECIMAL.fullmatch(color)
        if match is None:
            raise FormatRefused
        return _of_hexadecimal(match[1])
    if isinstance(color, int) and not isinstance(color, bool):
        if not 0 <= color < _CHANNEL_LIMIT**_CHANNELS:
            raise FormatRefused
        return color & 255, color >> 8 & 255, color >> 16
    if not isinstance(color, Sequence) or len(color) != _CHANNELS:
        raise FormatRefused
    if any(type(channel) is not int or not 0 <= channel < _CHANNEL_LIMIT for channel in color):
        raise FormatRefused
    return color[0], color[1], color[2]


def hexadecimal(color: Rgb) -> str:
    """Return a colour as a file states it."""
    return "FF{:02X}{:02X}{:02X}".format(*color)


class Palette:
    """The colours of one workbook; its theme is read when a colour of it is first asked for."""

    def __init__(self, theme: Callable[[], bytes | None], indexed: Sequence[str] = ()) -> None:
        self._theme = theme
        self._indexed = indexed

    def rgb(self, stated: Mapping[str, str]) -> Rgb | None:
        """Return the colour that an element's attributes state; None for an automatic one, and for none at all."""
        color = self._stated(stated)
        try:
            tint = float(stated.get("tint", "0"))
        except ValueError:
            return color
        return tinted(color, tint) if color is not None and tint else color

    def is_same(self, other: Palette) -> bool:
        """Whether theme and own colours are those of another workbook, so that all numbers mean the same."""
        return self._theme() == other._theme() and self._indexed == other._indexed

    def _stated(self, stated: Mapping[str, str]) -> Rgb | None:
        if "rgb" in stated:
            match = _ARGB.fullmatch(stated["rgb"])
            return _of_hexadecimal(match[1]) if match else None
        for name, find in (("indexed", self._of_index), ("theme", self._of_theme)):
            if stated.get(name, "").isdecimal():
                return find(int(stated[name]))
        return None

    def _of_index(self, index: int) -> Rgb | None:
        for colors in (self._indexed, _INDEXED):
            match = _ARGB.fullmatch(colors[index]) if index < len(colors) else None
            if match:
                return _of_hexadecimal(match[1])
        return _SYSTEM.get(index)

    def _of_theme(self, index: int) -> Rgb | None:
        return self._theme_colors[index] if index < len(self._theme_colors) else None

    @cached_property
    def _theme_colors(self) -> list[Rgb]:
        colors = dict(zip(_THEME_ORDER, map(_of_hexadecimal, _THEME), strict=True))
        data = self._theme()
        if data is not None:
            scheme = next(
                (e for e in read_tree(data, "theme").walk() if e.name == "clrScheme"), None
            )
            for element in scheme.children if scheme else ():
                color = _scheme_color(element)
                if color is not None:
                    colors[element.name] = color
        return [colors[name] for name in _THEME_ORDER]


def _scheme_color(element: Element) -> Rgb | None:
    """Return a theme's colour; a system's one as it was when the workbook was saved."""
    for child in element.children:
        digits = child.attributes.get("lastClr" if child.name == "sysClr" else "val", "")
        if child.name in {"sysClr", "srgbClr"} and _HEXADECIMAL.fullmatch(digits):
            return _of_hexadecimal(digits)
    return None
