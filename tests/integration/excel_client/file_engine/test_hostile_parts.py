"""Workbooks made to do harm: bombs in every part, circles, lies, and text on which a careless pattern runs wild."""

from __future__ import annotations

import io
import signal
import struct
import sys
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import xlwings as xw

from excel_client.file_engine.problems import (
    EncryptedWorkbook,
    FileEngineProblem,
    NotAWorkbook,
    PackageDamaged,
    PackageTooLarge,
    SignedWorkbook,
    StrictWorkbook,
    UnsafePackage,
)
from excel_client.file_engine.storage import package
from excel_client.file_engine.storage.package import Package
from excel_client.file_engine.xml import xml_spans
from excel_client.file_engine.xml.xml_spans import read_tree, set_attribute
from tests.integration.excel_client.file_engine.working_on_anything import work_on
from tests.workbook_checks.sample_workbooks import SAMPLES

Parts = Callable[[Path], dict[str, bytes]]
Rewrite = Callable[[Path, dict[str, bytes | None]], Path]

SHEET = "xl/worksheets/sheet1.xml"
EVERY_KIND_OF_PART = (
    "[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", SHEET,
    "xl/worksheets/_rels/sheet1.xml.rels", "xl/styles.xml", "xl/sharedStrings.xml", "xl/tables/table7.xml",
)  # fmt: skip
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
PLAIN = "<!DOCTYPE x>"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return SAMPLES["by hand"](tmp_path / "hand.xlsx")


@pytest.fixture
def soon() -> Iterator[None]:
    """Fail a test that takes much longer than any workbook of its size may."""
    if sys.platform == "win32":
        yield
        return

    def overdue(_number: int, _frame: object) -> None:
        pytest.fail("not done in time")

    before = signal.signal(signal.SIGALRM, overdue)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def read_everything(app: xw.App, path: Path) -> None:
    book = app.books.open(path)
    for sheet in book.sheets:
        assert isinstance(sheet.used_range.options(ndim=2).value, list)
        assert all(len(table.range) > 0 for table in sheet.tables)
    sheet = book.sheets[0]
    assert sheet["A3"].value is not None
    assert sheet["B2"].number_format == "0.000"


def work_with(app: xw.App, path: Path) -> None:
    read_everything(app, path)
    book = app.books[path.name]
    book.sheets[0].tables["Hand"].resize(book.sheets[0]["A1:B6"])
    book.save()


def behind_declaration(data: bytes, inserted: str) -> str:
    head, mark, rest = data.decode("utf-8").partition("?>")
    return head + mark + inserted + rest


@pytest.mark.parametrize("part", EVERY_KIND_OF_PART)
@pytest.mark.parametrize("inserted", [BOMB, OUTSIDE, PLAIN, "<!-- " + " " * 3000 + "-->" + BOMB])
def test_a_document_type_is_refused_in_any_part(
    app: xw.App, path: Path, parts_of: Parts, rewrite: Rewrite, part: str, inserted: str
) -> None:
    rewrite(path, {part: behind_declaration(parts_of(path)[part], inserted).encode()})
    with pytest.raises(UnsafePackage):
        work_with(app, path)


@pytest.mark.parametrize("part", EVERY_KIND_OF_PART)
@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-7", "cp037", "utf-32"])
def test_another_encoding_hides_no_document_type(
    app: xw.App, path: Path, parts_of: Parts, rewrite: Rewrite, part: str, codec: str
) -> None:
    text = behind_declaration(parts_of(path)[part], BOMB).replace("UTF-8", codec, 1)
    rewrite(path, {part: text.encode(codec)})
    with pytest.raises((UnsafePackage, PackageDamaged, StrictWorkbook)):
        work_with(app, path)


def test_a_workbook_in_utf_16_is_read_and_written_like_any_other(
    app: xw.App, path: Path, parts_of: Parts, rewrite: Rewrite
) -> None:
    parts = parts_of(path)
    texts = {name: data.decode() for name, data in parts.items() if name.endswith(("xml", "rels"))}
    rewrite(path, {n: t.replace("UTF-8", "UTF-16", 1).encode("utf-16") for n, t in texts.items()})
    read_everything(app, path)
    book = app.books[path.name]
    book.sheets[0]["A3"].value = "written"
    book.save()
    book.close()
    assert app.books.open(path).sheets[0]["A3"].value == "written"


def test_an_encoding_that_is_declared_late_is_not_believed_by_half(
    app: xw.App, path: Path, parts_of: Parts, rewrite: Rewrite
) -> None:
    declared = f'<?xml version="1.0"{" " * 500}encoding="ISO-8859-1"?>'.encode()
    workbook = parts_of(path)["xl/workbook.xml"].partition(b"?>")[2]
    rewrite(
        path, {"xl/workbook.xml": declared + workbook.replace(b"By hand", "Caf\u00e9".encode())}
    )
    assert app.books.open(path).sheets[0].name == "Caf\u00e9"


STRICT = {
    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
    b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": (
        b"http://purl.oclc.org/ooxml/officeDocument/relationships"
    ),
}


@pytest.mark.parametrize(
    "parts",
    [EVERY_KIND_OF_PART, ("xl/workbook.xml",), (SHEET,), ("xl/workbook.xml", "_rels/.rels")],
)
def test_strict_open_xml_is_refused_by_name_on_every_way_in(
    app: xw.App, path: Path, parts_of: Parts, rewrite: Rewrite, parts: tuple[str, ...]
) -> None:
    changed = {}
    for part in parts:
        data = parts_of(path)[part]
        for old, new in STRICT.items():
            data = data.replace(old, new)
        changed[part] = data
    rewrite(path, dict(changed))
    with pytest.raises(StrictWorkbook):
        read_everything(app, path)


def circle(parts: dict[str, bytes], part: str, kind: str, target: str) -> bytes:
    """Return a part's relationships with all of a kind leading to one target."""
    text = parts[part].decode()
    head, _, rest = text.partition(f'/{kind}" Target="')
    return f'{head}/{kind}" Target="{target}"{rest.partition(chr(34))[2]}'.encode()


@pytest.mark.parametrize(
    ("part", "kind", "target"),
    [
        ("_rels/.rels", "officeDocument", "_rels/.rels"),
        ("_rels/.rels", "officeDocument", "[Content_Types].xml"),
        ("_rels/.rels", "officeDocument", "xl/worksheets/sheet1.xml"),
        ("_rels/.rels", "officeDocument", "../../etc/passwd"),
        ("xl/_rels/workbook.xml.rels", "worksheet", "workbook.xml"),
        ("xl/_rels/workbook.xml.rels", "worksheet", "_rels/workbook.xml.rels"),
        ("xl/_rels/workbook.xml.rels", "worksheet", "worksheets/sheet2.xml"),
        ("xl/_rels/workbook.xml.rels", "worksheet", "sharedStrings.xml"),
        ("xl/_rels/workbook.xml.rels", "worksheet", "../../../etc/passwd"),
        ("xl/_rels/workbook.xml.rels", "styles", "workbook.xml"),
        ("xl/_rels/workbook.xml.rels", "sharedStrings", "worksheets/sheet1.xml"),
        ("xl/worksheets/_rels/sheet1.xml.rels", "table", "sheet1.xml"),
        ("xl/worksheets/_rels/sheet1.xml.rels", "table", "_rels/sheet1.xml.rels"),
        ("xl/worksheets/_rels/sheet1.xml.rels", "table", "../workbook.xml"),
        ("xl/worksheets/_rels/sheet1.xml.rels", "table", "../../../x"),
    ],
)
def test_parts_that_lead_to_themselves_end_in_named_problems(
    app: xw.App, path: Path, parts_of: Parts, rewrite: Rewrite, part: str, kind: str, target: str
) -> None:
    rewrite(path, {part: circle(parts_of(path), part, kind, target)})
    assert work_on(app, path) < 1000


def test_a_part_that_is_referred_to_thousands_of_times_is_read_once(
    app: xw.App, path: Path, parts_of: Parts, rewrite: Rewrite, soon: None
) -> None:
    again = b'<x:tablePart r:id="rId1"/>'
    rewrite(path, {SHEET: parts_of(path)[SHEET].replace(again, again * 2_000)})
    assert work_on(app, path) < 1000


@pytest.mark.parametrize("flag", [0x1, 0x40, 0x2000])
@pytest.mark.parametrize("mark", [b"PK\x01\x02", b"PK\x03\x04"])
def test_a_part_that_is_encrypted_anywhere_is_refused(path: Path, flag: int, mark: bytes) -> None:
    raw = bytearray(path.read_bytes())
    at = raw.index(mark) + (8 if mark == b"PK\x01\x02" else 6)
    struct.pack_into("<H", raw, at, struct.unpack_from("<H", raw, at)[0] | flag)
    with pytest.raises((EncryptedWorkbook, NotAWorkbook)):
        Package(bytes(raw))


def test_what_the_entry_and_the_directory_say_differently_is_refused(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    struct.pack_into("<H", raw, raw.index(b"PK\x03\x04") + 8, 0)
    with pytest.raises(UnsafePackage):
        Package(bytes(raw))


def test_a_signature_is_not_broken(app: xw.App, path: Path, rewrite: Rewrite) -> None:
    rewrite(path, {"_xmlsignatures/origin.sigs": b"", "_xmlsignatures/sig1.xml": b"<Signature/>"})
    book = app.books.open(path)
    book.sheets[0]["A3"].value = 1
    before = path.read_bytes()
    with pytest.raises(SignedWorkbook):
        book.save()
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("place", "form", "value"),
    [
        (-6, "<L", 0xFFFFFFFF),
        (-6, "<L", 0x7FFFFFFF),
        (-10, "<L", 0xFFFFFFFF),
        (-10, "<L", 0),
        (-12, "<H", 0xFFFF),
        (-14, "<H", 0xFFFF),
    ],
)
def test_a_directory_that_lies_about_its_place_is_no_workbook(
    path: Path, place: int, form: str, value: int
) -> None:
    raw = bytearray(path.read_bytes())
    struct.pack_into(form, raw, len(raw) + place, value)
    try:
        assert Package(bytes(raw)).part("xl/workbook.xml")
    except FileEngineProblem:
        return


def test_a_large_directory_that_lies_is_no_workbook(path: Path) -> None:
    raw = path.read_bytes()
    huge = 2**64 - 1
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, huge, huge)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, len(raw) - 22, 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    with pytest.raises(NotAWorkbook):
        Package(raw[:-22] + record + locator + end)


def test_a_directory_of_too_many_parts_is_refused_before_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def never(*_arguments: object) -> None:
        raise AssertionError

    monkeypatch.setattr(zipfile, "ZipFile", never)
    with pytest.raises(PackageTooLarge):
        Package(b"PK\x01\x02" * (2 * package.PART_COUNT_LIMIT + 1))


def test_parts_of_one_name_but_for_its_case_are_refused(path: Path) -> None:
    stream = io.BytesIO(path.read_bytes())
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("XL/Workbook.xml", b"<workbook/>")
    with pytest.raises(UnsafePackage):
        Package(stream.getvalue())


@pytest.mark.parametrize(
    "data",
    [
        b"<a>" * 100_000,
        b"<a" + b" " * 2_000_000 + b"/>",
        b"<a " + b" ".join(b"a%d=''" % n for n in range(200_000)) + b"/>",
        b"<a>" + b"x" * 2_000_000 + b"</a>",
    ],
    ids=["depth", "one tag", "attributes", "text"],
)
def test_a_part_that_is_too_much_of_anything_is_refused(data: bytes, soon: None) -> None:
    with pytest.raises(PackageTooLarge):
        read_tree(data, "part")


def test_a_part_of_too_many_elements_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_spans, "_ELEMENT_LIMIT", 1000)
    assert len(read_tree(b"<a>" + b"<b/>" * 999 + b"</a>", "part").children) == 999
    with pytest.raises(PackageTooLarge):
        read_tree(b"<a>" + b"<b/>" * 1000 + b"</a>", "part")


def test_text_in_many_pieces_is_put_together_in_little_time_and_memory(soon: None) -> None:
    tracemalloc.start()
    root = read_tree(b"<a>" + b"x<b/>" * 30_000 + b"</a>", "part")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(root.text) == 30_000
    assert peak < 40 * 2**20


def test_what_stands_in_a_value_is_not_taken_for_an_attribute() -> None:
    tag = b"""<t title=" ref='A1' " ref="A2">"""
    assert set_attribute(tag, "ref", "B1") == b"""<t title=" ref='A1' " ref="B1">"""
    assert set_attribute(tag, "ref", None) == b"""<t title=" ref='A1' ">"""
    assert set_attribute(b'<t xref="1"/>', "ref", "B1") == b'<t xref="1" ref="B1"/>'


#: Text that looks like the beginning of something, again and again.
BEGINNINGS = [
    b"<", b"< ", b"<row>", b"<row ", b'<row r="1">', b"<c>", b"<c ", b'<c r="A1">', b"<f>", b"<f ", b"<f ref ", b"<v>",
    b"<is><t>", b"<rPh", b"<!--", b"<?", b"<![CDATA[", b"</row>", b"</c>", b">", b" ", b"&", b"&#1",
    b' s="1"', b' si="1"',
    b"<f>1</f>", b"<mc:AlternateContent>", b"<Choice>",
]  # fmt: skip
PIECES_OF_FORMULAS = [
    b'"', b'""', b"'", b"[", b"[]", b"[[a],", b"(", b"SUM(", b"A", b"A1", b"A1:", b"$", b".", b"1", b"!", b"x!", b"#",
    b",",
    b"+", b"@", b"{", b" ", b"T[",
]  # fmt: skip
LENGTH = 60_000


def sheet_with(rows: bytes) -> bytes:
    main = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return b'<worksheet xmlns="%b"><sheetData>%b</sheetData></worksheet>' % (main, rows)


def work_on_rows(app: xw.App, path: Path, rewrite: Rewrite, beginning: bytes) -> None:
    again = beginning * (LENGTH // len(beginning))
    for rows in (
        again,
        b'<row r="1">' + again + b"</row>",
        b'<row r="1"><c r="A1">' + again + b"</c></row>",
        b'<row r="1"><c r="A1" ' + again + b"/></row>",
        b'<row r="1"><c r="A1"><f t="shared" ' + again + b">1</f></c></row>",
    ):
        rewrite(path, {SHEET: sheet_with(rows)})
        assert work_on(app, path) < 1000


def work_on_formulas(
    app: xw.App, path: Path, parts: dict[str, bytes], rewrite: Rewrite, piece: bytes
) -> None:
    again = piece * (LENGTH // len(piece))
    shared = b'<f t="shared" ref="A1:A2" si="0">' + again + b"</f>"
    rows = b'<row r="1"><c r="A1">%b</c></row><row r="2"><c r="A2"><f t="shared" si="0"/></c></row>'
    rewrite(path, {SHEET: sheet_with(rows % shared)})
    assert work_on(app, path) < 1000
    names = parts["xl/workbook.xml"].replace(b"$B$2:$B$4", b"$B$2+" + again)
    rewrite(path, {SHEET: parts[SHEET], "xl/workbook.xml": names})
    assert work_on(app, path) < 1000


@pytest.mark.parametrize("beginning", [b"<row>", b"<c ", b"<f ", b"<!--"], ids=repr)
def test_no_pattern_runs_wild_on_rows(
    app: xw.App, path: Path, rewrite: Rewrite, beginning: bytes, soon: None
) -> None:
    work_on_rows(app, path, rewrite, beginning)


@pytest.mark.parametrize("piece", [b"'", b"['", b"A1:"], ids=repr)
def test_no_pattern_runs_wild_on_formulas(
    app: xw.App, path: Path, parts_of: Parts, rewrite: Rewrite, piece: bytes, soon: None
) -> None:
    work_on_formulas(app, path, parts_of(path), rewrite, piece)


@pytest.mark.deep
@pytest.mark.parametrize("beginning", BEGINNINGS, ids=repr)
def test_no_pattern_runs_wild_on_any_rows(
    app: xw.App, path: Path, rewrite: Rewrite, beginning: bytes, soon: None
) -> None:
    work_on_rows(app, path, rewrite, beginning)


@pytest.mark.deep
@pytest.mark.parametrize("piece", PIECES_OF_FORMULAS, ids=repr)
def test_no_pattern_runs_wild_on_any_formulas(
    app: xw.App, path: Path, parts_of: Parts, rewrite: Rewrite, piece: bytes, soon: None
) -> None:
    work_on_formulas(app, path, parts_of(path), rewrite, piece)
