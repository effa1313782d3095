"""Ledgers of every kind behind one door: sealed in SQLite, sealed in PostgreSQL, in memory."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid5

import msgspec
import pytest

from server.buckets_only.categorisation.categorise import categorise_all
from server.exact_amounts.entries.edits import EditKind
from server.exact_amounts.ledger.memory_ledger import MemoryLedger
from server.exact_amounts.ledger.wire import (
    CreateAccountBody,
    CreateEntriesBody,
    TypedEntryBody,
)
from server.exact_amounts.reconciliation.wire import (
    AdjustmentBody,
    BalanceBody,
    CloseMonthBody,
    EditBody,
    EditsBody,
    LeaseBody,
    PartBody,
    ReopenBody,
)
from server.shared_types.ids import IdMaker, TenantId, uuid7_at
from server.shared_types.problems import Problem
from server.web.answers import problem_body
from server.web.endpoints import RouteName
from tests.databases import database_of_kind
from tests.integration.server.exact_amounts.open_ledger import EPOCH, NOW, Room, Server, server_at

__all__ = [
    "KINDS",
    "AnyRoom",
    "Stores",
    "adjust",
    "answer_or_problem",
    "close",
    "edit",
    "lease",
    "open_account",
    "parts",
    "push",
    "reopen",
    "room_of_kind",
    "state_balance",
    "stores",
    "type_in",
    "typed",
    "undo",
]

KINDS = ("sqlite", "postgresql", "memory")

T = TypeVar("T")


@dataclass
class MemoryRoom(Room):
    """A ledger in memory."""

    ledger: MemoryLedger

    async def sign_up(self) -> TenantId:
        tenant = TenantId(self.ledger.new_id())
        self.ledger.sign_up(tenant)
        return tenant


AnyRoom = MemoryRoom | Server


def counted_ids() -> IdMaker:
    """Ids that rise, the same in every run."""
    numbers = itertools.count(1)

    def next_id() -> UUID:
        number = next(numbers)
        return uuid7_at(NOW + timedelta(milliseconds=number), number.to_bytes(10))

    return next_id


@asynccontextmanager
async def room_of_kind(kind: str, path: Path) -> AsyncIterator[AnyRoom]:
    """A room with one tenant; ids are the same in every room that is asked the same."""
    if kind == "memory":
        room = MemoryRoom(MemoryLedger(lambda: NOW, counted_ids(), EPOCH, categorise_all))
        room.tenant = await room.sign_up()
        yield room
        return
    async with server_at(path, make_id=counted_ids()) as server:
        yield server


@dataclass(frozen=True)
class Stores:
    """One kind of store in a folder of the running test."""

    kind: str
    folder: Path

    def run(self, story: Callable[[AnyRoom], Awaitable[T]]) -> T:
        """Run a story in a room of its own."""

        async def whole() -> T:
            async with room_of_kind(self.kind, self.folder / "ledger.db") as room:
                return await story(room)

        return asyncio.run(whole())


@pytest.fixture(params=KINDS)
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    """Run the test on each kind of store."""
    kind: str = request.param
    with database_of_kind("sqlite" if kind == "memory" else kind, request, tmp_path):
        yield Stores(kind, tmp_path)


async def answer_or_problem(asked: Awaitable[Any]) -> bytes:
    """Return what was answered, byte for byte; of a problem what the edge would send but for the request id."""
    try:
        return msgspec.json.encode(await asked)
    except Problem as problem:
        return problem_body(problem, "r")


async def open_account(room: Room, name: str = "Cash", currency: str = "EUR", **more: Any) -> Any:
    body = CreateAccountBody(name=name, currency=currency)
    return await room.call(RouteName.CREATE_ACCOUNT, body=body, **more)


def typed(
    account: str, amount: str = "-12.50", day: str = "2026-03-04", text: str = "Bread"
) -> TypedEntryBody:
    return TypedEntryBody(
        account_id=UUID(account), posted_on=day, amount=amount, description=text, tags=("cash",)
    )


async def type_in(room: Room, *entries: TypedEntryBody, key: str, **more: Any) -> Any:
    body = CreateEntriesBody(entries=list(entries))
    return await room.call(RouteName.CREATE_ENTRIES, body=body, key=key, **more)


async def undo(room: Room, batch: str, key: str, **more: Any) -> Any:
    return await room.call(RouteName.UNDO_BATCH, key=key, batch_id=batch, **more)


def edit(entry: Any, kind: EditKind, value: Any = None, **more: Any) -> EditBody:
    """An edit of an entry as it was answered; the same edit has the same id."""
    others = tuple(UUID(each["id"]) for each in more.pop("others", ()))
    base = more.pop("base", entry["version"])
    name = f"{kind} {value!r} {others} {base} {sorted(more.items())!r}"
    return EditBody(
        id=uuid5(UUID(entry["id"]), name),
        entry=UUID(entry["id"]),
        kind=kind,
        base=base,
        value=value,
        others=others,
        **more,
    )


def parts(*amounts: str) -> tuple[PartBody, ...]:
    return tuple(PartBody(amount=each, description=f"part of {each}") for each in amounts)


async def push(room: Room, *edits: EditBody, key: str, confirmed: bool = False, **more: Any) -> Any:
    body = EditsBody(edits=list(edits), confirmed=confirmed)
    return await room.call(RouteName.APPLY_EDITS, body=body, key=key, **more)


async def state_balance(
    room: Room, account: str, on: str, balance: str, *, key: str, **more: Any
) -> Any:
    body = BalanceBody(account_id=UUID(account), on=on, balance=balance)
    return await room.call(RouteName.STATE_BALANCE, body=body, key=key, **more)


async def adjust(
    room: Room,
    account: str,
    on: str,
    amount: str,
    *,
    key: str,
    reason: str = "Rounding",
    **more: Any,
) -> Any:
    body = AdjustmentBody(account_id=UUID(account), on=on, amount=amount, reason=reason)
    return await room.call(RouteName.ADJUST_BALANCE, body=body, key=key, **more)


async def close(room: Room, month: str, *, key: str, **more: Any) -> Any:
    body = CloseMonthBody(month=month)
    return await room.call(RouteName.CLOSE_MONTH, body=body, key=key, **more)


async def reopen(
    room: Room, month: str, *, key: str, reason: str = "A late file", **more: Any
) -> Any:
    body = ReopenBody(reason=reason)
    return await room.call(RouteName.REOPEN_MONTH, body=body, key=key, month=month, **more)


async def lease(room: Room, workbook: UUID, seconds: int = 60, **more: Any) -> Any:
    body = LeaseBody(workbook=workbook, seconds=seconds)
    return await room.call(RouteName.TAKE_LEASE, body=body, **more)
