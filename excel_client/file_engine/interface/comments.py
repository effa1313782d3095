"""
Threads of comments as xlwings sees them, each found again by its cell. Knows no bytes.

A file has no user: a new comment's author is "Author", as Excel calls a writer who is not to be named.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING

from xlwings import base_classes

from excel_client.file_engine.interface.closed_members import closed
from excel_client.file_engine.workbook import threaded_comments
from excel_client.file_engine.workbook.threaded_comments import NewComment, Thread
from excel_client.settings import system_clock

if TYPE_CHECKING:
    from excel_client.file_engine.interface.range_area import RangeArea

__all__ = ["CommentImpl", "CommentReplyImpl", "new_comment"]


def _identity() -> str:
    return "{" + str(uuid.uuid4()).upper() + "}"


def new_comment(location: RangeArea, text: str) -> NewComment:
    """Return a comment that is written now."""
    clock = location.sheet.document.store.clock or system_clock
    return NewComment(text=text, moment=clock(), identity=_identity(), writer=_identity())


@closed(base_classes.Comment)
class CommentImpl:
    """The thread of a cell."""

    #: The cell.
    location: RangeArea

    def __init__(self, location: RangeArea) -> None:
        self.location = location

    @property
    def api(self) -> CommentImpl:
        """The engine has no object beneath."""
        return self

    @property
    def _thread(self) -> Thread:
        sheet, area = self.location.sheet, self.location.area
        found = threaded_comments.thread_at(sheet.document, sheet.entry, area.top, area.left)
        if found is None:
            raise KeyError(area.text())
        return found

    @property
    def text(self) -> str:
        """What the first comment says."""
        return self._thread.text

    @text.setter
    def text(self, value: str) -> None:
        sheet = self.location.sheet
        threaded_comments.set_thread_text(sheet.document, sheet.entry, self._thread, value)

    @property
    def author(self) -> str:
        """Who began the thread."""
        return self._thread.author

    @property
    def creation_date(self) -> dt.datetime | None:
        """When it began, in UTC and without a zone, as the file states it."""
        return self._thread.created

    @property
    def resolved(self) -> bool:
        """Whether it is resolved."""
        return self._thread.resolved

    def set_resolved(self, value: bool) -> None:  # noqa: FBT001 - xlwings passes it by place
        """Resolve it, or reopen it."""
        sheet = self.location.sheet
        threaded_comments.resolve_thread(sheet.document, sheet.entry, self._thread, resolved=value)

    @property
    def replies(self) -> list[CommentReplyImpl]:
        """What was replied."""
        return [CommentReplyImpl(text) for text in self._thread.replies]

    def add_reply(self, text: str) -> None:
        """Reply."""
        sheet, comment = self.location.sheet, new_comment(self.location, text)
        threaded_comments.add_reply(sheet.document, sheet.entry, self._thread, comment)

    def delete(self) -> None:
        """Delete the thread with all replies."""
        sheet = self.location.sheet
        threaded_comments.delete_thread(sheet.document, sheet.entry, self._thread)


@closed(base_classes.CommentReply)
class CommentReplyImpl:
    """A reply as it read when the thread was asked for its replies."""

    text: str

    def __init__(self, text: str) -> None:
        self.text = text
