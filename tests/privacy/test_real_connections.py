"""
Ring four, third part, over real connections: what uvicorn sees of a request is told to nobody either.

The server is served in this process as the command line serves it, with libraries' logs routed into its own; what they
say beside that is heard at DEBUG.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from pathlib import Path

import httpx

from server.app import create_app, open_log
from server.telemetry.standard_logging import route_standard_logging
from server.web.connections import Deadlines
from server.web.endpoints import RouteName
from server.web.serving import ServingOptions, bind, serve
from tests.factories import RepeatableWorld, temporary_settings
from tests.privacy.canaries import bytes_canary
from tests.privacy.canary_requests import AMOUNT, CANARIES, KEY, TEXT, Known, request_of
from tests.privacy.listening import Told, listening, open_every_logger

#: Requests that no HTTP client would send.
RAW = [
    f"{TEXT} {AMOUNT}\r\n\r\n",
    f"GET /v1/{TEXT} HTTP/9.9\r\nhost: {TEXT}\r\n\r\n",
    f"GET /healthz HTTP/1.1\r\nhost: localhost\r\n{TEXT} {AMOUNT}\r\n\r\n",
    f"POST /v1/signup HTTP/1.1\r\nhost: localhost\r\ncontent-length: {TEXT}\r\n\r\n{AMOUNT}",
    f"GET /v1/{'x' * 20_000}{TEXT} HTTP/1.1\r\nhost: localhost\r\n\r\n",
]


async def exchange_raw(port: int, raw: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with contextlib.suppress(ConnectionError):
        writer.write(raw.encode())
        await writer.drain()
    answer = await reader.read()
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    return answer


async def call_over_a_socket(told: Told, port: int) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        signing = request_of(RouteName.SIGN_UP, Known(), "")
        made = await client.post(signing.path, **signing.more)
        token = made.json()["token"]
        told.canaries.append(bytes_canary("token", token.encode()))
        client.headers["authorization"] = f"Bearer {token}"
        importing = request_of(RouteName.IMPORT_STATEMENT, Known(), KEY)
        assert (await client.post(importing.path, **importing.more)).status_code == 201
        for path in (f"/v1/{TEXT}", f"/v1/entries?{TEXT}={AMOUNT}", f"/v1/profile?token={token}"):
            told.problem(path, await client.get(path))
    for raw in RAW:
        told.answers.append((raw[:40], await exchange_raw(port, raw)))


async def call_a_served_server(told: Told, folder: Path, world: RepeatableWorld) -> None:
    """Serve until every call is answered."""
    listener = bind("127.0.0.1", 0)
    calls: list[asyncio.Task[None]] = []

    async def call() -> None:
        try:
            open_every_logger()
            await call_over_a_socket(told, listener.getsockname()[1])
        finally:
            signal.raise_signal(signal.SIGTERM)

    app = create_app(temporary_settings(folder), world.surroundings())
    deadlines = Deadlines(body_seconds=0.5, idle_seconds=1)
    options = ServingOptions(deadlines=deadlines, grace_seconds=1)

    def ready() -> None:
        calls.append(asyncio.ensure_future(call()))

    await serve(app, listener, options, world.new_id, ready)
    await asyncio.gather(*calls)
    listener.close()


def test_a_real_connection_tells_nothing(tmp_path: Path) -> None:
    world, folder = RepeatableWorld(), tmp_path / "data"
    undo = route_standard_logging(open_log(temporary_settings(folder), world.surroundings()))
    try:
        with listening() as told:
            told.log = world.log_stream
            told.canaries = list(CANARIES)
            asyncio.run(call_a_served_server(told, folder, world))
    finally:
        undo()

    assert told.leaks() == {}
    assert "request_unreadable" in "".join(content.decode() for _, content in told.answers)
    # It was listened to: uvicorn's own words came through, and the log took them without theirs.
    assert "uvicorn.error" in told.libraries.getvalue()
    assert "library_spoke" in told.log.getvalue()
