"""
Sheets that come, go, move and change their names, with everything in the workbook that speaks of them.

Every refusal comes before the first change. Knows no xlwings.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from excel_client.file_engine.formulas.reference_changes import (
    SheetDeleted,
    SheetRenamed,
    TableDeleted,
)
from excel_client.file_engine.problems import (
    HiddenSheet,
    LastVisibleSheet,
    LockedWorkbook,
    OutsideFileEngine,
    SheetNameRefused,
)
from excel_client.file_engine.workbook import workbook_part
from excel_client.file_engine.workbook.file_kinds import has_macros
from excel_client.file_engine.workbook.following import apply_change
from excel_client.file_engine.workbook.part_store import PartStore
from excel_client.file_engine.workbook.workbook_part import SheetEntry
from excel_client.file_engine.xml.xml_spans import MAIN, RELATION, read_tree, splice

if TYPE_CHECKING:
    from excel_client.file_engine.workbook.document import Document

__all__ = [
    "activate_sheet",
    "add_sheet",
    "delete_sheet",
    "judge_sheet_name",
    "judge_structure",
    "list_sheet",
    "move_sheet",
    "rename_sheet",
    "set_sheet_state",
]

_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_SHEET_RELATION = f"{RELATION}/worksheet"
_NAME_LIMIT = 31
_NAME = re.compile(r"(?!')[^\x00-\x1f\\/?*\[\]:\ud800-\udfff\ufffe\uffff]+(?<!')")
_RESERVED = {"history"}
_EMPTY_SHEET = f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<worksheet xmlns="{MAIN}" xmlns:r="{RELATION}"><sheetData/></worksheet>""".encode()
#: What filters other parts from the sheet, or is tied to it by more than a relationship.
_TIED_PARTS = {"slicer", "timeline"}
_FILTER_CACHES = {"slicerCache", "timelineCache"}


def judge_structure(document: Document) -> None:
    """Refuse any change of the list of sheets where it is protected or its history is kept."""
    if document.workbook.is_locked:
        raise LockedWorkbook(document.workbook_name)
    if any(r.kind == "revisionHeaders" for r in document.parts.relations(document.workbook_name)):
        raise OutsideFileEngine(place="revisionHeaders")


def judge_sheet_name(document: Document, name: str, standing: SheetEntry | None = None) -> None:
    """Refuse a name that Excel would not take for a sheet, a new one or the one that is `standing`."""
    length = len(name.encode("utf-16-le", "surrogatepass")) // 2
    taken = {e.name.casefold() for e in document.workbook.sheets if e != standing}
    if (
        not _NAME.fullmatch(name)
        or length > _NAME_LIMIT
        or name.casefold() in _RESERVED
        or name.casefold() in taken
    ):
        raise SheetNameRefused


def add_sheet(document: Document, index: int, name: str | None) -> SheetEntry:
    """Add an empty sheet at a 0-based place among all sheets; without a name it gets the next "Sheet2"."""
    judge_structure(document)
    if name is not None:
        judge_sheet_name(document, name)
    return list_sheet(document, index, name or document.next_sheet_name(), _EMPTY_SHEET)


def list_sheet(
    document: Document, index: int, name: str, data: bytes, part: str = ""
) -> SheetEntry:
    """Add a worksheet part and list it at a 0-based place; all was judged before."""
    parts, workbook = document.parts, document.workbook_name
    part = part or parts.free_name("xl/worksheets/sheet{}.xml")
    parts.add(part, data, _SHEET_TYPE)
    entry = SheetEntry(
        name=name,
        relation=parts.relate(workbook, _SHEET_RELATION, part),
        state="visible",
        sheet_id=document.next_sheet_id(),
    )
    raw = parts.part(workbook)
    order: list[int | bytes] = list(range(len(document.workbook.sheets)))
    order.insert(index, workbook_part.sheet_tag(raw, entry, workbook))
    document.edit_workbook(workbook_part.with_sheets(raw, order, workbook))
    return entry


def rename_sheet(document: Document, entry: SheetEntry, name: str) -> None:
    """Give a sheet another name; every formula follows."""
    judge_structure(document)
    judge_sheet_name(document, name, entry)
    if name == entry.name:
        return
    apply_change(document, SheetRenamed(old=entry.name, new=name))
    place, index = document.workbook_name, document.workbook.sheets.index(entry)
    data = document.parts.part(place)
    document.edit_workbook(workbook_part.with_sheet_name(data, index, name, place))
    document.sheet(document.entry(entry.key)).name = name


def move_sheet(document: Document, entry: SheetEntry, beside: SheetEntry, *, after: bool) -> None:
    """Put a sheet before or after another one."""
    judge_structure(document)
    sheets = document.workbook.sheets
    order = [index for index, sheet in enumerate(sheets) if sheet != entry]
    order.insert(order.index(sheets.index(beside)) + after, sheets.index(entry))
    place = document.workbook_name
    if order != list(range(len(sheets))):
        data = document.parts.part(place)
        document.edit_workbook(workbook_part.with_sheets(data, order, place))


def activate_sheet(document: Document, entry: SheetEntry) -> None:
    """Bring a sheet to the front; alone this is nothing to save."""
    if entry.state != "visible":
        raise HiddenSheet(entry.name)
    document.bring_to_front(entry)


def set_sheet_state(document: Document, entry: SheetEntry, state: str) -> None:
    """Let a sheet be visible, hidden or veryHidden."""
    if state == entry.state:
        return
    judge_structure(document)
    if state != "visible":
        _leave(document, entry)
    place, index = document.workbook_name, document.workbook.sheets.index(entry)
    data = document.parts.part(place)
    document.edit_workbook(workbook_part.with_sheet_state(data, index, state, place))


def _leave(document: Document, entry: SheetEntry) -> None:
    """Bring the next visible sheet to the front; LastVisibleSheet where there is no other."""
    shown = [e for e in document.worksheets() if e.state == "visible" or e == entry]
    if shown == [entry]:
        raise LastVisibleSheet(entry.name)
    if document.front == entry:
        place = shown.index(entry)
        document.bring_to_front([*shown[place + 1 :], *shown[:place][::-1]][0])


# Deleting


def delete_sheet(document: Document, entry: SheetEntry) -> None:
    """Delete a sheet with all that only it uses; formulas that refer to it become #REF!."""
    judge_structure(document)
    parts, workbook = document.parts, document.workbook_name
    part = document.sheet_part(entry)
    before = _reached(parts)
    gone = before - _reached(parts, frozenset({part}))
    _judge_ties(document, entry, gone)
    for table in document.tables(entry):
        apply_change(document, TableDeleted(name=table.part.display_name))
    apply_change(document, SheetDeleted(name=entry.name))
    _leave(document, entry)
    caches = _lonely_caches(parts, workbook, gone)
    gone = before - _reached(parts, frozenset({part, *caches}))
    place = document.workbook.sheets.index(document.entry(entry.key))
    order = [index for index in range(len(document.workbook.sheets)) if index != place]
    data = workbook_part.with_sheets(parts.part(workbook), order, workbook)
    keys = [entry.relation]
    for relation in parts.relations(workbook):
        if not relation.is_external and parts.target(workbook, relation) in caches:
            data = _without_cache(data, relation.key, workbook)
            keys.append(relation.key)
    for key in keys:
        parts.unrelate(workbook, key)
    document.edit_workbook(data)
    for name in gone:
        parts.remove(name)
    document.drop_sheet(part)
    document.drop_calculation_chain()


def _reached(parts: PartStore, without: frozenset[str] = frozenset()) -> set[str]:
    """Return all parts that the package leads to, when some are left out."""
    found: set[str] = set()
    stack = [""]
    while stack:
        part = stack.pop()
        for relation in parts.relations(part):
            if relation.is_external:
                continue
            target = parts.target(part, relation)
            if target not in found and target not in without and parts.has(target):
                found.add(target)
                stack.append(target)
    return found


def _judge_ties(document: Document, entry: SheetEntry, gone: set[str]) -> None:
    """Refuse a sheet that slicers, pivot charts or macros hold on to, and the last one that can be seen."""
    shown = [e for e in document.worksheets() if e.state == "visible" and e != entry]
    if not shown:
        raise LastVisibleSheet(entry.name)
    parts, workbook = document.parts, document.workbook_name
    part = document.sheet_part(entry)
    if any(relation.kind in _TIED_PARTS for relation in parts.relations(part)):
        raise OutsideFileEngine(entry.name)
    if has_macros(parts, workbook):
        # Its code module can't be taken out of the macros.
        raise OutsideFileEngine(entry.name)
    ids = {("tabId", entry.sheet_id)}
    for table in parts.related(part, "table"):
        ids.add(("tableId", read_tree(parts.part(table), table).attributes.get("id", "")))
    for relation in parts.relations(workbook):
        if relation.kind in _FILTER_CACHES and not relation.is_external:
            cache = parts.target(workbook, relation)
            stated = read_tree(parts.part(cache), cache).walk()
            if any(pair in ids for element in stated for pair in element.attributes.items()):
                raise OutsideFileEngine(entry.name)
    if parts.related(part, "pivotTable"):
        charts = (n for n in parts.names if n.startswith("xl/charts/") and n.endswith(".xml"))
        if any(b"pivotSource" in parts.part(chart) for chart in charts if chart not in gone):
            raise OutsideFileEngine(entry.name)


def _lonely_caches(parts: PartStore, workbook: str, gone: set[str]) -> set[str]:
    """Return the pivot caches that no pivot table uses once some parts are gone."""
    used: dict[str, bool] = {}
    for name in parts.names:
        if name.startswith("xl/pivotTables/") and name.endswith(".xml"):
            for cache in parts.related(name, "pivotCacheDefinition"):
                used[cache] = used.get(cache, False) or name not in gone
    listed = set(parts.related(workbook, "pivotCacheDefinition"))
    return {cache for cache, is_used in used.items() if not is_used and cache in listed}


def _without_cache(data: bytes, key: str, place: str) -> bytes:
    caches = read_tree(data, place).find("pivotCaches")
    if caches is None:
        return data
    kept = [c for c in caches.children if c.attributes.get(f"{RELATION} id") != key]
    if not kept:
        return splice(data, [(caches.start, caches.end, b"")])
    dropped = [c for c in caches.children if c not in kept]
    return splice(data, [(c.start, c.end, b"") for c in dropped])
