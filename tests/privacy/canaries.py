"""
Canaries: values made at run time, and every form in which one could hide in a file, a log or an answer.

They are never literals, so that no source line that a traceback shows can be mistaken for a leak.
"""

from __future__ import annotations

import base64
import random
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

__all__ = ["Canary", "amount_canary", "leaks", "text_canary"]

#: Anything shorter turns up by chance in a few megabytes of ciphertext.
SHORTEST_FORM_BYTES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """One value that must not get out, and the bytes that would give it away."""

    name: str
    value: str
    forms: tuple[bytes, ...]


def _text_forms(text: str) -> Iterator[bytes]:
    for raw in (text.encode(), text.encode("utf-16-le")):
        yield raw
        yield raw.hex().encode()
        yield raw.hex().upper().encode()
        # Base64 of the value wherever it begins within a group of three: the middle is the same.
        for shift in range(3):
            yield base64.b64encode(b"\0" * shift + raw)[4 : -4 or None]
            yield base64.urlsafe_b64encode(b"\0" * shift + raw)[4 : -4 or None]


def text_canary(name: str, randomness: random.Random) -> Canary:
    """A text of 16 letters that stands nowhere else."""
    value = "".join(randomness.choice("bcdfghjklmnpqrstvwxz") for _ in range(16))
    return Canary(name=name, value=value, forms=tuple(_text_forms(value)))


def amount_canary(name: str, randomness: random.Random) -> Canary:
    """An amount of 9 digits that stands nowhere else, in clear, grouped, scaled and binary forms."""
    value = Decimal(randomness.randint(10**8, 10**9 - 1)).scaleb(-2)
    scaled = int(value * 100)
    texts = (
        f"{value:f}",
        f"{value:,f}",
        f"{value:f}".replace(".", ","),
        str(scaled),
        str(int(value * 1000)),
        str(int(value)),
    )
    binary = (
        struct.pack("<d", float(value)),
        struct.pack(">d", float(value)),
        struct.pack("<q", scaled),
        struct.pack(">q", scaled),
    )
    forms = [form for text in texts for form in _text_forms(text)]
    return Canary(name=name, value=f"{value:f}", forms=(*forms, *binary))


def leaks(canaries: Iterable[Canary], content: bytes) -> list[str]:
    """Return the names of the canaries that `content` gives away."""
    return [
        canary.name
        for canary in canaries
        if any(form in content for form in canary.forms if len(form) >= SHORTEST_FORM_BYTES)
    ]
