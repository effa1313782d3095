"""
Text as a cell stores it: XML escapes, and Excel's own _xHHHH_ for what XML can't hold.

Source: ECMA-376 part 1, 22.9.2.19 (ST_Xstring). Knows no cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from excel_client.file_engine.problems import TextTooLong

__all__ = [
    "TEXT_LIMIT",
    "attribute_text",
    "escape_text",
    "needs_space",
    "unescape_text",
    "unescape_xml",
    "written_attributes",
]

TEXT_LIMIT = 32_767

_ODD = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_REFERENCE = re.compile("&(?:#x([0-9A-Fa-f]+)|#([0-9]+)|(amp|lt|gt|quot|apos));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


def escape_text(text: str, place: str = "") -> str:
    """Return text as it stands between XML tags; TextTooLong above Excel's limit (counted in UTF-16 units)."""
    if len(text) > TEXT_LIMIT // 2 and len(text) + sum(c > "\uffff" for c in text) > TEXT_LIMIT:
        raise TextTooLong(place)
    if _ODD.search(text):
        text = _ODD.sub(lambda match: f"_x{ord(match[0]):04X}_", text)
    if "&" in text or "<" in text or ">" in text:
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text


def needs_space(text: str) -> bool:
    """Whether the text is only kept whole with xml:space="preserve"."""
    return text != text.strip(" \t\n\r")


def attribute_text(text: str) -> str:
    """Return text as it stands between the double quotes of an attribute."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")


def written_attributes(attributes: Iterable[tuple[str, str]]) -> str:
    """Return attributes as they stand in a tag, each with the space before it."""
    return "".join(f' {name}="{attribute_text(value)}"' for name, value in attributes)


def _dereference(match: re.Match[str]) -> str:
    if match[3]:
        return _NAMED[match[3]]
    return chr(int(match[1], 16) if match[1] else int(match[2]))


def unescape_xml(text: str) -> str:
    """Resolve XML's own escapes and line ends; ValueError for a character reference that is none."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "&" in text:
        text = _REFERENCE.sub(_dereference, text)
    return text


def unescape_text(text: str) -> str:
    """Return the text that a cell shows."""
    text = unescape_xml(text)
    if "_x" in text:
        text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return text
