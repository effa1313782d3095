"""
The sums over a ledger's rows, in the database: read once, brought up to date and written back in one unit of work.

They are sealed to the ledger's version. It trusts nothing that it reads: `integrity_check` compares.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import Any
from uuid import UUID

from server.database.queries import load_queries
from server.database.sessions import Session
from server.exact_amounts.entries.problems import LedgerTampered
from server.exact_amounts.ledger.lookups import fetch_many, written_out
from server.exact_amounts.ledger.row_sealer import RowSealer
from server.exact_amounts.ledger.row_sums import NO_ROWS, RowSums, sums_of
from server.exact_amounts.ledger.summed_rows import SummedRow, SummedTable, locator_of
from server.sealing.problems import SealBroken
from server.shared_types.ids import EntryId

__all__ = [
    "Fault",
    "Finding",
    "IntegrityStore",
    "SumsRecord",
    "as_problem",
    "read_sums",
    "sums_or_problem",
]

_QUERIES = load_queries("server.exact_amounts.ledger")
_ENTRIES = written_out(_QUERIES["summed_entries_of_ids"], "entry_ids")

LedgerSums = Mapping[SummedTable, RowSums]


@unique
class Fault(StrEnum):
    """What is wrong with a stored ledger."""

    SUMS_MISSING = "sums missing"
    SUMS_UNREADABLE = "sums do not open"
    #: The sums, or the ledger's version, were brought back from another time.
    SUMS_OF_ANOTHER_VERSION = "sums of another version"
    #: A sealed record was changed, or belongs to another row, column, version or tenant.
    ROW_UNREADABLE = "row does not open"
    #: Something in clear was changed, or the whole row brought back from an older copy.
    ROW_ALTERED = "row is not as it was written last"
    ROW_MISSING = "row is missing"
    ROW_ADDED = "row was never written"
    #: More rows than can be told apart; those that don't open are named nevertheless.
    ROWS_DIFFER = "rows are not as they were written"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong."""

    fault: Fault
    #: None where it is about the ledger as a whole.
    table: SummedTable | None = None
    #: Our own ids of the rows, where they are known.
    row_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SumsRecord:
    """The sums as they stand in the database."""

    ledger_version: int
    #: None where there are none.
    sums_version: int | None
    sealed: bytes | None = field(repr=False)

    def opened(self, sealer: RowSealer) -> LedgerSums | Finding:
        """Return the sums, or why there are none to go by. A ledger without a version has no rows."""
        if self.sums_version is None or self.sealed is None:
            return {} if self.ledger_version == 0 else Finding(fault=Fault.SUMS_MISSING)
        if self.sums_version != self.ledger_version:
            return Finding(fault=Fault.SUMS_OF_ANOTHER_VERSION)
        try:
            return sealer.open_sums(self.sealed, self.sums_version)
        except SealBroken:
            return Finding(fault=Fault.SUMS_UNREADABLE)


def as_problem(finding: Finding, findings: int = 1) -> LedgerTampered:
    """Return the problem that names a finding."""
    table = "" if finding.table is None else finding.table.value
    return LedgerTampered(
        finding.fault.value, table=table, row_ids=finding.row_ids, findings=findings
    )


def sums_or_problem(record: SumsRecord, sealer: RowSealer) -> LedgerSums:
    """Return the sums, or raise LedgerTampered where there are none to go by."""
    sums = record.opened(sealer)
    if isinstance(sums, Finding):
        raise as_problem(sums)
    return sums


async def read_sums(session: Session, sealer: RowSealer) -> SumsRecord:
    """Return the sums and the ledger's version, as of one moment."""
    row = await session.fetch_one(_QUERIES["sums_of_ledger"], {"tenant_id": sealer.tenant_id.bytes})
    assert row is not None, "a ledger is made at sign-up"
    return SumsRecord(ledger_version=row[0], sums_version=row[1], sealed=row[2])


class IntegrityStore:
    """
    The sums of one ledger within one unit of work under the ledger's lock.

    `open` before anything is written, `swap` with every row that is written, `write` at the end.
    """

    def __init__(self, session: Session, sealer: RowSealer) -> None:
        self._session = session
        self._sealer = sealer
        self._tenant = sealer.tenant_id.bytes
        self._sums: dict[SummedTable, RowSums] = {}
        #: Whether anything was swapped: sums that did not change need not be written.
        self.changed = False
        #: Whether another key than the one in use has sealed them.
        self.is_stale = False

    async def open(self) -> None:
        """Read the sums; raise LedgerTampered where they are not those of the ledger's version."""
        record = await read_sums(self._session, self._sealer)
        self._sums = dict(sums_or_problem(record, self._sealer))
        if record.sealed is not None:
            self.is_stale = self._sealer.key_version_of(record.sealed) != self._sealer.key_version

    def swap(
        self, table: SummedTable, removed: Iterable[SummedRow], added: Iterable[SummedRow]
    ) -> None:
        """Take rows out of the sums and others in: what a row was, and what it is now."""
        self.changed = True
        before = self._sums.get(table, NO_ROWS)
        self._sums[table] = before - self._sum(table, removed) + self._sum(table, added)

    async def rows(self, query: str, **values: object) -> list[tuple[Any, ...]]:
        """Return the rows that one of the queries `summed_...` finds, as they are before they change."""
        return await self._session.fetch_bulk(
            _QUERIES[query], {"tenant_id": self._tenant, **values}
        )

    async def entries(self, entry_ids: Iterable[EntryId]) -> list[tuple[Any, ...]]:
        """Return the rows of entries as they are before they change."""
        ids = [entry_id.bytes for entry_id in entry_ids]
        return await fetch_many(self._session, _ENTRIES, ids, {"tenant_id": self._tenant})

    async def write(self, version: int) -> None:
        """Write the sums, which are those of the ledger's `version` from now on."""
        sealed = self._sealer.seal_sums(self._sums, version)
        await self._session.execute(
            _QUERIES["write_sums"],
            {"tenant_id": self._tenant, "version": version, "sum_sealed": sealed},
        )

    def _sum(self, table: SummedTable, rows: Iterable[SummedRow]) -> RowSums:
        rows = list(rows)
        locators = [locator_of(table, row) for row in rows]
        return sums_of(locators, self._sealer.digests(table, rows))
