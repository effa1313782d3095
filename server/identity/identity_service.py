"""
Sign-up, tokens and profiles: who may reach which ledger.

A token is shown once, when it is made; afterwards the server has only its hash. Names and labels are sealed with the
tenant's key. It implements web's Authenticator and ExposedTokens.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import lru_cache
from uuid import UUID

from server.audit.events import AuditDetail, AuditEvent, Happening
from server.audit.trail import AuditTrail
from server.database.sessions import Database, Session
from server.identity.identity_store import (
    IdentityStore,
    NewLedgerRow,
    NewTokenRow,
    instant_text,
)
from server.identity.problems import SignUpClosed, TooManyTokens, UnknownToken
from server.identity.sealed_words import SealedWords
from server.identity.tokens import SECRET_BYTES, hash_token, is_token_of, make_token
from server.sealing.keys import TenantKeyRing
from server.settings import Environment
from server.shared_types.clock import Clock
from server.shared_types.ids import IdMaker, PersonId, PrincipalId, TenantId, TokenId
from server.web.ports import Principal, Scope
from server.web.problems import InsufficientScope, Unauthenticated

__all__ = [
    "IdentityRules",
    "IdentityService",
    "ListedToken",
    "MadeToken",
    "Profile",
    "SignedUp",
]

TOKENS_IN_USE_MAX = 100

_ALL_SCOPES = frozenset(Scope)
_ADMINISTRATORS = frozenset({"owner", "administrator"})


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityRules:
    """What the installation says about identities."""

    environment: Environment
    #: Of this server's history; a restored server starts a new one.
    epoch: str
    sign_up_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedUp:
    """A new ledger and the token that reaches it."""

    tenant_id: TenantId
    principal_id: PrincipalId
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeToken:
    """A new token, shown this once."""

    token_id: TokenId
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedToken:
    """What is known of a token after it was made."""

    token_id: TokenId
    label: str
    scopes: Sequence[Scope]
    created_at: str
    expires_at: str | None
    revoked_at: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A ledger as the caller sees it."""

    ledger_name: str
    role: str
    environment: str
    epoch: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _TokenWish:
    """A token to be made."""

    tenant_id: TenantId
    principal_id: PrincipalId
    label: str
    scopes: frozenset[Scope]
    lifetime: timedelta | None


def _scopes_text(scopes: frozenset[Scope]) -> str:
    return " ".join(sorted(scope.value for scope in scopes))


def _scopes_of(text: str) -> frozenset[Scope]:
    return frozenset(Scope(word) for word in text.split())


@lru_cache(maxsize=4096)
def _principal_of(
    tenant_id: bytes, token_id: bytes, principal_id: bytes, person_id: bytes, scopes: str
) -> Principal:
    return Principal(
        tenant_id=TenantId(UUID(bytes=tenant_id)),
        principal_id=PrincipalId(UUID(bytes=principal_id)),
        person_id=PersonId(UUID(bytes=person_id)),
        token_id=TokenId(UUID(bytes=token_id)),
        scopes=_scopes_of(scopes),
    )


class IdentityService:
    """Implements `server.web.ports.Authenticator` and `ExposedTokens`, and what identity's routes do."""

    def __init__(
        self,
        database: Database,
        keys: TenantKeyRing,
        rules: IdentityRules,
        *,
        trail: AuditTrail,
        clock: Clock,
        new_id: IdMaker,
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._database = database
        self._store = IdentityStore(database)
        self._keys = keys
        self._trail = trail
        self._clock = clock
        self._new_id = new_id
        self._random_bytes = random_bytes
        self._rules = rules

    async def authenticate(self, token: str) -> Principal:
        """Return the token's principal; raise Unauthenticated for a wrong, revoked or expired one."""
        if not is_token_of(self._rules.environment, token):
            raise Unauthenticated
        token_hash = hash_token(token)
        row = await self._store.find_bearer(token_hash)
        if row is None or not hmac.compare_digest(row[0], token_hash):
            raise Unauthenticated
        expires_at, revoked_at = row[6], row[7]
        if revoked_at is not None:
            raise Unauthenticated
        if expires_at is not None and expires_at <= instant_text(self._clock()):
            raise Unauthenticated
        return _principal_of(*row[1:6])

    async def revoke_exposed(self, token: str) -> None:
        """Revoke a token that was seen where others can read it, if it is one of ours."""
        if not is_token_of(self._rules.environment, token):
            return
        row = await self._store.find_bearer(hash_token(token))
        # A token that is out of use already changes nothing: a stranger can't fill the trail with it.
        if row is not None and row[7] is None:
            holder = _principal_of(*row[1:6])
            await self._revoke(
                Happening(
                    event=AuditEvent.TOKEN_EXPOSED,
                    tenant_id=holder.tenant_id,
                    subject=holder.token_id,
                    detail=AuditDetail.SEEN_IN_THE_CLEAR,
                ),
                holder.token_id,
            )

    async def sign_up(self, ledger_name: str, token_label: str) -> SignedUp:
        """Make a ledger with its keys, its owner and a first token, all or nothing."""
        if not self._rules.sign_up_open:
            raise SignUpClosed
        tenant_id = TenantId(self._new_id())
        person_id = PersonId(self._new_id())
        principal_id = PrincipalId(self._new_id())
        async with self._database.transaction(tenant_id) as session:
            words = SealedWords(await self._keys.create(session, tenant_id))
            await self._store.add_ledger(
                session,
                NewLedgerRow(
                    tenant_id=tenant_id,
                    person_id=person_id,
                    principal_id=principal_id,
                    environment=self._rules.environment.value,
                    name_sealed=words.seal_name(ledger_name),
                    created_at=instant_text(self._clock()),
                ),
            )
            made = await self._add_token(
                session,
                words,
                _TokenWish(
                    tenant_id=tenant_id,
                    principal_id=principal_id,
                    label=token_label,
                    scopes=_ALL_SCOPES,
                    lifetime=None,
                ),
            )
            happening = Happening(
                event=AuditEvent.LEDGER_MADE, tenant_id=tenant_id, principal_id=principal_id
            )
            await self._trail.append(
                session,
                happening,
                replace(happening, event=AuditEvent.KEY_CREATED, count=words.key_version),
                replace(
                    happening,
                    event=AuditEvent.TOKEN_MADE,
                    subject=made.token_id,
                    detail=AuditDetail.SIGN_UP,
                ),
            )
        return SignedUp(tenant_id=tenant_id, principal_id=principal_id, token=made.token)

    async def read_profile(self, caller: Principal) -> Profile:
        """Return the caller's ledger as the caller sees it."""
        row = await self._store.find_profile(caller.tenant_id, caller.person_id)
        if row is None:
            raise Unauthenticated
        words = await self._words(caller.tenant_id)
        return Profile(
            ledger_name=words.open_name(row.name_sealed),
            role=row.role,
            environment=row.environment,
            epoch=self._rules.epoch,
            version=row.version,
        )

    async def names(self, tenant_id: TenantId) -> Mapping[PrincipalId, str]:
        """Return what each principal of a ledger is called: the label of its first token."""
        words = await self._words(tenant_id)
        rows = await self._store.labels_of_principals(tenant_id)
        return {principal: words.open_label(token, label) for principal, token, label in rows}

    async def may_administer(self, caller: Principal) -> bool:
        """Whether the caller is an owner or administrator of its ledger."""
        profile = await self._store.find_profile(caller.tenant_id, caller.person_id)
        return profile is not None and profile.role in _ADMINISTRATORS

    async def list_tokens(self, caller: Principal) -> list[ListedToken]:
        """Return the tokens of the caller's ledger, those in use first."""
        words = await self._words(caller.tenant_id)
        rows = await self._store.list_tokens(caller.tenant_id)
        return [
            ListedToken(
                token_id=row.token_id,
                label=words.open_label(row.token_id, row.label_sealed),
                scopes=sorted(_scopes_of(row.scopes)),
                created_at=row.created_at,
                expires_at=row.expires_at,
                revoked_at=row.revoked_at,
            )
            for row in rows
        ]

    async def create_token(
        self, caller: Principal, label: str, scopes: frozenset[Scope], lifetime: timedelta | None
    ) -> MadeToken:
        """
        Make another token of the caller's person, which may do no more than the caller's own.

        It is a principal of its own: what is done with it carries its name.
        """
        if not scopes <= caller.scopes:
            raise InsufficientScope
        words = await self._words(caller.tenant_id)
        async with self._database.transaction(caller.tenant_id) as session:
            now = instant_text(self._clock())
            in_use = await self._store.count_tokens_in_use(session, caller.tenant_id, now)
            if in_use >= TOKENS_IN_USE_MAX:
                raise TooManyTokens
            principal_id = PrincipalId(self._new_id())
            await self._store.add_principal(
                session, caller.tenant_id, principal_id, caller.person_id, now
            )
            made = await self._add_token(
                session,
                words,
                _TokenWish(
                    tenant_id=caller.tenant_id,
                    principal_id=principal_id,
                    label=label,
                    scopes=scopes,
                    lifetime=lifetime,
                ),
            )
            await self._trail.append(
                session, _by_owner(AuditEvent.TOKEN_MADE, caller, made.token_id)
            )
            return made

    async def revoke_token(self, caller: Principal, token_id: TokenId) -> None:
        """
        Take a token of the caller's ledger out of use, at once; its own with any scope.

        Raises UnknownToken for an id that the caller's ledger does not have, whoever has it.
        """
        if token_id != caller.token_id and Scope.WRITE not in caller.scopes:
            raise InsufficientScope
        revoked = _by_owner(AuditEvent.TOKEN_REVOKED, caller, token_id)
        if not await self._revoke(revoked, token_id):
            raise UnknownToken

    async def _revoke(self, happening: Happening, token_id: TokenId) -> bool:
        tenant_id = happening.tenant_id
        assert tenant_id is not None, "a token belongs to a tenant"
        now = instant_text(self._clock())
        async with self._database.transaction(tenant_id) as session:
            was_in_use = await self._store.revoke_token(session, tenant_id, token_id, now)
            if was_in_use:
                await self._trail.append(session, happening)
        return was_in_use is not None

    async def _words(self, tenant_id: TenantId) -> SealedWords:
        return SealedWords(await self._keys.open(self._database, tenant_id))

    async def _add_token(self, session: Session, words: SealedWords, wish: _TokenWish) -> MadeToken:
        token = make_token(self._rules.environment, self._random_bytes(SECRET_BYTES))
        token_id = TokenId(self._new_id())
        now = self._clock()
        expires = None if wish.lifetime is None else instant_text(now + wish.lifetime)
        await self._store.add_token(
            session,
            NewTokenRow(
                tenant_id=wish.tenant_id,
                token_id=token_id,
                principal_id=wish.principal_id,
                token_hash=hash_token(token),
                scopes=_scopes_text(wish.scopes),
                label_sealed=words.seal_label(token_id, wish.label),
                created_at=instant_text(now),
                expires_at=expires,
            ),
        )
        return MadeToken(token_id=token_id, token=token)


def _by_owner(event: AuditEvent, caller: Principal, token_id: TokenId) -> Happening:
    return Happening(
        event=event,
        tenant_id=caller.tenant_id,
        principal_id=caller.principal_id,
        subject=token_id,
        detail=AuditDetail.BY_OWNER,
    )
