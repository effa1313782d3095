"""What is attached to a range's cells: links, notes, threads of comments, rules and filters. Knows no bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.interface.auto_filters import AutoFilterImpl
from excel_client.file_engine.interface.comments import CommentImpl, new_comment
from excel_client.file_engine.interface.conditional_formats import ConditionalFormatsImpl
from excel_client.file_engine.interface.data_validation import DataValidationImpl
from excel_client.file_engine.interface.notes import NO_AUTHOR, NoteImpl
from excel_client.file_engine.interface.range_area import RangeArea
from excel_client.file_engine.problems import LinkRefused, NoHyperlink
from excel_client.file_engine.workbook import hyperlinks, notes, threaded_comments
from excel_client.file_engine.workbook.auto_filters import filtered_area
from excel_client.file_engine.workbook.looks import link_style

if TYPE_CHECKING:
    from typing import Self

__all__ = ["RangeLinks"]


class RangeLinks(RangeArea):
    """The part of a range that links and comments."""

    __slots__ = ()

    @property
    def _first_cell(self) -> Self:
        top, left = self.area.top, self.area.left
        return self._part(Area(top, left, top, left))

    @property
    def hyperlink(self) -> str:
        """The address of the first cell's link, empty for a link into the workbook; KeyError without a link."""
        sheet = self.sheet
        found = hyperlinks.hyperlink_at(sheet.document, sheet.entry, self.area.top, self.area.left)
        if found is None:
            raise NoHyperlink(self._model.place(self.area.top, self.area.left))
        return found.address

    def add_hyperlink(self, address: str, text_to_display: str, screen_tip: str) -> None:
        """Link a cell, which shows the text and looks like a link; "#Sheet1!A1" is a place in the workbook."""
        area, model = self.area, self._model
        place = model.where(area.text())
        if (area.rows, area.columns) != (1, 1):
            raise LinkRefused(place)
        link = hyperlinks.checked_link(address, screen_tip, place)
        model.write(area.top, area.left, [[text_to_display]])
        style = link_style(self._document, model.style(area.top, area.left))
        model.set_styles(area.top, {area.left: style})
        for merged in model.surroundings.merged:
            area = merged if merged.meets(area) else area
        hyperlinks.add_hyperlink(self._document, self.sheet.entry, area, link)

    @property
    def note(self) -> NoteImpl | None:
        """The note of the first cell."""
        cell = self._first_cell
        sheet = self.sheet
        standing = notes.note_at(sheet.document, sheet.entry, cell.area.top, cell.area.left)
        return NoteImpl(cell) if standing is not None else None

    def add_note(self, text: str) -> NoteImpl:
        """Add a note to the cell; CommentInTheWay where there is a note or a thread of comments."""
        cell = self._first_cell
        row, column = cell.area.top, cell.area.left
        notes.add_note(self._document, self.sheet.entry, row, column, text, NO_AUTHOR)
        return NoteImpl(cell)

    @property
    def comment(self) -> CommentImpl | None:
        """The thread of comments of the cell."""
        cell = self._first_cell
        row, column = cell.area.top, cell.area.left
        found = threaded_comments.thread_at(self._document, self.sheet.entry, row, column)
        return CommentImpl(cell) if found is not None else None

    def add_comment(self, text: str) -> CommentImpl:
        """Begin a thread at the cell; CommentInTheWay where there is one, or a note."""
        cell = self._first_cell
        comment = new_comment(cell, text)
        row, column = cell.area.top, cell.area.left
        threaded_comments.add_thread(self._document, self.sheet.entry, row, column, comment)
        return CommentImpl(cell)

    @property
    def data_validation(self) -> DataValidationImpl:
        """What may be typed into the cells."""
        return DataValidationImpl(self)

    @property
    def conditional_formats(self) -> ConditionalFormatsImpl:
        """The rules that hold somewhere in the cells."""
        return ConditionalFormatsImpl(self)

    @property
    def autofilter(self) -> AutoFilterImpl:
        """The filter of the area, whose first row is its header; that of a table where the area is one."""
        sheet, area = self.sheet, self.area
        return AutoFilterImpl(lambda: filtered_area(sheet.document, sheet.entry, area))
