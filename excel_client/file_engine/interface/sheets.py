"""Sheets as xlwings sees them. Knows no bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from xlwings import base_classes

from excel_client.file_engine.formulas.references import COLUMN_LIMIT, ROW_LIMIT, Area
from excel_client.file_engine.interface.closed_members import closed
from excel_client.file_engine.interface.names import NamesImpl, area_of_name
from excel_client.file_engine.interface.ranges import RangeImpl
from excel_client.file_engine.interface.tables import TablesImpl
from excel_client.file_engine.problems import OutsideSheet
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.tables.table_growth import TableModel
from excel_client.file_engine.workbook.document import Document
from excel_client.file_engine.workbook.workbook_part import SheetEntry

if TYPE_CHECKING:
    from excel_client.file_engine.interface.books import BookImpl

__all__ = ["SheetImpl", "SheetsImpl"]

_WHOLE_SHEET = Area(1, 1, ROW_LIMIT, COLUMN_LIMIT)
_CELL = 2
_BLOCK = 4


@closed(base_classes.Sheet)
class SheetImpl:
    """A sheet, found again by its name after each save."""

    book: BookImpl

    def __init__(self, book: BookImpl, name: str) -> None:
        self.book = book
        self._name = name

    @property
    def document(self) -> Document:
        """The workbook beneath."""
        return self.book.document

    @property
    def entry(self) -> SheetEntry:
        """The sheet as the workbook lists it now."""
        for entry in self.document.worksheets():
            if entry.name == self._name:
                return entry
        raise KeyError(self._name)

    @property
    def model(self) -> SheetModel:
        """The sheet's cells."""
        return self.document.sheet(self.entry)

    def table_models(self) -> list[TableModel]:
        """Return the sheet's tables as the document holds them."""
        return self.document.tables(self.entry)

    @property
    def api(self) -> SheetImpl:
        """The engine has no object beneath."""
        return self

    @property
    def name(self) -> str:
        """The sheet's name."""
        return self._name

    @property
    def index(self) -> int:
        """The 1-based place among the sheets that have cells."""
        return self.document.worksheets().index(self.entry) + 1

    @property
    def names(self) -> NamesImpl:
        """Names that belong to this sheet."""
        return NamesImpl(self.book, self.document.workbook.sheets.index(self.entry))

    @property
    def tables(self) -> TablesImpl:
        """The sheet's tables."""
        return TablesImpl(self)

    @property
    def visible(self) -> bool:
        """Whether the sheet is shown."""
        return self.entry.state == "visible"

    @visible.setter
    def visible(self, value: bool) -> None:
        self.document.set_sheet_state(self.entry, "visible" if value else "hidden")

    @property
    def cells(self) -> RangeImpl:
        """All cells."""
        return RangeImpl(self, _WHOLE_SHEET)

    @property
    def used_range(self) -> RangeImpl:
        """The area of all cells with content or format."""
        return RangeImpl(self, self.model.used())

    def range(self, arg1: object, arg2: object = None) -> RangeImpl:
        """Return the range that an address, a name, a (row, column) or two corners stand for."""
        first = self._area(arg1)
        if arg2 is not None:
            first = first.union(self._area(arg2))
        impl = RangeImpl(self, first)
        if isinstance(arg1, str):
            impl.arg1_input = arg1
        return impl

    def _area(self, argument: object) -> Area:
        if isinstance(argument, RangeImpl):
            return argument.area
        if isinstance(argument, tuple) and len(argument) == _CELL:
            row, column = argument
            if 0 in argument:
                message = "rows and columns are counted from 1"
                raise IndexError(message)
            return Area(row, column, row, column).checked()
        if isinstance(argument, tuple) and len(argument) == _BLOCK:
            row, column, rows, columns = argument
            return Area(row, column, row + rows - 1, column + columns - 1)
        if not isinstance(argument, str):
            raise OutsideSheet(self._name)
        try:
            return Area.parse(argument)
        except ValueError:
            return self._named_area(argument)

    def _named_area(self, name: str) -> Area:
        tables = self.tables
        if name in tables:
            body = tables(name).data_body_range
            if body is not None:
                return body.area
        index = self.document.workbook.sheets.index(self.entry)
        for found in self.document.workbook.names:
            if found.name.lower() == name.lower() and found.sheet_index in {None, index}:
                named = area_of_name(self.book, found)
                if named.sheet.name == self._name:
                    return named.area
        raise OutsideSheet(self._name)

    def activate(self) -> None:
        """Make the sheet the book's active one for this session."""
        self.book.active_sheet_name = self._name

    select = activate

    def clear_contents(self) -> None:
        """Empty all cells; formats stay."""
        self.cells.clear_contents()

    def clear_formats(self) -> None:
        """Take all cells' formats away."""
        self.cells.clear_formats()

    def clear(self) -> None:
        """Take contents and formats away."""
        self.cells.clear()


@closed(base_classes.Sheets)
class SheetsImpl:
    """The sheets of a book that have cells."""

    def __init__(self, book: BookImpl) -> None:
        self.book = book

    @property
    def api(self) -> SheetsImpl:
        """The engine has no object beneath."""
        return self

    def _entries(self) -> list[SheetEntry]:
        return self.book.document.worksheets()

    @property
    def active(self) -> SheetImpl:
        """The sheet that is in front."""
        return self(self.book.active_sheet_name)

    def __call__(self, name_or_index: int | str) -> SheetImpl:
        """Return a sheet by its name or 1-based place; KeyError without one."""
        entries = self._entries()
        if isinstance(name_or_index, int):
            if not 1 <= name_or_index <= len(entries):
                raise KeyError(name_or_index)
            return SheetImpl(self.book, entries[name_or_index - 1].name)
        for entry in entries:
            if entry.name.lower() == name_or_index.lower():
                return SheetImpl(self.book, entry.name)
        raise KeyError(name_or_index)

    def __len__(self) -> int:
        return len(self._entries())

    def __iter__(self) -> Iterator[SheetImpl]:
        for entry in self._entries():
            yield SheetImpl(self.book, entry.name)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.lower() in {e.name.lower() for e in self._entries()}
