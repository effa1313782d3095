"""A ledger of nothing but entries and batches, to decide edits on and to undo them: no store, no clock."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from server.exact_amounts.entries.edits import Edit, EditKind, PartOfSplit
from server.exact_amounts.entries.entry import (
    EntryRole,
    EntryStatus,
    EntryText,
    LedgerEntry,
    Removal,
)
from server.exact_amounts.entries.money import ExactAmount
from server.exact_amounts.ledger.edited import EditRecord, apply_edits, ids_beside
from server.exact_amounts.ledger.undoing import (
    UndoneBatches,
    UndoPlan,
    UndoState,
    ids_before,
    plan_undo,
)
from server.exact_amounts.reconciliation.edit_plan import DecidedEdit, decide_edits, plan_of
from server.exact_amounts.reconciliation.edit_state import EditState
from server.shared_types.ids import AccountId, BatchId, EntryId

__all__ = ["PlainLedger", "account", "amount", "edit", "entry", "entry_id", "part"]


def account(number: int) -> AccountId:
    return AccountId(UUID(int=number))


def entry_id(number: int) -> EntryId:
    return EntryId(UUID(int=number))


def amount(literal: str, currency: str = "EUR") -> ExactAmount:
    return ExactAmount(Decimal(literal), currency)


def entry(number: int, literal: str = "-3.50", *, of: int = 1, **more: Any) -> LedgerEntry:
    """An entry of the first batch."""
    text = EntryText(
        description="Coffee",
        **{name: more.pop(name) for name in list(more) if name in EntryText.__dataclass_fields__},
    )
    return LedgerEntry(
        entry_id=entry_id(number),
        version=1,
        account_id=account(of),
        batch_id=BatchId(UUID(int=1)),
        posted_on=more.pop("posted_on", "2026-03-04"),
        amount=amount(literal, more.pop("currency", "EUR")),
        text=text,
        **more,
    )


def part(literal: str, **more: Any) -> PartOfSplit:
    return PartOfSplit(amount=amount(literal), **more)


_EDITS = itertools.count(10**9)


def edit(kind: EditKind, number: int, value: Any = None, **more: Any) -> Edit:
    """An edit of somebody who has seen everything."""
    return Edit(
        edit_id=UUID(int=next(_EDITS)),
        entry_id=entry_id(number),
        kind=kind,
        base=more.pop("base", 10**6),
        value=value,
        others=tuple(map(entry_id, more.pop("others", ()))),
        parts=tuple(more.pop("parts", ())),
        **more,
    )


@dataclass
class PlainLedger:
    """Entries as they are, what every batch did to them, and which batches were undone."""

    entries: dict[EntryId, LedgerEntry]
    closed: Collection[str] = frozenset()
    version: int = 1
    records: list[EditRecord] = field(default_factory=list)
    #: The version that each batch made.
    batches: dict[BatchId, int] = field(default_factory=lambda: {BatchId(UUID(int=1)): 1})
    undone: dict[BatchId, int] = field(default_factory=dict)
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1000))

    @classmethod
    def of(cls, *entries: LedgerEntry, closed: Collection[str] = ()) -> PlainLedger:
        return cls({each.entry_id: each for each in entries}, closed=frozenset(closed))

    def __getitem__(self, number: int) -> LedgerEntry:
        return self.entries[entry_id(number)]

    def new_id(self) -> UUID:
        return UUID(int=next(self._ids))

    def beside(self, asked: Collection[EntryId]) -> dict[EntryId, LedgerEntry]:
        found: dict[EntryId, LedgerEntry] = {}
        asked = {each for each in asked if each in self.entries}
        while asked:
            found |= {each: self.entries[each] for each in asked}
            parts = (e for e in self.entries.values() if e.parent_id in found)
            named = {each for held in found.values() for each in ids_beside(held)}
            asked = {*named, *(e.entry_id for e in parts)} & self.entries.keys() - found.keys()
        return found

    def decide(self, *edits: Edit) -> list[DecidedEdit]:
        asked = {each for e in edits for each in (e.entry_id, *e.others)}
        state = EditState(
            next_version=self.version + 1,
            entries=self.beside(asked),
            known_edits={record.edit_id for record in self.records},
            closed_months=self.closed,
        )
        return decide_edits(edits, state, self.new_id)

    def do(self, *edits: Edit) -> list[DecidedEdit]:
        """Decide edits and carry out what comes of them, as one batch."""
        decided = self.decide(*edits)
        plan = plan_of(decided)
        if plan.edits:
            batch_id = BatchId(self.new_id())
            self.version += 1
            self.batches[batch_id] = self.version
            edited = apply_edits(plan, self.entries, batch_id, self.version)
            self._put((*edited.entries, *edited.parts))
            self.records += edited.records
        return decided

    def undo(self, batch_id: BatchId) -> UndoPlan:
        """Take a batch back."""
        self.version += 1
        made_at = self.batches[batch_id]
        remembered = {None, Removal.USER, Removal.MERGED}
        own = [
            e for e in self.entries.values() if e.batch_id == batch_id and e.removal in remembered
        ]
        edits = [each for each in self.records if each.version == made_at]
        changed = {each.entry_id for each in edits}
        history = [each for each in self.records if each.entry_id in changed]
        merged = {k: e for k, e in self.entries.items() if e.removal is Removal.MERGED}
        touched = {each.entry_id for each in own} | changed | ids_before(history)
        plan = plan_undo(
            UndoState(
                batch_id=batch_id,
                made_at=made_at,
                next_version=self.version,
                own=own,
                seen_elsewhere={},
                edits=edits,
                history=history,
                settled=(),
                beside=merged | self.beside(touched),
                undone=UndoneBatches(
                    ids=frozenset(self.undone),
                    undone_at={self.batches[each]: at for each, at in self.undone.items()},
                ),
            )
        )
        self._put((*plan.own, *plan.others, *plan.parts))
        self.undone[batch_id] = self.version
        return plan

    def last(self) -> BatchId:
        """The last batch in force."""
        return [each for each in self.batches if each not in self.undone][-1]

    def live(self) -> list[LedgerEntry]:
        return [each for each in self.entries.values() if not each.removed]

    def parts_of(self, number: int) -> list[LedgerEntry]:
        return [each for each in self.live() if each.parent_id == entry_id(number)]

    def said(self) -> dict[EntryId, tuple[object, ...]]:
        """What live entries and removed wholes say, without versions."""
        return {
            each.entry_id: (
                replace(each.text, field_versions=()),
                each.role,
                each.removal,
                each.statement_on,
                each.status,
                each.amount,
            )
            for each in self.entries.values()
            if not each.removed or each.role is not EntryRole.PART
        }

    def check(self) -> None:
        """Everything that always holds."""
        for each in self.entries.values():
            assert each.removed is (each.removal is not None)
            assert not each.removed or each.text.transfer_id is None, "who is gone is no leg"
            assert (each.text.merged_into is None) or each.removal is Removal.MERGED
            self._check_split(each)
            self._check_legs(each)
            if each.removal is Removal.MERGED:
                self._check_merged(each)

    def _check_split(self, each: LedgerEntry) -> None:
        parts = [p for p in self.live() if p.parent_id == each.entry_id]
        if each.role is EntryRole.SPLIT and not each.removed:
            total = sum((p.amount.exact_value for p in parts), Decimal(0))
            assert parts, "a split has parts"
            assert total == each.amount.exact_value, "parts add up"
            days = {(p.posted_on, p.statement_on, p.status) for p in parts}
            assert days == {(each.posted_on, each.statement_on, each.status)}
        else:
            assert parts == [], "only a live split has parts"

    def _check_legs(self, each: LedgerEntry) -> None:
        text = each.text
        assert bool(text.transfer_legs) is (text.transfer_id is not None)
        for name in text.transfer_legs:
            leg = self.entries[EntryId(UUID(name))]
            assert str(each.entry_id) in leg.text.transfer_legs, "legs name each other"
            assert leg.text.transfer_id == text.transfer_id
            assert not leg.removed

    def _check_merged(self, each: LedgerEntry) -> None:
        seen = {each.entry_id}
        while each.removal is Removal.MERGED:
            assert each.text.merged_into is not None
            each = self.entries[EntryId(UUID(each.text.merged_into))]
            assert each.entry_id not in seen, "somebody stands for it"
            seen.add(each.entry_id)
        assert each.removal in {None, Removal.USER}

    def _put(self, entries: Sequence[LedgerEntry]) -> None:
        self.entries |= {each.entry_id: each for each in entries}


PENDING = EntryStatus.PENDING
