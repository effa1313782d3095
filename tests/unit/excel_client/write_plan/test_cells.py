from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from excel_client.problems import AmountNotExact, AnswerNotReadable, TextTooLong
from excel_client.wire_format import LedgerEntry
from excel_client.write_plan.cells import (
    LEDGER_ORDER,
    Cell,
    exact_double,
    ledger_rows,
    same_cell,
    sheet_date,
    sheet_text,
)
from excel_client.write_plan.row_base import Digests, read_base
from workbooks.sheet_map import LedgerColumn


def cell_moment(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 - a cell knows no zone


ENTRY = LedgerEntry(
    id="0199-entry",
    version=7,
    account_id="0199-account",
    posted_on="2026-03-31",
    amount="-12.34",
    currency="EUR",
    description="=HYPERLINK(1)",
    merchant="",
    category=None,
    notes="",
    tags=("home", "shared"),
    reviewed=False,
    status="posted",
    removed=False,
)


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=2
    )
)
def test_an_amount_in_cents_comes_back_from_its_cell(amount: Decimal) -> None:
    assert Decimal(repr(exact_double(f"{amount:f}"))) == amount


@given(st.from_regex(r"-?[0-9]{1,18}(\.[0-9]{0,9})?", fullmatch=True))
def test_an_amount_is_exact_or_refused(text: str) -> None:
    with suppress(AmountNotExact):
        assert Decimal(repr(exact_double(text))) == Decimal(text)


@pytest.mark.parametrize(
    "text", ["123456789012345678.12", "0.12345678901234567", "9007199254740993"]
)
def test_an_amount_that_a_cell_would_round_is_refused(text: str) -> None:
    with pytest.raises(AmountNotExact):
        exact_double(text)


@pytest.mark.parametrize("text", ["", "nan", "inf", "1,00", "one"])
def test_what_is_no_amount_is_not_taken_for_one(text: str) -> None:
    with pytest.raises(AnswerNotReadable):
        exact_double(text)


def test_an_entry_becomes_a_row_in_the_order_of_the_columns() -> None:
    (row,) = ledger_rows([ENTRY], {"0199-account": "Giro"}, Digests(), {})
    cells = dict(zip(LEDGER_ORDER, row, strict=True))
    base = cells.pop(LedgerColumn.BASE)
    assert cells == {
        LedgerColumn.DATE: date(2026, 3, 31),
        LedgerColumn.ACCOUNT: "Giro",
        LedgerColumn.DESCRIPTION: "=HYPERLINK(1)",
        LedgerColumn.MERCHANT: None,
        LedgerColumn.AMOUNT: -12.34,
        LedgerColumn.CURRENCY: "EUR",
        LedgerColumn.CATEGORY: None,
        LedgerColumn.TAGS: "home, shared",
        LedgerColumn.NOTES: None,
        LedgerColumn.REVIEWED: False,
        LedgerColumn.MATCH: None,
        LedgerColumn.STATEMENT: None,
        LedgerColumn.STATUS: "posted",
        LedgerColumn.ENTRY_ID: "0199-entry",
        LedgerColumn.ACCOUNT_ID: "0199-account",
        LedgerColumn.PARENT_ID: None,
        LedgerColumn.PROOF_DATE: date(2026, 3, 31),
    }
    read = read_base(base)
    assert read is not None
    assert read.version == 7


def cells_of(parents: dict[str, Cell] | None = None, **facts: object) -> dict[LedgerColumn, Cell]:
    entry = msgspec.structs.replace(ENTRY, **facts)
    (row,) = ledger_rows([entry], {}, Digests(), parents or {})
    return dict(zip(LEDGER_ORDER, row, strict=True))


def test_an_entry_counts_on_the_day_of_its_statement_and_a_part_on_that_of_its_split() -> None:
    assigned = cells_of(statement_on="2026-04-30")
    assert assigned[LedgerColumn.STATEMENT] == date(2026, 4, 30)
    assert assigned[LedgerColumn.PROOF_DATE] == date(2026, 4, 30)
    part = cells_of({"split": date(2026, 5, 31)}, parent="split", role="part")
    assert part[LedgerColumn.PROOF_DATE] == date(2026, 5, 31)
    assert part[LedgerColumn.PARENT_ID] == "split"
    assert part[LedgerColumn.STATUS] == "posted"


def test_status_names_what_a_row_is() -> None:
    assert cells_of(role="adjustment")[LedgerColumn.STATUS] == "adjustment"
    assert cells_of(role="split", status="split")[LedgerColumn.STATUS] == "split"
    assert cells_of(removed=True)[LedgerColumn.STATUS] == "removed"


def test_the_legs_of_a_transfer_show_one_word_that_is_no_number() -> None:
    word = cells_of(transfer="0199aaaa-0000-7000-8000-1234e5678901")[LedgerColumn.MATCH]
    assert word == "T34e5678901"


def test_a_date_before_excels_calendar_stays_text() -> None:
    assert sheet_date("1900-02-28") == "1900-02-28"
    assert sheet_date("1900-03-01") == date(1900, 3, 1)


def test_what_is_no_date_is_not_taken_for_one() -> None:
    with pytest.raises(AnswerNotReadable):
        sheet_date("2026-02-30")


def test_a_text_is_measured_as_excel_measures_it() -> None:
    assert sheet_text("x" * 32_767) == "x" * 32_767
    with pytest.raises(TextTooLong):
        sheet_text("x" * 32_768)
    with pytest.raises(TextTooLong):
        sheet_text("\U0001f600" * 16_384)


@pytest.mark.parametrize(
    ("found", "wanted", "same"),
    [
        (cell_moment(2026, 3, 31), date(2026, 3, 31), True),
        (cell_moment(2026, 3, 31, 1), date(2026, 3, 31), False),
        (cell_moment(2026, 3, 31, 1), cell_moment(2026, 3, 31, 1), True),
        (cell_moment(2026, 3, 31), None, False),
        ("", None, True),
        (None, None, True),
        (None, "", False),
        (1.0, True, False),
        (True, True, True),
        (Decimal("12.3400"), 12.34, True),
        (Decimal("12.34"), None, False),
        ("12.34", 12.34, False),
        (3.0, 3, True),
    ],
)
def test_cells_are_compared_by_what_they_hold(found: object, wanted: object, *, same: bool) -> None:
    assert same_cell(found, wanted) is same  # type: ignore[arg-type]
