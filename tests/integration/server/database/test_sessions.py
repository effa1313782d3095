"""What a session and a transaction promise, on real databases of each kind, also when tasks are cancelled."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from pathlib import Path

import pytest

from server.database.problems import (
    Constraint,
    DatabaseConstraint,
    DatabaseMisused,
    DatabaseProblem,
    DatabaseUnavailable,
    SessionOver,
)
from server.database.sessions import Database
from tests.databases import place_of
from tests.integration.server.database.open_rows import (
    LONG_QUERY,
    canary,
    count,
    nothing_is_left_behind,
    opened,
    path_in,
    run,
)

pytestmark = pytest.mark.usefixtures("each_database")


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
        await nothing_is_left_behind(database, tmp_path)

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
        await nothing_is_left_behind(database, folder)

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
        await nothing_is_left_behind(database, tmp_path)

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
        for _ in range(10):
            with pytest.raises(DatabaseConstraint) as caught:
                async with database.transaction() as session:
                    await session.execute("INSERT INTO parts VALUES (99)")
            assert caught.value.kind is Constraint.FOREIGN_KEY
        async with database.transaction() as session:
            await session.execute("INSERT INTO rows VALUES (1, 'a')")
        await nothing_is_left_behind(database, tmp_path)

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
        place_of(path_in(tmp_path)).change("UPDATE rows SET text = 'other'")
        assert await database.read_hot(query, {"id": 1}) == ("other",)

    run(story, tmp_path)


def test_a_hot_look_up_can_not_write(tmp_path: Path) -> None:
    async def story(database: Database) -> None:
        with pytest.raises(DatabaseProblem):
            await database.read_hot("DELETE FROM rows RETURNING id", {})

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
