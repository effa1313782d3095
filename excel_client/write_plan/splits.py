"""
Rows typed as parts below an entry: a split, once they add up to it to the last digit; a question until then. Pure.

New rows below an entry that is split already are added to the parts that stand there, unless they alone make it up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from excel_client.wire_format import EditToSend, PartToSend
from excel_client.write_plan.cells import (
    AMOUNT_INDEX,
    BASE_INDEX,
    ENTRY_ID_INDEX,
    LEDGER_ORDER,
    STATUS_INDEX,
    entry_id_of,
)
from excel_client.write_plan.found_edits import SHAPE_PLACE, FoundEdit, SheetFacts, found_edit
from excel_client.write_plan.matches import amount_in
from excel_client.write_plan.questions import Question, QuestionKind
from excel_client.write_plan.row_base import canonical_text, read_base, tags_of
from workbooks.sheet_map import LedgerColumn, StatusWord

__all__ = ["find_splits", "part_to_send"]

_PAIR: Final = 2
_DESCRIPTION: Final = LEDGER_ORDER.index(LedgerColumn.DESCRIPTION)
_CATEGORY: Final = LEDGER_ORDER.index(LedgerColumn.CATEGORY)
_TAGS: Final = LEDGER_ORDER.index(LedgerColumn.TAGS)
_NOTES: Final = LEDGER_ORDER.index(LedgerColumn.NOTES)


def find_splits(facts: SheetFacts) -> Iterator[FoundEdit | Question]:
    """Yield what the rows that were typed as parts come to, by the entry above them."""
    by_parent: dict[int | None, list[int]] = {}
    for position, above in facts.scan.parts.items():
        by_parent.setdefault(above, []).append(position)
    for above, positions in by_parent.items():
        parent = facts.rows[above] if above is not None else None
        base = read_base(parent[BASE_INDEX]) if parent is not None else None
        if above is None or parent is None or base is None:
            yield Question(
                kind=QuestionKind.PARTS_ASTRAY,
                key=f"{above} {positions[0]}",
                position=positions[0],
                column=LedgerColumn.STATUS,
                here=StatusWord.PART,
            )
            continue
        yield _split(facts, above, parent, positions)


def part_to_send(row: Sequence[object], amount: Decimal) -> PartToSend:
    """Return a row as a part of a split."""
    category = canonical_text(LedgerColumn.CATEGORY, row[_CATEGORY]).strip()
    return PartToSend(
        amount=f"{amount:f}",
        description=canonical_text(LedgerColumn.NOTES, row[_DESCRIPTION]).strip(),
        category=category or None,
        notes=canonical_text(LedgerColumn.NOTES, row[_NOTES]),
        tags=tags_of(canonical_text(LedgerColumn.TAGS, row[_TAGS])),
    )


def _split(
    facts: SheetFacts, above: int, parent: Sequence[object], positions: Sequence[int]
) -> FoundEdit | Question:
    entry_id = entry_id_of(parent[ENTRY_ID_INDEX]) or ""
    whole = amount_in(parent[AMOUNT_INDEX])
    typed = [amount_in(facts.rows[at][AMOUNT_INDEX]) for at in positions]

    def asks(kind: QuestionKind, here: str = "") -> Question:
        return Question(
            kind=kind,
            key=entry_id,
            entry_id=entry_id,
            position=above,
            column=LedgerColumn.AMOUNT,
            here=here,
            ledger="" if whole is None else f"{whole:f}",
        )

    if whole is None or None in typed:
        return asks(QuestionKind.PARTS_UNREADABLE)
    chosen = list(positions)
    total = sum((amount for amount in typed if amount is not None), Decimal(0))
    standing = facts.scan.parts_of.get(entry_id, ())
    if total != whole and standing:
        older = [amount_in(facts.rows[at][AMOUNT_INDEX]) for at in standing]
        if None not in older:
            chosen = [*standing, *positions]
            total += sum((amount for amount in older if amount is not None), Decimal(0))
    if total != whole:
        return asks(QuestionKind.PARTS_OFF, f"{total:f}: {whole - total:+f} is missing")
    if len(chosen) < _PAIR:
        return asks(QuestionKind.PARTS_FEW, f"{total:f}")
    amounts = [amount_in(facts.rows[at][AMOUNT_INDEX]) for at in chosen]
    return found_edit(
        facts,
        read_base(parent[BASE_INDEX]),
        SHAPE_PLACE,
        EditToSend(
            id="",
            entry=entry_id,
            kind="split",
            base=0,
            parts=tuple(
                part_to_send(facts.rows[at], amount)
                for at, amount in zip(chosen, amounts, strict=True)
                if amount is not None
            ),
        ),
        cells=tuple((at, STATUS_INDEX) for at in positions),
        part_rows=tuple(positions),
        position=above,
        column=LedgerColumn.STATUS,
        here=f"{len(chosen)} parts",
    )
