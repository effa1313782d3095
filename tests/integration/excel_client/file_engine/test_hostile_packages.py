from __future__ import annotations

import contextlib
import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import xlwings as xw

from excel_client.file_engine.problems import (
    EncryptedWorkbook,
    FileEngineProblem,
    NotAWorkbook,
    PackageDamaged,
    PackageTooLarge,
    StrictWorkbook,
    UnsafePackage,
)
from excel_client.file_engine.storage import package
from excel_client.file_engine.storage.blank_workbook import blank_workbook
from excel_client.file_engine.storage.package import Package

Parts = Callable[[Path], dict[str, bytes]]
Rewrite = Callable[[Path, dict[str, bytes | None]], Path]


def zipped(*parts: tuple[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts:
            archive.writestr(name, data)
    return stream.getvalue()


@pytest.mark.parametrize("data", [b"", b"PK", b"no zip at all", b"PK\x03\x04" + b"\0" * 99])
def test_what_is_no_zip_is_no_workbook(app: xw.App, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(data)
    with pytest.raises(NotAWorkbook):
        app.books.open(path)


def test_a_zip_of_something_else_is_no_workbook(app: xw.App, tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(zipped(("hello.txt", b"hello")))
    with pytest.raises(NotAWorkbook):
        app.books.open(path)


def test_an_encrypted_workbook_is_named_as_such() -> None:
    name = "EncryptedPackage".encode("utf-16-le")
    with pytest.raises(EncryptedWorkbook):
        Package(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500 + name)
    with pytest.raises(NotAWorkbook):
        Package(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500)


@pytest.mark.parametrize(
    "name", ["../evil.xml", "xl/../../evil", "/etc/passwd", "C:evil.xml", "xl\\evil.xml", "a//b"]
)
def test_a_part_whose_name_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(UnsafePackage):
        Package(zipped((name, b"x")))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_duplicate_parts_are_refused() -> None:
    with pytest.raises(UnsafePackage):
        Package(zipped(("xl/a.xml", b"1"), ("xl/a.xml", b"2")))
    with pytest.raises(UnsafePackage):
        Package(zipped(("xl/a.xml", b"1"), ("XL/A.xml", b"2")))


def test_a_part_packed_too_tightly_is_refused() -> None:
    with pytest.raises(PackageTooLarge):
        Package(zipped(("xl/a.xml", b"\0" * 20_000_000)))


def test_a_package_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "UNPACKED_BYTES_LIMIT", 1000)
    with pytest.raises(PackageTooLarge):
        Package(zipped(("a", b"x" * 600), ("b", b"y" * 600)))


def test_a_part_that_lies_about_its_size_is_refused() -> None:
    raw = bytearray(zipped(("xl/a.xml", b"a" * 5000)))
    at = raw.rindex(b"PK\x01\x02")
    raw[at + 24 : at + 28] = struct.pack("<L", 100)
    with pytest.raises(PackageDamaged):
        Package(bytes(raw)).part("xl/a.xml")


def test_overlapping_parts_are_refused() -> None:
    raw = bytearray(zipped(("a", b"1" * 500), ("b", b"2" * 500)))
    second = raw.rindex(b"PK\x01\x02")
    raw[second + 42 : second + 46] = struct.pack("<L", 0)
    with pytest.raises((UnsafePackage, PackageDamaged)):
        Package(bytes(raw))


def test_an_altered_part_is_damaged() -> None:
    raw = bytearray(zipped(("xl/a.xml", bytes(range(256)) * 20)))
    raw[60] ^= 0xFF
    with pytest.raises(PackageDamaged):
        Package(bytes(raw)).part("xl/a.xml")


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "part", ["xl/workbook.xml", "xl/styles.xml", "xl/worksheets/sheet1.xml", "xl/tables/table1.xml"]
)
def test_entities_are_refused_in_any_part(
    app: xw.App, path: Path, parts_of: Parts, rewrite: Rewrite, part: str
) -> None:
    data = parts_of(path)[part]
    head, mark, rest = data.partition(b"?>")
    rewrite(path, {part: head + mark + BOMB + rest})
    with pytest.raises(UnsafePackage):
        read_everything(app, path)


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_a_missing_part_is_named(app: xw.App, path: Path, rewrite: Rewrite, part: str) -> None:
    rewrite(path, {part: None})
    with pytest.raises(PackageDamaged) as caught:
        read_everything(app, path)
    assert caught.value.place == part


def test_strict_workbooks_are_refused(
    app: xw.App, path: Path, parts_of: Parts, rewrite: Rewrite
) -> None:
    name = "xl/workbook.xml"
    old = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    strict = parts_of(path)[name].replace(old, b"http://purl.oclc.org/ooxml/spreadsheetml/main")
    rewrite(path, {name: strict})
    with pytest.raises(StrictWorkbook):
        app.books.open(path)


def read_everything(app: xw.App, path: Path) -> None:
    book = app.books.open(path)
    for sheet in book.sheets:
        used = sheet.used_range
        assert isinstance(used.options(ndim=2).value, list)
        assert isinstance(used.formula, (str, tuple))
        assert all(len(table.range) > 0 for table in sheet.tables)
    assert all(isinstance(name.refers_to, str) for name in book.names)


def flip_bytes(app: xw.App, path: Path, count: int) -> None:
    """Every mutated package is read, or refused by a named problem."""
    whole = path.read_bytes()
    for number in range(count):
        raw = bytearray(whole)
        for step in range(1 + number % 3):
            at = (number * 7919 + step * 104729) % len(raw)
            raw[at] = (raw[at] + 1 + number * 31) % 256
        path.write_bytes(raw)
        with contextlib.suppress(FileEngineProblem):
            read_everything(app, path)
        for book in app.books:
            book.close()


def test_damaged_packages_end_in_named_problems(app: xw.App, path: Path) -> None:
    flip_bytes(app, path, 150)


@pytest.mark.deep
def test_many_damaged_packages_end_in_named_problems(app: xw.App, path: Path) -> None:
    flip_bytes(app, path, 20_000)


def corrupt_parts(
    app: xw.App, path: Path, parts: dict[str, bytes], rewrite: Rewrite, count: int
) -> None:
    names = [
        n
        for n in parts
        if n.endswith((".xml", ".rels")) and "theme" not in n and "docProps" not in n
    ]
    whole = path.read_bytes()
    for number in range(count):
        name = names[number % len(names)]
        data = bytearray(parts[name])
        at = (number * 7919) % len(data)
        if number % 2:
            del data[at : at + 1 + number % 9]
        else:
            data[at] = b"<>&\"'/=x0 "[number // 2 % 10]
        path.write_bytes(whole)
        rewrite(path, {name: bytes(data)})
        with contextlib.suppress(FileEngineProblem):
            read_everything(app, path)
        for book in app.books:
            book.close()


def test_corrupt_xml_ends_in_named_problems(
    app: xw.App, path: Path, parts_of: Parts, rewrite: Rewrite
) -> None:
    corrupt_parts(app, path, parts_of(path), rewrite, 400)


@pytest.mark.deep
def test_much_corrupt_xml_ends_in_named_problems(
    app: xw.App, path: Path, parts_of: Parts, rewrite: Rewrite
) -> None:
    corrupt_parts(app, path, parts_of(path), rewrite, 20_000)


def test_the_blank_workbook_has_the_same_bytes_every_time() -> None:
    assert blank_workbook() == blank_workbook()
