from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.web.peers import client_key, host_name, is_loopback_peer


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_these_are_this_machine(address: str) -> None:
    assert is_loopback_peer({"client": (address, 1)})


@pytest.mark.parametrize(
    "client", [None, ("10.0.0.1", 1), ("::ffff:10.0.0.1", 1), ("localhost", 1), ("", 1)]
)
def test_these_are_not(client: tuple[str, int] | None) -> None:
    assert not is_loopback_peer({"client": client})


def test_an_ipv6_subscriber_is_one_client() -> None:
    one, two, other = ({"client": (f"2001:db8:0:{site}", 1)} for site in ("1::1", "1::2", "2::1"))
    assert client_key(one) == client_key(two) != client_key(other)


def test_an_ipv4_address_is_one_client_in_both_notations() -> None:
    assert client_key({"client": ("::ffff:192.0.2.1", 1)}) == client_key(
        {"client": ("192.0.2.1", 9)}
    )
    assert client_key({}) == client_key({"client": ("nonsense", 0)}) == "unknown"


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (b"localhost", "localhost"),
        (b"LOCALHOST:8080", "localhost"),
        (b"127.0.0.1:1", "127.0.0.1"),
        (b"[::1]", "::1"),
        (b"[::1]:8080", "::1"),
        (b"[::1", ""),
        (b"[::1]x", ""),
        (b"localhost:80@evil.example", ""),
        (b"localhost.evil.example", "localhost.evil.example"),
        (b"localhost:", ""),
        (b"", ""),
        (b"\xff", ""),
    ],
)
def test_a_host_header_is_read_to_its_name(header: bytes, name: str) -> None:
    assert host_name(header) == name


@given(st.binary(max_size=40))
def test_any_host_header_gives_a_name_or_none(header: bytes) -> None:
    assert isinstance(host_name(header), str)
