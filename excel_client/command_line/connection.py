"""From flags to a server that can be spoken to: the address, the key, and a warning where the key lies open."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from excel_client.api_keys.finding import KEY_VARIABLE, KeySource, find_key
from excel_client.command_line.surroundings import Surroundings
from excel_client.problems import AddressRefused, NoServerChosen, SettingsNotReadable
from excel_client.server_api import ServerApi
from excel_client.settings import ServerOrigin, SettingsRefused, find_server

__all__ = ["chosen_server", "connect"]


def chosen_server(flags: Namespace, around: Surroundings) -> ServerOrigin:
    """Return the server that the flags, the environment or the configuration name; raise a UsageProblem."""
    found = find_server(flags.server, around.environment)
    match found:
        case SettingsRefused.ADDRESS_REFUSED:
            raise AddressRefused
        case SettingsRefused.FILE_NOT_READABLE:
            raise SettingsNotReadable
        case SettingsRefused.NONE_CHOSEN:
            raise NoServerChosen
        case _:
            return found


def connect(flags: Namespace, around: Surroundings) -> ServerApi:
    """Return the server's API with the key that is kept for it."""
    origin = chosen_server(flags, around)
    key_file = Path(flags.key_file) if flags.key_file else None
    found = find_key(
        origin,
        key_file=key_file,
        environment=around.environment,
        backend=around.keyring_backend,
    )
    if found.source is KeySource.ENVIRONMENT:
        around.tell(
            f"pennyvault: warning: the key comes from {KEY_VARIABLE}; "
            "other programs of this account can read it there"
        )
    return ServerApi(origin, found.key, transport=around.transport)
