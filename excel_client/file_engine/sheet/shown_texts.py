"""
What a number shows in its format, for the formats in which this is said exactly: General, plain decimals, percents.

Everything else (dates, fractions, conditions, colours) is Unknown here. Source: ECMA-376 part 1, 18.8.31. Calculates
nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

__all__ = ["Unknown", "shown_number"]

_PLAIN = re.compile(r"(#,##)?0(?:\.(0+))?(%)?")
#: Digits that General shows in a column that is wide enough.
_DIGITS_OF_GENERAL = 11
_ZEROS_OF_GENERAL = 4


@dataclass(frozen=True, slots=True)
class Unknown:
    """What only Excel knows how to show."""


def shown_number(number: float, code: str) -> str | Unknown:
    """Return the text that a number is shown as, with a point and commas."""
    # Excel counts 15 digits of a number.
    exact = Decimal(format(number, ".15g"))
    if code in {"General", "@"}:
        return _general(exact)
    match = _PLAIN.fullmatch(code)
    if match is None:
        return Unknown()
    thousands, decimals, percent = match.groups()
    if percent:
        exact *= 100
    places = len(decimals or "")
    rounded = exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    if not rounded:
        rounded = abs(rounded)
    text = f"{rounded:,.{places}f}" if thousands else f"{rounded:.{places}f}"
    return text + (percent or "")


def _general(exact: Decimal) -> str | Unknown:
    normal = exact.normalize()
    _, digits, exponent = normal.as_tuple()
    assert isinstance(exponent, int), "a cell's number is finite"
    whole = len(digits) + exponent
    if len(digits) > _DIGITS_OF_GENERAL or not -_ZEROS_OF_GENERAL <= whole <= _DIGITS_OF_GENERAL:
        # Rounded, or shown by powers of ten, as the column's width allows.
        return Unknown()
    return f"{normal:f}" if normal else "0"
