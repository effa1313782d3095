"""
Formulas that speak for more cells than their own: shared ones, arrays, data tables.

Source: ECMA-376 part 1, 18.3.1.40 (f). They are rare, so they are found by one search over a sheet's rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from excel_client.file_engine.formulas.formula_text import move_references
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.problems import PackageDamaged
from excel_client.file_engine.sheet.cell_edits import FORMULA_ELEMENT
from excel_client.file_engine.sheet.cells import formula_of
from excel_client.file_engine.sheet.sheet_rows import SheetRows
from excel_client.file_engine.xml.cell_text import escape_text, unescape_text

__all__ = ["ReachingFormula", "formula_attributes", "read_reaching_formulas", "written_out"]

_WITH_AREA = re.compile(rb"<f\s(?:[^<>]*?\s)?ref\s*=")
_METADATA = re.compile(rb"\scm\s*=")
_ATTRIBUTE = re.compile(rb"""\s(\w+)\s*=\s*["']([^"']*)["']""")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachingFormula:
    """A formula with an area; its own cell is `row` and `column`."""

    #: shared, array or dataTable.
    kind: str
    #: What ties the cells of a shared formula together.
    key: str
    area: Area
    row: int
    column: int
    #: As stored, without escapes.
    text: str
    #: Whether the array is as large as its result, and has no braces.
    is_dynamic: bool = False

    @property
    def anchor(self) -> Area:
        """The formula's own cell."""
        return Area(self.row, self.column, self.row, self.column)


def formula_attributes(found: bytes) -> dict[str, str]:
    """Return the attributes of a formula element."""
    return {key.decode(): value.decode() for key, value in _ATTRIBUTE.findall(found)}


def read_reaching_formulas(rows: SheetRows, place: str) -> list[ReachingFormula]:
    """Return all of a sheet's formulas that have an area, as its rows stand now."""
    found = []
    try:
        for number in rows.numbers_of(_WITH_AREA):
            _, cells, _ = rows.parts(number)
            for column, cell in cells.items():
                if _WITH_AREA.search(cell):
                    found.append(_reaching(cell, number, column))
    except (KeyError, ValueError) as error:
        raise PackageDamaged(place) from error
    return found


def _reaching(cell: bytes, row: int, column: int) -> ReachingFormula:
    formula = formula_of(cell)
    if formula is None:
        raise KeyError(row)
    attributes = formula_attributes(formula[0])
    kind = attributes.get("t", "array")
    return ReachingFormula(
        kind=kind,
        key=attributes.get("si", ""),
        area=Area.parse(attributes["ref"]),
        row=row,
        column=column,
        text=unescape_text(formula[1].decode()),
        is_dynamic=kind == "array" and _METADATA.search(cell, 0, cell.index(b">")) is not None,
    )


def written_out(cell: bytes, shared: ReachingFormula, row: int, column: int) -> bytes | None:
    """Return a cell of a shared formula with the formula in full, or None for another cell."""
    found = formula_of(cell)
    if found is None or formula_attributes(found[0]).get("si") != shared.key:
        return None
    text = move_references(shared.text, row - shared.row, column - shared.column)
    element = f"<f>{escape_text(text)}</f>".encode()
    return FORMULA_ELEMENT.sub(lambda _match: element, cell, count=1)
