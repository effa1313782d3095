"""
The keys of a tenant: one data key per version, wrapped by the master key, and from it one key per purpose.

No key leaves this room. A purpose is used through its handle: AmountSealer, TextSealer, IdentifierMac;
`TenantKeys` itself offers no way to a key, and the amounts handle is importable in the exact room only.
"""

from __future__ import annotations

import os
import struct
from collections import OrderedDict
from collections.abc import Callable, Mapping
from enum import StrEnum, unique
from importlib.resources import files
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.sealing.derivation import KEY_BYTES, derive_key
from server.sealing.masking import Masked
from server.sealing.ports import KeyDatabase, KeyRows, MasterKeys
from server.sealing.problems import TenantKeysMissing
from server.sealing.records import RecordBox
from server.shared_types.clock import Clock, system_clock
from server.shared_types.ids import TenantId

__all__ = ["Purpose", "TenantKeyRing", "TenantKeys"]

FIRST_KEY_VERSION: Final = 1
_NONCE_BYTES: Final = 12
_SQL: Final = files("server.sealing").joinpath("sql")
_ADD_KEY: Final = _SQL.joinpath("add_key.sql").read_text(encoding="utf-8")
_LIST_KEYS: Final = _SQL.joinpath("list_keys.sql").read_text(encoding="utf-8")
_LIST_MASTER_KEYS: Final = _SQL.joinpath("list_master_keys.sql").read_text(encoding="utf-8")
_KEY_PLACE: Final = struct.Struct(">16sI")


@unique
class Purpose(StrEnum):
    """What a key is for; the values are part of what is stored and never change."""

    AMOUNTS = "amounts"
    TEXTS = "texts"
    IDENTIFIERS = "identifiers"


def _purpose_key(data_key: bytes, purpose: Purpose, tenant_id: UUID, key_version: int) -> bytes:
    place = _KEY_PLACE.pack(tenant_id.bytes, key_version)
    return derive_key(data_key, b"pennyvault/1/" + purpose.encode("ascii") + b"/" + place)


class TenantKeys(Masked):
    """
    A tenant's keys by purpose, opened; the data keys themselves are forgotten at once.

    Identifiers are compared across rows of every age, so their key comes from the first data key and
    does not turn with the others.
    """

    __slots__ = ("_ciphers", "_identifiers", "_random_bytes", "tenant_id", "version")

    def __init__(
        self,
        *,
        tenant_id: TenantId,
        data_keys: Mapping[int, bytes],
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        assert data_keys, "a tenant has a key"
        self.tenant_id = tenant_id
        #: The key version that new records are sealed with.
        self.version = max(data_keys)
        self._random_bytes = random_bytes
        self._ciphers = {
            purpose: {
                version: AESGCM(_purpose_key(data_key, purpose, tenant_id, version))
                for version, data_key in data_keys.items()
            }
            for purpose in (Purpose.AMOUNTS, Purpose.TEXTS)
        }
        first = min(data_keys)
        self._identifiers = _purpose_key(data_keys[first], Purpose.IDENTIFIERS, tenant_id, first)

    def _record_box(self, purpose: Purpose, block: int) -> RecordBox:
        """For the handles of this room only: a private name, which the linter forbids elsewhere."""
        return RecordBox(
            tenant=self.tenant_id.bytes,
            ciphers=self._ciphers[purpose],
            version=self.version,
            block=block,
            random_bytes=self._random_bytes,
        )

    def _identifiers_key(self) -> bytes:
        """For the handle of this room only."""
        return self._identifiers


class TenantKeyRing(Masked):
    """Makes, opens and keeps the keys of tenants; a bounded number of them, the last used."""

    __slots__ = ("_clock", "_forgotten", "_kept", "_kept_max", "_master_keys", "_random_bytes")

    def __init__(
        self,
        master_keys: MasterKeys,
        *,
        clock: Clock = system_clock,
        random_bytes: Callable[[int], bytes] = os.urandom,
        kept_max: int = 1000,
    ) -> None:
        self._master_keys = master_keys
        self._clock = clock
        self._random_bytes = random_bytes
        self._kept: OrderedDict[TenantId, TenantKeys] = OrderedDict()
        self._kept_max = kept_max
        self._forgotten = 0

    async def create(self, session: KeyRows, tenant_id: TenantId) -> TenantKeys:
        """
        Make a tenant's first data key inside the caller's transaction and return its keys.

        They are not kept: the transaction may yet be rolled back.
        """
        data_key = self._random_bytes(KEY_BYTES)
        master_key = self._master_keys.current()
        await session.execute(
            _ADD_KEY,
            {
                "tenant_id": tenant_id.bytes,
                "key_version": FIRST_KEY_VERSION,
                "wrapped_key": master_key.wrap(
                    data_key, tenant_id, FIRST_KEY_VERSION, self._random_bytes(_NONCE_BYTES)
                ),
                "master_key_id": master_key.master_key_id,
                "created_at": self._clock().isoformat(),
            },
        )
        return TenantKeys(
            tenant_id=tenant_id,
            data_keys={FIRST_KEY_VERSION: data_key},
            random_bytes=self._random_bytes,
        )

    async def open(self, source: KeyRows | KeyDatabase, tenant_id: TenantId) -> TenantKeys:
        """Return a tenant's keys; raise TenantKeysMissing, MasterKeyUnknown, SealBroken."""
        keys = self._kept.get(tenant_id)
        if keys is not None:
            self._kept.move_to_end(tenant_id)
            return keys
        forgotten_before = self._forgotten
        if isinstance(source, KeyDatabase):
            async with source.session() as session:
                keys = await self._read(session, tenant_id)
        else:
            keys = await self._read(source, tenant_id)
        if forgotten_before == self._forgotten:
            self._keep(keys)
        return keys

    def forget(self, tenant_id: TenantId) -> None:
        """Drop a tenant's keys from memory, those that are being opened right now included."""
        self._forgotten += 1
        self._kept.pop(tenant_id, None)

    async def check_master_keys(self, source: KeyDatabase) -> None:
        """Raise MasterKeyUnknown if some tenant's keys were wrapped by a master key we do not have."""
        async with source.session() as session:
            rows = await session.fetch_all(_LIST_MASTER_KEYS, {})
        for (master_key_id,) in rows:
            self._master_keys.find(master_key_id)

    async def _read(self, session: KeyRows, tenant_id: TenantId) -> TenantKeys:
        rows = await session.fetch_all(_LIST_KEYS, {"tenant_id": tenant_id.bytes})
        if not rows:
            raise TenantKeysMissing
        data_keys = {
            version: self._master_keys.find(master_key_id).unwrap(wrapped, tenant_id, version)
            for version, wrapped, master_key_id in rows
        }
        return TenantKeys(tenant_id=tenant_id, data_keys=data_keys, random_bytes=self._random_bytes)

    def _keep(self, keys: TenantKeys) -> None:
        self._kept[keys.tenant_id] = keys
        self._kept.move_to_end(keys.tenant_id)
        while len(self._kept) > self._kept_max:
            self._kept.popitem(last=False)
