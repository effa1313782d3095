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
    "STATE_SHEET",
    "TABLES",
    "TEMPLATE_VERSION",
    "AccountsColumn",
    "LedgerColumn",
    "LogColumn",
    "SheetName",
    "StateKey",
    "TableShape",
    "WorkbookName",
]

#: Grows when a workbook made from an older template has to be brought up to date.
TEMPLATE_VERSION = 1


@unique
class SheetName(StrEnum):
    """Sheets of the template, in their order."""

    LEDGER = "Ledger"
    ACCOUNTS = "Accounts"
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
    STATUS = "Status"
    ENTRY_ID = "Entry ID"  # hidden: the key of the merge, a UUID in text
    ACCOUNT_ID = "Account ID"  # hidden: the key of the proof's formulas, a UUID in text
    BASE = "Base"  # hidden: version and a digest per editable field, see excel_client.write_plan


#: What a person may change in a row; everything else the server states.
EDITABLE_COLUMNS = (
    LedgerColumn.CATEGORY,
    LedgerColumn.TAGS,
    LedgerColumn.NOTES,
    LedgerColumn.REVIEWED,
)


@unique
class AccountsColumn(StrEnum):
    """
    Columns of the Accounts table, in the template's order.

    ENTRIES, SUM, CLOSING, DIFFERENCE and PROOF are live formulas over the Ledger table; the others are written.
    """

    ACCOUNT = "Account"
    CURRENCY = "Currency"
    PROOF = "Proof"  # formula: not yet proven (fewer than two balances) | proven | differs
    DIFFERENCE = "Difference"  # formula: First balance + entries after it up to Bank balance on - Bank balance
    CLOSING = "Closing"  # formula: Opening + Sum, blank where Opening is blank
    BANK_BALANCE = "Bank balance"  # written: number, or blank
    BANK_BALANCE_ON = "Bank balance on"  # written: date of the last stated balance, or blank
    ENTRIES = "Entries"  # formula: posted entries of the account in the Ledger
    SUM = "Sum"  # formula: their sum, rounded once to the currency's decimals
    OPENING = "Opening"  # written: number, or blank where opening source is none
    OPENING_SOURCE = "Opening source"  # written: stated | anchored | none
    FIRST_BALANCE = "First balance"  # written: number, or blank
    FIRST_BALANCE_ON = "First balance on"  # written: date, or blank
    BALANCES = "Balances"  # written: how many balances were stated for this account (opening ones included)
    WINDOWS_OFF = "Windows off"  # written: how many stretches between stated balances do not add up
    TYPE = "Type"
    DECIMALS = "Decimals"  # hidden, written: decimals of the currency
    ACCOUNT_ID = "Account ID"  # hidden: a UUID in text


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
LOG_TABLE = TableShape(sheet=SheetName.LOG, name="RefreshLog", columns=tuple(LogColumn))

TABLES = (LEDGER_TABLE, ACCOUNTS_TABLE, LOG_TABLE)
