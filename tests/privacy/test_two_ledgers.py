"""
Ring four, first half: behaviour. Two ledgers that differ within their buckets only can't be told apart.

Each of a pair is brought into a server of its own, in a world of equal clock, ids and randomness. Everything that the
bucket side was handed and what it made of it, every line of the log, every problem answer, every list and verdict that
names no amount, and every plain column of the database are then the same bytes; sealed columns have the same lengths.

The boundary: a record of texts shows its length in steps of 64 bytes, so a bank that writes the amount into a text may
move it by a step; that column's lengths are compared where texts hold no amount. Keyed digests are compared by their
lengths: that two of them are equal tells whoever holds the database that two rows of one account, day and text (or bank
id) have equal amounts. How long a request takes is not looked at.
"""

from __future__ import annotations

import asyncio
import io
import logging
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import Phase, given, settings

from server.buckets_only.analytics import month_summary
from server.buckets_only.analytics import routes as analytics_routes
from server.buckets_only.categorisation.categorise import categorise_all
from server.exact_amounts import disclosure
from server.exact_amounts.entries.entry import LedgerEntry
from server.exact_amounts.ledger import bucketed_view
from server.exact_amounts.ledger.bucketed_view import BucketedView
from server.exact_amounts.ledger.ledger_store import LedgerStore
from server.sealing import amounts as amounts_module
from server.shared_types.buckets import BucketedEntry
from server.shared_types.ids import TenantId
from server.telemetry.events import LogEvent
from server.telemetry.log import Log
from tests.factories import LedgerClient, OpenServer, RepeatableWorld, open_server
from tests.privacy.ledger_pairs import Ledger, fixed_pair, pairs_of_ledgers

Plant = Callable[[pytest.MonkeyPatch, RepeatableWorld], None]

SEALED_SUFFIXES = ("_sealed", "_mac")
#: Where texts are sealed that a bank may have written amounts into.
TEXTS = ("entries.text_sealed", "edits.edit_sealed", "closings.evidence_sealed")
BOOKED_NAME = "later.ofx"


#: A pair costs a fifth of a second: one that fails is told as it was made, not made smaller.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)


def no_plant(_patch: pytest.MonkeyPatch, _world: RepeatableWorld) -> None:
    """The product as it is."""


@dataclass
class Observed:
    """What whoever may not see an amount can see of a ledger."""

    #: By what it is: answers, what the bucket side was handed, the log, columns of the database.
    seen: dict[str, list[object]] = field(default_factory=dict)

    def add(self, name: str, *things: object) -> None:
        self.seen.setdefault(name, []).extend(things)

    def answer(self, name: str, answer: httpx.Response) -> httpx.Response:
        self.add(name, answer.status_code, sorted(answer.headers.items()), answer.content)
        return answer


def differences(one: Observed, other: Observed, *, leave_out: Iterable[str] = ()) -> list[str]:
    """Return the names of what is not the same in both: the check of this ring."""
    names = (set(one.seen) | set(other.seen)) - set(leave_out)
    return [name for name in sorted(names) if one.seen.get(name) != other.seen.get(name)]


def watch_bucket_side(observed: Observed, patch: pytest.MonkeyPatch) -> None:
    """Note everything that goes through the one door, and the categories that come back."""

    def noted_categories(entries: Sequence[BucketedEntry]) -> list[str | None]:
        categories = categorise_all(entries)
        observed.add("handed to categorisation", *map(repr, entries))
        observed.add("categories", *categories)
        return categories

    class NotedView(BucketedView):
        async def bucketed_entries(self, tenant_id: TenantId) -> Sequence[BucketedEntry]:
            entries = await super().bucketed_entries(tenant_id)
            observed.add("handed to analytics", *map(repr, entries))
            return entries

    patch.setattr("server.app.categorise_all", noted_categories)
    patch.setattr("server.app.BucketedView", NotedView)


async def bring_in(ledger: Ledger, owner: LedgerClient, observed: Observed) -> None:
    statement, booked = ledger.statement(), ledger.statement_booked()
    observed.answer("preview", await owner.preview(statement))
    imported = observed.answer("import", await owner.import_statement(statement))
    observed.answer("import again", await owner.import_statement(statement))
    observed.answer("month summary", await owner.get("/v1/reports/month-summary"))
    observed.answer("preview booked", await owner.preview(booked, BOOKED_NAME))
    observed.answer("import booked", await owner.import_statement(booked, BOOKED_NAME))
    account = observed.answer("account", await owner.open_account("Cash", ledger.typed_currency))
    typed = await owner.type_entries(typed_bodies(ledger, account.json()["id"]))
    observed.answer("typed", typed)
    await edit_and_close(ledger, owner, observed, account.json()["id"])
    observed.answer("batches", await owner.get("/v1/batches"))
    observed.answer("month summary", await owner.get("/v1/reports/month-summary"))
    batch = imported.json()["batch"]
    if batch is not None:
        observed.answer("undo", await owner.undo(batch))
        observed.answer("problem: undo twice", await owner.undo(batch))
    observed.answer("batches", await owner.get("/v1/batches"))
    observed.answer("month summary", await owner.get("/v1/reports/month-summary"))
    # Their answers hold amounts, but the log of them must not.
    for path in ("/v1/ledger/changes", "/v1/entries", "/v1/accounts", "/v1/profile", "/v1/tokens"):
        assert (await owner.get(path)).status_code == 200


async def edit_and_close(
    ledger: Ledger, owner: LedgerClient, observed: Observed, account: str
) -> None:
    """Do everything to the typed entries that can be done: whatever has an amount has one of this ledger."""
    savings = (await owner.open_account("Savings", ledger.typed_currency)).json()["id"]
    bodies = typed_bodies(ledger, account)
    mirrored = [body | {"account_id": savings, "amount": negated(body)} for body in bodies]
    ids: list[str] = []
    for name, lines in {"once": bodies, "twice": bodies, "mirrored": mirrored}.items():
        answer = observed.answer(f"typed {name}", await owner.type_entries(lines))
        ids.append(answer.json()["entries"][0])
    one, twin, mirror = ids
    amount = str(bodies[0]["amount"])
    steps: list[tuple[str, str, dict[str, Any]]] = [
        ("match", one, {"others": [mirror]}),
        ("merge", one, {"others": [twin]}),
        ("notes", one, {"value": str(bodies[0]["notes"])}),
        ("statement", one, {"value": "2026-04-30"}),
        ("split", one, {"parts": [{"amount": amount}, {"amount": "0"}]}),
        ("remove", mirror, {}),
    ]
    for place, (kind, entry, more) in enumerate(steps):
        edit = {"id": str(UUID(int=place)), "entry": entry, "kind": kind, "base": 10**6, **more}
        asked = {"edits": [edit]}
        sent = await owner.http.post("/v1/edits", json=asked, headers=owner.next_key())
        observed.answer(f"edit {kind}", sent)
        assert sent.json()["results"][0]["outcome"] in {"applied", "nothing"}, sent.text
    # Long before any balance, where no stretch can add up by chance.
    dated = {"account_id": account, "on": "2020-01-31"}
    for path, body in {
        "/v1/adjustments": dated | {"amount": nonzero(bodies[0]), "reason": "x"},
        "/v1/balances": dated | {"on": "2026-04-28", "balance": amount},
    }.items():
        observed.answer(path, await owner.http.post(path, json=body, headers=owner.next_key()))
    # These answer with amounts.
    for path, body in {
        "/v1/closings": {"month": "2026-01"},
        "/v1/closings/2026-01/reopen": {"reason": "x"},
    }.items():
        answer = await owner.http.post(path, json=body, headers=owner.next_key())
        assert answer.is_success, answer.text
    assert (await owner.get(f"/v1/accounts/{account}/explanation")).is_success


def negated(body: Mapping[str, object]) -> str:
    """The amount of a typed entry, the other way round."""
    return f"{-Decimal(str(body['amount'])):f}"


def nonzero(body: Mapping[str, object]) -> str:
    """The amount of a typed entry, or where there is none, one."""
    return str(body["amount"]) if Decimal(str(body["amount"])) else "1"


def typed_bodies(ledger: Ledger, account: str) -> list[dict[str, object]]:
    return [
        {
            "account_id": account,
            "posted_on": line.posted_on,
            "amount": line.amount,
            "description": line.description,
            "notes": line.notes,
            "original_amount": line.original_amount,
            "original_currency": line.original_currency,
        }
        for line in ledger.typed
    ]


async def be_refused(ledger: Ledger, owner: LedgerClient, observed: Observed) -> None:
    """Send each amount where it is not taken."""
    nowhere = "019a0000-0000-7000-8000-000000000001"
    account = (await owner.get("/v1/accounts")).json()["accounts"][-1]["id"]
    for line, good in zip(ledger.typed, typed_bodies(ledger, account), strict=True):
        key = {"idempotency-key": line.amount}
        for name, entry in {
            "unknown account": good | {"account_id": nowhere},
            "amount as number": good | {"amount": float(line.amount)},
            "amount not readable": good | {"amount": f"{line.amount}?"},
            "amount as a date": good | {"posted_on": line.amount},
            "unknown field": good | {line.amount: 1},
            "amount as a tag": good | {"tags": line.amount},
        }.items():
            observed.answer(f"problem: {name}", await owner.type_entries([entry]))
        for name, path in {
            "unknown batch": f"/v1/batches/{line.amount}/undo",
            "unknown token": f"/v1/tokens/{line.amount}",
            "nothing here": f"/v1/{line.amount}",
        }.items():
            observed.answer(f"problem: {name}", await owner.http.post(path, headers=key))
        for name, parameters in {
            "cursor": {"after": line.amount, "epoch": line.amount},
            "unknown parameter": {line.amount: "1"},
        }.items():
            answer = await owner.get("/v1/ledger/changes", **parameters)
            observed.answer(f"problem: {name}", answer)
    damaged = ledger.statement().replace(b"<TRNAMT>", b"<TRNAMT>1.2.3 ")
    observed.answer("problem: damaged", await owner.import_statement(damaged))
    for account in ledger.accounts:
        stranger = {"authorization": f"Bearer pv_test_{account.closing}"}
        answer = await owner.http.get("/v1/profile", headers=stranger)
        observed.answer("problem: token", answer)


def columns_of(database_file: Path) -> dict[str, list[object]]:
    """Return every column of every table: as it is where it is plain, by its lengths where it is not."""
    columns: dict[str, list[object]] = {}
    with closing(sqlite3.connect(database_file)) as connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
        ).fetchall()
        for (table,) in tables:
            described = connection.execute(f"PRAGMA table_info({table})").fetchall()
            key = [column[1] for column in described if column[5]]
            for _, column, *_ in described:
                shown = f"length({column})" if column.endswith(SEALED_SUFFIXES) else column
                # Digests are sorted by chance; every other key is the same in both ledgers.
                order = "1" if any(part.endswith("_mac") for part in key) else ", ".join(key)
                rows = connection.execute(f"SELECT {shown} FROM {table} ORDER BY {order}")
                columns[f"{table}.{column}"] = [value for (value,) in rows]
    return columns


async def story(ledger: Ledger, opened: OpenServer, observed: Observed) -> None:
    owner = await opened.sign_up()
    await bring_in(ledger, owner, observed)
    await be_refused(ledger, owner, observed)


def observe(ledger: Ledger, plant: Plant = no_plant) -> Observed:
    """Bring a ledger into a server of its own and return what can be seen of it."""
    observed, world, spoken = Observed(), RepeatableWorld(), io.StringIO()
    listener = logging.StreamHandler(spoken)
    root = logging.getLogger()

    async def whole(folder: Path) -> None:
        async with open_server(folder, world=world) as opened:
            await story(ledger, opened, observed)
        for name, values in columns_of(opened.database_file).items():
            observed.add(name, *values)

    with (
        tempfile.TemporaryDirectory() as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        # What is written by the second depends on how busy this machine is, and on nothing else.
        patch.setattr("server.maintenance.upkeep.KEY_USES_SECONDS", 3600.0)
        plant(patch, world)
        watch_bucket_side(observed, patch)
        root.addHandler(listener)
        try:
            asyncio.run(whole(Path(folder) / "data"))
        finally:
            root.removeHandler(listener)
    observed.add("log", *world.log_stream.getvalue().splitlines())
    # httpx is the test's own client; what it says of a request is the test's own words.
    observed.add(
        "library logs",
        *(line for line in spoken.getvalue().splitlines() if not line.startswith("HTTP Request")),
    )
    return observed


def check_was_worth_it(observed: Observed) -> None:
    """A pair that brings nothing in would prove nothing."""
    assert observed.seen["import"][0] == 201, observed.seen["import"]
    assert observed.seen["typed"][0] == 201, observed.seen["typed"]
    assert {"month summary", "categories", "log", "entries.bucket"} <= set(observed.seen)
    assert observed.seen["problem: amount not readable"][0] == 422


def check_pair(pair: tuple[Ledger, Ledger], *, leave_out: Iterable[str] = ()) -> None:
    one, other = (observe(ledger) for ledger in pair)
    check_was_worth_it(one)
    assert differences(one, other, leave_out=leave_out) == []


@settings(phases=PHASES, max_examples=6)
@given(pairs_of_ledgers(amounts_in_texts=False))
def test_ledgers_of_equal_buckets_look_the_same(pair: tuple[Ledger, Ledger]) -> None:
    check_pair(pair)


@settings(phases=PHASES, max_examples=10)
@given(pairs_of_ledgers())
def test_amounts_in_texts_do_not_tell_ledgers_apart(pair: tuple[Ledger, Ledger]) -> None:
    check_pair(pair, leave_out=TEXTS)


@pytest.mark.deep
@settings(phases=PHASES, max_examples=150)
@given(pairs_of_ledgers(amounts_in_texts=False))
def test_many_ledgers_of_equal_buckets_look_the_same(pair: tuple[Ledger, Ledger]) -> None:
    check_pair(pair)


@pytest.mark.deep
@settings(phases=PHASES, max_examples=250)
@given(pairs_of_ledgers())
def test_many_ways_to_write_amounts_in_texts_do_not_tell(pair: tuple[Ledger, Ledger]) -> None:
    check_pair(pair, leave_out=TEXTS)


def test_the_pair_for_plants_looks_the_same_as_long_as_nothing_is_planted() -> None:
    check_pair(fixed_pair(), leave_out=TEXTS)


def test_two_large_amounts_in_one_record_do_not_show_in_its_length() -> None:
    lines = (
        {"amount": "-1234567.89", "original_amount": "-25000000000"},
        {"amount": "-123456789.01", "original_amount": "-2500000000000"},
    )
    one, other = (
        replace(ledger, typed=(replace(ledger.typed[0], original_currency="VND", **line),))
        for ledger, line in zip(fixed_pair(), lines, strict=True)
    )

    check_pair((one, other), leave_out=TEXTS)


def test_a_ledger_is_told_from_one_of_other_buckets() -> None:
    """The check is not blind: what may be seen is seen."""
    one, _ = fixed_pair()
    account = one.accounts[0]
    larger = [replace(made, amount="5000.00") for made in account.transactions]
    other = replace(one, accounts=(replace(account, transactions=larger),))

    told = differences(observe(one), observe(other))

    assert {"month summary", "entries.bucket", "entries.direction"} <= set(told)


def plant_finer_buckets(patch: pytest.MonkeyPatch, _world: RepeatableWorld) -> None:
    edges = (Decimal(10), Decimal(50), Decimal(1_000))
    patch.setattr(disclosure, "_edges_of", lambda _currency: (edges, Decimal(10_000)))


def plant_unmasked_texts(patch: pytest.MonkeyPatch, _world: RepeatableWorld) -> None:
    patch.setattr(disclosure, "mask_digits", lambda text: text)


def plant_half_masked_texts(patch: pytest.MonkeyPatch, _world: RepeatableWorld) -> None:
    """Digit by digit, as a first idea would have it: the number of digits still shows."""
    patch.setattr(disclosure, "mask_digits", lambda text: disclosure._DIGIT.sub("#", text))


def plant_log_in_thousands(patch: pytest.MonkeyPatch, world: RepeatableWorld) -> None:
    posted_entries = LedgerStore.posted_entries

    async def telling(self: LedgerStore, tenant_id: TenantId) -> list[LedgerEntry]:
        entries = await posted_entries(self, tenant_id)
        thousands = sum(abs(entry.amount.exact_value) for entry in entries) // 1000
        log = Log(world.log_stream, clock=world.clock, strict=True)
        log.event(LogEvent.STATEMENT_IMPORTED, count=int(thousands))
        return entries

    patch.setattr(LedgerStore, "posted_entries", telling)


def plant_unpadded_amounts(patch: pytest.MonkeyPatch, _world: RepeatableWorld) -> None:
    patch.setattr(amounts_module, "AMOUNT_BLOCK_BYTES", 1)


def plant_sums_in_the_month_summary(patch: pytest.MonkeyPatch, _world: RepeatableWorld) -> None:
    sums: dict[str, Decimal] = {}

    def disclose_too_much(entries: Sequence[LedgerEntry]) -> list[BucketedEntry]:
        sums.clear()
        for entry in entries:
            month = entry.posted_on[:7]
            sums[month] = sums.get(month, Decimal(0)) + entry.amount.exact_value
        return disclosure.disclose_entries(entries)

    def summing(entries: Iterable[BucketedEntry]) -> list[month_summary.MonthCount]:
        counts = month_summary.summarise_months(entries)
        return [replace(each, count=int(sums[each.month])) for each in counts]

    patch.setattr(bucketed_view, "disclose_entries", disclose_too_much)
    patch.setattr(analytics_routes, "summarise_months", summing)


def plant_digits_in_the_order_of_ids(patch: pytest.MonkeyPatch, world: RepeatableWorld) -> None:
    """Ids that rise with the amount would sort the table by it."""
    disclose = disclosure.disclose_entry

    def sorting(entry: LedgerEntry) -> BucketedEntry:
        for _ in range(len(entry.amount.literal())):
            world.new_id()
        return disclose(entry)

    patch.setattr(disclosure, "disclose_entry", sorting)


@pytest.mark.parametrize(
    ("plant", "caught_in"),
    [
        (plant_finer_buckets, {"handed to analytics", "month summary", "entries.bucket"}),
        (plant_unmasked_texts, {"handed to analytics", "handed to categorisation"}),
        (plant_half_masked_texts, {"handed to analytics", "handed to categorisation"}),
        (plant_log_in_thousands, {"log"}),
        (plant_unpadded_amounts, {"entries.amount_sealed"}),
        (plant_sums_in_the_month_summary, {"month summary"}),
        (plant_digits_in_the_order_of_ids, {"log", "batches"}),
    ],
)
def test_the_ring_catches_a_planted_fault(plant: Plant, caught_in: set[str]) -> None:
    one, other = (observe(ledger, plant) for ledger in fixed_pair())

    assert caught_in <= set(differences(one, other, leave_out=TEXTS))
