"""The master key in the system's keyring: made once, only where it may be, and never in a keyring that is none."""

from __future__ import annotations

import sys
from collections.abc import Callable

import keyring.backends.fail
import keyring.backends.null
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.chainer import ChainerBackend
from keyring.errors import InitError, NoKeyringError

from server.sealing.master_key_keyring import open_master_key_keyring
from server.sealing.problems import KeyringUnusable, MasterKeyMalformed, MasterKeyMissing
from tests.keyrings import LockedKeyring, PlaintextKeyring, RememberingKeyring


class ForgetfulKeyring(RememberingKeyring):
    def set_password(self, service: str, username: str, password: str) -> None:
        return


class UnreachableKeyring(RememberingKeyring):
    def get_password(self, service: str, username: str) -> str | None:
        raise InitError


def no_keyring() -> KeyringBackend:
    raise NoKeyringError


def chain_of(*backends: KeyringBackend) -> Callable[[], KeyringBackend]:
    class Chain(ChainerBackend):
        __module__ = ChainerBackend.__module__

        @property
        def backends(self) -> list[KeyringBackend]:
            return list(backends)

    return Chain


def test_a_key_is_made_once_per_service() -> None:
    kept = RememberingKeyring()
    ids = [
        open_master_key_keyring(service, may_make=True, backend=lambda: kept)
        .current()
        .master_key_id
        for service in ("one", "one", "two")
    ]
    assert ids[0] == ids[1] != ids[2]
    assert set(kept.kept) == {("one", "master-key"), ("two", "master-key")}


def test_no_key_is_made_where_stored_keys_need_another() -> None:
    kept = RememberingKeyring()
    with pytest.raises(MasterKeyMissing):
        open_master_key_keyring("one", may_make=False, backend=lambda: kept)
    assert kept.kept == {}


@pytest.mark.parametrize(
    "backend",
    [
        keyring.backends.null.Keyring,
        keyring.backends.fail.Keyring,
        PlaintextKeyring,
        ForgetfulKeyring,
        LockedKeyring,
        UnreachableKeyring,
        no_keyring,
        chain_of(),
        chain_of(PlaintextKeyring(), keyring.backends.null.Keyring()),  # type: ignore[no-untyped-call]
    ],
)
def test_a_keyring_that_keeps_nothing_safe_is_refused(
    backend: Callable[[], KeyringBackend],
) -> None:
    with pytest.raises(KeyringUnusable) as caught:
        open_master_key_keyring("one", may_make=True, backend=backend)
    assert caught.value.__cause__ is None


def test_the_tests_machine_has_no_keyring() -> None:
    with pytest.raises(KeyringUnusable):
        open_master_key_keyring("pennyvault-test", may_make=True)


def test_of_a_chain_the_first_safe_one_is_used_alone() -> None:
    unsafe, first, second = PlaintextKeyring(), RememberingKeyring(), RememberingKeyring()
    open_master_key_keyring("one", may_make=True, backend=chain_of(unsafe, first, second))
    assert (len(unsafe.kept), len(first.kept), len(second.kept)) == (0, 1, 0)


def test_what_is_no_key_is_refused() -> None:
    kept = RememberingKeyring()
    kept.set_password("one", "master-key", "canary")
    with pytest.raises(MasterKeyMalformed) as caught:
        open_master_key_keyring("one", may_make=True, backend=lambda: kept)
    assert "canary" not in str(caught.value)


def test_a_server_without_the_package_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring.errors", None)
    with pytest.raises(KeyringUnusable):
        open_master_key_keyring("one", may_make=True)
