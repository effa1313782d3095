"""
One format of cells as a file states it, and lists of formats that are only appended to.

Source: ECMA-376 part 1, 18.8.45 (xf) and 18.8.1 (alignment). Knows no workbook.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeAlias, TypeVar

from excel_client.file_engine.xml.cell_text import written_attributes
from excel_client.file_engine.xml.xml_spans import Element

__all__ = ["CellFormat", "FormatList"]

_Stated: TypeAlias = tuple[tuple[str, str], ...]

_IDS = ("numFmtId", "fontId", "fillId", "borderId")
#: Excel's order of the attributes.
_ORDER = (*_IDS, "xfId", "quotePrefix", "pivotButton", "applyNumberFormat", "applyFont", "applyFill",
          "applyBorder", "applyAlignment", "applyProtection")  # fmt: skip
_APPLIES = {
    "numFmtId": "applyNumberFormat",
    "fontId": "applyFont",
    "fillId": "applyFill",
    "borderId": "applyBorder",
}
_TRUTH = {"true": "1", "false": "0"}
#: What it means where it is not stated.
_DEFAULTS = {
    **dict.fromkeys(_ORDER, "0"),
    "horizontal": "general",
    "vertical": "bottom",
    "textRotation": "0",
    "wrapText": "0",
    "indent": "0",
    "relativeIndent": "0",
    "justifyLastLine": "0",
    "shrinkToFit": "0",
    "readingOrder": "0",
}


def _meant(stated: Mapping[str, str]) -> _Stated:
    """Return attributes without those that say what is meant anyway; an xfId is always kept."""
    plain = {name: _TRUTH.get(value, value) for name, value in stated.items()}
    return tuple(
        sorted(
            (name, value)
            for name, value in plain.items()
            if name == "xfId" or _DEFAULTS.get(name) != value
        )
    )


@dataclass(frozen=True, slots=True)
class CellFormat:
    """A format by the places of its parts; two that look alike and belong to the same named style are equal."""

    attributes: _Stated = ()
    alignment: _Stated = ()
    #: Protection and extensions, as they stand in the part.
    rest: bytes = b""

    @classmethod
    def read(cls, data: bytes, element: Element) -> CellFormat:
        """Return the format of an element of the part."""
        alignment = element.find("alignment")
        others = [child for child in element.children if child is not alignment]
        return cls(
            _meant(element.attributes),
            _meant(alignment.attributes if alignment else {}),
            b"".join(data[child.start : child.end] for child in others),
        )

    def place(self, name: str) -> int:
        """Return the place of the format's font (fontId), fill, border, or the number of its number format."""
        value = dict(self.attributes).get(name, "0")
        return int(value) if value.isdecimal() else 0

    def with_place(self, name: str, place: int) -> CellFormat:
        """Return the format with another font, fill, border or number format."""
        if self.place(name) == place:
            return self
        stated = {**dict(self.attributes), name: str(place), _APPLIES[name]: "1"}
        return replace(self, attributes=_meant(stated))

    def with_places(self, places: Mapping[str, int]) -> CellFormat:
        """Return the format with its parts at other places, those of another workbook."""
        stated = {name: str(place) for name, place in places.items()}
        return replace(self, attributes=_meant({**dict(self.attributes), **stated}))

    def with_alignment(self, changes: Mapping[str, str]) -> CellFormat:
        """Return the format with another alignment."""
        alignment = _meant({**dict(self.alignment), **changes})
        if alignment == self.alignment:
            return self
        stated = {**dict(self.attributes), "applyAlignment": "1"}
        return replace(self, attributes=_meant(stated), alignment=alignment)

    def rendered(self, prefix: str) -> str:
        """Return the element as a part holds it."""
        stated = {**dict.fromkeys(_IDS, "0"), **dict(self.attributes)}
        names = [name for name in _ORDER if name in stated]
        names += [name for name in stated if name not in _ORDER and " " not in name]
        tag = f"{prefix}xf{written_attributes((name, stated[name]) for name in names)}"
        inner = self.rest.decode()
        if self.alignment:
            inner = f"<{prefix}alignment{written_attributes(self.alignment)}/>{inner}"
        return f"<{tag}>{inner}</{prefix}xf>" if inner else f"<{tag}/>"


class _Rendered(Protocol):
    def rendered(self, prefix: str) -> str:
        """Return the element as a part holds it."""


_Part = TypeVar("_Part", bound=_Rendered)


class FormatList(Generic[_Part]):
    """Fonts, fills, borders or cell formats of a workbook: those of the part, read when asked for, and added ones."""

    def __init__(
        self,
        name: str,
        standing: list[Element],
        read: Callable[[Element], _Part],
        defaults: tuple[_Part, ...],
    ) -> None:
        self.name = name
        self.standing = len(standing)
        self.added: list[_Part] = []
        #: How many of the added ones the part has by now.
        self.written = 0
        self._defaults = defaults
        self._elements = standing
        self._read = read
        self._known: dict[int, _Part] = {}
        self._places: dict[_Part, int] = {}

    def __len__(self) -> int:
        return self.standing + len(self.added)

    @property
    def unwritten(self) -> list[_Part]:
        """What was added and the part does not have yet."""
        return self.added[self.written :]

    def at(self, place: int) -> _Part:
        """Return what stands at a place; the first default where nothing does."""
        if place >= self.standing:
            place -= self.standing
            return self.added[place] if place < len(self.added) else self._defaults[0]
        if place not in self._known:
            self._known[place] = self._read(self._elements[place])
        return self._known[place]

    def place_of(self, wanted: _Part) -> int:
        """Return where something stands, appended if it is not there yet."""
        if not self._places:
            if not len(self):
                self.added += self._defaults
            for place in reversed(range(len(self))):
                self._places[self.at(place)] = place
        if wanted not in self._places:
            self._places[wanted] = len(self)
            self.added.append(wanted)
        return self._places[wanted]
