"""What is SQLite's alone: its settings, file modes, a full disk, another process's lock."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
from pathlib import Path

import pytest

from server.database import sqlite_dialect
from server.database.problems import (
    DatabaseBusy,
    DatabaseFull,
    DatabaseUnavailable,
    DatabaseUrlRefused,
)
from server.database.sessions import Database
from tests.integration.server.database.open_rows import count, path_in, run


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
        await count(database)
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


def test_a_lock_held_by_another_process_reads_as_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasty = tuple(each for each in sqlite_dialect.PRAGMAS if "busy_timeout" not in each)
    monkeypatch.setattr(sqlite_dialect, "PRAGMAS", (*hasty, "busy_timeout=20"))

    async def write(database: Database) -> None:
        async with database.transaction() as session:
            await session.execute("INSERT INTO rows VALUES (1, 'a')")

    async def story(database: Database) -> None:
        other_process = sqlite3.connect(path_in(tmp_path), isolation_level=None)
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
