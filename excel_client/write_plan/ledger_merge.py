"""
The Ledger table merged with what the server said: rows updated, added, moved to Removed and back. Pure.

Rows are found by Entry ID, wherever they were sorted to. A row without one, or with one that the server never gave,
is the user's own and is left alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from excel_client.wire_format import LedgerEntry
from excel_client.write_plan.cells import (
    ACCOUNT_ID_INDEX,
    AMOUNT_INDEX,
    BASE_INDEX,
    ENTRY_ID_INDEX,
    LEDGER_ORDER,
    PARENT_ID_INDEX,
    PROOF_DATE_INDEX,
    STATUS_INDEX,
    Cell,
    Row,
    entry_id_of,
    ledger_rows,
    same_cell,
    sheet_date,
)
from excel_client.write_plan.pushing import Delivery
from excel_client.write_plan.row_base import Digests, read_base
from excel_client.write_plan.row_merge import Settled, merge_row, settle_row
from excel_client.write_plan.scanning import LedgerScan
from workbooks.formulas import COUNTED
from workbooks.sheet_map import LedgerColumn, StatusWord

__all__ = ["LedgerMerge", "MovedRow", "merge_ledger"]

_DESCRIPTION: Final = LEDGER_ORDER.index(LedgerColumn.DESCRIPTION)
_NOTES: Final = LEDGER_ORDER.index(LedgerColumn.NOTES)
_REMOVED: Final = StatusWord.REMOVED


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedRow:
    """A row that goes to another table, with everything that the user wrote beside it."""

    #: Where it stands now, counted from 0.
    position: int
    #: Its owned cells as they will stand, in the order of LEDGER_ORDER.
    cells: Row = field(repr=False)


@dataclass(slots=True, kw_only=True)
class LedgerMerge:
    """The changes of the Ledger and of Removed as they gather."""

    scan: LedgerScan
    rows: Mapping[int, Sequence[object]]
    removed_rows: Sequence[Sequence[object]]
    delivery: Delivery
    new_epoch: bool
    digests: Digests
    names: Mapping[str, str]
    #: Columns in which the ledger's word has the last say, by row.
    delivered_of: Mapping[int, set[int]]
    updates: dict[int, dict[int, Cell]] = field(default_factory=dict)
    appended: list[Row] = field(default_factory=list)
    #: From the Ledger to Removed, by position.
    moved_out: dict[int, Row] = field(default_factory=dict)
    #: From Removed to the Ledger, by position in Removed.
    moved_back: dict[int, Row] = field(default_factory=dict)
    #: Cells of Removed to write.
    removed_updates: dict[int, dict[int, Cell]] = field(default_factory=dict)
    changed: int = 0
    kept: int = 0

    def put(self, position: int, cells: Mapping[int, Cell]) -> None:
        """Write cells of a row, beside those that are written already."""
        if cells:
            self.updates.setdefault(position, {}).update(cells)

    def settled(self, position: int) -> Settled:
        """What is known of a row's edits."""
        return Settled(
            delivered=self.delivered_of.get(position, frozenset()),
            open_shape=position in self.delivery.open_shapes,
            new_epoch=self.new_epoch,
        )

    def rows_after(self) -> Iterator[tuple[object, object]]:
        """The (Entry ID, Base) pairs of the Ledger once everything is carried out."""
        keys = self.scan.keys
        for position, pair in enumerate(zip(keys.entry_ids, keys.bases, strict=True)):
            if position in self.moved_out:
                continue
            cells = self.updates.get(position)
            if cells is None:
                yield pair
            else:
                yield cells.get(ENTRY_ID_INDEX, pair[0]), cells.get(BASE_INDEX, pair[1])
        for row in (*self.moved_back.values(), *self.appended):
            yield row[ENTRY_ID_INDEX], row[BASE_INDEX]

    def counted(self) -> Counter[str]:
        """How many rows of the Ledger count, by account, once everything is carried out."""
        found: Counter[str] = Counter()
        for position, (account, status) in enumerate(self.scan.standing):
            if position in self.moved_out:
                continue
            cells = self.updates.get(position, {})
            if cells.get(STATUS_INDEX, status) in COUNTED:
                found[str(cells.get(ACCOUNT_ID_INDEX, account))] += 1
        for row in (*self.moved_back.values(), *self.appended):
            if row[STATUS_INDEX] in COUNTED:
                found[str(row[ACCOUNT_ID_INDEX])] += 1
        return found


def merge_ledger(  # noqa: PLR0913 - what a merge is made of
    scan: LedgerScan,
    rows: Mapping[int, Sequence[object]],
    removed_rows: Sequence[Sequence[object]],
    delivery: Delivery,
    entries: Mapping[str, LedgerEntry],
    names: Mapping[str, str],
    *,
    is_whole: bool,
    new_epoch: bool,
) -> LedgerMerge:
    """
    Return what becomes of the rows.

    `entries` are what the server said, by Entry ID: all that are live, or all that changed. `rows` hold the owned
    cells of the rows that `rows_to_read` names.
    """
    delivered_of: dict[int, set[int]] = {}
    for position, index in delivery.cells:
        delivered_of.setdefault(position, set()).add(index)
    merge = LedgerMerge(
        scan=scan,
        rows=rows,
        removed_rows=removed_rows,
        delivery=delivery,
        new_epoch=new_epoch,
        digests=Digests(),
        names=names,
        delivered_of=delivered_of,
    )
    dropped = set(delivery.dropped)
    for position in dropped:
        merge.moved_out[position] = _inert(merge.rows[position])
    parents = _proof_days(merge, entries)
    known = [entry for entry in entries.values() if entry.id in scan.positions]
    for row in ledger_rows(known, names, merge.digests, parents):
        for position in _rows_of(scan, str(row[ENTRY_ID_INDEX])):
            if position not in dropped:
                _merge_known(merge, position, row)
    _settle_unspoken(merge, entries)
    new = {
        entry.id: entry
        for entry in sorted(entries.values(), key=lambda entry: (entry.posted_on, entry.id))
        if entry.id not in scan.positions and not entry.removed
    }
    stated = {
        str(row[ENTRY_ID_INDEX]): row
        for row in ledger_rows(new.values(), names, merge.digests, parents)
    }
    placed = _place_parts(merge, new, stated)
    _bind_parts(merge)
    _move_back(merge, stated, placed)
    merge.appended += [row for entry_id, row in stated.items() if entry_id not in placed]
    _follow_splits(merge, entries, parents)
    if is_whole:
        _remove_unlisted(merge, entries)
    return merge


def _rows_of(scan: LedgerScan, entry_id: str) -> tuple[int, ...]:
    return scan.doubled.get(entry_id) or (scan.positions[entry_id],)


def _inert(found: Sequence[object]) -> Row:
    """A row that is nobody's any more, with all that stands in it."""
    blank = {ENTRY_ID_INDEX: None, BASE_INDEX: None, STATUS_INDEX: _REMOVED}
    return tuple(
        blank.get(index, cell)  # type: ignore[arg-type]  # what a cell holds is a Cell
        for index, cell in enumerate(found)
    )


def _proof_days(merge: LedgerMerge, entries: Mapping[str, LedgerEntry]) -> dict[str, Cell]:
    """The Proof dates of the splits whose parts or whose own row the server spoke of."""
    found: dict[str, Cell] = {}
    for entry in entries.values():
        if entry.role == "split":
            found[entry.id] = sheet_date(entry.statement_on or entry.posted_on)
    for entry in entries.values():
        parent = entry.parent
        if parent is None or parent in found or parent not in merge.scan.positions:
            continue
        row = merge.rows.get(merge.scan.positions[parent])
        day = row[PROOF_DATE_INDEX] if row is not None else None
        if isinstance(day, datetime):
            day = day.date()
        if isinstance(day, date | str):
            found[parent] = day
    return found


def _merge_known(merge: LedgerMerge, position: int, wanted: Row) -> None:
    found = merge.rows[position]
    merged = merge_row(found, wanted, merge.digests, merge.settled(position))
    merge.kept += merged.kept
    if wanted[STATUS_INDEX] == _REMOVED:
        gone = merged.applied_to(found)
        merge.moved_out[position] = (*gone[:STATUS_INDEX], _REMOVED, *gone[STATUS_INDEX + 1 :])
        return
    merge.changed += bool(merged.cells.keys() - {BASE_INDEX})
    merge.put(position, merged.cells)


def _settle_unspoken(merge: LedgerMerge, entries: Mapping[str, LedgerEntry]) -> None:
    """Rows with delivered cells of which the server had nothing new to say."""
    for position, delivered in merge.delivered_of.items():
        entry_id = merge.scan.keys.entry_ids[position]
        if entry_id in entries or entry_id is None:
            continue
        cells: dict[int, Cell] = {}
        blanked = {index for at, index in merge.delivery.blanked if at == position}
        base = settle_row(merge.rows[position], merge.digests, delivered - blanked)
        if base is not None and base != merge.rows[position][BASE_INDEX]:
            cells[BASE_INDEX] = base
        cells |= dict.fromkeys(blanked)
        merge.put(position, cells)


def _place_parts(
    merge: LedgerMerge, new: Mapping[str, LedgerEntry], stated: Mapping[str, Row]
) -> set[str]:
    """Let rows that were typed as parts become the parts that the server made of them; return these."""
    placed: set[str] = set()
    for parent, positions in merge.delivery.part_rows.items():
        parts = [entry_id for entry_id, entry in new.items() if entry.parent == parent]
        parts.sort()
        for position in positions:
            found = merge.rows[position]
            fitting = [part for part in parts if _is_same_amount(stated[part], found)]
            if not fitting:
                # The split was taken back since: what was typed here is kept among what is gone.
                merge.moved_out[position] = _inert(found)
                continue
            best = max(fitting, key=lambda part: _likeness(stated[part], found))
            parts.remove(best)
            placed.add(best)
            cells = {
                index: cell
                for index, cell in enumerate(stated[best])
                if not same_cell(found[index], cell)
            }
            merge.put(position, cells)
            merge.changed += 1
    return placed


def _bind_parts(merge: LedgerMerge) -> None:
    """Write beside rows that are parts to be whose parts they are, before somebody sorts them away."""
    taken = {row for rows in merge.delivery.part_rows.values() for row in rows}
    taken.update(merge.delivery.dropped)
    for position, above in merge.scan.parts.items():
        if position in taken or above is None:
            continue
        if entry_id_of(merge.rows[position][PARENT_ID_INDEX]) is None:
            parent = merge.scan.keys.entry_ids[above]
            merge.put(position, {PARENT_ID_INDEX: entry_id_of(parent)})


def _is_same_amount(stated: Row, found: Sequence[object]) -> bool:
    return same_cell(found[AMOUNT_INDEX], stated[AMOUNT_INDEX])


def _likeness(stated: Row, found: Sequence[object]) -> int:
    """How many of the typed words a part says."""
    return sum(
        same_cell(found[index], stated[index])
        for index in range(_DESCRIPTION, _NOTES + 1)
        if found[index] not in {None, ""}
    )


def _move_back(merge: LedgerMerge, stated: Mapping[str, Row], placed: set[str]) -> None:
    """Rows of Removed whose entry is live again; and those whose `restore` was settled otherwise."""
    for position, row in enumerate(merge.removed_rows):
        entry_id = entry_id_of(row[ENTRY_ID_INDEX])
        wanted = stated.get(entry_id) if entry_id is not None else None
        if entry_id is not None and wanted is not None and entry_id not in placed:
            merged = merge_row(row, wanted, merge.digests, Settled(new_epoch=merge.new_epoch))
            back = merged.applied_to(row)
            merge.moved_back[position] = (
                *back[:STATUS_INDEX],
                wanted[STATUS_INDEX],
                *back[STATUS_INDEX + 1 :],
            )
            merge.kept += merged.kept
            placed.add(entry_id)
        elif position in merge.delivery.restored and row[STATUS_INDEX] != _REMOVED:
            merge.removed_updates[position] = {STATUS_INDEX: _REMOVED}


def _follow_splits(
    merge: LedgerMerge, entries: Mapping[str, LedgerEntry], parents: Mapping[str, Cell]
) -> None:
    """A part counts on the day of its split: it moves with it, though nothing of the part itself changed."""
    for parent, day in parents.items():
        for position in merge.scan.parts_of.get(parent, ()):
            entry_id = merge.scan.keys.entry_ids[position]
            if entry_id in entries or position in merge.moved_out:
                continue
            if not same_cell(merge.rows[position][PROOF_DATE_INDEX], day):
                merge.put(position, {PROOF_DATE_INDEX: day})


def _remove_unlisted(merge: LedgerMerge, listed: Mapping[str, LedgerEntry]) -> None:
    """Move the rows away that came from the server once and are not in the whole ledger any more."""
    for entry_id in merge.scan.positions:
        if entry_id in listed:
            continue
        for position in _rows_of(merge.scan, entry_id):
            if position in merge.moved_out or read_base(merge.scan.keys.bases[position]) is None:
                continue
            found = merge.rows[position]
            gone: Row = tuple(found)  # type: ignore[arg-type]  # what a cell holds is a Cell
            merge.moved_out[position] = (*gone[:STATUS_INDEX], _REMOVED, *gone[STATUS_INDEX + 1 :])
