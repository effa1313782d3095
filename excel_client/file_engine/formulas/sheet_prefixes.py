"""
Sheets' names before the references of a formula: read, compared, and written with quotes where Excel wants them.

Source: ECMA-376 part 1, 18.17.2.2. Knows no reference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from excel_client.file_engine.formulas.references import COLUMN_LIMIT, ROW_LIMIT, column_number

__all__ = ["SheetPrefix", "is_sheet", "quoted", "read_prefix"]

_PLAIN_NAME = re.compile(r"[^\W\d][\w.]*")
_CELL_NAME = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_ROW_AND_COLUMN = re.compile(r"[rR][0-9]*(?:[cC][0-9]*)?|[cC][0-9]*")
_RESERVED = {"true", "false"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetPrefix:
    """The sheets that a reference speaks of; both are one for an ordinary reference."""

    first: str
    last: str
    #: Whether it speaks of another workbook, or of whatever sheet uses it.
    is_foreign: bool

    @property
    def spans_sheets(self) -> bool:
        """Whether it is a 3-D reference."""
        return self.first != self.last


def is_sheet(name: str, other: str) -> bool:
    """Whether two names stand for one sheet; case is no difference."""
    return name == other or name.casefold() == other.casefold()


@lru_cache(maxsize=4096)
def read_prefix(written: str) -> SheetPrefix:
    """Return what stands before a reference, given with its exclamation mark."""
    name = written[:-1]
    if name.startswith("'"):
        name = name[1:-1].replace("''", "'")
    if not name or "[" in name or "]" in name:
        return SheetPrefix(first="", last="", is_foreign=True)
    first, colon, last = name.partition(":")
    return SheetPrefix(first=first, last=last if colon else first, is_foreign=False)


@lru_cache(maxsize=4096)
def quoted(first: str, last: str = "") -> str:
    """Return the name of a sheet, or of the first and last of several, as it stands before an exclamation mark."""
    names = [first] if not last or is_sheet(first, last) else [first, last]
    text = ":".join(names)
    if all(_is_plain(name) for name in names):
        return text
    return "'" + text.replace("'", "''") + "'"


def _is_plain(name: str) -> bool:
    """Whether nobody could take a name for a number, a cell, or several words."""
    if not _PLAIN_NAME.fullmatch(name) or name.casefold() in _RESERVED:
        return False
    if _ROW_AND_COLUMN.fullmatch(name):
        return False
    cell = _CELL_NAME.fullmatch(name)
    if cell is None:
        return True
    return column_number(cell[1].upper()) > COLUMN_LIMIT or int(cell[2]) > ROW_LIMIT
