"""A whole server in this process with many clients at once, and another room of keys beside it."""

from __future__ import annotations

import asyncio
import io
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from server.app import KeyRoom, Surroundings, create_app, open_key_room
from server.settings import Settings
from tests.databases import open_database, place_of

#: How long kept keys are trusted here, and how long a rotation waits for that.
TRUSTED_SECONDS = 0.15
SETTLE_SECONDS = 0.6

#: Every sealed column there is, with its table.
SEALED_COLUMNS = (
    ("tenants", "name_sealed"),
    ("tokens", "label_sealed"),
    ("accounts", "name_sealed"),
    ("accounts", "number_sealed"),
    ("batches", "source_sealed"),
    ("idempotent_answers", "answer_sealed"),
    ("entries", "amount_sealed"),
    ("entries", "text_sealed"),
    ("anchors", "balance_sealed"),
    ("ledger_integrity", "sum_sealed"),
)

STATEMENT = Path(__file__).parents[3] / "fixtures" / "statements" / "accounts-several.qfx"


@dataclass
class Client:
    """One who signed up, or shares the ledger of one who did, and remembers what every answer was."""

    http: httpx.AsyncClient
    bearer: dict[str, str]
    account: str = ""
    refused: list[tuple[str, int, str]] = field(default_factory=list)
    requests: int = 0
    entries: set[str] = field(default_factory=set)

    async def ask(self, method: str, path: str, **more: Any) -> Any:
        headers = {**self.bearer, **more.pop("headers", {})}
        response = await self.http.request(method, path, headers=headers, **more)
        self.requests += 1
        if not response.is_success:
            self.refused.append((path, response.status_code, response.text))
            return None
        return response.json()

    async def write(self, count: int) -> None:
        """Type some entries; the same request twice, for the kept answer."""
        typed = {
            "account_id": self.account,
            "posted_on": "2026-03-31",
            "amount": "-4.71",
            "description": "Coffee",
        }
        body = {"entries": [typed] * count}
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        answers = [
            await self.ask("POST", "/v1/entries", json=body, headers=headers) for _ in range(2)
        ]
        if answers[0] is not None:
            self.entries.update(answers[0]["entries"])
            if answers[1] != answers[0]:
                self.refused.append(("another answer to the same request", 0, ""))

    async def read(self) -> None:
        """Read everything that was ever sealed."""
        await self.ask("GET", "/v1/profile")
        await self.ask("GET", "/v1/tokens")
        await self.ask("GET", "/v1/accounts")
        await self.ask("GET", "/v1/batches")
        changes = await self.ask("GET", "/v1/ledger/changes", params={"limit": 1000})
        if changes is not None and not changes["more"]:
            missing = self.entries - {entry["id"] for entry in changes["entries"]}
            if missing:
                self.refused.append(("entries are missing", len(missing), ""))

    async def live(self, over: asyncio.Event) -> None:
        """Read and write until it is over."""
        while not over.is_set():
            await self.write(3)
            await self.read()


def variables_in(folder: Path) -> dict[str, str]:
    return {
        "PENNYVAULT_DATA_DIR": str(folder),
        "PENNYVAULT_DATABASE_URL": place_of(folder / "pennyvault.db").url,
        "PENNYVAULT_SIGNUP": "open",
        "PENNYVAULT_ENVIRONMENT": "test",
    }


def settings_in(folder: Path) -> Settings:
    return Settings.from_environment(variables_in(folder))


def surroundings(
    log: io.StringIO | None = None, trusted_seconds: float = TRUSTED_SECONDS
) -> Surroundings:
    return Surroundings(
        log_stream=log or io.StringIO(),
        limits_multiplier=10_000,
        keys_trusted_seconds=trusted_seconds,
    )


@asynccontextmanager
async def key_room(folder: Path, new_master_key_file: Path | None = None) -> AsyncIterator[KeyRoom]:
    """A room of keys as another process would have it."""
    async with open_key_room(settings_in(folder), surroundings(), new_master_key_file) as room:
        yield room


@asynccontextmanager
async def served(
    folder: Path, trusted_seconds: float = TRUSTED_SECONDS, *, may_fail: bool = False
) -> AsyncIterator[httpx.AsyncClient]:
    await (await open_database(folder / "pennyvault.db")).close()
    log = io.StringIO()
    app = create_app(settings_in(folder), surroundings(log, trusted_seconds))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            yield http
    told = [json.loads(line) for line in log.getvalue().splitlines()]
    failed = [line for line in told if line["level"] in {"error", "critical"}]
    assert may_fail or failed == []


async def clients_of(http: httpx.AsyncClient, ledgers: int, each: int) -> list[Client]:
    """Ledgers with an account and a statement, and several clients of each."""
    clients = []
    for number in range(ledgers):
        made = (await http.post("/v1/signup", json={"ledger_name": f"Ledger {number}"})).json()
        owner = Client(http, {"Authorization": f"Bearer {made['token']}"})
        account = await owner.ask(
            "POST", "/v1/accounts", json={"name": "Cash", "currency": "EUR", "type": "checking"}
        )
        owner.account = account["id"]
        await owner.ask(
            "POST",
            "/v1/imports",
            params={"file_name": "march.qfx"},
            content=STATEMENT.read_bytes(),
            headers={
                "Idempotency-Key": "import",
                "Content-Type": "application/octet-stream",
            },
        )
        for extra in range(1, each):
            token = await owner.ask(
                "POST", "/v1/tokens", json={"label": f"Client {extra}", "scopes": ["read", "write"]}
            )
            bearer = {"Authorization": f"Bearer {token['token']}"}
            clients.append(Client(http, bearer, account=owner.account))
        clients.append(owner)
        assert owner.refused == []
    return clients


def key_versions_of_records(folder: Path) -> dict[tuple[str, str], frozenset[int]]:
    """Which key versions the records of each column say they are sealed with."""
    place = place_of(folder / "pennyvault.db")
    return {
        (table, column): frozenset(
            int.from_bytes(row[0], "big")
            for row in place.query(
                f"SELECT DISTINCT substr({column}, 2, 4) FROM {table} WHERE {column} IS NOT NULL"
            )
        )
        for table, column in SEALED_COLUMNS
    }


def key_states(folder: Path) -> list[tuple[int, str]]:
    """Every version and state that occurs, each once."""
    place = place_of(folder / "pennyvault.db")
    return place.query(
        "SELECT DISTINCT key_version, state FROM tenant_keys ORDER BY key_version, state"
    )
