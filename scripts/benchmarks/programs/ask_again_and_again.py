"""
PORT KEY_FILE CONNECTIONS SECONDS: asks /v1/profile on kept connections, one request at a time on each; prints the rate.

It knows as much HTTP as that needs, so that the server and not the asking is what takes the time.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from functools import partial
from pathlib import Path

_LENGTH = re.compile(rb"content-length: *([0-9]+)", re.IGNORECASE)
_WARM_UP_SECONDS = 0.5


class _Asker(asyncio.Protocol):
    """Asks as soon as it has its answer."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._received = b""
        self._transport: asyncio.WriteTransport | None = None
        self.answers = 0
        #: What was wrong, if anything was.
        self.refusal = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first time."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Ask again after a whole answer."""
        assert self._transport is not None
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end:
            return
        length = _LENGTH.search(head)
        if not head.startswith(b"HTTP/1.1 200") or length is None:
            self.refusal = head
            self._transport.close()
            return
        if len(body) < int(length[1]):
            return
        self.answers += 1
        self._received = b""
        self._transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        """Take note of a connection that did not last."""
        self.refusal = self.refusal or f"the connection was closed: {exc}".encode()


def _itself(asker: _Asker) -> _Asker:
    return asker


async def _ask(port: str, key: str, connections: int, seconds: float) -> float:
    request = (
        f"GET /v1/profile HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n"
        "Accept: application/json\r\n\r\n"
    ).encode("ascii")
    loop = asyncio.get_running_loop()
    askers = [_Asker(request) for _ in range(connections)]
    for asker in askers:
        await loop.create_connection(partial(_itself, asker), "127.0.0.1", int(port))
    await asyncio.sleep(_WARM_UP_SECONDS)
    before, started = sum(asker.answers for asker in askers), time.perf_counter()
    await asyncio.sleep(seconds)
    took = time.perf_counter() - started
    for asker in askers:
        if asker.refusal:
            raise RuntimeError(asker.refusal.decode("ascii", "replace"))
    return (sum(asker.answers for asker in askers) - before) / took


def main(port: str, key_file: str, connections: str, seconds: str) -> None:
    """Do it."""
    key = Path(key_file).read_text(encoding="ascii").strip()
    print(asyncio.run(_ask(port, key, int(connections), float(seconds))))


if __name__ == "__main__":
    main(*sys.argv[1:])
