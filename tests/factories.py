"""
What several test folders build alike: a whole server in this process, with a world that repeats itself.

The server is the one that `create_app` makes, on a real SQLite file, called over `httpx.ASGITransport` with its
lifespan run. Time, ids and randomness come from `RepeatableWorld`: the same calls in the same order see the same.
"""

from __future__ import annotations

import base64
import io
import os
import random
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from server.app import Surroundings, create_app
from server.settings import Settings
from server.shared_types.ids import uuid7_at
from server.web.edge import WebApp

__all__ = [
    "MASTER_KEY",
    "LedgerClient",
    "OpenServer",
    "RepeatableWorld",
    "open_server",
    "temporary_settings",
]

FIRST_INSTANT = datetime(2026, 11, 20, 10, tzinfo=UTC)
#: Every question for the time moves it on, so that ids made one after the other rise.
TICK = timedelta(milliseconds=1)

MASTER_KEY = random.Random("the master key of tests").randbytes(32)

#: No test of behaviour meets a limit on calls by accident.
LIMITS_MULTIPLIER = 1000

OCTETS = {"content-type": "application/octet-stream"}


def temporary_settings(folder: Path, **variables: str) -> Settings:
    """
    Return the settings of a server whose data are in `folder`, with sign-up open and every event logged.

    `variables` are those of the environment without their prefix, `LOG_LEVEL="info"`. The master key is
    `MASTER_KEY`, in a file of the right mode.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key_file = folder / "master.key"
    if not key_file.exists():
        descriptor = os.open(key_file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(MASTER_KEY))
    chosen = {
        "DATA_DIR": str(folder),
        "ENVIRONMENT": "test",
        "SIGNUP": "open",
        "LOG_LEVEL": "debug",
        **variables,
    }
    return Settings.from_environment({f"PENNYVAULT_{name}": chosen[name] for name in chosen})


class RepeatableWorld:
    """A clock, ids, randomness and a log stream; two worlds of one seed are the same to whoever asks alike."""

    def __init__(self, seed: int = 1) -> None:
        self._ids = random.Random(f"ids {seed}")
        self._bytes = random.Random(f"bytes {seed}")
        self._now = FIRST_INSTANT
        self._seconds = 1000.0
        self.log_stream = io.StringIO()
        #: Everything that was given out as random bytes: keys and the secrets of tokens are among them.
        self.random_bytes_given: list[bytes] = []

    def clock(self) -> datetime:
        """Return an instant later than the one before."""
        self._now += TICK
        return self._now

    def new_id(self) -> UUID:
        """Return a UUIDv7 later than the one before."""
        return uuid7_at(self.clock(), self._ids.randbytes(10))

    def monotonic(self) -> float:
        """Return seconds; each question takes a millisecond."""
        self._seconds += TICK.total_seconds()
        return self._seconds

    def random_bytes(self, count: int) -> bytes:
        """Return bytes that only look random."""
        given = self._bytes.randbytes(count)
        self.random_bytes_given.append(given)
        return given

    def surroundings(self, *, limits_multiplier: int = LIMITS_MULTIPLIER) -> Surroundings:
        """Return this world as the server takes it."""
        return Surroundings(
            clock=self.clock,
            new_id=self.new_id,
            monotonic=self.monotonic,
            random_bytes=self.random_bytes,
            log_stream=self.log_stream,
            limits_multiplier=limits_multiplier,
        )


@dataclass
class LedgerClient:
    """Someone who holds a token of one ledger. Requests return answers as they are: tests judge them."""

    http: httpx.AsyncClient
    #: The ledger's id.
    ledger: str
    token: str
    keys_used: int = 0

    def next_key(self) -> dict[str, str]:
        """Return the header of an idempotency key that was not used before."""
        self.keys_used += 1
        return {"idempotency-key": f"key-{self.keys_used}"}

    async def get(self, path: str, **parameters: str) -> httpx.Response:
        """Read."""
        return await self.http.get(path, params=parameters)

    async def open_account(
        self, name: str, currency: str = "EUR", account_type: str = "checking"
    ) -> httpx.Response:
        """Open an account by hand."""
        body = {"name": name, "currency": currency, "type": account_type}
        return await self.http.post("/v1/accounts", json=body)

    async def type_entries(self, entries: Sequence[Mapping[str, Any]]) -> httpx.Response:
        """Type entries, given as the fields of the request."""
        return await self.http.post(
            "/v1/entries", json={"entries": list(entries)}, headers=self.next_key()
        )

    async def preview(self, content: bytes, file_name: str = "statement.ofx") -> httpx.Response:
        """Ask what an import would do."""
        return await self.http.post(
            "/v1/imports/preview",
            params={"file_name": file_name},
            content=content,
            headers=OCTETS,
        )

    async def import_statement(
        self, content: bytes, file_name: str = "statement.ofx"
    ) -> httpx.Response:
        """Import a statement file."""
        return await self.http.post(
            "/v1/imports",
            params={"file_name": file_name},
            content=content,
            headers={**OCTETS, **self.next_key()},
        )

    async def undo(self, batch: str) -> httpx.Response:
        """Take a batch back."""
        return await self.http.post(f"/v1/batches/{batch}/undo", headers=self.next_key())


@dataclass
class OpenServer:
    """A server that answers, its settings and the world around it."""

    app: WebApp
    settings: Settings
    world: RepeatableWorld
    _stack: AsyncExitStack = field(repr=False)

    @property
    def database_file(self) -> Path:
        """The database; `-wal` and `-shm` lie beside it while the server is open."""
        return self.settings.data_dir / "pennyvault.db"

    @property
    def log(self) -> str:
        """Everything that the server's log said until now."""
        return self.world.log_stream.getvalue()

    async def client(self, token: str = "", *, address: str = "127.0.0.1") -> httpx.AsyncClient:
        """Return a client at an address, with a token where one is given; it is closed with the server."""
        transport = httpx.ASGITransport(self.app, client=(address, 40000))
        headers = {"authorization": f"Bearer {token}"} if token else {}
        client = httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1:8321", headers=headers
        )
        return await self._stack.enter_async_context(client)

    async def sign_up(
        self, ledger_name: str = "Household", token_label: str = "First token"
    ) -> LedgerClient:
        """Make a ledger and return its owner."""
        stranger = await self.client()
        answer = await stranger.post(
            "/v1/signup", json={"ledger_name": ledger_name, "token_label": token_label}
        )
        assert answer.status_code == 201, answer.text
        made = answer.json()
        return LedgerClient(
            http=await self.client(made["token"]), ledger=made["ledger"], token=made["token"]
        )

    def change_behind_its_back(self, statement: str, *values: object) -> None:
        """Change the database as a thief with a disk would."""
        with closing(sqlite3.connect(self.database_file)) as connection, connection:
            assert connection.execute(statement, values).rowcount > 0

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Read the database as a thief with a disk would."""
        with closing(sqlite3.connect(self.database_file)) as connection:
            return connection.execute(query, values).fetchall()


@asynccontextmanager
async def open_server(
    folder: Path,
    *,
    world: RepeatableWorld | None = None,
    settings: Settings | None = None,
    limits_multiplier: int = LIMITS_MULTIPLIER,
) -> AsyncIterator[OpenServer]:
    """Open a server with its data in `folder`, and close it as its lifespan says."""
    world = world or RepeatableWorld()
    settings = settings or temporary_settings(folder)
    app = create_app(settings, world.surroundings(limits_multiplier=limits_multiplier))
    async with app.router.lifespan_context(app), AsyncExitStack() as stack:
        yield OpenServer(app, settings, world, stack)
