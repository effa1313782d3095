"""
Problems of identity. Tokens that are wrong answer with web's Unauthenticated.

* RequestProblem
  + IdentityProblem
    + SignUpClosed
    + UnknownToken
    + TooManyTokens
"""

from __future__ import annotations

from http import HTTPStatus

from server.shared_types.problems import RequestProblem

__all__ = ["IdentityProblem", "SignUpClosed", "TooManyTokens", "UnknownToken"]


class IdentityProblem(RequestProblem):
    """This can't be done with an identity."""


class SignUpClosed(IdentityProblem):
    """This server takes no new ledgers."""

    code = "sign_up_closed"
    status = HTTPStatus.FORBIDDEN


class UnknownToken(IdentityProblem):
    """The ledger has no token of this id."""

    code = "unknown_token"
    status = HTTPStatus.NOT_FOUND


class TooManyTokens(IdentityProblem):
    """The ledger has as many tokens in use as it may have; revoke one first."""

    code = "too_many_tokens"
    status = HTTPStatus.CONFLICT
