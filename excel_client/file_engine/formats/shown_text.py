"""
What a cell shows: its value in its number format, in the usual formats and with English names.

Colours say nothing here, a space as wide as a sign is a space, what fills up the cell is left out; fractions are
shown as decimals. Source: ECMA-376 part 1, 18.8.31. Calculates nothing.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache

from excel_client.file_engine.formats.number_formats import shows_dates

__all__ = ["shown_text"]

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_(?P<space>.)|\*(?P<fill>.)|\[\$(?P<currency>[^\]-]*)[^\]]*\]'
    r"|\[(?P<elapsed>h+|m+|s+)\]|\[(?P<condition>[<>=]+-?[\d.]+)\]|\[(?P<color>[^\]]*)\]"
    r"|(?P<general>General)|(?P<noon>AM/PM|A/P)|(?P<exponent>E[+-]0+)"
    r"|(?P<date>y+|m+|d+|h+|s+(?:\.0+)?)|(?P<number>[0#?.,%/]+)|(?P<text>@)|(?P<literal>.)",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)(-?[\d.]+)")
_GENERAL_DIGITS = 11
_SECTIONS = 4
_NOON = 12
_TWO = 2

_Tokens = tuple[tuple[str, str], ...]


@lru_cache(maxsize=512)
def _sections(code: str) -> tuple[_Tokens, ...]:
    """Return the parts of a format code, each as kinds and texts."""
    sections: list[list[tuple[str, str]]] = [[]]
    for match in _TOKEN.finditer(code):
        kind = match.lastgroup or "literal"
        if kind == "literal" and match[0] == ";":
            sections.append([])
        else:
            sections[-1].append((kind, match[kind]))
    return tuple(map(tuple, sections))


def shown_text(value: object, code: str) -> str:
    """Return what a cell shows that holds a value (as the engine reads it) in a format."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    sections = _sections(code)
    if isinstance(value, str):
        last = sections[-1]
        is_text = len(sections) == _SECTIONS or any(kind == "text" for kind, _ in last)
        return "".join(_literal(kind, text, value) for kind, text in last) if is_text else value
    if isinstance(value, dt.datetime):
        return _date(value, next((s for s in sections if s), ()))
    assert isinstance(value, (int, float)), "a cell holds no other kind of value"
    if shows_dates(code):
        # The engine reads a number as a date where it is one: Excel fills the cell with ### for any other.
        return "#" * _GENERAL_DIGITS
    section, number = _chosen(sections, float(value))
    return _number(number, section)


def _literal(kind: str, text: str, value: str = "") -> str:
    match kind:
        case "quoted" | "escaped" | "literal" | "currency":
            return text
        case "space":
            return " "
        case "text":
            return value
        case _:
            return ""


def _chosen(sections: tuple[_Tokens, ...], value: float) -> tuple[_Tokens, float]:
    """Return the section for a number, and the number as it is shown there, without a sign where it says so."""
    for section in sections:
        condition = next((text for kind, text in section if kind == "condition"), "")
        match = _CONDITION.fullmatch(condition)
        if match and _holds(value, match[1], float(match[2])):
            return section, abs(value)
    if value < 0 and len(sections) >= _TWO:
        return sections[1], -value
    if value == 0 and len(sections) > _TWO:
        return sections[2], value
    return sections[0], value


def _holds(value: float, sign: str, limit: float) -> bool:
    return {
        "<": value < limit,
        "<=": value <= limit,
        ">": value > limit,
        ">=": value >= limit,
        "=": value == limit,
        "<>": value != limit,
    }[sign]


def _general(value: float) -> str:
    if value.is_integer() and abs(value) < 10**_GENERAL_DIGITS:
        return str(int(value))
    for digits in range(_GENERAL_DIGITS - 1, 0, -1):
        text = f"{value:.{digits}g}".replace("e", "E")
        if len(text.lstrip("-")) <= _GENERAL_DIGITS:
            return text
    return f"{value:.5E}"


def _number(value: float, section: _Tokens) -> str:
    pattern = "".join(text for kind, text in section if kind == "number")
    exponent = next((text for kind, text in section if kind == "exponent"), "")
    digits = _digits(value, pattern, exponent)
    shown: list[str] = []
    waiting = True
    for kind, text in section:
        if kind == "general":
            shown.append(_general(value))
        elif kind == "number":
            shown.append(digits if waiting else "")
            waiting = False
        else:
            shown.append(_literal(kind, text, _general(value)))
    sign = "-" if value < 0 and pattern else ""
    return sign + "".join(shown)


def _digits(value: float, pattern: str, exponent: str) -> str:
    percents = pattern.count("%")
    plain = pattern.replace("%", "").split("/")[0]
    thousands = len(plain) - len(plain.rstrip(","))
    whole, _, decimals = plain.rstrip(",").partition(".")
    scaled = abs(value) * 100**percents / 1000**thousands
    count = len(decimals.replace(",", ""))
    if exponent:
        mantissa, _, power = f"{scaled:.{count}E}".partition("E")
        sign = "-" if power.startswith("-") else exponent[1].replace("-", "")
        return f"{mantissa}E{sign}{abs(int(power)):0{len(exponent) - 2}d}"
    grouped = "," in whole
    text = f"{scaled:,.{count}f}" if grouped else f"{scaled:.{count}f}"
    optional = len(decimals) - len(decimals.rstrip("#?"))
    for _ in range(optional):
        text = text.removesuffix("0")
    before, point, behind = text.partition(".")
    least = sum(1 for sign in whole if sign == "0")
    before = before.rjust(least, "0") if before != "0" or least else ""
    point = "." if "." in plain else point
    return f"{before}{point}{behind}{'%' * percents}"


def _date(value: dt.datetime, section: _Tokens) -> str:
    halves = any(kind == "noon" for kind, _ in section)
    shown: list[str] = []
    for index, (kind, text) in enumerate(section):
        if kind == "date":
            shown.append(_part(value, text.lower(), section, index, halves=halves))
        elif kind == "noon":
            shown.append("AM" if value.hour < _NOON else "PM")
        elif kind == "elapsed":
            days = (value - dt.datetime(1899, 12, 30)).days  # noqa: DTZ001 - a cell has no zone
            shown.append(str(days * 24 + value.hour))
        elif kind == "number":
            shown.append(text)
        else:
            shown.append(_literal(kind, text))
    return "".join(shown)


def _part(value: dt.datetime, token: str, section: _Tokens, index: int, *, halves: bool) -> str:
    letter, count = token[0], len(token)
    if letter == "m" and _is_minute(section, index):
        return f"{value.minute:0{min(count, 2)}d}"
    names = {"m": ("%b", "%B"), "d": ("%a", "%A")}
    if letter in names and count > _TWO:
        return value.strftime(names[letter][count > _TWO + 1])
    match letter:
        case "y":
            shown = f"{value.year:04d}" if count > _TWO else f"{value.year % 100:02d}"
        case "m" | "d":
            shown = f"{value.month if letter == 'm' else value.day:0{count}d}"
        case "h":
            hour = (value.hour % _NOON or _NOON) if halves else value.hour
            shown = f"{hour:0{min(count, 2)}d}"
        case _:
            places = len(token.partition(".")[2])
            whole = f"{value.second:02d}.{value.microsecond:06d}"
            shown = whole[: 3 + places] if places else whole[:2]
    return shown


def _is_minute(section: _Tokens, index: int) -> bool:
    """Whether an m stands for minutes: behind hours, or before seconds."""
    letters = [
        (place, text[0].lower())
        for place, (kind, text) in enumerate(section)
        if kind in {"date", "elapsed"}
    ]
    place = [position for position, _ in letters].index(index)
    before = letters[place - 1][1] if place else ""
    behind = letters[place + 1][1] if place + 1 < len(letters) else ""
    return before == "h" or behind == "s"
