"""
What a room hands the edge: its endpoints, by the names of the route table.

A handler sees a `Call` and returns a `Reply`; it never sees Starlette, a header or a raw query string.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import msgspec

from server.web.ports import Principal
from server.web.route_names import RouteName

__all__ = ["Call", "Endpoint", "Endpoints", "NoBody", "NoQuery", "RawBody", "Reply", "RouteName"]


class NoBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request without a body."""


class NoQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request without query parameters."""


class RawBody(msgspec.Struct, frozen=True):
    """A request whose body is the bytes of a file (application/octet-stream)."""

    content: bytes

    def __repr__(self) -> str:
        return "RawBody(...)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """An authenticated, validated request."""

    #: None on the routes that need no token.
    principal: Principal | None
    request_id: str
    #: Path parameters by name, as text.
    path: dict[str, str] = field(repr=False)
    #: An instance of the endpoint's query type.
    query: Any = field(repr=False)
    #: An instance of the endpoint's body type.
    body: Any = field(repr=False)
    #: The Idempotency-Key header; "" where none was sent, which idempotent routes do not let in.
    idempotency_key: str = field(default="", repr=False)

    def caller(self) -> Principal:
        """The principal of a route that needs a token."""
        assert self.principal is not None, "the route table lets nobody in here without a token"
        return self.principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A handler's answer: a msgspec Struct, or JSON bytes that were encoded already."""

    body: msgspec.Struct | bytes | None = field(repr=False)
    status: HTTPStatus = HTTPStatus.OK


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One handler with the types that validate its request and describe it in OpenAPI."""

    name: RouteName
    handle: Callable[[Call], Awaitable[Reply]] = field(repr=False)
    answer: type[msgspec.Struct] | None
    body: type[msgspec.Struct] = NoBody
    query: type[msgspec.Struct] = NoQuery


Endpoints = Sequence[Endpoint]
