"""
Cells that are cut and pasted elsewhere in the workbook; what refers to them follows.

Everything is judged before the first change. Knows no xlwings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from excel_client.file_engine.formulas.reference_changes import CellsMoved
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.problems import (
    MergedCellsInTheWay,
    OutsideFileEngine,
    TableInTheWay,
    TableTorn,
)
from excel_client.file_engine.sheet.area_rules import areas_of, rules_named
from excel_client.file_engine.sheet.copied_rules import CONDITIONAL, VALIDATION, meets_sparkline
from excel_client.file_engine.sheet.shared_formulas import write_out_torn
from excel_client.file_engine.tables.table_part import TablePart
from excel_client.file_engine.workbook.cell_transfers import CellBlock, planned_move
from excel_client.file_engine.workbook.following import apply_change
from excel_client.file_engine.workbook.hyperlinks import links_in
from excel_client.file_engine.workbook.notes import noted_cells
from excel_client.file_engine.workbook.shift_limits import judge_untorn
from excel_client.file_engine.workbook.table_headers import after_write
from excel_client.file_engine.workbook.workbook_part import SheetEntry

if TYPE_CHECKING:
    from excel_client.file_engine.workbook.document import Document

__all__ = ["move_cells"]


def move_cells(
    document: Document,
    entry: SheetEntry,
    area: Area,
    to_entry: SheetEntry,
    place: tuple[int, int],
) -> None:
    """Move an area's cells so that its first one comes to stand in a row and column of a sheet."""
    row, column = place
    to_area = Area(row, column, row + area.rows - 1, column + area.columns - 1)
    source = CellBlock(document=document, entry=entry, area=area)
    target = CellBlock(document=document, entry=to_entry, area=to_area)
    if entry == to_entry and to_area == area:
        return
    judge_untorn(document, entry, area, written_over=False)
    _judge_target(source, target)
    _judge_tables(source, target)
    if entry != to_entry:
        _judge_attached(source)
    write_out_torn(source.model, area, None)
    source.model.forget_reaching()
    cleared, placed = planned_move(source, target)
    if cleared:
        source.model.put_cells(area, cleared)
    if placed:
        target.model.put_cells(to_area, placed)
    change = CellsMoved(
        sheet=entry.name,
        area=area,
        to_sheet=to_entry.name,
        down=row - area.top,
        right=column - area.left,
    )
    apply_change(document, change)
    for sheet, touched in ((entry, area), (to_entry, to_area)):
        after_write(document, sheet, touched)
        document.written_cells(sheet).forget()


def _judge_target(source: CellBlock, target: CellBlock) -> None:
    """Refuse to write over part of what must stay whole, unless it moves itself."""
    model = target.model
    same = source.entry == target.entry
    judge_untorn(target.document, target.entry, target.area, moving=source.area if same else None)
    for merged in model.surroundings.merged:
        if merged.meets(target.area) and not (same and source.area.holds(merged)):
            raise MergedCellsInTheWay(model.where(merged.text()))


def _judge_tables(source: CellBlock, target: CellBlock) -> None:
    """Let tables move as a whole, and cells within the data of one; headers stay where they are."""
    moved = []
    for table in source.document.tables(source.entry):
        part = table.part
        if source.area.holds(part.area):
            if source.entry != target.entry:
                raise OutsideFileEngine(source.model.where(part.display_name))
            moved.append(part)
        elif any(source.area.meets(row) for row in _framing(part)):
            raise TableTorn(source.model.where(part.display_name))
    for table in target.document.tables(target.entry):
        part = table.part
        if any(part is other for other in moved) or not part.area.meets(target.area):
            continue
        if moved or target.area.holds(part.area):
            raise TableInTheWay(target.model.where(part.display_name))


def _framing(table: TablePart) -> list[Area]:
    """Return the header and the totals row of a table."""
    area = table.area
    rows = []
    if table.header_rows:
        rows.append(Area(area.top, area.left, table.first_row - 1, area.right))
    if table.totals_rows:
        rows.append(Area(table.last_row + 1, area.left, area.bottom, area.right))
    return rows


def _judge_attached(source: CellBlock) -> None:
    """Refuse to take cells to another sheet with what hangs on them there."""
    model, area = source.model, source.area
    around = model.surroundings
    attached = any(merged.meets(area) for merged in around.merged)
    for kind in (CONDITIONAL, VALIDATION):
        for element in rules_named(around.root, *kind):
            attached |= any(stated.meets(area) for stated in areas_of(element, around.place))
    attached |= bool(links_in(source.document, source.entry, area))
    attached |= meets_sparkline(model, area)
    notes = noted_cells(source.document, source.entry)
    attached |= any(area.holds(Area(row, column, row, column)) for row, column in notes)
    if attached:
        raise OutsideFileEngine(model.where(area.text()))
