"""
What a person's edits do to the ledger, edit by edit, decided before anything is written. Pure.

An edit is applied, or it was applied before, or the ledger says so already, or somebody changed the field after the
person saw it, or it is refused with a reason. Nothing is lost and nothing is guessed. A user's word stands above a
rule's and the provider's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from uuid import UUID

from server.exact_amounts.entries.edits import Edit, EditKind, EditOutcome, EditRefusal, Value
from server.exact_amounts.entries.entry import CategorySource, EntryField, EntryRole, LedgerEntry
from server.exact_amounts.ledger.edited import (
    CategoryWord,
    EditPlan,
    FieldChange,
    FieldValue,
    PlannedEdit,
    field_value,
)
from server.exact_amounts.ledger.typed_entries import is_day
from server.exact_amounts.reconciliation import edit_shapes
from server.exact_amounts.reconciliation.edit_shapes import Decision, Nothing, Planned, Refused
from server.exact_amounts.reconciliation.edit_state import EditState, Entries
from server.shared_types.categories import DEFAULT_CATEGORIES, category_of_name
from server.shared_types.ids import IdMaker

__all__ = ["EFFECTIVE_WITHOUT_CONFIRMATION", "DecidedEdit", "decide_edits", "plan_of"]

#: More edits than these in one request wait for the person's yes.
EFFECTIVE_WITHOUT_CONFIRMATION = 50

#: The field whose later change makes an edit a conflict.
_FIELDS: Mapping[EditKind, EntryField] = MappingProxyType(
    {
        EditKind.CATEGORY: EntryField.CATEGORY,
        EditKind.TAGS: EntryField.TAGS,
        EditKind.NOTES: EntryField.NOTES,
        EditKind.REVIEWED: EntryField.REVIEWED,
        EditKind.STATEMENT: EntryField.STATEMENT,
        EditKind.MATCH: EntryField.TRANSFER,
        EditKind.UNMATCH: EntryField.TRANSFER,
        EditKind.SPLIT: EntryField.SHAPE,
        EditKind.UNSPLIT: EntryField.SHAPE,
        EditKind.REMOVE: EntryField.SHAPE,
        EditKind.RESTORE: EntryField.SHAPE,
        EditKind.MERGE: EntryField.SHAPE,
        EditKind.UNMERGE: EntryField.SHAPE,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedEdit:
    """What comes of one edit."""

    edit: Edit
    outcome: EditOutcome
    refusal: EditRefusal | None = None
    #: On a conflict: what the field says, and the ledger's version at which it was said.
    current: Value = field(default=None, repr=False)
    changed_at: int | None = None
    planned: PlannedEdit | None = None


def plan_of(decided: Sequence[DecidedEdit]) -> EditPlan:
    """Return what is to be written."""
    return EditPlan(edits=tuple(each.planned for each in decided if each.planned is not None))


def decide_edits(edits: Sequence[Edit], state: EditState, new_id: IdMaker) -> list[DecidedEdit]:
    """Return what comes of each edit, in their order; later ones stand on earlier ones."""
    entries = Entries(state)
    known: set[UUID] = set(state.known_edits)
    decided = []
    for edit in edits:
        each = _decide(edit, entries, known, new_id)
        if each.planned is not None:
            entries.take(each.planned)
            known.add(edit.edit_id)
        decided.append(each)
    return decided


def _decide(edit: Edit, entries: Entries, known: set[UUID], new_id: IdMaker) -> DecidedEdit:
    if edit.edit_id in known:
        return DecidedEdit(edit=edit, outcome=EditOutcome.REPEATED)
    entry = entries.get(edit.entry_id)
    if entry is None:
        return _refused(edit, EditRefusal.UNKNOWN_ENTRY)
    decision = _DECIDERS[edit.kind](edit, entry, entries, new_id)
    if isinstance(decision, Nothing):
        return DecidedEdit(edit=edit, outcome=EditOutcome.NOTHING)
    changed = None if edit.override else _changed_since(edit, entry, entries)
    if changed is not None:
        return DecidedEdit(
            edit=edit,
            outcome=EditOutcome.CONFLICT,
            current=_shown(changed, _FIELDS[edit.kind]),
            changed_at=entries.changed_before(changed, _FIELDS[edit.kind]),
        )
    if isinstance(decision, Refused):
        return _refused(edit, decision.refusal)
    planned = PlannedEdit(
        edit_id=edit.edit_id,
        entry_id=edit.entry_id,
        kind=edit.kind,
        changes=decision.changes,
        parts=decision.parts,
    )
    return DecidedEdit(edit=edit, outcome=EditOutcome.APPLIED, planned=planned)


def _changed_since(edit: Edit, entry: LedgerEntry, entries: Entries) -> LedgerEntry | None:
    """The first entry that somebody changed after the person saw it; what this request did is no news."""
    seen = [(entry, edit.base)]
    for other_id, base in zip(edit.others, edit.other_bases, strict=False):
        other = entries.get(other_id)
        if other is not None:
            seen.append((other, base))
    of = _FIELDS[edit.kind]
    return next((each for each, base in seen if entries.changed_before(each, of) > base), None)


def _refused(edit: Edit, refusal: EditRefusal) -> DecidedEdit:
    return DecidedEdit(edit=edit, outcome=EditOutcome.REFUSED, refusal=refusal)


def _shown(entry: LedgerEntry, of: EntryField) -> Value:
    """A field as a person reads it."""
    value = field_value(entry, of)
    if isinstance(value, CategoryWord):
        return DEFAULT_CATEGORIES[value.category_id].name if value.category_id else None
    if isinstance(value, (tuple, str, bool)):
        return value
    if of is EntryField.TRANSFER:
        return entry.text.transfer_id
    if of is EntryField.SHAPE:
        return entry.removal.value if entry.removal else entry.role.value
    return None


# Words: category, tags, notes, the tick, the statement's day.


def _word(entry: LedgerEntry, of: EntryField, after: FieldValue) -> Decision:
    if entry.removed:
        return Refused(EditRefusal.ENTRY_IS_GONE)
    before = field_value(entry, of)
    if before == after:
        return Nothing()
    change = FieldChange(entry_id=entry.entry_id, field=of, before=before, after=after)
    return Planned(changes=(change,))


def _category(edit: Edit, entry: LedgerEntry, _entries: Entries, _new_id: IdMaker) -> Decision:
    if edit.value is None:
        if entry.text.category_source is not CategorySource.USER and not entry.removed:
            return Nothing()
        return _word(entry, EntryField.CATEGORY, CategoryWord(category_id=None, source=None))
    category = category_of_name(edit.value) if isinstance(edit.value, str) else None
    if category is None:
        return Refused(EditRefusal.UNKNOWN_CATEGORY)
    after = CategoryWord(category_id=category.category_id, source=CategorySource.USER)
    return _word(entry, EntryField.CATEGORY, after)


def _tags(edit: Edit, entry: LedgerEntry, _entries: Entries, _new_id: IdMaker) -> Decision:
    tags = edit.value
    if not isinstance(tags, tuple) or not edit_shapes.are_tags(tags):
        return Refused(EditRefusal.TEXT_NOT_ACCEPTABLE)
    return _word(entry, EntryField.TAGS, tags)


def _notes(edit: Edit, entry: LedgerEntry, _entries: Entries, _new_id: IdMaker) -> Decision:
    notes = edit.value
    if not isinstance(notes, str) or not edit_shapes.is_note(notes):
        return Refused(EditRefusal.TEXT_NOT_ACCEPTABLE)
    return _word(entry, EntryField.NOTES, notes)


def _reviewed(edit: Edit, entry: LedgerEntry, _entries: Entries, _new_id: IdMaker) -> Decision:
    if not isinstance(edit.value, bool):
        return Refused(EditRefusal.TEXT_NOT_ACCEPTABLE)
    return _word(entry, EntryField.REVIEWED, edit.value)


def _statement(edit: Edit, entry: LedgerEntry, entries: Entries, _new_id: IdMaker) -> Decision:
    day = edit.value
    if day is not None and not (isinstance(day, str) and is_day(day)):
        return Refused(EditRefusal.DATE_NOT_READABLE)
    if entry.role is EntryRole.PART:
        return Refused(EditRefusal.NOT_A_WHOLE_ENTRY)
    assert day is None or isinstance(day, str), "a date or nothing"
    decision = _word(entry, EntryField.STATEMENT, day)
    moves = isinstance(decision, Planned)
    if moves and (entries.in_closed_month(entry) or entries.is_closed(day or entry.posted_on)):
        return Refused(EditRefusal.MONTH_IS_CLOSED)
    if isinstance(decision, Planned):
        # Parts stand on the day of their split, gone ones too: they may come back.
        changes = [
            FieldChange(
                entry_id=part.entry_id,
                field=EntryField.STATEMENT,
                before=part.statement_on,
                after=day,
            )
            for part in entries.parts(entry)
            if part.statement_on != day
        ]
        return Planned(changes=(*decision.changes, *changes))
    return decision


_Decider = Callable[[Edit, LedgerEntry, Entries, IdMaker], Decision]

_DECIDERS: Mapping[EditKind, _Decider] = MappingProxyType(
    {
        EditKind.CATEGORY: _category,
        EditKind.TAGS: _tags,
        EditKind.NOTES: _notes,
        EditKind.REVIEWED: _reviewed,
        EditKind.STATEMENT: _statement,
        EditKind.SPLIT: edit_shapes.split,
        EditKind.UNSPLIT: edit_shapes.unsplit,
        EditKind.REMOVE: edit_shapes.remove,
        EditKind.RESTORE: edit_shapes.restore,
        EditKind.MERGE: edit_shapes.merge,
        EditKind.UNMERGE: edit_shapes.unmerge,
        EditKind.MATCH: edit_shapes.match,
        EditKind.UNMATCH: edit_shapes.unmatch,
    }
)
