"""
Query strings, decoded strictly: unknown and repeated parameters are refused, and so is anything like a token.

A token in an address stands in logs, histories and proxies; it is refused before anything else is looked at.
"""

from __future__ import annotations

from urllib.parse import parse_qsl

import msgspec

from server.web.problems import Fault, QueryRefused, TokenInAddress
from server.web.strict_types import fault_of, field_names_of

__all__ = ["QueryReader", "refuse_token_in_address"]

_QUERY_BYTES_MAX = 4096
_PARAMETERS_MAX = 32

_TOKEN_MARKS = (b"pv_test_", b"pv_live_")
_TOKEN_PARAMETERS = frozenset(
    {"token", "access_token", "api_key", "apikey", "key", "auth", "authorization", "bearer"}
)


def refuse_token_in_address(query_string: bytes) -> None:
    """Raise TokenInAddress if the query holds a token of ours, or names a parameter after one."""
    names = {part.partition(b"=")[0] for part in query_string.lower().split(b"&")}
    if any(mark in query_string for mark in _TOKEN_MARKS):
        raise TokenInAddress
    if any(name.decode("latin-1") in _TOKEN_PARAMETERS for name in names):
        raise TokenInAddress


def _parameters(query_string: bytes) -> dict[str, str]:
    if len(query_string) > _QUERY_BYTES_MAX:
        raise QueryRefused(Fault.TOO_LONG)
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_PARAMETERS_MAX,
        )
    except ValueError:
        raise QueryRefused(Fault.NOT_A_QUERY) from None
    parameters = dict(pairs)
    if len(parameters) != len(pairs):
        raise QueryRefused(Fault.REPEATED_PARAMETER)
    return parameters


class QueryReader:
    """Reads the query strings of one route."""

    def __init__(self, query_type: type[msgspec.Struct]) -> None:
        self._type = query_type
        self._names = field_names_of(query_type)

    def read(self, query_string: bytes) -> msgspec.Struct:
        """Return the query as an instance of the route's type; numbers are read from their digits."""
        parameters = _parameters(query_string) if query_string else {}
        try:
            return msgspec.convert(parameters, self._type, strict=False)
        except msgspec.ValidationError as error:
            raise QueryRefused(*fault_of(error, self._names)) from None
