"""Money is exact, and keeps itself to itself."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from dataclasses import asdict
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.exact_amounts.entries.currencies import exponent_of
from server.exact_amounts.entries.entry import EntryText
from server.exact_amounts.entries.money import ExactAmount, amount_from_literal

CANARY = ExactAmount(Decimal("73518294.37"), "EUR")

decimals = st.decimals(
    min_value=Decimal("-1e12"), max_value=Decimal("1e12"), places=9, allow_nan=False
)


@given(st.lists(decimals, max_size=50))
def test_a_sum_loses_no_digit(numbers: list[Decimal]) -> None:
    total = sum((ExactAmount(number, "EUR") for number in numbers), ExactAmount(Decimal(0), "EUR"))

    assert total.exact_value * 10**9 == sum(int(number.scaleb(9)) for number in numbers)


@given(decimals)
def test_a_literal_is_read_back_as_the_same_amount(number: Decimal) -> None:
    amount = ExactAmount(number, "EUR")

    assert amount_from_literal(amount.literal(), "EUR") == amount
    assert "E" not in amount.literal()


@given(decimals)
def test_subtracting_an_amount_from_itself_leaves_an_unsigned_zero(number: Decimal) -> None:
    amount = ExactAmount(number, "EUR")

    assert (amount - amount).sign == 0
    assert not (amount - amount).literal().startswith("-")


@given(decimals, st.sampled_from(["EUR", "JPY", "KWD", "CLF"]))
def test_rounding_moves_a_sum_by_half_a_minor_unit_at_most(number: Decimal, code: str) -> None:
    amount = ExactAmount(number, code)

    step = Decimal(1).scaleb(-exponent_of(code))
    assert abs((amount.rounded() - amount).exact_value) * 2 <= step


@pytest.mark.parametrize(
    "literal", ["", ".", "1e5", "1,5", "NaN", "Infinity", "١٢", " 1", "1 ", "--1", "0x1"]
)
def test_anything_but_plain_digits_is_no_amount(literal: str) -> None:
    with pytest.raises(ValueError, match=r"^not an amount$"):
        amount_from_literal(literal, "EUR")


@pytest.mark.parametrize("print_it", [repr, str, format, "%s".__mod__, "{!r:>30}".format])
def test_printing_an_amount_shows_a_mask(print_it: Callable[[ExactAmount], str]) -> None:
    assert "7351" not in print_it(CANARY)


@pytest.mark.parametrize(
    "serialise", [json.dumps, msgspec.json.encode, msgspec.msgpack.encode, pickle.dumps]
)
def test_an_amount_refuses_to_be_serialised(serialise: Callable[[Any], object]) -> None:
    for value in (CANARY, [CANARY], {"amount": CANARY}):
        with pytest.raises(TypeError):
            serialise(value)


@pytest.mark.parametrize("copy_it", [copy.copy, copy.deepcopy])
def test_an_amount_is_not_copied_by_way_of_pickle(copy_it: Callable[[Any], object]) -> None:
    with pytest.raises(TypeError):
        copy_it(CANARY)


def test_an_amount_is_no_dataclass_and_never_changes() -> None:
    with pytest.raises(TypeError):
        asdict(CANARY)  # type: ignore[call-overload]
    with pytest.raises(AttributeError):
        CANARY.exact_value = Decimal(0)
    assert not hasattr(CANARY, "__dict__")


def test_a_text_shows_nothing_of_what_was_sealed_in_it() -> None:
    shown = repr(EntryText(description="canary"))

    assert "canary" not in shown


def test_amounts_of_two_currencies_are_never_added() -> None:
    with pytest.raises(AssertionError):
        CANARY + ExactAmount(Decimal(1), "USD")
    with pytest.raises(AssertionError):
        CANARY - ExactAmount(Decimal(1), "USD")
