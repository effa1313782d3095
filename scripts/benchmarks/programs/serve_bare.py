"""BODY_FILE PORT_FILE: serves one answer on a bare Starlette route, with uvicorn's own h11 protocol and no log."""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def main(body_file: str, port_file: str) -> None:
    """Serve until told to stop."""
    body = Path(body_file).read_bytes()

    async def answer(_: Request) -> Response:
        return Response(body, media_type="application/json")

    app = Starlette(routes=[Route("/v1/profile", answer)])
    config = uvicorn.Config(
        app, http="h11", loop="asyncio", ws="none", lifespan="off", log_level="warning", access_log=False
    )  # fmt: skip
    # With the protocol named, asyncio turns Nagle's algorithm off: else each answer would wait 40 ms.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        Path(port_file).write_text(f"{listener.getsockname()[1]}\n", encoding="ascii")
        asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))


if __name__ == "__main__":
    main(*sys.argv[1:])
