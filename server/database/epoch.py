"""
The epoch: which life of the ledger's data a cursor belongs to.

It is kept in a file beside the database, never inside: a restored database would bring its old epoch
back, and clients would not notice that what they follow has changed.
"""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from pathlib import Path

from server.database.problems import EpochNotReadable
from server.shared_types.ids import IdMaker

__all__ = ["open_epoch"]


def open_epoch(path: Path, new_id: IdMaker) -> str:
    """Return the epoch in the file, which is made at the first start."""
    try:
        if not path.exists():
            _create(path, new_id)
        return str(uuid.UUID(path.read_text(encoding="ascii").strip()))
    except (OSError, ValueError):
        raise EpochNotReadable from None


def _create(path: Path, new_id: IdMaker) -> None:
    # Written whole under another name first: a file that is there is complete, and of two servers
    # that start at once the second reads what the first made.
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{new_id()}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{new_id()}\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
