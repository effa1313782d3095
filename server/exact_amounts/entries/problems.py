"""
Problems of the exact side. No message holds a value: a place is a line number or a name of our own.

* RequestProblem
  + ExactSideProblem
    + StatementRefused
    + CurrencyNeeded
    + UnknownCurrency
    + EntryRefused
      + AmountNotReadable
      + DateNotReadable
      + TextNotAcceptable
      + UnknownCategory
    + UnknownAccount
    + UnknownBatch
    + AlreadyUndone
    + ConfirmationNeeded
    + MonthIsClosed
    + MonthNotClosed
    + MonthNotOver
    + WorkbookBusy
    + EpochIsOver
    + CursorNotReadable
    + IdempotencyKeyReused
    + AccountNameTaken
    + AccountNameNotAcceptable
    + LedgerTampered
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from uuid import UUID

from server.shared_types.problems import RequestProblem

__all__ = [
    "AccountNameNotAcceptable",
    "AccountNameTaken",
    "AlreadyUndone",
    "AmountNotReadable",
    "ConfirmationNeeded",
    "CurrencyNeeded",
    "CursorNotReadable",
    "DateNotReadable",
    "EntryRefused",
    "EpochIsOver",
    "ExactSideProblem",
    "IdempotencyKeyReused",
    "LedgerTampered",
    "MonthIsClosed",
    "MonthNotClosed",
    "MonthNotOver",
    "StatementRefused",
    "TextNotAcceptable",
    "UnknownAccount",
    "UnknownBatch",
    "UnknownCategory",
    "UnknownCurrency",
    "WorkbookBusy",
]

#: Ids that an answer names.
_ROWS_SHOWN = 10


class ExactSideProblem(RequestProblem):
    """The ledger refuses this."""

    code = "refused"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class StatementRefused(ExactSideProblem):
    """The statement file can't be read with certainty; nothing of it was imported."""

    code = "statement_refused"

    def __init__(self, line: int, what: str) -> None:
        super().__init__()
        #: 1-based line of the file, 0 for the file as a whole.
        self.line = line
        #: Why, in words of ours: never text of the file.
        self.what = what

    def place(self) -> Mapping[str, str | int]:
        """The line and the reason."""
        return {"line": self.line, "what": self.what}


class CurrencyNeeded(ExactSideProblem):
    """The statement names no currency; say which one it is in."""

    code = "currency_needed"


class UnknownCurrency(ExactSideProblem):
    """This is not the ISO 4217 code of a currency."""

    code = "unknown_currency"


class UnknownAccount(ExactSideProblem):
    """There is no such account in this ledger."""

    code = "unknown_account"
    status = HTTPStatus.NOT_FOUND


class UnknownBatch(ExactSideProblem):
    """There is no such batch in this ledger."""

    code = "unknown_batch"
    status = HTTPStatus.NOT_FOUND


class AlreadyUndone(ExactSideProblem):
    """This batch was undone before."""

    code = "already_undone"
    status = HTTPStatus.CONFLICT


class ConfirmationNeeded(ExactSideProblem):
    """More than 50 edits at once wait for a yes: send them again with `confirmed`; nothing was done."""

    code = "confirmation_needed"
    status = HTTPStatus.CONFLICT


class MonthIsClosed(ExactSideProblem):
    """This touches a balance of a closed month; an administrator can reopen it."""

    code = "month_is_closed"
    status = HTTPStatus.CONFLICT


class MonthNotClosed(ExactSideProblem):
    """This month is not closed."""

    code = "month_not_closed"
    status = HTTPStatus.NOT_FOUND


class MonthNotOver(ExactSideProblem):
    """A month can be closed once it is over."""

    code = "month_not_over"
    status = HTTPStatus.CONFLICT


class WorkbookBusy(ExactSideProblem):
    """Somebody else is writing into this workbook just now; try again in a moment."""

    code = "workbook_busy"
    status = HTTPStatus.CONFLICT


class EntryRefused(ExactSideProblem):
    """An entry can't be taken as it is written; none of them was."""

    code = "entry_refused"

    def __init__(self, position: int, field: str) -> None:
        super().__init__()
        #: 0-based place of the entry in the request.
        self.position = position
        #: The field's name, never what stands in it.
        self.field = field

    def place(self) -> Mapping[str, str | int]:
        """The entry in the request and the field in the entry."""
        return {"entry": self.position, "field": self.field}


class AmountNotReadable(EntryRefused):
    """An amount is not written in plain digits with an optional sign and point."""

    code = "amount_not_readable"


class DateNotReadable(EntryRefused):
    """A date is not one of the calendar, written as 2026-03-31, from 1900 to 2200."""

    code = "date_not_readable"


class TextNotAcceptable(EntryRefused):
    """A text is longer than 2,000 characters, or has control characters in it."""

    code = "text_not_acceptable"


class UnknownCategory(EntryRefused):
    """There is no category of that name."""

    code = "unknown_category"


class EpochIsOver(ExactSideProblem):
    """The cursor belongs to an earlier life of this server; read the ledger from the start."""

    code = "epoch_is_over"
    status = HTTPStatus.GONE


class CursorNotReadable(ExactSideProblem):
    """The cursor is not one that this server gave."""

    code = "cursor_not_readable"
    status = HTTPStatus.BAD_REQUEST


class IdempotencyKeyReused(ExactSideProblem):
    """This idempotency key was used before for another request."""

    code = "idempotency_key_reused"
    status = HTTPStatus.CONFLICT


class AccountNameTaken(ExactSideProblem):
    """Another account of this ledger has that name."""

    code = "account_name_taken"
    status = HTTPStatus.CONFLICT


class AccountNameNotAcceptable(ExactSideProblem):
    """An account's name has 1 to 100 characters, none of them a control character."""

    code = "account_name_not_acceptable"


class LedgerTampered(ExactSideProblem):
    """The stored ledger is not as it was written; nothing of it is shown or changed."""

    code = "ledger_tampered"
    # Not 500: of those an answer says nothing, and the ledger's owner has to know.
    status = HTTPStatus.CONFLICT

    def __init__(self, fault: str, *, table: str, row_ids: Sequence[UUID], findings: int) -> None:
        super().__init__()
        #: What is wrong, in a word of ours.
        self.fault = fault
        #: The table's name, or "" where it is about the ledger as a whole.
        self.table = table
        #: Ids of ours of the rows, as far as they are known.
        self.row_ids = tuple(row_ids)
        #: How many things were found to be wrong in all.
        self.findings = findings

    def place(self) -> Mapping[str, str | int]:
        """The fault, the table and the ids of some of its rows."""
        shown = " ".join(str(row_id) for row_id in self.row_ids[:_ROWS_SHOWN])
        return {
            "fault": self.fault,
            "table": self.table,
            "rows": shown,
            "findings": self.findings,
        }
