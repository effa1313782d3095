# ruff: noqa: DTZ001 - a cell has no time zone
"""Filters of ranges and tables, said in xlwings' terms alone, so that it can run on Excel itself as well."""

from __future__ import annotations

import datetime as dt

import pytest
import xlwings as xw

from excel_client.file_engine.problems import FilterElsewhere

ROWS = [
    ["Region", "Ordered", "Amount"],
    ["East", dt.datetime(2025, 1, 1), 10],
    ["West", dt.datetime(2025, 1, 2), 20],
    ["East", dt.datetime(2025, 1, 3), 30],
    ["North", dt.datetime(2025, 1, 1), 40],
    [None, dt.datetime(2025, 1, 4), 50],
]


@pytest.fixture
def data(sheet: xw.Sheet) -> xw.Range:
    sheet["A1"].value = ROWS
    return sheet["A1:C6"]


def shown(data: xw.Range) -> list[int]:
    """The rows of data that are not hidden."""
    return [row.row for row in data.rows[1:] if not row.rows.hidden]


def test_values_let_their_rows_through(data: xw.Range) -> None:
    data.autofilter.apply_values(1, ["east", "West"])
    assert shown(data) == [2, 3, 4]
    assert data.autofilter.criteria[0].type == "values"
    assert data.autofilter.criteria[1].type == "none"


def test_comparisons_let_their_rows_through(data: xw.Range) -> None:
    data.autofilter.apply_comparison(3, "greater_than_or_equal", 30)
    assert shown(data) == [4, 5, 6]
    read = data.autofilter.criteria[2]
    assert (read.type, read.operator, read.value1) == ("comparison", "greater_than_or_equal", "30")
    data.autofilter.apply_comparison(3, "between", 20, 30)
    assert shown(data) == [3, 4]
    data.autofilter.apply_comparison(3, "not_between", 20, 30)
    assert shown(data) == [2, 5, 6]


def test_an_exact_date_is_found(data: xw.Range) -> None:
    data.autofilter.apply_comparison(2, "equal_to", dt.date(2025, 1, 1))
    assert shown(data) == [2, 5]


def test_empty_cells_are_found_and_left_out(data: xw.Range) -> None:
    data.autofilter.apply_comparison(1, "equal_to", None)
    assert shown(data) == [6]
    data.autofilter.apply_comparison(1, "not_equal_to", None)
    assert shown(data) == [2, 3, 4, 5]


def test_the_highest_and_lowest_are_found(data: xw.Range) -> None:
    data.autofilter.apply_top_items(3, 2)
    assert shown(data) == [5, 6]
    data.autofilter.apply_bottom_percent(3, 40)
    assert shown(data) == [2, 3]


def test_two_columns_filter_together_and_are_cleared_one_by_one(data: xw.Range) -> None:
    data.autofilter.apply_values(1, ["East"])
    data.autofilter.apply_comparison(3, "greater_than", 10)
    assert shown(data) == [4]
    data.autofilter.clear(1)
    assert shown(data) == [3, 4, 5, 6]
    data.autofilter.clear()
    assert shown(data) == [2, 3, 4, 5, 6]
    assert {criterion.type for criterion in data.autofilter.criteria} == {"none"}


def test_a_sheet_filters_one_area(data: xw.Range, sheet: xw.Sheet) -> None:
    data.autofilter.apply_values(1, ["East"])
    with pytest.raises((ValueError, FilterElsewhere)):
        sheet["E1:F5"].autofilter.apply_values(1, ["x"])
    assert shown(data) == [2, 4]


def test_a_filter_outlasts_saving(book: xw.Book, data: xw.Range) -> None:
    data.autofilter.apply_values(1, ["North"])
    book.save()
    assert shown(data) == [5]
    assert data.autofilter.criteria[0].type in {"values", "comparison"}


def test_a_table_filters_by_itself(book: xw.Book, data: xw.Range, sheet: xw.Sheet) -> None:
    table = sheet.tables.add(source=data, name="Orders")
    table.autofilter.apply_comparison(3, "less_than", 30)
    book.save()
    assert shown(data) == [2, 3]
    assert sheet.tables["Orders"].autofilter.criteria[2].value1 == "30"
    table.autofilter.clear()
    assert shown(data) == [2, 3, 4, 5, 6]
