"""
The chain: how an event's hash is made, and what a broken chain says about what was done to it. Pure.

An event's hash is SHA-256 of a format byte and of each field in the order of `TrailRow`, the hash of the event before
it last. Each field goes in with a byte that says whether it is there and its length as u32, so that no two trails
have the same bytes. The first event's previous hash is 32 zero bytes. There is no key in it: whoever can write to the
database can make another whole chain, which then differs from every head that was kept elsewhere.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, replace
from enum import StrEnum, unique
from typing import Final

__all__ = ["NO_HASH", "AuditFinding", "AuditHead", "Chain", "Fault", "TrailRow", "hash_of"]

NO_HASH: Final = bytes(32)

_FORMAT: Final = b"\x01"
_FIELD: Final = struct.Struct(">BI")
_NUMBER: Final = struct.Struct(">q")
#: How far an event may have been moved and still be recognised.
_MOVED_MAX: Final = 1000


@unique
class Fault(StrEnum):
    """What was done to the trail."""

    EDITED = "edited"
    DELETED = "deleted"
    INSERTED = "inserted"
    REORDERED = "reordered"
    TRUNCATED = "truncated"
    #: Whole in itself, but another one than the head that was kept outside.
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFinding:
    """The first place where the trail is wrong."""

    fault: Fault
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditHead:
    """The last event of a trail."""

    sequence: int
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailRow:
    """An event as it is stored."""

    sequence: int
    #: ISO 8601, UTC.
    at: str
    tenant_id: bytes | None
    principal_id: bytes | None
    event: str
    subject: bytes | None
    detail_code: str | None
    count: int | None
    previous_hash: bytes
    hash: bytes = NO_HASH


def hash_of(row: TrailRow) -> bytes:
    """Return the hash that belongs to an event; the one that it has does not matter."""
    fields = (
        row.sequence,
        row.at,
        row.tenant_id,
        row.principal_id,
        row.event,
        row.subject,
        row.detail_code,
        row.count,
        row.previous_hash,
    )
    summing = hashlib.sha256(_FORMAT)
    for field in fields:
        if field is None:
            summing.update(_FIELD.pack(0, 0))
        else:
            content = _bytes_of(field)
            summing.update(_FIELD.pack(1, len(content)))
            summing.update(content)
    return summing.digest()


def _bytes_of(field: int | str | bytes) -> bytes:
    if isinstance(field, int):
        return _NUMBER.pack(field)
    return field.encode() if isinstance(field, str) else field


class Chain:
    """Follows a trail from its first event, one event behind what it was given; stops at the first fault."""

    def __init__(self, anchor: AuditHead | None = None) -> None:
        self._anchor = anchor
        self._held: TrailRow | None = None
        self.head = AuditHead(sequence=0, hash=NO_HASH)

    def take(self, row: TrailRow) -> AuditFinding | None:
        """Go on to the next stored event; return what is wrong with the one before it."""
        held, self._held = self._held, row
        return None if held is None else self._follow(held, row)

    def end(self, head: AuditHead) -> AuditFinding | None:
        """Come to the end of the trail, where the database says that its head is; return what is wrong."""
        held, self._held = self._held, None
        finding = None if held is None else self._follow(held, None)
        if finding is not None:
            return finding
        last = self.head.sequence
        if last < head.sequence or (self._anchor is not None and last < self._anchor.sequence):
            return AuditFinding(fault=Fault.TRUNCATED, sequence=last + 1)
        if last > head.sequence:
            return AuditFinding(fault=Fault.INSERTED, sequence=head.sequence + 1)
        if self.head.hash != head.hash:
            return AuditFinding(fault=Fault.EDITED, sequence=last)
        return None

    def _follow(self, row: TrailRow, following: TrailRow | None) -> AuditFinding | None:
        expected = self.head.sequence + 1
        if row.sequence != expected and hash_of(row) == row.hash:
            return AuditFinding(fault=Fault.DELETED, sequence=expected)
        if hash_of(row) != row.hash:
            return _what_became_of(row, following)
        if row.previous_hash != self.head.hash:
            # The event is whole and recalls another one before it.
            return AuditFinding(fault=Fault.EDITED, sequence=self.head.sequence)
        self.head = AuditHead(sequence=row.sequence, hash=row.hash)
        if self._anchor is not None and self._anchor.sequence == row.sequence:
            if self._anchor.hash != row.hash:
                return AuditFinding(fault=Fault.REPLACED, sequence=row.sequence)
            self._anchor = None
        return None


def _what_became_of(row: TrailRow, following: TrailRow | None) -> AuditFinding:
    """Say what was done to an event whose hash is wrong: it may be right for another place in the trail."""
    moved = _moved_by(row)
    next_moved = None if following is None else _moved_by(following)
    if moved is not None and moved < 0:
        fault = Fault.DELETED if following is None or next_moved == moved else Fault.REORDERED
        return AuditFinding(fault=fault, sequence=row.sequence)
    if moved is not None:
        return AuditFinding(fault=Fault.INSERTED, sequence=row.sequence - moved)
    if next_moved is not None and next_moved > 0:
        return AuditFinding(fault=Fault.INSERTED, sequence=row.sequence)
    return AuditFinding(fault=Fault.EDITED, sequence=row.sequence)


def _moved_by(row: TrailRow) -> int | None:
    """Return how many places later than it was written an event stands, or None where it can't be told."""
    for distance in range(_MOVED_MAX + 1):
        for moved in {distance, -distance}:
            if hash_of(replace(row, sequence=row.sequence - moved)) == row.hash:
                return moved
    return None
