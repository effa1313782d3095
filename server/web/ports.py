"""
What the edge needs of others: who is calling, and whether they may call again.

`server.identity` implements Authenticator; `server.web.limits` implements Limiter.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Protocol

from server.shared_types.ids import PersonId, PrincipalId, TenantId, TokenId

__all__ = ["Authenticator", "Limiter", "Principal", "Scope"]


@unique
class Scope(StrEnum):
    """What a token may do with the ledger of its tenant."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who is calling, for which tenant: the result of authentication and the only way to a tenant's data."""

    tenant_id: TenantId
    principal_id: PrincipalId
    person_id: PersonId
    token_id: TokenId
    scopes: frozenset[Scope]


class Authenticator(Protocol):
    """Tells who holds a bearer token."""

    async def authenticate(self, token: str) -> Principal:
        """Return the token's principal; raise Unauthenticated for a wrong, revoked or expired one."""


class Limiter(Protocol):
    """Counts calls against a limit."""

    def take(self, limit: str, key: str) -> int:
        """Count one call under `key` against `limit` ("60/minute"); return 0, or the seconds to wait."""
