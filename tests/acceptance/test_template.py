"""The template as a user gets it: reproducible, whole, and with what it suggests in place."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.datavalidation import DataValidation

from tests.workbook_checks.filled_template import cell_of, filled_template
from tests.workbook_checks.libre_office import picture, skip_without_libre_office
from tests.workbook_checks.ooxml_lint import lint
from tests.workbook_checks.open_xml_sdk import validate
from tests.workbook_checks.sample_ledger import ledger_rows
from workbooks.formulas import ACCOUNTS_FORMULAS
from workbooks.sheet_map import (
    ACCOUNTS_TABLE,
    LEDGER_TABLE,
    REMOVED_TABLE,
    REVIEW_TABLE,
    TABLES,
    AccountsColumn,
    LedgerColumn,
    ReviewColumn,
    SheetName,
    StateKey,
    TableShape,
)
from workbooks.template import template_bytes
from workbooks.template_builder import build_template

_ROOT = Path(__file__).parents[2]


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
    assert state == {key: "2" if key is StateKey.TEMPLATE_VERSION else None for key in StateKey}
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
    for name in set(SheetName) - {SheetName.LOG, SheetName.STATE}:
        sheet = _opened()[name]
        areas = [str(rule.sqref) for rule in sheet.conditional_formatting]
        areas += [str(rule.sqref) for rule in sheet.data_validations.dataValidation]
        assert areas
        assert all(area.endswith("1048576") for area in areas)


# --- what it suggests


def _validation_of(shape: TableShape, column: str) -> DataValidation:
    first = cell_of(shape, column, 0)
    rules = _opened()[shape.sheet].data_validations.dataValidation
    [found] = [rule for rule in rules if str(rule.sqref).startswith(f"{first}:")]
    return found


def test_status_suggests_words_and_forbids_none() -> None:
    rule = _validation_of(LEDGER_TABLE, LedgerColumn.STATUS)
    assert rule.formula1 == '"remove,part,whole,posted,pending,split,adjustment"'
    assert not rule.showErrorMessage
    assert rule.showInputMessage
    back = _validation_of(REMOVED_TABLE, LedgerColumn.STATUS)
    assert back.formula1 == '"restore,removed"'
    assert not back.showErrorMessage


def test_a_decision_is_one_of_four_words() -> None:
    rule = _validation_of(REVIEW_TABLE, ReviewColumn.DECISION)
    assert rule.formula1 == '"mine,theirs,yes,no"'
    assert rule.showErrorMessage


def test_match_takes_any_word_and_statement_a_date() -> None:
    assert _validation_of(LEDGER_TABLE, LedgerColumn.MATCH).type in {None, "none"}
    assert _validation_of(LEDGER_TABLE, LedgerColumn.STATEMENT).type == "date"


def test_every_state_of_a_row_has_a_look_of_its_own() -> None:
    criteria = " ".join(
        rule.formula[0]
        for area in _opened()[SheetName.LEDGER].conditional_formatting
        for rule in area.rules
    )
    for word in ("pending", "split", "remove", "part", "whole", "adjustment"):
        assert f'="{word}"' in criteria
    assert f'{cell_of(LEDGER_TABLE, LedgerColumn.PARENT_ID, 0)}<>""' in criteria


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
