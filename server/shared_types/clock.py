"""The clock and the source of identifiers, as arguments; the one place that asks the time."""

from __future__ import annotations

import secrets
import uuid
from datetime import UTC, datetime
from typing import Protocol

from server.shared_types.ids import uuid7_at

__all__ = ["Clock", "new_id", "system_clock"]


class Clock(Protocol):
    """Tells the time."""

    def __call__(self) -> datetime:
        """Return the present instant, aware, in UTC."""


def system_clock() -> datetime:
    """The machine's time in UTC."""
    return datetime.now(UTC)


def new_id() -> uuid.UUID:
    """A new UUIDv7 of this instant."""
    return uuid7_at(system_clock(), secrets.token_bytes(10))
