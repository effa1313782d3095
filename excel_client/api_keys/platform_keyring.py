"""
The platform's keyring, one key per server; the one module that knows the keyring package.

A backend that forgets, or that keeps secrets in the clear, is refused. Importing this module costs a tenth of a
short command's time, so `finding` does it only when the keyring is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import keyring
from keyring.backend import KeyringBackend
from keyring.errors import KeyringError

from excel_client.problems import KeyringUnusable
from excel_client.settings import ServerOrigin

__all__ = ["Backend", "get_secret", "set_secret", "usable_keyring"]

#: Finds the keyring to use; `keyring.get_keyring` but for tests.
Backend = Callable[[], KeyringBackend]

_ACCOUNT = "api-key"
_REFUSED_MODULES = ("keyring.backends.null", "keyring.backends.fail", "keyrings.alt")
_CHAINER_MODULE = "keyring.backends.chainer"


def get_secret(origin: ServerOrigin, backend: Backend | None) -> str | None:
    """Return what is kept for a server, or None; raise KeyringUnusable."""
    try:
        return usable_keyring(backend).get_password(_service(origin), _ACCOUNT)
    except KeyringError:
        raise KeyringUnusable from None


def set_secret(origin: ServerOrigin, secret: str, backend: Backend | None) -> None:
    """Keep a secret for a server, in place of the one before; raise KeyringUnusable."""
    try:
        usable_keyring(backend).set_password(_service(origin), _ACCOUNT, secret)
    except KeyringError:
        raise KeyringUnusable from None


def usable_keyring(backend: Backend | None) -> KeyringBackend:
    """
    Return the keyring to use; raise KeyringUnusable for none, for one that forgets and for one in the clear.

    A chain of backends falls back from one to the next by itself, so the first safe one of it is used alone.
    """
    try:
        chosen = keyring.get_keyring() if backend is None else backend()
        if type(chosen).__module__ != _CHAINER_MODULE:
            candidates = [chosen]
        else:
            # The chainer's own attribute, which its type does not declare.
            candidates = list(cast("list[KeyringBackend]", chosen.backends))  # type: ignore[attr-defined]
    except KeyringError:
        raise KeyringUnusable from None
    for candidate in candidates:
        if not type(candidate).__module__.startswith(_REFUSED_MODULES):
            return candidate
    raise KeyringUnusable


def _service(origin: ServerOrigin) -> str:
    return f"pennyvault:{origin}"
