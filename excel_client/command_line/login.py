"""`pennyvault login`: a key is tried, then kept where it was asked to be. It is shown on request only."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from excel_client.api_keys.finding import keep_in_keyring, require_keyring
from excel_client.api_keys.key_files import keep_in_file
from excel_client.command_line.connection import chosen_server
from excel_client.command_line.printing import printable
from excel_client.command_line.surroundings import Surroundings
from excel_client.problems import (
    AnswerNeeded,
    AnswerNotReadable,
    ExitCode,
    KeyFileExists,
    KeyFileNotWritten,
    KeyNotReadable,
    SettingsNotReadable,
    SignUpElsewhere,
)
from excel_client.server_api import ServerApi
from excel_client.settings import ServerOrigin, SettingsRefused, is_loopback, remember_server
from excel_client.wire_format import ApiKey

__all__ = ["login"]

_TOKEN_LABEL = "pennyvault login"  # noqa: S105 - what the server's list of tokens shows


def login(flags: Namespace, around: Surroundings) -> ExitCode:
    """Try a key, or get one for a new ledger, and keep it."""
    origin = chosen_server(flags, around)
    key_file = Path(flags.key_file) if flags.key_file else None
    # A key is shown once: the place for it is looked at before there is one.
    _look_at_place(key_file, around)
    key = _new_ledger(flags, around, origin) if flags.sign_up else _given_key(flags, around)
    with ServerApi(origin, key, transport=around.transport) as api:
        profile = api.profile()
    if key_file is not None:
        keep_in_file(key_file, key)
        kept = f"in {key_file}"
    else:
        keep_in_keyring(origin, key, backend=around.keyring_backend)
        kept = "in the keyring"
        if isinstance(remember_server(origin, around.environment), SettingsRefused):
            raise SettingsNotReadable
    around.say(
        f'Signed in to "{printable(profile.ledger_name)}" at {origin}; the key is kept {kept}.'
    )
    if flags.sign_up and flags.show_token:
        around.say(key.reveal())
    return ExitCode.DONE


def _look_at_place(key_file: Path | None, around: Surroundings) -> None:
    if key_file is None:
        require_keyring(around.keyring_backend)
    elif key_file.exists() or key_file.is_symlink():
        raise KeyFileExists(file=str(key_file))
    elif not key_file.parent.is_dir():
        raise KeyFileNotWritten(file=str(key_file))


def _new_ledger(flags: Namespace, around: Surroundings, origin: ServerOrigin) -> ApiKey:
    if not is_loopback(origin):
        raise SignUpElsewhere
    with ServerApi(origin, None, transport=around.transport) as api:
        key = ApiKey.read(api.sign_up(flags.sign_up, _TOKEN_LABEL).token)
    if key is None:
        raise AnswerNotReadable
    return key


def _given_key(flags: Namespace, around: Surroundings) -> ApiKey:
    if flags.token_stdin:
        text = around.stdin.readline()
    elif around.stdin.isatty():
        text = around.ask_secret("Key (it is not shown): ")
    else:
        raise AnswerNeeded
    key = ApiKey.read(text)
    if key is None:
        raise KeyNotReadable
    return key
