"""
Formula text: as it is typed and as a file stores it, moving relative references, and what else a formula names.

A file stores newer functions and what LET and LAMBDA name with prefixes, and has functions where one types signs: "@",
"#", ".:.". Calculates nothing. Source: MS-XLSX 2.2.2.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from excel_client.file_engine.formulas.expressions import FORMULA_LIMIT, parse
from excel_client.file_engine.formulas.formula_rendering import as_stored, as_typed
from excel_client.file_engine.formulas.formula_tokens import TokenKind, tokens
from excel_client.file_engine.formulas.intersections import find_intersections
from excel_client.file_engine.formulas.references import (
    COLUMN_LIMIT,
    ROW_LIMIT,
    STORED_FORMULA_LIMIT,
    column_letters,
    column_number,
)
from excel_client.file_engine.problems import FormulaBroken, FormulaRefused, FormulaTooLong

__all__ = [
    "Mentions",
    "from_file",
    "mentions",
    "move_references",
    "to_array_file",
    "to_dynamic_file",
    "to_file",
    "with_intersections",
]

_TOKEN = re.compile(
    r"""(?P<string>"(?:[^"]|"")*")"""
    r"""|(?P<sheet>'(?:[^']|'')*')"""
    r"""|(?P<table>\[(?:[^\[\]']++|'.|\[(?:[^\[\]']++|'.)*+\])*+\])"""
    r"""|(?<![\w.$\\])(?P<columns>(\$?)([A-Za-z]{1,3}):(\$?)([A-Za-z]{1,3}))(?![\w.(!])"""
    r"""|(?<![\w.$\\])(?P<rows>(\$?)(\d{1,7}):(\$?)(\d{1,7}))(?![\w.(!])"""
    r"""|(?<![\w.$\\])(?P<cell>(\$?)([A-Za-z]{1,3})(\$?)([1-9]\d{0,6}))(?![\w.(!\\])"""
)
_PREFIXES = re.compile(r'("(?:[^"]|"")*")|_xlfn\.(?:_xlws\.)?|_xl[po]m\.')
#: Formulas that were filled down differ in their rows; what is found in one of them holds for all.
_SHAPE = re.compile(
    r"""("(?:[^"]|"")*"|'(?:[^']|'')*'|\[[^\]]*\])|(?<![\w.$\\])(\$?[A-Z]{1,3}\$?)[1-9]\d{0,5}(?![\w.(!\\])"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mentions:
    """What a formula names besides cells."""

    #: What stands before references, with its exclamation mark.
    prefixes: frozenset[str]
    #: References to tables as they are written; without a name the formula's own table is meant.
    tables: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What holds for all formulas of one shape."""

    is_stored_as_typed: bool
    mentions: Mentions
    #: Names that must stand for one cell, so that no cell is taken out of several; None where some are.
    single_names: frozenset[str] | None


def _shape(formula: str) -> str:
    return _SHAPE.sub(lambda match: match[1] or f"{match[2]}1", formula)


@lru_cache(maxsize=2048)
def _plan(shape: str) -> _Plan:
    root = parse(shape)
    found = find_intersections(shape, root)
    alike = found.is_certain and not found.unsaid
    prefixes, tables = set(), set()
    for token in tokens(shape):
        if token.kind is TokenKind.TABLE:
            tables.add(token.text)
        if token.kind not in {TokenKind.TEXT, TokenKind.SPACE} and "!" in token.text:
            prefix = token.text[: token.text.rindex("!") + 1]
            if not prefix.startswith("#"):
                prefixes.add(prefix.removesuffix("#REF!"))
    return _Plan(
        is_stored_as_typed=as_stored(shape, root, drop=found.needless) == shape,
        mentions=Mentions(prefixes=frozenset(prefixes), tables=frozenset(tables)),
        single_names=frozenset(found.names) if alike else None,
    )


def _planned(formula: str) -> _Plan:
    if len(formula) > FORMULA_LIMIT:
        raise FormulaTooLong
    return _plan(_shape(formula))


def mentions(formula: str) -> Mentions:
    """Return what a formula, as typed, names; a FormulaRefused where Excel would refuse it."""
    return _planned(formula).mentions


def to_file(formula: str, *, table: str = "") -> str:
    """
    Return a formula, without its equals sign, as it is stored plainly; a FormulaRefused where Excel would refuse it.

    Where one value is wanted of several cells, that of the formula's own row or column is meant. `table` is the name of
    the table that the formula's cell lies in.
    """
    if _planned(formula).is_stored_as_typed:
        return formula
    root = parse(formula)
    stored = as_stored(formula, root, drop=find_intersections(formula, root).needless, table=table)
    return _judged(stored)


def to_array_file(formula: str, *, table: str = "") -> str:
    """Return a formula as it is stored for an array, in which nothing is taken out of several cells unsaid."""
    if _planned(formula).is_stored_as_typed:
        return formula
    return _judged(as_stored(formula, parse(formula), drop=set(), table=table))


def to_dynamic_file(
    formula: str, is_one_cell: Callable[[str], bool], *, table: str = ""
) -> tuple[str, bool]:
    """
    Return a formula as it is stored where all of several cells are meant, and whether it is an array then.

    It is none where it certainly comes to the same stored plainly. `is_one_cell` says so of a name, in lower case.
    """
    names = _planned(formula).single_names
    if names is not None and all(map(is_one_cell, names)):
        return to_file(formula, table=table), False
    return to_array_file(formula, table=table), True


def _judged(stored: str) -> str:
    # Prefixes make a formula longer.
    if len(stored) > FORMULA_LIMIT:
        raise FormulaTooLong
    return stored


def from_file(formula: str) -> str:
    """Return a stored formula as Excel's formula bar shows it, without the equals sign."""
    if "_xl" not in formula:
        return formula
    try:
        return as_typed(formula, parse(formula))
    except FormulaRefused:
        # Whatever wrote it: its prefixes at least are none that one types.
        return _PREFIXES.sub(lambda match: match[1] or "", formula)


@lru_cache(maxsize=2048)
def _unsaid(shape: str) -> tuple[int, ...]:
    """Return how many tokens stand before each place where one of several cells is taken unsaid."""
    try:
        found = find_intersections(shape, parse(shape))
    except FormulaBroken:
        return ()
    if not found.is_certain or found.names:
        return ()
    starts = {node.start for node in found.unsaid}
    return tuple(at for at, token in enumerate(tokens(shape)) if token.start in starts)


def with_intersections(formula: str) -> str:
    """Return a formula that is stored plainly, as typed, with an "@" wherever one of several cells is taken unsaid."""
    if len(formula) > FORMULA_LIMIT:
        return formula
    places = _unsaid(_shape(formula))
    if not places:
        return formula
    pieces = [token.text for token in tokens(formula)]
    for at in places:
        pieces[at] = "@" + pieces[at]
    return "".join(pieces)


def _row(mark: str, row: str, down: int) -> str | None:
    moved = int(row) + (0 if mark else down)
    return f"{mark}{moved}" if 1 <= moved <= ROW_LIMIT else None


def _column(mark: str, letters: str, right: int) -> str | None:
    moved = column_number(letters.upper()) + (0 if mark else right)
    return f"{mark}{column_letters(moved)}" if 1 <= moved <= COLUMN_LIMIT else None


def move_references(formula: str, down: int, right: int) -> str:
    """Return a formula as it reads when its cell is copied so many rows down and columns to the right."""
    if not down and not right:
        return formula

    def moved(match: re.Match[str]) -> str:
        groups = match.groups()
        if match["cell"]:
            mark, letters, row_mark, row = groups[-4:]
            parts = [_column(mark, letters, right), _row(row_mark, row, down)]
            joint = ""
        elif match["columns"]:
            first_mark, first, last_mark, last = groups[4:8]
            parts = [_column(first_mark, first, right), _column(last_mark, last, right)]
            joint = ":"
        elif match["rows"]:
            first_mark, first, last_mark, last = groups[9:13]
            parts = [_row(first_mark, first, down), _row(last_mark, last, down)]
            joint = ":"
        else:
            return match[0]
        return "#REF!" if None in parts else joint.join(part for part in parts if part)

    return _TOKEN.sub(moved, formula) if len(formula) <= STORED_FORMULA_LIMIT else formula
