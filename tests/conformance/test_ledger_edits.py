"""Edits, balances, closed months and leases in every ledger: sealed in SQLite, sealed in PostgreSQL, in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from server.exact_amounts.entries.edits import EditKind
from server.exact_amounts.entries.problems import (
    MonthIsClosed,
    MonthNotClosed,
    MonthNotOver,
    WorkbookBusy,
)
from server.web.endpoints import RouteName
from tests.conformance.ledger_stores import (
    KINDS,
    AnyRoom,
    Stores,
    adjust,
    answer_or_problem,
    close,
    edit,
    lease,
    open_account,
    parts,
    push,
    reopen,
    room_of_kind,
    state_balance,
    stores,
    type_in,
    typed,
    undo,
)
from tests.databases import database_of_kind
from tests.integration.server.exact_amounts.open_ledger import Server, balance, file_of, row

__all__ = ["stores"]

Story = Callable[[AnyRoom], Awaitable[None]]
SAVINGS = "99990000"
MARCH = file_of(
    row(2, "-3.50", line=10),
    row(2, "-3.50", line=11),
    row(5, "2500.00", "Wages", "W1", line=12),
    row(9, "-100.00", "To savings", "T1", line=13),
    opening=balance("2026-02-28", "100.00"),
    closing=balance("2026-03-31", "2493.00"),
)
ALSO_MARCH = file_of(row(5, "2500.00", "Wages", "W1"), row(9, "-100.00", "To savings", "T1"))
ARRIVED = file_of(row(10, "100.00", "From checking", "A1"), number=SAVINGS)


def run(stores: Stores, story: Story) -> None:
    """Run a story, and see that what it leaves is sound."""

    async def whole(room: AnyRoom) -> None:
        await story(room)
        if isinstance(room, Server):
            report = await room.ledger.verify(room.tenant)
            assert report.findings == ()

    stores.run(whole)


async def live(room: AnyRoom) -> dict[str, Any]:
    """Live entries by description; parts and the split that they stand for have different ones."""
    listed = (await room.call(RouteName.LIST_ENTRIES, query={"limit": "1000"}))["entries"]
    return {each["description"]: each for each in listed}


async def whole_ledger(room: AnyRoom) -> Any:
    """What the ledger says, without versions."""
    entries, page = await room.walk(limit=1000)
    said = [{k: v for k, v in each.items() if k != "version"} for each in entries]
    return sorted(said, key=lambda each: each["id"]), page["accounts"]


async def spent(room: AnyRoom) -> list[str]:
    """What the bucket side is handed, by amount."""
    return sorted(e.amount.literal() for e in await room.ledger.posted_entries(room.tenant))


def outcomes(answer: Any) -> list[tuple[str, Any]]:
    return [(each["outcome"], each["reason"] or each["current"]) for each in answer["results"]]


def test_words_are_edited_once_and_a_later_word_is_a_conflict(stores: Stores) -> None:
    async def story(room: AnyRoom) -> None:
        await room.take(MARCH)
        wages = (await live(room))["Wages"]
        first = edit(wages, EditKind.CATEGORY, "Travel")
        made = await push(room, first, edit(wages, EditKind.NOTES, "of March"), key="e1")
        again = await push(room, first, key="e2")
        other = await push(room, edit(wages, EditKind.CATEGORY, "Goods"), key="e3")
        now = (await live(room))["Wages"]

        assert outcomes(made) == [("applied", None), ("applied", None)]
        assert outcomes(again) == [("repeated", None)]
        assert again["batch"] is None
        assert again["version"] == made["version"]
        assert outcomes(other) == [("conflict", "Travel")]
        assert other["results"][0]["by"] == "machine 7"
        assert other["results"][0]["at"] == "2026-04-01T12:00:00Z"
        assert (now["category"], now["category_source"]) == ("Travel", "user")
        assert now["version"] == made["version"]
        override = edit(wages, EditKind.CATEGORY, "Goods", override=True)
        assert outcomes(await push(room, override, key="e4")) == [("applied", None)]
        kept = await undo(room, made["batch"], "u1")
        now = (await live(room))["Wages"]
        assert (kept["removed"], kept["kept"]) == (0, 1)
        assert (now["category"], now["notes"]) == ("Goods", "")

    run(stores, story)


def test_a_category_taken_back_is_the_providers_again(stores: Stores) -> None:
    async def story(room: AnyRoom) -> None:
        await room.take(file_of(row(3, "-5.00", "INTEREST", bank_kind="INT")))
        entry = (await live(room))["INTEREST"]
        await push(room, edit(entry, EditKind.CATEGORY, "Travel"), key="e1")
        said = (await live(room))["INTEREST"]
        await push(room, edit(said, EditKind.CATEGORY, None), key="e2")
        now = (await live(room))["INTEREST"]

        assert said["category"] == "Travel"
        assert (now["category"], now["category_source"]) == (
            entry["category"],
            entry["category_source"],
        )
        assert entry["category_source"] == "provider"

    run(stores, story)


def test_a_split_counts_once_and_its_parts_are_what_was_spent(stores: Stores) -> None:
    async def story(room: AnyRoom) -> None:
        await room.take(MARCH)
        before, wages = await whole_ledger(room), (await live(room))["Wages"]
        asked = edit(wages, EditKind.SPLIT, parts=parts("2000.00", "500.00"))
        made = await push(room, asked, key="e1")
        now = await live(room)
        (account,) = (await room.call(RouteName.LIST_ACCOUNTS))["accounts"]
        whole, part = now["Wages"], now["part of 500.00"]

        assert (whole["status"], whole["role"]) == ("split", "split")
        assert (part["status"], part["role"], part["parent"]) == ("posted", "part", wages["id"])
        assert (account["entries"], account["sum"]) == (4, "2393.00")
        assert account["proof"] == "proven"
        assert await spent(room) == ["-100.00", "-3.50", "-3.50", "2000.00", "500.00"]
        # A part is edited like any entry, and a split is split anew.
        await push(room, edit(part, EditKind.TAGS, ("bonus",)), key="e2")
        anew = edit(whole, EditKind.SPLIT, parts=parts("2499.00", "1.00"))
        second = await push(room, anew, key="e3")
        assert await spent(room) == ["-100.00", "-3.50", "-3.50", "1.00", "2499.00"]
        # The same file knows the split; its parts are no bank's.
        assert (await room.preview(MARCH))["rows"][2]["verdict"] == "same"
        await undo(room, second["batch"], "u3")
        assert (await live(room))["part of 500.00"]["tags"] == ["bonus"]
        await undo(room, made["batch"], "u1")
        after = await whole_ledger(room)
        assert after == before

    run(stores, story)


def test_a_statement_may_hold_an_entry_of_another_day(stores: Stores) -> None:
    async def story(room: AnyRoom) -> None:
        await room.take(MARCH)
        april = file_of(row(31, "-7.00", "Late"), closing=balance("2026-04-30", "2486.00"))
        await room.take(april)
        late = (await live(room))["Late"]
        split = edit(late, EditKind.SPLIT, parts=parts("-3.00", "-4.00"))
        await push(room, split, key="e0")
        (account,) = (await room.call(RouteName.LIST_ACCOUNTS))["accounts"]
        assert (account["proof"], account["windows_off"]) == ("differs", 2)
        made = await push(room, edit(late, EditKind.STATEMENT, "2026-04-30"), key="e1")
        (account,) = (await room.call(RouteName.LIST_ACCOUNTS))["accounts"]
        now = await live(room)

        assert (account["proof"], account["windows_off"]) == ("proven", 0)
        assert now["Late"]["posted_on"] == "2026-03-31"
        # Parts stand where their split does.
        days = {now[each]["statement_on"] for each in ("Late", "part of -3.00", "part of -4.00")}
        assert days == {"2026-04-30"}
        await undo(room, made["batch"], "u1")
        now = await live(room)
        days = {now[each]["statement_on"] for each in ("Late", "part of -3.00", "part of -4.00")}
        assert days == {None}

    run(stores, story)


def test_what_a_person_took_out_no_file_brings_back(stores: Stores) -> None:
    async def story(room: AnyRoom) -> None:
        first = await room.take(MARCH)
        wages = (await live(room))["Wages"]
        coffees = [e for e in (await whole_ledger(room))[0] if e["description"] == "Coffee"]
        coffees = [each | {"version": wages["version"]} for each in coffees]
        merge = edit(coffees[0], EditKind.MERGE, others=[coffees[1]])
        made = await push(room, edit(wages, EditKind.REMOVE), merge, key="e1")
        preview = await room.preview(MARCH)
        again = await room.take(MARCH)

        assert {each["verdict"] for each in preview["rows"]} == {"same"}
        assert sorted(each["because"] for each in preview["rows"]) == [
            "removed or merged by a person before",
            "removed or merged by a person before",
            "same bank id, date and amount",
            "same date, amount and text",
        ]
        assert (again["added"], again["batch"]) == (0, None)
        assert (await room.take(ALSO_MARCH))["added"] == 0
        assert len(await spent(room)) == 2
        # Restored they are what they were; undone with the rest they are new again.
        gone, _ = await room.walk("1." + "f" * 32)
        (removed,) = (each for each in gone if each["removal"] == "user")
        restored = await push(room, edit(removed, EditKind.RESTORE), key="e2")
        assert "Wages" in await live(room)
        await undo(room, restored["batch"], "u2")
        await undo(room, made["batch"], "u1")
        assert len(await spent(room)) == 4
        await undo(room, first["batch"], "u0")
        # The other file states two of them: they are its own now.
        assert sorted(await live(room)) == ["To savings", "Wages"]
        assert (await room.take(MARCH))["added"] == 2

    run(stores, story)


def test_the_legs_of_a_transfer_name_each_other_until_one_is_gone(stores: Stores) -> None:
    async def story(room: AnyRoom) -> None:
        await room.take(MARCH)
        arrived = await room.take(ARRIVED)
        entries = await live(room)
        out, into = entries["To savings"], entries["From checking"]
        made = await push(room, edit(out, EditKind.MATCH, others=[into]), key="e1")
        now = await live(room)
        assert now["To savings"]["transfer"] == now["From checking"]["transfer"] is not None
        removed = await push(room, edit(into, EditKind.REMOVE), key="e2")
        assert (await live(room))["To savings"]["transfer"] is None
        await undo(room, removed["batch"], "u2")
        now = await live(room)
        assert now["To savings"]["transfer"] == now["From checking"]["transfer"] is not None
        # An import that is undone frees the other leg.
        await undo(room, arrived["batch"], "u3")
        assert (await live(room))["To savings"]["transfer"] is None
        assert (await undo(room, made["batch"], "u1"))["kept"] == 0
        assert (await live(room))["To savings"]["transfer"] is None

    run(stores, story)


def test_a_fee_becomes_a_part_of_the_leg_that_goes_out(stores: Stores) -> None:
    async def story(room: AnyRoom) -> None:
        await room.take(MARCH)
        await room.take(file_of(row(10, "97.50", "From checking"), number=SAVINGS))
        before, entries = await whole_ledger(room), await live(room)
        out, into = entries["To savings"], entries["From checking"]
        asked = edit(into, EditKind.MATCH, others=[out])
        assert outcomes(await push(room, asked, key="e1")) == [
            ("refused", "the legs do not cancel out")
        ]
        with_fee = edit(into, EditKind.MATCH, others=[out], fee=True)
        made = await push(room, with_fee, key="e2")
        listed = (await room.call(RouteName.LIST_ENTRIES))["entries"]
        lines = {each["amount"]: each for each in listed if each["role"] == "part"}

        assert sorted(lines) == ["-2.50", "-97.50"]
        assert {each["parent"] for each in lines.values()} == {out["id"]}
        assert lines["-2.50"]["category"] == "Bank fees"
        assert lines["-97.50"]["transfer"] == (await live(room))["From checking"]["transfer"]
        await undo(room, made["batch"], "u1")
        assert await whole_ledger(room) == before

    run(stores, story)


def test_an_import_is_undone_whatever_was_done_to_its_entries(stores: Stores) -> None:
    async def story(room: AnyRoom) -> None:
        await room.take(ARRIVED)
        account = (await open_account(room))["id"]
        await type_in(room, typed(account, "-100.00", text="Own"), key="t")
        before = await whole_ledger(room)
        taken = await room.take(MARCH)
        entries = await live(room)
        coffees = [e for e in (await room.walk(limit=1000))[0] if e["description"] == "Coffee"]
        await push(
            room,
            edit(entries["Wages"], EditKind.SPLIT, parts=parts("2400.00", "100.00")),
            edit(entries["Wages"], EditKind.NOTES, "typed"),
            edit(entries["To savings"], EditKind.MATCH, others=[entries["From checking"]]),
            edit(coffees[0], EditKind.MERGE, others=[coffees[1]]),
            key="e1",
        )
        part = (await live(room))["part of 100.00"]
        await push(room, edit(part, EditKind.MATCH, others=[entries["Own"]]), key="e2")
        undone = await undo(room, taken["batch"], "u1")
        after = await whole_ledger(room)
        kept = {each["id"]: each for each in after[0] if not each["removed"]}

        assert undone["removed"] == 3
        assert kept == {each["id"]: each for each in before[0]}
        # The account that the file opened stays.
        assert [each["id"] for each in after[1]][:2] == [each["id"] for each in before[1]]
        assert (await room.take(MARCH, key="again"))["added"] == 4

    run(stores, story)


def test_an_entry_that_another_file_states_too_stays(stores: Stores) -> None:
    async def story(room: AnyRoom) -> None:
        first = await room.take(MARCH)
        second = await room.take(ALSO_MARCH)
        third = await room.take(file_of(row(5, "2500.00", "Wages", "W1")))
        assert (second["added"], third["added"]) == (0, 0)
        assert (await undo(room, first["batch"], "u1"))["removed"] == 2
        assert sorted(await live(room)) == ["To savings", "Wages"]
        assert (await undo(room, second["batch"], "u2"))["removed"] == 1
        assert sorted(await live(room)) == ["Wages"]
        assert (await undo(room, third["batch"], "u3"))["removed"] == 1

    run(stores, story)


PENDING = file_of(row(2, "-20.00", "Petrol", "P1", pending=True))


@pytest.mark.parametrize("amount", ["-20.00", "-21.40"])
def test_an_undone_booking_leaves_a_pending_entry_with_its_words(
    stores: Stores, amount: str
) -> None:
    async def story(room: AnyRoom) -> None:
        await room.take(PENDING)
        petrol = (await live(room))["Petrol"]
        asked = edit(petrol, EditKind.SPLIT, parts=parts("-15.00", "-5.00"))
        await push(room, asked, edit(petrol, EditKind.NOTES, "car"), key="e1")
        before = await whole_ledger(room)
        taken = await room.take(file_of(row(3, amount, "Petrol", "P1")))
        now = await live(room)
        booked = now["Petrol"]
        assert (booked["amount"], booked["notes"]) == (amount, "car")
        if amount == "-20.00":
            assert booked["status"] == "split"
            assert {now[f"part of {each}"]["posted_on"] for each in ("-15.00", "-5.00")} == {
                "2026-03-03"
            }
            assert await spent(room) == ["-15.00", "-5.00"]
        else:
            # Its parts do not add up any more.
            assert booked["status"] == "posted"
            assert await spent(room) == [amount]
        assert (await undo(room, taken["batch"], "u1"))["removed"] == 0
        after = await whole_ledger(room)
        assert [each for each in after[0] if not each["removed"]] == before[0]
        assert await spent(room) == []

    run(stores, story)


def test_a_booking_that_a_later_file_states_too_stays(stores: Stores) -> None:
    async def story(room: AnyRoom) -> None:
        first = await room.take(PENDING)
        booked = await room.take(file_of(row(3, "-20.00", "Petrol", "P1")))
        later = await room.take(file_of(row(3, "-20.00", "Petrol", "P1"), row(4, "-1.00")))
        assert (await undo(room, booked["batch"], "u1"))["removed"] == 0
        assert await spent(room) == ["-1.00", "-20.00"]
        assert (await undo(room, first["batch"], "u2"))["removed"] == 0
        assert (await undo(room, later["batch"], "u3"))["removed"] == 2

    run(stores, story)


def test_a_file_that_has_it_pending_does_not_state_a_booking(stores: Stores) -> None:
    async def story(room: AnyRoom) -> None:
        first = await room.take(PENDING)
        booked = await room.take(file_of(row(3, "-20.00", "Petrol", "P1")))
        older = file_of(row(2, "-20.00", "Petrol", "P1", pending=True), row(1, "-1.00"))
        await room.take(older)
        await undo(room, booked["batch"], "u1")
        assert (await live(room))["Petrol"]["status"] == "pending"
        again = file_of(row(2, "-20.00", "Petrol", "P1", pending=True), row(4, "-4.00"))
        await room.take(again)
        # Now another file states it as it is: it is that one's.
        assert (await undo(room, first["batch"], "u2"))["removed"] == 0
        assert (await live(room))["Petrol"]["status"] == "pending"

    run(stores, story)


def test_a_leg_that_is_booked_stays_a_leg_as_long_as_it_fits(stores: Stores) -> None:
    async def story(room: AnyRoom) -> None:
        await room.take(file_of(row(2, "-100.00", "Out", "P1", pending=True)))
        await room.take(ARRIVED)
        entries = await live(room)
        matched = edit(entries["Out"], EditKind.MATCH, others=[entries["From checking"]])
        await push(room, matched, key="e1")
        transfer = (await live(room))["Out"]["transfer"]
        fitting = await room.take(file_of(row(3, "-100.00", "Out", "P1")))
        assert (await live(room))["Out"]["transfer"] == transfer
        await undo(room, fitting["batch"], "u1")
        other = await room.take(file_of(row(3, "-101.00", "Out", "P1")))
        now = await live(room)
        assert now["Out"]["transfer"] is now["From checking"]["transfer"] is None
        await undo(room, other["batch"], "u2")
        now = await live(room)
        assert now["Out"]["transfer"] == now["From checking"]["transfer"] == transfer

    run(stores, story)


def test_an_adjustment_goes_when_its_cause_is_found_and_comes_back_with_it(stores: Stores) -> None:
    async def story(room: AnyRoom) -> None:
        taken = await room.take(MARCH)
        (account,) = taken["accounts"]
        stated = await state_balance(room, account["id"], "2026-04-02", "2486.00", key="b1")
        made = await adjust(room, account["id"], "2026-04-01", "-7.00", key="a1", reason="Unknown")
        (state,) = (await room.call(RouteName.LIST_ACCOUNTS))["accounts"]
        assert (state["proof"], state["adjustments"], state["entries"]) == ("proven", 1, 5)
        assert await spent(room) == ["-100.00", "-3.50", "-3.50", "2500.00"]
        adjustment = (await live(room))["Adjustment"]
        assert (adjustment["notes"], adjustment["role"]) == ("Unknown", "adjustment")
        assert adjustment["category"] is None

        cause = await room.take(file_of(row(31, "-7.00", "Found")))
        entry = (await live(room))["Found"]
        assert "Adjustment" in await live(room), "the cause stands in another stretch yet"
        moved = await push(room, edit(entry, EditKind.STATEMENT, "2026-04-01"), key="e1")
        (state,) = (await room.call(RouteName.LIST_ACCOUNTS))["accounts"]
        assert (state["proof"], state["adjustments"]) == ("proven", 0)
        await undo(room, moved["batch"], "u1")
        assert "Adjustment" in await live(room)
        await undo(room, cause["batch"], "u2")
        await undo(room, stated["batch"], "u3")
        assert (await undo(room, made["batch"], "u4"))["removed"] == 1
        (state,) = (await room.call(RouteName.LIST_ACCOUNTS))["accounts"]
        assert (state["balances"], state["adjustments"], state["entries"]) == (2, 0, 4)

    run(stores, story)


def test_an_undone_adjustment_does_not_come_back_with_what_cleared_it(stores: Stores) -> None:
    async def story(room: AnyRoom) -> None:
        taken = await room.take(MARCH)
        account = taken["accounts"][0]["id"]
        await state_balance(room, account, "2026-04-02", "2486.00", key="b1")
        made = await adjust(room, account, "2026-04-01", "-7.00", key="a1")
        cleared_by = await type_in(room, typed(account, "-7.00", "2026-04-02"), key="t1")
        assert "Adjustment" not in await live(room)
        await undo(room, made["batch"], "u1")
        await undo(room, cleared_by["batch"], "u2")
        assert "Adjustment" not in await live(room)

    run(stores, story)


def test_an_adjustment_cleared_twice_by_one_batch_is_no_riddle(stores: Stores) -> None:
    async def story(room: AnyRoom) -> None:
        taken = await room.take(MARCH)
        account = taken["accounts"][0]["id"]
        await state_balance(room, account, "2026-04-02", "2486.00", key="b1")
        await adjust(room, account, "2026-04-01", "-7.00", key="a1")
        one = await type_in(room, typed(account, "-7.00", "2026-04-02"), key="t1")
        # Without the first, the second is the cause.
        await type_in(room, typed(account, "-7.00", "2026-04-02"), key="t2")
        await undo(room, one["batch"], "u1")
        assert "Adjustment" not in await live(room)
        (state,) = (await room.call(RouteName.LIST_ACCOUNTS))["accounts"]
        assert state["proof"] == "proven"

    run(stores, story)


def test_a_closed_month_holds_still_until_it_is_reopened(stores: Stores) -> None:
    async def story(room: AnyRoom) -> None:
        taken = await room.take(MARCH)
        account = taken["accounts"][0]["id"]
        closed = await close(room, "2026-03", key="c1")
        assert closed["evidence"]["accounts"][0]["closing"] == "2493.00"
        assert closed["evidence"]["accounts"][0]["proof"] == "proven"
        assert closed["late_arrivals"] == []
        entries = await live(room)
        wages = entries["Wages"]
        refused = "the month is closed"
        asked = (
            edit(wages, EditKind.SPLIT, parts=parts("1.00", "2499.00")),
            edit(wages, EditKind.REMOVE),
            edit(wages, EditKind.STATEMENT, "2026-04-30"),
            edit(wages, EditKind.NOTES, "a word may change"),
        )
        assert outcomes(await push(room, *asked, key="e1")) == [
            *[("refused", refused)] * 3,
            ("applied", None),
        ]
        for done in (
            undo(room, taken["batch"], "u1"),
            state_balance(room, account, "2026-03-31", "1.00", key="b1"),
            adjust(room, account, "2026-03-31", "1.00", key="a1"),
            type_in(room, typed(account, "1.00", "2026-03-31"), key="t1"),
        ):
            with pytest.raises(MonthIsClosed):
                await done
        with pytest.raises(MonthNotOver):
            await close(room, "2026-04", key="c2")
        with pytest.raises(MonthNotClosed):
            await reopen(room, "2026-02", key="r0")
        # The bank may be late; the evidence is what it was, and names it.
        await room.take(file_of(row(30, "-1.25", "Late")))
        shown = await room.call(RouteName.SHOW_CLOSING, month="2026-03")
        assert shown["evidence"] == closed["evidence"]
        (late,) = shown["late_arrivals"]
        assert (late["change"], late["entry"]["amount"]) == ("added", "-1.25")
        (state,) = (await room.call(RouteName.LIST_ACCOUNTS))["accounts"]
        assert state["closed_through"] == "2026-03"
        # Asked again it is the same closing; reopened it can be closed anew.
        assert (await close(room, "2026-03", key="c3"))["closing"] == closed["closing"]
        await reopen(room, "2026-03", key="r1")
        (listed,) = (await room.call(RouteName.LIST_CLOSINGS))["closings"]
        assert (listed["reason"], listed["reopened_by"]) == ("A late file", "machine 7")
        with pytest.raises(MonthNotClosed):
            await room.call(RouteName.SHOW_CLOSING, month="2026-03")
        anew = await close(room, "2026-03", key="c4")
        assert len(anew["evidence"]["accounts"][0]["entries"]) == 5
        # The first answer is given again as it is kept: of that closing.
        assert (await close(room, "2026-03", key="c1"))["evidence"] == closed["evidence"]

    run(stores, story)


def test_an_adjustment_of_a_closed_month_stays(stores: Stores) -> None:
    async def story(room: AnyRoom) -> None:
        taken = await room.take(MARCH)
        account = taken["accounts"][0]["id"]
        await state_balance(room, account, "2026-03-20", "2386.00", key="b1")
        await adjust(room, account, "2026-03-19", "-7.00", key="a1")
        await adjust(room, account, "2026-03-30", "7.00", key="a2")
        closed = await close(room, "2026-03", key="c1")
        assert len(closed["evidence"]["accounts"][0]["adjustments"]) == 2
        await room.take(file_of(row(19, "-7.00", "Late")))
        (state,) = (await room.call(RouteName.LIST_ACCOUNTS))["accounts"]
        assert (state["adjustments"], state["proof"]) == (2, "differs")
        shown = await room.call(RouteName.SHOW_CLOSING, month="2026-03")
        assert [each["change"] for each in shown["late_arrivals"]] == ["added"]

    run(stores, story)


def test_one_writes_into_a_workbook_at_a_time(stores: Stores) -> None:
    async def story(room: AnyRoom) -> None:
        book, other = UUID(int=1), UUID(int=2)
        before = (await room.walk())[1]["version"]
        held = await lease(room, book)
        with pytest.raises(WorkbookBusy):
            await lease(room, book)
        await lease(room, other)
        await room.drop(held["lease"])
        await room.drop(held["lease"])
        await lease(room, book)
        assert (await room.walk())[1]["version"] == before

    run(stores, story)


async def _everything(room: AnyRoom) -> list[Any]:
    """A story with every edit; what was answered to each step."""
    answers: list[Any] = []

    async def note(asked: Awaitable[Any]) -> Any:
        answer = await answer_or_problem(asked)
        answers.append(answer.decode())
        return msgspec.json.decode(answer)

    taken = await note(room.take(MARCH, key="i1"))
    await note(room.take(ARRIVED, key="i2"))
    await note(room.take(ALSO_MARCH, key="i3"))
    pending = file_of(
        row(12, "-8.00", "Soon", "S1", pending=True), row(13, "5.00", "Due", "S2", pending=True)
    )
    await note(room.take(pending, key="i4"))
    account = taken["accounts"][0]["id"]
    entries = await live(room)
    coffees = [e for e in (await room.walk(limit=99))[0] if e["description"] == "Coffee"]
    wages, out, into = entries["Wages"], entries["To savings"], entries["From checking"]
    batches = []
    for place, edits in enumerate(
        (
            [edit(wages, EditKind.SPLIT, parts=parts("2000", "500.00"))],
            [
                edit(wages, EditKind.NOTES, "w"),
                edit(out, EditKind.MATCH, others=[into]),
                edit(coffees[0], EditKind.MERGE, others=[coffees[1]]),
                edit(entries["Soon"], EditKind.SPLIT, parts=parts("-4.00", "-4")),
                edit(entries["Due"], EditKind.SPLIT, parts=parts("2.00", "3.00")),
            ],
            [edit(wages, EditKind.TAGS, ("a", "b")), edit(wages, EditKind.NOTES, "x")],
            [edit(wages, EditKind.SPLIT, parts=parts("1.00", "2499.00"), override=True)],
            [edit(out, EditKind.REMOVE), edit(into, EditKind.CATEGORY, "Travel")],
            [
                edit(wages, EditKind.STATEMENT, "2026-04-30"),
                edit(wages, EditKind.REVIEWED, value=True),
            ],
            [edit(wages, EditKind.CATEGORY, "No such one"), edit(wages, EditKind.UNMERGE)],
        )
    ):
        made = await note(push(room, *edits, key=f"e{place}"))
        batches.append(made.get("batch"))
    booked = await note(
        room.take(file_of(row(14, "-8.50", "Soon", "S1"), row(15, "5.00", "Due", "S2")), key="i5")
    )
    await note(state_balance(room, account, "2026-03-31", "2400.00", key="b1"))
    await note(adjust(room, account, "2026-03-30", "0.01", key="a1"))
    await note(adjust(room, account, "2026-02-01", "-0.01", key="a2"))
    await note(state_balance(room, account, "2026-03-30", "1", key="b2"))
    await note(room.call(RouteName.EXPLAIN_ACCOUNT, account_id=account))
    await note(close(room, "2026-02", key="c1"))
    await note(undo(room, batches[3], "u3"))
    await note(undo(room, batches[0], "u0"))
    await note(undo(room, booked["batch"], "u5"))
    await note(undo(room, taken["batch"], "ui"))
    await note(close(room, "2026-03", key="c2"))
    for place in (5, 4, 1, 2, 6):
        await note(undo(room, batches[place] or str(UUID(int=3)), f"v{place}"))
    await note(reopen(room, "2026-03", key="r1"))
    for place in (5, 4, 1, 2):
        await note(undo(room, batches[place], f"w{place}"))
    await note(room.take(MARCH, key="i6"))
    for name in (
        RouteName.LIST_ACCOUNTS,
        RouteName.LIST_BATCHES,
        RouteName.LIST_CLOSINGS,
        RouteName.LIST_ENTRIES,
    ):
        await note(room.call(name))
    await note(room.call(RouteName.SHOW_CLOSING, month="2026-02"))
    answers += [await room.walk(limit=limit) for limit in (1, 50)]
    answers.append(await room.walk(f"2.{'0' * 32}"))
    answers.append(await spent(room))
    return answers


def test_the_stores_differ_in_no_byte(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    async def whole(kind: str) -> list[bytes]:
        async with room_of_kind(kind, tmp_path / kind / "ledger.db") as room:
            return [msgspec.json.encode(each) for each in await _everything(room)]

    answers = {}
    for kind in KINDS:
        base = "sqlite" if kind == "memory" else kind
        with database_of_kind(base, request, tmp_path / kind):
            answers[kind] = asyncio.run(whole(kind))

    assert sum(map(len, answers["memory"])) > 10_000
    for kind in ("sqlite", "postgresql"):
        for place, (one, other) in enumerate(zip(answers[kind], answers["memory"], strict=True)):
            assert one == other, (kind, place)
