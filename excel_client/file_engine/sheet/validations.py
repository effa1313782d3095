"""
Rules for what may be typed into cells: read for an area, put over it, taken away from it.

A rule that covers more cells keeps the rest of them. Rules in the extension list, as Excel writes them for lists on
other sheets, are read, cut and replaced alike. Source: ECMA-376 part 1, 18.3.1.32. Knows no xlwings.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from excel_client.file_engine.formulas.formula_text import from_file, move_references, to_file
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.problems import ListTooLong, RulesDiffer
from excel_client.file_engine.sheet.area_lists import cover
from excel_client.file_engine.sheet.area_rules import (
    areas_of,
    base_of,
    cut_edits,
    drop_empty,
    rules_named,
)
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.xml.cell_text import escape_text
from excel_client.file_engine.xml.element_edits import Edit, inserted
from excel_client.file_engine.xml.xml_spans import Element, set_attribute

__all__ = [
    "Coverage",
    "Validation",
    "delete_validations",
    "literal_list",
    "put_validation",
    "validation_of",
]

_LIST, _RULE = "dataValidations", "dataValidation"
_LIMIT = 255
_TRUE = {"1", "true"}
#: What a rule is, apart from where it holds and what it says to the user.
_KIND = ("type", "operator", "showDropDown")
_NOT_COMPARED = {"sqref", "http://schemas.microsoft.com/office/spreadsheetml/2014/revision uid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """A rule: the attributes as the schema names them, and its formulas for the first cell, without their sign."""

    attributes: tuple[tuple[str, str], ...]
    formula1: str | None
    formula2: str | None

    def get(self, name: str, default: str = "") -> str:
        """Return an attribute."""
        return dict(self.attributes).get(name, default)

    def states(self, name: str) -> bool:
        """Whether an attribute is stated to be true."""
        return self.get(name) in _TRUE


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How an area is covered by rules: the one rule of all its cells, or none of them, or what else."""

    rule: Validation | None
    #: Only some of the cells have a rule.
    is_partial: bool = False
    #: Cells have different rules.
    is_mixed: bool = False


def literal_list(values: list[str]) -> str:
    """Return the formula of a list of values; ListTooLong above Excel's limit."""
    text = ",".join(values)
    if len(text) > _LIMIT:
        raise ListTooLong
    return '"' + text.replace('"', '""') + '"'


def _read(element: Element, base: tuple[int, int], place: str) -> Validation:
    """Return a rule with its formulas written for another first cell."""
    own = base_of(areas_of(element, place))
    formulas: dict[str, str] = {}
    for part in element.walk():
        if part.name in {"formula1", "formula2"} and part.name not in formulas:
            inner = part.find("f")
            text = (inner or part).text
            formulas[part.name] = move_references(text, base[0] - own[0], base[1] - own[1])
    attributes = {k: v for k, v in element.attributes.items() if k not in _NOT_COMPARED}
    return Validation(
        attributes=tuple(sorted(attributes.items())),
        formula1=_shown(formulas.get("formula1")),
        formula2=_shown(formulas.get("formula2")),
    )


def _shown(formula: str | None) -> str | None:
    return from_file(formula) if formula else None


def validation_of(sheet: SheetModel, area: Area) -> Coverage:
    """Return how the cells of an area are covered by rules."""
    around = sheet.surroundings
    found = []
    covered: list[Area] = []
    for element in rules_named(around.root, _LIST, _RULE):
        areas = areas_of(element, around.place)
        if any(part.meets(area) for part in areas):
            found.append(_read(element, (area.top, area.left), around.place))
            covered += areas
    if not found:
        return Coverage(rule=None)
    if not cover(covered, area):
        return Coverage(rule=None, is_partial=True)
    if any(one != other for one, other in pairwise(found)):
        return Coverage(rule=None, is_mixed=True)
    return Coverage(rule=found[0])


def put_validation(
    sheet: SheetModel,
    area: Area,
    kind: tuple[str, str | None],
    formulas: tuple[str, str | None],
    *,
    shows_list: bool | None = None,
) -> None:
    """
    Let the cells of an area have a rule: its type, its operator, and its formulas for the first cell.

    What an old rule of all these cells says to the user stays; RulesDiffer where the cells have different ones.
    """
    if any(formula is not None and len(formula) > _LIMIT + 2 for formula in formulas):
        raise ListTooLong(sheet.where(area.text()))
    coverage = validation_of(sheet, area)
    if coverage.is_partial or coverage.is_mixed:
        raise RulesDiffer(sheet.where(area.text()))
    attributes = {"allowBlank": "1", "showInputMessage": "1", "showErrorMessage": "1"}
    if coverage.rule is not None:
        attributes = {k: v for k, v in coverage.rule.attributes if k not in _KIND}
    written = _written(sheet, area, kind, formulas, attributes, hides_list=shows_list is False)
    delete_validations(sheet, area)
    around = sheet.surroundings
    listed = around.root.find(_LIST)
    if listed is None:
        prefix = around.prefix()
        opening, closing = f'<{prefix}{_LIST} count="1">', f"</{prefix}{_LIST}>"
        around.put_children(_LIST, opening.encode() + written + closing.encode())
    else:
        around.splice([inserted(around.whole, listed, written)])
        drop_empty(around, _LIST, counted=True)
    sheet.changed = True


def _written(
    sheet: SheetModel,
    area: Area,
    kind: tuple[str, str | None],
    formulas: tuple[str, str | None],
    attributes: dict[str, str],
    *,
    hides_list: bool,
) -> bytes:
    prefix = sheet.surroundings.prefix()
    tag = set_attribute(f"<{prefix}{_RULE}>".encode(), "type", kind[0])
    if kind[1] is not None and kind[1] != "between":
        tag = set_attribute(tag, "operator", kind[1])
    for name, value in attributes.items():
        if " " not in name:
            tag = set_attribute(tag, name, value)
    if hides_list:
        tag = set_attribute(tag, "showDropDown", "1")
    tag = set_attribute(tag, "sqref", area.text())
    body = "".join(
        f"<{prefix}formula{number}>{escape_text(to_file(formula))}</{prefix}formula{number}>"
        for number, formula in enumerate(formulas, 1)
        if formula is not None
    )
    return tag + body.encode() + f"</{prefix}{_RULE}>".encode()


def delete_validations(sheet: SheetModel, area: Area) -> None:
    """Take the rules of an area away; of rules that reach further the rest stays."""
    around = sheet.surroundings
    edits: list[Edit] = []
    for element in rules_named(around.root, _LIST, _RULE):
        edits += cut_edits(around, element, area)
    if edits:
        around.splice(edits)
        drop_empty(around, _LIST, counted=True)
        sheet.changed = True
