"""
One sheet as the engine works on it: values and formulas by area, on top of its rows as bytes.

Every refusal comes before the first change of a call. Knows no xlwings and no file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

from excel_client.file_engine.formulas.references import Area, column_letters
from excel_client.file_engine.sheet.cell_edits import restyled
from excel_client.file_engine.sheet.cell_writing import Piece, joined_rows
from excel_client.file_engine.sheet.cells import has_content, style_of
from excel_client.file_engine.sheet.reaching_formulas import ReachingFormula
from excel_client.file_engine.sheet.row_pieces import cells_between, cut_row, joined_row
from excel_client.file_engine.sheet.sheet_formulas import SheetFormulas
from excel_client.file_engine.sheet.sheet_rows import GrownCell, GrownRows
from excel_client.file_engine.sheet.standing_rows import render_standing_rows

__all__ = ["SheetModel"]

_CHUNK_ROWS = 2048
#: Fewer rows that stand already are written one by one.
_STANDING_ROWS_MIN = 64


class SheetModel(SheetFormulas):
    """Cells of one sheet."""

    def write(self, top: int, left: int, values: Sequence[Sequence[object]]) -> None:
        """Write a block of values; cells keep their formats."""
        area = self._block(top, left, values)
        self._prepare(area)
        standing = set(self.rows.existing(area.top, area.bottom))
        rendered: dict[int, bytes] = {}
        for first, last in _runs_without(standing, area.top, area.bottom, self.rows.grown):
            block = values[first - top : last + 1 - top]
            for start in range(0, len(block), _CHUNK_ROWS):
                chunk = block[start : start + _CHUNK_ROWS]
                rendered |= self._new_rows(first + start, left, chunk)
        rendered |= self._standing_rows(area, values, len(standing))
        touched = [
            (number, self._changed_cells(number, left, values[number - top]))
            for number in sorted(standing - rendered.keys())
        ]
        spared = self._unblocked(area, lambda row, column: values[row - top][column - left])
        self._let_go(area, spared)
        self.rows.written |= rendered
        for number, changes in touched:
            for array in spared:
                _leave(changes, array.area, number)
            self._put(number, changes)
        self._mark(area)

    def _new_rows(
        self, first: int, left: int, values: Sequence[Sequence[object]]
    ) -> dict[int, bytes]:
        """Render rows that do not stand in the sheet yet, all of the same grown table or of none."""
        grown = next((g for g in self.rows.grown if g.first <= first <= g.last), None)
        numbers = range(first, first + len(values))
        texts = [str(number) for number in numbers]
        columns: dict[int, list[Piece]] = {}
        for offset, column_values in enumerate(zip(*values, strict=True)):
            column = left + offset
            style = self._new_style(column, grown)
            letters = column_letters(column)
            columns[column] = self._writer.column(letters, texts, style, column_values, self.name)
        for column in grown.cells if grown else ():
            if column not in columns:
                assert grown is not None, "the loop has columns"
                columns[column] = [[grown.cell(column, number) for number in numbers]]
        cells = chain.from_iterable(columns[column] for column in sorted(columns))
        rows = joined_rows(['<row r="', texts, '">', *cells, "</row>"], len(texts))
        return dict(zip(numbers, rows, strict=True))

    def _standing_rows(
        self, area: Area, values: Sequence[Sequence[object]], count: int
    ) -> dict[int, bytes]:
        """Render those of many standing rows that can be rendered together."""
        if count < _STANDING_ROWS_MIN or any(r.area.meets(area) for r in self._all_reaching()):
            return {}
        styles = [self.surroundings.column_style(c) for c in range(area.left, area.right + 1)]
        rows = self._standing(area)
        return render_standing_rows(rows, area, values, styles, self._writer, self.name)

    def _new_style(self, column: int, grown: GrownRows | None) -> bytes:
        cell = grown.cells.get(column) if grown else None
        return cell.style if cell else self.surroundings.column_style(column)

    def change_cells(self, area: Area, style: bytes | None, *, keep_content: bool) -> None:
        """Give the standing cells of an area a format (None keeps theirs), with or without content."""
        self._check_inside(area)
        spilled: list[ReachingFormula] = []
        if not keep_content:
            self._prepare(area, clears=True)
            spilled = self._spilled(area)
            self._let_go(area, spilled)
        for number, cells in list(self.cells(area)):
            changes: dict[int, bytes] = {}
            for column, cell in cells.items():
                new_style = style_of(cell) if style is None else style
                here = Area(number, column, number, column)
                # What has spilled is not cleared by itself.
                stays = keep_content or any(array.area.holds(here) for array in spilled)
                changes[column] = restyled(cell, new_style, keep_content=stays)
            self._put(number, changes)
            self.changed = True

    def set_styles(self, number: int, styles: dict[int, bytes]) -> None:
        """Give cells of a row their formats, made where there are none."""
        _, cells, _ = self.rows.parts(number)
        changes = {}
        for column, style in styles.items():
            blank = f'<c r="{column_letters(column)}{number}"/>'.encode()
            changes[column] = restyled(cells.get(column, blank), style, keep_content=True)
        self._put(number, changes)
        self._mark(Area(number, min(styles), number, max(styles)))

    def put_cells(self, area: Area, rows: Sequence[tuple[int, dict[int, bytes]]]) -> None:
        """Put cells as they are into rows of an area, empty bytes to remove one; judged before."""
        self.rows.settle()
        self._let_go(area)
        has_arrays = False
        left, right = area.right, area.left
        for number, changes in rows:
            cells = changes.values()
            if any(b"<f" in cell for cell in cells):
                has_arrays = has_arrays or any(b'ref="' in cell for cell in cells)
            left, right = min(left, *changes), max(right, *changes)
            self._put_between(number, changes)
        if rows:
            first, last = min(number for number, _ in rows), max(number for number, _ in rows)
            self._mark(Area(first, left, last, right))
            self.formulas_changed = True
        if has_arrays:
            self.forget_reaching()

    def _put_between(self, number: int, changes: dict[int, bytes]) -> None:
        """Put cells into a row of which only what lies between them is looked into."""
        row, columns = self.rows.row(number), (min(changes), max(changes))
        place = self.where(number)
        before, _, after = cut_row(row, number, columns, place)
        cells = cells_between(row, number, columns, place) | changes
        middle = b"".join(cells[column] for column in sorted(cells))
        self.rows.written[number] = joined_row((before, middle, after), number, was_cut=True)

    def constant(self, reference: str, value: object) -> bytes:
        """Return a cell without a format that holds a value."""
        return self._writer.cell(reference, value, b"", self.where(reference))

    def entered(self, text: str, row: int, column: int) -> object:
        """Return what a text is when it is entered into a cell: a number, a truth value, an error, or itself."""
        return self._writer.entered(text, self.style(row, column))

    def grow(self, first: int, last: int, model_row: int, cells: dict[int, GrownCell]) -> None:
        """Let a table's new rows carry formats and formulas from its first row of data."""
        self.formulas_changed |= any(cell.formula is not None for cell in cells.values())
        grown = GrownRows(first=first, last=last, model_row=model_row, cells=cells)
        for number in self.rows.existing(first, last):
            _, standing, _ = self.rows.parts(number)
            changes = {
                column: grown.cell(column, number).encode()
                for column in cells
                if not has_content(standing.get(column, b""))
            }
            self._put(number, changes)
        self.rows.grown.append(grown)
        self._mark(Area(first, min(cells), last, max(cells)))

    def model_cells(self, row: int, left: int, right: int) -> dict[int, tuple[bytes, str | None]]:
        """Return the format and the stored formula of each cell of a row between two columns."""
        _, cells, _ = self.rows.parts(row)
        return {
            column: (style_of(cell), self._formula(cell, row, column))
            for column, cell in cells.items()
            if left <= column <= right
        }

    def shrink(self, gone: Area, calculated: Sequence[int]) -> None:
        """Let rows leave a table: their cells stay, but for formulas of calculated columns."""
        self.rows.grown = [
            replace(grown, last=min(grown.last, gone.top - 1))
            for grown in self.rows.grown
            if grown.first < gone.top
        ]
        for column in calculated:
            column_area = Area(gone.top, column, gone.bottom, column)
            self.change_cells(column_area, None, keep_content=False)
        self.changed = True

    def written(self) -> Iterator[bytes]:
        """Yield what of the part was written, as a document of its own: untouched rows are left out."""
        if self.rows.rebased:
            yield from map(bytes, self.stream())
            return
        yield self.rows.head
        for number in sorted(self.rows.written):
            yield self.rows.written[number]
        yield self.rows.tail

    def stream(self) -> Iterator[bytes | memoryview]:
        """Yield the part as it stands now."""
        self.rows.settle()
        self.rows.head, self.rows.tail = self.surroundings.head, self.surroundings.tail
        return self.rows.stream()


def _leave(changes: dict[int, bytes], area: Area, number: int) -> None:
    """Drop the changes of a row that lie in an area."""
    if area.top <= number <= area.bottom:
        for column in range(area.left, area.right + 1):
            changes.pop(column, None)


def _runs_without(
    standing: set[int], first: int, last: int, grown: Sequence[GrownRows]
) -> Iterator[tuple[int, int]]:
    """Yield the runs of rows that do not stand yet, cut where a table's grown rows begin and end."""
    cuts = sorted({*(g.first for g in grown), *(g.last + 1 for g in grown)})
    start: int | None = None
    borders = set(cuts)
    for number in range(first, last + 1):
        if start is not None and (number in standing or number in borders):
            yield start, number - 1
            start = None
        if start is None and number not in standing:
            start = number
    if start is not None:
        yield start, last
