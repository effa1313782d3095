"""
A formula's tree written out again: as a file stores it, or as one types it. Gaps between operands stay as they are.

Source: MS-XLSX 2.2.2; what LET, LAMBDA, "@", "#" and ".:." look like in a file was taken from files that Excel saved.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

from excel_client.file_engine.formulas.expressions import Kind, Node
from excel_client.file_engine.formulas.function_names import (
    TAKES_FUNCTIONS,
    is_function,
    stored_function,
    typed_name,
)
from excel_client.file_engine.problems import FormulaBroken, FormulaNamesUnknown

__all__ = ["as_stored", "as_typed"]

_PARAMETER = "_xlpm."
_OPTIONAL = "_xlop."
_FUNCTION_VALUE = "_xleta."
_SINGLE = "_xlfn.SINGLE"
_SPILLED = "_xlfn.ANCHORARRAY"
_TRIMMED = {".:.": "_xlfn._TRO_ALL", ":.": "_xlfn._TRO_TRAILING", ".:": "_xlfn._TRO_LEADING"}
_TRIM_SIGNS = {function: sign for sign, function in _TRIMMED.items()}
_TRIM = re.compile(r"\.:\.|\.:|:\.")
_THIS_ROW = "[#This Row]"
_PRIMARY = {Kind.CELL, Kind.AREA, Kind.TABLE, Kind.NAME, Kind.CALL, Kind.GROUP, Kind.SPILLED}


def as_stored(
    formula: str, root: Node, *, drop: AbstractSet[Node], table: str | None = None
) -> str:
    """
    Return a typed formula as a file stores it, without the "@" signs of `drop`.

    `table` is the name of the table that the formula's cell lies in, empty for none; None leaves open which it is.
    """
    return _Stored(formula, drop, table).written(root, frozenset())


def as_typed(formula: str, root: Node) -> str:
    """Return a stored formula as it is typed."""
    return _Typed(formula).written(root)


class _Stored:
    def __init__(self, formula: str, drop: AbstractSet[Node], table: str | None) -> None:
        self.formula = formula
        self.drop = drop
        self.table = table

    def written(self, node: Node, names: frozenset[str]) -> str:
        """Return a node as it is stored, where LET and LAMBDA gave these names, in lower case."""
        if node.kind is Kind.CALL:
            return self._call(node, names)
        if node.kind in {Kind.SINGLE, Kind.SPILLED}:
            inner = self.written(node.children[0], names)
            if node in self.drop:
                return inner
            return f"{_SINGLE if node.kind is Kind.SINGLE else _SPILLED}({inner})"
        if node.children:
            return self._with_gaps(node, [self.written(child, names) for child in node.children])
        return self._piece(node, names)

    def _piece(self, node: Node, names: frozenset[str]) -> str:
        """Return a node without children as it is stored."""
        text = self.formula[node.start : node.end]
        if node.kind is Kind.NAME:
            return _PARAMETER + text if text.lower() in names else text
        if node.kind is Kind.CELL:
            return _capital_reference(text)
        if node.kind is Kind.AREA:
            return _stored_area(text)
        if node.kind is Kind.TABLE:
            return self._table_reference(text)
        if text.startswith('"'):
            return text
        sheet, sign, error = text.rpartition("#")
        return sheet + sign + error.upper()

    def _with_gaps(self, node: Node, children: list[str], head: str = "", at: int = -1) -> str:
        pieces, at = [head], node.start if at < 0 else at
        for child, written in zip(node.children, children, strict=True):
            pieces += [self.formula[at : child.start], written]
            at = child.end
        return "".join([*pieces, self.formula[at : node.end]])

    def _call(self, node: Node, names: frozenset[str]) -> str:
        function = typed_name(node.name).upper()
        if node.name.lower() in names:
            head = _PARAMETER + node.name
        else:
            head = node.name if node.name.startswith("_xl") else stored_function(node.name)
        if function == "LET":
            children = self._let(node, names)
        elif function == "LAMBDA":
            children = self._lambda(node, names)
        else:
            children = [self.written(child, names) for child in node.children]
            if function in TAKES_FUNCTIONS:
                children = [
                    self._function_value(child, written, names)
                    for child, written in zip(node.children, children, strict=True)
                ]
        return self._with_gaps(node, children, head, node.start + len(node.name))

    def _let(self, node: Node, names: frozenset[str]) -> list[str]:
        children = []
        for place, child in enumerate(node.children):
            if place % 2 == 0 and place < len(node.children) - 1:
                children.append(_PARAMETER + self._new_name(child))
                continue
            children.append(self.written(child, names))
            # A name is known from the next argument on.
            if place % 2 == 1:
                names |= {self._new_name(node.children[place - 1]).lower()}
        return children

    def _lambda(self, node: Node, names: frozenset[str]) -> list[str]:
        children = []
        for child in node.children[:-1]:
            text = self.formula[child.start : child.end]
            is_optional = child.kind is Kind.TABLE and text.startswith("[")
            name = text[1:-1].strip() if is_optional else self._new_name(child)
            children.append((_OPTIONAL if is_optional else _PARAMETER) + name)
            names |= {name.lower()}
        return [*children, *(self.written(child, names) for child in node.children[-1:])]

    def _new_name(self, node: Node) -> str:
        if node.kind is not Kind.NAME:
            raise FormulaBroken
        return typed_name(self.formula[node.start : node.end])

    def _function_value(self, node: Node, written: str, names: frozenset[str]) -> str:
        """Return an argument that is a function's bare name as a file marks it."""
        if node.kind is Kind.NAME and is_function(written) and written.lower() not in names:
            return _FUNCTION_VALUE + written.upper()
        return written

    def _table_reference(self, text: str) -> str:
        name, _, inside = text.partition("[")
        inside = inside[:-1].strip()
        if not name:
            if self.table == "":
                raise FormulaNamesUnknown
            name = self.table or "?"
        if not inside.startswith("@"):
            return f"{name}[{inside}]" if not text.startswith(f"{name}[") else text
        column = inside[1:].strip()
        if not column:
            return f"{name}{_THIS_ROW}"
        return f"{name}[{_THIS_ROW},{column if column.startswith('[') else f'[{column}]'}]"


def _capital_reference(text: str) -> str:
    sheet, mark, reference = text.rpartition("!")
    return f"{sheet}{mark}{reference.upper()}"


def _stored_area(text: str) -> str:
    written = _capital_reference(text)
    sheet, mark, reference = written.rpartition("!")
    trim = _TRIM.search(reference)
    if trim is None:
        return written
    return f"{_TRIMMED[trim[0]]}({sheet}{mark}{_TRIM.sub(':', reference)})"


class _Typed:
    def __init__(self, formula: str) -> None:
        self.formula = formula

    def written(self, node: Node) -> str:
        text = self.formula[node.start : node.end]
        if node.kind is Kind.CALL:
            return self._call(node)
        if node.kind is Kind.NAME:
            return f"[{text[len(_OPTIONAL) :]}]" if text.startswith(_OPTIONAL) else typed_name(text)
        return self._with_gaps(node, "", node.start)

    def _with_gaps(self, node: Node, head: str, at: int) -> str:
        pieces = [head]
        for child in node.children:
            pieces += [self.formula[at : child.start], self.written(child)]
            at = child.end
        return "".join([*pieces, self.formula[at : node.end]])

    def _call(self, node: Node) -> str:
        if len(node.children) == 1 and node.name:
            inner = self.written(node.children[0])
            bare = node.children[0].kind in _PRIMARY
            if node.name == _SINGLE:
                return f"@{inner}" if bare else f"@({inner})"
            if node.name == _SPILLED:
                return f"{inner}#" if bare else f"({inner})#"
            if node.name in _TRIM_SIGNS and node.children[0].kind is Kind.AREA:
                return inner.replace(":", _TRIM_SIGNS[node.name])
        return self._with_gaps(node, typed_name(node.name), node.start + len(node.name))
