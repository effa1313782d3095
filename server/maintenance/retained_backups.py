"""
When a key version may be destroyed: as soon as no backup that is kept could need it.

The list of backups is an argument, read from a file that whoever makes the backups writes:
`{"backups": [{"started_at": "2026-03-31T01:00:00Z", "finished_at": "2026-03-31T01:04:00Z"}]}`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec

from server.maintenance.problems import BackupsNotListed
from server.sealing.key_states import KeyState
from server.sealing.key_versions import KeyVersion

__all__ = ["RetainedBackup", "may_destroy", "read_retained_backups"]

_Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class RetainedBackup(msgspec.Struct, frozen=True, kw_only=True):
    """A backup that is still kept, and from when until when it was made."""

    started_at: _Instant
    finished_at: _Instant


class _Listed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file."""

    backups: list[RetainedBackup]


def may_destroy(version: KeyVersion, retained_backups: Sequence[RetainedBackup]) -> bool:
    """
    Whether a version is retired, and every kept backup was over before it was made or begun after it was retired.

    A backup that began later holds nothing sealed with it: a version retires when its last record is gone.
    """
    if version.state is not KeyState.RETIRED or version.retired_at is None:
        return False
    return all(
        backup.finished_at < version.created_at or backup.started_at > version.retired_at
        for backup in retained_backups
    )


def read_retained_backups(path: Path) -> list[RetainedBackup]:
    """Read the list; raise BackupsNotListed where there is none that can be read."""
    try:
        listed = msgspec.json.decode(path.read_bytes(), type=_Listed)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        raise BackupsNotListed from None
    if any(backup.finished_at < backup.started_at for backup in listed.backups):
        raise BackupsNotListed
    return listed.backups
