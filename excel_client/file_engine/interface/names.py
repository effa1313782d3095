"""Defined names as xlwings sees them, of a workbook or of one sheet. Knows no bytes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from xlwings import base_classes

from excel_client.file_engine.formulas.formula_text import from_file
from excel_client.file_engine.interface.closed_members import closed
from excel_client.file_engine.interface.ranges import RangeImpl
from excel_client.file_engine.problems import NameRefused, OutsideFileEngine
from excel_client.file_engine.workbook.defined_names import (
    area_of,
    judge_name,
    listed_names,
    put_name,
    remove_name,
    rename_name,
    scope_of,
    shown_name,
    split_sheet,
    stored_formula,
)
from excel_client.file_engine.workbook.workbook_part import DefinedName

if TYPE_CHECKING:
    from excel_client.file_engine.interface.books import BookImpl
    from excel_client.file_engine.interface.sheets import SheetImpl
    from excel_client.file_engine.workbook.document import Document

__all__ = ["NameImpl", "NamesImpl"]


@closed(base_classes.Name)
class NameImpl:
    """A defined name, found again by its name and the sheet it belongs to."""

    def __init__(self, book: BookImpl, name: DefinedName) -> None:
        self._book = book
        self._hold(name)

    def _hold(self, name: DefinedName) -> None:
        scope = scope_of(self._document, name)
        self._key = (name.name.casefold(), scope.key if scope else None)

    @property
    def _document(self) -> Document:
        return self._book.document

    @property
    def api(self) -> NameImpl:
        """The engine has no object beneath."""
        return self

    @property
    def _current(self) -> DefinedName:
        for name in listed_names(self._document):
            scope = scope_of(self._document, name)
            if (name.name.casefold(), scope.key if scope else None) == self._key:
                return name
        raise KeyError(self._key[0])

    @property
    def name(self) -> str:
        """The name, with its sheet where it belongs to one."""
        return shown_name(self._document, self._current)

    @name.setter
    def name(self, value: str) -> None:
        current = self._current
        stated, local = split_sheet(value)
        scope = scope_of(self._document, current)
        if stated is not None and (scope is None or stated.casefold() != scope.name.casefold()):
            raise NameRefused
        self._hold(rename_name(self._document, current, local))

    @property
    def refers_to(self) -> str:
        """What it stands for, as a formula."""
        return "=" + from_file(self._current.refers_to)

    @refers_to.setter
    def refers_to(self, formula: str) -> None:
        current = self._current
        written = stored_formula(formula, self._document.front.name)
        put_name(self._document, replace(current, refers_to=written))

    @property
    def refers_to_range(self) -> RangeImpl:
        """The range it stands for; OutsideFileEngine when it is a constant, a formula or several areas."""
        current = self._current
        found = area_of(current)
        if found is None or found[0] not in self._book.sheets:
            raise OutsideFileEngine(current.name)
        return RangeImpl(self._book.sheets(found[0]), found[1])

    def delete(self) -> None:
        """Remove the name."""
        remove_name(self._document, self._current)


@closed(base_classes.Names, kept=frozenset({"snapshot"}))
class NamesImpl:
    """The names of a workbook, or those of one sheet."""

    def __init__(self, book: BookImpl, sheet: SheetImpl | None = None) -> None:
        self._book = book
        self._sheet = sheet

    @property
    def api(self) -> NamesImpl:
        """The engine has no object beneath."""
        return self

    @property
    def _index(self) -> int | None:
        """The place of the sheet among all sheets, None for the names of the workbook."""
        if self._sheet is None:
            return None
        return self._book.document.workbook.sheets.index(self._sheet.entry)

    def _all(self) -> list[DefinedName]:
        index = self._index
        listed = listed_names(self._book.document)
        return [name for name in listed if index is None or name.sheet_index == index]

    def _find(self, key: int | str) -> DefinedName | None:
        names = self._all()
        if isinstance(key, int):
            return names[key - 1] if 1 <= key <= len(names) else None
        stated, local = split_sheet(key)
        for name in names:
            scope = scope_of(self._book.document, name)
            if shown_name(self._book.document, replace(name, sheet_index=None)).casefold() != (
                local.casefold()
            ):
                continue
            if stated is None and (scope is None or self._sheet is not None):
                return name
            if stated and scope and stated.casefold() == scope.name.casefold():
                return name
        return None

    def __call__(self, name_or_index: int | str) -> NameImpl:
        """Return a name; KeyError without one."""
        found = self._find(name_or_index)
        if found is None:
            raise KeyError(name_or_index)
        return NameImpl(self._book, found)

    def contains(self, name_or_index: int | str) -> bool:
        """Whether there is such a name."""
        return self._find(name_or_index) is not None

    def __len__(self) -> int:
        return len(self._all())

    def add(self, name: str, refers_to: str) -> NameImpl:
        """
        Add a name, or let the one that exists stand for something else.

        A sheet before the name ("Sheet1!Rates") makes it that sheet's own. As in Excel, `refers_to` is a formula if it
        begins with an equals sign, else a constant text.
        """
        document = self._book.document
        stated, local = split_sheet(name)
        index = self._index
        if stated is not None:
            sheets = [entry.name.casefold() for entry in document.workbook.sheets]
            if stated.casefold() not in sheets:
                raise NameRefused
            wanted = sheets.index(stated.casefold())
            if index not in {None, wanted}:
                raise NameRefused
            index = wanted
        judge_name(document, local)
        written = stored_formula(refers_to, document.front.name)
        added = DefinedName(name=local, refers_to=written, sheet_index=index)
        return NameImpl(self._book, put_name(document, added))
