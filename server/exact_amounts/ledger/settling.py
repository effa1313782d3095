"""
Pending entries that a bank has booked: they keep their ids and what people did to them. Pure.

A split stays one and a leg stays one where the amount is the one it was; else the parts go and the legs are free.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from server.exact_amounts.entries.edits import EditKind
from server.exact_amounts.entries.entry import (
    CategorySource,
    EntryField,
    EntryRole,
    LedgerEntry,
)
from server.exact_amounts.ledger.applying import booked_entry, keeping_words
from server.exact_amounts.ledger.becoming import Becoming
from server.exact_amounts.ledger.edited import EditRecord, Shape, TransferLink, field_value
from server.exact_amounts.ledger.plans import Settlement
from server.shared_types.ids import BatchId, EntryId

__all__ = ["SettledEntries", "pending_again", "settle"]

_FOLLOWING = (EntryField.SHAPE, EntryField.TRANSFER)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledEntries:
    """What a booking writes."""

    #: In the order of the settlements.
    booked: tuple[LedgerEntry, ...] = field(repr=False)
    #: Parts, which follow their split to another day.
    parts: tuple[LedgerEntry, ...] = field(repr=False)
    #: Legs that are free.
    others: tuple[LedgerEntry, ...] = field(repr=False)
    #: What was done to parts and others; the batch stands for the edit.
    records: tuple[EditRecord, ...]


def settle(
    settlements: Sequence[Settlement],
    beside: Mapping[EntryId, LedgerEntry],
    batch_id: BatchId,
    version: int,
) -> SettledEntries:
    """Return what booking does to pending entries and to all that hangs on them, which is `beside`."""
    becoming = Becoming(beside, version)
    for each in settlements:
        pending = becoming.entry(each.entry_id)
        booked = booked_entry(each, pending, batch_id, version)
        becoming.put(booked)
        if booked.amount != pending.amount:
            becoming.change(booked, EntryField.TRANSFER, TransferLink())
    becoming.mend(frozenset())
    own = {each.entry_id for each in settlements}
    others = [entry for entry in becoming.changed() if entry.entry_id not in own]
    records = [
        EditRecord(
            edit_id=batch_id,
            entry_id=entry.entry_id,
            version=version,
            kind=EditKind.UNSPLIT if entry.role is EntryRole.PART else EditKind.UNMATCH,
            changes=tuple(changes),
        )
        for entry in others
        if (changes := becoming.changes(entry, _FOLLOWING))
    ]
    return SettledEntries(
        booked=tuple(becoming.entry(each.entry_id) for each in settlements),
        parts=tuple(entry for entry in others if entry.role is EntryRole.PART),
        others=tuple(entry for entry in others if entry.role is not EntryRole.PART),
        records=tuple(records),
    )


def pending_again(becoming: Becoming, was: LedgerEntry, booked_at: int, version: int) -> None:
    """
    Let a booked entry be as it was while it was pending, with what people did to it since.

    `booked_at` is the ledger's version of the booking.
    """
    now = becoming.entry(was.entry_id)
    text = replace(
        keeping_words(was.text, now.text),
        merged_into=now.text.merged_into,
        transfer_id=now.text.transfer_id,
        transfer_legs=now.text.transfer_legs,
        field_versions=now.text.field_versions,
    )
    if text.category_id is None and was.text.category_source is not CategorySource.USER:
        text = replace(
            text,
            category_id=was.text.category_id,
            category_source=was.text.category_source,
        )
    entry = replace(
        was,
        version=version,
        text=text,
        role=now.role,
        removed=now.removed,
        removal=now.removal,
        statement_on=now.statement_on,
    )
    becoming.put(entry)
    if was.amount == now.amount:
        return
    # What hung on the booked amount does not hang on this one; what hung on this one does again.
    untouched = now.text.version_of(EntryField.SHAPE) <= booked_at
    role = was.role if untouched else EntryRole.WHOLE
    shape = Shape(role=role, removal=now.removal, merged_into=now.text.merged_into)
    becoming.change(entry, EntryField.SHAPE, shape)
    untouched = now.text.version_of(EntryField.TRANSFER) <= booked_at
    link = field_value(was, EntryField.TRANSFER) if untouched else TransferLink()
    becoming.change(becoming.entry(was.entry_id), EntryField.TRANSFER, link)
