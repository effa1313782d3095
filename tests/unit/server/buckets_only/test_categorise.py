"""The bank's word for an entry's kind becomes a category where it means one thing."""

from __future__ import annotations

from uuid import UUID

import pytest

from server.buckets_only.categorisation.categorise import categorise, categorise_all
from server.shared_types.buckets import Bucket, BucketedEntry, Direction
from server.shared_types.categories import DEFAULT_CATEGORIES
from server.shared_types.ids import AccountId, EntryId


def entry(kind: str, direction: Direction = Direction.OUT) -> BucketedEntry:
    return BucketedEntry(
        entry_id=EntryId(UUID(int=1)),
        account_id=AccountId(UUID(int=2)),
        posted_on="2026-03-31",
        currency="EUR",
        bucket=Bucket.SMALL,
        direction=direction,
        masked_description="",
        bank_kind=kind,
        category_id=None,
    )


@pytest.mark.parametrize(
    ("kind", "direction", "category"),
    [
        ("INT", Direction.IN, "income.interest"),
        ("INT", Direction.OUT, "bank_fees"),
        ("DIV", Direction.IN, "income.dividends"),
        ("DIV", Direction.OUT, None),
        ("FEE", Direction.OUT, "bank_fees"),
        ("srvchg ", Direction.OUT, "bank_fees"),
        ("ATM", Direction.OUT, "cash"),
        ("CASH", Direction.IN, "cash"),
        ("XFER", Direction.IN, "transfer"),
        ("DEBIT", Direction.OUT, None),
        ("", Direction.NONE, None),
    ],
)
def test_a_kind_becomes_a_category(kind: str, direction: Direction, category: str | None) -> None:
    assert categorise(entry(kind, direction)) == category


def test_every_category_is_in_the_tree() -> None:
    kinds = [entry(kind, Direction.IN) for kind in ("INT", "DIV", "FEE", "ATM", "XFER", "POS")]

    assert set(categorise_all(kinds)) <= {None, *DEFAULT_CATEGORIES}
