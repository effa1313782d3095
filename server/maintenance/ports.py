"""What the runs need of the rooms that own sealed rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from server.shared_types.ids import TenantId

__all__ = ["BrokenRow", "Checking", "Resealing"]


#: A row that does not open, or is not what was written: table, what is wrong in one word, id.
BrokenRow = tuple[str, str, UUID | None]


class Resealing(Protocol):
    """Owns sealed rows and can seal them anew."""

    async def reseal(self, tenant_id: TenantId, *, rows_max: int) -> int:
        """
        Seal some rows of a tenant with the key that seals now, in one transaction under the tenant's lock.

        At most `rows_max` rows that are sealed with another key version; return how many they were, 0 when no row is
        left. No version that a client sees changes.
        """


class Checking(Protocol):
    """Owns sealed rows and can open every one of them."""

    async def check(self, tenant_id: TenantId) -> Sequence[BrokenRow]:
        """Open everything of a tenant and return what is broken."""
