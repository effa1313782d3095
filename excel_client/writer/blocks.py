"""
Blocks of cells through the xlwings API: read whole, written whole, compared afterwards.

The one place that knows that engines differ. On the file engine a text is a text; Excel itself reads what it is
given like somebody's typing, so there a text cell is formatted as text first and an apostrophe keeps "=" a sign.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import xlwings

from excel_client.problems import WriteNotVerified
from excel_client.write_plan.cells import Cell, same_cell

__all__ = [
    "Block",
    "blocks_of_rows",
    "blocks_of_updates",
    "is_file_engine",
    "read_block",
    "runs_of",
    "write_block",
    "write_results",
]

_FILE_ENGINE: Final = "pennyvault"
#: Rows of a block that are read back from the file engine.
_ROWS_READ_BACK: Final = 200
_TEXT_FORMAT: Final = "@"
#: A text that begins with one of these is not taken for a text when it is typed.
_TYPED_SIGNS: Final = tuple("=+-@'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Cells side by side, to be written at once; rows and columns of the sheet are counted from 1."""

    row: int
    column: int
    rows: Sequence[Sequence[Cell]] = field(repr=False)

    @property
    def size(self) -> int:
        """How many cells."""
        return len(self.rows) * len(self.rows[0])


def is_file_engine(sheet: xlwings.Sheet) -> bool:
    """Whether a sheet belongs to a file that the file engine edits, and not to Excel."""
    return bool(sheet.book.app.engine.name == _FILE_ENGINE)


def runs_of(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield (first, length) for each stretch of successive numbers; they come in ascending."""
    ordered = list(numbers)
    starts = [0, *(at for at, (a, b) in enumerate(pairwise(ordered), 1) if b != a + 1)]
    for start, end in pairwise([*starts, len(ordered)]):
        if start != end:
            yield ordered[start], end - start


def blocks_of_rows(
    first_row: int, rows: Sequence[Sequence[Cell]], columns: Sequence[int]
) -> list[Block]:
    """
    Return whole rows as blocks, one for each stretch of columns that stand side by side.

    `columns` are the sheet columns of the cells of a row, in the row's order.
    """
    if not rows:
        return []
    order = sorted(range(len(columns)), key=columns.__getitem__)
    blocks = []
    done = 0
    for first, length in runs_of(columns[index] for index in order):
        indexes = order[done : done + length]
        done += length
        if indexes == list(range(len(columns))):
            picked: Sequence[Sequence[Cell]] = rows
        else:
            picked = [tuple(row[index] for index in indexes) for row in rows]
        blocks.append(Block(row=first_row, column=first, rows=picked))
    return blocks


def blocks_of_updates(
    first_row: int, updates: Mapping[int, Mapping[int, Cell]], columns: Sequence[int]
) -> list[Block]:
    """Return single cells as blocks: rows next to each other that change in the same columns go together."""
    shapes: dict[tuple[int, ...], list[int]] = {}
    for position, cells in sorted(updates.items()):
        shapes.setdefault(tuple(sorted(cells)), []).append(position)
    blocks: list[Block] = []
    for shape, positions in shapes.items():
        picked_columns = [columns[index] for index in shape]
        for position, length in runs_of(positions):
            rows = [
                tuple(updates[at][index] for index in shape)
                for at in range(position, position + length)
            ]
            blocks += blocks_of_rows(first_row + position, rows, picked_columns)
    blocks.sort(key=lambda block: (block.row, block.column))
    return blocks


def _range_of(
    sheet: xlwings.Sheet, row: int, column: int, height: int, width: int
) -> xlwings.Range:
    return sheet.range((row, column), (row + height - 1, column + width - 1))


def read_block(
    sheet: xlwings.Sheet, *, row: int, column: int, height: int, width: int
) -> list[list[Any]]:
    """Return the values of a block of cells, always as rows."""
    if not height:
        return []
    cells = _range_of(sheet, row, column, height, width)
    if is_file_engine(sheet):
        # The engine's own values need no conversion, and an error in a cell is not taken for a blank.
        found = cells.raw_value
        return found if isinstance(found, list) else [[found]]
    values: list[list[Any]] = cells.options(ndim=2).value
    return values


def write_block(sheet: xlwings.Sheet, block: Block) -> None:
    """
    Write a block and read it back; raise WriteNotVerified when the sheet holds something else.

    The file engine compares each cell as it renders it, and the whole file as it saves; of a large block only rows
    here and there are read back from it, which shows a block in the wrong place. From Excel every cell is read.
    """
    height, width = len(block.rows), len(block.rows[0])
    cells = _range_of(sheet, block.row, block.column, height, width)
    if is_file_engine(sheet):
        cells.raw_value = block.rows
    else:
        _format_texts(sheet, block)
        cells.options(ndim=2).value = [[_typed(cell) for cell in row] for row in block.rows]
    for first, some in _to_read_back(block.rows, whole=not is_file_engine(sheet)):
        found = read_block(
            sheet, row=block.row + first, column=block.column, height=len(some), width=width
        )
        for found_row, wanted_row in zip(found, some, strict=True):
            if not all(map(same_cell, found_row, wanted_row)):
                raise WriteNotVerified(sheet=str(sheet.name))


def _to_read_back(
    rows: Sequence[Sequence[Cell]], *, whole: bool
) -> Iterator[tuple[int, Sequence[Sequence[Cell]]]]:
    """Yield (offset, rows) of what to compare: everything, or single rows from the first to the last."""
    if whole or len(rows) <= _ROWS_READ_BACK:
        yield 0, rows
        return
    last = len(rows) - 1
    for step in range(_ROWS_READ_BACK):
        offset = last * step // (_ROWS_READ_BACK - 1)
        yield offset, rows[offset : offset + 1]


def _format_texts(sheet: xlwings.Sheet, block: Block) -> None:
    """Format the columns of a block that hold text as text, before Excel reads it as something else."""
    for index in range(len(block.rows[0])):
        if any(isinstance(row[index], str) for row in block.rows):
            column = _range_of(sheet, block.row, block.column + index, len(block.rows), 1)
            column.number_format = _TEXT_FORMAT


def _typed(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_TYPED_SIGNS) else cell


def write_results(cells: xlwings.Range, rows: Sequence[Sequence[Cell]]) -> None:
    """Write what formulas come to beside them, in a file; Excel reckons for itself."""
    if is_file_engine(cells.sheet):
        cells.impl.write_cached_results(rows)
