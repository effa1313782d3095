"""
Formula texts as a file stores them, and the slips that make Excel drop a formula on opening.

No parser: it finds known slips (a missing prefix, the `[@Column]` shorthand, unbalanced brackets), not all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from tests.workbook_checks.ooxml_package import Finding

__all__ = ["check_formula", "check_rule_formula", "without_texts"]

_LONGEST = 8192
_SHEET_PREFIX = "_xlfn._xlws."
_PREFIX = "_xlfn."
_SHEET_PREFIXED = frozenset(("FILTER", "SORT"))
#: Functions newer than the file format: stored with a prefix, else Excel shows #NAME? or a repair.
_PREFIXED = frozenset(
    (
        "ARRAYTOTEXT BYCOL BYROW CHOOSECOLS CHOOSEROWS CONCAT DROP EXPAND GROUPBY HSTACK IFS ISOMITTED LAMBDA LET "
        "MAKEARRAY MAP MAXIFS MINIFS PIVOTBY RANDARRAY REDUCE SCAN SEQUENCE SORTBY SWITCH TAKE TEXTAFTER TEXTBEFORE "
        "TEXTJOIN TEXTSPLIT TOCOL TOROW UNIQUE VALUETOTEXT VSTACK WRAPCOLS WRAPROWS XLOOKUP XMATCH"
    ).split()
)
_TEXT = re.compile(r'"(?:[^"]|"")*"')
_BRACKETED = re.compile(r"\[(?:[^\[\]']|'.)*\]")
_FUNCTION = re.compile(r"(?<![\w.])([A-Z][A-Z0-9]*)\(")
_SHORTHAND = re.compile(r"\[@|(?<![\w\]\[,])\[\[?#This Row\]")
_TABLE_REFERENCE = re.compile(r"(?<![\w!\]])([A-Za-z_\\][\w.]*)\[")


def without_texts(formula: str) -> str:
    """The formula with every quoted text emptied."""
    return _TEXT.sub('""', formula)


def check_formula(
    formula: str, *, where: str, part: str, tables: AbstractSet[str]
) -> Iterator[Finding]:
    """Find slips in one formula; `tables` are the workbook's table names in lower case."""

    def finding(code: str, message: str) -> Finding:
        return Finding(code=code, part=part, message=f"{where}: {message}")

    bare = without_texts(formula)
    if formula.startswith("="):
        yield finding("formula-equals", "begins with =")
    if len(formula) > _LONGEST:
        yield finding("formula-long", f"{len(formula)} characters")
    if not _is_balanced(bare) or re.search(r"\(\(,|\(,,", bare):
        yield finding("formula-syntax", "brackets or commas out of place")
    for function in sorted(set(_FUNCTION.findall(bare))):
        prefix = _SHEET_PREFIX if function in _SHEET_PREFIXED else _PREFIX
        if function in _SHEET_PREFIXED | _PREFIXED:
            yield finding("formula-prefix", f"{function} is stored as {prefix}{function}")
    if _SHORTHAND.search(bare):
        yield finding("formula-shorthand", "Table[[#This Row],[Column]] is stored, not [@Column]")
    for table in sorted(set(_TABLE_REFERENCE.findall(bare))):
        if table.lower() not in tables:
            yield finding("formula-table", f"no table {table}")


def check_rule_formula(
    formula: str, *, where: str, part: str, tables: AbstractSet[str]
) -> Iterator[Finding]:
    """Find slips in the formula of a conditional format or a validation: no structured references there."""
    yield from check_formula(formula, where=where, part=part, tables=tables)
    if _TABLE_REFERENCE.search(without_texts(formula)):
        message = f"{where}: a structured reference stands in a rule"
        yield Finding(code="rule-structured", part=part, message=message)


def _is_balanced(bare: str) -> bool:
    if bare.count('"') % 2:
        return False
    depth = 0
    for character in _BRACKETED.sub("", bare):
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False
    return depth == 0
