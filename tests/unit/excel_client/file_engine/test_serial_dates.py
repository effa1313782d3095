# ruff: noqa: DTZ001 - a cell has no time zone
from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from excel_client.file_engine.formats.serial_dates import from_serial, to_serial

moments = st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)


@given(moments)
def test_a_moment_to_the_millisecond_comes_back(moment: dt.datetime) -> None:
    serial = to_serial(moment, since_1904=False)
    assert serial is not None
    assert from_serial(serial, since_1904=False) == moment


@given(moments.filter(lambda moment: moment.year > 1903))
def test_a_moment_comes_back_in_a_1904_book(moment: dt.datetime) -> None:
    serial = to_serial(moment, since_1904=True)
    assert serial is not None
    assert from_serial(serial, since_1904=True) == moment


@pytest.mark.parametrize(
    ("day", "serial"),
    [
        (dt.date(1900, 1, 1), 1),
        (dt.date(1900, 2, 28), 59),
        (dt.date(1900, 3, 1), 61),
        (dt.date(2026, 3, 31), 46112),
    ],
)
def test_days_have_the_numbers_that_excel_gives_them(day: dt.date, serial: int) -> None:
    assert to_serial(day, since_1904=False) == serial


def test_a_day_before_the_calendar_has_no_number() -> None:
    assert to_serial(dt.date(1899, 12, 31), since_1904=False) is None
    assert to_serial(dt.date(1903, 12, 31), since_1904=True) is None


@pytest.mark.parametrize("serial", [-1.0, 2_958_466.0, float("nan"), float("inf")])
def test_a_number_outside_of_the_calendar_is_no_date(serial: float) -> None:
    assert from_serial(serial, since_1904=False) is None
