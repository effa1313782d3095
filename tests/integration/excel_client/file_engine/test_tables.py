# ruff: noqa: DTZ001 - a cell has no time zone
from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwings as xw

from excel_client.file_engine.problems import (
    CellsInTheWay,
    MergedCellsInTheWay,
    TableShapeRefused,
)
from tests.workbook_checks.ooxml_lint import lint

Parts = Callable[[Path], dict[str, bytes]]
Rewrite = Callable[[Path, dict[str, bytes | None]], Path]

SHEET = "xl/worksheets/sheet1.xml"
ROWS: list[list[Any]] = [
    [dt.date(2026, 2, day), f"=text {day} & <more>", day / 4] for day in range(1, 21)
]


def fill(app: xw.App, path: Path, rows: list[list[Any]]) -> xw.Book:
    book = app.books.open(path)
    sheet = book.sheets["Ledger"]
    table = sheet.tables["Ledger"]
    top, left = table.range.row, table.range.column
    table.resize(sheet.range((top, left), (top + len(rows), left + 3)))
    sheet.range((top + 1, left), (top + len(rows), left + 2)).value = rows
    return book


def body_of(book: xw.Book) -> xw.Range:
    body = book.sheets["Ledger"].tables["Ledger"].data_body_range
    assert body is not None
    return body


def test_a_table_grows_with_all_that_belongs_to_it(
    app: xw.App, path: Path, parts_of: Parts
) -> None:
    before = parts_of(path)
    book = fill(app, path, ROWS)
    book.save()

    after = parts_of(path)
    changed = {name for name in before if after[name] != before[name]}
    assert set(after) == set(before)
    assert changed == {SHEET, "xl/tables/table1.xml", "xl/workbook.xml"}

    read = openpyxl.load_workbook(path)
    sheet = read["Ledger"]
    assert sheet.tables["Ledger"].ref == "B3:E23"
    assert sheet.tables["Ledger"].autoFilter.ref == "B3:E23"
    assert sheet["C23"].value == "=text 20 & <more>"
    assert sheet["C23"].data_type != "f"
    assert sheet["B23"].value == dt.datetime(2026, 2, 20)
    assert sheet["E23"].value == "=Ledger[[#This Row],[Amount]]*2"
    assert sheet["D23"].number_format == sheet["E23"].number_format == "#,##0.00"
    assert sheet["D23"].font.b
    assert sheet["G1"].value == "note of the user"
    ranges = sorted(str(area.sqref) for area in sheet.conditional_formatting)
    assert ranges == ["D1:D2", "D4:D23"]
    assert [str(rule.sqref) for rule in sheet.data_validations.dataValidation] == ["C4:C23"]
    assert read.defined_names["Amounts"].attr_text == "Ledger!$D$4:$D$23"
    assert read.defined_names["Elsewhere"].attr_text == "Own!$A$1:$A$2"
    assert read.calculation.fullCalcOnLoad


def test_new_rows_show_nothing_yet_where_nothing_was_written(app: xw.App, path: Path) -> None:
    book = fill(app, path, ROWS)
    body = body_of(book)
    assert body[19, 2].value == 5.0
    assert body[19, 3].value is None
    assert body[19, 3].formula == "=Ledger[[#This Row],[Amount]]*2"


def test_results_of_calculated_columns_are_written_beside_their_formulas(
    app: xw.App, path: Path
) -> None:
    book = fill(app, path, ROWS)
    column = body_of(book)[:, 3]
    column.impl.write_cached_results([[row[2] * 2] for row in ROWS])
    book.save()
    assert openpyxl.load_workbook(path, data_only=True)["Ledger"]["E23"].value == 10.0
    assert openpyxl.load_workbook(path)["Ledger"]["E23"].value.startswith("=Ledger[")


def test_a_table_shrinks_and_leaves_the_users_cells(app: xw.App, path: Path) -> None:
    fill(app, path, ROWS).save()
    book = app.books["ledger.xlsx"]
    sheet = book.sheets["Ledger"]
    table = sheet.tables["Ledger"]
    table.resize(sheet["B3:E8"])
    assert body_of(book).address == "$B$4:$E$8"
    assert sheet["C9"].value == "=text 6 & <more>"
    sheet["B9:E23"].clear()
    book.save()

    read = openpyxl.load_workbook(path)["Ledger"]
    assert read.tables["Ledger"].ref == "B3:E8"
    assert read["E8"].value == "=Ledger[[#This Row],[Amount]]*2"
    assert read["C9"].value is None
    assert read["E9"].value is None
    assert sheet.used_range.address == "$B$1:$G$8"


def test_growing_shrinking_and_growing_again_is_as_growing_once(
    app: xw.App, path: Path, make_workbook: Callable[..., Path], tmp_path: Path
) -> None:
    book = app.books.open(path)
    sheet = book.sheets["Ledger"]
    table = sheet.tables["Ledger"]
    for last in (30, 6, 12):
        table.resize(sheet[f"B3:E{last}"])
    book.save()
    book.close()
    other = make_workbook(tmp_path / "other.xlsx")
    once = app.books.open(other)
    once.sheets["Ledger"].tables["Ledger"].resize(once.sheets["Ledger"]["B3:E12"])
    once.save()

    def cells(file: Path) -> list[list[object]]:
        return [[cell.value for cell in row] for row in openpyxl.load_workbook(file)["Ledger"].rows]

    assert cells(path) == cells(other)


def test_a_formula_with_plain_references_is_filled_down(
    app: xw.App, path: Path, parts_of: Parts, rewrite: Rewrite
) -> None:
    parts = parts_of(path)
    old, new = b"Ledger[[#This Row],[Amount]]*2", b"D4*2"
    first = parts[SHEET].replace(old, new, 1).replace(old, b"D5*2")
    table = parts["xl/tables/table1.xml"].replace(old, new)
    rewrite(path, {SHEET: first, "xl/tables/table1.xml": table})
    book = app.books.open(path)
    sheet = book.sheets["Ledger"]
    sheet.tables["Ledger"].resize(sheet["B3:E7"])
    formulas: Any = sheet["E4:E7"].formula
    assert formulas == (("=D4*2",), ("=D5*2",), ("=D6*2",), ("=D7*2",))


@pytest.mark.parametrize(("at", "moved_to"), [("B8", "B24"), ("E20", "E24"), ("E24", "E24")])
def test_what_the_file_has_below_a_table_makes_way(
    app: xw.App, path: Path, at: str, moved_to: str
) -> None:
    first = app.books.open(path)
    first.sheets["Ledger"][at].value = "below"
    first.save()
    first.close()
    book = app.books.open(path)
    sheet = book.sheets["Ledger"]
    sheet.tables["Ledger"].resize(sheet["B3:E23"])
    assert sheet[moved_to].value == "below"
    assert sheet["B6:D23"].options(ndim=2).value == [[None] * 3] * 18
    book.save()
    assert lint(path) == []


def test_what_the_program_wrote_below_a_table_is_taken_in(app: xw.App, path: Path) -> None:
    book = app.books.open(path)
    sheet = book.sheets["Ledger"]
    sheet["B6"].value = [[dt.date(2026, 3, 1), "new", 5], [dt.date(2026, 3, 2), "newer", 6]]
    book.save()
    sheet.tables["Ledger"].resize(sheet["B3:E7"])
    assert sheet["C6:D7"].value == [["new", 5], ["newer", 6]]
    assert sheet["E7"].formula == "=Ledger[[#This Row],[Amount]]*2"


def test_a_table_that_cannot_move_stops_one_that_grows(
    app: xw.App, path: Path, parts_of: Parts
) -> None:
    first = app.books.open(path)
    sheet = first.sheets["Ledger"]
    sheet["A20"].value = [["a", "b", "c"], [1, 2, 3]]
    sheet.tables.add(sheet["A20:C21"])
    first.save()
    before = parts_of(path)
    with pytest.raises(CellsInTheWay) as caught:
        sheet.tables["Ledger"].resize(sheet["B3:E23"])
    assert caught.value.place == "Ledger!20"
    assert not first.impl.touched
    first.save()
    assert parts_of(path) == before


def test_cells_beside_the_table_are_not_in_its_way(app: xw.App, path: Path) -> None:
    book = app.books.open(path)
    sheet = book.sheets["Ledger"]
    sheet["A7"].value = "left"
    sheet["F8"].value = "right"
    sheet.tables["Ledger"].resize(sheet["B3:E23"])
    sheet["B6:D8"].value = ROWS[:3]
    assert sheet["A7:F7"].options(ndim=1).value[0] == "left"
    assert sheet["F8"].value == "right"
    assert sheet["E8"].formula == "=Ledger[[#This Row],[Amount]]*2"


def test_merged_cells_below_stop_a_table(
    app: xw.App, path: Path, parts_of: Parts, rewrite: Rewrite
) -> None:
    merged = b'</sheetData><mergeCells count="1"><mergeCell ref="A9:C9"/></mergeCells>'
    rewrite(path, {SHEET: parts_of(path)[SHEET].replace(b"</sheetData>", merged)})
    sheet = app.books.open(path).sheets["Ledger"]
    with pytest.raises(MergedCellsInTheWay):
        sheet.tables["Ledger"].resize(sheet["B3:E23"])


def test_a_totals_row_that_the_file_states_is_seen(
    app: xw.App, path: Path, parts_of: Parts, rewrite: Rewrite
) -> None:
    name = "xl/tables/table1.xml"
    table = parts_of(path)[name].replace(b'totalsRowShown="0"', b'totalsRowCount="1"')
    rewrite(path, {name: table})
    sheet = app.books.open(path).sheets["Ledger"]
    totals = sheet.tables["Ledger"].totals_row_range
    assert totals is not None
    assert totals.address == "$B$5:$E$5"


@pytest.mark.parametrize("area", ["B3:E3", "B4:E9", "F3:G9", "B2:E9"])
def test_a_table_keeps_its_header_row_and_a_column(app: xw.App, path: Path, area: str) -> None:
    sheet = app.books.open(path).sheets["Ledger"]
    with pytest.raises(TableShapeRefused):
        sheet.tables["Ledger"].resize(sheet[area])
