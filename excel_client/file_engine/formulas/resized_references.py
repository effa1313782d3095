"""
References that cover the data of a table, as they read after the table got more rows or fewer.

As in Excel, a reference follows if it covers all rows of the data in columns of the table, with or without the header:
nothing less, nothing more, and not a single cell, which means this cell however many rows there are. Knows no table.
"""

from __future__ import annotations

from dataclasses import dataclass

from excel_client.file_engine.formulas.formula_references import Reference, replace_references
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.formulas.sheet_prefixes import is_sheet

__all__ = ["BodyResized", "resized_formula"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyResized:
    """The data of a table reaches down to another row."""

    sheet: str
    #: The data rows as they were, without header and totals.
    body: Area
    header_rows: int
    last: int

    def followed(self, area: Area) -> Area:
        """Return an area as it stands afterwards."""
        body = self.body
        covers = area.bottom == body.bottom and area.top in {body.top, body.top - self.header_rows}
        if covers and body.left <= area.left and area.right <= body.right:
            return Area(area.top, area.left, self.last, area.right)
        return area


def resized_formula(
    formula: str,
    resized: BodyResized,
    home_sheet: str,
    *,
    fixed_only: bool = False,
    lone_cells: bool = False,
) -> str:
    """
    Return a formula as it reads after a table was resized.

    With `fixed_only`, a reference whose first or last row is relative stays. With `lone_cells`, a single cell that is
    all of a column's data follows too, as it does in a chart.
    """

    def written(found: Reference) -> str | None:
        prefix = found.prefix
        if found.area is None or (prefix and (prefix.is_foreign or prefix.spans_sheets)):
            return None
        if not is_sheet(prefix.first if prefix else home_sheet, resized.sheet):
            return None
        if found.kind == "cell" and not lone_cells:
            return None
        if fixed_only and not (found.marks[1] and found.marks[3]):
            return None
        area = resized.followed(found.area)
        if area == found.area:
            return None
        return found.written_prefix + found.written_as_area(area)

    return replace_references(formula, written)
