"""What the bucket side needs of others, and a stand-in for each that keeps everything in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from server.shared_types.buckets import BucketedEntry
from server.shared_types.ids import TenantId

__all__ = ["InMemoryLedgerView", "LedgerView"]


class LedgerView(Protocol):
    """A ledger as the bucket side may see it."""

    async def bucketed_entries(self, tenant_id: TenantId) -> Sequence[BucketedEntry]:
        """Return every posted entry that is in the ledger now."""


class InMemoryLedgerView:
    """Ledgers that someone wrote down beforehand."""

    def __init__(self, ledgers: Mapping[TenantId, Sequence[BucketedEntry]]) -> None:
        self._ledgers = ledgers

    async def bucketed_entries(self, tenant_id: TenantId) -> Sequence[BucketedEntry]:
        """Return the tenant's entries; none for a tenant that nobody wrote down."""
        return self._ledgers.get(tenant_id, ())
