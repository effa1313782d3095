"""
The markup of OFX, SGML or XML: comments, CDATA, tags, lines. No DTD is read and no declared entity is expanded.

Source: OFX 2.2 chapter 2. In SGML only aggregates are closed; in XML elements are closed too. Real files mix both.
"""

from __future__ import annotations

import re

from server.exact_amounts.entries.problems import StatementRefused

__all__ = ["ANY_TAG", "LineCounter", "tag_pattern", "without_comments"]

#: What follows a "<" that begins a tag; any other "<" is text, as in "A < B".
_TAG_AHEAD = r"/?[A-Za-z][\w.:-]*(?:\s[^<>]*)?/?>"
#: The text after a tag, up to the next one.
_VALUE = rf"([^<]*+(?:<(?!{_TAG_AHEAD})[^<]*+)*+)"


def tag_pattern(names: str) -> re.Pattern[str]:
    """
    Return a pattern for tags whose name `names` matches, in any case, with any namespace prefix.

    Groups: "/" of a closing tag, name, "/" of an empty element, the text after the tag. It takes linear time.
    """
    return re.compile(rf"<(/?)(?:[A-Za-z]\w*:)?({names})(?:\s[^<>]*?)?(/?)>{_VALUE}", re.IGNORECASE)


#: Any tag: the same groups as `tag_pattern`.
ANY_TAG = tag_pattern(r"[A-Za-z][\w.-]*")

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_LINE_ENDS_ONLY = re.compile(r"[^\r\n]+")
_SECTION = re.compile(r"<!--|<!\[CDATA\[|<!ENTITY", re.IGNORECASE)


class LineCounter:
    """Says on which line of a text a position stands; quick for positions that only grow."""

    __slots__ = ("_count", "_line", "_line_end", "_position")

    def __init__(self, text: str) -> None:
        self._count = text.count
        self._line_end = "\n" if "\n" in text else "\r"
        self._line = 1
        self._position = 0

    def line_of(self, position: int) -> int:
        """Return the 1-based line of a position that is not before the last one asked for."""
        self._line = line = self._line + self._count(self._line_end, self._position, position)
        self._position = position
        return line


def without_comments(text: str) -> str:
    """
    Return the text with comments blanked and CDATA sections escaped; every line keeps its number.

    Raises StatementRefused for a section without an end, and for a declared entity (an entity bomb needs one).
    """
    # One rare character is found in a tenth of the time of two.
    if "!" not in text or "<!" not in text:
        return text
    parts: list[str] = []
    position = 0
    while (section := _SECTION.search(text, position)) is not None:
        parts.append(text[position : section.start()])
        opening = section[0].upper()
        if opening == "<!ENTITY":
            raise StatementRefused(_line(text, section.start()), "the file declares entities")
        ending = "-->" if opening == "<!--" else "]]>"
        end = text.find(ending, section.end())
        if end < 0:
            raise StatementRefused(
                _line(text, section.start()), "a comment or CDATA section does not end"
            )
        content = text[section.end() : end]
        # A blank keeps what stands on both sides of a comment apart.
        parts.append(
            _LINE_ENDS_ONLY.sub(" ", content) or " "
            if ending == "-->"
            else content.translate(_ESCAPES)
        )
        position = end + len(ending)
    parts.append(text[position:])
    return "".join(parts)


def _line(text: str, position: int) -> int:
    return LineCounter(text).line_of(position)
