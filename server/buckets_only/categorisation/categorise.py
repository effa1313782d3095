"""
A first category for an entry, from the bank's own word for its kind. Pure, and blind to amounts.

Only kinds that mean one thing are in the table: a DEBIT can be anything, and an empty category is better than a
wrong one. Kinds: OFX 2.3 section 11.4.4.3, TRNTYPE.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

from server.shared_types.buckets import BucketedEntry, Direction

__all__ = ["categorise", "categorise_all"]

_BY_KIND = MappingProxyType(
    {
        "INT": "income.interest",
        "DIV": "income.dividends",
        "FEE": "bank_fees",
        "SRVCHG": "bank_fees",
        "ATM": "cash",
        "CASH": "cash",
        "XFER": "transfer",
    }
)

#: Kinds that are an income when money comes in, and something else when it goes out.
_INCOME_ONLY = frozenset({"INT", "DIV"})


def categorise(entry: BucketedEntry) -> str | None:
    """Return the id of the category that the bank's word stands for, or None."""
    kind = entry.bank_kind.strip().upper()
    if kind in _INCOME_ONLY and entry.direction is not Direction.IN:
        # Interest that is paid is a cost of the account.
        return "bank_fees" if kind == "INT" and entry.direction is Direction.OUT else None
    return _BY_KIND.get(kind)


def categorise_all(entries: Sequence[BucketedEntry]) -> list[str | None]:
    """Return each entry's category, in their order."""
    return [categorise(entry) for entry in entries]
