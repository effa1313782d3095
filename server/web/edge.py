"""
The edge: a Starlette application with one layer around its router, through which every request and answer goes.

It refuses what no route may see (plain HTTP from elsewhere, foreign hosts, ambiguous framing, tokens in addresses),
gives each request its id, and turns every problem into an answer. It never lets an error reach the server's own log,
and it reads no body.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, NoReturn

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import ASGIApp, Lifespan

from server.shared_types.problems import InternalProblem, Problem
from server.web.answers import EXCHANGE, Exchange
from server.web.endpoints import Endpoints
from server.web.openapi import own_endpoints
from server.web.peers import LOOPBACK_NAMES, host_name, is_loopback_peer
from server.web.ports import AnsweredRequest, Authenticator, ExposedTokens, Limiter, RequestLog
from server.web.problems import (
    AmbiguousRequest,
    EdgeProblem,
    HostNotServed,
    MethodNotAllowed,
    NothingHere,
    NotReady,
    PlainHttpRefused,
)
from server.web.query_strings import refuse_token_in_address
from server.web.route_table import pair_with_rows
from server.web.routed_calls import NO_FURTHER_CAPS, Admission, BodyCaps, RoutedCalls, bearer_token

__all__ = ["EdgeTools", "WebApp", "WebParts", "build_web_app"]

AsgiScope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

_SINGLE_HEADERS = frozenset(
    {
        b"authorization",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"host",
        b"idempotency-key",
        b"transfer-encoding",
    }
)

#: A proxy that speaks plain HTTP to us by mistake must not cost every user their token.
_REVOCATIONS_LIMIT = "3/hour"


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeTools:
    """What the edge works with, whatever the rooms are."""

    #: Names beside those of loopback that the Host header may carry.
    hosts: Collection[str]
    new_id: Callable[[], uuid.UUID]
    #: Seconds that never go back.
    monotonic: Callable[[], float]
    log: RequestLog


@dataclass(frozen=True, slots=True, kw_only=True)
class WebParts:
    """What the rooms give the edge once they are open."""

    endpoints: Endpoints
    authenticator: Authenticator
    exposed_tokens: ExposedTokens
    limiter: Limiter
    body_caps: BodyCaps = NO_FURTHER_CAPS
    version: str = ""


def _single_headers(headers: Sequence[tuple[bytes, bytes]]) -> Mapping[bytes, bytes]:
    """Return the headers by name; raise AmbiguousRequest where one that decides something is repeated."""
    head = dict(headers)
    if len(head) != len(headers):
        names = [name for name, _ in headers]
        if any(names.count(name) > 1 for name in _SINGLE_HEADERS):
            raise AmbiguousRequest
    if b"content-length" in head and b"transfer-encoding" in head:
        raise AmbiguousRequest
    return head


class _Edge:
    """The one layer around the router."""

    def __init__(self, app: WebApp, tools: EdgeTools) -> None:
        self._app = app
        self._tools = tools
        self._hosts = LOOPBACK_NAMES | {name.lower() for name in tools.hosts}

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app.router(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        tools = self._tools
        started = tools.monotonic()
        exchange = Exchange(tools.new_id(), secure=scope["scheme"] == "https")
        scope[EXCHANGE] = exchange
        try:
            try:
                exchange.head = _single_headers(scope["headers"])
                await self._let_in(scope, exchange)
                await self._app.router(scope, receive, send)
            except Problem as problem:
                if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                    tools.log.failed(exchange.request_id, problem)
                await self._answer_problem(exchange, send, problem)
            except HTTPException as refusal:
                await self._answer_problem(exchange, send, self._problem_of(refusal, scope))
        except Exception as error:  # noqa: BLE001 - an error that goes on would be logged with its text
            tools.log.failed(exchange.request_id, error)
            await self._answer_problem(exchange, send, InternalProblem())
        tools.log.answered(
            AnsweredRequest(
                request_id=exchange.request_id,
                route=exchange.route,
                status=exchange.status,
                problem=exchange.problem,
                tenant_id=exchange.tenant_id,
                duration_milliseconds=round((tools.monotonic() - started) * 1000, 3),
            )
        )

    async def _answer_problem(self, exchange: Exchange, send: Send, problem: Problem) -> None:
        if exchange.status == 0:
            await exchange.send_problem(send, problem)

    async def _let_in(self, scope: AsgiScope, exchange: Exchange) -> None:
        head = exchange.head
        if not exchange.secure and not is_loopback_peer(scope):
            await self._refuse_plain_http(exchange)
        if host_name(head.get(b"host", b"")) not in self._hosts:
            raise HostNotServed
        if scope["query_string"]:
            refuse_token_in_address(scope["query_string"])
        if self._app.parts is None:
            raise NotReady

    async def _refuse_plain_http(self, exchange: Exchange) -> NoReturn:
        token = bearer_token(exchange.head)
        parts = self._app.parts
        if token is not None and parts is not None:
            self._tools.log.token_exposed(exchange.request_id)
            if parts.limiter.take(_REVOCATIONS_LIMIT, "exposed tokens") == 0:
                await parts.exposed_tokens.revoke_exposed(token)
        raise PlainHttpRefused

    def _problem_of(self, refusal: HTTPException, scope: AsgiScope) -> EdgeProblem:
        if refusal.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            return MethodNotAllowed(self._app.methods_at(scope["path"]))
        return NothingHere()


class WebApp(Starlette):
    """A Starlette application whose routes are those of the route table, once the rooms are open."""

    def __init__(self, tools: EdgeTools, lifespan: Lifespan[WebApp] | None = None) -> None:
        super().__init__(lifespan=lifespan)
        self._tools = tools
        self.parts: WebParts | None = None
        self.router.redirect_slashes = False

    def build_middleware_stack(self) -> ASGIApp:
        """Put the edge in the place of Starlette's own layers, which raise errors on to the server."""
        return _Edge(self, self._tools)

    def open(self, parts: WebParts) -> None:
        """Serve the rooms' endpoints; raises RouteTableBroken or LenientType before any is served."""
        admission = Admission(
            authenticator=parts.authenticator, limiter=parts.limiter, body_caps=parts.body_caps
        )
        endpoints = [*parts.endpoints, *own_endpoints(parts.endpoints, parts.version)]
        routes: list[Route] = []
        for row, endpoint in pair_with_rows(endpoints):
            calls = RoutedCalls(row, endpoint, admission)
            route = Route(row.path, calls, methods=[row.method], name=endpoint.name.value)
            # Starlette adds HEAD to every GET; the table does not know it.
            route.methods = {row.method}
            routes.append(route)
        self.router.routes[:] = routes
        self.parts = parts

    def close(self) -> None:
        """Answer 503 from now on."""
        self.parts = None
        self.router.routes.clear()

    def methods_at(self, path: str) -> set[str]:
        """Return the methods that the table knows at a path."""
        return {
            method
            for route in self.router.routes
            if isinstance(route, Route) and route.path_regex.match(path)
            for method in route.methods or ()
        }


def build_web_app(tools: EdgeTools, parts: WebParts) -> WebApp:
    """Return an application that is open from the start, for rooms that need no lifespan."""
    app = WebApp(tools)
    app.open(parts)
    return app
