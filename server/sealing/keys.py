"""
The keys of a tenant: one data key per version, wrapped by the master key, and from it one key per purpose.

No key leaves this room. A purpose is used through its handle: AmountSealer, TextSealer, IdentifierMac;
`TenantKeys` itself offers no way to a key, and the amounts handle is importable in the exact room only.
"""

from __future__ import annotations

import os
import struct
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum, unique
from importlib.resources import files
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.sealing.derivation import KEY_BYTES, derive_key
from server.sealing.key_states import KeyState
from server.sealing.masking import Masked
from server.sealing.master_keys import WrappedKind
from server.sealing.ports import KeyDatabase, KeyRows, MasterKeys
from server.sealing.problems import TenantKeysMissing
from server.sealing.records import RecordBox
from server.sealing.tallies import SealTally
from server.shared_types.clock import Clock, system_clock
from server.shared_types.ids import TenantId

__all__ = ["TRUSTED_SECONDS", "Purpose", "SealCount", "TenantKeyRing", "TenantKeys"]

FIRST_KEY_VERSION: Final = 1
#: How long kept keys are used before it is looked up whether there are newer ones.
TRUSTED_SECONDS: Final = 30.0
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
    INTEGRITY = "integrity"


def _purpose_key(data_key: bytes, purpose: Purpose, tenant_id: UUID, key_version: int) -> bytes:
    place = _KEY_PLACE.pack(tenant_id.bytes, key_version)
    return derive_key(data_key, b"pennyvault/1/" + purpose.encode("ascii") + b"/" + place)


class TenantKeys(Masked):
    """
    A tenant's keys by purpose, opened; the data keys themselves are forgotten at once.

    Identifiers and the integrity of rows are compared across rows of every age, so their keys do not turn with the
    others: they come from the first data key, and are wrapped again beside every later one.
    """

    __slots__ = (
        "_ciphers",
        "_identifiers",
        "_integrity",
        "_random_bytes",
        "_tally",
        "tenant_id",
        "version",
    )

    def __init__(
        self,
        *,
        tenant_id: TenantId,
        data_keys: Mapping[int, bytes],
        version: int | None = None,
        identifiers_key: bytes | None = None,
        tally: SealTally | None = None,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        assert data_keys, "a tenant has a key"
        self.tenant_id = tenant_id
        #: The key version that new records are sealed with: the highest, unless another is said.
        self.version = max(data_keys) if version is None else version
        assert self.version in data_keys, "what seals also opens"
        self._tally = tally or SealTally()
        self._random_bytes = random_bytes
        self._ciphers = {
            purpose: {
                each: AESGCM(_purpose_key(data_key, purpose, tenant_id, each))
                for each, data_key in data_keys.items()
            }
            for purpose in (Purpose.AMOUNTS, Purpose.TEXTS)
        }
        if identifiers_key is None:
            first = min(data_keys)
            assert first == FIRST_KEY_VERSION, "without the first key, identifiers have their own"
            identifiers_key = _purpose_key(data_keys[first], Purpose.IDENTIFIERS, tenant_id, first)
        self._identifiers = identifiers_key
        self._integrity = _purpose_key(
            identifiers_key, Purpose.INTEGRITY, tenant_id, FIRST_KEY_VERSION
        )

    def _record_box(self, purpose: Purpose, block: int) -> RecordBox:
        """For the handles of this room only: a private name, which the linter forbids elsewhere."""
        return RecordBox(
            tenant=self.tenant_id.bytes,
            ciphers=self._ciphers[purpose],
            version=self.version,
            block=block,
            random_bytes=self._random_bytes,
            tally=self._tally,
        )

    def _identifiers_key(self) -> bytes:
        """For the handle of this room, and for wrapping it again, only."""
        return self._identifiers

    def _integrity_key(self) -> bytes:
        """For the handle of this room only."""
        return self._integrity


@dataclass(frozen=True, slots=True, kw_only=True)
class SealCount:
    """How many records a key version has sealed since it was last asked."""

    tenant_id: TenantId
    key_version: int
    seals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """Keys in memory, what the database said of them, and when."""

    keys: TenantKeys
    states: tuple[tuple[int, str], ...]
    read_at: float


class TenantKeyRing(Masked):
    """
    Makes, opens and keeps the keys of tenants; a bounded number of them, the last used.

    Kept keys are looked up again after `trusted_seconds`, and opened anew only where something changed. A rotation
    relies on it: a key version that was announced so long ago is known to every server.
    """

    __slots__ = (
        "_clock",
        "_forgotten",
        "_kept",
        "_kept_max",
        "_master_keys",
        "_monotonic",
        "_note_use",
        "_random_bytes",
        "_tallies",
        "_trusted_seconds",
    )

    def __init__(
        self,
        master_keys: MasterKeys,
        *,
        clock: Clock = system_clock,
        random_bytes: Callable[[int], bytes] = os.urandom,
        kept_max: int = 1000,
        monotonic: Callable[[], float] = time.monotonic,
        trusted_seconds: float = TRUSTED_SECONDS,
        note_use: Callable[[TenantId, int], None] | None = None,
    ) -> None:
        self._master_keys = master_keys
        self._clock = clock
        self._random_bytes = random_bytes
        self._kept: OrderedDict[TenantId, _Kept] = OrderedDict()
        self._kept_max = kept_max
        self._monotonic = monotonic
        self._trusted_seconds = trusted_seconds
        #: Told of every opening of data keys (tenant, how many) before it happens; it may refuse.
        self._note_use = note_use
        self._tallies: dict[tuple[TenantId, int], SealTally] = {}
        self._forgotten = 0

    async def create(self, session: KeyRows, tenant_id: TenantId) -> TenantKeys:
        """
        Make a tenant's first data key inside the caller's transaction and return its keys.

        They are not kept: the transaction may yet be rolled back.
        """
        data_key = self._random_bytes(KEY_BYTES)
        master_key = self._master_keys.current()
        now = self._clock().isoformat()
        await session.execute(
            _ADD_KEY,
            {
                "tenant_id": tenant_id.bytes,
                "key_version": FIRST_KEY_VERSION,
                "wrapped_key": master_key.wrap(
                    data_key, tenant_id, FIRST_KEY_VERSION, self._random_bytes(_NONCE_BYTES)
                ),
                "identifiers_wrapped": None,
                "master_key_id": master_key.master_key_id,
                "state": KeyState.ACTIVE.value,
                "created_at": now,
                "activated_at": now,
            },
        )
        return TenantKeys(
            tenant_id=tenant_id,
            data_keys={FIRST_KEY_VERSION: data_key},
            tally=self._tally(tenant_id, FIRST_KEY_VERSION),
            random_bytes=self._random_bytes,
        )

    async def open(self, source: KeyRows | KeyDatabase, tenant_id: TenantId) -> TenantKeys:
        """Return a tenant's keys; raise TenantKeysMissing, MasterKeyUnknown, SealBroken, KeyUseNotRecorded."""
        now = self._monotonic()
        kept = self._kept.get(tenant_id)
        if kept is not None and self._is_trusted(kept, now):
            self._kept.move_to_end(tenant_id)
            return kept.keys
        forgotten_before = self._forgotten
        async with _rows(source, tenant_id) as session:
            rows = await session.fetch_all(_LIST_KEYS, {"tenant_id": tenant_id.bytes})
        states = tuple((row[0], row[3]) for row in rows)
        known = kept is not None and kept.states == states
        keys = kept.keys if kept is not None and known else self._opened(tenant_id, rows)
        if forgotten_before == self._forgotten:
            self._keep(_Kept(keys=keys, states=states, read_at=now))
        return keys

    def forget(self, tenant_id: TenantId) -> None:
        """Drop a tenant's keys from memory, those that are being opened right now included."""
        self._forgotten += 1
        self._kept.pop(tenant_id, None)

    def take_seal_counts(self) -> list[SealCount]:
        """Return what each key version has sealed since the last time."""
        counts = []
        for (tenant_id, version), tally in list(self._tallies.items()):
            seals = tally.take()
            if seals:
                counts.append(SealCount(tenant_id=tenant_id, key_version=version, seals=seals))
            elif tenant_id not in self._kept:
                del self._tallies[tenant_id, version]
        return counts

    async def check_master_keys(self, source: KeyDatabase) -> None:
        """Raise MasterKeyUnknown if some tenant's keys were wrapped by a master key we do not have."""
        async with source.session() as session:
            rows = await session.fetch_all(_LIST_MASTER_KEYS, {})
        for (master_key_id,) in rows:
            self._master_keys.find(master_key_id)

    def _is_trusted(self, kept: _Kept, now: float) -> bool:
        tally = kept.keys._tally  # noqa: SLF001 - the ring made it
        # A server that was frozen for longer than a rotation waits finds out at the first record.
        met_unknown_version, tally.met_unknown_version = tally.met_unknown_version, False
        return now - kept.read_at < self._trusted_seconds and not met_unknown_version

    def _opened(self, tenant_id: TenantId, rows: list[tuple[Any, ...]]) -> TenantKeys:
        usable = [row for row in rows if row[3] != KeyState.DESTROYED]
        active = [row[0] for row in usable if row[3] == KeyState.ACTIVE]
        if not active:
            raise TenantKeysMissing
        if self._note_use is not None:
            self._note_use(tenant_id, len(usable))
        data_keys, identifiers_key = {}, None
        for version, wrapped, master_key_id, _, identifiers_wrapped in usable:
            master_key = self._master_keys.find(master_key_id)
            data_keys[version] = master_key.unwrap(wrapped, tenant_id, version)
            if identifiers_wrapped is not None:
                identifiers_key = master_key.unwrap(
                    identifiers_wrapped, tenant_id, version, WrappedKind.IDENTIFIERS_KEY
                )
        return TenantKeys(
            tenant_id=tenant_id,
            data_keys=data_keys,
            version=max(active),
            identifiers_key=identifiers_key,
            tally=self._tally(tenant_id, max(active)),
            random_bytes=self._random_bytes,
        )

    def _tally(self, tenant_id: TenantId, version: int) -> SealTally:
        return self._tallies.setdefault((tenant_id, version), SealTally())

    def _keep(self, kept: _Kept) -> None:
        self._kept[kept.keys.tenant_id] = kept
        self._kept.move_to_end(kept.keys.tenant_id)
        while len(self._kept) > self._kept_max:
            self._kept.popitem(last=False)


@asynccontextmanager
async def _rows(source: KeyRows | KeyDatabase, tenant_id: TenantId) -> AsyncIterator[KeyRows]:
    if isinstance(source, KeyDatabase):
        async with source.session(tenant_id) as session:
            yield session
    else:
        yield source
