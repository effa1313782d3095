"""
The trail in the database: events are appended inside the transaction that does what they tell of.

It must never be written to outside of a transaction, nor early in one: whoever has appended holds the head until the
commit, and every other appender waits.
"""

from __future__ import annotations

from server.audit.chain import AuditHead, TrailRow, hash_of
from server.audit.events import AuditEvent, Happening
from server.database.queries import load_queries
from server.database.sessions import Session
from server.shared_types.clock import Clock

__all__ = ["AuditTrail", "read_head"]

_QUERIES = load_queries("server.audit")


class AuditTrail:
    """Appends events; each one carries the hash of the one before it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def append(self, session: Session, *happenings: Happening) -> None:
        """Append events, in their order: the last statements of the caller's transaction."""
        if not happenings:
            return
        head = await session.fetch_one(_QUERIES["take_next_place"], {"events": len(happenings)})
        assert head is not None, "the trail has a head from its migration on"
        last, previous_hash = int(head[0]), bytes(head[1])
        rows = []
        for sequence, happening in enumerate(happenings, last - len(happenings) + 1):
            at = self._clock() if happening.at is None else happening.at
            row = _row(happening, sequence, at.isoformat(timespec="milliseconds"), previous_hash)
            previous_hash = hash_of(row)
            rows.append(_values(row, previous_hash))
        await session.execute_many(_QUERIES["add_event"], rows)
        await session.execute(_QUERIES["keep_head"], {"hash": previous_hash})

    async def hold(self, session: Session) -> None:
        """Keep everybody else from appending until the transaction ends: what is decided next happens once."""
        await session.fetch_one(_QUERIES["take_next_place"], {"events": 0})

    async def last_count_of(self, session: Session, event: AuditEvent) -> int | None:
        """Return the highest count that an event of this kind was told with, or None."""
        row = await session.fetch_one(_QUERIES["last_count_of"], {"event": event.value})
        return None if row is None or row[0] is None else int(row[0])


async def read_head(session: Session) -> AuditHead:
    """Return the trail's head as the database has it; a head that is gone reads as none."""
    row = await session.fetch_one(_QUERIES["head"])
    if row is None:
        return AuditHead(sequence=0, hash=b"")
    return AuditHead(sequence=int(row[0]), hash=bytes(row[1]))


def _row(happening: Happening, sequence: int, at: str, previous_hash: bytes) -> TrailRow:
    tenant_id, principal_id = happening.tenant_id, happening.principal_id
    return TrailRow(
        sequence=sequence,
        at=at,
        tenant_id=None if tenant_id is None else tenant_id.bytes,
        principal_id=None if principal_id is None else principal_id.bytes,
        event=happening.event.value,
        subject=None if happening.subject is None else happening.subject.bytes,
        detail_code=None if happening.detail is None else happening.detail.value,
        count=happening.count,
        previous_hash=previous_hash,
    )


def _values(row: TrailRow, own_hash: bytes) -> dict[str, object]:
    return {
        "sequence": row.sequence,
        "at": row.at,
        "tenant_id": row.tenant_id,
        "principal_id": row.principal_id,
        "event": row.event,
        "subject": row.subject,
        "detail_code": row.detail_code,
        "count": row.count,
        "previous_hash": row.previous_hash,
        "hash": own_hash,
    }
