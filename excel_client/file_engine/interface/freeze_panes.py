"""Frozen rows and columns as xlwings sees them. Knows no bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlwings import base_classes

from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.interface.closed_members import closed
from excel_client.file_engine.problems import OutsideSheet
from excel_client.file_engine.workbook import sheet_views

if TYPE_CHECKING:
    from excel_client.file_engine.interface.sheets import SheetImpl

__all__ = ["FreezePanesImpl"]


@closed(base_classes.FreezePanes)
class FreezePanesImpl:
    """The rows and columns of a sheet that do not scroll."""

    def __init__(self, sheet: SheetImpl) -> None:
        self._sheet = sheet

    def freeze_at(self, frozen_range: str) -> None:
        """Keep the rows and columns of an address in sight: "1:1" the first row, "A1:B2" two of each."""
        try:
            area = Area.parse(frozen_range)
        except ValueError as error:
            raise OutsideSheet(self._sheet.name) from error
        sheet_views.freeze(self._sheet.document, self._sheet.entry, area)

    def unfreeze(self) -> None:
        """Let everything scroll again."""
        sheet_views.unfreeze(self._sheet.document, self._sheet.entry)
