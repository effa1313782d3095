"""
The drivers' loggers, silenced below WARNING: at DEBUG they write every value that is bound.

The level alone would not do, since any configuration of logging may lower it again.
"""

from __future__ import annotations

import logging
from typing import Final

__all__ = ["silence_drivers"]

_LOGGERS: Final = ("aiosqlite", "asyncpg", "databases", "sqlalchemy")


class _BelowWarning(logging.Filter):
    """Lets nothing below WARNING pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING


_FILTER: Final = _BelowWarning()


def silence_drivers() -> None:
    """Silence them for this process; calling it again changes nothing."""
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        logger.setLevel(logging.WARNING)
        logger.addFilter(_FILTER)
