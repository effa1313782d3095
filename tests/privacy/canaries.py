"""
Canaries: values made at run time, and every form in which one could hide in a file, a log or an answer.

They are never literals, so that no source line that a traceback shows can be mistaken for a leak.
"""

from __future__ import annotations

import base64
import hashlib
import random
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

__all__ = ["Canary", "amount_canary", "bytes_canary", "leaks", "number_canary", "text_canary"]

#: Anything shorter turns up by chance in a few megabytes of ciphertext.
SHORTEST_FORM_BYTES = 6

#: More than 32 bits hold, so that no form of the amount as a number is too short to look for.
AMOUNT_DIGITS = 11


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Canary:
    """One value that must not get out, and the bytes that would give it away."""

    name: str
    value: str
    forms: tuple[bytes, ...]


def _encoded_forms(raw: bytes) -> Iterator[bytes]:
    yield raw
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    # Base64 of the value wherever it begins within a group of three: the middle is the same.
    for shift in range(3):
        yield base64.b64encode(b"\0" * shift + raw)[4 : -4 or None]
        yield base64.urlsafe_b64encode(b"\0" * shift + raw)[4 : -4 or None]


def _text_forms(text: str) -> Iterator[bytes]:
    for written in dict.fromkeys((text, text.upper(), text.capitalize(), text[::-1])):
        for codec in ("utf-8", "utf-16-le", "utf-16-be"):
            yield from _encoded_forms(written.encode(codec))


def _digest_forms(text: str) -> Iterator[bytes]:
    """Sums without a key: amounts, names and numbers of accounts are few enough to be guessed from them."""
    for algorithm in ("md5", "sha1", "sha256", "sha512", "blake2b"):
        digest = hashlib.new(algorithm, text.encode()).digest()
        yield from _encoded_forms(digest)


def text_canary(name: str, randomness: random.Random) -> Canary:
    """A text of 16 letters that stands nowhere else."""
    value = "".join(randomness.choice("bcdfghjklmnpqrstvwxz") for _ in range(16))
    return Canary(name=name, value=value, forms=(*_text_forms(value), *_digest_forms(value)))


def number_canary(name: str, randomness: random.Random) -> Canary:
    """The number of an account: 14 digits that stand nowhere else."""
    value = str(randomness.randint(10**13, 10**14 - 1))
    forms = (*_text_forms(value), *_digest_forms(value), *_integer_forms(int(value)))
    return Canary(name=name, value=value, forms=forms)


def bytes_canary(name: str, raw: bytes) -> Canary:
    """A key or another secret: in itself, in hex and in base64, but not its digest, which may be kept."""
    forms = (*_encoded_forms(raw), *_text_forms(base64.b64encode(raw).decode()))
    return Canary(name=name, value=raw.hex(), forms=forms)


def _integer_forms(number: int) -> Iterator[bytes]:
    # SQLite keeps a number of this size in 6 or 8 bytes, msgpack and most wire formats in 8.
    for width in (6, 8):
        if number.bit_length() < width * 8:
            yield number.to_bytes(width, "big")
            yield number.to_bytes(width, "little")
    yield f"{number:x}".encode()
    yield f"{number:X}".encode()


def _written_amounts(value: Decimal) -> Iterator[str]:
    plain = f"{value:f}"
    grouped = f"{value:,f}"
    yield plain
    yield plain.replace(".", ",")
    yield grouped
    for separator, mark in ((".", ","), (" ", ","), ("'", "."), ("\u202f", ","), ("_", ".")):
        yield grouped.replace(",", "\0").replace(".", mark).replace("\0", separator)
    for scale in (1, 10, 100, 1000, 10**4, 10**6):
        yield str(int(value * scale))
    digits = value.as_tuple().digits
    yield ", ".join(map(str, digits))
    yield ",".join(map(str, digits))
    yield " ".join(map(str, digits))
    yield f"{value:e}".partition("e")[0]
    yield f"{int(value):,}"


def amount_canary(name: str, randomness: random.Random) -> Canary:
    """An amount of 11 digits that stands nowhere else: in clear, grouped, scaled, binary and digested."""
    value = Decimal(randomness.randint(10 ** (AMOUNT_DIGITS - 1), 10**AMOUNT_DIGITS - 1)).scaleb(-2)
    texts = tuple(dict.fromkeys(_written_amounts(value)))
    forms = [form for text in texts for form in (*_text_forms(text), *_digest_forms(text))]
    for scale in (100, 1000, 10**4, 10**6):
        forms += _integer_forms(int(value * scale))
    forms += (struct.pack("<d", float(value)), struct.pack(">d", float(value)))
    return Canary(name=name, value=f"{value:f}", forms=tuple(dict.fromkeys(forms)))


@lru_cache(maxsize=64)
def _index(canaries: tuple[Canary, ...]) -> dict[bytes, list[tuple[bytes, Canary]]]:
    """Every form under its first bytes: there are thousands, and contents of megabytes to look through."""
    index: dict[bytes, list[tuple[bytes, Canary]]] = {}
    for canary in canaries:
        for form in canary.forms:
            if len(form) >= SHORTEST_FORM_BYTES:
                index.setdefault(form[:SHORTEST_FORM_BYTES], []).append((form, canary))
    return index


def leaks(canaries: Iterable[Canary], content: bytes) -> list[str]:
    """Return the names of the canaries that `content` gives away, in their order."""
    looked_for = tuple(canaries)
    index = _index(looked_for)
    found: set[Canary] = set()
    for at in range(len(content) - SHORTEST_FORM_BYTES + 1):
        candidates = index.get(content[at : at + SHORTEST_FORM_BYTES])
        if candidates is not None:
            found.update(canary for form, canary in candidates if content.startswith(form, at))
    return [canary.name for canary in looked_for if canary in found]
