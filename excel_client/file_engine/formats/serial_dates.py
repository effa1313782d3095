"""
Dates as Excel counts them: days since 1899-12-30, or since 1904-01-01 in books that say so.

Excel believes that 1900 was a leap year: below serial 61 its calendar is a day off, and so is this one. Instants are
kept to the millisecond, as Excel keeps them. Knows no time zone.
"""

from __future__ import annotations

import datetime as dt

__all__ = ["from_serial", "to_serial"]

_EPOCH = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - a cell has no zone
_EPOCH_1904 = dt.datetime(1904, 1, 1)  # noqa: DTZ001
_LEAP_DAY = 60
_DAYS_AFTER_LAST = 2_958_466
_OFFSET_1904 = 1462
_DAY_MILLISECONDS = 86_400_000


def from_serial(serial: float, *, since_1904: bool) -> dt.datetime | None:
    """Return the date and time that a serial number shows as, or None where Excel shows none."""
    limit = _DAYS_AFTER_LAST - (_OFFSET_1904 if since_1904 else 0)
    if not 0 <= serial < limit:
        return None
    days = int(serial)
    milliseconds = round((serial - days) * _DAY_MILLISECONDS)
    if since_1904:
        return _EPOCH_1904 + dt.timedelta(days=days, milliseconds=milliseconds)
    if 1 <= days < _LEAP_DAY:
        days += 1
    try:
        return _EPOCH + dt.timedelta(days=days, milliseconds=milliseconds)
    except OverflowError:
        return None


def to_serial(value: dt.date | dt.time | dt.timedelta, *, since_1904: bool) -> float | None:
    """Return the serial number of a date, time or duration, or None for one before the calendar's first day."""
    if isinstance(value, dt.timedelta):
        serial = value / dt.timedelta(days=1)
        return serial if serial >= 0 else None
    if isinstance(value, dt.time):
        day = dt.timedelta(
            hours=value.hour,
            minutes=value.minute,
            seconds=value.second,
            microseconds=value.microsecond,
        )
        return day / dt.timedelta(days=1)
    moment = (
        value.replace(tzinfo=None)
        if isinstance(value, dt.datetime)
        else dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001
    )
    epoch = _EPOCH_1904 if since_1904 else _EPOCH
    passed = moment - epoch
    days = passed.days
    if not since_1904:
        if days == 1:
            return None  # 1899-12-31 has no serial number of its own
        days -= 1 < days <= _LEAP_DAY
    if days < 0:
        return None
    return days + (passed.seconds + passed.microseconds / 1e6) / 86_400
