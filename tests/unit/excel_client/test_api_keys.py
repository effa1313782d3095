from __future__ import annotations

from collections.abc import Callable

import keyring.backends.fail
import keyring.backends.null
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.chainer import ChainerBackend
from keyring.errors import NoKeyringError

from excel_client.api_keys.finding import KEY_VARIABLE, KeySource, find_key, keep_in_keyring
from excel_client.api_keys.platform_keyring import usable_keyring
from excel_client.problems import KeyNotReadable, KeyringUnusable, NoKey
from excel_client.settings import ServerOrigin
from excel_client.wire_format import ApiKey
from tests.keyrings import LockedKeyring, PlaintextKeyring, RememberingKeyring

ORIGIN = ServerOrigin("https://ledger.example.com")
OTHER = ServerOrigin("https://other.example.com")
KEY = ApiKey("pv_live_" + "k" * 43)


def no_keyring() -> KeyringBackend:
    raise NoKeyringError


def chain_of(*backends: KeyringBackend) -> Callable[[], KeyringBackend]:
    class Chain(ChainerBackend):
        __module__ = ChainerBackend.__module__
        backends = ()

    chain = Chain()  # type: ignore[no-untyped-call]
    Chain.backends = backends  # type: ignore[assignment]
    return lambda: chain


def test_a_key_is_kept_per_server() -> None:
    kept = RememberingKeyring()
    keep_in_keyring(ORIGIN, KEY, backend=lambda: kept)
    found = find_key(ORIGIN, key_file=None, environment={}, backend=lambda: kept)
    assert (found.key, found.source) == (KEY, KeySource.KEYRING)
    assert list(kept.kept) == [(f"pennyvault:{ORIGIN}", "api-key")]
    with pytest.raises(NoKey):
        find_key(OTHER, key_file=None, environment={}, backend=lambda: kept)


@pytest.mark.parametrize(
    "backend",
    [
        keyring.backends.fail.Keyring,
        keyring.backends.null.Keyring,
        PlaintextKeyring,
        LockedKeyring,
        no_keyring,
    ],
)
def test_a_keyring_that_keeps_no_secret_is_refused_with_the_way_out(
    backend: Callable[[], KeyringBackend],
) -> None:
    with pytest.raises(KeyringUnusable) as refused:
        keep_in_keyring(ORIGIN, KEY, backend=backend)
    assert "--key-file" in refused.value.sentence()
    with pytest.raises(KeyringUnusable):
        find_key(ORIGIN, key_file=None, environment={}, backend=backend)


def test_a_chain_does_not_fall_back_to_plain_text() -> None:
    locked, plain = LockedKeyring(), PlaintextKeyring()
    with pytest.raises(KeyringUnusable):
        keep_in_keyring(ORIGIN, KEY, backend=chain_of(locked, plain))
    assert not plain.kept


def test_the_first_safe_keyring_of_a_chain_is_used() -> None:
    safe = RememberingKeyring()
    assert usable_keyring(chain_of(PlaintextKeyring(), safe)) is safe


def test_a_chain_of_plain_text_alone_is_refused() -> None:
    with pytest.raises(KeyringUnusable):
        usable_keyring(chain_of(PlaintextKeyring()))


def test_the_environment_is_asked_for_by_being_set_and_the_keyring_is_left_alone() -> None:
    environment = {KEY_VARIABLE: KEY.reveal()}
    found = find_key(ORIGIN, key_file=None, environment=environment, backend=no_keyring)
    assert (found.key, found.source) == (KEY, KeySource.ENVIRONMENT)


@pytest.mark.parametrize("text", ["", "secret", "pv_live_short"])
def test_what_is_no_key_in_the_environment_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(KeyNotReadable) as refused:
        find_key(ORIGIN, key_file=None, environment={KEY_VARIABLE: text}, backend=no_keyring)
    assert not text or text not in refused.value.line_for_people()


def test_nothing_that_is_printed_shows_the_key() -> None:
    found = find_key(ORIGIN, key_file=None, environment={KEY_VARIABLE: KEY.reveal()})
    assert KEY.reveal() not in repr(found)
