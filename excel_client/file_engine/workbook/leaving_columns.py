"""
Columns that leave a table: what holds on to them, and the formulas that do without them. Knows no cells.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from excel_client.file_engine.formulas.reference_changes import TableColumnsDeleted
from excel_client.file_engine.problems import OutsideFileEngine
from excel_client.file_engine.tables.table_model import TableModel
from excel_client.file_engine.tables.table_part import TablePart
from excel_client.file_engine.workbook.following import apply_change
from excel_client.file_engine.workbook.workbook_part import SheetEntry

if TYPE_CHECKING:
    from excel_client.file_engine.workbook.document import Document

__all__ = ["follow_columns_gone", "judge_columns_leaving"]

_SLICED = re.compile(rb"""<(?:[\w.-]+:)?tableSlicerCache\s[^<>]*?tableId\s*=\s*["'](\d+)["']""")


def judge_columns_leaving(document: Document, entry: SheetEntry, table: TableModel) -> None:
    """Refuse that columns leave which a filter, a slicer or a source outside of the workbook holds."""
    part = table.part
    place = document.sheet(entry).where(part.display_name)
    sliced = {
        key.decode()
        for name in document.parts.names
        if name.startswith("xl/slicerCaches/")
        for key in _SLICED.findall(document.parts.part(name))
    }
    if part.key in sliced or part.filters_rows or not part.is_plain:
        raise OutsideFileEngine(place)


def follow_columns_gone(document: Document, old: TablePart, gone: list[int]) -> None:
    """Let formulas do without columns that leave a table, given by their 0-based places."""
    if gone:
        names = tuple(column.name for column in old.columns)
        change = TableColumnsDeleted(
            table=old.display_name, columns=names, gone=tuple(names[at] for at in gone)
        )
        apply_change(document, change)
