"""
A transport that sends what is written in one turn of the loop at once.

uvicorn writes an answer's head and its body apart: two system calls and two packets where one of each will do. It
must not keep anything back beyond the turn, nor hold more than a little.
"""

from __future__ import annotations

import asyncio
from typing import Any

__all__ = ["GatheringTransport"]

#: More than this goes out on the spot.
_GATHERED_BYTES_MAX = 64 * 1024


class GatheringTransport(asyncio.Transport):
    """Stands before another transport and gathers small writes."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._gathered: list[bytes | bytearray | memoryview] = []
        self._gathered_bytes = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send `data` before the loop turns again."""
        if not data:
            return
        if not self._gathered:
            self._loop.call_soon(self._send)
        self._gathered.append(data)
        self._gathered_bytes += len(data)
        if self._gathered_bytes > _GATHERED_BYTES_MAX:
            self._send()

    def _send(self) -> None:
        if self._gathered:
            gathered, self._gathered = self._gathered, []
            small = self._gathered_bytes <= _GATHERED_BYTES_MAX
            self._gathered_bytes = 0
            # What is large is not copied for the sake of one call less.
            for data in (b"".join(gathered),) if small else gathered:
                self._transport.write(data)

    def close(self) -> None:
        """Send what was gathered, then close."""
        self._send()
        self._transport.close()

    def abort(self) -> None:
        """Close at once; what was gathered is lost."""
        self._gathered = []
        self._transport.abort()

    def is_closing(self) -> bool:
        """Whether the connection is closing or closed."""
        return self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What the transport behind knows."""
        return self._transport.get_extra_info(name, default)

    def get_write_buffer_size(self) -> int:
        """Return how many bytes were not taken by the system yet."""
        return self._gathered_bytes + self._transport.get_write_buffer_size()

    def pause_reading(self) -> None:
        """Take nothing in for now."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Take bytes in again."""
        self._transport.resume_reading()
