# ruff: noqa: DTZ001 - a cell has no time zone
from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from excel_client.file_engine.sheet.cells import CellValue, ErrorValue
from excel_client.file_engine.sheet.sorting import sorted_order

UP: list[CellValue] = [
    -1.0, 3.0, dt.datetime(1900, 1, 10), "(x", "2", "10x", "apple", "Apple pie", "co-op", "coop x",
    "Öl", "zebra", False, True, ErrorValue("#N/A"),
]  # fmt: skip
VALUES = st.one_of(st.none(), st.booleans(), st.floats(-9, 9), st.text("abAB-' 1", max_size=3))


def ordered(values: list[CellValue], *, rises: bool = True) -> list[CellValue]:
    return [values[at] for at in sorted_order([values], [rises], since_1904=False)]


def test_numbers_come_before_texts_before_truth_values_before_errors() -> None:
    shuffled = [UP[at * 7 % len(UP)] for at in range(len(UP))]
    expected = [*UP[:4], "10x", "2", *UP[6:]]
    assert ordered(shuffled) == expected
    assert ordered(shuffled, rises=False) == expected[::-1]


def test_blanks_come_last_in_either_order() -> None:
    assert ordered([None, 2.0, "", 1.0]) == [1.0, 2.0, None, ""]
    assert ordered([None, 2.0, "", 1.0], rises=False) == [2.0, 1.0, None, ""]


def test_case_makes_no_difference_and_equals_keep_their_order() -> None:
    assert ordered(["b", "A", "a", "B"]) == ["A", "a", "b", "B"]


def test_a_later_column_decides_between_equals() -> None:
    columns: list[list[CellValue]] = [["a", "b", "a"], [1.0, 2.0, 3.0]]
    assert sorted_order(columns, [True, False], since_1904=False) == [2, 0, 1]


@given(st.lists(VALUES, max_size=8))
def test_sorting_what_is_sorted_changes_nothing(values: list[CellValue]) -> None:
    once = ordered(values)
    assert ordered(once) == once
    assert sorted(map(repr, once)) == sorted(map(repr, values))
