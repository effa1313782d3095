"""
The base of a row: what its editable cells held when the server last wrote them.

Text in a hidden column: `version:d1:d2:d3:d4`, the entry's version and a digest (8 hex digits of BLAKE2b) each of
Category, Tags, Notes and Reviewed in a canonical form. A cell is an edit if and only if its digest differs from the
one in its base, so that a month-old copy of the workbook holds no edit that nobody typed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Final

from workbooks.sheet_map import EDITABLE_COLUMNS, LedgerColumn

__all__ = ["Digests", "RowBase", "base_text", "canonical_text", "read_base"]

_BASE = re.compile(r"([0-9]{1,18}):([0-9a-f]{8}):([0-9a-f]{8}):([0-9a-f]{8}):([0-9a-f]{8})")
_TICKED: Final = "TRUE"

assert EDITABLE_COLUMNS == (
    LedgerColumn.CATEGORY,
    LedgerColumn.TAGS,
    LedgerColumn.NOTES,
    LedgerColumn.REVIEWED,
), "a base names these fields in this order"


class Digests(dict[str, str]):
    """Digests by canonical text; the same few texts come again and again."""

    def __missing__(self, text: str) -> str:
        digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
        self[text] = digest
        return digest


@dataclass(frozen=True, slots=True, kw_only=True)
class RowBase:
    """The version of an entry and the digests of its editable fields, in the order of EDITABLE_COLUMNS."""

    version: int
    digests: tuple[str, ...]

    def text(self) -> str:
        """The base as it stands in its cell."""
        return ":".join((str(self.version), *self.digests))


def read_base(value: object) -> RowBase | None:
    """Return the base that a cell holds, or None where there is none that can be read."""
    match = _BASE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    version, *digests = match.groups()
    return RowBase(version=int(version), digests=tuple(digests))


def base_text(
    version: int,
    category: str | None,
    tags: str | None,
    notes: str,
    reviewed: bool,  # noqa: FBT001 - the value of a field
    digests: Digests,
) -> str:
    """Return the base of a row that the server states; `tags` is the cell's text."""
    return (
        f"{version}:{digests[_of_text(category or '')]}:{digests[_of_tags(tags or '')]}"
        f":{digests[_of_text(notes)]}:{digests[_TICKED if reviewed else '']}"
    )


def canonical_text(column: LedgerColumn, value: object) -> str:
    """Return the canonical form of an editable cell: what two cells share that say the same."""
    text = _shown(value)
    if column is LedgerColumn.TAGS:
        return _of_tags(text)
    if column is LedgerColumn.REVIEWED:
        return {"FALSE": "", "0": "", "1": _TICKED}.get(text.upper(), text.upper())
    return _of_text(text)


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _of_text(text: str) -> str:
    # Excel keeps a line break as one character, other programs as two.
    return text.replace("\r\n", "\n") if "\r" in text else text


def _of_tags(text: str) -> str:
    if not text:
        return ""
    return ",".join(filter(None, (tag.strip() for tag in text.split(","))))
