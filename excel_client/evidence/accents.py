"""
Accented letters that a font has no glyph for, taken apart into the letter and the accent that it does have.

So a font of Western Europe draws the names of Poland, Czechia, Hungary, Turkey and their neighbours too. Pure.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Container, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

__all__ = ["Accented", "accented_letters"]

#: Latin Extended-A and -B, and Latin Extended Additional.
_LETTERS: Final = (*range(0x0100, 0x0250), *range(0x1E00, 0x1F00))
#: The accent that stands alone for one that combines.
_ABOVE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "\u0300": "\u0060",
        "\u0301": "\u00b4",
        "\u0302": "\u02c6",
        "\u0303": "\u02dc",
        "\u0304": "\u00af",
        "\u0306": "\u02d8",
        "\u0307": "\u02d9",
        "\u0308": "\u00a8",
        "\u030a": "\u02da",
        "\u030b": "\u02dd",
        "\u030c": "\u02c7",
    }
)
_BELOW: Final[Mapping[str, str]] = MappingProxyType(
    {"\u0326": "\u00b8", "\u0327": "\u00b8", "\u0328": "\u02db"}
)
_DOTLESS: Final[Mapping[str, str]] = MappingProxyType({"i": "\u0131"})
#: Small letters that are as high as capitals.
_TALL: Final = frozenset("bdfhklt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Accented:
    """A letter and an accent to draw over or under its middle."""

    letter: str
    accent: str
    #: Whether the accent has to stand higher than over a small letter.
    is_tall: bool


def accented_letters(glyphs: Container[int]) -> dict[str, Accented]:
    """Return the letters that can be drawn from two glyphs of a font; `glyphs` are its code points."""
    taken_apart = {}
    for code in _LETTERS:
        parts = unicodedata.normalize("NFD", chr(code))
        if code in glyphs or len(parts) != len("a\u0301"):
            continue
        letter, mark = parts[0], parts[1]
        above = _ABOVE.get(mark)
        accent = above or _BELOW.get(mark)
        if accent is None:
            continue
        if above:
            letter = _DOTLESS.get(letter, letter)
        if ord(letter) in glyphs and ord(accent) in glyphs:
            is_tall = above is not None and (letter.isupper() or letter in _TALL)
            taken_apart[chr(code)] = Accented(letter=letter, accent=accent, is_tall=is_tall)
    return taken_apart
