"""
What msgspec says of a refused input, reduced to words of ours.

msgspec's own messages may repeat what was sent (an unknown field's name, for one), so only the kind of the fault and
those parts of the place are kept that are names of our types' fields, or positions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec.inspect import (
    CollectionType,
    DictType,
    StructType,
    TupleType,
    Type,
    UnionType,
    multi_type_info,
)

from server.web.problems import Fault

__all__ = ["FieldNames", "LenientType", "check_type_is_strict", "fault_of", "field_names_of"]

FieldNames = frozenset[str]

_PLACE = re.compile(r" - at `\$(?P<path>[^`]*)`$")
_STEP = re.compile(r"\.(?P<name>[^.\[\]]+)|\[(?P<index>[0-9]+)\]|\[(?P<any>\.\.\.)\]")
_MISSING = re.compile(r"^Object missing required field `(?P<name>[^`]+)`")
_UNKNOWN = "Object contains unknown field"


class LenientType(Exception):
    """A type of a request lets unknown fields pass; the server does not start."""


def _structs_in(info: Type, seen: set[type]) -> Iterator[StructType]:
    if isinstance(info, StructType):
        if info.cls in seen:
            return
        seen.add(info.cls)
        yield info
        inner: tuple[Any, ...] = tuple(field.type for field in info.fields)
    elif isinstance(info, UnionType):
        inner = info.types
    elif isinstance(info, CollectionType):
        inner = (info.item_type,)
    elif isinstance(info, TupleType):
        inner = info.item_types
    elif isinstance(info, DictType):
        inner = (info.key_type, info.value_type)
    else:
        return
    for part in inner:
        yield from _structs_in(part, seen)


def _all_structs(struct: type[msgspec.Struct]) -> list[StructType]:
    return list(_structs_in(multi_type_info([struct])[0], set()))


def field_names_of(struct: type[msgspec.Struct]) -> FieldNames:
    """Return the names, as they are sent, of all fields of a type and of the types within."""
    return frozenset(field.encode_name for info in _all_structs(struct) for field in info.fields)


def check_type_is_strict(struct: type[msgspec.Struct]) -> None:
    """Raise LenientType unless the type and every type within refuse unknown fields."""
    for info in _all_structs(struct):
        if not info.forbid_unknown_fields:
            message = f"{info.cls.__name__} does not forbid unknown fields"
            raise LenientType(message)


def _pointer(path: str, names: FieldNames) -> list[str]:
    steps: list[str] = []
    for match in _STEP.finditer(path):
        if match["name"] is not None:
            if match["name"] not in names:
                break
            steps.append(match["name"])
        elif match["index"] is not None:
            steps.append(match["index"])
        else:
            steps.append("*")
    return steps


def fault_of(error: msgspec.ValidationError, names: FieldNames) -> tuple[Fault, str]:
    """Return the kind of a refusal and the JSON pointer (RFC 6901) to it; keys of maps read `*`."""
    text = str(error)
    place = _PLACE.search(text)
    steps = _pointer(place["path"], names) if place is not None else []
    fault = Fault.NOT_ACCEPTABLE
    missing = _MISSING.match(text)
    if missing is not None and missing["name"] in names:
        fault = Fault.MISSING_FIELD
        steps.append(missing["name"])
    elif text.startswith(_UNKNOWN):
        fault = Fault.UNKNOWN_FIELD
    return fault, "".join(f"/{step}" for step in steps)
