"""The edge as a client sees it, in process."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import httpx
import pytest

from server.shared_types.problems import Problem
from server.web.endpoints import Call, Endpoint, NoBody, RawBody, Reply, RouteName
from server.web.problems import EdgeProblem, NothingHere
from server.web.route_table import ROUTE_TABLE, RouteRow
from tests.unit.server.web.fake_rooms import (
    NEIGHBOUR,
    OPEN,
    READER,
    WRITER,
    EchoBody,
    Stage,
)

SECRET = "the-secret-4711.07"

SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}


def call(
    stage: Stage,
    method: str,
    path: str,
    *instead: Endpoint,
    token: str | None = WRITER,
    client: str = "127.0.0.1",
    base: str = "http://localhost",
    **more: Any,
) -> httpx.Response:
    headers = dict(more.pop("headers", {}))
    if token is not None:
        headers.setdefault("Authorization", f"Bearer {token}")

    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(stage.app(*instead), client=(client, 4711))
        async with httpx.AsyncClient(transport=transport, base_url=base) as http:
            return await http.request(method, path, headers=headers, **more)

    return asyncio.run(run())


def code_of(response: httpx.Response) -> str:
    assert response.headers["content-type"] == "application/problem+json"
    answer = response.json()
    assert answer["status"] == response.status_code
    assert answer["request_id"] == response.headers["x-request-id"]
    assert answer["type"] == "about:blank"
    assert isinstance(answer["place"], dict)
    assert answer["title"].endswith(".")
    return str(answer["code"])


def path_of(row: RouteRow) -> str:
    some_id = uuid.uuid4()
    ids = dict.fromkeys(("token_id", "batch_id", "account_id", "lease_id"), some_id)
    return row.path.format(**ids, month="2026-03")


@pytest.mark.parametrize("name", RouteName)
def test_every_route_but_the_named_ones_needs_a_token(name: RouteName) -> None:
    row = ROUTE_TABLE[name]
    response = call(Stage(), row.method, path_of(row), token=None)
    if name in OPEN:
        assert response.status_code != 401
    else:
        assert (response.status_code, code_of(response)) == (401, "unauthenticated")
        assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("name", RouteName)
def test_every_route_needs_the_scope_of_its_row(name: RouteName) -> None:
    row = ROUTE_TABLE[name]
    response = call(Stage(), row.method, path_of(row), token=READER)
    if row.scope == "write":
        assert (response.status_code, code_of(response)) == (403, "insufficient_scope")
    else:
        assert response.status_code != 403


@pytest.mark.parametrize("name", [name for name, row in ROUTE_TABLE.items() if row.idempotent])
def test_every_idempotent_route_asks_for_its_key(name: RouteName) -> None:
    row = ROUTE_TABLE[name]
    response = call(Stage(), row.method, path_of(row))
    assert (response.status_code, code_of(response)) == (400, "idempotency_key_needed")
    spaced = call(Stage(), row.method, path_of(row), headers={"Idempotency-Key": "a b"})
    assert code_of(spaced) == "idempotency_key_needed"


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic cHY6",
        f"Bearer {WRITER} {WRITER}",
        f"Bearer {WRITER}, Bearer {READER}",
        "Bearer " + "x" * 5000,
        "Bearer pv_test_\u00e9".encode("latin-1"),
        f"Token {WRITER}",
        "Bearer pv_live_" + "w" * 43,
    ],
)
def test_a_malformed_token_is_only_ever_unauthenticated(authorization: str | bytes) -> None:
    response = call(
        Stage(), "GET", "/v1/profile", token=None, headers={"Authorization": authorization}
    )
    assert (response.status_code, code_of(response)) == (401, "unauthenticated")


def test_the_scheme_is_read_in_any_case() -> None:
    headers = {"Authorization": f"bearer {WRITER}"}
    assert call(Stage(), "GET", "/v1/profile", token=None, headers=headers).status_code == 200


def test_a_token_in_the_address_is_refused_before_it_is_looked_at() -> None:
    response = call(Stage(), "GET", f"/v1/profile?access_token={WRITER}", token=None)
    assert (response.status_code, code_of(response)) == (400, "token_in_address")
    assert WRITER not in response.text


def answers_of_every_kind() -> Iterator[tuple[int, httpx.Response]]:
    async def fail(_call: Call) -> Reply:
        raise RuntimeError(SECRET)

    async def end(_call: Call) -> Reply:
        return Reply(body=None, status=HTTPStatus.NO_CONTENT)

    broken = Endpoint(name=RouteName.SHOW_PROFILE, handle=fail, answer=None)
    ending = Endpoint(name=RouteName.REVOKE_TOKEN, handle=end, answer=None)
    stage = Stage()
    yield 200, call(stage, "GET", "/v1/profile")
    yield 204, call(stage, "DELETE", f"/v1/tokens/{uuid.uuid4()}", ending)
    yield 400, call(stage, "GET", "/v1/entries?limit=1&limit=2")
    yield 401, call(stage, "GET", "/v1/profile", token=None)
    yield 403, call(stage, "POST", "/v1/entries", token=READER)
    yield 404, call(stage, "GET", "/v1/nothing")
    yield 404, call(stage, "GET", "/v1/profile/")
    yield 405, call(stage, "PUT", "/v1/profile")
    yield 405, call(stage, "OPTIONS", "/v1/profile")
    yield 405, call(stage, "TRACE", "/v1/profile")
    yield 413, call(stage, "POST", "/v1/signup", json={"lines": [{"amount": "1" * 99999}]})
    yield 415, call(stage, "POST", "/v1/signup", data={"lines": "1"})
    yield 421, call(stage, "GET", "/v1/profile", base="http://evil.example")
    yield 422, call(stage, "POST", "/v1/signup", json={"lines": 1})
    yield 500, call(stage, "GET", "/v1/profile", broken)
    assert SECRET in str(stage.log.failures[0])
    yield 429, exhausted()


def exhausted() -> httpx.Response:
    stage = Stage()

    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(stage.app())
        headers = {"Authorization": f"Bearer {WRITER}"}
        base = "http://localhost"
        async with httpx.AsyncClient(transport=transport, base_url=base, headers=headers) as http:
            for _ in range(300):
                assert (await http.get("/v1/tokens")).status_code == 200
            last = await http.get("/v1/tokens")
            neighbour = {"Authorization": f"Bearer {NEIGHBOUR}"}
            assert (await http.get("/v1/tokens", headers=neighbour)).status_code == 200
            assert (await http.get("/v1/profile")).status_code == 200
            return last

    return asyncio.run(run())


def test_every_kind_of_answer_carries_its_headers_and_no_secret() -> None:
    seen: set[str] = set()
    for status, response in answers_of_every_kind():
        assert response.status_code == status, response.text
        assert response.headers.items() >= SECURITY_HEADERS.items(), status
        assert "server" not in response.headers
        assert "strict-transport-security" not in response.headers
        assert SECRET not in response.text
        assert uuid.UUID(response.headers["x-request-id"]).version == 7
        seen.add(response.headers["x-request-id"])
        if status >= 400:
            code_of(response)
        if status == 405:
            assert response.headers["allow"] == "GET"
        if status == 429:
            assert response.headers["retry-after"] == "60"
    assert len(seen) == 16


def test_an_unexpected_error_is_told_as_that_and_no_more() -> None:
    async def fail(_call: Call) -> Reply:
        raise KeyError(SECRET)

    stage = Stage()
    broken = Endpoint(name=RouteName.SHOW_PROFILE, handle=fail, answer=None)
    response = call(stage, "GET", "/v1/profile", broken)
    answer = response.json()
    assert answer.pop("request_id") == response.headers["x-request-id"]
    assert answer == {
        "type": "about:blank",
        "title": "The server failed; the request id finds it in the server's log.",
        "status": 500,
        "code": "internal",
        "place": {},
    }
    assert [type(error) for error in stage.log.failures] == [KeyError]


def test_a_problem_of_a_room_is_answered_with_its_code_and_place() -> None:
    class LineUnreadable(EdgeProblem):
        """A line can't be read."""

        code = "line_unreadable"

        def place(self) -> dict[str, str | int]:
            return {"line": 7}

    async def refuse(_call: Call) -> Reply:
        raise LineUnreadable

    refusing = Endpoint(name=RouteName.SHOW_PROFILE, handle=refuse, answer=None)
    response = call(Stage(), "GET", "/v1/profile", refusing)
    assert code_of(response) == "line_unreadable"
    assert response.json()["place"] == {"line": 7}


def test_a_room_that_is_busy_says_when_to_try_again() -> None:
    class Busy(Problem):
        """Busy."""

        code = "busy"
        status = HTTPStatus.SERVICE_UNAVAILABLE

    async def refuse(_call: Call) -> Reply:
        raise Busy

    refusing = Endpoint(name=RouteName.SHOW_PROFILE, handle=refuse, answer=None)
    response = call(Stage(), "GET", "/v1/profile", refusing)
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")


def test_a_path_known_to_two_methods_names_both() -> None:
    response = call(Stage(), "PATCH", "/v1/tokens")
    assert response.headers["allow"] == "GET, POST"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.", "[::1"])
def test_a_host_that_is_not_ours_is_refused(host: str) -> None:
    response = call(Stage(), "GET", "/v1/profile", headers={"Host": host})
    assert (response.status_code, code_of(response)) == (421, "host_not_served")


def test_a_host_that_was_configured_is_served() -> None:
    stage = Stage(hosts=("Ledger.example",))
    response = call(stage, "GET", "/v1/profile", headers={"Host": "ledger.example:8443"})
    assert response.status_code == 200


def test_plain_http_from_elsewhere_is_refused_and_its_token_revoked() -> None:
    stage = Stage()
    response = call(stage, "GET", "/v1/profile", client="192.0.2.7")
    assert (response.status_code, code_of(response)) == (403, "plain_http_refused")
    assert "location" not in response.headers
    assert stage.tokens.revoked == [WRITER]
    assert stage.log.exposed == 1


def test_a_proxy_set_up_wrongly_does_not_cost_everybody_their_token() -> None:
    stage = Stage()
    app = stage.app()

    async def run() -> None:
        transport = httpx.ASGITransport(app, client=("192.0.2.7", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            for at in range(10):
                headers = {"Authorization": f"Bearer pv_test_{at:043}"}
                assert (await http.get("/v1/profile", headers=headers)).status_code == 403

    asyncio.run(run())
    assert len(stage.tokens.revoked) == 3
    assert stage.log.exposed == 10


def test_https_from_elsewhere_is_served_with_strict_transport_security() -> None:
    stage = Stage(hosts=("ledger.example",))
    response = call(stage, "GET", "/v1/profile", client="192.0.2.7", base="https://ledger.example")
    assert response.status_code == 200
    assert response.headers["strict-transport-security"] == "max-age=63072000; includeSubDomains"


def test_forwarded_headers_of_a_client_change_nothing() -> None:
    headers = {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "https", "Forwarded": "for=::1"}
    response = call(Stage(), "GET", "/v1/profile", client="192.0.2.7", headers=headers)
    assert code_of(response) == "plain_http_refused"


@pytest.mark.parametrize(
    "name", ["Host", "Authorization", "Content-Length", "Content-Type", "Idempotency-Key"]
)
def test_a_header_that_decides_must_not_be_repeated(name: str) -> None:
    headers = [("Authorization", f"Bearer {WRITER}"), (name, "1"), (name, "2")]

    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(Stage().app())
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            return await http.get("/v1/profile", headers=headers)

    response = asyncio.run(run())
    assert (response.status_code, code_of(response)) == (400, "ambiguous_request")
    assert response.headers["connection"] == "close"


def test_length_and_transfer_encoding_together_are_refused() -> None:
    headers = {"Content-Length": "4", "Transfer-Encoding": "chunked"}
    response = call(Stage(), "POST", "/v1/entries", headers=headers, content=b"{}")
    assert code_of(response) == "ambiguous_request"


def test_no_byte_of_a_body_is_read_before_the_caller_is_let_in() -> None:
    app = Stage().app()
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        message = "the body was read"
        raise AssertionError(message)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/entries",
        "query_string": b"",
        "scheme": "http",
        "client": ("127.0.0.1", 1),
        "headers": [(b"host", b"localhost"), (b"content-length", b"100")],
    }
    asyncio.run(app(scope, receive, send))
    assert sent[0]["status"] == 401


def test_wrong_tokens_of_one_client_are_counted_and_right_ones_still_let_in() -> None:
    app = Stage().app()

    async def run() -> None:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            wrong = {"Authorization": "Bearer pv_test_wrong"}
            statuses = [
                (await http.get("/v1/profile", headers=wrong)).status_code for _ in range(61)
            ]
            assert statuses == [401] * 60 + [429]
            right = {"Authorization": f"Bearer {WRITER}"}
            assert (await http.get("/v1/profile", headers=right)).status_code == 200

    asyncio.run(run())


def test_a_refused_body_names_the_field_and_not_the_value() -> None:
    body = {"lines": [{"amount": "1"}, {"amount": SECRET, "note": SECRET}]}
    response = call(Stage(), "POST", "/v1/signup", json=body)
    assert code_of(response) == "body_refused"
    assert response.json()["place"] == {"fault": "not acceptable", "field": "/lines/1/note"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"lines":[],"lines":[]}', "body_malformed"),
        (b"[" * 100_0 + b"]" * 100_0, "body_malformed"),
        (b'{"lines":NaN}', "body_malformed"),
        (b"\xff", "body_malformed"),
        (b'{"lines":[],"tenant_id":"x"}', "body_refused"),
        (b'{"lines":"x"}', "body_refused"),
    ],
)
def test_bodies_that_are_not_strict_are_refused(body: bytes, code: str) -> None:
    headers = {"Content-Type": "application/json"}
    response = call(Stage(), "POST", "/v1/signup", headers=headers, content=body)
    assert code_of(response) == code


def test_a_file_reaches_its_room_with_its_name_and_key() -> None:
    headers = {"Content-Type": "application/octet-stream", "Idempotency-Key": "k-1"}
    response = call(
        Stage(), "POST", "/v1/imports?file_name=a.ofx", headers=headers, content=b"x" * 1_000_000
    )
    assert response.json() == {"route": "import_statement", "seen": "1000000"}


def test_the_log_holds_words_and_numbers_of_ours_only() -> None:
    stage = Stage()
    call(stage, "GET", f"/v1/{SECRET}", headers={"X-Thing": SECRET})
    call(stage, "GET", "/v1/profile")
    tenant_id = stage.tokens.holders[WRITER].tenant_id
    assert [(one.route, one.status, one.problem, one.tenant_id) for one in stage.log.answers] == [
        (None, 404, NothingHere, None),
        (RouteName.SHOW_PROFILE, 200, None, tenant_id),
    ]
    assert SECRET not in repr(stage.log.answers)


def test_an_application_that_is_not_open_yet_says_so() -> None:
    stage = Stage()
    app = stage.app()
    app.close()

    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            return await http.get("/healthz")

    response = asyncio.run(run())
    assert (response.status_code, code_of(response)) == (503, "not_ready")


def test_websockets_are_closed() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    asyncio.run(Stage().app()({"type": "websocket", "path": "/"}, receive, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_the_description_is_of_what_is_served() -> None:
    response = call(Stage(), "GET", "/v1/openapi.json", token=None)
    document = response.json()
    described = {
        (method.upper(), path): operation
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    assert document["openapi"] == "3.1.0"
    assert set(described) == {(row.method, row.path) for row in ROUTE_TABLE.values()}
    create = described["POST", "/v1/entries"]
    assert create["security"] == [{"bearer": ["write"]}]
    assert create["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": f"#/components/schemas/{EchoBody.__name__}"
    }
    lines = document["components"]["schemas"][EchoBody.__name__]["properties"]["lines"]
    assert lines["items"] == {"$ref": "#/components/schemas/Line"}
    assert "application/octet-stream" in described["POST", "/v1/imports"]["requestBody"]["content"]
    queries = {one["name"] for one in described["GET", "/v1/entries"]["parameters"]}
    assert queries == {"limit", "from"}
    references = set(_references(document))
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references <= known


def _references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def test_health_needs_no_token() -> None:
    response = call(Stage(), "GET", "/healthz", token=None)
    assert json.loads(response.content) == {"status": "ok"}


def test_the_types_of_requests_print_no_file() -> None:
    secret = Call(
        principal=None, request_id="r", path={}, query=NoBody(), body=RawBody(content=b"secret")
    )
    assert "secret" not in repr(secret)
