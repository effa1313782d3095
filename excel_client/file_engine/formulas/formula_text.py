"""
Formula text: moving relative references, and the prefixes that newer functions carry in a file.

Not a parser: references are found between strings, quoted sheet names and structured references, which stay as they
are. Calculates nothing.
"""

from __future__ import annotations

import re

from excel_client.file_engine.formulas.references import (
    COLUMN_LIMIT,
    ROW_LIMIT,
    column_letters,
    column_number,
)

__all__ = ["from_file", "move_references", "to_file"]

_TOKEN = re.compile(
    r"""(?P<string>"(?:[^"]|"")*")"""
    r"""|(?P<sheet>'(?:[^']|'')*')"""
    r"""|(?P<table>\[(?:[^\[\]']|'.|\[(?:[^\[\]']|'.)*\])*\])"""
    r"""|(?<![\w.$\\])(?P<columns>(\$?)([A-Za-z]{1,3}):(\$?)([A-Za-z]{1,3}))(?![\w.(!])"""
    r"""|(?<![\w.$\\])(?P<rows>(\$?)(\d{1,7}):(\$?)(\d{1,7}))(?![\w.(!])"""
    r"""|(?<![\w.$\\])(?P<cell>(\$?)([A-Za-z]{1,3})(\$?)([1-9]\d{0,6}))(?![\w.(!\\])"""
)
_FUNCTION = re.compile(r"""("(?:[^"]|"")*"|'(?:[^']|'')*')|(?<![\w.])([A-Z][A-Z0-9.]*)(?=\()""")
_PREFIXES = re.compile(r"_xlfn\.(?:_xlws\.)?|_xlpm\.")
_SHEET_FUNCTIONS = frozenset({"FILTER", "SORT"})
#: Functions that came after Excel 2007 and are stored with a prefix ([MS-XLSX] 2.2.2).
_LATER_FUNCTIONS = frozenset(
    """ACOT ACOTH AGGREGATE ARABIC ARRAYTOTEXT BASE BITAND BITLSHIFT BITOR BITRSHIFT BITXOR BYCOL
    BYROW CHOOSECOLS CHOOSEROWS COMBINA CONCAT COT COTH CSC CSCH DAYS DECIMAL DROP ENCODEURL EXPAND
    FIELDVALUE FILTERXML FORMULATEXT GAMMA GAUSS GROUPBY HSTACK IFNA IFS IMAGE IMCOSH IMCOT IMCSC
    IMCSCH IMSEC IMSECH IMSINH IMTAN ISFORMULA ISOMITTED LAMBDA LET MAKEARRAY MAP MAXIFS MINIFS
    MUNIT NUMBERVALUE PDURATION PERCENTOF PERMUTATIONA PHI PIVOTBY RANDARRAY REDUCE REGEXEXTRACT
    REGEXREPLACE REGEXTEST RRI SCAN SEC SECH SEQUENCE SHEET SHEETS SORTBY SWITCH TAKE TEXTAFTER
    TEXTBEFORE TEXTJOIN TEXTSPLIT TOCOL TOROW TRIMRANGE UNICHAR UNICODE UNIQUE VALUETOTEXT VSTACK
    WEBSERVICE WRAPCOLS WRAPROWS XLOOKUP XMATCH XOR""".split()
)
#: Functions with a dot in their name are later ones too, but for these.
_OLD_DOTTED = frozenset(
    {"ECMA.CEILING", "ERROR.TYPE", "ISO.CEILING", "NETWORKDAYS.INTL", "WORKDAY.INTL"}
)


def from_file(formula: str) -> str:
    """Return a stored formula as Excel's formula bar shows it, without the equals sign."""
    return _PREFIXES.sub("", formula)


def _prefixed(match: re.Match[str]) -> str:
    name = match[2]
    if name in _SHEET_FUNCTIONS:
        return f"_xlfn._xlws.{name}"
    if name in _LATER_FUNCTIONS or (name and "." in name and name not in _OLD_DOTTED):
        return f"_xlfn.{name}"
    return match[0]


def to_file(formula: str) -> str:
    """Return a formula, without its equals sign, as it is stored."""
    return _FUNCTION.sub(_prefixed, formula)


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

    return _TOKEN.sub(moved, formula)
