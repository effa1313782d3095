"""A real ledger on a real SQLite file, reached through the endpoints that the room hands over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from server.buckets_only.categorisation.categorise import categorise_all
from server.database.sessions import Database
from server.exact_amounts.entries.entry import AccountType
from server.exact_amounts.entries.money import ExactAmount
from server.exact_amounts.entries.statement import (
    StatedBalance,
    Statement,
    StatementAccount,
    StatementFile,
    StatementTransaction,
)
from server.exact_amounts.ledger import routes as ledger_routes
from server.exact_amounts.ledger.ledger_store import LedgerStore
from server.exact_amounts.ledger.ports import Ledger
from server.exact_amounts.reconciliation import routes as reconciliation_routes
from server.exact_amounts.statements import routes as statement_routes
from server.sealing.keys import TenantKeyRing
from server.sealing.master_keys import MasterKey, OneMasterKey
from server.shared_types.clock import new_id
from server.shared_types.ids import IdMaker, PersonId, PrincipalId, TenantId, TokenId
from server.web.endpoints import Call, Endpoint, NoBody, RawBody, RouteName
from server.web.ports import Principal, Scope
from tests.databases import open_database, place_of

EPOCH = "0198c0de"
NOW = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)
NOBODY = TenantId(UUID(int=0))

T = TypeVar("T")


def caller_of(tenant_id: TenantId) -> Principal:
    return Principal(
        tenant_id=tenant_id,
        principal_id=PrincipalId(UUID(int=7)),
        person_id=PersonId(UUID(int=8)),
        token_id=TokenId(UUID(int=9)),
        scopes=frozenset(Scope),
    )


class People:
    """Satisfies the ledger's port: everybody is called by the last digits of its id, and 7 is an administrator."""

    async def names(self, tenant_id: TenantId) -> Mapping[PrincipalId, str]:
        return {PrincipalId(UUID(int=number)): f"machine {number}" for number in range(100)}

    async def may_administer(self, caller: Principal) -> bool:
        return caller.principal_id.int == 7


@dataclass
class Room:
    """A ledger of any kind with a tenant in it, reached through the endpoints of its room."""

    ledger: Ledger
    tenant: TenantId = NOBODY
    files: dict[bytes, StatementFile] = field(default_factory=dict)
    endpoints: dict[RouteName, Endpoint] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for endpoint in (
            *ledger_routes.endpoints(self.ledger, People()),
            *reconciliation_routes.endpoints(self.ledger, People()),
            *statement_routes.endpoints(self.ledger, lambda content: self.files[content]),
        ):
            self.endpoints[endpoint.name] = endpoint

    async def call(
        self,
        name: RouteName,
        *,
        body: msgspec.Struct | None = None,
        query: msgspec.Struct | Mapping[str, str] | None = None,
        key: str = "",
        tenant: TenantId | None = None,
        **path: str,
    ) -> Any:
        """Call an endpoint as the edge would and return its answer decoded from JSON."""
        endpoint = self.endpoints[name]
        if query is None or isinstance(query, Mapping):
            query = msgspec.convert(query or {}, endpoint.query, strict=False)
        reply = await endpoint.handle(
            Call(
                principal=caller_of(tenant or self.tenant),
                request_id="r",
                path=path,
                query=query,
                body=body or NoBody(),
                idempotency_key=key,
            )
        )
        assert reply.body is not None
        assert endpoint.answer is not None
        content = reply.body if isinstance(reply.body, bytes) else msgspec.json.encode(reply.body)
        msgspec.json.decode(content, type=endpoint.answer)
        return msgspec.json.decode(content)

    async def drop(self, lease: str) -> None:
        """End a lease."""
        reply = await self.endpoints[RouteName.DROP_LEASE].handle(
            Call(
                principal=caller_of(self.tenant),
                request_id="r",
                path={"lease_id": lease},
                query=None,
                body=NoBody(),
            )
        )
        assert reply.body is None

    def content_of(self, file: StatementFile) -> bytes:
        """The bytes that the stand-in for the reader reads as this file."""
        for content, known in self.files.items():
            if known == file:
                return content
        content = f"file {len(self.files)}".encode()
        self.files[content] = file
        return content

    async def take(
        self, file: StatementFile, *, key: str = "", name: str = "march.ofx", **more: Any
    ) -> Any:
        """Import a file that the reader knows."""
        content = self.content_of(file)
        return await self.call(
            RouteName.IMPORT_STATEMENT,
            body=RawBody(content=content),
            query={"file_name": name, **more.pop("query", {})},
            key=key or str(new_id()),
            **more,
        )

    async def preview(self, file: StatementFile, **more: Any) -> Any:
        content = self.content_of(file)
        return await self.call(
            RouteName.PREVIEW_IMPORT,
            body=RawBody(content=content),
            query={"file_name": "march.ofx"},
            **more,
        )

    async def walk(
        self, cursor: str | None = None, limit: int = 3, tenant: TenantId | None = None
    ) -> tuple[list[Any], Any]:
        """Read the change feed to its end; return its entries and the last page."""
        entries = []
        while True:
            query = {"limit": str(limit)} | ({"after": cursor, "epoch": EPOCH} if cursor else {})
            page = await self.call(RouteName.READ_CHANGES, query=query, tenant=tenant)
            assert len(page["entries"]) <= limit
            entries += page["entries"]
            cursor = page["cursor"]
            if not page["more"]:
                return entries, page
            assert page["accounts"] == []


@dataclass
class Server(Room):
    """A sealed ledger in a database, which can be changed behind the server's back."""

    ledger: LedgerStore
    database: Database = field(kw_only=True)
    path: Path = field(kw_only=True)
    keys: TenantKeyRing = field(kw_only=True)

    async def sign_up(self) -> TenantId:
        tenant = TenantId(self.ledger.new_id())
        async with self.database.transaction(tenant) as session:
            await session.execute(
                "INSERT INTO tenants (tenant_id, created_at, version, environment, name_sealed)"
                " VALUES (:tenant_id, :now, 0, 'test', :name_sealed)",
                {"tenant_id": tenant.bytes, "now": NOW.isoformat(), "name_sealed": b"\0"},
            )
            await self.keys.create(session, tenant)
        return tenant

    def tamper(self, statement: str, *values: object) -> None:
        """Change the database behind the server's back."""
        assert place_of(self.path).change(statement, *values) > 0


@asynccontextmanager
async def server_at(path: Path, *, make_id: IdMaker = new_id) -> AsyncIterator[Server]:
    """A server with one tenant on the running test's kind of database."""
    opened = await open_database(path)
    try:
        keys = TenantKeyRing(OneMasterKey(MasterKey(bytes(32))))
        ledger = LedgerStore(opened, keys, lambda: NOW, make_id, EPOCH, categorise_all)
        server = Server(ledger, database=opened, path=path, keys=keys)
        server.tenant = await server.sign_up()
        yield server
    finally:
        await opened.close()


Story = Callable[[Server], Coroutine[Any, Any, T]]


def on_server(folder: Path, story: Story[T]) -> T:
    """Run a story on a server of its own."""

    async def whole() -> T:
        async with server_at(folder / "ledger.db") as server:
            return await story(server)

    return asyncio.run(whole())


def row(
    day: int, amount: str = "-3.50", text: str = "Coffee", bank_id: str = "", **more: Any
) -> StatementTransaction:
    return StatementTransaction(
        line=more.pop("line", day),
        posted_on=f"2026-03-{day:02}",
        amount=ExactAmount(Decimal(amount), "EUR"),
        description=text,
        bank_id=bank_id,
        **more,
    )


def balance(day: str, amount: str) -> StatedBalance:
    return StatedBalance(stated_on=day, balance=ExactAmount(Decimal(amount), "EUR"))


def file_of(
    *transactions: StatementTransaction,
    number: str = "10020030/12345678",
    opening: StatedBalance | None = None,
    closing: StatedBalance | None = None,
) -> StatementFile:
    return StatementFile(
        format="ofx",
        accounts=(
            StatementAccount(
                number=number,
                account_type=AccountType.CHECKING,
                currency="EUR",
                institution="Northbank",
                statements=(
                    Statement(opening=opening, closing=closing, transactions=transactions),
                ),
            ),
        ),
    )
