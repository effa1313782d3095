"""What every part of a range's implementation stands on: the sheet and the area. Knows no bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.workbook.table_headers import after_write

if TYPE_CHECKING:
    from typing import Self

    from excel_client.file_engine.interface.sheets import SheetImpl
    from excel_client.file_engine.workbook.document import Document

__all__ = ["RangeArea"]


class RangeArea:
    """An area of a sheet."""

    __slots__ = ("area", "arg1_input", "options", "sheet")

    def __init__(self, sheet: SheetImpl, area: Area) -> None:
        self.sheet = sheet
        self.area = area
        self.arg1_input = area.text()
        #: Set by xlwings on every range it makes.
        self.options: dict[str, Any] = {}

    @property
    def _document(self) -> Document:
        return self.sheet.document

    @property
    def _model(self) -> SheetModel:
        return self.sheet.model

    def _part(self, area: Area) -> Self:
        return type(self)(self.sheet, area)

    def _tables_follow(self, rows: int, columns: int) -> None:
        """Let tables follow what was written into so many rows and columns from the first cell on."""
        top, left = self.area.top, self.area.left
        written = Area(top, left, top + rows - 1, left + columns - 1)
        after_write(self._document, self.sheet.entry, written)
