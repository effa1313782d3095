from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwings as xw

from excel_client.file_engine.problems import (
    ArrayFormulaInTheWay,
    FileEngineProblem,
    MergedCellsInTheWay,
    NeedsExcel,
    OutsideFileEngine,
    PackageDamaged,
    TableInTheWay,
    TableNameRefused,
    TableShapeRefused,
    ValueNotWritable,
)
from tests.workbook_checks.ooxml_lint import lint

Parts = Callable[[Path], dict[str, bytes]]
Rewrite = Callable[[Path, dict[str, bytes | None]], Path]

SHEET = "xl/worksheets/sheet1.xml"
TABLE = "xl/tables/table1.xml"


def ledger_of(book: xw.Book) -> tuple[xw.Sheet, xw.main.Table]:
    sheet = book.sheets["Ledger"]
    return sheet, sheet.tables["Ledger"]


def test_a_new_table_is_one_for_other_readers_too(app: xw.App, path: Path, parts_of: Parts) -> None:
    before = parts_of(path)
    book = app.books.open(path)
    sheet = book.sheets["Own"]
    sheet["F1"].value = [["a", "A", None, 2.5, "x\ny & <z>"], [1, 2, 3, 4, 5]]
    table = sheet.tables.add(sheet["F1:J2"], table_style_name="TableStyleLight1")
    assert table.name == "Table1"
    book.save()
    assert lint(path) == []
    after = parts_of(path)
    assert set(after) - set(before) == {
        "xl/tables/table2.xml",
        "xl/worksheets/_rels/sheet2.xml.rels",
    } - set(before)
    assert after[SHEET] == before[SHEET]
    read = openpyxl.load_workbook(path)["Own"].tables["Table1"]
    assert read.ref == read.autoFilter.ref == "F1:J2"
    assert read.column_names == ["a", "A2", "Column1", "2.5", "x\ny & <z>"]
    assert read.tableStyleInfo.name == "TableStyleLight1"
    assert sheet["F1:J1"].value == ["a", "A2", "Column1", "2.5", "x\ny & <z>"]


def test_names_and_numbers_of_tables_are_never_given_twice(app: xw.App, path: Path) -> None:
    book = app.books.open(path)
    sheet = book.sheets["Own"]
    book.names.add("Table1", "=Own!$A$1")
    made = [sheet.tables.add(sheet.range((20 + 3 * n, 1))).name for n in range(3)]
    assert made == ["Table2", "Table3", "Table4"]
    for name in ("ledger", "AMOUNTS", "table3", "A1", "a b"):
        with pytest.raises(TableNameRefused):
            sheet.tables.add(sheet["H1"], name=name)
    book.save()
    assert lint(path) == []


def test_what_no_table_may_hold_is_refused_before_anything_changes(
    app: xw.App, path: Path, parts_of: Parts, rewrite: Rewrite
) -> None:
    merged = b'</sheetData><mergeCells count="1"><mergeCell ref="H1:I1"/></mergeCells>'
    array = b'<c r="G1"><f t="array" ref="G1:G2">B4:B5</f><v>1</v></c>'
    data = parts_of(path)[SHEET].replace(b"</sheetData>", merged)
    start = data.index(b'<c r="G1"')
    data = data[:start] + array + data[data.index(b"</c>", start) + 4 :]
    rewrite(path, {SHEET: data})
    book = app.books.open(path)
    sheet = book.sheets["Ledger"]
    for address, problem in (
        ("A5:B9", TableInTheWay),
        ("H1:K4", MergedCellsInTheWay),
        ("G2:G3", ArrayFormulaInTheWay),
        ("G2", ArrayFormulaInTheWay),
    ):
        with pytest.raises(problem):
            sheet.tables.add(sheet[address])
    assert not book.impl.touched


def test_a_formula_cannot_be_a_header(app: xw.App, path: Path) -> None:
    book = app.books.open(path)
    sheet, table = ledger_of(book)
    with pytest.raises(NeedsExcel):
        sheet["C3"].formula = "=1+1"
    with pytest.raises(NeedsExcel):
        sheet["A3:C3"].formula = [["x", "y", "=1+1"]]
    assert not book.impl.touched
    book.sheets["Own"]["H1"].formula = "=1+1"
    with pytest.raises(NeedsExcel):
        book.sheets["Own"].tables.add(book.sheets["Own"]["H1:H3"])
    assert table.header_row_range is not None
    assert table.header_row_range.value == ["Date", "Text", "Amount", "Twice"]


def test_headers_that_swap_their_names_swap_them_in_formulas(app: xw.App, path: Path) -> None:
    book = app.books.open(path)
    sheet, _ = ledger_of(book)
    sheet["B3:D3"].value = ["Amount", "Date", "Text"]
    book.save()
    assert lint(path) == []
    read = openpyxl.load_workbook(path)
    assert read["Own"]["A1"].value == "=SUM(Ledger[Text])"
    assert read["Ledger"]["E4"].value == "=Ledger[[#This Row],[Text]]*2"
    column = read["Ledger"].tables["Ledger"].tableColumns[3]
    assert column.calculatedColumnFormula.attr_text == "Ledger[[#This Row],[Text]]*2"


def test_a_write_that_meets_no_header_leaves_the_table_alone(
    app: xw.App, path: Path, parts_of: Parts
) -> None:
    before = parts_of(path)
    book = app.books.open(path)
    sheet, _ = ledger_of(book)
    sheet["B3:D4"].value = [["Date", "Text", "Amount"], [dt.date(2026, 5, 1), "x", 1]]
    book.save()
    assert parts_of(path)[TABLE] == before[TABLE]


def test_a_totals_row_moves_with_its_formulas(app: xw.App, path: Path) -> None:
    book = app.books.open(path)
    sheet, table = ledger_of(book)
    table.show_totals = True
    sheet["D6"].formula = "=SUM(D4:D5)"
    book.sheets["Own"]["B1"].formula = "=Ledger!$D$6"
    sheet["B7"].value = "below"
    table.resize(sheet["B3:E9"])
    assert table.totals_row_range == sheet["B9:E9"]
    assert sheet["D9"].formula == "=SUM(D4:D8)"
    assert sheet["B10"].value == "below"
    assert book.sheets["Own"]["B1"].formula == "=Ledger!$D$9"
    assert sheet["E8"].formula == "=Ledger[[#This Row],[Amount]]*2"
    book.save()
    assert lint(path) == []
    table.resize(sheet["B3:E5"])
    assert table.totals_row_range == sheet["B5:E5"]
    assert sheet["D5"].formula == "=SUM(D4:D4)"
    assert sheet["C6"].value == "text 4"
    assert book.sheets["Own"]["B1"].formula == "=Ledger!$D$5"
    book.save()
    assert lint(path) == []
    read = openpyxl.load_workbook(path)["Ledger"].tables["Ledger"]
    assert (read.ref, read.autoFilter.ref, read.totalsRowCount) == ("B3:E5", "B3:E4", 1)


def test_an_array_in_a_calculated_column_is_filled_down(
    app: xw.App, path: Path, parts_of: Parts, rewrite: Rewrite
) -> None:
    parts = parts_of(path)
    old = b"Ledger[[#This Row],[Amount]]*2"
    data = parts[SHEET]
    for row in (b"4", b"5"):
        data = data.replace(
            b"<f>%b</f>" % old, b'<f t="array" ref="E%b">SUM(D%b*2)</f>' % (row, row), 1
        )
    opening = b"<calculatedColumnFormula"
    table = parts[TABLE].replace(opening, opening + b' array="1"').replace(old, b"SUM(D4*2)")
    rewrite(path, {SHEET: data, TABLE: table})
    book = app.books.open(path)
    sheet, resized = ledger_of(book)
    resized.resize(sheet["B3:E7"])
    book.save()
    assert lint(path) == []
    cell = openpyxl.load_workbook(path)["Ledger"]["E7"].value
    assert (cell.ref, cell.text) == ("E7", "=SUM(D7*2)")


def test_rows_that_a_filter_hid_are_shown_once_it_is_gone(
    app: xw.App, path: Path, parts_of: Parts, rewrite: Rewrite
) -> None:
    parts = parts_of(path)
    hidden = parts[SHEET].replace(b'<row r="5"', b'<row r="5" hidden="1"')
    shown = b'<filterColumn colId="1"><filters><filter val="text 3"/></filters></filterColumn>'
    filters = b'<autoFilter ref="B3:E5">%b</autoFilter>' % shown
    table = parts[TABLE].replace(b'<autoFilter ref="B3:E5"/>', filters)
    rewrite(path, {SHEET: hidden, TABLE: table})
    book = app.books.open(path)
    sheet, filtered = ledger_of(book)
    with pytest.raises(OutsideFileEngine):
        filtered.columns["Text"].delete()
    filtered.sort(3, ascending=False)
    assert sheet["D4:D5"].value == [3.25, 4.25]
    filtered.show_autofilter = False
    book.save()
    assert not openpyxl.load_workbook(path)["Ledger"].row_dimensions[5].hidden
    assert lint(path) == []


def test_cells_with_links_are_not_sorted(app: xw.App, path: Path) -> None:
    book = app.books.open(path)
    sheet, table = ledger_of(book)
    sheet["C4"].add_hyperlink("https://example.com", "text")
    before = sheet["B4:D5"].value
    with pytest.raises(OutsideFileEngine):
        table.sort(1, ascending=False)
    assert sheet["B4:D5"].value == before


def test_what_formulas_come_to_after_a_change_only_excel_can_sort(app: xw.App, path: Path) -> None:
    book = app.books.open(path)
    sheet, table = ledger_of(book)
    table.sort(4, ascending=False)
    assert sheet["D4:D5"].value == [4.25, 3.25]
    with pytest.raises(NeedsExcel):
        table.sort(4)


def test_a_sorted_table_says_by_what(app: xw.App, path: Path) -> None:
    book = app.books.open(path)
    _, table = ledger_of(book)
    table.sort([3, 1], [False, True])
    book.save()
    assert lint(path) == []
    state = openpyxl.load_workbook(path)["Ledger"].tables["Ledger"].sortState
    stated = [(c.ref, bool(c.descending)) for c in state.sortCondition]
    assert (state.ref, stated) == ("B4:E5", [("D4:D5", True), ("B4:B5", False)])


def test_a_row_of_values_that_no_cell_takes_is_not_added(app: xw.App, path: Path) -> None:
    book = app.books.open(path)
    _, table = ledger_of(book)
    with pytest.raises(ValueNotWritable):
        table.impl.rows.add([1, 2, object(), 4], None)
    assert not book.impl.touched


def test_columns_of_a_query_are_not_ours(
    app: xw.App, path: Path, parts_of: Parts, rewrite: Rewrite
) -> None:
    data = parts_of(path)[TABLE].replace(b' ref="B3:E5"', b' ref="B3:E5" tableType="queryTable"', 1)
    rewrite(path, {TABLE: data})
    book = app.books.open(path)
    sheet, table = ledger_of(book)
    actions: list[Callable[[], Any]] = [
        lambda: table.columns.add("x"),
        table.columns[0].delete,
        lambda: table.resize(sheet["B3:F5"]),
        lambda: table.resize(sheet["B3:D5"]),
    ]
    for action in actions:
        with pytest.raises(FileEngineProblem):
            action()
    assert not book.impl.touched


def test_a_table_on_another_sheet_is_no_place_for_it(app: xw.App, path: Path) -> None:
    book = app.books.open(path)
    _, table = ledger_of(book)
    with pytest.raises(TableShapeRefused):
        table.resize(book.sheets["Own"]["B3:E9"])


def test_one_that_was_renamed_elsewhere_is_still_the_same_table(app: xw.App, path: Path) -> None:
    book = app.books.open(path)
    sheet, table = ledger_of(book)
    sheet.tables[0].name = "Other"
    book.save()
    assert table.name == table.display_name == "Other"
    assert openpyxl.load_workbook(path)["Own"]["A1"].value == "=SUM(Other[Amount])"
    assert lint(path) == []


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        (TABLE, b'ref="B3:E5"', b'ref="B3:ZZZ99"'),
        (
            SHEET,
            b"</sheetData>",
            b'</sheetData><mergeCells><mergeCell ref="ZZZ99:ZZZ100"/></mergeCells>',
        ),
        (SHEET, b"<f>Ledger[[#This Row],[Amount]]*2", b'<f t="shared" si="0" ref="ZZZ99">1'),
    ],
    ids=["table", "merge", "formula"],
)
def test_a_place_beyond_any_sheet_is_damage(
    app: xw.App, path: Path, parts_of: Parts, rewrite: Rewrite, part: str, old: bytes, new: bytes
) -> None:
    rewrite(path, {part: parts_of(path)[part].replace(old, new, 1)})
    book = app.books.open(path)
    with pytest.raises(PackageDamaged):
        book.sheets["Ledger"]["B4"].value = 1


def test_guessed_headers_are_texts_over_something_else(app: xw.App, path: Path) -> None:
    sheet = app.books.open(path).sheets["Own"]
    sheet["H1"].value = [["a", "b"], [1, "x"]]
    sheet["H5"].value = [["a", "b"], ["c", "d"]]
    tables = sheet.impl.tables
    headed = tables.add(source=sheet["H1:I2"], has_headers="guess")
    bare = tables.add(source=sheet["H5:I6"], has_headers="guess")
    assert headed.range.address == "$H$1:$I$2"
    assert bare.range.address == "$H$5:$I$7"
