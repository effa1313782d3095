"""
The merge: what to write into a workbook so that it shows the server's ledger and loses nothing of its user's. Pure.

Rows are found by Entry ID, wherever they were sorted to. A cell that the user edited stays; the rest of its row
follows the server. A withdrawn entry's row stays too, with "removed" in Status: it counts in no sum, and whatever
the user wrote beside it is still there. A row without an Entry ID, or with one that the server never gave, is the
user's own and is left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from excel_client.wire_format import Account, LedgerEntry
from excel_client.write_plan.accounts_plan import ACCOUNTS_ORDER, AccountsPlan, plan_accounts
from excel_client.write_plan.cells import (
    BASE_INDEX,
    ENTRY_ID_INDEX,
    LEDGER_ORDER,
    STATUS_INDEX,
    STATUS_REMOVED,
    Cell,
    Row,
    ledger_rows,
    same_cell,
)
from excel_client.write_plan.row_base import Digests, RowBase, canonical_text, read_base
from excel_client.write_plan.workbook_state import LedgerKeys, WorkbookState, seal_rows
from workbooks.sheet_map import EDITABLE_COLUMNS, AccountsColumn

__all__ = [
    "AccountsTableRows",
    "LedgerChanges",
    "LogRow",
    "WorkbookReading",
    "WritePlan",
    "accounts_renamed",
    "count_edits",
    "plan_refresh",
    "rows_to_read",
    "rows_with_formulas",
]

_EDITABLE: Final = tuple((LEDGER_ORDER.index(column), column) for column in EDITABLE_COLUMNS)
_EDITABLE_INDEXES: Final = frozenset(index for index, _ in _EDITABLE)
_STATED_INDEXES: Final = tuple(
    index
    for index in range(len(LEDGER_ORDER))
    if index not in _EDITABLE_INDEXES and index not in {BASE_INDEX, ENTRY_ID_INDEX}
)


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
    keys: LedgerKeys = field(repr=False)
    #: Owned cells, in the order of LEDGER_ORDER, by the row's position: at least those of `rows_to_read`.
    rows: Mapping[int, Sequence[object]] = field(repr=False)
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
            position: sorted(_EDITABLE_INDEXES & cells.keys())
            for position, cells in self.updates.items()
        }
        return {position: indexes for position, indexes in found.items() if indexes}


@dataclass(slots=True)
class _Merge:
    """The updates of the Ledger as they gather."""

    updates: dict[int, dict[int, Cell]] = field(default_factory=dict)
    new_bases: dict[int, str] = field(default_factory=dict)
    changed: int = 0
    removed: int = 0
    kept: int = 0

    def put(self, position: int, cells: dict[int, Cell]) -> None:
        if not cells:
            return
        self.updates[position] = cells
        base = cells.get(BASE_INDEX)
        if isinstance(base, str):
            self.new_bases[position] = base


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


def rows_to_read(
    positions: Mapping[str, int], keys: LedgerKeys, changes: LedgerChanges
) -> list[int]:
    """Return the positions of the rows whose cells the plan has to see, ascending."""
    if changes.is_whole:
        return [at for at, entry_id in enumerate(keys.entry_ids) if entry_id]
    known = {positions.get(entry.id) for entry in changes.entries}
    return sorted(position for position in known if position is not None)


def plan_refresh(
    reading: WorkbookReading, positions: Mapping[str, int], changes: LedgerChanges, now: datetime
) -> WritePlan:
    """Return what to write; `positions` are those of `reading.keys`, and `now` is an aware instant in UTC."""
    digests = Digests()
    latest = {entry.id: entry for entry in changes.entries}
    names = {account.id: account.name for account in changes.accounts}
    known = [entry for entry in latest.values() if entry.id in positions]
    new = [entry for entry in latest.values() if entry.id not in positions and not entry.removed]
    new.sort(key=lambda entry: (entry.posted_on, entry.id))
    appended = ledger_rows(new, names, digests)
    merge = _Merge()
    for row in ledger_rows(known, names, digests):
        entry_id = row[ENTRY_ID_INDEX]
        assert isinstance(entry_id, str), "a row of ours has its Entry ID"
        position = positions[entry_id]
        _merge_row(merge, position, reading.rows[position], row, digests)
    if changes.is_whole:
        _remove_unlisted(merge, reading, positions, latest)
    accounts = plan_accounts(changes.accounts, reading.accounts.rows, reading.accounts.first_row)
    state = replace(
        reading.state,
        ledger=changes.ledger,
        epoch=changes.epoch,
        cursor=changes.cursor,
        seal=seal_rows(_rows_after(reading.keys, merge.new_bases, appended)),
    )
    writes_cells = bool(merge.updates or appended or not accounts.is_empty)
    log = LogRow(
        when=now.replace(tzinfo=None, microsecond=0),
        what="Filled" if not reading.state.ledger else "Refreshed",
        added=len(appended),
        changed=merge.changed,
        removed=merge.removed,
        kept=merge.kept,
        version=changes.version,
    )
    return WritePlan(
        updates=merge.updates,
        appended=appended,
        accounts=accounts,
        log=log if writes_cells else None,
        state=state,
        added=len(appended),
        changed=merge.changed,
        removed=merge.removed,
        kept=merge.kept,
        is_empty=not writes_cells and not state.says_more_than(reading.state),
    )


def _merge_row(
    merge: _Merge, position: int, found: Sequence[object], wanted: Row, digests: Digests
) -> None:
    """Gather what makes a row say what the server says, but for the cells that its user edited."""
    cells = {
        index: wanted[index]
        for index in _STATED_INDEXES
        if not same_cell(found[index], wanted[index])
    }
    base = read_base(found[BASE_INDEX])
    stated = read_base(wanted[BASE_INDEX])
    assert stated is not None, "a base of our own making can be read"
    kept_digests = list(stated.digests)
    for field_number, (index, column) in enumerate(_EDITABLE):
        here = digests[canonical_text(column, found[index])]
        if here == stated.digests[field_number]:
            continue
        if base is not None and here == base.digests[field_number]:
            cells[index] = wanted[index]
            continue
        # An edit: it stays, and it keeps its base, so that it is an edit the next time too.
        merge.kept += 1
        if base is not None:
            kept_digests[field_number] = base.digests[field_number]
    was_removed = found[STATUS_INDEX] == STATUS_REMOVED
    if wanted[STATUS_INDEX] == STATUS_REMOVED and not was_removed:
        merge.removed += 1
    elif cells:
        merge.changed += 1
    new_base = RowBase(version=stated.version, digests=tuple(kept_digests)).text()
    if found[BASE_INDEX] != new_base:
        cells[BASE_INDEX] = new_base
    merge.put(position, cells)


def _remove_unlisted(
    merge: _Merge,
    reading: WorkbookReading,
    positions: Mapping[str, int],
    listed: Mapping[str, LedgerEntry],
) -> None:
    """Mark the rows that came from the server once and are not in the whole ledger any more."""
    for entry_id, position in positions.items():
        if entry_id in listed or read_base(reading.keys.bases[position]) is None:
            continue
        if reading.rows[position][STATUS_INDEX] != STATUS_REMOVED:
            merge.removed += 1
            merge.put(position, {STATUS_INDEX: STATUS_REMOVED})


def _rows_after(
    keys: LedgerKeys, new_bases: Mapping[int, str], appended: Sequence[Row]
) -> Iterable[tuple[object, object]]:
    """The (Entry ID, Base) pairs of the Ledger once the plan is carried out."""
    for position, pair in enumerate(zip(keys.entry_ids, keys.bases, strict=True)):
        yield (pair[0], new_bases[position]) if position in new_bases else pair
    for row in appended:
        yield row[ENTRY_ID_INDEX], row[BASE_INDEX]


def count_edits(rows: Iterable[Sequence[object]]) -> int:
    """Return how many cells differ from their base; `rows` hold all owned cells, in the order of LEDGER_ORDER."""
    digests = Digests()
    edits = 0
    for row in rows:
        base = read_base(row[BASE_INDEX])
        if base is None:
            continue
        edits += sum(
            digests[canonical_text(column, row[index])] != digest
            for (index, column), digest in zip(_EDITABLE, base.digests, strict=True)
        )
    return edits
