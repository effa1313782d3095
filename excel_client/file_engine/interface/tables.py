"""Tables as xlwings sees them. Knows no bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from xlwings import base_classes

from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.interface.closed_members import closed
from excel_client.file_engine.interface.ranges import RangeImpl
from excel_client.file_engine.problems import TableShapeRefused
from excel_client.file_engine.tables.table_growth import TableModel

if TYPE_CHECKING:
    from excel_client.file_engine.interface.sheets import SheetImpl

__all__ = ["TableImpl", "TablesImpl"]


@closed(base_classes.Table)
class TableImpl:
    """A table of a sheet, looked up again by name after each save."""

    __slots__ = ("_name", "parent")

    def __init__(self, parent: SheetImpl, name: str) -> None:
        self.parent = parent
        self._name = name

    @property
    def model(self) -> TableModel:
        """The table in the document as it stands now."""
        return next(t for t in self.parent.table_models() if t.part.display_name == self._name)

    @property
    def api(self) -> TableImpl:
        """The engine has no object beneath."""
        return self

    @property
    def name(self) -> str:
        """The table's name."""
        return self.model.part.name

    @property
    def display_name(self) -> str:
        """The name that formulas use."""
        return self.model.part.display_name

    def _range(self, area: Area) -> RangeImpl | None:
        return RangeImpl(self.parent, area) if area.rows > 0 else None

    @property
    def range(self) -> RangeImpl:
        """The whole table."""
        return RangeImpl(self.parent, self.model.part.area)

    @property
    def data_body_range(self) -> RangeImpl | None:
        """The data without header and totals."""
        return self._range(self.model.part.body)

    @property
    def header_row_range(self) -> RangeImpl | None:
        """The header, None where it is hidden."""
        part = self.model.part
        area = part.area
        return self._range(Area(area.top, area.left, part.first_row - 1, area.right))

    @property
    def totals_row_range(self) -> RangeImpl | None:
        """The totals row, None without one."""
        part = self.model.part
        area = part.area
        return self._range(Area(part.last_row + 1, area.left, area.bottom, area.right))

    @property
    def insert_row_range(self) -> None:
        """A file shows no row to insert into."""
        return

    @property
    def show_headers(self) -> bool:
        """Whether the header is shown."""
        return self.model.part.header_rows > 0

    @property
    def show_totals(self) -> bool:
        """Whether there is a totals row."""
        return self.model.part.totals_rows > 0

    @property
    def show_autofilter(self) -> bool:
        """Whether the header has filter buttons."""
        return self.model.part.has_filter

    @property
    def table_style(self) -> str | None:
        """The name of the table's style."""
        return self.model.part.style_name

    def resize(self, range: Any) -> None:  # noqa: A002 - xlwings' own name
        """Give the table another last row; `range` is an xlwings Range with the same first row and columns."""
        impl: RangeImpl = range.impl
        if impl.sheet.name != self.parent.name or impl.sheet.book is not self.parent.book:
            raise TableShapeRefused(self._name)
        self.parent.document.resize_table(self.parent.entry, self.model, impl.area)


@closed(base_classes.Tables)
class TablesImpl:
    """The tables of a sheet."""

    def __init__(self, parent: SheetImpl) -> None:
        self.parent = parent

    @property
    def api(self) -> TablesImpl:
        """The engine has no object beneath."""
        return self

    def __len__(self) -> int:
        return len(self.parent.table_models())

    def __iter__(self) -> Iterator[TableImpl]:
        for model in self.parent.table_models():
            yield TableImpl(self.parent, model.part.display_name)

    def __call__(self, key: int | str) -> TableImpl:
        """Return a table by its name or 1-based place; KeyError without one."""
        models = self.parent.table_models()
        if isinstance(key, int):
            if not 1 <= key <= len(models):
                raise KeyError(key)
            return TableImpl(self.parent, models[key - 1].part.display_name)
        for model in models:
            if model.part.display_name.lower() == key.lower():
                return TableImpl(self.parent, model.part.display_name)
        raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        names = {model.part.display_name.lower() for model in self.parent.table_models()}
        return isinstance(key, str) and key.lower() in names
