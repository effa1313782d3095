"""What leaves the exact side: a bucket, a direction, a text without digits; the same for all amounts of a bucket."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.buckets_only.analytics.month_summary import summarise_months
from server.buckets_only.categorisation.categorise import categorise_all
from server.exact_amounts.disclosure import (
    disclose_entries,
    disclose_entry,
    get_magnitude_bucket,
    mask_digits,
)
from server.exact_amounts.entries.currencies import bucket_power
from server.exact_amounts.entries.entry import EntryText, LedgerEntry
from server.exact_amounts.entries.money import ExactAmount
from server.shared_types.buckets import Bucket
from server.shared_types.ids import AccountId, BatchId, EntryId

CURRENCIES = ["EUR", "USD", "JPY", "SEK", "VND", "KRW", "KWD"]

#: Lowest and highest size of each bucket at a scale of one, to a thousandth.
RANGES = {
    Bucket.MICRO: ("0", "9.999"),
    Bucket.SMALL: ("10", "99.999"),
    Bucket.MEDIUM: ("100", "999.999"),
    Bucket.LARGE: ("1000", "10000"),
    Bucket.XLARGE: ("10000.001", "99999999999"),
}


@pytest.mark.parametrize("currency", CURRENCIES)
@pytest.mark.parametrize(("bucket", "edges"), RANGES.items())
def test_a_bucket_holds_its_edges_in_every_currency(
    bucket: Bucket, edges: tuple[str, str], currency: str
) -> None:
    scale = Decimal(10) ** bucket_power(currency)

    for edge in edges:
        assert get_magnitude_bucket(Decimal(edge) * scale, currency) is bucket
        assert get_magnitude_bucket(-Decimal(edge) * scale, currency) is bucket


def test_a_salary_in_yen_is_not_larger_than_one_in_euro() -> None:
    assert get_magnitude_bucket(Decimal(300_000), "JPY") is Bucket.LARGE
    assert get_magnitude_bucket(Decimal(3_000), "EUR") is Bucket.LARGE


@given(st.text())
def test_no_character_that_stands_for_a_number_is_disclosed(text: str) -> None:
    masked = mask_digits(text)

    assert not any(character.isnumeric() for character in masked)
    assert "##" not in masked


@pytest.mark.parametrize(
    "text", ["EUR 1.234,56", "١٢٣٤", "\uff11\uff12\uff13\uff14", "²½Ⅷ④", "四千二百"]
)
def test_amounts_in_a_text_are_masked_in_every_script(text: str) -> None:
    assert not any(character.isnumeric() for character in mask_digits(text))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CARD 7.10 SHOP", "CARD 1,234.56 SHOP"),
        ("Kurs 12,50 paid", "Kurs 1.000,- paid"),
        ("AMT      7.10 DR", "AMT1234567.89 DR"),
        ("AMT ***7.10 DR", "AMT 1234.56 DR"),
        ("card 4711     7.10", "card 4711 1234.56"),
        ("EUR -   7.10", "EUR -1\u2019234.56"),
        ("978?993.10 USD", "7.10 USD"),
        ("\u0667\u066b\u0661", "\u0661\u066c\u0662\u0663\u0664"),
    ],
)
def test_neither_digits_nor_marks_nor_columns_tell_how_long_a_number_was(
    one: str, other: str
) -> None:
    assert mask_digits(one) == mask_digits(other)


def test_a_long_run_of_marks_is_masked_in_no_time() -> None:
    for run in ("." * 1_000_000, "#." * 500_000, ("." * 1000 + "a") * 1000, " " * 1_000_000 + "x"):
        mask_digits(run)


def entry_of(amount: Decimal, currency: str, number: int, kind: str) -> LedgerEntry:
    return LedgerEntry(
        entry_id=EntryId(UUID(int=number)),
        version=1,
        account_id=AccountId(UUID(int=1)),
        batch_id=BatchId(UUID(int=2)),
        posted_on=f"2026-0{number % 9 + 1}-15",
        amount=ExactAmount(amount, currency),
        text=EntryText(description=f"paid {amount}", bank_kind=kind),
    )


@st.composite
def pairs_of_ledgers(draw: st.DrawFn) -> tuple[list[LedgerEntry], list[LedgerEntry]]:
    """Two ledgers whose amounts fall in the same buckets with the same signs."""
    one, other = [], []
    for number in range(draw(st.integers(1, 12))):
        currency = draw(st.sampled_from(CURRENCIES))
        scale = Decimal(10) ** bucket_power(currency)
        bucket = draw(st.sampled_from(list(Bucket)))
        low, high = (Decimal(edge) for edge in RANGES[bucket])
        sign = draw(st.sampled_from([1, -1]))
        kind = draw(st.sampled_from(["INT", "DEBIT", "FEE", ""]))
        # Nothing is neither in nor out, so it never stands against something.
        sizes = st.decimals(max(low, Decimal("0.001")), high, places=3)
        one.append(entry_of(sign * draw(sizes) * scale, currency, number, kind))
        other.append(entry_of(sign * draw(sizes) * scale, currency, number, kind))
    return one, other


@given(pairs_of_ledgers())
def test_ledgers_of_equal_buckets_give_equal_bytes(
    pair: tuple[list[LedgerEntry], list[LedgerEntry]],
) -> None:
    one, other = pair
    summaries = [msgspec.json.encode(summarise_months(disclose_entries(ledger))) for ledger in pair]
    categories = [msgspec.json.encode(categorise_all(disclose_entries(each))) for each in pair]

    assert repr(disclose_entries(one)) == repr(disclose_entries(other))
    assert summaries[0] == summaries[1]
    assert categories[0] == categories[1]


def test_a_disclosed_entry_has_nothing_of_the_amount() -> None:
    disclosed = disclose_entry(entry_of(Decimal("-73518294.37"), "EUR", 3, "FEE 73518294"))

    assert "7351" not in repr(disclosed)
    assert disclosed.masked_description == "paid - #"
    assert disclosed.bank_kind == "FEE #"
