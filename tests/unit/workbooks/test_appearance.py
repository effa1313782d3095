from __future__ import annotations

import pytest

from workbooks.appearance import COLUMN_LOOKS, EXPLANATIONS, ColumnKind
from workbooks.formulas import ACCOUNTS_FORMULAS
from workbooks.sheet_map import (
    ACCOUNTS_TABLE,
    EDITABLE_COLUMNS,
    TABLES,
    AccountsColumn,
    LedgerColumn,
    ReviewColumn,
    SheetName,
    TableShape,
)

#: 1,366 pixels less row numbers and the scroll bar; a character of Calibri 11 is 7 pixels wide, a cell's padding 5.
_LAPTOP_PIXELS = 1366 - 50


@pytest.mark.parametrize("shape", TABLES, ids=lambda shape: shape.name)
def test_every_column_has_a_look(shape: TableShape) -> None:
    assert tuple(COLUMN_LOOKS[shape.sheet]) == shape.columns
    assert EXPLANATIONS[shape.sheet]


@pytest.mark.parametrize("sheet", [SheetName.LEDGER, SheetName.REVIEW])
def test_what_is_worked_in_fits_a_laptop_at_full_size(sheet: SheetName) -> None:
    looks = COLUMN_LOOKS[sheet].values()
    assert sum(7 * look.width + 5 for look in looks if not look.hidden) <= _LAPTOP_PIXELS


def test_only_columns_that_a_person_types_in_are_marked() -> None:
    marked = {
        shape.name: [name for name, look in COLUMN_LOOKS[shape.sheet].items() if look.editable]
        for shape in TABLES
    }
    assert marked == {
        "Ledger": [*EDITABLE_COLUMNS, LedgerColumn.STATUS],
        "Accounts": [],
        "Review": [ReviewColumn.DECISION],
        "Removed": [LedgerColumn.STATUS],
        "RefreshLog": [],
    }


def test_keys_and_bases_are_hidden() -> None:
    hidden = {
        shape.name: {name for name, look in COLUMN_LOOKS[shape.sheet].items() if look.hidden}
        for shape in TABLES
    }
    of_rows = {
        LedgerColumn.ENTRY_ID,
        LedgerColumn.ACCOUNT_ID,
        LedgerColumn.PARENT_ID,
        LedgerColumn.PROOF_DATE,
        LedgerColumn.BASE,
    }
    assert hidden == {
        "Ledger": of_rows,
        "Removed": of_rows,
        "Review": {ReviewColumn.ENTRY_ID, ReviewColumn.QUESTION_ID},
        "Accounts": {AccountsColumn.DECIMALS, AccountsColumn.ACCOUNT_ID},
        "RefreshLog": set(),
    }


def test_no_formula_stands_in_a_column_of_text() -> None:
    looks = COLUMN_LOOKS[ACCOUNTS_TABLE.sheet]
    for column in ACCOUNTS_FORMULAS:
        assert looks[column].kind not in {ColumnKind.TEXT, ColumnKind.PROSE, ColumnKind.WORD}
