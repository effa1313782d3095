"""Accounts, typed entries, listings and the change feed, on a real database."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from server.exact_amounts.entries.problems import (
    AccountNameTaken,
    AmountNotReadable,
    CursorNotReadable,
    EpochIsOver,
    LedgerTampered,
    UnknownAccount,
    UnknownBatch,
    UnknownCurrency,
)
from server.exact_amounts.ledger.bucketed_view import BucketedView
from server.exact_amounts.ledger.wire import (
    CreateAccountBody,
    CreateEntriesBody,
    TypedEntryBody,
)
from server.shared_types.buckets import Bucket
from server.shared_types.clock import new_id
from server.web.endpoints import RouteName
from tests.integration.server.exact_amounts.open_ledger import (
    EPOCH,
    Server,
    balance,
    file_of,
    on_server,
    row,
)

pytestmark = pytest.mark.usefixtures("each_database")


async def open_account(server: Server, name: str = "Cash", **more: Any) -> Any:
    currency = more.pop("currency", "EUR")
    return await server.call(
        RouteName.CREATE_ACCOUNT, body=CreateAccountBody(name=name, currency=currency), **more
    )


def typed(account: str, amount: str = "-12.50", day: str = "2026-03-04") -> TypedEntryBody:
    return TypedEntryBody(
        account_id=UUID(account),
        posted_on=day,
        amount=amount,
        description="Bread",
        category="food and drink",
        tags=("cash",),
    )


async def type_in(server: Server, *entries: TypedEntryBody, **more: Any) -> Any:
    return await server.call(
        RouteName.CREATE_ENTRIES,
        body=CreateEntriesBody(entries=list(entries)),
        key=more.pop("key", str(new_id())),
        **more,
    )


def test_a_new_account_is_empty_and_unproven(tmp_path: Path) -> None:
    async def story(server: Server) -> None:
        account = await open_account(server)
        (listed,) = (await server.call(RouteName.LIST_ACCOUNTS))["accounts"]

        assert listed == account
        assert (account["sum"], account["opening"], account["proof"]) == (
            "0.00",
            None,
            "not yet proven",
        )

    on_server(tmp_path, story)


def test_names_of_accounts_differ_in_more_than_case(tmp_path: Path) -> None:
    async def story(server: Server) -> None:
        await open_account(server, "Cash")
        for name in ("cash", " CASH "):
            with pytest.raises(AccountNameTaken):
                await open_account(server, name)
        with pytest.raises(UnknownCurrency):
            await open_account(server, "Purse", currency="EURO")
        await open_account(server, "Cash", tenant=await server.sign_up())

    on_server(tmp_path, story)


def test_typed_entries_are_one_batch_and_can_be_undone(tmp_path: Path) -> None:
    async def story(server: Server) -> None:
        account = (await open_account(server))["id"]
        made = await type_in(server, typed(account), typed(account, "0.005", "2026-03-01"), key="k")
        again = await type_in(
            server, typed(account), typed(account, "0.005", "2026-03-01"), key="k"
        )
        entries, page = await server.walk()

        assert again == made
        # The feed goes by date within a batch; the answer keeps the request's order.
        assert [entry["id"] for entry in entries] == made["entries"][::-1]
        assert entries[1]["amount"] == "-12.50"
        assert entries[1]["category"] == "Food and drink"
        assert entries[1]["category_source"] == "user"
        assert entries[1]["tags"] == ["cash"]
        assert page["accounts"][0]["sum"] == "-12.495"
        undone = await server.call(RouteName.UNDO_BATCH, key="u", batch_id=made["batch"])
        assert undone["removed"] == 2

    on_server(tmp_path, story)


def test_one_wrong_entry_refuses_them_all(tmp_path: Path) -> None:
    async def story(server: Server) -> None:
        account = (await open_account(server))["id"]
        with pytest.raises(AmountNotReadable):
            await type_in(server, typed(account), typed(account, "12,50"))

        assert (await server.walk())[0] == []

    on_server(tmp_path, story)


def test_a_listing_goes_by_date_and_pages_through_everything_once(tmp_path: Path) -> None:
    async def story(server: Server) -> None:
        await server.take(file_of(*(row(day, f"-{day}.00") for day in range(28, 0, -1))))
        cash = (await open_account(server))["id"]
        await type_in(server, typed(cash), typed(cash, day="2026-04-01"))
        seen: list[Any] = []
        query: dict[str, str] = {"limit": "7"}
        while True:
            page = await server.call(RouteName.LIST_ENTRIES, query=query)
            seen += page["entries"]
            if page["next"] is None:
                break
            query["after"] = page["next"]
        march = await server.call(
            RouteName.LIST_ENTRIES, query={"from": "2026-03-10", "to": "2026-03-12"}
        )
        of_cash = await server.call(RouteName.LIST_ENTRIES, query={"account": cash})

        assert len({entry["id"] for entry in seen}) == len(seen) == 30
        assert [entry["posted_on"] for entry in seen] == sorted(each["posted_on"] for each in seen)
        assert [entry["amount"] for entry in march["entries"]] == ["-10.00", "-11.00", "-12.00"]
        assert len(of_cash["entries"]) == 2
        with pytest.raises(CursorNotReadable):
            await server.call(RouteName.LIST_ENTRIES, query={"after": "2026"})

    on_server(tmp_path, story)


def test_a_reader_beside_a_writer_misses_nothing_and_sees_nothing_twice(tmp_path: Path) -> None:
    async def story(server: Server) -> None:
        batches: list[str] = []
        live: set[str] = set()

        async def write() -> None:
            for number in range(25):
                rows = [row(day, f"-{number}.{day:02}") for day in range(1, 1 + number % 7)]
                taken = await server.take(file_of(*rows, row(20, f"{number}.00")))
                batches.append(taken["batch"])
                if number % 4 == 3:
                    undone = batches[number // 2]
                    await server.call(RouteName.UNDO_BATCH, key=f"u{number}", batch_id=undone)
                await asyncio.sleep(0)

        async def read() -> None:
            cursor: str | None = None
            seen: set[tuple[str, int]] = set()
            idle = False
            while True:
                done = writing.done()
                query = {"limit": "5"} | ({"after": cursor, "epoch": EPOCH} if cursor else {})
                page = await server.call(RouteName.READ_CHANGES, query=query)
                for entry in page["entries"]:
                    assert (entry["id"], entry["version"]) not in seen
                    seen.add((entry["id"], entry["version"]))
                    (live.discard if entry["removed"] else live.add)(entry["id"])
                cursor = page["cursor"]
                if done and not page["more"]:
                    if idle:
                        break
                    idle = True

        writing = asyncio.create_task(write())
        await read()
        await writing
        whole, page = await server.walk(limit=20_000)

        assert live == {entry["id"] for entry in whole}
        assert page["accounts"][0]["entries"] == len(whole) > 0

    on_server(tmp_path, story)


def test_a_walk_from_the_start_leaves_old_tombstones_out_and_takes_new_ones_in(
    tmp_path: Path,
) -> None:
    async def story(server: Server) -> None:
        gone = await server.take(file_of(*(row(day, "1.00") for day in range(1, 9))))
        await server.call(RouteName.UNDO_BATCH, key="u1", batch_id=gone["batch"])
        kept = await server.take(file_of(*(row(day, "2.00") for day in range(1, 9))))
        first = await server.call(RouteName.READ_CHANGES, query={"limit": "3"})
        await server.call(RouteName.UNDO_BATCH, key="u2", batch_id=kept["batch"])
        rest, page = await server.walk(first["cursor"])
        quiet, end = await server.walk(page["cursor"])

        assert {entry["amount"] for entry in first["entries"] + rest} == {"2.00"}
        tombstones = {entry["id"] for entry in rest if entry["removed"]}
        assert {entry["id"] for entry in first["entries"]} < tombstones
        assert len(tombstones) == 8
        assert (quiet, end["cursor"]) == ([], page["cursor"])

    on_server(tmp_path, story)


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ({"epoch": "another"}, EpochIsOver),
        ({"epoch": "another", "after": f"1.{'0' * 32}"}, EpochIsOver),
        ({"epoch": EPOCH, "after": f"99.{'0' * 32}"}, EpochIsOver),
        ({"after": f"1.{'0' * 32}"}, CursorNotReadable),
        ({"epoch": EPOCH, "after": "1"}, CursorNotReadable),
        ({"epoch": EPOCH, "after": f"1.{'0' * 31}"}, CursorNotReadable),
        ({"epoch": EPOCH, "after": f"{'9' * 30}.{'0' * 32}"}, CursorNotReadable),
    ],
)
def test_a_cursor_of_another_life_is_refused(
    tmp_path: Path, query: dict[str, str], problem: type[Exception]
) -> None:
    async def story(server: Server) -> None:
        await server.take(file_of(row(1)))
        with pytest.raises(problem):
            await server.call(RouteName.READ_CHANGES, query=query)

    on_server(tmp_path, story)


def test_a_foreign_tenant_sees_nothing_and_touches_nothing(tmp_path: Path) -> None:
    async def story(server: Server) -> None:
        taken = await server.take(file_of(row(1), closing=balance("2026-03-31", "5.00")))
        account = taken["accounts"][0]["id"]
        stranger = await server.sign_up()
        entries, page = await server.walk(tenant=stranger)
        listed = await server.call(
            RouteName.LIST_ENTRIES, query={"account": account}, tenant=stranger
        )

        assert (entries, page["accounts"], page["version"]) == ([], [], 0)
        assert listed["entries"] == []
        assert (await server.call(RouteName.LIST_BATCHES, tenant=stranger))["batches"] == []
        with pytest.raises(UnknownBatch):
            await server.call(
                RouteName.UNDO_BATCH, key="u", batch_id=taken["batch"], tenant=stranger
            )
        with pytest.raises(UnknownAccount):
            await type_in(server, typed(account), tenant=stranger)
        assert len((await server.walk())[0]) == 1
        view = BucketedView(server.ledger)
        assert await view.bucketed_entries(stranger) == []

    on_server(tmp_path, story)


def test_the_bucket_side_sees_posted_entries_without_their_amounts(tmp_path: Path) -> None:
    async def story(server: Server) -> None:
        await server.take(
            file_of(
                row(1, "-1234.56", "Rent 1234,56"),
                row(2, "-7.00", "later", bank_id="P", pending=True),
            )
        )
        (entry,) = await BucketedView(server.ledger).bucketed_entries(server.tenant)

        assert entry.bucket is Bucket.LARGE
        assert entry.masked_description == "Rent #"

    on_server(tmp_path, story)


SWAPS = {
    "amounts of two entries": (
        "UPDATE entries SET amount_sealed = (SELECT amount_sealed FROM entries other"
        " WHERE other.entry_id <> entries.entry_id LIMIT 1)"
    ),
    "texts of two entries": (
        "UPDATE entries SET text_sealed = (SELECT text_sealed FROM entries other"
        " WHERE other.entry_id <> entries.entry_id LIMIT 1)"
    ),
    "an amount for a text": "UPDATE entries SET text_sealed = amount_sealed",
    "the date": "UPDATE entries SET posted_on = '2026-03-09'",
    "the currency": "UPDATE entries SET currency = 'USD'",
    "the version": "UPDATE entries SET version = 2",
    "a cut record": "UPDATE entries SET amount_sealed = substr(amount_sealed, 1, 20)",
    "the name": "UPDATE accounts SET name_sealed = number_sealed",
    "the kind of a balance": "UPDATE anchors SET source = 'opening'",
    "the date of a balance": "UPDATE anchors SET stated_on = '2026-03-30'",
}


@pytest.mark.parametrize("swap", SWAPS.values(), ids=SWAPS)
def test_a_record_in_the_wrong_place_does_not_open(tmp_path: Path, swap: str) -> None:
    async def story(server: Server) -> None:
        await server.take(file_of(row(1), row(2), closing=balance("2026-03-31", "5.00")))
        server.tamper(swap)
        with pytest.raises(LedgerTampered):
            await server.walk(limit=20)

    on_server(tmp_path, story)


def test_nothing_readable_stands_in_the_database(tmp_path: Path) -> None:
    async def story(server: Server) -> None:
        await server.take(
            file_of(
                row(1, "-73518294.37", "Canary Ltd", "FITID-9"),
                closing=balance("2026-03-31", "86420975.31"),
            ),
            name="canary-file.ofx",
        )
        await open_account(server, "Canary purse")

    on_server(tmp_path, story)
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for word in (b"73518294", b"86420975", b"anary", b"FITID", b"12345678", b"10020030"):
        assert word not in stored
