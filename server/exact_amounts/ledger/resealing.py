"""
Records of a ledger that another key sealed, opened and sealed anew: what a change of keys needs of this room.

A row keeps its version: its content is the same, and no reader of the feed has to see it again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from server.database.queries import load_queries
from server.database.sessions import Session
from server.exact_amounts.ledger.integrity_store import IntegrityStore
from server.exact_amounts.ledger.row_sealer import RowSealer
from server.exact_amounts.ledger.sealed_records import SEALED_TABLES, record_columns, records_of
from server.exact_amounts.ledger.summed_rows import SummedTable, columns_of, summed_row

__all__ = ["FROM_THE_START", "Resealing"]

_QUERIES = load_queries("server.exact_amounts.ledger")
_KEY_VERSION_BYTES = 4

#: Before the first entry.
FROM_THE_START = b""

#: What a query `stale_...` gives after the summed columns.
_COLUMNS_AFTER = {
    table: tuple(name for name in record_columns(table) if name.endswith("_sealed"))
    for table in SEALED_TABLES
}
_COLUMNS_AFTER[SummedTable.ANCHORS] += ("currency",)


class Resealing:
    """One step of it, within one unit of work under the ledger's lock."""

    def __init__(self, session: Session, sealer: RowSealer, sums: IntegrityStore) -> None:
        self._session = session
        self._sealer = sealer
        self._sums = sums

    async def step(self, after_id: bytes, rows_max: int) -> tuple[int, bytes]:
        """Reseal at most so many rows, entries after an id first; return how many, and the last entry's id."""
        count, last_id = 0, after_id
        for table in SEALED_TABLES:
            if count == rows_max:
                break
            rows = await self._stale(table, after_id, rows_max - count)
            await self._reseal(table, rows)
            count += len(rows)
            if table is SummedTable.ENTRIES and rows:
                last_id = rows[-1][0]
        return count, last_id

    async def _stale(
        self, table: SummedTable, after_id: bytes, limit: int
    ) -> list[tuple[Any, ...]]:
        version = self._sealer.key_version
        values: dict[str, object] = {"tenant_id": self._sealer.tenant_id.bytes, "limit": limit}
        match table:
            case SummedTable.ENTRIES:
                values |= {"key_version": version, "after_id": after_id}
            case SummedTable.ACCOUNTS | SummedTable.BATCHES:
                values["header"] = version.to_bytes(_KEY_VERSION_BYTES)
            case _:
                values["key_version"] = version
        return await self._session.fetch_bulk(_QUERIES[f"stale_{table.value}"], values)

    async def _reseal(self, table: SummedTable, rows: Sequence[tuple[Any, ...]]) -> None:
        if not rows:
            return
        summed = columns_of(table)
        names = (*summed, *_COLUMNS_AFTER[table])
        written = await asyncio.to_thread(self._resealed, table, names, rows)
        await self._session.execute_many(_QUERIES[f"reseal_{table.value}"], written)
        before = [row[: len(summed)] for row in rows]
        self._sums.swap(table, before, [summed_row(table, row) for row in written])

    def _resealed(
        self, table: SummedTable, names: Sequence[str], rows: Sequence[tuple[Any, ...]]
    ) -> list[dict[str, Any]]:
        written = []
        for row in rows:
            values = dict(zip(names, row, strict=True))
            records = records_of(table, tuple(values[name] for name in record_columns(table)))
            for column, context, record, place in records:
                values[column] = self._sealer.reseal_record(record, context, place)
            values |= {
                "tenant_id": self._sealer.tenant_id.bytes,
                "key_version": self._sealer.key_version,
            }
            written.append(values)
        return written
