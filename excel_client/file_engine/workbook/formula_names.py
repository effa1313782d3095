"""
What formulas of one sheet may name: the workbook's sheets, tables and their columns, names, other workbooks.

A formula that names what there is not would make Excel repair the file, or ask for another one. Changes nothing but the
metadata of dynamic arrays.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from excel_client.file_engine.formulas.expressions import Kind, parse
from excel_client.file_engine.formulas.formula_text import Mentions
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.formulas.sheet_prefixes import read_prefix
from excel_client.file_engine.problems import FormulaNamesUnknown, FormulaRefused
from excel_client.file_engine.workbook.defined_names import area_of
from excel_client.file_engine.workbook.dynamic_arrays import dynamic_array_mark
from excel_client.file_engine.workbook.workbook_part import SheetEntry
from excel_client.file_engine.xml.cell_text import unescape_text
from excel_client.file_engine.xml.xml_spans import read_tree

if TYPE_CHECKING:
    from excel_client.file_engine.workbook.document import Document

__all__ = ["WorkbookNames"]

_OTHER_BOOK = re.compile(r"'?\[(\d+)\]")
_TABLE = re.compile(
    r"(?P<book>(?:'(?:[^']|'')+'|(?:\[[^\[\]]*\])?[^\[\]!']*)!)?(?P<name>[^\[\]!]*)(?P<inside>\[.*)",
    re.DOTALL,
)
_ITEM = re.compile(r"\[((?:[^\[\]']|'.)+)\]", re.DOTALL)


class WorkbookNames:
    """The workbook as formulas of one sheet see it, for the length of one write."""

    def __init__(self, document: Document, entry: SheetEntry) -> None:
        self._document = document
        self._entry = entry

    @cached_property
    def _sheets(self) -> set[str]:
        return {sheet.name.casefold() for sheet in self._document.workbook.sheets}

    @cached_property
    def _tables(self) -> dict[str, set[str]]:
        """The columns of each table by its name; neither minds the case."""
        document = self._document
        found = {}
        for entry in document.worksheets():
            for part in document.parts.related(document.sheet_part(entry), "table"):
                root = read_tree(document.parts.part(part), part)
                columns = root.find("tableColumns")
                names = [
                    c.attributes.get("name", "") for c in (columns.children if columns else ())
                ]
                name = root.attributes.get("displayName", "").casefold()
                found[name] = {_plain(unescape_text(n.replace("&", "&amp;"))) for n in names}
        return found

    def check(self, mentioned: Mentions) -> None:
        """Raise FormulaNamesUnknown for what there is not."""
        for prefix in mentioned.prefixes:
            self._check_prefix(prefix)
        for table in mentioned.tables:
            self._check_table(table)

    def _check_prefix(self, prefix: str) -> None:
        stated = read_prefix(prefix)
        if not stated.is_foreign:
            known = {stated.first.casefold(), stated.last.casefold()} <= self._sheets
        else:
            book = _OTHER_BOOK.match(prefix)
            books = self._document.parts.related(self._document.workbook_name, "externalLink")
            known = book is not None and int(book[1]) <= len(books)
        if not known:
            raise FormulaNamesUnknown

    def _check_table(self, reference: str) -> None:
        match = _TABLE.fullmatch(reference)
        if match is None or match["book"] or not match["name"]:
            return
        columns = self._tables.get(match["name"].casefold())
        if columns is None:
            raise FormulaNamesUnknown
        items = [item.removeprefix("@").strip() for item in _ITEM.findall(match["inside"])]
        named = {_plain(re.sub("'(.)", r"\1", item)) for item in items if item[:1] not in {"#", ""}}
        if not named <= columns:
            raise FormulaNamesUnknown

    def is_one_cell(self, name: str) -> bool:
        """Whether a name, in lower case, certainly stands for one cell or one value."""
        index = self._document.workbook.sheets.index(self._entry)
        found = [
            defined
            for defined in self._document.workbook.names
            if defined.name.lower() == name and defined.sheet_index in {None, index}
        ]
        return bool(found) and all(
            _is_one(defined.refers_to) or _is_one_area(area_of(defined)) for defined in found
        )

    def table_at(self, row: int, column: int) -> str:
        """Return the name of the table that a cell lies in, empty for none."""
        cell = Area(row, column, row, column)
        for table in self._document.tables(self._entry):
            if table.part.area.holds(cell):
                return table.part.display_name
        return ""

    def dynamic_mark(self) -> int:
        """Return the metadata of cells with dynamic arrays, counted from 1; the workbook has it from then on."""
        return dynamic_array_mark(self._document)


def _plain(column: str) -> str:
    return column.replace("\r\n", "\n").strip().casefold()


def _is_one(refers_to: str) -> bool:
    try:
        return parse(refers_to).kind is Kind.CONSTANT
    except FormulaRefused:
        return False


def _is_one_area(found: tuple[str, Area] | None) -> bool:
    return found is not None and found[1].rows == found[1].columns == 1
