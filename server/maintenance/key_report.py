"""The state of every tenant's keys, for people to read; and the check that opens everything."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from server.database.sessions import Database
from server.maintenance.ports import BrokenRow, Checking
from server.maintenance.rotation_store import Rotation, RotationStore
from server.sealing.key_states import KeyState
from server.sealing.key_versions import KeyVersion, KeyVersions
from server.sealing.keys import TenantKeyRing
from server.sealing.problems import SealingProblem
from server.sealing.tallies import SEALS_SUGGESTED_MAX
from server.shared_types.ids import TenantId

__all__ = ["KeyReport", "TenantReport", "check_tenants"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantReport:
    """A tenant's keys."""

    tenant_id: TenantId
    versions: Sequence[KeyVersion]
    #: By key version, as far as it was written down: a killed process takes its last minute along.
    seals: dict[int, int]
    rotation: Rotation | None

    @property
    def rotation_is_due(self) -> bool:
        """Whether the version that seals has sealed so much that the next one should take over."""
        active = [each.version for each in self.versions if each.state is KeyState.ACTIVE]
        return bool(active) and self.seals.get(max(active), 0) >= SEALS_SUGGESTED_MAX

    @property
    def is_rotating(self) -> bool:
        """Whether a rotation is under way, or was interrupted."""
        return self.rotation is not None and self.rotation.finished_at is None


class KeyReport:
    """Reads the state of keys; opens none."""

    def __init__(self, database: Database, versions: KeyVersions) -> None:
        self._database = database
        self._versions = versions
        self._store = RotationStore(database)

    async def tenants(self) -> AsyncIterator[TenantReport]:
        """Tell of every tenant in turn."""
        for tenant_id in await self._store.tenants():
            async with self._database.session(tenant_id) as session:
                yield TenantReport(
                    tenant_id=tenant_id,
                    versions=await self._versions.versions(session, tenant_id),
                    seals=await self._versions.seals(session, tenant_id),
                    rotation=await self._store.last_rotation(session, tenant_id),
                )


async def check_tenants(
    database: Database, ring: TenantKeyRing, rooms: Sequence[Checking]
) -> AsyncIterator[tuple[TenantId, Sequence[BrokenRow]]]:
    """Open every key and every sealed record of every tenant; tell what is broken."""
    for tenant_id in await RotationStore(database).tenants():
        try:
            await ring.open(database, tenant_id)
        except SealingProblem as problem:
            yield (
                tenant_id,
                [("tenant_keys", type(problem).__name__, None)],
            )
            continue
        broken: list[BrokenRow] = []
        for room in rooms:
            broken.extend(await room.check(tenant_id))
        yield tenant_id, broken
