"""Statements come into a sealed ledger once, whole, and can be taken back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from server.exact_amounts.entries.problems import (
    AlreadyUndone,
    CurrencyNeeded,
    IdempotencyKeyReused,
    UnknownBatch,
)
from server.shared_types.clock import new_id
from server.web.endpoints import RouteName
from tests.integration.server.exact_amounts.open_ledger import (
    Server,
    balance,
    file_of,
    on_server,
    row,
)

pytestmark = pytest.mark.usefixtures("each_database")

MARCH = file_of(
    row(2, "-3.50", line=10),
    row(2, "-3.50", line=11),
    row(5, "2500.00", "Wages", "W1", line=12),
    row(9, "-0.75", "Fee", "F1", line=13, bank_kind="FEE"),
    opening=balance("2026-02-28", "100.00"),
    closing=balance("2026-03-31", "2592.25"),
)


async def undo(server: Server, batch: str, key: str = "", **more: Any) -> Any:
    return await server.call(RouteName.UNDO_BATCH, key=key or str(new_id()), batch_id=batch, **more)


def test_an_import_is_whole_and_proven(tmp_path: Path) -> None:
    async def story(server: Server) -> None:
        taken = await server.take(MARCH)
        entries, page = await server.walk()
        (account,) = page["accounts"]

        assert (taken["added"], taken["same"], taken["conflicts"], taken["anchors"]) == (4, 0, 0, 2)
        assert [entry["amount"] for entry in entries] == ["-3.50", "-3.50", "2500.00", "-0.75"]
        assert [entry["bucket"] for entry in entries] == ["MICRO", "MICRO", "LARGE", "MICRO"]
        assert [entry["category"] for entry in entries] == [None, None, None, "Bank fees"]
        assert entries[3]["category_source"] == "provider"
        assert account["name"] == "Northbank checking ··5678"
        assert (account["opening"], account["opening_source"]) == ("100.00", "stated")
        assert (account["closing"], account["bank_balance"]) == ("2592.25", "2592.25")
        assert (account["difference"], account["proof"]) == ("0.00", "proven")
        assert (account["entries"], account["sum"], account["number_tail"]) == (
            4,
            "2492.25",
            "5678",
        )
        assert page["version"] == taken["version"] == 1

    on_server(tmp_path, story)


def test_the_same_file_again_adds_nothing(tmp_path: Path) -> None:
    async def story(server: Server) -> None:
        await server.take(MARCH)
        _, before = await server.walk()
        again = await server.take(MARCH)
        preview = await server.preview(MARCH)
        _, after = await server.walk()

        assert (again["batch"], again["added"], again["same"], again["anchors"]) == (None, 0, 4, 0)
        assert preview["file_seen_before"] is True
        assert {each["verdict"] for each in preview["rows"]} == {"same"}
        assert after == before

    on_server(tmp_path, story)


def test_a_preview_writes_nothing(tmp_path: Path) -> None:
    async def story(server: Server) -> None:
        preview = await server.preview(MARCH)
        entries, page = await server.walk()

        assert [each["line"] for each in preview["rows"]] == [10, 11, 12, 13]
        assert preview["accounts"] == [
            {
                "number_tail": "5678",
                "name": "Northbank checking ··5678",
                "currency": "EUR",
                "known": False,
                "new": 4,
                "same": 0,
                "conflicts": 0,
                "closing_on": "2026-03-31",
            }
        ]
        assert (entries, page["accounts"], page["version"]) == ([], [], 0)

    on_server(tmp_path, story)


def test_a_conflict_is_told_and_not_stored(tmp_path: Path) -> None:
    async def story(server: Server) -> None:
        await server.take(MARCH)
        entries, _ = await server.walk()
        taken = await server.take(file_of(row(6, "2500.00", "Wages", "W1", line=3)))

        assert (taken["batch"], taken["added"], taken["conflicts"]) == (None, 0, 1)
        assert taken["rows"] == [
            {
                "line": 3,
                "verdict": "conflicts",
                "because": "same bank id, other amount or date",
                "entry": entries[2]["id"],
            }
        ]
        assert len((await server.walk())[0]) == 4

    on_server(tmp_path, story)


def test_a_pending_entry_is_booked_in_its_place(tmp_path: Path) -> None:
    async def story(server: Server) -> None:
        await server.take(file_of(row(2, "-20.00", "Petrol", "P1", pending=True)))
        (pending,), page = await server.walk()
        assert (page["accounts"][0]["entries"], page["accounts"][0]["sum"]) == (0, "0.00")
        taken = await server.take(file_of(row(3, "-21.40", "Petrol", "P1")))
        (booked,), page = await server.walk(page["cursor"])

        assert (taken["added"], taken["same"]) == (0, 1)
        assert taken["batch"] is not None
        assert booked["id"] == pending["id"]
        assert (booked["status"], booked["amount"], booked["version"]) == ("posted", "-21.40", 2)
        assert (page["accounts"][0]["entries"], page["accounts"][0]["sum"]) == (1, "-21.40")

    on_server(tmp_path, story)


def test_an_undo_leaves_tombstones_and_the_account(tmp_path: Path) -> None:
    async def story(server: Server) -> None:
        taken = await server.take(MARCH)
        before, page = await server.walk()
        undone = await undo(server, taken["batch"])
        gone, after = await server.walk(page["cursor"])
        (account,) = after["accounts"]
        (batch,) = (await server.call(RouteName.LIST_BATCHES))["batches"]

        assert (undone["removed"], undone["version"]) == (4, 2)
        assert {entry["id"] for entry in gone} == {entry["id"] for entry in before}
        assert all(entry["removed"] and entry["version"] == 2 for entry in gone)
        assert (account["entries"], account["balances"], account["opening"]) == (0, 0, None)
        assert (await server.walk())[0] == []
        assert batch["undone_at"] == "2026-04-01T12:00:00Z"
        assert batch["file_name"] == "march.ofx"
        with pytest.raises(AlreadyUndone):
            await undo(server, taken["batch"])

    on_server(tmp_path, story)


def test_after_an_undo_the_same_file_comes_in_again(tmp_path: Path) -> None:
    async def story(server: Server) -> None:
        first = await server.take(MARCH)
        before, _ = await server.walk()
        await undo(server, first["batch"])
        assert (await server.preview(MARCH))["file_seen_before"] is False
        second = await server.take(MARCH)
        after, page = await server.walk()

        assert (second["added"], second["anchors"]) == (4, 2)
        assert {entry["id"] for entry in after}.isdisjoint({entry["id"] for entry in before})
        assert page["accounts"][0]["proof"] == "proven"
        assert len(page["accounts"]) == 1

    on_server(tmp_path, story)


def test_the_same_request_with_the_same_key_is_done_once(tmp_path: Path) -> None:
    async def story(server: Server) -> None:
        first = await server.take(MARCH, key="k1")
        repeated = await server.take(MARCH, key="k1")
        nothing_new = await server.take(MARCH, key="k2")
        undone = await undo(server, first["batch"], key="k3")
        undone_again = await undo(server, first["batch"], key="k3")

        assert repeated == first
        # Even what added nothing is not done later, when it would add something.
        assert await server.take(MARCH, key="k2") == nothing_new
        assert await server.take(MARCH, key="k1") == first
        assert undone_again == undone
        assert (await server.walk())[0] == []

    on_server(tmp_path, story)


def test_a_key_that_was_used_for_another_request_is_refused(tmp_path: Path) -> None:
    async def story(server: Server) -> None:
        first = await server.take(MARCH, key="k1")
        with pytest.raises(IdempotencyKeyReused):
            await server.take(file_of(row(2)), key="k1")
        with pytest.raises(IdempotencyKeyReused):
            await undo(server, first["batch"], key="k1")
        with pytest.raises(IdempotencyKeyReused):
            await server.take(MARCH, key="k1", name="other.ofx")

        other = await server.sign_up()
        assert (await server.take(MARCH, key="k1", tenant=other))["added"] == 4

    on_server(tmp_path, story)


def test_requests_at_the_same_moment_are_done_once(tmp_path: Path) -> None:
    async def story(server: Server) -> None:
        one_key = await asyncio.gather(*(server.take(MARCH, key="k1") for _ in range(4)))
        other_keys = await asyncio.gather(*(server.take(MARCH) for _ in range(4)))

        assert all(answer == one_key[0] for answer in one_key)
        assert all(answer["added"] == 0 for answer in other_keys)
        assert len((await server.walk())[0]) == 4

    on_server(tmp_path, story)


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(server: Server) -> None:
        with monkeypatch.context() as broken:
            broken.setattr(
                "server.exact_amounts.ledger.account_store.AccountStore.add_anchors",
                lambda *_: asyncio.sleep(0, 1 / 0),
            )
            with pytest.raises(ZeroDivisionError):
                await server.take(MARCH, key="k1")
        entries, page = await server.walk()

        assert (entries, page["accounts"], page["version"]) == ([], [], 0)
        assert (await server.take(MARCH, key="k1"))["added"] == 4

    on_server(tmp_path, story)


def test_a_currency_that_the_file_does_not_name_is_asked_for(tmp_path: Path) -> None:
    async def story(server: Server) -> None:
        nameless = file_of(row(2))
        (account,) = nameless.accounts
        object.__setattr__(account, "currency", "XXX")
        with pytest.raises(CurrencyNeeded):
            await server.take(nameless)

    on_server(tmp_path, story)


@pytest.mark.parametrize("batch", ["", "not an id", "00000000-0000-0000-0000-000000000001"])
def test_a_batch_of_nobody_is_unknown(tmp_path: Path, batch: str) -> None:
    async def story(server: Server) -> None:
        with pytest.raises(UnknownBatch):
            await undo(server, batch)

    on_server(tmp_path, story)


def test_ten_thousand_entries_come_in_at_once(tmp_path: Path) -> None:
    async def story(server: Server) -> None:
        rows = [row(n % 28 + 1, f"-{n}.25", f"Payee {n}", f"id{n}") for n in range(10_000)]
        taken = await server.take(file_of(*rows))
        again = await server.take(file_of(*rows))
        _, page = await server.walk(limit=20_000)

        assert (taken["added"], again["added"], again["same"]) == (10_000, 0, 10_000)
        assert page["accounts"][0]["entries"] == 10_000
        assert page["accounts"][0]["sum"] == "-49997500.00"

    on_server(tmp_path, story)


@pytest.mark.parametrize("delay_milliseconds", [0, 1, 3, 8, 20, 45, 90])
def test_an_import_that_is_cut_off_is_done_whole_or_not_at_all(
    tmp_path: Path, delay_milliseconds: int
) -> None:
    async def story(server: Server) -> None:
        file = file_of(*(row(n % 28 + 1, f"-{n}.25", bank_id=f"id{n}") for n in range(1_000)))
        importing = asyncio.create_task(server.take(file, key="k1"))
        await asyncio.sleep(delay_milliseconds / 1000)
        importing.cancel()
        await asyncio.wait([importing])
        entries, page = await server.walk(limit=5_000)

        assert (len(entries), len(page["accounts"])) in {(0, 0), (1_000, 1)}
        assert (await server.take(file, key="k1"))["added"] == 1_000
        assert len((await server.walk(limit=5_000))[0]) == 1_000

    on_server(tmp_path, story)
