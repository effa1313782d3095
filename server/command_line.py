"""
`pennyvault-server`: serves, and migrates the database.

Settings come from the environment, flags override them. Exit codes: 0 done, 64 usage or settings, 65 data refused,
69 not reachable, 75 busy, try again, 77 not allowed. Errors are one line on standard error, without values.
"""

from __future__ import annotations

import argparse
import asyncio
import errno
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from enum import IntEnum
from pathlib import Path
from typing import NoReturn

from server.app import Surroundings, create_app, migrate_database, open_log
from server.database.problems import (
    DatabaseBusy,
    DatabaseFull,
    DatabaseUnavailable,
    DatabaseUrlRefused,
    EpochNotReadable,
)
from server.sealing.problems import MasterKeyExposed, MasterKeyNotReadable
from server.settings import Settings, SettingsProblem
from server.shared_types.problems import Problem
from server.telemetry.events import LogEvent
from server.telemetry.standard_logging import route_standard_logging
from server.web.connections import Deadlines
from server.web.serving import ServingOptions, bind, serve

__all__ = ["ExitCode", "exit_code_of", "main"]

#: Requests get so long to end; closing the rooms takes the rest of five seconds.
_GRACE_SECONDS = 4


class ExitCode(IntEnum):
    """How the process ends, in the numbers of sysexits.h."""

    DONE = 0
    USAGE = 64
    DATA_REFUSED = 65
    NOT_REACHABLE = 69
    BUSY = 75
    NOT_ALLOWED = 77


_PROBLEM_CODES: Mapping[type[Problem], ExitCode] = {
    SettingsProblem: ExitCode.USAGE,
    DatabaseUrlRefused: ExitCode.USAGE,
    DatabaseBusy: ExitCode.BUSY,
    DatabaseFull: ExitCode.NOT_REACHABLE,
    DatabaseUnavailable: ExitCode.NOT_REACHABLE,
    EpochNotReadable: ExitCode.NOT_ALLOWED,
    MasterKeyExposed: ExitCode.NOT_ALLOWED,
    MasterKeyNotReadable: ExitCode.NOT_ALLOWED,
}
_SYSTEM_CODES: Mapping[int, tuple[ExitCode, str]] = {
    errno.EADDRINUSE: (ExitCode.BUSY, "Another program listens on this address already."),
    errno.EACCES: (ExitCode.NOT_ALLOWED, "The system does not allow this address or file."),
    errno.EPERM: (ExitCode.NOT_ALLOWED, "The system does not allow this address or file."),
}
_NOT_REACHABLE = (ExitCode.NOT_REACHABLE, "This address or file can't be used.")


class _Parser(argparse.ArgumentParser):
    """A parser whose usage errors end with the code that everything of ours uses."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(ExitCode.USAGE, f"{self.prog}: {message}\n")


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) < 1 << 16):
        message = "a port is a number from 0 to 65535"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def _parser() -> _Parser:
    parser = _Parser(prog="pennyvault-server", description="The Pennyvault server.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serving = commands.add_parser("serve", help="serve until told to stop")
    serving.add_argument("--host", help="the address to listen on (PENNYVAULT_HOST)")
    serving.add_argument(
        "--port", type=_port, help="the port to listen on, 0 for a free one (PENNYVAULT_PORT)"
    )
    serving.add_argument(
        "--port-file", type=Path, metavar="FILE", help="write the port here once it is served"
    )
    commands.add_parser("migrate", help="bring the database's schema up to date")
    return parser


def exit_code_of(problem: Problem) -> ExitCode:
    """Return how the process ends after a problem."""
    return _PROBLEM_CODES.get(type(problem), ExitCode.DATA_REFUSED)


def _sentence_of(problem: Problem) -> str:
    place = ", ".join(f"{name}: {value}" for name, value in problem.place().items())
    return f"{problem.sentence()} ({place})" if place else problem.sentence()


def _fail(code: ExitCode, sentence: str) -> ExitCode:
    sys.stderr.write(f"pennyvault-server: {sentence}\n")
    return code


def _write_port_file(path: Path, port: int) -> None:
    """Write the port so that whoever sees the file sees all of it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(f"{port}\n", encoding="ascii")
    draft.replace(path)


def _address(settings: Settings, listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    scheme = "http" if settings.tls is None else "https"
    shown = f"[{host}]" if listener.family is socket.AF_INET6 else host
    return f"{scheme}://{shown}:{port}"


def _serve(settings: Settings, port_file: Path | None) -> None:
    surroundings = Surroundings()
    log = open_log(settings, surroundings)
    tls = settings.tls
    options = ServingOptions(
        deadlines=Deadlines(),
        grace_seconds=_GRACE_SECONDS,
        trusted_proxies=() if settings.trusted_proxy is None else (settings.trusted_proxy,),
        certificate=None if tls is None else tls.certificate,
        private_key=None if tls is None else tls.private_key,
    )
    app = create_app(settings, surroundings)
    listener = bind(settings.host, settings.port)
    port: int = listener.getsockname()[1]

    def ready() -> None:
        if port_file is not None:
            _write_port_file(port_file, port)
        sys.stdout.write(f"listening on {_address(settings, listener)}\n")
        sys.stdout.flush()
        log.event(
            LogEvent.SERVER_STARTED,
            port=port,
            environment=settings.environment,
            loopback=settings.listens_on_loopback,
            tls=tls is not None,
        )

    undo_logging = route_standard_logging(log)
    try:
        asyncio.run(serve(app, listener, options, surroundings.new_id, ready))
        log.event(LogEvent.SERVER_STOPPED)
    except Problem as problem:
        log.event(LogEvent.SERVER_NOT_STARTED, problem=type(problem))
        raise
    finally:
        listener.close()
        undo_logging()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    given = _parser().parse_args(arguments)
    env = dict(os.environ)
    try:
        if given.command == "migrate":
            version = asyncio.run(migrate_database(Settings.from_environment(env)))
            sys.stdout.write(f"the database is at version {version}\n")
            return ExitCode.DONE
        if given.host is not None:
            env["PENNYVAULT_HOST"] = given.host
        if given.port is not None:
            env["PENNYVAULT_PORT"] = str(given.port)
        _serve(Settings.from_environment(env), given.port_file)
    except Problem as problem:
        return _fail(exit_code_of(problem), _sentence_of(problem))
    except OSError as error:
        return _fail(*_SYSTEM_CODES.get(error.errno or 0, _NOT_REACHABLE))
    return ExitCode.DONE


if __name__ == "__main__":
    sys.exit(main())
