"""Processes that are killed or closed in the middle of their work, on real databases of each kind."""

from __future__ import annotations

import random
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from tests.databases import place_of
from tests.integration.server.database.open_rows import path_in

pytestmark = pytest.mark.usefixtures("each_database")

ROOT = Path(__file__).parents[4]


def run_in_child(script: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def test_a_process_that_closes_its_database_exits(tmp_path: Path) -> None:
    child = run_in_child(
        """
        import asyncio, sys
        from server.database.sessions import Database
        async def main():
            database = await Database.open(sys.argv[1])
            async def hold():
                async with database.transaction() as session:
                    await session.fetch_all("SELECT 1")
                    await asyncio.sleep(60)
            held = asyncio.create_task(hold())
            await asyncio.sleep(0.05)
            held.cancel()
            await database.close()
            print("closed")
        asyncio.run(main())
        """,
        place_of(path_in(tmp_path)).url,
    )
    said, _ = child.communicate(timeout=30)
    assert (said, child.returncode) == ("closed\n", 0)


#: Writes batches from a number on and says each number once it is committed. A batch that is there
#: already, because its answer was lost, is not written again.
WRITER = """
    import asyncio, sys
    from server.database.sessions import Database
    async def write(database, batch):
        async with database.transaction() as session:
            if await session.fetch_one("SELECT 1 FROM batches WHERE batch = :b", {"b": batch}):
                return
            await session.execute("INSERT INTO batches VALUES (:b)", {"b": batch})
            await session.execute_many(
                "INSERT INTO parts (batch, part) VALUES (:b, :part)",
                [{"b": batch, "part": part} for part in range(60)])
            await session.execute("UPDATE last SET batch = :b", {"b": batch})
    async def main():
        database = await Database.open(sys.argv[1])
        batch = int(sys.argv[2])
        while True:
            await write(database, batch)
            print(batch, flush=True)
            batch += 1
    asyncio.run(main())
    """


def survives_being_killed(folder: Path, times: int) -> None:
    place = place_of(path_in(folder))
    path_in(folder).parent.mkdir()
    for statement in (
        "CREATE TABLE batches (batch INTEGER PRIMARY KEY)",
        "CREATE TABLE parts (batch INTEGER, part INTEGER)",
        "CREATE TABLE last (batch INTEGER)",
        "INSERT INTO last VALUES (0)",
    ):
        place.query(statement)
    if place.url.startswith("postgresql"):
        place.query("GRANT ALL ON ALL TABLES IN SCHEMA public TO pennyvault_app")
    told = 0
    for _ in range(times):
        child = run_in_child(WRITER, place.url, str(told + 1))
        assert child.stdout is not None
        told = int(child.stdout.readline())
        time.sleep(random.random() * 0.05)
        child.kill()
        child.wait()
        told = max([told, *(int(line) for line in child.stdout if line.endswith("\n"))])
        child.stdout.close()
        (batches,) = place.query("SELECT count(*), min(batch), max(batch) FROM batches")
        assert batches[0] == batches[2], "no batch is missing"
        assert batches[2] >= told, "what was told to be committed is there"
        assert place.query("SELECT batch FROM parts GROUP BY batch HAVING count(*) <> 60") == []
        assert place.query("SELECT count(*) FROM parts") == [(batches[0] * 60,)]
        assert place.query("SELECT batch FROM last") == [(batches[2],)]


def test_killed_in_mid_transaction_it_leaves_no_torn_and_no_double_batch(tmp_path: Path) -> None:
    survives_being_killed(tmp_path, 3)


@pytest.mark.deep
def test_killed_many_times_it_leaves_no_torn_and_no_double_batch(tmp_path: Path) -> None:
    survives_being_killed(tmp_path, 100)
