"""Two rows are the same when the bank's facts are, however they are spelled."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest

from server.exact_amounts.entries.entry import AccountType, EntryText
from server.exact_amounts.ledger.identities import Identities, name_key
from server.shared_types.ids import AccountId


class PlainMac:
    def mac(self, *parts: bytes | str) -> bytes:
        return hashlib.sha256(repr(parts).encode()).digest()


IDENTITIES = Identities(PlainMac())
ACCOUNT = AccountId(UUID(int=1))
TEXT = EntryText(description="Café  du Nord", merchant="", reference="42")


def identity(
    text: EntryText = TEXT, amount: str = "12.50", day: str = "2026-03-01", account: int = 1
) -> bytes:
    return IDENTITIES.entry(AccountId(UUID(int=account)), day, Decimal(amount), text)


@pytest.mark.parametrize(
    "same",
    [
        identity(amount="12.5"),
        identity(amount="12.500"),
        identity(replace(TEXT, description="CAFE\u0301 DU NORD")),
        identity(replace(TEXT, notes="a note", tags=("a",), reviewed=True, category_id="travel")),
    ],
)
def test_spelling_and_what_people_add_make_no_difference(same: bytes) -> None:
    assert same == identity()


@pytest.mark.parametrize(
    "other",
    [
        identity(amount="-12.50"),
        identity(amount="1250"),
        identity(day="2026-03-02"),
        identity(account=2),
        identity(replace(TEXT, reference="43")),
        identity(replace(TEXT, bank_id="A7")),
    ],
)
def test_another_fact_makes_another_entry(other: bytes) -> None:
    assert other != identity()


def test_with_a_bank_id_the_text_may_change() -> None:
    with_id = replace(TEXT, bank_id="A7")

    assert identity(with_id) == identity(replace(with_id, description="COFFEE"))


def test_no_zero_has_a_sign() -> None:
    assert identity(amount="-0.00") == identity(amount="0")


def test_digests_for_different_purposes_never_meet() -> None:
    digests = {
        IDENTITIES.account_name("x"),
        IDENTITIES.account_number("x", "EUR", None),
        IDENTITIES.account_number("x", "EUR", AccountType.CHECKING),
        IDENTITIES.unnumbered_account("x", "EUR"),
        IDENTITIES.bank_id(ACCOUNT, "x"),
        IDENTITIES.source(b"x"),
        IDENTITIES.idempotency_key("x"),
        IDENTITIES.request("x"),
    }

    assert len(digests) == 8
    assert IDENTITIES.bank_id(ACCOUNT, "") is None


def test_names_are_compared_without_case_and_spacing() -> None:
    assert name_key(" Straße  1") == name_key("STRASSE 1")
