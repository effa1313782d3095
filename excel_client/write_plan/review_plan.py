"""
What Review asks: made anew at each refresh, from what was found in the workbook and what the server said. Pure.

Differing accounts and late arrivals are asked of the server only when something changed; else their lines stay as
they are, and so do questions about deleted rows that nobody has decided yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from excel_client.wire_format import ClosedMonth, Explanation, LedgerEntry, Stretch
from excel_client.write_plan.cells import ENTRY_ID_INDEX, LEDGER_ORDER, Cell, Row, sheet_date
from excel_client.write_plan.questions import Question, QuestionKind, ReviewRow
from excel_client.write_plan.scanning import LedgerScan
from excel_client.write_plan.workbook_state import WorkbookState
from workbooks.sheet_map import LedgerColumn, ReviewColumn

if TYPE_CHECKING:
    from excel_client.write_plan.ledger_merge import LedgerMerge
    from excel_client.write_plan.ledger_plan import LedgerChanges, WorkbookReading

__all__ = ["Findings", "deleted_questions", "plan_review"]

#: Sets that are spelled out; how many there are is said in words.
_SETS_SHOWN: Final = 3
_ORDER: Final = {kind: place for place, kind in enumerate(QuestionKind)}
_DATE: Final = LEDGER_ORDER.index(LedgerColumn.DATE)
_ACCOUNT: Final = LEDGER_ORDER.index(LedgerColumn.ACCOUNT)
_DESCRIPTION: Final = LEDGER_ORDER.index(LedgerColumn.DESCRIPTION)
_AMOUNT: Final = LEDGER_ORDER.index(LedgerColumn.AMOUNT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was asked of the server for Review alone."""

    #: None where it was not asked, since nothing changed.
    explanations: Sequence[Explanation] | None = field(default=None, repr=False)
    months: Sequence[ClosedMonth] | None = field(default=None, repr=False)
    #: Whether the key may write; without that nothing is asked that could not be acted on.
    may_write: bool = True
    #: Edits that can't be sent with this key.
    pending_here: int = 0

    def entries(self) -> set[str]:
        """The entries that the explanations name, as far as they are shown."""
        return {
            suspicion.entry
            for explanation in self.explanations or ()
            for stretch in explanation.stretches
            for every in stretch.sets[:_SETS_SHOWN]
            for suspicion in every
        }


def deleted_questions(
    before: WorkbookState,
    scan: LedgerScan,
    entries: Mapping[str, LedgerEntry],
    appended: Sequence[Row],
    changes: LedgerChanges,
    findings: Findings,
) -> list[Question]:
    """
    Return the questions about rows that were deleted here and came back.

    An entry that has not changed since the workbook last saw the ledger, and that has no row though the workbook's
    checksum says that rows are missing, was deleted here.
    """
    if not findings.may_write:
        return []
    is_missing = before.seal is not None and before.seal != scan.keys.seal()
    if not is_missing or before.epoch != changes.epoch:
        return []
    missing = (str(cells[ENTRY_ID_INDEX]) for cells in appended)
    return [
        Question(kind=QuestionKind.DELETED, key=entry_id, entry_id=entry_id)
        for entry_id in missing
        if entries[entry_id].version <= before.seen_version
    ]


def plan_review(
    reading: WorkbookReading,
    questions: Sequence[Question],
    names: Mapping[str, str],
    findings: Findings,
    merge: LedgerMerge,
) -> list[Row]:
    """Return the rows of Review, in the order of its columns."""
    facts = _RowFacts(merge)
    open_ones = [*questions]
    if findings.pending_here:
        count = f"{findings.pending_here} changes"
        open_ones.append(Question(kind=QuestionKind.PENDING_HERE, key="", here=count))
    for explanation in findings.explanations or ():
        open_ones += _differences(explanation, names, facts)
    for month in findings.months or ():
        open_ones += _late_arrivals(month, names)
    rows = {question.id: (question.kind, _row(question, facts)) for question in open_ones}
    not_asked = {
        kind
        for kind, answer in (
            (QuestionKind.DIFFERS, findings.explanations),
            (QuestionKind.LATE, findings.months),
        )
        if answer is None
    }
    for asked in reading.review:
        if asked.kind in not_asked or _is_still_here(asked, merge):
            assert asked.kind is not None, "a line of ours"
            rows.setdefault(asked.question_id, (asked.kind, asked.open_again()))
    ordered = sorted(rows.items(), key=lambda item: (_ORDER[item[1][0]], item[0]))
    return [tuple(None if cell == "" else cell for cell in row) for _, (_, row) in ordered]


def _is_still_here(asked: ReviewRow, merge: LedgerMerge) -> bool:
    """Whether it asks about a row that was deleted and came back, and nobody has decided."""
    position = merge.scan.positions.get(asked.entry_id)
    is_open = asked.kind is QuestionKind.DELETED and asked.decision is None
    return is_open and position is not None and position not in merge.moved_out


class _RowFacts:
    """Account, date and description of entries, as the Ledger shows or will show them."""

    def __init__(self, merge: LedgerMerge) -> None:
        self._merge = merge
        new = (*merge.appended, *merge.moved_back.values())
        self._new = {str(row[ENTRY_ID_INDEX]): row for row in new}

    def cells(self, entry_id: str, position: int | None) -> Sequence[object] | None:
        """Return the row to name."""
        if position is None:
            if entry_id in self._new:
                return self._new[entry_id]
            position = self._merge.scan.positions.get(entry_id)
        if position is None:
            return None
        found = self._merge.rows.get(position)
        if found is None:
            return None
        written = self._merge.updates.get(position, {})
        return [written.get(index, cell) for index, cell in enumerate(found)]


def _row(question: Question, facts: _RowFacts) -> Row:
    account: Cell = question.account
    day, description = question.date, question.description
    named = facts.cells(question.entry_id, question.position)
    if named is not None and question.date is None:
        account, description = str(named[_ACCOUNT] or ""), str(named[_DESCRIPTION] or "")
        day = _day(named[_DATE])
    cells: dict[ReviewColumn, Cell] = {
        ReviewColumn.QUESTION: question.kind.value,
        ReviewColumn.ACCOUNT: account,
        ReviewColumn.DATE: day,
        ReviewColumn.DESCRIPTION: description,
        ReviewColumn.FIELD: question.column,
        ReviewColumn.HERE: question.here,
        ReviewColumn.LEDGER: question.ledger,
        ReviewColumn.BY: question.by,
        ReviewColumn.DECISION: None,
        ReviewColumn.ENTRY_ID: question.entry_id,
        ReviewColumn.QUESTION_ID: question.id,
    }
    return tuple(cells[column] for column in ReviewColumn)


def _day(cell: object) -> Cell:
    if isinstance(cell, datetime):
        return cell.date()
    return cell if isinstance(cell, date | str) else None


def _differences(
    explanation: Explanation, names: Mapping[str, str], facts: _RowFacts
) -> Iterator[Question]:
    for stretch in explanation.stretches:
        yield Question(
            kind=QuestionKind.DIFFERS,
            key=f"{explanation.account_id} {stretch.after} {stretch.through}",
            account=names.get(explanation.account_id, ""),
            date=sheet_date(stretch.through),
            description=f"{stretch.difference} {explanation.currency} too much since {stretch.after}"
            if not stretch.difference.startswith("-")
            else f"{stretch.difference[1:]} {explanation.currency} missing since {stretch.after}",
            ledger=_explained(stretch, facts),
        )


def _explained(stretch: Stretch, facts: _RowFacts) -> str:
    """The smallest sets in words: the first of them, and how many there are."""
    missing = f"an entry of {stretch.missing} may be missing"
    if not stretch.size:
        searched = "within the bound of the search" if stretch.bounded else "of the entries"
        return f"No small set {searched} explains it; {missing}."
    noun = "entry" if stretch.size == 1 else "entries"
    count = "one set" if stretch.count == 1 else f"{stretch.count} sets, equally small,"
    shown = "; or ".join(
        " and ".join(_suspected(each.entry, each.cause, facts) for each in every)
        for every in stretch.sets[:_SETS_SHOWN]
    )
    more = stretch.count - min(len(stretch.sets), _SETS_SHOWN)
    rest = f"; and {more} more" if more > 0 else ""
    bound = " The search ended at its bound." if stretch.bounded else ""
    return f"{count} of {stretch.size} {noun} would explain it: {shown}{rest}. Or {missing}.{bound}"


def _suspected(entry_id: str, cause: str, facts: _RowFacts) -> str:
    named = facts.cells(entry_id, None)
    if named is None:
        return f"{cause}: an entry that is gone"
    day = _day(named[_DATE])
    return f"{cause}: {day} {named[_DESCRIPTION] or ''} {named[_AMOUNT]}"


def _late_arrivals(month: ClosedMonth, names: Mapping[str, str]) -> Iterator[Question]:
    for arrival in month.late_arrivals:
        entry = arrival.entry
        yield Question(
            kind=QuestionKind.LATE,
            key=f"{month.closing.id} {entry.id} {arrival.change}",
            entry_id=entry.id,
            account=names.get(arrival.account_id, ""),
            date=sheet_date(entry.posted_on),
            description=entry.description,
            here=arrival.change,
            ledger=entry.amount,
            by=f"{month.closing.month}, closed by {month.closing.by}",
        )
