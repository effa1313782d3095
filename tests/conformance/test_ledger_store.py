"""One suite for every ledger: sealed in SQLite, sealed in PostgreSQL, in memory."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from server.exact_amounts.entries.entry import EntryStatus
from server.exact_amounts.entries.problems import (
    AccountNameTaken,
    AlreadyUndone,
    AmountNotReadable,
    CursorNotReadable,
    EpochIsOver,
    IdempotencyKeyReused,
    UnknownAccount,
    UnknownBatch,
)
from server.web.endpoints import RouteName
from tests.conformance.ledger_stores import (
    KINDS,
    AnyRoom,
    Stores,
    answer_or_problem,
    open_account,
    room_of_kind,
    stores,
    type_in,
    typed,
    undo,
)
from tests.databases import database_of_kind
from tests.integration.server.exact_amounts.open_ledger import EPOCH, balance, file_of, row

__all__ = ["stores"]

MARCH = file_of(
    row(2, "-3.50", line=10),
    row(2, "-3.50", line=11),
    row(5, "2500.00", "Wages", "W1", line=12),
    row(9, "-0.75", "Fee", "F1", line=13, bank_kind="FEE"),
    opening=balance("2026-02-28", "100.00"),
    closing=balance("2026-03-31", "2592.25"),
)
LAST_ID = "f" * 32


async def page_of(room: AnyRoom, cursor: str | None = None, limit: int = 3, **more: Any) -> Any:
    query = {"limit": str(limit)} | ({"after": cursor, "epoch": EPOCH} if cursor else {})
    return await room.call(RouteName.READ_CHANGES, query=query, **more)


class Follower:
    """Follows the feed as a client does, and notices what no client should meet."""

    def __init__(self, room: AnyRoom) -> None:
        self._room = room
        self._cursor: str | None = None
        self._seen: set[tuple[str, int]] = set()
        self.live: dict[str, str] = {}

    async def read(self, limit: int) -> bool:
        """Read a page; return whether there is another."""
        page = await page_of(self._room, self._cursor, limit)
        assert len(page["entries"]) <= limit
        for entry in page["entries"]:
            assert (entry["id"], entry["version"]) not in self._seen, "seen twice"
            self._seen.add((entry["id"], entry["version"]))
            if entry["removed"]:
                self.live.pop(entry["id"], None)
            else:
                self.live[entry["id"]] = entry["amount"]
        self._cursor = page["cursor"]
        if not page["more"]:
            counts = sum(account["entries"] for account in page["accounts"])
            assert counts == len(self.live), "accounts and entries are of one version"
        return bool(page["more"])


def test_readers_beside_writers_miss_no_commit_and_see_none_twice(stores: Stores) -> None:
    async def story(room: AnyRoom) -> None:
        accounts = [(await open_account(room, f"Cash {number}"))["id"] for number in range(3)]
        dice = random.Random(1)
        writing = True

        async def write(account: str, name: str) -> None:
            batches: list[str] = []
            for number in range(8):
                entries = [
                    typed(account, f"{number}.{each:02}") for each in range(dice.randint(1, 5))
                ]
                made = await type_in(room, *entries, key=f"{name}-{number}")
                batches.append(made["batch"])
                if number % 3 == 2:
                    await undo(room, batches.pop(0), f"{name}-u{number}")

        async def follow(limit: int) -> dict[str, str]:
            follower = Follower(room)
            while writing or await follower.read(limit):
                await follower.read(limit)
                await asyncio.sleep(0)
            while await follower.read(limit):
                pass
            return follower.live

        readers = [asyncio.create_task(follow(limit)) for limit in (1, 4, 20_000)]
        await asyncio.gather(*(write(each, f"w{at}") for at, each in enumerate(accounts)))
        writing = False
        views = await asyncio.gather(*readers)
        whole, _ = await room.walk(limit=20_000)

        assert len(whole) > 20
        assert all(view == {each["id"]: each["amount"] for each in whole} for view in views)

    stores.run(story)


def test_every_limit_gives_the_same_entries(stores: Stores) -> None:
    async def story(room: AnyRoom) -> None:
        await room.take(MARCH)
        gone = await room.take(file_of(*(row(day, "1.00") for day in range(1, 5)), number="2"))
        await room.take(file_of(*(row(day, "2.00") for day in range(1, 8)), number="2"))
        await undo(room, gone["batch"], "u")
        whole, last = await room.walk(limit=20_000)

        assert len(whole) == 11
        for limit in range(1, 13):
            entries, page = await room.walk(limit=limit)
            assert entries == whole
            assert (page["accounts"], page["cursor"]) == (last["accounts"], last["cursor"])
            listed: list[Any] = []
            query = {"limit": str(limit)}
            while True:
                answer = await room.call(RouteName.LIST_ENTRIES, query=query)
                listed += answer["entries"]
                if answer["next"] is None:
                    break
                query = {"limit": str(limit), "after": answer["next"]}
            days = [(each["posted_on"], each["id"]) for each in listed]
            assert days == sorted(days)
            assert sorted(days) == sorted((each["posted_on"], each["id"]) for each in whole)

    stores.run(story)


def test_a_key_is_used_once(stores: Stores) -> None:
    async def story(room: AnyRoom) -> None:
        account = (await open_account(room))["id"]
        made = await type_in(room, typed(account), key="k")
        before = await page_of(room)

        assert await type_in(room, typed(account), key="k") == made
        with pytest.raises(IdempotencyKeyReused):
            await type_in(room, typed(account, "-12.51"), key="k")
        with pytest.raises(IdempotencyKeyReused):
            await undo(room, made["batch"], "k")
        assert await page_of(room) == before
        # Another tenant's keys are its own.
        stranger = await room.sign_up()
        theirs = (await open_account(room, tenant=stranger))["id"]
        await type_in(room, typed(theirs), key="k", tenant=stranger)
        assert await page_of(room) == before

    stores.run(story)


def test_equal_requests_at_once_are_done_once(stores: Stores) -> None:
    async def story(room: AnyRoom) -> None:
        account = (await open_account(room))["id"]
        answers = await asyncio.gather(
            *(type_in(room, typed(account), typed(account), key="k") for _ in range(8))
        )
        imports = await asyncio.gather(*(room.take(MARCH, key="i") for _ in range(4)))

        assert all(answer == answers[0] for answer in answers)
        assert all(answer == imports[0] for answer in imports)
        assert len((await room.walk())[0]) == 6
        assert len((await room.call(RouteName.LIST_BATCHES))["batches"]) == 2

    stores.run(story)


def test_a_refused_write_leaves_nothing_and_its_key_is_free(stores: Stores) -> None:
    async def story(room: AnyRoom) -> None:
        account = (await open_account(room))["id"]
        before = await page_of(room)
        with pytest.raises(AmountNotReadable):
            await type_in(room, typed(account), typed(account, "1,5"), key="k")
        with pytest.raises(AccountNameTaken):
            await open_account(room, " CASH")
        assert await page_of(room) == before
        assert (await type_in(room, typed(account), key="k"))["version"] == before["version"] + 1

    stores.run(story)


def test_batches_are_listed_newest_first_and_undone_once(stores: Stores) -> None:
    async def story(room: AnyRoom) -> None:
        account = (await open_account(room))["id"]
        first = await type_in(room, typed(account), key="1")
        taken = await room.take(MARCH, name="march.ofx")
        undone = await undo(room, first["batch"], "u")
        listed = (await room.call(RouteName.LIST_BATCHES))["batches"]

        assert [each["id"] for each in listed] == [taken["batch"], first["batch"]]
        assert [each["kind"] for each in listed] == ["import", "typed"]
        assert [each["added"] for each in listed] == [4, 1]
        assert [each["file_name"] for each in listed] == ["march.ofx", None]
        assert [each["undone_at"] is None for each in listed] == [True, False]
        assert [each["purpose"] for each in listed] == [None, None]
        assert [each["by"] for each in listed] == ["machine 7", "machine 7"]
        assert undone == {"batch": first["batch"], "version": 4, "removed": 1, "kept": 0}
        assert await undo(room, first["batch"], "u") == undone
        with pytest.raises(AlreadyUndone):
            await undo(room, first["batch"], "u2")
        with pytest.raises(UnknownBatch):
            await undo(room, str(UUID(int=5)), "u3")

    stores.run(story)


def test_an_undo_takes_entries_and_balances_back_and_leaves_tombstones(stores: Stores) -> None:
    async def story(room: AnyRoom) -> None:
        taken = await room.take(MARCH)
        before, page = await room.walk()
        assert page["accounts"][0]["proof"] == "proven"
        await undo(room, taken["batch"], "u")
        gone, after = await room.walk(page["cursor"])
        (account,) = after["accounts"]

        assert {each["id"] for each in gone} == {each["id"] for each in before}
        assert all(each["removed"] and each["version"] == 2 for each in gone)
        assert (account["entries"], account["balances"]) == (0, 0)
        assert (account["sum"], account["proof"]) == ("0.00", "not yet proven")
        # Who reads from the start is spared the tombstones; who follows gets each once.
        assert (await room.walk())[0] == []
        assert (await room.walk(after["cursor"]))[0] == []
        assert (await room.take(MARCH))["added"] == 4

    stores.run(story)


def test_a_walk_from_the_start_takes_in_what_is_removed_meanwhile(stores: Stores) -> None:
    async def story(room: AnyRoom) -> None:
        gone = await room.take(file_of(*(row(day, "1.00") for day in range(1, 9))))
        await undo(room, gone["batch"], "u1")
        kept = await room.take(file_of(*(row(day, "2.00") for day in range(1, 9))))
        first = await page_of(room)
        await undo(room, kept["batch"], "u2")
        rest, _ = await room.walk(first["cursor"])

        tombstones = {each["id"] for each in rest if each["removed"]}
        assert {each["amount"] for each in first["entries"] + rest} == {"2.00"}
        assert {each["id"] for each in first["entries"]} < tombstones
        assert len(tombstones) == 8

    stores.run(story)


def test_a_cursor_of_another_life_or_of_none_is_refused(stores: Stores) -> None:
    not_cursors = (
        *("", "1", "1.", f".{LAST_ID}", f"-1.{LAST_ID}", f"01.{LAST_ID}", f"1.{LAST_ID[1:]}"),
        *(f"1.{LAST_ID.upper()}", f"1.{LAST_ID}.", f"1.{LAST_ID}.x", f" 1.{LAST_ID}"),
        *(
            f"1.{LAST_ID}\n",
            f"{'9' * 19}.{LAST_ID}",
            f"1.{LAST_ID}.{'9' * 19}",
            f"\u0661.{LAST_ID}",
        ),
    )

    async def story(room: AnyRoom) -> None:
        await room.take(file_of(row(1)))
        for query in (
            {"epoch": "another"},
            {"epoch": "another", "after": f"1.{LAST_ID}"},
            {"epoch": EPOCH, "after": f"2.{LAST_ID}"},
        ):
            with pytest.raises(EpochIsOver):
                await room.call(RouteName.READ_CHANGES, query=query)
        for query in (
            {"after": f"1.{LAST_ID}"},
            *({"epoch": EPOCH, "after": cursor} for cursor in not_cursors),
        ):
            with pytest.raises(CursorNotReadable):
                await room.call(RouteName.READ_CHANGES, query=query)
        last = await room.call(
            RouteName.READ_CHANGES, query={"epoch": EPOCH, "after": f"1.{LAST_ID}"}
        )
        assert (last["entries"], last["more"]) == ([], False)

    stores.run(story)


def test_after_410_a_reader_starts_over_and_has_everything(stores: Stores) -> None:
    async def story(room: AnyRoom) -> None:
        await room.take(MARCH)
        whole, last = await room.walk()
        over = await answer_or_problem(
            room.call(RouteName.READ_CHANGES, query={"epoch": "before", "after": last["cursor"]})
        )
        again, _ = await room.walk()

        assert msgspec.json.decode(over)["status"] == 410
        assert again == whole

    stores.run(story)


def test_a_pending_entry_is_booked_in_its_place(stores: Stores) -> None:
    async def story(room: AnyRoom) -> None:
        first = await room.take(file_of(row(2, "-20.00", "Petrol", "P1", pending=True)))
        (pending,), page = await room.walk()
        assert page["accounts"][0]["entries"] == 0
        assert await room.ledger.posted_entries(room.tenant) == []
        taken = await room.take(file_of(row(3, "-21.40", "Petrol", "P1")))
        (booked,), page = await room.walk(page["cursor"])
        (entry,) = await room.ledger.posted_entries(room.tenant)

        assert booked["id"] == pending["id"] == str(entry.entry_id)
        assert (booked["status"], booked["amount"]) == (EntryStatus.POSTED, "-21.40")
        assert page["accounts"][0]["sum"] == "-21.40"
        # It belongs to the batch that booked it.
        assert (await undo(room, first["batch"], "u1"))["removed"] == 0
        assert (await undo(room, taken["batch"], "u2"))["removed"] == 1

    stores.run(story)


def test_an_account_proves_itself_by_stated_balances_only(stores: Stores) -> None:
    async def story(room: AnyRoom) -> None:
        await room.take(MARCH)
        april = file_of(
            row(31, "-10.00", "Late"),
            closing=balance("2026-04-30", "2582.00"),
        )
        await room.take(april)
        (account,) = (await room.call(RouteName.LIST_ACCOUNTS))["accounts"]

        assert (account["opening"], account["opening_source"]) == ("100.00", "stated")
        assert (account["balances"], account["windows_off"]) == (3, 2)
        assert (account["difference"], account["proof"]) == ("0.25", "differs")
        assert (account["entries"], account["sum"]) == (5, "2482.25")

    stores.run(story)


def test_a_foreign_tenant_is_answered_as_if_there_was_nothing(stores: Stores) -> None:
    async def story(room: AnyRoom) -> None:
        taken = await room.take(MARCH)
        account, batch = taken["accounts"][0]["id"], taken["batch"]
        whole = await page_of(room, limit=100)
        stranger = await room.sign_up()
        nobody = str(UUID(int=99))
        empty = await page_of(room, tenant=stranger)

        assert (empty["entries"], empty["accounts"], empty["version"]) == ([], [], 0)
        for one, other in (
            (undo(room, batch, "u", tenant=stranger), undo(room, nobody, "u", tenant=stranger)),
            (
                type_in(room, typed(account), key="t", tenant=stranger),
                type_in(room, typed(nobody), key="t", tenant=stranger),
            ),
        ):
            assert await answer_or_problem(one) == await answer_or_problem(other)
        for name in (account, nobody):
            query = {"account": name}
            listed = await room.call(RouteName.LIST_ENTRIES, query=query, tenant=stranger)
            assert listed == {"entries": [], "next": None}
        with pytest.raises(UnknownAccount):
            await type_in(room, typed(account), key="t", tenant=stranger)
        # The same file comes in anew: nothing of another ledger is known.
        preview = await room.preview(MARCH, tenant=stranger)
        assert preview["file_seen_before"] is False
        assert {each["verdict"] for each in preview["rows"]} == {"new"}
        assert (await page_of(room, limit=100)) == whole

    stores.run(story)


def test_a_reading_sees_one_state_while_others_write(stores: Stores) -> None:
    async def story(room: AnyRoom) -> None:
        await room.take(MARCH)
        async with room.ledger.reading(room.tenant) as reading:
            before = await reading.version()
            await open_account(room, "Later")
            assert len(await reading.accounts()) == 1
            assert await reading.version() == before
        async with room.ledger.reading(room.tenant) as reading:
            assert len(await reading.accounts()) == 2

    stores.run(story)


async def _everything(room: AnyRoom) -> list[Any]:
    """A story with a bit of everything; what was answered to each step."""
    answers: list[Any] = []
    for tenant in (room.tenant, await room.sign_up()):
        mine: dict[str, Any] = {"tenant": tenant}
        cash = await open_account(room, **mine)
        taken = await room.take(MARCH, key="i1", **mine)
        answers += [cash, taken, await room.preview(MARCH, **mine)]
        answers.append(await room.take(MARCH, key="i2", name="again.ofx", **mine))
        answers.append(
            await room.take(
                file_of(
                    row(6, "2500.00", "Wages", "W1"),
                    row(7, "-9.99", "Soon", "P1", pending=True),
                    row(31, "0.005", "Interest ½"),
                ),
                key="i3",
                **mine,
            )
        )
        answers.append(await room.take(file_of(row(8, "-9.98", "Soon", "P1")), key="i4", **mine))
        made = await type_in(
            room, typed(cash["id"], "0"), typed(cash["id"], "-1", "2026-01-01"), key="t", **mine
        )
        answers += [made, await undo(room, taken["batch"], "u", **mine)]
        answers.append(await room.call(RouteName.LIST_BATCHES, **mine))
        answers.append(await room.call(RouteName.LIST_ACCOUNTS, **mine))
        answers.append(await room.call(RouteName.LIST_ENTRIES, query={"limit": "3"}, **mine))
        answers += [await room.walk(limit=limit, **mine) for limit in (1, 2, 50)]
        answers.append(await room.walk(f"2.{'0' * 32}", **mine))
        answers.append(await answer_or_problem(undo(room, taken["batch"], "u9", **mine)))
    return answers


def test_the_stores_differ_in_no_byte(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    async def whole(kind: str) -> bytes:
        async with room_of_kind(kind, tmp_path / kind / "ledger.db") as room:
            return msgspec.json.encode(await _everything(room))

    answers = {}
    for kind in KINDS:
        base = "sqlite" if kind == "memory" else kind
        with database_of_kind(base, request, tmp_path / kind):
            answers[kind] = asyncio.run(whole(kind))

    assert len(answers["memory"]) > 10_000
    assert answers["sqlite"] == answers["memory"]
    assert answers["postgresql"] == answers["memory"]
