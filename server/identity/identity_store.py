"""
People, tenants, memberships, principals and tokens in the database. It knows rows, seals nothing, decides nothing.

Each tenant's rows are reached by its id, except through the token directory, which holds hashes and ids only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from server.database.queries import load_queries
from server.database.sessions import Database, Session
from server.shared_types.ids import PersonId, PrincipalId, TenantId, TokenId

__all__ = [
    "BearerRow",
    "IdentityStore",
    "NewLedgerRow",
    "NewTokenRow",
    "ProfileRow",
    "TokenRow",
    "instant_text",
]

_QUERIES = load_queries("server.identity")
_FIND_TOKEN = _QUERIES["find_token"]
_FIND_BEARER = _QUERIES["find_bearer"]
_FIND_PROFILE = _QUERIES["find_profile"]

#: Tokens in use come first, so what a list leaves out is long revoked.
_TOKENS_LISTED_MAX = 500


def instant_text(instant: datetime) -> str:
    """Return an instant in UTC as text of fixed width, so that texts compare as instants do."""
    return instant.isoformat(timespec="milliseconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLedgerRow:
    """What sign-up writes besides the first token."""

    tenant_id: TenantId
    person_id: PersonId
    principal_id: PrincipalId
    environment: str
    name_sealed: bytes
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTokenRow:
    """A token to be written: its hash, never itself."""

    tenant_id: TenantId
    token_id: TokenId
    principal_id: PrincipalId
    token_hash: bytes = field(repr=False)
    scopes: str
    label_sealed: bytes
    created_at: str
    expires_at: str | None


#: token_hash, tenant_id, token_id, principal_id, person_id, scopes, expires_at, revoked_at
BearerRow = tuple[bytes, bytes, bytes, bytes, bytes, str, str | None, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileRow:
    """A tenant as its member sees it."""

    name_sealed: bytes
    version: int
    environment: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """A token as its tenant lists it."""

    token_id: TokenId
    scopes: str
    label_sealed: bytes
    created_at: str
    expires_at: str | None
    revoked_at: str | None


class IdentityStore:
    """Reads and writes identity's rows; writes belong to the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_bearer(self, token_hash: bytes) -> BearerRow | None:
        """Return whose token has this hash, in the latest committed state."""
        place = await self._database.read_hot(_FIND_TOKEN, {"token_hash": token_hash})
        if place is None:
            return None
        found_hash, tenant_id, token_id = place
        row = await self._database.read_hot(
            _FIND_BEARER,
            {"tenant_id": tenant_id, "token_id": token_id},
            TenantId(UUID(bytes=tenant_id)),
        )
        if row is None:
            return None
        principal_id, person_id, scopes, expires_at, revoked_at = row
        return (
            found_hash,
            tenant_id,
            token_id,
            principal_id,
            person_id,
            scopes,
            expires_at,
            revoked_at,
        )

    async def find_profile(self, tenant_id: TenantId, person_id: PersonId) -> ProfileRow | None:
        """Return the tenant as this member sees it, or None for somebody else."""
        row = await self._database.read_hot(
            _FIND_PROFILE,
            {"tenant_id": tenant_id.bytes, "person_id": person_id.bytes},
            tenant_id,
        )
        if row is None:
            return None
        return ProfileRow(name_sealed=row[0], version=row[1], environment=row[2], role=row[3])

    async def add_ledger(self, session: Session, ledger: NewLedgerRow) -> None:
        """Write a tenant, its first person, the membership as owner, and the person's principal."""
        ids = {
            "tenant_id": ledger.tenant_id.bytes,
            "person_id": ledger.person_id.bytes,
            "created_at": ledger.created_at,
        }
        await session.execute(
            _QUERIES["add_tenant"],
            {
                "tenant_id": ledger.tenant_id.bytes,
                "created_at": ledger.created_at,
                "environment": ledger.environment,
                "name_sealed": ledger.name_sealed,
            },
        )
        await session.execute(
            _QUERIES["add_person"],
            {"person_id": ledger.person_id.bytes, "created_at": ledger.created_at},
        )
        await session.execute(_QUERIES["add_membership"], {**ids, "role": "owner"})
        await session.execute(
            _QUERIES["add_principal"],
            {**ids, "principal_id": ledger.principal_id.bytes, "kind": "person"},
        )

    async def add_principal(
        self,
        session: Session,
        tenant_id: TenantId,
        principal_id: PrincipalId,
        person_id: PersonId,
        created_at: str,
    ) -> None:
        """Write another principal of a person: one of its machines."""
        await session.execute(
            _QUERIES["add_principal"],
            {
                "tenant_id": tenant_id.bytes,
                "principal_id": principal_id.bytes,
                "person_id": person_id.bytes,
                "kind": "machine",
                "created_at": created_at,
            },
        )

    async def add_token(self, session: Session, token: NewTokenRow) -> None:
        """Write a token and its entry in the directory."""
        ids = {"tenant_id": token.tenant_id.bytes, "token_id": token.token_id.bytes}
        await session.execute(
            _QUERIES["add_token"],
            {
                **ids,
                "principal_id": token.principal_id.bytes,
                "scopes": token.scopes,
                "label_sealed": token.label_sealed,
                "created_at": token.created_at,
                "expires_at": token.expires_at,
            },
        )
        await session.execute(_QUERIES["add_token_hash"], {**ids, "token_hash": token.token_hash})

    async def count_tokens_in_use(self, session: Session, tenant_id: TenantId, now: str) -> int:
        """Return how many of the tenant's tokens are neither revoked nor expired."""
        row = await session.fetch_one(
            _QUERIES["count_tokens_in_use"], {"tenant_id": tenant_id.bytes, "now": now}
        )
        assert row is not None, "a count has a row"
        return int(row[0])

    async def list_tokens(self, tenant_id: TenantId) -> list[TokenRow]:
        """Return the tenant's tokens, those in use and the newest first."""
        async with self._database.session(tenant_id) as session:
            rows = await session.fetch_all(
                _QUERIES["list_tokens"],
                {"tenant_id": tenant_id.bytes, "limit": _TOKENS_LISTED_MAX},
            )
        return [
            TokenRow(
                token_id=TokenId(UUID(bytes=row[0])),
                scopes=row[1],
                label_sealed=row[2],
                created_at=row[3],
                expires_at=row[4],
                revoked_at=row[5],
            )
            for row in rows
        ]

    async def labels_of_principals(
        self, tenant_id: TenantId
    ) -> list[tuple[PrincipalId, TokenId, bytes]]:
        """Return each principal with its tokens' sealed labels, the first token last."""
        async with self._database.session(tenant_id) as session:
            rows = await session.fetch_all(
                _QUERIES["labels_of_principals"], {"tenant_id": tenant_id.bytes}
            )
        return [
            (PrincipalId(UUID(bytes=principal)), TokenId(UUID(bytes=token)), label)
            for principal, token, label in rows
        ]

    async def revoke_token(
        self, session: Session, tenant_id: TenantId, token_id: TokenId, revoked_at: str
    ) -> bool | None:
        """Take a token out of use; return whether it was in use until now, None if the tenant has no such token."""
        ids = {"tenant_id": tenant_id.bytes, "token_id": token_id.bytes}
        row = await session.fetch_one(_QUERIES["count_token"], ids)
        assert row is not None, "a count has a row"
        if row[0] == 0:
            return None
        return bool(
            await session.execute(_QUERIES["revoke_token"], {**ids, "revoked_at": revoked_at})
        )
