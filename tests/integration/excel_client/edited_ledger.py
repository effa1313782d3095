"""
A ledger in memory that decides about edits as the server does: its own pure functions, without a database or HTTP.

For simulations of workbooks by the hundred.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from excel_client.wire_format import EditResult, EditsToSend, LedgerEntry
from excel_client.write_plan.ledger_plan import LedgerChanges
from server.exact_amounts.entries.edits import Edit, EditKind, EditOutcome, PartOfSplit
from server.exact_amounts.entries.entry import (
    EntryField,
    EntryStatus,
    EntryText,
    Removal,
)
from server.exact_amounts.entries.entry import LedgerEntry as ServerEntry
from server.exact_amounts.entries.money import ExactAmount, amount_from_literal
from server.exact_amounts.ledger.edited import apply_edits
from server.exact_amounts.ledger.entry_answers import entry_answer
from server.exact_amounts.reconciliation.edit_plan import (
    EFFECTIVE_WITHOUT_CONFIRMATION,
    decide_edits,
    plan_of,
)
from server.exact_amounts.reconciliation.edit_state import EditState
from server.exact_amounts.reconciliation.wire import EditResultAnswer, EditsBody
from server.shared_types.ids import AccountId, BatchId, EntryId
from tests.unit.excel_client.write_plan.sheet_in_memory import account

__all__ = ["EditedLedger"]

BATCH = BatchId(UUID(int=1))


@dataclass
class EditedLedger:
    """Entries with versions; every change gets the next one."""

    epoch: str = "epoch"
    version: int = 0
    entries: dict[EntryId, ServerEntry] = field(default_factory=dict)
    known: set[UUID] = field(default_factory=set)
    last_id: int = 0
    #: (entry, kind, value) of each edit that was applied, in order.
    applied: list[tuple[str, str, Any]] = field(default_factory=list)
    #: Every note that anybody ever sent and the ledger took, those of parts too.
    words: set[str] = field(default_factory=set)

    def new_id(self) -> UUID:
        self.last_id += 1
        return UUID(f"0199aaaa-0000-7000-8000-{self.last_id:012x}")

    def add(self, amount: str, account_number: int = 1, **facts: Any) -> str:
        self.version += 1
        entry_id = EntryId(self.new_id())
        text = EntryText(description=facts.pop("description", "coffee"))
        self.entries[entry_id] = ServerEntry(
            entry_id=entry_id,
            version=self.version,
            account_id=AccountId(UUID(int=account_number)),
            posted_on=facts.pop("posted_on", "2026-03-01"),
            amount=ExactAmount(Decimal(amount), "EUR"),
            original=None,
            status=EntryStatus.POSTED,
            text=text,
            batch_id=BATCH,
            removed=False,
            **facts,
        )
        return str(entry_id)

    def put(self, entry_id: str, **facts: Any) -> None:
        """Change an entry as the bank or another program does."""
        self.version += 1
        key = EntryId(UUID(entry_id))
        entry = self.entries[key]
        text = facts.pop("text", {})
        new_text = replace(entry.text, **text)
        self.entries[key] = replace(entry, version=self.version, text=new_text, **facts)

    def withdraw(self, entry_id: str, removal: Removal = Removal.BANK) -> None:
        """Take an entry away, and its parts with it."""
        for entry in list(self.entries.values()):
            if entry_id in {str(entry.entry_id), str(entry.parent_id)} and not entry.removed:
                self.put(str(entry.entry_id), removed=True, removal=removal)

    def type_note(self, entry_id: str, note: str) -> None:
        """Change a note as a person does elsewhere."""
        versions = list(self.entries[EntryId(UUID(entry_id))].text.field_versions or (0,) * 7)
        versions[EntryField.NOTES] = self.version + 1
        self.put(entry_id, text={"notes": note, "field_versions": tuple(versions)})

    def send(self, request: EditsToSend) -> Sequence[EditResult]:
        body = msgspec.json.decode(msgspec.json.encode(request), type=EditsBody)
        edits = [
            Edit(
                edit_id=each.id,
                entry_id=EntryId(each.entry),
                kind=each.kind,
                base=each.base,
                value=each.value,
                parts=tuple(
                    PartOfSplit(
                        amount=amount_from_literal(part.amount, "EUR"),
                        description=part.description,
                        category=part.category,
                        notes=part.notes,
                        tags=part.tags,
                    )
                    for part in each.parts
                ),
                others=tuple(map(EntryId, each.others)),
                fee=each.fee,
                override=each.override,
            )
            for each in body.edits
        ]
        state = EditState(
            next_version=self.version + 1, entries=self.entries, known_edits=self.known
        )
        decided = decide_edits(edits, state, self.new_id)
        plan = plan_of(decided)
        applied = [each for each in decided if each.outcome is EditOutcome.APPLIED]
        assert body.confirmed or len(applied) <= EFFECTIVE_WITHOUT_CONFIRMATION
        if plan.edits:
            self.version += 1
            done = apply_edits(plan, self.entries, BATCH, self.version)
            self.entries |= {entry.entry_id: entry for entry in (*done.entries, *done.parts)}
        for each in applied:
            self.known.add(each.edit.edit_id)
            self.words |= {part.notes for part in each.edit.parts} | {str(each.edit.value)}
            value = each.edit.value if each.edit.kind not in SHAPES else None
            self.applied.append((str(each.edit.entry_id), each.edit.kind.value, value))
        answers = [
            EditResultAnswer(
                id=each.edit.edit_id,
                outcome=each.outcome,
                reason=each.refusal,
                current=each.current,
                by="somebody",
                at=None,
            )
            for each in decided
        ]
        return msgspec.json.decode(msgspec.json.encode(answers), type=list[EditResult])

    def answers(self) -> list[LedgerEntry]:
        """Every entry, gone ones too, as the client reads it."""
        sent = msgspec.json.encode([entry_answer(entry) for entry in self.entries.values()])
        return msgspec.json.decode(sent, type=list[LedgerEntry])

    def told(self, cursor: str | None) -> LedgerChanges:
        after = int(cursor.split(".")[0]) if cursor else 0
        found = [
            entry
            for entry in self.answers()
            if (entry.version > after if cursor else not entry.removed)
        ]
        found.sort(key=lambda entry: (entry.version, entry.id))
        accounts = sorted({str(entry.account_id) for entry in self.entries.values()})
        return LedgerChanges(
            ledger="ledger",
            epoch=self.epoch,
            version=self.version,
            cursor=f"{self.version}.z",
            is_whole=cursor is None,
            accounts=[account(each, each[-4:]) for each in accounts],
            entries=found,
        )

    def backup(self) -> EditedLedger:
        return replace(
            self,
            entries=dict(self.entries),
            known=set(self.known),
            applied=list(self.applied),
            words=set(self.words),
        )


SHAPES = frozenset({EditKind.SPLIT, EditKind.MATCH, EditKind.MERGE})
