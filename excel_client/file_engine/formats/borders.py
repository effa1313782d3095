"""
Borders of cells: read, changed side by side, and written; and lines as xlwings names them, by style and weight.

Source: ECMA-376 part 1, 18.8.4 (border) and 18.18.3 (ST_BorderStyle). Knows no cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from excel_client.file_engine.formats.colors import Rgb, hexadecimal
from excel_client.file_engine.xml.cell_text import written_attributes
from excel_client.file_engine.xml.xml_spans import Element

__all__ = ["NO_BORDER", "NO_LINE", "BorderFormat", "BorderLine", "LineChange"]

_Stated: TypeAlias = tuple[tuple[str, str], ...]

_SIDES = ("left", "right", "top", "bottom", "diagonal")
#: What the first edition of the standard and right-to-left programs call them.
_OTHER_NAMES = {"start": "left", "end": "right"}
_DIAGONALS = {"diagonal_up", "diagonal_down"}
_TRUE = {"1", "true"}
_NONE = "none"
_THIN = "thin"
_CONTINUOUS = "continuous"
_AUTOMATIC = (("auto", "1"),)
#: Each line of a file as Excel names it: style and weight.
_NAMED = {
    _NONE: (_NONE, _THIN),
    "hair": (_CONTINUOUS, "hairline"),
    _THIN: (_CONTINUOUS, _THIN),
    "medium": (_CONTINUOUS, "medium"),
    "thick": (_CONTINUOUS, "thick"),
    "dashed": ("dash", _THIN),
    "mediumDashed": ("dash", "medium"),
    "dashDot": ("dash_dot", _THIN),
    "mediumDashDot": ("dash_dot", "medium"),
    "dashDotDot": ("dash_dot_dot", _THIN),
    "mediumDashDotDot": ("dash_dot_dot", "medium"),
    "dotted": ("dot", _THIN),
    "double": ("double", "thick"),
    "slantDashDot": ("slant_dash_dot", "medium"),
}
_STORED = {named: stored for stored, named in _NAMED.items()}
#: What a style is drawn as where it does not come in the line's weight.
_USUAL_WEIGHT = {"double": "thick", "slant_dash_dot": "medium"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChange:
    """What becomes different of a line; None leaves it as it is, and the style "none" takes the line away."""

    style: str | None = None
    weight: str | None = None
    color: Rgb | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BorderLine:
    """One side of a border, by its name in the file."""

    stored: str = _NONE
    color: _Stated = ()

    @property
    def style(self) -> str:
        """As xlwings names it, "none" for no line."""
        return _NAMED.get(self.stored, (_CONTINUOUS, _THIN))[0]

    @property
    def weight(self) -> str:
        """As xlwings names it; that of no line is thin, as in Excel."""
        return _NAMED.get(self.stored, (_CONTINUOUS, _THIN))[1]

    def changed(self, change: LineChange) -> BorderLine:
        """
        Return the line after a change: colour, then weight, then style; what comes later wins.

        A style that does not come in the line's weight brings its own. A weight that its style does not come in makes
        it continuous, and so does a colour or a weight for a line that was not there.
        """
        if change.style == _NONE:
            return NO_LINE
        line = self
        if change.color is not None:
            shown = _STORED[_CONTINUOUS, _THIN] if line.stored == _NONE else line.stored
            line = BorderLine(stored=shown, color=(("rgb", hexadecimal(change.color)),))
        if change.weight is not None:
            named = (line.style, change.weight)
            stored = _STORED.get(named if line.stored != _NONE else (_NONE, ""))
            line = replace(line, stored=stored or _STORED[_CONTINUOUS, change.weight])
        if change.style is not None:
            usual = _STORED[change.style, _USUAL_WEIGHT.get(change.style, _THIN)]
            line = replace(line, stored=_STORED.get((change.style, line.weight), usual))
        return line if line.color else replace(line, color=_AUTOMATIC)


@dataclass(frozen=True, slots=True, kw_only=True)
class BorderFormat:
    """The lines around a cell, and the one that crosses it up, down or both."""

    left: BorderLine = BorderLine()
    right: BorderLine = BorderLine()
    top: BorderLine = BorderLine()
    bottom: BorderLine = BorderLine()
    diagonal: BorderLine = BorderLine()
    diagonal_up: bool = False
    diagonal_down: bool = False

    @classmethod
    def read(cls, element: Element) -> BorderFormat:
        """Return the border of an element."""
        lines: dict[str, BorderLine] = {}
        for child in element.children:
            name = _OTHER_NAMES.get(child.name, child.name)
            color = child.find("color")
            if name in _SIDES and child.attributes.get("style", _NONE) != _NONE:
                lines[name] = BorderLine(
                    stored=child.attributes["style"],
                    color=tuple(sorted(color.attributes.items())) if color else (),
                )
        return cls(
            **lines,
            diagonal_up=element.attributes.get("diagonalUp") in _TRUE,
            diagonal_down=element.attributes.get("diagonalDown") in _TRUE,
        )

    def line(self, side: str) -> BorderLine:
        """Return the line of a side: left, right, top, bottom, diagonal_up or diagonal_down."""
        if side in _DIAGONALS:
            drawn = self.diagonal_up if side == "diagonal_up" else self.diagonal_down
            return self.diagonal if drawn else NO_LINE
        line = getattr(self, side)
        assert isinstance(line, BorderLine), "each other side has a line of its own"
        return line

    def changed(self, sides: Mapping[str, LineChange]) -> BorderFormat:
        """Return the border with some of its lines changed; the two diagonals are drawn alike."""
        border = self
        for side, change in sides.items():
            if side in _DIAGONALS:
                border = border._crossed(side, change)
            else:
                lines: dict[str, Any] = {side: border.line(side).changed(change)}
                border = replace(border, **lines)
        return border

    def _crossed(self, side: str, change: LineChange) -> BorderFormat:
        line = self.line(side)
        if line == NO_LINE and change.style != _NONE:
            line = self.diagonal
        line = line.changed(change)
        up = line != NO_LINE if side == "diagonal_up" else self.diagonal_up
        down = line != NO_LINE if side == "diagonal_down" else self.diagonal_down
        kept = line if line != NO_LINE else self.diagonal
        return replace(
            self, diagonal=kept if up or down else NO_LINE, diagonal_up=up, diagonal_down=down
        )

    def rendered(self, prefix: str) -> str:
        """Return the element as a part holds it."""
        up = ' diagonalUp="1"' if self.diagonal_up else ""
        down = ' diagonalDown="1"' if self.diagonal_down else ""
        inner = "".join(_rendered_line(prefix, side, getattr(self, side)) for side in _SIDES)
        return f"<{prefix}border{up}{down}>{inner}</{prefix}border>"


def _rendered_line(prefix: str, side: str, line: BorderLine) -> str:
    if line.stored == _NONE:
        return f"<{prefix}{side}/>"
    color = f"<{prefix}color{written_attributes(line.color)}/>" if line.color else ""
    return f'<{prefix}{side} style="{line.stored}">{color}</{prefix}{side}>'


NO_LINE = BorderLine()
NO_BORDER = BorderFormat()
