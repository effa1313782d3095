"""
The borders of a range, as xlwings sees them: its edges, the lines between its cells, and the diagonals in each.

A line between two cells is one line, whichever of them states it. Knows no bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from xlwings import base_classes

from excel_client.file_engine.formats.borders import NO_LINE, BorderLine, LineChange
from excel_client.file_engine.formats.colors import Rgb, as_rgb
from excel_client.file_engine.formulas.references import COLUMN_LIMIT, ROW_LIMIT
from excel_client.file_engine.interface.closed_members import closed
from excel_client.file_engine.sheet.restyling import Zone

if TYPE_CHECKING:
    from excel_client.file_engine.interface.range_formats import RangeFormats

__all__ = ["BorderImpl", "BordersImpl"]

_GRID = base_classes.BORDER_GRID_SIDES
_UNSET = base_classes._UNSET  # noqa: SLF001 - what xlwings hands over for "not given"
_NONE = "none"
_BLACK = (0, 0, 0)
#: The side of a cell, and the cell beside it that states the same line: rows down, columns right, its side.
_BESIDE = {
    "top": (-1, 0, "bottom"),
    "bottom": (1, 0, "top"),
    "left": (0, -1, "right"),
    "right": (0, 1, "left"),
}
_EDGES = {"edge_top": "top", "edge_bottom": "bottom", "edge_left": "left", "edge_right": "right"}


def _line_change(style: object, weight: object, color: object) -> LineChange:
    """Return what xlwings was given; a style of None takes the line away."""
    if style is None:
        return LineChange(style=_NONE)
    return LineChange(
        style=None if style is _UNSET else str(style),
        weight=None if weight is _UNSET else str(weight),
        color=None if color is _UNSET else as_rgb(color),
    )


@closed(base_classes.Border)
class BorderImpl:
    """One side of a range."""

    def __init__(self, borders: BordersImpl, side: str) -> None:
        self._borders = borders
        self._side = side

    @property
    def api(self) -> BorderImpl:
        """The engine has no object beneath."""
        return self

    @property
    def line_style(self) -> str:
        """The style of the side's first line, "none" for none."""
        return self._borders.line(self._side).style

    @line_style.setter
    def line_style(self, value: str | None) -> None:
        self._borders.set([self._side], line_style=value)

    @property
    def weight(self) -> str:
        """The weight of the side's first line."""
        return self._borders.line(self._side).weight

    @weight.setter
    def weight(self, value: str) -> None:
        self._borders.set([self._side], weight=value)

    @property
    def color(self) -> Rgb | None:
        """The colour of the side's first line; None without a line, and for the diagonals of several cells."""
        return self._borders.color_of(self._side)

    @color.setter
    def color(self, value: Rgb) -> None:
        self._borders.set([self._side], color=value)


@closed(base_classes.Borders)
class BordersImpl:
    """All sides of a range."""

    parent: RangeFormats

    def __init__(self, parent: RangeFormats) -> None:
        self.parent = parent

    @property
    def api(self) -> BordersImpl:
        """The engine has no object beneath."""
        return self

    def __getitem__(self, side: str) -> BorderImpl:
        return BorderImpl(self, side)

    # Reading

    def line(self, side: str) -> BorderLine:
        """Return the first line of a side, as the cell or its neighbour states it."""
        area = self.parent.area
        row = area.bottom if side == "edge_bottom" else area.top
        column = area.right if side == "edge_right" else area.left
        if side == "inside_vertical":
            return self._stated(row, column, "right") if area.columns > 1 else NO_LINE
        if side == "inside_horizontal":
            return self._stated(row, column, "bottom") if area.rows > 1 else NO_LINE
        return self._stated(row, column, _EDGES.get(side, side))

    def _stated(self, row: int, column: int, side: str) -> BorderLine:
        line = self._border_at(row, column, side)
        if line != NO_LINE or side not in _BESIDE:
            return line
        down, right, other = _BESIDE[side]
        row, column = row + down, column + right
        if not (1 <= row <= ROW_LIMIT and 1 <= column <= COLUMN_LIMIT):
            return NO_LINE
        return self._border_at(row, column, other)

    def _border_at(self, row: int, column: int, side: str) -> BorderLine:
        style = self.parent.sheet.model.style(row, column)
        return self.parent.styles.border(int(style or b"0")).line(side)

    def color_of(self, side: str) -> Rgb | None:
        """Return the colour of a side's first line; an automatic one is black."""
        line = self.line(side)
        several = self.parent.area.rows > 1 or self.parent.area.columns > 1
        if line == NO_LINE or (several and side.startswith("diagonal")):
            return None
        return self.parent.styles.palette.rgb(dict(line.color)) or _BLACK

    def _grid(self) -> list[str]:
        area = self.parent.area
        return [
            side
            for side in _GRID
            if (side != "inside_vertical" or area.columns > 1)
            and (side != "inside_horizontal" or area.rows > 1)
        ]

    @property
    def line_style(self) -> str | None:
        """The style of the edges and the lines inside; None where they differ."""
        found = {self.line(side).style for side in self._grid()}
        return found.pop() if len(found) == 1 else None

    @line_style.setter
    def line_style(self, value: str | None) -> None:
        self.set(_GRID, line_style=value)

    @property
    def weight(self) -> str | None:
        """The weight of the edges and the lines inside; None where they differ."""
        found = {self.line(side).weight for side in self._grid()}
        return found.pop() if len(found) == 1 else None

    @weight.setter
    def weight(self, value: str) -> None:
        self.set(_GRID, weight=value)

    @property
    def color(self) -> Rgb | None:
        """The colour of the edges and the lines inside; None where they differ."""
        found = {self.color_of(side) for side in self._grid()}
        return found.pop() if len(found) == 1 else None

    @color.setter
    def color(self, value: Rgb) -> None:
        self.set(_GRID, color=value)

    # Writing

    def clear(self, which: Iterable[str]) -> None:
        """Take the lines of some sides away."""
        self.set(which, line_style=None)

    def set(
        self,
        which: Iterable[str],
        *,
        line_style: object = _UNSET,
        weight: object = _UNSET,
        color: object = _UNSET,
    ) -> None:
        """Set colour, weight and style, in this order, of the lines of some sides; a style of None takes them away."""
        area = self.parent.area
        if area.rows < 1 or area.columns < 1:
            return
        change = _line_change(line_style, weight, color)
        sides = set(which)
        across = _bands(area.left, area.right, "vertical", sides)
        down = _bands(area.top, area.bottom, "horizontal", sides)
        if (area.top, area.bottom) == (1, ROW_LIMIT):
            # Whole columns keep what all of their cells have; only the first row has an edge to be seen.
            down = [(1, ROW_LIMIT, down[1][2]), down[0]]
        if (area.left, area.right) == (1, COLUMN_LIMIT):
            across = [across[0], (2, COLUMN_LIMIT, across[1][2])]
        for top, bottom, cell_sides in down:
            zones = [
                self._zone(left, right, change, cell_sides + beside)
                for left, right, beside in across
            ]
            self.parent.reformat_zones((top, bottom), zones)
        for edge in sides & _EDGES.keys():
            self._change_neighbours(_EDGES[edge], change)

    def _zone(self, left: int, right: int, change: LineChange, sides: list[str]) -> Zone:
        styles = self.parent.styles
        changes: Mapping[str, LineChange] = dict.fromkeys(sides, change)

        def bordered(style: int) -> int:
            return styles.with_border(style, styles.border(style).changed(changes))

        return Zone(left=left, right=right, change=bordered)

    def _change_neighbours(self, side: str, change: LineChange) -> None:
        """Change the same line where the cells beside the range state it too."""
        area = self.parent.area
        down, right, other = _BESIDE[side]
        top = area.bottom + 1 if down > 0 else area.top + down
        left = area.right + 1 if right > 0 else area.left + right
        bottom, last = (top, area.right) if down else (area.bottom, left)
        if top < 1 or left < 1 or bottom > ROW_LIMIT or last > COLUMN_LIMIT:
            return
        styles = self.parent.styles

        def followed(style: int) -> int:
            border = styles.border(style)
            if border.line(other) == NO_LINE:
                return style
            return styles.with_border(style, border.changed({other: change}))

        self.parent.reformat_zones((top, bottom), [Zone(left=left, right=last, change=followed)])


def _bands(
    first: int, last: int, direction: str, sides: set[str]
) -> list[tuple[int, int, list[str]]]:
    """Return the rows, or the columns, whose cells get the same lines in that direction, and these lines."""
    before, behind = ("top", "bottom") if direction == "horizontal" else ("left", "right")
    diagonals = [side for side in ("diagonal_down", "diagonal_up") if side in sides]
    crossing = diagonals if direction == "horizontal" else []
    inside = f"inside_{direction}" in sides
    edges = [f"edge_{before}" in sides, f"edge_{behind}" in sides]

    def lines(*, at_first: bool, at_last: bool) -> list[str]:
        has_before = edges[0] if at_first else inside
        has_behind = edges[1] if at_last else inside
        return [*crossing, *([before] if has_before else []), *([behind] if has_behind else [])]

    if first == last:
        return [(first, last, lines(at_first=True, at_last=True))]
    found = [(first, first, lines(at_first=True, at_last=False))]
    if last - first > 1:
        found.append((first + 1, last - 1, lines(at_first=False, at_last=False)))
    return [*found, (last, last, lines(at_first=False, at_last=True))]
