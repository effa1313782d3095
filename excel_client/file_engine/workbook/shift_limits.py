"""
What Excel does not let happen to a sheet's cells when others are inserted, deleted or moved: nothing is torn or lost.

Judges and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from excel_client.file_engine.formulas.reference_changes import (
    CellsDeleted,
    CellsInserted,
    Direction,
)
from excel_client.file_engine.formulas.references import COLUMN_LIMIT, ROW_LIMIT, Area
from excel_client.file_engine.problems import (
    ArrayFormulaInTheWay,
    CellsPushedOff,
    MergedCellsInTheWay,
    OutsideFileEngine,
    OutsideSheet,
    PackageDamaged,
    PivotTableInTheWay,
    TableShapeRefused,
    TableTorn,
)
from excel_client.file_engine.sheet.cell_shifts import moving_area
from excel_client.file_engine.sheet.cells import has_content
from excel_client.file_engine.sheet.row_pieces import last_column
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.tables.table_part import TablePart
from excel_client.file_engine.workbook.workbook_part import SheetEntry
from excel_client.file_engine.xml.xml_spans import read_tree

if TYPE_CHECKING:
    from excel_client.file_engine.workbook.document import Document

__all__ = ["check_inside", "judge_shift", "judge_untorn", "pivot_areas"]


def judge_shift(
    document: Document, entry: SheetEntry, change: CellsInserted | CellsDeleted
) -> None:
    """Refuse what Excel would refuse, by a WriteRefused that names the place; nothing is changed."""
    model = document.sheet(entry)
    area = change.area
    check_inside(entry, area)
    inserted = isinstance(change, CellsInserted)
    moving = moving_area(area, change.direction, inserted=inserted)
    if inserted:
        _judge_edge(model, area, change.direction)
    for merged in model.surroundings.merged:
        _judge_merged(model, merged, change, moving)
    gone = None if inserted else area
    for reaching in model.reaching_formulas():
        if reaching.kind != "shared" and _is_torn(reaching.area, gone, moving):
            raise ArrayFormulaInTheWay(model.where(reaching.area.text()))
    for table in document.tables(entry):
        _judge_table(model, table.part, change, moving)
    for report in pivot_areas(document, entry):
        removed = gone is not None and gone.meets(report)
        if removed or _is_torn(report, None, moving):
            raise PivotTableInTheWay(model.where(report.text()))


def check_inside(entry: SheetEntry, area: Area) -> None:
    """Refuse an area that is not, or not only, made of a sheet's cells."""
    if area.rows < 1 or area.columns < 1:
        raise OutsideSheet(entry.name)
    try:
        area.checked()
    except OutsideSheet as error:
        raise OutsideSheet(entry.name) from error


def _is_torn(area: Area, gone: Area | None, moving: Area | None) -> bool:
    """Whether some cells of an area go or move, and others don't."""
    touched = [other for other in (gone, moving) if other is not None and other.meets(area)]
    return bool(touched) and not any(other.holds(area) for other in touched)


# The edge of the sheet


def _judge_edge(model: SheetModel, area: Area, direction: Direction) -> None:
    """Refuse to push cells off the sheet, those that have a format only included, as in Excel."""
    if direction is Direction.VERTICAL:
        pushed = Area(max(area.top, ROW_LIMIT - area.rows + 1), area.left, ROW_LIMIT, area.right)
        for number, _ in model.cells(pushed):
            raise CellsPushedOff(model.where(number))
    else:
        left = max(area.left, COLUMN_LIMIT - area.columns + 1)
        pushed = Area(area.top, left, area.bottom, COLUMN_LIMIT)
        for number in model.rows.existing(area.top, area.bottom):
            row = model.rows.row(number)
            if row and last_column(row, number, model.where(number)) >= left:
                raise CellsPushedOff(model.where(number))
    for merged in model.surroundings.merged:
        # What begins before grows, and ends with the sheet as it did.
        begins_before = merged.top < area.top or merged.left < area.left
        if merged.meets(pushed) and not begins_before:
            raise CellsPushedOff(model.where(merged.text()))


# Merged cells


def _judge_merged(
    model: SheetModel, merged: Area, change: CellsInserted | CellsDeleted, moving: Area | None
) -> None:
    """Let merged cells move, grow and shrink in the direction of the change, and go as a whole."""
    touched = moving is not None and moving.meets(merged)
    if isinstance(change, CellsDeleted):
        if change.area.holds(merged):
            return
        touched = touched or change.area.meets(merged)
    if not touched:
        return
    if not _is_across(merged, change):
        raise MergedCellsInTheWay(model.where(merged.text()))
    anchor = Area(merged.top, merged.left, merged.top, merged.left)
    if isinstance(change, CellsDeleted) and change.area.holds(anchor):
        # What the first of the cells shows would be lost while the others stay.
        for _, cells in model.cells(anchor):
            if any(map(has_content, cells.values())):
                raise MergedCellsInTheWay(model.where(merged.text()))


def _is_across(area: Area, change: CellsInserted | CellsDeleted) -> bool:
    """Whether the change reaches over the whole width (or height) of an area."""
    if change.direction is Direction.VERTICAL:
        return change.area.left <= area.left and area.right <= change.area.right
    return change.area.top <= area.top and area.bottom <= change.area.bottom


# Tables and pivot tables


def _judge_table(
    model: SheetModel,
    table: TablePart,
    change: CellsInserted | CellsDeleted,
    moving: Area | None,
) -> None:
    place = model.where(table.display_name)
    area, gone = table.area, change.area
    inserted = isinstance(change, CellsInserted)
    meets_gone = not inserted and gone.meets(area)
    touched = meets_gone or (moving is not None and moving.meets(area))
    if not touched or (moving is not None and moving.holds(area)):
        return
    if not _is_across(area, change):
        raise TableTorn(place)
    if not inserted and not meets_gone:
        raise TableTorn(place)
    if not inserted and gone.holds(area):
        # A table as a whole is for Excel to delete, with all that formulas make of it.
        raise OutsideFileEngine(place)
    if change.direction is Direction.HORIZONTAL:
        if not table.is_plain:
            raise OutsideFileEngine(place)
        return
    if not inserted:
        _judge_table_rows(table, gone, place)


def _judge_table_rows(table: TablePart, gone: Area, place: str) -> None:
    """Let a table lose rows of data, but for the last one."""
    area = table.area
    header = Area(area.top, area.left, table.first_row - 1, area.right)
    totals = Area(table.last_row + 1, area.left, area.bottom, area.right)
    for row in (header, totals):
        if row.rows and row.meets(gone):
            raise TableTorn(place)
    if gone.top <= table.first_row and gone.bottom >= table.last_row:
        raise TableShapeRefused(place)


def pivot_areas(document: Document, entry: SheetEntry) -> Iterator[Area]:
    """Yield the areas of a sheet's pivot tables, the filters above them included."""
    parts = document.parts
    for name in parts.related(document.sheet_part(entry), "pivotTable"):
        location = read_tree(parts.part(name), name).find("location")
        if location is None:
            raise PackageDamaged(name)
        try:
            area = Area.parse(location.attributes["ref"])
            filters = int(location.attributes.get("rowPageCount", "0"))
        except (KeyError, ValueError) as error:
            raise PackageDamaged(name) from error
        above = filters + 1 if filters else 0
        yield Area(max(1, area.top - above), area.left, area.bottom, area.right)


def judge_untorn(
    document: Document,
    entry: SheetEntry,
    area: Area,
    *,
    written_over: bool = True,
    moving: Area | None = None,
) -> None:
    """
    Refuse an area that is about to be moved away or written over and holds part of what must stay whole.

    What a dynamic array has spilled may be written over: it vanishes then. What is `moving` itself is not in the way.
    """
    model = document.sheet(entry)
    check_inside(entry, area)
    for merged in model.surroundings.merged:
        if _is_torn(merged, area, None) and not (moving and moving.holds(merged)):
            raise MergedCellsInTheWay(model.where(merged.text()))
    for reaching in model.reaching_formulas():
        if moving is not None and moving.holds(reaching.area):
            continue
        spills = reaching.is_dynamic and written_over
        if reaching.kind != "shared" and not spills and _is_torn(reaching.area, area, None):
            raise ArrayFormulaInTheWay(model.where(reaching.area.text()))
    for report in pivot_areas(document, entry):
        if report.meets(area):
            raise PivotTableInTheWay(model.where(report.text()))
