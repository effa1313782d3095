"""
The rows that the ledger's sums cover, column by column. Pure.

A row stands here as the database has it, except that of a sealed column only the tag is taken: the last 16 bytes of
the record, which fit no other content, place or key. The columns' order and the names below are part of what is
summed: they never change; a new column is appended, and the sums of every ledger then made anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

__all__ = [
    "SummedAccount",
    "SummedAccountNumber",
    "SummedAnchor",
    "SummedAnswer",
    "SummedBatch",
    "SummedClosing",
    "SummedEdit",
    "SummedEntry",
    "SummedRow",
    "SummedSighting",
    "SummedTable",
    "as_before_edits",
    "columns_of",
    "encode_row",
    "locator_of",
    "row_id_of",
    "summed_row",
    "tag_of",
]

_TAG_BYTES = 16
_ID_BYTES = 16

#: A row as below, or the same columns as the database gives them.
SummedRow = tuple[Any, ...]

#: The row's columns, each delimited from the next and of its own type.
encode_row: Callable[[SummedRow], bytes] = msgspec.msgpack.Encoder().encode


@unique
class SummedTable(StrEnum):
    """A table whose rows are summed."""

    ENTRIES = "entries"
    ACCOUNTS = "accounts"
    ACCOUNT_NUMBERS = "account_numbers"
    BATCHES = "batches"
    ANCHORS = "anchors"
    ANSWERS = "idempotent_answers"
    EDITS = "edits"
    SIGHTINGS = "sightings"
    CLOSINGS = "closings"


class SummedEntry(NamedTuple):
    """A row of `entries`."""

    entry_id: bytes
    version: int
    account_id: bytes
    batch_id: bytes
    posted_on: str
    currency: str
    bucket: str
    direction: int
    status: str
    removed: int
    key_version: int
    identity_mac: bytes
    bank_id_mac: bytes | None
    amount_tag: bytes
    text_tag: bytes
    role: str
    parent_id: bytes | None
    statement_on: str | None
    removal: str | None


class SummedAccount(NamedTuple):
    """A row of `accounts`."""

    account_id: bytes
    version: int
    account_type: str
    currency: str
    name_mac: bytes
    created_at: str
    name_tag: bytes
    number_tag: bytes | None


class SummedAccountNumber(NamedTuple):
    """A row of `account_numbers`."""

    number_mac: bytes
    account_id: bytes


class SummedBatch(NamedTuple):
    """A row of `batches`."""

    batch_id: bytes
    version: int
    kind: str
    created_at: str
    principal_id: bytes
    source_mac: bytes | None
    added: int
    undone_version: int | None
    undone_at: str | None
    undone_by: bytes | None
    source_tag: bytes | None
    purpose: str | None


class SummedAnchor(NamedTuple):
    """A row of `anchors`."""

    account_id: bytes
    stated_on: str
    batch_id: bytes
    source: str
    version: int
    key_version: int
    removed: int
    balance_tag: bytes


class SummedAnswer(NamedTuple):
    """A row of `idempotent_answers`."""

    idempotency_mac: bytes
    request_mac: bytes
    version: int
    key_version: int
    created_at: str
    answer_tag: bytes


class SummedEdit(NamedTuple):
    """A row of `edits`."""

    edit_id: bytes
    entry_id: bytes
    batch_id: bytes
    version: int
    key_version: int
    undone: int
    edit_tag: bytes


class SummedSighting(NamedTuple):
    """A row of `sightings`."""

    entry_id: bytes
    batch_id: bytes


class SummedClosing(NamedTuple):
    """A row of `closings`."""

    closing_id: bytes
    month: str
    version: int
    key_version: int
    closed_at: str
    principal_id: bytes
    reopened_version: int | None
    reopened_at: str | None
    reopened_by: bytes | None
    evidence_tag: bytes
    reason_tag: bytes | None


_COLUMNS: Mapping[SummedTable, tuple[str, ...]] = MappingProxyType(
    {
        SummedTable.ENTRIES: SummedEntry._fields,
        SummedTable.ACCOUNTS: SummedAccount._fields,
        SummedTable.ACCOUNT_NUMBERS: SummedAccountNumber._fields,
        SummedTable.BATCHES: SummedBatch._fields,
        SummedTable.ANCHORS: SummedAnchor._fields,
        SummedTable.ANSWERS: SummedAnswer._fields,
        SummedTable.EDITS: SummedEdit._fields,
        SummedTable.SIGHTINGS: SummedSighting._fields,
        SummedTable.CLOSINGS: SummedClosing._fields,
    }
)


def columns_of(table: SummedTable) -> tuple[str, ...]:
    """Return the names of a row's columns, in their order; a tag is named after its sealed column."""
    return _COLUMNS[table]


def summed_row(table: SummedTable, values: Mapping[str, Any]) -> SummedRow:
    """Return a row out of the values that it is written with."""
    row = []
    for column in _COLUMNS[table]:
        if column.endswith("_tag"):
            record = values[column.removesuffix("_tag") + "_sealed"]
            row.append(None if record is None else tag_of(record))
        else:
            row.append(values[column])
    return tuple(row)


def tag_of(record: bytes) -> bytes:
    """Return what stands for a sealed record."""
    return record[-_TAG_BYTES:]


#: How many columns make the key of a row that one id does not name.
_KEY_COLUMNS = MappingProxyType(
    {SummedTable.ANCHORS: 4, SummedTable.EDITS: 2, SummedTable.SIGHTINGS: 2}
)

#: How many columns the sums covered before the third schema: the later ones were appended.
_COLUMNS_BEFORE_EDITS = MappingProxyType(
    {
        SummedTable.ENTRIES: SummedEntry._fields.index("role"),
        SummedTable.BATCHES: SummedBatch._fields.index("purpose"),
    }
)


#: What the third schema put into the new columns of rows that were there.
_AS_MIGRATED: Mapping[SummedTable, SummedRow] = MappingProxyType(
    {SummedTable.ENTRIES: ("whole", None, None, None), SummedTable.BATCHES: (None,)}
)


def as_before_edits(table: SummedTable, row: SummedRow) -> SummedRow:
    """Return a row as the sums covered it before the third schema; all of it where its new columns were touched."""
    count = _COLUMNS_BEFORE_EDITS.get(table, len(row))
    return row[:count] if tuple(row[count:]) == _AS_MIGRATED.get(table, ()) else row


def locator_of(table: SummedTable, row: SummedRow) -> int:
    """Return the number that stands for a row's key."""
    columns = _KEY_COLUMNS.get(table)
    key: bytes = row[0] if columns is None else hashlib.sha256(encode_row(row[:columns])).digest()
    return int.from_bytes(key[:_ID_BYTES])


def row_id_of(table: SummedTable, row: SummedRow) -> UUID | None:
    """Return the id of ours by which a row is named: an anchor is named by its batch, a number by its account."""
    columns: Sequence[str] = _COLUMNS[table]
    named_by = {SummedTable.ANCHORS: "batch_id", SummedTable.ACCOUNT_NUMBERS: "account_id"}
    place = columns.index(named_by[table]) if table in named_by else 0
    raw = row[place]
    return UUID(bytes=raw[:_ID_BYTES]) if len(raw) >= _ID_BYTES else None
