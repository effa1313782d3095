"""What the trail can tell of: closed lists. What an outsider can choose has no place here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from uuid import UUID

from server.shared_types.ids import PrincipalId, TenantId

__all__ = ["AuditDetail", "AuditEvent", "Happening"]


@unique
class AuditEvent(StrEnum):
    """What happened. The values stand in the database and are hashed: they never change."""

    LEDGER_MADE = "ledger_made"
    TOKEN_MADE = "token_made"  # noqa: S105 - an event's name
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 - an event's name
    TOKEN_EXPOSED = "token_exposed"  # noqa: S105 - an event's name
    ACCOUNT_OPENED = "account_opened"
    BATCH_IMPORTED = "batch_imported"
    BATCH_TYPED = "batch_typed"
    BATCH_UNDONE = "batch_undone"
    ENTRIES_EDITED = "entries_edited"
    BALANCE_TYPED = "balance_typed"
    ADJUSTMENT_TYPED = "adjustment_typed"
    MONTH_CLOSED = "month_closed"
    MONTH_REOPENED = "month_reopened"
    #: `count` is the key version.
    KEY_CREATED = "key_created"
    #: A tenant's data keys were unwrapped; `count` says how many.
    KEY_USED = "key_used"
    KEY_ROTATION_STARTED = "key_rotation_started"
    KEY_ACTIVATED = "key_activated"
    #: Everything is on the version `count`; those before it are retired.
    KEY_ROTATED = "key_rotated"
    KEY_DESTROYED = "key_destroyed"
    #: `count` of a tenant's key versions were wrapped by another master key.
    MASTER_KEY_REWRAPPED = "master_key_rewrapped"
    #: `count` is the schema's version.
    MIGRATION_APPLIED = "migration_applied"


@unique
class AuditDetail(StrEnum):
    """What else there is to say of an event, in one word."""

    SIGN_UP = "sign_up"
    BY_OWNER = "by_owner"
    SEEN_IN_THE_CLEAR = "seen_in_the_clear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One event, before it has its place in the trail."""

    event: AuditEvent
    tenant_id: TenantId | None = None
    principal_id: PrincipalId | None = None
    #: The row of ours that it is about: a token, a batch, an account.
    subject: UUID | None = None
    detail: AuditDetail | None = None
    count: int | None = None
    #: When it happened, if not at the moment at which it is appended.
    at: datetime | None = None
