"""
What a change to a workbook left alone: its parts byte for byte, what judges find in it, what it shows elsewhere.

Compares two files, before and after; knows nothing of what made the change but where it was.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from openpyxl.utils import coordinate_to_tuple, range_boundaries

from tests.workbook_checks.libre_office import CellValue
from tests.workbook_checks.ooxml_lint import lint
from tests.workbook_checks.ooxml_package import MAIN, open_package
from tests.workbook_checks.ooxml_workbook import read_workbook
from tests.workbook_checks.open_xml_sdk import validate

__all__ = [
    "Box",
    "differing_cells",
    "new_findings",
    "new_objections",
    "parts_of",
    "pivot_boxes",
    "touched_parts",
]

#: First row, first column, last row, last column.
Box = tuple[int, int, int, int]
Sheets = Mapping[str, Mapping[str, CellValue]]

#: A pivot table that is drawn anew may need more rows than it had.
_PIVOT_MAY_GROW = 100
_PLACE = re.compile(r"\[\d+\]|\b[A-Z]{1,3}\d+\b|\d+")


def parts_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def touched_parts(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> set[str]:
    """Return the parts that were changed, added or removed."""
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


def new_findings(before: Path, after: Path) -> list[str]:
    """Return what our lint finds in a file that it did not find before."""
    return _more([str(f) for f in lint(before)], [str(f) for f in lint(after)])


def new_objections(before: Path, after: Path) -> list[str]:
    """Return what the Open XML SDK objects to in a file and did not before; skip the test where it is missing."""
    return _more(validate(before), validate(after))


def pivot_boxes(path: Path) -> dict[str, list[Box]]:
    """Return where pivot tables are drawn, by sheet."""
    package = open_package(path)
    found: dict[str, list[Box]] = {}
    for sheet, part in read_workbook(package).sheet_parts.items():
        for relation in package.relations.get(part, {}).values():
            root = package.roots.get(relation.target)
            location = None if root is None else root.find(f"{MAIN}location")
            if relation.kind == "pivotTable" and location is not None:
                left, top, right, bottom = range_boundaries(location.get("ref"))
                found.setdefault(sheet, []).append((top, left, bottom + _PIVOT_MAY_GROW, right))
    return found


def _more(before: list[str], after: list[str]) -> list[str]:
    """Return what stands more often behind than before; rows and cells may have moved."""
    known = Counter(_PLACE.sub("#", text) for text in before)
    new = Counter(_PLACE.sub("#", text) for text in after) - known
    return sorted(json.dumps([text, count]) for text, count in new.items())


def differing_cells(
    before: Sheets, again: Sheets, after: Sheets, *, but: Mapping[str, list[Box]]
) -> list[str]:
    """
    Return the cells that show something else than before, outside of the boxes, by sheet.

    `again` is the workbook before the change, calculated a second time: what differs there (a clock, a random number)
    tells nothing.
    """
    found = []
    for sheet in [*before, *(name for name in after if name not in before)]:
        old, other, new = (sheets.get(sheet, {}) for sheets in (before, again, after))
        for cell in {**old, **new}:
            if old.get(cell) == new.get(cell) or old.get(cell) != other.get(cell):
                continue
            if not _inside(cell, but.get(sheet, [])):
                found.append(f"{sheet}!{cell}: {old.get(cell)!r} -> {new.get(cell)!r}")
    return found


def _inside(cell: str, boxes: list[Box]) -> bool:
    row, column = coordinate_to_tuple(cell)
    return any(
        top <= row <= bottom and left <= column <= right for top, left, bottom, right in boxes
    )
