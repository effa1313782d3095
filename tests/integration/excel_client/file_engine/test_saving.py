from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlwings as xw

from excel_client.file_engine import BackupPolicy, FileStore
from excel_client.file_engine.problems import (
    ChangedSinceRead,
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
