"""The events that a log can tell of: a closed list, each with its importance."""

from __future__ import annotations

import logging
from enum import StrEnum, unique
from types import MappingProxyType

__all__ = ["LEVELS", "LogEvent"]


@unique
class LogEvent(StrEnum):
    """What happened. There is no event with a text of its own."""

    SERVER_STARTED = "server_started"
    SERVER_STOPPED = "server_stopped"
    SERVER_NOT_STARTED = "server_not_started"
    DATABASE_MIGRATED = "database_migrated"
    REQUEST_ANSWERED = "request_answered"
    REQUEST_FAILED = "request_failed"
    LEDGER_MADE = "ledger_made"
    TOKEN_MADE = "token_made"  # noqa: S105 - an event's name
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 - an event's name
    TOKEN_EXPOSED = "token_exposed"  # noqa: S105 - an event's name
    STATEMENT_IMPORTED = "statement_imported"
    BATCH_UNDONE = "batch_undone"
    UPKEEP_FAILED = "upkeep_failed"
    LIBRARY_SPOKE = "library_spoke"
    UNCAUGHT_ERROR = "uncaught_error"


#: The importance of each event, as the standard library numbers them.
LEVELS = MappingProxyType(
    {
        LogEvent.SERVER_STARTED: logging.INFO,
        LogEvent.SERVER_STOPPED: logging.INFO,
        LogEvent.SERVER_NOT_STARTED: logging.ERROR,
        LogEvent.DATABASE_MIGRATED: logging.INFO,
        LogEvent.REQUEST_ANSWERED: logging.INFO,
        LogEvent.REQUEST_FAILED: logging.ERROR,
        LogEvent.LEDGER_MADE: logging.INFO,
        LogEvent.TOKEN_MADE: logging.INFO,
        LogEvent.TOKEN_REVOKED: logging.INFO,
        LogEvent.TOKEN_EXPOSED: logging.WARNING,
        LogEvent.STATEMENT_IMPORTED: logging.INFO,
        LogEvent.BATCH_UNDONE: logging.INFO,
        LogEvent.UPKEEP_FAILED: logging.ERROR,
        LogEvent.LIBRARY_SPOKE: logging.WARNING,
        LogEvent.UNCAUGHT_ERROR: logging.ERROR,
    }
)
