"""
Replacing a workbook file: all of it or nothing, with a backup of what it was.

A temporary file beside the target is written, synced, read back and checked; then the old file is copied to the backups
and the new one takes its name. A kill at any moment leaves the old or the new file, whole. Knows no Excel.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import hashlib
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from excel_client.file_engine.problems import (
    ChangedSinceRead,
    FileEngineProblem,
    NotReadable,
    NotSaved,
    OpenElsewhere,
    ReadOnly,
)

__all__ = ["BackupPolicy", "Clock", "FileState", "FileStore", "read_file", "real_path", "state_of"]

Clock = Callable[[], dt.datetime]

_ANY_WRITER = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
_SHARING_VIOLATIONS = {32, 33}
_LEFTOVER_SECONDS = 3600
#: File systems take names of 255 bytes; the longest addition of ours must still fit.
_LONGEST_NAME = 200
#: What some network drives answer where there is nothing to sync.
_NO_SYNC = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP}


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupPolicy:
    """How many earlier states of a workbook are kept, and in which folder beside it; 0 keeps none."""

    keep: int = 5
    folder_name: str = "Pennyvault backups"


@dataclass(frozen=True, slots=True)
class FileState:
    """What tells one state of a file from another."""

    modified_ns: int
    size: int
    inode: int


def _state(result: os.stat_result) -> FileState:
    return FileState(result.st_mtime_ns, result.st_size, result.st_ino)


def state_of(path: Path) -> FileState | None:
    """Return the state of a file, or None where there is none."""
    try:
        return _state(path.stat())
    except FileNotFoundError:
        return None


def real_path(path: Path) -> Path:
    """Return the path of the file itself, behind all symbolic links; NotReadable where they lead in a circle."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise NotReadable(path.name) from error


def read_file(path: Path, limit: int) -> tuple[bytes, FileState]:
    """Return a file's bytes, at most one more than the limit, and the state they were read in."""
    if not stat.S_ISREG(path.stat().st_mode):
        # A pipe would be waited for, a device has no end.
        raise NotReadable(path.name)
    with path.open("rb") as stream:
        before = _state(os.fstat(stream.fileno()))
        data = stream.read(limit + 1)
        if _state(os.fstat(stream.fileno())) != before:
            raise ChangedSinceRead(path.name)
    return data, before


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStore:
    """Where and how workbooks are saved."""

    backups: BackupPolicy
    #: Stamps the backups; without a clock they bear the time that the file system gave the new file.
    clock: Clock | None = None

    def replace(
        self,
        target: Path,
        expected: FileState | None,
        write: Callable[[BinaryIO], None],
        check: Callable[[bytes], None],
    ) -> FileState:
        """
        Replace the target by what `write` writes, after `check` has read it back; return its new state.

        `expected` is the state that the target must be in, None for a file that must not exist.
        """
        target = real_path(target)
        with _translated(target):
            _refuse_unsafe(target, expected)
            temporary = target.with_name(f".{_fitting(target.name)}.{os.getpid()}.saving")
            temporary.unlink(missing_ok=True)
            try:
                modified = _write_temporary(temporary, target, write)
                check(temporary.read_bytes())
                _refuse_unsafe(target, expected)
                if expected is not None:
                    self._back_up(target, modified)
                state = _state(temporary.stat())
                temporary.replace(target)
            finally:
                with contextlib.suppress(OSError):
                    temporary.unlink(missing_ok=True)
            # From here on the new file stands: nothing may say that it does not.
            with contextlib.suppress(OSError):
                _sync_folder(target.parent)
            with contextlib.suppress(OSError):
                _remove_leftovers(target, self.backups.folder_name)
            with contextlib.suppress(OSError):
                state = _state(target.stat())
            return state

    def _back_up(self, target: Path, modified: float) -> None:
        if self.backups.keep < 1:
            return
        folder = target.parent / self.backups.folder_name
        folder.mkdir(exist_ok=True)
        now = self.clock() if self.clock else dt.datetime.fromtimestamp(modified, dt.UTC)
        stamp = now.astimezone(dt.UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        stem = _fitting(target.stem)
        backup = folder / f"{stem}.{stamp}{target.suffix}"
        unfinished = folder / f".{_fitting(target.name)}.{os.getpid()}.copying"
        try:
            _copy(target, unfinished)
            unfinished.replace(backup)
        finally:
            with contextlib.suppress(OSError):
                unfinished.unlink(missing_ok=True)
        kept = sorted(folder.glob(f"{_literal(stem)}.*Z{_literal(target.suffix)}"))
        for old in kept[: -self.backups.keep]:
            with contextlib.suppress(OSError):
                old.unlink()


def _fitting(name: str) -> str:
    """Return a name with room behind it; a long one is cut, and told from others by its digest."""
    raw = name.encode(errors="surrogateescape")
    if len(raw) <= _LONGEST_NAME:
        return name
    digest = hashlib.sha256(raw).hexdigest()[:16]
    return f"{raw[: _LONGEST_NAME - 20].decode(errors='ignore')}-{digest}"


def _copy(target: Path, copy: Path) -> None:
    """Copy a file's bytes; its times and mode as far as the drive takes them."""
    shutil.copyfile(target, copy)
    with contextlib.suppress(OSError):
        shutil.copystat(target, copy)
    with copy.open("rb+") as stream:
        _sync(stream)


def _literal(text: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in text)


def _refuse_unsafe(target: Path, expected: FileState | None) -> None:
    name = target.name
    if any(_is_there(target.parent / lock) for lock in _lock_names(name)):
        raise OpenElsewhere(name)
    if state_of(target) != expected:
        raise ChangedSinceRead(name)
    for path in [target] if expected is not None else []:
        if not path.stat().st_mode & _ANY_WRITER or not os.access(path, os.W_OK):
            raise ReadOnly(name)
    folder = target.parent
    if not folder.is_dir():
        raise NotSaved(name)
    if not folder.stat().st_mode & _ANY_WRITER or not os.access(folder, os.W_OK | os.X_OK):
        raise ReadOnly(name)


def _is_there(path: Path) -> bool:
    """Whether there is such a file; none has a name that is longer than names can be."""
    try:
        return path.exists()
    except OSError:
        return False


def _lock_names(name: str) -> Iterator[str]:
    """Yield the names of the files that Excel and LibreOffice keep beside an open workbook."""
    yield f"~${name}"
    yield f".~lock.{name}#"
    stem, dot, suffix = name.rpartition(".")
    if len(stem) > 2:  # noqa: PLR2004 - for long names Excel overwrites the first two letters
        yield f"~${stem[2:]}{dot}{suffix}"


def _write_temporary(temporary: Path, target: Path, write: Callable[[BinaryIO], None]) -> float:
    # Never through a file or link that somebody put there.
    with temporary.open("x+b") as stream:
        if target.exists():
            _take_after(temporary, target)
        write(stream)
        stream.flush()
        _sync(stream)
        return os.fstat(stream.fileno()).st_mtime


def _take_after(temporary: Path, target: Path) -> None:
    """Give the new file the owner, group and mode of the old one, as far as we may."""
    old, new = target.stat(), temporary.stat()
    if os.name == "posix" and (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
        with contextlib.suppress(OSError):
            os.chown(temporary, old.st_uid, old.st_gid)
    with contextlib.suppress(OSError):
        temporary.chmod(stat.S_IMODE(old.st_mode))


def _sync(stream: BinaryIO) -> None:
    try:
        os.fsync(stream.fileno())
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_leftovers(target: Path, backups_folder: str) -> None:
    """Remove temporary files that a killed process left behind, an hour older than the target."""
    newest = target.stat().st_mtime
    unfinished = f".{_literal(_fitting(target.name))}.*"
    drafts = target.parent.glob(f"{unfinished}.saving")
    copies = (target.parent / backups_folder).glob(f"{unfinished}.copying")
    for path in (*drafts, *copies):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < newest - _LEFTOVER_SECONDS:
                path.unlink()


@contextlib.contextmanager
def _translated(target: Path) -> Iterator[None]:
    """Turn errors of the file system into problems."""
    try:
        yield
    except FileEngineProblem:
        raise
    except OSError as error:
        if getattr(error, "winerror", None) in _SHARING_VIOLATIONS:
            raise OpenElsewhere(target.name) from error
        if isinstance(error, PermissionError):
            raise ReadOnly(target.name) from error
        raise NotSaved(target.name) from error
