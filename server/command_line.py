"""
`pennyvault-server`: serves, migrates the database, takes care of keys, checks the audit trail.

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
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from enum import IntEnum
from pathlib import Path
from types import MappingProxyType
from typing import NoReturn
from uuid import UUID

from server.app import (
    KeyRoom,
    Surroundings,
    create_app,
    migrate_database,
    open_key_room,
    open_log,
    verify_audit_trail,
)
from server.audit.problems import AuditHeadNotReadable
from server.database.problems import (
    DatabaseBusy,
    DatabaseFull,
    DatabaseRoleRefused,
    DatabaseUnavailable,
    DatabaseUrlRefused,
    EpochNotReadable,
)
from server.maintenance.key_destruction import KeyDestruction
from server.maintenance.key_report import KeyReport, check_tenants
from server.maintenance.key_rotation import SETTLE_SECONDS, KeyRotation
from server.maintenance.problems import (
    BackupsNotListed,
    NewMasterKeyUnknownToServers,
    UnknownTenant,
)
from server.maintenance.retained_backups import read_retained_backups
from server.maintenance.rewrapping import Rewrapping
from server.sealing.problems import (
    KeyringUnusable,
    KeyUseNotRecorded,
    MasterKeyExposed,
    MasterKeyNotReadable,
)
from server.settings import LogLevel, Settings, SettingsProblem
from server.shared_types.ids import TenantId
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
    DatabaseRoleRefused: ExitCode.NOT_ALLOWED,
    EpochNotReadable: ExitCode.NOT_ALLOWED,
    AuditHeadNotReadable: ExitCode.NOT_ALLOWED,
    BackupsNotListed: ExitCode.USAGE,
    NewMasterKeyUnknownToServers: ExitCode.USAGE,
    UnknownTenant: ExitCode.USAGE,
    KeyUseNotRecorded: ExitCode.BUSY,
    KeyringUnusable: ExitCode.NOT_ALLOWED,
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


def _tenant(text: str) -> TenantId:
    try:
        return TenantId(UUID(text))
    except ValueError:
        message = "a ledger's id is a UUID"
        raise argparse.ArgumentTypeError(message) from None


def _seconds(text: str) -> float:
    if not (text.isascii() and text.replace(".", "", 1).isdecimal()):
        message = "it must be a number of seconds"
        raise argparse.ArgumentTypeError(message)
    return float(text)


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
    _add_key_commands(commands.add_parser("keys", help="take care of the keys of ledgers"))
    auditing = commands.add_parser("audit", help="check the audit trail")
    trail = auditing.add_subparsers(dest="action", required=True, metavar="ACTION")
    trail.add_parser("verify", help="walk along the trail; 65 where something was done to it")
    return parser


def _add_key_commands(keys: argparse.ArgumentParser) -> None:
    actions = keys.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("status", help="list the versions of every ledger's key")
    actions.add_parser("verify", help="open every sealed record; 65 where one is not what it was")
    rotating = actions.add_parser("rotate", help="seal everything anew with new keys")
    destroying = actions.add_parser("destroy", help="destroy old keys that no backup needs")
    destroying.add_argument(
        "--retained-backups",
        type=Path,
        required=True,
        metavar="FILE",
        help="the list of the backups that are kept, as JSON",
    )
    for action in (rotating, destroying):
        action.add_argument(
            "--settle-seconds",
            type=_seconds,
            default=SETTLE_SECONDS,
            help="how long running servers may take to learn of a key; 0 where none runs",
        )
        whose = action.add_mutually_exclusive_group(required=True)
        whose.add_argument("--tenant", type=_tenant, metavar="ID", help="this ledger's")
        whose.add_argument("--all", action="store_true", help="every ledger's")
    rewrapping = actions.add_parser("rewrap", help="wrap every key with another master key")
    rewrapping.add_argument(
        "--new-master-key-file",
        type=Path,
        metavar="FILE",
        help="made if there is none; without it, the master key of the settings is used",
    )


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


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _whose(given: argparse.Namespace) -> list[TenantId] | None:
    return None if given.tenant is None else [given.tenant]


@asynccontextmanager
async def _key_room(new_master_key_file: Path | None = None) -> AsyncIterator[KeyRoom]:
    settings = Settings.from_environment(dict(os.environ))
    quiet = replace(settings, log_level=LogLevel.WARNING)
    async with open_key_room(quiet, new_master_key_file=new_master_key_file) as room:
        yield room


async def _show_keys(_given: argparse.Namespace) -> ExitCode:
    async with _key_room() as room:
        async for report in KeyReport(room.tools.database, room.tools.versions).tenants():
            for each in report.versions:
                _say(
                    f"{report.tenant_id} version {each.version} {each.state.value}"
                    f" created {each.created_at.isoformat(timespec='seconds')}"
                    f" master key {each.master_key_id} sealed {report.seals.get(each.version, 0)}"
                )
            if report.is_rotating:
                _say(f"{report.tenant_id} rotation under way")
            if report.rotation_is_due:
                _say(f"{report.tenant_id} rotation due: this key has sealed a quarter of its bound")
    return ExitCode.DONE


async def _verify_keys(_given: argparse.Namespace) -> ExitCode:
    tenants = broken = 0
    async with _key_room() as room:
        checked = check_tenants(room.tools.database, room.ring, room.checks)
        async for tenant_id, rows in checked:
            tenants += 1
            broken += len(rows)
            for table, fault, row_id in rows:
                _say(f"{tenant_id} {table} {row_id or '-'} {fault}")
    _say(f"{tenants} ledgers opened, {broken} broken rows")
    return ExitCode.DATA_REFUSED if broken else ExitCode.DONE


async def _rotate_keys(given: argparse.Namespace) -> ExitCode:
    async with _key_room() as room:
        tools = replace(room.tools, settle_seconds=given.settle_seconds)
        report = await KeyRotation(tools).run(_whose(given))
    _say(f"{report.tenants} ledgers have new keys, {report.rows} rows were sealed anew")
    return ExitCode.DONE


async def _destroy_keys(given: argparse.Namespace) -> ExitCode:
    retained = read_retained_backups(given.retained_backups)
    async with _key_room() as room:
        tools = replace(room.tools, settle_seconds=given.settle_seconds)
        destroyed, needed = await KeyDestruction(tools).run(retained, _whose(given))
    _say(f"{destroyed} old keys destroyed, {needed} still needed by backups")
    return ExitCode.DONE


async def _rewrap_keys(given: argparse.Namespace) -> ExitCode:
    async with _key_room(given.new_master_key_file) as room:
        tools, current = room.tools, room.master_keys.current()
        rewrapping = Rewrapping(tools.database, tools.versions, tools.trail)
        report = await rewrapping.run(current.master_key_id)
    _say(f"{report.versions} keys of {report.tenants} ledgers wrapped with {current.master_key_id}")
    return ExitCode.DONE


async def _verify_audit(_given: argparse.Namespace) -> ExitCode:
    report = await verify_audit_trail(Settings.from_environment(dict(os.environ)))
    if report.finding is None:
        _say(f"{report.events} events, the trail is whole")
        return ExitCode.DONE
    _say(
        f"event {report.finding.sequence}: {report.finding.fault.value};"
        f" the trail is whole up to event {report.events}"
    )
    return ExitCode.DATA_REFUSED


_ACTIONS: Mapping[tuple[str, str], Callable[[argparse.Namespace], Awaitable[ExitCode]]] = (
    MappingProxyType(
        {
            ("keys", "status"): _show_keys,
            ("keys", "verify"): _verify_keys,
            ("keys", "rotate"): _rotate_keys,
            ("keys", "destroy"): _destroy_keys,
            ("keys", "rewrap"): _rewrap_keys,
            ("audit", "verify"): _verify_audit,
        }
    )
)


async def _act(given: argparse.Namespace) -> ExitCode:
    return await _ACTIONS[given.command, given.action](given)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    given = _parser().parse_args(arguments)
    env = dict(os.environ)
    try:
        if given.command == "migrate":
            version = asyncio.run(migrate_database(Settings.from_environment(env)))
            sys.stdout.write(f"the database is at version {version}\n")
            return ExitCode.DONE
        if given.command != "serve":
            return asyncio.run(_act(given))
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
