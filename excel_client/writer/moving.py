"""
Rows that leave one of our tables for another, with what the user wrote beside them, and rows that are deleted.

A row is deleted by letting the cells below move up, as Excel does: formats, notes and formulas that refer to other
rows keep to theirs, which rewriting the rows below would not do. What the user's own columns show goes along under
the same headings; the other table gets a column that it lacks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import xlwings

from excel_client.problems import CellsBesideTable
from excel_client.write_plan.cells import Cell
from excel_client.writer.blocks import Block, read_block, runs_of, write_block
from excel_client.writer.tables import OwnedTable, find_table
from workbooks.sheet_map import TableShape

__all__ = ["OwnCells", "delete_rows", "own_cells", "with_columns", "write_own_cells"]

#: What the user's own columns show in a row, by their headings; blanks are left out.
OwnCells = Mapping[str, Cell]


def _headings(table: OwnedTable) -> list[object]:
    cells = read_block(
        table.sheet,
        row=table.header_row,
        column=table.first_column,
        height=1,
        width=table.last_column - table.first_column + 1,
    )
    return cells[0]


def own_columns(table: OwnedTable) -> dict[str, int]:
    """Return the sheet columns of the table that are the user's, by their headings."""
    return {
        str(heading): column
        for column, heading in enumerate(_headings(table), table.first_column)
        if column not in table.columns and heading is not None
    }


def own_cells(table: OwnedTable, positions: Sequence[int]) -> dict[int, OwnCells]:
    """Return what the user's own columns show in some rows; a formula without a result is kept as its text."""
    columns = own_columns(table)
    found: dict[int, dict[str, Cell]] = {position: {} for position in positions}
    for heading, column in columns.items():
        for position in positions:
            cell = table.sheet.range((table.first_row + position, column))
            value = read_block(table.sheet, row=cell.row, column=column, height=1, width=1)[0][0]
            if value is None or value == "":
                formula = cell.formula
                value = formula if isinstance(formula, str) and formula else None
            if value is not None:
                found[position][heading] = value
    return dict(found)


def with_columns(book: xlwings.Book, shape: TableShape, headings: Iterable[str]) -> OwnedTable:
    """Return one of our tables, with columns of these headings added at its right where it lacks them."""
    table = find_table(book, shape)
    there = {str(heading) for heading in _headings(table) if heading is not None}
    missing = [heading for heading in dict.fromkeys(headings) if heading not in there]
    if not missing:
        return table
    widen(table.sheet, table.table, missing)
    return find_table(book, shape)


def widen(sheet: xlwings.Sheet, table: xlwings.main.Table, headings: Sequence[str]) -> None:
    """Add columns at a table's right; refuse where something stands there."""
    area = table.range
    height, width = area.shape
    column = area.column + width
    beside = read_block(sheet, row=area.row, column=column, height=height, width=len(headings))
    if any(cell is not None for row in beside for cell in row):
        raise CellsBesideTable(sheet=str(sheet.name))
    write_block(sheet, Block(row=area.row, column=column, rows=(tuple(headings),)))
    table.resize(
        sheet.range((area.row, area.column), (area.row + height - 1, column + len(headings) - 1))
    )


def write_own_cells(table: OwnedTable, rows: Mapping[int, OwnCells]) -> None:
    """Write what the user's columns showed into rows, but not over a formula that stands there already."""
    columns = own_columns(table)
    for position, cells in rows.items():
        for heading, value in cells.items():
            row, column = table.first_row + position, columns[heading]
            formula = table.sheet.range((row, column)).formula
            if not (isinstance(formula, str) and formula.startswith("=")):
                write_block(table.sheet, Block(row=row, column=column, rows=((value,),)))


def delete_rows(book: xlwings.Book, shape: TableShape, positions: Iterable[int]) -> None:
    """Delete rows of a table, from the last to the first; the last row that a table has is emptied instead."""
    gone = sorted(set(positions))
    if not gone:
        return
    table = find_table(book, shape)
    sheet = table.sheet
    if len(gone) == table.height:
        first = sheet.range(
            (table.first_row, table.first_column), (table.first_row, table.last_column)
        )
        first.clear_contents()
        gone = gone[1:]
    for position, length in reversed(list(runs_of(gone))):
        row = table.first_row + position
        sheet.range((row, table.first_column), (row + length - 1, table.last_column)).delete(
            shift="up"
        )
