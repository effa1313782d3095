"""
PostgreSQL's reader for hot look-ups: kept connections on which each query is prepared once.

It can't write, and it shows a tenant's rows for the one look-up that named the tenant.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from server.database.connections import ConnectionPool, KeptConnection
from server.database.postgresql_dialect import HOT_CONNECTIONS
from server.database.problems import DatabaseUnavailable
from server.database.turns import wait_for_turn
from server.shared_types.ids import TenantId

__all__ = ["PostgresqlHotReader"]

_LANES: Final = HOT_CONNECTIONS // 2
#: A look-up by key that takes longer goes the way of other reads.
_WAIT_SECONDS: Final = 1.0
_SETTINGS: Final = (
    "SET default_transaction_read_only = on; SET statement_timeout = '2s'; SET lock_timeout = '1s';"
    # By key there is one plan.
    " SET plan_cache_mode = auto"
)
_SET_TENANT: Final = "SELECT set_config('app.tenant', :tenant, false)"


class _Lane:
    """One kept connection and the tenant that it shows."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool
        self._connection: KeptConnection | None = None
        self._tenant = ""

    async def read(
        self, query: str, values: Mapping[str, object], tenant: str
    ) -> tuple[Any, ...] | None:
        connection = self._connection
        was_kept = connection is not None and connection.clean
        try:
            return await self._read(query, values, tenant)
        except DatabaseUnavailable:
            # A kept connection may have been lost since it was last used; a new one was not.
            await self.close()
            if not was_kept:
                raise
            return await self.read(query, values, tenant)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _read(
        self, query: str, values: Mapping[str, object], tenant: str
    ) -> tuple[Any, ...] | None:
        connection = self._connection
        if connection is None or not connection.clean:
            await self.close()
            connection = self._connection = await self._pool.open()
            await connection.run_script(_SETTINGS)
            self._tenant = ""
        if self._tenant != tenant:
            await connection.fetch(_SET_TENANT, {"tenant": tenant})
            self._tenant = tenant
        rows = await connection.fetch(query, values)
        return rows[0] if rows else None


class _Lanes:
    """Lanes that look-ups take in turn, the last used first: it is the one that is warm."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._free = [_Lane(pool) for _ in range(_LANES)]
        self._turns = asyncio.Semaphore(_LANES)
        self._all = tuple(self._free)

    async def read(
        self, query: str, values: Mapping[str, object], tenant: str
    ) -> tuple[Any, ...] | None:
        await wait_for_turn(self._turns, _WAIT_SECONDS)
        lane = self._free.pop()
        try:
            return await lane.read(query, values, tenant)
        finally:
            self._free.append(lane)
            self._turns.release()

    async def close(self) -> None:
        for lane in self._all:
            await lane.close()


class PostgresqlHotReader:
    """
    Look-ups without a tenant have lanes of their own, which never show any tenant's rows.

    A wrong state can't outlive an error: the lane's connection is closed with it.
    """

    def __init__(self, pool: ConnectionPool) -> None:
        self._directories = _Lanes(pool)
        self._tenants = _Lanes(pool)

    async def read(
        self, query: str, values: Mapping[str, object], tenant_id: TenantId | None
    ) -> tuple[Any, ...] | None:
        """Return the first row; raise DatabaseBusy where other reads may do better."""
        if tenant_id is None:
            return await self._directories.read(query, values, "")
        return await self._tenants.read(query, values, tenant_id.hex)

    async def close(self) -> None:
        """Close every connection."""
        await self._directories.close()
        await self._tenants.close()
