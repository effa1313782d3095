"""
Room for a table that grows: what stands in its way, and how the cells below it make way.

Cells below move only as far as they must, as for Excel's ListRows.Add: a table grows into blank rows, and from the
first row that is not blank everything moves down. Judged before anything is changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from excel_client.file_engine.formulas.reference_changes import CellsInserted, Direction
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.problems import (
    ArrayFormulaInTheWay,
    CellsInTheWay,
    FileEngineProblem,
    MergedCellsInTheWay,
    PivotTableInTheWay,
    TableInTheWay,
)
from excel_client.file_engine.tables.table_model import TableModel
from excel_client.file_engine.tables.written_cells import WrittenCells
from excel_client.file_engine.workbook.cell_changes import insert_cells
from excel_client.file_engine.workbook.shift_limits import judge_shift, pivot_areas
from excel_client.file_engine.workbook.workbook_part import SheetEntry

if TYPE_CHECKING:
    from excel_client.file_engine.workbook.document import Document

__all__ = ["inserted_rows", "judge_free", "judge_room", "make_room"]


def judge_room(
    document: Document,
    entry: SheetEntry,
    table: TableModel | None,
    wanted: Area,
    written: WrittenCells | None = None,
) -> Area | None:
    """
    Return the area at which cells must be inserted so that the rows of `wanted` are free, or None if they are.

    Cells that are in `written` are taken in. Raises where what is in the way cannot be moved as a whole.
    """
    if wanted.rows <= 0:
        return None
    wanted.checked()
    sheet = document.sheet(entry)
    first = _first_in_the_way(document, entry, table, wanted, written)
    if first is None:
        return None
    room = Area(first, wanted.left, wanted.bottom, wanted.right)
    try:
        judge_shift(document, entry, inserted_rows(entry, room))
    except (CellsInTheWay, MergedCellsInTheWay, ArrayFormulaInTheWay):
        raise
    except FileEngineProblem as refusal:
        raise CellsInTheWay(sheet.where(first)) from refusal
    return room


def _first_in_the_way(
    document: Document,
    entry: SheetEntry,
    table: TableModel | None,
    wanted: Area,
    written: WrittenCells | None,
) -> int | None:
    sheet = document.sheet(entry)
    rows = []
    for row, columns in sheet.occupied(wanted):
        if written is None or not all(written.holds(row, column) for column in columns):
            rows.append(row)
            break
    rows += [
        max(other.part.area.top, wanted.top)
        for other in document.tables(entry)
        if other is not table and other.part.area.meets(wanted)
    ]
    for merged in sheet.surroundings.merged:
        if merged.meets(wanted):
            if merged.left < wanted.left or merged.right > wanted.right or merged.top < wanted.top:
                raise MergedCellsInTheWay(sheet.where(merged.text()))
            rows.append(merged.top)
    return min(rows, default=None)


def make_room(document: Document, entry: SheetEntry, room: Area | None) -> None:
    """Insert cells where `judge_room` said so."""
    if room is not None:
        insert_cells(document, entry, room, Direction.VERTICAL)


def inserted_rows(entry: SheetEntry, room: Area) -> CellsInserted:
    """Return the change by which rows of cells appear in an area."""
    return CellsInserted(sheet=entry.name, area=room, direction=Direction.VERTICAL)


def judge_free(document: Document, entry: SheetEntry, table: TableModel | None, area: Area) -> None:
    """Refuse an area for a table that holds what no table may: another table, merged cells, an array, a pivot table."""
    sheet = document.sheet(entry)
    for other in document.tables(entry):
        if other is not table and other.part.area.meets(area):
            raise TableInTheWay(sheet.where(other.part.area.text()))
    for merged in sheet.surroundings.merged:
        if merged.meets(area):
            raise MergedCellsInTheWay(sheet.where(merged.text()))
    for reaching in sheet.reaching_formulas():
        array = reaching.area
        if reaching.kind != "shared" and array.meets(area) and array.rows * array.columns > 1:
            raise ArrayFormulaInTheWay(sheet.where(array.text()))
    for report in pivot_areas(document, entry):
        if report.meets(area):
            raise PivotTableInTheWay(sheet.where(report.text()))
