"""Files that hold exact amounts: put in place whole or not at all, and closed to others."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from enum import StrEnum, unique
from pathlib import Path

from excel_client.problems import ExportNotWritten

__all__ = ["Kept", "keep_beside_others", "put_aside", "put_in_place"]


@unique
class Kept(StrEnum):
    """What became of a file that was to be kept."""

    WRITTEN = "written"
    #: It stands there already, byte for byte.
    SAME = "same"
    #: Another one stood there, and has another name now.
    REPLACED = "replaced"


def put_in_place(path: Path, content: bytes) -> None:
    """Write a file over whatever has its name; raise ExportNotWritten, and what stood there is as it was."""
    temporary = None
    try:
        descriptor, temporary = tempfile.mkstemp(
            prefix=".new-", suffix=path.suffix, dir=path.parent
        )
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except OSError:
        if temporary is not None:
            with suppress(OSError):
                Path(temporary).unlink()
        raise ExportNotWritten(file=path.name) from None


def keep_beside_others(path: Path, content: bytes) -> Kept:
    """Write a file unless it stands there already; anything else of its name is put aside first."""
    if _holds(path, content):
        return Kept.SAME
    aside = put_aside(path)
    put_in_place(path, content)
    return Kept.REPLACED if aside else Kept.WRITTEN


def put_aside(path: Path) -> bool:
    """Give what stands at a path the next free name, `name.old-1.xlsx`; return whether anything stood there."""
    if not os.path.lexists(path):
        return False
    number = 1
    while os.path.lexists(aside := path.with_name(f"{path.stem}.old-{number}{path.suffix}")):
        number += 1
    try:
        path.rename(aside)
    except OSError:
        raise ExportNotWritten(file=path.name) from None
    return True


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.is_file() and not path.is_symlink() and path.read_bytes() == content
    except OSError:
        raise ExportNotWritten(file=path.name) from None
