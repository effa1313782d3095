"""
The fields that an event can carry, each with the one shape it may have. Closed: nothing else is written.

No field takes free text. What an outsider can choose (paths, names, messages) has no field at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from server.shared_types.problems import Problem

__all__ = ["FIELDS", "FieldRefused", "FieldValue"]

#: What a field looks like in the line.
FieldValue = str | int | float | bool

_OUR_PACKAGE: Final = "server."
_NUMBER_MAX: Final = 10**9
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,79}")
_STATUS_FIRST: Final = 100
_STATUS_LAST: Final = 599


class FieldRefused(Exception):
    """A log event was given a field, or a value, that is not on the list."""

    def __init__(self) -> None:
        super().__init__(type(self).__doc__)


def _identifier(value: object) -> FieldValue:
    """Take an id of ours: a UUID, or the text of one."""
    if isinstance(value, UUID):
        return str(value)
    if type(value) is str:
        try:
            return str(UUID(value))
        except ValueError:
            raise FieldRefused from None
    raise FieldRefused


def _word(value: object) -> FieldValue:
    """Take a member of one of our enums."""
    if isinstance(value, StrEnum) and type(value).__module__.startswith(_OUR_PACKAGE):
        return str(value)
    raise FieldRefused


def _whole_number(value: object) -> FieldValue:
    """Take a count, a version, a port: an int, and no bool."""
    if type(value) is int and 0 <= value <= _NUMBER_MAX:
        return value
    raise FieldRefused


def _status(value: object) -> FieldValue:
    """Take a status of HTTP, as a number or as HTTPStatus."""
    if (
        isinstance(value, int)
        and (type(value) is int or isinstance(value, Enum))
        and _STATUS_FIRST <= value <= _STATUS_LAST
    ):
        return int(value)
    raise FieldRefused


def _duration(value: object) -> FieldValue:
    """Take milliseconds; a float is rounded, so that it carries nothing but time."""
    if type(value) in {int, float} and isinstance(value, int | float) and 0 <= value <= _NUMBER_MAX:
        return round(value, 1)
    raise FieldRefused


def _yes_or_no(value: object) -> FieldValue:
    if isinstance(value, bool):
        return value
    raise FieldRefused


def _problem(value: object) -> FieldValue:
    """Take the class of a problem: its code is written."""
    if isinstance(value, type) and issubclass(value, Problem):
        return value.code
    raise FieldRefused


def _error(value: object) -> FieldValue:
    """Take the class of an exception: its name is written, never what it says."""
    if isinstance(value, type) and issubclass(value, BaseException):
        name = f"{value.__module__}.{value.__qualname__}"
        return name if _NAME.fullmatch(name) else "unnameable"
    raise FieldRefused


def _logger(value: object) -> FieldValue:
    """Take the name of a library's logger, where it looks like the name of a module."""
    if type(value) is str:
        return value if _NAME.fullmatch(value) else "unnameable"
    raise FieldRefused


#: Every field there is, with what checks and writes it.
FIELDS: Final[Mapping[str, Callable[[object], FieldValue]]] = MappingProxyType(
    {
        "request_id": _identifier,
        "tenant": _identifier,
        "principal": _identifier,
        "token": _identifier,
        "batch": _identifier,
        "route": _word,
        "method": _word,
        "environment": _word,
        "purpose": _word,
        "status": _status,
        "duration_ms": _duration,
        "problem": _problem,
        "error": _error,
        "count": _whole_number,
        "migration": _whole_number,
        "version": _whole_number,
        "port": _whole_number,
        "severity": _whole_number,
        "loopback": _yes_or_no,
        "tls": _yes_or_no,
        "logger": _logger,
    }
)
