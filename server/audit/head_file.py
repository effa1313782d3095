"""
The head of the trail, kept in a file outside of the database.

It shows what the chain alone can't: that events at its end are gone, or that all of it was made anew. It only ever
moves forward along the same trail; a restored database needs a new file, as it needs a new epoch.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from server.audit.chain import AuditHead
from server.audit.problems import AuditHeadNotReadable, AuditTrailBroken
from server.audit.trail import read_head
from server.database.queries import load_queries
from server.database.sessions import Database

__all__ = ["keep_head", "read_kept_head"]

_QUERIES = load_queries("server.audit")
_LINE: Final = re.compile(r"(0|[1-9][0-9]{0,17}) ([0-9a-f]{64})\n?")


def read_kept_head(path: Path) -> AuditHead | None:
    """Return the head that the file holds, or None where there is no file."""
    try:
        line = _LINE.fullmatch(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        raise AuditHeadNotReadable from None
    if line is None:
        raise AuditHeadNotReadable
    return AuditHead(sequence=int(line[1]), hash=bytes.fromhex(line[2]))


async def keep_head(database: Database, path: Path) -> AuditHead:
    """
    Bring the file up to the trail's head and return the head.

    Raises AuditTrailBroken, and leaves the file as it is, where the trail does not go on from the head it holds.
    """
    kept = read_kept_head(path)
    async with database.session() as session:
        head = await read_head(session)
        if kept is not None and kept.sequence > 0:
            row = await session.fetch_one(_QUERIES["hash_at"], {"sequence": kept.sequence})
            if row is None or bytes(row[0]) != kept.hash or kept.sequence > head.sequence:
                raise AuditTrailBroken
    if kept is None or head.sequence > kept.sequence:
        _write(path, head)
    return head


def _write(path: Path, head: AuditHead) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    try:
        descriptor = os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{head.sequence} {head.hash.hex()}\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        raise AuditHeadNotReadable from None
