"""Ranges as xlwings sees them: an area of one sheet. Knows no bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from xlwings import base_classes

from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.interface.closed_members import closed
from excel_client.file_engine.interface.range_area import RangeArea
from excel_client.file_engine.interface.range_formulas import RangeFormulas, two_dimensional
from excel_client.file_engine.interface.range_links import RangeLinks
from excel_client.file_engine.interface.range_moves import RangeMoves
from excel_client.file_engine.interface.range_names import RangeNames
from excel_client.file_engine.interface.range_search import RangeSearch
from excel_client.file_engine.interface.range_sizes import RangeSizes
from excel_client.file_engine.problems import OutsideSheet
from excel_client.file_engine.sheet.regions import end_of_block, surrounding_region

if TYPE_CHECKING:
    from excel_client.file_engine.interface.sheets import SheetImpl
    from excel_client.file_engine.interface.tables import TableImpl

__all__ = ["RangeImpl"]


@closed(base_classes.Range, kept=frozenset({"expand"}))
class RangeImpl(
    RangeMoves, RangeSearch, RangeFormulas, RangeSizes, RangeLinks, RangeNames, RangeArea
):
    """An area of a sheet."""

    __slots__ = ()

    #: One read or write takes the whole area: there is no pipe to Excel that could clog.
    max_cells_per_read = None
    max_cells_per_write = None

    # Shape

    @property
    def api(self) -> RangeImpl:
        """The engine has no object beneath; xlwings skips a write where this is falsy."""
        return self

    @property
    def coords(self) -> tuple[SheetImpl, int, int, int, int]:
        """Sheet, first row, first column, rows, columns."""
        return self.sheet, self.row, self.column, *self.shape

    @property
    def row(self) -> int:
        """First row."""
        return self.area.top

    @property
    def column(self) -> int:
        """First column."""
        return self.area.left

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.area.rows, self.area.columns

    def __len__(self) -> int:
        return max(0, self.area.rows) * max(0, self.area.columns)

    def __call__(self, arg1: int, arg2: int | None = None) -> RangeImpl:
        """Return a cell by its 1-based place in the area, which may lie outside of it."""
        if arg2 is None:
            down, right = divmod(arg1 - 1, self.area.columns)
        else:
            down, right = arg1 - 1, arg2 - 1
        row, column = self.area.top + down, self.area.left + right
        return RangeImpl(self.sheet, Area(row, column, row, column).checked())

    @property
    def rows(self) -> Iterator[RangeImpl]:
        """The area row by row."""
        area = self.area
        for row in range(area.top, area.bottom + 1):
            yield self._part(Area(row, area.left, row, area.right))

    @property
    def columns(self) -> Iterator[RangeImpl]:
        """The area column by column."""
        area = self.area
        for column in range(area.left, area.right + 1):
            yield self._part(Area(area.top, column, area.bottom, column))

    def get_address(self, row_absolute: bool, col_absolute: bool, external: bool) -> str:  # noqa: FBT001 - xlwings passes these by place
        """Return the address, with book and sheet where wanted."""
        text = self.area.text(
            row_mark="$" if row_absolute else "", column_mark="$" if col_absolute else ""
        )
        if not external:
            return text
        owner = f"[{self.sheet.book.name}]{self.sheet.name}"
        plain = owner.replace("[", "").replace("]", "").replace(".", "").replace("_", "")
        if not plain.isalnum():
            owner = "'" + owner.replace("'", "''") + "'"
        return f"{owner}!{text}"

    @property
    def address(self) -> str:
        """The absolute address."""
        return self.get_address(row_absolute=True, col_absolute=True, external=False)

    # Values

    @property
    def raw_value(self) -> Any:
        """What the cells show: rows of values, or the value of a single cell."""
        if not len(self):
            return None
        values = self._model.read(self.area)
        return values[0][0] if self.shape == (1, 1) else values

    @raw_value.setter
    def raw_value(self, data: object) -> None:
        if len(self):
            values = two_dimensional(data, self.area)
            self._model.write(self.area.top, self.area.left, values)
            self._tables_follow(len(values), len(values[0]))

    def write_cached_results(self, rows: Sequence[Sequence[object]]) -> None:
        """
        Set what cells with formulas show until Excel calculates; other cells and all formulas stay.

        `rows` has the shape of the range. For Protected View, which does not calculate.
        """
        shape = (len(rows), len(rows[0]) if rows else 0)
        if shape != self.shape or any(len(row) != shape[1] for row in rows):
            raise OutsideSheet(self.sheet.name)
        self._model.write_cached_results(self.area.top, self.area.left, rows)

    def clear_contents(self) -> None:
        """Empty the cells; formats stay."""
        self._model.change_cells(self.area, None, keep_content=False)
        self._tables_follow(*self.shape)

    # Moving about

    def end(self, direction: str) -> RangeImpl:
        """Return the cell that Ctrl and an arrow key lead to."""
        row, column = end_of_block(self._model, self.area.top, self.area.left, direction)
        return self._part(Area(row, column, row, column))

    @property
    def current_region(self) -> RangeImpl:
        """The block of cells around, bounded by empty rows and columns."""
        return self._part(surrounding_region(self._model, self.area))

    @property
    def table(self) -> TableImpl | None:
        """The table that the first cell lies in."""
        cell = Area(self.area.top, self.area.left, self.area.top, self.area.left)
        return next((t for t in self.sheet.tables if t.model.part.area.holds(cell)), None)

    def select(self) -> None:
        """Make the area the app's selection; a file has no window to show it."""
        self.sheet.book.app.selection = self
