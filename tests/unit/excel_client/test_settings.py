from __future__ import annotations

import pytest

from excel_client.settings import (
    SERVER_VARIABLE,
    ServerOrigin,
    SettingsRefused,
    find_server,
    is_loopback,
    read_origin,
)


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://Ledger.Example.com", "https://ledger.example.com"),
        ("HTTPS://ledger.example.com:443/", "https://ledger.example.com"),
        ("https://ledger.example.com:8443", "https://ledger.example.com:8443"),
        ("http://localhost:8000/", "http://localhost:8000"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        (" https://ledger.example.com ", "https://ledger.example.com"),
    ],
)
def test_an_address_is_read_as_its_origin(text: str, origin: str) -> None:
    assert read_origin(text) == origin


@pytest.mark.parametrize(
    "text",
    [
        "http://ledger.example.com",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://10.0.0.1",
        "ftp://localhost",
        "ledger.example.com",
        "localhost:8000",
        "https://",
        "https://user@ledger.example.com",
        "https://user:secret@ledger.example.com",
        "https://ledger.example.com/path",
        "https://ledger.example.com?key=1",
        "https://ledger.example.com#part",
        "https://ledger.example.com:99999",
        "https://ledger.example.com:port",
        "https://[::1",
        "https://lédger.example.com",
        "https://ledger example.com",
        "https://ledger\\example.com",
        "",
    ],
)
def test_an_address_that_is_more_or_less_than_an_origin_is_refused(text: str) -> None:
    assert read_origin(text) is SettingsRefused.ADDRESS_REFUSED


@pytest.mark.parametrize(
    ("origin", "local"),
    [
        ("http://localhost:8000", True),
        ("https://127.0.0.1", True),
        ("http://[::1]", True),
        ("https://ledger.example.com", False),
    ],
)
def test_a_server_on_this_machine_is_known(origin: str, *, local: bool) -> None:
    assert is_loopback(ServerOrigin(origin)) is local


def test_a_flag_goes_before_the_environment() -> None:
    environment = {SERVER_VARIABLE: "https://from.environment"}
    assert find_server("https://from.flag", environment) == "https://from.flag"
    assert find_server(None, environment) == "https://from.environment"


def test_a_flag_that_is_refused_is_not_passed_over() -> None:
    environment = {SERVER_VARIABLE: "https://from.environment"}
    assert find_server("http://from.flag", environment) is SettingsRefused.ADDRESS_REFUSED
