"""Fills of cells: read, and made of one colour. Source: ECMA-376 part 1, 18.8.20 (fill). Knows no cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from excel_client.file_engine.formats.colors import Palette, Rgb, hexadecimal
from excel_client.file_engine.xml.cell_text import written_attributes
from excel_client.file_engine.xml.xml_spans import Element

__all__ = ["NO_FILL", "PRESET_FILL", "FillFormat"]

_Stated: TypeAlias = tuple[tuple[str, str], ...]

_NONE = "none"
_SOLID = "solid"
_GRADIENT = "gradient"
_WHITE = (255, 255, 255)
_AUTOMATIC = (("indexed", "64"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class FillFormat:
    """A fill: its pattern, and the attributes that state its two colours."""

    pattern: str = _NONE
    foreground: _Stated | None = None
    background: _Stated | None = None

    @classmethod
    def read(cls, element: Element) -> FillFormat:
        """Return the fill of an element; a gradient stands for its first colour."""
        gradient = element.find("gradientFill")
        if gradient is not None:
            color = next((e for e in gradient.walk() if e.name == "color"), None)
            return cls(pattern=_GRADIENT, foreground=_stated(color))
        pattern = element.find("patternFill")
        if pattern is None:
            return cls()
        return cls(
            pattern=pattern.attributes.get("patternType", _NONE),
            foreground=_stated(pattern.find("fgColor")),
            background=_stated(pattern.find("bgColor")),
        )

    @property
    def is_gradient(self) -> bool:
        """Whether it runs from one colour to another."""
        return self.pattern == _GRADIENT

    def color(self, palette: Palette) -> Rgb | None:
        """Return the colour behind the text; None without a fill. A pattern's lines are in another one."""
        if self.pattern == _NONE:
            return None
        stated = self.foreground if self.pattern in {_SOLID, _GRADIENT} else self.background
        attributes: Mapping[str, str] = dict(stated or ())
        return palette.rgb(attributes) or (_WHITE if self.pattern != _SOLID else (0, 0, 0))

    def colored(self, color: Rgb | None) -> FillFormat:
        """Return the fill with another colour behind the text; a pattern's lines stay. None takes the fill away."""
        if color is None:
            return NO_FILL
        stated = (("rgb", hexadecimal(color)),)
        if self.pattern in {_NONE, _SOLID, _GRADIENT}:
            return FillFormat(pattern=_SOLID, foreground=stated, background=_AUTOMATIC)
        return replace(self, background=stated)

    def rendered(self, prefix: str) -> str:
        """Return the element as a part holds it; a gradient is never written anew."""
        assert self.pattern != _GRADIENT, "a gradient stays where it is"
        colors = "".join(
            f"<{prefix}{name}{written_attributes(stated)}/>"
            for name, stated in (("fgColor", self.foreground), ("bgColor", self.background))
            if stated is not None
        )
        return (
            f'<{prefix}fill><{prefix}patternFill patternType="{self.pattern}">{colors}'
            f"</{prefix}patternFill></{prefix}fill>"
        )


def _stated(element: Element | None) -> _Stated | None:
    return tuple(sorted(element.attributes.items())) if element is not None else None


NO_FILL = FillFormat()
#: The second fill of every workbook.
PRESET_FILL = FillFormat(pattern="gray125")
