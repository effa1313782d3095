"""
Replacing a workbook file: all of it or nothing, with a backup of what it was.

A temporary file beside the target is written, synced, read back and checked; then the old file is copied to the backups
and the new one takes its name. A kill at any moment leaves the old or the new file, whole. Knows no Excel.
"""

from __future__ import annotations

import contextlib
import datetime as dt
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
    NotSaved,
    OpenElsewhere,
    ReadOnly,
)

__all__ = ["BackupPolicy", "Clock", "FileState", "FileStore", "read_file", "state_of"]

Clock = Callable[[], dt.datetime]

_ANY_WRITER = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
_SHARING_VIOLATIONS = {32, 33}
_LEFTOVER_SECONDS = 3600


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


def read_file(path: Path, limit: int) -> tuple[bytes, FileState]:
    """Return a file's bytes, at most one more than the limit, and the state they were read in."""
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
        target = target.resolve()
        _refuse_unsafe(target, expected)
        with _translated(target):
            temporary = target.with_name(f".{target.name}.{os.getpid()}.saving")
            try:
                modified = _write_temporary(temporary, target, write)
                check(temporary.read_bytes())
                _refuse_unsafe(target, expected)
                if expected is not None:
                    self._back_up(target, modified)
                temporary.replace(target)
            finally:
                with contextlib.suppress(OSError):
                    temporary.unlink(missing_ok=True)
            _sync_folder(target.parent)
            _remove_leftovers(target, self.backups.folder_name)
            return _state(target.stat())

    def _back_up(self, target: Path, modified: float) -> None:
        if self.backups.keep < 1:
            return
        folder = target.parent / self.backups.folder_name
        folder.mkdir(exist_ok=True)
        now = self.clock() if self.clock else dt.datetime.fromtimestamp(modified, dt.UTC)
        stamp = now.astimezone(dt.UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        backup = folder / f"{target.stem}.{stamp}{target.suffix}"
        unfinished = folder / f".{target.name}.{os.getpid()}.copying"
        try:
            shutil.copy2(target, unfinished)
            unfinished.replace(backup)
        finally:
            with contextlib.suppress(OSError):
                unfinished.unlink(missing_ok=True)
        kept = sorted(folder.glob(f"{_literal(target.stem)}.*Z{_literal(target.suffix)}"))
        for old in kept[: -self.backups.keep]:
            with contextlib.suppress(OSError):
                old.unlink()


def _literal(text: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in text)


def _refuse_unsafe(target: Path, expected: FileState | None) -> None:
    name = target.name
    if any((target.parent / lock).exists() for lock in _lock_names(name)):
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


def _lock_names(name: str) -> Iterator[str]:
    """Yield the names of the files that Excel and LibreOffice keep beside an open workbook."""
    yield f"~${name}"
    yield f".~lock.{name}#"
    stem, dot, suffix = name.rpartition(".")
    if len(stem) > 2:  # noqa: PLR2004 - for long names Excel overwrites the first two letters
        yield f"~${stem[2:]}{dot}{suffix}"


def _write_temporary(temporary: Path, target: Path, write: Callable[[BinaryIO], None]) -> float:
    with temporary.open("w+b") as stream:
        if target.exists():
            with contextlib.suppress(OSError):
                shutil.copymode(target, temporary)
        write(stream)
        stream.flush()
        os.fsync(stream.fileno())
        return os.fstat(stream.fileno()).st_mtime


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
    unfinished = f".{_literal(target.name)}.*"
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
