"""
The closed table of routes: what is not in it is not served, and a name without a row does not start.

Each row says how a route is reached and who may reach it; what it does is said by a room's endpoint.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Literal

from server.web.endpoints import Endpoint, RouteName
from server.web.ports import Scope

__all__ = ["ROUTE_TABLE", "RouteRow", "RouteTableBroken", "pair_with_rows"]

_KIB = 1024
_MIB = 1024 * _KIB

Method = Literal["GET", "POST", "DELETE"]


class RouteTableBroken(Exception):
    """The route table and the endpoints do not match; the server does not start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRow:
    """How one route is reached, by whom, and how often."""

    method: Method
    path: str
    #: The scope that a token needs; None lets everybody in.
    scope: Scope | None
    #: Calls of one tenant, or of one client address where the route is open.
    limit: str
    #: The largest body in bytes; 0 takes none.
    body_cap_bytes: int = 0
    #: Whether the caller must send an Idempotency-Key.
    idempotent: bool = False
    #: The status of a success, for the description.
    success: HTTPStatus = HTTPStatus.OK


#: Every route. Routes that are called often stand first: they are matched in this order.
ROUTE_TABLE: Mapping[RouteName, RouteRow] = MappingProxyType(
    {
        RouteName.READ_CHANGES: RouteRow(
            method="GET", path="/v1/ledger/changes", scope=Scope.READ, limit="1200/minute"
        ),
        RouteName.SHOW_PROFILE: RouteRow(
            method="GET", path="/v1/profile", scope=Scope.READ, limit="1200/minute"
        ),
        RouteName.LIST_ENTRIES: RouteRow(
            method="GET", path="/v1/entries", scope=Scope.READ, limit="1200/minute"
        ),
        RouteName.CREATE_ENTRIES: RouteRow(
            method="POST",
            path="/v1/entries",
            scope=Scope.WRITE,
            limit="300/minute",
            body_cap_bytes=4 * _MIB,
            idempotent=True,
            success=HTTPStatus.CREATED,
        ),
        RouteName.LIST_ACCOUNTS: RouteRow(
            method="GET", path="/v1/accounts", scope=Scope.READ, limit="600/minute"
        ),
        RouteName.CREATE_ACCOUNT: RouteRow(
            method="POST",
            path="/v1/accounts",
            scope=Scope.WRITE,
            limit="120/minute",
            body_cap_bytes=16 * _KIB,
            success=HTTPStatus.CREATED,
        ),
        RouteName.PREVIEW_IMPORT: RouteRow(
            method="POST",
            path="/v1/imports/preview",
            scope=Scope.READ,
            limit="600/minute",
            body_cap_bytes=20 * _MIB,
        ),
        RouteName.IMPORT_STATEMENT: RouteRow(
            method="POST",
            path="/v1/imports",
            scope=Scope.WRITE,
            limit="600/minute",
            body_cap_bytes=20 * _MIB,
            idempotent=True,
            success=HTTPStatus.CREATED,
        ),
        RouteName.LIST_BATCHES: RouteRow(
            method="GET", path="/v1/batches", scope=Scope.READ, limit="600/minute"
        ),
        RouteName.UNDO_BATCH: RouteRow(
            method="POST",
            path="/v1/batches/{batch_id}/undo",
            scope=Scope.WRITE,
            limit="120/minute",
            idempotent=True,
        ),
        RouteName.APPLY_EDITS: RouteRow(
            method="POST",
            path="/v1/edits",
            scope=Scope.WRITE,
            limit="600/minute",
            body_cap_bytes=8 * _MIB,
            idempotent=True,
        ),
        RouteName.TAKE_LEASE: RouteRow(
            method="POST",
            path="/v1/workbook-leases",
            scope=Scope.WRITE,
            limit="600/minute",
            body_cap_bytes=_KIB,
            success=HTTPStatus.CREATED,
        ),
        RouteName.DROP_LEASE: RouteRow(
            method="DELETE",
            path="/v1/workbook-leases/{lease_id}",
            scope=Scope.WRITE,
            limit="600/minute",
            success=HTTPStatus.NO_CONTENT,
        ),
        RouteName.STATE_BALANCE: RouteRow(
            method="POST",
            path="/v1/balances",
            scope=Scope.WRITE,
            limit="300/minute",
            body_cap_bytes=4 * _KIB,
            idempotent=True,
            success=HTTPStatus.CREATED,
        ),
        RouteName.ADJUST_BALANCE: RouteRow(
            method="POST",
            path="/v1/adjustments",
            scope=Scope.WRITE,
            limit="300/minute",
            body_cap_bytes=16 * _KIB,
            idempotent=True,
            success=HTTPStatus.CREATED,
        ),
        RouteName.EXPLAIN_ACCOUNT: RouteRow(
            method="GET",
            path="/v1/accounts/{account_id}/explanation",
            scope=Scope.READ,
            limit="120/minute",
        ),
        RouteName.LIST_CLOSINGS: RouteRow(
            method="GET", path="/v1/closings", scope=Scope.READ, limit="300/minute"
        ),
        RouteName.CLOSE_MONTH: RouteRow(
            method="POST",
            path="/v1/closings",
            scope=Scope.WRITE,
            limit="60/minute",
            body_cap_bytes=4 * _KIB,
            idempotent=True,
            success=HTTPStatus.CREATED,
        ),
        RouteName.SHOW_CLOSING: RouteRow(
            method="GET", path="/v1/closings/{month}", scope=Scope.READ, limit="120/minute"
        ),
        RouteName.REOPEN_MONTH: RouteRow(
            method="POST",
            path="/v1/closings/{month}/reopen",
            scope=Scope.WRITE,
            limit="60/minute",
            body_cap_bytes=16 * _KIB,
            idempotent=True,
        ),
        RouteName.SUMMARISE_MONTHS: RouteRow(
            method="GET", path="/v1/reports/month-summary", scope=Scope.READ, limit="300/minute"
        ),
        RouteName.LIST_TOKENS: RouteRow(
            method="GET", path="/v1/tokens", scope=Scope.READ, limit="300/minute"
        ),
        RouteName.CREATE_TOKEN: RouteRow(
            method="POST",
            path="/v1/tokens",
            scope=Scope.WRITE,
            limit="60/minute",
            body_cap_bytes=16 * _KIB,
            success=HTTPStatus.CREATED,
        ),
        # Any token may take itself out of use; identity asks for more where it is another one.
        RouteName.REVOKE_TOKEN: RouteRow(
            method="DELETE",
            path="/v1/tokens/{token_id}",
            scope=Scope.READ,
            limit="300/minute",
            success=HTTPStatus.NO_CONTENT,
        ),
        RouteName.SIGN_UP: RouteRow(
            method="POST",
            path="/v1/signup",
            scope=None,
            limit="120/minute",
            body_cap_bytes=16 * _KIB,
            success=HTTPStatus.CREATED,
        ),
        RouteName.OPENAPI: RouteRow(
            method="GET", path="/v1/openapi.json", scope=None, limit="120/minute"
        ),
        RouteName.HEALTH: RouteRow(method="GET", path="/healthz", scope=None, limit="1200/minute"),
    }
)


def pair_with_rows(
    endpoints: Iterable[Endpoint], table: Mapping[RouteName, RouteRow] = ROUTE_TABLE
) -> list[tuple[RouteRow, Endpoint]]:
    """
    Return each row with its endpoint, in the table's order.

    Raises RouteTableBroken where a name has no row, a row has no endpoint, or an endpoint comes twice.
    """
    by_name: dict[RouteName, Endpoint] = {}
    for endpoint in endpoints:
        if endpoint.name in by_name:
            message = f"two endpoints are named {endpoint.name.value}"
            raise RouteTableBroken(message)
        by_name[endpoint.name] = endpoint
    for name in RouteName:
        if name not in table:
            message = f"{name.value} has no row in the route table"
            raise RouteTableBroken(message)
        if name not in by_name:
            message = f"{name.value} has no endpoint"
            raise RouteTableBroken(message)
    return [(row, by_name[name]) for name, row in table.items()]
