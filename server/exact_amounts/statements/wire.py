"""What `/v1/imports` takes and gives. Shapes only, no rules, and no amount."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

__all__ = [
    "ImportAnswer",
    "ImportQuery",
    "ImportedAccountAnswer",
    "PreviewAnswer",
    "PreviewedAccountAnswer",
    "ReadingProblemAnswer",
    "RowAnswer",
]


class ImportQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a file does not say of itself."""

    file_name: Annotated[str, Meta(max_length=500)] = ""
    #: ISO 4217: the currency of accounts for which the file names none.
    currency: str | None = None


class RowAnswer(Struct, frozen=True, kw_only=True):
    """The verdict on a row of the file."""

    #: 1-based line of the file.
    line: int
    #: "new", "same" or "conflicts".
    verdict: str
    because: str
    #: The entry it is the same as, or conflicts with; null for a new one.
    entry: UUID | None


class ReadingProblemAnswer(Struct, frozen=True, kw_only=True):
    """Something in the file that was left out."""

    #: 1-based line of the file, 0 for the file as a whole.
    line: int
    what: str


class PreviewedAccountAnswer(Struct, frozen=True, kw_only=True):
    """What an import would do to an account."""

    number_tail: str
    name: str
    currency: str
    #: Whether the ledger has the account already.
    known: bool
    new: int
    same: int
    conflicts: int
    #: ISO 8601 date of the last balance that the file states, or null.
    closing_on: str | None


class PreviewAnswer(Struct, frozen=True, kw_only=True):
    """What an import would do."""

    format: str
    accounts: list[PreviewedAccountAnswer]
    #: Every row, in the order of the file.
    rows: list[RowAnswer]
    problems: list[ReadingProblemAnswer]
    file_seen_before: bool


class ImportedAccountAnswer(Struct, frozen=True, kw_only=True):
    """What an import did to an account."""

    id: UUID
    name: str
    added: int
    same: int
    conflicts: int


class ImportAnswer(Struct, frozen=True, kw_only=True):
    """What an import did."""

    #: The batch, or null where nothing was new.
    batch: UUID | None
    version: int
    added: int
    same: int
    conflicts: int
    #: How many stated balances were added.
    anchors: int
    accounts: list[ImportedAccountAnswer]
    #: The rows that conflict with the ledger; they were not imported.
    rows: list[RowAnswer]
    problems: list[ReadingProblemAnswer]
