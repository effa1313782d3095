"""
Is a stored ledger as it was written? Reads every row once, compares the sums, and if they differ says what is wrong.

All of it is read from one state of the database. It never tells a value: kinds of faults, tables, ids of ours.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from server.database.queries import load_queries
from server.database.sessions import Session
from server.exact_amounts.ledger.integrity_store import (
    Fault,
    Finding,
    IntegrityStore,
    SumsRecord,
    as_problem,
    read_sums,
    sums_or_problem,
)
from server.exact_amounts.ledger.row_sealer import RowSealer
from server.exact_amounts.ledger.row_sums import (
    NO_ROWS,
    PRIME,
    RowFault,
    RowSums,
    locate,
    sums_of,
    total_of,
)
from server.exact_amounts.ledger.sealed_records import SEALED_TABLES, records_of, row_id_of_records
from server.exact_amounts.ledger.summed_rows import (
    SummedRow,
    SummedTable,
    as_before_edits,
    locator_of,
    row_id_of,
)
from server.sealing.problems import SealBroken

__all__ = ["IntegrityReport", "check_ledger", "first_sums", "inspect_ledger", "is_as_before_edits"]

_QUERIES = load_queries("server.exact_amounts.ledger")
_ROWS_PER_READ = 10_000
_ID_BYTES = 16

#: Tables whose rows are named by the number that locates them.
_NAMED_BY_LOCATOR = frozenset({SummedTable.ENTRIES, SummedTable.ACCOUNTS, SummedTable.BATCHES})


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrityReport:
    """What is wrong with a ledger; nothing where there is no finding."""

    findings: tuple[Finding, ...]
    #: How many rows were looked at.
    rows: int

    @property
    def is_sound(self) -> bool:
        """Whether the ledger is as it was written."""
        return not self.findings


async def _rows_of(
    session: Session, sealer: RowSealer, table: SummedTable, what: str
) -> AsyncIterator[list[SummedRow]]:
    """Every row of a table, entries page by page: there may be a hundred thousand."""
    query = _QUERIES[f"{what}_{table.value}"]
    values: dict[str, object] = {"tenant_id": sealer.tenant_id.bytes}
    if table is not SummedTable.ENTRIES:
        yield await session.fetch_bulk(query, values)
        return
    after_id = b""
    while True:
        page = values | {"after_id": after_id, "limit": _ROWS_PER_READ}
        rows = await session.fetch_bulk(query, page)
        yield rows
        if len(rows) < _ROWS_PER_READ:
            return
        after_id = rows[-1][0]


async def check_ledger(session: Session, sealer: RowSealer, record: SumsRecord) -> None:
    """Raise LedgerTampered, which names the fault, unless every row is as it was written last."""
    sums = sums_or_problem(record, sealer)
    for table in SummedTable:
        count = total = 0
        async for rows in _rows_of(session, sealer, table, "summed"):
            count += len(rows)
            total += await asyncio.to_thread(_total, sealer, table, rows)
        expected = sums.get(table, NO_ROWS)
        if (count, total % PRIME) != (expected.count, expected.powers[0]):
            report = await inspect_ledger(session, sealer)
            assert report.findings, "the inspection sees what the check has seen"
            raise as_problem(report.findings[0], len(report.findings))


def _total(sealer: RowSealer, table: SummedTable, rows: Sequence[SummedRow]) -> int:
    return total_of(sealer.digests(table, rows))


async def inspect_ledger(session: Session, sealer: RowSealer) -> IntegrityReport:
    """Return everything that is wrong with a ledger: opens every record and compares every sum."""
    record = await read_sums(session, sealer)
    sums = record.opened(sealer)
    findings = [sums] if isinstance(sums, Finding) else []
    count = 0
    for table in SummedTable:
        looked_at = _LookedAt(table=table)
        async for rows in _rows_of(session, sealer, table, "summed"):
            await asyncio.to_thread(looked_at.take, sealer, rows)
        count += len(looked_at.locators)
        unreadable = await _unreadable(session, sealer, table) if table in SEALED_TABLES else []
        if unreadable:
            findings.append(
                Finding(fault=Fault.ROW_UNREADABLE, table=table, row_ids=tuple(unreadable))
            )
        if not isinstance(sums, Finding):
            differing = looked_at.compare(sums.get(table, NO_ROWS))
            findings += [each for each in differing if not set(each.row_ids) & set(unreadable)]
    return IntegrityReport(findings=tuple(findings), rows=count)


@dataclass(slots=True, kw_only=True)
class _LookedAt:
    """A table's rows as they were found."""

    table: SummedTable
    locators: list[int] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list, repr=False)
    row_ids: list[UUID | None] = field(default_factory=list)

    def take(self, sealer: RowSealer, rows: Sequence[SummedRow]) -> None:
        self.locators += [locator_of(self.table, row) for row in rows]
        self.digests += sealer.digests(self.table, rows)
        self.row_ids += [row_id_of(self.table, row) for row in rows]

    def compare(self, expected: RowSums) -> list[Finding]:
        """What differs from the sums that were written."""
        faults = locate(expected - sums_of(self.locators, self.digests))
        if faults is None:
            return [Finding(fault=Fault.ROWS_DIFFER, table=self.table)]
        places = {locator: place for place, locator in enumerate(self.locators)}
        return [self._finding(fault, places.get(fault.locator)) for fault in faults]

    def _finding(self, fault: RowFault, place: int | None) -> Finding:
        if place is None:
            # Other rows are located by a digest, which names nothing.
            row_id = UUID(int=fault.locator) if self.table in _NAMED_BY_LOCATOR else None
            kind = Fault.ROW_MISSING
        else:
            row_id = self.row_ids[place]
            is_all_of_it = (int.from_bytes(self.digests[place]) + fault.off_by) % PRIME == 0
            kind = Fault.ROW_ADDED if is_all_of_it else Fault.ROW_ALTERED
        return Finding(fault=kind, table=self.table, row_ids=(row_id,) if row_id else ())


async def _unreadable(session: Session, sealer: RowSealer, table: SummedTable) -> list[UUID]:
    """The ids of rows with a record that does not open."""
    unreadable: list[UUID] = []
    async for rows in _rows_of(session, sealer, table, "records_of"):
        unreadable += await asyncio.to_thread(_not_opening, sealer, table, rows)
    return unreadable


def _not_opening(
    sealer: RowSealer, table: SummedTable, rows: Sequence[tuple[Any, ...]]
) -> list[UUID]:
    broken = (row_id_of_records(row) for row in rows if not _opens(sealer, table, row))
    return [row_id for row_id in broken if row_id is not None]


def _opens(sealer: RowSealer, table: SummedTable, row: tuple[Any, ...]) -> bool:
    for _, context, record, place in records_of(table, row):
        row_id, _, account_id, _, _ = place
        if len(row_id) != _ID_BYTES or len(account_id) != _ID_BYTES:
            return False
        try:
            sealer.open_record(record, context, place)
        except SealBroken:
            return False
    return True


async def first_sums(session: Session, sealer: RowSealer) -> IntegrityStore:
    """Return sums over a ledger as it is, which never had any."""
    sums = IntegrityStore(session, sealer)
    for table in SummedTable:
        async for rows in _rows_of(session, sealer, table, "summed"):
            await asyncio.to_thread(sums.swap, table, (), rows)
    return sums


async def is_as_before_edits(session: Session, sealer: RowSealer, record: SumsRecord) -> bool:
    """Whether a ledger is as its sums say, which cover what there was before the third schema."""
    sums = record.opened(sealer)
    if isinstance(sums, Finding):
        return False
    for table in SummedTable:
        looked_at = _LookedAt(table=table)
        async for rows in _rows_of(session, sealer, table, "summed"):
            before = [as_before_edits(table, row) for row in rows]
            await asyncio.to_thread(looked_at.take, sealer, before)
        if looked_at.compare(sums.get(table, NO_ROWS)):
            return False
    return True
