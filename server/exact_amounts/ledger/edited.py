"""
What edits change of an entry, field by field, and how it is taken back. Pure.

Every change knows what was before: an undo puts that back, unless the field was changed again since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias
from uuid import UUID

from server.exact_amounts.entries.edits import EditKind
from server.exact_amounts.entries.entry import (
    CategorySource,
    EntryField,
    EntryRole,
    EntryText,
    LedgerEntry,
    Removal,
)
from server.exact_amounts.entries.money import ExactAmount
from server.shared_types.ids import BatchId, EntryId

__all__ = [
    "CategoryWord",
    "EditPlan",
    "EditRecord",
    "EditedEntries",
    "FieldChange",
    "FieldValue",
    "PlannedEdit",
    "PlannedPart",
    "Shape",
    "TransferLink",
    "apply_edits",
    "edited_entry",
    "field_value",
    "ids_beside",
    "part_entry",
]

_FIELDS = len(EntryField)


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryWord:
    """A category and who said it."""

    category_id: str | None
    source: CategorySource | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferLink:
    """The transfer that an entry is a leg of, or none."""

    transfer_id: str | None = None
    legs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What an entry is, and whether it is there."""

    role: EntryRole
    removal: Removal | None = None
    merged_into: str | None = None


FieldValue: TypeAlias = CategoryWord | TransferLink | Shape | tuple[str, ...] | str | bool | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class FieldChange:
    """One field of one entry, before and after."""

    entry_id: EntryId
    field: EntryField
    before: FieldValue
    after: FieldValue


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPart:
    """A line that a split adds."""

    entry_id: EntryId
    #: The entry that is split.
    parent_id: EntryId
    amount: ExactAmount
    text: EntryText = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedEdit:
    """What one edit does."""

    edit_id: UUID
    #: The entry that the edit was about.
    entry_id: EntryId
    kind: EditKind
    changes: tuple[FieldChange, ...]
    parts: tuple[PlannedPart, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EditPlan:
    """Everything that one batch of edits does; later edits stand on what earlier ones did."""

    edits: tuple[PlannedEdit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EditRecord:
    """What is kept of an edit for one entry: enough to know it again and to take it back."""

    edit_id: UUID
    entry_id: EntryId
    version: int
    kind: EditKind
    changes: tuple[FieldChange, ...]
    #: Which of its batch's edits it was.
    place: int = 0


def field_value(entry: LedgerEntry, of: EntryField) -> FieldValue:  # noqa: PLR0911 - one per field
    """Return what stands in a field."""
    text = entry.text
    match of:
        case EntryField.CATEGORY:
            return CategoryWord(category_id=text.category_id, source=text.category_source)
        case EntryField.TAGS:
            return text.tags
        case EntryField.NOTES:
            return text.notes
        case EntryField.REVIEWED:
            return text.reviewed
        case EntryField.STATEMENT:
            return entry.statement_on
        case EntryField.TRANSFER:
            return TransferLink(transfer_id=text.transfer_id, legs=text.transfer_legs)
        case EntryField.SHAPE:
            return Shape(role=entry.role, removal=entry.removal, merged_into=text.merged_into)


def _with(entry: LedgerEntry, of: EntryField, value: FieldValue) -> LedgerEntry:
    """The entry with another value in a field; its versions stay."""
    text = entry.text
    match of, value:
        case EntryField.CATEGORY, CategoryWord(category_id=category_id, source=source):
            text = replace(text, category_id=category_id, category_source=source)
        case EntryField.TAGS, tuple(tags):
            text = replace(text, tags=tags)
        case EntryField.NOTES, str(notes):
            text = replace(text, notes=notes)
        case EntryField.REVIEWED, bool(reviewed):
            text = replace(text, reviewed=reviewed)
        case EntryField.STATEMENT, None | str():
            assert value is None or isinstance(value, str), "a date or nothing"
            return replace(entry, statement_on=value)
        case EntryField.TRANSFER, TransferLink(transfer_id=transfer_id, legs=legs):
            text = replace(text, transfer_id=transfer_id, transfer_legs=legs)
        case EntryField.SHAPE, Shape() as shape:
            text = replace(text, merged_into=shape.merged_into)
            entry = replace(
                entry,
                role=shape.role,
                removal=shape.removal,
                removed=shape.removal is not None,
            )
        case _:
            message = "a field holds values of its own kind"
            raise AssertionError(message)
    return replace(entry, text=text)


def edited_entry(entry: LedgerEntry, changes: Sequence[FieldChange], version: int) -> LedgerEntry:
    """Return an entry after changes to it, at the ledger's version of their batch."""
    versions = list(entry.text.field_versions or (0,) * _FIELDS)
    for change in changes:
        assert change.entry_id == entry.entry_id, "changes of this entry"
        entry = _with(entry, change.field, change.after)
        versions[change.field] = version
    text = replace(entry.text, field_versions=tuple(versions))
    return replace(entry, text=text, version=version)


def part_entry(parent: LedgerEntry, part: PlannedPart, version: int) -> LedgerEntry:
    """Return a line of a split; the adapter gives it its batch."""
    return replace(
        parent,
        entry_id=part.entry_id,
        version=version,
        amount=part.amount,
        original=None,
        text=part.text,
        removed=False,
        removal=None,
        role=EntryRole.PART,
        parent_id=parent.entry_id,
    )


def ids_beside(entry: LedgerEntry) -> set[EntryId]:
    """Return the ids that an entry names: its parent, the other legs of its transfer, what it was merged into."""
    text = entry.text
    named = {EntryId(UUID(leg)) for leg in text.transfer_legs}
    if entry.parent_id is not None:
        named.add(entry.parent_id)
    if text.merged_into is not None:
        named.add(EntryId(UUID(text.merged_into)))
    return named


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedEntries:
    """What a batch of edits writes."""

    #: Entries that were there, as they will be.
    entries: tuple[LedgerEntry, ...] = field(repr=False)
    #: New lines of splits.
    parts: tuple[LedgerEntry, ...] = field(repr=False)
    records: tuple[EditRecord, ...]


def apply_edits(
    plan: EditPlan, entries: Mapping[EntryId, LedgerEntry], batch_id: BatchId, version: int
) -> EditedEntries:
    """Return what a plan makes of entries, which are all that it changes and that are there already."""
    now = dict(entries)
    parts: dict[EntryId, LedgerEntry] = {}
    records: list[EditRecord] = []
    for place, edit in enumerate(plan.edits):
        by_entry: dict[EntryId, list[FieldChange]] = {}
        for change in edit.changes:
            by_entry.setdefault(change.entry_id, []).append(change)
        for entry_id, changes in by_entry.items():
            held = parts if entry_id in parts else now
            held[entry_id] = edited_entry(held[entry_id], changes, version)
        # Of new lines nothing was before; where there is nothing else, the edit is known by its entry.
        known_by = [each for each in by_entry if each not in parts] or [edit.entry_id]
        records += [
            EditRecord(
                edit_id=edit.edit_id,
                entry_id=entry_id,
                version=version,
                kind=edit.kind,
                changes=tuple(by_entry.get(entry_id, ())),
                place=place,
            )
            for entry_id in known_by
        ]
        for part in edit.parts:
            line = part_entry(now[part.parent_id], part, version)
            parts[part.entry_id] = replace(line, batch_id=batch_id)
    changed = tuple(entry for key, entry in now.items() if entry is not entries[key])
    return EditedEntries(entries=changed, parts=tuple(parts.values()), records=tuple(records))
