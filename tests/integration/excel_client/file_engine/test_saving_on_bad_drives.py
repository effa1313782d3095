"""What a save leaves behind when the disk, the drive, the machine or somebody else is in its way."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Self

import openpyxl
import pytest
import xlwings as xw

from excel_client.file_engine import BackupPolicy, FileStore
from excel_client.file_engine.problems import NotReadable, NotSaved
from excel_client.file_engine.workbook.document import Document

ROOT = Path(__file__).parents[4]
BACKUPS = BackupPolicy().folder_name
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX")


def changed_book(app: xw.App, path: Path) -> xw.Book:
    book = app.books.open(path)
    book.sheets["Own"]["A2"].value = "written"
    return book


def assert_written(path: Path) -> None:
    assert openpyxl.load_workbook(path)["Own"]["A2"].value == "written"


def drafts_beside(path: Path) -> list[str]:
    return [p.name for p in path.parent.rglob(".*") if p.suffix in {".saving", ".copying"}]


class FullDisk:
    """A stream that has no room for one of its writes, counted from 0; it counts them all."""

    def __init__(self, stream: IO[bytes], full_at: int | None) -> None:
        self._stream = stream
        self._full_at = full_at
        self.writes = 0

    def write(self, data: bytes) -> int:
        if self.writes == self._full_at:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.writes += 1
        return self._stream.write(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self._stream.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


Disk = Callable[[int | None], list[FullDisk]]


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    """Let files that are being saved stand on a disk that is full at one write."""
    real = Path.open
    streams: list[FullDisk] = []
    full: list[int | None] = [None]

    def opened(self: Path, mode: str = "r", **options: Any) -> Any:
        stream = real(self, mode, **options)
        if self.suffix != ".saving" or "+" not in mode:
            return stream
        streams.append(FullDisk(stream, full[0]))
        return streams[-1]

    def full_at(write: int | None) -> list[FullDisk]:
        full[0] = write
        return streams

    monkeypatch.setattr(Path, "open", opened)
    return full_at


def test_a_disk_that_is_full_at_any_write_leaves_the_file_as_it_was(
    app: xw.App, path: Path, disk: Disk
) -> None:
    book = changed_book(app, path)
    before = path.read_bytes()
    write = 0
    while True:
        streams = disk(write)
        try:
            book.save()
        except NotSaved:
            assert path.read_bytes() == before
            assert drafts_beside(path) == []
            write += 1
            continue
        break
    assert streams[-1].writes == write > 30
    assert_written(path)


@pytest.mark.parametrize("step", ["fsync", "replace", "copyfile", "mkdir"])
def test_an_error_at_any_step_leaves_the_file_as_it_was(
    app: xw.App, path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    book = changed_book(app, path)
    before = path.read_bytes()
    owner = {"fsync": os, "copyfile": shutil}.get(step, Path)
    with monkeypatch.context() as patched:
        patched.setattr(owner, step, fail)
        with pytest.raises(NotSaved):
            book.save()
    assert path.read_bytes() == before
    assert drafts_beside(path) == []
    book.save()
    assert_written(path)


def test_a_backup_that_is_cut_off_is_none(
    app: xw.App, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(source: Path, target: Path) -> None:
        target.write_bytes(source.read_bytes()[:1000])
        raise OSError(errno.ENOSPC, "No space left on device")

    book = changed_book(app, path)
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "copyfile", half)
        with pytest.raises(NotSaved):
            book.save()
    assert list((path.parent / BACKUPS).iterdir()) == []


FULL_DISK = """
import resource, signal, sys
from excel_client.file_engine import register
from excel_client.file_engine.problems import NotSaved
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
book = register().apps.add(add_book=False).books.open(sys.argv[1])
sheet = book.sheets["Own"]
sheet.range((10, 1), (5000, 4)).value = [[f"{r * 7919 % 100003} {c}" for c in range(4)] for r in range(4991)]
for limit in map(int, sys.argv[2:]):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        book.save()
    except NotSaved:
        print("refused")
"""


@POSIX
def test_a_file_that_outgrows_the_disk_is_not_put_in_place(path: Path) -> None:
    before = path.read_bytes()
    limits = ["0", "1", "3000", "20000", "60000"]
    command = [sys.executable, "-c", FULL_DISK, str(path), *limits]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["refused"] * len(limits)
    assert path.read_bytes() == before
    assert drafts_beside(path) == []


#: Each line that is read starts a process that saves without end, until it is killed.
SAVES_WITHOUT_END = """
import os, sys
from excel_client.file_engine import register

def save_for_ever():
    book = register().apps.add(add_book=False).books.open(sys.argv[1])
    number = 0
    while True:
        number += 1
        book.sheets["Own"].range((10, 1), (300, 2)).value = [[number, "x" * 20]] * 291
        book.save()
        if number == 1:
            print("saving", flush=True)

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        save_for_ever()
    print(child, flush=True)
    os.waitpid(child, 0)
    print("gone", flush=True)
"""


def kill_during_saves(path: Path, times: int) -> None:
    command = [sys.executable, "-c", SAVES_WITHOUT_END, str(path)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        for attempt in range(times):
            parent.stdin.write("\n")
            parent.stdin.flush()
            said = {parent.stdout.readline().strip(), parent.stdout.readline().strip()}
            [child] = said - {"saving"}
            time.sleep(0.001 * (attempt * 7 % 41))
            os.kill(int(child), signal.SIGKILL)
            assert parent.stdout.readline().strip() == "gone"
            assert_whole(path)
        parent.stdin.close()


def assert_whole(path: Path) -> None:
    sheet = openpyxl.load_workbook(path)["Own"]
    assert {sheet.cell(row, 1).value for row in range(10, 301)} == {sheet["A10"].value}
    for backup in (path.parent / BACKUPS).glob("ledger.*"):
        openpyxl.load_workbook(backup)


@POSIX
def test_a_kill_during_a_save_leaves_the_old_or_the_new_file(path: Path) -> None:
    kill_during_saves(path, 10)


@pytest.mark.deep
@POSIX
def test_two_hundred_kills_during_saves_leave_the_old_or_the_new_file(path: Path) -> None:
    kill_during_saves(path, 200)


def test_what_killed_saves_left_behind_goes_with_a_later_save(app: xw.App, path: Path) -> None:
    book = changed_book(app, path)
    backups = path.parent / BACKUPS
    backups.mkdir()
    left = [path.parent / f".{path.name}.41.saving", backups / f".{path.name}.41.copying"]
    others = [path.parent / ".another.xlsx.41.saving", backups / f".{path.name}.42.copying"]
    for draft in (*left, *others):
        draft.write_bytes(b"half")
    for draft in (*left, others[0]):
        os.utime(draft, (0, 0))
    book.save()
    assert [draft.exists() for draft in left] == [False, False]
    assert [draft.exists() for draft in others] == [True, True]


def test_what_stands_where_the_new_file_is_drafted_is_not_written_through(
    app: xw.App, path: Path, tmp_path: Path
) -> None:
    somebodys = tmp_path / "somebody's.txt"
    somebodys.write_text("mine", encoding="utf-8")
    (path.parent / f".{path.name}.{os.getpid()}.saving").symlink_to(somebodys)
    changed_book(app, path).save()
    assert somebodys.read_text(encoding="utf-8") == "mine"
    assert not path.is_symlink()
    assert_written(path)


@pytest.mark.parametrize("refused", ["link", "chown", "chmod", "utime"])
def test_a_drive_that_can_do_little_is_saved_to(
    app: xw.App, path: Path, refused: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    book = changed_book(app, path)
    with monkeypatch.context() as patched:
        patched.setattr(os, refused, refuse, raising=False)
        book.save()
    assert_written(path)
    assert len(list((path.parent / BACKUPS).iterdir())) == 1


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP])
def test_a_drive_that_can_not_sync_is_saved_to(
    app: xw.App, path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_descriptor: int) -> None:
        raise OSError(number, "no sync here")

    book = changed_book(app, path)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", refuse)
        book.save()
    assert_written(path)


@POSIX
def test_once_the_new_file_stands_nothing_says_it_does_not(
    app: xw.App, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.open

    def refuse(name: Any, *arguments: Any, **options: Any) -> int:
        if Path(name).is_dir():
            raise OSError(errno.EIO, "the drive is gone")
        return real(name, *arguments, **options)

    book = changed_book(app, path)
    with monkeypatch.context() as patched:
        patched.setattr(os, "open", refuse)
        book.save()
    assert_written(path)
    book.sheets["Own"]["A3"].value = "again"
    book.save()


def test_the_mode_of_the_file_is_kept(app: xw.App, path: Path) -> None:
    path.chmod(0o640)
    changed_book(app, path).save()
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away"
)
def test_the_owner_of_the_file_is_kept(app: xw.App, path: Path) -> None:
    os.chown(path, 12, 34)
    path.chmod(0o640)
    changed_book(app, path).save()
    state = path.stat()
    assert (state.st_uid, state.st_gid, state.st_mode & 0o777) == (12, 34, 0o640)


def test_a_symbolic_link_stays_one(app: xw.App, path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    link = folder / "link.xlsx"
    link.symlink_to(path)
    changed_book(app, link).save()
    assert link.is_symlink()
    assert os.listdir(folder) == ["link.xlsx"]  # noqa: PTH208 - a plain list of names
    assert_written(path)


@pytest.fixture
def other_drive(tmp_path: Path) -> Iterator[Path]:
    shared_memory = Path("/dev/shm")
    if not shared_memory.is_dir() or shared_memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no other drive to write to")
    with tempfile.TemporaryDirectory(dir=shared_memory) as folder:
        yield Path(folder)


def test_a_link_to_another_drive_is_saved_through(
    app: xw.App, path: Path, tmp_path: Path, other_drive: Path
) -> None:
    far = other_drive / "far.xlsx"
    shutil.copyfile(path, far)
    link = tmp_path / "near.xlsx"
    link.symlink_to(far)
    (other_drive / "backups").mkdir()
    (other_drive / BACKUPS).symlink_to(tmp_path)
    changed_book(app, link).save()
    assert link.is_symlink()
    assert_written(far)
    assert [p.name[:4] for p in tmp_path.glob("far.*.xlsx")] == ["far."]


def test_links_in_a_circle_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").symlink_to(tmp_path / "b.xlsx")
    (tmp_path / "b.xlsx").symlink_to(tmp_path / "a.xlsx")
    with pytest.raises(NotReadable):
        Document.open(tmp_path / "a.xlsx", FileStore(backups=BackupPolicy()), read_only=False)


@POSIX
def test_a_pipe_is_not_waited_for(app: xw.App, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.xlsx")
    with pytest.raises(NotReadable):
        app.books.open(tmp_path / "pipe.xlsx")


@pytest.mark.parametrize("letter", ["n", "\u00e9"])
def test_a_file_with_the_longest_of_names_is_saved(
    app: xw.App, path: Path, tmp_path: Path, letter: str
) -> None:
    stem = letter * (250 // len(letter.encode()))
    first, other = (tmp_path / f"{last}{stem[1:]}.xlsx" for last in "ab")
    for long in (first, other):
        shutil.copyfile(path, long)
    for _ in range(7):
        book = changed_book(app, first)
        book.save()
        book.close()
    changed_book(app, other).save()
    assert_written(first)
    # Two names that are cut at the same place keep their backups apart.
    kept = [p.name for p in (tmp_path / BACKUPS).iterdir()]
    assert len([name for name in kept if name.startswith("b")]) == 1
    assert drafts_beside(first) == []
