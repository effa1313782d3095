from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlwings as xw

from excel_client.file_engine import BackupPolicy, FileStore
from excel_client.file_engine.problems import (
    ChangedSinceRead,
    NotSaved,
    OpenElsewhere,
    ReadOnly,
    SaveRefused,
    SignedWorkbook,
)
from excel_client.file_engine.workbook.document import Document

Parts = Callable[[Path], dict[str, bytes]]
Rewrite = Callable[[Path, dict[str, bytes | None]], Path]
ROOT = Path(__file__).parents[4]


def write_one(app: xw.App, path: Path) -> xw.Book:
    book = app.books.open(path)
    book.sheets["Own"]["A2"].value = "written"
    return book


def assert_nothing_happened(path: Path, before: bytes) -> None:
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir() if p.name.endswith(".saving")] == []


def test_a_save_without_a_change_does_not_open_the_file(app: xw.App, path: Path) -> None:
    before = path.stat()
    book = app.books.open(path)
    assert book.sheets["Own"]["A2"].value == "mine"
    book.save()
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert path.stat().st_ino == before.st_ino
    assert list(path.parent.iterdir()) == [path]


def test_parts_that_were_not_written_stay_byte_for_byte(
    app: xw.App, path: Path, parts_of: Parts, rewrite: Rewrite
) -> None:
    workbook = parts_of(path)["xl/workbook.xml"]
    rewrite(path, {"xl/workbook.xml": workbook.replace(b' fullCalcOnLoad="1"', b"")})
    before = parts_of(path)
    write_one(app, path).save()
    after = parts_of(path)
    changed = {name for name in before if after[name] != before[name]}
    assert changed == {"xl/worksheets/sheet2.xml", "xl/workbook.xml"}
    assert b'fullCalcOnLoad="1"' in after["xl/workbook.xml"]


def test_a_book_goes_on_after_a_save(app: xw.App, path: Path) -> None:
    book = write_one(app, path)
    sheet, cell = book.sheets["Own"], book.sheets["Own"]["A2"]
    book.save()
    assert cell.value == "written"
    sheet["A3"].value = 3
    book.save()
    assert openpyxl.load_workbook(path)["Own"]["A3"].value == 3


def test_the_state_before_is_kept_as_a_backup(app: xw.App, path: Path) -> None:
    before = path.read_bytes()
    write_one(app, path).save()
    backups = list((path.parent / "Pennyvault backups").iterdir())
    assert [b.name for b in backups] == ["ledger.20260331T080000.000000Z.xlsx"]
    assert backups[0].read_bytes() == before


def test_only_the_newest_backups_are_kept(path: Path) -> None:
    store = FileStore(backups=BackupPolicy(keep=2))
    for number in range(4):
        document = Document.open(path, store, read_only=False)
        document.sheet(document.worksheets()[1]).write(9, 1, [[number]])
        document.save()
    kept = sorted((path.parent / "Pennyvault backups").iterdir())
    values = [openpyxl.load_workbook(p)["Own"]["A9"].value for p in kept]
    assert values == [1, 2]


def test_the_mode_of_the_file_is_kept(app: xw.App, path: Path) -> None:
    path.chmod(0o640)
    write_one(app, path).save()
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_symbolic_link_stays_one(app: xw.App, path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    link = folder / "link.xlsx"
    link.symlink_to(path)
    write_one(app, link).save()
    assert link.is_symlink()
    assert openpyxl.load_workbook(path)["Own"]["A2"].value == "written"


def test_a_file_that_changed_since_it_was_read_is_left_alone(app: xw.App, path: Path) -> None:
    book = write_one(app, path)
    path.write_bytes(path.read_bytes() + b"x")
    before = path.read_bytes()
    with pytest.raises(ChangedSinceRead):
        book.save()
    assert_nothing_happened(path, before)
    assert book.impl.touched


def test_a_file_that_is_gone_is_not_made_again(app: xw.App, path: Path) -> None:
    book = write_one(app, path)
    path.unlink()
    with pytest.raises(ChangedSinceRead):
        book.save()
    assert not path.exists()


@pytest.mark.parametrize("lock", ["~$ledger.xlsx", ".~lock.ledger.xlsx#", "~$dger.xlsx"])
def test_a_book_that_is_open_elsewhere_is_left_alone(app: xw.App, path: Path, lock: str) -> None:
    book = write_one(app, path)
    before = path.read_bytes()
    (path.parent / lock).touch()
    with pytest.raises(OpenElsewhere):
        book.save()
    assert_nothing_happened(path, before)


def test_a_read_only_file_is_left_alone(app: xw.App, path: Path) -> None:
    book = write_one(app, path)
    path.chmod(0o444)
    before = path.read_bytes()
    with pytest.raises(ReadOnly):
        book.save()
    assert_nothing_happened(path, before)


def test_a_file_in_a_read_only_folder_is_left_alone(app: xw.App, path: Path) -> None:
    book = write_one(app, path)
    before = path.read_bytes()
    path.parent.chmod(0o555)
    try:
        with pytest.raises(ReadOnly):
            book.save()
        assert_nothing_happened(path, before)
    finally:
        path.parent.chmod(0o755)


def test_a_book_opened_read_only_is_not_saved(app: xw.App, path: Path) -> None:
    book = app.books.open(path, read_only=True)
    book.sheets["Own"]["A2"].value = 1
    with pytest.raises(ReadOnly):
        book.save()


def test_a_signed_book_is_not_saved(app: xw.App, path: Path, rewrite: Rewrite) -> None:
    rewrite(path, {"_xmlsignatures/sig1.xml": b"<Signature/>"})
    book = write_one(app, path)
    with pytest.raises(SignedWorkbook):
        book.save()


@pytest.mark.parametrize("step", ["fsync", "replace", "copy"])
def test_an_error_at_any_step_leaves_the_file_as_it_was(
    app: xw.App, path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    book = write_one(app, path)
    before = path.read_bytes()
    target = {
        "fsync": (os, "fsync"),
        "replace": (Path, "replace"),
        "copy": (shutil, "copy2"),
    }
    with monkeypatch.context() as patched:
        patched.setattr(*target[step], fail)
        with pytest.raises(NotSaved):
            book.save()
    assert_nothing_happened(path, before)
    book.save()
    assert openpyxl.load_workbook(path)["Own"]["A2"].value == "written"


def test_a_file_that_reads_back_differently_is_not_put_in_place(
    app: xw.App, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.read_bytes

    def damaged(self: Path) -> bytes:
        data = bytearray(real(self))
        if self.name.endswith(".saving"):
            data[len(data) // 3] ^= 0xFF
        return bytes(data)

    book = write_one(app, path)
    before = path.read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", damaged)
        with pytest.raises(SaveRefused):
            book.save()
    assert_nothing_happened(path, before)


def test_what_killed_saves_left_behind_goes_with_a_later_save(app: xw.App, path: Path) -> None:
    book = write_one(app, path)
    backups = path.parent / BackupPolicy().folder_name
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


FULL_DISK = """
import resource, sys
from excel_client.file_engine import register
from excel_client.file_engine.problems import NotSaved
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
book = register().apps.add(add_book=False).books.open(sys.argv[1])
sheet = book.sheets["Own"]
sheet.range((10, 1), (5000, 4)).value = [[f"{r * 7919 % 100003} {c}" for c in range(4)] for r in range(4991)]
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    book.save()
except NotSaved:
    print("refused")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a limit on file sizes needs POSIX")
@pytest.mark.parametrize("limit", [0, 3000, 20000])
def test_a_full_disk_leaves_the_file_as_it_was(path: Path, limit: int) -> None:
    before = path.read_bytes()
    command = [sys.executable, "-c", FULL_DISK, str(path), str(limit)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "refused"
    assert_nothing_happened(path, before)


SAVE_FOR_EVER = """
import sys
from excel_client.file_engine import register
app = register().apps.add(add_book=False)
book = app.books.open(sys.argv[1])
number = 0
while True:
    number += 1
    book.sheets["Own"].range((10, 1), (300, 2)).value = [[number, "x" * 20]] * 291
    book.save()
    print(number, flush=True)
"""


def kill_during_saves(path: Path, times: int) -> None:
    for attempt in range(times):
        command = [sys.executable, "-c", SAVE_FOR_EVER, str(path)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.002 * (attempt * 7 % 23))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        sheet = openpyxl.load_workbook(path)["Own"]
        assert {sheet.cell(row, 1).value for row in range(10, 301)} == {sheet["A10"].value}
        for backup in (path.parent / "Pennyvault backups").glob("ledger.*"):
            openpyxl.load_workbook(backup)


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL needs POSIX")
def test_a_kill_during_a_save_leaves_a_whole_file(path: Path) -> None:
    kill_during_saves(path, 4)


@pytest.mark.deep
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL needs POSIX")
def test_a_hundred_kills_during_saves_leave_a_whole_file(path: Path) -> None:
    kill_during_saves(path, 100)


def test_a_book_is_saved_under_another_name(app: xw.App, path: Path, tmp_path: Path) -> None:
    before = path.read_bytes()
    book = write_one(app, path)
    other = tmp_path / "other.xlsx"
    book.save(other)
    assert book.fullname == str(other)
    assert path.read_bytes() == before
    assert openpyxl.load_workbook(other)["Own"]["A2"].value == "written"


def test_a_new_book_is_saved(app: xw.App, tmp_path: Path) -> None:
    book = app.books.add()
    book.sheets[0]["B2"].value = [["a", 1], ["b", 2]]
    book.save(tmp_path / "new.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "new.xlsx").worksheets[0]
    assert sheet["C3"].value == 2
