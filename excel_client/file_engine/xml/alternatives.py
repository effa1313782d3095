"""
Markup that newer programs read one way and older ones another, and elements with a namespace prefix, made plain.

Source: ECMA-376 part 3, 7.5 to 7.7 (AlternateContent). Works on bytes in which no comment stands.
"""

from __future__ import annotations

import re

__all__ = ["ALTERNATIVES", "chosen", "unprefixed"]

ALTERNATIVES = b"AlternateContent"

#: What stands in an element up to its end; none of these stands in another of its kind.
_INSIDE = rb"((?:[^<]++|<(?!/?(?:[\w.-]++:)?%b[\s/>]))*+)"
_WHOLE = re.compile(
    rb"<((?:[\w.-]+:)?)AlternateContent((?:\s[^<>]*)?)>%b</\1AlternateContent>"
    % (_INSIDE % ALTERNATIVES)
)
_CHOICE = re.compile(
    rb"<(?:[\w.-]+:)?Choice((?:\s[^<>]*)?)>%b</(?:[\w.-]+:)?Choice>" % (_INSIDE % b"Choice")
)
_FALLBACK = re.compile(
    rb"<(?:[\w.-]+:)?Fallback(?:\s[^<>]*)?>%b</(?:[\w.-]+:)?Fallback>" % (_INSIDE % b"Fallback")
)
_REQUIRES = re.compile(rb"""\sRequires\s*=\s*["']([^"']*)["']""")
_NAMESPACE = re.compile(rb"""\sxmlns:([\w.-]+)\s*=\s*["']([^"']*)["']""")
#: Excel reads what its own maker added.
_UNDERSTOOD = b"http://schemas.microsoft.com/office/"


def chosen(data: bytes, head: bytes) -> bytes:
    """Return a piece of a part with what Excel would read of its alternatives; `head` declares namespaces."""
    outer = dict(_NAMESPACE.findall(head))

    def choice(match: re.Match[bytes]) -> bytes:
        known = outer | dict(_NAMESPACE.findall(match[2]))
        for attributes, content in _CHOICE.findall(match[3]):
            here = known | dict(_NAMESPACE.findall(attributes))
            required = _REQUIRES.search(attributes)
            names = required[1].split() if required else []
            if names and all(here.get(name, b"").startswith(_UNDERSTOOD) for name in names):
                return bytes(content)
        fallback = _FALLBACK.search(match[3])
        return fallback[1] if fallback else b""

    return _WHOLE.sub(choice, data)


def unprefixed(data: bytes, prefix: bytes) -> bytes:
    """Return a piece of a part whose elements had this prefix without it."""
    if not prefix:
        return data
    return data.replace(b"<" + prefix, b"<").replace(b"</" + prefix, b"</")
