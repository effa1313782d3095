"""
Rows as bytes that are cut at a column, given another number or other columns, and put together again.

Nothing is parsed that does not have to be: a row that moves as a whole is one replacement. Knows no sheet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

from excel_client.file_engine.formulas.references import Area, column_letters, column_number
from excel_client.file_engine.problems import PackageDamaged
from excel_client.file_engine.sheet.cells import split_row

__all__ = [
    "RowPieces",
    "blank_cell",
    "cell_columns",
    "cells_between",
    "cut_row",
    "joined_row",
    "last_column",
    "moved_sideways",
    "renumbered",
    "row_opening",
    "row_style",
    "with_cells",
    "with_reference",
]

#: A row before the cells of some columns, these cells, and the row behind them.
RowPieces: TypeAlias = tuple[bytes, bytes, bytes]

_CELL = re.compile(rb'<c r="([A-Z]{1,3})')
_REFERENCE = re.compile(rb"""\sr\s*=\s*["'][A-Z]{1,3}\d+["']""")
_ROW_NUMBER = re.compile(rb"""(<row\s[^<>]*?\br\s*=\s*["'])\d+""")
_CELL_NUMBER = re.compile(rb"""(<c(?:\s[^<>]*?)?\sr\s*=\s*["'][A-Z]{1,3})\d+""")
_FORMULA_AREA = re.compile(
    rb"""(<f\s(?:[^<>]*?\s)?ref\s*=\s*["'])([A-Z]{1,3}\d+(?::[A-Z]{1,3}\d+)?)"""
)
_OPENING = re.compile(rb"\s*<row(?:\s[^<>]*?)?(/?)>")
_SPANS = re.compile(rb"""\sspans\s*=\s*["'](\d+):(\d+)["']""")
_BARE = re.compile(rb"""\s*<row\s+r\s*=\s*["']\d+["']\s*>""")
_STYLE = re.compile(rb"""\ss\s*=\s*["'](\d+)["']""")


class _Columns(dict[bytes, int]):
    """Numbers of columns by their letters."""

    def __missing__(self, letters: bytes) -> int:
        self[letters] = number = column_number(letters.decode("ascii"))
        return number


_COLUMNS = _Columns()


def row_opening(row: bytes, place: str) -> bytes:
    """Return a row's opening tag, which does not close the row."""
    match = _OPENING.match(row)
    if match is None:
        raise PackageDamaged(place)
    return match[0][:-2].rstrip() + b">" if match[1] else match[0]


def row_style(opening: bytes) -> bytes:
    """Return the format that a row's opening tag states for its new cells, empty for none."""
    match = _STYLE.search(opening)
    return match[1] if match and match[1] != b"0" else b""


def blank_cell(column: int, row: int, style: bytes) -> bytes:
    """Return a cell that has a format and nothing else."""
    written = b' s="%b"' % style if style and style != b"0" else b""
    return b'<c r="%b%d"%b/>' % (column_letters(column).encode(), row, written)


def with_reference(cell: bytes, column: int, row: int) -> bytes:
    """Return a cell that states this reference, as its first attribute."""
    end = cell.index(b">")
    tag = _REFERENCE.sub(b"", cell[:end], count=1)
    return b'<c r="%b%d"%b%b' % (column_letters(column).encode(), row, tag[2:], cell[end:])


def _usual(row: bytes, number: int, place: str) -> bytes:
    """Return a row in which each cell states its reference first."""
    if row.count(b'<c r="') == row.count(b"<c ") and b"<c>" not in row and b"<c/>" not in row:
        return row
    _, cells, rest = split_row(row, place)
    inner = b"".join(with_reference(cells[column], column, number) for column in sorted(cells))
    return row_opening(row, place) + inner + rest + b"</row>"


def cut_row(row: bytes, number: int, columns: tuple[int, int], place: str) -> RowPieces:
    """Return a row before its cells from one column to another, these cells, and the row behind them."""
    if not row:
        return b"", b"", b""
    row = _usual(row, number, place)
    close = row.rfind(b"</row>")
    if close < 0:
        return row_opening(row, place), b"", b"</row>"
    if b"<extLst" in row:
        # The list may belong to the row or to a cell: what stands behind the last cell tells.
        rest = split_row(row, place)[2]
        close = row.rindex(rest) if rest else close
    left, right = columns
    first = last = close
    for match in _CELL.finditer(row):
        column = _COLUMNS[match[1]]
        if column > right:
            last = match.start()
            first = min(first, last)
            break
        if column >= left and first == close:
            first = match.start()
    return row[:first], row[first:last], row[last:]


def joined_row(pieces: RowPieces, number: int, *, was_cut: bool) -> bytes:
    """Return a row of its pieces; empty bytes for one that says nothing any more."""
    before, middle, after = pieces
    if not before:
        return b'<row r="%d">%b</row>' % (number, middle) if middle else b""
    if was_cut and not middle and after.strip() == b"</row>" and _BARE.fullmatch(before):
        return b""
    spans = _SPANS.search(before) if middle else None
    if spans is not None and spans.start() < before.index(b">"):
        columns = cell_columns(middle)
        if columns and not int(spans[1]) <= columns[0] <= columns[-1] <= int(spans[2]):
            before = before[: spans.start()] + before[spans.end() :]
    return before + middle + after


def cell_columns(piece: bytes) -> list[int]:
    """Return the columns of a piece's cells, in order."""
    return [_COLUMNS[letters] for letters in _CELL.findall(piece)]


def cells_between(
    row: bytes, number: int, columns: tuple[int, int], place: str
) -> dict[int, bytes]:
    """Return a row's cells from one column to another."""
    piece = cut_row(row, number, columns, place)[1]
    return _cells_in(piece) if piece else {}


def _cells_in(piece: bytes) -> dict[int, bytes]:
    found = [(match.start(), _COLUMNS[match[1]]) for match in _CELL.finditer(piece)]
    ends = [start for start, _ in found[1:]]
    return {
        column: piece[start:end].rstrip()
        for (start, column), end in zip(found, [*ends, len(piece)], strict=True)
    }


def with_cells(piece: bytes, cells: Mapping[int, bytes]) -> bytes:
    """Return a piece with more cells, each in its column's place."""
    if not cells:
        return piece
    parts = _cells_in(piece) if piece else {}
    parts |= cells
    return b"".join(parts[column] for column in sorted(parts))


def last_column(row: bytes, number: int, place: str) -> int:
    """Return the column of a row's last cell, 0 where it has none."""
    row = _usual(row, number, place)
    at = row.rfind(b'<c r="')
    match = _CELL.match(row, at) if at >= 0 else None
    return _COLUMNS[match[1]] if match else 0


def renumbered(piece: bytes, old: int, new: int, *, whole: bool = False) -> bytes:
    """Return a row (`whole`), or cells of it, with another row number; areas of their formulas move along."""
    if old == new or not piece:
        return piece
    mark = b'%d"' % old
    if piece.count(mark) == piece.count(b'<c r="') + whole and b"ref=" not in piece:
        return piece.replace(mark, b'%d"' % new)
    stated = b"\\g<1>%d" % new
    if whole:
        piece = _ROW_NUMBER.sub(stated, piece, count=1)
    return _with_moved_areas(_CELL_NUMBER.sub(stated, piece), new - old, 0)


def moved_sideways(piece: bytes, right: int) -> bytes:
    """Return cells so many columns further to the right; areas of their formulas move along."""

    def moved(match: re.Match[bytes]) -> bytes:
        return b'<c r="' + column_letters(_COLUMNS[match[1]] + right).encode()

    return _with_moved_areas(_CELL.sub(moved, piece), 0, right)


def _with_moved_areas(piece: bytes, down: int, right: int) -> bytes:
    if b"ref" not in piece:
        return piece

    def moved(match: re.Match[bytes]) -> bytes:
        corners = [Area.parse(corner.decode()) for corner in match[2].split(b":")]
        return match[1] + b":".join(
            b"%b%d" % (column_letters(c.left + right).encode(), c.top + down) for c in corners
        )

    return _FORMULA_AREA.sub(moved, piece)
