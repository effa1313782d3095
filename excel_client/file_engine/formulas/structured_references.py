"""
Structured references (Table[[#This Row],[Column]]): their columns found and renamed.

Special signs in a column's name are escaped by an apostrophe. Source: ECMA-376 part 1, 18.17.6. Knows no table.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["with_column_renamed", "without_columns"]

_ITEM = re.compile(r"\[((?:[^\[\]']|'.)*)\]", re.DOTALL)
_ESCAPED = re.compile(r"'(.)", re.DOTALL)
_SPECIAL = re.compile(r"(['#\[\]@])")
#: What may stand in one pair of brackets, without a pair of its own.
_SIMPLE = re.compile(r"[^\W_](?:[\w ]*\w)?")


def _is_column(written: str, column: str) -> bool:
    return _ESCAPED.sub(r"\1", written).casefold() == column.casefold()


def with_column_renamed(columns: str, old: str, new: str) -> str:
    """Return what a structured reference has in brackets, with one column renamed."""
    escaped = _SPECIAL.sub(r"'\1", new)
    inner = columns[1:-1]
    this_row = "@" if inner.startswith("@") else ""
    alone = inner[len(this_row) :]
    if _ITEM.search(alone) is None:
        if not alone or not _is_column(alone, old):
            return columns
        written = escaped if _SIMPLE.fullmatch(new) else f"[{escaped}]"
        return f"[{this_row}{written}]"
    return (
        "["
        + _ITEM.sub(
            lambda item: f"[{escaped}]" if _is_column(item[1], old) else item[0],
            inner,
        )
        + "]"
    )


def without_columns(columns: str, order: Sequence[str], gone: Sequence[str]) -> str | None:
    """
    Return what a structured reference has in brackets once columns are gone; None where no column of it is left.

    `order` are all headers as they were. A stretch of columns ends at what is left of it.
    """
    inner = columns[1:-1]
    places = {name.casefold(): at for at, name in enumerate(order)}
    away = {places[name.casefold()] for name in gone}
    items = [match for match in _ITEM.finditer(inner) if not match[1].startswith("#")]
    if _ITEM.search(inner) is None:
        alone = _ESCAPED.sub(r"\1", inner.removeprefix("@")).casefold()
        is_column = not inner.startswith("#") and places.get(alone) in away
        return None if is_column else columns
    named = [places.get(_ESCAPED.sub(r"\1", item[1]).casefold(), -1) for item in items]
    if not set(named) & away:
        return columns
    left = [at for at in range(min(named), max(named) + 1) if at not in away]
    if not left or -1 in named:
        return None
    first, last = (_SPECIAL.sub(r"'\1", order[at]) for at in (left[0], left[-1]))
    start, end = items[0].start(), items[-1].end()
    return f"[{inner[:start]}[{first}]:[{last}]{inner[end:]}]"
