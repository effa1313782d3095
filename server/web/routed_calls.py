"""
One route at work: who calls, may they, how often, then what they sent, then the room's handler.

The order matters: nothing of a body is read before the caller is known and let in.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

import msgspec

from server.web.answers import exchange_of
from server.web.bodies import BodyReader
from server.web.endpoints import Call, Endpoint, RawBody
from server.web.peers import client_key
from server.web.ports import Authenticator, Limiter, Principal
from server.web.problems import (
    IdempotencyKeyNeeded,
    InsufficientScope,
    TooManyCalls,
    Unauthenticated,
)
from server.web.query_strings import QueryReader
from server.web.route_table import RouteRow
from server.web.strict_types import check_type_is_strict

__all__ = ["NO_FURTHER_CAPS", "Admission", "BodyCaps", "RoutedCalls", "bearer_token"]

AsgiScope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

_IDEMPOTENCY_KEY = re.compile(rb"[\x21-\x7e]{1,255}")
_TOKEN = re.compile(rb"[A-Za-z0-9._~+/=-]{1,512}")
_SCHEME = b"bearer "
#: How many wrong tokens one client may send before it is told to wait.
_WRONG_TOKENS_LIMIT = "60/minute"

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyCaps:
    """How large bodies may be on this installation, where the route table allows more."""

    json_bytes: int
    file_bytes: int


NO_FURTHER_CAPS = BodyCaps(json_bytes=sys.maxsize, file_bytes=sys.maxsize)


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Who decides which calls are let in."""

    authenticator: Authenticator
    limiter: Limiter
    body_caps: BodyCaps


def bearer_token(head: Mapping[bytes, bytes]) -> str | None:
    """Return the token of the Authorization header, or None where there is none in the form of one."""
    value = head.get(b"authorization")
    if value is None or value[: len(_SCHEME)].lower() != _SCHEME:
        return None
    token = value[len(_SCHEME) :].strip(b" ")
    return token.decode("ascii") if _TOKEN.fullmatch(token) else None


class RoutedCalls:
    """The ASGI application of one row of the route table."""

    def __init__(self, row: RouteRow, endpoint: Endpoint, admission: Admission) -> None:
        check_type_is_strict(endpoint.query)
        cap_bytes = admission.body_caps.file_bytes
        if endpoint.body is not RawBody:
            cap_bytes = admission.body_caps.json_bytes
            check_type_is_strict(endpoint.body)
        self._row = row
        self._route = endpoint.name
        self._name = endpoint.name.value
        self._handle = endpoint.handle
        self._admission = admission
        self._body = BodyReader(endpoint.body, min(row.body_cap_bytes, cap_bytes))
        self._query = QueryReader(endpoint.query)

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Answer one request of this row; a Problem is raised to the edge."""
        exchange = exchange_of(scope)
        exchange.route = self._route
        head = exchange.head
        principal = await self._admit(scope, head)
        key = self._idempotency_key(head)
        query = self._query.read(scope["query_string"])
        body = await self._body.read(head, receive)
        reply = await self._handle(
            Call(
                principal=principal,
                request_id=exchange.request_id_text,
                path=scope["path_params"],
                query=query,
                body=body,
                idempotency_key=key,
            )
        )
        content = reply.body
        if isinstance(content, msgspec.Struct):
            content = _encode(content)
        await exchange.send(send, content, reply.status)

    async def _admit(self, scope: AsgiScope, head: Mapping[bytes, bytes]) -> Principal | None:
        row = self._row
        if row.scope is None:
            self._count(row.limit, f"{self._name} {client_key(scope)}")
            return None
        principal = await self._authenticate(scope, head)
        exchange_of(scope).tenant_id = principal.tenant_id
        if row.scope not in principal.scopes:
            raise InsufficientScope
        self._count(row.limit, f"{self._name} {principal.tenant_id.hex}")
        return principal

    async def _authenticate(self, scope: AsgiScope, head: Mapping[bytes, bytes]) -> Principal:
        token = bearer_token(head)
        if token is None:
            raise Unauthenticated
        try:
            return await self._admission.authenticator.authenticate(token)
        except Unauthenticated:
            self._count(_WRONG_TOKENS_LIMIT, f"wrong token {client_key(scope)}")
            raise

    def _count(self, limit: str, key: str) -> None:
        wait_seconds = self._admission.limiter.take(limit, key)
        if wait_seconds:
            raise TooManyCalls(wait_seconds)

    def _idempotency_key(self, head: Mapping[bytes, bytes]) -> str:
        key = head.get(b"idempotency-key")
        if key is None:
            if self._row.idempotent:
                raise IdempotencyKeyNeeded
            return ""
        if not _IDEMPOTENCY_KEY.fullmatch(key):
            raise IdempotencyKeyNeeded
        return key.decode("ascii")
