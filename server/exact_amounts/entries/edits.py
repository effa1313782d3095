"""
What a person may do to entries, and what came of it. Shapes only; `reconciliation.edit_plan` decides.

An edit has an id of the caller's making: sent twice it is done once. `base` is the version of the entry that the
caller saw; where the field changed after it, the edit is a conflict and nothing is lost.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import TypeAlias
from uuid import UUID

from server.exact_amounts.entries.money import ExactAmount
from server.shared_types.ids import EntryId

__all__ = [
    "Edit",
    "EditKind",
    "EditOutcome",
    "EditRefusal",
    "PartOfSplit",
    "Value",
]

#: A word, tags, a tick, a date, or nothing.
Value: TypeAlias = str | tuple[str, ...] | bool | None


@unique
class EditKind(StrEnum):
    """The kinds of edits; the values stand in sealed records and never change."""

    #: `value` is a category's name, or None for what the provider says.
    CATEGORY = "category"
    TAGS = "tags"
    NOTES = "notes"
    REVIEWED = "reviewed"
    #: `value` is the last day of the statement that the entry belongs to (ISO 8601), or None for its own date.
    STATEMENT = "statement"
    #: `parts` add up to the entry.
    SPLIT = "split"
    UNSPLIT = "unsplit"
    REMOVE = "remove"
    RESTORE = "restore"
    #: `others` are the same payment as the entry, which stands for them from now on.
    MERGE = "merge"
    #: The entry comes out of its merger.
    UNMERGE = "unmerge"
    #: The entry and `others` are the legs of one transfer; what they differ by is a fee, where `fee` allows it.
    MATCH = "match"
    UNMATCH = "unmatch"


@unique
class EditOutcome(StrEnum):
    """What came of an edit."""

    APPLIED = "applied"
    #: It was applied before, under the same id.
    REPEATED = "repeated"
    #: The ledger says so already.
    NOTHING = "nothing"
    #: The field was changed after the caller saw it.
    CONFLICT = "conflict"
    REFUSED = "refused"


@unique
class EditRefusal(StrEnum):
    """Why an edit is refused, in words of ours."""

    UNKNOWN_ENTRY = "no such entry"
    UNKNOWN_CATEGORY = "no such category"
    TEXT_NOT_ACCEPTABLE = "text not acceptable"
    DATE_NOT_READABLE = "date not readable"
    ENTRY_IS_GONE = "the entry was removed"
    ENTRY_IS_NOT_GONE = "the entry was not removed"
    MONTH_IS_CLOSED = "the month is closed"
    PARTS_DO_NOT_ADD_UP = "the parts do not add up"
    TOO_FEW_PARTS = "a split has two parts at least"
    NOT_A_WHOLE_ENTRY = "parts and adjustments are not split"
    NOT_A_SPLIT = "the entry is not split"
    NOT_THE_SAME = "not the same account and amount"
    PENDING_CANNOT_STAY = "a booked entry is not merged into a pending one"
    NOT_A_TRANSFER = "the legs do not cancel out"
    NOT_MATCHED = "the entry is in no transfer"
    NOT_MERGED = "the entry was not merged"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartOfSplit:
    """A line of a split, in the currency of its account."""

    amount: ExactAmount
    description: str = field(default="", repr=False)
    #: A category's name.
    category: str | None = None
    notes: str = field(default="", repr=False)
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One edit, as a person asks for it."""

    edit_id: UUID
    entry_id: EntryId
    kind: EditKind
    #: The version of the entry that the person saw.
    base: int
    value: Value = field(default=None, repr=False)
    parts: tuple[PartOfSplit, ...] = ()
    others: tuple[EntryId, ...] = ()
    #: The versions of `others` that the person saw, in their order; empty where they are not known.
    other_bases: tuple[int, ...] = ()
    #: Whether a transfer's legs may differ, the rest being a fee.
    fee: bool = False
    #: Whether the person saw the conflict and wants this all the same.
    override: bool = False
