"""
Where a formula takes one of several cells: what "@" stands for, said or unsaid.

A formula that is stored plainly takes, wherever one value is wanted, the cell in its own row or column; one that is
stored as a dynamic array takes all of them. Where both come to the same is found here, by what is certain about the
functions in it; a formula that is not known well enough counts as different. Source: "Formula vs Formula2" in the Excel
VBA reference, MS-XLS 2.5.198 (operand classes).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from excel_client.file_engine.formulas.expressions import Kind, Node
from excel_client.file_engine.formulas.function_arguments import argument_classes, returns_cells
from excel_client.file_engine.formulas.function_names import typed_name

__all__ = ["Intersections", "find_intersections", "is_one_cell"]

_VALUE, _REFERENCE, _ARRAY, _UNSURE = "V", "R", "A", "U"
_THIS_ROW = ("[#this row]", "[@")


def is_one_cell(table: str) -> bool:
    """Whether a reference to a table stands for one cell: a column in the formula's own row."""
    lowered = table.lower()
    inside = lowered[lowered.index("[") :]
    return (
        any(mark in inside for mark in _THIS_ROW)
        and "]:[" not in inside
        and not inside.endswith(("[@]", "[[#this row]]", "[#this row]"))
        and inside != "[#this row]"
    )


@dataclass(slots=True)
class Intersections:
    """What was found in a formula."""

    #: Where one of several cells is taken without a sign for it.
    unsaid: list[Node] = field(default_factory=list)
    #: The signs that could be left out.
    needless: set[Node] = field(default_factory=set)
    #: Names that stand where one value is wanted, in lower case.
    names: set[str] = field(default_factory=set)
    #: Whether all of the formula is known well enough.
    is_certain: bool = True


class _Finder:
    def __init__(self, formula: str) -> None:
        self.formula = formula
        self.found = Intersections()

    def visit(self, node: Node, wanted: str) -> None:
        """Look at an operand where something is wanted of it."""
        if node.kind is Kind.CALL:
            self._visit_call(node, wanted)
        elif node.kind is Kind.GROUP:
            self.visit(node.children[0], wanted)
        elif node.kind in {Kind.OPERATION, Kind.SIGN, Kind.PERCENT}:
            for child in node.children:
                self.visit(child, wanted if wanted in {_ARRAY, _UNSURE} else _VALUE)
        elif node.kind is Kind.SINGLE:
            self._visit_single(node, wanted)
        elif node.kind is Kind.NAME:
            if wanted not in {_ARRAY, _REFERENCE}:
                self.found.names.add(self.formula[node.start : node.end].lower())
        elif self._has_several(node):
            self._several(node, wanted)

    def _has_several(self, node: Node) -> bool:
        if node.kind is Kind.TABLE:
            return not is_one_cell(self.formula[node.start : node.end])
        if node.kind is Kind.ARRAY:
            return len(node.children) > 1
        return node.kind in {Kind.AREA, Kind.REFERENCE, Kind.SPILLED}

    def _several(self, node: Node, wanted: str) -> None:
        if wanted == _VALUE and node.kind in {Kind.AREA, Kind.TABLE, Kind.CALL}:
            self.found.unsaid.append(node)
        elif wanted in {_VALUE, _UNSURE}:
            self.found.is_certain = False

    def _visit_single(self, node: Node, wanted: str) -> None:
        inner = node.children[0]
        cells = inner.kind in {Kind.AREA, Kind.TABLE} and self._has_several(inner)
        if inner.kind is Kind.CALL:
            self._visit_call(inner, _REFERENCE)
            cells = returns_cells(typed_name(inner.name))
        elif not cells and inner.kind is not Kind.NAME:
            self.visit(inner, _REFERENCE)
        if wanted == _VALUE and (cells or inner.kind is Kind.NAME):
            self.found.needless.add(node)

    def _visit_call(self, node: Node, wanted: str) -> None:
        function = typed_name(node.name)
        arguments = node.children
        classes = argument_classes(function, len(arguments)) if node.name else None
        if classes is None:
            self.found.is_certain = False
            return
        if returns_cells(function):
            self._several(node, wanted)
        for argument, expected in zip(arguments, classes, strict=True):
            inside = expected
            if wanted == _ARRAY and expected != _REFERENCE:
                inside = _ARRAY
            elif expected == "P":
                inside = _UNSURE if wanted == _VALUE else wanted
            elif expected == _UNSURE and wanted == _ARRAY:
                inside = _ARRAY
            self.visit(argument, inside)


def find_intersections(formula: str, root: Node) -> Intersections:
    """Return where a formula, given with its tree, takes one of several cells."""
    finder = _Finder(formula)
    finder.visit(root, _VALUE)
    return finder.found
