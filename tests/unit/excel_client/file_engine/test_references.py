from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from excel_client.file_engine.formulas.formula_text import from_file, move_references, to_file
from excel_client.file_engine.formulas.references import (
    COLUMN_LIMIT,
    ROW_LIMIT,
    Area,
    column_letters,
    column_number,
)
from excel_client.file_engine.problems import OutsideSheet

rows = st.integers(1, ROW_LIMIT)
columns = st.integers(1, COLUMN_LIMIT)
areas = st.builds(
    lambda r1, c1, r2, c2: Area(min(r1, r2), min(c1, c2), max(r1, r2), max(c1, c2)),
    rows, columns, rows, columns,
)  # fmt: skip


@given(columns)
def test_a_column_is_found_by_its_letters(column: int) -> None:
    assert column_number(column_letters(column)) == column


@given(areas)
def test_an_area_is_read_as_it_was_written(area: Area) -> None:
    assert Area.parse(area.text()) == area
    assert Area.parse(area.text(row_mark="$", column_mark="$")) == area


@pytest.mark.parametrize("text", ["A0", "A1048577", "XFE1", "AAA1:ZZZ2"])
def test_an_area_outside_of_the_sheet_is_refused(text: str) -> None:
    with pytest.raises(OutsideSheet):
        Area.parse(text)


@pytest.mark.parametrize("text", ["", "1", "A", "A1:B2:C3", "A1,B2", "#REF!"])
def test_what_is_no_area_is_no_area(text: str) -> None:
    with pytest.raises(ValueError, match="not the name"):
        Area.parse(text)


@pytest.mark.parametrize(
    ("formula", "moved"),
    [
        ("A1+$A1+A$1+$A$1", "B3+$A3+B$1+$A$1"),
        ('"A1"&A1', '"A1"&B3'),
        ("Ledger[[#This Row],[A1]]*A1", "Ledger[[#This Row],[A1]]*B3"),
        ("'A1 sheet'!B2+Sheet1!C3", "'A1 sheet'!C4+Sheet1!D5"),
        ("SUM(A:B)+SUM(2:$3)", "SUM(B:C)+SUM(4:$3)"),
        ("LOG10(A1)+Rate_2+A1.x", "LOG10(B3)+Rate_2+A1.x"),
        ("XFD1", "#REF!"),
    ],
)
def test_relative_references_move_with_their_cell(formula: str, moved: str) -> None:
    assert move_references(formula, 2, 1) == moved


def test_later_functions_carry_their_prefix_in_the_file_only() -> None:
    stored = to_file('XLOOKUP(A1,B:B,C:C)&"XLOOKUP("&FILTER(A:A,B:B)&STDEV.S(A:A)&SUM(A:A)')
    assert stored.startswith("_xlfn.XLOOKUP(")
    assert '"XLOOKUP("' in stored
    assert "_xlfn._xlws.FILTER(" in stored
    assert "_xlfn.STDEV.S(" in stored
    assert "_xlfn.SUM" not in stored
    assert from_file(stored).startswith("XLOOKUP(")
