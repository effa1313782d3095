"""Typed entries are checked field by field; a refusal names the place, never the value."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

import pytest

from server.exact_amounts.entries.entry import Account, AccountType, CategorySource
from server.exact_amounts.entries.problems import (
    AccountNameNotAcceptable,
    AmountNotReadable,
    DateNotReadable,
    EntryRefused,
    TextNotAcceptable,
    UnknownAccount,
    UnknownCategory,
)
from server.exact_amounts.ledger.identities import Identities
from server.exact_amounts.ledger.typed_entries import (
    TypedEntry,
    acceptable_account_name,
    plan_typed_entries,
)
from server.shared_types.ids import AccountId


class PlainMac:
    def mac(self, *parts: bytes | str) -> bytes:
        return hashlib.sha256(repr(parts).encode()).digest()


CASH = AccountId(UUID(int=1))
ACCOUNTS: Mapping[AccountId, Account] = {
    CASH: Account(
        account_id=CASH, version=1, name="Cash", account_type=AccountType.OTHER, currency="EUR"
    )
}
GOOD = TypedEntry(account_id=CASH, posted_on="2026-02-28", amount="-12.50", description="Bread")
IDENTITIES = Identities(PlainMac())


def test_a_typed_entry_keeps_its_literal_and_its_category() -> None:
    typed = replace(GOOD, category=" food AND drink", tags=("a",), notes="two\nlines")
    (entry,) = plan_typed_entries([typed], ACCOUNTS, IDENTITIES).entries

    assert entry.amount.literal() == "-12.50"
    assert entry.amount.currency == "EUR"
    assert entry.text.category_id == "food_and_drink"
    assert entry.text.category_source is CategorySource.USER


def test_an_original_amount_stands_beside_the_amount() -> None:
    typed = replace(GOOD, original_amount="-14.00", original_currency="USD")
    (entry,) = plan_typed_entries([typed], ACCOUNTS, IDENTITIES).entries

    assert entry.original is not None
    assert entry.original.currency == "USD"


@pytest.mark.parametrize(
    ("wrong", "problem", "field"),
    [
        (replace(GOOD, amount="7351829,43"), AmountNotReadable, "amount"),
        (replace(GOOD, amount="7351829e2"), AmountNotReadable, "amount"),
        (replace(GOOD, posted_on="2026-02-30"), DateNotReadable, "posted_on"),
        (replace(GOOD, posted_on="1899-12-31"), DateNotReadable, "posted_on"),
        (replace(GOOD, posted_on="2201-01-01"), DateNotReadable, "posted_on"),
        (replace(GOOD, posted_on="20260228"), DateNotReadable, "posted_on"),
        (replace(GOOD, posted_on="\uff12026-02-28"), DateNotReadable, "posted_on"),
        (replace(GOOD, description="a\x00b"), TextNotAcceptable, "description"),
        (replace(GOOD, description="a\nb"), TextNotAcceptable, "description"),
        (replace(GOOD, notes="x" * 2_001), TextNotAcceptable, "notes"),
        (replace(GOOD, tags=("fine", "\x7f")), TextNotAcceptable, "tags"),
        (replace(GOOD, merchant="\ud800"), TextNotAcceptable, "merchant"),
        (replace(GOOD, category="Yachts"), UnknownCategory, "category"),
        (replace(GOOD, original_amount="1.00"), AmountNotReadable, "original_currency"),
        (replace(GOOD, original_currency="USD"), AmountNotReadable, "original_amount"),
    ],
)
def test_a_refusal_names_entry_and_field(
    wrong: TypedEntry, problem: type[EntryRefused], field: str
) -> None:
    with pytest.raises(problem) as refused:
        plan_typed_entries([GOOD, wrong], ACCOUNTS, IDENTITIES)

    assert refused.value.place() == {"entry": 1, "field": field}
    assert "7351829" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_an_account_of_nobody_is_unknown() -> None:
    with pytest.raises(UnknownAccount):
        plan_typed_entries([replace(GOOD, account_id=AccountId(UUID(int=9)))], ACCOUNTS, IDENTITIES)


def test_an_account_has_a_name_that_can_be_shown() -> None:
    assert acceptable_account_name("  Cash ") == "Cash"
    for name in ("", "   ", "a\tb", "x" * 101):
        with pytest.raises(AccountNameNotAcceptable):
            acceptable_account_name(name)
