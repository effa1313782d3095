"""The server's settings: safe by default, and nothing misread in silence."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.exact_amounts.statements.reading import MAX_STATEMENT_BYTES
from server.settings import (
    Environment,
    LogLevel,
    MasterKeyFile,
    MasterKeyKeyring,
    MasterKeyText,
    Settings,
    SettingsProblem,
    Signup,
    Tls,
)
from server.web.route_table import ROUTE_TABLE

DATA = "/srv/pennyvault"


def read(**variables: str) -> Settings:
    env = {f"PENNYVAULT_{name}": value for name, value in variables.items()}
    return Settings.from_environment({"PENNYVAULT_DATA_DIR": DATA, "PATH": "/bin"} | env)


def refusal(**variables: str) -> SettingsProblem:
    with pytest.raises(SettingsProblem) as caught:
        read(**variables)
    return caught.value


def test_the_defaults_are_closed() -> None:
    settings = read()
    assert settings == Settings(
        data_dir=Path(DATA),
        database_url="sqlite:////srv/pennyvault/pennyvault.db",
        migration_database_url=None,
        host="127.0.0.1",
        port=8321,
        environment=Environment.LIVE,
        signup=Signup.CLOSED,
        master_key=MasterKeyFile(path=Path(DATA, "master.key")),
        other_master_key_files=(Path(DATA, "master.key.next"),),
        log_level=LogLevel.INFO,
        tls=None,
        trusted_proxy=None,
        server_names=(),
        body_bytes_max=4 * 1024 * 1024,
        statement_bytes_max=20 * 1024 * 1024,
    )
    assert settings.epoch_file == Path(DATA, "epoch")
    assert settings.audit_head_file == Path(DATA, "audit-head")
    assert settings.listens_on_loopback


def test_every_setting_is_read() -> None:
    settings = read(
        DATABASE_URL="sqlite:////var/ledger.db",
        MIGRATION_DATABASE_URL="sqlite:////var/ledger.db",
        MASTER_KEY_OTHER_FILES="/run/next.key, /run/old.key",
        HOST="0.0.0.0",
        PORT="443",
        ENVIRONMENT="test",
        SIGNUP="closed",
        MASTER_KEY_FILE="/run/master.key",
        LOG_LEVEL="warning",
        TLS_CERTIFICATE="/run/chain.pem",
        TLS_KEY="/run/key.pem",
        TRUSTED_PROXY="10.0.0.0/24",
        SERVER_NAMES="ledger.example.org, 192.0.2.1,2001:db8::1",
        BODY_BYTES_MAX="1024",
        STATEMENT_BYTES_MAX="2048",
    )
    assert settings.database_url == "sqlite:////var/ledger.db"
    assert (settings.host, settings.port) == ("0.0.0.0", 443)
    assert settings.environment is Environment.TEST
    assert settings.master_key == MasterKeyFile(path=Path("/run/master.key"))
    assert settings.other_master_key_files == (Path("/run/next.key"), Path("/run/old.key"))
    assert settings.migration_database_url == "sqlite:////var/ledger.db"
    assert settings.log_level is LogLevel.WARNING
    assert settings.tls == Tls(certificate=Path("/run/chain.pem"), private_key=Path("/run/key.pem"))
    assert settings.trusted_proxy == "10.0.0.0/24"
    assert settings.server_names == ("ledger.example.org", "192.0.2.1", "2001:db8::1")
    assert (settings.body_bytes_max, settings.statement_bytes_max) == (1024, 2048)
    assert not settings.listens_on_loopback


@pytest.mark.parametrize(
    ("home", "folder"),
    [
        ({"HOME": "/home/eve"}, "/home/eve/.local/share/pennyvault-server"),
        ({"HOME": "/home/eve", "XDG_DATA_HOME": "/data"}, "/data/pennyvault-server"),
        ({"LOCALAPPDATA": "/app"}, "/app/Pennyvault/server"),
    ],
)
def test_without_a_folder_the_user_s_own_is_taken(home: dict[str, str], folder: str) -> None:
    assert Settings.from_environment(home).data_dir == Path(folder)


def test_without_any_home_a_folder_is_needed() -> None:
    with pytest.raises(SettingsProblem) as caught:
        Settings.from_environment({})
    assert caught.value.variable == "PENNYVAULT_DATA_DIR"


@pytest.mark.parametrize("name", ["PENNYVAULT_SERVER", "PENNYVAULT_API_KEY"])
def test_the_clients_variables_may_stand_in_the_same_environment(name: str) -> None:
    env = {"HOME": "/home/anybody", name: "whatever the client reads"}
    assert (
        Settings.from_environment(env).port
        == Settings.from_environment({"HOME": "/home/anybody"}).port
    )


@pytest.mark.parametrize("name", ["POTR", "SIGN_UP", "", "host"])
def test_an_unknown_variable_is_refused(name: str) -> None:
    assert refusal(**{name: "x"}).variable == f"PENNYVAULT_{name}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "1_0"),
        ("PORT", "٣"),
        ("PORT", "8" * 5000),
        ("PORT", ""),
        ("HOST", "example.org"),
        ("HOST", "127.0.0.1 "),
        ("HOST", "127.1"),
        ("ENVIRONMENT", "production"),
        ("ENVIRONMENT", "LIVE"),
        ("SIGNUP", "yes"),
        ("LOG_LEVEL", "trace"),
        ("DATA_DIR", "relative/folder"),
        ("DATA_DIR", "/with\nline"),
        ("MASTER_KEY_FILE", "master.key"),
        ("TLS_CERTIFICATE", "/run/chain.pem"),
        ("TLS_KEY", "/run/key.pem"),
        ("TRUSTED_PROXY", "proxy"),
        ("TRUSTED_PROXY", "10.0.0.1/24"),
        ("SERVER_NAMES", "Ledger.example.org"),
        ("SERVER_NAMES", "ledger.example.org:443"),
        ("SERVER_NAMES", "ledger.example.org,"),
        ("SERVER_NAMES", "*"),
        ("BODY_BYTES_MAX", "0"),
        ("STATEMENT_BYTES_MAX", "1e9"),
        ("DATABASE_URL", " "),
    ],
)
def test_what_can_t_be_right_is_refused(name: str, value: str) -> None:
    problem = refusal(**{name: value})
    expected = {"TLS_CERTIFICATE": "TLS_KEY", "TLS_KEY": "TLS_CERTIFICATE"}.get(name, name)
    assert problem.variable == f"PENNYVAULT_{expected}"
    assert problem.place() == {"variable": problem.variable, "because": problem.because}


@given(
    name=st.sampled_from(
        ["PORT", "HOST", "ENVIRONMENT", "SIGNUP", "LOG_LEVEL", "TRUSTED_PROXY", "BODY_BYTES_MAX"]
    ),
    value=st.text(min_size=6).map(lambda text: f"canary{text}"),
)
def test_a_refusal_never_says_the_value(name: str, value: str) -> None:
    problem = refusal(**{name: value})
    assert "canary" not in str(problem) + repr(problem) + str(problem.place())
    assert problem.__cause__ is None
    assert problem.__context__ is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "2001:db8::1"])
def test_beyond_loopback_it_takes_tls_or_a_named_proxy(host: str) -> None:
    assert refusal(HOST=host).variable == "PENNYVAULT_HOST"
    assert read(HOST=host, TRUSTED_PROXY="10.0.0.1").host == host
    assert read(HOST=host, TLS_CERTIFICATE="/c", TLS_KEY="/k").host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_on_loopback_sign_up_may_be_open(host: str) -> None:
    assert read(HOST=host, SIGNUP="open").signup is Signup.OPEN


def test_beyond_loopback_sign_up_may_not_be_open() -> None:
    problem = refusal(HOST="0.0.0.0", TLS_CERTIFICATE="/c", TLS_KEY="/k", SIGNUP="open")
    assert problem.variable == "PENNYVAULT_SIGNUP"


def test_a_folder_s_name_is_quoted_in_the_url() -> None:
    settings = Settings.from_environment({"PENNYVAULT_DATA_DIR": "/srv/50% of ?#"})
    assert settings.database_url == "sqlite:////srv/50%25%20of%20%3F%23/pennyvault.db"


def test_a_master_key_of_the_environment_is_never_shown() -> None:
    settings = read(MASTER_KEY="canary-key")
    assert isinstance(settings.master_key, MasterKeyText)
    secret = settings.master_key.secret
    assert secret.reveal() == "canary-key"
    assert "canary" not in f"{settings!r}{settings}{secret!r}{secret}"
    for take in (pickle.dumps, json.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            take(secret)


def test_two_master_keys_are_one_too_many() -> None:
    assert refusal(MASTER_KEY="x", MASTER_KEY_FILE="/x").variable == "PENNYVAULT_MASTER_KEY"


def test_settings_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        read().port = 1  # type: ignore[misc] # that is what is tested


def test_the_master_key_may_be_in_the_keyring() -> None:
    assert read(MASTER_KEY_KEYRING="pennyvault").master_key == MasterKeyKeyring(
        service="pennyvault"
    )


@pytest.mark.parametrize("other", ["MASTER_KEY", "MASTER_KEY_FILE"])
def test_the_keyring_excludes_other_master_keys(other: str) -> None:
    problem = refusal(**{"MASTER_KEY_KEYRING": "pennyvault", other: "/run/key"})
    assert problem.variable == f"PENNYVAULT_{other}"
    assert "PENNYVAULT_MASTER_KEY_KEYRING" in problem.because


def test_files_of_other_master_keys_are_absolute() -> None:
    assert (
        refusal(MASTER_KEY_OTHER_FILES="/run/a,b").variable == "PENNYVAULT_MASTER_KEY_OTHER_FILES"
    )


class Watched(dict[str, str]):
    """An environment that remembers what was looked up in it."""

    def __init__(self) -> None:
        super().__init__(HOME="/home/anybody")
        self.asked: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(name)
        return super().get(name, default)


def test_every_setting_is_on_the_page_of_settings() -> None:
    page = (Path(__file__).parents[4] / "docs" / "settings.md").read_text(encoding="utf-8")
    env = Watched()
    Settings.from_environment(env)
    asked = {name for name in env.asked if name.startswith("PENNYVAULT_")}
    assert len(asked) > 10
    assert sorted(name for name in asked if f"`{name}`" not in page) == []


def test_no_setting_asks_for_more_than_the_routes_let_through() -> None:
    settings = Settings.from_environment({"HOME": "/home/anybody"})
    caps = {row.body_cap_bytes for row in ROUTE_TABLE.values()}
    assert {settings.body_bytes_max, settings.statement_bytes_max} <= caps
    assert settings.statement_bytes_max == max(caps) == MAX_STATEMENT_BYTES
    for name in ("PENNYVAULT_BODY_BYTES_MAX", "PENNYVAULT_STATEMENT_BYTES_MAX"):
        with pytest.raises(SettingsProblem) as caught:
            Settings.from_environment({"HOME": "/home/anybody", name: str(max(caps) + 1)})
        assert caught.value.variable == name
