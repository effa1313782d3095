"""The template as a user gets it: reproducible, whole, and right in every formula."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import openpyxl
import pytest

from tests.workbook_checks.filled_template import Value, cell_of, filled_template
from tests.workbook_checks.libre_office import (
    CellValue,
    picture,
    recalculate,
    skip_without_libre_office,
)
from tests.workbook_checks.ooxml_lint import lint
from tests.workbook_checks.open_xml_sdk import validate
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
    TABLES,
    AccountsColumn,
    LedgerColumn,
    SheetName,
    StateKey,
    TableShape,
)
from workbooks.template import template_bytes
from workbooks.template_builder import build_template

_ROOT = Path(__file__).parents[2]

Sheets = dict[str, dict[str, CellValue]]
LedgerRow = dict[LedgerColumn, Value]


def _opened() -> openpyxl.Workbook:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # extensions that openpyxl does not read
        return openpyxl.load_workbook(io.BytesIO(template_bytes()))


def _parts() -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(template_bytes())) as archive:
        return {name: archive.read(name).decode("utf-8") for name in archive.namelist()}


# --- the file


def test_the_template_that_ships_is_the_one_that_the_builder_builds() -> None:
    assert build_template() == template_bytes()


def test_it_is_the_same_in_another_zone_and_with_another_hash_seed() -> None:
    program = (
        "import sys; from workbooks.template_builder import build_template; "
        "sys.stdout.buffer.write(build_template())"
    )
    environment = {**os.environ, "TZ": "Pacific/Auckland", "PYTHONHASHSEED": "4711"}
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=_ROOT,
        env=environment,
        capture_output=True,
        check=True,
    )
    assert run.stdout == template_bytes()


def test_reading_the_template_needs_nothing_but_the_standard_library() -> None:
    program = (
        "import sys; from workbooks.template import template_bytes; template_bytes(); "
        "sys.exit('xlsxwriter' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], cwd=_ROOT, check=True)


def test_it_has_no_macro_and_no_trace_of_its_maker() -> None:
    parts = _parts()
    assert not [name for name in parts if "vba" in name.lower() or "custom" in name.lower()]
    everything = "".join(parts.values())
    for trace in (str(_ROOT), str(Path.home()), "externalLink", "http://localhost"):
        assert trace not in everything


def test_lint_finds_nothing() -> None:
    assert lint(template_bytes()) == []


def test_the_open_xml_sdk_finds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "template.xlsx"
    path.write_bytes(template_bytes())
    assert validate(path) == []


# --- what is in it


def test_its_sheets_stand_in_order_and_the_state_is_very_hidden() -> None:
    book = _opened()
    assert book.sheetnames == list(SheetName)
    assert book.active is not None
    assert book.active.title == SheetName.LEDGER
    states = {sheet.title: sheet.sheet_state for sheet in book.worksheets}
    assert states.pop(SheetName.STATE) == "veryHidden"
    assert set(states.values()) == {"visible"}


@pytest.mark.parametrize("shape", TABLES, ids=lambda shape: shape.name)
def test_each_table_has_its_columns_and_one_blank_row(shape: TableShape) -> None:
    sheet = _opened()[shape.sheet]
    assert list(sheet.tables) == [shape.name]
    table = sheet.tables[shape.name]
    assert tuple(table.column_names) == shape.columns
    header, blank = sheet[table.ref]
    assert tuple(cell.value for cell in header) == shape.columns
    formulas = ACCOUNTS_FORMULAS if shape is ACCOUNTS_TABLE else {}
    assert [cell.value for cell in blank] == [
        f"={formulas[AccountsColumn(name)]}" if name in formulas else None for name in shape.columns
    ]


@pytest.mark.parametrize("shape", TABLES, ids=lambda shape: shape.name)
def test_nothing_stands_below_a_table(shape: TableShape) -> None:
    sheet = _opened()[shape.sheet]
    assert sheet.max_row == sheet[sheet.tables[shape.name].ref][-1][0].row


def test_calculated_columns_are_declared_as_such() -> None:
    table = _opened()[SheetName.ACCOUNTS].tables[ACCOUNTS_TABLE.name]
    declared = {
        column.name: column.calculatedColumnFormula.attr_text
        for column in table.tableColumns
        if column.calculatedColumnFormula is not None
    }
    assert declared == dict(ACCOUNTS_FORMULAS)


def test_the_hidden_sheet_holds_each_key_and_the_templates_version() -> None:
    sheet = _opened()[SheetName.STATE]
    state = {row[0].value: row[1].value for row in sheet.iter_rows(min_col=1, max_col=2)}
    assert state == {key: "1" if key is StateKey.TEMPLATE_VERSION else None for key in StateKey}
    assert {cell.number_format for cell in sheet["B"]} == {"@"}


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (LedgerColumn.DATE, "yyyy-mm-dd"),
        (LedgerColumn.DESCRIPTION, "@"),
        (LedgerColumn.AMOUNT, "#,##0.00#######"),
        (LedgerColumn.CATEGORY, "@"),
        (LedgerColumn.REVIEWED, "General"),
        (LedgerColumn.ENTRY_ID, "@"),
        (LedgerColumn.BASE, "@"),
    ],
)
def test_the_blank_row_carries_the_formats(column: LedgerColumn, expected: str) -> None:
    cell = _opened()[SheetName.LEDGER][cell_of(LEDGER_TABLE, column, 0)]
    assert cell.number_format == expected


def test_rules_reach_to_the_end_of_the_sheet() -> None:
    for name in (SheetName.LEDGER, SheetName.ACCOUNTS):
        sheet = _opened()[name]
        areas = [str(rule.sqref) for rule in sheet.conditional_formatting]
        areas += [str(rule.sqref) for rule in sheet.data_validations.dataValidation]
        assert areas
        assert all(area.endswith("1048576") for area in areas)


# --- what it calculates


def _rounded(value: Decimal, decimals: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def _posted_of(account: SampleAccount, rows: Sequence[LedgerRow]) -> list[tuple[date, Decimal]]:
    found = []
    for row in rows:
        day, amount = row[LedgerColumn.DATE], row[LedgerColumn.AMOUNT]
        assert isinstance(day, date)
        assert isinstance(amount, Decimal)
        if (
            row[LedgerColumn.ACCOUNT_ID] == account.account_id
            and row[LedgerColumn.STATUS] == "posted"
        ):
            found.append((day, amount))
    return found


def _expected(
    account: SampleAccount, rows: Sequence[LedgerRow]
) -> dict[AccountsColumn, Decimal | int | str | None]:
    """What the formulas must say, by exact arithmetic."""
    posted = _posted_of(account, rows)
    total = sum((amount for _, amount in posted), Decimal(0))
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
                for day, amount in posted
                if account.first_balance_on < day <= account.bank_balance_on
            ),
            Decimal(0),
        )
        exact = account.first_balance + between - account.bank_balance
        difference = _rounded(exact, account.decimals)
    proof = "not yet proven"
    if difference is not None:
        proof = "differs" if difference or account.windows_off else "proven"
    return {
        AccountsColumn.ENTRIES: len(posted),
        AccountsColumn.SUM: _rounded(total, account.decimals),
        AccountsColumn.CLOSING: None if closing is None else _rounded(closing, account.decimals),
        AccountsColumn.DIFFERENCE: difference,
        AccountsColumn.PROOF: proof,
    }


def _calculated(
    sheets: Sheets, accounts: Sequence[SampleAccount]
) -> list[dict[AccountsColumn, Decimal | int | str | None]]:
    """What the formulas said: a number by its shortest digits, which is what Excel shows and stores."""
    cells = sheets[SheetName.ACCOUNTS]
    found = []
    for index, account in enumerate(accounts):
        row: dict[AccountsColumn, Decimal | int | str | None] = {}
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


def test_every_formula_equals_exact_arithmetic_on_a_sample_of_two_currencies(
    tmp_path: Path,
) -> None:
    rows, accounts = ledger_rows(60), sample_accounts(60)
    sheets = _recalculated(tmp_path, rows, accounts)
    calculated = _calculated(sheets, accounts)
    assert calculated == [_expected(account, rows) for account in accounts]
    proofs = [row[AccountsColumn.PROOF] for row in calculated]
    assert proofs == ["proven", "not yet proven", "differs", "proven"]
    summary = "2 proven, 1 with a difference, 1 not yet proven"
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


@pytest.mark.deep
def test_every_formula_equals_exact_arithmetic_on_20000_entries(tmp_path: Path) -> None:
    rows, accounts = ledger_rows(20_000), sample_accounts(20_000)
    calculated = _calculated(_recalculated(tmp_path, rows, accounts), accounts)
    assert calculated == [_expected(account, rows) for account in accounts]


# --- how it looks


def test_sixty_entries_print_on_two_pages_one_page_wide(tmp_path: Path) -> None:
    skip_without_libre_office(pictures=True)
    path = tmp_path / "ledger.xlsx"
    filled = filled_template(template_bytes(), ledger=ledger_rows(60))
    path.write_bytes(filled)
    pages = picture(path, SheetName.LEDGER, tmp_path)
    assert len(pages) == 2
    assert all(page.read_bytes().startswith(b"\x89PNG") for page in pages)


@pytest.mark.deep
@pytest.mark.parametrize("shape", TABLES, ids=lambda shape: shape.name)
def test_an_empty_sheet_prints_on_one_page(shape: TableShape, tmp_path: Path) -> None:
    skip_without_libre_office(pictures=True)
    path = tmp_path / "template.xlsx"
    path.write_bytes(template_bytes())
    assert len(picture(path, shape.sheet, tmp_path)) == 1
