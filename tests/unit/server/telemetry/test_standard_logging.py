"""What libraries log loses its words on the way into our log."""

from __future__ import annotations

import io
import json
import logging
import random
import sys
import threading
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from server.telemetry.log import Log
from server.telemetry.standard_logging import route_standard_logging

LIBRARIES = [
    "uvicorn",
    "uvicorn.access",
    "uvicorn.error",
    "uvicorn.asgi",
    "databases",
    "aiosqlite",
    "sqlalchemy.engine",
    "asyncio",
    "some.other.library",
]


class Routed:
    """A log that libraries are routed into, and what it wrote."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.log = Log(
            self.stream,
            clock=lambda: datetime(2026, 3, 31, tzinfo=UTC),
            level=logging.DEBUG,
            strict=True,
        )

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


@pytest.fixture
def routed() -> Iterator[Routed]:
    routed = Routed()
    undo = route_standard_logging(routed.log)
    yield routed
    undo()


@pytest.fixture
def canary() -> str:
    return f"canary{random.randrange(10**9)}"


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_s_words_are_dropped(
    routed: Routed, canary: str, library: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logger = logging.getLogger(library)
    logger.debug("GET /%s", canary)
    logger.info('127.0.0.1 - "%s" 200', canary)
    logger.warning(canary)
    logger.error("%s and %d", canary, canary)  # It does not format either.
    logger.error("failed on %s", canary, exc_info=ValueError(canary))
    assert routed.lines() == [
        {
            "at": "2026-03-31T00:00:00.000+00:00",
            "level": "warning",
            "event": "library_spoke",
            "logger": library,
            "severity": severity,
            **error,
        }
        for severity, error in (
            (30, {}),
            (40, {}),
            (40, {"error": "builtins.ValueError"}),
        )
    ]
    assert canary not in "".join(capsys.readouterr())


def test_a_handler_that_a_library_brought_is_taken_away(canary: str) -> None:
    said = io.StringIO()
    access = logging.getLogger("uvicorn.access")
    handler = logging.StreamHandler(said)
    access.addHandler(handler)
    routed = Routed()
    undo = route_standard_logging(routed.log)
    try:
        access.warning(canary)
        assert said.getvalue() == ""
    finally:
        undo()
    access.warning("back")
    assert said.getvalue() == "back\n"
    access.removeHandler(handler)


def test_a_logger_with_an_odd_name_is_not_named(routed: Routed, canary: str) -> None:
    logging.getLogger(f'{canary} "\n').warning("x")
    assert [line["logger"] for line in routed.lines()] == ["unnameable"]


def test_warnings_lose_their_words(
    routed: Routed, canary: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn(canary, stacklevel=1)
    assert canary not in routed.stream.getvalue() + "".join(capsys.readouterr())


def test_uncaught_errors_lose_their_words(
    routed: Routed, canary: str, capsys: pytest.CaptureFixture[str]
) -> None:
    error = KeyError(canary)
    sys.excepthook(KeyError, error, None)
    threading.excepthook(threading.ExceptHookArgs((KeyError, error, None, None)))
    assert [line["error"] for line in routed.lines()] == ["builtins.KeyError"] * 2
    assert canary not in routed.stream.getvalue() + "".join(capsys.readouterr())


def test_undoing_leaves_everything_as_it_was() -> None:
    root = logging.getLogger()
    before = (root.handlers[:], root.level, sys.excepthook, threading.excepthook)
    route_standard_logging(Routed().log)()
    assert (root.handlers[:], root.level, sys.excepthook, threading.excepthook) == before
