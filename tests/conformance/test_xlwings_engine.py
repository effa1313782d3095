# ruff: noqa: DTZ001 - a cell has no time zone
"""
What the client relies on, said in xlwings' terms alone, so that it can run on Excel itself as well.

conftest.py chooses the engine.
"""

from __future__ import annotations

import datetime as dt

import pytest
import xlwings as xw
from xlwings import base_classes

from excel_client.file_engine import register
from excel_client.file_engine.problems import NeedsExcel
from tests.conformance.conftest import OURS


def test_the_engine_is_registered_once() -> None:
    assert register() is register()
    assert register().name == "pennyvault"
    assert register().type == "desktop"
    assert [engine.name for engine in xw.engines].count("pennyvault") == 1


def test_values_keep_their_types(sheet: xw.Sheet) -> None:
    row = ["text", 1.5, True, dt.datetime(2026, 3, 31, 8, 30), None, "001"]
    sheet["F1"].number_format = "@"
    sheet["A1:F1"].value = row
    assert sheet["A1:F1"].value == row


def test_an_int_is_read_as_a_float(sheet: xw.Sheet) -> None:
    sheet["A1"].value = 3
    assert type(sheet["A1"].value) is float


def test_options_shape_what_is_read(sheet: xw.Sheet) -> None:
    sheet["A1"].value = [[1, 2], [3, None]]
    assert sheet["A1:B2"].options(ndim=2).value == [[1.0, 2.0], [3.0, None]]
    assert sheet["A1:B1"].value == [1.0, 2.0]
    assert sheet["A1"].options(ndim=2).value == [[1.0]]
    assert sheet["A1:B2"].options(numbers=int, empty="-").value == [[1, 2], [3, "-"]]
    assert sheet["A1:B2"].options(transpose=True).value == [[1.0, 3.0], [2.0, None]]
    assert sheet["A1:A2"].options(tuple).value == (1.0, 3.0)


def test_dates_are_read_as_asked(sheet: xw.Sheet) -> None:
    sheet["A1"].value = dt.date(2026, 3, 31)
    assert sheet["A1"].value == dt.datetime(2026, 3, 31)
    assert sheet["A1"].options(dates=dt.date).value == dt.date(2026, 3, 31)


def test_one_value_fills_a_range(sheet: xw.Sheet) -> None:
    sheet["A1:B2"].value = "x"
    assert sheet["A1:B2"].value == [["x", "x"], ["x", "x"]]


def test_a_list_is_written_as_a_row_and_a_column_by_transposing(sheet: xw.Sheet) -> None:
    sheet["A1"].value = [1, 2, 3]
    sheet["A2"].options(transpose=True).value = [4, 5]
    assert sheet["A1:C1"].value == [1.0, 2.0, 3.0]
    assert sheet["A2:A3"].value == [4.0, 5.0]


def test_formulas_are_written_and_read_as_formulas(sheet: xw.Sheet) -> None:
    sheet["A1"].value = 2
    sheet["B1:B2"].formula = "=A1*2"
    assert sheet["B1"].formula == "=A1*2"
    assert sheet["B1:B2"].formula == (("=A1*2",), ("=A2*2",))
    sheet["B1"].value = 5
    assert sheet["B1"].formula == "5"


def test_clearing_takes_contents_and_leaves_formats(sheet: xw.Sheet) -> None:
    sheet["A1"].value = 1.5
    sheet["A1"].number_format = "0.00"
    sheet["A1"].clear_contents()
    assert sheet["A1"].value is None
    assert sheet["A1"].number_format == "0.00"
    sheet["A1"].clear()
    assert sheet["A1"].number_format == "General"


def test_number_formats_differ_or_agree(sheet: xw.Sheet) -> None:
    sheet["A1:B2"].number_format = "#,##0.000"
    assert sheet["A1:B2"].number_format == "#,##0.000"
    sheet["B2"].number_format = "0%"
    assert sheet["A1:B2"].number_format is None


def test_ranges_are_addressed_in_many_ways(sheet: xw.Sheet) -> None:
    block = sheet.range((2, 3), (4, 5))
    assert block.address == "$C$2:$E$4"
    assert sheet["C2:E4"] == block
    assert block[0, 0].address == "$C$2"
    assert block[1:, :2].address == "$C$3:$D$4"
    assert block.last_cell.address == "$E$4"
    assert block.offset(1, 1).address == "$D$3:$F$5"
    assert block.resize(1, 2).address == "$C$2:$D$2"
    assert (block.row, block.column, block.shape, block.size) == (2, 3, (3, 3), 9)
    assert next(iter(block.rows)).address == "$C$2:$E$2"
    assert block.columns[2].address == "$E$2:$E$4"
    assert block.get_address(row_absolute=False, column_absolute=False) == "C2:E4"
    assert block.get_address(include_sheetname=True).endswith("!$C$2:$E$4")


def test_the_arrow_keys_find_the_ends_of_a_block(sheet: xw.Sheet) -> None:
    sheet["B2"].value = [[1, 2, None, 3], [4, 5, None, None], [6, 7, None, None]]
    assert sheet["B2"].end("down").address == "$B$4"
    assert sheet["B2"].end("right").address == "$C$2"
    assert sheet["C2"].end("right").address == "$E$2"
    assert sheet["B4"].end("up").address == "$B$2"
    assert sheet["E2"].end("left").address == "$C$2"
    assert sheet["B2"].current_region.address == "$B$2:$C$4"
    assert sheet["B2"].expand().address == "$B$2:$C$4"
    assert sheet["B2"].expand("down").address == "$B$2:$B$4"


def test_the_used_range_grows_with_what_is_written(sheet: xw.Sheet) -> None:
    sheet["B2"].value = 1
    sheet["D5"].value = 1
    assert sheet.used_range.address == "$B$2:$D$5"


def test_names_are_added_found_and_deleted(book: xw.Book, sheet: xw.Sheet) -> None:
    book.names.add("Rates", f"={sheet.name}!$A$1:$B$2")
    assert "Rates" in book.names
    assert book.names["Rates"].refers_to_range.address == "$A$1:$B$2"
    assert sheet["Rates"].address == "$A$1:$B$2"
    book.save()
    assert [name.name for name in book.names] == ["Rates"]
    book.names["Rates"].delete()
    assert "Rates" not in book.names


def test_books_are_found_by_name_and_forgotten_when_closed(book: xw.Book) -> None:
    app = book.app
    assert app.books["book.xlsx"] == book
    assert app.books.open(book.fullname) == book
    book.close()
    assert "book.xlsx" not in app.books


def test_what_is_written_is_there_after_saving_and_opening(book: xw.Book) -> None:
    book.sheets[0]["A1"].value = [["a", 1], ["=b", 2]] if OURS else [["a", 1], ["b", 2]]
    book.save()
    path, app = book.fullname, book.app
    book.close()
    again = app.books.open(path)
    assert again.sheets[0]["B1:B2"].value == [1.0, 2.0]
    again.close()


def test_a_missing_sheet_or_table_is_a_key_error(book: xw.Book, sheet: xw.Sheet) -> None:
    if not OURS:
        pytest.skip("Excel raises its own error here")
    with pytest.raises(KeyError):
        book.sheets["missing"]
    with pytest.raises(KeyError):
        sheet.tables["missing"]
    assert "missing" not in book.sheets


@pytest.mark.skipif(not OURS, reason="Excel can do these")
def test_what_needs_excel_says_so(book: xw.Book, sheet: xw.Sheet) -> None:
    for needing in (
        book.app.calculate,
        book.to_pdf,
        lambda: sheet.charts,
        lambda: sheet.pictures,
        lambda: sheet.shapes,
    ):
        with pytest.raises(NeedsExcel):
            needing()


@pytest.mark.skipif(not OURS, reason="about our own classes")
def test_no_member_is_left_to_raise_not_implemented(book: xw.Book, sheet: xw.Sheet) -> None:
    implementations = [
        (base_classes.App, book.app.impl),
        (base_classes.Books, book.app.books.impl),
        (base_classes.Book, book.impl),
        (base_classes.Sheets, book.sheets.impl),
        (base_classes.Sheet, sheet.impl),
        (base_classes.Range, sheet["A1"].impl),
        (base_classes.Names, book.names.impl),
        (base_classes.Tables, sheet.tables.impl),
    ]
    taken_over = {"expand", "snapshot"}
    for base, implementation in implementations:
        for name, member in vars(base).items():
            if not name.startswith("_") and name not in taken_over:
                assert getattr(type(implementation), name, None) is not member, (base, name)
                assert name in dir(implementation), (base, name)
