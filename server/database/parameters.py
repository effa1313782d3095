"""
Named parameters for a driver that knows numbered ones: `:name` becomes `$1`. It runs nothing.

Texts in quotes, comments, names in double quotes and casts (`::`) are left alone.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

__all__ = ["number_parameters"]

#: The server's queries are few; a query text made at run time must not push memory up without end.
_TEXTS_KEPT: Final = 1000

_TOKEN: Final = re.compile(
    r"""
      --[^\n]*                              # a comment to the end of its line
    | /\*.*?\*/                             # a comment
    | [eE]'(?:[^'\\]|\\.|'')*'              # a text with escapes
    | '(?:[^']|'')*'                        # a text
    | "(?:[^"]|"")*"                        # a name
    | (?P<tag>\$(?:[A-Za-z_]\w*)?\$).*?(?P=tag)
    | ::                                    # a cast
    | :(?P<name>[A-Za-z_]\w*)
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)


@lru_cache(maxsize=_TEXTS_KEPT)
def number_parameters(query: str) -> tuple[str, tuple[str, ...]]:
    """Return the query with numbers, and the names in the order of their numbers."""
    numbers: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        name = found["name"]
        if name is None:
            return found[0]
        return f"${numbers.setdefault(name, len(numbers) + 1)}"

    return _TOKEN.sub(number, query), tuple(numbers)
