"""Books as xlwings sees them. Knows no bytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlwings import base_classes

from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.interface.closed_members import closed
from excel_client.file_engine.interface.names import NamesImpl
from excel_client.file_engine.interface.ranges import RangeImpl
from excel_client.file_engine.interface.sheets import SheetsImpl
from excel_client.file_engine.problems import (
    EncryptedWorkbook,
    OpenUnderThisName,
    OutsideFileEngine,
)
from excel_client.file_engine.storage.blank_workbook import blank_workbook
from excel_client.file_engine.workbook.document import Document
from excel_client.file_engine.workbook.sheet_views import selection

if TYPE_CHECKING:
    from excel_client.file_engine.interface.engine import AppImpl

__all__ = ["BookImpl", "BooksImpl"]


@closed(base_classes.Book)
class BookImpl:
    """An open workbook."""

    app: AppImpl

    def __init__(self, app: AppImpl, document: Document, name: str) -> None:
        self.app = app
        self.document = document
        self._name = name
        #: What was selected in this session, by the sheet's key.
        self.selected: dict[tuple[str, str], Area] = {}

    @property
    def api(self) -> BookImpl:
        """The engine has no object beneath."""
        return self

    @property
    def name(self) -> str:
        """The file's name."""
        return self.document.path.name if self.document.path else self._name

    @property
    def fullname(self) -> str:
        """The file's path, or a plain name before the first save."""
        return str(self.document.path) if self.document.path else self._name

    @property
    def sheets(self) -> SheetsImpl:
        """The sheets that have cells."""
        return SheetsImpl(self)

    @property
    def names(self) -> NamesImpl:
        """All names, those of sheets included."""
        return NamesImpl(self)

    @property
    def touched(self) -> bool:
        """Whether there is anything to save."""
        return self.document.changed

    def activate(self) -> None:
        """Make the book the app's active one."""
        self.app.books.bring_to_front(self)

    def save(self, path: str | None = None, password: str | None = None) -> None:
        """Save; without a change the file is not opened for writing. Raises a SaveRefused."""
        if password is not None:
            raise OutsideFileEngine(place="password")
        if path is None and self.document.path is None:
            path = f"{self._name}.xlsx"
        if path is None:
            self.document.save()
            return
        target = Path(path)
        if target.name.casefold() in {b.name.casefold() for b in self.app.books if b is not self}:
            raise OpenUnderThisName(target.name)
        self.document.save(target)

    @property
    def selection(self) -> RangeImpl:
        """What is selected in the sheet in front."""
        sheet = self.sheets.active
        area = self.selected.get(sheet.key) or selection(self.document, sheet.entry)
        return RangeImpl(sheet, area)

    def select(self, area: RangeImpl) -> None:
        """Select cells for this session, and bring their sheet to the front."""
        area.sheet.activate()
        self.selected[area.sheet.key] = area.area

    def close(self) -> None:
        """Close without saving."""
        self.app.books.forget(self)


@closed(base_classes.Books)
class BooksImpl:
    """The open books of an app, the active one last."""

    app: AppImpl

    def __init__(self, app: AppImpl) -> None:
        self.app = app
        self._books: list[BookImpl] = []
        self._active: list[BookImpl] = []
        self._made = 0

    @property
    def api(self) -> BooksImpl:
        """The engine has no object beneath."""
        return self

    @property
    def active(self) -> BookImpl | None:
        """The book in front."""
        return self._active[-1] if self._active else None

    def __call__(self, name_or_index: int | str) -> BookImpl:
        """Return a book by its name or 1-based place; KeyError without one."""
        if isinstance(name_or_index, int):
            if not 1 <= name_or_index <= len(self._books):
                raise KeyError(name_or_index)
            return self._books[name_or_index - 1]
        for book in self._books:
            if book.name.lower() == name_or_index.lower():
                return book
        raise KeyError(name_or_index)

    def __len__(self) -> int:
        return len(self._books)

    def __iter__(self) -> Iterator[BookImpl]:
        yield from list(self._books)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.lower() in {b.name.lower() for b in self._books}

    def _opened(self, book: BookImpl) -> BookImpl:
        self._books.append(book)
        self._active.append(book)
        return book

    def add(self) -> BookImpl:
        """Open a new, empty book."""
        self._made += 1
        store = self.app.engine.store
        document = Document(blank_workbook(), path=None, state=None, store=store)
        return self._opened(BookImpl(self.app, document, f"Book{self._made}"))

    def open(self, fullname: str, *options: Any) -> BookImpl:
        """Open a file; of Excel's options the read-only flag counts, and a password is refused."""
        read_only = bool(options[1]) if len(options) > 1 else False
        if any(options[3:5]):
            raise EncryptedWorkbook
        path = Path(fullname)
        document = Document.open(path, self.app.engine.store, read_only=read_only)
        return self._opened(BookImpl(self.app, document, path.name))

    def bring_to_front(self, book: BookImpl) -> None:
        """Make a book the active one."""
        self._active.remove(book)
        self._active.append(book)

    def forget(self, book: BookImpl) -> None:
        """Drop a closed book."""
        if book in self._books:
            self._books.remove(book)
            self._active.remove(book)
