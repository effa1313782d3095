"""
How a formula reads after something happened to the cells, sheets and tables that it names.

As in Excel, with these decisions: a 3-D reference does not follow cells (Excel moves it only when all its sheets are
changed at once); in a defined name the relative parts of a reference say a direction, not a place, and stay; what
speaks of another workbook stays. Knows formula text only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from excel_client.file_engine.formulas.changed_areas import changed_area, changed_areas, source_cell
from excel_client.file_engine.formulas.formula_references import (
    DEAD,
    Reference,
    TableReference,
    replace_references,
)
from excel_client.file_engine.formulas.formula_text import move_references
from excel_client.file_engine.formulas.reference_changes import (
    CellsDeleted,
    CellsInserted,
    CellsMoved,
    Change,
    Direction,
    SheetDeleted,
    SheetRenamed,
    TableColumnRenamed,
    TableColumnsDeleted,
    TableDeleted,
    TableRenamed,
)
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.formulas.sheet_prefixes import SheetPrefix, is_sheet, quoted
from excel_client.file_engine.formulas.structured_references import (
    with_column_renamed,
    without_columns,
)

__all__ = ["FormulaPlace", "changed_formula", "changed_rule", "needles", "plain_needles"]

_PLAIN_RUN = re.compile(r"[A-Za-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class FormulaPlace:
    """Where a formula stands, as far as its meaning depends on that."""

    #: The sheet that is meant where none is named; empty for a name of the workbook.
    sheet: str
    #: The sheet it stands on afterwards, if it was moved to another one.
    sheet_after: str = ""
    #: The table that is meant where none is named.
    table: str = ""
    #: All sheets in their order, for 3-D references to a sheet that goes.
    sheets: tuple[str, ...] = ()
    is_name: bool = False


def changed_formula(formula: str, change: Change, home: FormulaPlace | str) -> str:
    """Return a formula, without its equals sign and as it is stored, as it reads after a change."""
    place = FormulaPlace(sheet=home) if isinstance(home, str) else home
    match change:
        case CellsInserted() | CellsDeleted() | CellsMoved():
            return replace_references(formula, lambda found: _after_cells(found, change, place))
        case SheetRenamed() | SheetDeleted():
            return replace_references(formula, lambda found: _after_sheets(found, change, place))
        case TableRenamed():
            return replace_references(
                formula, lambda _found: None, lambda found: _after_table(found, change)
            )
        case TableDeleted():
            return replace_references(
                formula, lambda _found: None, lambda found: _without_table(found, change)
            )
        case TableColumnRenamed():
            return replace_references(
                formula, lambda _found: None, lambda found: _after_column(found, change, place)
            )
        case TableColumnsDeleted():
            return replace_references(
                formula, lambda _found: None, lambda found: _without_columns(found, change, place)
            )


# Cells


def _after_cells(
    found: Reference, change: CellsInserted | CellsDeleted | CellsMoved, place: FormulaPlace
) -> str | None:
    prefix = found.prefix
    if found.area is None or (prefix and (prefix.is_foreign or prefix.spans_sheets)):
        return None
    sheet = prefix.first if prefix else place.sheet
    if not sheet or (place.is_name and not _is_fixed(found, change)):
        return None
    area, sheet_after = _place_after(sheet, found.area, change)
    if area == found.area and sheet_after == sheet and not place.sheet_after:
        return None
    written = found.written(area)
    home_after = place.sheet_after or place.sheet
    if is_sheet(sheet_after, sheet) and prefix:
        return found.written_prefix + written
    if not prefix and is_sheet(sheet_after, home_after):
        return written
    return f"{quoted(sheet_after)}!{written}"


def _place_after(
    sheet: str, area: Area, change: CellsInserted | CellsDeleted | CellsMoved
) -> tuple[Area | None, str]:
    """Return where the cells of an area are afterwards, and on which sheet."""
    if not isinstance(change, CellsMoved):
        return (changed_area(area, change) if is_sheet(sheet, change.sheet) else area), sheet
    if is_sheet(sheet, change.sheet):
        moves = change.area.holds(area)
        return changed_area(area, change), change.to_sheet if moves else sheet
    if is_sheet(sheet, change.to_sheet):
        pasted = Area(
            change.area.top + change.down,
            change.area.left + change.right,
            change.area.bottom + change.down,
            change.area.right + change.right,
        )
        return (None if pasted.holds(area) else area), sheet
    return area, sheet


def _is_fixed(found: Reference, change: CellsInserted | CellsDeleted | CellsMoved) -> bool:
    """Whether all marks are set on which the change bears; whole columns and rows have only one kind."""
    first_column, first_row, last_column, last_row = found.marks
    rows = found.kind == "columns" or bool(first_row and last_row)
    columns = found.kind == "rows" or bool(first_column and last_column)
    if isinstance(change, CellsMoved):
        return rows and columns
    return rows if change.direction is Direction.VERTICAL else columns


# Sheets


def _after_sheets(
    found: Reference, change: SheetRenamed | SheetDeleted, place: FormulaPlace
) -> str | None:
    prefix = found.prefix
    if prefix is None or prefix.is_foreign:
        return None
    names = (prefix.first, prefix.last)
    subject = change.old if isinstance(change, SheetRenamed) else change.name
    if not any(is_sheet(name, subject) for name in names):
        return None
    if isinstance(change, SheetRenamed):
        first, last = (change.new if is_sheet(name, subject) else name for name in names)
        return f"{quoted(first, last)}!{found.text}"
    left = _sheets_left(prefix, change.name, place.sheets)
    if left:
        return f"{quoted(*left)}!{found.text}"
    return DEAD if found.area is None else f"{DEAD}{found.text}"


def _sheets_left(prefix: SheetPrefix, gone: str, sheets: Sequence[str]) -> tuple[str, str] | None:
    """Return first and last sheet of a 3-D reference without one of its ends, which steps inwards."""
    order = [name.casefold() for name in sheets]
    first, last = prefix.first.casefold(), prefix.last.casefold()
    if not prefix.spans_sheets or first not in order or last not in order:
        return None
    start, end = order.index(first), order.index(last)
    span = list(sheets[start : end + 1] if start <= end else sheets[end : start + 1])
    left = [name for name in span if not is_sheet(name, gone)]
    if not left:
        return None
    return (left[0], left[-1]) if start <= end else (left[-1], left[0])


# Tables


def _after_table(found: TableReference, change: TableRenamed) -> str:
    named = found.table.casefold() == change.old.casefold()
    return (change.new if named else found.table) + found.columns


def _without_table(found: TableReference, change: TableDeleted) -> str:
    named = found.table.casefold() == change.name.casefold()
    return DEAD if named else found.table + found.columns


def _after_column(found: TableReference, change: TableColumnRenamed, place: FormulaPlace) -> str:
    table = found.table or place.table
    if not found.columns or table.casefold() != change.table.casefold():
        return found.table + found.columns
    return found.table + with_column_renamed(found.columns, change.old, change.new)


def _without_columns(
    found: TableReference, change: TableColumnsDeleted, place: FormulaPlace
) -> str:
    table = found.table or place.table
    if not found.columns or table.casefold() != change.table.casefold():
        return found.table + found.columns
    left = without_columns(found.columns, change.columns, change.gone)
    return DEAD if left is None else found.table + left


# Formulas that stand for many cells


def changed_rule(
    formula: str, areas: Sequence[Area], change: Change, home: FormulaPlace | str
) -> str:
    """
    Return the formula of a conditional format or a validation, which is meant for the first cell of its areas.

    When that cell goes, the formula is first said for the cell that takes its place.
    """
    sheet = home if isinstance(home, str) else home.sheet
    if not areas or not isinstance(change, CellsInserted | CellsDeleted):
        return changed_formula(formula, change, home)
    if not is_sheet(change.sheet, sheet):
        return changed_formula(formula, change, home)
    left = changed_areas(areas, change)
    if not left:
        return formula
    old_row, old_column = _corner(areas)
    row, column = _corner(left)
    source = source_cell(row, column, change)
    if source is not None:
        said = move_references(formula, source[0] - old_row, source[1] - old_column)
        return changed_formula(said, change, home)
    now = changed_area(Area(old_row, old_column, old_row, old_column), change)
    changed = changed_formula(formula, change, home)
    return move_references(changed, row - now.top, column - now.left) if now else changed


def _corner(areas: Sequence[Area]) -> tuple[int, int]:
    return min(area.top for area in areas), min(area.left for area in areas)


def needles(change: Change, home_sheet: str) -> tuple[bytes, ...] | None:
    """
    Return bytes of which one is in every formula that the change may concern, in XML and lower case; None for any.

    Home is the sheet that the formulas stand on.
    """
    if isinstance(change, CellsInserted | CellsDeleted | CellsMoved):
        names = [change.sheet]
        if isinstance(change, CellsMoved):
            names.append(change.to_sheet)
        # Here nothing need be named.
        return None if any(is_sheet(name, home_sheet) for name in names) else plain_needles(names)
    match change:
        case SheetDeleted(name=name) | TableDeleted(name=name):
            return plain_needles([name])
        case TableColumnsDeleted(gone=gone):
            return plain_needles(gone)
        case _:
            return plain_needles([change.old])


def plain_needles(names: Sequence[str]) -> tuple[bytes, ...] | None:
    """Return of each name the longest run that XML and quotes leave alone, in lower case; None where one has none."""
    runs = [max(_PLAIN_RUN.findall(name), key=len, default="") for name in names]
    # An escape such as &#65; could stand for a letter, but no program writes one.
    return None if not all(runs) else tuple(run.lower().encode() for run in runs)
