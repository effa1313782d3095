"""
Merged cells, conditional formats and validations that copied cells bring along to where they are pasted.

A rule's formulas are written for the first cell of its areas; a copy's formulas are moved to the first cell of its own.
Rules of later versions of Excel (in the extension list) and sparklines are not copied: their cells are refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from excel_client.file_engine.formulas.formula_text import move_references
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.problems import OutsideFileEngine
from excel_client.file_engine.sheet.area_lists import area_list_text, areas_in
from excel_client.file_engine.sheet.area_rules import EXTENDED, areas_of, base_of, rules_named
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.xml.cell_text import escape_text
from excel_client.file_engine.xml.element_edits import Edit, inserted
from excel_client.file_engine.xml.xml_spans import Element, set_attribute, splice

__all__ = [
    "CONDITIONAL",
    "VALIDATION",
    "copied_rules",
    "judge_rules",
    "meets_sparkline",
    "put_merges",
    "put_rules",
]

#: The two kinds of rules: the element around them (none for conditional formats), and their own.
CONDITIONAL = ("", "conditionalFormatting")
VALIDATION = ("dataValidations", "dataValidation")
_FORMULAS = {"formula", "formula1", "formula2"}


def judge_rules(model: SheetModel, area: Area, kind: tuple[str, str]) -> None:
    """Refuse rules that can't be copied exactly."""
    around = model.surroundings
    for element in rules_named(around.root, *kind):
        if not any(stated.meets(area) for stated in areas_of(element, around.place)):
            continue
        has_twin = any(child.name == "extLst" for child in element.walk())
        if element.space == EXTENDED or has_twin or "pivot" in element.attributes:
            raise OutsideFileEngine(model.where(area.text()))


def meets_sparkline(model: SheetModel, area: Area) -> bool:
    """Whether a cell of an area shows a sparkline."""
    extensions = model.surroundings.root.find("extLst")
    for element in extensions.walk() if extensions else ():
        place = element.find("sqref") if element.name == "sparkline" else None
        if place is None:
            continue
        if any(shown.meets(area) for shown in areas_in(place.text, model.surroundings.place)):
            return True
    return False


def copied_rules(
    model: SheetModel, area: Area, offsets: Sequence[tuple[int, int]], kind: tuple[str, str]
) -> list[bytes]:
    """Return the rules of an area as they read so many rows down and columns to the right, in all these places."""
    around = model.surroundings
    copies = []
    for element in rules_named(around.root, *kind):
        areas = areas_of(element, around.place)
        inside = [_common(stated, area) for stated in areas if stated.meets(area)]
        if not inside:
            continue
        new = [
            Area(a.top + down, a.left + right, a.bottom + down, a.right + right)
            for down, right in offsets
            for a in inside
        ]
        copies.append(_rule(around.whole, element, areas, new))
    return copies


def _common(one: Area, other: Area) -> Area:
    return Area(
        max(one.top, other.top),
        max(one.left, other.left),
        min(one.bottom, other.bottom),
        min(one.right, other.right),
    )


def _rule(whole: bytes, element: Element, old: list[Area], new: list[Area]) -> bytes:
    (old_row, old_column), (row, column) = base_of(old), base_of(new)
    start = element.start
    tag = set_attribute(whole[start : element.open_end], "sqref", area_list_text(new))
    tag = set_attribute(tag, "xr:uid", None)
    edits: list[Edit] = [(0, element.open_end - start, tag)]
    for part in element.walk():
        if part.name in _FORMULAS and part.text and not part.children:
            moved = move_references(part.text, row - old_row, column - old_column)
            edit = escape_text(moved).encode()
            edits.append((part.open_end - start, part.close_start - start, edit))
    return splice(whole[start : element.end], edits)


def put_rules(model: SheetModel, rules: Sequence[bytes], kind: tuple[str, str]) -> None:
    """Give a sheet more rules; conditional formats come after those that stand."""
    if not rules:
        return
    around = model.surroundings
    prefix = around.prefix().encode()
    if kind == CONDITIONAL:
        standing = [around.whole[e.start : e.end] for e in around.root.all(kind[1])]
        last = max(
            (
                int(rule.attributes.get("priority", "0"))
                for element in rules_named(around.root, *kind)
                for rule in element.children
                if rule.attributes.get("priority", "0").isdecimal()
            ),
            default=0,
        )
        numbered = _numbered(rules, last, prefix)
        around.put_children(kind[1], b"".join([*standing, *numbered]))
    else:
        listed = around.root.find(kind[0])
        if listed is None:
            opening = b'<%b%b count="%d">' % (prefix, kind[0].encode(), len(rules))
            closing = b"</%b%b>" % (prefix, kind[0].encode())
            around.put_children(kind[0], opening + b"".join(rules) + closing)
        else:
            around.splice([inserted(around.whole, listed, b"".join(rules))])
            _count(model, kind[0])
    model.changed = True


def _numbered(rules: Iterable[bytes], last: int, prefix: bytes) -> list[bytes]:
    """Return conditional formats with priorities of their own, behind those that stand."""
    mark = b"<%bcfRule" % prefix
    numbered = []
    for rule in rules:
        head, *parts = rule.split(mark)
        pieces = [head]
        for part in parts:
            last += 1
            end = part.index(b">") + 1
            tag = set_attribute(mark + part[:end], "priority", str(last))
            pieces.append(tag + part[end:])
        numbered.append(b"".join(pieces))
    return numbered


def _count(model: SheetModel, name: str) -> None:
    around = model.surroundings
    listed = around.root.find(name)
    assert listed is not None, "it was put there before"
    tag = around.whole[listed.start : listed.open_end]
    tag = set_attribute(tag, "count", str(len(listed.children)))
    around.splice([(listed.start, listed.open_end, tag)])


def put_merges(model: SheetModel, merges: Sequence[Area]) -> None:
    """Let a sheet have these merged cells."""
    around = model.surroundings
    if list(merges) == around.merged:
        return
    prefix = around.prefix()
    inner = "".join(f'<{prefix}mergeCell ref="{merged.text()}"/>' for merged in merges)
    count = len(merges)
    written = f'<{prefix}mergeCells count="{count}">{inner}</{prefix}mergeCells>' if inner else ""
    around.put_children("mergeCells", written.encode())
    model.changed = True
