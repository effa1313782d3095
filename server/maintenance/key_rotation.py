"""
Rotation of tenants' data keys, while everybody reads and writes; it may be killed anywhere and started again.

1. Announce: the next key version is made. It opens and does not seal yet.
2. Wait until every server has read its keys again, so that none meets a record which it can't open.
3. Activate: it seals from now on.
4. Seal anew what is sealed with older versions, in batches under the tenant's lock; a record says itself which
   version it is sealed with, so that the progress is in the data.
5. Wait again: servers that did not know of the activation have sealed with the old version until now.
6. Seal anew what these have left, and retire the old versions.

Each step is one transaction, told of in the trail; where a run goes on follows from what the database says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from server.audit.events import AuditEvent, Happening
from server.audit.trail import AuditTrail
from server.database.sessions import Database
from server.maintenance.ports import Resealing
from server.maintenance.problems import UnknownTenant
from server.maintenance.rotation_store import Rotation, RotationStore
from server.sealing.key_states import KeyState
from server.sealing.key_versions import KeyVersion, KeyVersions
from server.sealing.keys import TRUSTED_SECONDS, TenantKeyRing
from server.shared_types.clock import Clock
from server.shared_types.ids import TenantId

__all__ = ["SETTLE_SECONDS", "KeyRotation", "RotationReport", "RotationTools"]

#: Longer than kept keys are trusted and a unit of work that has read them may still take.
SETTLE_SECONDS: Final = TRUSTED_SECONDS + 30.0
_ROWS_MAX: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationTools:
    """What the runs over keys work with."""

    database: Database
    ring: TenantKeyRing
    versions: KeyVersions
    trail: AuditTrail
    clock: Clock
    #: The rooms that own sealed rows.
    resealing: Sequence[Resealing]
    settle_seconds: float = SETTLE_SECONDS
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    rows_max: int = _ROWS_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationReport:
    """What a run did."""

    tenants: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Under:
    """A rotation that is under way."""

    tenant_id: TenantId
    to_version: int


class KeyRotation:
    """Rotates the data keys of tenants."""

    def __init__(self, tools: RotationTools) -> None:
        self._tools = tools
        self._store = RotationStore(tools.database)

    async def run(self, tenant_ids: Sequence[TenantId] | None = None) -> RotationReport:
        """
        Rotate the keys of these tenants, or of all; raise UnknownTenant.

        A run that was interrupted goes on: tenants which it had not begun are begun, those which it had finished
        stay as they are.
        """
        known = await self._store.tenants()
        asked = known if tenant_ids is None else list(tenant_ids)
        if not set(asked) <= set(known):
            raise UnknownTenant
        under = await self._begin_all(asked)
        await self.settle([await self._announced_at(each) for each in under])
        for each in under:
            await self._activate(each)
        rows = 0
        for each in under:
            rows += await self.reseal(each.tenant_id)
        await self.settle([await self._activated_at(each) for each in under])
        for each in under:
            rows += await self.reseal(each.tenant_id)
            await self._finish(each)
        return RotationReport(tenants=len(under), rows=rows)

    async def reseal(self, tenant_id: TenantId) -> int:
        """Seal anew what is not sealed with the active version; return how many rows."""
        total = 0
        now = asyncio.get_running_loop().time
        for room in self._tools.resealing:
            began = now()
            while rows := await room.reseal(tenant_id, rows_max=self._tools.rows_max):
                total += rows
                # As long as it took: writers of other processes poll for the lock and would starve.
                await self._tools.sleep(now() - began)
                began = now()
        return total

    async def _begin_all(self, asked: Sequence[TenantId]) -> list[_Under]:
        last: dict[TenantId, Rotation | None] = {}
        for tenant_id in asked:
            async with self._tools.database.session(tenant_id) as session:
                last[tenant_id] = await self._store.last_rotation(session, tenant_id)
        unfinished = {
            tenant_id: rotation
            for tenant_id, rotation in last.items()
            if rotation is not None and rotation.finished_at is None
        }
        # All rotations of a run say the same instant, so that a run which goes on knows which it has finished.
        going_on = [each.started_at for each in unfinished.values()]
        began_at = min(going_on, default=self._tools.clock())
        under = []
        for tenant_id, rotation in last.items():
            if tenant_id in unfinished:
                to_version = unfinished[tenant_id].to_version
            elif rotation is None or rotation.started_at < began_at:
                to_version = await self._begin(tenant_id, began_at)
            else:
                continue
            under.append(_Under(tenant_id=tenant_id, to_version=to_version))
        return under

    async def _begin(self, tenant_id: TenantId, began_at: datetime) -> int:
        tools = self._tools
        async with tools.database.transaction(tenant_id) as session:
            await self._store.lock(session, tenant_id)
            keys = await tools.ring.open(session, tenant_id)
            to_version = await tools.versions.announce(session, keys)
            if await self._store.begin(session, tenant_id, to_version, began_at):
                await tools.trail.append(
                    session,
                    _happening(AuditEvent.KEY_CREATED, tenant_id, to_version),
                    _happening(AuditEvent.KEY_ROTATION_STARTED, tenant_id, to_version),
                )
        tools.ring.forget(tenant_id)
        return to_version

    async def _activate(self, under: _Under) -> None:
        tools, tenant_id = self._tools, under.tenant_id
        async with tools.database.transaction(tenant_id) as session:
            await self._store.lock(session, tenant_id)
            versions = await tools.versions.versions(session, tenant_id)
            if _find(versions, under.to_version).state is KeyState.ANNOUNCED:
                await tools.versions.activate(session, tenant_id, under.to_version)
                await tools.trail.append(
                    session, _happening(AuditEvent.KEY_ACTIVATED, tenant_id, under.to_version)
                )
        tools.ring.forget(tenant_id)

    async def _finish(self, under: _Under) -> None:
        tools, tenant_id = self._tools, under.tenant_id
        async with tools.database.transaction(tenant_id) as session:
            await self._store.lock(session, tenant_id)
            await tools.versions.retire_before(session, tenant_id, under.to_version)
            if await self._store.finish(session, tenant_id, under.to_version, tools.clock()):
                await tools.trail.append(
                    session, _happening(AuditEvent.KEY_ROTATED, tenant_id, under.to_version)
                )
        tools.ring.forget(tenant_id)

    async def _announced_at(self, under: _Under) -> datetime:
        version = await self._version(under)
        return version.created_at

    async def _activated_at(self, under: _Under) -> datetime:
        version = await self._version(under)
        assert version.activated_at is not None, "it was activated before"
        return version.activated_at

    async def _version(self, under: _Under) -> KeyVersion:
        async with self._tools.database.session(under.tenant_id) as session:
            versions = await self._tools.versions.versions(session, under.tenant_id)
        return _find(versions, under.to_version)

    async def settle(self, instants: Sequence[datetime]) -> None:
        """Wait until the last of these instants is so long ago that every server has learned of what happened then."""
        if not instants:
            return
        due = max(instants) + timedelta(seconds=self._tools.settle_seconds)
        while (left := (due - self._tools.clock()).total_seconds()) > 0:
            await self._tools.sleep(left)


def _find(versions: Sequence[KeyVersion], version: int) -> KeyVersion:
    return next(each for each in versions if each.version == version)


def _happening(event: AuditEvent, tenant_id: TenantId, version: int) -> Happening:
    return Happening(event=event, tenant_id=tenant_id, count=version)
