"""
The totals row: what a column's totals say in its cell, and what a cell there says of the column. Pure.

Source: ECMA-376 part 1, 18.18.80 (ST_TotalsRowFunction); the numbers are those of SUBTOTAL, hidden rows left out.
"""

from __future__ import annotations

import re
from dataclasses import replace

from excel_client.file_engine.tables.table_part import TableColumnPart, TablePart

__all__ = ["column_reference", "first_totals", "restated_totals", "totals_formula"]

_FUNCTIONS = {
    "average": 101,
    "countNums": 102,
    "count": 103,
    "max": 104,
    "min": 105,
    "stdDev": 107,
    "sum": 109,
    "var": 110,
}
_CUSTOM = "custom"
_SPECIAL = re.compile(r"['\[\]#@]")
_LABEL = "Total"


def column_reference(table: str, column: str) -> str:
    """Return a column of a table as formulas name it."""
    escaped = _SPECIAL.sub(lambda match: f"'{match[0]}", column)
    return f"{table}[{escaped}]"


def totals_formula(table: str, column: TableColumnPart) -> str | None:
    """Return the formula of the column's cell in the totals row, without equals sign, or None."""
    if column.totals_function == _CUSTOM:
        return column.totals_formula or None
    if column.totals_function in _FUNCTIONS:
        number = _FUNCTIONS[column.totals_function]
        return f"SUBTOTAL({number},{column_reference(table, column.name)})"
    return None


def first_totals(table: TablePart, *, last_is_number: bool) -> dict[int, TableColumnPart]:
    """Return the columns as Excel states them when a table gets its first totals row, by their 0-based places."""
    last = len(table.columns) - 1
    function = "sum" if last_is_number else "count"
    stated = {last: replace(table.columns[last], totals_function=function)}
    if last:
        stated[0] = replace(table.columns[0], totals_label=_LABEL)
    return stated


def restated_totals(
    table: str, column: TableColumnPart, *, label: str | None, formula: str | None
) -> TableColumnPart:
    """Return the column as its cell in the totals row has it: a formula without equals sign, a text, or neither."""
    bare = replace(column, totals_label=None, totals_function=None, totals_formula=None)
    if formula is None:
        return replace(bare, totals_label=label or None)
    for function in _FUNCTIONS:
        known = replace(bare, totals_function=function)
        if totals_formula(table, known) == formula:
            return known
    return replace(bare, totals_function=_CUSTOM, totals_formula=formula)
