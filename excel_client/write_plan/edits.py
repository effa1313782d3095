"""
Finds what a person did in the workbook that the ledger has not heard of. Pure.

A changed word is an edit of its field, a word in Match ties rows together, a word in Status is a gesture, and so are
rows typed as parts. What can't be sent as it stands becomes a question, and stays in its cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from excel_client.wire_format import EditToSend
from excel_client.write_plan.cells import (
    BASE_INDEX,
    EDITABLE,
    ENTRY_ID_INDEX,
    STATUS_INDEX,
    entry_id_of,
)
from excel_client.write_plan.found_edits import (
    SHAPE_PLACE,
    FoundEdit,
    FoundEdits,
    SheetFacts,
    found_edit,
)
from excel_client.write_plan.matches import find_matches
from excel_client.write_plan.questions import Question, QuestionKind
from excel_client.write_plan.row_base import RowBase, canonical_text, read_base, tags_of
from excel_client.write_plan.scanning import status_word
from excel_client.write_plan.splits import find_splits
from workbooks.sheet_map import DecisionWord, LedgerColumn, StatusWord

__all__ = ["find_edits"]

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_MATCH: Final = 4
#: The edit's kind by the field's place; a word in Match is no field's but ties rows together.
_KINDS: Final = ("category", "tags", "notes", "reviewed", "", "statement")
_STATUS_KINDS: Final = {StatusWord.REMOVE: "remove", StatusWord.WHOLE: "unsplit"}
#: Later edits stand on earlier ones: words first, then what entries are to each other, then whether they are there.
_ORDER: Final = (
    "restore",
    "category",
    "tags",
    "notes",
    "reviewed",
    "statement",
    "unmatch",
    "match",
    "merge",
    "unsplit",
    "split",
    "remove",
)

_Found = FoundEdit | Question


def find_edits(facts: SheetFacts) -> FoundEdits:
    """Return the edits in the order in which they are sent, and the questions that stand in the way of others."""
    found: list[_Found] = [
        *_fields(facts),
        *find_matches(facts),
        *_statuses(facts),
        *find_splits(facts),
        *_restores(facts),
        *_deleted(facts),
    ]
    copies: list[int] = []
    for entry_id, positions in facts.scan.doubled.items():
        if facts.decision(QuestionKind.DOUBLED, entry_id) is DecisionWord.YES:
            copies += positions[1:]
            continue
        found.append(
            Question(
                kind=QuestionKind.DOUBLED,
                key=entry_id,
                entry_id=entry_id,
                position=positions[0],
                here=f"{len(positions)} rows: "
                + ", ".join(str(facts.scan.keys.first_row + at) for at in positions[:10]),
            )
        )
    edits: dict[str, FoundEdit] = {}
    for each in found:
        if isinstance(each, FoundEdit) and _can_be_sent(facts, each):
            edits.setdefault(each.wire.id, each)
    ordered = sorted(
        edits.values(), key=lambda each: (_ORDER.index(each.wire.kind), each.wire.entry)
    )
    questions = tuple(each for each in found if isinstance(each, Question))
    taken_back = tuple(
        (position, STATUS_INDEX if place == SHAPE_PLACE else EDITABLE[place][0])
        for position, places in facts.scan.taken_back.items()
        for place in places
    )
    return FoundEdits(
        edits=tuple(ordered), taken_back=taken_back, questions=questions, copies=tuple(copies)
    )


def _can_be_sent(facts: SheetFacts, edit: FoundEdit) -> bool:
    """Whether it names entries that the server may know, and each of them stands here once."""
    named = (edit.wire.entry, *edit.wire.others)
    return all(_UUID.fullmatch(each) and each not in facts.scan.doubled for each in named)


def _fields(facts: SheetFacts) -> Iterator[_Found]:
    for position, places in facts.scan.edited.items():
        row = facts.rows[position]
        entry_id = entry_id_of(row[ENTRY_ID_INDEX]) or ""
        base = read_base(row[BASE_INDEX])
        for place in places:
            index, column = EDITABLE[place]
            if place == _MATCH or (position, index) in facts.formulas:
                continue
            text = canonical_text(column, row[index])
            value = _value(column, row[index], text)
            if value is _UNREADABLE:
                yield Question(
                    kind=QuestionKind.UNREADABLE,
                    key=f"{entry_id} {column} {text}",
                    entry_id=entry_id,
                    position=position,
                    column=column,
                    here=text,
                )
                continue
            yield found_edit(
                facts,
                base,
                place,
                EditToSend(id="", entry=entry_id, kind=_KINDS[place], base=0, value=value),  # type: ignore[arg-type]  # not _UNREADABLE
                cells=((position, index),),
                position=position,
                column=column,
                here=text,
            )


_UNREADABLE: Final = object()


def _value(column: LedgerColumn, cell: object, text: str) -> object:
    """What a cell says as the wire has it."""
    if not isinstance(cell, str | bool | int | float | date | None):
        return _UNREADABLE
    match column:
        case LedgerColumn.CATEGORY:
            return text.strip() or None
        case LedgerColumn.TAGS:
            return tags_of(text)
        case LedgerColumn.REVIEWED:
            return text == "TRUE" if text in {"", "TRUE"} else _UNREADABLE
        case LedgerColumn.STATEMENT:
            return (text if _is_day(text) else _UNREADABLE) if text else None
        case _:
            return text


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _statuses(facts: SheetFacts) -> Iterator[_Found]:
    for position, word in facts.scan.statuses.items():
        row = facts.rows[position]
        entry_id = entry_id_of(row[ENTRY_ID_INDEX]) or ""
        kind = _STATUS_KINDS.get(StatusWord(word)) if word in set(StatusWord) else None
        if kind is None:
            yield Question(
                kind=QuestionKind.STATUS_UNKNOWN,
                key=f"{entry_id} {word}",
                entry_id=entry_id,
                position=position,
                column=LedgerColumn.STATUS,
                here=word,
            )
            continue
        yield found_edit(
            facts,
            read_base(row[BASE_INDEX]),
            SHAPE_PLACE,
            EditToSend(id="", entry=entry_id, kind=kind, base=0),
            cells=((position, STATUS_INDEX),),
            position=position,
            here=word,
        )


def _restores(facts: SheetFacts) -> Iterator[_Found]:
    for at, row in enumerate(facts.removed):
        entry_id = entry_id_of(row[ENTRY_ID_INDEX])
        if entry_id is None or status_word(row[STATUS_INDEX]) != StatusWord.RESTORE:
            continue
        yield found_edit(
            facts,
            read_base(row[BASE_INDEX]),
            SHAPE_PLACE,
            EditToSend(id="", entry=entry_id, kind="restore", base=0),
            removed_row=at,
            here=StatusWord.RESTORE,
        )


def _deleted(facts: SheetFacts) -> Iterator[_Found]:
    """Entries whose rows were deleted here, came back, and shall go: a person said so."""
    for asked in facts.review:
        position = facts.scan.positions.get(asked.entry_id)
        if (
            asked.kind is not QuestionKind.DELETED
            or asked.decision is not DecisionWord.YES
            or position is None
        ):
            continue
        yield found_edit(
            facts,
            _base_of(facts, position),
            SHAPE_PLACE,
            EditToSend(id="", entry=asked.entry_id, kind="remove", base=0),
            position=position,
            here=StatusWord.REMOVE,
            decided=True,
        )


def _base_of(facts: SheetFacts, position: int) -> RowBase | None:
    return read_base(facts.scan.keys.bases[position])
