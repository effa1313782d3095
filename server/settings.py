"""
The server's settings, read once from the environment. Pure: it opens no file and asks no network.

Every variable begins with PENNYVAULT_. One that is unknown or can't be right stops the server; the
problem names the variable and never its value.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum, unique
from pathlib import Path
from typing import Final, Never, SupportsIndex, TypeVar
from urllib.parse import quote

from server.shared_types.problems import Problem

__all__ = [
    "Environment",
    "LogLevel",
    "MasterKeyFile",
    "MasterKeyKeyring",
    "MasterKeyText",
    "Secret",
    "Settings",
    "SettingsProblem",
    "Signup",
    "Tls",
]

PREFIX: Final = "PENNYVAULT_"
#: Variables of the client and of the tests, which may stand in the same environment.
_OF_OTHERS: Final = frozenset(
    PREFIX + name for name in ("API_KEY", "CONFIG_FILE", "OOXML_VALIDATE", "SERVER")
)
#: The route table lets no more through; a setting can only ask for less.
_BODY_BYTES_MAX: Final = 4 * 1024 * 1024
_STATEMENT_BYTES_MAX: Final = 20 * 1024 * 1024
_PORT_MAX: Final = 65535

#: A name of the DNS in lower case (RFC 1123), IPv4 addresses included.
_HOST_NAME: Final = re.compile(r"(?!.{254})[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*", re.ASCII)

T = TypeVar("T", bound=StrEnum)


class SettingsProblem(Problem):
    """A setting of the server is missing or can't be right."""

    code = "settings"

    def __init__(self, variable: str, because: str) -> None:
        super().__init__()
        #: The variable's name.
        self.variable = variable
        #: Why, in words of ours: never the value.
        self.because = because

    def place(self) -> Mapping[str, str | int]:
        """The variable and the reason."""
        return {"variable": self.variable, "because": self.because}


@unique
class Environment(StrEnum):
    """Whether the ledgers are real; tokens say so too (pv_live_, pv_test_)."""

    TEST = "test"
    LIVE = "live"


@unique
class Signup(StrEnum):
    """Who may make a ledger."""

    OPEN = "open"
    CLOSED = "closed"


@unique
class LogLevel(StrEnum):
    """The least important events that are written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Secret:
    """A secret text: shown only on purpose, by `reveal`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the secret itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(...)"

    def __reduce_ex__(self, protocol: SupportsIndex) -> Never:
        raise TypeError(type(self).__name__ + " is not copied, pickled or serialised")


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterKeyFile:
    """The master key is in a file, made at the first start."""

    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterKeyText:
    """The master key came with the environment, in base64."""

    secret: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterKeyKeyring:
    """The master key is in the system's keyring, under this name of a service."""

    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """The files of the server's certificate, chain included, and of its private key."""

    certificate: Path
    private_key: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything about an installation that its operator decides."""

    data_dir: Path
    database_url: str
    #: What `migrate` connects to, as the role that owns the tables; None where it is the server's own.
    migration_database_url: str | None
    host: str
    port: int
    environment: Environment
    signup: Signup
    master_key: MasterKeyFile | MasterKeyText | MasterKeyKeyring
    #: Files of master keys that open and do not wrap: the next one, and those before. They need not be there.
    other_master_key_files: tuple[Path, ...]
    log_level: LogLevel
    tls: Tls | None
    #: The one address or network whose forwarded headers are believed, or None.
    trusted_proxy: str | None
    #: Names in Host headers that are answered besides loopback's: lower case, without ports.
    server_names: tuple[str, ...]
    body_bytes_max: int
    statement_bytes_max: int

    @property
    def epoch_file(self) -> Path:
        """Where the epoch is kept: outside the database, so that a restored one begins a new epoch."""
        return self.data_dir / "epoch"

    @property
    def audit_head_file(self) -> Path:
        """Where the head of the audit trail is kept: outside the database, so that a cut trail is seen."""
        return self.data_dir / "audit-head"

    @property
    def listens_on_loopback(self) -> bool:
        """Whether only this machine can call."""
        return _is_loopback(self.host)

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> Settings:
        """
        Read the settings; raise SettingsProblem for the first variable that can't be right.

        Without TLS and without a named proxy the server listens on loopback only, and sign-up is open
        on loopback only.
        """
        variables = _Variables(env)
        data_dir = variables.folder("DATA_DIR")
        settings = cls(
            data_dir=data_dir,
            database_url=variables.text("DATABASE_URL", _sqlite_url(data_dir / "pennyvault.db")),
            migration_database_url=variables.optional_text("MIGRATION_DATABASE_URL"),
            host=variables.host("HOST", "127.0.0.1"),
            port=variables.number("PORT", 8321, least=0, most=_PORT_MAX),
            environment=variables.choice("ENVIRONMENT", Environment.LIVE),
            signup=variables.choice("SIGNUP", Signup.CLOSED),
            master_key=variables.master_key(data_dir / "master.key"),
            other_master_key_files=variables.files(
                "MASTER_KEY_OTHER_FILES", (data_dir / "master.key.next",)
            ),
            log_level=variables.choice("LOG_LEVEL", LogLevel.INFO),
            tls=variables.tls(),
            trusted_proxy=variables.network("TRUSTED_PROXY"),
            server_names=variables.names("SERVER_NAMES"),
            body_bytes_max=variables.number(
                "BODY_BYTES_MAX", _BODY_BYTES_MAX, least=1024, most=_BODY_BYTES_MAX
            ),
            statement_bytes_max=variables.number(
                "STATEMENT_BYTES_MAX", _STATEMENT_BYTES_MAX, least=1024, most=_STATEMENT_BYTES_MAX
            ),
        )
        variables.refuse_the_rest()
        if not settings.listens_on_loopback:
            if settings.tls is None and settings.trusted_proxy is None:
                raise SettingsProblem(
                    PREFIX + "HOST",
                    "beyond loopback the server needs PENNYVAULT_TLS_CERTIFICATE and"
                    " PENNYVAULT_TLS_KEY, or PENNYVAULT_TRUSTED_PROXY",
                )
            if settings.signup is Signup.OPEN:
                raise SettingsProblem(PREFIX + "SIGNUP", "sign-up is open on a loopback host only")
        return settings


def _sqlite_url(path: Path) -> str:
    return "sqlite:///" + quote(path.as_posix())


def _is_loopback(host: str) -> bool:
    return host == "localhost" or ipaddress.ip_address(host).is_loopback


class _Variables:
    """The variables of the environment that are ours, each taken once."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self._left = {name for name in env if name.startswith(PREFIX)} - _OF_OTHERS

    def refuse_the_rest(self) -> None:
        """Refuse what nobody asked for: a misspelt setting must not pass for the default."""
        for name in sorted(self._left):
            raise SettingsProblem(name, "there is no such setting")

    def text(self, name: str, default: str) -> str:
        given = self._take(name)
        return default if given is None else given

    def optional_text(self, name: str) -> str | None:
        return self._take(name)

    def files(self, name: str, default: tuple[Path, ...]) -> tuple[Path, ...]:
        given = self._take(name)
        if given is None:
            return default
        return tuple(self._absolute(name, each.strip()) for each in given.split(","))

    def number(self, name: str, default: int, *, least: int, most: int) -> int:
        given = self._take(name)
        if given is None:
            return default
        # isdecimal alone would let other scripts' digits through; int() would let "1_0" through.
        if not (given.isascii() and given.isdecimal() and len(given) <= len(str(most))):
            raise SettingsProblem(PREFIX + name, "it must be a whole number")
        if not least <= int(given) <= most:
            raise SettingsProblem(PREFIX + name, f"it must be from {least} to {most}")
        return int(given)

    def choice(self, name: str, default: T) -> T:
        given = self._take(name)
        if given is None:
            return default
        choices = list(type(default))
        if given not in choices:
            raise SettingsProblem(PREFIX + name, "it must be one of: " + ", ".join(choices))
        return type(default)(given)

    def host(self, name: str, default: str) -> str:
        given = self.text(name, default)
        if given == "localhost":
            return given
        return self._address(
            name, given, ipaddress.ip_address, "it must be an IP address or localhost"
        )

    def network(self, name: str) -> str | None:
        given = self._take(name)
        if given is None:
            return None
        return self._address(
            name, given, ipaddress.ip_network, "it must be an IP address or network"
        )

    def names(self, name: str) -> tuple[str, ...]:
        given = self._take(name)
        names = () if given is None else tuple(each.strip() for each in given.split(","))
        for each in names:
            if not _HOST_NAME.fullmatch(each):
                self._address(
                    name,
                    each,
                    ipaddress.ip_address,
                    "it must be names in lower case or IP addresses, with commas between",
                )
        return names

    def folder(self, name: str) -> Path:
        given = self._take(name)
        if given is not None:
            return self._absolute(name, given)
        for base, *below in (
            ("LOCALAPPDATA", "Pennyvault", "server"),
            ("XDG_DATA_HOME", "pennyvault-server"),
            ("HOME", ".local", "share", "pennyvault-server"),
        ):
            if self._env.get(base):
                return Path(self._env[base], *below)
        raise SettingsProblem(PREFIX + name, "it is needed: there is no home directory")

    def master_key(self, default: Path) -> MasterKeyFile | MasterKeyText | MasterKeyKeyring:
        names = ("MASTER_KEY", "MASTER_KEY_FILE", "MASTER_KEY_KEYRING")
        text, file, service = (self._take(name) for name in names)
        given = [name for name, value in zip(names, (text, file, service), strict=True) if value]
        if len(given) > 1:
            raise SettingsProblem(PREFIX + given[0], f"it excludes {PREFIX}{given[1]}")
        if text is not None:
            return MasterKeyText(secret=Secret(text))
        if service is not None:
            return MasterKeyKeyring(service=service)
        if file is not None:
            return MasterKeyFile(path=self._absolute("MASTER_KEY_FILE", file))
        return MasterKeyFile(path=default)

    def tls(self) -> Tls | None:
        certificate, key = self._take("TLS_CERTIFICATE"), self._take("TLS_KEY")
        if certificate is None and key is None:
            return None
        if certificate is None:
            raise SettingsProblem(PREFIX + "TLS_CERTIFICATE", "PENNYVAULT_TLS_KEY needs it")
        if key is None:
            raise SettingsProblem(PREFIX + "TLS_KEY", "PENNYVAULT_TLS_CERTIFICATE needs it")
        return Tls(
            certificate=self._absolute("TLS_CERTIFICATE", certificate),
            private_key=self._absolute("TLS_KEY", key),
        )

    def _take(self, name: str) -> str | None:
        given = self._env.get(PREFIX + name)
        self._left.discard(PREFIX + name)
        if given is not None and (not given.strip() or not given.isprintable()):
            raise SettingsProblem(PREFIX + name, "it is empty or holds control characters")
        return given

    def _absolute(self, name: str, given: str) -> Path:
        path = Path(given)
        if not path.is_absolute():
            raise SettingsProblem(PREFIX + name, "it must be an absolute path")
        return path

    def _address(self, name: str, given: str, read: Callable[[str], object], because: str) -> str:
        with suppress(ValueError):
            return str(read(given))
        # Raised outside of the handler: the library's error, which quotes the value, is not its context.
        raise SettingsProblem(PREFIX + name, because)
