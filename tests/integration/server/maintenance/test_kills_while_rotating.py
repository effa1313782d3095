"""Runs over keys are killed at any moment and started again, while twenty clients read and write."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sys
from pathlib import Path

import httpx
import pytest

from server.audit.verification import verify
from server.maintenance.key_report import KeyReport, check_tenants
from tests.integration.server.maintenance.served_ledgers import (
    SETTLE_SECONDS,
    clients_of,
    key_room,
    key_states,
    key_versions_of_records,
    served,
    variables_in,
)

ROOT = Path(__file__).parents[4]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="this system has no SIGKILL")


async def run(folder: Path, *arguments: str, kill_after: float | None = None) -> int:
    """Run the command line to its end, or kill it; return how it ended."""
    kept = {name: value for name, value in os.environ.items() if "PENNYVAULT" not in name}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "server.command_line",
        *arguments,
        cwd=ROOT,
        env={**kept, **variables_in(folder)},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, errors = await asyncio.wait_for(process.communicate(), kill_after)
    except TimeoutError:
        # It may have ended by itself in this very moment; then it counts as no kill.
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()
    else:
        assert errors == b""
    assert process.returncode is not None
    return process.returncode


async def kill_and_finish(folder: Path, http: httpx.AsyncClient, kills: int) -> int:
    """Kill rotations and rewraps at random moments, then let one of each finish; return how many were killed."""
    randomness = random.Random(4711)
    clients = await clients_of(http, ledgers=4, each=5)
    over = asyncio.Event()
    living = [asyncio.create_task(client.live(over)) for client in clients]
    rotate = ("keys", "rotate", "--all", "--settle-seconds", str(SETTLE_SECONDS))
    rewrap = ("keys", "rewrap", "--new-master-key-file", str(folder / "master.key.next"))
    killed = 0
    while killed < kills:
        command = rewrap if killed % 4 == 3 else rotate
        # A process needs about half a second until it comes to work.
        seconds = randomness.uniform(0.4, 1.2 if command is rewrap else 2.6)
        code = await run(folder, *command, kill_after=seconds)
        assert code in {0, -signal.SIGKILL}
        killed += code != 0
    assert await run(folder, *rotate) == 0
    assert await run(folder, *rewrap) == 0
    over.set()
    await asyncio.gather(*living)
    for client in clients:
        assert client.refused == []
    print(f"{killed} kills, {sum(client.requests for client in clients)} requests, none failed")  # noqa: T201 - the figures of the acceptance
    return killed


def check_what_is_left(folder: Path) -> None:
    (newest,) = set(key_versions_of_records(folder).values())
    states = key_states(folder)
    assert newest == {max(version for version, _ in states)}
    assert states == [
        *((version, "retired") for version in range(1, len(states))),
        (len(states), "active"),
    ]

    async def open_everything() -> None:
        async with key_room(folder, folder / "master.key.next") as room:
            checked = check_tenants(room.tools.database, room.ring, room.checks)
            assert [broken async for _, broken in checked] == [[]] * 4
            current = room.master_keys.current().master_key_id
            async for report in KeyReport(room.tools.database, room.tools.versions).tenants():
                assert not report.is_rotating
                assert {each.master_key_id for each in report.versions} == {current}
            assert (await verify(room.tools.database)).is_whole

    asyncio.run(open_everything())


def rotate_and_kill(folder: Path, kills: int) -> None:
    async def story() -> None:
        async with served(folder) as http:
            assert await kill_and_finish(folder, http, kills) == kills

    asyncio.run(story())
    check_what_is_left(folder)


def test_killed_runs_go_on_and_nobody_notices(tmp_path: Path) -> None:
    rotate_and_kill(tmp_path, 4)


@pytest.mark.deep
@pytest.mark.usefixtures("each_database")
def test_runs_killed_twenty_times_go_on_and_nobody_notices(tmp_path: Path) -> None:
    rotate_and_kill(tmp_path, 20)
