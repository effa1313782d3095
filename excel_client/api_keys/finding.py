"""Which key to use, and where it comes from: there is no silent fallback from one place to another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from pathlib import Path
from typing import TYPE_CHECKING

from excel_client.api_keys.key_files import read_key_file
from excel_client.problems import KeyNotReadable, NoKey
from excel_client.settings import ServerOrigin
from excel_client.wire_format import ApiKey

if TYPE_CHECKING:
    from excel_client.api_keys.platform_keyring import Backend

__all__ = [
    "KEY_VARIABLE",
    "FoundKey",
    "KeySource",
    "find_key",
    "keep_in_keyring",
    "require_keyring",
]
# ruff: noqa: PLC0415 - the keyring package is loaded only when the keyring is asked, see platform_keyring

KEY_VARIABLE = "PENNYVAULT_API_KEY"


@unique
class KeySource(StrEnum):
    """Where a key came from."""

    KEYRING = "keyring"
    FILE = "key file"
    ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundKey:
    """A key and where it was found."""

    key: ApiKey
    source: KeySource


def find_key(
    origin: ServerOrigin,
    *,
    key_file: Path | None,
    environment: Mapping[str, str],
    backend: Backend | None = None,
) -> FoundKey:
    """
    Return the key for a server: the file's if one is named, else the environment's if it is set, else the keyring's.

    Raises KeyFileUnsafe, KeyNotReadable, KeyringUnusable or NoKey; a place that fails is never passed over.
    """
    if key_file is not None:
        return FoundKey(key=read_key_file(key_file), source=KeySource.FILE)
    if KEY_VARIABLE in environment:
        return FoundKey(key=_readable(environment[KEY_VARIABLE]), source=KeySource.ENVIRONMENT)
    from excel_client.api_keys.platform_keyring import get_secret

    kept = get_secret(origin, backend)
    if kept is None:
        raise NoKey
    return FoundKey(key=_readable(kept), source=KeySource.KEYRING)


def keep_in_keyring(origin: ServerOrigin, key: ApiKey, *, backend: Backend | None = None) -> None:
    """Keep a key in the keyring, in place of the one kept for that server before."""
    from excel_client.api_keys.platform_keyring import set_secret

    set_secret(origin, key.reveal(), backend)


def require_keyring(backend: Backend | None = None) -> None:
    """Raise KeyringUnusable unless there is a keyring that keeps secrets safe."""
    from excel_client.api_keys.platform_keyring import usable_keyring

    usable_keyring(backend)


def _readable(text: str) -> ApiKey:
    key = ApiKey.read(text)
    if key is None:
        raise KeyNotReadable
    return key
