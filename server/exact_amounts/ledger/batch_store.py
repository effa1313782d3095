"""Versions, batches and the answers that a repeated request gets again, in the database. It decides nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from server.database.queries import load_queries
from server.database.sessions import Session
from server.exact_amounts.entries.problems import AlreadyUndone, UnknownBatch
from server.exact_amounts.ledger.integrity_store import IntegrityStore
from server.exact_amounts.ledger.plans import BatchPlan
from server.exact_amounts.ledger.row_sealer import RowSealer
from server.exact_amounts.ledger.summed_rows import SummedBatch, SummedTable, summed_row
from server.exact_amounts.ledger.undoing import UndoneBatches
from server.shared_types.ids import BatchId, PrincipalId

__all__ = ["BatchRecord", "BatchStore", "GivenAnswer", "Writer"]

_QUERIES = load_queries("server.exact_amounts.ledger")


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRecord:
    """A batch as a list shows it."""

    batch_id: BatchId
    kind: str
    created_at: datetime
    added: int
    file_name: str | None = field(repr=False)
    undone_at: datetime | None
    purpose: str | None = None
    principal_id: PrincipalId


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Who wrote something, and when."""

    principal_id: PrincipalId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenAnswer:
    """What a request with an idempotency key was answered."""

    request_mac: bytes
    answer: bytes = field(repr=False)


class BatchStore:
    """The batches of one ledger, within one unit of work."""

    def __init__(self, session: Session, sealer: RowSealer) -> None:
        self._session = session
        self._sealer = sealer
        self._tenant = sealer.tenant_id.bytes

    async def version(self) -> int:
        """Return the ledger's version."""
        return await self._version_by("version_of_ledger")

    async def lock(self) -> int:
        """Keep every other writer of this ledger waiting until the end; return the version."""
        return await self._version_by("lock_ledger")

    async def next_version(self) -> int:
        """Return the version of this unit of work's changes: one more than the last."""
        return await self._version_by("next_version")

    async def _version_by(self, query: str) -> int:
        row = await self._session.fetch_one(_QUERIES[query], {"tenant_id": self._tenant})
        assert row is not None, "a ledger is made at sign-up"
        version = row[0]
        assert isinstance(version, int), "a version is a number"
        return version

    async def find_answer(self, idempotency_mac: bytes) -> GivenAnswer | None:
        """Return what was answered to a request with that idempotency key."""
        row = await self._session.fetch_one(
            _QUERIES["find_answer"],
            {"tenant_id": self._tenant, "idempotency_mac": idempotency_mac},
        )
        if row is None:
            return None
        request_mac, version, answer_sealed = row
        answer = self._sealer.open_answer(answer_sealed, idempotency_mac, version)
        return GivenAnswer(request_mac=request_mac, answer=answer)

    async def add_answer(
        self,
        idempotency_mac: bytes,
        given: GivenAnswer,
        version: int,
        created_at: datetime,
        sums: IntegrityStore,
    ) -> None:
        """Keep an answer for the next time."""
        row = {
            "tenant_id": self._tenant,
            "idempotency_mac": idempotency_mac,
            "request_mac": given.request_mac,
            "version": version,
            "key_version": self._sealer.key_version,
            "answer_sealed": self._sealer.seal_answer(given.answer, idempotency_mac, version),
            "created_at": created_at.isoformat(),
        }
        await self._session.execute(_QUERIES["add_answer"], row)
        sums.swap(SummedTable.ANSWERS, (), [summed_row(SummedTable.ANSWERS, row)])

    async def add(
        self,
        batch_id: BatchId,
        plan: BatchPlan,
        version: int,
        principal_id: PrincipalId,
        created_at: datetime,
        sums: IntegrityStore,
    ) -> None:
        """Add a batch; its entries come after it."""
        source = plan.source
        row = {
            "tenant_id": self._tenant,
            "batch_id": batch_id.bytes,
            "version": version,
            "kind": plan.kind.value,
            "created_at": created_at.isoformat(),
            "principal_id": principal_id.bytes,
            "source_mac": self._sealer.identities.source(source.sha256) if source else None,
            "source_sealed": self._sealer.seal_source(source, batch_id, version)
            if source
            else None,
            "added": len(plan.entries),
            "undone_version": None,
            "undone_at": None,
            "undone_by": None,
            "purpose": plan.purpose.value if plan.purpose else None,
        }
        await self._session.execute(_QUERIES["add_batch"], row)
        sums.swap(SummedTable.BATCHES, (), [summed_row(SummedTable.BATCHES, row)])

    async def batches(self) -> list[BatchRecord]:
        """Return every batch, newest first."""
        rows = await self._session.fetch_all(_QUERIES["batches"], {"tenant_id": self._tenant})
        records = []
        for raw_id, version, kind, created_at, source_sealed, added, undone_at, *more in rows:
            purpose, raw_principal = more
            batch_id = BatchId(UUID(bytes=raw_id))
            source = (
                self._sealer.open_source(source_sealed, batch_id, version)
                if source_sealed is not None
                else None
            )
            records.append(
                BatchRecord(
                    batch_id=batch_id,
                    kind=kind,
                    created_at=datetime.fromisoformat(created_at),
                    added=added,
                    file_name=source.file_name if source else None,
                    undone_at=datetime.fromisoformat(undone_at) if undone_at else None,
                    purpose=purpose,
                    principal_id=PrincipalId(UUID(bytes=raw_principal)),
                )
            )
        return records

    async def writer_of(self, version: int) -> Writer | None:
        """Return who made a version of the ledger by a batch, or by undoing one."""
        values = {"tenant_id": self._tenant, "version": version}
        for query in ("batch_of_version", "undo_of_version"):
            row = await self._session.fetch_one(_QUERIES[query], values)
            if row is not None:
                return Writer(
                    principal_id=PrincipalId(UUID(bytes=row[1])), at=datetime.fromisoformat(row[0])
                )
        return None

    async def made_at(self, batch_id: BatchId) -> int:
        """Return the version that a batch in force made; raise UnknownBatch or AlreadyUndone."""
        row = await self._session.fetch_one(
            _QUERIES["find_batch"], {"tenant_id": self._tenant, "batch_id": batch_id.bytes}
        )
        if row is None:
            raise UnknownBatch
        version, undone_version = row
        if undone_version is not None:
            raise AlreadyUndone
        assert isinstance(version, int), "a version is a number"
        return version

    async def undone(self) -> UndoneBatches:
        """Return the batches that were undone."""
        rows = await self._session.fetch_all(
            _QUERIES["undone_batches"], {"tenant_id": self._tenant}
        )
        return UndoneBatches(
            ids=frozenset(BatchId(UUID(bytes=raw)) for raw, _, _ in rows),
            undone_at={version: undone_version for _, version, undone_version in rows},
        )

    async def mark_undone(
        self,
        batch_id: BatchId,
        version: int,
        principal_id: PrincipalId,
        undone_at: datetime,
        sums: IntegrityStore,
    ) -> None:
        """Note that a batch was undone."""
        before = await sums.rows("summed_batch", batch_id=batch_id.bytes)
        undone: dict[str, Any] = {
            "undone_version": version,
            "undone_at": undone_at.isoformat(),
            "undone_by": principal_id.bytes,
        }
        await self._session.execute(
            _QUERIES["mark_batch_undone"],
            {"tenant_id": self._tenant, "batch_id": batch_id.bytes, **undone},
        )
        after = [SummedBatch(*row)._replace(**undone) for row in before]
        sums.swap(SummedTable.BATCHES, before, after)

    async def source_was_seen(self, sha256: bytes) -> bool:
        """Whether a file of that hash is in the ledger, in a batch that was not undone."""
        source_mac = self._sealer.identities.source(sha256)
        row = await self._session.fetch_one(
            _QUERIES["find_source"], {"tenant_id": self._tenant, "source_mac": source_mac}
        )
        return row is not None
