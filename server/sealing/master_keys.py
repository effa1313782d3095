"""
The master key of an installation: wraps the data keys of its tenants and does nothing else.

A wrapped key is `format byte 1 | nonce 12 | AES-256-GCM of the key`; the associated data are the tenant, the key
version (u32), the master key's id and what kind of key it is, so that a wrapped key opens in its own place only.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.sealing.derivation import KEY_BYTES, derive_key
from server.sealing.masking import Masked
from server.sealing.problems import MasterKeyMalformed, MasterKeyUnknown, SealBroken

__all__ = ["MasterKey", "OneMasterKey", "SeveralMasterKeys", "WrappedKind", "decode_master_key"]

_FORMAT: Final = b"\x01"
_NONCE_BYTES: Final = 12
_BODY_AT: Final = len(_FORMAT) + _NONCE_BYTES
_ID_BYTES: Final = 8
_PLACE: Final = struct.Struct(">H16sHIH")


class WrappedKind(Enum):
    """What is wrapped; the values are part of what is stored."""

    DATA_KEY = b""
    IDENTIFIERS_KEY = b"identifiers"


class MasterKey(Masked):
    """A master key that wraps and unwraps, and is never shown."""

    __slots__ = ("_cipher", "master_key_id")

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise MasterKeyMalformed
        #: Tells master keys apart; says nothing of the key.
        self.master_key_id = derive_key(key, b"pennyvault/1/master key id")[:_ID_BYTES].hex()
        self._cipher = AESGCM(derive_key(key, b"pennyvault/1/wrap tenant keys"))

    def wrap(
        self,
        key: bytes,
        tenant_id: UUID,
        key_version: int,
        nonce: bytes,
        kind: WrappedKind = WrappedKind.DATA_KEY,
    ) -> bytes:
        """Encrypt a tenant's key; the nonce is 12 random bytes, used once."""
        assert len(key) == KEY_BYTES, "keys are 32 bytes"
        assert len(nonce) == _NONCE_BYTES, "nonces are 12 bytes"
        place = self._place(tenant_id, key_version) + kind.value
        return _FORMAT + nonce + self._cipher.encrypt(nonce, key, place)

    def unwrap(
        self,
        wrapped_key: bytes,
        tenant_id: UUID,
        key_version: int,
        kind: WrappedKind = WrappedKind.DATA_KEY,
    ) -> bytes:
        """Return the key; raise SealBroken if anything about it was changed."""
        if wrapped_key[:1] != _FORMAT:
            raise SealBroken
        nonce, sealed = wrapped_key[1:_BODY_AT], wrapped_key[_BODY_AT:]
        place = self._place(tenant_id, key_version) + kind.value
        try:
            return self._cipher.decrypt(nonce, sealed, place)
        except (InvalidTag, ValueError):  # ValueError: too short to hold a nonce.
            raise SealBroken from None

    def _place(self, tenant_id: UUID, key_version: int) -> bytes:
        master_key_id = self.master_key_id.encode("ascii")
        head = _PLACE.pack(16, tenant_id.bytes, 4, key_version, len(master_key_id))
        return head + master_key_id


class OneMasterKey(Masked):
    """The provider of an installation that has a single master key."""

    __slots__ = ("_master_key",)

    def __init__(self, master_key: MasterKey) -> None:
        self._master_key = master_key

    def current(self) -> MasterKey:
        """Return the key that new data keys are wrapped with."""
        return self._master_key

    def find(self, master_key_id: str) -> MasterKey:
        """Return the key if it is the one of this id; raise MasterKeyUnknown."""
        if master_key_id != self._master_key.master_key_id:
            raise MasterKeyUnknown
        return self._master_key


class SeveralMasterKeys(Masked):
    """
    The provider of an installation that passes from one master key to the next.

    The current one wraps. The others only open; they are asked for when a key is met that none of those known
    has wrapped, so that a running server finds the next master key when it appears.
    """

    __slots__ = ("_current", "_known", "_others")

    def __init__(self, current: MasterKey, others: Callable[[], Iterable[MasterKey]]) -> None:
        self._current = current
        self._others = others
        self._known = {current.master_key_id: current}

    def current(self) -> MasterKey:
        """Return the key that new data keys are wrapped with."""
        return self._current

    def find(self, master_key_id: str) -> MasterKey:
        """Return the key of this id; raise MasterKeyUnknown, or what the others can't be read for."""
        if master_key_id not in self._known:
            for other in self._others():
                self._known.setdefault(other.master_key_id, other)
        try:
            return self._known[master_key_id]
        except KeyError:
            raise MasterKeyUnknown from None


def decode_master_key(text: str) -> MasterKey:
    """Read a master key from base64: the environment's provider, and the file's; or raise."""
    try:
        return MasterKey(base64.b64decode(text.strip(), validate=True))
    except (binascii.Error, ValueError):
        raise MasterKeyMalformed from None
