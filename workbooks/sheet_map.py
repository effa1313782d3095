"""
Every sheet, table, column and name of the workbook, spelled once.

Columns are found by these header names, wherever the user has moved them; everything else in the workbook is the
user's. A name here changes only with a migration of the workbooks that people already have.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique

__all__ = [
    "ACCOUNTS_TABLE",
    "EDITABLE_COLUMNS",
    "LEDGER_TABLE",
    "LOG_TABLE",
    "REMOVED_ON",
    "REMOVED_TABLE",
    "REVIEW_TABLE",
    "STATE_SHEET",
    "TABLES",
    "TEMPLATE_VERSION",
    "AccountsColumn",
    "DecisionWord",
    "LedgerColumn",
    "LogColumn",
    "ReviewColumn",
    "SheetName",
    "StateKey",
    "StatusWord",
    "TableShape",
    "WorkbookName",
]

#: Grows when a workbook made from an older template has to be brought up to date.
TEMPLATE_VERSION = 2


@unique
class SheetName(StrEnum):
    """Sheets of the template, in their order."""

    LEDGER = "Ledger"
    ACCOUNTS = "Accounts"
    REVIEW = "Review"
    REMOVED = "Removed"
    LOG = "Log"
    STATE = "_pennyvault"


#: The very hidden sheet: keys in column A, values in column B, from row 1 on. Never an address, never a secret.
STATE_SHEET = SheetName.STATE


@unique
class LedgerColumn(StrEnum):
    """Columns of the Ledger table, in the template's order."""

    DATE = "Date"
    ACCOUNT = "Account"
    DESCRIPTION = "Description"
    MERCHANT = "Merchant"
    AMOUNT = "Amount"
    CURRENCY = "Currency"
    CATEGORY = "Category"
    TAGS = "Tags"
    NOTES = "Notes"
    REVIEWED = "Reviewed"
    MATCH = (
        "Match"  # the same word in several rows: the legs of a transfer, or one payment seen twice
    )
    STATEMENT = (
        "Statement"  # date: the statement that the entry belongs to, blank for the one of its date
    )
    STATUS = "Status"  # posted | pending | split | adjustment; a person may type part, remove, whole or restore
    ENTRY_ID = "Entry ID"  # hidden: the key of the merge, a UUID in text
    ACCOUNT_ID = "Account ID"  # hidden: the key of the proof's formulas, a UUID in text
    PARENT_ID = "Split of"  # hidden: the Entry ID of the split that a part belongs to
    PROOF_DATE = "Proof date"  # hidden: the day on which the row counts in proofs
    BASE = "Base"  # hidden: version and a digest per editable field, see excel_client.write_plan


#: What a person may change in a row; everything else the server states. (A gesture in Status is a word of its own.)
EDITABLE_COLUMNS = (
    LedgerColumn.CATEGORY,
    LedgerColumn.TAGS,
    LedgerColumn.NOTES,
    LedgerColumn.REVIEWED,
    LedgerColumn.MATCH,
    LedgerColumn.STATEMENT,
)


@unique
class AccountsColumn(StrEnum):
    """
    Columns of the Accounts table, in the template's order.

    ENTRIES, SUM, CLOSING, DIFFERENCE and PROOF are live formulas over the Ledger table; the others are written.
    In them a split's parts stand for it, and a row counts on its Proof date.
    """

    ACCOUNT = "Account"
    CURRENCY = "Currency"
    PROOF = (
        "Proof"  # formula: not yet proven (fewer than two balances) | proven | adjusted | differs
    )
    ADJUSTMENTS = (
        "Adjustments"  # written: how many are in force; a proof that needs them is "adjusted"
    )
    DIFFERENCE = "Difference"  # formula: First balance + entries after it up to Bank balance on - Bank balance
    CLOSING = "Closing"  # formula: Opening + Sum, blank where Opening is blank
    BANK_BALANCE = "Bank balance"  # written: number, or blank
    BANK_BALANCE_ON = "Bank balance on"  # written: date of the last stated balance, or blank
    ENTRIES = "Entries"  # formula: rows of the account in the Ledger that count: posted ones, parts, adjustments
    SUM = "Sum"  # formula: their sum, rounded once to the currency's decimals
    OPENING = "Opening"  # written: number, or blank where opening source is none
    OPENING_SOURCE = "Opening source"  # written: stated | anchored | none
    FIRST_BALANCE = "First balance"  # written: number, or blank
    FIRST_BALANCE_ON = "First balance on"  # written: date, or blank
    BALANCES = "Balances"  # written: how many balances were stated for this account (opening ones included)
    WINDOWS_OFF = "Windows off"  # written: how many stretches between stated balances do not add up
    CLOSED_THROUGH = "Closed through"  # written: the last closed month in text, 2026-03, or blank
    TYPE = "Type"
    DECIMALS = "Decimals"  # hidden, written: decimals of the currency
    ACCOUNT_ID = "Account ID"  # hidden: a UUID in text


@unique
class StatusWord(StrEnum):
    """What stands in Status, or may be typed there."""

    POSTED = "posted"
    PENDING = "pending"
    SPLIT = "split"  # its parts count, it does not
    ADJUSTMENT = "adjustment"
    REMOVED = "removed"  # in Removed only
    # Typed by a person, taken up by the next refresh:
    PART = "part"  # in a row without Entry ID: a part of the nearest row above with one
    REMOVE = "remove"
    WHOLE = "whole"  # in a split row: take the split back
    RESTORE = "restore"  # in Removed


@unique
class ReviewColumn(StrEnum):
    """Columns of the Review table: open questions, made anew by each refresh."""

    QUESTION = "Question"  # what it is about, in words
    ACCOUNT = "Account"
    DATE = "Date"
    DESCRIPTION = "Description"
    FIELD = "Field"  # a column of the Ledger, or blank
    HERE = "Here"  # what this workbook says
    LEDGER = "Ledger"  # what the ledger says
    BY = "By"  # who said so, and when
    DECISION = "Decision"  # typed by a person: mine | theirs, yes | no
    ENTRY_ID = "Entry ID"  # hidden: a UUID in text, or blank
    QUESTION_ID = "Question ID"  # hidden: a UUID in text, the same as long as the question is


@unique
class DecisionWord(StrEnum):
    """What may be typed in Decision."""

    MINE = "mine"
    THEIRS = "theirs"
    YES = "yes"
    NO = "no"


@unique
class LogColumn(StrEnum):
    """Columns of the Log table: a row per refresh that changed something."""

    WHEN = "When"  # date and time in UTC
    WHAT = "What"  # text
    ADDED = "Added"
    CHANGED = "Changed"
    REMOVED = "Removed"
    KEPT = "Edits kept"  # cells that differ from their base and were left as the user typed them
    VERSION = "Version"  # the ledger's version that the workbook then showed


@unique
class StateKey(StrEnum):
    """Keys of the hidden sheet."""

    TEMPLATE_VERSION = "template version"
    WORKBOOK_ID = "workbook"  # a UUID in text, for the lease
    LEDGER_ID = "ledger"
    EPOCH = "epoch"
    CURSOR = "cursor"
    ROW_COUNT = "rows"
    CHECKSUM = "checksum"


@unique
class WorkbookName(StrEnum):
    """Names that the template defines in the workbook; what each holds is spelled in `workbooks.formulas`."""

    LAST_CHANGE = "LastChange"  # a cell above the Ledger: the last moment in the Log, or 0
    PROOF_SUMMARY = "ProofSummary"  # a cell above the Accounts: how many are proven, in words
    REVIEW_HINT = "ReviewHint"  # a cell above the Ledger: how many lines stand in Review, or blank
    REVIEW_SUMMARY = "ReviewSummary"  # a cell above the Review: the same, or that there is nothing
    ACCOUNT_IDS = "AccountIds"  # the Account ID column of Accounts, for conditional formats
    ACCOUNT_DECIMALS = "AccountDecimals"  # the Decimals column of Accounts, for conditional formats


@dataclass(frozen=True, slots=True, kw_only=True)
class TableShape:
    """A table of the template."""

    sheet: SheetName
    #: The table's name in the workbook.
    name: str
    columns: tuple[str, ...]


LEDGER_TABLE = TableShape(sheet=SheetName.LEDGER, name="Ledger", columns=tuple(LedgerColumn))
ACCOUNTS_TABLE = TableShape(
    sheet=SheetName.ACCOUNTS, name="Accounts", columns=tuple(AccountsColumn)
)
REVIEW_TABLE = TableShape(sheet=SheetName.REVIEW, name="Review", columns=tuple(ReviewColumn))
#: The last column of Removed: the day on which the refresh moved the row there.
REMOVED_ON = "Removed on"

#: The same columns as the Ledger, so that a row keeps everything on its way.
REMOVED_TABLE = TableShape(
    sheet=SheetName.REMOVED, name="Removed", columns=(*LedgerColumn, REMOVED_ON)
)
LOG_TABLE = TableShape(sheet=SheetName.LOG, name="RefreshLog", columns=tuple(LogColumn))

TABLES = (LEDGER_TABLE, ACCOUNTS_TABLE, REVIEW_TABLE, REMOVED_TABLE, LOG_TABLE)
