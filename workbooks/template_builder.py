"""
Builds the ledger workbook template: the same bytes on every machine, on every day.

`python -m workbooks.template_builder` writes it beside this module, where `workbooks.template` reads it. Needs
XlsxWriter, a development dependency; nothing that runs at a user's imports this module.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from workbooks.appearance import (
    BLUE_GROUND,
    COLUMN_LOOKS,
    EXPLANATIONS,
    GREY_GROUND,
    GREY_TEXT,
    INK,
    LAST_CHANGE_FORMAT,
    LINE,
    NUMBER_FORMATS,
    RULE,
    ColumnKind,
    ColumnLook,
)
from workbooks.formulas import (
    ACCOUNTS_FORMULAS,
    HEADLINE_FORMULAS,
    NAMED_COLUMNS,
)
from workbooks.sheet_map import (
    ACCOUNTS_TABLE,
    LEDGER_TABLE,
    REMOVED_TABLE,
    REVIEW_TABLE,
    STATE_SHEET,
    TABLES,
    TEMPLATE_VERSION,
    AccountsColumn,
    SheetName,
    StateKey,
    TableShape,
    WorkbookName,
)
from workbooks.template import TEMPLATE_FILE_NAME
from workbooks.template_rules import add_rules

__all__ = ["build_template"]

# Rows of a visible sheet, counted from 0: title, explanation, a gap, then the table until the end of the sheet.
_TITLE_ROW, _EXPLANATION_ROW, _GAP_ROW, _HEADER_ROW, _FIRST_DATA_ROW = range(5)

#: Stands in the document's properties; a build date would make each build another file.
_CREATED = datetime(2026, 1, 1)  # noqa: DTZ001 - OOXML properties take a naive instant
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_ZIP_MADE_ON_UNIX = 3

#: Cells that hold a headline formula: the sheet and the column, in the title's row.
_HEADLINE_COLUMNS: Mapping[WorkbookName, tuple[SheetName, int]] = {
    WorkbookName.LAST_CHANGE: (SheetName.LEDGER, 2),
    WorkbookName.REVIEW_HINT: (SheetName.LEDGER, 3),
    WorkbookName.PROOF_SUMMARY: (SheetName.ACCOUNTS, 1),
    WorkbookName.REVIEW_SUMMARY: (SheetName.REVIEW, 1),
}

#: The window that the book asks for at first: a laptop's screen, less the taskbar.
_WINDOW_PIXELS = (1366, 728)

#: ECMA-376 part 1, 18.8.30.
_BUILT_IN_FORMATS: Mapping[str, int] = {"#,##0": 3, "@": 49}

#: Tables of entries have filter buttons.
_FILTERED = (LEDGER_TABLE, REMOVED_TABLE)

_RIGHT_ALIGNED = (ColumnKind.MONEY, ColumnKind.COUNT)


def build_template() -> bytes:
    """Return the template's bytes."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties(
        {"title": "Ledger", "author": "Pennyvault", "company": "", "created": _CREATED}
    )
    book.set_size(*_WINDOW_PIXELS)
    for shape in TABLES:
        _SheetBuilder(book=book, sheet=book.add_worksheet(shape.sheet), shape=shape).build()
    _add_state_sheet(book)
    _define_names(book)
    add_rules(book, first_row=_FIRST_DATA_ROW)
    book.get_worksheet_by_name(SheetName.LEDGER).activate()
    book.close()
    return _packed_reproducibly(buffer.getvalue())


@dataclass(frozen=True, slots=True, kw_only=True)
class _SheetBuilder:
    """Writes one visible sheet: title, explanation, and its table with one blank row."""

    book: Any
    sheet: Any
    shape: TableShape

    def build(self) -> None:
        self._set_page()
        self._add_head()
        self._add_table()

    def _set_page(self) -> None:
        sheet = self.sheet
        sheet.hide_gridlines(2)
        if self.shape is not REVIEW_TABLE:  # whose rows are as high as their sentences
            sheet.set_default_row(18)
        frozen_columns = 1 if self.shape is ACCOUNTS_TABLE else 0
        sheet.freeze_panes(_FIRST_DATA_ROW, frozen_columns)
        sheet.set_selection(_FIRST_DATA_ROW, frozen_columns, _FIRST_DATA_ROW, frozen_columns)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(_HEADER_ROW)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.set_footer("&L&8&F&C&8&A&R&8Page &P of &N")

    def _add_head(self) -> None:
        sheet, name = self.sheet, self.shape.sheet
        title = self.book.add_format(
            {"bold": True, "font_size": 16, "font_color": INK, "valign": "vcenter", "indent": 1}
        )
        quiet = {"font_size": 10, "font_color": GREY_TEXT}
        sheet.set_row(_TITLE_ROW, 28)
        sheet.set_row(_EXPLANATION_ROW, 16)
        sheet.set_row(_GAP_ROW, 8)
        sheet.set_row(_HEADER_ROW, 34 if self.shape is ACCOUNTS_TABLE else 24)
        sheet.write_string(_TITLE_ROW, 0, name, title)
        explanation = self.book.add_format({**quiet, "valign": "vcenter", "indent": 1})
        sheet.write_string(_EXPLANATION_ROW, 0, EXPLANATIONS[name], explanation)
        headline = {**quiet, "valign": "vcenter", "align": "left", "indent": 1}
        for workbook_name, (sheet_name, column) in _HEADLINE_COLUMNS.items():
            if sheet_name is not name:
                continue
            properties = {**headline}
            if workbook_name is WorkbookName.LAST_CHANGE:
                properties["num_format"] = LAST_CHANGE_FORMAT
            if workbook_name is WorkbookName.REVIEW_HINT:
                properties |= {"bold": True, "font_color": INK}
            # A blank stands as the cached result: a viewer that does not calculate shows nothing, not something old.
            sheet.write_formula(
                _TITLE_ROW,
                column,
                f"={HEADLINE_FORMULAS[workbook_name]}",
                self.book.add_format(properties),
                "",
            )

    def _add_table(self) -> None:
        looks = COLUMN_LOOKS[self.shape.sheet]
        columns = []
        for index, header in enumerate(self.shape.columns):
            look = looks[header]
            self.sheet.set_column(
                index,
                index,
                look.width,
                self.book.add_format(_body(look)),
                {"hidden": True} if look.hidden else {},
            )
            columns.append(
                {
                    "header": header,
                    "header_format": self.book.add_format(self._header(look)),
                    "format": self.book.add_format(_body_with_line(look)),
                    "formula": _formula_of(self.shape, header),
                }
            )
        self.sheet.add_table(
            _HEADER_ROW,
            0,
            _FIRST_DATA_ROW,
            len(columns) - 1,
            {
                "name": self.shape.name,
                "columns": columns,
                "style": None,
                "autofilter": self.shape in _FILTERED,
                "title": self.shape.name,
                "description": EXPLANATIONS[self.shape.sheet],
            },
        )
        self._write_first_row(looks)

    def _write_first_row(self, looks: Mapping[str, ColumnLook]) -> None:
        """The blank row carries the styles that every later row takes over."""
        for index, header in enumerate(self.shape.columns):
            look = looks[header]
            properties = _body_with_line(look)
            if look.kind is ColumnKind.CHECK:
                properties["checkbox"] = True
            cell_format = self.book.add_format(properties)
            formula = _formula_of(self.shape, header)
            if formula:
                self.sheet.write_formula(_FIRST_DATA_ROW, index, f"={formula}", cell_format, "")
            else:
                self.sheet.write_blank(_FIRST_DATA_ROW, index, None, cell_format)

    def _header(self, look: ColumnLook) -> dict[str, Any]:
        properties: dict[str, Any] = {
            "bold": True,
            "font_size": 10,
            "font_color": INK,
            "bg_color": BLUE_GROUND if look.editable else GREY_GROUND,
            "bottom": 1,
            "bottom_color": RULE,
            "text_wrap": self.shape is ACCOUNTS_TABLE,
            "valign": "vcenter",
            **_alignment(look.kind),
        }
        if look.kind in _RIGHT_ALIGNED and self.shape in _FILTERED:
            properties["indent"] = 2  # clear of the filter button
        return properties


def _alignment(kind: ColumnKind) -> dict[str, Any]:
    """Numbers right, the rest left; the indent keeps a number and the word beside it apart."""
    if kind is ColumnKind.CHECK:
        return {"align": "center"}
    return {"align": "right" if kind in _RIGHT_ALIGNED else "left", "indent": 1}


def _number_format(kind: ColumnKind) -> str | int:
    """Excel's own number for a format that it has built in, else the format."""
    number_format = NUMBER_FORMATS[kind]
    return _BUILT_IN_FORMATS.get(number_format, number_format)


def _body(look: ColumnLook) -> dict[str, Any]:
    """The format of a column below its table, where the next rows will stand."""
    return {
        "num_format": _number_format(look.kind),
        "font_color": INK,
        "valign": "vcenter",
        "text_wrap": look.kind is ColumnKind.PROSE,
        **_alignment(look.kind),
    }


def _body_with_line(look: ColumnLook) -> dict[str, Any]:
    """The format of a cell in the table: the column's, over a fine line."""
    return {**_body(look), "bottom": 1, "bottom_color": LINE}


def _formula_of(shape: TableShape, header: str) -> str:
    """The calculated column's formula, or "" where the column is written."""
    if shape is not ACCOUNTS_TABLE:
        return ""
    return ACCOUNTS_FORMULAS.get(AccountsColumn(header), "")


def _add_state_sheet(book: Any) -> None:
    """The very hidden sheet, all of it text so that no digit of a cursor is ever lost."""
    sheet = book.add_worksheet(STATE_SHEET)
    text = book.add_format({"num_format": _number_format(ColumnKind.TEXT)})
    sheet.set_column(0, 0, 20, text)
    sheet.set_column(1, 1, 48, text)
    for row, key in enumerate(StateKey):
        sheet.write_string(row, 0, key, text)
        if key is StateKey.TEMPLATE_VERSION:
            sheet.write_string(row, 1, str(TEMPLATE_VERSION), text)
        else:
            sheet.write_blank(row, 1, None, text)
    sheet.very_hidden()


def _define_names(book: Any) -> None:
    for name, (sheet_name, column) in _HEADLINE_COLUMNS.items():
        book.define_name(name, f"={sheet_name}!${_letter(column)}${_TITLE_ROW + 1}")
    for name, reference in NAMED_COLUMNS.items():
        book.define_name(name, f"={reference}")


def _letter(index: int) -> str:
    """The letter of one of the first 26 columns."""
    return chr(ord("A") + index)


def _packed_reproducibly(package: bytes) -> bytes:
    """Pack again without compression and without traces of the machine: zlib's output differs between builds of it."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(package)) as source,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as target,
    ):
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, _ZIP_DATE)
            entry.create_system = _ZIP_MADE_ON_UNIX
            target.writestr(entry, source.read(name))
    return packed.getvalue()


if __name__ == "__main__":
    Path(__file__).with_name(TEMPLATE_FILE_NAME).write_bytes(build_template())
