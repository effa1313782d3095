from __future__ import annotations

import shutil
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
import xlwings as xw

from excel_client.file_engine.problems import (
    ArrayFormulaInTheWay,
    CellsPushedOff,
    FileEngineProblem,
    GroupRefused,
    MergedCellsInTheWay,
    NeedsExcel,
    NothingCopied,
    OutsideFileEngine,
    PackageRefused,
    PivotTableInTheWay,
    SignedWorkbook,
    TableShapeRefused,
    TableTorn,
    WriteRefused,
)
from tests.workbook_checks.ooxml_lint import lint
from tests.workbook_checks.open_xml_sdk import validate

Parts = Callable[[Path], dict[str, bytes]]
Rewrite = Callable[[Path, dict[str, bytes | None]], Path]

SHEET = "xl/worksheets/sheet1.xml"
DATA = Path(__file__).parents[4] / ".." / "shared" / "data" / "workbooks"
BOOKS = sorted(path for path in DATA.rglob("*.xl*") if path.is_file())


@pytest.fixture
def ledger(app: xw.App, path: Path) -> xw.Sheet:
    return app.books.open(path).sheets["Ledger"]


@pytest.fixture
def saved(ledger: xw.Sheet, path: Path) -> Iterator[Path]:
    """The workbook as the test leaves it: saved, and opened by Excel without a word."""
    yield path
    ledger.book.save()
    assert lint(path) == []


def test_a_row_within_a_table_has_formats_and_the_columns_formula(
    ledger: xw.Sheet, saved: Path
) -> None:
    ledger["5:5"].insert("down")
    ledger.book.save()
    read = openpyxl.load_workbook(saved)
    sheet = read["Ledger"]
    assert sheet.tables["Ledger"].ref == "B3:E6"
    assert sheet["E5"].value == sheet["E4"].value == "=Ledger[[#This Row],[Amount]]*2"
    assert sheet["D5"].number_format == "#,##0.00"
    assert sheet["D5"].value is None
    assert [str(rule.sqref) for rule in sheet.data_validations.dataValidation] == ["C4:C6"]
    assert read.defined_names["Amounts"].attr_text == "Ledger!$D$4:$D$6"


def test_a_row_below_the_header_looks_like_data(ledger: xw.Sheet, saved: Path) -> None:
    ledger["4:4"].insert("down")
    assert ledger["D4"].number_format == "#,##0.00"
    assert ledger["E4"].formula == "=Ledger[[#This Row],[Amount]]*2"
    assert ledger.tables["Ledger"].range.address == "$B$3:$E$6"


def test_columns_within_a_table_have_headers_and_leave_with_what_names_them(
    ledger: xw.Sheet, saved: Path
) -> None:
    ledger.book.names["Amounts"].delete()
    ledger["D:E"].insert("right")
    assert ledger["B3:G3"].value == ["Date", "Text", "Column1", "Column2", "Amount", "Twice"]
    assert ledger.tables["Ledger"].range.address == "$B$3:$G$5"
    ledger["C:F"].delete()
    assert ledger["B3:C3"].value == ["Date", "Twice"]
    assert "#REF!" in ledger["C4"].formula


@pytest.mark.parametrize(
    ("area", "shift", "problem"),
    [
        ("B3:C3", "up", TableTorn),
        ("C1", "up", TableTorn),
        ("D4", "left", TableTorn),
        ("3:3", "up", TableTorn),
        ("3:4", "up", TableTorn),
        ("4:5", "up", TableShapeRefused),
        ("2:9", "up", OutsideFileEngine),
        ("A:F", "left", OutsideFileEngine),
    ],
)
def test_a_table_is_not_torn_by_deleting(
    ledger: xw.Sheet, path: Path, area: str, shift: str, problem: type[FileEngineProblem]
) -> None:
    before = path.read_bytes()
    with pytest.raises(problem):
        ledger[area].delete(shift)
    assert not ledger.book.impl.touched
    ledger.book.save()
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("area", "shift"), [("C1", "down"), ("D5", "down"), ("A4", "right"), ("E3:E4", "right")]
)
def test_a_table_is_not_torn_by_inserting(ledger: xw.Sheet, area: str, shift: str) -> None:
    with pytest.raises(TableTorn):
        ledger[area].insert(shift)
    assert not ledger.book.impl.touched


def test_merged_cells_grow_shrink_and_are_not_torn(
    app: xw.App, path: Path, parts_of: Parts, rewrite: Rewrite
) -> None:
    merged = b'</sheetData><mergeCells count="1"><mergeCell ref="H4:I6"/></mergeCells>'
    rewrite(path, {SHEET: parts_of(path)[SHEET].replace(b"</sheetData>", merged)})
    sheet = app.books.open(path).sheets["Ledger"]
    for area, shift in (("H2", "down"), ("G5", "right")):
        with pytest.raises(MergedCellsInTheWay):
            sheet[area].insert(shift)
    sheet["H5:I5"].insert("down")
    assert sheet["H4"].merge_area.address == "$H$4:$I$7"
    sheet["H4"].value = "shown"
    with pytest.raises(MergedCellsInTheWay):
        sheet["H3:I4"].delete("up")
    sheet["5:6"].delete()
    assert sheet["H4"].merge_area.address == "$H$4:$I$5"


def test_arrays_and_pivot_tables_are_not_torn(
    app: xw.App, path: Path, parts_of: Parts, rewrite: Rewrite
) -> None:
    array = (
        b'<row r="8"><c r="H8"><f t="array" ref="H8:H9">B4:B5</f><v>1</v></c></row>'
        b'<row r="9"><c r="H9"><v>2</v></c></row></sheetData>'
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    pivot = f'<pivotTableDefinition xmlns="{main}"><location ref="K3:L9" rowPageCount="1"/></pivotTableDefinition>'
    relations = f"xl/worksheets/_rels/{Path(SHEET).name}.rels"
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/pivotTable"
    relation = f'<Relationship Id="rId9" Type="{kind}" Target="../pivotTables/pivotTable1.xml"/>'
    parts = parts_of(path)
    rewrite(
        path,
        {
            SHEET: parts[SHEET].replace(b"</sheetData>", array),
            "xl/pivotTables/pivotTable1.xml": pivot.encode(),
            relations: parts[relations].replace(
                b"</Relationships>", relation.encode() + b"</Relationships>"
            ),
        },
    )
    sheet = app.books.open(path).sheets["Ledger"]
    with pytest.raises(ArrayFormulaInTheWay):
        sheet["9:9"].insert("down")
    with pytest.raises(ArrayFormulaInTheWay):
        sheet["H9"].delete("up")
    for area in ("K5:L5", "K2:K2", "K8"):
        with pytest.raises(PivotTableInTheWay):
            sheet[area].insert("down")
    with pytest.raises(PivotTableInTheWay):
        sheet["A1"].copy(sheet["L9"])
    sheet["H2"].insert("down")
    assert sheet["H9"].formula_array == "=B4:B5"


def test_what_would_fall_off_the_sheet_stays(ledger: xw.Sheet) -> None:
    ledger["XFD9"].number_format = "0.0"
    ledger["A1048575"].value = 1
    with pytest.raises(CellsPushedOff):
        ledger["B:B"].insert("right")
    with pytest.raises(CellsPushedOff):
        ledger["A7:A8"].insert("down")
    ledger["A7"].insert("down")
    assert ledger["A1048576"].value == 1.0


def test_formulas_elsewhere_follow(ledger: xw.Sheet, saved: Path) -> None:
    own = ledger.book.sheets["Own"]
    own["D1"].formula = "=Ledger!G1&Ledger!D4"
    ledger["1:2"].insert("down")
    assert own["D1"].formula == "=Ledger!G3&Ledger!D6"


# Copies


@pytest.fixture
def ruled(tmp_path: Path) -> Path:
    """A sheet whose cells have all that comes along when they are copied."""
    path = tmp_path / "ruled.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("Rules")
    red = book.add_format({"font_color": "red"})
    bold = book.add_format({"bold": True, "num_format": "0.000", "border": 1})
    sheet.write("A1", 5, bold)
    sheet.write_rich_string("A2", "plain ", red, "red")
    sheet.write_url("A3", "https://example.org/", string="link")
    sheet.merge_range("B1:C1", "merged", bold)
    rule = {"type": "formula", "criteria": "=$A1>A2", "format": red}
    sheet.conditional_format("A1:A3", rule)
    sheet.data_validation("B2:B3", {"validate": "custom", "value": "=B2>A2"})
    sheet.write_comment("H1", "a note")
    sheet.set_column("A:A", 30)
    book.add_worksheet("Other")
    book.close()
    return path


def test_rules_links_and_merged_cells_are_copied_along(app: xw.App, ruled: Path) -> None:
    sheet = app.books.open(ruled).sheets["Rules"]
    sheet["A1:C3"].copy(sheet["E5"])
    sheet["A1:C3"].copy(sheet.book.sheets["Other"]["A1"])
    sheet.book.save()
    assert lint(ruled) == []

    read = openpyxl.load_workbook(ruled)
    rules = {
        str(area.sqref): area.rules[0].formula[0] for area in read["Rules"].conditional_formatting
    }
    assert rules == {"A1:A3": "$A1>A2", "E5:E7": "$A5>E6"}
    validations = {str(v.sqref): v.formula1 for v in read["Rules"].data_validations.dataValidation}
    assert validations == {"B2:B3": "B2>A2", "F6:F7": "F6>E6"}
    assert {str(area) for area in read["Rules"].merged_cells.ranges} == {"B1:C1", "F5:G5"}
    assert read["Rules"]["E7"].hyperlink.target == "https://example.org/"
    assert read["Rules"]["E5"].number_format == "0.000"
    other = read["Other"]
    assert other["A3"].hyperlink.target == "https://example.org/"
    assert [str(area) for area in other.merged_cells.ranges] == ["B1:C1"]
    assert other["A2"].value == "plain red"


def test_what_cannot_be_copied_exactly_is_refused_before_anything_changes(
    app: xw.App, ruled: Path
) -> None:
    book = app.books.open(ruled)
    sheet = book.sheets["Rules"]
    second = app.books.add()
    refused: list[tuple[xw.Range, xw.Range]] = [
        (sheet["H1"], sheet["J1"]),
        (sheet["J1"], sheet["H1"]),
        (sheet["A1"], second.sheets[0]["A1"]),
        (sheet["C1:D2"], sheet["J1"]),
        (sheet["J1:K2"], sheet["C1"]),
    ]
    for source, target in refused:
        with pytest.raises((OutsideFileEngine, MergedCellsInTheWay)):
            source.copy(target)
    assert not book.impl.touched
    with pytest.raises(NothingCopied):
        sheet["A1"].paste()


def test_rich_text_goes_to_another_book_as_it_is(app: xw.App, ruled: Path, tmp_path: Path) -> None:
    sheet = app.books.open(ruled).sheets["Rules"]
    sheet["A1:C3"].copy(sheet.book.sheets["Other"]["A1"])
    sheet["E1"].value = "none"
    second = app.books.add()
    target = second.sheets[0]["B2"]
    target.copy_from(sheet["A1:A2"], "values")
    second.save(tmp_path / "second.xlsx")
    assert lint(tmp_path / "second.xlsx") == []
    assert second.sheets[0]["B2:B3"].value == [5.0, "plain red"]
    with zipfile.ZipFile(tmp_path / "second.xlsx") as archive:
        assert b"<is><r>" in archive.read("xl/worksheets/sheet1.xml")


def test_column_widths_and_whole_columns_are_pasted(app: xw.App, ruled: Path) -> None:
    sheet = app.books.open(ruled).sheets["Rules"]
    sheet["A1"].copy()
    sheet["E1:F1"].paste("column_widths")
    sheet.book.save()
    read = openpyxl.load_workbook(ruled)["Rules"]
    assert read.column_dimensions["E"].width == read.column_dimensions["A"].width
    assert lint(ruled) == []


def test_formulas_without_a_result_are_not_pasted_as_values(ledger: xw.Sheet) -> None:
    ledger["H1"].formula = "=1+1"
    ledger["H1"].copy()
    with pytest.raises(NeedsExcel):
        ledger["H2"].paste("values")
    assert ledger["H2"].value is None


def test_a_whole_array_is_copied_and_a_part_is_not(ledger: xw.Sheet, saved: Path) -> None:
    ledger["H1:H2"].formula_array = "=D4:D5*2"
    ledger["H1:H2"].copy(ledger["J1"])
    assert ledger["J1:J2"].formula_array == "=F4:F5*2"
    with pytest.raises(OutsideFileEngine):
        ledger["H1"].copy(ledger["K1"])
    with pytest.raises(ArrayFormulaInTheWay):
        ledger["A1"].copy(ledger["H2"])


# Moves and order


def test_a_table_moves_as_a_whole_only(ledger: xw.Sheet, saved: Path) -> None:
    with pytest.raises(TableTorn):
        ledger["B3:C5"].move(ledger["H3"])
    with pytest.raises(OutsideFileEngine):
        ledger["B3:E5"].move(ledger.book.sheets["Own"]["H3"])
    ledger["B3:E5"].move(ledger["H10"])
    assert ledger.tables["Ledger"].range.address == "$H$10:$K$12"
    assert ledger.book.names["Amounts"].refers_to == "=Ledger!$J$11:$J$12"


def test_cells_with_something_attached_stay_on_their_sheet(app: xw.App, ruled: Path) -> None:
    book = app.books.open(ruled)
    rules, other = book.sheets["Rules"], book.sheets["Other"]
    for area in ("A1", "B1:C1", "B2", "A3", "H1"):
        with pytest.raises(OutsideFileEngine):
            rules[area].move(other["A1"])
    assert not book.impl.touched


def test_sorting_refuses_what_it_would_tear(app: xw.App, ruled: Path) -> None:
    sheet = app.books.open(ruled).sheets["Rules"]
    for area in ("A1:C3", "A1:A3", "H1:H2"):
        with pytest.raises(FileEngineProblem):
            sheet[area].sort(1)
    assert not sheet.book.impl.touched


def test_numbers_that_only_excel_can_show_are_not_passed_over(ledger: xw.Sheet) -> None:
    with pytest.raises(OutsideFileEngine):
        ledger["B4:B5"].find("2026")
    found: Any = ledger["B4:D5"].find("text 4", whole=True)
    assert found.address == "$C$5"
    ledger["B4:B5"].copy(ledger["I4"])
    with pytest.raises(OutsideFileEngine):
        ledger["I4:I5"].remove_duplicates(1)


def test_a_text_that_looks_like_a_formula_stays_a_text_when_replaced(
    ledger: xw.Sheet, saved: Path
) -> None:
    ledger["I1:I2"].value = [['=HYPERLINK("http://old")'], ["old"]]
    ledger["I1:I2"].replace_all("http://old", "http://new")
    assert ledger["I1"].value == '=HYPERLINK("http://new")'
    with pytest.raises(OutsideFileEngine):
        ledger["I2:I3"].replace_all("old", "=1+1")
    assert ledger["I2"].value == "old"
    ledger.book.save()
    assert openpyxl.load_workbook(saved)["Ledger"]["I1"].data_type != "f"


def test_groups_have_levels_and_an_end(ledger: xw.Sheet, saved: Path) -> None:
    for _ in range(7):
        ledger["4:5"].group()
    ledger["D:E"].group()
    with pytest.raises(GroupRefused):
        ledger["4:4"].group()
    with pytest.raises(GroupRefused):
        ledger["9:9"].ungroup()
    ledger["5:5"].ungroup()
    ledger.book.save()
    read = openpyxl.load_workbook(saved)["Ledger"]
    assert (read.row_dimensions[4].outlineLevel, read.row_dimensions[5].outlineLevel) == (7, 6)
    assert read.column_dimensions["D"].outlineLevel == 1


# Files


def test_a_book_with_moved_cells_satisfies_the_open_xml_sdk(app: xw.App, ruled: Path) -> None:
    book = app.books.open(ruled)
    rules = book.sheets["Rules"]
    rules["L1"].value = [["N", "Text"], [1, "a"], [2, "b"]]
    rules.tables.add(source=rules["L1:M3"], name="Data")
    rules["3:3"].insert("down")
    rules["M:M"].insert("right")
    rules["A5:A6"].insert("right")
    rules["A1:C2"].copy(rules["E5:G10"])
    rules["A1:C2"].move(rules["A20"])
    rules["2:3"].group()
    rules["D:D"].group()
    book.save()
    assert lint(ruled) == []
    assert validate(ruled) == []


def findings_in(path: Path) -> Counter[tuple[str, str]]:
    """What Excel would stumble over, counted, since the cells named in it move."""
    # A name whose cells are gone names nothing; it stays, as in Excel.
    found = [finding for finding in lint(path) if finding.code != "name-reference"]
    return Counter((finding.code, finding.part) for finding in found)


def check_book(app: xw.App, source: Path, tmp_path: Path) -> bool:
    """Insert and delete rows and columns in all sheets; whether the book could be opened and saved."""
    path = tmp_path / source.name
    shutil.copyfile(source, path)
    before = findings_in(path)
    try:
        book = app.books.open(path)
    except PackageRefused:
        return False
    for sheet in book.sheets:
        for area, shift in (("3:4", "down"), ("C:C", "right"), ("B2:C3", "down"), ("B2", "right")):
            try:
                sheet[area].insert(shift)
            except (WriteRefused, OutsideFileEngine):
                continue
        for area, shift in (("2:2", "up"), ("B:B", "left"), ("D4", "up")):
            try:
                sheet[area].delete(shift)
            except (WriteRefused, OutsideFileEngine):
                continue
    try:
        book.save()
    except SignedWorkbook:
        return False
    finally:
        book.close()
    assert findings_in(path) - before == Counter(), source.name
    return True


@pytest.mark.skipif(not BOOKS, reason="../shared/data/workbooks is not here")
def test_rows_and_columns_come_and_go_in_real_workbooks(app: xw.App, tmp_path: Path) -> None:
    small = [source for source in BOOKS if source.stat().st_size < 14_000]
    assert sum(check_book(app, source, tmp_path) for source in small) > len(small) // 2


@pytest.mark.deep
@pytest.mark.skipif(not BOOKS, reason="../shared/data/workbooks is not here")
@pytest.mark.parametrize("source", BOOKS, ids=lambda path: path.name)
def test_rows_and_columns_come_and_go_in_every_real_workbook(
    app: xw.App, tmp_path: Path, source: Path
) -> None:
    check_book(app, source, tmp_path)


def test_a_column_of_values_is_read_back_after_rows_were_inserted(app: xw.App, path: Path) -> None:
    sheet = app.books.open(path).sheets["Own"]
    rows: Any = [[number] for number in range(3000)]
    sheet["H1"].value = rows
    sheet["1500:1501"].insert("down")
    assert sheet["H1499:H1503"].value == [1498.0, None, None, 1499.0, 1500.0]
    sheet["1500:1501"].delete()
    assert sheet["H1:H3000"].options(ndim=2).value == rows
    sheet.book.save()
    assert sheet["H3000"].value == 2999.0
