"""
The first look at the whole Ledger: which cells differ from their base, and which words in Status are gestures. Pure.

It goes through every row at every refresh, so it makes no more of a row than it has to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from excel_client.write_plan.cells import LEDGER_ORDER, entry_id_of
from excel_client.write_plan.row_base import Digests, canonical_text, read_base
from excel_client.write_plan.workbook_state import LedgerKeys
from workbooks.sheet_map import EDITABLE_COLUMNS, LedgerColumn, StatusWord

__all__ = ["SCANNED", "LedgerScan", "ScannedRow", "scan_ledger", "status_word"]

#: The columns that are read of every row, side by side in the template.
SCANNED: Final = (
    *EDITABLE_COLUMNS,
    LedgerColumn.STATUS,
    LedgerColumn.ENTRY_ID,
    LedgerColumn.ACCOUNT_ID,
    LedgerColumn.PARENT_ID,
    LedgerColumn.BASE,
)

ScannedRow = Sequence[object]

_STATUS: Final = SCANNED.index(LedgerColumn.STATUS)
_ID: Final = SCANNED.index(LedgerColumn.ENTRY_ID)
_ACCOUNT: Final = SCANNED.index(LedgerColumn.ACCOUNT_ID)
_PARENT: Final = SCANNED.index(LedgerColumn.PARENT_ID)
_BASE: Final = SCANNED.index(LedgerColumn.BASE)
_FIELDS: Final = len(EDITABLE_COLUMNS)
_REVIEWED: Final = EDITABLE_COLUMNS.index(LedgerColumn.REVIEWED)
_MATCH: Final = EDITABLE_COLUMNS.index(LedgerColumn.MATCH)
#: What the server states; nothing to look at.
_STATED: Final = frozenset(
    {StatusWord.POSTED, StatusWord.PENDING, StatusWord.SPLIT, StatusWord.ADJUSTMENT}
)
_SAYS_NOTHING: Final = _STATED | {"", StatusWord.REMOVED}
_GESTURES: Final = frozenset({StatusWord.REMOVE, StatusWord.WHOLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerScan:
    """What stands out in the Ledger; rows are named by their positions, counted from 0."""

    keys: LedgerKeys = field(repr=False)
    #: The first row of each entry.
    positions: Mapping[str, int] = field(repr=False)
    #: Entries that stand here more than once, with all their rows.
    doubled: Mapping[str, tuple[int, ...]]
    #: Rows with cells that differ from their base: the places of these in EDITABLE_COLUMNS.
    edited: Mapping[int, tuple[int, ...]]
    #: Rows whose base holds the version of an edit that a person has since taken back, by the places of these: the
    #: cell says what the ledger once said, and the ledger may say something else by now.
    taken_back: Mapping[int, tuple[int, ...]]
    #: Rows of ours in whose Status somebody typed a word.
    statuses: Mapping[int, str]
    #: Rows that were typed as parts, each with the row of the entry that it is a part of, or None. A refresh that
    #: leaves it a part to be writes that entry's id beside it: then it may be sorted to wherever.
    parts: Mapping[int, int | None]
    #: Words in Match that stand in an edited cell: every row that says the word.
    matched: Mapping[str, tuple[int, ...]]
    #: The rows of the parts that a split has in the workbook, by its Entry ID.
    parts_of: Mapping[str, tuple[int, ...]]
    #: Account ID and Status of every row.
    standing: Sequence[tuple[object, object]] = field(repr=False)

    def to_read(self) -> list[int]:
        """The rows that have to be seen whole, ascending."""
        wanted = {*self.edited, *self.statuses, *self.parts}
        for rows in (*self.matched.values(), *self.doubled.values()):
            wanted.update(rows)
        for parent in filter(None, (self._entry_at(at) for at in set(self.parts.values()))):
            wanted.add(self.positions[parent])
            wanted.update(self.parts_of.get(parent, ()))
        return sorted(wanted)

    def _entry_at(self, position: int | None) -> str | None:
        return None if position is None else entry_id_of(self.keys.entry_ids[position])

    def count(self) -> int:
        """How many cells and gestures of a person's stand here that the server did not hear of."""
        gestures = sum(word in _GESTURES for word in self.statuses.values())
        return sum(map(len, self.edited.values())) + gestures + len(self.parts)


def status_word(cell: object) -> str:
    """Return what a person typed in Status, or "" where it says nothing."""
    return str(cell).strip().casefold() if cell is not None else ""


def scan_ledger(first_row: int, rows: Sequence[ScannedRow], digests: Digests) -> LedgerScan:
    """Look through the rows of the Ledger, given in the order of SCANNED."""
    ids = _entry_ids(rows)
    keys = LedgerKeys(first_row=first_row, entry_ids=ids, bases=[row[_BASE] for row in rows])
    positions, doubled = keys.positions()
    edited: dict[int, tuple[int, ...]] = {}
    statuses: dict[int, str] = {}
    parts: dict[int, int | None] = {}
    parts_of: dict[str, list[int]] = {}
    held: dict[int, frozenset[int]] = {}
    cell_digests = _CellDigests(digests)
    above: int | None = None
    for position, row in enumerate(rows):
        status = row[_STATUS]
        if ids[position] is None:
            if status not in _STATED and status_word(status) == StatusWord.PART:
                bound = entry_id_of(row[_PARENT])
                parts[position] = above if bound is None else positions.get(bound)
            continue
        parent = entry_id_of(row[_PARENT])
        if parent is None:
            above = position
        else:
            parts_of.setdefault(parent, []).append(position)
            above = positions.get(parent, position)
        found = _edited_places(row, cell_digests)
        if found is None:
            continue
        if found:
            edited[position] = found
        if ";" in str(row[_BASE]):
            read = read_base(row[_BASE])
            held[position] = frozenset(read.held if read else ())
        if status not in _STATED:
            word = status_word(status)
            if word not in _SAYS_NOTHING:
                statuses[position] = word
    return LedgerScan(
        keys=keys,
        positions=positions,
        doubled=doubled,
        edited=edited,
        taken_back=_taken_back(held, edited, {*statuses, *parts.values()}),
        statuses=statuses,
        parts=parts,
        matched=_matched(rows, edited, ids),
        parts_of={parent: tuple(found) for parent, found in parts_of.items()},
        standing=[(row[_ACCOUNT], row[_STATUS]) for row in rows],
    )


def _entry_ids(rows: Sequence[ScannedRow]) -> list[str | None]:
    """The Entry ID of each row; a copy of an entry's row that was made a part of it has none of its own."""
    ids = [entry_id_of(row[_ID]) for row in rows]
    copies = [
        position
        for position, row in enumerate(rows)
        if ids[position] is not None
        and row[_STATUS] not in _STATED
        and status_word(row[_STATUS]) == StatusWord.PART
    ]
    if copies:
        made_parts = set(copies)
        whole = {each for position, each in enumerate(ids) if position not in made_parts}
        for position in copies:
            if ids[position] in whole:
                ids[position] = None
    return ids


class _CellDigests:
    """Digests of cells as they are read: most are blank, a tick, or a text that was seen before."""

    def __init__(self, digests: Digests) -> None:
        self._digests = digests
        self._of_texts: tuple[dict[str, str], ...] = tuple({} for _ in EDITABLE_COLUMNS)
        self._of_blank = digests[""]
        self._of_ticked = digests[canonical_text(LedgerColumn.REVIEWED, "TRUE")]

    def of(self, place: int, cell: object) -> str:
        if cell is None:
            return self._of_blank
        if type(cell) is str:
            known = self._of_texts[place]
            digest = known.get(cell)
            if digest is None:
                digest = self._digests[canonical_text(EDITABLE_COLUMNS[place], cell)]
                known[cell] = digest
            return digest
        if place == _REVIEWED and type(cell) is bool:
            return self._of_ticked if cell else self._of_blank
        return self._digests[canonical_text(EDITABLE_COLUMNS[place], cell)]


def _edited_places(row: ScannedRow, digests: _CellDigests) -> tuple[int, ...] | None:
    """Return which editable cells differ from the base; None where there is no base to go by."""
    base = row[_BASE]
    if type(base) is not str:
        return None
    here = [digests.of(place, row[place]) for place in range(_FIELDS)]
    # Most rows are as they were written: their digests are the text behind the version.
    if base.partition(":")[2] == ":".join(here):
        return ()
    read = read_base(base)
    if read is None:
        return None
    return tuple(at for at in range(_FIELDS) if here[at] != read.digests[at])


def _taken_back(
    held: Mapping[int, frozenset[int]],
    edited: Mapping[int, tuple[int, ...]],
    changing_shape: set[int | None],
) -> dict[int, tuple[int, ...]]:
    found = {}
    for position, places in held.items():
        open_ones = {*edited.get(position, ())}
        if position in changing_shape:
            open_ones.add(_FIELDS)
        if places - open_ones:
            found[position] = tuple(sorted(places - open_ones))
    return found


def _matched(
    rows: Sequence[ScannedRow],
    edited: Mapping[int, tuple[int, ...]],
    ids: Sequence[str | None],
) -> dict[str, tuple[int, ...]]:
    words = {
        canonical_text(LedgerColumn.MATCH, rows[position][_MATCH])
        for position, places in edited.items()
        if _MATCH in places
    } - {""}
    if not words:
        return {}
    found: dict[str, list[int]] = {word: [] for word in words}
    for position, row in enumerate(rows):
        word = canonical_text(LedgerColumn.MATCH, row[_MATCH])
        if word in words and ids[position] is not None:
            found[word].append(position)
    return {word: tuple(positions) for word, positions in found.items()}


assert set(SCANNED) <= set(LEDGER_ORDER), "columns of the Ledger"
