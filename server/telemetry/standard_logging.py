"""
What libraries log, and errors that nobody caught, brought into our log without their words.

Of a library's message remain the logger's name, the level and the class of the exception: messages and
their arguments hold paths, SQL and values. Tracebacks are not written, for the same reason.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Final

from server.telemetry.events import LogEvent
from server.telemetry.log import Log

__all__ = ["route_standard_logging"]

#: These write every bound value at DEBUG; they are held above it whatever anyone configures.
_TALKATIVE: Final = ("databases", "aiosqlite", "sqlalchemy", "asyncio", "httpx", "h11")
#: These bring handlers of their own, which would write paths and addresses.
_WITH_HANDLERS: Final = (
    "uvicorn",
    "uvicorn.access",
    "uvicorn.error",
    "uvicorn.asgi",
    "py.warnings",
)


class _WordlessHandler(logging.Handler):
    """Passes on that a library logged something, and nothing of what it said."""

    def __init__(self, log: Log) -> None:
        super().__init__(level=logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, object] = {"logger": record.name, "severity": record.levelno}
        if record.exc_info and record.exc_info[0] is not None:
            fields["error"] = record.exc_info[0]
        self._log.event(LogEvent.LIBRARY_SPOKE, **fields)


def route_standard_logging(log: Log) -> Callable[[], None]:
    """Route libraries' logs, warnings and uncaught errors into `log`; return what undoes it."""
    root = logging.getLogger()
    loggers = [root, *(logging.getLogger(name) for name in (*_WITH_HANDLERS, *_TALKATIVE))]
    before = [
        (each, each.level, each.propagate, each.handlers[:], each.disabled) for each in loggers
    ]
    hooks = sys.excepthook, threading.excepthook
    raised_before = logging.raiseExceptions
    for each in loggers:
        each.handlers[:] = []
        each.setLevel(logging.WARNING)
        each.propagate = True
    root.addHandler(_WordlessHandler(log))
    logging.captureWarnings(capture=True)
    # Off: a message that does not format would be printed with its arguments.
    logging.raiseExceptions = False

    def on_uncaught(
        kind: type[BaseException], _error: BaseException, _traceback: TracebackType | None
    ) -> None:
        log.event(LogEvent.UNCAUGHT_ERROR, error=kind)

    def on_uncaught_in_thread(arguments: threading.ExceptHookArgs) -> None:
        log.event(LogEvent.UNCAUGHT_ERROR, error=arguments.exc_type)

    sys.excepthook, threading.excepthook = on_uncaught, on_uncaught_in_thread

    def undo() -> None:
        for each, level, propagate, handlers, disabled in before:
            each.handlers[:] = handlers
            each.setLevel(level)
            each.propagate = propagate
            each.disabled = disabled
        logging.captureWarnings(capture=False)
        logging.raiseExceptions = raised_before
        sys.excepthook, threading.excepthook = hooks

    return undo
