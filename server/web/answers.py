"""
Answers: every one goes out through `Exchange.send`, so that each has its request id and the security headers.

Problem answers follow RFC 9457 (application/problem+json): a fixed sentence, a code, the request id, a place.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from server.shared_types.ids import TenantId
from server.shared_types.problems import InternalProblem, Problem
from server.web.problems import EdgeProblem
from server.web.route_names import RouteName

__all__ = [
    "EXCHANGE",
    "Exchange",
    "ProblemAnswer",
    "exchange_of",
    "problem_body",
    "problem_head",
    "whole_problem_answer",
]

#: Where the exchange stands in the ASGI scope.
EXCHANGE = "pennyvault.exchange"

Send = Callable[[dict[str, Any]], Awaitable[None]]
RawHeaders = tuple[tuple[bytes, bytes], ...]

_JSON: RawHeaders = ((b"content-type", b"application/json"),)
_PROBLEM: RawHeaders = ((b"content-type", b"application/problem+json"),)
_RETRY_SOON: RawHeaders = ((b"retry-after", b"1"),)

_SECURITY: RawHeaders = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_SECURITY_OVER_TLS: RawHeaders = (
    *_SECURITY,
    (b"strict-transport-security", b"max-age=63072000; includeSubDomains"),
)


class ProblemAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A problem, as RFC 9457 writes it down."""

    #: The problem in one sentence, the same each time.
    title: str
    status: int
    #: Stays the same over versions: programs decide by it.
    code: str
    #: Finds this request in the server's log.
    request_id: str
    type: str = "about:blank"
    #: Where it happened: names of ours and numbers.
    place: dict[str, str | int] = {}


class Exchange:
    """One request and its answer, as far as the log and the headers need it."""

    __slots__ = (
        "head",
        "problem",
        "request_id",
        "request_id_text",
        "route",
        "secure",
        "status",
        "tenant_id",
    )

    def __init__(self, request_id: uuid.UUID, *, secure: bool) -> None:
        self.request_id = request_id
        self.request_id_text = str(request_id)
        self.secure = secure
        #: The request's headers by lower-case name; none that matters is repeated.
        self.head: Mapping[bytes, bytes] = {}
        #: The route's name once it is known.
        self.route: RouteName | None = None
        #: The caller's tenant once it is known.
        self.tenant_id: TenantId | None = None
        #: The status that went out, or 0.
        self.status = 0
        self.problem: type[Problem] | None = None

    async def send(
        self,
        send: Send,
        body: bytes | None,
        status: HTTPStatus,
        headers: RawHeaders = _JSON,
    ) -> None:
        """Send a whole answer; None is an answer without a body."""
        self.status = status.value
        raw = [
            *(_SECURITY_OVER_TLS if self.secure else _SECURITY),
            (b"x-request-id", self.request_id_text.encode("ascii")),
        ]
        if body is not None:
            raw += headers
            raw.append((b"content-length", str(len(body)).encode("ascii")))
        await send({"type": "http.response.start", "status": status.value, "headers": raw})
        await send({"type": "http.response.body", "body": body or b""})

    async def send_problem(self, send: Send, problem: Problem) -> None:
        """Send the answer to a problem."""
        self.problem = type(problem)
        status, headers = problem_head(problem)
        await self.send(send, problem_body(problem, self.request_id_text), status, headers)


def exchange_of(scope: Mapping[str, Any]) -> Exchange:
    """Return the exchange that the edge put into the scope."""
    exchange = scope[EXCHANGE]
    assert isinstance(exchange, Exchange), "requests come through the edge"
    return exchange


def _public(problem: Problem) -> Problem:
    """What may be told: of an internal failure, that there was one."""
    if problem.status is HTTPStatus.INTERNAL_SERVER_ERROR:
        return InternalProblem()
    return problem


def problem_head(problem: Problem) -> tuple[HTTPStatus, RawHeaders]:
    """Return the status and the headers of a problem's answer."""
    public = _public(problem)
    more: RawHeaders = ()
    if isinstance(public, EdgeProblem):
        more = public.headers()
    elif public.status is HTTPStatus.SERVICE_UNAVAILABLE:
        more = _RETRY_SOON
    return public.status, (*_PROBLEM, *more)


def problem_body(problem: Problem, request_id: str) -> bytes:
    """Return the problem as application/problem+json."""
    public = _public(problem)
    return msgspec.json.encode(
        ProblemAnswer(
            title=public.sentence(),
            status=public.status.value,
            code=public.code,
            request_id=request_id,
            place=dict(public.place()),
        )
    )


def whole_problem_answer(problem: Problem, request_id: str) -> bytes:
    """Return a problem as the bytes of an HTTP/1.1 answer, for requests that no application sees."""
    status, headers = problem_head(problem)
    body = problem_body(problem, request_id)
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}".encode("ascii"),
        *(name + b": " + value for name, value in (*_SECURITY, *headers)),
        b"x-request-id: " + request_id.encode("ascii"),
        b"content-length: " + str(len(body)).encode("ascii"),
        b"connection: close",
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
