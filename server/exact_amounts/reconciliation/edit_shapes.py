"""
Edits that change what entries are: split, removed, merged, legs of one transfer; and each of them taken back. Pure.

No amount is ever invented: parts add up to their parent, merged entries are equal, the legs of a transfer cancel out
but for a fee that the person allows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import Final, TypeAlias

from server.exact_amounts.entries.edits import Edit, EditRefusal, PartOfSplit
from server.exact_amounts.entries.entry import (
    CategorySource,
    EntryField,
    EntryRole,
    EntryStatus,
    EntryText,
    LedgerEntry,
    Removal,
)
from server.exact_amounts.entries.money import ExactAmount
from server.exact_amounts.ledger.edited import (
    FieldChange,
    FieldValue,
    PlannedPart,
    Shape,
    TransferLink,
    field_value,
)
from server.exact_amounts.ledger.typed_entries import is_plain_text
from server.exact_amounts.reconciliation.edit_state import Entries
from server.shared_types.categories import category_of_name
from server.shared_types.ids import EntryId, IdMaker

__all__ = [
    "Decision",
    "Nothing",
    "Planned",
    "Refused",
    "are_tags",
    "is_note",
    "match",
    "merge",
    "remove",
    "restore",
    "split",
    "unmatch",
    "unmerge",
    "unsplit",
]

_PAIR: Final = 2
_FEE: Final = "bank_fees"


@dataclass(frozen=True, slots=True)
class Nothing:
    """The ledger says so already."""


@dataclass(frozen=True, slots=True)
class Refused:
    """It can't be."""

    refusal: EditRefusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What is to be done."""

    changes: tuple[FieldChange, ...]
    parts: tuple[PlannedPart, ...] = ()


Decision: TypeAlias = Nothing | Refused | Planned


def _change(entry: LedgerEntry, of: EntryField, after: FieldValue) -> list[FieldChange]:
    before = field_value(entry, of)
    if before == after:
        return []
    return [FieldChange(entry_id=entry.entry_id, field=of, before=before, after=after)]


def _shape(entry: LedgerEntry, shape: Shape) -> list[FieldChange]:
    return _change(entry, EntryField.SHAPE, shape)


def _gone(entry: LedgerEntry, removal: Removal) -> list[FieldChange]:
    return _shape(entry, Shape(role=entry.role, removal=removal))


def _total(amounts: Iterable[ExactAmount]) -> ExactAmount:
    return reduce(add, amounts)


def _unlinked(gone: Sequence[LedgerEntry], entries: Entries) -> list[FieldChange]:
    """Take entries out of their transfers; of a transfer of two nothing is left."""
    changes: list[FieldChange] = []
    leaving = {str(entry.entry_id) for entry in gone}
    left: dict[EntryId, LedgerEntry] = {}
    for entry in gone:
        changes += _change(entry, EntryField.TRANSFER, TransferLink())
        for leg in entries.legs(entry):
            if str(leg.entry_id) not in leaving:
                left[leg.entry_id] = leg
    for leg in left.values():
        others = tuple(each for each in leg.text.transfer_legs if each not in leaving)
        link = TransferLink(transfer_id=leg.text.transfer_id, legs=others)
        changes += _change(leg, EntryField.TRANSFER, link if others else TransferLink())
    return changes


def _others(edit: Edit, entries: Entries) -> list[LedgerEntry | None]:
    """The other entries of an edit, each once; None for one that there is not."""
    return [entries.get(other) for other in dict.fromkeys(edit.others) if other != edit.entry_id]


def is_note(text: str) -> bool:
    """Whether a text can be a note, which may have several lines."""
    return is_plain_text(text.replace("\n", " "))


def are_tags(tags: Sequence[str]) -> bool:
    """Whether every one of these can be a tag."""
    return all(tag.strip() and is_plain_text(tag) for tag in tags)


# Splits


def _part_text(parent: LedgerEntry, part: PartOfSplit) -> EntryText | EditRefusal:
    """What is written about a part, or why it can't be."""
    category = category_of_name(part.category) if part.category else None
    if part.category and category is None:
        return EditRefusal.UNKNOWN_CATEGORY
    if not (is_plain_text(part.description) and is_note(part.notes) and are_tags(part.tags)):
        return EditRefusal.TEXT_NOT_ACCEPTABLE
    above = parent.text
    return EntryText(
        description=part.description or above.description,
        merchant=above.merchant,
        category_id=category.category_id if category else above.category_id,
        category_source=CategorySource.USER if category else above.category_source,
        notes=part.notes,
        tags=part.tags,
    )


def _splittable(entry: LedgerEntry, entries: Entries) -> EditRefusal | None:
    if entry.removed:
        return EditRefusal.ENTRY_IS_GONE
    if entry.role not in {EntryRole.WHOLE, EntryRole.SPLIT}:
        return EditRefusal.NOT_A_WHOLE_ENTRY
    return EditRefusal.MONTH_IS_CLOSED if entries.in_closed_month(entry) else None


def split(edit: Edit, entry: LedgerEntry, entries: Entries, new_id: IdMaker) -> Decision:
    """Give an entry parts; those that it had go."""
    refusal = _splittable(entry, entries)
    if refusal is not None:
        return Refused(refusal)
    if len(edit.parts) < _PAIR:
        return Refused(EditRefusal.TOO_FEW_PARTS)
    currencies = {part.amount.currency for part in edit.parts}
    if (
        currencies != {entry.amount.currency}
        or _total(part.amount for part in edit.parts) != entry.amount
    ):
        return Refused(EditRefusal.PARTS_DO_NOT_ADD_UP)
    wanted: list[tuple[ExactAmount, EntryText]] = []
    for part in edit.parts:
        text = _part_text(entry, part)
        if isinstance(text, EditRefusal):
            return Refused(text)
        wanted.append((part.amount, text))
    old = entries.live_parts(entry)
    if [(each.amount, _said_of_part(each.text)) for each in old] == wanted:
        return Nothing()
    # Their ids rise, so that they stay in the order in which they were written.
    ids = sorted(new_id() for _ in wanted)
    planned = [
        PlannedPart(entry_id=EntryId(each), parent_id=entry.entry_id, amount=amount, text=text)
        for each, (amount, text) in zip(ids, wanted, strict=True)
    ]
    changes = [change for part in old for change in _gone(part, Removal.UNSPLIT)]
    changes += _unlinked([entry, *old], entries)
    shape = field_value(entry, EntryField.SHAPE)
    split_anew = FieldChange(
        entry_id=entry.entry_id, field=EntryField.SHAPE, before=shape, after=shape
    )
    # Split anew, the entry changed all the same.
    changes += _shape(entry, Shape(role=EntryRole.SPLIT)) or [split_anew]
    return Planned(changes=tuple(changes), parts=tuple(planned))


def _said_of_part(text: EntryText) -> EntryText:
    """What a split says of a part: the rest came later."""
    return replace(text, reviewed=False, transfer_id=None, transfer_legs=(), field_versions=())


def unsplit(_edit: Edit, entry: LedgerEntry, entries: Entries, _new_id: IdMaker) -> Decision:
    """Take the parts away: the entry stands for itself again."""
    if entry.role is EntryRole.WHOLE and not entry.removed:
        return Nothing()
    if entry.removed:
        return Refused(EditRefusal.ENTRY_IS_GONE)
    if entry.role is not EntryRole.SPLIT:
        return Refused(EditRefusal.NOT_A_SPLIT)
    if entries.in_closed_month(entry):
        return Refused(EditRefusal.MONTH_IS_CLOSED)
    parts = entries.live_parts(entry)
    changes = [change for part in parts for change in _gone(part, Removal.UNSPLIT)]
    changes += _unlinked(parts, entries)
    changes += _shape(entry, Shape(role=EntryRole.WHOLE))
    return Planned(changes=tuple(changes))


# Removing, merging, and back


def remove(_edit: Edit, entry: LedgerEntry, entries: Entries, _new_id: IdMaker) -> Decision:
    """Take an entry out of the ledger, and remember that a person did."""
    if entry.removed:
        return Nothing()
    if entry.role is EntryRole.PART:
        return Refused(EditRefusal.NOT_A_WHOLE_ENTRY)
    if entries.in_closed_month(entry):
        return Refused(EditRefusal.MONTH_IS_CLOSED)
    gone = [entry, *entries.live_parts(entry)]
    changes = [change for each in gone for change in _gone(each, Removal.USER)]
    return Planned(changes=tuple(changes + _unlinked(gone, entries)))


def restore(edit: Edit, entry: LedgerEntry, entries: Entries, new_id: IdMaker) -> Decision:
    """Bring back what a person removed, or merged."""
    if not entry.removed:
        return Nothing()
    if entry.removal is Removal.MERGED:
        return unmerge(edit, entry, entries, new_id)
    if entry.removal is not Removal.USER or entry.role is EntryRole.PART:
        return Refused(EditRefusal.ENTRY_IS_GONE)
    if entries.in_closed_month(entry):
        return Refused(EditRefusal.MONTH_IS_CLOSED)
    parts = [part for part in entries.parts(entry) if part.removal is Removal.USER]
    back = [change for each in (entry, *parts) for change in _shape(each, Shape(role=each.role))]
    return Planned(changes=tuple(back))


def merge(  # noqa: PLR0911 - one per reason
    edit: Edit, entry: LedgerEntry, entries: Entries, _new_id: IdMaker
) -> Decision:
    """Let an entry stand for others that are the same payment; they are remembered."""
    others = _others(edit, entries)
    found = [other for other in others if other is not None]
    if not found or len(found) != len(others):
        return Refused(EditRefusal.UNKNOWN_ENTRY)
    here = str(entry.entry_id)
    if not entry.removed and all(other.text.merged_into == here for other in found):
        return Nothing()
    if any(each.removed for each in (entry, *found)):
        return Refused(EditRefusal.ENTRY_IS_GONE)
    if any(each.role is not EntryRole.WHOLE for each in (entry, *found)):
        return Refused(EditRefusal.NOT_A_WHOLE_ENTRY)
    if any((o.account_id, o.amount) != (entry.account_id, entry.amount) for o in found):
        return Refused(EditRefusal.NOT_THE_SAME)
    if entry.status is EntryStatus.PENDING and any(o.status is not entry.status for o in found):
        # It would fall out of every proof.
        return Refused(EditRefusal.PENDING_CANNOT_STAY)
    if any(entries.in_closed_month(each) for each in (entry, *found)):
        return Refused(EditRefusal.MONTH_IS_CLOSED)
    changes = _unlinked(found, entries)
    for other in found:
        shape = Shape(role=other.role, removal=Removal.MERGED, merged_into=here)
        changes += _shape(other, shape)
    return Planned(changes=tuple(changes))


def unmerge(_edit: Edit, entry: LedgerEntry, entries: Entries, _new_id: IdMaker) -> Decision:
    """Let an entry stand for itself again."""
    if not entry.removed:
        return Nothing()
    if entry.removal is not Removal.MERGED:
        return Refused(EditRefusal.NOT_MERGED)
    if entries.in_closed_month(entry):
        return Refused(EditRefusal.MONTH_IS_CLOSED)
    return Planned(changes=tuple(_shape(entry, Shape(role=entry.role))))


# Transfers


def match(  # noqa: PLR0911 - one per reason
    edit: Edit, entry: LedgerEntry, entries: Entries, new_id: IdMaker
) -> Decision:
    """Tie the legs of one transfer together; each of them leaves the transfer that it was in."""
    others = _others(edit, entries)
    legs = [entry, *(other for other in others if other is not None)]
    if len(legs) < _PAIR or len(legs) != len(others) + 1:
        return Refused(EditRefusal.UNKNOWN_ENTRY)
    if any(leg.removed for leg in legs):
        return Refused(EditRefusal.ENTRY_IS_GONE)
    if any(leg.role not in {EntryRole.WHOLE, EntryRole.PART} for leg in legs):
        return Refused(EditRefusal.NOT_A_WHOLE_ENTRY)
    wanted = {str(leg.entry_id) for leg in legs}
    if {*entry.text.transfer_legs, str(entry.entry_id)} == wanted and entry.text.transfer_id:
        return Nothing()
    if len({leg.account_id for leg in legs}) < _PAIR:
        return Refused(EditRefusal.NOT_A_TRANSFER)
    transfer_id = str(new_id())
    if _cancels_out(legs):
        return Planned(changes=tuple(_linked(legs, transfer_id, entries)))
    return _matched_with_fee(edit, legs, transfer_id, entries, new_id)


def _cancels_out(legs: Sequence[LedgerEntry]) -> bool:
    """Whether what goes out comes in; between two currencies only the direction can be seen."""
    if len({leg.amount.currency for leg in legs}) == 1:
        return not _total(leg.amount for leg in legs).sign
    return len(legs) == _PAIR and legs[0].amount.sign * legs[1].amount.sign < 0


def _linked(legs: Sequence[LedgerEntry], transfer_id: str, entries: Entries) -> list[FieldChange]:
    """The changes that tie legs together, and those that free the legs they leave behind."""
    ids = [str(leg.entry_id) for leg in legs]
    own = {leg.entry_id for leg in legs}
    changes = [each for each in _unlinked(legs, entries) if each.entry_id not in own]
    for leg in legs:
        others = tuple(each for each in ids if each != str(leg.entry_id))
        link = TransferLink(transfer_id=transfer_id, legs=others)
        changes += _change(leg, EntryField.TRANSFER, link)
    return changes


def _matched_with_fee(
    edit: Edit,
    legs: Sequence[LedgerEntry],
    transfer_id: str,
    entries: Entries,
    new_id: IdMaker,
) -> Decision:
    """Of two legs the outgoing one is larger by a fee: it is split into the transfer and the fee."""
    currencies = {leg.amount.currency for leg in legs}
    if not edit.fee or len(legs) != _PAIR or len(currencies) != 1:
        return Refused(EditRefusal.NOT_A_TRANSFER)
    outgoing, incoming = sorted(legs, key=lambda leg: leg.amount.sign)
    fee = outgoing.amount + incoming.amount
    if (outgoing.amount.sign, incoming.amount.sign, fee.sign) != (-1, 1, -1):
        return Refused(EditRefusal.NOT_A_TRANSFER)
    refusal = _splittable(outgoing, entries)
    if refusal is not None:
        return Refused(refusal)
    moved = PlannedPart(
        entry_id=EntryId(new_id()),
        parent_id=outgoing.entry_id,
        amount=-incoming.amount,
        text=replace(
            _plain(outgoing.text),
            transfer_id=transfer_id,
            transfer_legs=(str(incoming.entry_id),),
        ),
    )
    charged = PlannedPart(
        entry_id=EntryId(new_id()),
        parent_id=outgoing.entry_id,
        amount=fee,
        text=replace(_plain(outgoing.text), category_id=_FEE, category_source=CategorySource.USER),
    )
    changes = [each for each in _unlinked(legs, entries) if each.entry_id != incoming.entry_id]
    changes += _shape(outgoing, Shape(role=EntryRole.SPLIT))
    link = TransferLink(transfer_id=transfer_id, legs=(str(moved.entry_id),))
    changes += _change(incoming, EntryField.TRANSFER, link)
    return Planned(changes=tuple(changes), parts=(moved, charged))


def _plain(text: EntryText) -> EntryText:
    """What a part has of its parent's words: neither the bank's ids nor what a person wrote."""
    return EntryText(
        description=text.description,
        merchant=text.merchant,
        category_id=text.category_id,
        category_source=text.category_source,
    )


def unmatch(_edit: Edit, entry: LedgerEntry, entries: Entries, _new_id: IdMaker) -> Decision:
    """Take an entry out of its transfer."""
    if entry.text.transfer_id is None:
        return Nothing()
    return Planned(changes=tuple(_unlinked([entry], entries)))
