"""
What the columns of a filter let through: read from their elements, and written.

A column whose kind this module does not know (colours, icons, "this month") is named as such and kept as it stands.
Source: ECMA-376 part 1, 18.3.2. Knows no cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from excel_client.file_engine.xml.cell_text import attribute_text
from excel_client.file_engine.xml.xml_spans import Element

__all__ = [
    "Comparisons",
    "Criterion",
    "DateGroup",
    "Listed",
    "Top",
    "Unknown",
    "criterion_element",
    "criterion_of",
]

_TRUE = {"1", "true"}
_FALSE = {"0", "false"}
_EQUAL = "equal"
_DATE_PARTS = ("year", "month", "day", "hour", "minute", "second")

#: A year, a month of it, and so on as far as it goes.
DateGroup: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """The shown texts, the periods and, where wanted, the empty cells that pass."""

    values: tuple[str, ...]
    blank: bool = False
    groups: tuple[DateGroup, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparisons:
    """One or two comparisons, as (operator of the schema, value); both must hold, or one of them."""

    tests: tuple[tuple[str, str], ...]
    both: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Top:
    """So many of the highest or lowest numbers, or so many hundredths of them."""

    count: float
    highest: bool = True
    percent: bool = False
    #: The number that just passes.
    border: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """A kind of its own."""


Criterion: TypeAlias = Listed | Comparisons | Top | Unknown


def criterion_of(column: Element) -> Criterion | None:
    """Return what a column lets through; None where it filters nothing."""
    if not column.children:
        return None
    element = column.children[0]
    attributes = element.attributes
    try:
        match element.name:
            case "filters":
                return _listed(element)
            case "customFilters":
                tests = [
                    (test.attributes.get("operator", _EQUAL), test.attributes.get("val", ""))
                    for test in element.all("customFilter")
                ]
                return Comparisons(tests=tuple(tests), both=attributes.get("and") in _TRUE)
            case "top10":
                return Top(
                    count=float(attributes["val"]),
                    highest=attributes.get("top") not in _FALSE,
                    percent=attributes.get("percent") in _TRUE,
                )
            case _:
                return Unknown()
    except (KeyError, ValueError):
        return Unknown()


def _listed(element: Element) -> Criterion:
    groups: list[DateGroup] = []
    for group in element.all("dateGroupItem"):
        kind = group.attributes.get("dateTimeGrouping", "")
        stated = _DATE_PARTS[: _DATE_PARTS.index(kind) + 1]
        groups.append(tuple(int(group.attributes[part]) for part in stated))
    return Listed(
        values=tuple(e.attributes.get("val", "") for e in element.all("filter")),
        blank=element.attributes.get("blank") in _TRUE,
        groups=tuple(groups),
    )


def _tag(name: str, attributes: Mapping[str, str], inner: str = "") -> str:
    stated = "".join(f' {key}="{attribute_text(value)}"' for key, value in attributes.items())
    if not inner:
        return f"<{name}{stated}/>"
    return f"<{name}{stated}>{inner}</{name}>"


def criterion_element(criterion: Listed | Comparisons | Top, prefix: str) -> str:
    """Return the element that stands in a column of the filter."""
    match criterion:
        case Listed():
            inner = "".join(_tag(f"{prefix}filter", {"val": text}) for text in criterion.values)
            return _tag(f"{prefix}filters", {"blank": "1"} if criterion.blank else {}, inner)
        case Comparisons():
            inner = ""
            for operator, value in criterion.tests:
                stated = {"operator": operator} if operator != _EQUAL else {}
                inner += _tag(f"{prefix}customFilter", {**stated, "val": value})
            return _tag(f"{prefix}customFilters", {"and": "1"} if criterion.both else {}, inner)
        case Top():
            stated = {} if criterion.highest else {"top": "0"}
            stated |= {"percent": "1"} if criterion.percent else {}
            stated["val"] = f"{criterion.count:g}"
            if criterion.border is not None:
                stated["filterVal"] = repr(criterion.border).removesuffix(".0")
            return _tag(f"{prefix}top10", stated)
