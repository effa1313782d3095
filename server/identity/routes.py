"""Identity's endpoints: requests and answers of sign-up, profile and tokens."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

import msgspec

from server.identity.identity_service import IdentityService
from server.identity.problems import UnknownToken
from server.shared_types.ids import TokenId
from server.web.endpoints import Call, Endpoint, Endpoints, Reply, RouteName
from server.web.ports import Scope

__all__ = ["endpoints"]

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_Label = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]

_FIRST_LABEL = "First token"


class SignUp(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A wish for a new ledger."""

    ledger_name: _Name
    token_label: _Label = _FIRST_LABEL


class SignUpAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A new ledger; the token is shown this once."""

    ledger: UUID
    principal: UUID
    token: str


class ProfileAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The caller and the ledger that its token reaches."""

    ledger: UUID
    ledger_name: str
    principal: UUID
    role: str
    scopes: list[Scope]
    environment: str
    epoch: str
    version: int


class TokenCreation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A wish for another token; without a lifetime it holds until it is revoked."""

    label: _Label
    scopes: Annotated[list[Scope], msgspec.Meta(min_length=1, max_length=2)]
    expires_in_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] | None = None


class TokenCreationAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A new token, shown this once."""

    id: UUID
    token: str


class TokenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a token after it was made."""

    id: UUID
    label: str
    scopes: list[Scope]
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    #: Whether the request was made with it.
    current: bool


class TokensAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The tokens of a ledger, those in use first."""

    tokens: list[TokenAnswer]


class _Routes:
    """The handlers, with the service they call."""

    def __init__(self, identity: IdentityService) -> None:
        self._identity = identity

    async def sign_up(self, call: Call) -> Reply:
        wish: SignUp = call.body
        made = await self._identity.sign_up(wish.ledger_name, wish.token_label)
        answer = SignUpAnswer(ledger=made.tenant_id, principal=made.principal_id, token=made.token)
        return Reply(body=answer, status=HTTPStatus.CREATED)

    async def show_profile(self, call: Call) -> Reply:
        caller = call.caller()
        profile = await self._identity.read_profile(caller)
        return Reply(
            body=ProfileAnswer(
                ledger=caller.tenant_id,
                ledger_name=profile.ledger_name,
                principal=caller.principal_id,
                role=profile.role,
                scopes=sorted(caller.scopes),
                environment=profile.environment,
                epoch=profile.epoch,
                version=profile.version,
            )
        )

    async def list_tokens(self, call: Call) -> Reply:
        caller = call.caller()
        tokens = [
            TokenAnswer(
                id=token.token_id,
                label=token.label,
                scopes=list(token.scopes),
                created_at=token.created_at,
                expires_at=token.expires_at,
                revoked_at=token.revoked_at,
                current=token.token_id == caller.token_id,
            )
            for token in await self._identity.list_tokens(caller)
        ]
        return Reply(body=TokensAnswer(tokens=tokens))

    async def create_token(self, call: Call) -> Reply:
        wish: TokenCreation = call.body
        days = wish.expires_in_days
        made = await self._identity.create_token(
            call.caller(),
            wish.label,
            frozenset(wish.scopes),
            None if days is None else timedelta(days=days),
        )
        answer = TokenCreationAnswer(id=made.token_id, token=made.token)
        return Reply(body=answer, status=HTTPStatus.CREATED)

    async def revoke_token(self, call: Call) -> Reply:
        try:
            token_id = TokenId(UUID(call.path["token_id"]))
        except ValueError:
            raise UnknownToken from None
        await self._identity.revoke_token(call.caller(), token_id)
        return Reply(body=None, status=HTTPStatus.NO_CONTENT)


def endpoints(identity: IdentityService) -> Endpoints:
    """Return identity's endpoints."""
    routes = _Routes(identity)
    return [
        Endpoint(name=RouteName.SIGN_UP, handle=routes.sign_up, answer=SignUpAnswer, body=SignUp),
        Endpoint(name=RouteName.SHOW_PROFILE, handle=routes.show_profile, answer=ProfileAnswer),
        Endpoint(name=RouteName.LIST_TOKENS, handle=routes.list_tokens, answer=TokensAnswer),
        Endpoint(
            name=RouteName.CREATE_TOKEN,
            handle=routes.create_token,
            answer=TokenCreationAnswer,
            body=TokenCreation,
        ),
        Endpoint(name=RouteName.REVOKE_TOKEN, handle=routes.revoke_token, answer=None),
    ]
