from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.web.endpoints import NoQuery
from server.web.problems import Fault, QueryRefused, TokenInAddress
from server.web.query_strings import QueryReader, refuse_token_in_address
from tests.unit.server.web.fake_rooms import WRITER, EchoQuery, FileQuery

READER = QueryReader(EchoQuery)


def test_numbers_are_read_from_their_digits() -> None:
    assert READER.read(b"limit=7&from=2026-01-31") == EchoQuery(limit=7, since="2026-01-31")


def test_no_query_gives_the_defaults() -> None:
    assert READER.read(b"") == EchoQuery()
    assert QueryReader(NoQuery).read(b"") == NoQuery()


def test_names_of_files_come_in_any_script() -> None:
    query = QueryReader(FileQuery).read(b"file_name=Auszug%20M%C3%A4rz+1.ofx")
    assert query == FileQuery(file_name="Auszug März 1.ofx")


@pytest.mark.parametrize(
    ("query", "fault", "field"),
    [
        (b"limit=1&limit=2", Fault.REPEATED_PARAMETER, ""),
        (b"secret=1", Fault.UNKNOWN_FIELD, ""),
        (b"limit=", Fault.NOT_ACCEPTABLE, "/limit"),
        (b"limit=11", Fault.NOT_ACCEPTABLE, "/limit"),
        (b"limit=ten", Fault.NOT_ACCEPTABLE, "/limit"),
        (b"limit", Fault.NOT_A_QUERY, ""),
        (b"&&", Fault.NOT_A_QUERY, ""),
        (b"from=%ff", Fault.NOT_A_QUERY, ""),
        (b"from=\xc3\xa4", Fault.NOT_A_QUERY, ""),
        (b"from=" + b"x" * 5000, Fault.TOO_LONG, ""),
        (b"&".join(b"p%d=" % at for at in range(40)), Fault.NOT_A_QUERY, ""),
    ],
)
def test_what_is_wrong_is_told_in_words_of_ours(query: bytes, fault: Fault, field: str) -> None:
    with pytest.raises(QueryRefused) as caught:
        READER.read(query)
    assert (caught.value.fault, caught.value.field) == (fault, field)


def test_a_missing_parameter_is_named() -> None:
    with pytest.raises(QueryRefused) as caught:
        QueryReader(FileQuery).read(b"")
    assert caught.value.place() == {"fault": "missing field", "field": "/file_name"}


@given(st.binary(max_size=80))
def test_any_bytes_are_a_query_or_a_problem_without_a_value(query: bytes) -> None:
    faults: list[str] = []
    try:
        READER.read(query)
    except QueryRefused as problem:
        faults.append(problem.field)
    assert faults in ([], [""], ["/limit"], ["/from"])


@pytest.mark.parametrize(
    "query",
    [b"token=x", b"a=1&ACCESS_TOKEN=x", b"api_key=x", f"from={WRITER}".encode(), b"x=pv_live_"],
)
def test_a_token_in_an_address_is_refused(query: bytes) -> None:
    with pytest.raises(TokenInAddress):
        refuse_token_in_address(query)


def test_other_queries_pass() -> None:
    refuse_token_in_address(b"limit=1&from=token&file_name=key.ofx")
