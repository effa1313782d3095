"""Real SQLite files: what a session and a transaction promise, also when tasks are cancelled."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
import sqlite3
import stat
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from server.database import sqlite_dialect
from server.database.problems import (
    Constraint,
    DatabaseBusy,
    DatabaseConstraint,
    DatabaseFull,
    DatabaseMisused,
    DatabaseProblem,
    DatabaseUnavailable,
    DatabaseUrlRefused,
    SessionOver,
)
from server.database.sessions import Database

ROOT = Path(__file__).parents[4]
LONG_QUERY = (
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 90000000)"
    " SELECT count(*) FROM c"
)


def canary() -> str:
    return f"canary{random.randrange(10**12):012d}"


@contextlib.asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Database]:
    database = await Database.open(f"sqlite:///{folder / 'data' / 'ledger.db'}")
    try:
        async with database.transaction() as session:
            await session.execute(
                "CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, text TEXT UNIQUE) STRICT"
            )
        yield database
    finally:
        await database.close()


def run(story: Callable[[Database], Coroutine[Any, Any, None]], folder: Path) -> None:
    async def scenario() -> None:
        async with opened(folder) as database:
            await story(database)

    asyncio.run(scenario())


async def count(database: Database) -> int:
    async with database.session() as session:
        row = await session.fetch_one("SELECT count(*) FROM rows")
    assert row is not None
    return int(row[0])


async def only_the_pool_has_threads() -> None:
    """Wait until no more threads live than this one and the four connections that the pool keeps."""
    for _ in range(500):
        if threading.active_count() <= 5:
            return
        await asyncio.sleep(0.01)
    pytest.fail("a connection's thread was left behind")


def test_what_a_transaction_wrote_is_read_back(tmp_path: Path) -> None:
    async def story(database: Database) -> None:
        async with database.transaction() as session:
            assert await session.execute("INSERT INTO rows VALUES (1, :text)", {"text": "a"}) == 1
            await session.execute_many(
                "INSERT INTO rows VALUES (:id, :text)",
                [{"id": 2, "text": "b"}, {"id": 3, "text": "c"}],
            )
            assert await session.execute("UPDATE rows SET text = text || '%'") == 3
            assert await session.fetch_one(
                "UPDATE rows SET text = 'z' WHERE id = :id RETURNING text", {"id": 3}
            ) == ("z",)
        async with database.session() as session:
            assert await session.fetch_all("SELECT id, text FROM rows ORDER BY id") == [
                (1, "a%"),
                (2, "b%"),
                (3, "z"),
            ]
            assert await session.fetch_bulk("SELECT id FROM rows WHERE id > :id", {"id": 1}) == [
                (2,),
                (3,),
            ]
            assert await session.fetch_one("SELECT id FROM rows WHERE id = 9") is None

    run(story, tmp_path)


def test_an_error_in_the_middle_takes_everything_back(tmp_path: Path) -> None:
    async def story(database: Database) -> None:
        async def write() -> None:
            async with database.transaction() as session:
                await session.execute("INSERT INTO rows VALUES (1, 'a')")
                raise KeyError

        with pytest.raises(KeyError):
            await write()
        assert await count(database) == 0

    run(story, tmp_path)


def test_a_connection_carries_our_settings(tmp_path: Path) -> None:
    async def story(database: Database) -> None:
        async with database.session() as session:
            for pragma, value in {
                "journal_mode": "wal",
                "synchronous": 2,
                "foreign_keys": 1,
                "busy_timeout": 5000,
                "secure_delete": 1,
                "trusted_schema": 0,
                "temp_store": 2,
            }.items():
                assert await session.fetch_one(f"PRAGMA {pragma}") == (value,)

    run(story, tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="file modes are a matter of POSIX")
def test_the_files_are_for_our_eyes_only(tmp_path: Path) -> None:
    async def story(database: Database) -> None:
        folder = tmp_path / "data"
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
        assert modes == {"ledger.db": 0o600, "ledger.db-wal": 0o600, "ledger.db-shm": 0o600}

    before = os.umask(0)
    try:
        run(story, tmp_path)
    finally:
        os.umask(before)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://localhost/ledger",
        "mysql://localhost/ledger",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///ledger.db?mode=ro",
        "sqlite://host/ledger.db",
        "ledger.db",
        "",
    ],
)
def test_another_kind_of_database_is_refused(url: str) -> None:
    with pytest.raises(DatabaseUrlRefused):
        asyncio.run(Database.open(url))


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"not a database, and long enough to be looked at" * 100)
    before = path.read_bytes()
    with pytest.raises(DatabaseUnavailable):
        asyncio.run(Database.open(f"sqlite:///{path}"))
    assert path.read_bytes() == before


def test_a_session_ends_with_its_block(tmp_path: Path) -> None:
    async def story(database: Database) -> None:
        async with database.session() as session:
            pass
        with pytest.raises(SessionOver):
            await session.fetch_all("SELECT 1")

    run(story, tmp_path)


def test_read_then_write_transactions_do_not_lose_each_other(tmp_path: Path) -> None:
    async def add_one(database: Database) -> None:
        async with database.transaction() as session:
            row = await session.fetch_one("SELECT text FROM rows WHERE id = 1")
            assert row is not None
            await asyncio.sleep(0.001)
            await session.execute(
                "UPDATE rows SET text = :text WHERE id = 1", {"text": str(int(row[0]) + 1)}
            )

    async def story(database: Database) -> None:
        async with database.transaction() as session:
            await session.execute("INSERT INTO rows VALUES (1, '0')")
        await asyncio.gather(*(add_one(database) for _ in range(20)))
        async with database.session() as session:
            assert await session.fetch_one("SELECT text FROM rows") == ("20",)

    run(story, tmp_path)


def test_more_readers_than_connections_take_turns(tmp_path: Path) -> None:
    async def story(database: Database) -> None:
        await asyncio.gather(*(count(database) for _ in range(100)))
        await only_the_pool_has_threads()

    run(story, tmp_path)


async def storm(database: Database, cancellations: int) -> int:
    async def write() -> None:
        async with database.transaction() as session:
            for _ in range(4):
                await session.execute("INSERT INTO rows (text) VALUES (NULL)")

    committed = 0
    for _ in range(cancellations):
        task = asyncio.create_task(write())
        await asyncio.sleep(random.random() * 0.004)
        task.cancel()
        finished, pending = await asyncio.wait([task], timeout=10)
        assert not pending, "a cancelled transaction ends"
        with contextlib.suppress(asyncio.CancelledError):
            await finished.pop()
            committed += 1
    return committed


def survives_a_storm(folder: Path, cancellations: int) -> None:
    async def story(database: Database) -> None:
        committed = await storm(database, cancellations)
        rows = await count(database)
        assert rows % 4 == 0, "a transaction is whole"
        assert rows >= committed * 4, "what was told to be committed is there"
        async with database.transaction() as session:
            await session.execute("DELETE FROM rows")
        assert await count(database) == 0
        await only_the_pool_has_threads()

    run(story, folder)


def test_a_storm_of_cancellations_leaves_whole_transactions(tmp_path: Path) -> None:
    survives_a_storm(tmp_path, 40)


@pytest.mark.deep
def test_a_long_storm_of_cancellations_leaves_whole_transactions(tmp_path: Path) -> None:
    survives_a_storm(tmp_path, 300)


def test_cancelled_openings_leak_no_thread(tmp_path: Path) -> None:
    async def story(database: Database) -> None:
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(4):  # Hold what is idle, so that each further session opens a file.
                await stack.enter_async_context(database.session())
            for attempt in range(20):
                task = asyncio.create_task(count(database))
                await asyncio.sleep(0.0001 * attempt)
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        await only_the_pool_has_threads()

    run(story, tmp_path)


def test_a_task_goes_on_after_a_timeout(tmp_path: Path) -> None:
    async def story(database: Database) -> None:
        for _ in range(30):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(random.random() * 0.003):
                    await count(database)
                    async with database.transaction() as session:
                        await session.execute("INSERT INTO rows (text) VALUES (NULL)")
        assert await count(database) <= 30

    run(story, tmp_path)


def test_a_long_statement_stops_when_its_task_does(tmp_path: Path) -> None:
    async def story(database: Database) -> None:
        started = time.perf_counter()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2), database.session() as session:
                await session.fetch_all(LONG_QUERY)
        assert time.perf_counter() - started < 2

    run(story, tmp_path)


def test_a_statement_cut_off_inside_a_transaction_commits_nothing(tmp_path: Path) -> None:
    async def story(database: Database) -> None:
        async def write() -> None:
            async with database.transaction() as session:
                await session.execute("INSERT INTO rows VALUES (1, 'a')")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.05):
                        await session.fetch_all(LONG_QUERY)

        with pytest.raises(SessionOver):
            await write()
        assert await count(database) == 0

    run(story, tmp_path)


def test_a_failed_commit_frees_the_lock(tmp_path: Path) -> None:
    async def story(database: Database) -> None:
        async with database.transaction() as session:
            await session.execute(
                "CREATE TABLE parts (row_id INTEGER REFERENCES rows (id)"
                " DEFERRABLE INITIALLY DEFERRED)"
            )
        for _ in range(10):
            with pytest.raises(DatabaseConstraint) as caught:
                async with database.transaction() as session:
                    await session.execute("INSERT INTO parts VALUES (99)")
            assert caught.value.kind is Constraint.FOREIGN_KEY
        async with database.transaction() as session:
            await session.execute("INSERT INTO rows VALUES (1, 'a')")

    run(story, tmp_path)


def test_a_full_disk_changes_nothing_and_passes(tmp_path: Path) -> None:
    async def fill(database: Database, pages: int) -> None:
        async with database.transaction() as session:
            await session.fetch_all(f"PRAGMA max_page_count = {pages}")
            for number in range(100):
                await session.execute(
                    "INSERT INTO rows (text) VALUES (:text)", {"text": f"{number:04000d}"}
                )

    async def story(database: Database) -> None:
        with pytest.raises(DatabaseFull):
            await fill(database, 20)
        assert await count(database) == 0
        await fill(database, 10_000)
        assert await count(database) == 100

    run(story, tmp_path)


def test_a_reader_for_hot_look_ups_sees_every_commit(tmp_path: Path) -> None:
    async def story(database: Database) -> None:
        query = "SELECT text FROM rows WHERE id = :id"
        assert await database.read_hot(query, {"id": 1}) is None
        for number in range(50):
            async with database.transaction() as session:
                await session.execute(
                    "INSERT INTO rows VALUES (1, :text) ON CONFLICT (id) DO UPDATE SET text = :text",
                    {"text": str(number)},
                )
                uncommitted = await database.read_hot(query, {"id": 1})
                assert uncommitted == ((str(number - 1),) if number else None)
            assert await database.read_hot(query, {"id": 1}) == (str(number),)
        with sqlite3.connect(tmp_path / "data" / "ledger.db") as other_process:
            other_process.execute("UPDATE rows SET text = 'other'")
        other_process.close()
        assert await database.read_hot(query, {"id": 1}) == ("other",)

    run(story, tmp_path)


def test_a_hot_look_up_can_not_write(tmp_path: Path) -> None:
    async def story(database: Database) -> None:
        with pytest.raises(DatabaseProblem):
            await database.read_hot("DELETE FROM rows RETURNING id", {})

    run(story, tmp_path)


def test_a_lock_held_by_another_process_reads_as_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasty = tuple(each for each in sqlite_dialect.PRAGMAS if "busy_timeout" not in each)
    monkeypatch.setattr(sqlite_dialect, "PRAGMAS", (*hasty, "busy_timeout=20"))

    async def write(database: Database) -> None:
        async with database.transaction() as session:
            await session.execute("INSERT INTO rows VALUES (1, 'a')")

    async def story(database: Database) -> None:
        other_process = sqlite3.connect(tmp_path / "data" / "ledger.db", isolation_level=None)
        try:
            other_process.execute("BEGIN IMMEDIATE")
            with pytest.raises(DatabaseBusy):
                await write(database)
            assert await count(database) == 0, "readers do not wait for writers"
            other_process.execute("ROLLBACK")
        finally:
            other_process.close()
        await write(database)

    run(story, tmp_path)


def test_nothing_opens_after_the_database_closed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as database:
            pass
        with pytest.raises(DatabaseUnavailable):
            await count(database)

    asyncio.run(scenario())


def everything_said(error: BaseException) -> str:
    before = error.__cause__ or error.__context__
    said = repr(error) + str(error) + repr(vars(error))
    return said if before is None else said + everything_said(before)


def test_no_problem_says_a_value(tmp_path: Path) -> None:
    async def story(database: Database) -> None:
        secret = canary()
        broken: list[tuple[str, dict[str, object], type[DatabaseProblem]]] = [
            ("INSERT INTO rows VALUES (2, :text)", {"text": secret}, DatabaseConstraint),
            (f"SELECT {secret}", {}, DatabaseMisused),
            ("INSERT INTO rows VALUES (:text, 'x')", {"text": secret}, DatabaseMisused),
            ("SELECT :text", {"text": f"\ud800{secret}"}, DatabaseMisused),
            ("SELECT :text", {"text": 10**30}, DatabaseMisused),
            ("SELECT :text", {"text": [secret]}, DatabaseMisused),
            ("SELECT :other", {"text": secret}, DatabaseMisused),
        ]
        async with database.transaction() as session:
            await session.execute("INSERT INTO rows VALUES (1, :text)", {"text": secret})
        for query, values, expected in broken:
            with pytest.raises(expected) as caught:
                async with database.transaction() as session:
                    await session.execute(query, values)
            assert secret not in everything_said(caught.value)
            assert caught.value.__cause__ is None
            with pytest.raises(expected) as caught:
                async with database.transaction() as session:
                    await session.execute_many(query, [values])
            assert secret not in everything_said(caught.value)

    run(story, tmp_path)


def test_libraries_log_no_value_even_at_debug(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    secret = canary()

    async def story(database: Database) -> None:
        async with database.transaction() as session:
            await session.execute("INSERT INTO rows VALUES (1, :text)", {"text": secret})
            await session.fetch_all("SELECT :text", {"text": secret})

    async def careless(database: Database) -> None:
        for name in ("databases", "aiosqlite", "sqlalchemy"):
            caplog.set_level(logging.DEBUG, logger=name)
        await story(database)

    caplog.set_level(logging.DEBUG)
    run(careless, tmp_path)
    assert secret not in caplog.text


def run_in_child(script: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), str(folder / "ledger.db")],
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
            database = await Database.open("sqlite:///" + sys.argv[1])
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
        tmp_path,
    )
    said, _ = child.communicate(timeout=20)
    assert (said, child.returncode) == ("closed\n", 0)


WRITER = """
    import asyncio, sys
    from server.database.sessions import Database
    async def main():
        database = await Database.open("sqlite:///" + sys.argv[1])
        async with database.transaction() as session:
            await session.execute("CREATE TABLE IF NOT EXISTS rows (batch INTEGER, part INTEGER)")
            await session.execute("CREATE TABLE IF NOT EXISTS last (batch INTEGER)")
            row = await session.fetch_one("SELECT coalesce(max(batch), 0) FROM rows")
        batch = row[0]
        print("ready", flush=True)
        while True:
            batch += 1
            async with database.transaction() as session:
                await session.execute_many(
                    "INSERT INTO rows VALUES (:batch, :part)",
                    [{"batch": batch, "part": part} for part in range(20)])
                await session.execute("DELETE FROM last")
                await session.execute("INSERT INTO last VALUES (:batch)", {"batch": batch})
    asyncio.run(main())
    """


def survives_being_killed(folder: Path, times: int) -> None:
    for _ in range(times):
        child = run_in_child(WRITER, folder)
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(random.random() * 0.05)
        child.kill()
        child.wait()
        child.stdout.close()
        connection = sqlite3.connect(folder / "ledger.db")
        try:
            torn = connection.execute(
                "SELECT batch FROM rows GROUP BY batch HAVING count(*) <> 20"
            ).fetchall()
            batches = connection.execute("SELECT coalesce(max(batch), 0) FROM rows").fetchone()
            last = connection.execute("SELECT coalesce(max(batch), 0) FROM last").fetchone()
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        finally:
            connection.close()
        assert torn == []
        assert batches == last


def test_killed_in_mid_transaction_it_leaves_no_torn_batch(tmp_path: Path) -> None:
    survives_being_killed(tmp_path, 3)


@pytest.mark.deep
def test_killed_many_times_it_leaves_no_torn_batch(tmp_path: Path) -> None:
    survives_being_killed(tmp_path, 40)
