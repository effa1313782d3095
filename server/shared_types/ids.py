"""
Identifiers: UUIDv7 of our own, made before sealing and never reused.

Source: RFC 9562 section 5.7. Time and randomness are arguments.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NewType, Protocol

__all__ = [
    "AccountId",
    "BatchId",
    "EntryId",
    "IdMaker",
    "PersonId",
    "PrincipalId",
    "TenantId",
    "TokenId",
    "uuid7_at",
]

TenantId = NewType("TenantId", uuid.UUID)
PersonId = NewType("PersonId", uuid.UUID)
PrincipalId = NewType("PrincipalId", uuid.UUID)
TokenId = NewType("TokenId", uuid.UUID)
AccountId = NewType("AccountId", uuid.UUID)
EntryId = NewType("EntryId", uuid.UUID)
BatchId = NewType("BatchId", uuid.UUID)

_VERSION_7 = 0x7 << 76
_VARIANT_RFC = 0x2 << 62


class IdMaker(Protocol):
    """Makes a new identifier each time it is called."""

    def __call__(self) -> uuid.UUID:
        """Return an identifier that was never returned before."""


def uuid7_at(instant: datetime, randomness: bytes) -> uuid.UUID:
    """Return the UUIDv7 of an aware `instant` (to the millisecond) and 10 random bytes."""
    assert instant.tzinfo is not None, "instants are aware"
    assert len(randomness) == 10, "a UUIDv7 takes 74 random bits out of 10 bytes"  # noqa: PLR2004
    milliseconds = int(instant.timestamp() * 1000)
    noise = int.from_bytes(randomness, "big")
    rand_a = (noise >> 62) & 0xFFF
    rand_b = noise & ((1 << 62) - 1)
    return uuid.UUID(int=milliseconds << 80 | _VERSION_7 | rand_a << 64 | _VARIANT_RFC | rand_b)
