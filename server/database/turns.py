"""
Turns: how many units of work of one tenant may run at once, so that no tenant takes every connection.

A unit of work that waits for its turn holds no connection yet. The wait is bounded.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager

from server.database.problems import DatabaseBusy

__all__ = ["Turns", "wait_for_turn"]


async def wait_for_turn(turns: asyncio.Semaphore, seconds: float) -> None:
    """Acquire, or raise DatabaseBusy when it takes too long."""
    if not turns.locked():
        await turns.acquire()  # Free: it does not wait.
        return
    try:
        async with asyncio.timeout(seconds):
            await turns.acquire()
    except TimeoutError:
        raise DatabaseBusy from None


class _Queue:
    """The turns of one key, forgotten when nobody has or wants one."""

    __slots__ = ("interested", "turns")

    def __init__(self, at_once: int) -> None:
        self.turns = asyncio.Semaphore(at_once)
        self.interested = 0


class Turns:
    """Gives a number of turns at once to each key, in the order of asking."""

    def __init__(self, *, at_once: int, wait_seconds: float) -> None:
        self._at_once = at_once
        self._wait_seconds = wait_seconds
        self._queues: dict[Hashable, _Queue] = {}

    @asynccontextmanager
    async def turn(self, key: Hashable) -> AsyncIterator[None]:
        """Wait for a turn and hold it; raise DatabaseBusy when it does not come in time."""
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = _Queue(self._at_once)
        queue.interested += 1
        try:
            await wait_for_turn(queue.turns, self._wait_seconds)
            try:
                yield
            finally:
                queue.turns.release()
        finally:
            queue.interested -= 1
            if queue.interested == 0:
                del self._queues[key]

    def __len__(self) -> int:
        return len(self._queues)
