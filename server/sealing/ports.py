"""What sealing needs of others: rows to keep wrapped keys in, and master keys to wrap them with."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, runtime_checkable

from server.sealing.master_keys import MasterKey
from server.shared_types.ids import TenantId

__all__ = ["KeyDatabase", "KeyRows", "MasterKeys"]


class KeyRows(Protocol):
    """A session of the database."""

    async def fetch_all(
        self, query: str, values: Mapping[str, object] = ..., /
    ) -> list[tuple[Any, ...]]:
        """Return every row of a query."""

    async def execute(self, query: str, values: Mapping[str, object] = ..., /) -> int:
        """Run a statement and return how many rows it touched."""


@runtime_checkable
class KeyDatabase(Protocol):
    """The database itself, where no session is at hand."""

    def session(self, tenant_id: TenantId | None = ..., /) -> AbstractAsyncContextManager[KeyRows]:
        """Begin a unit of work that reads, of a tenant or of none."""


class MasterKeys(Protocol):
    """Provides the installation's master keys."""

    def current(self) -> MasterKey:
        """Return the key that new data keys are wrapped with."""

    def find(self, master_key_id: str) -> MasterKey:
        """Return the key of this id, present or past; raise MasterKeyUnknown."""
