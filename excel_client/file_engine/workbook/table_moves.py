"""
Rows of a table that change their place below it: the totals row down and up, data that leaves under it.

Like cut and paste: formulas that name the cells follow. The cells that they come to lie on are blank, or move too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from excel_client.file_engine.formulas.reference_changes import CellsMoved
from excel_client.file_engine.formulas.references import ROW_LIMIT, Area
from excel_client.file_engine.problems import (
    ArrayFormulaInTheWay,
    MergedCellsInTheWay,
    OutsideFileEngine,
)
from excel_client.file_engine.sheet.row_pieces import renumbered
from excel_client.file_engine.sheet.shared_formulas import write_out_torn
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.workbook.following import apply_change
from excel_client.file_engine.workbook.workbook_part import SheetEntry

if TYPE_CHECKING:
    from excel_client.file_engine.workbook.document import Document

__all__ = ["judge_move", "move_totals"]


def judge_move(document: Document, entry: SheetEntry, area: Area) -> None:
    """Refuse to move rows that hold merged cells or a part of an array."""
    sheet = document.sheet(entry)
    for merged in sheet.surroundings.merged:
        if merged.meets(area):
            raise MergedCellsInTheWay(sheet.where(merged.text()))
    for reaching in sheet.reaching_formulas():
        if reaching.kind == "shared" and reaching.area.rows == 1 and reaching.area.meets(area):
            raise OutsideFileEngine(sheet.where(reaching.area.text()))
        if (
            reaching.kind != "shared"
            and reaching.area.meets(area)
            and not area.holds(reaching.area)
        ):
            raise ArrayFormulaInTheWay(sheet.where(reaching.area.text()))


def move_totals(document: Document, entry: SheetEntry, totals: Area, row: int) -> None:
    """
    Let a table's totals row stand in another row.

    Downwards the rows between are blank. Upwards the data that leaves the table makes way by one row, below it.
    """
    if row == totals.top:
        return
    sheet = document.sheet(entry)
    leaving = Area(row, totals.left, totals.top - 1, totals.right)
    _write_out_shared(sheet, leaving.union(totals) if leaving.rows > 0 else totals)
    taken = _taken(sheet, totals)
    for number in range(totals.top - 1, row - 1, -1):
        _put(sheet, number + 1, _taken(sheet, _row(totals, number)), number)
    _put(sheet, row, taken, totals.top)
    sheet.formulas_changed = True
    sheet.changed = True
    if row > totals.top:
        _follow(document, entry, totals, row - totals.top)
        return
    # In between the totals lie where nothing else can: at the end of the sheet.
    _follow(document, entry, totals, ROW_LIMIT - totals.top)
    _follow(document, entry, leaving, 1)
    _follow(document, entry, _row(totals, ROW_LIMIT), row - ROW_LIMIT)


def _write_out_shared(sheet: SheetModel, area: Area) -> None:
    """Give each cell of a shared formula its formula in full, if one of the cells moves."""
    kinds = {r.kind for r in sheet.reaching_formulas() if r.area.meets(area)}
    if "shared" in kinds:
        for number in range(area.top, area.bottom + 1):
            write_out_torn(sheet, _row(area, number), None)


def _row(area: Area, number: int) -> Area:
    return Area(number, area.left, number, area.right)


def _taken(sheet: SheetModel, area: Area) -> dict[int, bytes]:
    """Take the cells of a row out of it."""
    attributes, cells, rest = sheet.rows.parts(area.top)
    taken = {
        column: cells.pop(column) for column in list(cells) if area.left <= column <= area.right
    }
    if taken:
        sheet.rows.put(area.top, attributes, cells, rest)
    return taken


def _put(sheet: SheetModel, number: int, taken: dict[int, bytes], old: int) -> None:
    attributes, cells, rest = sheet.rows.parts(number)
    cells |= {column: renumbered(cell, old, number) for column, cell in taken.items()}
    sheet.rows.put(number, attributes, cells, rest)


def _follow(document: Document, entry: SheetEntry, area: Area, down: int) -> None:
    change = CellsMoved(sheet=entry.name, area=area, to_sheet=entry.name, down=down, right=0)
    apply_change(document, change)
