"""
The live formulas of the template, spelled once, as an .xlsx file stores them.

No leading `=`, and structured references in full: `Accounts[[#This Row],[Decimals]]`, since the `[@Decimals]` that
people type is never stored.

Texts only: nothing is calculated here. Every function in them is known to Excel 2007 and later and to LibreOffice.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from workbooks.sheet_map import (
    ACCOUNTS_TABLE,
    LEDGER_TABLE,
    LOG_TABLE,
    REVIEW_TABLE,
    AccountsColumn,
    LedgerColumn,
    LogColumn,
    ReviewColumn,
    StatusWord,
    WorkbookName,
)

__all__ = [
    "ACCOUNTS_FORMULAS",
    "ADJUSTED",
    "COUNTED",
    "DIFFERS",
    "HEADLINE_FORMULAS",
    "NAMED_COLUMNS",
    "NOTHING_TO_REVIEW",
    "NOT_YET_PROVEN",
    "PROVEN",
]

#: The words in Status that count. Pending entries stand outside sums and proofs, a split's parts are posted and stand
#: for it, and a gesture that is not yet taken up (`remove`, say) shows at once what it would do.
COUNTED = (StatusWord.POSTED, StatusWord.ADJUSTMENT)

#: The words that Proof may show beside a blank.
PROVEN = "proven"
ADJUSTED = "adjusted"
DIFFERS = "differs"
NOT_YET_PROVEN = "not yet proven"

NOTHING_TO_REVIEW = "Nothing to review."


def _this(column: AccountsColumn) -> str:
    """The cell of `column` in the same row of Accounts."""
    return f"{ACCOUNTS_TABLE.name}[[#This Row],[{column}]]"


def _ledger(column: LedgerColumn) -> str:
    """A whole column of the Ledger; a space in its name needs no second pair of brackets."""
    return f"{LEDGER_TABLE.name}[{column}]"


_ID = _this(AccountsColumn.ACCOUNT_ID)
_DECIMALS = _this(AccountsColumn.DECIMALS)
_OPENING = _this(AccountsColumn.OPENING)
_FIRST_ON = _this(AccountsColumn.FIRST_BALANCE_ON)
_FIRST = _this(AccountsColumn.FIRST_BALANCE)
_LAST_ON = _this(AccountsColumn.BANK_BALANCE_ON)
_LAST = _this(AccountsColumn.BANK_BALANCE)
_DIFFERENCE = _this(AccountsColumn.DIFFERENCE)


def _over_counted(function: str, first: str = "", last: str = "") -> str:
    """
    A COUNTIFS or SUMIFS over the account's rows that count, once for each word: such criteria know no "or".

    An Account ID is a UUID in text: it holds neither a wildcard nor an operator, and is never read as a number.
    """
    account = f"{_ledger(LedgerColumn.ACCOUNT_ID)},{_ID}"
    status = _ledger(LedgerColumn.STATUS)
    return "+".join(f'{function}({first}{account},{status},"{word}"{last})' for word in COUNTED)


_COUNT = _over_counted("COUNTIFS")
_SUM = _over_counted("SUMIFS", f"{_ledger(LedgerColumn.AMOUNT)},")
_PROOF_DATE = _ledger(LedgerColumn.PROOF_DATE)
#: Parts carry the Proof date of their split: splitting an entry moves no amount to another day.
_SUM_BETWEEN_BALANCES = _over_counted(
    "SUMIFS",
    f"{_ledger(LedgerColumn.AMOUNT)},",
    f',{_PROOF_DATE},">"&{_FIRST_ON},{_PROOF_DATE},"<="&{_LAST_ON}',
)

#: Formulas of the Accounts table by column. Each is blank in a row without an Account ID, and rounds once.
ACCOUNTS_FORMULAS: Mapping[AccountsColumn, str] = MappingProxyType(
    {
        AccountsColumn.ENTRIES: f'IF({_ID}="","",{_COUNT})',
        AccountsColumn.SUM: f'IF({_ID}="","",ROUND({_SUM},{_DECIMALS}))',
        AccountsColumn.CLOSING: (
            f'IF(OR({_ID}="",{_OPENING}=""),"",ROUND({_OPENING}+{_SUM},{_DECIMALS}))'
        ),
        AccountsColumn.DIFFERENCE: (
            f'IF(OR({_ID}="",{_this(AccountsColumn.BALANCES)}<2,'
            f'COUNT({_FIRST_ON},{_FIRST},{_LAST_ON},{_LAST})<4),"",'
            f"ROUND({_FIRST}+{_SUM_BETWEEN_BALANCES}-{_LAST},{_DECIMALS}))"
        ),
        AccountsColumn.PROOF: (
            f'IF({_ID}="","",IF({_DIFFERENCE}="","{NOT_YET_PROVEN}",'
            f"IF(AND({_DIFFERENCE}=0,{_this(AccountsColumn.WINDOWS_OFF)}=0),"
            f'IF({_this(AccountsColumn.ADJUSTMENTS)}>0,"{ADJUSTED}","{PROVEN}"),"{DIFFERS}")))'
        ),
    }
)


def _accounts_called(proof: str) -> str:
    """How many accounts show this word in Proof."""
    return f'COUNTIF({ACCOUNTS_TABLE.name}[{AccountsColumn.PROOF}],"{proof}")'


_REVIEW_LINES = f'COUNTIF({REVIEW_TABLE.name}[{ReviewColumn.QUESTION}],"?*")'

#: Formulas of single cells above the tables, by their defined names.
HEADLINE_FORMULAS: Mapping[WorkbookName, str] = MappingProxyType(
    {
        WorkbookName.LAST_CHANGE: f"MAX({LOG_TABLE.name}[{LogColumn.WHEN}])",
        WorkbookName.REVIEW_HINT: f'IF({_REVIEW_LINES}=0,"","To review: "&{_REVIEW_LINES})',
        WorkbookName.PROOF_SUMMARY: (
            f'IF(COUNTIF({ACCOUNTS_TABLE.name}[{AccountsColumn.ACCOUNT_ID}],"?*")=0,'
            f'"No accounts yet",{_accounts_called(PROVEN)}&" proven, "&'
            f'{_accounts_called(ADJUSTED)}&" adjusted, "&'
            f'{_accounts_called(DIFFERS)}&" with a difference, "&'
            f'{_accounts_called(NOT_YET_PROVEN)}&" not yet proven")'
        ),
        WorkbookName.REVIEW_SUMMARY: (
            f'IF({_REVIEW_LINES}=0,"{NOTHING_TO_REVIEW}","To review: "&{_REVIEW_LINES})'
        ),
    }
)

#: Table columns under a name: conditional formats take a name, but no structured reference.
NAMED_COLUMNS: Mapping[WorkbookName, str] = MappingProxyType(
    {
        WorkbookName.ACCOUNT_IDS: f"{ACCOUNTS_TABLE.name}[{AccountsColumn.ACCOUNT_ID}]",
        WorkbookName.ACCOUNT_DECIMALS: f"{ACCOUNTS_TABLE.name}[{AccountsColumn.DECIMALS}]",
    }
)
