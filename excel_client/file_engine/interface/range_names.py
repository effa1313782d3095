"""The name of a range: read and given. Knows no bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from excel_client.file_engine.formulas.sheet_prefixes import quoted
from excel_client.file_engine.interface.range_area import RangeArea
from excel_client.file_engine.workbook.defined_names import area_of, listed_names, shown_name

if TYPE_CHECKING:
    from excel_client.file_engine.interface.names import NameImpl

__all__ = ["RangeNames"]


class RangeNames(RangeArea):
    """The part of a range that names it."""

    __slots__ = ()

    @property
    def name(self) -> NameImpl | None:
        """The first name that stands for exactly these cells, None without one."""
        document, sheet = self._document, self.sheet.name.casefold()
        for name in listed_names(document):
            found = area_of(name)
            if found and found[1] == self.area and found[0].casefold() == sheet:
                return self.sheet.book.names(shown_name(document, name))
        return None

    @name.setter
    def name(self, value: str) -> None:
        address = self.area.text(row_mark="$", column_mark="$")
        self.sheet.book.names.add(value, f"={quoted(self.sheet.name)}!{address}")
