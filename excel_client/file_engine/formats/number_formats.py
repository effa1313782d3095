"""
Format codes of numbers: those that Excel has built in, which of them show dates, and which Excel would take.

Source: ECMA-376 part 1, 18.8.30 and 18.8.31. Knows no cell.
"""

from __future__ import annotations

import re

from excel_client.file_engine.problems import FormatRefused

__all__ = [
    "BUILT_IN",
    "BUILT_IN_DATES",
    "FIRST_CUSTOM",
    "GENERAL",
    "checked_code",
    "shows_dates",
]

BUILT_IN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%",
    11: "0.00E+00", 12: "# ?/?", 13: "# ??/??", 14: "m/d/yyyy", 15: "d-mmm-yy", 16: "d-mmm",
    17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss",
    22: "m/d/yyyy h:mm", 37: "#,##0_);(#,##0)", 38: "#,##0_);[Red](#,##0)",
    39: "#,##0.00_);(#,##0.00)", 40: "#,##0.00_);[Red](#,##0.00)", 45: "mm:ss", 46: "[h]:mm:ss",
    47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
}  # fmt: skip
BUILT_IN_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
FIRST_CUSTOM = 164
GENERAL = 0

_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?![hHmMsS]+\])[^\]]*\]')
#: What says nothing about letters: literals, what stands in brackets, words that Excel knows.
_KNOWN = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\[\]]*\]|AM/PM|A/P|General|E[+-]', re.IGNORECASE)
#: The letters of dates, of years as Japan, Taiwan and Thailand count them, and of an exponent.
_LETTERS = frozenset("dmyhsegbanrDMYHSEGBANR")
_LENGTH_LIMIT = 255
_SECTION_LIMIT = 4


def shows_dates(code: str) -> bool:
    """Whether numbers in this format are shown as dates or times."""
    plain = _LITERAL.sub("", code.split(";", maxsplit=1)[0])
    return plain.lower() != "general" and re.search("[dmyhsDMYHS]", plain) is not None


def checked_code(code: object) -> str:
    """
    Return a format code that Excel takes, General for an empty one; FormatRefused for any other.

    A letter that means nothing must be quoted here, as it must be in a file.
    """
    if not isinstance(code, str) or len(code) > _LENGTH_LIMIT:
        raise FormatRefused
    plain = _KNOWN.sub("", code)
    unknown = {c for c in plain if c.isascii() and c.isalpha()} - _LETTERS
    if unknown or set('"\\[]') & set(plain) or plain.endswith(("_", "*")):
        raise FormatRefused
    if plain.count(";") >= _SECTION_LIMIT or not plain.isprintable():
        raise FormatRefused
    return code or BUILT_IN[GENERAL]
