"""
Questions that a refresh puts to a person, and the decisions that were typed beside them in Review. Pure.

A question's id is the same as long as the question is: a decision counts for the question that it was typed beside,
in whatever copy of the workbook, and for no other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from excel_client.write_plan.cells import Cell, Row
from workbooks.sheet_map import DecisionWord, ReviewColumn

__all__ = [
    "REVIEW_ORDER",
    "Question",
    "QuestionKind",
    "ReviewRow",
    "named_id",
    "question_id",
    "read_review",
]

REVIEW_ORDER: Final = tuple(ReviewColumn)
#: A name space of our own for ids that follow from what they name.
_NAMES: Final = uuid5(NAMESPACE_URL, "https://pennyvault.invalid/names")


@unique
class QuestionKind(StrEnum):
    """What a line of Review is about, as a person reads it."""

    CONFLICT = "Changed here and in the ledger: mine or theirs?"
    REFUSED = "The ledger does not take this; theirs puts back what it says."
    MANY = "Many changes at once: send them all? yes or no"
    DELETED = "Deleted here: remove it from the ledger too? yes or no"
    DOUBLED = "The same entry stands here more than once: keep the first row only? yes or no"
    FEE = "The amounts of this transfer differ: is the rest a fee? yes or no"
    MATCH_ALONE = "Nothing else says this in Match: a transfer or a double has two rows."
    MATCH_UNLIKE = "These rows of one account differ in their amounts: they are not one payment."
    MATCH_DOUBLED = (
        "One of these rows stands here more than once; nothing is matched before that is settled."
    )
    PARTS_OFF = "The parts do not add up yet."
    PARTS_FEW = "A split has two parts at least."
    PARTS_UNREADABLE = "The amount of a part can't be read."
    PARTS_ASTRAY = "There is no entry above this part that can be split."
    UNREADABLE = "This can't be read."
    STATUS_UNKNOWN = "Status says a word that is not known: remove, part and whole are."
    PENDING_HERE = "This key may only read: changes made here stay here."
    DIFFERS = "This account does not add up."
    LATE = "This came late: its month is closed."


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One line of Review, before it is a row."""

    kind: QuestionKind
    #: What the question is about, as far as its id goes.
    key: str
    entry_id: str = ""
    #: The row of the Ledger that it is about, by its position, where there is one.
    position: int | None = None
    account: str = ""
    date: Cell = None
    description: str = field(default="", repr=False)
    column: str = ""
    here: str = field(default="", repr=False)
    ledger: str = field(default="", repr=False)
    by: str = ""

    @property
    def id(self) -> str:
        """The question's id."""
        return question_id(self.kind, self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRow:
    """A row of Review as it was found."""

    cells: Row = field(repr=False)
    kind: QuestionKind | None
    decision: DecisionWord | None
    entry_id: str
    question_id: str

    def open_again(self) -> Row:
        """The row as a question that is still open."""
        place = REVIEW_ORDER.index(ReviewColumn.DECISION)
        return (*self.cells[:place], None, *self.cells[place + 1 :])


def named_id(*names: str) -> str:
    """Return the UUID that names always have."""
    return str(uuid5(_NAMES, "\x1f".join(names)))


def question_id(kind: QuestionKind, key: str) -> str:
    """Return the id of a question."""
    return named_id("question", kind.name, key)


def read_review(rows: Iterable[Sequence[object]]) -> tuple[ReviewRow, ...]:
    """Return the rows of Review, given in the order of its columns; rows that ask nothing are left out."""
    found = []
    for row in rows:
        cells: Mapping[ReviewColumn, object] = dict(zip(REVIEW_ORDER, row, strict=True))
        question = cells[ReviewColumn.QUESTION_ID]
        if not isinstance(question, str) or not question:
            continue
        kind = decision = None
        with suppress(ValueError):
            kind = QuestionKind(str(cells[ReviewColumn.QUESTION]))
        with suppress(ValueError):
            decision = DecisionWord(str(cells[ReviewColumn.DECISION]).strip().casefold())
        found.append(
            ReviewRow(
                cells=tuple(row),  # type: ignore[arg-type]  # what a cell holds is a Cell
                kind=kind,
                decision=decision,
                entry_id=str(cells[ReviewColumn.ENTRY_ID] or ""),
                question_id=question,
            )
        )
    return tuple(found)
