"""
The master key of an installation: wraps the data keys of its tenants and does nothing else.

A wrapped key is `format byte 1 | nonce 12 | AES-256-GCM of the data key`; the associated data are the
tenant, the key version (u32) and the master key's id, so that a wrapped key opens in its own place only.
"""

from __future__ import annotations

import base64
import binascii
import struct
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.sealing.derivation import KEY_BYTES, derive_key
from server.sealing.masking import Masked
from server.sealing.problems import MasterKeyMalformed, MasterKeyUnknown, SealBroken

__all__ = ["MasterKey", "OneMasterKey", "decode_master_key"]

_FORMAT: Final = b"\x01"
_NONCE_BYTES: Final = 12
_BODY_AT: Final = len(_FORMAT) + _NONCE_BYTES
_ID_BYTES: Final = 8
_PLACE: Final = struct.Struct(">H16sHIH")


class MasterKey(Masked):
    """A master key that wraps and unwraps, and is never shown."""

    __slots__ = ("_cipher", "master_key_id")

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise MasterKeyMalformed
        #: Tells master keys apart; says nothing of the key.
        self.master_key_id = derive_key(key, b"pennyvault/1/master key id")[:_ID_BYTES].hex()
        self._cipher = AESGCM(derive_key(key, b"pennyvault/1/wrap tenant keys"))

    def wrap(self, data_key: bytes, tenant_id: UUID, key_version: int, nonce: bytes) -> bytes:
        """Encrypt a tenant's data key; the nonce is 12 random bytes, used once."""
        assert len(data_key) == KEY_BYTES, "data keys are 32 bytes"
        assert len(nonce) == _NONCE_BYTES, "nonces are 12 bytes"
        place = self._place(tenant_id, key_version)
        return _FORMAT + nonce + self._cipher.encrypt(nonce, data_key, place)

    def unwrap(self, wrapped_key: bytes, tenant_id: UUID, key_version: int) -> bytes:
        """Return the data key; raise SealBroken if anything about it was changed."""
        if wrapped_key[:1] != _FORMAT:
            raise SealBroken
        nonce, sealed = wrapped_key[1:_BODY_AT], wrapped_key[_BODY_AT:]
        try:
            return self._cipher.decrypt(nonce, sealed, self._place(tenant_id, key_version))
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


def decode_master_key(text: str) -> MasterKey:
    """Read a master key from base64: the environment's provider, and the file's; or raise."""
    try:
        return MasterKey(base64.b64decode(text.strip(), validate=True))
    except (binascii.Error, ValueError):
        raise MasterKeyMalformed from None
