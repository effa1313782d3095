"""
Cells that are copied and pasted: what of them is pasted, into which cells, and what comes along.

Everything is read and judged before the first change. Formulas are moved as Excel moves them when they are copied.
Knows no xlwings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from excel_client.file_engine.formulas.formula_text import move_references
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.problems import NeedsExcel, OutsideFileEngine
from excel_client.file_engine.sheet.cell_copies import CellCopy, rendered_cell, taken_cells
from excel_client.file_engine.sheet.cell_edits import restyled
from excel_client.file_engine.sheet.cell_shifts import spans_columns, spans_rows
from excel_client.file_engine.sheet.default_formats import DefaultFormats
from excel_client.file_engine.sheet.row_pieces import blank_cell, cells_between
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.workbook.cell_arithmetic import combined_cell
from excel_client.file_engine.workbook.foreign_cells import ForeignCells
from excel_client.file_engine.workbook.paste_kinds import Operation, PasteKind
from excel_client.file_engine.workbook.pasted_surroundings import PastedSurroundings
from excel_client.file_engine.workbook.shift_limits import check_inside, judge_untorn
from excel_client.file_engine.workbook.table_headers import after_write
from excel_client.file_engine.workbook.workbook_part import SheetEntry

if TYPE_CHECKING:
    from excel_client.file_engine.workbook.document import Document

__all__ = ["CellBlock", "copy_cells", "planned_move"]

_CELLS_LIMIT = 4_000_000

#: The cells of each row that change, by column; empty bytes for one that is gone.
PlannedRows: TypeAlias = list[tuple[int, dict[int, bytes]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellBlock:
    """An area of a sheet of a workbook."""

    document: Document
    entry: SheetEntry
    area: Area

    @property
    def model(self) -> SheetModel:
        """The sheet's cells."""
        return self.document.sheet(self.entry)


def copy_cells(
    source: CellBlock,
    target: CellBlock,
    kind: PasteKind = PasteKind.ALL,
    *,
    operation: Operation | None = None,
    skip_blanks: bool = False,
    transpose: bool = False,
) -> Area:
    """
    Copy cells, and return the area that they fill.

    A target whose sides are multiples of the source's is filled with copies; otherwise only its first cell counts.
    """
    area = _filled(source, target.area, transpose=transpose)
    target = CellBlock(document=target.document, entry=target.entry, area=area)
    check_inside(target.entry, area)
    if kind is PasteKind.COLUMN_WIDTHS:
        PastedSurroundings(source, target, kind, transpose=transpose).apply()
        return area
    judge_untorn(target.document, target.entry, area)
    transfer = _Transfer(
        source=source,
        target=target,
        kind=kind,
        operation=operation,
        skip_blanks=skip_blanks,
        transpose=transpose,
    )
    surroundings = PastedSurroundings(source, target, kind, transpose=transpose)
    surroundings.judge()
    rows = transfer.planned() if kind.touches_cells else []
    surroundings.apply()
    model = target.model
    if rows:
        model.put_cells(area, rows)
    after_write(target.document, target.entry, area)
    return area


def planned_move(source: CellBlock, target: CellBlock) -> tuple[PlannedRows, PlannedRows]:
    """Return what a move takes out of the source, and what it puts into the target; formulas keep their text."""
    transfer = _Transfer(source=source, target=target, moves_references=False)
    placed = transfer.planned()
    same = source.entry == target.entry
    cleared = []
    for number, cells in transfer.taken.items():
        gone = {
            column: b""
            for column in cells
            if not (same and target.area.holds(Area(number, column, number, column)))
        }
        if gone:
            cleared.append((number, gone))
    return cleared, placed


def _filled(source: CellBlock, area: Area, *, transpose: bool) -> Area:
    rows, columns = source.area.rows, source.area.columns
    if transpose:
        rows, columns = columns, rows
    if area.rows % rows or area.columns % columns:
        return Area(area.top, area.left, area.top + rows - 1, area.left + columns - 1)
    return area


@dataclass(slots=True, kw_only=True)
class _Transfer:
    """One paste, as it is planned."""

    source: CellBlock
    target: CellBlock
    kind: PasteKind = PasteKind.ALL
    operation: Operation | None = None
    skip_blanks: bool = False
    transpose: bool = False
    moves_references: bool = True
    taken: dict[int, dict[int, CellCopy]] = field(default_factory=dict)
    foreign: ForeignCells | None = None
    from_model: SheetModel = field(init=False)
    to_model: SheetModel = field(init=False)
    takes_formats: bool = field(init=False)
    takes_contents: bool = field(init=False)
    takes_formulas: bool = field(init=False)

    def __post_init__(self) -> None:
        self.from_model, self.to_model = self.source.model, self.target.model
        self.takes_formats = self.kind.takes_formats
        self.takes_contents = self.kind.takes_contents
        self.takes_formulas = self.kind.takes_formulas

    def planned(self) -> PlannedRows:
        """Return what the target's rows get."""
        self.taken = taken_cells(self.from_model, self.source.area)
        if self.source.document is not self.target.document:
            self.foreign = ForeignCells(self.source.document, self.target.document)
        self._judge_arrays()
        self.to_model.rows.settle()
        before, after = DefaultFormats(self.from_model), DefaultFormats(self.to_model)
        planned: PlannedRows = []
        for number, standing, columns in self._places(before, after):
            changes = {}
            for column in columns:
                old = standing.get(column, b"")
                new = self._cell((number, column), old, before, after)
                if new is not None and new != old:
                    changes[column] = new
            if changes:
                planned.append((number, changes))
        return planned

    def _judge_arrays(self) -> None:
        if not self.takes_formulas:
            return
        model = self.from_model
        for reaching in model.reaching_formulas():
            if reaching.kind == "shared" or not reaching.area.meets(self.source.area):
                continue
            single = reaching.area.rows * reaching.area.columns == 1
            held = self.source.area.holds(reaching.area)
            changed = self.transpose or self.skip_blanks or self.operation is not None
            if reaching.kind != "array" or not held or (changed and not single):
                raise OutsideFileEngine(model.where(reaching.area.text()))

    def source_of(self, row: int, column: int) -> tuple[int, int]:
        """Return the cell that is pasted into another one."""
        down, right = row - self.target.area.top, column - self.target.area.left
        if self.transpose:
            down, right = right, down
        area = self.source.area
        return area.top + down % area.rows, area.left + right % area.columns

    def _places(
        self, before: DefaultFormats, after: DefaultFormats
    ) -> Iterator[tuple[int, dict[int, bytes], Iterable[int]]]:
        """Yield the rows that may change, their cells, and the columns; cells that are nowhere stay nowhere."""
        area, source, model = self.target.area, self.source.area, self.to_model
        bounds = area.left, area.right
        whole = range(area.left, area.right + 1)
        everywhere = self.transpose or self.operation is not None
        differing = self._differing_columns()
        if everywhere or differing:
            self._limit(area)
        styled = self._styled_rows(before, after)
        for number in self._rows(styled, every=everywhere or bool(differing)):
            row = model.rows.row(number)
            cells = cells_between(row, number, bounds, model.name) if row else {}
            if everywhere or number in styled:
                yield number, cells, whole
                continue
            columns = {*differing, *cells}
            taken = self.taken.get(self.source_of(number, area.left)[0], ())
            for start in range(area.left, area.right + 1, source.columns):
                columns.update(start + column - source.left for column in taken)
            yield number, cells, sorted(columns)

    def _rows(self, styled: set[int], *, every: bool) -> Iterable[int]:
        """Return the rows of the target in which something stands or comes to stand."""
        area, source = self.target.area, self.source.area
        if every:
            return range(area.top, area.bottom + 1)
        numbers = styled.union(self.to_model.rows.existing(area.top, area.bottom))
        for start in range(area.top, area.bottom + 1, source.rows):
            numbers.update(start + row - source.top for row in self.taken)
        return sorted(numbers)

    def _limit(self, area: Area) -> None:
        if area.rows * area.columns > _CELLS_LIMIT:
            raise OutsideFileEngine(self.to_model.where(area.text()))

    def _differing_columns(self) -> list[int]:
        """Return the columns whose own format differs from that of the column they are copied from."""
        if not self.takes_formats or spans_columns(self.target.area):
            return []
        old, new = self.from_model.surroundings, self.to_model.surroundings
        area = self.target.area
        return [
            column
            for column in range(area.left, area.right + 1)
            if self._style(old.column_style(self.source_of(area.top, column)[1]))
            != new.column_style(column)
        ]

    def _styled_rows(self, before: DefaultFormats, after: DefaultFormats) -> set[int]:
        """Return the rows that have a format of their own where they are copied from or to."""
        area, source = self.target.area, self.source.area
        if spans_rows(area) or not self.takes_formats:
            return set()
        found = {number for number in after.styled_rows() if area.top <= number <= area.bottom}
        for row in before.styled_rows():
            if source.top <= row <= source.bottom:
                found.update(range(area.top + row - source.top, area.bottom + 1, source.rows))
        return found

    def _style(self, style: bytes) -> bytes:
        return self.foreign.style(style) if self.foreign is not None else style

    def _cell(
        self,
        place: tuple[int, int],
        old: bytes,
        before: DefaultFormats,
        after: DefaultFormats,
    ) -> bytes | None:
        """Return a cell as it reads after the paste; None where it stays."""
        row, column = place
        source_row, source_column = self.source_of(row, column)
        copy = self.taken.get(source_row, {}).get(source_column)
        is_blank = copy is None or copy.is_blank
        if self.skip_blanks and is_blank:
            return None
        default = after.at(row, column)
        own = after.of_cell(old, row, column)
        style = own
        if self.takes_formats or self.kind.takes_number_formats:
            shown = copy.style if copy is not None else before.at(source_row, source_column)
            style = self._pasted_style(own, self._style(shown))
        blank = b"" if style == default else blank_cell(column, row, style)
        if not self.takes_contents:
            return restyled(old, style, keep_content=True) if old and _holds(old) else blank
        if self.operation is not None:
            combined = combined_cell(self.to_model, (row, column), old, copy, self.operation)
            return restyled(combined, style, keep_content=True) if combined else blank
        if is_blank:
            return blank
        assert copy is not None, "what is not blank is there"
        moves = self.moves_references and not self.transpose
        return rendered_cell(self._content(copy), row, column, style, moves=moves)

    def _pasted_style(self, own: bytes, shown: bytes) -> bytes:
        styles = self.target.document.styles
        if self.kind is PasteKind.ALL_EXCEPT_BORDERS:
            border = styles.border(int(own or b"0"))
            return _stated(styles.with_border(int(shown or b"0"), border))
        if self.takes_formats:
            return shown
        code = styles.number_format(int(shown or b"0"))
        return _stated(styles.with_number_format(int(own or b"0"), code))

    def _content(self, copy: CellCopy) -> CellCopy:
        if copy.formula is None and copy.array is None and self.foreign is None:
            return copy
        place = self.from_model.place(copy.row, copy.column)
        if not self.takes_formulas:
            if copy.formula is not None and not copy.has_result:
                # What it comes to is not known before Excel calculates.
                raise NeedsExcel(place)
            copy = copy.as_value()
        elif (
            self.transpose and copy.formula and move_references(copy.formula, 1, 1) != copy.formula
        ):
            raise OutsideFileEngine(place)
        return self.foreign.cell(copy, place) if self.foreign is not None else copy


def _holds(cell: bytes) -> bool:
    return b"<v" in cell or b"<f" in cell or b"<is" in cell


def _stated(style: int) -> bytes:
    return b"%d" % style if style else b""
