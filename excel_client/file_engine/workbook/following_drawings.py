"""
What is drawn on a sheet, tied to its cells: places of shapes, pictures, charts, controls and boxes of notes.

As in Excel, what lies among moved cells moves, and what is wider than the moved cells stays. Knows no workbook.
"""

from __future__ import annotations

import re

from excel_client.file_engine.formulas.changed_areas import CellChange, changed_area
from excel_client.file_engine.formulas.changed_formulas import FormulaPlace, changed_formula
from excel_client.file_engine.formulas.reference_changes import CellsMoved, Change
from excel_client.file_engine.formulas.references import COLUMN_LIMIT, ROW_LIMIT, Area
from excel_client.file_engine.workbook.following_areas import cell_change_of, text_edit
from excel_client.file_engine.xml.cell_text import attribute_text, unescape_xml
from excel_client.file_engine.xml.element_edits import Edit
from excel_client.file_engine.xml.xml_spans import Element

__all__ = ["anchor_edits", "followed_shapes"]

_ANCHORS = {"anchor", "oneCellAnchor", "twoCellAnchor"}
_SHAPE = re.compile(rb"<v:shape\s.*?</v:shape>", re.DOTALL)
_NOTE = re.compile(rb"""ObjectType\s*=\s*["']Note["']""")
_ROW = re.compile(rb"(<x:Row>\s*)(\d{1,7})(\s*</x:Row>)")
_COLUMN = re.compile(rb"(<x:Column>\s*)(\d{1,7})(\s*</x:Column>)")
_ANCHOR = re.compile(rb"(<x:Anchor>)([\d\s,-]+)(</x:Anchor>)")
_LINK = re.compile(rb"(<x:(Fmla\w+)>)([^<]*)(</x:Fmla\w+>)")
_MACRO = b"FmlaMacro"
#: From and to as VML says them: column, its offset, row, its offset, twice.
_ANCHOR_NUMBERS = 8


# Drawings and controls


def anchor_edits(root: Element, cells: CellChange) -> list[Edit]:
    """Return the edits that let everything anchored in cells below an element move with them."""
    edits: list[Edit] = []
    if isinstance(cells, CellsMoved):
        # What is cut and pasted leaves drawings where they are.
        return edits
    for element in root.walk():
        if element.name in _ANCHORS and element.attributes.get("editAs") != "absolute":
            edits += _moved_anchor(element, cells)
    return edits


def _moved_anchor(anchor: Element, cells: CellChange) -> list[Edit]:
    first, last = anchor.find("from"), anchor.find("to")
    start = _marker(first)
    end = _marker(last) if last is not None else start
    if first is None or start is None or end is None:
        return []
    if end[0] < start[0] or end[1] < start[1]:
        return []
    old = Area(start[0] + 1, start[1] + 1, end[0] + 1, end[1] + 1)
    new = _moved_area(old, cells, keeps_size=anchor.attributes.get("editAs") == "oneCell")
    edits = _marker_edits(first, (new.top, new.left), cells)
    if last is not None:
        edits += _marker_edits(last, (new.bottom, new.right), cells)
    return edits


def _marker(element: Element | None) -> tuple[int, int] | None:
    """Return row and column of a corner, counted from 0."""
    row, column = (
        (element.find("row"), element.find("col")) if element is not None else (None, None)
    )
    if row is None or column is None:
        return None
    if not row.text.strip().isdecimal() or not column.text.strip().isdecimal():
        return None
    numbers = int(row.text), int(column.text)
    return numbers if numbers[0] < ROW_LIMIT and numbers[1] < COLUMN_LIMIT else None


def _moved_area(old: Area, cells: CellChange, *, keeps_size: bool) -> Area:
    """Return where a shape lies afterwards; one whose cells are gone lies flat where they were."""
    new = changed_area(old, cells)
    if new is None:
        gap = cells.area
        top = min(old.top, gap.top) if gap.top <= old.top else old.top
        left = min(old.left, gap.left) if gap.left <= old.left else old.left
        if gap.left <= 1 and gap.right >= COLUMN_LIMIT:
            return Area(top, old.left, top, old.right)
        if gap.top <= 1 and gap.bottom >= ROW_LIMIT:
            return Area(old.top, left, old.bottom, left)
        # Cells that moved up or left came to lie below the shape.
        return old
    if keeps_size and (new.top, new.left) != (old.top, old.left):
        bottom = min(new.top + old.rows - 1, ROW_LIMIT)
        return Area(new.top, new.left, bottom, min(new.left + old.columns - 1, COLUMN_LIMIT))
    if keeps_size:
        return old
    return new


def _marker_edits(element: Element, place: tuple[int, int], cells: CellChange) -> list[Edit]:
    """Return the edits that let a corner be in a cell; where its own cell is gone it is at that cell's edge."""
    edits: list[Edit] = []
    for name, offset, now in (("row", "rowOff", place[0] - 1), ("col", "colOff", place[1] - 1)):
        child = element.find(name)
        if child is None or int(child.text) == now:
            continue
        edits.append(text_edit(child, str(now)))
        number = int(child.text) + 1
        line = (
            Area(number, 1, number, COLUMN_LIMIT)
            if name == "row"
            else Area(1, number, ROW_LIMIT, number)
        )
        distance = element.find(offset)
        if (
            changed_area(line, cells) is None
            and distance is not None
            and distance.end > distance.open_end
        ):
            edits.append(text_edit(distance, "0"))
    return edits


# The older drawings (VML) of notes and controls, which are not always XML


def followed_shapes(data: bytes, change: Change, home: FormulaPlace) -> bytes:
    """Return an older drawing after a change; the box of a note goes with the note's cell."""
    cells = cell_change_of(change, home.sheet)
    within = cells if not isinstance(cells, CellsMoved) or cells.sheet == cells.to_sheet else None

    def followed(match: re.Match[bytes]) -> bytes:
        shape = _LINK.sub(linked, match[0])
        if within is None:
            return shape
        if _NOTE.search(shape):
            return _followed_note(shape, within)
        return shape if isinstance(within, CellsMoved) else _with_anchor(shape, within)

    def linked(match: re.Match[bytes]) -> bytes:
        if match[2] == _MACRO:
            return match[0]
        text = unescape_xml(match[3].decode("utf-8", "surrogateescape"))
        new = changed_formula(text, change, home)
        if new == text:
            return match[0]
        return match[1] + attribute_text(new).encode("utf-8", "surrogateescape") + match[4]

    return _SHAPE.sub(followed, data)


def _followed_note(shape: bytes, cells: CellChange) -> bytes:
    row, column = _ROW.search(shape), _COLUMN.search(shape)
    if row is None or column is None:
        return shape
    place = int(row[2]) + 1, int(column[2]) + 1
    if place[0] > ROW_LIMIT or place[1] > COLUMN_LIMIT:
        return shape
    new = changed_area(Area(*place, *place), cells)
    if new is None:
        return b""
    down, right = new.top - place[0], new.left - place[1]
    if not down and not right:
        return shape
    shape = _ROW.sub(b"\\g<1>%d\\g<3>" % (new.top - 1), shape, count=1)
    shape = _COLUMN.sub(b"\\g<1>%d\\g<3>" % (new.left - 1), shape, count=1)
    return _ANCHOR.sub(lambda match: _shifted_anchor(match, down, right), shape, count=1)


def _numbers(match: re.Match[bytes]) -> list[int] | None:
    try:
        numbers = [int(part) for part in match[2].split(b",")]
    except ValueError:
        return None
    return numbers if len(numbers) == _ANCHOR_NUMBERS and min(numbers) >= 0 else None


def _written(match: re.Match[bytes], numbers: list[int]) -> bytes:
    return match[1] + ", ".join(map(str, numbers)).encode() + match[3]


def _shifted_anchor(match: re.Match[bytes], down: int, right: int) -> bytes:
    numbers = _numbers(match)
    if numbers is None:
        return match[0]
    for at, by in ((0, right), (4, right), (2, down), (6, down)):
        numbers[at] = max(numbers[at] + by, 0)
    return _written(match, numbers)


def _with_anchor(shape: bytes, cells: CellChange) -> bytes:
    def moved(match: re.Match[bytes]) -> bytes:
        numbers = _numbers(match)
        if numbers is None or numbers[4] < numbers[0] or numbers[6] < numbers[2]:
            return match[0]
        old = Area(numbers[2] + 1, numbers[0] + 1, numbers[6] + 1, numbers[4] + 1)
        new = _moved_area(old, cells, keeps_size=b"<x:SizeWithCells" in shape)
        if new == old:
            return match[0]
        numbers[2], numbers[0] = new.top - 1, new.left - 1
        numbers[6], numbers[4] = new.bottom - 1, new.right - 1
        return _written(match, numbers)

    # An element that reads "move with cells" says that the shape does not.
    return shape if b"<x:MoveWithCells" in shape else _ANCHOR.sub(moved, shape, count=1)
