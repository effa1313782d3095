"""
The master key in a file of mode 0600, made at the first start.

It must not be kept beside the database in a backup: whoever has both can read everything.
"""

from __future__ import annotations

import base64
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from server.sealing.derivation import KEY_BYTES
from server.sealing.master_keys import MasterKey, OneMasterKey, decode_master_key
from server.sealing.problems import MasterKeyExposed, MasterKeyMalformed, MasterKeyNotReadable

__all__ = ["open_master_key_file", "read_master_key_files"]

_FILE_BYTES_MAX: Final = 1024
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def open_master_key_file(
    path: Path, random_bytes: Callable[[int], bytes] = os.urandom
) -> OneMasterKey:
    """
    Return the master key in the file, which is made if there is none.

    Raise MasterKeyExposed when others may read it, MasterKeyMalformed, MasterKeyNotReadable.
    """
    try:
        if not path.exists():
            _create(path, random_bytes)
        return OneMasterKey(_read(path))
    except OSError:
        raise MasterKeyNotReadable from None


def read_master_key_files(paths: Iterable[Path]) -> Iterator[MasterKey]:
    """
    Yield the master keys of those files that are there; none is made.

    Raise like `open_master_key_file` for one that is there and can't be used.
    """
    for path in paths:
        try:
            yield _read(path)
        except FileNotFoundError:
            continue
        except OSError:
            raise MasterKeyNotReadable from None


def _read(path: Path) -> MasterKey:
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise MasterKeyNotReadable
        # Windows keeps no such bits; there the folder's access list is what protects the file.
        if os.name == "posix" and status.st_mode & _OTHERS:
            raise MasterKeyExposed
        content = file.read(_FILE_BYTES_MAX)
    try:
        return decode_master_key(content.decode("ascii"))
    except UnicodeDecodeError:
        raise MasterKeyMalformed from None


def _create(path: Path, random_bytes: Callable[[int], bytes]) -> None:
    # Written whole under another name first, then linked: a file that is there is complete, an existing
    # one is never overwritten, and of two servers that start at once both read the same key.
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{random_bytes(8).hex()}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(random_bytes(KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
    _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    """Make the new name last: a key that is lost after its first use takes the data with it."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
