"""
Serving an application with uvicorn: one process, one listening socket, deadlines, a bounded shutdown.

It opens the application's lifespan itself, so that a start that fails is told to the caller as the error that it is,
and not printed with a traceback.
"""

from __future__ import annotations

import os
import signal
import socket
import uuid
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import uvicorn
from uvicorn.config import HTTPProtocolType

from server.web.connections import Deadlines, patient_protocol
from server.web.edge import WebApp

__all__ = ["ServingOptions", "bind", "serve"]

_HEAD_BYTES_MAX = 16 * 1024
_BACKLOG = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingOptions:
    """How the process serves."""

    deadlines: Deadlines
    #: How long requests may go on after the signal to stop.
    grace_seconds: int
    #: Addresses whose X-Forwarded headers are believed; none by default.
    trusted_proxies: Sequence[str] = ()
    certificate: Path | None = None
    private_key: Path | None = None


class _QuietServer(uvicorn.Server):
    """A uvicorn server that says when it is ready, and that ends with an exit code, not with a signal."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then tell the caller."""
        await super().startup(sockets)
        self._ready()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Stop at SIGINT and SIGTERM; uvicorn would raise them again once it has stopped."""
        signals = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in signals}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def bind(host: str, port: int) -> socket.socket:
    """Return a socket bound to an address of this machine; port 0 takes a free one. Raises OSError."""
    [(family, kind, protocol, _name, address), *_] = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    listener = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":
            # Elsewhere this would let two servers share a port.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener


async def serve(
    app: WebApp,
    listener: socket.socket,
    options: ServingOptions,
    new_id: Callable[[], uuid.UUID],
    ready: Callable[[], None],
) -> None:
    """Serve until a signal says to stop; `ready` is called once requests are answered."""
    protocol: Any = patient_protocol(options.deadlines, new_id)
    config = uvicorn.Config(
        app,
        http=cast("HTTPProtocolType", protocol),
        ws="none",
        lifespan="off",
        loop="asyncio",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(options.trusted_proxies),
        forwarded_allow_ips=list(options.trusted_proxies),
        backlog=_BACKLOG,
        timeout_keep_alive=options.deadlines.idle_seconds,
        timeout_graceful_shutdown=options.grace_seconds,
        h11_max_incomplete_event_size=_HEAD_BYTES_MAX,
        ssl_certfile=options.certificate,
        ssl_keyfile=options.private_key,
    )
    async with app.router.lifespan_context(app):
        await _QuietServer(config, ready).serve(sockets=[listener])
