"""
The pieces of a formula: texts, numbers, references, names, brackets and operators, each with its place.

Takes a formula without its equals sign, as typed in English or as stored in a file. Source: MS-XLSX 2.2.2, and
ECMA-376 part 1, 18.17.2. Judges no order: that is `expressions`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from excel_client.file_engine.problems import FormulaBroken

__all__ = ["CELL", "Token", "TokenKind", "tokens"]


class TokenKind(StrEnum):
    """What a piece is."""

    SPACE = "space"
    TEXT = "text"
    ERROR = "error"
    NUMBER = "number"
    #: One cell, with or without its sheet.
    CELL = "cell"
    #: Several cells in one piece: "A1:B2", "A:C", "2:5", with or without a sheet.
    AREA = "area"
    #: A table or a part of one, "Sales[Amount]".
    TABLE = "table"
    #: A name, a function or a constant.
    NAME = "name"
    SIGN = "sign"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece and its place."""

    kind: TokenKind
    start: int
    end: int
    text: str


_CELL = r"\$?[A-Za-z]{1,3}\$?[1-9]\d{0,6}"
CELL = re.compile(_CELL)
_END = r"(?![\w.(!\\?])"
_TRIM = r"(?:\.?:\.?)"
_AREA = (
    rf"{_CELL}\s*{_TRIM}\s*{_CELL}{_END}"
    rf"|\$?[A-Za-z]{{1,3}}{_TRIM}\$?[A-Za-z]{{1,3}}{_END}"
    rf"|\$?\d{{1,7}}{_TRIM}\$?\d{{1,7}}{_END}"
)
_NAME = r"(?:[^\W\d]|\\)[\w.\\?]*"
_BRACKETS = r"\[(?:[^\[\]']|'.|\[(?:[^\[\]']|'.|\[[^\[\]]*\])*\])*\]"
_SHEET = r"(?!!)(?:'(?:[^']|'')+'|(?:\[[^\[\]]*\])?(?:[\w.\\?]+(?::[\w.\\?]+)?)?)!"
_ERROR = (
    r"\#(?:NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A|GETTING_DATA|SPILL!|CALC!|FIELD!|BLOCKED!"
    r"|CONNECT!|BUSY!|UNKNOWN!|EXTERNAL!|PYTHON!)"
)
_TOKEN = re.compile(
    rf"""(?P<space>[ \t\r\n]+)
    |(?P<text>"(?:[^"]|"")*")
    |(?P<sheet>{_SHEET})?(?:(?P<area>{_AREA})|(?P<cell>{_CELL}{_END})|(?P<table>(?:{_NAME})?{_BRACKETS})
        |(?P<name>{_NAME})|(?P<error>{_ERROR}(?:{_AREA}|{_CELL})?))
    |(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))
    |(?P<sign><=|>=|<>|[-+*/^&=<>%@\#:,;(){{}}])""",
    re.VERBOSE | re.IGNORECASE,
)
_TEXT_LIMIT = 255


def tokens(formula: str) -> list[Token]:
    """Return the pieces of a formula; FormulaBroken where something is no piece of one."""
    found: list[Token] = []
    place = 0
    while place < len(formula):
        match = _TOKEN.match(formula, place)
        if match is None:
            raise FormulaBroken
        assert match.lastgroup is not None, "each alternative is a group"
        kind = TokenKind(match.lastgroup)
        if kind is TokenKind.TEXT and len(match[0]) > _TEXT_LIMIT + 2:
            text = match[0][1:-1].replace('""', '"')
            if len(text) > _TEXT_LIMIT:
                raise FormulaBroken
        found.append(Token(kind, place, match.end(), match[0]))
        place = match.end()
    return found
