"""
The versions of a tenant's data key through their life, and their wrapping by another master key.

Each call is one step inside the caller's transaction, under the tenant's lock. It must not decide when a step is due:
that is what the runs of `server.maintenance` are for.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Final

from server.sealing.derivation import KEY_BYTES
from server.sealing.key_states import KeyState
from server.sealing.keys import SealCount, TenantKeys
from server.sealing.masking import Masked
from server.sealing.master_keys import WrappedKind
from server.sealing.ports import KeyRows, MasterKeys
from server.sealing.problems import KeyStateRefused, TenantKeysMissing
from server.shared_types.clock import Clock
from server.shared_types.ids import TenantId

__all__ = ["KeyVersion", "KeyVersions"]

_NONCE_BYTES: Final = 12


def _query(name: str) -> str:
    return files("server.sealing").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


_ADD_KEY: Final = _query("add_key")
_LIST_KEYS: Final = _query("list_keys")
_LIST_KEY_VERSIONS: Final = _query("list_key_versions")
_ACTIVATE_KEY: Final = _query("activate_key")
_RETIRE_KEYS: Final = _query("retire_keys")
_DESTROY_KEY: Final = _query("destroy_key")
_REWRAP_KEY: Final = _query("rewrap_key")
_ADD_SEALS: Final = _query("add_seals")
_LIST_SEALS: Final = _query("list_seals")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyVersion:
    """What is known of a version without opening it."""

    version: int
    state: KeyState
    master_key_id: str
    created_at: datetime
    #: None for a version that is announced, or that is older than this knowledge.
    activated_at: datetime | None
    retired_at: datetime | None


class KeyVersions(Masked):
    """Takes the key versions of tenants from one state to the next."""

    __slots__ = ("_clock", "_master_keys", "_random_bytes")

    def __init__(
        self,
        master_keys: MasterKeys,
        *,
        clock: Clock,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._master_keys = master_keys
        self._clock = clock
        self._random_bytes = random_bytes

    async def versions(self, session: KeyRows, tenant_id: TenantId) -> list[KeyVersion]:
        """Return a tenant's versions, oldest first."""
        rows = await session.fetch_all(_LIST_KEY_VERSIONS, {"tenant_id": tenant_id.bytes})
        return [
            KeyVersion(
                version=version,
                state=KeyState(state),
                master_key_id=master_key_id,
                created_at=datetime.fromisoformat(created_at),
                activated_at=_instant(activated_at),
                retired_at=_instant(retired_at),
            )
            for version, state, master_key_id, created_at, activated_at, retired_at in rows
        ]

    async def announce(self, session: KeyRows, keys: TenantKeys) -> int:
        """Make the next version, which opens and does not seal yet; or return the one that is announced already."""
        versions = await self.versions(session, keys.tenant_id)
        if not versions:
            raise TenantKeysMissing
        newest = versions[-1]
        if newest.state is KeyState.ANNOUNCED:
            return newest.version
        version = newest.version + 1
        identifiers_key = keys._identifiers_key()  # noqa: SLF001 - it does not turn: it goes along, wrapped again
        await session.execute(
            _ADD_KEY,
            {
                "tenant_id": keys.tenant_id.bytes,
                "key_version": version,
                "wrapped_key": self._wrap(
                    self._random_bytes(KEY_BYTES), keys.tenant_id, version, WrappedKind.DATA_KEY
                ),
                "identifiers_wrapped": self._wrap(
                    identifiers_key, keys.tenant_id, version, WrappedKind.IDENTIFIERS_KEY
                ),
                "master_key_id": self._master_keys.current().master_key_id,
                "state": KeyState.ANNOUNCED.value,
                "created_at": self._clock().isoformat(),
                "activated_at": None,
            },
        )
        return version

    async def activate(self, session: KeyRows, tenant_id: TenantId, version: int) -> None:
        """Let an announced version seal; every server must know it by now."""
        values = {"tenant_id": tenant_id.bytes, "key_version": version}
        if not await session.execute(_ACTIVATE_KEY, {**values, "now": self._clock().isoformat()}):
            raise KeyStateRefused

    async def retire_before(self, session: KeyRows, tenant_id: TenantId, version: int) -> int:
        """Retire the active versions before one that is active; return how many."""
        versions = {each.version: each.state for each in await self.versions(session, tenant_id)}
        if versions.get(version) is not KeyState.ACTIVE:
            raise KeyStateRefused
        values = {"tenant_id": tenant_id.bytes, "key_version": version}
        return await session.execute(_RETIRE_KEYS, {**values, "now": self._clock().isoformat()})

    async def destroy(self, session: KeyRows, tenant_id: TenantId, version: int) -> None:
        """Destroy a retired version: what is still sealed with it, wherever, will never open again."""
        values = {
            "tenant_id": tenant_id.bytes,
            "key_version": version,
            "now": self._clock().isoformat(),
            "nothing": b"",
        }
        if not await session.execute(_DESTROY_KEY, values):
            raise KeyStateRefused

    async def rewrap(self, session: KeyRows, tenant_id: TenantId) -> int:
        """Wrap with the current master key what another one has wrapped; return how many versions."""
        current = self._master_keys.current()
        rewrapped = 0
        rows = await session.fetch_all(_LIST_KEYS, {"tenant_id": tenant_id.bytes})
        for version, wrapped, master_key_id, state, identifiers_wrapped in rows:
            if state == KeyState.DESTROYED or master_key_id == current.master_key_id:
                continue
            old = self._master_keys.find(master_key_id)
            kinds = (
                (WrappedKind.DATA_KEY, wrapped),
                (WrappedKind.IDENTIFIERS_KEY, identifiers_wrapped),
            )
            data_key, identifiers = (
                None
                if stored is None
                else self._wrap(
                    old.unwrap(stored, tenant_id, version, kind), tenant_id, version, kind
                )
                for kind, stored in kinds
            )
            rewrapped += await session.execute(
                _REWRAP_KEY,
                {
                    "tenant_id": tenant_id.bytes,
                    "key_version": version,
                    "wrapped_key": data_key,
                    "identifiers_wrapped": identifiers,
                    "master_key_id": current.master_key_id,
                    "old_master_key_id": master_key_id,
                },
            )
        return rewrapped

    async def add_seals(self, session: KeyRows, count: SealCount) -> None:
        """Add to what a version has sealed so far."""
        await session.execute(
            _ADD_SEALS,
            {
                "tenant_id": count.tenant_id.bytes,
                "key_version": count.key_version,
                "seals": count.seals,
            },
        )

    async def seals(self, session: KeyRows, tenant_id: TenantId) -> dict[int, int]:
        """Return what each version has sealed so far."""
        rows = await session.fetch_all(_LIST_SEALS, {"tenant_id": tenant_id.bytes})
        return {version: int(seals) for version, seals in rows}

    def _wrap(self, key: bytes, tenant_id: TenantId, version: int, kind: WrappedKind) -> bytes:
        nonce = self._random_bytes(_NONCE_BYTES)
        return self._master_keys.current().wrap(key, tenant_id, version, nonce, kind)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
