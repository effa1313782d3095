"""
A piece of evidence as a PDF: a summary, then the sections; each page names the account, the month and its number.

Amounts are the exact text that the server sent. The document's own dates are the instant of the closing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from excel_client.evidence.documents import Column, Document, Fact, Kind, Section
from excel_client.evidence.page_paper import (
    MARGIN,
    PAGE_HEIGHT,
    PAGE_WIDTH,
    Font,
    Fonts,
    Page,
    Rule,
    Words,
    draw,
)
from workbooks.appearance import GREEN, GREY_TEXT, INK, LINE, RED, RULE

__all__ = ["evidence_page"]

_SIZE: Final = 8.0
_LEADING: Final = 11.0
_ROW_GAP: Final = 3.0
_SMALL: Final = 7.0
_TITLE_SIZE: Final = 15.0
_SECTION_SIZE: Final = 11.0
_GUTTER: Final = 10.0
_LABEL_WIDTH: Final = 110.0
_WIDTH: Final = PAGE_WIDTH - 2 * MARGIN
_RIGHT: Final = PAGE_WIDTH - MARGIN
#: Lines of a row that are kept together with the heading above them.
_LINES_WITH_HEADING: Final = 4
_FOOT: Final = MARGIN + 2 * _LEADING
_VERDICTS: Final = {"proven": GREEN, "differs": RED}


def evidence_page(document: Document) -> bytes:
    """Return a piece of evidence as a PDF, the same bytes for the same document."""
    fonts = Fonts.embedded()
    setting = _Setting(document, fonts)
    setting.summary()
    for section in document.sections:
        setting.section(section)
    return draw(
        setting.numbered(),
        title=fonts.plain.drawable(f"{document.title}: {document.subject}, {document.month}"),
        subject=fonts.plain.drawable(f"{document.subject}, {document.month}"),
        made_at=document.made_at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slot:
    """A column's place on the page: its left edge, and its right edge for amounts."""

    column: Column
    index: int
    left: float
    width: float

    @property
    def is_right(self) -> bool:
        return self.column.kind is Kind.AMOUNT

    @property
    def x(self) -> float:
        return self.left + self.width if self.is_right else self.left


class _Setting:
    """Sets a document from top to bottom, page after page."""

    def __init__(self, document: Document, fonts: Fonts) -> None:
        self._document = document
        self._fonts = fonts
        self._pages: list[Page] = []
        self._y = 0.0
        self._next_page()

    def _next_page(self) -> None:
        """Begin a page with the account and the month."""
        self._pages.append(Page())
        self._y = PAGE_HEIGHT - MARGIN
        month = self._document.month
        room = _WIDTH - self._fonts.bold.width(month, _SIZE) - _GUTTER
        self._words(_RIGHT, month, self._fonts.bold, right=True)
        for line in self._fonts.bold.wrapped(self._document.subject, _SIZE, room):
            self._words(MARGIN, line, self._fonts.bold)
            self._y -= _LEADING
        self._rule(RULE)
        self._y -= 2 * _LEADING

    def _words(
        self,
        x: float,
        text: str,
        font: Font,
        *,
        size: float = _SIZE,
        colour: str = INK,
        right: bool = False,
    ) -> None:
        if text:
            self._pages[-1].words.append(
                Words(x=x, y=self._y, text=text, font=font, size=size, colour=colour, right=right)
            )

    def _rule(self, colour: str) -> None:
        self._pages[-1].rules.append(Rule(y=self._y + _LEADING - 3.0, colour=colour))

    def _has_room(self, lines: float) -> bool:
        return self._y - lines * _LEADING > _FOOT

    def summary(self) -> None:
        """Set the title and the facts."""
        self._words(MARGIN, self._document.title, self._fonts.bold, size=_TITLE_SIZE)
        self._y -= 2.5 * _LEADING
        amounts = [fact.text for fact in self._document.facts if fact.kind is Kind.AMOUNT]
        widest = max((self._fonts.bold.width(each, _SIZE) for each in amounts), default=0.0)
        for fact in self._document.facts:
            self._fact(fact, MARGIN + _LABEL_WIDTH + max(widest, 80.0))

    def _fact(self, fact: Fact, amounts_end: float) -> None:
        """A label, its text, and what is to be said of it."""
        plain, bold = self._fonts.plain, self._fonts.bold
        start = MARGIN + _LABEL_WIDTH + _GUTTER
        labels = plain.wrapped(fact.label, _SIZE, _LABEL_WIDTH)
        texts = [fact.text]
        if fact.kind is not Kind.AMOUNT:
            texts = bold.wrapped(fact.text, _SIZE, _RIGHT - start)
        ends = start + bold.width(texts[0], _SIZE)
        is_short = len(texts) == 1 and ends < amounts_end + 2 * _GUTTER
        notes_start = amounts_end + 2 * _GUTTER if is_short else start
        notes = plain.wrapped(fact.note, _SMALL, _RIGHT - notes_start) if fact.note else []
        if not is_short:
            # Under the text, where there is no room beside it.
            notes = [*[""] * len(texts), *notes]
        colour = _VERDICTS.get(fact.text, INK) if fact.kind is Kind.VERDICT else INK
        for index in range(max(len(labels), len(texts), len(notes))):
            if not self._has_room(1):
                self._next_page()
            self._words(MARGIN, _line(labels, index), plain, colour=GREY_TEXT)
            if fact.kind is Kind.AMOUNT:
                self._words(amounts_end + _GUTTER, _line(texts, index), bold, right=True)
            else:
                self._words(start, _line(texts, index), bold, colour=colour)
            self._words(notes_start, _line(notes, index), plain, size=_SMALL, colour=GREY_TEXT)
            self._y -= _LEADING
        self._y -= _ROW_GAP

    def section(self, section: Section) -> None:
        """Set a section: its title, its headings, its rows."""
        if not self._has_room(_LINES_WITH_HEADING + 4):
            self._next_page()
        else:
            self._y -= 2 * _LEADING
        self._words(MARGIN, section.title, self._fonts.bold, size=_SECTION_SIZE)
        self._y -= 1.8 * _LEADING
        if not section.rows:
            self._words(MARGIN, section.nothing, self._fonts.plain, colour=GREY_TEXT)
            self._y -= _LEADING
            return
        slots = self._slots(section)
        self._headings(slots)
        for row in section.rows:
            self._row(row, slots)

    def _slots(self, section: Section) -> list[_Slot]:
        """Columns side by side: each as wide as what is in it, texts share what is left."""
        shown = [
            (index, column) for index, column in enumerate(section.columns) if not column.book_only
        ]
        widths = {
            index: self._widest(column.heading, (row[index] for row in section.rows))
            for index, column in shown
            if column.kind is not Kind.TEXT
        }
        texts = len(shown) - len(widths)
        left_over = _WIDTH - sum(widths.values()) - _GUTTER * (len(shown) - 1)
        slots = []
        left = MARGIN
        for index, column in shown:
            width = widths.get(index, left_over / max(texts, 1))
            slots.append(_Slot(column=column, index=index, left=left, width=width))
            left += width + _GUTTER
        return slots

    def _widest(self, heading: str, texts: Iterable[str]) -> float:
        longest = self._fonts.bold.width(heading, _SIZE)
        return max(longest, *(self._fonts.plain.width(text, _SIZE) for text in texts))

    def _headings(self, slots: Sequence[_Slot]) -> None:
        for slot in slots:
            heading = slot.column.heading
            self._words(slot.x, heading, self._fonts.bold, colour=GREY_TEXT, right=slot.is_right)
        self._y -= _LEADING
        self._rule(RULE)
        self._y -= _ROW_GAP + 2.0

    def _row(self, row: Sequence[str], slots: Sequence[_Slot]) -> None:
        plain = self._fonts.plain
        cells = [
            plain.wrapped(row[slot.index], _SIZE, slot.width)
            if slot.column.kind is Kind.TEXT
            else [plain.drawable(row[slot.index])]
            for slot in slots
        ]
        lines = max(map(len, cells))
        if not self._has_room(min(lines, _LINES_WITH_HEADING)):
            self._next_page()
            self._headings(slots)
        for index in range(lines):
            if not self._has_room(1):
                self._next_page()
                self._headings(slots)
            for slot, cell in zip(slots, cells, strict=True):
                self._words(slot.x, _line(cell, index), plain, right=slot.is_right)
            self._y -= _LEADING
        self._rule(LINE)
        self._y -= _ROW_GAP

    def numbered(self) -> list[Page]:
        """Return the pages, each with its number and where it comes from."""
        count = len(self._pages)
        for number, page in enumerate(self._pages, start=1):
            page.rules.append(Rule(y=MARGIN + _LEADING, colour=RULE))
            for x, text, right in (
                (MARGIN, self._fonts.plain.drawable(self._document.origin), False),
                (_RIGHT, f"Page {number:,} of {count:,}", True),
            ):
                page.words.append(
                    Words(
                        x=x,
                        y=MARGIN,
                        text=text,
                        font=self._fonts.plain,
                        size=_SMALL,
                        colour=GREY_TEXT,
                        right=right,
                    )
                )
        return self._pages


def _line(lines: Sequence[str], index: int) -> str:
    return lines[index] if index < len(lines) else ""
