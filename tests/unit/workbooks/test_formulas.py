from __future__ import annotations

import re

import pytest

from tests.workbook_checks.ooxml_formulas import check_formula
from workbooks.formulas import ACCOUNTS_FORMULAS, COUNTED, HEADLINE_FORMULAS, NAMED_COLUMNS
from workbooks.sheet_map import (
    TABLES,
    AccountsColumn,
    LedgerColumn,
    StatusWord,
    WorkbookName,
)

_ALL = {
    **{str(column): formula for column, formula in ACCOUNTS_FORMULAS.items()},
    **{str(name): formula for name, formula in HEADLINE_FORMULAS.items()},
    **{str(name): formula for name, formula in NAMED_COLUMNS.items()},
}
_TABLE_NAMES = frozenset(shape.name.lower() for shape in TABLES)
#: Known to every Excel since 2007 and to LibreOffice, and stored without a prefix.
_ALLOWED = {"AND", "COUNT", "COUNTIF", "COUNTIFS", "IF", "MAX", "OR", "ROUND", "SUMIFS"}


@pytest.mark.parametrize("name", _ALL)
def test_a_formula_is_written_as_a_file_stores_it(name: str) -> None:
    assert not list(check_formula(_ALL[name], where=name, part="", tables=_TABLE_NAMES))


@pytest.mark.parametrize("name", _ALL)
def test_a_formula_keeps_to_functions_that_every_program_knows(name: str) -> None:
    assert set(re.findall(r"([A-Z]+)\(", _ALL[name])) <= _ALLOWED


@pytest.mark.parametrize("name", _ALL)
def test_a_formula_names_only_columns_that_exist(name: str) -> None:
    columns = {shape.name: set(shape.columns) for shape in TABLES}
    this_row = re.findall(r"(\w+)\[\[#This Row\],\[([^\]]+)\]\]", _ALL[name])
    whole = re.findall(r"(\w+)\[([^\[\]]+)\]", _ALL[name])
    assert this_row or whole
    for table, column in this_row + whole:
        assert column in columns[table]


def test_the_proof_is_made_of_formulas() -> None:
    assert set(ACCOUNTS_FORMULAS) == {
        AccountsColumn.ENTRIES,
        AccountsColumn.SUM,
        AccountsColumn.CLOSING,
        AccountsColumn.DIFFERENCE,
        AccountsColumn.PROOF,
    }


def test_a_proof_goes_by_the_proof_date_and_never_by_the_date() -> None:
    difference = ACCOUNTS_FORMULAS[AccountsColumn.DIFFERENCE]
    assert difference.count(f"Ledger[{LedgerColumn.PROOF_DATE}]") == 2 * len(COUNTED)
    assert f"Ledger[{LedgerColumn.DATE}]" not in "".join(ACCOUNTS_FORMULAS.values())


@pytest.mark.parametrize(
    "column", [AccountsColumn.ENTRIES, AccountsColumn.SUM, AccountsColumn.DIFFERENCE]
)
def test_posted_entries_and_adjustments_count_and_no_other_word(column: AccountsColumn) -> None:
    words = re.findall(r'Ledger\[Status\],"(\w+)"', ACCOUNTS_FORMULAS[column])
    assert words == [StatusWord.POSTED, StatusWord.ADJUSTMENT]


def test_every_name_of_the_workbook_has_its_meaning() -> None:
    assert set(HEADLINE_FORMULAS) | set(NAMED_COLUMNS) == set(WorkbookName)


@pytest.mark.parametrize("column", [name for name in ACCOUNTS_FORMULAS if name != "Proof"])
def test_an_amount_is_rounded_once(column: AccountsColumn) -> None:
    expected = 0 if column is AccountsColumn.ENTRIES else 1
    assert ACCOUNTS_FORMULAS[column].count("ROUND(") == expected
