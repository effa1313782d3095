"""A ledger as the bucket side may see it: disclosed, entry by entry."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from server.exact_amounts.disclosure import disclose_entries
from server.exact_amounts.ledger.ports import Ledger
from server.shared_types.buckets import BucketedEntry
from server.shared_types.ids import TenantId

__all__ = ["BucketedView"]


class BucketedView:
    """Satisfies the bucket side's port; the composition root hands it over."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def bucketed_entries(self, tenant_id: TenantId) -> Sequence[BucketedEntry]:
        """Return every posted entry that is in the ledger now, without its amount."""
        entries = await self._ledger.posted_entries(tenant_id)
        return await asyncio.to_thread(disclose_entries, entries)
