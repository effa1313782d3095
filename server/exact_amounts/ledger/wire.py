"""
The ledger's words on the wire: what `/v1` takes and gives. Shapes only, no rules.

Amounts are strings of plain digits with an optional sign and point, in the ledger's sign; dates are ISO 8601.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct, field

from server.exact_amounts.entries.entry import AccountType

__all__ = [
    "AccountAnswer",
    "AccountsAnswer",
    "BatchAnswer",
    "BatchesAnswer",
    "ChangesAnswer",
    "ChangesQuery",
    "CreateAccountBody",
    "CreateEntriesBody",
    "EntriesAnswer",
    "EntriesQuery",
    "EntryAnswer",
    "TypedBatchAnswer",
    "TypedEntryBody",
    "UndoneBatchAnswer",
]

_Limit = Annotated[int, Meta(ge=1, le=20_000)]
_Day = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]


class AccountAnswer(Struct, frozen=True, kw_only=True):
    """An account and its proof."""

    id: UUID
    version: int
    name: str
    currency: str
    type: str
    #: The last characters of the account's number, or "".
    number_tail: str
    #: How many entries are posted.
    entries: int
    #: Their exact sum.
    sum: str
    opening: str | None
    #: "stated", "anchored" or "none".
    opening_source: str
    closing: str | None
    first_balance_on: str | None
    first_balance: str | None
    bank_balance_on: str | None
    bank_balance: str | None
    #: How many balances were stated.
    balances: int
    windows_off: int
    difference: str | None
    #: "not yet proven", "proven" or "differs".
    proof: str
    #: Decimals of the currency's minor unit.
    decimals: int
    #: The last month that is closed ("2026-03"), or null.
    closed_through: str | None = None
    #: How many adjustments are in force.
    adjustments: int = 0


class AccountsAnswer(Struct, frozen=True, kw_only=True):
    """Every account of the ledger."""

    accounts: list[AccountAnswer]


class CreateAccountBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account to open."""

    name: str
    currency: str
    type: AccountType = AccountType.OTHER


class EntryAnswer(Struct, frozen=True, gc=False):
    """One line of the ledger. Made by the hundred thousand: in no cycle, so not tracked for one."""

    id: str
    version: int
    account_id: str
    bank_id: str
    parent: str | None
    posted_on: str
    amount: str
    currency: str
    original_amount: str | None
    original_currency: str | None
    description: str
    merchant: str
    #: The category's name.
    category: str | None
    #: "user", "rule" or "provider".
    category_source: str | None
    notes: str
    tags: tuple[str, ...]
    reviewed: bool
    bucket: str
    #: "posted", "pending", or "split" for one that its parts stand for.
    status: str
    #: The id that the legs of a transfer share.
    transfer: str | None
    #: Open questions about the entry.
    review: tuple[str, ...]
    removed: bool
    #: "whole", "split", "part" or "adjustment".
    role: str = "whole"
    #: The last day of the statement that it belongs to, where that is not the one of its date.
    statement_on: str | None = None
    #: Why it is gone: "undone", "user", "merged", "cleared", "unsplit" or "bank".
    removal: str | None = None


class EntriesQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which entries to list."""

    account: UUID | None = None
    #: First day, inclusive.
    first_day: _Day | None = field(default=None, name="from")
    #: Last day, inclusive.
    last_day: _Day | None = field(default=None, name="to")
    #: The `next` of the page before.
    after: str | None = None
    limit: _Limit = 1_000


class EntriesAnswer(Struct, frozen=True, kw_only=True):
    """Entries by date; removed ones are left out."""

    entries: list[EntryAnswer]
    #: The cursor of the next page, or null.
    next: str | None


class TypedEntryBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry that a person types."""

    account_id: UUID
    posted_on: str
    amount: str
    description: str
    merchant: str = ""
    #: A category's name.
    category: str | None = None
    notes: str = ""
    tags: Annotated[tuple[str, ...], Meta(max_length=50)] = ()
    reviewed: bool = False
    original_amount: str | None = None
    original_currency: str | None = None


class CreateEntriesBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Typed entries: all of them become one batch, or none does."""

    entries: Annotated[list[TypedEntryBody], Meta(min_length=1, max_length=1_000)]


class TypedBatchAnswer(Struct, frozen=True, kw_only=True):
    """The batch that typed entries made."""

    batch: UUID
    version: int
    #: Ids of the entries, in the order of the request.
    entries: list[UUID]


class BatchAnswer(Struct, frozen=True, kw_only=True):
    """A batch: entries that came together and can be undone together."""

    id: UUID
    #: "import" or "typed".
    kind: str
    #: What typed rows are: null for entries, "edit", "balance" or "adjustment".
    purpose: str | None
    #: Whose token wrote it.
    by: str
    created_at: datetime
    added: int
    #: The name of the file it was read from, or null.
    file_name: str | None
    undone_at: datetime | None


class BatchesAnswer(Struct, frozen=True, kw_only=True):
    """Every batch, newest first."""

    batches: list[BatchAnswer]


class UndoneBatchAnswer(Struct, frozen=True, kw_only=True):
    """What an undo did."""

    batch: UUID
    version: int
    #: How many entries went.
    removed: int
    #: How many fields keep a later word.
    kept: int


class ChangesQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From where to read: without `after`, from the start."""

    epoch: str | None = None
    #: The `cursor` of the page before.
    after: str | None = None
    limit: _Limit = 5_000


class ChangesAnswer(Struct, frozen=True, kw_only=True):
    """A page of changes, in the order in which they were committed."""

    ledger: UUID
    epoch: str
    #: The ledger's version when the page was read.
    version: int
    cursor: str
    #: Whether there is a next page already.
    more: bool
    #: Every account, on the last page; empty on the others.
    accounts: list[AccountAnswer]
    entries: list[EntryAnswer]
