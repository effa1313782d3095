"""
Formulas as trees: what is an operand of what, and which text stands where.

Refuses what Excel refuses to enter or to open: quotes, brackets and operators that don't match up, and too deep or too
wide calls. How many arguments a function takes is not judged. Calculates nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from excel_client.file_engine.formulas.formula_tokens import Token, TokenKind, tokens
from excel_client.file_engine.problems import FormulaBroken, FormulaTooLong

__all__ = ["FORMULA_LIMIT", "Kind", "Node", "parse"]

FORMULA_LIMIT = 8192
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: Excel nests 64 levels of calls within one; brackets are limited for the sake of this parser.
_CALLS_LIMIT = 65
_DEPTH_LIMIT = 128
#: What is not in brackets nests, too: signs before and behind an operand.
_NODES_LIMIT = 300
_ARGUMENT_LIMIT = 255


class Kind(StrEnum):
    """What a node is."""

    #: A number, a text, an error, TRUE or FALSE.
    CONSTANT = "constant"
    CELL = "cell"
    #: Several cells.
    AREA = "area"
    TABLE = "table"
    NAME = "name"
    #: A function with its arguments as children; a called expression is the first child then.
    CALL = "call"
    #: An argument that was left out.
    NOTHING = "nothing"
    GROUP = "group"
    #: An array constant; its children are its elements.
    ARRAY = "array"
    SIGN = "sign"
    PERCENT = "percent"
    #: "@": one of the cells.
    SINGLE = "single"
    #: "#": all that spilled.
    SPILLED = "spilled"
    #: Operands between signs that calculate or compare.
    OPERATION = "operation"
    #: Operands between ":", a space or a comma, which make one reference.
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a formula; `name` is a function's, where it is called by its name."""

    kind: Kind
    start: int
    end: int
    children: tuple[Node, ...] = ()
    name: str = ""


_OPERANDS = {
    TokenKind.TEXT: Kind.CONSTANT,
    TokenKind.NUMBER: Kind.CONSTANT,
    TokenKind.ERROR: Kind.CONSTANT,
    TokenKind.CELL: Kind.CELL,
    TokenKind.AREA: Kind.AREA,
    TokenKind.TABLE: Kind.TABLE,
    TokenKind.NAME: Kind.NAME,
}
_REFERENCES = {
    Kind.CELL, Kind.AREA, Kind.TABLE, Kind.NAME, Kind.CALL, Kind.GROUP, Kind.SINGLE, Kind.SPILLED,
    Kind.REFERENCE,
}  # fmt: skip
_STRENGTHS = {
    ":": 9, " ": 8, ",": 7, "^": 5, "*": 4, "/": 4, "+": 3, "-": 3, "&": 2,
    "=": 1, "<": 1, ">": 1, "<=": 1, ">=": 1, "<>": 1,
}  # fmt: skip
_UNION = 7
_OPENINGS = {"(", "{", "@"}


def _is_deep(node: Node) -> bool:
    """Whether nodes stand in each other deeper than those who walk them can go."""
    level = [node]
    for _ in range(_NODES_LIMIT):
        level = [child for each in level for child in each.children]
        if not level:
            return False
    return True


class _Parser:
    def __init__(self, formula: str) -> None:
        self.formula = formula
        self.tokens = tokens(formula)
        self.at = 0
        self.depth = 0
        self.calls = 0

    def _peek(self) -> Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def _sign(self) -> str:
        token = self._peek()
        return token.text if token is not None and token.kind is TokenKind.SIGN else ""

    def _next(self) -> Token:
        token = self._peek()
        if token is None:
            raise FormulaBroken
        self.at += 1
        return token

    def _skip_space(self) -> bool:
        token = self._peek()
        if token is None or token.kind is not TokenKind.SPACE:
            return False
        self.at += 1
        return True

    def whole(self) -> Node:
        node = self._expression(0)
        self._skip_space()
        if self._peek() is not None or _is_deep(node):
            raise FormulaBroken
        return node

    def _expression(self, weakest: int, *, unions: bool = True) -> Node:
        self._skip_space()
        left = self._operand()
        while True:
            before = self.at
            spaced = self._skip_space()
            token = self._peek()
            sign = self._infix(token, spaced=spaced)
            strength = _STRENGTHS.get(sign, -1)
            if token is None or strength < max(weakest, 0) or (sign == "," and not unions):
                self.at = before
                return left
            if sign != " ":
                self.at += 1
            right = self._expression(strength + 1, unions=unions)
            if strength > _UNION and not (self._may_refer(left) and self._may_refer(right)):
                raise FormulaBroken
            kind = Kind.REFERENCE if strength >= _UNION else Kind.OPERATION
            # A long sum is one node, however long: depth is what nests.
            standing = left.children if left.kind is kind else (left,)
            left = Node(kind, left.start, right.end, (*standing, right))

    def _may_refer(self, node: Node) -> bool:
        """Whether an operand can stand for cells; an error stands for cells that are gone."""
        is_error = node.kind is Kind.CONSTANT and "#" in self.formula[node.start : node.end]
        return is_error or node.kind in _REFERENCES

    @staticmethod
    def _infix(token: Token | None, *, spaced: bool) -> str:
        """Return the sign between two operands; a space is one where another operand follows."""
        if token is None:
            return ""
        if token.kind is TokenKind.SIGN and token.text not in _OPENINGS:
            return token.text
        if not spaced:
            raise FormulaBroken
        return " "

    def _operand(self) -> Node:
        signs = []
        while self._sign() in {"+", "-"}:
            signs.append(self._next().start)
            self._skip_space()
        node = self._expression(_UNION + 1) if signs else self._finished(self._primary())
        for start in reversed(signs):
            node = Node(Kind.SIGN, start, node.end, (node,))
        return node

    def _primary(self) -> Node:
        token = self._next()
        if token.kind in _OPERANDS:
            if token.kind is TokenKind.NAME and self._sign() == "(":
                return self._call(token.start, token.text)
            constant = token.kind is TokenKind.NAME and token.text.upper() in {"TRUE", "FALSE"}
            kind = Kind.CONSTANT if constant else _OPERANDS[token.kind]
            return Node(kind, token.start, token.end)
        if token.text == "@":
            self._deeper()
            inner = self._expression(_UNION + 1)
            self.depth -= 1
            return Node(Kind.SINGLE, token.start, inner.end, (inner,))
        if token.text == "(":
            self._deeper()
            inner = self._expression(0)
            self._skip_space()
            end = self._expect(")")
            self.depth -= 1
            return Node(Kind.GROUP, token.start, end, (inner,))
        if token.text == "{":
            return self._array(token.start)
        raise FormulaBroken

    def _finished(self, node: Node) -> Node:
        """Return an operand with what follows it: percent signs, spill signs, further calls."""
        while True:
            sign = self._sign()
            if sign == "%":
                node = Node(Kind.PERCENT, node.start, self._next().end, (node,))
            elif sign == "#":
                node = Node(Kind.SPILLED, node.start, self._next().end, (node,))
            elif sign == "(" and node.kind in {Kind.CALL, Kind.GROUP}:
                node = self._call(node.start, "", node)
            else:
                return node

    def _expect(self, sign: str) -> int:
        token = self._next()
        if token.text != sign:
            raise FormulaBroken
        return token.end

    def _deeper(self, *, calls: int = 0) -> None:
        self.depth += 1
        self.calls += calls
        if self.depth > _DEPTH_LIMIT or self.calls > _CALLS_LIMIT:
            raise FormulaBroken

    def _call(self, start: int, name: str, called: Node | None = None) -> Node:
        self._deeper(calls=1)
        self._expect("(")
        arguments: list[Node] = [] if called is None else [called]
        while True:
            self._skip_space()
            token = self._peek()
            if token is None:
                raise FormulaBroken
            if token.text in {",", ")"} and token.kind is TokenKind.SIGN:
                arguments.append(Node(Kind.NOTHING, token.start, token.start))
            else:
                arguments.append(self._expression(0, unions=False))
                self._skip_space()
            closing = self._next()
            if closing.text == ")":
                break
            if closing.text != ",":
                raise FormulaBroken
        self.depth -= 1
        self.calls -= 1
        alone = 1 if called is None else 2
        if len(arguments) == alone and arguments[-1].kind is Kind.NOTHING:
            arguments.pop()
        if len(arguments) > _ARGUMENT_LIMIT:
            raise FormulaBroken
        return Node(Kind.CALL, start, closing.end, tuple(arguments), name)

    def _array(self, start: int) -> Node:
        elements: list[Node] = []
        widths = [0]
        while True:
            self._skip_space()
            if self._sign() in {"+", "-"}:
                self.at += 1
            token = self._next()
            constant = token.kind is TokenKind.NAME and token.text.upper() in {"TRUE", "FALSE"}
            if _OPERANDS.get(token.kind) is not Kind.CONSTANT and not constant:
                raise FormulaBroken
            elements.append(Node(Kind.CONSTANT, token.start, token.end))
            widths[-1] += 1
            self._skip_space()
            closing = self._next()
            if closing.text == ";":
                widths.append(0)
            if closing.text == "}":
                break
            if closing.text not in {",", ";"}:
                raise FormulaBroken
        if any(first != second for first, second in pairwise(widths)):
            raise FormulaBroken
        return Node(Kind.ARRAY, start, closing.end, tuple(elements))


def parse(formula: str) -> Node:
    """Return the tree of a formula, given without its equals sign; a FormulaRefused where Excel would refuse it."""
    if len(formula) > FORMULA_LIMIT:
        raise FormulaTooLong
    if _CONTROL.search(formula):
        raise FormulaBroken
    return _Parser(formula).whole()
