"""
What the client may have to say no to, with the exit code of each.

A message is the class's docstring; a place beside it names a sheet, a column, rows, a line or a file that the
user named: never an amount, a text of the ledger or a secret.

* ClientProblem
  + UsageProblem (64)
    x AddressRefused, NoServerChosen, SettingsNotReadable, AnswerNeeded, SignUpElsewhere, WorkbookNameRefused
  + DataRefused (65)
    x FileNotReadable, FileTooLarge, StatementRefused, CurrencyNeeded, CurrencyUnknown,
      RequestRefused, NotFound, AccountAmbiguous, Conflict, MonthIsClosed, MonthNotClosed, MonthNotOver
    x EpochIsOver, AmountNotExact, TextTooLong
    x WorkbookRefused: NotOurWorkbook, OtherLedger, NewerWorkbook, ColumnMissing, ColumnDoubled,
      CellsBesideTable, AccountsDoubled, CellsBelowTable, TotalsRowInTheWay, SheetFull, WorkbookNotReadable
  + ServerUnreachable (69)
    x Unreachable, CertificateRefused, ServerFailed, AnswerTooLarge, AnswerNotReadable
  + Busy (75)
    x TooManyRequests, ServerBusy, ServerFull, WorkbookBusy, WorkbookOpenElsewhere, WorkbookChanged, WorkbookNotSaved,
      WriteNotVerified, ExportNotWritten
  + NotAllowed (77)
    x KeyRefused, ScopeMissing, NoKey, KeyNotReadable, KeyringUnusable, KeyFileUnsafe,
      KeyFileExists, KeyFileNotWritten
    x WorkbookReadOnly
"""

from __future__ import annotations

from enum import IntEnum, unique
from typing import ClassVar

__all__ = [
    "AccountAmbiguous",
    "AccountsDoubled",
    "AddressRefused",
    "AmountNotExact",
    "AnswerNeeded",
    "AnswerNotReadable",
    "AnswerTooLarge",
    "Busy",
    "CellsBelowTable",
    "CellsBesideTable",
    "CertificateRefused",
    "ClientProblem",
    "ColumnDoubled",
    "ColumnMissing",
    "Conflict",
    "CurrencyNeeded",
    "CurrencyUnknown",
    "DataRefused",
    "EpochIsOver",
    "ExitCode",
    "ExportNotWritten",
    "FileNotReadable",
    "FileTooLarge",
    "KeyFileExists",
    "KeyFileNotWritten",
    "KeyFileUnsafe",
    "KeyNotReadable",
    "KeyRefused",
    "KeyringUnusable",
    "MonthIsClosed",
    "MonthNotClosed",
    "MonthNotOver",
    "NewerWorkbook",
    "NoKey",
    "NoServerChosen",
    "NotAllowed",
    "NotFound",
    "NotOurWorkbook",
    "OtherLedger",
    "RequestRefused",
    "ScopeMissing",
    "ServerBusy",
    "ServerFailed",
    "ServerFull",
    "ServerUnreachable",
    "SettingsNotReadable",
    "SheetFull",
    "SignUpElsewhere",
    "StatementRefused",
    "TextTooLong",
    "TooManyRequests",
    "TotalsRowInTheWay",
    "Unreachable",
    "UsageProblem",
    "WorkbookBusy",
    "WorkbookChanged",
    "WorkbookNameRefused",
    "WorkbookNotReadable",
    "WorkbookNotSaved",
    "WorkbookOpenElsewhere",
    "WorkbookReadOnly",
    "WorkbookRefused",
    "WriteNotVerified",
]


@unique
class ExitCode(IntEnum):
    """How a command ends; the numbers are those of sysexits.h."""

    DONE = 0
    USAGE = 64
    DATA_REFUSED = 65
    UNREACHABLE = 69
    #: A fault of the program itself.
    INTERNAL = 70
    BUSY = 75
    NOT_ALLOWED = 77


class ClientProblem(Exception):
    """The command could not be carried out."""

    exit_code: ClassVar[ExitCode] = ExitCode.DATA_REFUSED

    def __init__(self, **place: str | int) -> None:
        # The text is the class docstring, so no value can ever be interpolated into it.
        super().__init__(self.sentence())
        #: Where it happened: sheet, column, row, rows, line, file, what, code, request_id.
        self.place = place

    @classmethod
    def sentence(cls) -> str:
        """The problem in one sentence, the same for every occurrence."""
        return " ".join((cls.__doc__ or "").split())

    def line_for_people(self) -> str:
        """The sentence with its place, on one line."""
        # Line 0 is the file as a whole.
        told = {name: value for name, value in self.place.items() if (name, value) != ("line", 0)}
        if not told:
            return self.sentence()
        named = ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in told.items())
        return f"{self.sentence()} [{named}]"


class UsageProblem(ClientProblem):
    """The command was not called rightly."""

    exit_code = ExitCode.USAGE


class AddressRefused(UsageProblem):
    """
    A server's address is https://host[:port] and nothing more; plain http is for a server on this machine only.
    """


class NoServerChosen(UsageProblem):
    """No server is chosen yet; run pennyvault login --server ADDRESS, or name one with --server."""


class SettingsNotReadable(UsageProblem):
    """The configuration file is not one that this program reads."""


class AnswerNeeded(UsageProblem):
    """This asks before it acts and there is nobody to ask here; add --yes to go ahead."""


class SignUpElsewhere(UsageProblem):
    """A ledger is made from here on a server of this machine only; elsewhere the server's owner gives out keys."""


class WorkbookNameRefused(UsageProblem):
    """A new workbook's name ends in .xlsx."""


class DataRefused(ClientProblem):
    """What was given can't be taken."""

    exit_code = ExitCode.DATA_REFUSED


class FileNotReadable(DataRefused):
    """This file can't be read: it is missing, a folder, or closed to you."""


class FileTooLarge(DataRefused):
    """The file is larger than a statement may be; nothing was sent or imported."""


class StatementRefused(DataRefused):
    """The statement can't be read with certainty; nothing of it was imported."""


class CurrencyNeeded(DataRefused):
    """The statement names no currency; say which one it is in with --currency."""


class CurrencyUnknown(DataRefused):
    """This is not the ISO 4217 code of a currency; nothing was imported."""


class RequestRefused(DataRefused):
    """The server refused the request."""


class NotFound(DataRefused):
    """The ledger has nothing by that name."""


class AccountAmbiguous(DataRefused):
    """More than one account goes by that; give the whole name of one, or its id."""


class Conflict(DataRefused):
    """The ledger has moved on: this was done before, or later changes stand on it."""


class MonthIsClosed(DataRefused):
    """This touches a balance of a closed month; an administrator can reopen it. Nothing was changed."""


class MonthNotClosed(DataRefused):
    """This month is not closed."""


class MonthNotOver(DataRefused):
    """A month can be closed once it is over."""


class EpochIsOver(DataRefused):
    """The server started a new life since this workbook was refreshed; it has to be read from the start."""


class AmountNotExact(DataRefused):
    """An amount has more digits than a cell of Excel can hold exactly; nothing was written."""


class TextTooLong(DataRefused):
    """A text is longer than a cell of Excel can hold; nothing was written."""


class WorkbookRefused(DataRefused):
    """This workbook can't be refreshed as it is; nothing was written."""


class NotOurWorkbook(WorkbookRefused):
    """This is not a workbook of Pennyvault: its tables or its hidden sheet are missing; nothing was written."""


class OtherLedger(WorkbookRefused):
    """This workbook follows another ledger than the key in use; nothing was read or written."""


class NewerWorkbook(WorkbookRefused):
    """This workbook was made by a newer version of the program; update the program first."""


class ColumnMissing(WorkbookRefused):
    """A column that the program owns is missing or was renamed; give it its name back. Nothing was written."""


class ColumnDoubled(WorkbookRefused):
    """Two columns have a name that the program owns; rename your own. Nothing was written."""


class AccountsDoubled(WorkbookRefused):
    """Rows of the Accounts table share an Account ID; delete the copies. Nothing was written."""


class CellsBelowTable(WorkbookRefused):
    """The table has to grow and cells below it are in use; move them away. Nothing was written."""


class CellsBesideTable(WorkbookRefused):
    """The table needs another column and cells to its right are in use; move them away. Nothing was written."""


class SheetFull(WorkbookRefused):
    """There are more entries than a sheet of Excel has rows; nothing was written."""


class TotalsRowInTheWay(WorkbookRefused):
    """The table has to grow and has a totals row; turn the totals row off. Nothing was written."""


class WorkbookNotReadable(WorkbookRefused):
    """The file is not a workbook that can be read (.xlsx); nothing was written."""


class ServerUnreachable(ClientProblem):
    """The server can't be reached."""

    exit_code = ExitCode.UNREACHABLE


class Unreachable(ServerUnreachable):
    """The server does not answer at its address; see that it runs and that this machine is online."""


class CertificateRefused(ServerUnreachable):
    """The server's certificate is not one that this machine trusts; nothing was sent."""


class ServerFailed(ServerUnreachable):
    """The server failed; its log has more under the request id."""


class AnswerTooLarge(ServerUnreachable):
    """The server's answer is larger than any it should give; it was not read."""


class AnswerNotReadable(ServerUnreachable):
    """What answered is not a Pennyvault server, or one that this version does not understand."""


class Busy(ClientProblem):
    """Something is in use; try again."""

    exit_code = ExitCode.BUSY


class TooManyRequests(Busy):
    """The server asks for a pause; try again in a while."""


class ServerBusy(Busy):
    """The server is busy; try again in a while."""


class ServerFull(Busy):
    """The server has no room left to store anything; nothing was changed. Try again when its operator made room."""


class WorkbookBusy(Busy):
    """Somebody else is writing into this workbook just now; try again in a moment."""


class WorkbookOpenElsewhere(Busy):
    """The workbook is open in another program; close it there and try again. Nothing was written."""


class WorkbookChanged(Busy):
    """The workbook changed while it was being refreshed; try again. Nothing was written."""


class ExportNotWritten(Busy):
    """The file could not be written (is the disk full, or the folder missing?); what stood there is as it was."""


class WorkbookNotSaved(Busy):
    """The workbook could not be saved (is the disk full?); the file is as it was."""


class WriteNotVerified(Busy):
    """The workbook does not hold what was written into it; it was not saved. Try again."""


class NotAllowed(ClientProblem):
    """This is not allowed."""

    exit_code = ExitCode.NOT_ALLOWED


class KeyRefused(NotAllowed):
    """The server does not accept this key: it is wrong, expired or revoked. Run pennyvault login again."""


class ScopeMissing(NotAllowed):
    """The key in use may not do this."""


class NoKey(NotAllowed):
    """No key is kept for this server; run pennyvault login first."""


class KeyNotReadable(NotAllowed):
    """What was given as a key is not one: a key begins with pv_live_ or pv_test_."""


class KeyringUnusable(NotAllowed):
    """
    This machine has no keyring that keeps secrets safe, or it is locked.

    Unlock it, install one (gnome-keyring or KWallet on Linux), or ask for a key file with --key-file FILE.
    """


class KeyFileUnsafe(NotAllowed):
    """The key file has to be a regular file of your own that nobody else may read (chmod 600)."""


class KeyFileExists(NotAllowed):
    """There is something at the key file's place already; nothing was overwritten."""


class KeyFileNotWritten(NotAllowed):
    """The key file can't be written there; no key is kept."""


class WorkbookReadOnly(NotAllowed):
    """The workbook is read-only; nothing was written."""
