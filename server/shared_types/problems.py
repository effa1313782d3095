"""
What every error the server may answer with has in common.

Each room keeps its own branch in its `problems` module; every class below is a direct child here.

* Problem
  + InternalProblem
  + RequestProblem
    x (web, identity, exact_amounts: see their problems modules)
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import ClassVar

__all__ = ["InternalProblem", "Problem", "RequestProblem"]


class Problem(Exception):
    """The server could not do what was asked."""

    code: ClassVar[str] = "internal"
    status: ClassVar[HTTPStatus] = HTTPStatus.INTERNAL_SERVER_ERROR

    def __init__(self) -> None:
        # The text is the class docstring, so no value can ever be interpolated into it.
        super().__init__(self.sentence())

    @classmethod
    def sentence(cls) -> str:
        """The problem in one sentence, the same for every occurrence."""
        return " ".join((cls.__doc__ or "").split())

    def place(self) -> Mapping[str, str | int]:
        """Where it happened: names of our own and line numbers, never a value from the input."""
        return {}


class InternalProblem(Problem):
    """The server failed; the request id finds it in the server's log."""


class RequestProblem(Problem):
    """The request is not acceptable."""

    code = "bad_request"
    status = HTTPStatus.BAD_REQUEST
