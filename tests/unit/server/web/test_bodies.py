from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.web.bodies import DEPTH_MAX, BodyReader, check_json_text
from server.web.endpoints import NoBody, RawBody
from server.web.problems import (
    BodyIncomplete,
    BodyMalformed,
    BodyRefused,
    BodyTooLarge,
    ContentNotSupported,
    Fault,
)
from tests.unit.server.web.fake_rooms import EchoBody, Line

JSON_HEAD = {b"content-type": b"application/json", b"content-length": b"2"}

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(min_value=-(10**30), max_value=10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=20,
)


def read(
    reader: BodyReader, *parts: bytes, head: dict[bytes, bytes] | None = None, cut: bool = False
) -> Any:
    messages: Iterator[dict[str, Any]] = iter(
        [
            *(
                {"type": "http.request", "body": part, "more_body": cut or at + 1 < len(parts)}
                for at, part in enumerate(parts)
            ),
            {"type": "http.disconnect"},
        ]
    )

    async def receive() -> dict[str, Any]:
        return next(messages)

    return asyncio.run(reader.read(JSON_HEAD if head is None else head, receive))


READER = BodyReader(EchoBody, 1000)


def fault_in(body: bytes) -> tuple[Fault, str]:
    with pytest.raises((BodyMalformed, BodyRefused)) as caught:
        read(READER, body)
    problem = caught.value
    assert isinstance(problem, BodyMalformed | BodyRefused)
    assert str(problem) == problem.sentence()
    return problem.fault, problem.field


def test_a_body_in_parts_is_one_body() -> None:
    body = read(READER, b'{"lines":[{"amo', b'unt":"1.00"', b"}]}")
    assert body == EchoBody(lines=[Line(amount="1.00")])


@pytest.mark.parametrize(
    ("body", "fault", "field"),
    [
        (b"", Fault.NOT_JSON, ""),
        (b"{", Fault.NOT_JSON, ""),
        (b'{"lines":[]} {}', Fault.NOT_JSON, ""),
        (b"\xef\xbb\xbf{}", Fault.NOT_JSON, ""),
        (b'{"lines":[{"amount":NaN}]}', Fault.NOT_JSON, ""),
        (b'{"lines":[{"amount":-Infinity}]}', Fault.NOT_JSON, ""),
        (b'{"lines":[],}', Fault.NOT_JSON, ""),
        (b'{"lines":[{"amount":"\\ud800"}]}', Fault.NOT_JSON, ""),
        (b'{"lines":[{"amount":"\\udc00"}]}', Fault.NOT_JSON, ""),
        (b'{"lines":[{"amount":"a\x00b"}]}', Fault.NOT_JSON, ""),
        (b'{"lines":[{"amount":"\xff"}]}', Fault.NOT_UTF_8, ""),
        ('{"lines":[]}'.encode("utf-16"), Fault.NOT_UTF_8, ""),
        (b'{"lines":[],"lines":[]}', Fault.REPEATED_KEY, ""),
        (b'{"lines":[],"\\u006cines":[]}', Fault.REPEATED_KEY, ""),
        (b'{"lines":[{"amount":"1","amount":"2"}]}', Fault.REPEATED_KEY, ""),
        (b"[" * 33 + b"]" * 33, Fault.TOO_DEEP, ""),
        (b'{"lines":[{"amount":1}]}', Fault.NOT_ACCEPTABLE, "/lines/0/amount"),
        (b'{"lines":[{"amount":"1"},{}]}', Fault.MISSING_FIELD, "/lines/1/amount"),
        (b'{"lines":[{"amount":"1","note":"secret"}]}', Fault.NOT_ACCEPTABLE, "/lines/0/note"),
        (b'{"lines":[{"amount":"1","tenant_id":"x"}]}', Fault.UNKNOWN_FIELD, "/lines/0"),
        (b'{"lines":[],"role":"owner"}', Fault.UNKNOWN_FIELD, ""),
        (b'{"lines":[],"marks":{"secret":"x"}}', Fault.NOT_ACCEPTABLE, "/marks/*"),
        (b'{"lines":[],"marks":{"secret":1.5}}', Fault.NOT_ACCEPTABLE, "/marks/*"),
        (b'{"lines":[],"marks":{"secret":true}}', Fault.NOT_ACCEPTABLE, "/marks/*"),
        (b'{"lines":{}}', Fault.NOT_ACCEPTABLE, "/lines"),
        (b"[]", Fault.NOT_ACCEPTABLE, ""),
        (b"null", Fault.NOT_ACCEPTABLE, ""),
        (b"{}", Fault.MISSING_FIELD, "/lines"),
    ],
)
def test_what_is_wrong_is_told_in_words_of_ours(body: bytes, fault: Fault, field: str) -> None:
    assert fault_in(body) == (fault, field)


@pytest.mark.parametrize(
    "name", ["a - at `$.lines[0].secret", "x` - at `$.secret", "`$.lines", "secret", "lines ", ""]
)
def test_the_name_of_an_unknown_field_is_never_repeated(name: str) -> None:
    fault, field = fault_in(json.dumps({"lines": [], name: 1}).encode())
    assert fault is Fault.UNKNOWN_FIELD
    assert "secret" not in field


@given(st.binary(max_size=60))
def test_any_bytes_are_a_body_or_a_problem_without_a_value(body: bytes) -> None:
    faults: list[str] = []
    try:
        read(READER, body)
    except (BodyMalformed, BodyRefused) as problem:
        faults.append(problem.field)
    assert faults in ([], [""])


@given(json_values)
def test_every_json_value_without_repeated_keys_passes_the_check(value: object) -> None:
    check_json_text(json.dumps(value, ensure_ascii=False).encode())


@given(st.integers(min_value=1, max_value=80), st.sampled_from(["[", '{"a":', '{"[":']))
def test_depth_is_counted_whatever_strings_hold(depth: int, opening: str) -> None:
    closing = "]" if opening == "[" else "}"
    text = f'{opening * depth}"]]]}}}}[[[[[[[[[[{{{{{{{{{{ \\" "{closing * depth}'
    if depth > DEPTH_MAX:
        with pytest.raises(BodyMalformed) as caught:
            check_json_text(text.encode())
        assert caught.value.fault is Fault.TOO_DEEP
    else:
        check_json_text(text.encode())


@pytest.mark.parametrize("unit", ['"\\"', '\\"', "[", '{"a":', '"', "\\"])
def test_a_hostile_body_costs_no_more_than_its_length(unit: str) -> None:
    body = (unit * (1_000_000 // len(unit))).encode()
    started = time.perf_counter()
    with pytest.raises(BodyMalformed):
        check_json_text(body)
    assert time.perf_counter() - started < 3


def test_a_body_over_the_cap_is_refused_before_it_is_read() -> None:
    with pytest.raises(BodyTooLarge):
        read(READER, head={**JSON_HEAD, b"content-length": b"1001"})


def test_a_body_that_grows_over_the_cap_is_refused_on_the_way() -> None:
    with pytest.raises(BodyTooLarge):
        read(READER, *[b" " * 400] * 3, head={b"content-type": b"application/json"})


def test_a_body_of_exactly_the_cap_is_read() -> None:
    body = b'{"lines":[]}'
    assert read(BodyReader(EchoBody, len(body)), body) == EchoBody(lines=[])


def test_a_client_that_goes_away_leaves_no_half_body() -> None:
    with pytest.raises(BodyIncomplete):
        read(READER, b'{"lines":[]}', cut=True)


@pytest.mark.parametrize(
    "content_type", [b"", b"text/plain", b"text/json", b"application/json; charset=latin-1"]
)
def test_json_must_be_called_json(content_type: bytes) -> None:
    with pytest.raises(ContentNotSupported):
        read(READER, b'{"lines":[]}', head={b"content-type": content_type})


def test_compressed_bodies_are_not_taken() -> None:
    with pytest.raises(ContentNotSupported):
        read(READER, b"", head={**JSON_HEAD, b"content-encoding": b"gzip"})


def test_a_file_is_taken_as_it_is() -> None:
    head = {b"content-type": b"application/octet-stream"}
    assert read(BodyReader(RawBody, 100), b"\xff\x00", b"{", head=head).content == b"\xff\x00{"
    with pytest.raises(ContentNotSupported):
        read(BodyReader(RawBody, 100), b"x", head=JSON_HEAD)


def test_a_route_without_a_body_takes_none_or_an_empty_object() -> None:
    reader = BodyReader(NoBody, 0)
    assert read(reader, head={}) == NoBody()
    assert read(reader, head={b"content-length": b"0"}) == NoBody()
    assert read(reader, b"{}") == NoBody()
    with pytest.raises(BodyRefused):
        read(reader, b'{"a":1}')
    with pytest.raises(BodyTooLarge):
        read(reader, b" " * 100)
