"""Conditional formats of a range, as xlwings sees them. Knows no bytes."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from xlwings import base_classes

from excel_client.file_engine.formats.colors import Rgb
from excel_client.file_engine.formats.differential_formats import Look, LookChange, look_in
from excel_client.file_engine.formulas.formula_text import to_file
from excel_client.file_engine.interface.closed_members import closed
from excel_client.file_engine.interface.data_validation import OPERATORS
from excel_client.file_engine.sheet import conditional_formats, visual_rules
from excel_client.file_engine.sheet.conditional_formats import FoundRule, NewRule, RuleKey
from excel_client.file_engine.sheet.visual_rules import ICON_SETS, VisualRule
from excel_client.file_engine.workbook.looks import conditional_look, made_look

if TYPE_CHECKING:
    from excel_client.file_engine.interface.range_area import RangeArea

__all__ = ["ConditionalFormatImpl", "ConditionalFormatsImpl"]

_OPERATOR_NAMES = {stored: name for name, stored in OPERATORS.items()}
_TYPE_NAMES = {
    "cellIs": "cell_value",
    "expression": "custom",
    "colorScale": "color_scale",
    "dataBar": "data_bar",
    "iconSet": "icon_set",
}
_LOOKING = {"cell_value", "custom"}
_TWO_SIDED = {"between", "not_between"}
_LOOK = ("fill_color", "font_color", "font_bold", "font_italic")
_TRUE = {"1", "true"}
_CONSTANTS = {"TRUE", "FALSE"}


def _stored(formula: str) -> str:
    """Return what a cell is compared with as a file holds it: a text without an equals sign is a constant."""
    if formula.startswith("="):
        return to_file(formula[1:])
    try:
        float(formula)
    except ValueError:
        if formula.upper() in _CONSTANTS:
            return formula.upper()
        return '"' + formula.replace('"', '""') + '"'
    return formula


def _look_change(spec: Mapping[str, Any]) -> LookChange | None:
    stated = {name: spec[name] for name in _LOOK if spec.get(name) is not None}
    return LookChange(**stated) if stated else None


@closed(base_classes.ConditionalFormat)
class ConditionalFormatImpl:
    """A rule, found again by what it says."""

    def __init__(self, parent: RangeArea, key: RuleKey) -> None:
        self.parent = parent
        self._key = key

    @property
    def api(self) -> ConditionalFormatImpl:
        """The engine has no object beneath."""
        return self

    @property
    def _rule(self) -> FoundRule:
        area = self.parent.area
        return conditional_formats.find_rule(self.parent.sheet.model, area, self._key)

    @property
    def type(self) -> str:
        """What kind of rule it is."""
        return _TYPE_NAMES.get(self._rule.element.attributes.get("type", ""), "unknown")

    @property
    def stop_if_true(self) -> bool | None:
        """Whether rules below it are not judged where it holds; None for what draws scales, bars and icons."""
        if self.type in {"color_scale", "data_bar", "icon_set"}:
            return None
        return self._rule.element.attributes.get("stopIfTrue") in _TRUE

    @property
    def operator(self) -> str | None:
        """How a cell's value is compared."""
        if self.type != "cell_value":
            return None
        return _OPERATOR_NAMES.get(self._rule.element.attributes.get("operator", ""))

    def _formula(self, place: int) -> str | None:
        formulas = self._rule.formulas
        return f"={formulas[place]}" if place < len(formulas) else None

    @property
    def formula1(self) -> str | None:
        """What a cell's value is compared with."""
        return self._formula(0) if self.type == "cell_value" else None

    @property
    def formula2(self) -> str | None:
        """The other end of what values lie between."""
        return self._formula(1) if self.operator in _TWO_SIDED else None

    @property
    def formula(self) -> str | None:
        """The formula of a rule of the user's own."""
        return self._formula(0) if self.type == "custom" else None

    @property
    def _look(self) -> Look:
        rule = self._rule
        sheet = self.parent.sheet
        inner = rule.element.find("dxf")
        if inner is not None:
            return look_in(inner, sheet.document.styles.palette)
        number = rule.element.attributes.get("dxfId", "")
        if not number.isdecimal() or self.type not in _LOOKING:
            return Look()
        return conditional_look(sheet.document, int(number))

    @property
    def fill_color(self) -> Rgb | None:
        """The fill it gives a cell."""
        return self._look.fill_color

    @property
    def font_color(self) -> Rgb | None:
        """The colour it gives a text."""
        return self._look.font_color

    @property
    def font_bold(self) -> bool | None:
        """Whether it makes a text bold."""
        return self._look.font_bold

    @property
    def font_italic(self) -> bool | None:
        """Whether it makes a text italic."""
        return self._look.font_italic

    @property
    def _visual(self) -> VisualRule | None:
        return visual_rules.read_visual_rule(self._rule)

    def _color(self, stated: Mapping[str, str]) -> Rgb | None:
        return self.parent.sheet.document.styles.palette.rgb(stated)

    @property
    def colors(self) -> tuple[Rgb | None, ...] | None:
        """The colours of a scale, from the lowest to the highest."""
        visual = self._visual if self.type == "color_scale" else None
        return tuple(map(self._color, visual.colors)) if visual else None

    @property
    def bar_color(self) -> Rgb | None:
        """The colour of a bar."""
        visual = self._visual if self.type == "data_bar" else None
        return self._color(visual.colors[0]) if visual and visual.colors else None

    @property
    def gradient(self) -> bool | None:
        """Whether a bar fades."""
        visual = self._visual if self.type == "data_bar" else None
        return visual.gradient if visual else None

    @property
    def show_value(self) -> bool | None:
        """Whether a cell's value is shown beside its bar or icon."""
        visual = self._visual if self.type in {"data_bar", "icon_set"} else None
        return visual.show_value if visual else None

    @property
    def icon_set(self) -> str | None:
        """The name of a set of icons; None for one that is made up of several."""
        visual = self._visual if self.type == "icon_set" else None
        names = {stored: name for name, stored in ICON_SETS.items()}
        return names.get(visual.icon_set) if visual else None

    @property
    def reverse_order(self) -> bool | None:
        """Whether the icons come in reverse."""
        visual = self._visual if self.type == "icon_set" else None
        return visual.reverse if visual else None

    @property
    def threshold_types(self) -> tuple[str, ...] | None:
        """What the ends of a scale or a bar, or the borders between icons, are counted in."""
        visual = self._visual
        return tuple(kind for kind, _ in visual.thresholds) if visual else None

    @property
    def thresholds(self) -> tuple[float | str | None, ...] | None:
        """Where these are."""
        visual = self._visual
        return tuple(value for _, value in visual.thresholds) if visual else None

    def set(self, changes: Mapping[str, Any]) -> None:
        """Change the rule; what is not named stays."""
        rule, sheet = self._rule, self.parent.sheet
        attributes: dict[str, str | None] = {}
        formulas: tuple[str, ...] | None = None
        if changes.keys() & {"operator", "formula1", "formula2"}:
            wanted = [
                changes.get("formula1", self.formula1),
                changes.get("formula2", self.formula2),
            ]
            formulas = tuple(_stored(formula) for formula in wanted if formula is not None)
            attributes["operator"] = OPERATORS[changes.get("operator", self.operator)]
        elif "formula" in changes:
            formulas = (_stored(changes["formula"]),)
        if "stop_if_true" in changes:
            attributes["stopIfTrue"] = "1" if changes["stop_if_true"] else None
        look = _look_change(changes)
        if look is not None and not rule.is_extended:
            base = rule.element.attributes.get("dxfId")
            number = made_look(sheet.document, int(base) if base else None, look)
            attributes["dxfId"] = str(number)
        moved = visual_rules.written_for(rule, self.parent.area, sheet.model, formulas)
        self._key = conditional_formats.change_rule(sheet.model, rule, attributes, moved)

    def delete(self) -> None:
        """Delete the rule from all cells in which it holds."""
        conditional_formats.delete_rule(self.parent.sheet.model, self._rule)


@closed(base_classes.ConditionalFormats)
class ConditionalFormatsImpl:
    """The rules that hold somewhere in a range, the first to be judged first."""

    def __init__(self, parent: RangeArea) -> None:
        self.parent = parent

    @property
    def api(self) -> ConditionalFormatsImpl:
        """The engine has no object beneath."""
        return self

    def _rules(self) -> list[FoundRule]:
        return conditional_formats.rules_in(self.parent.sheet.model, self.parent.area)

    def __len__(self) -> int:
        return len(self._rules())

    def __iter__(self) -> Iterator[ConditionalFormatImpl]:
        for rule in self._rules():
            yield ConditionalFormatImpl(self.parent, rule.key)

    def __call__(self, key: int) -> ConditionalFormatImpl:
        """Return a rule by its 1-based place; KeyError without one."""
        rules = self._rules()
        if not 1 <= key <= len(rules):
            raise KeyError(key)
        return ConditionalFormatImpl(self.parent, rules[key - 1].key)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, int) and 1 <= key <= len(self._rules())

    def _add(self, rule: NewRule) -> ConditionalFormatImpl:
        sheet = self.parent.sheet
        key = conditional_formats.add_rule(sheet.model, self.parent.area, rule)
        return ConditionalFormatImpl(self.parent, key)

    def _looking(
        self, spec: Mapping[str, Any], attributes: dict[str, str], formulas: list[str]
    ) -> ConditionalFormatImpl:
        conditional_formats.judge_addition(self.parent.sheet.model)
        look = _look_change(spec)
        if look is not None:
            attributes["dxfId"] = str(made_look(self.parent.sheet.document, None, look))
        if spec.get("stop_if_true"):
            attributes["stopIfTrue"] = "1"
        prefix = self.parent.sheet.model.surroundings.prefix()
        inner = visual_rules.formula_elements(prefix, formulas)
        return self._add(NewRule(attributes=attributes, inner=inner))

    def add_cell_value(self, spec: Mapping[str, Any]) -> ConditionalFormatImpl:
        """Add a rule that compares a cell's value."""
        formulas = [spec["formula1"], spec["formula2"]]
        stored = [_stored(formula) for formula in formulas if formula is not None]
        attributes = {"type": "cellIs", "operator": OPERATORS[spec["operator"]]}
        return self._looking(spec, attributes, stored)

    def add_custom(self, spec: Mapping[str, Any]) -> ConditionalFormatImpl:
        """Add a rule with a formula of the user's own."""
        return self._looking(spec, {"type": "expression"}, [_stored(spec["formula"])])

    @property
    def _prefix(self) -> str:
        return self.parent.sheet.model.surroundings.prefix()

    def add_color_scale(self, spec: Mapping[str, Any]) -> ConditionalFormatImpl:
        """Add a scale of two or three colours."""
        return self._add(visual_rules.color_scale(spec, self._prefix))

    def add_data_bar(self, spec: Mapping[str, Any]) -> ConditionalFormatImpl:
        """Add bars."""
        identity = "{" + str(uuid.uuid4()).upper() + "}"
        return self._add(visual_rules.data_bar(spec, self._prefix, identity))

    def add_icon_set(self, spec: Mapping[str, Any]) -> ConditionalFormatImpl:
        """Add icons."""
        identity = "{" + str(uuid.uuid4()).upper() + "}"
        return self._add(visual_rules.icon_set(spec, self._prefix, identity))

    def clear(self) -> None:
        """Take all rules away from the range; elsewhere they hold on."""
        conditional_formats.clear_rules(self.parent.sheet.model, self.parent.area)
