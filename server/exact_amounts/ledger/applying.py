"""What a plan becomes when it is carried out: entries with ids, versions and categories. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from server.exact_amounts.disclosure import disclose_entries
from server.exact_amounts.entries.entry import (
    Anchor,
    CategorySource,
    EntryRole,
    EntryText,
    LedgerEntry,
)
from server.exact_amounts.ledger.identities import Identities
from server.exact_amounts.ledger.plans import PlannedAnchor, PlannedEntry, Settlement
from server.shared_types.buckets import BucketedEntry
from server.shared_types.ids import BatchId, EntryId, IdMaker

__all__ = [
    "AppliedBatch",
    "Categorise",
    "StoredEntry",
    "UndoneBatch",
    "booked_entry",
    "keeping_words",
    "new_anchor",
    "new_entries",
    "stored_entries",
    "stored_part",
    "with_categories",
]

#: The bucket side's word on new entries: a category's id or None for each.
Categorise = Callable[[Sequence[BucketedEntry]], Sequence[str | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedBatch:
    """A batch that was written."""

    batch_id: BatchId
    version: int
    #: In the order of the plan.
    entry_ids: tuple[EntryId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoneBatch:
    """A batch whose entries were taken back."""

    batch_id: BatchId
    version: int
    removed: int
    #: How many fields keep a later word.
    kept: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry:
    """An entry with the digests that stand beside it."""

    entry: LedgerEntry
    identity: bytes
    bank_identity: bytes | None


def new_entries(
    planned: Sequence[PlannedEntry], batch_id: BatchId, version: int, new_id: IdMaker
) -> list[LedgerEntry]:
    """
    Return the entries of a batch, in the order of its plan.

    Their ids rise with their dates, so that readers who go by id meet them in time's order.
    """
    ids = sorted(new_id() for _ in planned)
    by_date = sorted(range(len(planned)), key=lambda place: planned[place].posted_on)
    id_at = dict(zip(by_date, ids, strict=True))
    return [
        _entry(each, EntryId(id_at[place]), batch_id, version) for place, each in enumerate(planned)
    ]


def booked_entry(
    settlement: Settlement, pending: LedgerEntry, batch_id: BatchId, version: int
) -> LedgerEntry:
    """Return a pending entry as it is booked: it keeps its id and what people wrote, and changes its batch."""
    entry = _entry(settlement.becomes, settlement.entry_id, batch_id, version)
    return replace(
        entry,
        text=keeping_words(entry.text, pending.text),
        role=pending.role,
        statement_on=pending.statement_on,
    )


def new_anchor(planned: PlannedAnchor, batch_id: BatchId, version: int) -> Anchor:
    """Return a stated balance of a batch."""
    return Anchor(
        account_id=planned.account_id,
        batch_id=batch_id,
        version=version,
        stated_on=planned.stated_on,
        balance=planned.balance,
        source=planned.source,
    )


def stored_entries(
    entries: Sequence[LedgerEntry], planned: Sequence[PlannedEntry], categorise: Categorise
) -> list[StoredEntry]:
    """Return entries with their digests, and with the provider's category where nobody else said one."""
    return [
        StoredEntry(entry=entry, identity=plan.identity, bank_identity=plan.bank_identity)
        for entry, plan in zip(with_categories(entries, categorise), planned, strict=True)
    ]


def stored_part(part: LedgerEntry, identities: Identities) -> StoredEntry:
    """Return a line of a split with its digest: no import ever finds it by what it says."""
    return StoredEntry(entry=part, identity=identities.own_line(part.entry_id), bank_identity=None)


def with_categories(entries: Sequence[LedgerEntry], categorise: Categorise) -> list[LedgerEntry]:
    """Return entries, those that nobody gave a category with the provider's; an adjustment has none."""
    without = [e for e in entries if e.text.category_id is None and _is_spent(e)]
    if not without:
        return list(entries)
    said = categorise(disclose_entries(without))
    words = {e.entry_id: word for e, word in zip(without, said, strict=True)}
    return [_categorised(entry, words.get(entry.entry_id)) for entry in entries]


def _is_spent(entry: LedgerEntry) -> bool:
    """Whether an entry is one of money; the bucket side never hears of the others."""
    return entry.role is not EntryRole.ADJUSTMENT


def _entry(
    planned: PlannedEntry, entry_id: EntryId, batch_id: BatchId, version: int
) -> LedgerEntry:
    return LedgerEntry(
        entry_id=entry_id,
        version=version,
        account_id=planned.account_id,
        batch_id=batch_id,
        posted_on=planned.posted_on,
        amount=planned.amount,
        original=planned.original,
        text=planned.text,
        status=planned.status,
        role=planned.role,
    )


def keeping_words(booked: EntryText, pending: EntryText) -> EntryText:
    """Return what the bank writes of a booked entry, with what people wrote about it while it was pending."""
    by_user = pending.category_source is CategorySource.USER
    return replace(
        booked,
        category_id=pending.category_id if by_user else None,
        category_source=pending.category_source if by_user else None,
        notes=pending.notes,
        tags=pending.tags,
        reviewed=pending.reviewed,
        transfer_id=pending.transfer_id,
        transfer_legs=pending.transfer_legs,
        field_versions=pending.field_versions,
    )


def _categorised(entry: LedgerEntry, category_id: str | None) -> LedgerEntry:
    """The entry with the provider's category, unless someone else's word stands there."""
    if category_id is None or entry.text.category_id is not None:
        return entry
    text = replace(entry.text, category_id=category_id, category_source=CategorySource.PROVIDER)
    return replace(entry, text=text)
