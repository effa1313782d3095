"""Edits, sightings and leases in the database. It decides nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from server.database.queries import load_queries
from server.database.sessions import Session
from server.exact_amounts.ledger.applying import StoredEntry
from server.exact_amounts.ledger.edited import EditRecord
from server.exact_amounts.ledger.integrity_store import IntegrityStore
from server.exact_amounts.ledger.lookups import fetch_many, written_out
from server.exact_amounts.ledger.row_sealer import RowSealer
from server.exact_amounts.ledger.summed_rows import SummedEdit, SummedTable, summed_row
from server.exact_amounts.ledger.undoing import Sighting
from server.exact_amounts.ledger.written_edits import (
    is_settled,
    read_edit,
    read_settled,
    write_edit,
    write_settled,
)
from server.shared_types.ids import BatchId, EntryId, PrincipalId

__all__ = ["EditStore", "KeptEdits", "Lease"]

_QUERIES = load_queries("server.exact_amounts.ledger")

_KNOWN_EDITS = written_out(_QUERIES["known_edits"], "edit_ids")
_EDITS_OF_ENTRIES = written_out(_QUERIES["edits_of_entries"], "entry_ids")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptEdits:
    """What a batch did to entries that were there before it."""

    #: In the order in which they were applied.
    edits: tuple[EditRecord, ...] = ()
    #: Pending entries that it booked, as they were, at the batch's version.
    settled: tuple[StoredEntry, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Who may write into a workbook, until when."""

    lease_id: UUID
    expires_at: datetime


class EditStore:
    """The edits of one ledger, within one unit of work."""

    def __init__(self, session: Session, sealer: RowSealer) -> None:
        self._session = session
        self._sealer = sealer
        self._tenant = sealer.tenant_id.bytes

    async def known_edits(self, edit_ids: Collection[UUID]) -> set[UUID]:
        """Return those of the ids under which an edit was applied before, undone ones too."""
        ids = [edit_id.bytes for edit_id in edit_ids]
        values = {"tenant_id": self._tenant}
        rows = await fetch_many(self._session, _KNOWN_EDITS, ids, values)
        return {UUID(bytes=raw) for (raw,) in rows}

    async def add(
        self, records: Sequence[EditRecord], batch_id: BatchId, sums: IntegrityStore
    ) -> None:
        """Keep what edits did to each entry."""
        rows = [
            self._row(record.edit_id, record.entry_id, batch_id, record.version, write_edit(record))
            for record in records
        ]
        await self._add(rows, sums)

    async def add_settled(
        self, settled: Sequence[StoredEntry], batch_id: BatchId, version: int, sums: IntegrityStore
    ) -> None:
        """Keep what pending entries were before a batch books them; the batch stands for the edit."""
        rows = [
            self._row(batch_id, stored.entry.entry_id, batch_id, version, write_settled(stored))
            for stored in settled
        ]
        await self._add(rows, sums)

    def _row(
        self, edit_id: UUID, entry_id: EntryId, batch_id: BatchId, version: int, written: bytes
    ) -> dict[str, Any]:
        return {
            "tenant_id": self._tenant,
            "edit_id": edit_id.bytes,
            "entry_id": entry_id.bytes,
            "batch_id": batch_id.bytes,
            "version": version,
            "key_version": self._sealer.key_version,
            "edit_sealed": self._sealer.seal_edit(written, edit_id, entry_id, version),
            "undone": 0,
        }

    async def _add(self, rows: Sequence[Mapping[str, Any]], sums: IntegrityStore) -> None:
        if not rows:
            return
        await self._session.execute_many(_QUERIES["add_edit"], rows)
        table = SummedTable.EDITS
        sums.swap(table, (), [summed_row(table, row) for row in rows])

    async def of_batch(self, batch_id: BatchId) -> KeptEdits:
        """Return what a batch did to entries that were there before it."""
        rows = await self._session.fetch_bulk(
            _QUERIES["edits_of_batch"], {"tenant_id": self._tenant, "batch_id": batch_id.bytes}
        )
        return await asyncio.to_thread(self._opened, rows)

    async def of_entries(self, entry_ids: Collection[EntryId]) -> tuple[EditRecord, ...]:
        """Return every edit of some entries, those of undone batches too."""
        ids = [entry_id.bytes for entry_id in entry_ids]
        values = {"tenant_id": self._tenant}
        rows = await fetch_many(self._session, _EDITS_OF_ENTRIES, ids, values)
        return (await asyncio.to_thread(self._opened, rows)).edits

    def _opened(self, rows: Sequence[tuple[Any, ...]]) -> KeptEdits:
        edits: list[EditRecord] = []
        settled: list[StoredEntry] = []
        for sealed, raw_edit, raw_entry, version in rows:
            edit_id, entry_id = UUID(bytes=raw_edit), EntryId(UUID(bytes=raw_entry))
            written = self._sealer.open_edit(sealed, edit_id, entry_id, version)
            if is_settled(written):
                settled.append(read_settled(written, entry_id, version))
            else:
                edits.append(read_edit(written, edit_id, entry_id, version))
        edits.sort(key=lambda record: record.place)
        settled.sort(key=lambda stored: stored.entry.entry_id.bytes)
        return KeptEdits(edits=tuple(edits), settled=tuple(settled))

    async def mark_undone(self, batch_id: BatchId, sums: IntegrityStore) -> None:
        """Note that a batch's edits were taken back."""
        before = await sums.rows("summed_edits_of_batch", batch_id=batch_id.bytes)
        if not before:
            return
        await self._session.execute(
            _QUERIES["mark_edits_undone"], {"tenant_id": self._tenant, "batch_id": batch_id.bytes}
        )
        after = [SummedEdit(*row)._replace(undone=1) for row in before]
        sums.swap(SummedTable.EDITS, before, after)

    async def add_sightings(
        self, entry_ids: Collection[EntryId], batch_id: BatchId, sums: IntegrityStore
    ) -> None:
        """Note which entries a batch stated that were in the ledger already."""
        rows = [
            {"tenant_id": self._tenant, "entry_id": raw, "batch_id": batch_id.bytes}
            for raw in sorted({entry_id.bytes for entry_id in entry_ids})
        ]
        if not rows:
            return
        await self._session.execute_many(_QUERIES["add_sighting"], rows)
        table = SummedTable.SIGHTINGS
        sums.swap(table, (), [summed_row(table, row) for row in rows])

    async def seen_elsewhere(self, batch_id: BatchId) -> dict[EntryId, list[Sighting]]:
        """Return the entries of a batch that others in force stated too, each with these, oldest first."""
        rows = await self._session.fetch_bulk(
            _QUERIES["seen_elsewhere"], {"tenant_id": self._tenant, "batch_id": batch_id.bytes}
        )
        seen: dict[EntryId, list[Sighting]] = {}
        for raw, other, version in rows:
            sighting = Sighting(batch_id=BatchId(UUID(bytes=other)), version=version)
            seen.setdefault(EntryId(UUID(bytes=raw)), []).append(sighting)
        return seen

    async def lease_of(self, workbook_id: UUID) -> Lease | None:
        """Return who holds a workbook, or held it last."""
        row = await self._session.fetch_one(
            _QUERIES["find_lease"], {"tenant_id": self._tenant, "workbook_id": workbook_id.bytes}
        )
        if row is None:
            return None
        return Lease(lease_id=UUID(bytes=row[0]), expires_at=datetime.fromisoformat(row[1]))

    async def put_lease(self, workbook_id: UUID, lease: Lease, principal_id: PrincipalId) -> None:
        """Let a workbook be held by another lease."""
        await self._session.execute(
            _QUERIES["put_lease"],
            {
                "tenant_id": self._tenant,
                "workbook_id": workbook_id.bytes,
                "lease_id": lease.lease_id.bytes,
                "principal_id": principal_id.bytes,
                "expires_at": lease.expires_at.isoformat(),
            },
        )

    async def drop_lease(self, lease_id: UUID) -> None:
        """End a lease, if there is one of that id."""
        await self._session.execute(
            _QUERIES["drop_lease"], {"tenant_id": self._tenant, "lease_id": lease_id.bytes}
        )
