"""File names of evidence, from a month and the accounts' names: safe on every system, and each its own. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

__all__ = ["LATE_ARRIVALS", "file_stems"]

#: What stands in the name of the file of late arrivals in place of an account.
LATE_ARRIVALS: Final = "late-arrivals"

_NAME_BYTES_MAX: Final = 120
_KEPT: Final = frozenset("-_ ")
_RUNS: Final = re.compile("__+")


def file_stems(month: str, account_names: Sequence[str]) -> tuple[str, ...]:
    """
    Return a file name without its suffix for each account, in their order; no two are the same.

    Letters and digits of any script stay, everything else becomes `_`: no name leads out of its folder.
    """
    taken = {_compared(LATE_ARRIVALS)}
    stems = []
    for name in account_names:
        safe = _safe(name)
        unique, number = safe, 1
        while _compared(unique) in taken:
            number += 1
            unique = f"{safe}-{number}"
        taken.add(_compared(unique))
        stems.append(f"{month}-{unique}")
    return tuple(stems)


def _safe(name: str) -> str:
    composed = unicodedata.normalize("NFC", name)
    kept = "".join(char if char.isalnum() or char in _KEPT else "_" for char in composed)
    short = _RUNS.sub("_", kept).encode()[:_NAME_BYTES_MAX].decode(errors="ignore")
    return " ".join(short.split()).strip("_ ") or "account"


def _compared(name: str) -> str:
    """A name as a file system may compare it: without case and Unicode variants."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
