"""How high and wide a range's rows and columns are, and which of its cells are merged, as xlwings sees it."""

from __future__ import annotations

from functools import partial
from typing import Self

from excel_client.file_engine.formats.column_widths import line_height
from excel_client.file_engine.formats.styles import Styles
from excel_client.file_engine.interface.range_formats import RangeFormats
from excel_client.file_engine.problems import MergeRefused
from excel_client.file_engine.sheet.autofit import fit_columns
from excel_client.file_engine.sheet.columns_and_rows import RowLayout
from excel_client.file_engine.sheet.merging import are_merged, merge, merged_around, unmerge

__all__ = ["RangeSizes"]


class RangeSizes(RangeFormats):
    """Sizes and merged cells of a range."""

    __slots__ = ()

    @property
    def _rows(self) -> RowLayout:
        return RowLayout(self._model, line_height(self.styles.normal_font()))

    @property
    def column_width(self) -> float | None:
        """The columns' width in characters; None where they differ."""
        return self._columns.width(self.area.left, self.area.right)

    @column_width.setter
    def column_width(self, value: float) -> None:
        self._columns.set_width(self.area.left, self.area.right, value)

    @property
    def row_height(self) -> float | None:
        """The rows' height in points; None where they differ."""
        return self._rows.height(self.area.top, self.area.bottom)

    @row_height.setter
    def row_height(self, value: float) -> None:
        self._rows.set_height(self.area.top, self.area.bottom, value)

    @property
    def width(self) -> float:
        """The width of the whole range, in points."""
        return self._columns.points(self.area.left, self.area.right)

    @property
    def height(self) -> float:
        """The height of the whole range, in points."""
        return self._rows.points(self.area.top, self.area.bottom)

    @property
    def left(self) -> float:
        """How far the range is from the sheet's left edge, in points."""
        return self._columns.points(1, self.area.left - 1)

    @property
    def top(self) -> float:
        """How far the range is from the sheet's top, in points."""
        return self._rows.points(1, self.area.top - 1)

    @property
    def column_hidden(self) -> bool | None:
        """Whether the range's columns are hidden; None where some are."""
        return self._columns.hidden(self.area.left, self.area.right)

    @column_hidden.setter
    def column_hidden(self, value: bool) -> None:
        self._columns.hide(self.area.left, self.area.right, hidden=bool(value))

    @property
    def row_hidden(self) -> bool | None:
        """Whether the range's rows are hidden; None where some are."""
        return self._rows.hidden(self.area.top, self.area.bottom)

    @row_hidden.setter
    def row_hidden(self, value: bool) -> None:
        self._rows.hide(self.area.top, self.area.bottom, hidden=bool(value))

    def autofit(self, axis: str | None = None) -> None:
        """
        Fit columns ("columns", "c"), rows ("rows", "r") or both (None) to what the range's cells show.

        Columns by a table of the widths of characters, so that they may differ from Excel's own by some pixels. Rows
        lose the height that was set: Excel fits them when it loads the workbook.
        """
        if self._is_empty:
            return
        if axis in {None, "columns", "c"}:
            fit_columns(self._model, self._columns, self.styles, self.area)
        if axis in {None, "rows", "r"}:
            self._rows.fit(self.area.top, self.area.bottom)

    # Merged cells

    @property
    def merge_cells(self) -> bool | None:
        """Whether the cells of the area are merged; None where some are."""
        return are_merged(self._model, self.area)

    @property
    def merge_area(self) -> Self:
        """The merged area that the first cell belongs to, else the cell."""
        return self._part(merged_around(self._model, self.area.top, self.area.left))

    def merge(self, across: bool = False) -> None:  # noqa: FBT001, FBT002 - xlwings passes it by place
        """Merge the cells, or those of each row; the first content stays. Refused in tables."""
        if self._is_empty:
            return
        for table in self.sheet.table_models():
            if table.part.area.meets(self.area):
                raise MergeRefused(self._model.where(table.part.area.text()))
        look = partial(_merged_look, self.styles)
        merge(self._model, self._columns, self.area, look, across=bool(across))

    def unmerge(self) -> None:
        """Separate the merged areas that have a cell in the range."""
        unmerge(self._model, self.area)


def _merged_look(styles: Styles, first: int, own: int) -> int:
    """Return the format of a merged area's first cell, within the cell's own borders: those of its edges are seen."""
    return styles.with_border(first, styles.border(own))
