"""
Areas and formulas in small parts: the elements of a sheet around its rows, of tables, and what is drawn.

Says by name which attribute or text of which element holds an area or a formula, and returns the edits that let all of
them follow a change. Source: ECMA-376 part 1, 18.3 and 18.5; MS-XLSX 2.6 (extensions). Knows no workbook.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from excel_client.file_engine.formulas.changed_areas import CellChange, changed_area, changed_areas
from excel_client.file_engine.formulas.changed_formulas import (
    FormulaPlace,
    changed_formula,
    changed_rule,
)
from excel_client.file_engine.formulas.formula_references import DEAD
from excel_client.file_engine.formulas.reference_changes import (
    CellsDeleted,
    CellsInserted,
    CellsMoved,
    Change,
    Direction,
)
from excel_client.file_engine.formulas.references import COLUMN_LIMIT, ROW_LIMIT, Area
from excel_client.file_engine.formulas.sheet_prefixes import is_sheet
from excel_client.file_engine.problems import OutsideSheet
from excel_client.file_engine.sheet.area_lists import without_area
from excel_client.file_engine.xml.element_edits import Edit, removed, tag_edit
from excel_client.file_engine.xml.xml_spans import Element, whole_number

__all__ = ["cell_change_of", "followed_edits", "text_edit"]

#: Elements with one area, by the attribute that states it.
_AREA = {
    "autoFilter": "ref",
    "cellSmartTags": "r",
    "cellWatch": "r",
    "comment": "ref",
    "hyperlink": "ref",
    "inputCells": "r",
    "mergeCell": "ref",
    "singleXmlCell": "r",
    "sortCondition": "ref",
    "sortState": "ref",
    "threadedComment": "ref",
}
#: Elements that stand for single cells of a list of areas, stated in an attribute or in a child.
_CELLS = {"conditionalFormatting", "dataValidation", "ignoredError", "protectedRange", "sparkline"}
_TOTALS = "totalsRowFormula"
_FORMULAS = {
    "calculatedColumnFormula",
    "f",
    "formula",
    "formula1",
    "formula2",
    _TOTALS,
}
#: Where a chart keeps references under a name that means areas elsewhere.
_CHART_REFERENCES = {"formulaRef", "fullRef", "levelRef"}
#: Attributes that hold a reference.
_REFERENCES = {
    "cfvo": ("val",),
    "controlPr": ("linkedCell", "listFillRange"),
    "formControlPr": ("fmlaLink", "fmlaRange", "fmlaTxbx", "fmlaGroup"),
    "hyperlink": ("location",),
    "sp": ("textlink",),
}
#: Where a gone area would not be a link or a filter any more: it stays what it was.
_KEPT_IF_DEAD = {"hyperlink"}
#: Elements that are nothing without children.
_LISTS = {
    "cellSmartTags",
    "cellWatches",
    "colBreaks",
    "conditionalFormattings",
    "dataValidations",
    "ext",
    "extLst",
    "hyperlinks",
    "ignoredErrors",
    "mergeCells",
    "protectedRanges",
    "rowBreaks",
    "scenario",
    "scenarios",
    "smartTags",
    "sortState",
    "sparklineGroups",
    "sparklines",
}
#: What has properties of its own beside its members, which stand in one child.
_MEMBERS = {"sparklineGroup": "sparklines"}
_COUNTS = {"count": None, "manualBreakCount": "man"}
_TRUE = {"1", "true"}


def cell_change_of(change: Change, sheet: str) -> CellChange | None:
    """Return a change if it moves cells of a sheet."""
    if isinstance(change, CellsInserted | CellsDeleted):
        return change if is_sheet(change.sheet, sheet) else None
    if isinstance(change, CellsMoved):
        named = (change.sheet, change.to_sheet)
        return change if any(is_sheet(name, sheet) for name in named) else None
    return None


def text_edit(element: Element, text: str) -> Edit:
    """Return the edit that gives an element another text."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return element.open_end, element.close_start, escaped.encode()


def followed_edits(
    data: bytes, root: Element, change: Change, home: FormulaPlace, rule_areas: Sequence[Area] = ()
) -> list[Edit]:
    """
    Return the edits that let everything below an element follow a change; `home` is the sheet that it belongs to.

    `rule_areas` are the cells that the formulas below the element are meant for, if they are many.
    """
    follower = _Follower(data, change, home, cell_change_of(change, home.sheet))
    follower.element(root, root, tuple(rule_areas))
    return follower.edits


@dataclass(slots=True)
class _Follower:
    """One walk through the elements of a part."""

    data: bytes
    change: Change
    home: FormulaPlace
    cells: CellChange | None
    edits: list[Edit] = field(default_factory=list)

    def children(self, parent: Element, rule_areas: tuple[Area, ...]) -> list[Element]:
        """Follow what is below an element, and return its children that are gone."""
        gone = [c for c in parent.children if not self.element(c, parent, rule_areas)]
        self.edits += [removed(child) for child in gone]
        return gone

    def element(self, element: Element, parent: Element, rule_areas: tuple[Area, ...]) -> bool:
        """Follow an element and what is below it; False when nothing is left of it."""
        before = len(self.edits)
        attributes: dict[str, str | None] = {}
        areas, stays = self._areas(element, parent, attributes)
        rules = areas or rule_areas
        gone = self.children(element, rules) if stays else []
        stays = stays and not _is_emptied(element, gone)
        if not stays:
            # What is below goes with it.
            del self.edits[before:]
            return False
        if gone:
            attributes |= _counts(element, gone)
        for name in _REFERENCES.get(element.name, ()):
            self._reference(element, name, attributes, rules)
        if _is_formula(element, parent):
            # A totals row's formula is said for one cell, below those of the rules.
            new = self._formula(element.text, () if element.name == _TOTALS else rules)
            if new != element.text:
                self.edits.append(text_edit(element, new))
        if attributes:
            self.edits.append(tag_edit(self.data, element, **attributes))
        return True

    def _formula(self, text: str, rules: tuple[Area, ...]) -> str:
        if rules:
            return changed_rule(text, rules, self.change, self.home)
        return changed_formula(text, self.change, self.home)

    def _reference(
        self,
        element: Element,
        name: str,
        attributes: dict[str, str | None],
        rules: tuple[Area, ...],
    ) -> None:
        text = element.attributes.get(name, "")
        sign = "=" if text.startswith("=") else ""
        new = sign + self._formula(text[len(sign) :], rules)
        if new != text and not (element.name in _KEPT_IF_DEAD and DEAD in new):
            attributes[name] = new

    # Areas

    def _areas(
        self, element: Element, parent: Element, attributes: dict[str, str | None]
    ) -> tuple[tuple[Area, ...], bool]:
        """Return the cells that rules below an element are meant for, and whether any are left."""
        if element.name == "brk" and self.cells is not None:
            is_row = parent.name == "rowBreaks"
            return (), _follow_break(element, self.cells, attributes, is_row=is_row)
        if element.name in _CELLS:
            return self._cell_list(element, attributes)
        name = _AREA.get(element.name)
        if name is None or name not in element.attributes or self.cells is None:
            return (), True
        stated = _area(element.attributes[name])
        if stated is None or not self._is_here(stated):
            return (), True
        left = changed_area(stated, self.cells)
        merged = element.name == "mergeCell" and left is not None and left.rows * left.columns == 1
        if left is None or merged:
            return (), False
        if left != stated:
            attributes[name] = left.text()
            if element.name == "autoFilter":
                self._filter_columns(element, stated)
        return (), True

    def _is_here(self, area: Area) -> bool:
        """Whether a change that reaches two sheets is about this one for an area."""
        if not isinstance(self.cells, CellsMoved):
            return True
        return is_sheet(self.cells.sheet, self.home.sheet) and (
            is_sheet(self.cells.to_sheet, self.home.sheet) or not self.cells.area.holds(area)
        )

    def _cell_list(
        self, element: Element, attributes: dict[str, str | None]
    ) -> tuple[tuple[Area, ...], bool]:
        child = element.find("sqref")
        text = element.attributes.get("sqref", child.text if child else "")
        areas = tuple(area for area in map(_area, text.split()) if area is not None)
        if not areas or len(areas) != len(text.split()):
            return (), True
        if self.cells is None:
            return areas, True
        left = self._followed_list(areas, self.cells)
        if not left:
            return areas, False
        if tuple(left) != areas:
            written = " ".join(area.text() for area in left)
            if child is not None and "sqref" not in element.attributes:
                self.edits.append(text_edit(child, written))
            else:
                attributes["sqref"] = written
        return areas, True

    def _followed_list(self, areas: tuple[Area, ...], cells: CellChange) -> list[Area]:
        if isinstance(cells, CellsMoved) and not is_sheet(cells.sheet, self.home.sheet):
            covered = cells.area
            down, right = cells.down, cells.right
            pasted = Area(
                covered.top + down,
                covered.left + right,
                covered.bottom + down,
                covered.right + right,
            )
            return without_area(areas, pasted)
        return changed_areas(areas, cells)

    def _filter_columns(self, element: Element, old: Area) -> None:
        """Let the conditions of a filter stay with their columns, which they count from the left."""
        assert self.cells is not None, "only moved cells change a filter's area"
        new = changed_area(old, self.cells)
        for column in element.all("filterColumn"):
            number = whole_number(column, "colId", default="0") + old.left
            cell = changed_area(Area(old.top, number, old.bottom, number), self.cells)
            if cell is None or new is None:
                self.edits.append(removed(column))
            elif cell.left - new.left != number - old.left:
                tag = tag_edit(self.data, column, colId=str(cell.left - new.left))
                self.edits.append(tag)


def _is_emptied(element: Element, gone: Sequence[Element]) -> bool:
    """Whether what made an element worth having is gone from it."""
    if any(child.name == _MEMBERS.get(element.name) for child in gone):
        return True
    return element.name in _LISTS and bool(gone) and len(gone) == len(element.children)


def _area(text: str) -> Area | None:
    try:
        return Area.parse(text)
    except (ValueError, OutsideSheet):
        return None


def _is_formula(element: Element, parent: Element) -> bool:
    if element.children or not element.text.strip():
        return False
    return element.name in _FORMULAS or (
        element.name == "sqref" and parent.name in _CHART_REFERENCES
    )


def _follow_break(
    element: Element, cells: CellChange, attributes: dict[str, str | None], *, is_row: bool
) -> bool:
    """Let a page break stay before its row or column; False when that is gone."""
    stated = element.attributes.get("id", "")
    if isinstance(cells, CellsMoved) or not stated.isdecimal():
        return True
    gap, number = cells.area, int(stated) + 1
    vertical = cells.direction is Direction.VERTICAL
    rows, columns = (gap.top, gap.bottom), (gap.left, gap.right)
    whole = columns == (1, COLUMN_LIMIT) if vertical else rows == (1, ROW_LIMIT)
    if is_row is not vertical or not whole or number > (ROW_LIMIT if is_row else COLUMN_LIMIT):
        return True
    left = changed_area(Area(number, 1, number, 1) if is_row else Area(1, number, 1, number), cells)
    if left is None:
        return False
    new = (left.top if is_row else left.left) - 1
    if str(new) != stated:
        attributes["id"] = str(new)
    return True


def _counts(element: Element, gone: Sequence[Element]) -> dict[str, str | None]:
    """Return the numbers that an element states of its children, which are fewer now."""
    counts: dict[str, str | None] = {}
    for name, flag in _COUNTS.items():
        if name in element.attributes:
            counted = [
                child
                for child in element.children
                if child not in gone and (flag is None or child.attributes.get(flag) in _TRUE)
            ]
            counts[name] = str(len(counted))
    return counts
