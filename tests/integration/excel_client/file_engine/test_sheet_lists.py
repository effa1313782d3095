"""Sheets that are added, deleted and renamed, in the package's own terms; kinds of files; strict workbooks."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
import xlwings as xw

from excel_client.file_engine.problems import (
    FileKindRefused,
    HiddenSheet,
    OpenUnderThisName,
    OutsideFileEngine,
    StrictWorkbook,
)
from tests.workbook_checks.ooxml_lint import lint

Parts = dict[str, bytes]
Rewrite = Callable[[Path, dict[str, bytes | None]], Path]


@pytest.fixture(autouse=True)
def active_engine(app: xw.App) -> None:
    app.engine.activate()


def test_a_deleted_sheet_takes_its_parts_along(
    app: xw.App, path: Path, parts_of: Callable[[Path], Parts]
) -> None:
    book = app.books.open(path)
    book.sheets["Ledger"].delete()
    book.save()
    after = parts_of(path)
    assert not [name for name in after if "table" in name or "sheet1" in name]
    assert "xl/drawings/drawing1.xml" in after
    assert b"localSheetId" not in after["xl/workbook.xml"]
    assert book.sheets["Own"]["A1"].formula == "=SUM(#REF!)"
    assert b"Table" not in after["[Content_Types].xml"]
    assert {finding.code for finding in lint(path)} <= {"name-reference"}
    assert openpyxl.load_workbook(path).sheetnames == ["Own"]


def test_a_deleted_sheet_can_be_replaced_by_one_of_the_same_name(app: xw.App, path: Path) -> None:
    book = app.books.open(path)
    old = book.sheets["Own"]
    old.delete()
    new = book.sheets.add("Own", after=book.sheets["Ledger"])
    new["A1"].value = "fresh"
    with pytest.raises(KeyError):
        old.name  # noqa: B018 - asked for its own sake
    book.save()
    assert new["A1"].value == "fresh"
    assert {finding.code for finding in lint(path)} <= {"name-reference"}


def test_a_renamed_sheet_is_followed_in_charts(
    app: xw.App, path: Path, parts_of: Callable[[Path], Parts]
) -> None:
    book = app.books.open(path)
    book.sheets["Own"].name = "It's mine"
    book.save()
    chart = parts_of(path)["xl/charts/chart1.xml"]
    assert re.findall(rb"<c:f>([^<]*)", chart) == [b"'It''s mine'!$A$1:$A$2"]
    assert book.names["Elsewhere"].refers_to == "='It''s mine'!$A$1:$A$2"
    assert lint(path) == []


def test_activating_alone_is_nothing_to_save(app: xw.App, path: Path) -> None:
    before = path.read_bytes()
    book = app.books.open(path)
    book.sheets["Own"].activate()
    book.sheets["Own"]["B2"].select()
    book.save()
    assert path.read_bytes() == before
    assert book.sheets.active.name == "Own"


def test_only_the_sheet_in_front_is_selected_in_the_file(
    app: xw.App, path: Path, parts_of: Callable[[Path], Parts]
) -> None:
    book = app.books.open(path)
    book.sheets["Own"].activate()
    book.sheets["Own"]["A2"].value = "changed"
    book.save()
    after = parts_of(path)
    assert b'activeTab="1"' in after["xl/workbook.xml"]
    assert b"tabSelected" not in after["xl/worksheets/sheet1.xml"]
    assert b'tabSelected="1"' in after["xl/worksheets/sheet2.xml"]
    assert openpyxl.load_workbook(path).active.title == "Own"


def test_a_hidden_sheet_does_not_come_to_the_front(app: xw.App, path: Path) -> None:
    book = app.books.open(path)
    own = book.sheets["Own"]
    own.impl.visible = 2
    book.save()
    assert openpyxl.load_workbook(path)["Own"].sheet_state == "veryHidden"
    with pytest.raises(HiddenSheet):
        own.activate()
    own.visible = True
    own.activate()


def test_panes_are_frozen_and_freed(
    app: xw.App, path: Path, parts_of: Callable[[Path], Parts]
) -> None:
    book = app.books.open(path)
    ledger = book.sheets["Ledger"]
    for address, first_free in (("A1", "B2"), ("1:2", "A3"), ("A:B", "C1"), ("A1:C2", "D3")):
        ledger.freeze_panes.freeze_at(address)
        book.save()
        assert openpyxl.load_workbook(path)["Ledger"].freeze_panes == first_free
    ledger.freeze_panes.unfreeze()
    book.save()
    assert b"pane" not in parts_of(path)["xl/worksheets/sheet1.xml"]


def test_the_kind_of_file_is_stated(
    app: xw.App, path: Path, tmp_path: Path, parts_of: Callable[[Path], Parts]
) -> None:
    book = app.books.open(path)
    for suffix, stated in (
        (".xltx", b"spreadsheetml.template.main+xml"),
        (".xlsm", b"ms-excel.sheet.macroEnabled.main+xml"),
        (".xltm", b"ms-excel.template.macroEnabled.main+xml"),
        (".xlsx", b"spreadsheetml.sheet.main+xml"),
    ):
        book.save(tmp_path / f"other{suffix}")
        types = parts_of(tmp_path / f"other{suffix}")["[Content_Types].xml"]
        assert types.count(b".main+xml") == 1
        assert stated in types


@pytest.mark.parametrize("name", ["book.xlsb", "book.csv", "book", "book.xls"])
def test_other_formats_are_refused(app: xw.App, path: Path, tmp_path: Path, name: str) -> None:
    book = app.books.open(path)
    with pytest.raises(FileKindRefused):
        book.save(tmp_path / name)
    assert not (tmp_path / name).exists()
    assert book.fullname == str(path)
    assert not book.impl.touched


def test_macros_are_not_lost_by_saving(
    app: xw.App, tmp_path: Path, parts_of: Callable[[Path], Parts]
) -> None:
    path = tmp_path / "macros.xlsm"
    writer = xlsxwriter.Workbook(path)
    writer.add_worksheet("Data")
    writer.add_worksheet("Other")
    project = tmp_path / "vbaProject.bin"
    project.write_bytes(b"\xd0\xcf\x11\xe0")
    writer.add_vba_project(project)
    writer.close()
    book = app.books.open(path)
    with pytest.raises(FileKindRefused):
        book.save(tmp_path / "lost.xlsx")
    with pytest.raises(OutsideFileEngine):
        book.sheets["Data"].delete()
    with pytest.raises(OutsideFileEngine):
        book.sheets["Data"].copy()
    book.save(tmp_path / "kept.xltm")
    assert parts_of(tmp_path / "kept.xltm")["xl/vbaProject.bin"] == b"\xd0\xcf\x11\xe0"


def test_a_book_is_not_saved_over_another_open_one(app: xw.App, path: Path, tmp_path: Path) -> None:
    before = path.read_bytes()
    app.books.open(path)
    other = app.books.add()
    with pytest.raises(OpenUnderThisName):
        other.save(path)
    assert path.read_bytes() == before
    other.save(tmp_path / "else.xlsx")
    assert other.name == "else.xlsx"


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        (
            "_rels/.rels",
            b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        ),
        (
            "xl/_rels/workbook.xml.rels",
            b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        ),
        *(
            (
                part,
                b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
                b"http://purl.oclc.org/ooxml/spreadsheetml/main",
            )
            for part in (
                "xl/workbook.xml",
                "xl/worksheets/sheet1.xml",
                "xl/styles.xml",
                "xl/sharedStrings.xml",
                "xl/tables/table1.xml",
            )
        ),
    ],
)
def test_strict_parts_are_refused_wherever_they_are(
    app: xw.App,
    path: Path,
    parts_of: Callable[[Path], Parts],
    rewrite: Rewrite,
    part: str,
    old: bytes,
    new: bytes,
) -> None:
    rewrite(path, {part: parts_of(path)[part].replace(old, new)})
    with pytest.raises(StrictWorkbook):
        _look_at_everything(app, path)


def _look_at_everything(app: xw.App, path: Path) -> None:
    for sheet in app.books.open(path).sheets:
        assert sheet.used_range.value
        assert len(sheet.tables) <= 1
        assert sheet["A1"].number_format
