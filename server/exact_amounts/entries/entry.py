"""Entries and accounts of the ledger, as the exact side knows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum, unique

from server.exact_amounts.entries.money import ExactAmount
from server.shared_types.ids import AccountId, BatchId, EntryId

__all__ = [
    "Account",
    "AccountType",
    "Anchor",
    "AnchorSource",
    "CategorySource",
    "EntryStatus",
    "EntryText",
    "LedgerEntry",
]


@unique
class EntryStatus(StrEnum):
    """Whether the bank has booked an entry; pending ones stand outside every proof."""

    POSTED = "posted"
    PENDING = "pending"


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
    #: Withdrawn by undo or by the bank; kept as a tombstone.
    removed: bool = False


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
