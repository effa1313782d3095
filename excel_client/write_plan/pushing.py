"""
What of the found edits is sent now, in which requests, and what the answers mean for the workbook. Pure.

More than 50 edits wait for one yes to all of them, apart from those that a person decided on one by one. What was
applied, now or before, or is so already, is delivered: its cells hold nothing of their own any more. A conflict and a
refusal stay in their cells, and become questions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from excel_client.wire_format import (
    EDITS_PER_REQUEST_MAX,
    EDITS_WITHOUT_CONFIRMATION,
    EditResult,
    EditsToSend,
    EditToSend,
)
from excel_client.write_plan.found_edits import FoundEdit, FoundEdits, Place, SheetFacts
from excel_client.write_plan.questions import Question, QuestionKind, named_id
from excel_client.write_plan.scanning import LedgerScan
from workbooks.sheet_map import DecisionWord, LedgerColumn

__all__ = ["Delivery", "Outgoing", "choose_outgoing", "deliver", "keep_all", "requests_of"]

#: A request's body stays well below what the server takes.
_REQUEST_BYTES_MAX: Final = 4 * 1024 * 1024
_DELIVERED: Final = frozenset({"applied", "repeated", "nothing"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """What is sent now."""

    edits: tuple[FoundEdit, ...]
    #: A person saw how many there are, and said yes.
    confirmed: bool
    #: What waits for that yes.
    waiting: tuple[FoundEdit, ...] = ()
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What the workbook may take for settled, once the server has answered."""

    #: Cells of the Ledger in which the ledger's word has the last say.
    cells: frozenset[Place] = frozenset()
    #: Of these, those that the ledger says nothing in, whether or not it speaks of their row.
    blanked: frozenset[Place] = frozenset()
    #: Rows typed as parts that are parts now, by the Entry ID of their split.
    part_rows: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    #: Rows of the Ledger with an edit of their shape that was not delivered.
    open_shapes: frozenset[int] = frozenset()
    #: Rows of Removed whose `restore` was delivered.
    restored: frozenset[int] = frozenset()
    #: Entries whose rows must be seen again, even if nothing of them changed since.
    needed: frozenset[str] = frozenset()
    #: Rows to do away with: copies, and parts that a person gave up.
    dropped: tuple[int, ...] = ()
    questions: tuple[Question, ...] = ()
    sent: int = 0
    #: Edits that are still the workbook's own.
    waiting: int = 0


def choose_outgoing(facts: SheetFacts, found: FoundEdits) -> Outgoing:
    """Return what is sent now."""
    sendable = [edit for edit in found.edits if not edit.given_up]
    undecided = [edit for edit in sendable if not edit.decided]
    if len(undecided) <= EDITS_WITHOUT_CONFIRMATION:
        return Outgoing(edits=tuple(sendable), confirmed=len(sendable) > EDITS_WITHOUT_CONFIRMATION)
    key = named_id(*sorted(edit.wire.id for edit in undecided))
    if facts.decision(QuestionKind.MANY, key) is DecisionWord.YES:
        return Outgoing(edits=tuple(sendable), confirmed=True)
    decided = tuple(edit for edit in sendable if edit.decided)
    asked = Question(kind=QuestionKind.MANY, key=key, here=f"{len(undecided)} changes")
    return Outgoing(
        edits=decided,
        confirmed=len(decided) > EDITS_WITHOUT_CONFIRMATION,
        waiting=tuple(undecided),
        questions=(asked,),
    )


def requests_of(outgoing: Outgoing) -> Iterator[EditsToSend]:
    """Yield the requests that carry the edits: one, unless they are too many or too long for it."""
    some: list[EditToSend] = []
    size = 0
    for edit in outgoing.edits:
        length = len(msgspec.json.encode(edit.wire))
        if some and (len(some) == EDITS_PER_REQUEST_MAX or size + length > _REQUEST_BYTES_MAX):
            yield EditsToSend(edits=tuple(some), confirmed=outgoing.confirmed)
            some, size = [], 0
        some.append(edit.wire)
        size += length
    if some:
        yield EditsToSend(edits=tuple(some), confirmed=outgoing.confirmed)


def keep_all(scan: LedgerScan, found: FoundEdits) -> Delivery:
    """Return the delivery of a workbook that sends nothing."""
    return Delivery(
        cells=frozenset(found.taken_back),
        open_shapes=_open_shapes(scan, found.edits, ()),
        needed=_needed(scan, (), found),
        waiting=scan.count(),
    )


def _open_shapes(
    scan: LedgerScan, left: Iterable[FoundEdit], settled: Iterable[FoundEdit]
) -> frozenset[int]:
    """Rows that a person is changing the shape of: with a word in Status, or with rows typed below them."""
    typed = {
        edit.position
        for edit in left
        if edit.position is not None and edit.column == LedgerColumn.STATUS
    }
    done = {row for edit in settled for row in edit.part_rows}
    above = {parent for row, parent in scan.parts.items() if row not in done and parent is not None}
    return frozenset(typed | above)


def deliver(
    scan: LedgerScan, found: FoundEdits, outgoing: Outgoing, results: Iterable[EditResult]
) -> Delivery:
    """Return what the answers mean."""
    by_id = {result.id: result for result in results}
    settled = [edit for edit in found.edits if edit.given_up]
    left: list[FoundEdit] = list(outgoing.waiting)
    questions = [*found.questions, *outgoing.questions]
    sent = 0
    for edit in outgoing.edits:
        result = by_id.get(edit.wire.id)
        if result is not None and result.outcome in _DELIVERED:
            settled.append(edit)
            sent += result.outcome == "applied"
            continue
        left.append(edit)
        if result is not None:
            questions.append(_question(edit, result))
    cells = frozenset(place for edit in settled for place in edit.cells)
    return Delivery(
        cells=cells | {*found.taken_back},
        blanked=frozenset(place for edit in settled for place in edit.blanks),
        part_rows={
            edit.wire.entry: edit.part_rows
            for edit in settled
            if edit.part_rows and not edit.given_up
        },
        open_shapes=_open_shapes(scan, left, settled),
        restored=frozenset(edit.removed_row for edit in settled if edit.removed_row is not None),
        needed=_needed(scan, settled, found),
        dropped=(
            *found.copies,
            *(at for edit in settled if edit.given_up for at in edit.part_rows),
        ),
        questions=tuple(questions),
        sent=sent,
        waiting=max(scan.count() - len(cells), 0),
    )


def _needed(scan: LedgerScan, settled: Sequence[FoundEdit], found: FoundEdits) -> frozenset[str]:
    """The entries that have to be seen to know what their cells are to say."""
    named = {str(scan.keys.entry_ids[position]) for position, _ in found.taken_back}
    for edit in settled:
        if edit.given_up or not edit.blanks:
            named.add(edit.wire.entry)
        if edit.given_up or edit.wire.kind == "match":
            named.update(edit.wire.others)
    return frozenset(named)


def _question(edit: FoundEdit, result: EditResult) -> Question:
    is_conflict = result.outcome == "conflict"
    return Question(
        kind=QuestionKind.CONFLICT if is_conflict else QuestionKind.REFUSED,
        key=edit.question_key,
        entry_id=edit.wire.entry,
        position=edit.position,
        column=edit.column,
        here=edit.here,
        ledger=_in_words(result.current) if is_conflict else (result.reason or ""),
        by=", ".join(filter(None, (result.by, (result.at or "")[:16].replace("T", " ")))),
    )


def _in_words(value: str | tuple[str, ...] | bool | None) -> str:  # noqa: FBT001 - a field's value
    """A field's value as a person reads it in its cell."""
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return value or ""
