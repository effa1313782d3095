"""
The composition root: it knows every room, opens them in order and closes them again.

Nothing registers itself by import, and nothing here decides anything: it reads the settings and joins the parts.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TextIO
from uuid import UUID

from server.buckets_only.analytics import routes as analytics_routes
from server.buckets_only.categorisation.categorise import categorise_all
from server.database.epoch import open_epoch
from server.database.migrations import migrate
from server.database.sessions import Database
from server.exact_amounts.ledger import routes as ledger_routes
from server.exact_amounts.ledger.bucketed_view import BucketedView
from server.exact_amounts.ledger.ledger_store import LedgerStore
from server.exact_amounts.statements import routes as statement_routes
from server.exact_amounts.statements.reading import read_statement
from server.identity import routes as identity_routes
from server.identity.identity_service import IdentityRules, IdentityService
from server.sealing.keys import TenantKeyRing
from server.sealing.master_key_file import open_master_key_file
from server.sealing.master_keys import OneMasterKey, decode_master_key
from server.settings import MasterKeyFile, MasterKeyText, Settings, Signup
from server.shared_types.clock import Clock, new_id, system_clock
from server.shared_types.ids import IdMaker
from server.telemetry.events import LogEvent
from server.telemetry.log import Log
from server.web.edge import EdgeTools, WebApp, WebParts
from server.web.limits import MovingWindowLimiter
from server.web.ports import AnsweredRequest
from server.web.routed_calls import BodyCaps

__all__ = ["Surroundings", "create_app", "migrate_database", "open_log"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The world outside of the server, as an argument."""

    clock: Clock = system_clock
    new_id: IdMaker = new_id
    #: Seconds that never go back.
    monotonic: Callable[[], float] = time.monotonic
    random_bytes: Callable[[int], bytes] = os.urandom
    log_stream: TextIO = field(default_factory=lambda: sys.stderr)
    #: Widens every limit alike, for a server that a measurement calls in a loop.
    limits_multiplier: int = 1


def open_log(settings: Settings, surroundings: Surroundings) -> Log:
    """Return the server's log."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    return Log(surroundings.log_stream, clock=surroundings.clock, level=level)


class _RequestLog:
    """Satisfies web's RequestLog with the server's log."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def answered(self, request: AnsweredRequest) -> None:
        """Take note of an answer."""
        fields: dict[str, object] = {
            "request_id": request.request_id,
            "status": request.status,
            "duration_ms": request.duration_milliseconds,
        }
        if request.route is not None:
            fields["route"] = request.route
        if request.problem is not None:
            fields["problem"] = request.problem
        if request.tenant_id is not None:
            fields["tenant"] = request.tenant_id
        self._log.event(LogEvent.REQUEST_ANSWERED, **fields)

    def failed(self, request_id: UUID, error: BaseException) -> None:
        """Take note of the kind of an error that nobody expected."""
        self._log.event(LogEvent.REQUEST_FAILED, request_id=request_id, error=type(error))

    def token_exposed(self, request_id: UUID) -> None:
        """Take note of a token that came over plain HTTP from another machine."""
        self._log.event(LogEvent.TOKEN_EXPOSED, request_id=request_id)


def _master_keys(settings: Settings) -> OneMasterKey:
    match settings.master_key:
        case MasterKeyFile(path=path):
            return open_master_key_file(path)
        case MasterKeyText(secret=secret):
            return OneMasterKey(decode_master_key(secret.reveal()))


def _hosts(settings: Settings) -> frozenset[str]:
    """The names beside loopback's under which this server is called."""
    names = frozenset(settings.server_names)
    if settings.listens_on_loopback or ip_address(settings.host).is_unspecified:
        return names
    return names | {settings.host}


def _sign_up_is_open(settings: Settings) -> bool:
    """Whether anybody who can call may make a ledger: only where this machine alone can call."""
    return (
        settings.signup is Signup.OPEN
        and settings.listens_on_loopback
        and settings.trusted_proxy is None
    )


async def _open_parts(
    settings: Settings, surroundings: Surroundings, log: Log, stack: AsyncExitStack
) -> WebParts:
    """Open the rooms from the bottom up; `stack` closes them in the other order."""
    epoch = open_epoch(settings.epoch_file, surroundings.new_id)
    database = await Database.open(settings.database_url)
    stack.push_async_callback(database.close)
    version = await migrate(database, clock=surroundings.clock)
    log.event(LogEvent.DATABASE_MIGRATED, migration=version)
    keys = TenantKeyRing(
        _master_keys(settings), clock=surroundings.clock, random_bytes=surroundings.random_bytes
    )
    await keys.check_master_keys(database)
    identity = IdentityService(
        database,
        keys,
        IdentityRules(
            environment=settings.environment,
            epoch=epoch,
            sign_up_open=_sign_up_is_open(settings),
        ),
        clock=surroundings.clock,
        new_id=surroundings.new_id,
        random_bytes=surroundings.random_bytes,
    )
    ledger = LedgerStore(
        database, keys, surroundings.clock, surroundings.new_id, epoch, categorise_all
    )
    return WebParts(
        endpoints=[
            *identity_routes.endpoints(identity),
            *ledger_routes.endpoints(ledger),
            *statement_routes.endpoints(ledger, read_statement),
            *analytics_routes.endpoints(BucketedView(ledger)),
        ],
        authenticator=identity,
        exposed_tokens=identity,
        limiter=MovingWindowLimiter(
            surroundings.monotonic, multiplier=surroundings.limits_multiplier
        ),
        body_caps=BodyCaps(
            json_bytes=settings.body_bytes_max, file_bytes=settings.statement_bytes_max
        ),
    )


def create_app(settings: Settings, surroundings: Surroundings | None = None) -> WebApp:
    """
    Return the server as a Starlette application; its lifespan opens and closes everything.

    A start that can't succeed raises the Problem of the room that can't be opened.
    """
    around = surroundings or Surroundings()
    log = open_log(settings, around)

    @asynccontextmanager
    async def lifespan(app: WebApp) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            app.open(await _open_parts(settings, around, log, stack))
            stack.callback(app.close)
            yield

    tools = EdgeTools(
        hosts=_hosts(settings),
        new_id=around.new_id,
        monotonic=around.monotonic,
        log=_RequestLog(log),
    )
    return WebApp(tools, lifespan)


async def migrate_database(settings: Settings, surroundings: Surroundings | None = None) -> int:
    """Bring the database's schema up to date and return its version."""
    around = surroundings or Surroundings()
    async with AsyncExitStack() as stack:
        database = await Database.open(settings.database_url)
        stack.push_async_callback(database.close)
        return await migrate(database, clock=around.clock)
