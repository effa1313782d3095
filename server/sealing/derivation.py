"""
One key per purpose out of one key: HKDF-SHA256, RFC 5869.

The labels below are part of what is stored: they never change.
"""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

__all__ = ["KEY_BYTES", "derive_key"]

KEY_BYTES: Final = 32


def derive_key(key: bytes, info: bytes) -> bytes:
    """Return the 32-byte key that HKDF-SHA256, without salt, derives from `key` for `info`."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(key)
