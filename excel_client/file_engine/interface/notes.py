"""
Notes and threads of comments as xlwings sees them, each found again by its cell. Knows no bytes.

A file has no user: new notes have no author, as those of an Excel whose user has no name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlwings import base_classes

from excel_client.file_engine.interface.closed_members import closed
from excel_client.file_engine.workbook import notes
from excel_client.file_engine.workbook.notes import Note

if TYPE_CHECKING:
    from excel_client.file_engine.interface.range_area import RangeArea

__all__ = ["NO_AUTHOR", "NoteImpl"]

NO_AUTHOR = ""


@closed(base_classes.Note)
class NoteImpl:
    """The note of a cell."""

    #: The cell.
    location: RangeArea

    def __init__(self, location: RangeArea) -> None:
        self.location = location

    @property
    def api(self) -> NoteImpl:
        """The engine has no object beneath."""
        return self

    @property
    def _note(self) -> Note:
        sheet, row, column = self.location.sheet, self.location.area.top, self.location.area.left
        found = notes.note_at(sheet.document, sheet.entry, row, column)
        if found is None:
            raise KeyError(self.location.area.text())
        return found

    @property
    def text(self) -> str:
        """What the note says."""
        return self._note.text

    @text.setter
    def text(self, value: str) -> None:
        sheet, row, column = self.location.sheet, self.location.area.top, self.location.area.left
        notes.set_note_text(sheet.document, sheet.entry, row, column, value)

    @property
    def author(self) -> str:
        """Who wrote it."""
        return self._note.author

    def delete(self) -> None:
        """Delete the note."""
        sheet, row, column = self.location.sheet, self.location.area.top, self.location.area.left
        notes.delete_note(sheet.document, sheet.entry, row, column)
