"""Defined names as xlwings sees them, of a workbook or of one sheet. Knows no bytes."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from xlwings import base_classes

from excel_client.file_engine.formulas.formula_text import from_file, to_file
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.interface.closed_members import closed
from excel_client.file_engine.interface.ranges import RangeImpl
from excel_client.file_engine.problems import OutsideFileEngine
from excel_client.file_engine.workbook.workbook_part import DefinedName

if TYPE_CHECKING:
    from excel_client.file_engine.interface.books import BookImpl

__all__ = ["NameImpl", "NamesImpl", "area_of_name"]

_SHEET_AREA = re.compile(r"('(?:[^']|'')+'|[^'!:,()\s]+)!([$A-Za-z0-9:]+)")
_BUILT_IN = "_xlnm."


def _shown(book: BookImpl, name: DefinedName) -> str:
    """Return the name as Excel lists it, with its sheet where it belongs to one."""
    text = name.name.removeprefix(_BUILT_IN)
    if name.sheet_index is None:
        return text
    sheet = book.document.workbook.sheets[name.sheet_index].name
    quoted = sheet if sheet.replace("_", "").isalnum() else "'" + sheet.replace("'", "''") + "'"
    return f"{quoted}!{text}"


def area_of_name(book: BookImpl, name: DefinedName) -> RangeImpl:
    """Return the range that a name stands for; OutsideFileEngine when it is a formula."""
    match = _SHEET_AREA.fullmatch(name.refers_to.strip())
    try:
        area = Area.parse(match[2]) if match else None
    except ValueError:
        area = None
    if match is None or area is None:
        raise OutsideFileEngine(name.name)
    sheet = match[1][1:-1].replace("''", "'") if match[1].startswith("'") else match[1]
    return RangeImpl(book.sheets(sheet), area)


@closed(base_classes.Name)
class NameImpl:
    """A defined name, found again by its name and scope."""

    def __init__(self, book: BookImpl, name: DefinedName) -> None:
        self._book = book
        self._key = (name.name, name.sheet_index)

    @property
    def api(self) -> NameImpl:
        """The engine has no object beneath."""
        return self

    @property
    def _current(self) -> DefinedName:
        for name in self._book.document.workbook.names:
            if (name.name, name.sheet_index) == self._key:
                return name
        raise KeyError(self._key[0])

    @property
    def name(self) -> str:
        """The name, with its sheet where it belongs to one."""
        return _shown(self._book, self._current)

    @property
    def refers_to(self) -> str:
        """What it stands for, as a formula."""
        return "=" + from_file(self._current.refers_to)

    @refers_to.setter
    def refers_to(self, formula: str) -> None:
        current = self._current
        names = self._book.document.workbook.names
        written = replace(current, refers_to=to_file(formula.removeprefix("=")))
        self._book.document.set_names(tuple(written if name is current else name for name in names))

    @property
    def refers_to_range(self) -> RangeImpl:
        """The range it stands for."""
        return area_of_name(self._book, self._current)

    def delete(self) -> None:
        """Remove the name."""
        current = self._current
        names = self._book.document.workbook.names
        self._book.document.set_names(tuple(name for name in names if name is not current))


@closed(base_classes.Names, kept=frozenset({"snapshot"}))
class NamesImpl:
    """The names of a workbook, or those of one sheet."""

    def __init__(self, book: BookImpl, sheet_index: int | None = None) -> None:
        self._book = book
        self._sheet_index = sheet_index

    @property
    def api(self) -> NamesImpl:
        """The engine has no object beneath."""
        return self

    def _all(self) -> list[DefinedName]:
        return [
            name
            for name in self._book.document.workbook.names
            if self._sheet_index is None or name.sheet_index == self._sheet_index
        ]

    def _find(self, key: int | str) -> DefinedName | None:
        names = self._all()
        if isinstance(key, int):
            return names[key - 1] if 1 <= key <= len(names) else None
        for name in names:
            shown = _shown(self._book, name)
            plain = name.name if self._sheet_index is not None else shown
            if key.lower() in {shown.lower(), plain.lower()}:
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
        """Add a name, or let the one that exists stand for something else."""
        _, _, local = name.rpartition("!")
        refers_to = to_file(refers_to.removeprefix("="))
        added = DefinedName(name=local, refers_to=refers_to, sheet_index=self._sheet_index)
        document = self._book.document
        key = (local.lower(), self._sheet_index)
        others = [n for n in document.workbook.names if (n.name.lower(), n.sheet_index) != key]
        document.set_names(tuple(sorted([*others, added], key=lambda n: n.name.lower())))
        return NameImpl(self._book, added)
