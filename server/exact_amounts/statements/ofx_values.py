"""
The values of OFX elements: texts, calendar dates, currencies, amounts. Each is read for certain or not at all.

Dates: OFX 2.2 section 3.2.8.2, `YYYYMMDD[HHMMSS[.XXX]][gmt offset[:tz name]]`; the calendar date stays as written.
Amounts: section 3.2.9.1, a decimal point or comma and no thousands separators. Banks write thousands separators,
trailing signs and currency signs all the same, and they are read where only one reading is possible.
"""

from __future__ import annotations

import html.entities
import re
from collections.abc import Callable
from datetime import date
from types import MappingProxyType
from typing import Literal

from server.exact_amounts.entries.currencies import UNKNOWN_CURRENCY, exponent_of, is_known_currency

__all__ = [
    "AMBIGUOUS",
    "UNREADABLE",
    "DecimalMark",
    "amount_digits",
    "calendar_date",
    "calendar_day",
    "currency_code",
    "decimal_mark_of",
    "plain_text",
]

#: Which character starts the fraction in a file's amounts: "" where none tells, "both" where they differ.
DecimalMark = Literal[".", ",", "", "both"]

#: Answers of `amount_digits` where there is no certain reading.
UNREADABLE = "unreadable"
AMBIGUOUS = "ambiguous"

_ENTITY = re.compile(r"&(?:#([0-9]{1,7})|#[xX]([0-9A-Fa-f]{1,6})|([A-Za-z][A-Za-z0-9]{1,7}));")
_CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]"
)
_NAMED = MappingProxyType(
    {name: chr(point) for name, point in html.entities.name2codepoint.items()}
    | {"apos": "'", "AMP": "&", "LT": "<", "GT": ">", "QUOT": '"', "NBSP": " "}
)


def _decoded(entity: re.Match[str]) -> str:
    decimal, hexadecimal, name = entity.groups()
    if name is not None:
        return _NAMED.get(name, entity[0])
    number = int(decimal) if decimal is not None else int(hexadecimal, 16)
    return chr(number) if 0 < number <= 0x10FFFF else " "  # noqa: PLR2004  # Unicode's last code point


def plain_text(raw: str) -> str:
    """Return a text in one line: entities decoded once, white space collapsed, control characters gone."""
    text = _ENTITY.sub(_decoded, raw) if "&" in raw else raw
    if text.isprintable() and "  " not in text:
        # The blank is the only printable white space.
        return text.strip()
    text = " ".join(text.split())
    return text if text.isprintable() else " ".join(_CONTROLS.sub(" ", text).split())


_DATE = re.compile(
    r"\s*([0-9]{4})([-/.]?)([0-9]{2})\2([0-9]{2})"
    r"[T ]?(?:[0-9]{2}(?::?[0-9]{2}(?::?[0-9]{2,10})?)?(?:[.,:][0-9]*)?)?"
    r"\s*(?:\[[^\[\]]*\]?|Z|[+-][0-9]{1,2}:?[0-9]{0,2})?\s*"
)
_FIRST_YEAR, _LAST_YEAR = 1900, 2199


def calendar_date(raw: str) -> str | None:
    """Return the ISO 8601 calendar date that an OFX date spells, or None where it spells none."""
    match = _DATE.fullmatch(raw)
    return calendar_day(match[1] + match[3] + match[4]) if match is not None else None


def calendar_day(digits: str) -> str | None:
    """Return the ISO 8601 calendar date of YYYYMMDD, eight ASCII digits, or None where there is no such day."""
    try:
        day = date.fromisoformat(digits)
    except ValueError:
        return None
    return day.isoformat() if _FIRST_YEAR <= day.year <= _LAST_YEAR else None


def currency_code(raw: str) -> str:
    """Return the ISO 4217 code that a text spells, or XXX where it spells none."""
    code = plain_text(raw).upper()
    return code if is_known_currency(code) else UNKNOWN_CURRENCY


_SPACES = " \u00a0\u2007\u2009\u202f"
_SIGN_CHARACTERS = str.maketrans("\u2212\u2012\u2013\ufe63\uff0d\uff0b", "-----+")
#: Signs that only these currencies use; a dollar sign says too little to contradict anything.
_SIGNS_OF_MONEY = MappingProxyType(
    {
        "€": frozenset({"EUR"}),
        "£": frozenset({"GBP", "EGP", "FKP", "GIP", "LBP", "SHP", "SYP", "IEP", "CYP", "ITL"}),
        "¥": frozenset({"JPY", "CNY"}),
        "₹": frozenset({"INR"}),
        "R$": frozenset({"BRL"}),
    }
)
_DOLLARS = frozenset({"$", "US$", "C$", "A$", "NZ$"})
_SIGNED = re.compile(
    r"""
    (?P<open>\()? [ ]*
    (?P<before>[+-])? [ ]*
    (?P<money>[A-Z]{1,3}\$|[A-Z]{3}|[$€£¥₹])? [ ]*
    (?P<inner>[+-])? [ ]*
    (?P<digits>[0-9.,][0-9., '\u2019]*?) [ ]*
    (?P<after>[+-])? [ ]*
    (?P<money_after>[A-Z]{1,3}\$|(?!CR\b|DR\b)[A-Z]{3}|[$€£¥₹])? [ ]*
    (?P<side>CR|DR)? [ ]*
    (?P<close>\))?
    """,
    re.VERBOSE,
)
_GROUPED_BY_SPACE = re.compile(r"[0-9]{1,3}(?:([ '\u2019])[0-9]{3})(?:\1[0-9]{3})*(?:[.,][0-9]*)?")
_GROUPED_BY_COMMA = re.compile(
    r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?|[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}\.[0-9]*"
)
_GROUPED_BY_POINT = re.compile(r"[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]*)?")
_WITH_FRACTION = re.compile(r"[0-9]*[.,][0-9]*")
_TWO_READINGS = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")
_LONGEST_WHOLE, _LONGEST_FRACTION, _LONGEST_AMOUNT = 18, 9, 64


def amount_digits(raw: str, currency: str, decimal_mark: Callable[[], DecimalMark]) -> str:
    """
    Return plain digits with an optional minus and point, or UNREADABLE or AMBIGUOUS.

    `decimal_mark` is asked only where a text such as "1,234" has two readings.
    """
    if len(raw) > _LONGEST_AMOUNT:
        raw = raw.strip()[: _LONGEST_AMOUNT + 1]
    if "&" in raw:
        raw = _ENTITY.sub(_decoded, raw)
    text = "".join(" " if character in _SPACES else character for character in raw.strip())
    match = (
        _SIGNED.fullmatch(text.translate(_SIGN_CHARACTERS).upper())
        if len(text) <= _LONGEST_AMOUNT
        else None
    )
    if match is None:
        return UNREADABLE
    sign = _sign_of(match)
    if sign is None or not _money_fits(match, currency):
        return UNREADABLE
    plain = _ungrouped(match["digits"], currency, decimal_mark)
    if plain in {UNREADABLE, AMBIGUOUS}:
        return plain
    whole, _, fraction = plain.partition(".")
    whole = whole.lstrip("0") or "0"
    if len(whole) > _LONGEST_WHOLE or len(fraction) > _LONGEST_FRACTION:
        return UNREADABLE
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def _sign_of(match: re.Match[str]) -> str | None:
    """The sign of an amount, or None where the text gives it twice or leaves a bracket open."""
    brackets = (match["open"] is not None) + (match["close"] is not None)
    marks = [
        match[group] for group in ("before", "inner", "after", "side") if match[group] is not None
    ]
    if brackets == 1 or len(marks) + brackets // 2 > 1:
        return None
    return "-" if brackets or (marks and marks[0] in {"-", "DR"}) else ""


def _money_fits(match: re.Match[str], currency: str) -> bool:
    """Whether the currency sign beside an amount, if any, is not another currency's."""
    signs = [match[group] for group in ("money", "money_after") if match[group] is not None]
    if not signs:
        return True
    if len(signs) > 1:
        return False
    if signs[0] in _DOLLARS or currency in {signs[0], UNKNOWN_CURRENCY}:
        return True
    return currency in _SIGNS_OF_MONEY.get(signs[0], ())


def _ungrouped(digits: str, currency: str, decimal_mark: Callable[[], DecimalMark]) -> str:
    """The digits without thousands separators and with a point, or UNREADABLE or AMBIGUOUS."""
    if _GROUPED_BY_SPACE.fullmatch(digits):
        return re.sub("[ '\u2019]", "", digits).replace(",", ".")
    if digits.isdigit():
        return digits
    if _WITH_FRACTION.fullmatch(digits):
        return _with_fraction(digits, currency, decimal_mark)
    if _GROUPED_BY_COMMA.fullmatch(digits):
        return digits.replace(",", "")
    if _GROUPED_BY_POINT.fullmatch(digits):
        return digits.replace(".", "").replace(",", ".")
    return UNREADABLE


def _with_fraction(digits: str, currency: str, decimal_mark: Callable[[], DecimalMark]) -> str:
    """The digits of an amount with a single separator."""
    mark = "," if "," in digits else "."
    if digits == mark:
        return UNREADABLE
    decimal = digits.replace(",", ".")
    if not _TWO_READINGS.fullmatch(digits):
        return decimal
    usual = decimal_mark()
    if usual == "both":
        return AMBIGUOUS
    if usual:
        return decimal if usual == mark else digits.replace(mark, "")
    if exponent_of(currency) == 3 or (mark == "." and exponent_of(currency)):  # noqa: PLR2004  # decimals of the dinars
        return decimal
    return AMBIGUOUS


_AMOUNT_ELEMENT = re.compile(r"<(?:TRNAMT|BALAMT)>\s*([^<]{1,64})", re.IGNORECASE)
_POINT_IS_DECIMAL = re.compile(r"\.(?:[0-9]{1,2}|[0-9]{4,})[^0-9.,]*\s*$|,[0-9]{3}\.")
_COMMA_IS_DECIMAL = re.compile(r",(?:[0-9]{1,2}|[0-9]{4,})[^0-9.,]*\s*$|\.[0-9]{3},")


def decimal_mark_of(text: str) -> DecimalMark:
    """Return the decimal mark that the unmistakable amounts of a file show."""
    point = comma = False
    for element in _AMOUNT_ELEMENT.finditer(text):
        point = point or _POINT_IS_DECIMAL.search(element[1]) is not None
        comma = comma or _COMMA_IS_DECIMAL.search(element[1]) is not None
    if point and comma:
        return "both"
    if not point and not comma:
        return ""
    return "." if point else ","
