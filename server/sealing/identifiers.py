"""
The handle of the identifiers key: equal things are found by HMAC-SHA256, without storing them.

A sum is no secret for a guesser who has the key; the key never leaves this room.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from server.sealing.keys import TenantKeys
from server.sealing.masking import Masked

__all__ = ["MAC_BYTES", "IdentifierMac"]

MAC_BYTES: Final = 32
_LENGTH_BYTES: Final = 4


class IdentifierMac(Masked):
    """Sums of identifiers of one tenant; the same in another tenant has another sum."""

    __slots__ = ("_keyed",)

    def __init__(self, keys: TenantKeys) -> None:
        self._keyed = hmac.new(keys._identifiers_key(), digestmod=hashlib.sha256)  # noqa: SLF001 - the one place that asks for the identifiers key

    def mac(self, *parts: bytes | str) -> bytes:
        """
        Return 32 bytes that are equal for equal parts.

        Each part goes in with its length before it, so parts do not run into each other; text goes in
        as UTF-8 and equals its bytes. Let the first part say what kind of identifier it is.
        """
        summing = self._keyed.copy()
        for part in parts:
            content = part.encode("utf-8") if isinstance(part, str) else part
            summing.update(len(content).to_bytes(_LENGTH_BYTES, "big"))
            summing.update(content)
        return summing.digest()
