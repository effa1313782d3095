"""
What a room hands the edge: its endpoints, by the names of the route table.

A handler sees a `Call` and returns a `Reply`; it never sees Starlette, a header or a raw query string.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum, unique
from http import HTTPStatus
from typing import Any

import msgspec

from server.web.ports import Principal

__all__ = ["Call", "Endpoint", "Endpoints", "NoBody", "NoQuery", "RawBody", "Reply", "RouteName"]


@unique
class RouteName(StrEnum):
    """Every route there is; the table in `server.web.route_table` says the rest about each."""

    OPENAPI = "openapi"
    HEALTH = "health"
    SIGN_UP = "sign_up"
    SHOW_PROFILE = "show_profile"
    LIST_TOKENS = "list_tokens"
    CREATE_TOKEN = "create_token"  # noqa: S105 - a route's name
    REVOKE_TOKEN = "revoke_token"  # noqa: S105 - a route's name
    LIST_ACCOUNTS = "list_accounts"
    CREATE_ACCOUNT = "create_account"
    LIST_ENTRIES = "list_entries"
    CREATE_ENTRIES = "create_entries"
    PREVIEW_IMPORT = "preview_import"
    IMPORT_STATEMENT = "import_statement"
    LIST_BATCHES = "list_batches"
    UNDO_BATCH = "undo_batch"
    READ_CHANGES = "read_changes"
    SUMMARISE_MONTHS = "summarise_months"


class NoBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request without a body."""


class NoQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request without query parameters."""


class RawBody(msgspec.Struct, frozen=True):
    """A request whose body is the bytes of a file (application/octet-stream)."""

    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """An authenticated, validated request."""

    #: None on the routes that need no token.
    principal: Principal | None
    request_id: str
    #: Path parameters by name, as text.
    path: dict[str, str]
    #: An instance of the endpoint's query type.
    query: Any
    #: An instance of the endpoint's body type.
    body: Any = field(repr=False)
    #: The Idempotency-Key header, or "" on routes that take none.
    idempotency_key: str = ""

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
