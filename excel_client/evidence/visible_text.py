"""
Texts as evidence shows them: what a font lacks, and what would turn or hide other text, becomes its code point.

A character that can't be shown stands there as `<U+4E2D>`: nothing is dropped, and nothing is drawn as something
else. Pure, and the same with every version of Unicode's tables.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Container
from typing import Final

__all__ = ["drawable", "without_steering"]

#: Controls and unpaired surrogates.
_CONTROLS: Final = frozenset({"Cc", "Cs"})
#: Characters that change the direction in which a text reads.
_TURNING: Final = frozenset(
    map(chr, (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
)
#: The last two code points of every plane, and a block of 32, are no characters.
_NO_CHARACTERS: Final = range(0xFDD0, 0xFDF0)
_LAST_OF_PLANE: Final = 0xFFFE


def _shown(character: str) -> bool:
    code = ord(character)
    if character in _TURNING or code in _NO_CHARACTERS or code & _LAST_OF_PLANE == _LAST_OF_PLANE:
        return False
    return character == "\n" or unicodedata.category(character) not in _CONTROLS


def _code_point(character: str) -> str:
    return f"<U+{ord(character):04X}>"


def without_steering(text: str) -> str:
    """Return a text for a cell: controls and what turns the direction of reading are shown by their code points."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(each if _shown(each) else _code_point(each) for each in text)


def drawable(text: str, glyphs: Container[int]) -> str:
    """Return a text for a page, of the characters that a font has; `glyphs` are their code points."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        each
        if each == "\n" or (ord(each) in glyphs and _shown(each) and not each.isspace())
        else " "
        if unicodedata.category(each) == "Zs"
        else _code_point(each)
        for each in unicodedata.normalize("NFC", text)
    )
