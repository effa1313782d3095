"""
Cells of a sheet that move down, right, up or left to make room or to fill it, with their formats.

Moves bytes and judges nothing: `workbook.shift_limits` has refused what Excel would. Formulas keep their text here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from enum import StrEnum

from excel_client.file_engine.formulas.reference_changes import Direction
from excel_client.file_engine.formulas.references import COLUMN_LIMIT, ROW_LIMIT, Area
from excel_client.file_engine.sheet.cells import style_of
from excel_client.file_engine.sheet.column_shifts import columns_deleted, columns_inserted
from excel_client.file_engine.sheet.default_formats import DefaultFormats
from excel_client.file_engine.sheet.row_pieces import (
    RowPieces,
    blank_cell,
    cut_row,
    joined_row,
    moved_sideways,
    renumbered,
    row_opening,
    row_style,
)
from excel_client.file_engine.sheet.row_rebuilding import RowRebuilding
from excel_client.file_engine.sheet.shared_formulas import write_out_torn
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.xml.xml_spans import set_attribute

__all__ = [
    "FormatOrigin",
    "delete_cells",
    "insert_cells",
    "moving_area",
    "spans_columns",
    "spans_rows",
]

_LEVEL = re.compile(rb"""\soutlineLevel\s*=\s*["'](\d+)["']""")
_NOT_TAKEN_OVER = ("spans", "hidden", "collapsed", "outlineLevel", "ph")


class FormatOrigin(StrEnum):
    """Whose format inserted cells take: that of the cells left of or above them, or right of or below them."""

    BEFORE = "format_from_left_or_above"
    AFTER = "format_from_right_or_below"


def spans_rows(area: Area) -> bool:
    """Whether an area is made of whole rows."""
    return area.left == 1 and area.right == COLUMN_LIMIT


def spans_columns(area: Area) -> bool:
    """Whether an area is made of whole columns."""
    return area.top == 1 and area.bottom == ROW_LIMIT


def moving_area(area: Area, direction: Direction, *, inserted: bool) -> Area | None:
    """Return the area whose cells move when another one is inserted or deleted; None where nothing is behind it."""
    if direction is Direction.VERTICAL:
        top = area.top if inserted else area.bottom + 1
        return Area(top, area.left, ROW_LIMIT, area.right) if top <= ROW_LIMIT else None
    left = area.left if inserted else area.right + 1
    return Area(area.top, left, area.bottom, COLUMN_LIMIT) if left <= COLUMN_LIMIT else None


def insert_cells(
    model: SheetModel,
    area: Area,
    direction: Direction,
    origin_of: Callable[[int], FormatOrigin],
) -> None:
    """Insert blank cells; `origin_of` says for a column (rows inserted) or 0 whose format they take."""
    _before(model, area, direction, inserted=True)
    if direction is Direction.HORIZONTAL:
        _insert_sideways(model, area, origin_of(0))
    elif spans_rows(area):
        _insert_rows(model, area, origin_of)
    else:
        _shift_down(model, area, origin_of)
    _after(model, area, direction, inserted=True)


def delete_cells(model: SheetModel, area: Area, direction: Direction) -> None:
    """Delete cells; what is below or to the right of them takes their place."""
    _before(model, area, direction, inserted=False)
    if direction is Direction.HORIZONTAL:
        _delete_sideways(model, area)
    elif spans_rows(area):
        _delete_rows(model, area)
    else:
        _shift_up(model, area)
    _after(model, area, direction, inserted=False)


def _before(model: SheetModel, area: Area, direction: Direction, *, inserted: bool) -> None:
    model.rows.settle()
    write_out_torn(model, area, moving_area(area, direction, inserted=inserted))


def _after(model: SheetModel, area: Area, direction: Direction, *, inserted: bool) -> None:
    model.forget_reaching()
    model.formulas_changed = True
    model.changed = True
    element = model.surroundings.root.find("dimension")
    if element is None or "ref" not in element.attributes:
        return
    try:
        stated = Area.parse(element.attributes["ref"])
    except ValueError:
        return
    shifted = _shifted_dimension(stated, area, direction, inserted=inserted)
    tag = model.surroundings.whole[element.start : element.open_end]
    tag = set_attribute(tag, "ref", shifted.text())
    model.surroundings.splice([(element.start, element.open_end, tag)])


def _shifted_dimension(stated: Area, area: Area, direction: Direction, *, inserted: bool) -> Area:
    """Return the area of a sheet's cells after a change; it may be too large, never too small."""
    top, left, bottom, right = stated.top, stated.left, stated.bottom, stated.right
    if direction is Direction.VERTICAL:
        top, bottom = _shifted(
            (top, bottom), (area.top, area.rows), inserted=inserted, whole=spans_rows(area)
        )
    else:
        left, right = _shifted(
            (left, right), (area.left, area.columns), inserted=inserted, whole=spans_columns(area)
        )
    if top > bottom or left > right:
        return Area(1, 1, 1, 1)
    return Area(top, left, min(bottom, ROW_LIMIT), min(right, COLUMN_LIMIT))


def _shifted(
    span: tuple[int, int], change: tuple[int, int], *, inserted: bool, whole: bool
) -> tuple[int, int]:
    """Return first and last place of a span after places appeared or went."""
    (first, last), (start, by) = span, change
    if inserted:
        moves_first = whole and first >= start
        return first + by if moves_first else first, last + by if last >= start else last
    if not whole:
        return min(first, start), last
    last = last - by if last >= start + by else min(last, start - 1)
    return first - by if first >= start + by else min(first, start), last


# Whole rows


def _insert_rows(model: SheetModel, area: Area, origin_of: Callable[[int], FormatOrigin]) -> None:
    rows, by = model.rows, area.rows
    building = RowRebuilding(rows)
    building.keep(1, area.top - 1)
    above = rows.row(area.top - 1) if area.top > 1 else b""
    below = rows.row(area.top)
    tag, cells = _fresh_row(model, area.top, (above, below), origin_of)
    if cells or tag:
        for number in range(area.top, area.bottom + 1):
            inner = b"".join(
                blank_cell(column, number, style) for column, style in sorted(cells.items())
            )
            building.add(number, b'<row r="%d"%b>%b</row>' % (number, tag, inner))
    for number in rows.existing(area.top, ROW_LIMIT - by):
        building.add(number + by, renumbered(rows.row(number), number, number + by, whole=True))
    building.finish()


def _fresh_row(
    model: SheetModel,
    number: int,
    neighbours: tuple[bytes, bytes],
    origin_of: Callable[[int], FormatOrigin],
) -> tuple[bytes, dict[int, bytes]]:
    """Return the attributes and the cells' formats of a row that is inserted between two others."""
    place = model.where(number)
    by_origin = dict(zip(FormatOrigin, neighbours, strict=True))
    openings = {o: row_opening(row, place) if row else b"" for o, row in by_origin.items()}
    tag = _taken_over(openings[origin_of(0)])
    level = min(_level(opening) for opening in openings.values())
    if level:
        tag += b' outlineLevel="%d"' % level
    style = row_style(tag)
    cells: dict[int, bytes] = {}
    for origin, row in by_origin.items():
        if not row:
            continue
        shown = model.rows.parts(number if origin is FormatOrigin.AFTER else number - 1)[1]
        for column, cell in shown.items():
            if origin_of(column) is not origin:
                continue
            wanted = style_of(cell)
            default = style or model.surroundings.column_style(column)
            if (wanted or b"0") != (default or b"0"):
                cells[column] = wanted
    return tag, cells


def _taken_over(opening: bytes) -> bytes:
    """Return the attributes of a row that one inserted beside it takes over, with a space before each."""
    if not opening:
        return b""
    opening = opening.strip()
    for name in ("r", *_NOT_TAKEN_OVER):
        opening = set_attribute(opening, name, None)
    return opening.removeprefix(b"<row").removesuffix(b">").rstrip()


def _level(opening: bytes) -> int:
    match = _LEVEL.search(opening)
    return int(match[1]) if match else 0


def _delete_rows(model: SheetModel, area: Area) -> None:
    rows, by = model.rows, area.rows
    building = RowRebuilding(rows)
    building.keep(1, area.top - 1)
    for number in rows.existing(area.bottom + 1, ROW_LIMIT):
        building.add(number - by, renumbered(rows.row(number), number, number - by, whole=True))
    building.finish()


# Blocks that move down and up


def _shift_down(model: SheetModel, area: Area, origin_of: Callable[[int], FormatOrigin]) -> None:
    by, formats = area.rows, DefaultFormats(model)
    before = formats.shown_between(area.top - 1, area)
    after = formats.shown_between(area.top, area)
    fresh = {
        column: (before if origin_of(column) is FormatOrigin.BEFORE else after)[column]
        for column in range(area.left, area.right + 1)
        if area.top > 1 or origin_of(column) is FormatOrigin.AFTER
    }
    styled = {column: style for column, style in fresh.items() if style != formats.at(0, column)}

    def cells_for(number: int) -> bytes:
        if number > area.bottom:
            return _coming(model, area, (number - by, number), formats)
        return formats.blanks(number, fresh)

    standing = model.rows.existing(area.top, ROW_LIMIT)
    moved = [number + by for number in standing if number + by <= ROW_LIMIT]
    new = range(area.top, area.bottom + 1) if styled else ()
    _rebuild(model, area, sorted({*standing, *moved, *new}), cells_for)


def _shift_up(model: SheetModel, area: Area) -> None:
    by, formats = area.rows, DefaultFormats(model)

    def cells_for(number: int) -> bytes:
        return _coming(model, area, (number + by, number), formats)

    standing = model.rows.existing(area.top, ROW_LIMIT)
    moved = [number - by for number in standing if number > area.bottom]
    _rebuild(model, area, sorted({*standing, *moved}), cells_for)


def _coming(model: SheetModel, area: Area, rows: tuple[int, int], formats: DefaultFormats) -> bytes:
    """Return the cells that come from one row to another in an area's columns."""
    source, target = rows
    columns = area.left, area.right
    cells = cut_row(model.rows.row(source), source, columns, model.where(source))[1]
    cells = formats.kept_down(cells, rows, range(area.left, area.right + 1))
    return renumbered(cells, source, target)


def _rebuild(
    model: SheetModel, area: Area, targets: Sequence[int], cells_for: Callable[[int], bytes]
) -> None:
    """Give the rows from an area's top on other cells in its columns."""
    rows, columns = model.rows, (area.left, area.right)
    building = RowRebuilding(rows)
    building.keep(1, area.top - 1)
    for number in targets:
        row, cells = rows.row(number), cells_for(number)
        before, old, after = cut_row(row, number, columns, model.where(number))
        if cells == old:
            building.add(number, row)
        else:
            building.add(number, joined_row((before, cells, after), number, was_cut=bool(old)))
    building.finish()


# Whole columns, and blocks that move right and left


def _insert_sideways(model: SheetModel, area: Area, origin: FormatOrigin) -> None:
    by, formats = area.columns, DefaultFormats(model)
    is_after = origin is FormatOrigin.AFTER
    neighbour = area.left if is_after else area.left - 1
    whole = spans_columns(area)
    new = range(area.left, area.right + 1)
    like = dict.fromkeys(new, neighbour) if whole else {column: column for column in new}
    differing = {} if whole else formats.differing((area.left, COLUMN_LIMIT), by)
    beside = formats.at(0, neighbour) if neighbour else b""
    every = bool(differing) or (
        neighbour > 0 and any(formats.at(0, c) != beside for c in like.values())
    )
    building = RowRebuilding(model.rows)
    building.keep(1, area.top - 1)
    for number in _numbers(model, area, every=every):
        row = model.rows.row(number)
        before, moving, after = _cut(model, number, (area.left, COLUMN_LIMIT))
        moving = moved_sideways(formats.kept_sideways(moving, number, differing), by)
        style = formats.shown(number, neighbour)
        fresh = b"".join(
            blank_cell(column, number, style)
            for column, place in like.items()
            if neighbour and style != formats.at(number, place)
        )
        cut = before, fresh + moving, after
        building.add(number, joined_row(cut, number, was_cut=False) if fresh or moving else row)
    building.keep(area.bottom + 1, ROW_LIMIT)
    building.finish()
    if whole:
        columns_inserted(model.surroundings, area.left, by, after=is_after)


def _delete_sideways(model: SheetModel, area: Area) -> None:
    by, formats = area.columns, DefaultFormats(model)
    whole = spans_columns(area)
    differing = {} if whole else formats.differing((area.right + 1, COLUMN_LIMIT), -by)
    building = RowRebuilding(model.rows)
    building.keep(1, area.top - 1)
    for number in _numbers(model, area, every=bool(differing)):
        row = model.rows.row(number)
        before, gone, _ = _cut(model, number, (area.left, area.right))
        _, moving, after = _cut(model, number, (area.right + 1, COLUMN_LIMIT))
        moving = moved_sideways(formats.kept_sideways(moving, number, differing), -by)
        cut = before, moving, after
        changed = bool(gone or moving)
        building.add(number, joined_row(cut, number, was_cut=True) if changed else row)
    building.keep(area.bottom + 1, ROW_LIMIT)
    building.finish()
    if whole:
        columns_deleted(model.surroundings, area.left, by)


def _numbers(model: SheetModel, area: Area, *, every: bool) -> Sequence[int]:
    """Return the rows of an area, or those that stand."""
    if every:
        return range(area.top, area.bottom + 1)
    return model.rows.existing(area.top, area.bottom)


def _cut(model: SheetModel, number: int, columns: tuple[int, int]) -> RowPieces:
    return cut_row(model.rows.row(number), number, columns, model.where(number))
