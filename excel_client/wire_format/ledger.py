"""Accounts, entries, statements and batches, as far as the client reads them. Amounts stay text here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import msgspec
from msgspec.structs import force_setattr

__all__ = [
    "STATEMENT_BYTES_MAX",
    "Account",
    "Accounts",
    "ApiKey",
    "BatchSummary",
    "Batches",
    "Changes",
    "ImportedAccount",
    "ImportedStatement",
    "LedgerEntry",
    "PreviewedAccount",
    "PreviewedStatement",
    "ProblemAnswer",
    "Profile",
    "SignedUp",
    "StatementLine",
    "StatementProblem",
    "Undone",
    "WholeChanges",
    "WholeEntry",
    "share_texts",
]

_KEY = re.compile(r"pv_(?:test|live)_[A-Za-z0-9_-]{20,200}")


@dataclass(frozen=True, slots=True, repr=False)
class ApiKey:
    """A bearer token. Read it with `reveal`; printing it shows a mask."""

    _text: str = field()

    @classmethod
    def read(cls, text: str) -> ApiKey | None:
        """Return the key that `text` is, or None when it has not the shape of one."""
        stripped = text.strip()
        return cls(stripped) if _KEY.fullmatch(stripped) else None

    def reveal(self) -> str:
        """The key itself: for the Authorization header and for the place that keeps it."""
        return self._text

    def __repr__(self) -> str:
        return "ApiKey(***)"


class Profile(msgspec.Struct, frozen=True):
    """Whose key this is, and of which ledger."""

    ledger: str
    ledger_name: str
    role: str
    scopes: tuple[str, ...]
    environment: str
    epoch: str
    version: int


class SignedUp(msgspec.Struct, frozen=True):
    """A ledger that was just made, with its first key."""

    ledger: str
    token: str

    def __repr__(self) -> str:
        return "SignedUp(***)"


class Account(msgspec.Struct, frozen=True):
    """An account with its proof."""

    id: str
    version: int
    name: str
    currency: str
    type: str
    #: Posted entries.
    entries: int
    sum: str
    opening: str | None
    opening_source: str
    closing: str | None
    first_balance_on: str | None
    first_balance: str | None
    bank_balance_on: str | None
    bank_balance: str | None
    balances: int
    windows_off: int
    difference: str | None
    proof: str
    decimals: int
    #: The last month that is closed ("2026-03"), or None.
    closed_through: str | None = None
    #: How many adjustments are in force.
    adjustments: int = 0
    #: The last characters of the account's number, or "".
    number_tail: str = ""


class Accounts(msgspec.Struct, frozen=True):
    """Every account of the ledger."""

    accounts: tuple[Account, ...]


class LedgerEntry(msgspec.Struct, frozen=True, gc=False):
    """An entry, as far as a workbook shows it."""

    id: str
    version: int
    account_id: str
    posted_on: str
    amount: str
    currency: str
    description: str
    merchant: str
    category: str | None
    notes: str
    tags: tuple[str, ...]
    reviewed: bool
    status: str
    removed: bool
    #: The split that a part belongs to.
    parent: str | None = None
    #: What the legs of a transfer share.
    transfer: str | None = None
    #: "whole", "split", "part" or "adjustment".
    role: str = "whole"
    #: The last day of the statement that it belongs to, where that is not the one of its date.
    statement_on: str | None = None


def share_texts(entries: Iterable[LedgerEntry], texts: dict[str, str]) -> None:
    """Let entries hold one copy of a text that comes again and again; each page brings copies of its own."""
    share = texts.setdefault
    for entry in entries:
        force_setattr(entry, "account_id", share(entry.account_id, entry.account_id))
        force_setattr(entry, "posted_on", share(entry.posted_on, entry.posted_on))
        force_setattr(entry, "currency", share(entry.currency, entry.currency))
        force_setattr(entry, "merchant", share(entry.merchant, entry.merchant))
        force_setattr(entry, "status", share(entry.status, entry.status))
        if entry.category is not None:
            force_setattr(entry, "category", share(entry.category, entry.category))


class WholeEntry(msgspec.Struct, frozen=True, gc=False):
    """An entry with every field that an export carries, in its order."""

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
    category: str | None
    category_source: str | None
    notes: str
    tags: tuple[str, ...]
    reviewed: bool
    bucket: str
    status: str
    transfer: str | None
    review: tuple[msgspec.Raw, ...]
    removed: bool


class Changes(msgspec.Struct, frozen=True):
    """A page of what changed; the accounts stand on the last page."""

    ledger: str
    epoch: str
    version: int
    cursor: str
    more: bool
    accounts: tuple[Account, ...]
    entries: tuple[LedgerEntry, ...]


class WholeChanges(msgspec.Struct, frozen=True):
    """The same page with whole entries."""

    ledger: str
    epoch: str
    version: int
    cursor: str
    more: bool
    accounts: tuple[Account, ...]
    entries: tuple[WholeEntry, ...]


class StatementProblem(msgspec.Struct, frozen=True):
    """Something in a file that was left out, and why."""

    line: int
    what: str


class StatementLine(msgspec.Struct, frozen=True):
    """What a line of a statement is to the ledger."""

    line: int
    #: "new", "same" or "conflicts".
    verdict: str
    because: str


class PreviewedAccount(msgspec.Struct, frozen=True):
    """An account of a statement that is not imported yet."""

    name: str
    currency: str
    known: bool
    new: int
    same: int
    conflicts: int


class PreviewedStatement(msgspec.Struct, frozen=True):
    """What an import would do."""

    format: str
    accounts: tuple[PreviewedAccount, ...]
    rows: tuple[StatementLine, ...]
    problems: tuple[StatementProblem, ...]
    file_seen_before: bool


class ImportedAccount(msgspec.Struct, frozen=True):
    """What an import did to one account."""

    name: str
    added: int
    same: int
    conflicts: int


class ImportedStatement(msgspec.Struct, frozen=True):
    """What an import did; the batch is None when nothing was new."""

    batch: str | None
    version: int
    added: int
    same: int
    conflicts: int
    anchors: int
    accounts: tuple[ImportedAccount, ...]
    rows: tuple[StatementLine, ...]
    problems: tuple[StatementProblem, ...]


class BatchSummary(msgspec.Struct, frozen=True):
    """A batch of entries that came in together."""

    id: str
    kind: str
    created_at: str
    added: int
    file_name: str | None
    undone_at: str | None
    #: What typed rows are: None for entries, "edit", "balance", "adjustment" or "clearing".
    purpose: str | None = None
    #: Whose key wrote it.
    by: str = ""


class Batches(msgspec.Struct, frozen=True):
    """The batches, newest first."""

    batches: tuple[BatchSummary, ...]


class Undone(msgspec.Struct, frozen=True):
    """What an undo took back."""

    batch: str
    version: int
    removed: int
    #: How many fields keep a later word.
    kept: int = 0


class ProblemAnswer(msgspec.Struct, frozen=True):
    """A refusal of the server (RFC 9457)."""

    code: str = ""
    request_id: str = ""
    place: dict[str, str | int] = {}


#: The largest statement that the server takes.
STATEMENT_BYTES_MAX: Final = 20 * 1024 * 1024
