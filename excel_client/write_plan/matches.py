"""
Words in Match: rows of several accounts that say the same are one transfer, rows of one account one payment. Pure.

Of two rows that are one payment the oldest entry stays. A transfer whose legs differ waits for a person's word that
the rest is a fee.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from excel_client.wire_format import EditToSend
from excel_client.write_plan.cells import (
    ACCOUNT_ID_INDEX,
    AMOUNT_INDEX,
    BASE_INDEX,
    EDITABLE,
    ENTRY_ID_INDEX,
    LEDGER_ORDER,
    MATCH_INDEX,
)
from excel_client.write_plan.found_edits import FoundEdit, SheetFacts, found_edit
from excel_client.write_plan.questions import Question, QuestionKind, named_id
from excel_client.write_plan.row_base import canonical_text, read_base
from workbooks.sheet_map import DecisionWord, LedgerColumn

__all__ = ["amount_in", "find_matches"]

_PLACE: Final = next(at for at, (_, c) in enumerate(EDITABLE) if c is LedgerColumn.MATCH)
_CURRENCY_INDEX: Final = LEDGER_ORDER.index(LedgerColumn.CURRENCY)
_PAIR: Final = 2
#: The server takes no more digits behind the point.
_DECIMALS_MAX: Final = 9


def amount_in(cell: object) -> Decimal | None:
    """Return the amount that a cell holds, exactly as it reads; None where it holds none."""
    if isinstance(cell, bool) or not isinstance(cell, int | float | Decimal):
        return None
    amount = Decimal(repr(cell)) if isinstance(cell, float) else Decimal(cell)
    if not amount.is_finite():
        return None
    exponent = amount.normalize().as_tuple().exponent
    return amount if isinstance(exponent, int) and exponent >= -_DECIMALS_MAX else None


def find_matches(facts: SheetFacts) -> Iterator[FoundEdit | Question]:
    """Yield what the edited words in Match come to."""
    for position, places in facts.scan.edited.items():
        if _PLACE not in places or (position, MATCH_INDEX) in facts.formulas:
            continue
        row = facts.rows[position]
        if canonical_text(LedgerColumn.MATCH, row[MATCH_INDEX]):
            continue
        yield found_edit(
            facts,
            read_base(row[BASE_INDEX]),
            _PLACE,
            EditToSend(id="", entry=str(row[ENTRY_ID_INDEX]), kind="unmatch", base=0),
            cells=((position, MATCH_INDEX),),
            position=position,
            column=LedgerColumn.MATCH,
        )
    for word, positions in facts.scan.matched.items():
        rows = [at for at in positions if (at, MATCH_INDEX) not in facts.formulas]
        typed = [at for at in rows if _PLACE in facts.scan.edited.get(at, ())]
        if typed:
            yield _group(facts, word, rows, typed)


def _group(
    facts: SheetFacts, word: str, positions: Sequence[int], typed: Sequence[int]
) -> FoundEdit | Question:
    """What becomes of the rows that say one word, some of which a person typed it into."""
    ids = sorted({str(facts.rows[at][ENTRY_ID_INDEX]) for at in positions})
    accounts = {facts.rows[at][ACCOUNT_ID_INDEX] for at in positions}
    amounts = [amount_in(facts.rows[at][AMOUNT_INDEX]) for at in positions]
    kind: QuestionKind | None = None
    if len(ids) < len(positions):
        kind = QuestionKind.MATCH_DOUBLED
    elif len(positions) < _PAIR:
        kind = QuestionKind.MATCH_ALONE
    elif len(accounts) == 1 and len(set(amounts)) > 1:
        kind = QuestionKind.MATCH_UNLIKE
    if kind is not None:
        return _question(facts, kind, word, ids, typed[0])
    by_id = {str(facts.rows[at][ENTRY_ID_INDEX]): at for at in positions}
    is_merger = len(accounts) == 1
    # The edit is that of a row which was typed into; a merger's is that of the row which stays.
    entry_id = ids[0] if is_merger else min(each for each in ids if by_id[each] in typed)
    fee = False
    if not is_merger and _differs(facts, positions, amounts):
        key = named_id(word, *ids)
        if facts.decision(QuestionKind.FEE, key) is not DecisionWord.YES:
            return _question(facts, QuestionKind.FEE, word, ids, typed[0], key=key)
        fee = True
    stays = by_id[entry_id]
    base = read_base(facts.rows[stays][BASE_INDEX])
    was_blank = is_merger and stays in typed and base is not None and base.is_blank(_PLACE)
    return found_edit(
        facts,
        base,
        _PLACE,
        EditToSend(
            id="",
            entry=entry_id,
            kind="merge" if is_merger else "match",
            base=0,
            others=tuple(each for each in ids if each != entry_id),
            fee=fee,
        ),
        cells=tuple((at, MATCH_INDEX) for at in typed),
        blanks=((stays, MATCH_INDEX),) if was_blank else (),
        others=[read_base(facts.rows[by_id[each]][BASE_INDEX]) for each in ids if each != entry_id],
        position=stays,
        column=LedgerColumn.MATCH,
        here=word,
    )


def _differs(
    facts: SheetFacts, positions: Sequence[int], amounts: Sequence[Decimal | None]
) -> bool:
    """Whether two legs in one currency leave something over, which may be a fee."""
    if len(positions) != _PAIR or None in amounts:
        return False
    currencies = {facts.rows[at][_CURRENCY_INDEX] for at in positions}
    rest = sum((amount for amount in amounts if amount is not None), Decimal(0))
    signs = {amount > 0 for amount in amounts if amount is not None}
    return len(currencies) == 1 and len(signs) == _PAIR and rest < 0


def _question(
    facts: SheetFacts,
    kind: QuestionKind,
    word: str,
    ids: Sequence[str],
    position: int,
    *,
    key: str = "",
) -> Question:
    return Question(
        kind=kind,
        key=key or named_id(word, *ids),
        entry_id=str(facts.rows[position][ENTRY_ID_INDEX]),
        position=position,
        column=LedgerColumn.MATCH,
        here=word,
    )
