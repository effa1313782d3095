"""
A PostgreSQL of the benchmark's own, set as one that keeps people's data, and a ledger's rows copied into it.

The cluster is the tests': the machine's programs, else those of the wheel.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from server.database.migrations import migrate
from server.database.sessions import Database
from tests.postgresql import Cluster, PostgresqlDatabase, open_cluster

__all__ = ["add_database", "copy_ledger", "start_cluster"]

#: The tests' cluster does without them.
_DURABLE: Final = ("fsync", "full_page_writes", "autovacuum")
#: What a ledger consists of, each after those that it refers to.
_TABLES: Final = (
    "tenants",
    "tenant_keys",
    "accounts",
    "account_numbers",
    "batches",
    "idempotent_answers",
    "entries",
    "anchors",
    "ledger_integrity",
)


def start_cluster(exits: ExitStack) -> Cluster:
    """Start a cluster that loses no commit when the machine stops; `exits` stops and removes it."""
    try:
        cluster = exits.enter_context(open_cluster())
    except pytest.skip.Exception as absent:
        raise RuntimeError(absent.msg) from None
    place = cluster.add_database()
    for setting in _DURABLE:
        place.run(f"ALTER SYSTEM SET {setting} = 'on'")
    place.run("SELECT pg_reload_conf()")
    return cluster


def add_database(cluster: Cluster) -> PostgresqlDatabase:
    """Make a database with the server's schema and no ledger in it."""

    async def prepare() -> None:
        owner = await Database.open(place.owner_url)
        try:
            await migrate(owner)
        finally:
            await owner.close()

    place = cluster.add_database()
    asyncio.run(prepare())
    return place


def copy_ledger(source: Path, place: PostgresqlDatabase) -> None:
    """Copy the rows of the only ledger of a SQLite database, sealed as they are."""
    asyncio.run(_copy(source, place.superuser_url))
    place.run("VACUUM (ANALYZE)")


async def _copy(source: Path, url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        with closing(sqlite3.connect(source)) as opened:
            for table in _TABLES:
                rows = opened.execute(f"SELECT * FROM {table}")  # noqa: S608 - a name of the list above
                names = [column[0] for column in rows.description]
                await connection.copy_records_to_table(table, records=rows, columns=names)
    finally:
        await connection.close()
