"""How the words of an entry are written before they are sealed: a JSON array. Fields are appended, never moved."""

from __future__ import annotations

import msgspec

from server.exact_amounts.entries.entry import CategorySource, EntryText

__all__ = ["WrittenText", "entry_text", "written_text"]


class WrittenText(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is written about an entry."""

    description: str
    merchant: str = ""
    reference: str = ""
    bank_id: str = ""
    bank_kind: str = ""
    category_id: str | None = None
    category_source: str | None = None
    notes: str = ""
    tags: tuple[str, ...] = ()
    reviewed: bool = False
    transfer_id: str | None = None
    transfer_legs: tuple[str, ...] = ()
    merged_into: str | None = None
    field_versions: tuple[int, ...] = ()


def written_text(text: EntryText) -> bytes:
    """Return the words as JSON."""
    return msgspec.json.encode(
        WrittenText(
            text.description,
            text.merchant,
            text.reference,
            text.bank_id,
            text.bank_kind,
            text.category_id,
            text.category_source.value if text.category_source else None,
            text.notes,
            text.tags,
            text.reviewed,
            text.transfer_id,
            text.transfer_legs,
            text.merged_into,
            text.field_versions,
        )
    )


def entry_text(text: WrittenText) -> EntryText:
    """Return the words that were written."""
    return EntryText(
        description=text.description,
        merchant=text.merchant,
        reference=text.reference,
        bank_id=text.bank_id,
        bank_kind=text.bank_kind,
        category_id=text.category_id,
        category_source=CategorySource(text.category_source) if text.category_source else None,
        notes=text.notes,
        tags=text.tags,
        reviewed=text.reviewed,
        transfer_id=text.transfer_id,
        transfer_legs=text.transfer_legs,
        merged_into=text.merged_into,
        field_versions=text.field_versions,
    )
