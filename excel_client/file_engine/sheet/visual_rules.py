"""
Conditional formats that draw: scales of colours, bars and icons, read from rules and written as rules.

Source: ECMA-376 part 1, 18.3.1.16 (colorScale), 18.3.1.28 (dataBar), 18.3.1.49 (iconSet), and [MS-XLSX] 2.6.30 to
2.6.34 for what came later. Knows no sheet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from excel_client.file_engine.formats.colors import hexadecimal
from excel_client.file_engine.formulas.formula_text import from_file, move_references
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.sheet.area_rules import (
    EXTENDED,
    areas_of,
    base_of,
)
from excel_client.file_engine.sheet.conditional_formats import FoundRule, NewRule
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.xml.cell_text import escape_text
from excel_client.file_engine.xml.xml_spans import Element

__all__ = [
    "ICON_SETS",
    "VisualRule",
    "color_scale",
    "data_bar",
    "formula_elements",
    "icon_set",
    "read_visual_rule",
    "written_for",
]

#: How the file names what xlwings names so; the last three came later.
ICON_SETS = {
    "3_arrows": "3Arrows",
    "3_arrows_gray": "3ArrowsGray",
    "3_flags": "3Flags",
    "3_traffic_lights_1": "3TrafficLights1",
    "3_traffic_lights_2": "3TrafficLights2",
    "3_signs": "3Signs",
    "3_symbols": "3Symbols",
    "3_symbols_2": "3Symbols2",
    "4_arrows": "4Arrows",
    "4_arrows_gray": "4ArrowsGray",
    "4_red_to_black": "4RedToBlack",
    "4_rating": "4Rating",
    "4_traffic_lights": "4TrafficLights",
    "5_arrows": "5Arrows",
    "5_arrows_gray": "5ArrowsGray",
    "5_rating": "5Rating",
    "5_quarters": "5Quarters",
    "3_stars": "3Stars",
    "3_triangles": "3Triangles",
    "5_boxes": "5Boxes",
}
_LATER_SETS = {"3Stars", "3Triangles", "5Boxes"}
_KINDS = {
    "min": "lowest_value",
    "max": "highest_value",
    "num": "number",
    "percent": "percent",
    "percentile": "percentile",
    "formula": "formula",
    "autoMin": "automatic",
    "autoMax": "automatic",
}
_STORED_KINDS = {
    "lowest_value": "min",
    "highest_value": "max",
    "number": "num",
    "percent": "percent",
    "percentile": "percentile",
}
_WITHOUT_VALUE = {"lowest_value", "highest_value", "automatic", "unknown"}
_FALSE = {"0", "false"}
_TRUE = {"1", "true"}
_TWIN_URI = "{B025F937-C7B1-47D3-B67F-A62EFF666E3E}"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisualRule:
    """What a rule draws."""

    #: The attributes that state each colour.
    colors: tuple[Mapping[str, str], ...]
    #: What it is counted in, and where; of icons only the borders between them.
    thresholds: tuple[tuple[str, float | str | None], ...]
    icon_set: str = ""
    show_value: bool = True
    reverse: bool = False
    gradient: bool = True


def read_visual_rule(rule: FoundRule) -> VisualRule | None:
    """Return what a rule draws; None for one that only formats."""
    for name in ("colorScale", "dataBar", "iconSet"):
        drawn = rule.element.find(name)
        if drawn is None:
            continue
        twin = rule.twin.find(name) if rule.twin is not None else None
        stated = twin if twin is not None and twin.all("cfvo") else drawn
        thresholds = [_threshold(element) for element in stated.all("cfvo")]
        colors = drawn.all("color") or drawn.all("fillColor")
        custom = drawn.attributes.get("custom") in _TRUE
        return VisualRule(
            colors=tuple(element.attributes for element in colors),
            thresholds=tuple(thresholds[1:] if name == "iconSet" else thresholds),
            icon_set="" if custom else drawn.attributes.get("iconSet", "3TrafficLights1"),
            show_value=drawn.attributes.get("showValue", "1") not in _FALSE,
            reverse=drawn.attributes.get("reverse") in _TRUE,
            gradient=stated.attributes.get("gradient", "1") not in _FALSE,
        )
    return None


def _threshold(element: Element) -> tuple[str, float | str | None]:
    kind = _KINDS.get(element.attributes.get("type", ""), "unknown")
    if kind in _WITHOUT_VALUE:
        return kind, None
    inner = element.find("f")
    text = inner.text if inner is not None else element.attributes.get("val", "")
    try:
        return kind, float(text)
    except ValueError:
        return kind, f"={from_file(text)}"


def formula_elements(prefix: str, formulas: Iterable[str]) -> bytes:
    """Return the formulas of a rule, given as they are stored."""
    return "".join(
        f"<{prefix}formula>{escape_text(formula)}</{prefix}formula>" for formula in formulas
    ).encode()


def written_for(
    rule: FoundRule, area: Area, sheet: SheetModel, formulas: tuple[str, ...] | None
) -> tuple[str, ...] | None:
    """Return formulas that were written for an area's first cell as the rule's own first cell has them."""
    if formulas is None:
        return None
    own = base_of(areas_of(rule.around, sheet.name))
    down, right = own[0] - area.top, own[1] - area.left
    return tuple(move_references(formula, down, right) for formula in formulas)


def _values(spec: Mapping[str, Any], prefix: str, automatic: tuple[str, ...] = ()) -> str:
    """Return the elements that state where colours, bars and icons begin and end."""
    written = []
    pairs = zip(spec["threshold_types"], spec["thresholds"], strict=True)
    for place, (kind, value) in enumerate(pairs):
        stored = automatic[place] if kind == "automatic" else _STORED_KINDS[kind]
        stated = f' val="{value}"' if value is not None else ""
        written.append(f'<{prefix}cfvo type="{stored}"{stated}/>')
    return "".join(written)


def color_scale(spec: Mapping[str, Any], prefix: str) -> NewRule:
    """Return the rule of a scale."""
    colors = "".join(f'<{prefix}color rgb="{hexadecimal(c)}"/>' for c in spec["colors"])
    inner = f"<{prefix}colorScale>{_values(spec, prefix)}{colors}</{prefix}colorScale>"
    return NewRule(attributes={"type": "colorScale"}, inner=inner.encode())


def data_bar(spec: Mapping[str, Any], prefix: str, identity: str) -> NewRule:
    """Return the rule of bars, with what later versions of Excel want to know: how they fade, where zero is."""
    hidden = "" if spec["show_value"] else ' showValue="0"'
    color = hexadecimal(spec["bar_color"])
    values = _values(spec, prefix, ("min", "max"))
    tie = (
        f'<{prefix}extLst><{prefix}ext uri="{_TWIN_URI}" xmlns:x14="{EXTENDED}">'
        f"<x14:id>{identity}</x14:id></{prefix}ext></{prefix}extLst>"
    )
    bar = f'<{prefix}dataBar{hidden}>{values}<{prefix}color rgb="{color}"/></{prefix}dataBar>'
    solid = "" if spec["gradient"] else ' gradient="0"'
    later = (
        f'<x14:cfRule type="dataBar" id="{identity}">'
        f'<x14:dataBar minLength="0" maxLength="100"{hidden}{solid}>'
        f"{_later_values(spec, ('autoMin', 'autoMax'))}"
        '<x14:negativeFillColor rgb="FFFF0000"/><x14:axisColor rgb="FF000000"/>'
        "</x14:dataBar></x14:cfRule>"
    )
    return NewRule(
        attributes={"type": "dataBar"}, inner=(bar + tie).encode(), extended=later.encode()
    )


def _later_values(spec: Mapping[str, Any], automatic: tuple[str, ...] = ()) -> str:
    written = []
    pairs = zip(spec["threshold_types"], spec["thresholds"], strict=True)
    for place, (kind, value) in enumerate(pairs):
        stored = automatic[place] if kind == "automatic" else _STORED_KINDS[kind]
        stated = f"<xm:f>{value}</xm:f>" if value is not None else ""
        written.append(f'<x14:cfvo type="{stored}">{stated}</x14:cfvo>')
    return "".join(written)


def icon_set(spec: Mapping[str, Any], prefix: str, identity: str) -> NewRule:
    """Return the rule of icons; sets that came later stand in the extension list alone."""
    stored = ICON_SETS[spec["icon_set"]]
    hidden = "" if spec["show_value"] else ' showValue="0"'
    reverse = ' reverse="1"' if spec["reverse_order"] else ""
    tag = f'iconSet iconSet="{stored}"{hidden}{reverse}'
    if stored not in _LATER_SETS:
        first = f'<{prefix}cfvo type="percent" val="0"/>'
        inner = f"<{prefix}{tag}>{first}{_values(spec, prefix)}</{prefix}iconSet>"
        return NewRule(attributes={"type": "iconSet"}, inner=inner.encode())
    first = '<x14:cfvo type="percent"><xm:f>0</xm:f></x14:cfvo>'
    later = (
        f'<x14:cfRule type="iconSet" priority="1" id="{identity}">'
        f"<x14:{tag}>{first}{_later_values(spec)}</x14:iconSet></x14:cfRule>"
    )
    return NewRule(attributes={}, inner=b"", extended=later.encode(), only_extended=True)
