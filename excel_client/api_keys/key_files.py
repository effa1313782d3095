"""A key in a file of its own: only on request, a regular file, and closed to everybody but its owner."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from excel_client.problems import (
    KeyFileExists,
    KeyFileNotWritten,
    KeyFileUnsafe,
    KeyNotReadable,
    NoKey,
)
from excel_client.wire_format import ApiKey

__all__ = ["keep_in_file", "read_key_file"]

_FILE_BYTES_MAX = 4096


def read_key_file(path: Path) -> ApiKey:
    """Return the key in a file; the file is regular, the caller's own, and closed to everybody else."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        raise NoKey(file=str(path)) from None
    except OSError:
        raise KeyFileUnsafe(file=str(path)) from None
    try:
        if not _is_private(os.fstat(descriptor)):
            raise KeyFileUnsafe(file=str(path))
        content = os.read(descriptor, _FILE_BYTES_MAX)
    except OSError:
        raise KeyFileUnsafe(file=str(path)) from None
    finally:
        os.close(descriptor)
    key = ApiKey.read(content.decode("ascii", errors="replace"))
    if key is None:
        raise KeyNotReadable
    return key


def _is_private(status: os.stat_result) -> bool:
    if not stat.S_ISREG(status.st_mode):
        return False
    if os.name != "posix":
        return True
    return not status.st_mode & (stat.S_IRWXG | stat.S_IRWXO) and status.st_uid == os.getuid()


def keep_in_file(path: Path, key: ApiKey) -> None:
    """Write a key into a new file that only its owner may read; never over a file that is there."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    try:
        descriptor = os.open(path, flags, 0o600)
    except FileExistsError:
        raise KeyFileExists(file=str(path)) from None
    except OSError:
        raise KeyFileNotWritten(file=str(path)) from None
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{key.reveal()}\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise KeyFileNotWritten(file=str(path)) from None
