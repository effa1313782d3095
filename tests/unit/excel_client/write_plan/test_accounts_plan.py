from __future__ import annotations

from datetime import date, datetime

import msgspec
import pytest

from excel_client.problems import AccountsDoubled
from excel_client.wire_format import Account
from excel_client.write_plan.accounts_plan import (
    ACCOUNTS_ORDER,
    account_row,
    formula_results,
    plan_accounts,
    proof_summary,
)
from workbooks.sheet_map import AccountsColumn


def cell_moment(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 - a cell knows no zone


ACCOUNT = Account(
    id="a",
    version=1,
    name="Giro",
    currency="EUR",
    type="checking",
    entries=3,
    sum="-0.30",
    opening="100.00",
    opening_source="stated",
    closing="99.70",
    first_balance_on="2026-01-01",
    first_balance="100.00",
    bank_balance_on="2026-01-31",
    bank_balance="99.70",
    balances=2,
    windows_off=0,
    difference="0.00",
    proof="proven",
    decimals=2,
)


def test_the_written_cells_of_an_account_are_dates_numbers_and_texts() -> None:
    cells = dict(zip(ACCOUNTS_ORDER, account_row(ACCOUNT), strict=True))
    assert cells == {
        AccountsColumn.ACCOUNT: "Giro",
        AccountsColumn.TYPE: "checking",
        AccountsColumn.CURRENCY: "EUR",
        AccountsColumn.OPENING: 100.0,
        AccountsColumn.OPENING_SOURCE: "stated",
        AccountsColumn.FIRST_BALANCE_ON: date(2026, 1, 1),
        AccountsColumn.FIRST_BALANCE: 100.0,
        AccountsColumn.BANK_BALANCE_ON: date(2026, 1, 31),
        AccountsColumn.BANK_BALANCE: 99.7,
        AccountsColumn.BALANCES: 2.0,
        AccountsColumn.WINDOWS_OFF: 0.0,
        AccountsColumn.ADJUSTMENTS: 0.0,
        AccountsColumn.CLOSED_THROUGH: None,
        AccountsColumn.DECIMALS: 2.0,
        AccountsColumn.ACCOUNT_ID: "a",
    }


def test_the_formulas_of_a_proven_account_come_to_its_proof() -> None:
    assert formula_results(ACCOUNT) == {
        AccountsColumn.ENTRIES: 3.0,
        AccountsColumn.SUM: -0.3,
        AccountsColumn.CLOSING: 99.7,
        AccountsColumn.DIFFERENCE: 0.0,
        AccountsColumn.PROOF: "proven",
    }


@pytest.mark.parametrize(
    ("changes", "difference", "proof"),
    [
        ({"difference": "0.01"}, 0.01, "differs"),
        ({"windows_off": 1}, 0.0, "differs"),
        ({"balances": 1, "difference": None}, "", "not yet proven"),
        ({"bank_balance": None, "bank_balance_on": None}, "", "not yet proven"),
    ],
)
def test_a_proof_needs_two_balances_that_every_stretch_leads_between(
    changes: dict[str, object], difference: object, proof: str
) -> None:
    results = formula_results(msgspec.structs.replace(ACCOUNT, **changes))
    assert results[AccountsColumn.DIFFERENCE] == difference
    assert results[AccountsColumn.PROOF] == proof


def test_an_account_without_an_opening_has_a_blank_closing() -> None:
    account = msgspec.structs.replace(ACCOUNT, opening=None, closing=None, opening_source="none")
    assert formula_results(account)[AccountsColumn.CLOSING] == ""


@pytest.mark.parametrize(
    ("total", "decimals", "rounded"),
    [("0.005", 2, 0.01), ("-0.005", 2, -0.01), ("2.5", 0, 3.0), ("-0.001", 2, 0.0)],
)
def test_a_sum_is_rounded_once_and_the_way_excel_rounds(
    total: str, decimals: int, rounded: float
) -> None:
    account = msgspec.structs.replace(ACCOUNT, sum=total, decimals=decimals)
    shown = formula_results(account)[AccountsColumn.SUM]
    assert shown == rounded
    assert str(shown) == str(rounded)


def test_the_headline_counts_the_accounts_by_their_proof() -> None:
    differs = msgspec.structs.replace(ACCOUNT, difference="1.00")
    results = [formula_results(account) for account in (ACCOUNT, differs, ACCOUNT)]
    assert proof_summary(results) == "2 proven, 0 adjusted, 1 with a difference, 0 not yet proven"
    assert proof_summary([]) == "No accounts yet"


def test_a_proof_that_needs_an_adjustment_says_so() -> None:
    adjusted = msgspec.structs.replace(ACCOUNT, adjustments=1)
    assert formula_results(adjusted)[AccountsColumn.PROOF] == "adjusted"
    differs = msgspec.structs.replace(adjusted, difference="1.00")
    assert formula_results(differs)[AccountsColumn.PROOF] == "differs"


def test_entries_are_counted_as_the_sheet_counts_them() -> None:
    assert formula_results(ACCOUNT, 5)[AccountsColumn.ENTRIES] == 5


def test_new_accounts_are_added_by_name() -> None:
    savings = msgspec.structs.replace(ACCOUNT, id="b", name="Alpha")
    plan = plan_accounts([ACCOUNT, savings], [], 5)
    assert plan.appended == [account_row(savings), account_row(ACCOUNT)]


def test_an_account_that_stands_as_it_should_is_left_alone() -> None:
    read = [
        cell_moment(cell.year, cell.month, cell.day) if isinstance(cell, date) else cell
        for cell in account_row(ACCOUNT)
    ]
    assert plan_accounts([ACCOUNT], [read], 5).is_empty


def test_only_the_cells_that_changed_are_written() -> None:
    later = msgspec.structs.replace(ACCOUNT, bank_balance="98.00")
    plan = plan_accounts([later], [(None,) * len(ACCOUNTS_ORDER), account_row(ACCOUNT)], 5)
    column = ACCOUNTS_ORDER.index(AccountsColumn.BANK_BALANCE)
    assert plan.updates == {1: {column: 98.0}}
    assert not plan.appended


def test_an_account_that_stands_twice_is_refused_with_its_rows() -> None:
    with pytest.raises(AccountsDoubled) as refused:
        plan_accounts([ACCOUNT], [account_row(ACCOUNT), account_row(ACCOUNT)], 5)
    assert refused.value.place["rows"] == "5, 6"
