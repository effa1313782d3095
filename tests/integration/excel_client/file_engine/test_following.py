from __future__ import annotations

import datetime as dt
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from excel_client.file_engine import BackupPolicy, FileStore
from excel_client.file_engine.formulas.reference_changes import (
    CellsDeleted,
    CellsInserted,
    Change,
    Direction,
    SheetDeleted,
    SheetRenamed,
    TableColumnRenamed,
    TableRenamed,
)
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.problems import FileEngineProblem
from excel_client.file_engine.workbook.cell_changes import delete_cells, insert_cells
from excel_client.file_engine.workbook.document import Document
from excel_client.file_engine.workbook.following import apply_change
from tests.workbook_checks.ooxml_lint import lint

Parts = Callable[[Path], dict[str, bytes]]
Rewrite = Callable[[Path, dict[str, bytes | None]], Path]

DATA = Path(__file__).parents[4] / ".." / "shared" / "data" / "workbooks"
BOOKS = sorted(path for path in DATA.rglob("*.xl*") if path.is_file())
#: What openpyxl does not read.
NOT_READ = {"poc-xmlbomb.xlsx", "xlwings.xlam", "quickstart_addin_ribbon.xlam"}
DOWN, RIGHT = Direction.VERTICAL, Direction.HORIZONTAL
#: openpyxl says of every extension that it does not read it.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")
DAY = dt.datetime(2026, 3, 31, 8, tzinfo=dt.UTC)


def opened(path: Path) -> Document:
    store = FileStore(backups=BackupPolicy(), clock=lambda: DAY)
    return Document.open(path, store, read_only=False)


def insert_rows(path: Path, rows: str, sheet: str = "Data") -> None:
    document = opened(path)
    entry = next(e for e in document.worksheets() if e.name == sheet)
    insert_cells(document, entry, Area.parse(rows), DOWN)
    document.save()


def delete_rows(path: Path, rows: str) -> None:
    document = opened(path)
    delete_cells(document, document.worksheets()[0], Area.parse(rows), DOWN)
    document.save()


def follow(path: Path, change: Change) -> None:
    document = opened(path)
    apply_change(document, change)
    document.save()


def text_of(parts: dict[str, bytes], name: str) -> str:
    return parts[name].decode()


def found(pattern: str, text: str) -> list[str]:
    return re.findall(pattern, text)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A book in which everything that can name cells does: row 6 is data on the sheet Data."""
    path = tmp_path / "book.xlsx"
    book = xlsxwriter.Workbook(path)
    data, other = book.add_worksheet("Data"), book.add_worksheet("Other")
    red = book.add_format({"font_color": "red"})
    for row in range(10):
        data.write_row(row, 0, [row, row * 2])
    data.write_formula("D1", "=SUM(A2:A6)+B9", None, 0)
    data.write_formula("D9", '=A9&"A9"', None, "")
    data.write_array_formula("E1:E2", "{=A5:A6*2}", None, 0)
    data.write_dynamic_array_formula("F1", "=SORT(A5:A9)", None, 0)
    data.merge_range("H5:I6", "merged")
    data.conditional_format("A1:B9", {"type": "formula", "criteria": "=A1>$B$9", "format": red})
    data.conditional_format(
        "A5:A6",
        {"type": "data_bar", "data_bar_2010": True, "min_type": "formula", "min_value": "=$B$9"},
    )
    data.data_validation("B5:B6", {"validate": "list", "source": "=$A$5:$A$6"})
    data.write_url("A7", "internal:'Other'!B2", string="there")
    data.autofilter("A1:B9")
    data.filter_column("B", "x > 3")
    data.print_area("A1:B9")
    data.repeat_rows(4, 5)
    data.set_h_pagebreaks([2, 6])
    data.write_comment("B6", "a note")
    data.add_sparkline("K6", {"range": "Data!A5:B5"})
    data.add_table(
        "M4:N7",
        {
            "name": "Sales",
            "columns": [
                {"header": "It's [x]"},
                {"header": "Twice", "formula": "=Sales[[#This Row],[It''s '[x']]]*$A$9"},
            ],
        },
    )
    chart = book.add_chart({"type": "line"})
    chart.add_series({"categories": "=Data!$A$5:$A$6", "values": "=Data!$B$1:$B$9"})
    data.insert_chart("D12", chart)
    other.write_formula("A1", "=SUM(Data!A5:B6)", None, 0)
    other.write_formula("A2", "=SUM(Sales[It''s '[x']])", None, 0)
    other.write_url("A3", "internal:Data!A6")
    other.data_validation("B1", {"validate": "list", "source": "=Data!$A$5:$A$6"})
    book.define_name("Cells", "=Data!$A$5:$B$6")
    book.define_name("Above", "=Data!A6")
    book.define_name("Other!Mine", "=Data!$A$9")
    book.close()
    return path


def test_inserted_rows_reach_everything_that_names_cells(book: Path, parts_of: Parts) -> None:
    before = parts_of(book)
    insert_rows(book, "6:7")
    assert lint(book) == []
    after = parts_of(book)

    read = openpyxl.load_workbook(book)
    data, other = read["Data"], read["Other"]
    assert data["D1"].value == "=SUM(A2:A8)+B11"
    assert data["D11"].value == '=A11&"A9"'
    assert data["E1"].value.text == "=A5:A8*2"
    assert data["F1"].value.text == "=_xlfn._xlws.SORT(A5:A11)"
    assert [str(area) for area in data.merged_cells.ranges] == ["H5:I8"]
    assert {str(area.sqref) for area in data.conditional_formatting} == {"A1:B11", "A5:A8"}
    rule = next(
        r for area in data.conditional_formatting for r in area.rules if r.type == "expression"
    )
    assert rule.formula == ["A1>$B$11"]
    validation = data.data_validations.dataValidation[0]
    assert (str(validation.sqref), validation.formula1) == ("B5:B8", "$A$5:$A$8")
    assert data["A9"].hyperlink.location == "'Other'!B2"
    assert data.auto_filter.ref == "A1:B11"
    assert data.print_area == "'Data'!$A$1:$B$11"
    assert data.print_title_rows == "$5:$8"
    assert [brk.id for brk in data.row_breaks.brk] == [2, 8]
    assert data["B8"].comment.text == "a note"
    assert data.tables["Sales"].ref == "M4:N9"
    formula = data.tables["Sales"].tableColumns[1].calculatedColumnFormula.attr_text
    assert formula == "Sales[[#This Row],[It''s '[x']]]*$A$11"
    assert other["A1"].value == "=SUM(Data!A5:B8)"
    assert other["A3"].hyperlink.location == "Data!A8"
    assert other.data_validations.dataValidation[0].formula1 == "Data!$A$5:$A$8"
    assert read.defined_names["Cells"].attr_text == "Data!$A$5:$B$8"
    assert read.defined_names["Above"].attr_text == "Data!A6"
    assert other.defined_names["Mine"].attr_text == "Data!$A$11"

    sheet = text_of(after, "xl/worksheets/sheet1.xml")
    assert found("<xm:f>([^<]*)", sheet) == ["$B$11", "Data!A5:B5"]
    assert found("<xm:sqref>([^<]*)", sheet) == ["A5:A8", "K8"]
    chart = text_of(after, "xl/charts/chart1.xml")
    assert found("<c:f>([^<]*)", chart) == ["Data!$A$5:$A$8", "Data!$B$1:$B$11"]
    drawing = text_of(after, "xl/drawings/drawing1.xml")
    assert found("<xdr:row>([^<]*)", drawing) == ["13", "27"]
    notes = text_of(after, "xl/drawings/vmlDrawing1.vml")
    assert found("<x:Row>([^<]*)", notes) == ["7"]
    assert set(after) == set(before)
    assert after["xl/styles.xml"] == before["xl/styles.xml"]


def test_deleted_rows_take_with_them_what_belonged_to_them(book: Path, parts_of: Parts) -> None:
    delete_rows(book, "5:6")
    # As in Excel, a name stays when its cells are gone.
    assert {finding.code for finding in lint(book)} == {"name-reference"}
    read = openpyxl.load_workbook(book)
    data, other = read["Data"], read["Other"]
    assert data["D1"].value == "=SUM(A2:A4)+B7"
    assert data["E1"].value.text == "=#REF!*2"
    assert not data.merged_cells.ranges
    assert {str(area.sqref) for area in data.conditional_formatting} == {"A1:B7"}
    assert data.data_validations.dataValidation == []
    assert all(cell.comment is None for row in data.rows for cell in row)
    assert [brk.id for brk in data.row_breaks.brk] == [2, 4]
    assert other["A1"].value == "=SUM(Data!#REF!)"
    assert other["A3"].hyperlink.location == "Data!A6"
    assert read.defined_names["Cells"].attr_text == "Data!#REF!"
    parts = parts_of(book)
    sheet = text_of(parts, "xl/worksheets/sheet1.xml")
    assert "<mergeCells" not in sheet
    assert "<dataValidations" not in sheet
    assert "sparkline" not in sheet
    assert "<x:Row>" not in text_of(parts, "xl/drawings/vmlDrawing1.vml")


def test_inserted_columns_take_filters_and_drawings_along(book: Path, parts_of: Parts) -> None:
    document = opened(book)
    insert_cells(document, document.worksheets()[0], Area.parse("B:B"), RIGHT)
    document.save()
    assert lint(book) == []
    read = openpyxl.load_workbook(book)["Data"]
    assert read.auto_filter.ref == "A1:C9"
    assert read.auto_filter.filterColumn[0].colId == 2
    assert read["E1"].value == "=SUM(A2:A6)+C9"
    assert read.tables["Sales"].ref == "N4:O7"
    drawing = text_of(parts_of(book), "xl/drawings/drawing1.xml")
    assert found("<xdr:col>([^<]*)", drawing) == ["4", "11"]


def test_a_renamed_sheet_is_named_anew_everywhere(book: Path, parts_of: Parts) -> None:
    follow(book, SheetRenamed(old="Data", new="It's new"))
    parts = parts_of(book)
    texts = {name: data.decode(errors="replace") for name, data in parts.items()}
    assert "'It''s new'!$A$5:$B$6" in texts["xl/workbook.xml"]
    assert "<f>SUM('It''s new'!A5:B6)</f>" in texts["xl/worksheets/sheet2.xml"]
    assert "location=\"'It''s new'!A6\"" in texts["xl/worksheets/sheet2.xml"]
    assert "<c:f>'It''s new'!$A$5:$A$6</c:f>" in texts["xl/charts/chart1.xml"]
    assert "<xm:f>'It''s new'!A5:B5</xm:f>" in texts["xl/worksheets/sheet1.xml"]
    named = {name for name, text in texts.items() if "Data!" in text}
    # What a link shows is text of the user's.
    assert named <= {"docProps/app.xml", "xl/sharedStrings.xml", "xl/worksheets/sheet2.xml"}
    assert texts["xl/worksheets/sheet2.xml"].count("Data!") == 1


def test_a_deleted_sheets_cells_are_dead_everywhere(book: Path, parts_of: Parts) -> None:
    follow(book, SheetDeleted(name="Data"))
    parts = parts_of(book)
    assert b"<f>SUM(#REF!A5:B6)</f>" in parts["xl/worksheets/sheet2.xml"]
    assert b">#REF!$A$5:$B$6<" in parts["xl/workbook.xml"]


def test_tables_and_their_columns_are_named_anew(book: Path, parts_of: Parts) -> None:
    document = opened(book)
    apply_change(document, TableColumnRenamed(table="Sales", old="It's [x]", new="#1"))
    apply_change(document, TableRenamed(old="Sales", new="Sold"))
    document.save()
    parts = parts_of(book)
    assert b"<f>SUM(Sold[['#1]])</f>" in parts["xl/worksheets/sheet2.xml"]
    assert b"Sold[[#This Row],['#1]]*$A$9" in parts["xl/tables/table1.xml"]
    assert parts["xl/worksheets/sheet1.xml"].count(b"Sold[[#This Row],['#1]]") == 3


def test_what_concerns_nothing_changes_nothing(book: Path) -> None:
    before = book.read_bytes()
    document = opened(book)
    gap = Area.parse("500:501")
    apply_change(document, CellsInserted(sheet="Other", area=gap, direction=DOWN))
    apply_change(document, SheetRenamed(old="Nowhere", new="There"))
    apply_change(document, TableRenamed(old="None", new="Some"))
    assert not document.changed
    document.save()
    assert book.read_bytes() == before


# Shared formulas

SHARED = '<row r="1"><c r="C1"><f t="shared" ref="C1:C4" si="0">{}</f><v>0</v></c></row>' + "".join(
    f'<row r="{n}"><c r="C{n}"><f t="shared" si="0"/><v>0</v></c></row>' for n in (2, 3, 4)
)


def with_shared(tmp_path: Path, rewrite: Rewrite, parts_of: Parts, formula: str) -> Path:
    path = tmp_path / "shared.xlsx"
    book = xlsxwriter.Workbook(path)
    book.add_worksheet("Data")
    book.add_worksheet("Other")
    book.close()
    sheet = parts_of(path)["xl/worksheets/sheet1.xml"]
    rows = f"<sheetData>{SHARED.format(formula)}</sheetData>".encode()
    return rewrite(path, {"xl/worksheets/sheet1.xml": sheet.replace(b"<sheetData/>", rows)})


def rows_of(sheet: str, area: str, *, gone: bool = False) -> Change:
    kind = CellsDeleted if gone else CellsInserted
    return kind(sheet=sheet, area=Area.parse(area), direction=DOWN)


@pytest.mark.parametrize(
    ("formula", "change", "shown", "kept"),
    [
        ("Other!A1", rows_of("Other", "3:4"), "Other!A1 Other!A2 Other!A5 Other!A6", "out"),
        ("Other!A9", rows_of("Other", "3:4"), "Other!A11 Other!A12 Other!A13 Other!A14", "shared"),
        (
            "Other!A9", SheetRenamed(old="Other", new="x-y"),
            "'x-y'!A9 'x-y'!A10 'x-y'!A11 'x-y'!A12", "shared",
        ),
        (
            "Other!A9", rows_of("Other", "9:9", gone=True),
            "Other!#REF! Other!A9 Other!A10 Other!A11", "out",
        ),
        ("A1+$B$9", rows_of("Data", "7:7"), "A1+$B$10 A2+$B$10 A3+$B$10 A4+$B$10", "shared"),
    ],
)  # fmt: skip
def test_a_shared_formula_stays_shared_only_where_it_still_says_it_all(
    tmp_path: Path, rewrite: Rewrite, parts_of: Parts, formula: str, change: Change,
    shown: str, kept: str,
) -> None:  # fmt: skip
    path = with_shared(tmp_path, rewrite, parts_of, formula)
    document = opened(path)
    apply_change(document, change)
    sheet = document.sheet(document.worksheets()[0])
    assert sheet.formulas(Area.parse("C1:C4")) == [[f"={text}"] for text in shown.split()]
    document.save()
    assert (b't="shared"' in parts_of(path)["xl/worksheets/sheet1.xml"]) is (kept == "shared")
    again = opened(path)
    sheet = again.sheet(again.worksheets()[0])
    assert sheet.formulas(Area.parse("C1:C4")) == [[f"={text}"] for text in shown.split()]


def test_a_shared_formula_torn_by_inserted_rows_is_right_in_every_cell(
    tmp_path: Path, rewrite: Rewrite, parts_of: Parts
) -> None:
    path = with_shared(tmp_path, rewrite, parts_of, "A1+A3")
    insert_rows(path, "3:3")
    read = openpyxl.load_workbook(path)["Data"]
    assert [read[f"C{n}"].value for n in (1, 2, 4, 5)] == ["=A1+A4", "=A2+A5", "=A4+A6", "=A5+A7"]


# Many formulas


def test_twenty_thousand_formulas_follow_in_seconds(tmp_path: Path) -> None:
    path = tmp_path / "many.xlsx"
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    data, other = book.add_worksheet("Data"), book.add_worksheet("Other")
    for row in range(1, 20_001):
        data.write_formula(row, 3, f"=A{row + 1}+$B$1", None, 0)
        other.write_formula(row, 3, f"=A{row + 1}+$B$1", None, 0)
    book.close()
    document = opened(path)
    entry = document.worksheets()[0]
    for each in document.worksheets():
        document.sheet(each)
    start = time.process_time()
    gap = Area.parse("10000:10000")
    apply_change(document, CellsInserted(sheet="Data", area=gap, direction=DOWN))
    assert time.process_time() - start < 4
    model = document.sheet(entry)
    assert model.formulas(Area.parse("D9999:D10001")) == [
        ["=A9999+$B$1"], ["=A10001+$B$1"], ["=A10002+$B$1"]
    ]  # fmt: skip
    assert not document.sheet(document.worksheets()[1]).changed


# Real workbooks


def follow_all(source: Path, path: Path) -> None:
    shutil.copyfile(source, path)
    document = opened(path)
    first = document.worksheets()[0]
    apply_change(document, SheetRenamed(old="No such sheet", new="x"))
    insert_cells(document, first, Area.parse("2:3"), DOWN)
    delete_cells(document, first, Area.parse("5:5"), DOWN)
    for entry in document.worksheets()[1:]:
        gap = Area.parse("1048570:1048576")
        change = CellsInserted(sheet=entry.name, area=gap, direction=DOWN)
        apply_change(document, change)
    document.save()


@pytest.mark.skipif(not BOOKS, reason="../shared/data/workbooks is not here")
def test_real_workbooks_take_rows_without_a_new_finding(tmp_path: Path) -> None:
    followed = 0
    for source in BOOKS:
        if source.stat().st_size > 30_000 or source.name in NOT_READ:
            continue
        path = tmp_path / source.name
        try:
            follow_all(source, path)
        except FileEngineProblem:
            continue
        known = {str(finding) for finding in lint(source)}
        places = {finding.code for finding in lint(source)}
        new = [f for f in lint(path) if str(f) not in known and f.code not in places]
        assert new == [], source.name
        openpyxl.load_workbook(path)
        followed += 1
    assert followed > 20
