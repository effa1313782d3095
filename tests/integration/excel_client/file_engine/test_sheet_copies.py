"""Copies of sheets with all that hangs on them, in the package's own terms and read by others."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
import xlwings as xw
from xlsxwriter.workbook import Workbook

from excel_client.file_engine.problems import LockedWorkbook, OutsideFileEngine
from tests.workbook_checks.ooxml_lint import lint

Parts = dict[str, bytes]
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc0"
    "000003010100c9fe92ef0000000049454e44ae426082"
)


@pytest.fixture(autouse=True)
def active_engine(app: xw.App) -> None:
    app.engine.activate()


def _fill(book: Workbook, folder: Path) -> None:
    """A sheet with one of everything that speaks of its own cells."""
    money = book.add_format({"num_format": '#,##0.0 "x"', "bold": True, "bg_color": "#FFEE00"})
    sheet = book.add_worksheet("Data")
    columns = [{"header": "A"}, {"header": "B"}]
    sheet.add_table("B3:C6", {"name": "Table1", "columns": columns})
    for row in range(3, 6):
        sheet.write(row, 1, row, money)
        sheet.write(row, 2, f"t{row} & more")
    sheet.write_formula("F1", "=SUM(Table1[A])+Data!B4")
    sheet.write_rich_string("F2", "plain ", money, "rich")
    sheet.merge_range("H1:I2", "merged", money)
    rule = {"type": "formula", "criteria": "=Data!$B$4>1", "format": money}
    sheet.conditional_format("B4:B6", rule)
    sheet.data_validation("C4:C6", {"validate": "list", "source": "=Data!$B$4:$B$6"})
    sheet.write_url("G1", "https://example.com/x")
    sheet.write_comment("G3", "a note")
    sheet.set_column("B:B", 20, money)
    sheet.set_row(9, 30, money)
    sheet.print_area("A1:D9")
    sheet.add_sparkline("J1", {"range": "Data!B4:B6"})
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=Data!$B$4:$B$6"})
    sheet.insert_chart("K5", chart)
    picture = folder / "dot.png"
    picture.write_bytes(PICTURE)
    sheet.insert_image("K20", picture)
    book.define_name("Amounts", "=Data!$B$4:$B$6")
    book.define_name("Data!Local", "=Data!$A$1")


@pytest.fixture
def rich(tmp_path: Path) -> Path:
    path = tmp_path / "rich.xlsx"
    book = xlsxwriter.Workbook(path)
    _fill(book, tmp_path)
    other = book.add_worksheet("Other")
    other.write_formula("A1", "=Data!B4*2")
    book.close()
    return path


def test_all_of_a_copy_speaks_of_the_copy(
    app: xw.App, rich: Path, parts_of: Callable[[Path], Parts]
) -> None:
    before = parts_of(rich)
    book = app.books.open(rich)
    book.sheets["Data"].copy(after=book.sheets["Other"])
    book.save()
    after = parts_of(rich)
    made = {name: data for name, data in after.items() if name not in before}
    assert sorted(name.rpartition("/")[2] for name in made) == [
        "chart2.xml",
        "comments2.xml",
        "drawing2.xml",
        "drawing2.xml.rels",
        "sheet3.xml",
        "sheet3.xml.rels",
        "table2.xml",
        "vmlDrawing2.vml",
    ]
    sheet = made["xl/worksheets/sheet3.xml"].decode()
    assert "<f>SUM(Table13[A])+'Data (2)'!B4</f>" in sheet
    assert "<formula>'Data (2)'!$B$4&gt;1</formula>" in sheet
    assert "<formula1>'Data (2)'!$B$4:$B$6</formula1>" in sheet
    assert "<xm:f>'Data (2)'!B4:B6</xm:f>" in sheet
    assert b"<c:f>'Data (2)'!$B$4:$B$6</c:f>" in made["xl/charts/chart2.xml"]
    assert b"media/image1.png" in made["xl/drawings/_rels/drawing2.xml.rels"]
    shapes = [re.findall(rb"_x0000_s\d+", after[f"xl/drawings/vmlDrawing{n}.vml"]) for n in (1, 2)]
    assert not set(shapes[0]) & set(shapes[1])
    assert lint(rich) == []


def test_a_copy_touches_nothing_that_stood(
    app: xw.App, rich: Path, parts_of: Callable[[Path], Parts]
) -> None:
    before = parts_of(rich)
    book = app.books.open(rich)
    book.sheets["Other"].copy()
    book.sheets["Data"].activate()
    book.save()
    after = parts_of(rich)
    changed = {name for name, data in before.items() if after[name] != data}
    assert changed == {"[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"}


@pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning")
def test_a_copy_in_another_book_looks_the_same(app: xw.App, tmp_path: Path) -> None:
    path = tmp_path / "source.xlsx"
    writer = xlsxwriter.Workbook(path)
    _fill(writer, tmp_path)
    writer.close()
    book, target = app.books.open(path), app.books.add()
    book.sheets["Data"].copy(before=target.sheets[0])
    assert not book.impl.touched
    target.save(tmp_path / "target.xlsx")
    assert lint(tmp_path / "target.xlsx") == []
    old = openpyxl.load_workbook(path, rich_text=True)["Data"]
    new = openpyxl.load_workbook(tmp_path / "target.xlsx", rich_text=True)["Data"]
    for row in old.iter_rows():
        for cell in row:
            copy = new[cell.coordinate]
            assert copy.value == cell.value
            assert copy.number_format == cell.number_format
            assert copy.font.b == cell.font.b
            assert copy.fill.fgColor.rgb == cell.fill.fgColor.rgb
            assert copy.border.left.style == cell.border.left.style
    assert new.merged_cells == old.merged_cells
    assert new.column_dimensions["B"].width == old.column_dimensions["B"].width
    assert new.row_dimensions[10].height == old.row_dimensions[10].height
    assert new["G3"].comment.text == "a note"
    assert new["G1"].hyperlink.target == "https://example.com/x"
    (rule,) = new.conditional_formatting
    assert rule.rules[0].dxf.fill.bgColor.rgb == "FFFFEE00"
    assert list(new.tables) == ["Table1"]
    assert new.print_area == "'Data'!$A$1:$D$9"


def test_the_same_sheet_twice_in_another_book_shares_its_formats(
    app: xw.App, tmp_path: Path, parts_of: Callable[[Path], Parts]
) -> None:
    path = tmp_path / "source.xlsx"
    writer = xlsxwriter.Workbook(path)
    bold = writer.add_format({"bold": True})
    writer.add_worksheet("Data").write("A1", "x", bold)
    writer.close()
    book, target = app.books.open(path), app.books.add()
    for _ in range(2):
        book.sheets["Data"].copy(after=target.sheets[0])
    target.save(tmp_path / "target.xlsx")
    styles = parts_of(tmp_path / "target.xlsx")["xl/styles.xml"]
    assert styles.count(b"<b/>") == 1
    assert [sheet.name for sheet in target.sheets] == ["Sheet1", "Data (2)", "Data"]
    assert lint(tmp_path / "target.xlsx") == []


@pytest.mark.parametrize(
    "formula",
    ["=Other!A1", "=[1]Sheet1!A1", "=SUM(Elsewhere[A])", "=Rate*2", "=SUM(Data:Other!A1)"],
)
def test_what_speaks_of_more_than_itself_stays_in_its_book(
    app: xw.App, tmp_path: Path, formula: str
) -> None:
    path = tmp_path / "source.xlsx"
    writer = xlsxwriter.Workbook(path)
    writer.add_worksheet("Data").write_formula("A1", formula)
    other = writer.add_worksheet("Other")
    other.add_table("A1:A3", {"name": "Elsewhere", "columns": [{"header": "A"}]})
    writer.define_name("Rate", "=Other!$A$2")
    writer.close()
    book, target = app.books.open(path), app.books.add()
    with pytest.raises(OutsideFileEngine):
        book.sheets["Data"].copy(after=target.sheets[0])
    assert not book.impl.touched
    assert not target.impl.touched
    assert len(target.sheets) == 1


def test_a_sheet_with_controls_is_not_copied(
    app: xw.App,
    rich: Path,
    parts_of: Callable[[Path], Parts],
    rewrite: Callable[[Path, dict[str, bytes | None]], Path],
) -> None:
    name = "xl/worksheets/_rels/sheet2.xml.rels"
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/oleObject"
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{kind}" Target="../embeddings/a.bin"/></Relationships>'
    )
    rewrite(rich, {name: relations.encode(), "xl/embeddings/a.bin": b"\0"})
    book = app.books.open(rich)
    with pytest.raises(OutsideFileEngine):
        book.sheets["Other"].copy()
    assert not book.impl.touched


def test_a_locked_list_of_sheets_stays_as_it_is(
    app: xw.App,
    rich: Path,
    parts_of: Callable[[Path], Parts],
    rewrite: Callable[[Path, dict[str, bytes | None]], Path],
) -> None:
    workbook = parts_of(rich)["xl/workbook.xml"]
    lock = b'<workbookProtection lockStructure="1"/><bookViews>'
    rewrite(rich, {"xl/workbook.xml": workbook.replace(b"<bookViews>", lock)})
    book = app.books.open(rich)
    data = book.sheets["Data"]
    for change in (
        book.sheets.add,
        data.copy,
        data.delete,
        lambda: data.move(after=book.sheets["Other"]),
        lambda: setattr(data, "name", "new"),
        lambda: setattr(data, "visible", False),
    ):
        with pytest.raises(LockedWorkbook):
            change()
    assert not book.impl.touched
