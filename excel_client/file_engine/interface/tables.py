"""Tables as xlwings sees them. Knows no bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from xlwings import base_classes

from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.interface.auto_filters import AutoFilterImpl
from excel_client.file_engine.interface.closed_members import closed
from excel_client.file_engine.interface.ranges import RangeImpl
from excel_client.file_engine.interface.table_columns import TableColumnsImpl
from excel_client.file_engine.interface.table_rows import TableRowsImpl
from excel_client.file_engine.problems import OutsideFileEngine, TableShapeRefused
from excel_client.file_engine.tables.table_model import TableModel
from excel_client.file_engine.workbook.auto_filters import filtered_table
from excel_client.file_engine.workbook.table_adding import add_table, rename_table
from excel_client.file_engine.workbook.table_settings import (
    set_style,
    show_filter,
    show_headers,
    show_totals,
)
from excel_client.file_engine.workbook.table_sorting import sort_table

if TYPE_CHECKING:
    from excel_client.file_engine.interface.sheets import SheetImpl
    from excel_client.file_engine.workbook.document import Document
    from excel_client.file_engine.workbook.workbook_part import SheetEntry

__all__ = ["TableImpl", "TablesImpl"]


def _style_flag(name: str, meaning: str) -> property:
    """Return the property of one use of a table's style."""

    def is_set(table: TableImpl) -> bool:
        return name in table.model.part.style_flags

    def switch(table: TableImpl, value: object) -> None:
        model = table.model
        set_style(table.document, model, name=model.part.style_name, flags={name: bool(value)})

    return property(is_set, switch, doc=meaning)


@closed(base_classes.Table)
class TableImpl:
    """A table of a sheet, found again by its part after each save."""

    __slots__ = ("_part", "parent")

    def __init__(self, parent: SheetImpl, part: str) -> None:
        self.parent = parent
        self._part = part

    @property
    def model(self) -> TableModel:
        """The table in the document as it stands now; KeyError when it is gone."""
        for table in self.parent.table_models():
            if table.name == self._part:
                return table
        raise KeyError(self._part)

    @property
    def document(self) -> Document:
        """The workbook beneath."""
        return self.parent.document

    @property
    def entry(self) -> SheetEntry:
        """The sheet as the workbook lists it now."""
        return self.parent.entry

    @property
    def api(self) -> TableImpl:
        """The engine has no object beneath."""
        return self

    # Names

    @property
    def name(self) -> str:
        """The table's name; it is always the one that formulas use."""
        return self.model.part.name

    @name.setter
    def name(self, name: str) -> None:
        rename_table(self.document, self.model, name)

    @property
    def display_name(self) -> str:
        """The name that formulas use."""
        return self.model.part.display_name

    @display_name.setter
    def display_name(self, name: str) -> None:
        rename_table(self.document, self.model, name)

    # Areas

    def _range(self, area: Area | None) -> RangeImpl | None:
        return RangeImpl(self.parent, area) if area is not None and area.rows > 0 else None

    @property
    def range(self) -> RangeImpl:
        """The whole table."""
        return RangeImpl(self.parent, self.model.part.area)

    @property
    def data_body_range(self) -> RangeImpl | None:
        """The data without header and totals, None where the table waits for its first row."""
        part = self.model.part
        return None if part.awaits_rows else self._range(part.body)

    @property
    def header_row_range(self) -> RangeImpl | None:
        """The header, None where it is hidden."""
        return self._range(self.model.part.header)

    @property
    def totals_row_range(self) -> RangeImpl | None:
        """The totals row, None without one."""
        return self._range(self.model.part.totals)

    @property
    def insert_row_range(self) -> RangeImpl | None:
        """The blank row of a table that waits for its first row, else None."""
        part = self.model.part
        return self._range(part.body) if part.awaits_rows else None

    def resize(self, range: Any) -> None:  # noqa: A002 - xlwings' own name
        """Give the table another size; `range` is an xlwings Range with the same first row."""
        impl: RangeImpl = range.impl
        if impl.sheet.name != self.parent.name or impl.sheet.book is not self.parent.book:
            raise TableShapeRefused(self.display_name)
        self.document.resize_table(self.entry, self.model, impl.area)

    # Rows and columns

    @property
    def rows(self) -> TableRowsImpl:
        """The rows of data."""
        return TableRowsImpl(self)

    @property
    def columns(self) -> TableColumnsImpl:
        """The columns."""
        return TableColumnsImpl(self)

    def sort(self, keys: Sequence[int], ascending: Sequence[bool]) -> None:
        """Sort the data by columns, given by their 1-based places."""
        sort_table(self.document, self.entry, self.model, keys, ascending)

    # What is shown

    @property
    def show_headers(self) -> bool:
        """Whether the header is shown."""
        return self.model.part.header_rows > 0

    @show_headers.setter
    def show_headers(self, value: object) -> None:
        show_headers(self.document, self.entry, self.model, shown=bool(value))

    @property
    def show_totals(self) -> bool:
        """Whether there is a totals row."""
        return self.model.part.totals_rows > 0

    @show_totals.setter
    def show_totals(self, value: object) -> None:
        show_totals(self.document, self.entry, self.model, shown=bool(value))

    @property
    def autofilter(self) -> AutoFilterImpl:
        """The filter of the table's columns."""
        sheet = self.parent
        return AutoFilterImpl(lambda: filtered_table(sheet.document, sheet.entry, self.model))

    @property
    def show_autofilter(self) -> bool:
        """Whether the header has filter buttons."""
        return self.model.part.has_filter

    @show_autofilter.setter
    def show_autofilter(self, value: object) -> None:
        show_filter(self.document, self.entry, self.model, shown=bool(value))

    @property
    def table_style(self) -> str | None:
        """The name of the table's style."""
        return self.model.part.style_name

    @table_style.setter
    def table_style(self, name: str | None) -> None:
        set_style(self.document, self.model, name=name or None)

    show_table_style_first_column = _style_flag(
        "showFirstColumn", "Whether the first column stands out."
    )
    show_table_style_last_column = _style_flag(
        "showLastColumn", "Whether the last column stands out."
    )
    show_table_style_row_stripes = _style_flag("showRowStripes", "Whether rows alternate.")
    show_table_style_column_stripes = _style_flag("showColumnStripes", "Whether columns alternate.")


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
            yield TableImpl(self.parent, model.name)

    def __call__(self, key: int | str) -> TableImpl:
        """Return a table by its name or 1-based place; KeyError without one."""
        models = self.parent.table_models()
        if isinstance(key, int):
            if not 1 <= key <= len(models):
                raise KeyError(key)
            return TableImpl(self.parent, models[key - 1].name)
        for model in models:
            if model.part.display_name.lower() == key.lower():
                return TableImpl(self.parent, model.name)
        raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        names = {model.part.display_name.lower() for model in self.parent.table_models()}
        return isinstance(key, str) and key.lower() in names

    def add(
        self,
        source_type: str | None = None,
        source: Any = None,
        link_source: object = None,
        has_headers: object = True,  # noqa: FBT002 - xlwings' own
        destination: object = None,
        table_style_name: str | None = None,
        name: str | None = None,
    ) -> TableImpl:
        """
        Make a table of a range of the sheet.

        `has_headers` is True, False, or "guess": a first row of texts over something else is taken for headers.
        """
        if source is None or source_type is not None or link_source or destination is not None:
            raise OutsideFileEngine(place="add")
        impl: RangeImpl = source.impl
        if impl.sheet.name != self.parent.name or impl.sheet.book is not self.parent.book:
            raise TableShapeRefused(self.parent.name)
        headed = _looks_headed(impl) if has_headers == "guess" else bool(has_headers)
        model = add_table(
            self.parent.document,
            self.parent.entry,
            impl.area,
            name=name,
            has_headers=headed,
            style=table_style_name,
        )
        return TableImpl(self.parent, model.name)


def _looks_headed(source: RangeImpl) -> bool:
    """Whether the first row of a range reads like headers: texts only, with a row below that is not."""
    values = source.sheet.model.read(source.area)
    first, below = values[0], values[1:]
    if not all(isinstance(value, str) and value for value in first):
        return False
    return not below or any(not isinstance(value, str) for row in below for value in row)
