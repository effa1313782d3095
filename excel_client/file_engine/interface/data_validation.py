"""Rules for what may be typed into a range, as xlwings sees them. Knows no bytes."""

from __future__ import annotations

import re
from typing import Any

from xlwings import base_classes

from excel_client.file_engine.interface.closed_members import closed
from excel_client.file_engine.interface.range_area import RangeArea
from excel_client.file_engine.sheet.validations import (
    Coverage,
    delete_validations,
    literal_list,
    put_validation,
    validation_of,
)

__all__ = ["OPERATORS", "DataValidationImpl"]

#: How the file names what xlwings names so.
OPERATORS = {
    "between": "between",
    "not_between": "notBetween",
    "equal_to": "equal",
    "not_equal_to": "notEqual",
    "greater_than": "greaterThan",
    "less_than": "lessThan",
    "greater_than_or_equal": "greaterThanOrEqual",
    "less_than_or_equal": "lessThanOrEqual",
}
_OPERATOR_NAMES = {stored: name for name, stored in OPERATORS.items()}
_TYPES = {
    "whole_number": "whole",
    "decimal": "decimal",
    "list": "list",
    "date": "date",
    "time": "time",
    "text_length": "textLength",
    "custom": "custom",
}
_TYPE_NAMES = {stored: name for name, stored in _TYPES.items()}
_COMPARED = {"whole_number", "decimal", "date", "time", "text_length"}
_TWO_SIDED = {"between", "not_between"}
_PLAIN_SHEET = re.compile(r"[A-Za-z_]{4,31}")
_LITERAL = re.compile(r'"((?:[^"]|"")*)"')


@closed(base_classes.DataValidation)
class DataValidationImpl:
    """The rule of a range's cells."""

    def __init__(self, parent: RangeArea) -> None:
        self.parent = parent

    @property
    def api(self) -> DataValidationImpl:
        """The engine has no object beneath."""
        return self

    @property
    def _coverage(self) -> Coverage:
        return validation_of(self.parent.sheet.model, self.parent.area)

    def _of_rule(self, name: str, default: str | None = None) -> str | None:
        rule = self._coverage.rule
        return None if rule is None else rule.get(name) or default

    def _states(self, name: str) -> bool | None:
        rule = self._coverage.rule
        return None if rule is None else rule.states(name)

    @property
    def type(self) -> str:
        """What kind of rule it is; "none", "mixed_criteria" and "inconsistent" as xlwings says it."""
        coverage = self._coverage
        if coverage.is_partial:
            return "mixed_criteria"
        if coverage.is_mixed:
            return "inconsistent"
        if coverage.rule is None:
            return "none"
        return _TYPE_NAMES.get(coverage.rule.get("type"), "unknown")

    @property
    def operator(self) -> str | None:
        """How values are compared, None where they are not."""
        if self.type not in _COMPARED:
            return None
        return _OPERATOR_NAMES.get(self._of_rule("operator", "between") or "")

    def _formula(self, name: str) -> str | None:
        rule = self._coverage.rule
        text: str | None = getattr(rule, name, None)
        return None if text is None else f"={text}"

    @property
    def formula1(self) -> str | None:
        """What values are compared with."""
        return self._formula("formula1") if self.type in _COMPARED else None

    @property
    def formula2(self) -> str | None:
        """The other end of what values lie between."""
        return self._formula("formula2") if self.operator in _TWO_SIDED else None

    @property
    def formula(self) -> str | None:
        """The formula of a rule of the user's own."""
        return self._formula("formula1") if self.type == "custom" else None

    @property
    def source(self) -> str | None:
        """The values of a list with commas between them, or the formula that names their cells."""
        text = self._formula("formula1") if self.type == "list" else None
        literal = _LITERAL.fullmatch(text[1:]) if text else None
        return literal[1].replace('""', '"') if literal else text

    @property
    def in_cell_dropdown(self) -> bool | None:
        """Whether a list drops down in the cell."""
        return not self._states("showDropDown") if self.type == "list" else None

    @property
    def ignore_blank(self) -> bool | None:
        """Whether empty cells pass."""
        return self._states("allowBlank")

    @property
    def input_title(self) -> str | None:
        """Title of the prompt."""
        return self._text("promptTitle")

    @property
    def input_message(self) -> str | None:
        """Text of the prompt."""
        return self._text("prompt")

    @property
    def show_input(self) -> bool | None:
        """Whether the prompt is shown."""
        return self._states("showInputMessage")

    @property
    def error_title(self) -> str | None:
        """Title of the alert."""
        return self._text("errorTitle")

    @property
    def error_message(self) -> str | None:
        """Text of the alert."""
        return self._text("error")

    def _text(self, name: str) -> str | None:
        return None if self._coverage.rule is None else self._of_rule(name, "")

    @property
    def show_error(self) -> bool | None:
        """Whether the alert is shown."""
        return self._states("showErrorMessage")

    @property
    def alert_style(self) -> str | None:
        """How strict the alert is."""
        return self._of_rule("errorStyle", "stop")

    def set_list(self, source: Any, in_cell_dropdown: bool) -> None:  # noqa: FBT001 - xlwings passes it by place
        """Allow the values of a list, of a range or of a name only."""
        if isinstance(source, list):
            formula = literal_list(source)
        elif isinstance(source, RangeArea):
            name = source.sheet.name
            quoted = name if _PLAIN_SHEET.fullmatch(name) else "'" + name.replace("'", "''") + "'"
            formula = f"{quoted}!{source.area.text(row_mark='$', column_mark='$')}"
        else:
            formula = source.name
        parent = self.parent
        put_validation(
            parent.sheet.model,
            parent.area,
            ("list", None),
            (formula, None),
            shows_list=in_cell_dropdown,
        )

    def set_rule(
        self, rule_type: str, operator: str | None, formula1: str, formula2: str | None
    ) -> None:
        """Allow what a comparison or a formula allows."""
        kind = (_TYPES[rule_type], OPERATORS[operator] if operator else None)
        second = formula2.removeprefix("=") if formula2 is not None else None
        formulas = (formula1.removeprefix("="), second)
        put_validation(self.parent.sheet.model, self.parent.area, kind, formulas)

    def delete(self) -> None:
        """Take the rules of the range away."""
        delete_validations(self.parent.sheet.model, self.parent.area)
