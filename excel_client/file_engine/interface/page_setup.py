"""The page setup of a sheet as xlwings sees it: what is printed. Knows no bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlwings import base_classes

from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.formulas.sheet_prefixes import quoted
from excel_client.file_engine.interface.closed_members import closed
from excel_client.file_engine.problems import OutsideSheet
from excel_client.file_engine.workbook.defined_names import (
    PRINT_AREA,
    put_name,
    remove_name,
    split_sheet,
)
from excel_client.file_engine.workbook.workbook_part import DefinedName

if TYPE_CHECKING:
    from excel_client.file_engine.interface.sheets import SheetImpl

__all__ = ["PageSetupImpl"]


@closed(base_classes.PageSetup)
class PageSetupImpl:
    """What of a sheet is printed."""

    def __init__(self, sheet: SheetImpl) -> None:
        self._sheet = sheet

    @property
    def api(self) -> PageSetupImpl:
        """The engine has no object beneath."""
        return self

    @property
    def _index(self) -> int:
        return self._sheet.document.workbook.sheets.index(self._sheet.entry)

    def _standing(self) -> DefinedName | None:
        index = self._index
        for name in self._sheet.document.workbook.names:
            if name.sheet_index == index and name.name.casefold() == PRINT_AREA.casefold():
                return name
        return None

    @property
    def print_area(self) -> str | None:
        """The areas that are printed, None for the whole sheet."""
        name = self._standing()
        if name is None:
            return None
        own = f"{quoted(self._sheet.name)}!"
        return name.refers_to.replace(own, "")

    @print_area.setter
    def print_area(self, value: str | None) -> None:
        standing, document = self._standing(), self._sheet.document
        if not value:
            if standing is not None:
                remove_name(document, standing)
            return
        own = quoted(self._sheet.name)
        areas = [self._area(text) for text in value.split(",")]
        written = ",".join(f"{own}!{a.text(row_mark='$', column_mark='$')}" for a in areas)
        put_name(document, DefinedName(name=PRINT_AREA, refers_to=written, sheet_index=self._index))

    def _area(self, text: str) -> Area:
        stated, address = split_sheet(text.strip())
        if stated is not None and stated.casefold() != self._sheet.name.casefold():
            raise OutsideSheet(self._sheet.name)
        try:
            return Area.parse(address)
        except ValueError as error:
            raise OutsideSheet(self._sheet.name) from error
