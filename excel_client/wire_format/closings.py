"""Closed months and their evidence on the wire. Amounts are text, dates ISO 8601."""

from __future__ import annotations

import msgspec

__all__ = [
    "ClosedAccount",
    "ClosedEntry",
    "ClosedMonth",
    "ClosedSource",
    "ClosingSummary",
    "Closings",
    "Evidence",
    "LateArrival",
    "Reopened",
]


class ClosedEntry(msgspec.Struct, frozen=True):
    """An entry as it was when its month was closed."""

    id: str
    posted_on: str
    #: The day on which it counts.
    counts_on: str
    amount: str
    description: str
    role: str
    #: Why an adjustment was made, or "".
    reason: str


class ClosedSource(msgspec.Struct, frozen=True):
    """A file that something of the account was read from."""

    file_name: str
    #: SHA-256 in hex.
    sha256: str


class ClosedAccount(msgspec.Struct, frozen=True):
    """An account as it was when the month was closed."""

    id: str
    name: str
    currency: str
    opening: str | None
    opening_source: str
    entries: tuple[ClosedEntry, ...]
    sum: str
    closing: str | None
    #: The last balance that was stated in the month, or None.
    stated_on: str | None
    stated: str | None
    proof: str
    #: Entries that were pending.
    outstanding: tuple[ClosedEntry, ...]
    adjustments: tuple[ClosedEntry, ...]
    sources: tuple[ClosedSource, ...]


class Evidence(msgspec.Struct, frozen=True):
    """A closed month as it was."""

    ledger: str
    month: str
    #: The ledger's version that was frozen.
    version: int
    closed_at: str
    closed_by: str
    accounts: tuple[ClosedAccount, ...]


class LateArrival(msgspec.Struct, frozen=True):
    """What changed of a closed month after it was closed."""

    #: "added", "changed" or "gone".
    change: str
    account_id: str
    entry: ClosedEntry


class ClosingSummary(msgspec.Struct, frozen=True):
    """A closing, without its evidence."""

    id: str
    month: str
    version: int
    closed_at: str
    by: str
    reopened_at: str | None
    reopened_by: str
    #: Why it was reopened, or "".
    reason: str


class Closings(msgspec.Struct, frozen=True):
    """Every closing, oldest first."""

    closings: tuple[ClosingSummary, ...]


class ClosedMonth(msgspec.Struct, frozen=True):
    """A closed month: its evidence, and what arrived late."""

    closing: ClosingSummary
    evidence: Evidence
    late_arrivals: tuple[LateArrival, ...]


class Reopened(msgspec.Struct, frozen=True):
    """A month that is open again."""

    month: str
    version: int
