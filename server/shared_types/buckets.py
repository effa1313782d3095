"""
What the bucket side may know of an entry: a coarse size, a direction, and a text without digits.

The thresholds stand in `server.exact_amounts.disclosure`, where exact amounts are reduced to these.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique

from server.shared_types.ids import AccountId, EntryId

__all__ = ["Bucket", "BucketedEntry", "Direction"]


@unique
class Bucket(StrEnum):
    """The magnitude of an amount, whatever its sign, scaled to its currency."""

    MICRO = "MICRO"
    SMALL = "SMALL"
    MEDIUM = "MEDIUM"
    LARGE = "LARGE"
    XLARGE = "XLARGE"


@unique
class Direction(StrEnum):
    """Where the money went, seen from the account."""

    IN = "in"
    OUT = "out"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketedEntry:
    """An entry as the bucket side sees it."""

    entry_id: EntryId
    account_id: AccountId
    #: ISO 8601 calendar date, as the bank wrote it.
    posted_on: str
    #: ISO 4217 code.
    currency: str
    bucket: Bucket
    direction: Direction
    #: The description with every digit masked: banks print amounts and card numbers in there.
    masked_description: str
    #: The bank's own word for the kind of transaction (OFX TRNTYPE), or "".
    bank_kind: str
    #: Stable id of a category in `server.shared_types.categories`, or None.
    category_id: str | None
