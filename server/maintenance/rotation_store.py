"""Which tenants there are, and how far the rotations of their keys have come. It decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from server.database.queries import load_queries
from server.database.sessions import Database, Session
from server.shared_types.ids import TenantId

__all__ = ["Rotation", "RotationStore"]

_QUERIES = load_queries("server.maintenance")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """A change of a tenant's key."""

    to_version: int
    started_at: datetime
    #: None while it is under way.
    finished_at: datetime | None


class RotationStore:
    """Reads and writes the rows of rotations; writes belong to the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def tenants(self) -> list[TenantId]:
        """Return every tenant that has keys, in the order of their ids."""
        async with self._database.session() as session:
            rows = await session.fetch_bulk(_QUERIES["tenants"])
        return [_tenant(row[0]) for row in rows]

    async def tenants_wrapped_otherwise(
        self, master_key_id: str, after: TenantId | None, limit: int
    ) -> list[TenantId]:
        """Return tenants after another with keys that this master key did not wrap."""
        async with self._database.session() as session:
            rows = await session.fetch_all(
                _QUERIES["tenants_wrapped_otherwise"],
                {
                    "master_key_id": master_key_id,
                    "after": b"" if after is None else after.bytes,
                    "limit": limit,
                },
            )
        return [_tenant(row[0]) for row in rows]

    async def last_rotation(self, session: Session, tenant_id: TenantId) -> Rotation | None:
        """Return a tenant's last rotation, finished or not."""
        row = await session.fetch_one(_QUERIES["last_rotation"], {"tenant_id": tenant_id.bytes})
        if row is None:
            return None
        return Rotation(
            to_version=row[0],
            started_at=datetime.fromisoformat(row[1]),
            finished_at=None if row[2] is None else datetime.fromisoformat(row[2]),
        )

    async def lock(self, session: Session, tenant_id: TenantId) -> None:
        """Keep every writer of the tenant's ledger waiting until the transaction ends."""
        await session.execute(_QUERIES["lock_tenant"], {"tenant_id": tenant_id.bytes})

    async def begin(
        self, session: Session, tenant_id: TenantId, to_version: int, now: datetime
    ) -> bool:
        """Note that a rotation begins; return whether that is news."""
        return bool(
            await session.execute(
                _QUERIES["begin_rotation"],
                {
                    "tenant_id": tenant_id.bytes,
                    "to_version": to_version,
                    "started_at": now.isoformat(),
                },
            )
        )

    async def finish(
        self, session: Session, tenant_id: TenantId, to_version: int, now: datetime
    ) -> bool:
        """Note that a rotation is over; return whether that is news."""
        return bool(
            await session.execute(
                _QUERIES["finish_rotation"],
                {
                    "tenant_id": tenant_id.bytes,
                    "to_version": to_version,
                    "finished_at": now.isoformat(),
                },
            )
        )


def _tenant(raw: bytes) -> TenantId:
    return TenantId(UUID(bytes=raw))
