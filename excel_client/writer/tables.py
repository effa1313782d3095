"""
Finds our tables in a workbook, and in each the columns that are ours, wherever the user moved them.

By the table's name and the headers' text, never by place. What is missing or doubled is refused by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import xlwings

from excel_client.problems import (
    CellsBelowTable,
    ColumnDoubled,
    ColumnMissing,
    NotOurWorkbook,
    SheetFull,
    TotalsRowInTheWay,
)
from excel_client.writer.blocks import read_block
from workbooks.sheet_map import TableShape

__all__ = ["OwnedTable", "find_table", "grow"]

#: Excel's specifications and limits: rows of a sheet.
_SHEET_ROWS_MAX: Final = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedTable:
    """A table of ours as it lies in the workbook; rows and columns of the sheet are counted from 1."""

    sheet: xlwings.Sheet
    table: xlwings.main.Table
    header_row: int
    first_column: int
    last_column: int
    #: Rows of data, the blank one of a fresh template included.
    height: int
    has_totals: bool
    #: The sheet column of each of our columns, in the shape's order.
    columns: tuple[int, ...]
    shape: TableShape

    @property
    def first_row(self) -> int:
        """The sheet row of the first row of data."""
        return self.header_row + 1

    def column_of(self, header: str) -> int:
        """The sheet column of one of our columns."""
        return self.columns[self.shape.columns.index(header)]

    def columns_of(self, headers: Sequence[str]) -> tuple[int, ...]:
        """The sheet columns of some of our columns."""
        return tuple(map(self.column_of, headers))

    def read_column(self, header: str) -> list[object]:
        """The values of a whole column of data."""
        cells = read_block(
            self.sheet,
            row=self.first_row,
            column=self.column_of(header),
            height=self.height,
            width=1,
        )
        return [row[0] for row in cells]

    def read_rows(
        self, headers: Sequence[str], *, position: int = 0, height: int | None = None
    ) -> list[tuple[object, ...]]:
        """Rows of data from a position on, all of them by default, with the named columns in their order."""
        columns = self.columns_of(headers)
        left = min(columns)
        cells = read_block(
            self.sheet,
            row=self.first_row + position,
            column=left,
            height=self.height - position if height is None else height,
            width=max(columns) - left + 1,
        )
        return [tuple(row[column - left] for column in columns) for row in cells]


def find_table(book: xlwings.Book, shape: TableShape) -> OwnedTable:
    """Return one of our tables; raise NotOurWorkbook, ColumnMissing or ColumnDoubled."""
    for sheet in book.sheets:
        for table in sheet.tables:
            if table.name == shape.name:
                return _located(sheet, table, shape)
    raise NotOurWorkbook(table=shape.name)


def _located(sheet: xlwings.Sheet, table: xlwings.main.Table, shape: TableShape) -> OwnedTable:
    area = table.range
    has_totals = table.totals_row_range is not None
    height, width = area.shape
    headers = read_block(sheet, row=area.row, column=area.column, height=1, width=width)[0]
    columns = []
    for owned in shape.columns:
        count = headers.count(owned)
        if count != 1:
            refused = ColumnMissing if count == 0 else ColumnDoubled
            raise refused(sheet=shape.sheet, column=owned)
        columns.append(area.column + headers.index(owned))
    return OwnedTable(
        sheet=sheet,
        table=table,
        header_row=area.row,
        first_column=area.column,
        last_column=area.column + width - 1,
        height=height - 1 - has_totals,
        has_totals=has_totals,
        columns=tuple(columns),
        shape=shape,
    )


def grow(owned: OwnedTable, count: int) -> None:
    """Make room for `count` rows more at the end of a table; refuse where something stands below it."""
    if not count:
        return
    if owned.has_totals:
        raise TotalsRowInTheWay(sheet=owned.shape.sheet)
    last_row = owned.header_row + owned.height
    if last_row + count > _SHEET_ROWS_MAX:
        raise SheetFull(sheet=owned.shape.sheet)
    _refuse_cells_below(owned, last_row, count)
    sheet = owned.sheet
    owned.table.resize(
        sheet.range((owned.header_row, owned.first_column), (last_row + count, owned.last_column))
    )


def _refuse_cells_below(owned: OwnedTable, last_row: int, count: int) -> None:
    used = owned.sheet.used_range.last_cell.row
    height = min(count, used - last_row)
    if height <= 0:
        return
    below = read_block(
        owned.sheet,
        row=last_row + 1,
        column=owned.first_column,
        height=height,
        width=owned.last_column - owned.first_column + 1,
    )
    for offset, row in enumerate(below, 1):
        if any(cell is not None for cell in row):
            raise CellsBelowTable(sheet=owned.shape.sheet, row=last_row + offset)
