"""Identity on a real database in a folder, behind the edge, with a clock that tests move."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from server.audit.trail import AuditTrail
from server.identity.identity_service import IdentityRules, IdentityService
from server.identity.routes import endpoints
from server.sealing.keys import TenantKeyRing
from server.sealing.master_keys import MasterKey, OneMasterKey
from server.settings import Environment
from server.shared_types.clock import new_id
from server.web.edge import WebApp, WebParts, build_web_app
from server.web.limits import MovingWindowLimiter
from tests.databases import open_database, place_of
from tests.unit.server.web.fake_rooms import Stage, echo_rooms

EPOCH = "01890000-0000-7000-8000-000000000000"


@dataclass
class OpenIdentity:
    folder: Path
    now: datetime = datetime(2026, 11, 20, 10, tzinfo=UTC)
    epoch: str = EPOCH
    random_bytes_fail: bool = False
    app: WebApp = field(init=False)
    http: httpx.AsyncClient = field(init=False)

    def clock(self) -> datetime:
        return self.now

    def random_bytes(self, count: int) -> bytes:
        if self.random_bytes_fail:
            message = "no randomness left"
            raise OSError(message)
        return secrets.token_bytes(count)

    def client(self, address: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, client=(address, 4711))
        return httpx.AsyncClient(transport=transport, base_url="http://localhost")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return place_of(self.folder / "ledger.db").query(query)


@asynccontextmanager
async def open_identity(
    folder: Path, *, environment: Environment = Environment.TEST, sign_up_open: bool = True
) -> AsyncIterator[OpenIdentity]:
    opened = OpenIdentity(folder)
    database = await open_database(folder / "ledger.db")
    try:
        identity = IdentityService(
            database,
            TenantKeyRing(OneMasterKey(MasterKey(bytes(32)))),
            IdentityRules(environment=environment, epoch=EPOCH, sign_up_open=sign_up_open),
            trail=AuditTrail(opened.clock),
            clock=opened.clock,
            new_id=new_id,
            random_bytes=opened.random_bytes,
        )
        rooms = endpoints(identity)
        named = {room.name for room in rooms}
        stage = Stage()
        opened.app = build_web_app(
            stage.tools(),
            WebParts(
                endpoints=[*rooms, *(one for one in echo_rooms() if one.name not in named)],
                authenticator=identity,
                exposed_tokens=identity,
                limiter=MovingWindowLimiter(lambda: stage.now, multiplier=100),
            ),
        )
        async with opened.client("127.0.0.1") as opened.http:
            yield opened
    finally:
        await database.close()
