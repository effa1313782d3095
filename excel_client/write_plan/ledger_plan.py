"""
The plan of a refresh: what to write into a workbook so that it shows the server's ledger and loses nothing. Pure.

A cell that the user edited stays; the rest of its row follows the server. A withdrawn entry's row moves to Removed
with everything in it, and back when the entry is there again. What is open is asked in Review.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final

from excel_client.wire_format import Account, LedgerEntry
from excel_client.write_plan.accounts_plan import ACCOUNTS_ORDER, AccountsPlan, plan_accounts
from excel_client.write_plan.cells import Cell, Row, same_cell
from excel_client.write_plan.ledger_merge import LedgerMerge, MovedRow, merge_ledger
from excel_client.write_plan.pushing import Delivery
from excel_client.write_plan.questions import ReviewRow
from excel_client.write_plan.review_plan import Findings, deleted_questions, plan_review
from excel_client.write_plan.row_merge import EDITABLE_INDEXES
from excel_client.write_plan.scanning import LedgerScan
from excel_client.write_plan.workbook_state import WorkbookState, seal_rows
from workbooks.sheet_map import TEMPLATE_VERSION, AccountsColumn

__all__ = [
    "AccountsTableRows",
    "LedgerChanges",
    "LogRow",
    "WorkbookReading",
    "WritePlan",
    "accounts_renamed",
    "has_seen_all",
    "plan_refresh",
    "rows_to_read",
    "rows_with_formulas",
]

_FIRST_SIGHT: Final = "Filled"


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerChanges:
    """What the server said, all pages of it."""

    ledger: str
    epoch: str
    version: int
    cursor: str
    #: The whole ledger from the start, or what changed after the workbook's cursor.
    is_whole: bool
    accounts: Sequence[Account] = field(repr=False)
    entries: Sequence[LedgerEntry] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsTableRows:
    """The written cells of the Accounts table as they stand, in the order of ACCOUNTS_ORDER."""

    first_row: int
    rows: Sequence[Sequence[object]] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkbookReading:
    """What stands in the workbook, as far as the plan needs it."""

    state: WorkbookState
    #: The workbook's own id, made at its first refresh.
    workbook: str
    scan: LedgerScan = field(repr=False)
    #: Owned cells, in the order of LEDGER_ORDER, by the row's position: at least those of `rows_to_read`.
    rows: Mapping[int, Sequence[object]] = field(repr=False)
    #: Rows of Removed, in the order of LEDGER_ORDER.
    removed: Sequence[Sequence[object]] = field(repr=False)
    review: Sequence[ReviewRow] = field(repr=False)
    accounts: AccountsTableRows = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """A line of the Log, in the order of LogColumn."""

    #: In UTC; naive, since a cell knows no zone.
    when: datetime
    what: str
    added: int
    changed: int
    removed: int
    kept: int
    version: int

    def cells(self) -> Row:
        """The cells of the line."""
        counts = (self.added, self.changed, self.removed, self.kept, self.version)
        return (self.when, self.what, *counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class WritePlan:
    """Everything that a refresh writes."""

    #: Cells of the Ledger to write, by the row's position in the table and the column's in LEDGER_ORDER.
    updates: Mapping[int, Mapping[int, Cell]] = field(repr=False)
    #: Rows to add to the Ledger, in the order of LEDGER_ORDER.
    appended: Sequence[Row] = field(repr=False)
    #: Rows that go from the Ledger to Removed, and the other way; positions are those before anything is written.
    moved_out: Sequence[MovedRow] = field(repr=False)
    moved_back: Sequence[MovedRow] = field(repr=False)
    #: Cells of Removed to write, as in `updates`.
    removed_updates: Mapping[int, Mapping[int, Cell]] = field(repr=False)
    #: The day for rows that go to Removed.
    today: date
    #: The rows of Review as they are to be, in the order of its columns; None where they are so already.
    review: Sequence[Row] | None = field(repr=False)
    #: How many lines stand in Review afterwards.
    review_lines: int
    accounts: AccountsPlan
    #: None when no cell of a table changes.
    log: LogRow | None
    state: WorkbookState
    added: int
    changed: int
    removed: int
    #: Cells that the user edited, in the rows that the server spoke of, left as they are.
    kept: int
    #: Whether anything has to be written at all.
    is_empty: bool

    def typed_over(self) -> dict[int, list[int]]:
        """Which cells that a user may edit are written, in rows that are there: (row, [columns])."""
        found = {
            position: sorted(EDITABLE_INDEXES & cells.keys())
            for position, cells in self.updates.items()
        }
        return {position: indexes for position, indexes in found.items() if indexes}


def accounts_renamed(table: AccountsTableRows, accounts: Sequence[Account]) -> bool:
    """Whether an account has another name than in the workbook: then every row of it has to be written."""
    name, account_id = map(
        ACCOUNTS_ORDER.index, (AccountsColumn.ACCOUNT, AccountsColumn.ACCOUNT_ID)
    )
    shown = {row[account_id]: row[name] for row in table.rows}
    return any(shown.get(account.id, account.name) != account.name for account in accounts)


def rows_with_formulas(
    rows: Mapping[int, Sequence[object]], formulas: Mapping[int, Mapping[int, str]]
) -> dict[int, Sequence[object]]:
    """Return rows in which a cell with a formula says the formula: it is an edit, whatever it comes to."""
    changed = dict(rows)
    for position, texts in formulas.items():
        changed[position] = [texts.get(index, cell) for index, cell in enumerate(rows[position])]
    return changed


def has_seen_all(changes: LedgerChanges, delivery: Delivery) -> bool:
    """Whether what the server said is enough to put right every cell whose edit was settled."""
    return changes.is_whole or delivery.needed <= {entry.id for entry in changes.entries}


def rows_to_read(
    scan: LedgerScan, changes: LedgerChanges, delivery: Delivery, findings: Findings
) -> list[int]:
    """Return the positions of the rows whose cells the plan has to see, ascending."""
    if changes.is_whole:
        return sorted(
            {at for at, entry_id in enumerate(scan.keys.entry_ids) if entry_id} | {*scan.parts}
        )
    wanted = {position for position, _ in delivery.cells} | {*delivery.dropped, *scan.parts}
    for positions in (*delivery.part_rows.values(), *scan.doubled.values()):
        wanted.update(positions)
    named = {entry.id for entry in changes.entries} | findings.entries()
    named |= {question.entry_id for question in delivery.questions}
    named |= {entry.parent for entry in changes.entries if entry.parent is not None}
    for entry_id in named:
        if entry_id in scan.positions:
            wanted.add(scan.positions[entry_id])
        wanted.update(scan.parts_of.get(entry_id, ()))
    wanted.update(
        question.position for question in delivery.questions if question.position is not None
    )
    return sorted(wanted)


def plan_refresh(
    reading: WorkbookReading,
    changes: LedgerChanges,
    delivery: Delivery,
    findings: Findings,
    now: datetime,
) -> WritePlan:
    """Return what to write; `now` is an aware instant in UTC."""
    entries = {entry.id: entry for entry in changes.entries}
    names = {account.id: account.name for account in changes.accounts}
    before = reading.state
    merge = merge_ledger(
        reading.scan,
        reading.rows,
        reading.removed,
        delivery,
        entries,
        names,
        is_whole=changes.is_whole,
        new_epoch=bool(before.epoch) and before.epoch != changes.epoch,
    )
    accounts = plan_accounts(
        changes.accounts, reading.accounts.rows, reading.accounts.first_row, merge.counted()
    )
    state = replace(
        before,
        template_version=TEMPLATE_VERSION,
        workbook=reading.workbook,
        ledger=changes.ledger,
        epoch=changes.epoch,
        cursor=changes.cursor,
        seal=seal_rows(merge.rows_after()),
    )
    deleted = deleted_questions(before, reading.scan, entries, merge.appended, changes, findings)
    wanted = plan_review(reading, (*delivery.questions, *deleted), names, findings, merge)
    review = None if _stands(reading.review, wanted) else wanted
    lines = len(wanted)
    log = _log_row(reading.state, merge, changes.version, now)
    return _written(reading.state, state, merge, accounts, log, review=review, lines=lines)


def _stands(review: Sequence[ReviewRow], wanted: Sequence[Row]) -> bool:
    """Whether Review says already what it should."""
    return len(review) == len(wanted) and all(
        same_cell(cell, wish)
        for row, wishes in zip(review, wanted, strict=True)
        for cell, wish in zip(row.cells, wishes, strict=True)
    )


def _log_row(before: WorkbookState, merge: LedgerMerge, version: int, now: datetime) -> LogRow:
    return LogRow(
        when=now.replace(tzinfo=None, microsecond=0),
        what="Refreshed" if before.ledger else _FIRST_SIGHT,
        added=len(merge.appended) + len(merge.moved_back),
        changed=merge.changed,
        removed=len(merge.moved_out),
        kept=merge.kept,
        version=version,
    )


def _written(
    before: WorkbookState,
    state: WorkbookState,
    merge: LedgerMerge,
    accounts: AccountsPlan,
    log: LogRow,
    *,
    review: Sequence[Row] | None,
    lines: int,
) -> WritePlan:
    moves = merge.moved_out or merge.moved_back or merge.removed_updates
    writes_rows = bool(merge.updates or merge.appended or moves or not accounts.is_empty)
    return WritePlan(
        updates={at: cells for at, cells in merge.updates.items() if at not in merge.moved_out},
        appended=merge.appended,
        moved_out=_moved(merge.moved_out),
        moved_back=_moved(merge.moved_back),
        removed_updates=merge.removed_updates,
        today=log.when.date(),
        review=review,
        review_lines=lines,
        accounts=accounts,
        log=log if writes_rows else None,
        state=state,
        added=log.added,
        changed=log.changed,
        removed=log.removed,
        kept=log.kept,
        is_empty=not writes_rows and review is None and not state.says_more_than(before),
    )


def _moved(rows: Mapping[int, Row]) -> list[MovedRow]:
    return [MovedRow(position=position, cells=cells) for position, cells in sorted(rows.items())]
