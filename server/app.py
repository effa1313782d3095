"""
The composition root: it knows every room, opens them in order and closes them again.

Nothing registers itself by import, and nothing here decides anything: it reads the settings and joins the parts.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import TextIO
from uuid import UUID

from server.audit.events import AuditEvent, Happening
from server.audit.head_file import read_kept_head
from server.audit.key_uses import KeyUses
from server.audit.trail import AuditTrail
from server.audit.verification import AuditReport, verify
from server.buckets_only.analytics import routes as analytics_routes
from server.buckets_only.categorisation.categorise import categorise_all
from server.database.epoch import open_epoch
from server.database.migrations import migrate, prepare_schema
from server.database.sessions import Database
from server.exact_amounts.ledger import routes as ledger_routes
from server.exact_amounts.ledger.bucketed_view import BucketedView
from server.exact_amounts.ledger.ledger_store import LedgerStore
from server.exact_amounts.reconciliation import routes as reconciliation_routes
from server.exact_amounts.statements import routes as statement_routes
from server.exact_amounts.statements.reading import read_statement
from server.identity import routes as identity_routes
from server.identity.identity_service import IdentityRules, IdentityService
from server.identity.resealing import WordsResealing
from server.maintenance.key_rotation import RotationTools
from server.maintenance.ports import BrokenRow, Checking
from server.maintenance.problems import NewMasterKeyUnknownToServers
from server.maintenance.rotation_store import RotationStore
from server.maintenance.upkeep import Upkeep
from server.sealing.key_versions import KeyVersions
from server.sealing.keys import TRUSTED_SECONDS, TenantKeyRing
from server.sealing.master_key_file import open_master_key_file, read_master_key_files
from server.sealing.master_key_keyring import open_master_key_keyring
from server.sealing.master_keys import MasterKey, SeveralMasterKeys, decode_master_key
from server.sealing.ports import MasterKeys
from server.settings import (
    MasterKeyFile,
    MasterKeyKeyring,
    MasterKeyText,
    Settings,
    Signup,
)
from server.shared_types.clock import Clock, new_id, system_clock
from server.shared_types.ids import IdMaker, TenantId
from server.telemetry.events import LogEvent
from server.telemetry.log import Log
from server.web.edge import EdgeTools, WebApp, WebParts
from server.web.limits import MovingWindowLimiter
from server.web.ports import AnsweredRequest
from server.web.routed_calls import BodyCaps

__all__ = [
    "KeyRoom",
    "Surroundings",
    "create_app",
    "migrate_database",
    "open_key_room",
    "open_log",
    "verify_audit_trail",
]

#: The schema with which ledgers got their integrity sums and the server its trail.
_SCHEMA_WITH_SUMS = 2
#: The schema whose new columns and tables the sums cover too.
_SCHEMA_WITH_EDITS = 3


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
    #: How long kept keys are used before they are looked up again.
    keys_trusted_seconds: float = TRUSTED_SECONDS


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


async def _configured_master_key(
    settings: Settings, database: Database, trail: AuditTrail
) -> MasterKey:
    match settings.master_key:
        case MasterKeyFile(path=path):
            return open_master_key_file(path).current()
        case MasterKeyText(secret=secret):
            return decode_master_key(secret.reveal())
        case MasterKeyKeyring(service=service):
            # Under a lock: of two servers that start at once, one makes the key and both use it.
            async with database.transaction() as session:
                await trail.hold(session)
                is_first = not await RotationStore(database).tenants()
                return open_master_key_keyring(service, may_make=is_first).current()


async def _open_master_keys(
    settings: Settings, database: Database, trail: AuditTrail, new_file: Path | None
) -> MasterKeys:
    """Return the configured master key with others beside it, or a new one with all of those."""
    others = settings.other_master_key_files
    configured = await _configured_master_key(settings, database, trail)
    if new_file is None:
        return SeveralMasterKeys(configured, lambda: read_master_key_files(others))
    is_configured = (
        isinstance(settings.master_key, MasterKeyFile) and new_file == settings.master_key.path
    )
    if not is_configured and new_file not in others:
        raise NewMasterKeyUnknownToServers
    return SeveralMasterKeys(
        open_master_key_file(new_file).current(),
        lambda: [configured, *read_master_key_files(others)],
    )


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


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRoom:
    """What works with keys: the part of the server that runs from the command line share with it."""

    master_keys: MasterKeys
    ring: TenantKeyRing
    tools: RotationTools
    checks: Sequence[Checking]
    ledger: LedgerStore


class _LedgerCheck:
    """Satisfies maintenance's Checking with the ledger's own check of its integrity."""

    def __init__(self, ledger: LedgerStore) -> None:
        self._ledger = ledger

    async def check(self, tenant_id: TenantId) -> list[BrokenRow]:
        """Return what the ledger's check found."""
        report = await self._ledger.verify(tenant_id)
        return [
            ("ledger" if finding.table is None else str(finding.table), str(finding.fault), row_id)
            for finding in report.findings
            for row_id in finding.row_ids or (None,)
        ]


async def _open_keys(
    settings: Settings,
    around: Surroundings,
    log: Log,
    stack: AsyncExitStack,
    new_master_key_file: Path | None = None,
) -> KeyRoom:
    """Open database, trail, keys and ledger; `stack` closes them in the other order."""
    database = await Database.open(settings.database_url)
    stack.push_async_callback(database.close)
    schema = await prepare_schema(database, clock=around.clock)
    log.event(LogEvent.DATABASE_MIGRATED, migration=schema)
    trail = AuditTrail(around.clock)
    master_keys = await _open_master_keys(settings, database, trail, new_master_key_file)
    uses = KeyUses(database, trail, clock=around.clock, monotonic=around.monotonic)
    ring = TenantKeyRing(
        master_keys,
        clock=around.clock,
        random_bytes=around.random_bytes,
        monotonic=around.monotonic,
        trusted_seconds=around.keys_trusted_seconds,
        note_use=uses.note,
    )
    await ring.check_master_keys(database)
    versions = KeyVersions(master_keys, clock=around.clock, random_bytes=around.random_bytes)
    upkeep = Upkeep(database, ring, versions, uses, settings.audit_head_file)
    await stack.enter_async_context(
        upkeep.running(lambda problem: log.event(LogEvent.UPKEEP_FAILED, problem=problem))
    )
    epoch = open_epoch(settings.epoch_file, around.new_id)
    ledger = LedgerStore(database, ring, around.clock, around.new_id, epoch, categorise_all)
    words = WordsResealing(database, ring)
    room = KeyRoom(
        master_keys=master_keys,
        ring=ring,
        tools=RotationTools(
            database=database,
            ring=ring,
            versions=versions,
            trail=trail,
            clock=around.clock,
            resealing=(words, ledger),
        ),
        checks=(words, _LedgerCheck(ledger)),
        ledger=ledger,
    )
    await _note_migrations(room, schema)
    return room


async def _note_migrations(room: KeyRoom, schema: int) -> None:
    """Tell the trail of migrations it does not know of; ledgers that are older than their sums get them first."""
    database, trail = room.tools.database, room.tools.trail
    async with database.session() as session:
        noted = await trail.last_count_of(session, AuditEvent.MIGRATION_APPLIED) or 0
    if noted >= schema:
        return
    if noted < _SCHEMA_WITH_SUMS:
        for tenant_id in await RotationStore(database).tenants():
            await room.ledger.begin_sums(tenant_id)
    elif noted < _SCHEMA_WITH_EDITS:
        for tenant_id in await RotationStore(database).tenants():
            await room.ledger.renew_sums(tenant_id)
    async with database.transaction() as session:
        await trail.hold(session)
        noted = await trail.last_count_of(session, AuditEvent.MIGRATION_APPLIED) or 0
        await trail.append(
            session,
            *(
                Happening(event=AuditEvent.MIGRATION_APPLIED, count=version)
                for version in range(noted + 1, schema + 1)
            ),
        )


async def _open_parts(
    settings: Settings, surroundings: Surroundings, log: Log, stack: AsyncExitStack
) -> WebParts:
    """Open the rooms from the bottom up; `stack` closes them in the other order."""
    room = await _open_keys(settings, surroundings, log, stack)
    identity = IdentityService(
        room.tools.database,
        room.ring,
        IdentityRules(
            environment=settings.environment,
            epoch=open_epoch(settings.epoch_file, surroundings.new_id),
            sign_up_open=_sign_up_is_open(settings),
        ),
        trail=room.tools.trail,
        clock=surroundings.clock,
        new_id=surroundings.new_id,
        random_bytes=surroundings.random_bytes,
    )
    return WebParts(
        endpoints=[
            *identity_routes.endpoints(identity),
            *ledger_routes.endpoints(room.ledger, identity),
            *reconciliation_routes.endpoints(room.ledger, identity),
            *statement_routes.endpoints(room.ledger, read_statement),
            *analytics_routes.endpoints(BucketedView(room.ledger)),
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


@asynccontextmanager
async def open_key_room(
    settings: Settings,
    surroundings: Surroundings | None = None,
    new_master_key_file: Path | None = None,
) -> AsyncIterator[KeyRoom]:
    """Open what works with keys, beside running servers; a new master key is wrapped with instead of the configured."""
    around = surroundings or Surroundings()
    async with AsyncExitStack() as stack:
        yield await _open_keys(
            settings, around, open_log(settings, around), stack, new_master_key_file
        )


async def verify_audit_trail(settings: Settings) -> AuditReport:
    """Walk along the audit trail; it needs no key."""
    async with AsyncExitStack() as stack:
        database = await Database.open(settings.database_url)
        stack.push_async_callback(database.close)
        await prepare_schema(database)
        return await verify(database, read_kept_head(settings.audit_head_file))


async def migrate_database(settings: Settings, surroundings: Surroundings | None = None) -> int:
    """Bring the database's schema up to date, as the role that owns it, and return its version."""
    around = surroundings or Surroundings()
    async with AsyncExitStack() as stack:
        url = settings.migration_database_url or settings.database_url
        database = await Database.open(url)
        stack.push_async_callback(database.close)
        return await migrate(database, clock=around.clock)
