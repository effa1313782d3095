"""
The one door out of the exact side: it reduces an amount to a bucket and masks the digits of a text.

Nothing that leaves through here may depend on an amount beyond its bucket and its sign; the two-ledger tests hold
that. A threshold never moves with exchange rates: changing one is a decision about privacy.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from decimal import Decimal
from functools import cache

from server.exact_amounts.entries.currencies import bucket_power
from server.exact_amounts.entries.entry import LedgerEntry
from server.shared_types.buckets import Bucket, BucketedEntry, Direction

__all__ = [
    "direction_of",
    "disclose_entries",
    "disclose_entry",
    "get_magnitude_bucket",
    "mask_digits",
]

#: A size at an edge belongs to the bucket above it; only LARGE includes its own upper edge.
_EDGES = (Decimal(10), Decimal(100), Decimal(1_000))
_LARGE_UP_TO = Decimal(10_000)
_BELOW = (Bucket.MICRO, Bucket.SMALL, Bucket.MEDIUM, Bucket.LARGE)

#: Every decimal digit of Unicode, and what an encoding leaves of a character that it lacks: it may have been a digit,
#: or the thin space within a number.
_DIGIT = re.compile(r"[\d?\ufffd]")

#: What stands between the digits of a number, or fills a column before it: as many as leave room for the digits.
_BETWEEN = r"[\s.,'\u2019\u02bc·\u066b\u066c\uff0c\uff0e*_=~]"

#: Masked digits with all of that, and the dash for "no cents": neither their number nor their marks must show.
#: It begins where no such mark stands before it and never looks back: long runs of dots take no time.
_MASKED_NUMBER = re.compile(
    rf"(?<!{_BETWEEN}){_BETWEEN}*+#(?:{_BETWEEN}*+#)*(?:[.,][-\u2013\u2014=]{{1,2}})?"
)

_DIRECTIONS = {1: Direction.IN, -1: Direction.OUT, 0: Direction.NONE}


@cache
def _edges_of(currency: str) -> tuple[tuple[Decimal, ...], Decimal]:
    """The edges of the buckets in one currency: the lower three, and the highest that LARGE includes."""
    scale = Decimal(10) ** bucket_power(currency)
    return tuple(edge * scale for edge in _EDGES), _LARGE_UP_TO * scale


def get_magnitude_bucket(amount: Decimal, currency: str) -> Bucket:
    """Return the bucket of an amount of a currency (ISO 4217 code), whatever its sign."""
    size = amount.copy_abs()
    lower_edges, large_up_to = _edges_of(currency)
    if size > large_up_to:
        return Bucket.XLARGE
    return _BELOW[bisect_right(lower_edges, size)]


def direction_of(sign: int) -> Direction:
    """Return the direction that a sign (-1, 0 or 1) of the ledger means."""
    return _DIRECTIONS[sign]


def mask_digits(text: str) -> str:
    """
    Return `text` with every number, however many digits and marks it has, replaced by one "#" between spaces.

    Numbers with nothing but marks and spaces between them are one.
    """
    masked = _DIGIT.sub("#", text)
    if not masked.isascii():
        # The numerals that spell a number without being a digit: ², ½, Ⅷ, ④.
        masked = "".join("#" if character.isnumeric() else character for character in masked)
    return " ".join(_MASKED_NUMBER.sub(" # ", masked).split())


def disclose_entry(entry: LedgerEntry) -> BucketedEntry:
    """Return what the bucket side may know of an entry."""
    return BucketedEntry(
        entry_id=entry.entry_id,
        account_id=entry.account_id,
        posted_on=entry.posted_on,
        currency=entry.amount.currency,
        bucket=get_magnitude_bucket(entry.amount.exact_value, entry.amount.currency),
        direction=direction_of(entry.amount.sign),
        masked_description=mask_digits(entry.text.description),
        bank_kind=mask_digits(entry.text.bank_kind),
        category_id=entry.text.category_id,
    )


def disclose_entries(entries: Sequence[LedgerEntry]) -> list[BucketedEntry]:
    """Return what the bucket side may know of several entries, in their order."""
    return [disclose_entry(entry) for entry in entries]
