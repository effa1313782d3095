"""
How sheets are shown: which one is in front, its selection, gridlines and frozen panes.

Source: ECMA-376 part 1, 18.3.1.87 (sheetView) and 18.3.1.66 (pane). Knows no xlwings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from excel_client.file_engine.formulas.references import (
    COLUMN_LIMIT,
    ROW_LIMIT,
    Area,
    column_letters,
)
from excel_client.file_engine.problems import OutsideSheet
from excel_client.file_engine.sheet.sheet_surroundings import SheetSurroundings
from excel_client.file_engine.workbook.workbook_part import SheetEntry, with_active_sheet
from excel_client.file_engine.xml.xml_spans import Element, read_tree, set_attribute, splice

if TYPE_CHECKING:
    from excel_client.file_engine.workbook.document import Document

__all__ = [
    "freeze",
    "selection",
    "set_gridlines",
    "settle_front",
    "shows_gridlines",
    "unfreeze",
]

_TRUE = {"1", "true"}


def settle_front(document: Document) -> None:
    """Let the workbook say which sheet is in front, if another one was brought there."""
    if not document.front_changed:
        return
    front = document.front
    place = document.workbook_name
    index = document.workbook.sheets.index(front)
    document.edit_workbook(with_active_sheet(document.parts.part(place), index, place))
    for entry in document.workbook.sheets:
        _select_tab(document, entry, chosen=entry == front)


def _select_tab(document: Document, entry: SheetEntry, *, chosen: bool) -> None:
    if entry in document.worksheets():
        if not chosen and not _says_selected(document, entry):
            return
        surroundings = document.sheet(entry).surroundings
        before = surroundings.whole
        surroundings.splice(_tab_edits(_view(surroundings), surroundings.whole, chosen=chosen))
        if surroundings.whole != before:
            document.sheet(entry).changed = True
        return
    name = document.sheet_part(entry)
    data = document.parts.part(name)
    views = read_tree(data, name).find("sheetViews")
    for view in views.children if views else ():
        document.parts.edit(name, splice(data, _tab_edits(view, data, chosen=chosen)))
        return


def _says_selected(document: Document, entry: SheetEntry) -> bool:
    """Whether a sheet's part speaks of a selected tab; its rows are not read for that."""
    if document.has_model(entry):
        return b"tabSelected" in document.sheet(entry).surroundings.head
    data = document.parts.part(document.sheet_part(entry))
    place = data.find(b"tabSelected")
    return 0 <= place < data.find(b"sheetData")


def _tab_edits(view: Element, data: bytes, *, chosen: bool) -> list[tuple[int, int, bytes]]:
    tag = data[view.start : view.open_end]
    stands = view.attributes.get("tabSelected") in _TRUE
    if stands == chosen:
        return []
    return [(view.start, view.open_end, set_attribute(tag, "tabSelected", "1" if chosen else None))]


def _view(surroundings: SheetSurroundings) -> Element:
    """Return the sheet's first view, made if there is none."""
    views = surroundings.root.find("sheetViews")
    if views is None or not views.children:
        prefix = surroundings.prefix()
        view = f'<{prefix}sheetView workbookViewId="0"/>'
        written = f"<{prefix}sheetViews>{view}</{prefix}sheetViews>"
        surroundings.put_children("sheetViews", written.encode())
        views = surroundings.root.find("sheetViews")
    assert views is not None, "it was just put there"
    return views.children[0]


def _edited_view(document: Document, entry: SheetEntry) -> tuple[SheetSurroundings, Element]:
    """Return a view that is going to change; the workbook gets the window that it belongs to."""
    place = document.workbook_name
    index = document.workbook.active_sheet
    document.edit_workbook(with_active_sheet(document.parts.part(place), index, place))
    model = document.sheet(entry)
    model.changed = True
    return model.surroundings, _view(model.surroundings)


def shows_gridlines(document: Document, entry: SheetEntry) -> bool:
    """Whether the sheet shows gridlines on the screen."""
    views = document.sheet(entry).surroundings.root.find("sheetViews")
    view = views.children[0] if views and views.children else None
    return view is None or view.attributes.get("showGridLines", "1") in _TRUE


def set_gridlines(document: Document, entry: SheetEntry, *, shown: bool) -> None:
    """Show gridlines on the screen or not."""
    if shown == shows_gridlines(document, entry):
        return
    surroundings, view = _edited_view(document, entry)
    tag = surroundings.whole[view.start : view.open_end]
    tag = set_attribute(tag, "showGridLines", None if shown else "0")
    surroundings.splice([(view.start, view.open_end, tag)])


def selection(document: Document, entry: SheetEntry) -> Area:
    """Return the first area that is selected in a sheet, A1 where none is stated."""
    views = document.sheet(entry).surroundings.root.find("sheetViews")
    view = views.children[0] if views and views.children else None
    pane = view.find("pane") if view else None
    wanted = pane.attributes.get("activePane", "topLeft") if pane else "topLeft"
    for element in view.all("selection") if view else ():
        if element.attributes.get("pane", "topLeft") == wanted:
            try:
                return Area.parse(element.attributes.get("sqref", "A1").split()[0])
            except (ValueError, IndexError, OutsideSheet):
                break
    return Area(1, 1, 1, 1)


def freeze(document: Document, entry: SheetEntry, area: Area) -> None:
    """Keep the rows and columns of an area in sight: they and what is left of and above them do not scroll."""
    rows = area.rows if area.rows < ROW_LIMIT else 0
    columns = area.columns if area.columns < COLUMN_LIMIT else 0
    if not rows and not columns:
        raise OutsideSheet(entry.name)
    if (rows and area.bottom == ROW_LIMIT) or (columns and area.right == COLUMN_LIMIT):
        raise OutsideSheet(entry.name)
    pane = "bottomRight" if rows and columns else "bottomLeft" if rows else "topRight"
    first = f"{column_letters(area.left)}{area.top}"
    behind = _cell(area.bottom + 1 if rows else area.top, area.right + 1 if columns else area.left)
    surroundings, view = _edited_view(document, entry)
    prefix = surroundings.prefix()
    split = (f' xSplit="{columns}"' if columns else "") + (f' ySplit="{rows}"' if rows else "")
    shown = f'<{prefix}pane{split} topLeftCell="{behind}" activePane="{pane}" state="frozen"/>'
    panes = ["topRight", "bottomLeft", "bottomRight"] if rows and columns else [pane]
    _put_panes(surroundings, view, shown, panes, None if first == "A1" else first)


def unfreeze(document: Document, entry: SheetEntry) -> None:
    """Let all rows and columns scroll again."""
    views = document.sheet(entry).surroundings.root.find("sheetViews")
    if views is None or not views.children or views.children[0].find("pane") is None:
        return
    surroundings, view = _edited_view(document, entry)
    _put_panes(surroundings, view, "", [""], view.attributes.get("topLeftCell"))


def _cell(row: int, column: int) -> str:
    return f"{column_letters(column)}{row}"


def _put_panes(
    surroundings: SheetSurroundings, view: Element, pane: str, panes: list[str], first: str | None
) -> None:
    """Let a view have these panes; the last of them has the selection."""
    data = surroundings.whole
    prefix = surroundings.prefix()
    standing = view.all("selection")
    chosen = ""
    if standing:
        given = standing[-1].attributes
        for name in ("activeCell", "activeCellId", "sqref"):
            if name in given:
                chosen += f' {name}="{given[name]}"'
    written = pane
    for number, name in enumerate(panes, 1):
        where = f' pane="{name}"' if name else ""
        what = chosen if number == len(panes) else ""
        if where or what:
            written += f"<{prefix}selection{where}{what}/>"
    kept = b"".join(
        data[child.start : child.end]
        for child in view.children
        if child.name not in {"pane", "selection"}
    )
    tag = set_attribute(data[view.start : view.open_end], "topLeftCell", first)
    if tag.endswith(b"/>"):
        tag = tag[:-2].rstrip() + b">"
    closing = f"</{prefix}sheetView>".encode()
    surroundings.splice([(view.start, view.end, tag + written.encode() + kept + closing)])
