"""Destroys retired key versions that no kept backup needs."""

from __future__ import annotations

from collections.abc import Sequence

from server.audit.events import AuditEvent, Happening
from server.maintenance.key_rotation import KeyRotation, RotationTools
from server.maintenance.problems import UnknownTenant
from server.maintenance.retained_backups import RetainedBackup, may_destroy
from server.maintenance.rotation_store import RotationStore
from server.sealing.key_states import KeyState
from server.shared_types.ids import TenantId

__all__ = ["KeyDestruction"]


class KeyDestruction:
    """Destroys what may be destroyed, and refuses the rest."""

    def __init__(self, tools: RotationTools) -> None:
        self._tools = tools
        self._store = RotationStore(tools.database)
        self._rotation = KeyRotation(tools)

    async def run(
        self, retained: Sequence[RetainedBackup], tenant_ids: Sequence[TenantId] | None = None
    ) -> tuple[int, int]:
        """Destroy for these tenants, or for all; return how many versions were destroyed, and how many are needed."""
        known = await self._store.tenants()
        asked = known if tenant_ids is None else list(tenant_ids)
        if not set(asked) <= set(known):
            raise UnknownTenant
        destroyed = needed = 0
        for tenant_id in asked:
            tools = self._tools
            async with tools.database.session(tenant_id) as session:
                versions = await tools.versions.versions(session, tenant_id)
            retired = [each for each in versions if each.state is KeyState.RETIRED]
            due = [each for each in retired if may_destroy(each, retained)]
            needed += len(retired) - len(due)
            # A server that has not learned of the retirement yet may seal one more record with it.
            await self._rotation.settle([each.retired_at for each in due if each.retired_at])
            for each in due:
                await self._destroy(tenant_id, each.version)
                destroyed += 1
        return destroyed, needed

    async def _destroy(self, tenant_id: TenantId, version: int) -> None:
        tools = self._tools
        # Nothing should be left to seal anew; if there is, it must not be lost.
        await self._rotation.reseal(tenant_id)
        async with tools.database.transaction(tenant_id) as session:
            await self._store.lock(session, tenant_id)
            await tools.versions.destroy(session, tenant_id, version)
            await tools.trail.append(
                session,
                Happening(event=AuditEvent.KEY_DESTROYED, tenant_id=tenant_id, count=version),
            )
        tools.ring.forget(tenant_id)
