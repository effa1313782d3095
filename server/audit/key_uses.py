"""
Uses of tenants' data keys on their way into the trail.

A use is noted in memory when a key is unwrapped, and written within a second in a small transaction of its own: a
read waits for no write. It fails closed all the same: while a use could not be written for `OVERDUE_SECONDS`, no more
keys are unwrapped. What is lost is what a killed process had noted in its last second.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from server.audit.events import AuditEvent, Happening
from server.audit.trail import AuditTrail
from server.database.sessions import Database
from server.sealing.problems import KeyUseNotRecorded
from server.shared_types.clock import Clock
from server.shared_types.ids import TenantId

__all__ = ["OVERDUE_SECONDS", "KeyUses"]

OVERDUE_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Use:
    """Uses of one tenant's keys, the first of them at an instant."""

    at: datetime
    count: int


class KeyUses:
    """Notes uses of keys and writes them in turn."""

    def __init__(
        self,
        database: Database,
        trail: AuditTrail,
        *,
        clock: Clock,
        monotonic: Callable[[], float],
    ) -> None:
        self._database = database
        self._trail = trail
        self._clock = clock
        self._monotonic = monotonic
        self._noted: dict[TenantId, _Use] = {}
        #: Since when something waits to be written.
        self._waiting_since: float | None = None

    def note(self, tenant_id: TenantId, count: int) -> None:
        """Note that so many data keys of a tenant are about to be unwrapped; raise KeyUseNotRecorded."""
        now = self._monotonic()
        if self._waiting_since is None:
            self._waiting_since = now
        elif now - self._waiting_since > OVERDUE_SECONDS:
            raise KeyUseNotRecorded
        before = self._noted.get(tenant_id)
        self._noted[tenant_id] = (
            _Use(at=self._clock(), count=count)
            if before is None
            else replace(before, count=before.count + count)
        )

    async def write(self) -> None:
        """Write what was noted; what can't be written stays noted."""
        if not self._noted:
            return
        noted, self._noted = self._noted, {}
        waiting_since, self._waiting_since = self._waiting_since, None
        written = False
        try:
            async with self._database.transaction() as session:
                await self._trail.append(
                    session,
                    *(
                        Happening(
                            event=AuditEvent.KEY_USED,
                            tenant_id=tenant_id,
                            count=use.count,
                            at=use.at,
                        )
                        for tenant_id, use in noted.items()
                    ),
                )
            written = True
        finally:
            if not written:
                self._take_back(noted)
                self._waiting_since = waiting_since

    def _take_back(self, noted: dict[TenantId, _Use]) -> None:
        for tenant_id, use in self._noted.items():
            before = noted.get(tenant_id)
            noted[tenant_id] = (
                use if before is None else replace(before, count=before.count + use.count)
            )
        self._noted = noted
