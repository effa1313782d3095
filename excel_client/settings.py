"""
Where the client finds its server, and the client's one clock.

The address comes from a flag, the environment, or the platform's configuration file, in that order: never from a
workbook. No secret stands here. Raises nothing: what can't be used is returned as `SettingsRefused`.
"""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum, auto, unique
from pathlib import Path
from typing import NewType, Protocol
from urllib.parse import urlsplit

import platformdirs

__all__ = [
    "CONFIG_VARIABLE",
    "SERVER_VARIABLE",
    "Clock",
    "ServerOrigin",
    "SettingsRefused",
    "config_path",
    "find_server",
    "is_loopback",
    "read_origin",
    "remember_server",
    "system_clock",
]

SERVER_VARIABLE = "PENNYVAULT_SERVER"
CONFIG_VARIABLE = "PENNYVAULT_CONFIG_FILE"

_CONFIG_BYTES_MAX = 64 * 1024
_DEFAULT_PORTS = {"https": 443, "http": 80}

#: scheme://host[:port], lower case, without the scheme's own port: what a key is kept for.
ServerOrigin = NewType("ServerOrigin", str)


class Clock(Protocol):
    """Tells the time."""

    def __call__(self) -> datetime:
        """Return the present instant, aware, in UTC."""


def system_clock() -> datetime:
    """The machine's time in UTC."""
    return datetime.now(UTC)


@unique
class SettingsRefused(Enum):
    """Why there is no address to use."""

    ADDRESS_REFUSED = auto()
    FILE_NOT_READABLE = auto()
    NONE_CHOSEN = auto()


def read_origin(text: str) -> ServerOrigin | SettingsRefused:
    """Return the origin that `text` names: https anywhere, http on loopback only; no path, query or user."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        return SettingsRefused.ADDRESS_REFUSED
    host = parts.hostname or ""
    excess = parts.username or parts.password or parts.query or parts.fragment
    if not host or not host.isascii() or excess or parts.path not in {"", "/"}:
        return SettingsRefused.ADDRESS_REFUSED
    if not all(character.isalnum() or character in "-._:" for character in host):
        return SettingsRefused.ADDRESS_REFUSED
    if parts.scheme not in _DEFAULT_PORTS or (parts.scheme == "http" and not _is_local(host)):
        return SettingsRefused.ADDRESS_REFUSED
    shown = f"[{host}]" if ":" in host else host
    suffix = "" if port in {None, _DEFAULT_PORTS[parts.scheme]} else f":{port}"
    return ServerOrigin(f"{parts.scheme}://{shown}{suffix}")


def is_loopback(origin: ServerOrigin) -> bool:
    """Whether an origin is on this machine."""
    return _is_local(urlsplit(origin).hostname or "")


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def config_path(environment: Mapping[str, str]) -> Path:
    """Return the configuration file's place: the platform's, unless the environment names another."""
    named = environment.get(CONFIG_VARIABLE)
    if named:
        return Path(named)
    return Path(platformdirs.user_config_dir("pennyvault", appauthor=False)) / "config.toml"


def find_server(flag: str | None, environment: Mapping[str, str]) -> ServerOrigin | SettingsRefused:
    """Return the server to talk to: the flag's, the environment's, or the configuration file's."""
    named = flag or environment.get(SERVER_VARIABLE)
    if named:
        return read_origin(named)
    kept = _read_config(config_path(environment))
    if isinstance(kept, SettingsRefused):
        return kept
    return read_origin(kept)


def _read_config(path: Path) -> str | SettingsRefused:
    try:
        with path.open("rb") as file:
            content = file.read(_CONFIG_BYTES_MAX + 1)
    except FileNotFoundError:
        return SettingsRefused.NONE_CHOSEN
    except OSError:
        return SettingsRefused.FILE_NOT_READABLE
    if len(content) > _CONFIG_BYTES_MAX:
        return SettingsRefused.FILE_NOT_READABLE
    try:
        server = tomllib.loads(content.decode("utf-8")).get("server")
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        return SettingsRefused.FILE_NOT_READABLE
    if server is None:
        return SettingsRefused.NONE_CHOSEN
    return server if isinstance(server, str) else SettingsRefused.FILE_NOT_READABLE


def remember_server(origin: ServerOrigin, environment: Mapping[str, str]) -> Path | SettingsRefused:
    """Write the server into the configuration file, leaving the file's other lines; return its place."""
    path = config_path(environment)
    kept = _read_config(path)
    if kept is SettingsRefused.FILE_NOT_READABLE:
        return kept
    if kept == origin:
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        others = [line for line in lines if line.partition("=")[0].strip() != "server"]
        # The key comes first: behind a [table] of the file it would belong to that table.
        temporary = path.with_name(f"{path.name}.new")
        temporary.write_text("\n".join([f'server = "{origin}"', *others, ""]), encoding="utf-8")
        os.replace(temporary, path)  # noqa: PTH105 - the one call that is atomic on every platform
    except OSError:
        return SettingsRefused.FILE_NOT_READABLE
    return path
