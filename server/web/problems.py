"""
Problems of the edge: a request that can't be let in. No message holds a value of the request.

* RequestProblem
  + EdgeProblem
    + NothingHere
    + MethodNotAllowed
    + AmbiguousRequest
    + RequestUnreadable
    + HostNotServed
    + PlainHttpRefused
    + TokenInAddress
    + Unauthenticated
    + InsufficientScope
    + TooManyCalls
    + IdempotencyKeyNeeded
    + QueryRefused
    + BodyTooLarge
    + BodyIncomplete
    + ContentNotSupported
    + BodyMalformed
    + BodyRefused
* InternalProblem
  + NotReady
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum, unique
from http import HTTPStatus

from server.shared_types.problems import InternalProblem, RequestProblem

__all__ = [
    "AmbiguousRequest",
    "BodyIncomplete",
    "BodyMalformed",
    "BodyRefused",
    "BodyTooLarge",
    "ContentNotSupported",
    "EdgeProblem",
    "Fault",
    "HostNotServed",
    "IdempotencyKeyNeeded",
    "InsufficientScope",
    "MethodNotAllowed",
    "NotReady",
    "NothingHere",
    "PlainHttpRefused",
    "QueryRefused",
    "RequestUnreadable",
    "TokenInAddress",
    "TooManyCalls",
    "Unauthenticated",
]

RawHeaders = tuple[tuple[bytes, bytes], ...]


class EdgeProblem(RequestProblem):
    """The request is not let in."""

    def headers(self) -> RawHeaders:
        """Headers that the answer carries besides the usual ones."""
        return ()


class NothingHere(EdgeProblem):
    """There is nothing at this address."""

    code = "not_found"
    status = HTTPStatus.NOT_FOUND


class MethodNotAllowed(EdgeProblem):
    """This address does not know the method."""

    code = "method_not_allowed"
    status = HTTPStatus.METHOD_NOT_ALLOWED

    def __init__(self, allowed: Iterable[str]) -> None:
        super().__init__()
        self.allowed = tuple(sorted(allowed))

    def headers(self) -> RawHeaders:
        """Say which methods the address knows."""
        return ((b"allow", ", ".join(self.allowed).encode("ascii")),)


class AmbiguousRequest(EdgeProblem):
    """The request can be read in two ways: a header is repeated, or its length is given twice."""

    code = "ambiguous_request"

    def headers(self) -> RawHeaders:
        """Close the connection: what follows on it may belong to this request or not."""
        return ((b"connection", b"close"),)


class RequestUnreadable(EdgeProblem):
    """What was sent is not a request in HTTP/1.1."""

    code = "request_unreadable"


class HostNotServed(EdgeProblem):
    """This server does not answer for the host that the request names."""

    code = "host_not_served"
    status = HTTPStatus.MISDIRECTED_REQUEST


class PlainHttpRefused(EdgeProblem):
    """Plain HTTP is answered on this machine only; a token that was sent over it is revoked."""

    code = "plain_http_refused"
    status = HTTPStatus.FORBIDDEN


class TokenInAddress(EdgeProblem):
    """A token belongs into the Authorization header, never into the address."""

    code = "token_in_address"


class Unauthenticated(EdgeProblem):
    """A valid token is needed: this one is missing, wrong, revoked or expired."""

    code = "unauthenticated"
    status = HTTPStatus.UNAUTHORIZED

    def headers(self) -> RawHeaders:
        """Name the scheme, as RFC 9110 section 11.6.1 asks."""
        return ((b"www-authenticate", b"Bearer"),)


class InsufficientScope(EdgeProblem):
    """The token may not do this."""

    code = "insufficient_scope"
    status = HTTPStatus.FORBIDDEN


class TooManyCalls(EdgeProblem):
    """Too many calls in a short time; try again after the seconds that Retry-After names."""

    code = "too_many_calls"
    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, wait_seconds: int) -> None:
        super().__init__()
        self.wait_seconds = wait_seconds

    def headers(self) -> RawHeaders:
        """Say how long to wait."""
        return ((b"retry-after", str(self.wait_seconds).encode("ascii")),)


class IdempotencyKeyNeeded(EdgeProblem):
    """This call needs an Idempotency-Key header of 1 to 255 visible ASCII characters."""

    code = "idempotency_key_needed"


@unique
class Fault(StrEnum):
    """What is wrong with an input, in words of ours."""

    NOT_UTF_8 = "not UTF-8"
    NOT_JSON = "not JSON"
    TOO_DEEP = "too deep"
    REPEATED_KEY = "repeated key"
    TOO_LONG = "too long"
    NOT_A_QUERY = "not a query string"
    REPEATED_PARAMETER = "repeated parameter"
    UNKNOWN_FIELD = "unknown field"
    MISSING_FIELD = "missing field"
    NOT_ACCEPTABLE = "not acceptable"


class _FaultyInput(EdgeProblem):
    """The input is not acceptable."""

    def __init__(self, fault: Fault, field: str = "") -> None:
        super().__init__()
        self.fault = fault
        #: Where, as a JSON pointer made of our own field names and of positions only.
        self.field = field

    def place(self) -> Mapping[str, str | int]:
        """The fault and the field."""
        return {"fault": self.fault.value, "field": self.field}


class QueryRefused(_FaultyInput):
    """The query string is not what this address takes."""

    code = "query_refused"


class BodyMalformed(_FaultyInput):
    """The body is not strict JSON: UTF-8, no key twice, no more than 32 levels deep."""

    code = "body_malformed"


class BodyRefused(_FaultyInput):
    """The body's fields are not what this address takes."""

    code = "body_refused"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class BodyTooLarge(EdgeProblem):
    """The body is larger than this address takes."""

    code = "body_too_large"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class BodyIncomplete(EdgeProblem):
    """The body ended before it was complete."""

    code = "body_incomplete"


class ContentNotSupported(EdgeProblem):
    """The body's type or encoding is not what this address takes."""

    code = "content_not_supported"
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class NotReady(InternalProblem):
    """The server is starting or stopping; try again in a moment."""

    code = "not_ready"
    status = HTTPStatus.SERVICE_UNAVAILABLE
