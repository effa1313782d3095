"""
Many standing rows written at once: rows whose cells have the same formats are rendered column by column, like new rows.

Each cell keeps its format, each row its attributes and what stands beside the block. A row that is spelled unusually,
or holds a formula in the block, is left to be written on its own. Changes nothing; knows no package.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeAlias

from excel_client.file_engine.formulas.references import Area, column_letters, column_number
from excel_client.file_engine.sheet.cell_writing import CellWriter, Piece, joined_rows

__all__ = ["StandingRow", "render_standing_rows"]

#: A row's number, the data it lies in, and where it begins and ends there.
StandingRow: TypeAlias = tuple[int, bytes, int, int]

#: Fewer rows with the same formats are not worth it.
_ROWS_MIN = 8
_CHUNK_ROWS = 2048
_ROW = re.compile(rb"<row((?:\s[^<>]*?)?)>(<c\s.*</c>|<c\s.*/>)</row>\s*", re.DOTALL)
_SPANS = re.compile(r"""\sspans\s*=\s*["'][^"']*["']""")
_ROW_STYLE = re.compile(rb"""\ss\s*=\s*["']""")
_CELL = re.compile(rb'<c r="([A-Z]{1,3})\d+"(?: s="(\d+)")?(?: t="\w+")?/?>')

_Formats: TypeAlias = tuple[tuple[bytes, bytes], ...]


@dataclass(slots=True, kw_only=True)
class _Alike:
    """Rows whose cells stand in the same columns and have the same formats."""

    #: The formats of the block's cells.
    styles: list[bytes]
    #: The columns of the first cell in the block and of the first one right of it, empty for none.
    first: bytes
    behind: bytes
    numbers: list[int] = field(default_factory=list)
    openings: list[str] = field(default_factory=list)
    #: The cells left and right of the block, as they stand.
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)

    def add(self, number: int, attributes: bytes, inner: bytes) -> None:
        """Add a row, unless the block holds a formula there."""
        end = inner.index(b'<c r="%b%d"' % (self.behind, number)) if self.behind else len(inner)
        start = inner.index(b'<c r="%b%d"' % (self.first, number)) if self.first else end
        if b"<f" in inner[start:end]:
            return
        self.numbers.append(number)
        self.openings.append(f"<row{_SPANS.sub('', attributes.decode())}>")
        self.before.append(inner[:start].decode())
        self.after.append(inner[end:].decode())


def render_standing_rows(
    rows: Iterable[StandingRow],
    area: Area,
    values: Sequence[Sequence[object]],
    column_styles: Sequence[bytes],
    writer: CellWriter,
    sheet: str,
) -> dict[int, bytes]:
    """
    Return the rows that can be written at once as they read with the values in the area; the others are left out.

    `column_styles` are the formats that cells of the area's columns take where there are none yet.
    """
    alike: dict[_Formats, _Alike | None] = {}
    for number, data, start, end in rows:
        match = _ROW.fullmatch(data, start, end)
        if match is None or _ROW_STYLE.search(match[1]):
            continue
        inner = match[2]
        formats = tuple(_CELL.findall(inner))
        if len(formats) != inner.count(b"<c ") or b"<extLst" in inner:
            continue
        if formats not in alike:
            alike[formats] = _alike(formats, area, column_styles)
        group = alike[formats]
        if group is not None:
            group.add(number, match[1], inner)
    rendered: dict[int, bytes] = {}
    for group in alike.values():
        if group is None or len(group.numbers) < _ROWS_MIN:
            continue
        for start in range(0, len(group.numbers), _CHUNK_ROWS):
            part = slice(start, start + _CHUNK_ROWS)
            picked = [values[number - area.top] for number in group.numbers[part]]
            rendered |= _rendered(group, part, area.left, picked, writer, sheet)
    return rendered


def _alike(formats: _Formats, area: Area, column_styles: Sequence[bytes]) -> _Alike | None:
    """Return an empty group for such rows; None where their cells are not in order."""
    columns = [column_number(letters.decode("ascii")) for letters, _ in formats]
    if columns != sorted(set(columns)):
        return None
    styles = list(column_styles)
    first = behind = b""
    for column, (letters, style) in zip(columns, formats, strict=True):
        if area.left <= column <= area.right:
            styles[column - area.left] = style
            first = first or letters
        elif column > area.right:
            behind = behind or letters
    return _Alike(styles=styles, first=first, behind=behind)


def _rendered(
    group: _Alike,
    part: slice,
    left: int,
    values: Sequence[Sequence[object]],
    writer: CellWriter,
    sheet: str,
) -> dict[int, bytes]:
    numbers = group.numbers[part]
    texts = [str(number) for number in numbers]
    columns = zip(group.styles, zip(*values, strict=True), strict=True)
    cells: list[list[Piece]] = [
        writer.column(column_letters(column), texts, style, column_values, sheet)
        for column, (style, column_values) in enumerate(columns, left)
    ]
    before, after = group.before[part], group.after[part]
    pieces = [group.openings[part], before, *chain.from_iterable(cells), after, "</row>"]
    return dict(zip(numbers, joined_rows(pieces, len(texts)), strict=True))
