"""
Conditional formats of a sheet: read for an area, added above all others, changed, and taken away from an area.

A rule is found again by its bytes, since the order of rules changes with every new one. What later versions of Excel
know of a rule, or know alone, stands in the extension list. Source: ECMA-376 part 1, 18.3.1.18, and [MS-XLSX] 2.4.50.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from excel_client.file_engine.formulas.formula_text import from_file, move_references
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.problems import OutsideFileEngine, PackageDamaged
from excel_client.file_engine.sheet.area_rules import (
    EXTENDED,
    EXTENDED_FORMULAS,
    areas_of,
    base_of,
    cut_edits,
    drop_empty,
    extension_edit,
    rules_named,
)
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.sheet.sheet_surroundings import SheetSurroundings
from excel_client.file_engine.xml.cell_text import escape_text
from excel_client.file_engine.xml.element_edits import Edit, opening_tag, removed
from excel_client.file_engine.xml.xml_spans import Element, set_attribute, whole_number

__all__ = [
    "FoundRule",
    "NewRule",
    "RuleKey",
    "add_rule",
    "change_rule",
    "clear_rules",
    "delete_rule",
    "find_rule",
    "judge_addition",
    "rules_in",
]

_AROUND, _RULE, _LIST = "conditionalFormatting", "cfRule", "conditionalFormattings"
_URI = "{78C0D931-6437-407d-A8EE-F0AAD7539E65}"
_LAST = 2**31
_TRUE = {"1", "true"}

#: A rule without its place in the order, and which of several such rules it is.
RuleKey = tuple[bytes, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRule:
    """A rule of the sheet, with the element around it and what the extension list adds to it."""

    key: RuleKey
    element: Element
    around: Element
    twin: Element | None
    priority: int
    #: Without their sign, written for the first cell of the area that was asked for.
    formulas: tuple[str, ...]

    @property
    def is_extended(self) -> bool:
        """Whether it stands in the extension list alone."""
        return self.element.space == EXTENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRule:
    """A rule to be added: its attributes, what is in it, and what the extension list says of it, if anything."""

    attributes: Mapping[str, str]
    inner: bytes
    #: A whole rule of the extension list.
    extended: bytes = b""
    #: The rule of the extension list is all there is, and has its place in the order.
    only_extended: bool = False


def _rules(around: SheetSurroundings, base: tuple[int, int]) -> Iterator[FoundRule]:
    """Yield all rules in the order of the part; what only adds to another one is that one's twin."""
    listed = [
        (element, rule)
        for element in rules_named(around.root, "", _AROUND)
        for rule in element.all(_RULE)
    ]
    by_id = {r.attributes.get("id", ""): r for _, r in listed if r.space == EXTENDED}
    twins = {id(by_id[name]) for _, r in listed if (name := _twin_id(r)) in by_id}
    seen: Counter[bytes] = Counter()
    for element, rule in listed:
        if id(rule) in twins:
            continue
        tag = set_attribute(opening_tag(around.whole, rule), "priority", None)
        written = tag + around.whole[rule.open_end : rule.end]
        seen[written] += 1
        try:
            priority = int(rule.attributes.get("priority", _LAST))
        except ValueError as error:
            raise PackageDamaged(around.place) from error
        own = base_of(areas_of(element, around.place))
        formulas = [f for f in rule.children if f.name in {"formula", "f"}]
        yield FoundRule(
            key=(written, seen[written]),
            element=rule,
            around=element,
            twin=by_id.get(_twin_id(rule)),
            priority=priority,
            formulas=tuple(
                from_file(move_references(f.text, base[0] - own[0], base[1] - own[1]))
                for f in formulas
            ),
        )


def _twin_id(rule: Element) -> str:
    """Return the id of what the extension list adds to a rule."""
    extensions = rule.find("extLst")
    for element in extensions.walk() if extensions is not None else ():
        if element.name == "id" and element.space == EXTENDED:
            return element.text.strip()
    return "-"


def rules_in(sheet: SheetModel, area: Area) -> list[FoundRule]:
    """Return the rules that hold somewhere in an area, the first to be judged first."""
    around = sheet.surroundings
    found = [
        rule
        for rule in _rules(around, (area.top, area.left))
        if any(part.meets(area) for part in areas_of(rule.around, around.place))
    ]
    return sorted(found, key=lambda rule: rule.priority)


def find_rule(sheet: SheetModel, area: Area, key: RuleKey) -> FoundRule:
    """Return the rule of a key as it stands now; KeyError when it is gone."""
    for rule in _rules(sheet.surroundings, (area.top, area.left)):
        if rule.key == key:
            return rule
    raise KeyError(sheet.where(area.text()))


def add_rule(sheet: SheetModel, area: Area, rule: NewRule) -> RuleKey:
    """Put a rule over an area, above all others."""
    _make_room_above(sheet)
    around = sheet.surroundings
    prefix = around.prefix()
    before = {found.key for found in _rules(around, (1, 1))}
    if rule.extended:
        tag = f'<x14:{_AROUND} xmlns:xm="{EXTENDED_FORMULAS}">'
        areas = f"<xm:sqref>{area.text()}</xm:sqref></x14:{_AROUND}>"
        extension_edit(around, _URI, _LIST, tag.encode() + rule.extended + areas.encode())
    if not rule.only_extended:
        tag = f'<{prefix}{_RULE} priority="1">'
        opening = tag.encode()
        for name, value in rule.attributes.items():
            opening = set_attribute(opening, name, value)
        body = opening + rule.inner + f"</{prefix}{_RULE}>".encode()
        outer = f'<{prefix}{_AROUND} sqref="{area.text()}">'.encode()
        written = outer + body + f"</{prefix}{_AROUND}>".encode()
        standing = around.root.all(_AROUND)
        if standing:
            around.splice([(standing[-1].end, standing[-1].end, written)])
        else:
            around.put_children(_AROUND, written)
    sheet.changed = True
    return next(r.key for r in _rules(around, (1, 1)) if r.key not in before and r.priority == 1)


def judge_addition(sheet: SheetModel) -> None:
    """Refuse a new rule where a pivot table names its own by their place in the order."""
    listed = list(rules_named(sheet.surroundings.root, "", _AROUND))
    first = any(r.attributes.get("priority") == "1" for e in listed for r in e.all(_RULE))
    if first and any(element.attributes.get("pivot") in _TRUE for element in listed):
        raise OutsideFileEngine(sheet.where("conditional_formats"))


def _make_room_above(sheet: SheetModel) -> None:
    """Let no rule be the first in the order."""
    judge_addition(sheet)
    around = sheet.surroundings
    listed = rules_named(around.root, "", _AROUND)
    rules = [r for e in listed for r in e.all(_RULE) if "priority" in r.attributes]
    if not any(rule.attributes["priority"] == "1" for rule in rules):
        return
    edits: list[Edit] = []
    for rule in rules:
        tag = opening_tag(around.whole, rule)
        place = str(whole_number(rule, "priority", around.place) + 1)
        edits.append((rule.start, rule.open_end, set_attribute(tag, "priority", place)))
    around.splice(edits)


def change_rule(
    sheet: SheetModel,
    rule: FoundRule,
    attributes: Mapping[str, str | None],
    formulas: tuple[str, ...] | None,
) -> RuleKey:
    """Change attributes of a rule, and its formulas where they are given, as stored; return its key from now on."""
    if rule.is_extended:
        raise OutsideFileEngine(sheet.where("conditional_formats"))
    around = sheet.surroundings
    prefix = around.prefix()
    tag = opening_tag(around.whole, rule.element)
    for name, value in attributes.items():
        tag = set_attribute(tag, name, value)
    edits: list[Edit] = [(rule.element.start, rule.element.open_end, tag)]
    if formulas is not None:
        edits += [removed(element) for element in rule.element.all("formula")]
        text = "".join(
            f"<{prefix}formula>{escape_text(formula)}</{prefix}formula>" for formula in formulas
        )
        end = rule.element.open_end
        edits.append((end, end, text.encode()))
    place = [found.element.start for found in _rules(around, (1, 1))].index(rule.element.start)
    around.splice(edits)
    sheet.changed = True
    return list(_rules(around, (1, 1)))[place].key


def delete_rule(sheet: SheetModel, rule: FoundRule) -> None:
    """Delete a rule from all cells in which it holds."""
    around = sheet.surroundings
    gone = [rule.element] + ([rule.twin] if rule.twin is not None else [])
    _judge_pivot(sheet, rule.around)
    edits: list[Edit] = []
    for element in rules_named(around.root, "", _AROUND):
        rules = element.all(_RULE)
        leaving = [r for r in rules if any(r is other for other in gone)]
        if leaving and len(leaving) == len(rules):
            edits.append(removed(element))
        else:
            edits += [removed(r) for r in leaving]
    around.splice(edits)
    drop_empty(around, _LIST, counted=False)
    sheet.changed = True


def clear_rules(sheet: SheetModel, area: Area) -> None:
    """Take all rules away from an area; elsewhere they hold on."""
    around = sheet.surroundings
    edits: list[Edit] = []
    for element in rules_named(around.root, "", _AROUND):
        cut = cut_edits(around, element, area)
        if cut:
            _judge_pivot(sheet, element)
        edits += cut
    if edits:
        around.splice(edits)
        drop_empty(around, _LIST, counted=False)
        sheet.changed = True


def _judge_pivot(sheet: SheetModel, element: Element) -> None:
    if element.attributes.get("pivot") in _TRUE:
        raise OutsideFileEngine(sheet.where("conditional_formats"))
