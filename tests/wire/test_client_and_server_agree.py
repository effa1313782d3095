"""What the client sends is what the server takes, and what the server answers is what the client reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import httpx
import msgspec
import pytest
from msgspec import inspect

from excel_client import wire_format
from excel_client.problems import ClientProblem
from excel_client.server_api import FeedPosition, ServerApi, StatementUpload
from excel_client.settings import ServerOrigin
from excel_client.wire_format import STATEMENT_BYTES_MAX, ApiKey
from server.exact_amounts.ledger import routes as ledger_routes
from server.exact_amounts.reconciliation import routes as reconciliation_routes
from server.exact_amounts.reconciliation.edit_plan import EFFECTIVE_WITHOUT_CONFIRMATION
from server.exact_amounts.reconciliation.wire import EditsBody
from server.exact_amounts.statements import routes as statement_routes
from server.identity import routes as identity_routes
from server.web.endpoints import Endpoint, RawBody, RouteName
from server.web.route_table import ROUTE_TABLE

#: What the client reads of each route's answer.
READS: dict[RouteName, tuple[type[msgspec.Struct], ...]] = {
    RouteName.SIGN_UP: (wire_format.SignedUp,),
    RouteName.SHOW_PROFILE: (wire_format.Profile,),
    RouteName.LIST_ACCOUNTS: (wire_format.Accounts,),
    RouteName.READ_CHANGES: (wire_format.Changes, wire_format.WholeChanges),
    RouteName.PREVIEW_IMPORT: (wire_format.PreviewedStatement,),
    RouteName.IMPORT_STATEMENT: (wire_format.ImportedStatement,),
    RouteName.LIST_BATCHES: (wire_format.Batches,),
    RouteName.UNDO_BATCH: (wire_format.Undone,),
    RouteName.APPLY_EDITS: (wire_format.EditsDone,),
    RouteName.TAKE_LEASE: (wire_format.Lease,),
    RouteName.STATE_BALANCE: (wire_format.StatedBatch,),
    RouteName.ADJUST_BALANCE: (wire_format.StatedBatch,),
    RouteName.EXPLAIN_ACCOUNT: (wire_format.Explanation,),
    RouteName.LIST_CLOSINGS: (wire_format.Closings,),
    RouteName.SHOW_CLOSING: (wire_format.ClosedMonth,),
    RouteName.CLOSE_MONTH: (wire_format.ClosedMonth,),
    RouteName.REOPEN_MONTH: (wire_format.Reopened,),
}
#: Routes whose answers say nothing.
SILENT = {RouteName.DROP_LEASE}
PAIRS = [(name, client) for name, clients in READS.items() for client in clients]

SOME_ID = "0199aaaa-0000-7000-8000-000000000001"
EDITS = wire_format.EditsToSend(
    edits=tuple(
        wire_format.EditToSend(
            id=SOME_ID,
            entry=SOME_ID,
            kind=kind,
            base=3,
            value=value,
            parts=(
                wire_format.PartToSend(
                    amount="-1.50", description="d", category="Travel", notes="n", tags=("a",)
                ),
                wire_format.PartToSend(amount="2"),
            ),
            others=(SOME_ID,),
            fee=True,
        )
        for kind, value in [
            ("category", "Travel"),
            ("category", None),
            ("tags", ("a", "b")),
            ("notes", ""),
            ("reviewed", True),
            ("statement", "2026-03-31"),
            *((word, None) for word in ("match", "unmatch", "merge", "split", "unsplit")),
            *((word, None) for word in ("remove", "restore")),
        ]
    ),
    confirmed=True,
)
UPLOAD = StatementUpload(file_name="march.ofx", content=b"OFX", currency="EUR")
CALLS: dict[RouteName, Callable[[ServerApi], object]] = {
    RouteName.SIGN_UP: lambda api: api.sign_up("Home", "label"),
    RouteName.SHOW_PROFILE: lambda api: api.profile(),
    RouteName.LIST_ACCOUNTS: lambda api: api.accounts(),
    RouteName.READ_CHANGES: lambda api: next(
        api.changes(FeedPosition(epoch="e", cursor="1.a"), wire_format.Changes)
    ),
    RouteName.PREVIEW_IMPORT: lambda api: api.preview(UPLOAD),
    RouteName.IMPORT_STATEMENT: lambda api: api.import_statement(UPLOAD, idempotency_key="k" * 32),
    RouteName.LIST_BATCHES: lambda api: api.batches(),
    RouteName.UNDO_BATCH: lambda api: api.undo(SOME_ID, idempotency_key="k" * 32),
    RouteName.APPLY_EDITS: lambda api: api.push_edits(EDITS, idempotency_key="k" * 32),
    RouteName.TAKE_LEASE: lambda api: api.take_lease(SOME_ID, 120, SOME_ID),
    RouteName.DROP_LEASE: lambda api: api.drop_lease(SOME_ID),
    RouteName.STATE_BALANCE: lambda api: api.state_balance(
        SOME_ID, "2026-03-31", "12.50", idempotency_key="k" * 32
    ),
    RouteName.ADJUST_BALANCE: lambda api: api.adjust(
        SOME_ID, "2026-03-31", "-0.50", "a reason", idempotency_key="k" * 32
    ),
    RouteName.EXPLAIN_ACCOUNT: lambda api: api.explanation(SOME_ID),
    RouteName.LIST_CLOSINGS: lambda api: api.closings(),
    RouteName.SHOW_CLOSING: lambda api: api.closed_month("2026-03"),
    RouteName.CLOSE_MONTH: lambda api: api.close_month("2026-03", idempotency_key="k" * 32),
    RouteName.REOPEN_MONTH: lambda api: api.reopen_month(
        "2026-03", "a reason", idempotency_key="k" * 32
    ),
}


def endpoints() -> Iterable[Endpoint]:
    # Nothing is called: an endpoint only names its handler.
    nobody = cast("Any", object())
    for routes in (
        identity_routes.endpoints(nobody),
        ledger_routes.endpoints(nobody, nobody),
        reconciliation_routes.endpoints(nobody, nobody),
        statement_routes.endpoints(nobody, nobody),
    ):
        yield from routes


ENDPOINTS = {endpoint.name: endpoint for endpoint in endpoints()}

TEXTS = (inspect.StrType, inspect.UUIDType, inspect.DateTimeType, inspect.DateType)
LISTS = (inspect.ListType, inspect.VarTupleType)


def differences(client: inspect.Type, server: inspect.Type, place: str) -> list[str]:
    """Where a value that the server may send is one that the client does not read."""
    if isinstance(server, inspect.Metadata):
        return differences(client, server.type, place)
    if isinstance(server, inspect.UnionType):
        return [found for one in server.types for found in differences(client, one, place)]
    options = client.types if isinstance(client, inspect.UnionType) else (client,)
    if any(not mismatches(option, server, place) for option in options):
        return []
    return mismatches(options[0], server, place)


def mismatches(client: inspect.Type, server: inspect.Type, place: str) -> list[str]:
    if isinstance(client, inspect.StructType) and isinstance(server, inspect.StructType):
        return struct_differences(client, server, place)
    if isinstance(client, LISTS) and isinstance(server, LISTS):
        return differences(client.item_type, server.item_type, f"{place}[]")
    if is_read_as_it_is(client, server):
        return []
    return [f"{place}: {type(server).__name__} is not read as {type(client).__name__}"]


def is_read_as_it_is(client: inspect.Type, server: inspect.Type) -> bool:
    if isinstance(client, inspect.RawType):
        return True
    if isinstance(client, inspect.StrType):
        is_word = isinstance(server, inspect.EnumType) and issubclass(server.cls, str)
        return is_word or isinstance(server, TEXTS)
    plain = (inspect.IntType, inspect.BoolType, inspect.NoneType)
    return isinstance(client, plain) and type(client) is type(server)


def struct_differences(
    client: inspect.StructType, server: inspect.StructType, place: str
) -> list[str]:
    sent = {one.encode_name: one for one in server.fields}
    found = []
    for one in client.fields:
        where = f"{place}.{one.encode_name}"
        if one.encode_name not in sent:
            found.append(f"{where} is never sent")
        else:
            found += differences(one.type, sent[one.encode_name].type, where)
    return found


@pytest.mark.parametrize(("name", "client"), PAIRS, ids=str)
def test_every_field_that_the_client_reads_is_sent_with_its_type(
    name: RouteName, client: type[msgspec.Struct]
) -> None:
    answer = ENDPOINTS[name].answer
    assert answer is not None
    found = differences(inspect.type_info(client), inspect.type_info(answer), name)
    assert not found


def sample(kind: inspect.Type, *, empty: bool) -> Any:
    """A value of a server's type: nulls and empty lists, or everything there."""
    match kind:
        case inspect.Metadata():
            return sample(kind.type, empty=empty)
        case inspect.UnionType():
            nulls = [one for one in kind.types if isinstance(one, inspect.NoneType)]
            others = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
            return sample((nulls if empty and nulls else others)[0], empty=empty)
        case inspect.StructType():
            return kind.cls(**{one.name: sample(one.type, empty=empty) for one in kind.fields})
        case inspect.ListType() | inspect.VarTupleType():
            some = [] if empty else [sample(kind.item_type, empty=empty)] * 2
            return tuple(some) if isinstance(kind, inspect.VarTupleType) else some
        case inspect.EnumType():
            return next(iter(kind.cls))
        case _:
            return {
                inspect.StrType: "text",
                inspect.IntType: 3,
                inspect.BoolType: True,
                inspect.NoneType: None,
                inspect.UUIDType: UUID("0199aaaa-0000-7000-8000-000000000001"),
                inspect.DateTimeType: datetime(2026, 3, 31, tzinfo=UTC),
            }[type(kind)]


@pytest.mark.parametrize("empty", [True, False])
@pytest.mark.parametrize(("name", "client"), PAIRS, ids=str)
def test_an_answer_of_the_server_is_read_by_the_client(
    name: RouteName, client: type[msgspec.Struct], *, empty: bool
) -> None:
    answer = ENDPOINTS[name].answer
    assert answer is not None
    sent = msgspec.to_builtins(sample(inspect.type_info(answer), empty=empty))
    read = msgspec.json.decode(msgspec.json.encode(sent), type=client)
    for one in msgspec.structs.fields(client):
        back = msgspec.json.decode(msgspec.json.encode(getattr(read, one.name)))
        assert is_part_of(back, sent[one.encode_name]), one.name


def is_part_of(read: Any, sent: Any) -> bool:
    """Whether what was read says nothing else than what was sent."""
    if isinstance(read, dict):
        return all(is_part_of(value, sent[name]) for name, value in read.items())
    if isinstance(read, list | tuple):
        return len(read) == len(sent) and all(map(is_part_of, read, sent))
    if isinstance(read, str) and not isinstance(sent, str):
        return bool(read)
    return bool(read == sent)


def test_an_export_carries_what_is_promised_of_an_entry_in_order() -> None:
    info = inspect.type_info(ENDPOINTS[RouteName.READ_CHANGES].answer)
    assert isinstance(info, inspect.StructType)
    (entries,) = (one.type for one in info.fields if one.name == "entries")
    assert isinstance(entries, inspect.ListType)
    assert isinstance(entries.item_type, inspect.StructType)
    sent = [one.encode_name for one in entries.item_type.fields]
    # The export's keys are promised to others; what came later is for the workbook alone.
    later = ["role", "statement_on", "removal"]
    assert [*wire_format.WholeEntry.__struct_fields__, *later] == sent


def request_of(name: RouteName) -> httpx.Request:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(400)

    key = ApiKey("pv_test_" + "k" * 43)
    transport = httpx.MockTransport(answer)
    with (
        ServerApi(ServerOrigin("http://127.0.0.1"), key, transport=transport) as api,
        suppress(ClientProblem),
    ):
        CALLS[name](api)
    (request,) = seen
    return request


@pytest.mark.parametrize("name", CALLS)
def test_every_request_is_one_that_the_route_table_knows(name: RouteName) -> None:
    row = ROUTE_TABLE[name]
    request = request_of(name)
    pattern = re.sub(r"\\{[a-z_]+\\}", "[^/]+", re.escape(row.path))
    assert re.fullmatch(pattern, request.url.path)
    assert request.method == row.method
    assert ("Idempotency-Key" in request.headers) == row.idempotent
    assert bool(request.content) == bool(row.body_cap_bytes)


@pytest.mark.parametrize("name", CALLS)
def test_every_request_is_one_that_the_server_takes(name: RouteName) -> None:
    endpoint, request = ENDPOINTS[name], request_of(name)
    msgspec.convert(dict(request.url.params), type=endpoint.query, strict=False)
    if endpoint.body is RawBody:
        assert request.headers["Content-Type"] == "application/octet-stream"
    elif request.content:
        assert request.headers["Content-Type"] == "application/json"
        msgspec.json.decode(request.content, type=endpoint.body)


def test_more_edits_than_the_server_takes_without_a_yes_are_asked_about_first() -> None:
    assert wire_format.EDITS_WITHOUT_CONFIRMATION == EFFECTIVE_WITHOUT_CONFIRMATION
    (edits,) = (one for one in inspect.type_info(EditsBody).fields if one.name == "edits")  # type: ignore[attr-defined]
    assert isinstance(edits.type, inspect.ListType)
    assert edits.type.max_length == wire_format.EDITS_PER_REQUEST_MAX


@pytest.mark.parametrize("name", [RouteName.PREVIEW_IMPORT, RouteName.IMPORT_STATEMENT])
def test_the_client_stops_at_the_size_at_which_the_server_does(name: RouteName) -> None:
    assert ROUTE_TABLE[name].body_cap_bytes == STATEMENT_BYTES_MAX


def test_every_route_that_is_called_has_its_answer_read() -> None:
    assert set(CALLS) == set(READS) | SILENT
