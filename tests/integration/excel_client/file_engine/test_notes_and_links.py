from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
import xlwings as xw

from excel_client.file_engine.problems import (
    CommentInTheWay,
    LinkRefused,
    MergedCellsInTheWay,
    OutsideFileEngine,
    TextTooLong,
)
from tests.workbook_checks.ooxml_lint import lint

Parts = Callable[[Path], dict[str, bytes]]
DATA = Path(__file__).parents[4] / ".." / "shared" / "data" / "workbooks"
REFUSED = {"SampleSS.strict.xlsx", "protect.xlsx", "encryptSHA512.xlsx", "poc-xmlbomb.xlsx"}
REFUSED |= {"ms-office-2010-signed.xlsx"}


SMALL_BYTES = 40_000


def noted_books() -> list[Path]:
    found = []
    for path in sorted(DATA.rglob("*.xls[xm]")):
        if path.name not in REFUSED:
            with zipfile.ZipFile(path) as archive:
                if any(name.endswith(".vml") for name in archive.namelist()):
                    found.append(path)
    return found


BOOKS = noted_books()


def note_of(sheet: xw.Sheet, address: str) -> xw.Note:
    found = sheet[address].note
    assert found is not None
    return found


@pytest.fixture
def noted(tmp_path: Path) -> Path:
    """A book with notes of two sheets, a button, links and a picture in the header."""
    path = tmp_path / "noted.xlsx"
    book = xlsxwriter.Workbook(path)
    for name in ("One", "Two"):
        sheet = book.add_worksheet(name)
        sheet.write_comment("B2", f"old of {name}", {"author": "Somebody"})
        sheet.insert_button("D4", {"caption": f"Button {name}", "macro": "run"})
        sheet.write_url("A9", "https://example.org/old", string="old")
    book.close()
    return path


def test_what_others_wrote_stays_when_notes_come_and_go(
    app: xw.App, noted: Path, parts_of: Parts
) -> None:
    before = parts_of(noted)
    book = app.books.open(noted)
    sheet = book.sheets["One"]
    sheet["C7"].add_note("new")
    book.save()
    with_note = parts_of(noted)
    assert {n for n in before if before[n] != with_note[n]} <= {
        "xl/comments1.xml",
        "xl/drawings/vmlDrawing1.vml",
        "xl/workbook.xml",
    }
    drawing = before["xl/drawings/vmlDrawing1.vml"]
    for shape in re.findall(rb"<v:shape .*?</v:shape>", drawing, re.DOTALL):
        assert shape in with_note["xl/drawings/vmlDrawing1.vml"]
    assert lint(noted) == []
    note_of(sheet, "C7").delete()
    note_of(sheet, "B2").delete()
    book.save()
    after = parts_of(noted)
    assert "xl/comments1.xml" not in after
    assert b'ObjectType="Button"' in after["xl/drawings/vmlDrawing1.vml"]
    assert b"<legacyDrawing" in after["xl/worksheets/sheet1.xml"]
    assert after["xl/comments2.xml"] == before["xl/comments2.xml"]
    assert lint(noted) == []


def test_the_first_note_and_the_last_one_bring_and_take_their_parts(
    app: xw.App, tmp_path: Path, parts_of: Parts
) -> None:
    path = tmp_path / "book.xlsx"
    book = app.books.add()
    book.save(path)
    bare = parts_of(path)
    sheet = book.sheets[0]
    for row in (40, 2, 1):
        sheet.range((row, 3)).add_note(f"row {row}\n<&>")
    sheet.range((1_048_576, 16_384)).add_note("in the corner")
    book.save()
    assert lint(path) == []
    cells = openpyxl.load_workbook(path).active
    assert cells["C40"].comment.text == "row 40\n<&>"
    assert cells["XFD1048576"].comment.text == "in the corner"
    for note in list(sheet.notes):
        note.delete()
    book.save()
    assert set(parts_of(path)) - set(bare) == {"xl/worksheets/_rels/sheet1.xml.rels"}
    assert b"legacyDrawing" not in parts_of(path)["xl/worksheets/sheet1.xml"]
    assert lint(path) == []


def test_boxes_of_different_sheets_have_different_ids(
    app: xw.App, tmp_path: Path, parts_of: Parts
) -> None:
    path = tmp_path / "book.xlsx"
    book = app.books.add()
    book.sheets.add("Other")
    for sheet in book.sheets:
        sheet["A1"].add_note("x")
        sheet["A2"].add_note("y")
    book.save(path)
    drawings = [data for name, data in parts_of(path).items() if name.endswith(".vml")]
    ids = [n for data in drawings for n in re.findall(rb' id="_x0000_s(\d+)"', data)]
    assert len(ids) == len(set(ids)) == 4


def test_a_text_keeps_the_font_it_had(app: xw.App, noted: Path, parts_of: Parts) -> None:
    book = app.books.open(noted)
    note_of(book.sheets["One"], "B2").text = "another"
    assert note_of(book.sheets["One"], "B2").author == "Somebody"
    book.save()
    written = parts_of(noted)["xl/comments1.xml"]
    assert b'<rFont val="Tahoma"/>' in written
    assert b'">another</t>' in written


def test_what_cannot_be_noted_is_refused_before_anything_changes(
    app: xw.App, noted: Path, parts_of: Parts
) -> None:
    book = app.books.open(noted)
    sheet = book.sheets["One"].impl
    book.sheets["One"]["F1"].add_comment("a thread")
    with pytest.raises(CommentInTheWay):
        book.sheets["One"]["F1"].add_note("a note")
    with pytest.raises(TextTooLong):
        sheet.range("G1").add_note("x" * 32_768)
    assert [note.location.area.text() for note in sheet.notes] == ["B2"]


def test_a_cell_hidden_in_a_merged_area_takes_no_note(app: xw.App, tmp_path: Path) -> None:
    path = tmp_path / "merged.xlsx"
    made = xlsxwriter.Workbook(path)
    made.add_worksheet("S").merge_range("A1:B2", "x")
    made.close()
    sheet = app.books.open(path).sheets["S"]
    with pytest.raises(MergedCellsInTheWay):
        sheet["B2"].add_note("hidden")
    sheet["A1"].add_note("shown")
    sheet["A1"].add_hyperlink("https://example.org", "there")
    assert sheet["B2"].impl.hyperlink == "https://example.org"


def test_a_drawing_that_is_no_xml_is_left_alone(
    app: xw.App,
    noted: Path,
    rewrite: Callable[[Path, dict[str, bytes | None]], Path],
    parts_of: Parts,
) -> None:
    name = "xl/drawings/vmlDrawing1.vml"
    odd = parts_of(noted)[name].replace(b"</xml>", b"<br></xml>")
    rewrite(noted, {name: odd})
    book = app.books.open(noted)
    with pytest.raises(OutsideFileEngine):
        book.sheets["One"]["A1"].add_note("x")
    assert not book.impl.document.changed
    assert note_of(book.sheets["One"], "B2").text == "old of One"


def test_links_are_stored_as_excel_stores_them(app: xw.App, tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    book = app.books.add()
    sheet = book.sheets[0]
    sheet["A1"].add_hyperlink("https://example.org/a b?x=1&y=2#part", "web", "the tip & more")
    sheet["A2"].add_hyperlink("#'Sheet1'!B9", "inside")
    sheet["A3"].add_hyperlink("C:\\My files\\book.xlsx", "file")
    sheet["A4"].add_hyperlink("sub folder\\other.xlsx", "near")
    sheet["A5"].add_hyperlink("https://example.org/" + "x" * 400)
    book.save(path)
    assert [sheet[f"A{row}"].impl.hyperlink for row in range(1, 5)] == [
        "https://example.org/a%20b?x=1&y=2",
        "",
        "C:\\My files\\book.xlsx",
        "sub folder/other.xlsx",
    ]
    cells = openpyxl.load_workbook(path).active
    links = {link.ref: link for link in (cells[f"A{row}"].hyperlink for row in range(1, 6))}
    assert links["A1"].target == "https://example.org/a%20b?x=1&y=2"
    assert (links["A1"].location, links["A1"].tooltip) == ("part", "the tip & more")
    assert (links["A2"].target, links["A2"].location) == (None, "'Sheet1'!B9")
    assert links["A3"].target == "file:///C:\\My%20files\\book.xlsx"
    assert links["A4"].target == "sub%20folder/other.xlsx"
    assert links["A5"].tooltip is None
    assert (cells["A1"].font.u, cells["A1"].font.color.rgb) == ("single", "FF0563C1")
    assert lint(path) == []


def test_a_link_over_part_of_another_leaves_the_rest(
    app: xw.App, tmp_path: Path, parts_of: Parts, rewrite: Callable[..., Path]
) -> None:
    path = tmp_path / "wide.xlsx"
    made = xlsxwriter.Workbook(path)
    made.add_worksheet("S").write_url("B2", "https://example.org/wide", string="wide")
    made.close()
    name = "xl/worksheets/sheet1.xml"
    rewrite(path, {name: parts_of(path)[name].replace(b'ref="B2"', b'ref="A1:C3"')})
    book = app.books.open(path)
    sheet = book.sheets["S"]
    sheet["B2"].add_hyperlink("https://example.org/new", "new")
    book.save()
    assert sheet["B2"].hyperlink == "https://example.org/new"
    around = {sheet.range((r, c)).impl.hyperlink for r in (1, 2, 3) for c in (1, 3)}
    assert around == {"https://example.org/wide"}
    assert lint(path) == []
    for row in (1, 2, 3):
        for column in (1, 2, 3):
            sheet.range((row, column)).add_hyperlink("#S!A1", "in")
    book.save()
    assert b"example.org" not in parts_of(path)["xl/worksheets/_rels/sheet1.xml.rels"]
    assert lint(path) == []


@pytest.mark.parametrize(
    ("cells", "address", "tip"),
    [
        ("A1:A2", "https://example.org", "tip"),
        ("A1", "https://example.org/" + "x" * 2_079, "tip"),
        ("A1", "https://example.org", "t" * 256),
        ("A1", "#" + "x" * 256, "tip"),
        ("A1", "https://example.org/\x01", "tip"),
        ("A1", "", "tip"),
    ],
)
def test_a_link_that_excel_could_not_hold_is_refused(
    app: xw.App, cells: str, address: str, tip: str
) -> None:
    sheet = app.books.add().sheets[0]
    with pytest.raises(LinkRefused):
        sheet[cells].add_hyperlink(address, "text", tip)
    assert sheet["A1"].value is None


def check_note(app: xw.App, source: Path, tmp_path: Path, parts_of: Parts) -> None:
    path = tmp_path / source.name
    shutil.copyfile(source, path)
    shapes = [
        shape
        for name, data in parts_of(path).items()
        if name.endswith(".vml")
        for shape in re.findall(rb"<v:shape\s.*?</v:shape>", data, re.DOTALL)
    ]
    known = lint(path)
    book = app.books.open(path)
    sheet = next((s for s in book.sheets if len(s.notes)), book.sheets[0])
    before = [(n.location.address, n.text, n.author) for n in sheet.notes]
    threads = [(c.location.address, c.text, c.author) for c in sheet.comments]
    note = sheet["AA99"].add_note("ours")
    book.save()
    after = [(n.location.address, n.text, n.author) for n in sheet.notes]
    assert sorted(after) == sorted([*before, ("$AA$99", "ours", "")])
    assert [(c.location.address, c.text, c.author) for c in sheet.comments] == threads
    drawn = b"".join(data for name, data in parts_of(path).items() if name.endswith(".vml"))
    assert all(shape in drawn for shape in shapes)
    assert set(lint(path)) <= set(known), source.name
    note.delete()
    book.save()
    assert [(n.location.address, n.text, n.author) for n in sheet.notes] == before
    book.close()


@pytest.mark.skipif(not BOOKS, reason="../shared/data/workbooks is not here")
def test_a_note_in_a_real_workbook_leaves_the_others_as_they_were(
    app: xw.App, tmp_path: Path, parts_of: Parts
) -> None:
    for source in BOOKS:
        if source.stat().st_size < SMALL_BYTES:
            check_note(app, source, tmp_path, parts_of)


@pytest.mark.deep
@pytest.mark.skipif(not BOOKS, reason="../shared/data/workbooks is not here")
@pytest.mark.parametrize("source", BOOKS, ids=lambda path: path.name)
def test_a_note_in_each_real_workbook_leaves_the_others_as_they_were(
    app: xw.App, tmp_path: Path, parts_of: Parts, source: Path
) -> None:
    check_note(app, source, tmp_path, parts_of)
