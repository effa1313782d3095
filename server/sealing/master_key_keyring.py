"""
The master key in the system's keyring, for a server on a person's own machine.

A backend that forgets, or that keeps secrets in the clear, is refused. The package `keyring` is loaded only when this
provider is chosen: a server with its key elsewhere does without it.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, cast

from server.sealing.derivation import KEY_BYTES
from server.sealing.master_keys import OneMasterKey, decode_master_key
from server.sealing.problems import KeyringUnusable, MasterKeyMissing

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

__all__ = ["open_master_key_keyring"]
# ruff: noqa: PLC0415 - the keyring package is not among the server's needs

_ACCOUNT: Final = "master-key"
_REFUSED_MODULES: Final = ("keyring.backends.null", "keyring.backends.fail", "keyrings.alt")
_CHAINER_MODULE: Final = "keyring.backends.chainer"


def open_master_key_keyring(
    service: str,
    *,
    may_make: bool,
    backend: Callable[[], KeyringBackend] | None = None,
    random_bytes: Callable[[int], bytes] = os.urandom,
) -> OneMasterKey:
    """
    Return the master key that the keyring holds for `service`; where it holds none, one is made if it may be.

    It may be made only as long as no stored key needs another, and by one server at a time. Raise KeyringUnusable,
    MasterKeyMissing, MasterKeyMalformed.
    """
    try:
        from keyring.errors import KeyringError
    except ImportError:
        raise KeyringUnusable from None
    try:
        kept = _usable(backend).get_password(service, _ACCOUNT)
        if kept is None and may_make:
            made = base64.b64encode(random_bytes(KEY_BYTES)).decode("ascii")
            _usable(backend).set_password(service, _ACCOUNT, made)
            # What the keyring gives back counts: a key that it did not keep must not be used.
            kept = _usable(backend).get_password(service, _ACCOUNT)
            if kept != made:
                raise KeyringUnusable
    except (KeyringError, OSError, RuntimeError):
        raise KeyringUnusable from None
    if kept is None:
        raise MasterKeyMissing
    return OneMasterKey(decode_master_key(kept))


def _usable(backend: Callable[[], KeyringBackend] | None) -> KeyringBackend:
    """Return the keyring to use: of a chain the first safe one alone, since a chain falls back by itself."""
    import keyring

    chosen = keyring.get_keyring() if backend is None else backend()
    candidates = [chosen]
    if type(chosen).__module__ == _CHAINER_MODULE:
        # The chainer's own attribute, which its type does not declare.
        candidates = list(cast("list[KeyringBackend]", chosen.backends))  # type: ignore[attr-defined]
    for candidate in candidates:
        if not type(candidate).__module__.startswith(_REFUSED_MODULES):
            return candidate
    raise KeyringUnusable
