"""
A piece of evidence as a workbook: a summary, and a sheet per section to sort and filter.

Text is never a formula. An amount is a number only where a cell holds and shows every digit of it, else the exact
text. The package is not compressed: what a compressor makes differs from one machine's zlib to the next.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import xlsxwriter

from excel_client.evidence.documents import Column, Document, Fact, Kind, Section
from excel_client.evidence.visible_text import without_steering
from excel_client.write_plan.cells import sheet_date, sheet_text
from workbooks.appearance import GREEN, GREY_GROUND, GREY_TEXT, INK, RED, RULE

__all__ = ["evidence_book"]

#: What Excel shows of a number; the digits behind them it shows as zeros.
_DIGITS_SHOWN: Final = 15
_PAPER_A4: Final = 9
#: The first instant that a zip's directory can name.
_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)
#: Rows above the headings of a section: title, where it comes from, a gap.
_TOP: Final = 3
_VERDICTS: Final = {"proven": GREEN, "differs": RED}
_WIDTHS: Final = {Kind.DATE: 12, Kind.TEXT: 56}


def evidence_book(document: Document) -> bytes:
    """Return a piece of evidence as an .xlsx, the same bytes for the same document; raise TextTooLong."""
    target = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
        "default_date_format": "yyyy-mm-dd",
    }
    book = xlsxwriter.Workbook(target, options)
    book.set_size(24_000, 14_000)
    book.set_properties(
        {
            "title": without_steering(document.title),
            "subject": without_steering(f"{document.subject}, {document.month}"),
            "author": "Pennyvault",
            "created": document.made_at.replace(tzinfo=None),
        }
    )
    writer = _Writer(book, document)
    writer.summary()
    for section in document.sections:
        writer.section(section)
    book.close()
    return _uncompressed(target.getvalue())


def _uncompressed(package: bytes) -> bytes:
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(package)) as made,
        zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as kept,
    ):
        for name in made.namelist():
            # The system that made it is named in the directory, and is no part of evidence.
            part = zipfile.ZipInfo(name, _NO_TIME)
            part.create_system = 0
            kept.writestr(part, made.read(name))
    return target.getvalue()


class _Writer:
    """Writes sheets; the formats are made once each, in the order in which they are first asked for."""

    def __init__(self, book: Any, document: Document) -> None:
        self._book = book
        self._document = document
        self._formats: dict[tuple[tuple[str, object], ...], Any] = {}

    def _format(self, **properties: object) -> Any:
        whole = {"font_color": INK, "valign": "top", **properties}
        key = tuple(sorted(whole.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format(whole)
        return self._formats[key]

    def _text(self, sheet: Any, row: int, column: int, text: str, **properties: object) -> None:
        shown = sheet_text(without_steering(text))
        look = self._format(num_format="@", **properties)
        if shown is None:
            sheet.write_blank(row, column, None, look)
        else:
            sheet.write_string(row, column, shown, look)

    def _cell(
        self, sheet: Any, place: tuple[int, int], kind: Kind, text: str, **properties: object
    ) -> None:
        row, column = place
        if kind is Kind.AMOUNT:
            if _fits(text):
                look = self._format(num_format=_number_format(text), align="right", **properties)
                sheet.write_number(row, column, float(text), look)
            else:
                self._text(sheet, row, column, text, align="right", **properties)
            return
        day = sheet_date(text) if kind is Kind.DATE else text
        if isinstance(day, date):
            look = self._format(num_format="yyyy-mm-dd", align="left", **properties)
            sheet.write_datetime(row, column, day, look)
        elif kind is Kind.VERDICT:
            colour = _VERDICTS.get(text, INK)
            self._text(sheet, row, column, text, **{**properties, "font_color": colour})
        else:
            self._text(sheet, row, column, day, text_wrap=kind is Kind.TEXT, **properties)

    def _sheet(self, name: str, title: str, *, repeated: int) -> Any:
        """A new sheet with its title, which every page repeats."""
        sheet = self._book.add_worksheet(name)
        sheet.hide_gridlines(2)
        self._text(sheet, 0, 0, title, bold=True, font_size=14)
        self._text(sheet, 1, 0, self._document.origin, font_color=GREY_TEXT, font_size=9)
        sheet.repeat_rows(0, repeated)
        sheet.set_paper(_PAPER_A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        sheet.set_footer("&RPage &P of &N")
        sheet.set_landscape()
        return sheet

    def summary(self) -> None:
        """Write the facts."""
        document = self._document
        title = f"{document.title}: {document.subject}, {document.month}"
        sheet = self._sheet("Summary", title, repeated=1)
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 1, 42)
        sheet.set_column(2, 2, 72)
        for row, fact in enumerate(document.facts, start=_TOP):
            self._fact(sheet, row, fact)
        last = _TOP + len(document.facts)
        sheet.ignore_errors({"number_stored_as_text": f"A1:C{last}"})

    def _fact(self, sheet: Any, row: int, fact: Fact) -> None:
        self._text(sheet, row, 0, fact.label, font_color=GREY_TEXT, text_wrap=True)
        self._cell(sheet, (row, 1), fact.kind, fact.text, bold=True)
        note = {"font_color": GREY_TEXT, "text_wrap": True, "align": "left", "indent": 1}
        self._text(sheet, row, 2, fact.note, **note)

    def section(self, section: Section) -> None:
        """Write a section's rows."""
        document = self._document
        title = f"{section.title}: {document.subject}, {document.month}"
        columns = section.columns
        sheet = self._sheet(section.title, title, repeated=_TOP)
        for index, column in enumerate(columns):
            sheet.set_column(index, index, _width(column, [row[index] for row in section.rows]))
            align = "right" if column.kind is Kind.AMOUNT else "left"
            indent = {"indent": 1} if column.kind is Kind.WORD else {}
            self._text(
                sheet,
                _TOP,
                index,
                column.heading,
                bold=True,
                bg_color=GREY_GROUND,
                bottom=1,
                bottom_color=RULE,
                align=align,
                **indent,
            )
        sheet.freeze_panes(_TOP + 1, 0)
        if not section.rows:
            self._text(sheet, _TOP + 1, 0, section.nothing, font_color=GREY_TEXT, italic=True)
            return
        for number, row in enumerate(section.rows, start=_TOP + 1):
            self._row(sheet, number, section, row)
        last = _TOP + len(section.rows)
        sheet.autofilter(_TOP, 0, last, len(columns) - 1)
        sheet.ignore_errors({"number_stored_as_text": f"A1:H{last + 1}"})

    def _row(self, sheet: Any, number: int, section: Section, row: Sequence[str]) -> None:
        for index, (column, text) in enumerate(zip(section.columns, row, strict=True)):
            # A word after an amount would touch it.
            indent = {"align": "left", "indent": 1} if column.kind is Kind.WORD else {}
            self._cell(sheet, (number, index), column.kind, text, **indent)


def _width(column: Column, texts: Sequence[str]) -> int:
    """A column's width in characters: as wide as what is in it, but for texts, which wrap."""
    if column.kind in _WIDTHS:
        return _WIDTHS[column.kind]
    longest = max(map(len, (column.heading, *texts)))
    # Room for thousands separators, and beside a neighbour.
    return longest + longest // 3 + 2 if column.kind is Kind.AMOUNT else longest + 4


def _fits(amount: str) -> bool:
    """Whether a cell holds and shows an amount with all of its digits."""
    return sum(map(str.isdigit, amount.lstrip("-0."))) <= _DIGITS_SHOWN


def _number_format(amount: str) -> str:
    """As many decimals as the amount is written with."""
    decimals = len(amount.partition(".")[2])
    return f"#,##0.{'0' * decimals}" if decimals else "#,##0"
