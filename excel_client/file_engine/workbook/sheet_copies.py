"""
Copies of sheets, within a workbook and into another one: exact, or refused before anything changes.

As in Excel: the copy's formulas, charts and names speak of the copy; tables get names of their own; names of the
workbook that speak of the sheet become the copy's own. Into another workbook goes only what speaks of nothing else.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import chain, count
from typing import TYPE_CHECKING

from excel_client.file_engine.problems import OutsideFileEngine
from excel_client.file_engine.sheet.sheet_surroundings import SheetSurroundings
from excel_client.file_engine.workbook.cloned_parts import PartCopies, without_revision_ids
from excel_client.file_engine.workbook.copied_cells import MovedCells, judge_move
from excel_client.file_engine.workbook.copied_formulas import CopiedFormulas
from excel_client.file_engine.workbook.defined_names import put_name, table_names
from excel_client.file_engine.workbook.file_kinds import has_macros
from excel_client.file_engine.workbook.sheet_changes import judge_structure, list_sheet
from excel_client.file_engine.workbook.workbook_part import DefinedName, SheetEntry
from excel_client.file_engine.xml.element_edits import Edit, tag_edit
from excel_client.file_engine.xml.xml_spans import read_tree, set_attribute, splice

if TYPE_CHECKING:
    from excel_client.file_engine.workbook.document import Document

__all__ = ["copy_sheet"]

_NAME_LIMIT = 31
_COPY = re.compile(r"(.*) \(\d+\)", re.DOTALL)
#: Children of a sheet that belong to something a copy can't have.
_LEFT_OUT = ("customSheetViews",)
_NOT_COPIED = {"webPublishItems", "customProperties", "oleObjects", "controls"}


def copy_sheet(source: Document, entry: SheetEntry, target: Document, index: int) -> SheetEntry:
    """Copy a sheet to a 0-based place among all sheets of a workbook, and return the copy."""
    copying = _Copying(source, entry, target)
    return copying.done(index)


class _Copying:
    """One copy: planned as a whole when it is made, then done."""

    def __init__(self, source: Document, entry: SheetEntry, target: Document) -> None:
        self.source, self.entry, self.target = source, entry, target
        self.part = source.sheet_part(entry)
        self.name = _copy_name(entry.name, target)
        self.tables = self._table_copies()
        self._judge()
        self.names = self._copied_names()
        behind = None if self._within else self._left_behind()
        tables = {old: new for old, (new, _) in self.tables.items()}
        self.formulas = CopiedFormulas(entry.name, self.name, tables, left_behind=behind)
        self.parts = PartCopies(source.parts, target.parts, self._rewritten)
        self.copy_part = self.parts.free_name(self.part)
        self.parts.plan_relations(self.part, self.copy_part)
        self.head, self.rows, self.tail = self._split()
        if not self._within:
            judge_move(source, target, self.rows, self.entry.name)
        self.local_names = [self._followed(name) for name in self.names]

    @property
    def _within(self) -> bool:
        return self.source is self.target

    def _judge(self) -> None:
        judge_structure(self.target)
        parts = self.source.parts
        if has_macros(parts, self.source.workbook_name):
            # Its code module can't be copied.
            raise OutsideFileEngine(self.entry.name)
        root = self.source.sheet(self.entry).surroundings.root
        if any(child.name in _NOT_COPIED for child in root.children):
            raise OutsideFileEngine(self.entry.name)
        kinds = {relation.kind for relation in parts.relations(self.part)}
        if not self._within and "threadedComment" in kinds:
            # Who wrote them is known to the other workbook only.
            raise OutsideFileEngine(self.entry.name)

    # Names

    def _table_copies(self) -> dict[str, tuple[str, int]]:
        """Return each table's name with the name and id that its copy gets."""
        parts = self.target.parts
        taken = table_names(self.target)
        taken |= {name.name.casefold() for name in self.target.workbook.names}
        highest = 0
        for entry in self.target.worksheets():
            for table in parts.related(self.target.sheet_part(entry), "table"):
                stated = read_tree(parts.part(table), table).attributes.get("id", "0")
                highest = max(highest, int(stated) if stated.isdecimal() else 0)
        copies: dict[str, tuple[str, int]] = {}
        for table in self.source.parts.related(self.part, "table"):
            attributes = read_tree(self.source.parts.part(table), table).attributes
            if attributes.get("tableType", "worksheet") != "worksheet":
                raise OutsideFileEngine(self.entry.name)
            highest += 1
            old = attributes.get("displayName", "")
            names = (f"{old}{number}" for number in count(highest + 1))
            new = next(name for name in chain([old], names) if name.casefold() not in taken)
            taken.add(new.casefold())
            copies[old] = (new, highest)
        return copies

    def _copied_names(self) -> list[DefinedName]:
        """Return the names that the copy gets as well: the sheet's own, and those of the workbook that speak of it."""
        index = self.source.workbook.sheets.index(self.entry)
        plain = CopiedFormulas(self.entry.name, self.name, {})
        own = [name for name in self.source.workbook.names if name.sheet_index == index]
        taken = {name.name.casefold() for name in own}
        general = [
            name
            for name in self.source.workbook.names
            if name.sheet_index is None
            and name.name.casefold() not in taken
            and plain.speaks_of_sheet(name.refers_to)
        ]
        return [*own, *general]

    def _left_behind(self) -> set[str]:
        copied = {name.name.casefold() for name in self.names}
        names = {name.name.casefold() for name in self.source.workbook.names}
        tables = table_names(self.source) - {old.casefold() for old in self.tables}
        return (names - copied) | tables

    def _followed(self, name: DefinedName) -> DefinedName:
        """Return a name as the copy has it; its scope is set when the copy is listed."""
        refers_to = self.formulas.text(name.refers_to)
        if self._within:
            return replace(name, refers_to=refers_to)
        taken = {n.name.casefold() for n in self.target.workbook.names if n.sheet_index is None}
        if name.sheet_index is None and name.name.casefold() in taken:
            raise OutsideFileEngine(self.entry.name)
        return replace(name, refers_to=refers_to, tag=b"")

    # Parts

    def _rewritten(self, part: str, kind: str, data: bytes) -> bytes:
        if kind != "table":
            return self.formulas.into(data)
        root = read_tree(data, part)
        name, number = self.tables[root.attributes.get("displayName", "")]
        edit = tag_edit(data, root, id=str(number), name=name, displayName=name)
        return self.formulas.into(without_revision_ids(splice(data, [edit])))

    def _split(self) -> tuple[bytes, bytes, bytes]:
        """Return what stands before the rows of the copy, the rows, and what stands behind them."""
        model = self.source.sheet(self.entry)
        whole = b"".join(model.stream())
        head, tail = model.surroundings.head, model.surroundings.tail
        rows = self.formulas.into(whole[len(head) : len(whole) - len(tail)])
        copy = SheetSurroundings(
            self.formulas.into(without_revision_ids(head)),
            self.formulas.into(without_revision_ids(tail)),
            self.copy_part,
        )
        for name in _LEFT_OUT:
            copy.put_children(name, b"")
        edits: list[Edit] = []
        for element in copy.root.walk():
            attribute = {"sheetView": "tabSelected", "sheetPr": "codeName"}.get(element.name, "")
            if attribute in element.attributes:
                edits.append(tag_edit(copy.whole, element, **{attribute: None}))
        copy.splice(edits)
        return copy.head, rows, copy.tail

    # Doing

    def done(self, index: int) -> SheetEntry:
        """Add the copy at a place among the sheets."""
        data = self.head + self.rows + self.tail
        if not self._within:
            moved = MovedCells(self.source, self.target)
            data = moved.sheet(self.head, self.rows, self.tail, self.copy_part)
            self.parts.rewrite("table", moved.table)
            moved.finish()
        copy = list_sheet(self.target, index, self.name, data, self.copy_part)
        self.parts.add_to_target()
        place = self.target.workbook.sheets.index(copy)
        for name in self.local_names:
            is_general = not self._within and name.sheet_index is None
            tag = set_attribute(name.tag, "localSheetId", str(place)) if name.tag else b""
            scope = None if is_general else place
            put_name(self.target, replace(name, sheet_index=scope, tag=tag))
        self.target.drop_calculation_chain()
        return copy


def _copy_name(name: str, target: Document) -> str:
    """Return the name that Excel gives a copy: its own where it is free, else one with a number."""
    taken = {entry.name.casefold() for entry in target.workbook.sheets}
    if name.casefold() not in taken:
        return name
    match = _COPY.fullmatch(name)
    stem = match[1] if match else name
    endings = (f" ({number})" for number in count(2))
    names = (_shortened(stem, _NAME_LIMIT - len(ending)) + ending for ending in endings)
    return next(name for name in names if name.casefold() not in taken)


def _shortened(text: str, limit: int) -> str:
    """Return the beginning of a text that has so many UTF-16 units, as Excel counts."""
    raw = text.encode("utf-16-le", "surrogatepass")[: 2 * limit]
    return raw.decode("utf-16-le", "ignore")
