"""Writes Review: its rows are made anew, and its table takes their number."""

from __future__ import annotations

from collections.abc import Sequence

import xlwings

from excel_client.write_plan.cells import Row
from excel_client.writer.blocks import blocks_of_rows, write_block
from excel_client.writer.tables import find_table, grow
from workbooks.sheet_map import REVIEW_TABLE

__all__ = ["write_review"]


def write_review(book: xlwings.Book, rows: Sequence[Row]) -> None:
    """Let the table show these rows; rows that are too many are emptied, and leave it where they hold nothing else."""
    table = find_table(book, REVIEW_TABLE)
    if len(rows) > table.height:
        grow(table, len(rows) - table.height)
    blank: Row = (None,) * len(REVIEW_TABLE.columns)
    spare = max(table.height - len(rows), 0)
    for block in blocks_of_rows(table.first_row, [*rows, *[blank] * spare], table.columns):
        write_block(table.sheet, block)
    width = table.last_column - table.first_column + 1
    left = max(len(rows), 1)
    if left < table.height and width == len(table.columns) and not table.has_totals:
        table.table.resize(
            table.sheet.range(
                (table.header_row, table.first_column),
                (table.header_row + left, table.last_column),
            )
        )
