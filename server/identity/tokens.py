"""
API tokens: `pv_test_` or `pv_live_` and 32 random bytes. Pure: what is stored of one is its SHA-256 only.

A token is as strong as a key, so a plain hash is enough; slow hashes are for what people choose themselves.
"""

from __future__ import annotations

import hashlib
import re
from base64 import urlsafe_b64encode

from server.settings import Environment

__all__ = ["SECRET_BYTES", "hash_token", "is_token_of", "make_token"]

SECRET_BYTES = 32


_FORMS = {
    environment: re.compile(f"pv_{environment.value}_[A-Za-z0-9_-]{{43}}")
    for environment in Environment
}


def make_token(environment: Environment, secret: bytes) -> str:
    """Return the token of 32 random bytes."""
    assert len(secret) == SECRET_BYTES, "a token holds 256 random bits"
    text = urlsafe_b64encode(secret).decode("ascii").rstrip("=")
    return f"pv_{environment.value}_{text}"


def is_token_of(environment: Environment, token: str) -> bool:
    """Whether a text has the form of a token of this environment."""
    return _FORMS[environment].fullmatch(token) is not None


def hash_token(token: str) -> bytes:
    """Return what is stored of a token and looked up by."""
    return hashlib.sha256(token.encode("utf-8")).digest()
