"""
The formats that cells have without being there: their row's, else their column's.

A cell that moves to another row or column takes its format along, so one that is not there may have to be made.
Reads only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from excel_client.file_engine.formulas.references import COLUMN_LIMIT, Area
from excel_client.file_engine.sheet.cells import style_of
from excel_client.file_engine.sheet.row_pieces import (
    blank_cell,
    cell_columns,
    cut_row,
    row_opening,
    row_style,
    with_cells,
)
from excel_client.file_engine.sheet.sheet_model import SheetModel

__all__ = ["DefaultFormats"]

_STYLED_ROW = re.compile(rb'<row r="(\d+)"[^<>]*?\ss="(\d+)"')


class DefaultFormats:
    """The formats of a sheet's cells as they stand before a change; b"" stands for the ordinary one."""

    def __init__(self, model: SheetModel) -> None:
        self._model = model
        self._rows = {int(m[1]): m[2] for m in model.rows.search(_STYLED_ROW)}
        for number, row in model.rows.written.items():
            self._rows.pop(number, None)
            style = row_style(row_opening(row, model.where(number))) if row else b""
            if style:
                self._rows[number] = style

    def at(self, number: int, column: int) -> bytes:
        """Return the format that a cell has when it is not there."""
        stated = self._rows.get(number) or self._model.surroundings.column_style(column)
        return b"" if stated == b"0" else stated

    def styled_rows(self) -> list[int]:
        """Return the rows that have a format of their own."""
        return list(self._rows)

    def of_cell(self, cell: bytes, number: int, column: int) -> bytes:
        """Return the format of a cell of a place, empty bytes for one that is not there."""
        if not cell:
            return self.at(number, column)
        style = style_of(cell)
        return b"" if style == b"0" else style

    def shown(self, number: int, column: int) -> bytes:
        """Return the format of a cell, there or not; none outside of the sheet."""
        if number < 1 or column < 1:
            return b""
        row = self._model.rows.row(number)
        cell = cut_row(row, number, (column, column), self._model.where(number))[1]
        style = style_of(cell) if cell else self.at(number, column)
        return b"" if style == b"0" else style

    def blanks(self, number: int, styles: Mapping[int, bytes]) -> bytes:
        """Return blank cells of a row for all formats that these would not have by themselves."""
        return b"".join(
            blank_cell(column, number, style)
            for column, style in sorted(styles.items())
            if style != self.at(number, column)
        )

    def differing(self, columns: tuple[int, int], by: int) -> dict[int, bytes]:
        """Return the columns whose cells would look different so many columns further right, with their formats."""
        style = self._model.surroundings.column_style
        first, last = max(columns[0], 1 - by), min(columns[1], COLUMN_LIMIT - by)
        return {c: style(c) for c in range(first, last + 1) if style(c) != style(c + by)}

    def kept_sideways(self, piece: bytes, number: int, differing: Mapping[int, bytes]) -> bytes:
        """Return a row's cells before they move sideways, with those that take a column's format along."""
        if not differing or number in self._rows:
            return piece
        absent = differing.keys() - set(cell_columns(piece))
        return with_cells(piece, {c: blank_cell(c, number, differing[c]) for c in absent})

    def kept_down(self, piece: bytes, rows: tuple[int, int], columns: Sequence[int]) -> bytes:
        """Return a row's cells before they move to another row, with those that take a row's format along."""
        source, target = rows
        if self._rows.get(source) == self._rows.get(target):
            return piece
        present = set(cell_columns(piece))
        absent = {
            column: blank_cell(column, source, self.at(source, column))
            for column in columns
            if column not in present and self.at(source, column) != self.at(target, column)
        }
        return with_cells(piece, absent)

    def shown_between(self, number: int, area: Area) -> dict[int, bytes]:
        """Return the formats of a row's cells in an area's columns; none above the sheet."""
        if number < 1:
            return {}
        row = self._model.rows.row(number)
        columns = range(area.left, area.right + 1)
        shown = {column: self.at(number, column) for column in columns}
        for column, cell in self._model.rows.parts(number)[1].items() if row else ():
            if column in shown:
                style = style_of(cell)
                shown[column] = b"" if style == b"0" else style
        return shown
