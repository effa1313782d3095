"""
The words of edits, balances, explanations and closed months on the wire. Shapes only, no rules.

Amounts are strings of plain digits with an optional sign and point, in the ledger's sign; dates are ISO 8601.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from server.exact_amounts.entries.edits import EditKind, EditOutcome, EditRefusal

__all__ = [
    "AdjustmentBody",
    "BalanceBody",
    "CloseMonthBody",
    "ClosedAccount",
    "ClosedEntry",
    "ClosedSource",
    "ClosingAnswer",
    "ClosingSummary",
    "ClosingsAnswer",
    "EditBody",
    "EditResultAnswer",
    "EditsAnswer",
    "EditsBody",
    "Evidence",
    "ExplanationAnswer",
    "LateArrival",
    "LeaseAnswer",
    "LeaseBody",
    "PartBody",
    "ReopenBody",
    "ReopenedAnswer",
    "StatedBatchAnswer",
    "StretchAnswer",
    "SuspicionAnswer",
]

_Day = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
_Month = Annotated[str, Meta(pattern=r"^(?:19|20|21)[0-9]{2}-(?:0[1-9]|1[0-2])$")]
_Reason = Annotated[str, Meta(min_length=1, max_length=500)]


class PartBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line of a split."""

    amount: str
    description: str = ""
    #: A category's name.
    category: str | None = None
    notes: str = ""
    tags: Annotated[tuple[str, ...], Meta(max_length=50)] = ()


class EditBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One edit."""

    #: Of the caller's making: sent twice it is done once.
    id: UUID
    entry: UUID
    kind: EditKind
    #: The version of the entry that the person saw.
    base: Annotated[int, Meta(ge=0)]
    #: What the field is to say: a text, tags, true or false, or null.
    value: str | Annotated[tuple[str, ...], Meta(max_length=50)] | bool | None = None
    parts: Annotated[tuple[PartBody, ...], Meta(max_length=200)] = ()
    #: The other entries of a merger or a transfer.
    others: Annotated[tuple[UUID, ...], Meta(max_length=50)] = ()
    #: The versions of these that the person saw, in their order; left out, they are not compared.
    other_bases: Annotated[tuple[Annotated[int, Meta(ge=0)], ...], Meta(max_length=50)] = ()
    #: Whether the legs of a transfer may differ by a fee.
    fee: bool = False
    #: Whether the person saw the conflict and wants this all the same.
    override: bool = False


class EditsBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Edits: all that are applied become one batch."""

    edits: Annotated[list[EditBody], Meta(min_length=1, max_length=5_000)]
    #: The person's yes to more than 50 of them.
    confirmed: bool = False


class EditResultAnswer(Struct, frozen=True, kw_only=True):
    """What came of an edit."""

    id: UUID
    outcome: EditOutcome
    #: Why it was refused, or null.
    reason: EditRefusal | None
    #: On a conflict: what the field says now, who said it, and when.
    current: str | tuple[str, ...] | bool | None
    by: str
    at: datetime | None


class EditsAnswer(Struct, frozen=True, kw_only=True):
    """What came of edits."""

    #: The batch of those that were applied, or null.
    batch: UUID | None
    version: int
    #: In the order of the request.
    results: list[EditResultAnswer]


class BalanceBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A balance that a person states: what the account held at the end of the day."""

    account_id: UUID
    on: _Day
    balance: str


class AdjustmentBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An explicit line that makes a stretch add up until its cause is found."""

    account_id: UUID
    on: _Day
    amount: str
    reason: _Reason


class StatedBatchAnswer(Struct, frozen=True, kw_only=True):
    """The batch that a typed balance or an adjustment made."""

    batch: UUID
    version: int


class SuspicionAnswer(Struct, frozen=True, kw_only=True):
    """What may be wrong with one entry."""

    entry: UUID
    #: "doubled", "wrong sign", "transposed digits", "fee missing", "left out" or "not on the statement".
    cause: str
    #: What the sum would gain if it were put right.
    effect: str


class StretchAnswer(Struct, frozen=True, kw_only=True):
    """A stretch between two stated balances that does not add up, and what explains it."""

    #: The day of the earlier balance.
    after: str
    #: The day of the later one.
    through: str
    #: What the entries lead to, less what was stated.
    difference: str
    #: An entry of this amount would make up for it, if it were missing.
    missing: str
    #: How many entries each set names; 0 where no set was found.
    size: int
    #: The smallest sets, as far as they are listed.
    sets: list[list[SuspicionAnswer]]
    #: How many sets of that size there are.
    count: int
    #: Whether the search ended before everything was tried.
    bounded: bool


class ExplanationAnswer(Struct, frozen=True, kw_only=True):
    """Why an account does not add up; no stretch where it does."""

    account_id: UUID
    currency: str
    stretches: list[StretchAnswer]


class CloseMonthBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A month to close."""

    month: _Month


class ReopenBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a closed month is opened again."""

    reason: _Reason


class ReopenedAnswer(Struct, frozen=True, kw_only=True):
    """A month that is open again."""

    month: str
    version: int


class ClosedEntry(Struct, frozen=True, kw_only=True):
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


class ClosedSource(Struct, frozen=True, kw_only=True):
    """A file that something of the account was read from."""

    file_name: str
    #: SHA-256 in hex.
    sha256: str


class ClosedAccount(Struct, frozen=True, kw_only=True):
    """An account as it was when the month was closed."""

    id: str
    name: str
    currency: str
    #: Balance before the month's first entry, or null where none was ever stated.
    opening: str | None
    #: "stated", "anchored" or "none".
    opening_source: str
    entries: list[ClosedEntry]
    #: The month's entries, summed once.
    sum: str
    closing: str | None
    #: The last balance that was stated in the month, or null.
    stated_on: str | None
    stated: str | None
    #: "not yet proven", "proven" or "differs", of the stretches that end in the month.
    proof: str
    #: Entries that were pending.
    outstanding: list[ClosedEntry]
    adjustments: list[ClosedEntry]
    sources: list[ClosedSource]


class Evidence(Struct, frozen=True, kw_only=True):
    """A closed month as it was: the same bytes for ever."""

    ledger: str
    month: str
    #: The ledger's version that was frozen.
    version: int
    closed_at: str
    closed_by: str
    accounts: list[ClosedAccount]


class LateArrival(Struct, frozen=True, kw_only=True):
    """What changed of a closed month after it was closed."""

    #: "added", "changed" or "gone".
    change: str
    account_id: str
    entry: ClosedEntry


class ClosingSummary(Struct, frozen=True, kw_only=True):
    """A closing, without its evidence."""

    id: UUID
    month: str
    version: int
    closed_at: datetime
    by: str
    reopened_at: datetime | None
    reopened_by: str
    #: Why it was reopened, or "".
    reason: str


class ClosingsAnswer(Struct, frozen=True, kw_only=True):
    """Every closing, oldest first."""

    closings: list[ClosingSummary]


class ClosingAnswer(Struct, frozen=True, kw_only=True):
    """A closed month: its evidence, and what arrived late."""

    closing: ClosingSummary
    evidence: Evidence
    late_arrivals: list[LateArrival]


class LeaseBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A workbook to hold."""

    workbook: UUID
    seconds: Annotated[int, Meta(ge=1, le=300)] = 120
    #: Who holds it, an id of the caller's making: the same holder gets the workbook again, after a kill say.
    holder: UUID | None = None


class LeaseAnswer(Struct, frozen=True, kw_only=True):
    """A workbook that nobody else writes into until then."""

    lease: UUID
    expires_at: datetime
