"""The audit trail in a real database: appended with what it tells of, insert only, and checked from both sides."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.audit.chain import AuditFinding, Fault
from server.audit.events import AuditEvent, Happening
from server.audit.head_file import keep_head, read_kept_head
from server.audit.key_uses import OVERDUE_SECONDS, KeyUses
from server.audit.problems import AuditHeadNotReadable, AuditTrailBroken
from server.audit.trail import AuditTrail
from server.audit.verification import verify
from server.database.problems import DatabaseProblem
from server.database.sessions import Database
from server.sealing.problems import KeyUseNotRecorded
from server.shared_types.ids import TenantId
from tests.databases import Place, open_database, place_of

pytestmark = pytest.mark.usefixtures("each_database")

TENANT = TenantId(uuid.UUID("019a0000-0000-7000-8000-000000000001"))


def at_noon() -> datetime:
    return datetime(2026, 3, 31, 12, tzinfo=UTC)


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Database]:
    database = await open_database(folder / "ledger.db")
    try:
        yield database
    finally:
        await database.close()


async def append(database: Database, *counts: int) -> None:
    async with database.transaction() as session:
        await AuditTrail(at_noon).append(
            session,
            *(
                Happening(
                    event=AuditEvent.BATCH_TYPED, tenant_id=TENANT, subject=TENANT, count=count
                )
                for count in counts
            ),
        )


def unguard(place: Place) -> None:
    """What somebody with all rights over the database would do first."""
    if place.url.startswith("sqlite"):
        place.change("DROP TRIGGER audit_events_never_change")
        place.change("DROP TRIGGER audit_events_never_go")


def test_events_of_one_transaction_and_of_many_form_one_whole_trail(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path) as database:
            assert (await verify(database)).events == 0
            await append(database, 1)
            await append(database, 2, 3)
            await append(database)
            report = await verify(database)
            assert report.is_whole
            assert report.events == 3

    asyncio.run(story())
    rows = place_of(tmp_path / "ledger.db").query(
        "SELECT sequence, at, event, count FROM audit_events ORDER BY sequence"
    )
    assert rows == [
        (number, "2026-03-31T12:00:00.000+00:00", "batch_typed", number) for number in (1, 2, 3)
    ]


def test_what_is_rolled_back_is_not_told(tmp_path: Path) -> None:
    async def fail(database: Database) -> None:
        async with database.transaction() as session:
            await AuditTrail(at_noon).append(session, Happening(event=AuditEvent.KEY_USED))
            raise KeyError

    async def story() -> None:
        async with opened(tmp_path) as database:
            await append(database, 1)
            with pytest.raises(KeyError):
                await fail(database)
            await append(database, 2)
            report = await verify(database)
            assert (report.is_whole, report.events) == (True, 2)

    asyncio.run(story())


def test_appenders_at_once_queue_and_verifying_meanwhile_finds_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path) as database:
            appending = asyncio.gather(*(append(database, number, -number) for number in range(40)))
            while not appending.done():
                assert (await verify(database)).is_whole
            await appending
            assert (await verify(database)).events == 80

    asyncio.run(story())


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_events SET count = 4711 WHERE sequence = 1", "DELETE FROM audit_events"],
)
def test_the_server_itself_can_t_change_the_trail(tmp_path: Path, statement: str) -> None:
    async def change(database: Database) -> None:
        async with database.transaction() as session:
            await session.execute(statement)

    async def story() -> None:
        async with opened(tmp_path) as database:
            await append(database, 1)
            with pytest.raises(DatabaseProblem):
                await change(database)
            assert (await verify(database)).events == 1

    asyncio.run(story())


HEAD_AT_SIX = (
    "UPDATE audit_head SET sequence = 6, hash = (SELECT hash FROM audit_events WHERE sequence = 6)"
)
SHIFTED = (
    "UPDATE audit_events SET sequence = sequence + 1000 WHERE sequence >= 5",
    "UPDATE audit_events SET sequence = sequence - 999 WHERE sequence >= 1000",
)


@pytest.mark.parametrize(
    ("statements", "fault", "sequence"),
    [
        (["UPDATE audit_events SET count = 4711 WHERE sequence = 5"], Fault.EDITED, 5),
        (["UPDATE audit_events SET event = 'key_used' WHERE sequence = 10"], Fault.EDITED, 10),
        (["UPDATE audit_head SET hash = previous_hash FROM audit_events"], Fault.EDITED, 10),
        (["DELETE FROM audit_events WHERE sequence = 5"], Fault.DELETED, 5),
        (
            [
                "DELETE FROM audit_events WHERE sequence = 5",
                "UPDATE audit_events SET sequence = sequence + 1000 WHERE sequence > 5",
                "UPDATE audit_events SET sequence = sequence - 1001 WHERE sequence > 5",
            ],
            Fault.DELETED,
            5,
        ),
        (
            [
                *SHIFTED,
                (
                    "INSERT INTO audit_events (sequence, at, event, previous_hash, hash)"
                    " SELECT 5, at, event, previous_hash, hash FROM audit_events WHERE sequence = 4"
                ),
            ],
            Fault.INSERTED,
            5,
        ),
        (
            [
                "UPDATE audit_events SET sequence = 999 WHERE sequence = 4",
                "UPDATE audit_events SET sequence = 4 WHERE sequence = 7",
                "UPDATE audit_events SET sequence = 7 WHERE sequence = 999",
            ],
            Fault.REORDERED,
            4,
        ),
        (["DELETE FROM audit_events WHERE sequence > 6"], Fault.TRUNCATED, 7),
        (["DELETE FROM audit_events WHERE sequence > 6", HEAD_AT_SIX], Fault.TRUNCATED, 7),
        (["DELETE FROM audit_events", "DELETE FROM audit_head"], Fault.TRUNCATED, 1),
    ],
    ids=[
        "edited",
        "last edited",
        "head edited",
        "deleted",
        "deleted and moved up",
        "inserted",
        "reordered",
        "cut",
        "cut with its head",
        "all gone",
    ],
)
def test_what_is_done_behind_the_servers_back_is_named(
    tmp_path: Path, statements: list[str], fault: Fault, sequence: int
) -> None:
    async def story() -> None:
        async with opened(tmp_path) as database:
            await append(database, *range(1, 11))
            await keep_head(database, tmp_path / "audit-head")
            place = place_of(tmp_path / "ledger.db")
            unguard(place)
            for statement in statements:
                place.change(statement)
            kept = read_kept_head(tmp_path / "audit-head")
            report = await verify(database, kept)
            assert report.finding == AuditFinding(fault=fault, sequence=sequence)
            assert not report.is_whole

    asyncio.run(story())


def test_the_kept_head_moves_forward_along_the_same_trail_only(tmp_path: Path) -> None:
    file = tmp_path / "audit-head"

    async def story() -> None:
        async with opened(tmp_path) as database:
            await append(database, *range(1, 8))
            assert (await keep_head(database, file)).sequence == 7
            before = file.read_bytes()
            await append(database, 8)
            assert (await keep_head(database, file)).sequence == 8
            after = file.read_bytes()
            assert before != after
            assert file.stat().st_mode & 0o777 == 0o600
            place = place_of(tmp_path / "ledger.db")
            unguard(place)
            place.change("DELETE FROM audit_events WHERE sequence > 6")
            place.change(HEAD_AT_SIX)
            with pytest.raises(AuditTrailBroken):
                await keep_head(database, file)
            # Another trail grows past the kept head: it is not taken for the old one.
            await append(database, 70, 80, 90)
            with pytest.raises(AuditTrailBroken):
                await keep_head(database, file)
            assert file.read_bytes() == after
            report = await verify(database, read_kept_head(file))
            assert report.finding == AuditFinding(fault=Fault.REPLACED, sequence=8)

    asyncio.run(story())


@pytest.mark.parametrize("text", ["", "7", f"7 {'0' * 63}", f"-1 {'0' * 64}", f"7 {'g' * 64}", "é"])
def test_a_file_that_holds_no_head_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "audit-head").write_text(text, encoding="utf-8")
    with pytest.raises(AuditHeadNotReadable):
        read_kept_head(tmp_path / "audit-head")


def test_without_a_file_there_is_no_kept_head(tmp_path: Path) -> None:
    assert read_kept_head(tmp_path / "audit-head") is None


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_uses_of_keys_are_gathered_and_written(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path) as database:
            uses = KeyUses(database, AuditTrail(at_noon), clock=at_noon, monotonic=Time())
            await uses.write()
            uses.note(TENANT, 1)
            uses.note(TENANT, 2)
            await uses.write()
            await uses.write()
            assert (await verify(database)).events == 1

    asyncio.run(story())
    rows = place_of(tmp_path / "ledger.db").query("SELECT tenant_id, count FROM audit_events")
    assert rows == [(TENANT.bytes, 3)]


def test_uses_that_can_t_be_written_stop_the_use_of_keys_after_a_minute(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path) as database:
            time = Time()
            uses = KeyUses(database, AuditTrail(at_noon), clock=at_noon, monotonic=time)
            uses.note(TENANT, 1)
            place = place_of(tmp_path / "ledger.db")
            place.query("ALTER TABLE audit_events RENAME TO elsewhere")
            with pytest.raises(DatabaseProblem):
                await uses.write()
            time.now = OVERDUE_SECONDS
            uses.note(TENANT, 1)
            time.now = OVERDUE_SECONDS + 1
            with pytest.raises(KeyUseNotRecorded):
                uses.note(TENANT, 1)
            place.query("ALTER TABLE elsewhere RENAME TO audit_events")
            await uses.write()
            uses.note(TENANT, 5)
            await uses.write()
            assert (await verify(database)).is_whole

    asyncio.run(story())
    rows = place_of(tmp_path / "ledger.db").query(
        "SELECT count FROM audit_events ORDER BY sequence"
    )
    assert rows == [(2,), (5,)]
