"""
What the file engine refuses, and why. A place is a sheet, a cell or a part; no message holds a value.

* FileEngineProblem
  + NeedsExcel
    + OutsideFileEngine
  + NoHyperlink
  + PackageRefused
    + NotReadable
    + NotAWorkbook
    + EncryptedWorkbook
    + StrictWorkbook
    + PackageTooLarge
    + UnsafePackage
    + PackageDamaged
  + WriteRefused
    + BlockRagged
    + ValueNotWritable
    + AmountNotExact
    + TextTooLong
    + FormulaRefused
      + FormulaTooLong
      + FormulaBroken
      + FormulaNamesUnknown
    + CommentInTheWay
    + LinkRefused
    + ListTooLong
    + FilterElsewhere
    + RulesDiffer
    + CellsInTheWay
    + MergedCellsInTheWay
    + ArrayFormulaInTheWay
    + ArrayFormulaInTable
    + TableShapeRefused
    + TableNameRefused
    + TableInTheWay
    + TableTorn
    + PivotTableInTheWay
    + CellsPushedOff
    + GroupRefused
    + NothingCopied
    + FormatRefused
    + TooManyFormats
    + MergeRefused
    + PartOfTextRefused
    + OutsideSheet
    + SheetNameRefused
    + LastVisibleSheet
    + HiddenSheet
    + LockedWorkbook
    + NameRefused
  + SaveRefused
    + ChangedSinceRead
    + OpenElsewhere
    + ReadOnly
    + SignedWorkbook
    + FileKindRefused
    + OpenUnderThisName
    + NotSaved
    + CheckFailed
"""

from __future__ import annotations

__all__ = [
    "AmountNotExact",
    "ArrayFormulaInTable",
    "ArrayFormulaInTheWay",
    "BlockRagged",
    "CellsInTheWay",
    "CellsPushedOff",
    "ChangedSinceRead",
    "CheckFailed",
    "CommentInTheWay",
    "EncryptedWorkbook",
    "FileEngineProblem",
    "FileKindRefused",
    "FilterElsewhere",
    "FormatRefused",
    "FormulaBroken",
    "FormulaNamesUnknown",
    "FormulaRefused",
    "FormulaTooLong",
    "GroupRefused",
    "HiddenSheet",
    "LastVisibleSheet",
    "LinkRefused",
    "ListTooLong",
    "LockedWorkbook",
    "MergeRefused",
    "MergedCellsInTheWay",
    "NameRefused",
    "NeedsExcel",
    "NoHyperlink",
    "NotAWorkbook",
    "NotReadable",
    "NotSaved",
    "NothingCopied",
    "OpenElsewhere",
    "OpenUnderThisName",
    "OutsideFileEngine",
    "OutsideSheet",
    "PackageDamaged",
    "PackageRefused",
    "PackageTooLarge",
    "PartOfTextRefused",
    "PivotTableInTheWay",
    "ReadOnly",
    "RulesDiffer",
    "SaveRefused",
    "SheetNameRefused",
    "SignedWorkbook",
    "StrictWorkbook",
    "TableInTheWay",
    "TableNameRefused",
    "TableShapeRefused",
    "TableTorn",
    "TextTooLong",
    "TooManyFormats",
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


class NoHyperlink(FileEngineProblem):
    """The cell doesn't seem to contain a hyperlink."""


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


class BlockRagged(WriteRefused):
    """The rows to be written differ in length, or there are none."""


class ValueNotWritable(WriteRefused):
    """A value of this kind can't stand in a cell."""


class AmountNotExact(WriteRefused):
    """A number has more digits than a cell can hold exactly."""


class TextTooLong(WriteRefused):
    """A text is longer than the 32,767 characters that a cell can hold."""


class FormulaRefused(WriteRefused):
    """Excel would not accept this formula."""


class FormulaTooLong(FormulaRefused):
    """A formula is longer than the 8,192 characters that Excel accepts."""


class FormulaBroken(FormulaRefused):
    """A formula's quotes, brackets, operators or calls don't match up, or a text in it is over 255 characters."""


class FormulaNamesUnknown(FormulaRefused):
    """A formula names a sheet, a table, a column or another workbook that this workbook does not know."""


class CommentInTheWay(WriteRefused):
    """The cell already has a note or a thread of comments."""


class LinkRefused(WriteRefused):
    """A link belongs to one cell; its address holds up to 2,079 plain characters, its place and its tip 255."""


class ListTooLong(WriteRefused):
    """A rule for a cell's values holds up to 255 characters; put a longer list into cells and name these."""


class FilterElsewhere(WriteRefused):
    """The sheet already filters another area; take that filter away and try again."""


class RulesDiffer(WriteRefused):
    """The cells have different rules for their values; delete these rules and try again."""


class CellsInTheWay(WriteRefused):
    """The table can't grow: there are cells below it; move them and try again."""


class MergedCellsInTheWay(WriteRefused):
    """Merged cells lie in the area to be written; unmerge them and try again."""


class ArrayFormulaInTheWay(WriteRefused):
    """Part of an array formula or data table lies in the area to be written."""


class ArrayFormulaInTable(WriteRefused):
    """An array formula over several cells can't stand in a table."""


class TableShapeRefused(WriteRefused):
    """A table keeps its header row in its place, a column of its own and at least one row of data."""


class TableNameRefused(WriteRefused):
    """A table's name is a word that begins with a letter, is no cell's address, and no other table or name has it."""


class TableInTheWay(WriteRefused):
    """Another table lies in the area; tables do not overlap."""


class TableTorn(WriteRefused):
    """Part of a table would move or go while the rest of it stays; change or move the table as a whole."""


class PivotTableInTheWay(WriteRefused):
    """Part of a pivot table's report lies in the area to be changed or moved."""


class NothingCopied(WriteRefused):
    """There is nothing to paste; copy cells first."""


class GroupRefused(WriteRefused):
    """Rows and columns have up to seven levels of groups; those in none can't be taken out of one."""


class CellsPushedOff(WriteRefused):
    """Cells at the end of the sheet would be pushed off it; clear them and try again."""


class FormatRefused(WriteRefused):
    """Excel knows no such colour, font, format code, size or indent."""


class TooManyFormats(WriteRefused):
    """The workbook has as many different cell formats as Excel can keep apart."""


class MergeRefused(WriteRefused):
    """Cells of a table can't be merged."""


class PartOfTextRefused(WriteRefused):
    """Only the text of a single cell, and no formula or number, can be formatted in parts."""


# What is beyond the sheet is no address either: readers of parts take both for damage.
class OutsideSheet(WriteRefused, ValueError):
    """The area lies outside of the sheet."""


class SheetNameRefused(WriteRefused):
    """A sheet's name has up to 31 characters, no slash, bracket, colon, star or question mark, and is the only one."""


class LastVisibleSheet(WriteRefused):
    """A workbook keeps at least one visible sheet."""


class HiddenSheet(WriteRefused):
    """A hidden sheet can't be brought to the front; show it first."""


class LockedWorkbook(WriteRefused):
    """The workbook's structure is protected, so its sheets stay as they are; unprotect it in Excel first."""


class NameRefused(WriteRefused):
    """A name begins with a letter or _, has no spaces, is no cell's address and stands for something."""


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


class FileKindRefused(SaveRefused):
    """A workbook is saved as .xlsx, .xlsm, .xltx or .xltm, and one with macros as .xlsm or .xltm."""


class OpenUnderThisName(SaveRefused):
    """Another open workbook has this name; close it first."""


class NotSaved(SaveRefused):
    """The workbook could not be written (is the disk full?); the file is as it was."""


class CheckFailed(SaveRefused):
    """What was written did not read back the same; the file is as it was."""
