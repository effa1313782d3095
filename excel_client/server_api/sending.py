"""
Sends requests and reads answers; the one module that knows httpx.

Answers are capped in size and time, redirects are never followed, TLS is always verified. A request is sent again,
after a pause with jitter, only when it changes nothing or carries an idempotency key: the same key each time.
"""

from __future__ import annotations

import platform
import secrets
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

import httpx

from excel_client.problems import (
    AnswerNotReadable,
    AnswerTooLarge,
    CertificateRefused,
    ClientProblem,
    Unreachable,
)
from excel_client.settings import ServerOrigin, is_loopback
from excel_client.wire_format import ApiKey

__all__ = ["Answer", "Request", "Sender", "random_share"]

_ATTEMPTS: Final = 5
_FIRST_PAUSE_SECONDS: Final = 0.25
_PAUSE_SECONDS_MAX: Final = 60.0
_TIMEOUT: Final = httpx.Timeout(60.0, connect=5.0, pool=5.0)
_ANSWER_SECONDS_MAX: Final = 300.0
_ANSWER_BYTES_MAX: Final = 64 * 1024 * 1024
_PROBLEM_BYTES_MAX: Final = 64 * 1024
_TRY_AGAIN: Final = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request, and whether it may be sent twice."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = field(default=None, repr=False)
    content_type: str = ""
    idempotency_key: str = ""
    changes_nothing: bool = False

    @property
    def may_be_repeated(self) -> bool:
        """Whether sending it again does no more than sending it once."""
        return (
            self.method in {"GET", "DELETE"} or self.changes_nothing or bool(self.idempotency_key)
        )

    def headers(self) -> dict[str, str]:
        """The headers of its own."""
        named = {"Content-Type": self.content_type, "Idempotency-Key": self.idempotency_key}
        return {name: value for name, value in named.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer as it came."""

    status: int
    body: bytes = field(repr=False)
    retry_after: str = ""


def random_share() -> float:
    """A share from 0 to 1, which nobody can foresee."""
    return secrets.randbelow(1_000_000) / 1_000_000


class Sender:
    """A connection to a server with one key."""

    def __init__(
        self,
        origin: ServerOrigin,
        key: ApiKey | None,
        *,
        transport: httpx.BaseTransport | None = None,
        pause: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random_share,
    ) -> None:
        """`transport`, `pause` and `chance` (0 to 1) are arguments for the sake of tests."""
        local = is_loopback(origin)
        headers = {
            "Accept": "application/json, application/problem+json",
            "Accept-Encoding": "identity",
            "User-Agent": f"pennyvault-client Python/{platform.python_version()}",
        }
        if key is not None:
            headers["Authorization"] = f"Bearer {key.reveal()}"
        # A context without authorities trusts nobody: all that plain http on this machine needs, and quick to make.
        plain = origin.startswith("http:")
        verify = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if plain else ssl.create_default_context()
        self._client = httpx.Client(
            base_url=origin,
            headers=headers,
            timeout=_TIMEOUT,
            follow_redirects=False,
            verify=verify,
            trust_env=not local,
            transport=transport,
        )
        self._pause = pause
        self._chance = chance

    def close(self) -> None:
        """End the connection."""
        self._client.close()

    def send(self, request: Request) -> Answer:
        """Send a request, again where that is safe, until there is an answer to keep."""
        attempt = 0
        while True:
            attempt += 1
            last = attempt == _ATTEMPTS
            try:
                answer = self._send_once(request)
            except httpx.TransportError as error:
                # A connection that was never made carried nothing.
                unsent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
                if last or not (request.may_be_repeated or unsent):
                    raise _unreachable(error) from None
                seconds = self._backoff(attempt)
            except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError):
                raise AnswerNotReadable from None
            else:
                if last or answer.status not in _TRY_AGAIN or not request.may_be_repeated:
                    return answer
                asked = _seconds_asked(answer.retry_after)
                if asked > _PAUSE_SECONDS_MAX:
                    return answer
                seconds = max(asked, self._backoff(attempt))
            self._pause(seconds)

    def _backoff(self, attempt: int) -> float:
        """Between half and the whole of a pause that doubles each time."""
        whole = min(_FIRST_PAUSE_SECONDS * 2.0 ** (attempt - 1), _PAUSE_SECONDS_MAX)
        return whole * (0.5 + self._chance() / 2)

    def _send_once(self, request: Request) -> Answer:
        began = time.monotonic()
        with self._client.stream(
            request.method,
            request.path,
            params=request.query,
            content=request.content,
            headers=request.headers(),
        ) as response:
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise AnswerNotReadable
            good = response.status_code < HTTPStatus.MULTIPLE_CHOICES
            limit = _ANSWER_BYTES_MAX if good else _PROBLEM_BYTES_MAX
            chunks = bytearray()
            for chunk in response.iter_bytes():
                chunks += chunk
                if len(chunks) > limit:
                    raise AnswerTooLarge
                if time.monotonic() - began > _ANSWER_SECONDS_MAX:
                    raise Unreachable
            return Answer(
                status=response.status_code,
                body=bytes(chunks),
                retry_after=response.headers.get("Retry-After", ""),
            )


def _unreachable(error: httpx.TransportError) -> ClientProblem:
    # httpx wraps the ssl module's error in text only.
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return CertificateRefused()
    return Unreachable()


def _seconds_asked(header: str) -> float:
    """The seconds of a Retry-After header; 0 for none and for a date, which our server does not send."""
    return float(header) if header.isascii() and header.isdigit() else 0.0
