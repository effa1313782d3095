"""
What the file engine refuses, and why. A place is a sheet, a cell or a part; no message holds a value.

* FileEngineProblem
  + NeedsExcel
    + OutsideFileEngine
  + PackageRefused
    + NotReadable
    + NotAWorkbook
    + EncryptedWorkbook
    + StrictWorkbook
    + PackageTooLarge
    + UnsafePackage
    + PackageDamaged
  + WriteRefused
    + ValueNotWritable
    + AmountNotExact
    + TextTooLong
    + CellsInTheWay
    + MergedCellsInTheWay
    + ArrayFormulaInTheWay
    + TotalsRowInTheWay
    + TableShapeRefused
    + OutsideSheet
  + SaveRefused
    + ChangedSinceRead
    + OpenElsewhere
    + ReadOnly
    + SignedWorkbook
    + NotSaved
    + CheckFailed
"""

from __future__ import annotations

__all__ = [
    "AmountNotExact",
    "ArrayFormulaInTheWay",
    "CellsInTheWay",
    "ChangedSinceRead",
    "CheckFailed",
    "EncryptedWorkbook",
    "FileEngineProblem",
    "MergedCellsInTheWay",
    "NeedsExcel",
    "NotAWorkbook",
    "NotReadable",
    "NotSaved",
    "OpenElsewhere",
    "OutsideFileEngine",
    "OutsideSheet",
    "PackageDamaged",
    "PackageRefused",
    "PackageTooLarge",
    "ReadOnly",
    "SaveRefused",
    "SignedWorkbook",
    "StrictWorkbook",
    "TableShapeRefused",
    "TextTooLong",
    "TotalsRowInTheWay",
    "UnsafePackage",
    "ValueNotWritable",
    "WriteRefused",
]


class FileEngineProblem(Exception):
    """The workbook file can't be worked on like this."""

    def __init__(self, place: str = "") -> None:
        super().__init__((type(self).__doc__ or "").strip())
        #: A sheet, a cell ("Ledger!A12"), a part of the package or a member of xlwings; may be empty.
        self.place = place


class NeedsExcel(FileEngineProblem):
    """This needs Excel itself: only Excel calculates, draws and prints."""


class OutsideFileEngine(NeedsExcel):
    """The file engine leaves this part of a workbook alone; open the workbook in Excel for it."""


class PackageRefused(FileEngineProblem):
    """The file is not a workbook that can be edited safely."""


class NotReadable(PackageRefused):
    """The file can't be read; another program or its permissions keep it from us."""


class NotAWorkbook(PackageRefused):
    """The file is not an Excel workbook (.xlsx, .xlsm, .xltx, .xltm)."""


class EncryptedWorkbook(PackageRefused):
    """The workbook is encrypted with a password; remove the password in Excel first."""


class StrictWorkbook(PackageRefused):
    """The workbook is saved as Strict Open XML; save it as an ordinary Excel workbook first."""


class PackageTooLarge(PackageRefused):
    """The workbook unpacks to more than the file engine accepts."""


class UnsafePackage(PackageRefused):
    """The file holds what no spreadsheet program writes: entities, unsafe or duplicate part names."""


class PackageDamaged(PackageRefused):
    """The workbook is damaged: a part is missing, cut off or not well-formed."""


class WriteRefused(FileEngineProblem):
    """The workbook can't take this; nothing of it was changed."""


class ValueNotWritable(WriteRefused):
    """A value of this kind can't stand in a cell."""


class AmountNotExact(WriteRefused):
    """A number has more digits than a cell can hold exactly."""


class TextTooLong(WriteRefused):
    """A text is longer than the 32,767 characters that a cell can hold."""


class CellsInTheWay(WriteRefused):
    """The table can't grow: there are cells below it; move them and try again."""


class MergedCellsInTheWay(WriteRefused):
    """Merged cells lie in the area to be written; unmerge them and try again."""


class ArrayFormulaInTheWay(WriteRefused):
    """Part of an array formula or data table lies in the area to be written."""


class TotalsRowInTheWay(WriteRefused):
    """The table has a totals row below its data; turn it off and try again."""


class TableShapeRefused(WriteRefused):
    """A table keeps its header row and its columns, and at least one row of data."""


class OutsideSheet(WriteRefused):
    """The area lies outside of the sheet."""


class SaveRefused(FileEngineProblem):
    """The workbook was not saved; the file is as it was."""


class ChangedSinceRead(SaveRefused):
    """The file was changed by another program since it was read; nothing was written."""


class OpenElsewhere(SaveRefused):
    """The workbook is open in Excel or LibreOffice; close it there and try again."""


class ReadOnly(SaveRefused):
    """The file or its folder is read-only; nothing was written."""


class SignedWorkbook(SaveRefused):
    """The workbook carries a digital signature that a change would break; nothing was written."""


class NotSaved(SaveRefused):
    """The workbook could not be written (is the disk full?); the file is as it was."""


class CheckFailed(SaveRefused):
    """What was written did not read back the same; the file is as it was."""
