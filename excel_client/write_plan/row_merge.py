"""
One row: what the server says, what stands there, and what of it a person typed. Pure.

A cell that differs from its base is an edit and stays; the rest of the row follows the server. An edit that was
delivered is none any more: there a later word of somebody else wins. An edit that stays while its row moves on keeps
the version that it is based on.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from excel_client.write_plan.cells import (
    BASE_INDEX,
    EDITABLE,
    ENTRY_ID_INDEX,
    LEDGER_ORDER,
    STATUS_INDEX,
    Cell,
    Row,
    same_cell,
)
from excel_client.write_plan.found_edits import SHAPE_PLACE
from excel_client.write_plan.row_base import Digests, RowBase, canonical_text, read_base
from excel_client.write_plan.scanning import status_word
from workbooks.sheet_map import StatusWord

__all__ = ["EDITABLE_INDEXES", "MergedRow", "Settled", "merge_row", "settle_row"]

EDITABLE_INDEXES: Final = frozenset(index for index, _ in EDITABLE)
_STATED_INDEXES: Final = tuple(
    index
    for index in range(len(LEDGER_ORDER))
    if index not in EDITABLE_INDEXES and index not in {BASE_INDEX, ENTRY_ID_INDEX, STATUS_INDEX}
)
_GESTURES: Final = frozenset({StatusWord.REMOVE, StatusWord.WHOLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What is known of a row's edits."""

    #: Columns, by their place in LEDGER_ORDER, in which the ledger's word has the last say.
    delivered: Collection[int] = frozenset()
    #: Whether an edit of its shape was not delivered.
    open_shape: bool = False
    #: Whether the server began a new life: then the versions in bases mean nothing to it.
    new_epoch: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedRow:
    """What becomes of a row."""

    #: Cells to write, by the column's place in LEDGER_ORDER.
    cells: dict[int, Cell] = field(repr=False)
    #: Cells that stay as a person typed them.
    kept: int

    def applied_to(self, found: Sequence[object]) -> Row:
        """The whole row as it will stand."""
        return tuple(
            self.cells.get(index, cell)  # type: ignore[arg-type]  # what a cell holds is a Cell
            for index, cell in enumerate(found)
        )


def merge_row(
    found: Sequence[object], wanted: Row, digests: Digests, settled: Settled
) -> MergedRow:
    """Return what makes a row say what the server says, but for the cells that its user edited."""
    cells: dict[int, Cell] = {
        index: wanted[index]
        for index in _STATED_INDEXES
        if not same_cell(found[index], wanted[index])
    }
    base = read_base(found[BASE_INDEX])
    stated = read_base(wanted[BASE_INDEX])
    assert stated is not None, "a base of our own making can be read"
    kept_digests = list(stated.digests)
    held: dict[int, int] = {}
    kept = 0
    for place, (index, column) in enumerate(EDITABLE):
        here = digests[canonical_text(column, found[index])]
        if here == stated.digests[place]:
            continue
        known = base.digests[place] if base is not None else None
        if here == known or index in settled.delivered:
            cells[index] = wanted[index]
            continue
        # An edit: it stays, and it keeps its base, so that it is an edit the next time too.
        kept += 1
        if known is not None:
            kept_digests[place] = known
        based_on = _based_on(base, place, settled, same=known == stated.digests[place])
        if based_on is not None:
            held[place] = based_on
    typed = status_word(found[STATUS_INDEX]) in _GESTURES
    stays = typed and STATUS_INDEX not in settled.delivered
    kept += stays
    if not stays and not same_cell(found[STATUS_INDEX], wanted[STATUS_INDEX]):
        cells[STATUS_INDEX] = wanted[STATUS_INDEX]
    if settled.open_shape:
        based_on = _based_on(base, SHAPE_PLACE, settled, same=True)
        if based_on is not None:
            held[SHAPE_PLACE] = based_on
    held = {place: version for place, version in held.items() if version < stated.version}
    new_base = RowBase(version=stated.version, digests=tuple(kept_digests), held=held).text()
    if found[BASE_INDEX] != new_base:
        cells[BASE_INDEX] = new_base
    return MergedRow(cells=cells, kept=kept)


def _based_on(base: RowBase | None, place: int, settled: Settled, *, same: bool) -> int | None:
    """
    The version that an edit stays based on; None for the one that the row has now.

    In a new life of the server only the word itself can be compared: where it is still the one that the person saw
    (`same`) the edit is based on what is there now, else on nothing, and then it is asked about.
    """
    if base is None:
        return 0
    if settled.new_epoch:
        return None if same else 0
    return base.version_of(place)


def settle_row(found: Sequence[object], digests: Digests, delivered: Collection[int]) -> Cell:
    """Return the base of a row that the server did not speak of, with its delivered cells as its own words."""
    base = read_base(found[BASE_INDEX])
    if base is None:
        return None
    named = list(base.digests)
    for place, (index, column) in enumerate(EDITABLE):
        if index in delivered:
            named[place] = digests[canonical_text(column, found[index])]
    places = {place for place, (index, _) in enumerate(EDITABLE) if index in delivered}
    if STATUS_INDEX in delivered:
        places.add(SHAPE_PLACE)
    held = {place: version for place, version in base.held.items() if place not in places}
    return RowBase(version=base.version, digests=tuple(named), held=held).text()
