"""Edits as they are written before they are sealed."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.exact_amounts.entries.edits import EditKind
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
from server.exact_amounts.ledger.applying import StoredEntry
from server.exact_amounts.ledger.edited import (
    CategoryWord,
    EditRecord,
    FieldChange,
    FieldValue,
    Shape,
    TransferLink,
)
from server.exact_amounts.ledger.written_edits import (
    is_settled,
    read_edit,
    read_settled,
    write_edit,
    write_settled,
)
from server.exact_amounts.ledger.written_texts import WrittenText, entry_text, written_text
from server.shared_types.ids import AccountId, BatchId, EntryId

EDIT, ENTRY = UUID(int=1), EntryId(UUID(int=2))
WORDS = st.text(max_size=20)
NAMES = st.uuids().map(str)
VALUES: dict[EntryField, st.SearchStrategy[FieldValue]] = {
    EntryField.CATEGORY: st.builds(
        CategoryWord,
        category_id=st.none() | WORDS,
        source=st.none() | st.sampled_from(CategorySource),
    ),
    EntryField.TAGS: st.lists(WORDS, max_size=3).map(tuple),
    EntryField.NOTES: WORDS,
    EntryField.REVIEWED: st.booleans(),
    EntryField.STATEMENT: st.none() | st.dates().map(str),
    EntryField.TRANSFER: st.builds(
        TransferLink, transfer_id=st.none() | NAMES, legs=st.lists(NAMES, max_size=3).map(tuple)
    ),
    EntryField.SHAPE: st.builds(
        Shape,
        role=st.sampled_from(EntryRole),
        removal=st.none() | st.sampled_from(Removal),
        merged_into=st.none() | NAMES,
    ),
}
CHANGES = st.sampled_from(EntryField).flatmap(
    lambda of: st.builds(
        FieldChange,
        entry_id=st.just(ENTRY),
        field=st.just(of),
        before=VALUES[of],
        after=VALUES[of],
    )
)
TEXTS = st.builds(
    EntryText,
    **dict.fromkeys(("description", "merchant", "reference", "bank_id", "bank_kind"), WORDS),
    category_id=st.none() | WORDS,
    category_source=st.none() | st.sampled_from(CategorySource),
    notes=WORDS,
    tags=st.lists(WORDS, max_size=3).map(tuple),
    reviewed=st.booleans(),
    transfer_id=st.none() | NAMES,
    transfer_legs=st.lists(NAMES, max_size=2).map(tuple),
    merged_into=st.none() | NAMES,
    field_versions=st.just(()) | st.tuples(*[st.integers(0, 2**40)] * 7),
)
AMOUNTS = st.builds(
    ExactAmount,
    st.decimals(-(10**17), 10**17, places=9),
    st.sampled_from(["EUR", "JPY"]),
)


@given(st.sampled_from(EditKind), st.lists(CHANGES, max_size=4), st.integers(0, 5000))
def test_an_edit_is_read_as_it_was_written(
    kind: EditKind, changes: list[FieldChange], place: int
) -> None:
    record = EditRecord(
        edit_id=EDIT, entry_id=ENTRY, version=7, kind=kind, changes=tuple(changes), place=place
    )
    written = write_edit(record)

    assert not is_settled(written)
    assert read_edit(written, EDIT, ENTRY, 7) == record


@given(TEXTS, AMOUNTS, st.none() | AMOUNTS, st.sampled_from(EntryRole))
def test_a_booked_entry_is_read_as_it_was(
    text: EntryText, amount: ExactAmount, original: ExactAmount | None, role: EntryRole
) -> None:
    entry = LedgerEntry(
        entry_id=ENTRY,
        version=7,
        account_id=AccountId(UUID(int=3)),
        batch_id=BatchId(UUID(int=4)),
        posted_on="2026-03-04",
        amount=amount,
        original=original,
        text=text,
        status=EntryStatus.PENDING,
        role=role,
    )
    stored = StoredEntry(entry=entry, identity=b"i" * 32, bank_identity=None)
    written = write_settled(stored)

    assert is_settled(written)
    assert read_settled(written, ENTRY, 7) == stored
    assert read_settled(written, ENTRY, 7).entry.amount.literal() == amount.literal()


@pytest.mark.parametrize("literal", ["0", "-3.50", "123456789012345678.123456789"])
def test_the_length_of_a_kept_entry_tells_no_digit(literal: str) -> None:
    def length(amount: ExactAmount) -> int:
        entry = LedgerEntry(
            entry_id=ENTRY,
            version=7,
            account_id=AccountId(UUID(int=3)),
            batch_id=BatchId(UUID(int=4)),
            posted_on="2026-03-04",
            amount=amount,
            original=amount,
            text=EntryText(description="Petrol"),
        )
        return len(write_settled(StoredEntry(entry=entry, identity=b"", bank_identity=b"")))

    assert length(ExactAmount(Decimal(literal), "EUR")) == length(ExactAmount(Decimal(1), "EUR"))


@given(TEXTS)
def test_words_are_read_as_they_were_written(text: EntryText) -> None:
    assert entry_text(msgspec.json.decode(written_text(text), type=WrittenText)) == text


def test_words_of_an_older_server_are_read() -> None:
    older = b'["Coffee","","","","",null,null,"note",["t"],true]'
    text = entry_text(msgspec.json.decode(older, type=WrittenText))

    assert (text.notes, text.tags, text.reviewed) == ("note", ("t",), True)
    assert (text.transfer_id, text.field_versions) == (None, ())
    assert {text.version_of(each) for each in EntryField} == {0}


def test_every_word_is_written() -> None:
    assert [each.name for each in fields(EntryText)] == list(WrittenText.__struct_fields__)
