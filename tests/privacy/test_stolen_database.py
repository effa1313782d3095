"""
Ring four, second half: behaviour. A stolen database, its journal and its dump hold nothing that is worth stealing.

Canaries go in through the API in every place that takes an amount, a text or a name; then the files are read as a thief
would read them, with the server open and after it closed. The master key's own file is the one thing left out: whoever
has it beside the database can read everything, which is why it can be put elsewhere.
"""

from __future__ import annotations

import asyncio
import base64
import random
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from tests.factories import MASTER_KEY, LedgerClient, OpenServer, RepeatableWorld, open_server
from tests.fixtures.statements.make_statement import MadeAccount, MadeTransaction, ofx_statement
from tests.privacy.canaries import (
    Canary,
    amount_canary,
    bytes_canary,
    leaks,
    number_canary,
    text_canary,
)

RANDOM = random.Random(20260405)

AMOUNTS = {
    name: amount_canary(name, RANDOM)
    for name in (
        "imported amount",
        "pending amount",
        "card amount",
        "closing balance",
        "available balance",
        "typed amount",
        "original amount",
        "undone amount",
        "stated balance",
        "adjustment",
        "part amount",
    )
}
NUMBERS = {name: number_canary(name, RANDOM) for name in ("account number", "card number")}
TEXTS = {
    name: text_canary(name, RANDOM)
    for name in (
        "payee",
        "memo",
        "bank id",
        "check number",
        "institution",
        "bank",
        "description",
        "merchant",
        "notes",
        "tag",
        "account name",
        "ledger name",
        "token label",
        "second token label",
        "file name",
        "idempotency key",
        "edited note",
        "note before",
        "part",
        "adjustment reason",
        "reopening reason",
    )
}
#: Key of 32 random bytes are drawn for data keys and for tokens; nonces are shorter, and no secret.
SECRET_BYTES = 32


@dataclass(frozen=True)
class Loot:
    """What a thief carries away, by name, and what must not be in it."""

    contents: dict[str, bytes]
    canaries: Sequence[Canary]

    def found(self) -> dict[str, list[str]]:
        """Return which content gives which canaries away: the check of this ring."""
        told = {name: leaks(self.canaries, content) for name, content in self.contents.items()}
        return {name: canaries for name, canaries in told.items() if canaries}


def value(name: str) -> str:
    return {**AMOUNTS, **NUMBERS, **TEXTS}[name].value


def statement() -> bytes:
    return ofx_statement(
        [
            MadeAccount(
                account_id=value("account number"),
                bank_id=value("bank"),
                currency="EUR",
                closing=value("closing balance"),
                available=value("available balance"),
                transactions=[
                    MadeTransaction(
                        posted_on="2026-03-01",
                        amount=value("imported amount"),
                        name=value("payee"),
                        memo=f"{value('memo')} {value('imported amount')}",
                        bank_id=f"{value('bank id')}{value('imported amount')}",
                        check_number=value("check number"),
                    ),
                    MadeTransaction(
                        posted_on="2026-03-02",
                        amount=f"-{value('pending amount')}",
                        name=value("payee"),
                        pending=True,
                    ),
                ],
            ),
            MadeAccount(
                account_id=value("card number"),
                account_type="CREDITCARD",
                currency="USD",
                transactions=[
                    MadeTransaction(posted_on="2026-03-03", amount=f"-{value('card amount')}")
                ],
            ),
        ],
        institution=value("institution"),
    )


def undone_statement() -> bytes:
    made = MadeTransaction(posted_on="2026-03-04", amount=value("undone amount"), name="Undone")
    return ofx_statement([MadeAccount(account_id="1", currency="EUR", transactions=[made])])


def good(answer: httpx.Response) -> httpx.Response:
    assert answer.is_success, answer.text
    return answer


async def bring_canaries_in(opened: OpenServer) -> LedgerClient:
    owner = await opened.sign_up(value("ledger name"), value("token label"))
    good(
        await owner.http.post(
            "/v1/tokens", json={"label": value("second token label"), "scopes": ["read"]}
        )
    )
    file_name = f"{value('file name')}.ofx"
    good(await owner.import_statement(statement(), file_name))
    good(await owner.import_statement(statement(), file_name))
    undone = good(await owner.import_statement(undone_statement(), file_name)).json()["batch"]
    good(await owner.undo(undone))
    account = good(await owner.open_account(value("account name"))).json()["id"]
    entry = {
        "account_id": account,
        "posted_on": "2026-03-05",
        "amount": f"-{value('typed amount')}",
        "description": value("description"),
        "merchant": value("merchant"),
        "notes": f"{value('notes')} and {value('typed amount')}",
        "tags": [value("tag")],
        "original_amount": value("original amount"),
        "original_currency": "USD",
    }
    key = {"idempotency-key": value("idempotency key")}
    typed = await owner.http.post("/v1/entries", json={"entries": [entry]}, headers=key)
    await edit_and_close(owner, account, good(typed).json()["entries"][0])
    return owner


async def edit_and_close(owner: LedgerClient, account: str, entry: str) -> None:
    """Edit the typed entry, state a balance, adjust, close the month with all of it, and open it again."""

    async def post(path: str, body: Mapping[str, object]) -> None:
        answer = good(await owner.http.post(path, json=body, headers=owner.next_key()))
        results = answer.json().get("results", [])
        assert {each["outcome"] for each in results} <= {"applied"}, answer.text

    rest = -Decimal(value("typed amount")) - Decimal(value("part amount"))
    parts = [
        {"amount": value("part amount"), "description": value("part")},
        {"amount": f"{rest:f}"},
    ]
    edits: tuple[dict[str, object], ...] = (
        {"kind": "notes", "value": value("note before")},
        {"kind": "notes", "value": value("edited note")},
        {"kind": "notes", "value": f"{value('notes')} and {value('typed amount')}"},
        {"kind": "split", "parts": parts},
    )
    for place, edit in enumerate(edits):
        named = {"id": str(UUID(int=place)), "entry": entry, "base": 10**6}
        await post("/v1/edits", {"edits": [named | edit]})
    dated = {"account_id": account, "on": "2026-03-09"}
    await post("/v1/balances", dated | {"balance": value("stated balance")})
    adjustment = {"amount": value("adjustment"), "reason": value("adjustment reason")}
    await post("/v1/adjustments", dated | adjustment)
    await post("/v1/closings", {"month": "2026-03"})
    shown = good(await owner.get("/v1/closings/2026-03")).content
    seen = {"typed amount", "stated balance", "adjustment", "adjustment reason", "description"}
    assert set(leaks([*AMOUNTS.values(), *TEXTS.values()], shown)) >= seen
    await post("/v1/closings/2026-03/reopen", {"reason": value("reopening reason")})


def read_files(folder: Path) -> dict[str, bytes]:
    """Every file of the server, but for the master key's own."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {path.name: path.read_bytes() for path in paths if path.name != "master.key"}


def dump_of(database_file: Path) -> bytes:
    with closing(sqlite3.connect(database_file)) as connection:
        return "\n".join(connection.iterdump()).encode()


def secrets_of(owner: LedgerClient, world: RepeatableWorld) -> list[Canary]:
    drawn = [given for given in world.random_bytes_given if len(given) == SECRET_BYTES]
    assert len(drawn) == 3, "a data key and two tokens"
    secret = base64.urlsafe_b64decode(owner.token.removeprefix("pv_test_") + "=")
    assert secret in drawn
    return [
        bytes_canary("master key", MASTER_KEY),
        bytes_canary("token as sent", owner.token.encode()),
        *(bytes_canary(f"secret {place}", raw) for place, raw in enumerate(drawn)),
    ]


async def answers_hold_the_canaries(owner: LedgerClient) -> None:
    """The owner sees everything: what is nowhere to be found was there to be kept."""
    paths = (
        *("/v1/entries", "/v1/accounts", "/v1/batches", "/v1/profile", "/v1/tokens"),
        "/v1/closings",
    )
    told = b"".join([(await owner.get(path)).content for path in paths])
    seen = set(leaks([*AMOUNTS.values(), *TEXTS.values()], told))
    never_shown = {
        "available balance",
        "undone amount",
        "bank",
        "check number",
        "idempotency key",
        "edited note",
        "note before",
    }
    assert seen >= {*AMOUNTS, *TEXTS} - never_shown, {*AMOUNTS, *TEXTS} - seen


def break_in(folder: Path) -> Loot:
    """Run the server, steal from it while it is open and once it is closed."""
    world = RepeatableWorld()
    loot: dict[str, bytes] = {}

    async def whole() -> list[Canary]:
        async with open_server(folder, world=world) as opened:
            owner = await bring_canaries_in(opened)
            await answers_hold_the_canaries(owner)
            loot.update({f"open: {name}": raw for name, raw in read_files(folder).items()})
            loot["open: dump"] = dump_of(opened.database_file)
        loot.update({f"closed: {name}": raw for name, raw in read_files(folder).items()})
        loot["closed: dump"] = dump_of(opened.database_file)
        return secrets_of(owner, world)

    secrets = asyncio.run(whole())
    canaries = [*AMOUNTS.values(), *NUMBERS.values(), *TEXTS.values(), *secrets]
    return Loot(contents=loot, canaries=canaries)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stolen") / "data"


@pytest.fixture(scope="module")
def loot(folder: Path) -> Loot:
    return break_in(folder)


def test_everything_was_stolen(loot: Loot) -> None:
    names = {"pennyvault.db", "pennyvault.db-wal", "pennyvault.db-shm", "epoch", "dump"}

    assert {f"open: {name}" for name in names} <= set(loot.contents)
    assert {"closed: pennyvault.db", "closed: epoch", "closed: dump"} <= set(loot.contents)
    assert len(loot.contents["open: pennyvault.db-wal"]) > 10_000
    assert b'INSERT INTO "entries"' in loot.contents["closed: dump"]


def test_no_file_and_no_dump_holds_a_canary(loot: Loot) -> None:
    assert loot.found() == {}


def test_the_key_s_file_is_closed_to_others_and_is_the_one_that_holds_the_key(
    loot: Loot, folder: Path
) -> None:
    key_file = folder / "master.key"

    assert key_file.stat().st_mode & 0o077 == 0
    assert leaks(loot.canaries, key_file.read_bytes()) == ["master key"]


def test_the_files_are_closed_to_other_users(loot: Loot, folder: Path) -> None:
    assert {path.stat().st_mode & 0o077 for path in [folder, *folder.iterdir()]} == {0}


PLANTS = {
    "text": lambda amount: amount,
    "real": float,
    "cents": lambda amount: int(Decimal(amount) * 100),
    "thousandths": lambda amount: int(Decimal(amount) * 1000),
    "hex": lambda amount: amount.encode().hex(),
    "base64": lambda amount: base64.b64encode(amount.encode()).decode(),
    "blob": lambda amount: int(Decimal(amount) * 100).to_bytes(8, "little"),
    "digits reversed": lambda amount: str(int(Decimal(amount) * 100))[::-1],
}


@pytest.mark.parametrize("plant", PLANTS.values(), ids=list(PLANTS))
def test_the_ring_catches_a_table_with_one_plain_amount(
    loot: Loot, folder: Path, tmp_path: Path, plant: object
) -> None:
    assert callable(plant)
    planted = tmp_path / "pennyvault.db"
    planted.write_bytes((folder / "pennyvault.db").read_bytes())
    with closing(sqlite3.connect(planted)) as connection, connection:
        connection.execute("CREATE TABLE planted (amount ANY) STRICT")
        connection.execute("INSERT INTO planted VALUES (?)", (plant(value("card amount")),))

    contents = {"file": planted.read_bytes(), "dump": dump_of(planted)}
    caught = Loot(contents=contents, canaries=loot.canaries).found()

    assert caught.get("dump", caught.get("file")) == ["card amount"]
    assert set(caught.get("file", ["card amount"])) == {"card amount"}


@pytest.mark.parametrize("name", ["payee", "account number", "token as sent", "secret 0"])
def test_the_ring_catches_a_table_with_a_plain_text_or_secret(
    loot: Loot, tmp_path: Path, name: str
) -> None:
    (canary,) = [canary for canary in loot.canaries if canary.name == name]
    with closing(sqlite3.connect(tmp_path / "planted.db")) as connection, connection:
        connection.execute("CREATE TABLE planted (text TEXT) STRICT")
        connection.execute("INSERT INTO planted VALUES (?)", (canary.value,))
        contents = {"dump": "\n".join(connection.iterdump()).encode()}

    assert Loot(contents=contents, canaries=loot.canaries).found() == {"dump": [name]}
