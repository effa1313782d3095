"""What a sealed record is: bound into it, so that a record can't pass for another kind."""

from __future__ import annotations

from enum import IntEnum, unique
from typing import Final

__all__ = ["FIRST_TEXT_CONTEXT", "Context"]

#: Codes below are amounts, the others texts; each kind has its own key.
FIRST_TEXT_CONTEXT: Final = 100


@unique
class Context(IntEnum):
    """Codes are stored in no column but bound into every record: they never change their meaning."""

    ENTRY_AMOUNT = 1
    ANCHOR_BALANCE = 2
    #: An edit, or an entry as it was before it was booked: it may hold amounts.
    EDIT = 3
    EVIDENCE = 4

    ENTRY_TEXT = 100
    ACCOUNT_NAME = 101
    ACCOUNT_NUMBER = 102
    BATCH_SOURCE = 103
    TENANT_NAME = 104
    TOKEN_LABEL = 105
    IDEMPOTENT_ANSWER = 106
    LEDGER_SUMS = 107
    REOPENING_REASON = 108
