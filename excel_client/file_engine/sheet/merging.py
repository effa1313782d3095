"""
Cells merged and separated again, as Excel does it: what an area shows is the first content in it.

Source: ECMA-376 part 1, 18.3.1.55 (mergeCells). Knows no table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from excel_client.file_engine.formulas.references import Area, column_letters
from excel_client.file_engine.problems import ArrayFormulaInTheWay, MergedCellsInTheWay
from excel_client.file_engine.sheet.cell_edits import FORMULA_ELEMENT
from excel_client.file_engine.sheet.cells import has_content
from excel_client.file_engine.sheet.columns_and_rows import ColumnLayout
from excel_client.file_engine.sheet.restyling import Zone, restyle
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.xml.cell_text import escape_text

__all__ = ["are_merged", "merge", "merged_around", "unmerge"]

_OWN_REFERENCE = re.compile(rb'\sr="[A-Z]{1,3}\d+"')


def merged_around(model: SheetModel, row: int, column: int) -> Area:
    """Return the merged area that a cell belongs to, else the cell."""
    cell = Area(row, column, row, column)
    return next((merged for merged in model.surroundings.merged if merged.meets(cell)), cell)


def are_merged(model: SheetModel, area: Area) -> bool | None:
    """Return whether all cells of an area are merged ones; None where some are."""
    covered = 0
    for merged in model.surroundings.merged:
        if merged.meets(area):
            rows = min(merged.bottom, area.bottom) - max(merged.top, area.top) + 1
            covered += rows * (min(merged.right, area.right) - max(merged.left, area.left) + 1)
    if not covered:
        return False
    return True if covered == area.rows * area.columns else None


def merge(
    model: SheetModel,
    columns: ColumnLayout,
    area: Area,
    look: Callable[[int, int], int],
    *,
    across: bool,
) -> None:
    """
    Merge the cells of an area, or of each of its rows; the first content in it stays, all other is gone.

    Merged areas inside are taken up; one that reaches out of it, or an array formula, refuses the merge. `look` makes
    the format of a cell in the merged area from that of its first cell and its own.
    """
    if area.columns == 1 and (across or area.rows == 1):
        return
    parts = [area]
    if across:
        rows = range(area.top, area.bottom + 1)
        parts = [Area(row, area.left, row, area.right) for row in rows]
    _judge(model, area, across=across)
    kept = [merged for merged in model.surroundings.merged if not merged.meets(area)]
    _state(model, kept)
    _keep_first_contents(model, area, across=across)
    for part in parts:
        first = int(model.style(part.top, part.left) or b"0")

        def alike(own: int, first: int = first) -> int:
            return look(first, own)

        zone = Zone(left=part.left, right=part.right, change=alike)
        restyle(model, columns, (part.top, part.bottom), [zone])
    _state(model, [*kept, *parts])


def unmerge(model: SheetModel, area: Area) -> None:
    """Separate all merged areas that have a cell in an area."""
    kept = [merged for merged in model.surroundings.merged if not merged.meets(area)]
    if len(kept) < len(model.surroundings.merged):
        _state(model, kept)


def _judge(model: SheetModel, area: Area, *, across: bool) -> None:
    for merged in model.surroundings.merged:
        if merged.meets(area) and not (area.holds(merged) and (merged.rows == 1 or not across)):
            raise MergedCellsInTheWay(model.where(merged.text()))
    for reaching in model.reaching_formulas():
        if reaching.kind != "shared" and reaching.area.meets(area):
            raise ArrayFormulaInTheWay(model.where(reaching.area.text()))


def _keep_first_contents(model: SheetModel, area: Area, *, across: bool) -> None:
    """Move the first content to where it is shown, and empty the other cells."""
    moved: dict[int, bytes] = {}
    for number, cells in model.cells(area):
        full = sorted(column for column, cell in cells.items() if has_content(cell))
        if full and (across or not moved):
            row = number if across else area.top
            moved[row] = _at(model, cells[full[0]], (number, full[0]), (row, area.left))
    others = [Area(area.top, area.left + 1, area.bottom, area.right)]
    if not across:
        others.append(Area(area.top + 1, area.left, area.bottom, area.left))
    for other in others:
        if other.rows > 0 and other.columns > 0:
            model.change_cells(other, None, keep_content=False)
    for row, cell in moved.items():
        attributes, cells, rest = model.rows.parts(row)
        if cells.get(area.left) != cell:
            cells[area.left] = cell
            model.formulas_changed |= b"<f" in cell
            model.rows.put(row, attributes, cells, rest)


def _at(model: SheetModel, cell: bytes, here: tuple[int, int], there: tuple[int, int]) -> bytes:
    """Return a cell as it stands elsewhere: its formula still names what it named."""
    if here == there:
        return cell
    formula = model.stored_formula(cell, *here)
    if formula is not None:
        element = f"<f>{escape_text(formula)}</f>".encode()
        cell = FORMULA_ELEMENT.sub(lambda _found: element, cell, count=1)
    reference = f' r="{column_letters(there[1])}{there[0]}"'.encode()
    return _OWN_REFERENCE.sub(reference, cell, count=1)


def _state(model: SheetModel, merged: Sequence[Area]) -> None:
    prefix = model.surroundings.prefix()
    cells = "".join(f'<{prefix}mergeCell ref="{_corners(area)}"/>' for area in merged)
    written = f'<{prefix}mergeCells count="{len(merged)}">{cells}</{prefix}mergeCells>'
    model.surroundings.put_children("mergeCells", written.encode() if merged else b"")
    model.changed = True


def _corners(area: Area) -> str:
    """Return an area as a merged one is stated: by two cells, even where it is whole columns."""
    first, last = column_letters(area.left), column_letters(area.right)
    return f"{first}{area.top}:{last}{area.bottom}"
