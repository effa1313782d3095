"""The log: closed events, listed fields, one line each, and no way in for anything else."""

from __future__ import annotations

import io
import json
import logging
import uuid
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.shared_types.buckets import Bucket
from server.shared_types.problems import InternalProblem, Problem
from server.telemetry.events import LEVELS, LogEvent
from server.telemetry.fields import FIELDS, FieldRefused
from server.telemetry.log import Log

REQUEST = uuid.UUID("019a0000-0000-7000-8000-000000000001")


class NotOurs(StrEnum):
    """An enum of somebody else."""

    CANARY = "canary"


class TalkativeError(Exception):
    """Its name is all that may be written."""


def at_noon() -> datetime:
    return datetime(2026, 3, 31, 14, tzinfo=timezone(timedelta(hours=2)))


def written(*, strict: bool = True, level: int = logging.DEBUG, **fields: Any) -> dict[str, Any]:
    stream = io.StringIO()
    Log(stream, clock=at_noon, strict=strict, level=level).event(
        LogEvent.REQUEST_ANSWERED, **fields
    )
    (line,) = stream.getvalue().splitlines()
    line_read: dict[str, Any] = json.loads(line)
    return line_read


def test_an_event_is_one_line_of_json() -> None:
    assert written(
        request_id=str(REQUEST),
        tenant=REQUEST,
        route=Bucket.SMALL,
        status=HTTPStatus.CREATED,
        duration_ms=12.3456,
        problem=InternalProblem,
        error=TalkativeError,
        count=3,
        tls=False,
    ) == {
        "at": "2026-03-31T12:00:00.000+00:00",
        "level": "info",
        "event": "request_answered",
        "request_id": str(REQUEST),
        "tenant": str(REQUEST),
        "route": "SMALL",
        "status": 201,
        "duration_ms": 12.3,
        "problem": "internal",
        "error": f"{__name__}.TalkativeError",
        "count": 3,
        "tls": False,
    }


def test_every_event_has_a_level() -> None:
    assert set(LEVELS) == set(LogEvent)


REFUSED: list[dict[str, object]] = [
    {"path": "/v1/entries"},
    {"message": "canary"},
    {"amount": Decimal("12.34")},
    {"event": "canary"},
    {"request_id": "canary"},
    {"request_id": f"{REQUEST}\n"},
    {"tenant": "canary"},
    {"tenant": 7},
    {"route": "canary"},
    {"route": NotOurs.CANARY},
    {"route": LogEvent},
    {"status": 12345},
    {"status": "200"},
    {"status": True},
    {"duration_ms": float("nan")},
    {"duration_ms": float("inf")},
    {"duration_ms": Decimal("12.34")},
    {"count": -1},
    {"count": 10**12},
    {"count": True},
    {"count": 12.34},
    {"tls": 1},
    {"problem": "canary"},
    {"problem": InternalProblem()},
    {"problem": ValueError},
    {"error": ValueError("canary")},
    {"logger": b"canary"},
]


@pytest.mark.parametrize("fields", REFUSED, ids=str)
def test_what_is_not_listed_raises_in_tests_and_is_left_out_elsewhere(
    fields: dict[str, Any],
) -> None:
    with pytest.raises(FieldRefused) as caught:
        written(strict=True, **fields)
    assert "canary" not in str(caught.value)
    line = written(
        strict=False, count=1, **{k: v for k, v in fields.items() if k != "count"} or {"x": 1}
    )
    assert line["left_out"] == 1
    assert set(line) == {"at", "level", "event", "count", "left_out"}
    assert "canary" not in str(line)


names = st.sampled_from([*sorted(FIELDS), "amount", "path", "message", "event", "left_out"])
values = st.text() | st.binary() | st.decimals() | st.floats() | st.uuids() | st.none()


@given(fields=st.dictionaries(names, values, max_size=3))
def test_no_text_gets_in_whatever_the_fields(fields: dict[str, Any]) -> None:
    line = written(strict=False, **fields)
    for name, value in line.items():
        if name in {"at", "level", "event"}:
            continue
        if isinstance(value, str):
            assert name == "logger" or str(uuid.UUID(value)) == value
        else:
            assert isinstance(value, bool | int | float)


def test_a_problem_is_written_by_its_code() -> None:
    class CanaryProblem(Problem):
        """A canary."""

        code = "not_found"

    assert written(problem=CanaryProblem)["problem"] == "not_found"


def test_an_exception_with_an_odd_name_is_not_named() -> None:
    odd = type('x", "amount": 1\n', (Exception,), {})
    assert written(error=odd)["error"] == "unnameable"


def test_events_below_the_level_are_not_written() -> None:
    stream = io.StringIO()
    log = Log(stream, clock=at_noon, level=logging.WARNING, strict=True)
    log.event(LogEvent.REQUEST_ANSWERED)
    log.event(LogEvent.REQUEST_FAILED)
    assert json.loads(stream.getvalue())["event"] == "request_failed"


class FullDisk(io.StringIO):
    """A stream behind which nothing fits any more."""

    def write(self, text: str, /) -> int:
        raise OSError(28, "No space left on device")


def test_a_log_that_can_not_be_written_fails_nobody() -> None:
    Log(FullDisk(), clock=at_noon, strict=True).event(LogEvent.SERVER_STARTED)


def test_two_logs_do_not_share_anything() -> None:
    one, other = io.StringIO(), io.StringIO()
    Log(one, clock=lambda: datetime(2026, 1, 1, tzinfo=UTC), strict=True)
    Log(other, clock=at_noon, strict=True).event(LogEvent.SERVER_STARTED)
    assert one.getvalue() == ""
    assert "2026-03-31" in other.getvalue()
