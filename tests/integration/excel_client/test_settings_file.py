from __future__ import annotations

from pathlib import Path

import pytest

from excel_client.settings import (
    CONFIG_VARIABLE,
    SERVER_VARIABLE,
    ServerOrigin,
    SettingsRefused,
    config_path,
    find_server,
    remember_server,
)

ORIGIN = ServerOrigin("https://ledger.example.com")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {CONFIG_VARIABLE: str(tmp_path / "pennyvault" / "config.toml")}


def test_a_server_that_was_remembered_is_found(environment: dict[str, str]) -> None:
    assert find_server(None, environment) is SettingsRefused.NONE_CHOSEN
    assert remember_server(ORIGIN, environment) == config_path(environment)
    assert find_server(None, environment) == ORIGIN


def test_the_environment_goes_before_the_file(environment: dict[str, str]) -> None:
    remember_server(ORIGIN, environment)
    other = {**environment, SERVER_VARIABLE: "https://other.example.com"}
    assert find_server(None, other) == "https://other.example.com"


def test_remembering_leaves_the_files_other_lines(environment: dict[str, str]) -> None:
    path = config_path(environment)
    path.parent.mkdir()
    path.write_text('# mine\nserver = "https://old.example.com"\n[more]\nx = 1\n', encoding="utf-8")
    remember_server(ORIGIN, environment)
    assert path.read_text(encoding="utf-8") == f'server = "{ORIGIN}"\n# mine\n[more]\nx = 1\n'


def test_remembering_the_same_server_writes_nothing(environment: dict[str, str]) -> None:
    remember_server(ORIGIN, environment)
    before = config_path(environment).stat().st_mtime_ns
    remember_server(ORIGIN, environment)
    assert config_path(environment).stat().st_mtime_ns == before


@pytest.mark.parametrize(
    "content", [b"server = ", b"\xff\xfe", b"server = 1\n", b"#" * (64 * 1024 + 1)]
)
def test_a_file_that_is_no_configuration_is_refused_and_left(
    environment: dict[str, str], content: bytes
) -> None:
    path = config_path(environment)
    path.parent.mkdir()
    path.write_bytes(content)
    assert find_server(None, environment) is SettingsRefused.FILE_NOT_READABLE
    assert remember_server(ORIGIN, environment) is SettingsRefused.FILE_NOT_READABLE
    assert path.read_bytes() == content


def test_a_plain_http_address_in_the_file_is_refused(environment: dict[str, str]) -> None:
    path = config_path(environment)
    path.parent.mkdir()
    path.write_text('server = "http://ledger.example.com"\n', encoding="utf-8")
    assert find_server(None, environment) is SettingsRefused.ADDRESS_REFUSED
