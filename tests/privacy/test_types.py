"""Ring two: an exact amount refuses every way of being written down by accident."""

from __future__ import annotations

import copy
import dataclasses
import json
import logging
import pickle
import random
import traceback
from collections.abc import Callable
from decimal import Decimal
from uuid import UUID

import msgspec
import pytest

from server.exact_amounts.entries.entry import EntryText, LedgerEntry
from server.exact_amounts.entries.money import ExactAmount, amount_from_literal
from server.shared_types.ids import AccountId, BatchId, EntryId
from tests.privacy.canaries import amount_canary, leaks, text_canary

RANDOM = random.Random(20260403)
CANARY = amount_canary("amount", RANDOM)
PAYEE = text_canary("payee", RANDOM)
AMOUNT = amount_from_literal(CANARY.value, "EUR")
ENTRY = LedgerEntry(
    entry_id=EntryId(UUID(int=1)),
    version=1,
    account_id=AccountId(UUID(int=2)),
    batch_id=BatchId(UUID(int=3)),
    posted_on="2026-04-03",
    amount=AMOUNT,
    text=EntryText(description=PAYEE.value),
)


@pytest.mark.parametrize("write", [repr, str, format, "%s".__mod__, "{}".format, ascii])
def test_printing_an_amount_shows_a_mask(write: Callable[[object], str]) -> None:
    assert leaks([CANARY], write(AMOUNT).encode()) == []


@pytest.mark.parametrize("write", [repr, str, "%s".__mod__])
def test_printing_an_entry_shows_neither_amount_nor_text(write: Callable[[object], str]) -> None:
    assert leaks([CANARY, PAYEE], write(ENTRY).encode()) == []


@pytest.mark.parametrize("value", [AMOUNT, ENTRY])
@pytest.mark.parametrize(
    "serialise",
    [json.dumps, pickle.dumps, msgspec.json.encode, msgspec.msgpack.encode, msgspec.to_builtins],
)
def test_serialising_is_refused(serialise: Callable[[object], object], value: object) -> None:
    with pytest.raises(TypeError):
        serialise(value)


def test_copying_out_field_by_field_is_refused() -> None:
    with pytest.raises(TypeError):
        copy.deepcopy(AMOUNT)
    with pytest.raises(TypeError):
        dataclasses.asdict(ENTRY)
    assert not hasattr(AMOUNT, "__dict__")


def test_an_amount_never_changes() -> None:
    with pytest.raises(AttributeError):
        AMOUNT.exact_value = Decimal(1)


def test_a_traceback_and_a_log_line_show_a_mask(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(RuntimeError) as raised:
        raise RuntimeError(AMOUNT, ENTRY)
    told = "".join(traceback.format_exception(raised.value))
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("anybody").error("could not match %s with %r", AMOUNT, ENTRY)

    assert leaks([CANARY, PAYEE], (told + caplog.text).encode()) == []


def test_the_ring_catches_an_amount_that_prints_itself() -> None:
    class Careless(ExactAmount):
        def __repr__(self) -> str:
            return f"{self.exact_value} {self.currency}"

    planted = Careless(Decimal(CANARY.value), "EUR")

    assert leaks([CANARY], repr(planted).encode()) == ["amount"]
