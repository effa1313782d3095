"""
Headers and names as Excel makes them: each a text, none blank, no two alike. Pure; knows no part and no cell.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import count

from excel_client.file_engine.formulas.references import COLUMN_LIMIT, ROW_LIMIT, column_number
from excel_client.file_engine.problems import TableNameRefused

__all__ = ["free_table_name", "header_text", "judge_table_name", "unique_headers"]

HEADER_LIMIT = 255
_DIGITS_OF_GENERAL = 15
_NAME_LIMIT = 255
_NAME = re.compile(r"[^\W\d][\w.]*|\\[\w.]+")
_CELL = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_ROW_AND_COLUMN = re.compile(r"(?:[Rr][0-9]*)?(?:[Cc][0-9]*)?")


def header_text(value: object) -> str:
    """Return the text that a header cell has once it belongs to a table; empty for a blank."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, (int, float)):
        return format(value, f".{_DIGITS_OF_GENERAL}g").upper()
    if isinstance(value, dt.datetime):
        shown = f"{value.month}/{value.day}/{value.year}"
        return shown if value.time() == dt.time() else f"{shown} {value.hour}:{value:%M}"
    return str.__str__(str(value))[:HEADER_LIMIT]


def unique_headers(texts: Sequence[str], standing: Iterable[str] = ()) -> list[str]:
    """
    Return headers as Excel takes them: a blank becomes "Column1", a second "a" becomes "a2".

    `standing` are headers of the same table that stay as they are. Case makes no difference.
    """
    taken = {name.casefold() for name in standing}
    given = {text.casefold() for text in texts if text}
    headers = []
    for text in texts:
        if text and text.casefold() not in taken:
            header = text
        elif text:
            header = _numbered(text, 2, taken | given)
        else:
            header = _numbered("Column", 1, taken | given)
        taken.add(header.casefold())
        headers.append(header)
    return headers


def _numbered(stem: str, first: int, taken: Container[str]) -> str:
    names = (f"{stem[: HEADER_LIMIT - len(str(n))]}{n}" for n in count(first))
    return next(name for name in names if name.casefold() not in taken)


def judge_table_name(name: object, taken: Container[str], place: str) -> None:
    """Refuse a name that no table can have; `taken` holds all tables' and names' names in lower case."""
    if not isinstance(name, str) or not 1 <= len(name) <= _NAME_LIMIT or not _NAME.fullmatch(name):
        raise TableNameRefused(place)
    cell = _CELL.fullmatch(name)
    is_cell = (
        cell and column_number(cell[1].upper()) <= COLUMN_LIMIT and 1 <= int(cell[2]) <= ROW_LIMIT
    )
    if is_cell or _ROW_AND_COLUMN.fullmatch(name) or name.lower() in taken:
        raise TableNameRefused(place)


def free_table_name(taken: Container[str], wanted: str = "Table") -> str:
    """Return "Table1", or the first number after that which no table or name has."""
    names = (f"{wanted}{number}" for number in count(1))
    return next(name for name in names if name.lower() not in taken)


def renames(old: Sequence[str], new: Mapping[int, str]) -> list[tuple[str, str]]:
    """
    Return the renames, one after the other, that turn some headers into others, by their 0-based places.

    Headers that take each other's names go through names that none of them has.
    """
    taken = {name.casefold() for name in (*old, *new.values())}
    changed = {at: name for at, name in new.items() if old[at] != name}
    meeting = {name.casefold() for name in old} & {name.casefold() for name in changed.values()}
    steps, later = [], []
    for at, name in changed.items():
        if name.casefold() in meeting and name.casefold() != old[at].casefold():
            between = _numbered("Between", at, taken)
            taken.add(between.casefold())
            steps.append((old[at], between))
            later.append((between, name))
        else:
            later.append((old[at], name))
    return steps + later
