"""
Brings a workbook that was made from an older template up to date, before anything of it is read.

Columns that our tables lack are added at their right, sheets that are missing are made with their tables, and our
formulas become those of today. Nothing else moves; nothing is saved here.
"""

from __future__ import annotations

from typing import Final

import xlwings

from excel_client.write_plan.cells import Row
from excel_client.writer.blocks import Block, read_block, write_block
from excel_client.writer.moving import widen
from excel_client.writer.tables import find_table
from workbooks.formulas import ACCOUNTS_FORMULAS
from workbooks.sheet_map import ACCOUNTS_TABLE, TABLES, SheetName, TableShape

__all__ = ["upgrade_workbook"]

_HEADER_ROW: Final = 4


def upgrade_workbook(book: xlwings.Book) -> None:
    """Add what a workbook of an older template lacks."""
    for shape in TABLES:
        found = _table_named(book, shape.name)
        if found is None:
            _add_table(book, shape)
            continue
        sheet, table = found
        area = table.range
        headings = read_block(
            sheet, row=area.row, column=area.column, height=1, width=area.shape[1]
        )[0]
        missing = [column for column in shape.columns if column not in headings]
        if missing and shape.name in _WIDENED:
            widen(sheet, table, missing)
    _renew_formulas(book)


#: Tables that grew in columns since the first template; a column that another one lacks was taken away by its user.
_WIDENED: Final = frozenset({"Ledger", "Accounts"})


def _table_named(book: xlwings.Book, name: str) -> tuple[xlwings.Sheet, xlwings.main.Table] | None:
    for sheet in book.sheets:
        for table in sheet.tables:
            if table.name == name:
                return sheet, table
    return None


def _add_table(book: xlwings.Book, shape: TableShape) -> None:
    if shape.sheet not in {SheetName.REVIEW, SheetName.REMOVED}:
        return
    names = {sheet.name.casefold(): sheet for sheet in book.sheets}
    name = str(shape.sheet)
    while name.casefold() in names:
        # A sheet of the user's has the name; ours is found by its table.
        name += " (Pennyvault)"
    log = names.get(SheetName.LOG.casefold())
    sheet = book.sheets.add(name, before=log) if log is not None else book.sheets.add(name)
    heading: Row = (name,)
    write_block(sheet, Block(row=1, column=1, rows=(heading,)))
    write_block(sheet, Block(row=_HEADER_ROW, column=1, rows=(shape.columns,)))
    sheet.tables.add(
        source=sheet.range((_HEADER_ROW, 1), (_HEADER_ROW + 1, len(shape.columns))),
        name=shape.name,
        has_headers=True,
    )


def _renew_formulas(book: xlwings.Book) -> None:
    """Let the Accounts reckon as today's template does."""
    table = find_table(book, ACCOUNTS_TABLE)
    for column, formula in ACCOUNTS_FORMULAS.items():
        at = table.column_of(column)
        for row in range(table.first_row, table.first_row + table.height):
            table.sheet.range((row, at)).formula = f"={formula}"
