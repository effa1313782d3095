from __future__ import annotations

import re

import msgspec
import pytest
from starlette.routing import Route

from server.web.endpoints import Endpoint, RouteName
from server.web.limits import read_limit
from server.web.route_table import ROUTE_TABLE, RouteTableBroken, pair_with_rows
from server.web.strict_types import LenientType
from tests.unit.server.web.fake_rooms import OPEN, Stage, echo, echo_rooms


class Inner(msgspec.Struct):
    amount: str


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    lines: list[Inner]


ALL = [*echo_rooms(), echo(RouteName.OPENAPI), echo(RouteName.HEALTH)]


def test_every_name_has_a_row() -> None:
    assert set(ROUTE_TABLE) == set(RouteName)


def test_only_the_named_routes_are_open() -> None:
    assert {name for name, row in ROUTE_TABLE.items() if row.scope is None} == OPEN


def test_no_two_rows_share_method_and_path() -> None:
    reached = [(row.method, re.sub(r"\{.*?\}", "*", row.path)) for row in ROUTE_TABLE.values()]
    assert len(set(reached)) == len(reached)


def test_every_limit_is_readable() -> None:
    for row in ROUTE_TABLE.values():
        assert read_limit(row.limit).calls > 0


def test_reading_routes_take_no_body_and_need_no_key() -> None:
    for row in ROUTE_TABLE.values():
        if row.method != "POST":
            assert row.body_cap_bytes == 0
            assert not row.idempotent


def test_a_row_without_an_endpoint_does_not_start() -> None:
    with pytest.raises(RouteTableBroken, match="undo_batch has no endpoint"):
        pair_with_rows([one for one in ALL if one.name is not RouteName.UNDO_BATCH])


def test_a_name_without_a_row_does_not_start() -> None:
    table = dict(ROUTE_TABLE)
    del table[RouteName.SIGN_UP]
    with pytest.raises(RouteTableBroken, match="sign_up has no row"):
        pair_with_rows(ALL, table)


def test_two_endpoints_of_one_name_do_not_start() -> None:
    with pytest.raises(RouteTableBroken, match="two endpoints"):
        pair_with_rows([*ALL, echo(RouteName.SIGN_UP)])


def test_a_body_type_that_lets_unknown_fields_pass_does_not_start() -> None:
    lenient = Endpoint(
        name=RouteName.CREATE_ENTRIES,
        handle=echo(RouteName.CREATE_ENTRIES).handle,
        answer=None,
        body=Outer,
    )
    with pytest.raises(LenientType, match="Inner"):
        Stage().app(lenient)


def test_nothing_but_the_table_is_routed() -> None:
    routes = [route for route in Stage().app().routes if isinstance(route, Route)]
    served = {(method, route.path) for route in routes for method in route.methods or ()}
    assert served == {(row.method, row.path) for row in ROUTE_TABLE.values()}
    assert len(routes) == len(Stage().app().routes)
