"""
References in formulas, found and replaced: cells, areas, whole rows and columns, with the sheet before them.

Not a parser: text, quoted names, errors and other words are stepped over as whole tokens and stay as they are.
Structured references are handed over as they are written. Source: ECMA-376 part 1, 18.17.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from excel_client.file_engine.formulas.references import (
    COLUMN_LIMIT,
    ROW_LIMIT,
    STORED_FORMULA_LIMIT,
    Area,
    column_letters,
    column_number,
)
from excel_client.file_engine.formulas.sheet_prefixes import SheetPrefix, read_prefix

__all__ = ["DEAD", "Reference", "TableReference", "replace_references"]

#: How a reference reads when its cells are gone.
DEAD = "#REF!"

_CORNER = r"\$?[A-Za-z]{1,3}\$?[1-9][0-9]{0,6}"
_COLUMNS = r"\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}"
_ROWS = r"\$?[0-9]{1,7}:\$?[0-9]{1,7}"
_TOKEN = re.compile(
    rf"""(?P<text>"(?:[^"]|"")*")
    |(?P<error>\#REF!(?:{_CORNER}(?::{_CORNER})?|{_COLUMNS}|{_ROWS})?|\#[A-Z][A-Z0-9/_]*[!?]?)
    |(?P<prefix>'(?:[^']|'')*'!|(?:\[[^\[\]]*\])?[\w.]+(?::[\w.]+)?!|\[[0-9]+\]!|!)?
     (?:(?:(?P<area>{_CORNER}:{_CORNER})|(?P<columns>{_COLUMNS})|(?P<rows>{_ROWS})|(?P<cell>{_CORNER})
        )(?![\w.(!\\?\[])(?P<spill>\#(?!\w))?
     |(?P<dead>\#REF!)
     |(?P<table>(?:[^\W\d]|\\)?[\w.\\?]*)(?P<columns_of>\[(?:[^\[\]']++|'.|\[(?:[^\[\]']++|'.)*+\])*+\])
     |(?P<word>[\w.\\?]+))
    |'(?:[^']|'')*'""",
    re.VERBOSE | re.DOTALL,
)
_KINDS = ("cell", "area", "columns", "rows")
_PARTS = re.compile(r"(\$?)([A-Za-z]*)(\$?)([0-9]*)")


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference as it is written; `area` is None for a name, and for cells that are gone already."""

    written_prefix: str
    text: str
    #: cell, area, columns, rows, name or dead.
    kind: str
    area: Area | None
    #: The marks ("$") before first column, first row, last column and last row.
    marks: tuple[str, str, str, str]

    @property
    def prefix(self) -> SheetPrefix | None:
        """The sheets before it, if any are."""
        return read_prefix(self.written_prefix) if self.written_prefix else None

    def written(self, area: Area | None) -> str:
        """Return the reference, without what stands before it, as it reads when it names another area."""
        if area is None:
            return DEAD
        if area == self.area:
            return self.text
        first_column, first_row, last_column, last_row = self.marks
        left, right = column_letters(area.left), column_letters(area.right)
        if self.kind == "columns":
            return f"{first_column}{left}:{last_column}{right}"
        if self.kind == "rows":
            return f"{first_row}{area.top}:{last_row}{area.bottom}"
        if self.kind == "cell":
            return f"{first_column}{left}{first_row}{area.top}"
        return self.written_as_area(area)

    def written_as_area(self, area: Area) -> str:
        """Return the reference as it reads when it names an area from one cell to another."""
        first_column, first_row, last_column, last_row = self.marks
        left, right = column_letters(area.left), column_letters(area.right)
        if area.rows == area.columns == 1 and self.kind == "cell":
            return f"{first_column}{left}{first_row}{area.top}"
        return (
            f"{first_column}{left}{first_row}{area.top}:{last_column}{right}{last_row}{area.bottom}"
        )


@dataclass(frozen=True, slots=True)
class TableReference:
    """A structured reference: the table's name, empty where it goes without saying, and what is in brackets."""

    table: str
    columns: str


_Replaced = Callable[[Reference], str | None]
_ReplacedTable = Callable[[TableReference], str]


def replace_references(
    formula: str, replaced: _Replaced, replaced_table: _ReplacedTable | None = None
) -> str:
    """
    Return a formula with its references replaced, what stands before them included; None leaves one as it is.

    A word that may be a name of the workbook or a table's is offered as a table without brackets.
    """

    def written(match: re.Match[str]) -> str:
        kind = match.lastgroup
        if kind == "columns_of" and replaced_table:
            new = replaced_table(TableReference(match["table"], match["columns_of"]))
            return match[0] if match["prefix"] else new
        if kind == "word":
            return _word(match, replaced, replaced_table)
        if kind in {"area", "columns", "rows", "cell", "spill", "dead"}:
            reference = _reference(match)
            new_text = replaced(reference) if reference else None
            if new_text is None:
                return match[0]
            return new_text + (match["spill"] or "" if not new_text.endswith(DEAD) else "")
        return match[0]

    # Excel takes no formula of such a length, and to search it for references could take very long.
    return _TOKEN.sub(written, formula) if len(formula) <= STORED_FORMULA_LIMIT else formula


def _word(match: re.Match[str], replaced: _Replaced, replaced_table: _ReplacedTable | None) -> str:
    follows = match.string[match.end() : match.end() + 1]
    if match["prefix"]:
        named = Reference(match["prefix"], match["word"], "name", None, ("", "", "", ""))
        new = replaced(named)
        return match[0] if new is None else new
    if replaced_table is None or follows == "(":
        return match[0]
    return replaced_table(TableReference(match["word"], ""))


def _reference(match: re.Match[str]) -> Reference | None:
    """Return a reference; None for what is none, such as a name "XYZ1" beyond the last column."""
    prefix = match["prefix"] or ""
    if match["dead"]:
        return Reference(prefix, DEAD, "dead", None, ("", "", "", ""))
    kind = next(k for k in _KINDS if match[k])
    text = match[kind]
    if kind == "cell":
        return _cell(prefix, text)
    first, _, last = text.partition(":")
    one, two = _PARTS.fullmatch(first), _PARTS.fullmatch(last)
    if one is None or two is None:
        return None
    # A row's only mark is found where a column's would be.
    marks = ("", one[1], "", two[1]) if kind == "rows" else (one[1], one[3], two[1], two[3])
    columns = [column_number(part[2].upper()) if part[2] else 0 for part in (one, two)]
    rows = [int(part[4]) if part[4] else 0 for part in (one, two)]
    if kind == "columns":
        rows = [1, ROW_LIMIT]
    if kind == "rows":
        columns = [1, COLUMN_LIMIT]
    if columns[0] > columns[1]:
        columns.reverse()
        marks = (marks[2], marks[1], marks[0], marks[3])
    if rows[0] > rows[1]:
        rows.reverse()
        marks = (marks[0], marks[3], marks[2], marks[1])
    if rows[0] < 1 or rows[1] > ROW_LIMIT or columns[1] > COLUMN_LIMIT:
        return None
    return Reference(prefix, text, kind, Area(rows[0], columns[0], rows[1], columns[1]), marks)


def _cell(prefix: str, text: str) -> Reference | None:
    """Return a reference to one cell; most are."""
    parts = _PARTS.fullmatch(text)
    assert parts is not None, "only what reads like a cell comes here"
    column_mark, letters, row_mark, digits = parts.groups()
    row, column = int(digits), column_number(letters.upper())
    if row > ROW_LIMIT or column > COLUMN_LIMIT:
        return None
    marks = (column_mark, row_mark, column_mark, row_mark)
    return Reference(prefix, text, "cell", Area(row, column, row, column), marks)
