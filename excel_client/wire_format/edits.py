"""Edits, typed balances, adjustments, leases and explanations on the wire. Amounts are text, dates ISO 8601."""

from __future__ import annotations

from typing import Final

import msgspec

__all__ = [
    "EDITS_PER_REQUEST_MAX",
    "EDITS_WITHOUT_CONFIRMATION",
    "EditResult",
    "EditToSend",
    "EditsDone",
    "EditsToSend",
    "Explanation",
    "Lease",
    "PartToSend",
    "StatedBatch",
    "Stretch",
    "Suspicion",
]

#: More edits than these are sent with the person's yes only.
EDITS_WITHOUT_CONFIRMATION: Final = 50
EDITS_PER_REQUEST_MAX: Final = 5_000


class PartToSend(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of a split."""

    amount: str
    description: str = ""
    #: A category's name.
    category: str | None = None
    notes: str = ""
    tags: tuple[str, ...] = ()


class EditToSend(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One edit; sent twice under one id it is done once."""

    id: str
    entry: str
    kind: str
    #: The version of the entry that the person saw.
    base: int
    value: str | tuple[str, ...] | bool | None = None
    parts: tuple[PartToSend, ...] = ()
    #: The other entries of a merger or a transfer.
    others: tuple[str, ...] = ()
    #: The versions of these that the person saw, in their order.
    other_bases: tuple[int, ...] = ()
    #: Whether the legs of a transfer may differ by a fee.
    fee: bool = False


class EditsToSend(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Edits that become one batch; more than 50 only with the person's yes."""

    edits: tuple[EditToSend, ...]
    confirmed: bool = False


class EditResult(msgspec.Struct, frozen=True):
    """What came of an edit."""

    id: str
    #: "applied", "repeated", "nothing", "conflict" or "refused".
    outcome: str
    #: Why it was refused, or None.
    reason: str | None
    #: On a conflict: what the field says now, who said it, and when.
    current: str | tuple[str, ...] | bool | None
    by: str
    at: str | None


class EditsDone(msgspec.Struct, frozen=True):
    """What came of edits; the batch is None when none was applied."""

    batch: str | None
    version: int
    results: tuple[EditResult, ...]


class StatedBatch(msgspec.Struct, frozen=True):
    """The batch that a typed balance or an adjustment made."""

    batch: str
    version: int


class Lease(msgspec.Struct, frozen=True):
    """A workbook that nobody else writes into for a while."""

    lease: str
    expires_at: str


class Suspicion(msgspec.Struct, frozen=True):
    """What may be wrong with one entry."""

    entry: str
    cause: str
    #: What the sum would gain if it were put right.
    effect: str


class Stretch(msgspec.Struct, frozen=True):
    """A stretch between two stated balances that does not add up, and the smallest sets that explain it."""

    #: The day of the earlier balance.
    after: str
    #: The day of the later one.
    through: str
    difference: str
    #: An entry of this amount would make up for it, if it were missing.
    missing: str
    #: How many entries each set names; 0 where no set was found.
    size: int
    sets: tuple[tuple[Suspicion, ...], ...]
    #: How many sets of that size there are.
    count: int
    #: Whether the search ended before everything was tried.
    bounded: bool


class Explanation(msgspec.Struct, frozen=True):
    """Why an account does not add up; no stretch where it does."""

    account_id: str
    currency: str
    stretches: tuple[Stretch, ...]
