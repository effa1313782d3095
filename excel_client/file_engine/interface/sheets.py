"""Sheets as xlwings sees them. Knows no bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NoReturn

from xlwings import base_classes

from excel_client.file_engine.formulas.references import COLUMN_LIMIT, ROW_LIMIT, Area
from excel_client.file_engine.interface.closed_members import closed
from excel_client.file_engine.interface.comments import CommentImpl
from excel_client.file_engine.interface.freeze_panes import FreezePanesImpl
from excel_client.file_engine.interface.names import NamesImpl
from excel_client.file_engine.interface.notes import NoteImpl
from excel_client.file_engine.interface.page_setup import PageSetupImpl
from excel_client.file_engine.interface.ranges import RangeImpl
from excel_client.file_engine.interface.tables import TablesImpl
from excel_client.file_engine.problems import OutsideFileEngine, OutsideSheet
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.tables.table_model import TableModel
from excel_client.file_engine.workbook import sheet_views
from excel_client.file_engine.workbook.defined_names import split_sheet
from excel_client.file_engine.workbook.document import Document
from excel_client.file_engine.workbook.notes import notes_of
from excel_client.file_engine.workbook.sheet_changes import (
    activate_sheet,
    add_sheet,
    delete_sheet,
    move_sheet,
    rename_sheet,
    set_sheet_state,
)
from excel_client.file_engine.workbook.sheet_copies import copy_sheet
from excel_client.file_engine.workbook.threaded_comments import threads_of
from excel_client.file_engine.workbook.workbook_part import SheetEntry

if TYPE_CHECKING:
    from excel_client.file_engine.interface.books import BookImpl

__all__ = ["SheetImpl", "SheetsImpl"]

_WHOLE_SHEET = Area(1, 1, ROW_LIMIT, COLUMN_LIMIT)
_VERY_HIDDEN = 2
_CELL = 2
_BLOCK = 4


@closed(base_classes.Sheet)
class SheetImpl:
    """A sheet, which stays the same one when it is renamed, moved or saved."""

    book: BookImpl

    def __init__(self, book: BookImpl, entry: SheetEntry) -> None:
        self.book = book
        self.key = entry.key

    @property
    def document(self) -> Document:
        """The workbook beneath."""
        return self.book.document

    @property
    def entry(self) -> SheetEntry:
        """The sheet as the workbook lists it now; KeyError when it was deleted."""
        return self.document.entry(self.key)

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
        """The sheet's name; formulas follow a new one."""
        return self.entry.name

    @name.setter
    def name(self, value: str) -> None:
        rename_sheet(self.document, self.entry, value)

    @property
    def index(self) -> int:
        """The 1-based place among the sheets that have cells."""
        return self.document.worksheets().index(self.entry) + 1

    @property
    def names(self) -> NamesImpl:
        """Names that belong to this sheet."""
        return NamesImpl(self.book, self)

    @property
    def notes(self) -> list[NoteImpl]:
        """The notes of the sheet's cells."""
        found = notes_of(self.document, self.entry)
        return [NoteImpl(self.range((note.row, note.column))) for note in found]

    @property
    def comments(self) -> list[CommentImpl]:
        """The threads of comments of the sheet's cells."""
        found = threads_of(self.document, self.entry)
        return [CommentImpl(self.range((thread.row, thread.column))) for thread in found]

    @property
    def tables(self) -> TablesImpl:
        """The sheet's tables."""
        return TablesImpl(self)

    @property
    def visible(self) -> bool:
        """Whether the sheet is shown; Excel's 2 hides it so that only a program can show it again."""
        return self.entry.state == "visible"

    @visible.setter
    def visible(self, value: int) -> None:
        state = "veryHidden" if value == _VERY_HIDDEN else "visible" if value else "hidden"
        set_sheet_state(self.document, self.entry, state)

    @property
    def show_gridlines(self) -> bool:
        """Whether the screen shows gridlines."""
        return sheet_views.shows_gridlines(self.document, self.entry)

    @show_gridlines.setter
    def show_gridlines(self, value: bool) -> None:
        sheet_views.set_gridlines(self.document, self.entry, shown=bool(value))

    @property
    def freeze_panes(self) -> FreezePanesImpl:
        """The rows and columns that do not scroll."""
        return FreezePanesImpl(self)

    @property
    def page_setup(self) -> PageSetupImpl:
        """What of the sheet is printed."""
        return PageSetupImpl(self)

    @property
    def pivot_tables(self) -> NoReturn:
        """Pivot tables need Excel; those of the file stay as they are."""
        raise OutsideFileEngine(place="pivot_tables")

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
            raise OutsideSheet(self.name)
        return self._written_area(argument)

    def _written_area(self, text: str) -> Area:
        """Return the area that an address, a name or a table's name stands for, with the sheet before it or not."""
        stated, address = split_sheet(text)
        if stated is not None and stated.casefold() != self.name.casefold():
            raise OutsideSheet(self.name)
        try:
            return Area.parse(address)
        except ValueError:
            return self._named_area(address)

    def _named_area(self, name: str) -> Area:
        tables = self.tables
        if name in tables:
            body = tables(name).data_body_range
            if body is not None:
                return body.area
        for names in (self.names, self.book.names):
            if names.contains(name):
                named = names(name).refers_to_range
                if named.sheet.key == self.key:
                    return named.area
        raise OutsideSheet(self.name)

    def activate(self) -> None:
        """Bring the sheet to the front; alone this is nothing to save."""
        activate_sheet(self.document, self.entry)

    select = activate

    def delete(self) -> None:
        """Delete the sheet with its tables, names and drawings."""
        delete_sheet(self.document, self.entry)

    def copy(self, before: SheetImpl | None, after: SheetImpl | None) -> None:
        """Copy the sheet beside another one, here or in another book; the copy comes to the front."""
        beside = before or after or self
        book = beside.book
        index = book.document.workbook.sheets.index(beside.entry) + (beside is after)
        entry = copy_sheet(self.document, self.entry, book.document, index)
        book.activate()
        SheetImpl(book, entry).activate()

    def move(self, before: SheetImpl | None, after: SheetImpl | None) -> None:
        """Put the sheet before or after another one of the book; it comes to the front."""
        beside = before or after or self
        move_sheet(self.document, self.entry, beside.entry, after=beside is after)
        if self.visible:
            self.activate()

    def autofit(self, axis: str | None = None) -> None:
        """Fit the columns or rows of the sheet to what they show."""
        self.cells.autofit(axis)

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
        return SheetImpl(self.book, self.book.document.front)

    def __call__(self, name_or_index: int | str) -> SheetImpl:
        """Return a sheet by its name or 1-based place; KeyError without one."""
        entries = self._entries()
        if isinstance(name_or_index, int):
            if not 1 <= name_or_index <= len(entries):
                raise KeyError(name_or_index)
            return SheetImpl(self.book, entries[name_or_index - 1])
        for entry in entries:
            if entry.name.casefold() == name_or_index.casefold():
                return SheetImpl(self.book, entry)
        raise KeyError(name_or_index)

    def add(
        self, before: SheetImpl | None, after: SheetImpl | None, name: str | None = None
    ) -> SheetImpl:
        """Add a sheet, before the active one unless said otherwise, and make it the active one."""
        document = self.book.document
        beside = before or after or self.active
        index = document.workbook.sheets.index(beside.entry) + (beside is after)
        entry = add_sheet(document, index, name)
        sheet = SheetImpl(self.book, entry)
        sheet.activate()
        return sheet

    def __len__(self) -> int:
        return len(self._entries())

    def __iter__(self) -> Iterator[SheetImpl]:
        for entry in self._entries():
            yield SheetImpl(self.book, entry)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.casefold() in {
            e.name.casefold() for e in self._entries()
        }
