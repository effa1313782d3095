"""How an edit is written before it is sealed, and what a booked entry was while it was pending. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeAlias
from uuid import UUID

import msgspec

from server.exact_amounts.entries.edits import EditKind
from server.exact_amounts.entries.entry import (
    CategorySource,
    EntryField,
    EntryRole,
    EntryStatus,
    LedgerEntry,
    Removal,
)
from server.exact_amounts.entries.money import ExactAmount
from server.exact_amounts.ledger.applying import StoredEntry
from server.exact_amounts.ledger.edited import (
    CategoryWord,
    EditRecord,
    FieldChange,
    FieldValue,
    Shape,
    TransferLink,
)
from server.exact_amounts.ledger.written_texts import WrittenText, entry_text, written_text
from server.shared_types.ids import AccountId, BatchId, EntryId

__all__ = ["is_settled", "read_edit", "read_settled", "write_edit", "write_settled"]

_Written: TypeAlias = Any
_SETTLED = "settled"
#: The longest literal: a sign, 18 digits, a point, 9 digits. The length of a record tells no digit.
_AMOUNT_CHARACTERS = 29


class _Change(msgspec.Struct, frozen=True, array_like=True):
    field: int
    before: _Written
    after: _Written


class _Edit(msgspec.Struct, frozen=True, array_like=True):
    kind: str
    changes: tuple[_Change, ...]
    #: Which of its batch's edits it was.
    place: int


class _Settled(msgspec.Struct, frozen=True, array_like=True):
    """An entry as it was before a later batch booked it."""

    kind: str
    account_id: bytes
    batch_id: bytes
    posted_on: str
    currency: str
    amount: str
    original: tuple[str, str] | None
    status: str
    text: msgspec.Raw
    identity: bytes
    bank_identity: bytes | None
    role: str


def _written(value: FieldValue) -> _Written:
    if isinstance(value, CategoryWord):
        return [value.category_id, value.source.value if value.source else None]
    if isinstance(value, TransferLink):
        return [value.transfer_id, value.legs]
    if isinstance(value, Shape):
        removal = value.removal.value if value.removal else None
        return [value.role.value, removal, value.merged_into]
    return value


def _read(of: EntryField, value: _Written) -> FieldValue:
    match of:
        case EntryField.CATEGORY:
            category_id, source = value
            return CategoryWord(
                category_id=category_id, source=CategorySource(source) if source else None
            )
        case EntryField.TRANSFER:
            transfer_id, legs = value
            return TransferLink(transfer_id=transfer_id, legs=tuple(legs))
        case EntryField.SHAPE:
            role, removal, merged_into = value
            return Shape(
                role=EntryRole(role),
                removal=Removal(removal) if removal else None,
                merged_into=merged_into,
            )
        case EntryField.TAGS:
            return tuple(value)
        case _:
            said: FieldValue = value
            return said


def write_edit(record: EditRecord) -> bytes:
    """Return what is kept of an edit for one entry."""
    changes = tuple(
        _Change(change.field.value, _written(change.before), _written(change.after))
        for change in record.changes
    )
    return msgspec.json.encode(_Edit(record.kind.value, changes, record.place))


def is_settled(written: bytes) -> bool:
    """Whether it is a booked entry that was kept, and no edit."""
    return written.startswith(b'["settled"')


def read_edit(written: bytes, edit_id: UUID, entry_id: EntryId, version: int) -> EditRecord:
    """Return what was kept of an edit."""
    edit = msgspec.json.decode(written, type=_Edit)
    changes = []
    for each in edit.changes:
        of = EntryField(each.field)
        changes.append(
            FieldChange(
                entry_id=entry_id,
                field=of,
                before=_read(of, each.before),
                after=_read(of, each.after),
            )
        )
    return EditRecord(
        edit_id=edit_id,
        entry_id=entry_id,
        version=version,
        kind=EditKind(edit.kind),
        changes=tuple(changes),
        place=edit.place,
    )


def write_settled(stored: StoredEntry) -> bytes:
    """Return an entry as it is before it is booked."""
    entry = stored.entry
    original = entry.original
    return msgspec.json.encode(
        _Settled(
            _SETTLED,
            entry.account_id.bytes,
            entry.batch_id.bytes,
            entry.posted_on,
            entry.amount.currency,
            entry.amount.literal().ljust(_AMOUNT_CHARACTERS),
            (original.literal().ljust(_AMOUNT_CHARACTERS), original.currency) if original else None,
            entry.status.value,
            msgspec.Raw(written_text(entry.text)),
            stored.identity,
            stored.bank_identity,
            entry.role.value,
        )
    )


def read_settled(written: bytes, entry_id: EntryId, version: int) -> StoredEntry:
    """Return the entry as it was before it was booked, at another version."""
    kept = msgspec.json.decode(written, type=_Settled)
    original = kept.original
    entry = LedgerEntry(
        entry_id=entry_id,
        version=version,
        account_id=AccountId(UUID(bytes=kept.account_id)),
        batch_id=BatchId(UUID(bytes=kept.batch_id)),
        posted_on=kept.posted_on,
        amount=ExactAmount(Decimal(kept.amount), kept.currency),
        original=ExactAmount(Decimal(original[0]), original[1]) if original else None,
        text=entry_text(msgspec.json.decode(kept.text, type=WrittenText)),
        status=EntryStatus(kept.status),
        role=EntryRole(kept.role),
    )
    return StoredEntry(entry=entry, identity=kept.identity, bank_identity=kept.bank_identity)
