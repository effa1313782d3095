"""
The change feed's positions. Pure.

Pages go by (version, entry id): versions are given out under a lock and committed in their order, so that a reader
who goes on after the last row it saw misses no commit and sees none twice. An entry that changes moves to a later
version and is met there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from server.exact_amounts.entries.problems import CursorNotReadable, EpochIsOver

__all__ = ["START", "Position", "end_of", "position_of", "read_position"]

_CURSOR = re.compile(r"(0|[1-9][0-9]{0,17})\.([0-9a-f]{32})(?:\.(0|[1-9][0-9]{0,17}))?")
_LAST_ID = b"\xff" * 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """After which row a page begins."""

    version: int
    entry_id: bytes
    #: A walk that began at the start leaves out what was removed up to the version of its first page.
    skip_removed_through: int = 0

    def cursor(self) -> str:
        """The position as a client keeps it."""
        text = f"{self.version}.{self.entry_id.hex()}"
        return f"{text}.{self.skip_removed_through}" if self.skip_removed_through else text

    def after(self, *, version: int, entry_id: bytes) -> Position:
        """The position further on in the same walk."""
        return replace(self, version=version, entry_id=entry_id)

    def values(self, through_version: int, limit: int) -> Mapping[str, object]:
        """The parameters of the page's query: one row more than the limit tells whether there are more."""
        return {
            "after_version": self.version,
            "after_id": self.entry_id,
            "skip_removed_through": self.skip_removed_through,
            "through_version": through_version,
            "limit": limit + 1,
        }


START = Position(version=0, entry_id=bytes(16))


def position_of(cursor: str) -> Position:
    """Return the position that a cursor names, or raise CursorNotReadable."""
    parts = _CURSOR.fullmatch(cursor)
    if parts is None:
        raise CursorNotReadable
    version, entry_id, skip = parts.groups()
    return Position(
        version=int(version),
        entry_id=bytes.fromhex(entry_id),
        skip_removed_through=int(skip or 0),
    )


def read_position(
    asked_epoch: str | None, cursor: str | None, *, epoch: str, version: int
) -> Position:
    """
    Return where a page begins, given the server's epoch and the ledger's version.

    Raises EpochIsOver for a cursor of an earlier life of the server, CursorNotReadable for one that names no epoch.
    """
    if asked_epoch is not None and asked_epoch != epoch:
        raise EpochIsOver
    if cursor is None:
        return Position(version=0, entry_id=START.entry_id, skip_removed_through=version)
    if asked_epoch is None:
        raise CursorNotReadable
    position = position_of(cursor)
    if position.version > version:
        # From a future that this server no longer has.
        raise EpochIsOver
    return position


def end_of(version: int) -> Position:
    """Return the position after everything up to a version."""
    return Position(version=version, entry_id=_LAST_ID)
