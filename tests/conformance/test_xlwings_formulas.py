# ruff: noqa: DTZ001 - a cell has no time zone
"""
Formulas and values as xlwings' users rely on them, said in xlwings' terms alone, so that it can run on Excel as well.

What Excel does by calculating is not asked here.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import xlwings as xw


def test_a_formula_fills_a_range_and_moves_along(sheet: xw.Sheet) -> None:
    sheet["B1:C2"].formula = "=A1+$A1+A$1+$A$1"
    assert sheet["B1:C2"].formula == (
        ("=A1+$A1+A$1+$A$1", "=B1+$A1+B$1+$A$1"),
        ("=A2+$A2+A$1+$A$1", "=B2+$A2+B$1+$A$1"),
    )


def test_each_cell_may_get_a_formula_of_its_own(sheet: xw.Sheet) -> None:
    sheet["A1:B2"].formula = [["=1+1", "text"], [5, "=A1"]]
    assert sheet["A1:B2"].formula == (("=1+1", "text"), ("5", "=A1"))


@pytest.mark.parametrize("formula", ["=-A9", "=+A9", '=HYPERLINK("http://x.test","a ""b""")'])
def test_formulas_are_read_as_they_were_typed(sheet: xw.Sheet, formula: str) -> None:
    sheet["A1"].formula = formula
    assert sheet["A1"].formula == formula


def test_functions_are_written_in_capitals(sheet: xw.Sheet) -> None:
    sheet["A1"].formula = "=sum(b1:b9)+if(true,1,2)"
    assert sheet["A1"].formula == "=SUM(B1:B9)+IF(TRUE,1,2)"


def test_an_equals_sign_alone_is_a_text(sheet: xw.Sheet) -> None:
    sheet["A1"].formula = "="
    assert sheet["A1"].value == "="


def test_what_was_read_as_formulas_can_be_written_back(sheet: xw.Sheet) -> None:
    sheet["A1:D1"].value = [1.5, True, "text", None]
    sheet["E1"].formula = "=A1*2"
    sheet["A2:E2"].formula = sheet["A1:E1"].formula
    assert sheet["A2:D2"].value == [1.5, True, "text", None]
    assert sheet["E2"].formula == "=A1*2"


@pytest.mark.parametrize(
    "formula",
    [
        "=UNIQUE(A2:A10)",
        "=SORT(FILTER(B1:C9,B1:B9>0))",
        "=LET(x,2,y,x+1,x*y)",
        "=SUM(A2:A3*B2:B3)",
        "=A2:A10",
    ],
)
def test_a_dynamic_array_is_read_as_it_was_typed(sheet: xw.Sheet, formula: str) -> None:
    sheet["D1"].formula2 = formula
    assert sheet["D1"].formula2 == formula
    assert sheet["D1"].formula == formula


def test_a_formula_with_one_result_is_the_same_either_way(sheet: xw.Sheet) -> None:
    sheet["D1"].formula2 = "=SUM(A1:A9)*B1"
    assert sheet["D1"].formula2 == sheet["D1"].formula == "=SUM(A1:A9)*B1"


def test_an_old_formula_takes_one_cell_of_several(sheet: xw.Sheet) -> None:
    sheet["D1"].formula = "=A1:A9*2"
    assert sheet["D1"].formula == "=A1:A9*2"
    assert sheet["D1"].formula2 == "=@A1:A9*2"
    sheet["D2"].formula2 = "=@A1:A9*2"
    assert sheet["D2"].formula == "=A1:A9*2"


def test_an_array_formula_belongs_to_all_its_cells(sheet: xw.Sheet) -> None:
    sheet["D1:E2"].formula_array = "=A1:B2*2"
    assert sheet["D1:E2"].formula_array == "=A1:B2*2"
    assert sheet["E2"].formula_array == "=A1:B2*2"
    assert sheet["D1"].has_array
    assert not sheet["A1"].has_array


def test_part_of_an_array_formula_cannot_be_changed(sheet: xw.Sheet) -> None:
    sheet["D1:E2"].formula_array = "=A1:B2*2"
    with pytest.raises(Exception):  # noqa: B017, PT011 - each engine has its own
        sheet["E2"].value = 1
    assert sheet["E2"].formula_array == "=A1:B2*2"
    sheet["D1:E2"].clear_contents()
    sheet["E2"].value = 1
    assert sheet["D1:E2"].value == [[None, None], [None, 1.0]]


def test_another_value_takes_the_place_of_a_dynamic_array(sheet: xw.Sheet) -> None:
    sheet["D1"].formula2 = "=UNIQUE(A1:A9)"
    sheet["D1"].value = 5
    assert sheet["D1"].value == 5
    assert sheet["D1"].formula == "5"


@pytest.mark.parametrize("formula", ["=SUM(A1", "=A1+", '="open', "=1 2"])
def test_what_is_no_formula_is_refused_and_nothing_written(sheet: xw.Sheet, formula: str) -> None:
    sheet["A1"].value = "before"
    with pytest.raises(Exception):  # noqa: B017, PT011 - each engine has its own
        sheet["A1"].formula = formula
    assert sheet["A1"].value == "before"


def test_rows_of_different_length_are_refused(sheet: xw.Sheet) -> None:
    with pytest.raises(Exception):  # noqa: B017, PT011 - each engine has its own
        sheet["A1"].value = [[1, 2], [3]]


def test_numbers_are_read_as_the_doubles_they_are(sheet: xw.Sheet) -> None:
    numbers = [0.1, -1234.56, 1e-300, 1.7976931348623157e308, 2.0**53, 5e-324 * 2**60]
    sheet["A1"].value = numbers
    assert sheet["A1:F1"].value == numbers


def test_an_amount_is_read_to_the_cent(sheet: xw.Sheet) -> None:
    sheet["A1"].value = float(Decimal("-98765.43"))
    assert Decimal(str(sheet["A1"].value)) == Decimal("-98765.43")


def test_a_time_zone_is_left_out(sheet: xw.Sheet) -> None:
    sheet["A1"].value = dt.datetime(2026, 3, 31, 8, tzinfo=dt.timezone(dt.timedelta(hours=-5)))
    assert sheet["A1"].value == dt.datetime(2026, 3, 31, 8)


def test_formulas_are_there_after_saving_and_opening(book: xw.Book, sheet: xw.Sheet) -> None:
    sheet["A1"].formula2 = "=UNIQUE(C1:C9)"
    sheet["A2"].formula = "=SUM(C1:C9)"
    sheet["D1:E1"].formula_array = "=F1:G1*2"
    book.save()
    again = book.app.books.open(book.fullname).sheets[0]
    assert again["A1"].formula2 == "=UNIQUE(C1:C9)"
    assert again["A2"].formula == "=SUM(C1:C9)"
    assert again["E1"].formula_array == "=F1:G1*2"
