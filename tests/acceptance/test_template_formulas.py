"""Every formula of the template, calculated by LibreOffice and held against exact arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from tests.workbook_checks.filled_template import Value, cell_of, filled_template
from tests.workbook_checks.libre_office import (
    CellValue,
    recalculate,
    skip_without_libre_office,
)
from tests.workbook_checks.ooxml_lint import lint
from tests.workbook_checks.sample_edits import (
    LedgerRow,
    adjusted_accounts,
    edited_rows,
    removed_rows,
    review_rows,
    split_in,
    with_split,
)
from tests.workbook_checks.sample_ledger import (
    SampleAccount,
    account_rows,
    ledger_rows,
    log_rows,
    sample_accounts,
)
from workbooks.formulas import ACCOUNTS_FORMULAS
from workbooks.sheet_map import (
    ACCOUNTS_TABLE,
    LEDGER_TABLE,
    AccountsColumn,
    LedgerColumn,
    SheetName,
)
from workbooks.template import template_bytes

Sheets = dict[str, dict[str, CellValue]]
Calculated = dict[AccountsColumn, Decimal | int | str | None]


def _rounded(value: Decimal, decimals: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def _counted_of(account: SampleAccount, rows: Sequence[LedgerRow]) -> list[tuple[date, Decimal]]:
    found = []
    for row in rows:
        if row.get(LedgerColumn.ACCOUNT_ID) == account.account_id and row[LedgerColumn.STATUS] in {
            "posted",
            "adjustment",
        }:
            day, amount = row[LedgerColumn.PROOF_DATE], row[LedgerColumn.AMOUNT]
            assert isinstance(day, date)
            assert isinstance(amount, Decimal)
            found.append((day, amount))
    return found


def _expected(account: SampleAccount, rows: Sequence[LedgerRow]) -> Calculated:
    """What the formulas must say, by exact arithmetic."""
    counted = _counted_of(account, rows)
    total = sum((amount for _, amount in counted), Decimal(0))
    closing = None if account.opening is None else account.opening + total
    difference = None
    if account.balances > 1:
        assert account.first_balance_on is not None
        assert account.first_balance is not None
        assert account.bank_balance_on is not None
        assert account.bank_balance is not None
        between = sum(
            (
                amount
                for day, amount in counted
                if account.first_balance_on < day <= account.bank_balance_on
            ),
            Decimal(0),
        )
        exact = account.first_balance + between - account.bank_balance
        difference = _rounded(exact, account.decimals)
    proof = "not yet proven"
    if difference is not None:
        proof = "adjusted" if account.adjustments else "proven"
        if difference or account.windows_off:
            proof = "differs"
    return {
        AccountsColumn.ENTRIES: len(counted),
        AccountsColumn.SUM: _rounded(total, account.decimals),
        AccountsColumn.CLOSING: None if closing is None else _rounded(closing, account.decimals),
        AccountsColumn.DIFFERENCE: difference,
        AccountsColumn.PROOF: proof,
    }


def _calculated(sheets: Sheets, accounts: Sequence[SampleAccount]) -> list[Calculated]:
    """What the formulas said: a number by its shortest digits, which is what Excel shows and stores."""
    cells = sheets[SheetName.ACCOUNTS]
    found = []
    for index, account in enumerate(accounts):
        row: Calculated = {}
        for column in ACCOUNTS_FORMULAS:
            value = cells[cell_of(ACCOUNTS_TABLE, column, index)]
            if isinstance(value, int | float) and column is not AccountsColumn.ENTRIES:
                assert _rounded(Decimal(repr(value)), account.decimals) == Decimal(repr(value))
                row[column] = Decimal(repr(value))
            else:
                assert value is None or isinstance(value, int | str)
                row[column] = value or None if isinstance(value, str) else value
        found.append(row)
    return found


def _recalculated(
    tmp_path: Path, rows: Sequence[LedgerRow], accounts: Sequence[SampleAccount]
) -> Sheets:
    skip_without_libre_office()
    path = tmp_path / "ledger.xlsx"
    filled = filled_template(
        template_bytes(), ledger=rows, accounts=account_rows(accounts), log=log_rows(3)
    )
    assert lint(filled) == []
    path.write_bytes(filled)
    return recalculate(path)


def _account(number: int, **known: Value) -> SampleAccount:
    name = f"Account {number}"
    stated = {
        "account_id": f"019b0000-0000-7000-8000-{number:012d}",
        "account_type": "checking",
        "currency": "EUR",
        "decimals": 2,
        "opening": None,
        "opening_source": "none",
        **known,
    }
    return SampleAccount(name=name, **stated)  # type: ignore[arg-type] # a test's shorthand


def _entry(account: SampleAccount, day: int, amount: str, status: str = "posted") -> LedgerRow:
    return {
        LedgerColumn.DATE: date(2026, 3, day),
        LedgerColumn.ACCOUNT: account.name,
        LedgerColumn.DESCRIPTION: "*?~=<>",
        LedgerColumn.AMOUNT: Decimal(amount),
        LedgerColumn.CURRENCY: account.currency,
        LedgerColumn.STATUS: status,
        LedgerColumn.ACCOUNT_ID: account.account_id,
        LedgerColumn.PROOF_DATE: date(2026, 3, day),
    }


def _between(first: str, last: str, **known: Value) -> dict[str, Value]:
    """Two balances, at the end of 10 and of 20 March."""
    return {
        "first_balance_on": date(2026, 3, 10),
        "first_balance": Decimal(first),
        "bank_balance_on": date(2026, 3, 20),
        "bank_balance": Decimal(last),
        "balances": 2,
        **known,
    }


def test_an_empty_template_shows_blanks_and_no_error(tmp_path: Path) -> None:
    skip_without_libre_office()
    path = tmp_path / "template.xlsx"
    path.write_bytes(template_bytes())
    sheets = recalculate(path)
    for column in ACCOUNTS_TABLE.columns:
        assert sheets[SheetName.ACCOUNTS][cell_of(ACCOUNTS_TABLE, column, 0)] in {None, ""}
    assert sheets[SheetName.ACCOUNTS]["B1"] == "No accounts yet"
    assert sheets[SheetName.REVIEW]["B1"] == "Nothing to review."
    assert sheets[SheetName.LEDGER]["D1"] in {None, ""}


def test_every_formula_equals_exact_arithmetic_on_a_sample_of_two_currencies(
    tmp_path: Path,
) -> None:
    rows, accounts = ledger_rows(60), sample_accounts(60)
    sheets = _recalculated(tmp_path, rows, accounts)
    calculated = _calculated(sheets, accounts)
    assert calculated == [_expected(account, rows) for account in accounts]
    proofs = [row[AccountsColumn.PROOF] for row in calculated]
    assert proofs == ["proven", "not yet proven", "differs", "proven"]
    summary = "2 proven, 0 adjusted, 1 with a difference, 1 not yet proven"
    assert sheets[SheetName.ACCOUNTS]["B1"] == summary
    assert str(sheets[SheetName.LEDGER]["C1"]).startswith("2026-04-03 07:30")
    text = sheets[SheetName.LEDGER][cell_of(LEDGER_TABLE, LedgerColumn.DESCRIPTION, 3)]
    assert str(text).startswith("=HYPERLINK(")


def test_every_formula_equals_exact_arithmetic_at_the_edges(tmp_path: Path) -> None:
    accounts = [
        _account(1, **_between("100.00", "107.00")),
        _account(2, **_between("100.00", "100.00", windows_off=1)),
        _account(3, **_between("0.00", "0.01")),
        _account(4, **_between("5.00", "5.00"), opening=Decimal("-0.004")),
        _account(5, **_between("999999999999.99", "0.00")),
        _account(6, **_between("1.500", "1.503"), currency="BHD", decimals=3),
        _account(7, **_between("7000", "6500"), currency="JPY", decimals=0),
        _account(8, opening=Decimal("-12.30"), balances=1, bank_balance=Decimal("1.00")),
        _account(9),
    ]
    first, _, cents, opening, large, dinars, yen, alone, _ = accounts
    rows = [
        _entry(first, 10, "1000.00"),  # on the first balance's day: in it already
        _entry(first, 11, "4.00"),
        _entry(first, 15, "50.00", "pending"),
        _entry(first, 20, "3.00"),  # on the last balance's day: in it too
        _entry(first, 21, "-0.07"),
        *[_entry(cents, 12, amount) for amount in ("0.001", "0.001", "0.004", "0.004")],
        _entry(opening, 1, "1.004"),
        *[_entry(large, 12, "-99999999999.90") for _ in range(10)],
        _entry(large, 13, "-0.99"),
        _entry(dinars, 20, "0.003"),
        _entry(yen, 19, "-500"),
        *[_entry(alone, 1 + index % 28, "0.10") for index in range(123)],
    ]
    calculated = _calculated(_recalculated(tmp_path, rows, accounts), accounts)
    assert calculated == [_expected(account, rows) for account in accounts]
    proofs = [row[AccountsColumn.PROOF] for row in calculated]
    assert proofs == [*["proven", "differs"], *["proven"] * 5, *["not yet proven"] * 2]


def test_every_formula_equals_exact_arithmetic_after_every_kind_of_edit(tmp_path: Path) -> None:
    rows, accounts = edited_rows(ledger_rows(60)), adjusted_accounts(sample_accounts(60))
    skip_without_libre_office()
    path = tmp_path / "ledger.xlsx"
    filled = filled_template(
        template_bytes(),
        ledger=rows,
        accounts=account_rows(accounts),
        review=review_rows(),
        removed=removed_rows(rows[30:32]),
        log=log_rows(3),
    )
    assert lint(filled) == []
    path.write_bytes(filled)
    sheets = recalculate(path)
    calculated = _calculated(sheets, accounts)
    assert calculated == [_expected(account, rows) for account in accounts]
    proofs = [row[AccountsColumn.PROOF] for row in calculated]
    assert proofs == ["proven", "not yet proven", "adjusted", "proven"]
    summary = "2 proven, 1 adjusted, 0 with a difference, 1 not yet proven"
    assert sheets[SheetName.ACCOUNTS]["B1"] == summary
    assert sheets[SheetName.LEDGER]["D1"] == sheets[SheetName.REVIEW]["B1"] == "To review: 5"


# --- one workbook for what edits do to proofs: each scenario has accounts of its own

_SPLIT = [_account(number, **_between("100.00", "97.00")) for number in (1, 2)]
_ADJUSTED = [
    _account(11, **_between("100.00", "107.00"), adjustments=1),
    _account(12, **_between("100.00", "107.00"), adjustments=3),
    _account(13, **_between("100.00", "107.00"), adjustments=1),
    _account(14, **_between("100.00", "107.00"), adjustments=1, windows_off=1),
    _account(15, adjustments=1),
    _account(16, **_between("100.00", "100.00")),
]
_STATED = [_account(number, **_between("100.00", "96.00")) for number in (21, 22, 23)]
_WAITING = _account(31, **_between("100.00", "96.00"))


def _split_rows() -> list[LedgerRow]:
    whole, split = _SPLIT
    rows = [_entry(whole, 10, "-9.00"), _entry(whole, 20, "-3.00"), _entry(whole, 21, "-5.00")]
    same = [{**row, LedgerColumn.ACCOUNT_ID: split.account_id} for row in rows]
    # On each side of each balance's day, into parts that go either way.
    for index, amounts in ((2, ("-6.00", "1.00")), (1, ("-1.01", "-1.99")), (0, ("-9.10", "0.10"))):
        same = with_split(same, index, *amounts)
    return [*rows, *same]


def _adjusted_rows() -> list[LedgerRow]:
    amounts = ("7.00", "7.00", "6.99", "7.00")
    return [
        _entry(account, 15, amount, "adjustment")
        for account, amount in zip(_ADJUSTED, amounts, strict=False)
    ]


def _stated_rows() -> list[LedgerRow]:
    rows = [_entry(account, 15, "-4.00") for account in _STATED]
    rows[1][LedgerColumn.PROOF_DATE] = date(2026, 3, 21)
    rows[2][LedgerColumn.PROOF_DATE] = date(2026, 3, 10)
    return rows


def _waiting_rows() -> list[LedgerRow]:
    taken_back, *parts = split_in(_entry(_WAITING, 13, "-4.00"), "-3.00", "-1.00")
    taken_back[LedgerColumn.STATUS] = "whole"
    typed: LedgerRow = {
        LedgerColumn.AMOUNT: Decimal("-0.50"),
        LedgerColumn.STATUS: "part",
        LedgerColumn.ACCOUNT_ID: _WAITING.account_id,  # as a row that was filled down has it
        LedgerColumn.PROOF_DATE: date(2026, 3, 13),
    }
    return [taken_back, *parts, typed, _entry(_WAITING, 14, "-7.00", "remove")]


@pytest.fixture(scope="module")
def calculated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Calculated]:
    """What the formulas say of every account of the scenarios, by its name."""
    accounts = [*_SPLIT, *_ADJUSTED, *_STATED, _WAITING]
    rows = [*_split_rows(), *_adjusted_rows(), *_stated_rows(), *_waiting_rows()]
    sheets = _recalculated(tmp_path_factory.mktemp("scenarios"), rows, accounts)
    found = _calculated(sheets, accounts)
    assert found == [_expected(account, rows) for account in accounts]
    return {account.name: row for account, row in zip(accounts, found, strict=True)}


def test_splitting_an_entry_changes_no_proof(calculated: dict[str, Calculated]) -> None:
    before, after = (dict(calculated[account.name]) for account in _SPLIT)
    assert before.pop(AccountsColumn.ENTRIES) == 3
    assert after.pop(AccountsColumn.ENTRIES) == 6
    assert before == after
    assert before[AccountsColumn.PROOF] == "proven"


def test_what_needs_an_adjustment_never_reads_as_proven(calculated: dict[str, Calculated]) -> None:
    proofs = [calculated[account.name][AccountsColumn.PROOF] for account in _ADJUSTED]
    assert proofs == ["adjusted", "adjusted", "differs", "differs", "not yet proven", "proven"]


def test_a_statement_moves_an_entry_to_another_stretch(calculated: dict[str, Calculated]) -> None:
    rows = [calculated[account.name] for account in _STATED]
    assert [row[AccountsColumn.DIFFERENCE] for row in rows] == [0, 4, 4]
    assert {row[AccountsColumn.SUM] for row in rows} == {Decimal("-4.0")}


def test_words_that_wait_for_a_refresh_show_what_they_would_do(
    calculated: dict[str, Calculated],
) -> None:
    assert calculated[_WAITING.name][AccountsColumn.SUM] == Decimal("-4.0")
    assert calculated[_WAITING.name][AccountsColumn.PROOF] == "proven"


# --- a large one


@pytest.mark.deep
def test_every_formula_equals_exact_arithmetic_on_20000_entries(tmp_path: Path) -> None:
    rows, accounts = ledger_rows(20_000), sample_accounts(20_000)
    calculated = _calculated(_recalculated(tmp_path, rows, accounts), accounts)
    assert calculated == [_expected(account, rows) for account in accounts]
