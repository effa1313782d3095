"""
An edit that was found in the workbook, with the cells that it stands in, and what the sheet says about it. Pure.

Its id follows from what it is: entry, kind, the version that it is based on, and the new word. Whoever sends it, from
whatever copy and however often, sends the same edit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

import msgspec

from excel_client.wire_format import EditToSend
from excel_client.write_plan.questions import (
    Question,
    QuestionKind,
    ReviewRow,
    named_id,
    question_id,
)
from excel_client.write_plan.row_base import RowBase
from excel_client.write_plan.scanning import LedgerScan
from workbooks.sheet_map import DecisionWord, LedgerColumn

__all__ = ["SHAPE_PLACE", "FoundEdit", "FoundEdits", "Place", "SheetFacts", "found_edit"]

#: Beside the editable fields a base holds the version of one thing more: what the entry is, and that it is there.
SHAPE_PLACE: Final = 6

#: A cell of the Ledger: the row's position, and the column's in LEDGER_ORDER.
Place = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetFacts:
    """What the search for edits goes by."""

    scan: LedgerScan
    #: Owned cells, in the order of LEDGER_ORDER, by the row's position: those of `scan.to_read()`.
    rows: Mapping[int, Sequence[object]] = field(repr=False)
    #: Editable cells that hold a formula; what it comes to was typed by nobody and is not sent.
    formulas: frozenset[Place]
    #: Rows of Removed, in the order of LEDGER_ORDER.
    removed: Sequence[Sequence[object]] = field(repr=False)
    review: Sequence[ReviewRow] = field(repr=False)
    #: The ledger's version up to which the workbook has seen every change.
    seen_version: int

    def decision(self, kind: QuestionKind, key: str) -> DecisionWord | None:
        """What a person decided about a question, if the question was put and answered."""
        wanted = question_id(kind, key)
        return next((row.decision for row in self.review if row.question_id == wanted), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundEdit:
    """One edit, and where it stands."""

    wire: EditToSend
    #: Cells that say nothing of their own any more once it is delivered.
    cells: tuple[Place, ...] = ()
    #: Of these, those that the ledger, having taken it, says nothing in: of a merger's rows one stays as it was.
    blanks: tuple[Place, ...] = ()
    #: Rows that were typed as parts.
    part_rows: tuple[int, ...] = ()
    #: The row of the Ledger to name in Review, or None.
    position: int | None = None
    #: The row of Removed that it stands in, or None.
    removed_row: int | None = None
    column: str = ""
    here: str = field(default="", repr=False)
    #: A person said yes to this one, or mine.
    decided: bool = False
    #: A person said theirs: it is not sent, and the ledger's word takes its place.
    given_up: bool = False
    #: What questions about it are known by: its id as it was found.
    question_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundEdits:
    """Everything that a workbook has to say."""

    edits: tuple[FoundEdit, ...]
    #: Cells whose edit a person took back: the ledger's word is to stand there, whatever it is by now.
    taken_back: tuple[Place, ...]
    #: What can't be sent as it stands, and why.
    questions: tuple[Question, ...]
    #: Copies of rows that a person said to do away with.
    copies: tuple[int, ...] = ()


def found_edit(  # noqa: PLR0913 - what an edit is made of
    facts: SheetFacts,
    base: RowBase | None,
    place: int,
    wire: EditToSend,
    *,
    cells: tuple[Place, ...] = (),
    blanks: tuple[Place, ...] = (),
    part_rows: tuple[int, ...] = (),
    position: int | None = None,
    removed_row: int | None = None,
    others: Sequence[RowBase | None] = (),
    column: str = LedgerColumn.STATUS,
    here: str = "",
    decided: bool = False,
) -> FoundEdit:
    """
    Return an edit with its id and the version that it is based on.

    `others` are the bases of the other rows of a merger or a transfer, in the order of the wire.
    Where a person saw the ledger's word and said mine, it is based on the version that the row shows now; where they
    said theirs, it is given up.
    """
    based_on = base.version_of(place) if base else 0
    if removed_row is not None:
        # A row in Removed shows an entry that is gone, and all that happened to it up to here was seen.
        based_on = max(based_on, facts.seen_version)
    content = msgspec.structs.replace(wire, id="", base=0)
    said = blake2b(msgspec.json.encode(content), digest_size=16).hexdigest()

    def id_of(version: int) -> str:
        return named_id("edit", wire.entry, wire.kind, str(version), said)

    found_id = id_of(based_on)
    decision = facts.decision(QuestionKind.CONFLICT, found_id)
    refused = facts.decision(QuestionKind.REFUSED, found_id)
    if decision is DecisionWord.MINE and base is not None:
        based_on = max(base.version, based_on)
        decided = True
    # Beside "mine" stands what the other rows show now.
    other_bases = tuple(
        (other.version if decided else other.version_of(place)) if other else 0 for other in others
    )
    return FoundEdit(
        wire=msgspec.structs.replace(
            wire, id=id_of(based_on), base=based_on, other_bases=other_bases
        ),
        cells=cells,
        blanks=blanks,
        part_rows=part_rows,
        position=position,
        removed_row=removed_row,
        column=column,
        here=here,
        decided=decided,
        given_up=DecisionWord.THEIRS in {decision, refused},
        question_key=found_id,
    )
