"""
The base of a row: what its editable cells held when the server last wrote them.

Text in a hidden column: `version:d1:d2:d3:d4:d5:d6`, the entry's version and a digest (8 hex digits of BLAKE2b) each
of the editable fields in a canonical form, in the order of EDITABLE_COLUMNS. A cell is an edit if and only if its
digest differs from the one in its base, so that a month-old copy of the workbook holds no edit that nobody typed.

A field whose edit was not delivered when the rest of its row moved on keeps the version that the edit is based on:
`;index@version` at the end, once for each; index 6 stands for what the entry is (split, or to be removed). Bases of
template version 1 name the first four fields only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import blake2b
from types import MappingProxyType
from typing import Final

from workbooks.sheet_map import EDITABLE_COLUMNS, LedgerColumn

__all__ = ["Digests", "RowBase", "base_text", "canonical_text", "read_base", "tags_of"]

_BASE = re.compile(
    r"([0-9]{1,18})((?::[0-9a-f]{8}){4}|(?::[0-9a-f]{8}){6})((?:;[0-6]@[0-9]{1,18})*)"
)
_TICKED: Final = "TRUE"
_DIGITS: Final = 8

assert EDITABLE_COLUMNS == (
    LedgerColumn.CATEGORY,
    LedgerColumn.TAGS,
    LedgerColumn.NOTES,
    LedgerColumn.REVIEWED,
    LedgerColumn.MATCH,
    LedgerColumn.STATEMENT,
), "a base names these fields in this order"


class Digests(dict[str, str]):
    """Digests by canonical text; the same few texts come again and again."""

    def __missing__(self, text: str) -> str:
        digest = blake2b(
            text.encode("utf-8", "surrogatepass"), digest_size=_DIGITS // 2
        ).hexdigest()
        self[text] = digest
        return digest


_OF_BLANK: Final = Digests()[""]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowBase:
    """The version of an entry and the digests of its editable fields, in the order of EDITABLE_COLUMNS."""

    version: int
    digests: tuple[str, ...]
    #: By the field's place: the version that an edit is based on, where the row has moved on without it.
    held: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))

    def version_of(self, place: int) -> int:
        """The version that an edit of a field is based on."""
        return self.held.get(place, self.version)

    def is_blank(self, place: int) -> bool:
        """Whether the server's last word on a field was nothing."""
        return self.digests[place] == _OF_BLANK

    def text(self) -> str:
        """The base as it stands in its cell."""
        held = "".join(f";{place}@{version}" for place, version in sorted(self.held.items()))
        return ":".join((str(self.version), *self.digests)) + held


def read_base(value: object) -> RowBase | None:
    """Return the base that a cell holds, or None where there is none that can be read."""
    match = _BASE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    version, digests, held = match.groups()
    named = tuple(digests[1:].split(":"))
    pairs = (each.split("@") for each in held.split(";")[1:])
    return RowBase(
        version=int(version),
        digests=named + (_OF_BLANK,) * (len(EDITABLE_COLUMNS) - len(named)),
        held={int(place): int(based_on) for place, based_on in pairs},
    )


def base_text(version: int, cells: tuple[object, ...], digests: Digests) -> str:
    """Return the base of a row that the server states; `cells` are its editable ones, as it writes them."""
    category, tags, notes, reviewed, match, statement = cells
    return (
        f"{version}:{digests[str(category or '')]}:{digests[_of_tags(str(tags or ''))]}"
        f":{digests[_of_text(str(notes or ''))]}:{digests[_TICKED if reviewed else '']}"
        f":{digests[str(match or '')]}:{digests[_of_day(statement)]}"
    )


def canonical_text(column: LedgerColumn, value: object) -> str:
    """Return the canonical form of an editable cell: what two cells share that say the same."""
    if value is None or value == "":
        return ""
    if column is LedgerColumn.STATEMENT:
        return _of_day(value)
    text = _shown(value)
    if column is LedgerColumn.TAGS:
        return _of_tags(text)
    if column is LedgerColumn.REVIEWED:
        return {"FALSE": "", "0": "", "1": _TICKED}.get(text.upper(), text.upper())
    if column is LedgerColumn.MATCH:
        return text.strip()
    return _of_text(text)


def tags_of(text: str) -> tuple[str, ...]:
    """Return the tags that a cell's text names."""
    return tuple(filter(None, (tag.strip() for tag in text.split(","))))


def _shown(value: object) -> str:
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
    return ",".join(tags_of(text)) if text else ""


def _of_day(value: object) -> str:
    if isinstance(value, datetime):
        # A midnight is a date's; another time of the day was typed.
        return value.date().isoformat() if not any(value.timetuple()[3:6]) else value.isoformat()
    return "" if value is None else _shown(value).strip()
