"""
What the edge needs of others: who is calling, whether they may call again, and where it is written down.

`server.identity` implements Authenticator and ExposedTokens; `server.web.limits` implements Limiter;
`server.app` gives a RequestLog.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Protocol
from uuid import UUID

from server.shared_types.ids import PersonId, PrincipalId, TenantId, TokenId
from server.shared_types.problems import Problem
from server.web.route_names import RouteName

__all__ = [
    "AnsweredRequest",
    "Authenticator",
    "ExposedTokens",
    "Limiter",
    "Principal",
    "RequestLog",
    "Scope",
]


@unique
class Scope(StrEnum):
    """What a token may do with the ledger of its tenant."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who is calling, for which tenant: made by authentication, the only way to a tenant's data."""

    tenant_id: TenantId
    principal_id: PrincipalId
    person_id: PersonId
    token_id: TokenId
    scopes: frozenset[Scope]


class Authenticator(Protocol):
    """Tells who holds a bearer token."""

    async def authenticate(self, token: str) -> Principal:
        """Return the token's principal; raise Unauthenticated for a wrong, revoked or expired one."""


class ExposedTokens(Protocol):
    """Takes tokens out of use that were seen where others can read them."""

    async def revoke_exposed(self, token: str) -> None:
        """Revoke the token, if it is one of ours."""


class Limiter(Protocol):
    """Counts calls against a limit."""

    def take(self, limit: str, key: str) -> int:
        """Count one call under `key` against `limit` ("60/minute"); return 0, or seconds to wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredRequest:
    """What is written down of a request: words and numbers of ours, nothing of what was sent."""

    request_id: UUID
    #: None where the address is not in the table.
    route: RouteName | None
    status: int
    problem: type[Problem] | None
    #: None where nobody was let in.
    tenant_id: TenantId | None
    duration_milliseconds: float


class RequestLog(Protocol):
    """Writes down what was answered."""

    def answered(self, request: AnsweredRequest) -> None:
        """Take note of an answer."""

    def failed(self, request_id: UUID, error: BaseException) -> None:
        """Take note of an error nobody expected; its text and its frames' values must not be kept."""

    def token_exposed(self, request_id: UUID) -> None:
        """Take note of a token that came over plain HTTP from another machine."""
