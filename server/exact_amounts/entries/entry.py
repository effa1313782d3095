"""Entries and accounts of the ledger, as the exact side knows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum, unique

from server.exact_amounts.entries.money import ExactAmount
from server.shared_types.ids import AccountId, BatchId, EntryId

__all__ = [
    "Account",
    "AccountType",
    "Anchor",
    "AnchorSource",
    "CategorySource",
    "EntryField",
    "EntryRole",
    "EntryStatus",
    "EntryText",
    "LedgerEntry",
    "Removal",
]


@unique
class EntryStatus(StrEnum):
    """Whether the bank has booked an entry; pending ones stand outside every proof."""

    POSTED = "posted"
    PENDING = "pending"


@unique
class EntryRole(StrEnum):
    """What an entry is to others."""

    #: As the bank gave it, or typed.
    WHOLE = "whole"
    #: A whole entry that has parts: they stand for it in sums by category, it stands for them in proofs.
    SPLIT = "split"
    #: A line of a split.
    PART = "part"
    #: An explicit line that makes a stretch add up until its cause is found; it goes by itself then.
    ADJUSTMENT = "adjustment"


@unique
class Removal(StrEnum):
    """Why an entry is gone. What a user removed or merged is remembered: an import does not bring it back."""

    UNDONE = "undone"
    USER = "user"
    MERGED = "merged"
    CLEARED = "cleared"
    UNSPLIT = "unsplit"
    BANK = "bank"


@unique
class EntryField(IntEnum):
    """What of an entry can be edited, each with the version at which it last changed."""

    CATEGORY = 0
    TAGS = 1
    NOTES = 2
    REVIEWED = 3
    STATEMENT = 4
    TRANSFER = 5
    #: Amount, parts, and whether it is there at all.
    SHAPE = 6


@unique
class CategorySource(StrEnum):
    """Who said it: a user's word beats a rule's, a rule's beats the provider's."""

    USER = "user"
    RULE = "rule"
    PROVIDER = "provider"


@unique
class AccountType(StrEnum):
    """What kind of account a bank calls it; amounts have the same sign in all of them."""

    CHECKING = "checking"
    SAVINGS = "savings"
    CREDIT_CARD = "credit_card"
    LOAN = "loan"
    INVESTMENT = "investment"
    OTHER = "other"


@unique
class AnchorSource(StrEnum):
    """Who stated a balance."""

    #: A statement's first balance: what the account held before the statement's first entry.
    OPENING = "opening"
    #: A statement's last balance.
    STATEMENT = "statement"
    BANK = "bank"
    TYPED = "typed"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class EntryText:
    """What is written about an entry: sealed as one record, and printing it shows nothing."""

    description: str
    merchant: str = ""
    #: The bank's reference or check number, as the file has it.
    reference: str = ""
    #: The bank's identifier of the transaction, or "".
    bank_id: str = ""
    #: The bank's own word for the kind of transaction (OFX TRNTYPE), or "".
    bank_kind: str = ""
    category_id: str | None = None
    category_source: CategorySource | None = None
    notes: str = ""
    tags: tuple[str, ...] = ()
    reviewed: bool = False
    #: What the legs of a transfer share, or None.
    transfer_id: str | None = None
    #: The ids of the other legs.
    transfer_legs: tuple[str, ...] = ()
    #: The entry that stands for this one since they were merged, or None.
    merged_into: str | None = None
    #: The ledger's version at which each `EntryField` last changed; empty where none ever did.
    field_versions: tuple[int, ...] = ()

    def version_of(self, field: EntryField) -> int:
        """The ledger's version at which a field last changed; 0 where it never did."""
        return self.field_versions[field] if self.field_versions else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One line of the ledger."""

    entry_id: EntryId
    #: The ledger's version at which this entry last changed.
    version: int
    account_id: AccountId
    batch_id: BatchId
    #: ISO 8601 calendar date, as the bank wrote it.
    posted_on: str
    #: Positive is money into the account; the currency is the account's.
    amount: ExactAmount
    #: The amount in another currency that the bank names beside it.
    original: ExactAmount | None = None
    text: EntryText = field(repr=False)
    status: EntryStatus = EntryStatus.POSTED
    #: Kept as a tombstone; `removal` says why.
    removed: bool = False
    removal: Removal | None = None
    role: EntryRole = EntryRole.WHOLE
    #: The split that a part belongs to.
    parent_id: EntryId | None = None
    #: The last day of the statement that the entry belongs to, where that is not the one of its date.
    statement_on: str | None = None

    @property
    def proof_day(self) -> str:
        """The day on which it counts in proofs."""
        return self.statement_on or self.posted_on

    @property
    def counts_in_proofs(self) -> bool:
        """Whether a proof counts it once it is posted: in a proof a split stands for its parts."""
        return not self.removed and self.role is not EntryRole.PART


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account of the ledger."""

    account_id: AccountId
    version: int
    name: str = field(repr=False)
    account_type: AccountType
    #: ISO 4217 code.
    currency: str
    #: The last digits of the number, for people to tell accounts apart; never the whole number.
    number_tail: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A balance that a bank or a person stated: the account held `balance` at the end of `stated_on`."""

    account_id: AccountId
    batch_id: BatchId
    #: The ledger's version at which it was stated: of two on one date the later one holds.
    version: int
    #: ISO 8601 calendar date.
    stated_on: str
    balance: ExactAmount
    source: AnchorSource
