"""
What outside of a sheet follows a table's data when it is resized, as it would in Excel. Knows no cells.
"""

from __future__ import annotations

import re
from dataclasses import replace

from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.sheet.sheet_surroundings import followed_area
from excel_client.file_engine.workbook.workbook_part import DefinedName

__all__ = ["followed_name"]

_SHEET_AREA = re.compile(r"('(?:[^']|'')+'|[^'!:,()\s]+)!([$A-Za-z0-9:]+)")


def followed_name(name: DefinedName, sheet: str, old: Area, new_last: int) -> DefinedName:
    """Return a name as it stands after a table of a sheet was resized: it follows if it covers the old data."""
    match = _SHEET_AREA.fullmatch(name.refers_to.strip())
    if match is None:
        return name
    stated = match[1][1:-1].replace("''", "'") if match[1].startswith("'") else match[1]
    try:
        area = Area.parse(match[2])
    except ValueError:
        return name
    moved = followed_area(area, old, new_last)
    if stated.lower() != sheet.lower() or moved == area:
        return name
    refers_to = f"{match[1]}!{moved.text(row_mark='$', column_mark='$')}"
    return replace(name, refers_to=refers_to)
