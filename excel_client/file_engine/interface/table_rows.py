"""Rows of a table as xlwings sees them. Knows no bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from xlwings import base_classes

from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.interface.closed_members import closed
from excel_client.file_engine.interface.ranges import RangeImpl
from excel_client.file_engine.workbook.table_rows import add_row, data_rows, delete_row

if TYPE_CHECKING:
    from excel_client.file_engine.interface.tables import TableImpl

__all__ = ["TableRowImpl", "TableRowsImpl"]


@closed(base_classes.TableRow)
class TableRowImpl:
    """A row of data, by its place."""

    __slots__ = ("index", "parent")

    #: The 1-based place among the rows of data.
    index: int

    def __init__(self, parent: TableRowsImpl, index: int) -> None:
        self.parent = parent
        self.index = index

    @property
    def api(self) -> TableRowImpl:
        """The engine has no object beneath."""
        return self

    @property
    def range(self) -> RangeImpl:
        """The cells of the row."""
        table = self.parent.table
        body = table.model.part.body
        row = body.top + self.index - 1
        return RangeImpl(table.parent, Area(row, body.left, row, body.right))

    async def get_range(self) -> RangeImpl:
        """The cells of the row."""
        return self.range

    def delete(self) -> None:
        """Delete the row; cells below move up."""
        table = self.parent.table
        delete_row(table.parent.document, table.parent.entry, table.model, self.index)


@closed(base_classes.TableRows)
class TableRowsImpl:
    """The rows of data of a table."""

    __slots__ = ("table",)

    def __init__(self, table: TableImpl) -> None:
        self.table = table

    @property
    def api(self) -> TableRowsImpl:
        """The engine has no object beneath."""
        return self

    @property
    def parent(self) -> TableImpl:
        """The table."""
        return self.table

    @property
    def column_count(self) -> int:
        """How many values make a row."""
        return len(self.table.model.part.columns)

    def __len__(self) -> int:
        return data_rows(self.table.model)

    def __iter__(self) -> Iterator[TableRowImpl]:
        for index in range(1, len(self) + 1):
            yield TableRowImpl(self, index)

    def __call__(self, key: int) -> TableRowImpl:
        """Return a row by its 1-based place; KeyError without one."""
        if key in self:
            return TableRowImpl(self, key)
        raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, int) and 1 <= key <= len(self)

    def add(self, values: Sequence[object] | None, index: int | None) -> TableRowImpl:
        """Add a row before a 1-based place, at the end for None."""
        place = len(self) + 1 if index is None else index
        table = self.table
        add_row(table.parent.document, table.parent.entry, table.model, place, values)
        return TableRowImpl(self, place)

    async def get_count(self) -> int:
        """How many rows of data."""
        return len(self)
