"""Whether the trail is whole: it is read from its first event to its head, while others append."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from server.audit.chain import AuditFinding, AuditHead, Chain, TrailRow
from server.audit.trail import read_head
from server.database.queries import load_queries
from server.database.sessions import Database, Session

__all__ = ["AuditReport", "verify"]

_QUERIES = load_queries("server.audit")
_PAGE = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """What a walk along the trail found."""

    #: How many events are whole, from the first one on.
    events: int
    #: The first thing that is wrong, or None.
    finding: AuditFinding | None

    @property
    def is_whole(self) -> bool:
        """Whether nothing was edited, deleted, inserted, reordered or cut off."""
        return self.finding is None


async def verify(database: Database, anchor: AuditHead | None = None) -> AuditReport:
    """Walk along the trail up to its head, and past the head that was kept outside, if there is one."""
    chain = Chain(anchor)
    after = 0
    async with database.session() as session:
        while True:
            rows = await _page(session, after)
            for row in rows:
                finding = chain.take(row)
                if finding is not None:
                    return AuditReport(events=chain.head.sequence, finding=finding)
            if rows:
                after = rows[-1].sequence
                continue
            # Read after the events: at this moment it can't be behind them.
            head = await read_head(session)
            if head.sequence > after and await _page(session, after):
                continue
            finding = chain.end(head)
            return AuditReport(events=chain.head.sequence, finding=finding)


async def _page(session: Session, after: int) -> list[TrailRow]:
    rows = await session.fetch_all(_QUERIES["page_of_events"], {"after": after, "limit": _PAGE})
    return [_row(row) for row in rows]


def _row(row: tuple[Any, ...]) -> TrailRow:
    return TrailRow(
        sequence=row[0],
        at=row[1],
        tenant_id=row[2],
        principal_id=row[3],
        event=row[4],
        subject=row[5],
        detail_code=row[6],
        count=row[7],
        previous_hash=row[8],
        hash=row[9],
    )
