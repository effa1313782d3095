"""
Where cells and areas of a sheet are after cells were inserted, deleted or moved there.

Whether an area lies on the changed sheet is for the caller to know. Knows no formula and no file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

from excel_client.file_engine.formulas.reference_changes import (
    CellsDeleted,
    CellsInserted,
    CellsMoved,
    Change,
    Direction,
)
from excel_client.file_engine.formulas.references import COLUMN_LIMIT, ROW_LIMIT, Area

__all__ = ["CellChange", "changed_area", "changed_areas", "source_cell"]

CellChange: TypeAlias = CellsInserted | CellsDeleted | CellsMoved


def changed_area(area: Area, change: Change) -> Area | None:
    """
    Return the area that a reference to an area names afterwards; None when all its cells are gone.

    As in Excel, an area follows only if the change reaches across its whole width (or height). An area that was moved
    to another sheet is returned as it stands there.
    """
    match change:
        case CellsInserted() | CellsDeleted():
            inserted = isinstance(change, CellsInserted)
            if change.direction is Direction.VERTICAL:
                return _shifted(area, change.area, ROW_LIMIT, inserted=inserted)
            gap = _turned(change.area)
            turned = _shifted(_turned(area), gap, COLUMN_LIMIT, inserted=inserted)
            return _turned(turned) if turned else None
        case CellsMoved():
            return _moved(area, change)
        case _:
            return area


def _turned(area: Area) -> Area:
    """Return an area with rows for columns."""
    return Area(area.left, area.top, area.right, area.bottom)


def _shifted(area: Area, gap: Area, limit: int, *, inserted: bool) -> Area | None:
    """Return an area after rows of a gap came in or went away; the sheet has `limit` rows."""
    top, bottom, count = area.top, area.bottom, gap.bottom - gap.top + 1
    endless = top == 1 and bottom == limit
    if endless or bottom < gap.top or not _spans(gap, area):
        return area
    if inserted:
        if top >= gap.top:
            top += count
        if top > limit:
            return None
        return Area(top, area.left, min(bottom + count, limit), area.right)
    top = _after_deletion(top, gap, gap.top)
    bottom = _after_deletion(bottom, gap, gap.top - 1)
    return Area(top, area.left, bottom, area.right) if top <= bottom else None


def _spans(gap: Area, area: Area) -> bool:
    return gap.left <= area.left and area.right <= gap.right


def _after_deletion(row: int, gap: Area, instead: int) -> int:
    if row > gap.bottom:
        return row - gap.rows
    return instead if row >= gap.top else row


def _offset(area: Area, down: int, right: int) -> Area | None:
    moved = Area(area.top + down, area.left + right, area.bottom + down, area.right + right)
    inside = moved.top >= 1 and moved.left >= 1
    inside = inside and moved.bottom <= ROW_LIMIT and moved.right <= COLUMN_LIMIT
    return moved if inside else None


def _moved(area: Area, change: CellsMoved) -> Area | None:
    """
    Return an area after cells were cut and pasted.

    An area whose cells all moved goes with them. One that lost an end along its own direction reaches to where that end
    is now, or ends before what was put over it; one that lies under the pasted cells is gone.
    """
    moved = change.area
    if moved.holds(area):
        return _offset(area, change.down, change.right)
    target = _offset(moved, change.down, change.right)
    here = change.sheet.casefold() == change.to_sheet.casefold()
    if target is None or not here or _is_endless(area):
        return area
    return None if target.holds(area) else _stretched(area, moved, target)


def _is_endless(area: Area) -> bool:
    """Whether an area is made of whole columns or rows, which have no end that could move."""
    rows, columns = (area.top, area.bottom), (area.left, area.right)
    return rows == (1, ROW_LIMIT) or columns == (1, COLUMN_LIMIT)


def _stretched(area: Area, moved: Area, target: Area) -> Area:
    """Return an area of which a part may have moved, or been covered."""
    if moved.left == target.left and _spans(moved, area):
        return _with_moved_rows(area, moved, target)
    turned = _turned(area)
    if moved.top == target.top and _spans(_turned(moved), turned):
        return _turned(_with_moved_rows(turned, _turned(moved), _turned(target)))
    if moved.meets(area):
        return area
    shorter = _without_rows(area, target) if _spans(target, area) else area
    if shorter == area and _spans(_turned(target), turned):
        shorter = _turned(_without_rows(turned, _turned(target)))
    return shorter


def _with_moved_rows(area: Area, moved: Area, target: Area) -> Area:
    """Return an area after some of its rows, in its whole width, moved up or down."""
    if moved.top <= area.top <= moved.bottom:
        return _with_moved_top(area, moved, target)
    if moved.top <= area.bottom <= moved.bottom:
        # The same, seen from below.
        flipped = [_flipped(each) for each in (area, moved, target)]
        return _flipped(_with_moved_top(*flipped))
    return _without_rows(area, target)


def _with_moved_top(area: Area, moved: Area, target: Area) -> Area:
    down = target.top - moved.top
    if down > 0 and target.top > area.bottom:
        return area
    top, bottom = area.top + down, area.bottom
    if down > 0 and target.bottom >= area.bottom:
        top, bottom = min(top, moved.bottom + 1), target.bottom
    return replace(area, top=top, bottom=bottom)


def _flipped(area: Area) -> Area:
    return Area(-area.bottom, area.left, -area.top, area.right)


def _without_rows(area: Area, covered: Area) -> Area:
    """Return an area without an end of it that other cells were put over."""
    if covered.top <= area.top <= covered.bottom < area.bottom:
        return replace(area, top=covered.bottom + 1)
    if area.top < covered.top <= area.bottom <= covered.bottom:
        return replace(area, bottom=covered.top - 1)
    return area


def changed_areas(areas: Sequence[Area], change: CellChange) -> list[Area]:
    """
    Return areas that stand for their single cells (formats, validations) after a change; cells that are gone go.

    An area that is reached in part only is split, so that each of its cells is followed.
    """
    followed: list[Area] = []
    for area in areas:
        for part in _followed_cells(area, change):
            if part not in followed:
                followed.append(part)
    return followed


def _followed_cells(area: Area, change: CellChange) -> list[Area]:
    if isinstance(change, CellsMoved):
        return _cells_after_move(area, change)
    gap = change.area
    if change.direction is Direction.VERTICAL:
        reached = Area(gap.top, gap.left, ROW_LIMIT, gap.right)
        band = Area(area.top, gap.left, area.bottom, gap.right)
    else:
        reached = Area(gap.top, gap.left, gap.bottom, COLUMN_LIMIT)
        band = Area(gap.top, area.left, gap.bottom, area.right)
    if not reached.meets(area):
        return [area]
    inside = changed_area(_shared(area, band), change)
    return ([inside] if inside else []) + _rest(area, band)


def _cells_after_move(area: Area, change: CellsMoved) -> list[Area]:
    target = _offset(change.area, change.down, change.right)
    here = change.sheet.casefold() == change.to_sheet.casefold()
    left = _rest(area, change.area)
    if not here or target is None:
        return left
    kept = [part for piece in left for part in _rest(piece, target)]
    if change.area.meets(area):
        moved = _offset(_shared(area, change.area), change.down, change.right)
        kept = [*([moved] if moved else []), *kept]
    return kept


def _shared(area: Area, other: Area) -> Area:
    return Area(
        max(area.top, other.top),
        max(area.left, other.left),
        min(area.bottom, other.bottom),
        min(area.right, other.right),
    )


def _rest(area: Area, without: Area) -> list[Area]:
    """Return what is left of an area without another one, in up to four pieces."""
    if not area.meets(without):
        return [area]
    middle = _shared(area, without)
    pieces = [
        Area(area.top, area.left, middle.top - 1, area.right),
        Area(middle.top, area.left, middle.bottom, middle.left - 1),
        Area(middle.top, middle.right + 1, middle.bottom, area.right),
        Area(middle.bottom + 1, area.left, area.bottom, area.right),
    ]
    return [piece for piece in pieces if piece.top <= piece.bottom and piece.left <= piece.right]


def source_cell(row: int, column: int, change: CellChange) -> tuple[int, int] | None:
    """Return where the cell that stands at a place now stood before; None for an inserted one."""
    gap = change.area
    if isinstance(change, CellsMoved):
        back = row - change.down, column - change.right
        return back if gap.holds(Area(*back, *back)) else (row, column)
    inserted = isinstance(change, CellsInserted)
    if change.direction is Direction.VERTICAL:
        if gap.left <= column <= gap.right:
            before = _place_before(row, gap.top, gap.rows, inserted=inserted)
            return None if before is None else (before, column)
    elif gap.top <= row <= gap.bottom:
        before = _place_before(column, gap.left, gap.columns, inserted=inserted)
        return None if before is None else (row, before)
    return row, column


def _place_before(place: int, first: int, count: int, *, inserted: bool) -> int | None:
    if place < first:
        return place
    if not inserted:
        return place + count
    return place - count if place >= first + count else None
