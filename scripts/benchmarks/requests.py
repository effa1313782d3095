"""Small things that are done often: a small read, and the start of the client."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx

from benchmarks.measuring import Better, Figure, compare, seconds_of
from benchmarks.processes import (
    number_told_by,
    pennyvault,
    program,
    running_server,
    surroundings,
)
from benchmarks.stage import Stage
from workbooks.template import template_bytes

__all__ = ["refresh_start", "small_read"]

_CONNECTIONS = 8
_ASKING_SECONDS = 2.0
_ASKING_RUNS = 5
_START_RUNS = 15
_REQUEST_SECONDS_MAX = 30.0


def small_read(stage: Stage) -> Sequence[Figure]:
    """
    GET /v1/profile with a token, from eight kept connections of another process, one worker serving them.

    Ours is the whole server with everything around the route: token, limits, deadlines, problem answers, log; only
    the limits are widened. The peer is a bare Starlette route with the same body, on plain uvicorn (h11) without a log.
    """
    folder = stage.folder("small-read")
    key_file, body_file = folder / "api-key", folder / "profile.json"
    with running_server(
        program("serve_without_limits"),
        folder / "ours",
        PENNYVAULT_DATA_DIR=str(folder / "data"),
        PENNYVAULT_SIGNUP="open",
        PENNYVAULT_ENVIRONMENT="test",
    ) as port:
        body_file.write_bytes(_signed_up(f"http://127.0.0.1:{port}", key_file))
        with running_server(program("serve_bare", body_file), folder / "bare") as bare_port:
            rate, bare_rate = compare(_asking(port, key_file), _asking(bare_port, key_file), _ASKING_RUNS)  # fmt: skip
    return (
        Figure(
            name="small-read",
            ours=rate,
            peer=bare_rate,
            unit="requests/s",
            peer_name="a bare Starlette route on uvicorn",
            better=Better.RATE,
            target=0.4,
        ),
    )


def _signed_up(origin: str, key_file: Path) -> bytes:
    """Make a ledger, keep its key, and return the profile's body."""
    signed_up = httpx.post(f"{origin}/v1/signup", json={"ledger_name": "A small ledger"})
    key = signed_up.raise_for_status().json()["token"]
    key_file.write_text(f"{key}\n", encoding="ascii")
    answer = httpx.get(f"{origin}/v1/profile", headers={"Authorization": f"Bearer {key}"})
    return answer.raise_for_status().content


def _asking(port: int, key_file: Path) -> Callable[[], float]:
    command = program("ask_again_and_again", port, key_file, _CONNECTIONS, _ASKING_SECONDS)
    return lambda: number_told_by(command)


def refresh_start(stage: Stage) -> Sequence[Figure]:
    """
    From starting `pennyvault refresh` to its first request's arrival at a listening socket.

    The workbook is there already, empty: a refresh opens it before it asks. The peer is `python -c pass`, start to end.
    """
    folder = stage.folder("refresh-start")
    key_file, workbook = folder / "api-key", folder / "ledger.xlsx"
    key_file.write_text("pv_test_" + "A" * 43 + "\n", encoding="ascii")
    key_file.chmod(0o600)
    workbook.write_bytes(template_bytes())
    nothing = [sys.executable, "-c", "pass"]

    def start_nothing() -> None:
        subprocess.run(nothing, check=True, env=surroundings())

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(_REQUEST_SECONDS_MAX)
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        refresh = pennyvault("refresh", "--server", origin, "--key-file", key_file, workbook)
        _seconds_to_request(refresh, listener)
        ours, peer = compare(
            lambda: _seconds_to_request(refresh, listener),
            lambda: seconds_of(start_nothing),
            _START_RUNS,
        )
    return (
        Figure(
            name="refresh-start",
            ours=ours,
            peer=peer,
            unit="s",
            peer_name="python -c pass",
            better=Better.CEILING,
            target=25,
        ),
    )


def _seconds_to_request(command: list[str], listener: socket.socket) -> float:
    started = time.perf_counter()
    with subprocess.Popen(command, env=surroundings(), stderr=subprocess.DEVNULL) as process:
        try:
            connection, _ = listener.accept()
            with connection:
                assert connection.recv(1), "a request has bytes"
                return time.perf_counter() - started
        finally:
            process.kill()
