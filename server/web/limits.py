"""
Limits on calls: a moving window in the memory of one process.

A window remembers the instants of the calls it let in; a call is let in when fewer than the limit fall within the
period that ends with it. A refused call is not counted, so that a caller who waits is served.
"""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["CallLimit", "MovingWindowLimiter", "read_limit"]

_LIMIT = re.compile(r"(?P<calls>[1-9][0-9]{0,8})/(?P<period>second|minute|hour|day)")
_PERIOD_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}

#: After so many calls let in, windows that hold no recent call are forgotten.
_SWEEP_EVERY_CALLS = 4096


@dataclass(frozen=True, slots=True)
class CallLimit:
    """So many calls within a period."""

    calls: int
    period_seconds: int


def read_limit(text: str) -> CallLimit:
    """Read "60/minute"; units are second, minute, hour and day."""
    match = _LIMIT.fullmatch(text)
    assert match is not None, "limits are written in the route table, by us"
    return CallLimit(int(match["calls"]), _PERIOD_SECONDS[match["period"]])


class MovingWindowLimiter:
    """
    Implements `server.web.ports.Limiter` for one process.

    `monotonic` tells seconds that never go back. `multiplier` widens every limit alike, for a server that a
    measurement calls in a loop.
    """

    def __init__(self, monotonic: Callable[[], float], *, multiplier: int = 1) -> None:
        self._monotonic = monotonic
        self._multiplier = multiplier
        self._limits: dict[str, CallLimit] = {}
        self._windows: dict[str, tuple[CallLimit, deque[float]]] = {}
        self._calls_until_sweep = _SWEEP_EVERY_CALLS

    def take(self, limit: str, key: str) -> int:
        """Count one call under `key`; return 0, or the whole seconds after which one is let in again."""
        now = self._monotonic()
        call_limit = self._limits.get(limit) or self._learn(limit)
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = (call_limit, deque())
        instants = window[1]
        horizon = now - call_limit.period_seconds
        while instants and instants[0] <= horizon:
            instants.popleft()
        if len(instants) >= call_limit.calls:
            return max(1, math.ceil(instants[0] - horizon))
        instants.append(now)
        self._calls_until_sweep -= 1
        if self._calls_until_sweep <= 0:
            self._sweep(now)
        return 0

    def _learn(self, limit: str) -> CallLimit:
        written = read_limit(limit)
        widened = CallLimit(written.calls * self._multiplier, written.period_seconds)
        self._limits[limit] = widened
        return widened

    def _sweep(self, now: float) -> None:
        self._calls_until_sweep = max(_SWEEP_EVERY_CALLS, len(self._windows))
        stale = [
            key
            for key, (limit, instants) in self._windows.items()
            if not instants or instants[-1] <= now - limit.period_seconds
        ]
        for key in stale:
            del self._windows[key]
