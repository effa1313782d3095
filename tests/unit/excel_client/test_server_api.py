from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from excel_client import problems
from excel_client.problems import ClientProblem
from excel_client.server_api import FeedPosition, ServerApi, StatementUpload, sending
from excel_client.settings import ServerOrigin
from excel_client.wire_format import ApiKey, Changes

KEY = ApiKey("pv_test_" + "k" * 43)
ORIGIN = ServerOrigin("http://127.0.0.1:8000")
UPLOAD = StatementUpload(file_name="march.ofx", content=b"OFX")
PROFILE = {
    "ledger": "l",
    "ledger_name": "Home",
    "principal": "p",
    "role": "owner",
    "scopes": ["read", "write"],
    "environment": "test",
    "epoch": "e",
    "version": 1,
}
IMPORTED = {
    "batch": "b",
    "version": 2,
    "added": 1,
    "same": 0,
    "conflicts": 0,
    "anchors": 0,
    "accounts": [],
    "rows": [],
    "problems": [],
}

Handler = Callable[[httpx.Request], httpx.Response]


class Server:
    """Answers from a list, and remembers the requests and the pauses between them."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.pauses: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def api(self, key: ApiKey | None = KEY) -> ServerApi:
        return ServerApi(
            ORIGIN,
            key,
            transport=httpx.MockTransport(self),
            pause=self.pauses.append,
            chance=lambda: 1.0,
        )


def problem(status: int, code: str, **place: Any) -> httpx.Response:
    body = {"title": "No.", "status": status, "code": code, "request_id": "r-1", "place": place}
    return httpx.Response(status, json=body)


def refusal_of(server: Server) -> ClientProblem:
    with server.api() as api, pytest.raises(ClientProblem) as refused:
        api.profile()
    return refused.value


def test_the_key_goes_in_the_header_and_nowhere_else() -> None:
    server = Server(httpx.Response(200, json=PROFILE))
    with server.api() as api:
        assert api.profile().ledger_name == "Home"
        assert KEY.reveal() not in repr(vars(api))
    request = server.requests[0]
    assert request.headers["Authorization"] == f"Bearer {KEY.reveal()}"
    assert request.headers["Accept-Encoding"] == "identity"
    assert KEY.reveal() not in str(request.url)


def test_without_a_key_no_authorization_is_sent() -> None:
    server = Server(httpx.Response(201, json={"ledger": "l", "token": KEY.reveal()}))
    with server.api(None) as api:
        assert api.sign_up("Home", "label").token == KEY.reveal()
    assert "Authorization" not in server.requests[0].headers


def test_a_redirect_is_not_followed() -> None:
    server = Server(httpx.Response(307, headers={"Location": "https://elsewhere.example"}))
    assert isinstance(refusal_of(server), problems.AnswerNotReadable)
    assert len(server.requests) == 1


def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "_ANSWER_BYTES_MAX", 1000)
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        while True:
            read += 100
            yield b"x" * 100

    server = Server(httpx.Response(200, content=endless()))
    assert isinstance(refusal_of(server), problems.AnswerTooLarge)
    assert read <= 1200


def test_a_compressed_answer_is_refused_since_none_was_asked_for() -> None:
    answer = httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=iter([b""]))
    assert isinstance(refusal_of(Server(answer)), problems.AnswerNotReadable)


@pytest.mark.parametrize("content", [b"", b"<html>", b"{}", b'{"ledger": 1}', b"\xff"])
def test_an_answer_of_something_else_is_not_read_as_ours(content: bytes) -> None:
    found = refusal_of(Server(httpx.Response(200, content=content)))
    assert isinstance(found, problems.AnswerNotReadable)
    assert found.__cause__ is None


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_reading_is_tried_again_after_a_pause_that_grows(status: int) -> None:
    server = Server(
        httpx.Response(status), httpx.Response(status), httpx.Response(200, json=PROFILE)
    )
    with server.api() as api:
        assert api.profile().version == 1
    assert server.pauses == [0.25, 0.5]


def test_the_pause_that_the_server_asks_for_is_kept() -> None:
    busy = httpx.Response(429, headers={"Retry-After": "7"})
    server = Server(busy, httpx.Response(200, json=PROFILE))
    with server.api() as api:
        api.profile()
    assert server.pauses == [7.0]


def test_a_pause_longer_than_anybody_waits_is_told_at_once() -> None:
    found = refusal_of(Server(httpx.Response(429, headers={"Retry-After": "3600"})))
    assert isinstance(found, problems.TooManyRequests)


def test_a_server_that_stays_busy_is_given_up() -> None:
    server = Server(problem(503, "database_busy"))
    assert isinstance(refusal_of(server), problems.ServerBusy)
    assert len(server.requests) == 5


def test_a_server_without_room_is_not_asked_again() -> None:
    server = Server(problem(507, "database_full"))
    found = refusal_of(server)
    assert isinstance(found, problems.ServerFull)
    assert found.exit_code == problems.ExitCode.BUSY
    assert len(server.requests) == 1


def test_an_import_is_sent_again_with_the_same_idempotency_key() -> None:
    server = Server(httpx.ReadTimeout("late"), httpx.Response(201, json=IMPORTED))
    with server.api() as api:
        assert api.import_statement(UPLOAD, idempotency_key="once").added == 1
    assert [request.headers["Idempotency-Key"] for request in server.requests] == ["once"] * 2
    assert [request.content for request in server.requests] == [b"OFX"] * 2


def test_a_new_ledger_is_never_asked_for_twice() -> None:
    server = Server(httpx.ReadTimeout("late"))
    with server.api(None) as api, pytest.raises(problems.Unreachable):
        api.sign_up("Home", "label")
    assert len(server.requests) == 1


def test_a_connection_that_was_never_made_is_tried_again_by_everything() -> None:
    answer = httpx.Response(201, json={"ledger": "l", "token": KEY.reveal()})
    server = Server(httpx.ConnectError("refused"), answer)
    with server.api(None) as api:
        api.sign_up("Home", "label")
    assert len(server.requests) == 2


def subclasses_of(root: type[Exception]) -> list[type[Exception]]:
    return [root, *(found for child in root.__subclasses__() for found in subclasses_of(child))]


@pytest.mark.parametrize(
    "kind",
    [
        kind
        for root in (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL)
        for kind in subclasses_of(root)
        if kind.__module__.startswith("httpx")
    ],
    ids=lambda kind: kind.__name__,
)
def test_every_error_of_httpx_becomes_a_problem_of_ours(kind: type[Exception]) -> None:
    error = kind.__new__(kind)
    Exception.__init__(error, "text with a secret")
    found = refusal_of(Server(error))
    assert isinstance(found, problems.ServerUnreachable)
    assert "secret" not in found.line_for_people()


def test_a_certificate_that_is_not_trusted_is_named_as_such() -> None:
    error = httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    assert isinstance(refusal_of(Server(error)), problems.CertificateRefused)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (problem(401, "unauthenticated"), problems.KeyRefused),
        (problem(403, "insufficient_scope"), problems.ScopeMissing),
        (problem(404, "unknown_batch"), problems.NotFound),
        (problem(409, "already_undone"), problems.Conflict),
        (problem(410, "epoch_is_over"), problems.EpochIsOver),
        (problem(400, "cursor_not_readable"), problems.EpochIsOver),
        (problem(413, "body_too_large"), problems.FileTooLarge),
        (problem(422, "statement_refused", line=4, what="why"), problems.StatementRefused),
        (problem(422, "currency_needed"), problems.CurrencyNeeded),
        (problem(422, "unknown_currency"), problems.CurrencyUnknown),
        (problem(422, "body_refused"), problems.RequestRefused),
        (problem(400, "bad_request"), problems.RequestRefused),
        (problem(500, "internal"), problems.ServerFailed),
        (httpx.Response(500, content=b"<html>"), problems.ServerFailed),
        (httpx.Response(400, json={"place": 1}), problems.RequestRefused),
    ],
)
def test_a_refusal_of_the_server_becomes_a_problem_of_ours(
    answer: httpx.Response, expected: type[ClientProblem]
) -> None:
    assert type(refusal_of(Server(answer))) is expected


def test_a_refused_statement_names_its_line_and_the_reason() -> None:
    found = refusal_of(Server(problem(422, "statement_refused", line=4, what="no date")))
    assert (found.place["line"], found.place["what"]) == (4, "no date")


def test_nothing_but_plain_words_of_a_refusal_is_repeated() -> None:
    what = "bad\x1b[2Jword" + "x" * 500
    body = {"code": "x y <b>", "request_id": "a b", "place": {"what": what, "amount": "12.34"}}
    found = refusal_of(Server(httpx.Response(422, json=body)))
    line = found.line_for_people()
    assert "\x1b" not in line
    assert len(line) < 400
    assert "12.34" not in line
    assert set(found.place) == {"what"}


def page(cursor: str, *, more: bool) -> httpx.Response:
    body = {
        "ledger": "l",
        "epoch": "e",
        "version": 5,
        "cursor": cursor,
        "more": more,
        "accounts": [],
        "entries": [],
    }
    return httpx.Response(200, json=body)


def test_the_change_feed_is_read_page_by_page() -> None:
    server = Server(page("1.a", more=True), page("2.b", more=False))
    with server.api() as api:
        position = FeedPosition(epoch="e", cursor="0.z")
        assert [found.cursor for found in api.changes(position, Changes)] == ["1.a", "2.b"]
    asked = [dict(request.url.params) for request in server.requests]
    assert [(one["epoch"], one["after"]) for one in asked] == [("e", "0.z"), ("e", "1.a")]


def test_the_feed_from_the_start_names_no_position() -> None:
    server = Server(page("1.a", more=False))
    with server.api() as api:
        list(api.changes(None, Changes))
    assert set(server.requests[0].url.params) == {"limit"}


@pytest.mark.parametrize("cursor", ["1.a", ""])
def test_a_feed_that_turns_in_a_circle_is_left(cursor: str) -> None:
    server = Server(page(cursor, more=True))
    with server.api() as api, pytest.raises(problems.AnswerNotReadable):
        list(api.changes(FeedPosition(epoch="e", cursor="1.a"), Changes))
    assert len(server.requests) == 1


def test_a_currency_is_sent_only_where_one_was_named() -> None:
    assert UPLOAD.query() == {"file_name": "march.ofx"}
    named = StatementUpload(file_name="march.ofx", content=b"", currency="EUR")
    assert named.query() == {"file_name": "march.ofx", "currency": "EUR"}


def test_the_batch_of_an_undo_stands_in_the_path() -> None:
    answer = json.dumps({"batch": "b", "version": 3, "removed": 2})
    server = Server(httpx.Response(200, content=answer.encode()))
    with server.api() as api:
        assert api.undo("b-1", idempotency_key="once").removed == 2
    assert server.requests[0].url.path == "/v1/batches/b-1/undo"
