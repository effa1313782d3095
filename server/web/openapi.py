"""
The description of the API (OpenAPI 3.1), made of the route table and of the types that validate requests.

It adds nothing by hand, so it can't say anything else than what is served. It also holds the edge's two own
endpoints: the description and the health check.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from server.web.answers import ProblemAnswer
from server.web.endpoints import (
    Call,
    Endpoint,
    Endpoints,
    NoBody,
    NoQuery,
    RawBody,
    Reply,
    RouteName,
)
from server.web.route_table import RouteRow, pair_with_rows

__all__ = ["Health", "describe", "own_endpoints"]

_REF = "#/components/schemas/{name}"
_PATH_PARAMETER = re.compile(r"\{([a-z_]+)\}")
_PROBLEM_TYPE = "application/problem+json"

Schema = dict[str, Any]


class Health(msgspec.Struct, frozen=True):
    """The server answers."""

    status: str = "ok"


def _path_parameters(row: RouteRow) -> list[Schema]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "format": "uuid"},
        }
        for name in _PATH_PARAMETER.findall(row.path)
    ]


def _query_parameters(schema: Schema) -> list[Schema]:
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": field}
        for name, field in schema.get("properties", {}).items()
    ]


def _header_parameters(row: RouteRow) -> list[Schema]:
    if row.method != "POST":
        return []
    schema = {"type": "string", "minLength": 1, "maxLength": 255}
    return [
        {"name": "Idempotency-Key", "in": "header", "required": row.idempotent, "schema": schema}
    ]


def _request_body(endpoint: Endpoint, reference: Schema) -> Schema | None:
    if endpoint.body is NoBody:
        return None
    if endpoint.body is RawBody:
        content: Schema = {"application/octet-stream": {}}
    else:
        content = {"application/json": {"schema": reference}}
    return {"required": True, "content": content}


def _operation(row: RouteRow, endpoint: Endpoint, schemas: dict[str, Schema]) -> Schema:
    def reference(struct: type[msgspec.Struct]) -> Schema:
        return {"$ref": _REF.format(name=struct.__name__)}

    success: Schema = {"description": row.success.phrase}
    if endpoint.answer is not None:
        success["content"] = {"application/json": {"schema": reference(endpoint.answer)}}
    query = {} if endpoint.query is NoQuery else schemas[endpoint.query.__name__]
    operation: Schema = {
        "operationId": endpoint.name.value,
        "parameters": [
            *_path_parameters(row),
            *_query_parameters(query),
            *_header_parameters(row),
        ],
        "responses": {
            str(row.success.value): success,
            "default": {
                "description": "A problem",
                "content": {_PROBLEM_TYPE: {"schema": reference(ProblemAnswer)}},
            },
        },
        "security": [] if row.scope is None else [{"bearer": [row.scope.value]}],
    }
    body = _request_body(endpoint, reference(endpoint.body))
    if body is not None:
        operation["requestBody"] = body
    return operation


def describe(pairs: Sequence[tuple[RouteRow, Endpoint]], version: str) -> Schema:
    """Return the OpenAPI document of these routes."""
    types: dict[str, type[msgspec.Struct]] = {}
    for _, endpoint in pairs:
        for struct in (endpoint.query, endpoint.body, endpoint.answer, ProblemAnswer):
            if struct is not None and struct not in (NoBody, NoQuery, RawBody):
                known = types.setdefault(struct.__name__, struct)
                assert known is struct, "two types of the API have one name"
    _, schemas = msgspec.json.schema_components(types.values(), ref_template=_REF)
    paths: dict[str, dict[str, Schema]] = {}
    for row, endpoint in pairs:
        operation = _operation(row, endpoint, schemas)
        paths.setdefault(row.path, {})[row.method.lower()] = operation
    queries = {endpoint.query.__name__ for _, endpoint in pairs}
    shown = {name: schema for name, schema in schemas.items() if name not in queries}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Pennyvault", "version": version or "1"},
        "paths": paths,
        "components": {
            "schemas": shown,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def own_endpoints(rooms: Endpoints, version: str) -> Endpoints:
    """Return the edge's own endpoints; the description covers the rooms' and these."""
    document = b""

    async def read_description(_call: Call) -> Reply:
        return Reply(body=document)

    async def tell_health(_call: Call) -> Reply:
        return Reply(body=Health())

    own = [
        Endpoint(name=RouteName.OPENAPI, handle=read_description, answer=None),
        Endpoint(name=RouteName.HEALTH, handle=tell_health, answer=Health),
    ]
    document = msgspec.json.encode(describe(pair_with_rows([*rooms, *own]), version))
    return own
