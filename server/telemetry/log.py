"""
The log: one JSON object per line, made of closed events and listed fields.

What is not on the list raises where `strict` is set (in tests), and is left out elsewhere: a log line
is never worth a failed request, nor a leak.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC
from typing import Any, TextIO

import structlog

from server.shared_types.clock import Clock
from server.telemetry.events import LEVELS, LogEvent
from server.telemetry.fields import FIELDS, FieldRefused

__all__ = ["Log"]


class Log:
    """Writes events to a stream."""

    def __init__(
        self, stream: TextIO, *, clock: Clock, level: int = logging.INFO, strict: bool = False
    ) -> None:
        self._clock = clock
        self._level = level
        self._strict = strict
        # wrap_logger, not structlog.configure: the log is an argument, not the process's.
        self._logger: structlog.BoundLogger = structlog.wrap_logger(
            structlog.WriteLogger(stream),
            processors=[self._admit, structlog.processors.JSONRenderer()],
            wrapper_class=structlog.BoundLogger,
        ).bind()

    def event(self, event: LogEvent, /, **fields: object) -> None:
        """Write that `event` happened, with fields from `server.telemetry.fields`."""
        if LEVELS[event] >= self._level:
            # A full disk or a closed pipe behind the log must not fail what is being logged.
            with suppress(OSError):
                self._logger.msg(event, fields=fields)

    def _admit(
        self, _logger: object, _method: str, given: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        event = given["event"]
        admitted: dict[str, Any] = {
            "at": self._clock().astimezone(UTC).isoformat(timespec="milliseconds"),
            "level": logging.getLevelName(LEVELS[event]).lower(),
            "event": str(event),
        }
        left_out = 0
        for name, value in given["fields"].items():
            try:
                admitted[name] = self._admitted(name, value)
            except FieldRefused:
                if self._strict:
                    raise
                left_out += 1
        if left_out:
            admitted["left_out"] = left_out
        return admitted

    @staticmethod
    def _admitted(name: str, value: object) -> object:
        check: Callable[[object], object] | None = FIELDS.get(name)
        if check is None:
            raise FieldRefused
        return check(value)
