"""Rooms that only echo, tokens that only are, and a log that is a list: what the edge is tried with."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Annotated

import msgspec

from server.shared_types.clock import new_id
from server.shared_types.ids import PersonId, PrincipalId, TenantId, TokenId
from server.web.edge import EdgeTools, WebApp, WebParts, build_web_app
from server.web.endpoints import Call, Endpoint, NoBody, NoQuery, RawBody, Reply, RouteName
from server.web.limits import MovingWindowLimiter
from server.web.ports import AnsweredRequest, Principal, Scope
from server.web.problems import Unauthenticated

READER = "pv_test_" + "r" * 43
WRITER = "pv_test_" + "w" * 43
NEIGHBOUR = "pv_test_" + "n" * 43

OWN = frozenset({RouteName.OPENAPI, RouteName.HEALTH})
OPEN = frozenset({RouteName.OPENAPI, RouteName.HEALTH, RouteName.SIGN_UP})


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    amount: str
    note: Annotated[str, msgspec.Meta(max_length=5)] = ""


class EchoBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    lines: list[Line]
    marks: dict[str, int] = {}


class EchoQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    limit: Annotated[int, msgspec.Meta(ge=1, le=10)] = 5
    since: str = msgspec.field(name="from", default="")


class FileQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    file_name: str


class Echo(msgspec.Struct, frozen=True):
    route: str
    seen: str


def principal(*scopes: Scope) -> Principal:
    return Principal(
        tenant_id=TenantId(uuid.uuid4()),
        principal_id=PrincipalId(uuid.uuid4()),
        person_id=PersonId(uuid.uuid4()),
        token_id=TokenId(uuid.uuid4()),
        scopes=frozenset(scopes),
    )


@dataclass
class FakeTokens:
    holders: dict[str, Principal] = field(
        default_factory=lambda: {
            READER: principal(Scope.READ),
            WRITER: principal(Scope.READ, Scope.WRITE),
            NEIGHBOUR: principal(Scope.READ, Scope.WRITE),
        }
    )
    revoked: list[str] = field(default_factory=list)

    async def authenticate(self, token: str) -> Principal:
        if token not in self.holders:
            raise Unauthenticated
        return self.holders[token]

    async def revoke_exposed(self, token: str) -> None:
        self.revoked.append(token)


@dataclass
class ListLog:
    answers: list[AnsweredRequest] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)
    exposed: int = 0

    def answered(self, request: AnsweredRequest) -> None:
        self.answers.append(request)

    def failed(self, request_id: uuid.UUID, error: BaseException) -> None:
        self.failures.append(error)

    def token_exposed(self, request_id: uuid.UUID) -> None:
        self.exposed += 1


def echo(name: RouteName) -> Endpoint:
    async def handle(call: Call) -> Reply:
        seen = f"{call.query!r} {call.body!r} {call.path!r} {call.idempotency_key}"
        if isinstance(call.body, RawBody):
            seen = str(len(call.body.content))
        return Reply(body=Echo(route=name.value, seen=seen))

    body: type[msgspec.Struct] = NoBody
    query: type[msgspec.Struct] = NoQuery
    if name in {RouteName.CREATE_ENTRIES, RouteName.SIGN_UP}:
        body = EchoBody
    if name in {RouteName.PREVIEW_IMPORT, RouteName.IMPORT_STATEMENT}:
        body, query = RawBody, FileQuery
    if name is RouteName.LIST_ENTRIES:
        query = EchoQuery
    return Endpoint(name=name, handle=handle, answer=Echo, body=body, query=query)


def echo_rooms() -> list[Endpoint]:
    return [echo(name) for name in RouteName if name not in OWN]


@dataclass
class Stage:
    tokens: FakeTokens = field(default_factory=FakeTokens)
    log: ListLog = field(default_factory=ListLog)
    now: float = 1000.0
    hosts: tuple[str, ...] = ()

    def app(self, *instead: Endpoint) -> WebApp:
        named = {endpoint.name for endpoint in instead}
        rooms = [room for room in echo_rooms() if room.name not in named]
        return build_web_app(
            self.tools(),
            WebParts(
                endpoints=[*rooms, *instead],
                authenticator=self.tokens,
                exposed_tokens=self.tokens,
                limiter=MovingWindowLimiter(lambda: self.now),
            ),
        )

    def tools(self) -> EdgeTools:
        return EdgeTools(hosts=self.hosts, new_id=new_id, monotonic=lambda: self.now, log=self.log)
