"""
Request bodies: read under a cap, then decoded strictly into the endpoint's type.

JSON is UTF-8, has no key twice, no NaN, no surrogates, at most 32 levels, and no field that the type does not
know. What is wrong is told as a fault and a place made of our own field names: never a value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from server.web.endpoints import NoBody, RawBody
from server.web.problems import (
    BodyIncomplete,
    BodyMalformed,
    BodyRefused,
    BodyTooLarge,
    ContentNotSupported,
    Fault,
)
from server.web.strict_types import FieldNames, fault_of, field_names_of

__all__ = ["DEPTH_MAX", "BodyReader", "check_json_text"]

#: Levels of objects and arrays within each other.
DEPTH_MAX = 32

#: A string, closed or not, or a bracket outside of strings; possessive, so that it never looks back.
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)

_JSON = frozenset(
    {b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8"}
)
_BYTES = frozenset({b"application/octet-stream"})

_NOTHING_SENT = (None, b"0")
#: What a body may weigh that says nothing: `{}` and some white space.
_EMPTY_BODY_CAP_BYTES = 64

Receive = Callable[[], Awaitable[Any]]


class _RepeatedKey(ValueError):
    """An object has a key twice."""


def _refuse_repeated_keys(pairs: list[tuple[str, object]]) -> None:
    if len({key for key, _ in pairs}) != len(pairs):
        raise _RepeatedKey


def _refuse_constant(_text: str) -> None:
    raise ValueError


def _take_number(_text: str) -> None:
    """Numbers are judged by the types, later."""


def _is_too_deep(text: str) -> bool:
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        token = match[0]
        if token in {"[", "{"}:
            depth += 1
            if depth > DEPTH_MAX:
                return True
        elif token in {"]", "}"}:
            depth -= 1
    return False


_STRICT = json.JSONDecoder(
    object_pairs_hook=_refuse_repeated_keys,
    parse_constant=_refuse_constant,
    parse_float=_take_number,
    parse_int=_take_number,
)


def check_json_text(body: bytes) -> None:
    """Raise BodyMalformed unless `body` is JSON in UTF-8, not too deep, without a key twice."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise BodyMalformed(Fault.NOT_UTF_8) from None
    if _is_too_deep(text):
        raise BodyMalformed(Fault.TOO_DEEP)
    try:
        _STRICT.decode(text)
    except _RepeatedKey:
        raise BodyMalformed(Fault.REPEATED_KEY) from None
    except (ValueError, RecursionError):
        raise BodyMalformed(Fault.NOT_JSON) from None


async def _read_capped(receive: Receive, cap_bytes: int) -> bytes:
    """Return the whole body; raise BodyTooLarge as soon as it is more than `cap_bytes`."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BodyIncomplete
        part = message.get("body", b"")
        size += len(part)
        if size > cap_bytes:
            raise BodyTooLarge
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def _declared_length(head: Mapping[bytes, bytes]) -> int:
    length = head.get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0


class BodyReader:
    """Reads the bodies of one route."""

    def __init__(self, body_type: type[msgspec.Struct], cap_bytes: int) -> None:
        self._type = body_type
        self._cap_bytes = cap_bytes or _EMPTY_BODY_CAP_BYTES
        self._nothing = NoBody() if body_type is NoBody else None
        self._decoder = msgspec.json.Decoder(body_type)
        self._names: FieldNames = field_names_of(body_type)

    async def read(self, head: Mapping[bytes, bytes], receive: Receive) -> msgspec.Struct:
        """Return the body as an instance of the route's type."""
        if (
            self._nothing is not None
            and head.get(b"content-length") in _NOTHING_SENT
            and b"transfer-encoding" not in head
        ):
            return self._nothing
        self._check_head(head)
        content = await _read_capped(receive, self._cap_bytes)
        if self._type is RawBody:
            return RawBody(content=content)
        check_json_text(content)
        try:
            return self._decoder.decode(content)
        except msgspec.ValidationError as error:
            raise BodyRefused(*fault_of(error, self._names)) from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            # Such as a surrogate without its other half, which the standard library lets pass.
            raise BodyMalformed(Fault.NOT_JSON) from None

    def _check_head(self, head: Mapping[bytes, bytes]) -> None:
        if _declared_length(head) > self._cap_bytes:
            raise BodyTooLarge
        expected = _BYTES if self._type is RawBody else _JSON
        if head.get(b"content-type", b"").strip().lower() not in expected:
            raise ContentNotSupported
        if head.get(b"content-encoding", b"identity").strip().lower() != b"identity":
            raise ContentNotSupported
