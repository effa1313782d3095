"""
What a statement file says, in one shape for every format.

Readers return a `StatementFile` or raise `StatementRefused`; they never guess silently.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from server.exact_amounts.entries.entry import AccountType
from server.exact_amounts.entries.money import ExactAmount

__all__ = [
    "ReadingProblem",
    "StatedBalance",
    "Statement",
    "StatementAccount",
    "StatementFile",
    "StatementTransaction",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementTransaction:
    """One booked or pending line of a statement."""

    #: 1-based line of the file on which the transaction begins.
    line: int
    #: ISO 8601 calendar date as the bank wrote it; a zone in the file never moves it.
    posted_on: str
    #: Positive is money into the account; currency XXX where the file names none.
    amount: ExactAmount
    original: ExactAmount | None = None
    description: str = field(repr=False)
    counterparty: str = field(default="", repr=False)
    reference: str = field(default="", repr=False)
    #: The bank's identifier of the transaction, or "" where the file has none.
    bank_id: str = field(default="", repr=False)
    #: The bank's own word for the kind of transaction (OFX TRNTYPE), or "".
    bank_kind: str = ""
    running_balance: ExactAmount | None = None
    reversal: bool = False
    pending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedBalance:
    """A booked balance (never the available one) at the end of a calendar day."""

    #: ISO 8601 calendar date.
    stated_on: str
    balance: ExactAmount


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement of one account: a stretch of its history."""

    opening: StatedBalance | None
    closing: StatedBalance | None
    transactions: tuple[StatementTransaction, ...]
    #: First and last day covered, where the file says so.
    first_day: str | None = None
    last_day: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementAccount:
    """An account named in a file, with its statements in the order of the file."""

    #: The bank's and the account's number as the file has them, joined by "/"; "" where it names none.
    number: str = field(repr=False)
    account_type: AccountType
    #: ISO 4217 code; XXX where the file names none.
    currency: str
    #: The institution as the file names it, or "".
    institution: str = ""
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingProblem:
    """Something in a file that was not read, and why: no text of the file is repeated."""

    line: int
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementFile:
    """Everything that was read from one file."""

    #: "ofx" (OFX and QFX, every version).
    format: str
    accounts: tuple[StatementAccount, ...]
    #: What was left out, by line; never an entry of the account's own history.
    problems: tuple[ReadingProblem, ...] = ()
