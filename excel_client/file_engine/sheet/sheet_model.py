"""
One sheet as the engine works on it: values and formulas by area, on top of its rows as bytes.

Every refusal comes before the first change of a call. Knows no xlwings and no file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

from excel_client.file_engine.formulas.references import Area, column_letters
from excel_client.file_engine.problems import (
    ArrayFormulaInTheWay,
    MergedCellsInTheWay,
    OutsideSheet,
)
from excel_client.file_engine.sheet.cell_edits import (
    is_formula,
    restyled,
    with_formula,
    with_result,
)
from excel_client.file_engine.sheet.cell_writing import CellWriter, Piece, joined_rows
from excel_client.file_engine.sheet.cells import (
    CellReader,
    has_content,
    style_of,
)
from excel_client.file_engine.sheet.reaching_formulas import (
    ReachingFormula,
    written_out,
)
from excel_client.file_engine.sheet.sheet_cells import ROW_STYLE, SheetCells
from excel_client.file_engine.sheet.sheet_rows import GrownCell, GrownRows

__all__ = ["SheetModel"]

_CHUNK_ROWS = 2048


class SheetModel(SheetCells):
    """Cells of one sheet."""

    def __init__(
        self, data: bytes, name: str, reader: CellReader, writer: CellWriter, place: str
    ) -> None:
        super().__init__(data, name, reader, place)
        self.formulas_changed = False
        self.changed = False
        self._writer = writer

    def write(self, top: int, left: int, values: Sequence[Sequence[object]]) -> None:
        """Write a block of values; cells keep their formats."""
        area = Area(top, left, top + len(values) - 1, left + len(values[0]) - 1)
        self._prepare(area)
        standing = set(self.rows.existing(area.top, area.bottom))
        rendered: dict[int, bytes] = {}
        for first, last in _runs_without(standing, area.top, area.bottom, self.rows.grown):
            block = values[first - top : last + 1 - top]
            for start in range(0, len(block), _CHUNK_ROWS):
                chunk = block[start : start + _CHUNK_ROWS]
                rendered |= self._new_rows(first + start, left, chunk)
        touched = [
            (number, self._changed_cells(number, left, values[number - top]))
            for number in sorted(standing)
        ]
        self._keep_shared_formulas(area)
        self.rows.written |= rendered
        for number, changes in touched:
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

    def _new_style(self, column: int, grown: GrownRows | None) -> bytes:
        cell = grown.cells.get(column) if grown else None
        return cell.style if cell else self.surroundings.column_style(column)

    def _changed_cells(self, number: int, left: int, values: Sequence[object]) -> dict[int, bytes]:
        """Return the cells that values make of a standing row's; formats stay."""
        attributes, cells, _ = self.rows.parts(number)
        row_style = ROW_STYLE.search(attributes)
        changes: dict[int, bytes] = {}
        for column, value in enumerate(values, left):
            old = cells.get(column)
            if old is not None:
                style = style_of(old)
            elif row_style:
                style = row_style[1]
            else:
                style = self.surroundings.column_style(column)
            reference = f"{column_letters(column)}{number}"
            changes[column] = self._writer.cell(reference, value, style, f"{self.name}!{reference}")
        return changes

    def _put(self, number: int, changes: dict[int, bytes]) -> None:
        """Put changed cells into a row; empty bytes remove one."""
        attributes, cells, rest = self.rows.parts(number)
        for column, cell in changes.items():
            if b"<f" in cells.get(column, b"") or b"<f" in cell:
                self.formulas_changed = True
            if cell:
                cells[column] = cell
            else:
                cells.pop(column, None)
        self.rows.put(number, attributes, cells, rest)

    def write_formulas(self, top: int, left: int, formulas: Sequence[Sequence[object]]) -> None:
        """Write formulas, given with their equals sign; anything else is written as a value."""
        area = Area(top, left, top + len(formulas) - 1, left + len(formulas[0]) - 1)
        self._prepare(area)
        changes: list[tuple[int, dict[int, bytes]]] = []
        for number, row in enumerate(formulas, top):
            cells = self._changed_cells(
                number, left, [None if is_formula(value) else value for value in row]
            )
            for column, value in enumerate(row, left):
                if is_formula(value):
                    cells[column] = with_formula(
                        cells[column], f"{column_letters(column)}{number}", str(value)[1:]
                    )
            changes.append((number, cells))
        self._keep_shared_formulas(area)
        for number, cells in changes:
            self._put(number, cells)
        self._mark(area)

    def write_cached_results(
        self, top: int, left: int, results: Sequence[Sequence[object]]
    ) -> None:
        """Set what cells with formulas show until Excel calculates; formulas and other cells stay."""
        area = Area(top, left, top + len(results) - 1, left + len(results[0]) - 1)
        self._check_inside(area)
        for number, cells in list(self.cells(area)):
            changes: dict[int, bytes] = {}
            for column, cell in cells.items():
                if b"<f" in cell:
                    value = results[number - top][column - left]
                    place = self.place(number, column)
                    changes[column] = with_result(cell, value, self._writer, place)
            if changes:
                attributes, all_cells, rest = self.rows.parts(number)
                self.rows.put(number, attributes, all_cells | changes, rest)
                self.changed = True

    def change_cells(self, area: Area, style: bytes | None, *, keep_content: bool) -> None:
        """Give the standing cells of an area a format (None keeps theirs), with or without content."""
        self._check_inside(area)
        if not keep_content:
            self._prepare(area, clears=True)
            self._keep_shared_formulas(area)
        for number, cells in list(self.cells(area)):
            changes: dict[int, bytes] = {}
            for column, cell in cells.items():
                new_style = style_of(cell) if style is None else style
                changes[column] = restyled(cell, new_style, keep_content=keep_content)
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

    # What stands in the way

    def _check_inside(self, area: Area) -> None:
        try:
            area.checked()
        except OutsideSheet as error:
            raise OutsideSheet(self.name) from error

    def _prepare(self, area: Area, *, clears: bool = False) -> None:
        """Refuse a write that Excel would refuse; nothing is changed yet."""
        self._check_inside(area)
        for merged in self.surroundings.merged:
            anchor = Area(merged.top, merged.left, merged.top, merged.left)
            allowed = area == anchor or (clears and area.holds(merged))
            if merged.meets(area) and not allowed:
                raise MergedCellsInTheWay(self.where(merged.text()))
        if self.rows.existing(area.top, area.bottom):
            for reaching in self._all_reaching():
                blocks = reaching.kind != "shared" and reaching.area.meets(area)
                if blocks and not area.holds(reaching.area):
                    raise ArrayFormulaInTheWay(self.where(reaching.area.text()))

    def _keep_shared_formulas(self, area: Area) -> None:
        """Write shared formulas out whose first cell is about to be overwritten; forget whole arrays."""
        if self._reaching is None:
            return
        leaving = [
            reaching
            for reaching in self._reaching
            if area.holds(Area(reaching.row, reaching.column, reaching.row, reaching.column))
        ]
        for reaching in leaving:
            if reaching.kind == "shared":
                self._write_out(reaching)
        self._reaching = [reaching for reaching in self._reaching if reaching not in leaving]

    def _write_out(self, shared: ReachingFormula) -> None:
        for number, cells in list(self.cells(shared.area)):
            changes = {}
            for column, cell in cells.items():
                written = written_out(cell, shared, number, column)
                if written is not None:
                    changes[column] = written
            if changes:
                self._put(number, changes)

    def _mark(self, area: Area) -> None:
        self.surroundings.cover(area)
        self.changed = True

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
        yield self.rows.head
        for number in sorted(self.rows.written):
            yield self.rows.written[number]
        yield self.rows.tail

    def stream(self) -> Iterator[bytes | memoryview]:
        """Yield the part as it stands now."""
        self.rows.settle()
        self.rows.head, self.rows.tail = self.surroundings.head, self.surroundings.tail
        return self.rows.stream()


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
