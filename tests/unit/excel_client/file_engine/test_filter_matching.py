# ruff: noqa: DTZ001 - a cell has no time zone
from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from excel_client.file_engine.problems import OutsideFileEngine
from excel_client.file_engine.sheet.cells import CellValue
from excel_client.file_engine.sheet.filter_criteria import (
    Comparisons,
    Criterion,
    Listed,
    Top,
    Unknown,
    criterion_element,
    criterion_of,
)
from excel_client.file_engine.sheet.filter_matching import FilterColumn, passing, top_border
from excel_client.file_engine.xml.xml_spans import read_tree

VALUES: list[CellValue] = ["East", "west", 10.0, True, None, dt.datetime(2025, 1, 2)]


def column(values: list[CellValue], code: str = "General") -> FilterColumn:
    return FilterColumn(values=values, code_at=lambda _: code, since_1904=False, place="Sheet1")


def passed(criterion: Criterion, values: list[CellValue] = VALUES) -> list[CellValue]:
    judged = passing(criterion, column(values))
    return [value for value, passes in zip(values, judged, strict=True) if passes]


def test_listed_texts_are_compared_with_what_cells_show() -> None:
    assert passed(Listed(values=("EAST", "true"))) == ["East", True]
    assert passed(Listed(values=(), blank=True)) == [None]
    assert passed(Listed(values=("10",)), [10.0, "10", 11.0]) == [10.0, "10"]
    assert passing(Listed(values=("1,234.50",)), column([1234.5], "#,##0.00")) == [True]
    assert passed(Listed(values=(), groups=((2025, 1),))) == [dt.datetime(2025, 1, 2)]


def test_a_listed_number_in_a_format_that_only_excel_shows_is_refused() -> None:
    with pytest.raises(OutsideFileEngine):
        passing(Listed(values=("10",)), column([10.0], "# ?/?"))
    assert passing(Listed(values=("ten",)), column([10.0, "ten"], "# ?/?")) == [False, True]


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        (("equal", "e*"), ["East"]),
        (("equal", "?est"), ["west"]),
        (("equal", "~*"), []),
        (("equal", "10"), [10.0]),
        (("equal", "45659"), [dt.datetime(2025, 1, 2)]),
        (("notEqual", "East"), ["west", 10.0, True, None, dt.datetime(2025, 1, 2)]),
        (("notEqual", " "), ["East", "west", 10.0, True, dt.datetime(2025, 1, 2)]),
        (("greaterThan", "9"), [10.0, dt.datetime(2025, 1, 2)]),
        (("greaterThan", "F"), ["west"]),
        (("lessThanOrEqual", "east"), ["East"]),
    ],
)
def test_one_comparison_compares_like_with_like(
    test: tuple[str, str], expected: list[CellValue]
) -> None:
    assert passed(Comparisons(tests=(test,))) == expected


@given(
    numbers=st.lists(st.integers(-50, 50).map(float), min_size=1, max_size=30),
    count=st.integers(1, 10),
    side=st.sampled_from(["highest", "lowest"]),
)
def test_the_highest_numbers_are_as_many_as_asked_for_or_equal_the_last_of_them(
    numbers: list[float], count: int, side: str
) -> None:
    highest = side == "highest"
    criterion = Top(count=count, highest=highest)
    through = passed(criterion, list(numbers))
    assert len(through) >= min(count, len(numbers))
    border = top_border(criterion, column(list(numbers)))
    beyond = [n for n in through if n != border]
    assert len(beyond) < count
    assert sorted(numbers, reverse=highest)[: len(through)] == sorted(through, reverse=highest)  # type: ignore[type-var]


def test_hundredths_are_rounded_down_but_to_at_least_one() -> None:
    numbers: list[CellValue] = [1.0, 2.0, 3.0, 4.0, 5.0, "text", None]
    assert passed(Top(count=50, percent=True), numbers) == [4.0, 5.0]
    assert passed(Top(count=0, percent=True), numbers) == [5.0]
    assert passed(Top(count=3), ["only", None]) == []


def test_a_kind_of_its_own_is_left_to_excel() -> None:
    with pytest.raises(OutsideFileEngine):
        passing(Unknown(), column([1.0]))


@pytest.mark.parametrize(
    "criterion",
    [
        Listed(values=("a & b", "<c>"), blank=True),
        Listed(values=(), blank=True),
        Comparisons(tests=(("equal", "x"),)),
        Comparisons(tests=(("greaterThan", "1"), ("lessThan", "5")), both=True),
        Top(count=3),
        Top(count=12.5, highest=False, percent=True),
    ],
)
def test_a_criterion_reads_as_it_was_written(criterion: Listed | Comparisons | Top) -> None:
    written = f"<filterColumn>{criterion_element(criterion, '')}</filterColumn>"
    assert criterion_of(read_tree(written.encode(), "sheet")) == criterion


def test_what_a_column_does_not_filter_and_what_is_not_known() -> None:
    assert criterion_of(read_tree(b'<filterColumn hiddenButton="1"/>', "sheet")) is None
    for inner in (
        b"<colorFilter/>",
        b"<top10/>",
        b'<filters><dateGroupItem dateTimeGrouping="?"/></filters>',
    ):
        column_bytes = b"<filterColumn>" + inner + b"</filterColumn>"
        assert criterion_of(read_tree(column_bytes, "sheet")) == Unknown()
