"""Columns of a table as xlwings sees them. Knows no bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from xlwings import base_classes

from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.interface.closed_members import closed
from excel_client.file_engine.interface.ranges import RangeImpl
from excel_client.file_engine.workbook.table_columns import add_column, delete_column
from excel_client.file_engine.workbook.table_headers import name_column

if TYPE_CHECKING:
    from excel_client.file_engine.interface.tables import TableImpl

__all__ = ["TableColumnImpl", "TableColumnsImpl"]


@closed(base_classes.TableColumn)
class TableColumnImpl:
    """A column of a table, by its place."""

    __slots__ = ("index", "parent")

    #: The 1-based place among the columns.
    index: int

    def __init__(self, parent: TableColumnsImpl, index: int) -> None:
        self.parent = parent
        self.index = index

    @property
    def api(self) -> TableColumnImpl:
        """The engine has no object beneath."""
        return self

    @property
    def name(self) -> str:
        """The header."""
        return self.parent.table.model.part.columns[self.index - 1].name

    @name.setter
    def name(self, name: str) -> None:
        """Give the column another header; formulas follow."""
        table = self.parent.table
        name_column(table.parent.document, table.parent.entry, table.model, self.index - 1, name)

    def _cells(self, area: Area) -> RangeImpl:
        column = area.left + self.index - 1
        return RangeImpl(self.parent.table.parent, Area(area.top, column, area.bottom, column))

    @property
    def range(self) -> RangeImpl:
        """All cells of the column, header and totals included."""
        return self._cells(self.parent.table.model.part.area)

    @property
    def data_body_range(self) -> RangeImpl | None:
        """The data, None where there is none."""
        body = self.parent.table.data_body_range
        return None if body is None else self._cells(body.area)

    async def get_range(self) -> RangeImpl:
        """All cells of the column, header and totals included."""
        return self.range

    async def get_data_body_range(self) -> RangeImpl | None:
        """The data, None where there is none."""
        return self.data_body_range

    def delete(self) -> None:
        """Delete the column; cells beside the table move to the left."""
        table = self.parent.table
        if len(self.parent) == 1:
            message = "Cannot delete the last table column"
            raise ValueError(message)
        delete_column(table.parent.document, table.parent.entry, table.model, self.index)


@closed(base_classes.TableColumns)
class TableColumnsImpl:
    """The columns of a table."""

    __slots__ = ("table",)

    def __init__(self, table: TableImpl) -> None:
        self.table = table

    @property
    def api(self) -> TableColumnsImpl:
        """The engine has no object beneath."""
        return self

    @property
    def parent(self) -> TableImpl:
        """The table."""
        return self.table

    def __len__(self) -> int:
        return len(self.table.model.part.columns)

    def __iter__(self) -> Iterator[TableColumnImpl]:
        for index in range(1, len(self) + 1):
            yield TableColumnImpl(self, index)

    def __call__(self, key: int | str) -> TableColumnImpl:
        """Return a column by its header or 1-based place; KeyError without one."""
        if isinstance(key, int):
            if 1 <= key <= len(self):
                return TableColumnImpl(self, key)
            raise KeyError(key)
        for index, column in enumerate(self.table.model.part.columns, 1):
            if column.name.casefold() == key.casefold():
                return TableColumnImpl(self, index)
        raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        names = {column.name.casefold() for column in self.table.model.part.columns}
        return isinstance(key, str) and key.casefold() in names

    def add(self, name: str, index: int | None) -> TableColumnImpl:
        """Add a column before a 1-based place, at the end for None."""
        place = len(self) + 1 if index is None else index
        table = self.table
        add_column(table.parent.document, table.parent.entry, table.model, name, place)
        return TableColumnImpl(self, place)

    async def get_count(self) -> int:
        """How many columns."""
        return len(self)
