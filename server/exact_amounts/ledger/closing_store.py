"""Closed months and the files that were read, in the database. It decides nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from server.database.queries import load_queries
from server.database.sessions import Session
from server.exact_amounts.ledger.closings import ClosingRecord, Reopening, SourceOfAccount
from server.exact_amounts.ledger.integrity_store import IntegrityStore
from server.exact_amounts.ledger.row_sealer import RowSealer
from server.exact_amounts.ledger.summed_rows import SummedClosing, SummedTable, summed_row, tag_of
from server.shared_types.ids import AccountId, BatchId, PrincipalId

__all__ = ["ClosingStore"]

_QUERIES = load_queries("server.exact_amounts.ledger")


class ClosingStore:
    """The closed months of one ledger, within one unit of work."""

    def __init__(self, session: Session, sealer: RowSealer) -> None:
        self._session = session
        self._sealer = sealer
        self._tenant = sealer.tenant_id.bytes

    async def closed_months(self) -> frozenset[str]:
        """Return the months that are closed now."""
        rows = await self._session.fetch_all(_QUERIES["closed_months"], {"tenant_id": self._tenant})
        return frozenset(month for (month,) in rows)

    async def closings(self) -> list[ClosingRecord]:
        """Return every closing, reopened ones too, oldest first."""
        rows = await self._session.fetch_all(_QUERIES["closings"], {"tenant_id": self._tenant})
        return [self._record(row) for row in rows]

    def _record(self, row: tuple[Any, ...]) -> ClosingRecord:
        raw_id, month, version, closed_at, closed_by, evidence, *reopened = row
        closing_id = UUID(bytes=raw_id)
        return ClosingRecord(
            closing_id=closing_id,
            month=month,
            version=version,
            closed_at=datetime.fromisoformat(closed_at),
            closed_by=PrincipalId(UUID(bytes=closed_by)),
            evidence=self._sealer.open_evidence(evidence, closing_id, version),
            reopened=self._reopening(reopened, closing_id, version),
        )

    def _reopening(self, row: list[Any], closing_id: UUID, version: int) -> Reopening | None:
        reopened_version, at, by, reason = row
        if reopened_version is None:
            return None
        return Reopening(
            version=reopened_version,
            at=datetime.fromisoformat(at),
            by=PrincipalId(UUID(bytes=by)),
            reason=self._sealer.open_reason(reason, closing_id, version),
        )

    async def add(self, closing: ClosingRecord, sums: IntegrityStore) -> None:
        """Add a closing of a month that is not closed."""
        row = {
            "tenant_id": self._tenant,
            "closing_id": closing.closing_id.bytes,
            "month": closing.month,
            "version": closing.version,
            "key_version": self._sealer.key_version,
            "closed_at": closing.closed_at.isoformat(),
            "principal_id": closing.closed_by.bytes,
            "evidence_sealed": self._sealer.seal_evidence(
                closing.evidence, closing.closing_id, closing.version
            ),
            "reopened_version": None,
            "reopened_at": None,
            "reopened_by": None,
            "reason_sealed": None,
        }
        await self._session.execute(_QUERIES["add_closing"], row)
        table = SummedTable.CLOSINGS
        sums.swap(table, (), [summed_row(table, row)])

    async def reopen(
        self, closing: ClosingRecord, reopening: Reopening, sums: IntegrityStore
    ) -> None:
        """Note that a closing is in force no more; its evidence stays."""
        before = await sums.rows("summed_closing", closing_id=closing.closing_id.bytes)
        reason = self._sealer.seal_reason(reopening.reason, closing.closing_id, closing.version)
        said: dict[str, Any] = {
            "reopened_version": reopening.version,
            "reopened_at": reopening.at.isoformat(),
            "reopened_by": reopening.by.bytes,
        }
        await self._session.execute(
            _QUERIES["reopen_closing"],
            {
                "tenant_id": self._tenant,
                "closing_id": closing.closing_id.bytes,
                "reason_sealed": reason,
                **said,
            },
        )
        after = [SummedClosing(*row)._replace(reason_tag=tag_of(reason), **said) for row in before]
        sums.swap(SummedTable.CLOSINGS, before, after)

    async def sources(self) -> list[SourceOfAccount]:
        """Return the files in force, once for each account that they stated something of, oldest first."""
        rows = await self._session.fetch_all(_QUERIES["sources"], {"tenant_id": self._tenant})
        found = []
        for raw_batch, version, sealed, raw_account in rows:
            batch_id = BatchId(UUID(bytes=raw_batch))
            source = self._sealer.open_source(sealed, batch_id, version)
            found.append(
                SourceOfAccount(
                    account_id=AccountId(UUID(bytes=raw_account)),
                    batch_id=batch_id,
                    file_name=source.file_name,
                    sha256=source.sha256,
                )
            )
        return found
