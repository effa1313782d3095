"""
Wraps every tenant's keys with the current master key, in place of those before it.

One transaction per tenant; what is done says so itself, so a killed run goes on where it was. The data keys stay the
same, so nothing is sealed anew, and no server notices that has both master keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from server.audit.events import AuditEvent, Happening
from server.audit.trail import AuditTrail
from server.database.sessions import Database
from server.maintenance.rotation_store import RotationStore
from server.sealing.key_versions import KeyVersions
from server.shared_types.ids import TenantId

__all__ = ["RewrapReport", "Rewrapping"]

_TENANTS_PER_PAGE: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RewrapReport:
    """What a run did."""

    tenants: int
    versions: int


class Rewrapping:
    """Wraps the keys of all tenants anew."""

    def __init__(self, database: Database, versions: KeyVersions, trail: AuditTrail) -> None:
        self._database = database
        self._versions = versions
        self._trail = trail
        self._store = RotationStore(database)

    async def run(self, master_key_id: str) -> RewrapReport:
        """Wrap everything with the current master key, whose id is given; raise MasterKeyUnknown, SealBroken."""
        tenants = versions = 0
        after: TenantId | None = None
        while page := await self._store.tenants_wrapped_otherwise(
            master_key_id, after, _TENANTS_PER_PAGE
        ):
            for tenant_id in page:
                rewrapped = await self._rewrap(tenant_id)
                tenants += rewrapped > 0
                versions += rewrapped
            after = page[-1]
        return RewrapReport(tenants=tenants, versions=versions)

    async def _rewrap(self, tenant_id: TenantId) -> int:
        async with self._database.transaction(tenant_id) as session:
            await self._store.lock(session, tenant_id)
            rewrapped = await self._versions.rewrap(session, tenant_id)
            if rewrapped:
                await self._trail.append(
                    session,
                    Happening(
                        event=AuditEvent.MASTER_KEY_REWRAPPED, tenant_id=tenant_id, count=rewrapped
                    ),
                )
        return rewrapped
