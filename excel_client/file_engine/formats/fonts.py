"""
Fonts of cells and of parts of their text: read, changed and written; they have the same properties.

Source: ECMA-376 part 1, 18.8.22 (font) and 18.4.7 (rPr). Properties that are not changed stay. Knows no cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from excel_client.file_engine.formats.colors import Rgb, as_rgb, hexadecimal
from excel_client.file_engine.problems import FormatRefused
from excel_client.file_engine.xml.cell_text import written_attributes
from excel_client.file_engine.xml.xml_spans import Element

__all__ = ["DEFAULT_FONT", "FontChange", "FontFormat", "font_change"]

_Property: TypeAlias = tuple[str, tuple[tuple[str, str], ...]]

#: The order that Excel writes them in.
_ORDER = """b i strike condense extend outline shadow u vertAlign sz color name family charset scheme""".split()
_FALSE = {"0", "false"}
_SIZES = (1, 409)
_NAME_LIMIT = 31


@dataclass(frozen=True, slots=True, kw_only=True)
class FontChange:
    """What becomes different of a font; None leaves a property as it is."""

    bold: bool | None = None
    italic: bool | None = None
    underline: str | None = None
    size: float | None = None
    name: str | None = None
    color: Rgb | None = None

    @property
    def changes_size(self) -> bool:
        """Whether texts take more or less room afterwards."""
        return self.size is not None or self.name is not None or self.bold is not None


def font_change(aspect: str, value: object) -> FontChange:
    """Return the change that sets a property to what xlwings was given; FormatRefused for no such value."""
    match aspect:
        case "bold" | "italic":
            if not isinstance(value, (bool, int)):
                raise FormatRefused
            bold, italic = (bool(value), None) if aspect == "bold" else (None, bool(value))
            return FontChange(bold=bold, italic=italic)
        case "size":
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise FormatRefused
            if not _SIZES[0] <= value <= _SIZES[1]:
                raise FormatRefused
            return FontChange(size=float(value))
        case "name":
            if not isinstance(value, str) or not 0 < len(value) <= _NAME_LIMIT:
                raise FormatRefused
            if not value.isprintable():
                raise FormatRefused
            return FontChange(name=value)
        case _:
            assert aspect == "color", "a font has no other aspect here"
            return FontChange(color=as_rgb(value))


@dataclass(frozen=True, slots=True)
class FontFormat:
    """A font as a file states it: its properties in order, each with its attributes."""

    properties: tuple[_Property, ...]

    @classmethod
    def read(cls, element: Element) -> FontFormat:
        """Return the font of an element: a font, or the properties of a run."""
        found = {
            "name" if child.name == "rFont" else child.name: tuple(sorted(child.attributes.items()))
            for child in element.children
        }
        return cls(tuple((name, found[name]) for name in _ORDER if name in found))

    def _attributes(self, name: str) -> Mapping[str, str] | None:
        return next((dict(values) for key, values in self.properties if key == name), None)

    def _is_on(self, name: str) -> bool:
        attributes = self._attributes(name)
        return attributes is not None and attributes.get("val", "1") not in _FALSE

    @property
    def bold(self) -> bool:
        """Whether it is bold."""
        return self._is_on("b")

    @property
    def italic(self) -> bool:
        """Whether it is italic."""
        return self._is_on("i")

    @property
    def size(self) -> float:
        """In points."""
        try:
            return float((self._attributes("sz") or {}).get("val", "11"))
        except ValueError:
            return 11.0

    @property
    def name(self) -> str:
        """The name of its family."""
        return (self._attributes("name") or {}).get("val", "Calibri")

    @property
    def color(self) -> Mapping[str, str]:
        """The attributes that state its colour; empty for an automatic one."""
        return self._attributes("color") or {}

    def changed(self, change: FontChange) -> FontFormat:
        """Return the font with a change."""
        found = dict(self.properties)
        for key, value in (("b", change.bold), ("i", change.italic)):
            if value:
                found[key] = ()
            elif value is not None:
                found.pop(key, None)
        if change.size is not None:
            found["sz"] = (("val", f"{change.size:g}"),)
        if change.underline is not None:
            found["u"] = () if change.underline == "single" else (("val", change.underline),)
        if change.color is not None:
            found["color"] = (("rgb", hexadecimal(change.color)),)
        if change.name is not None:
            found["name"] = (("val", change.name),)
            # A font of the theme would follow the theme, and the kind of the old one may be another.
            for key in ("scheme", "family"):
                found.pop(key, None)
        return FontFormat(tuple((name, found[name]) for name in _ORDER if name in found))

    def rendered(self, prefix: str, *, of_run: bool = False) -> str:
        """Return the element as a part holds it."""
        element = "rPr" if of_run else "font"
        inner = "".join(
            f"<{prefix}{'rFont' if of_run and name == 'name' else name}{written_attributes(values)}/>"
            for name, values in self.properties
        )
        return f"<{prefix}{element}>{inner}</{prefix}{element}>"


DEFAULT_FONT = FontFormat(
    (("sz", (("val", "11"),)), ("name", (("val", "Calibri"),)), ("family", (("val", "2"),)))
)
