"""
The filter of a sheet's area or of a table: put over it, taken away, and its rows hidden and shown.

A sheet has one filter, which a hidden name of the workbook stands for; each table may have its own. Knows no xlwings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.problems import (
    FilterElsewhere,
    OutsideFileEngine,
    OutsideSheet,
    PackageDamaged,
)
from excel_client.file_engine.sheet.filter_criteria import Criterion
from excel_client.file_engine.sheet.filters import (
    criteria_in,
    filter_element,
    hide_rows,
    planned_filter,
)
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.tables.table_model import TableModel
from excel_client.file_engine.workbook.document import Document
from excel_client.file_engine.workbook.workbook_part import DefinedName, SheetEntry
from excel_client.file_engine.xml.cell_text import attribute_text
from excel_client.file_engine.xml.element_edits import inserted
from excel_client.file_engine.xml.xml_spans import Element, read_tree, set_attribute, splice

__all__ = ["FilteredArea", "filtered_area", "filtered_table"]

_NAME = "_xlnm._FilterDatabase"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilteredArea:
    """What is filtered: an area of a sheet with its header, or a table."""

    document: Document
    entry: SheetEntry
    area: Area
    table: TableModel | None

    @property
    def _sheet(self) -> SheetModel:
        return self.document.sheet(self.entry)

    @property
    def _body(self) -> Area:
        area = self.area
        return Area(area.top + 1, area.left, area.bottom, area.right)

    def _standing(self) -> tuple[bytes, Element | None]:
        """Return the filter that there is, and the bytes that its place counts in."""
        if self.table is not None:
            root = read_tree(self.table.data, self.table.name)
            return self.table.data, root.find("autoFilter")
        around = self._sheet.surroundings
        return around.whole, around.root.find("autoFilter")

    def _is_elsewhere(self) -> bool:
        _, element = self._standing()
        if self.table is not None or element is None:
            return False
        try:
            return Area.parse(element.attributes["ref"]) != self.area
        except (KeyError, ValueError, OutsideSheet) as error:
            raise PackageDamaged(self._sheet.surroundings.place) from error

    def criteria(self) -> dict[int, Criterion]:
        """Return the criteria of its columns, counted from 0; none where the sheet filters another area."""
        return {} if self._is_elsewhere() else criteria_in(self._standing()[1], self.entry.name)

    def put(self, offset: int, criterion: Criterion) -> None:
        """Let a column filter; FilterElsewhere where the sheet already filters another area."""
        sheet = self._sheet
        place = sheet.where(self.area.text())
        others = [t.part.area for t in self.document.tables(self.entry) if t is not self.table]
        if self._is_elsewhere() or any(other.meets(self.area) for other in others):
            raise FilterElsewhere(place)
        no_header = self.table is not None and not self.table.part.header_rows
        if no_header or self.area.rows < 2:  # noqa: PLR2004 - a header and a row of data
            raise OutsideFileEngine(place)
        self._apply({**self.criteria(), offset: criterion})

    def clear(self, offset: int | None) -> None:
        """Let a column, or all of them, filter nothing; the filter itself stays."""
        if self._is_elsewhere() or self._standing()[1] is None:
            return
        rest = {o: c for o, c in self.criteria().items() if offset is not None and o != offset}
        self._apply(rest)

    def _apply(self, criteria: Mapping[int, Criterion]) -> None:
        document, sheet = self.document, self._sheet
        since_1904 = document.workbook.since_1904
        plan = planned_filter(sheet, document.styles, self._body, criteria, since_1904=since_1904)
        data, old = self._standing()
        if self.table is not None:
            root = read_tree(data, self.table.name)
            prefix = root.prefix(data).decode()
            written = filter_element(data, old, self.area, plan.criteria, prefix)
            if old is not None:
                data = splice(data, [(old.start, old.end, written)])
            else:
                first = root.children[0] if root.children else None
                data = splice(data, [inserted(data, root, written, before=first)])
            document.parts.edit(self.table.name, data)
            self.table.put(data)
        else:
            around = sheet.surroundings
            written = filter_element(data, old, self.area, plan.criteria, around.prefix())
            around.put_children("autoFilter", written)
            _state_mode(sheet, filters=bool(plan.criteria))
            self._state_name()
            sheet.changed = True
        hide_rows(sheet, self._body, plan.passes)

    def _state_name(self) -> None:
        """Let the hidden name that stands for the sheet's filter be there and name its area."""
        document = self.document
        index = document.workbook.sheets.index(self.entry)
        sheet = "'" + self.entry.name.replace("'", "''") + "'"
        refers_to = f"{sheet}!{self.area.text(row_mark='$', column_mark='$')}"
        names = document.workbook.names
        others = [n for n in names if not (n.name == _NAME and n.sheet_index == index)]
        if len(others) < len(names):
            return
        root = read_tree(document.parts.part(document.workbook_name), document.workbook_name)
        prefix = root.prefix(document.parts.part(document.workbook_name)).decode()
        tag = f'<{prefix}definedName name="{attribute_text(_NAME)}" localSheetId="{index}" hidden="1">'
        added = DefinedName(
            name=_NAME, refers_to=refers_to, sheet_index=index, is_hidden=True, tag=tag.encode()
        )
        document.set_names(tuple(sorted([*others, added], key=lambda n: n.name.lower())))


def _state_mode(sheet: SheetModel, *, filters: bool) -> None:
    """State on the sheet whether its filter hides rows."""
    around = sheet.surroundings
    element = around.root.find("sheetPr")
    if element is None:
        if filters:
            around.put_children("sheetPr", f'<{around.prefix()}sheetPr filterMode="1"/>'.encode())
        return
    tag = around.whole[element.start : element.open_end]
    tag = set_attribute(tag, "filterMode", "1" if filters else None)
    around.splice([(element.start, element.open_end, tag)])


def filtered_table(document: Document, entry: SheetEntry, table: TableModel) -> FilteredArea:
    """Return what a table's filter covers: its header and its data, not its totals."""
    part = table.part
    area = Area(part.area.top, part.area.left, part.last_row, part.area.right)
    return FilteredArea(document=document, entry=entry, area=area, table=table)


def filtered_area(document: Document, entry: SheetEntry, area: Area) -> FilteredArea:
    """Return what a filter over an area covers: a whole table filters by itself."""
    for table in document.tables(entry):
        if table.part.area == area:
            return filtered_table(document, entry, table)
    return FilteredArea(document=document, entry=entry, area=area, table=None)
