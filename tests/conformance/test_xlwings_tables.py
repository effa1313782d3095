"""
Tables, said in xlwings' terms alone, so that it can run on Excel itself as well.

conftest.py chooses the engine.
"""

from __future__ import annotations

import pytest
import xlwings as xw

ROWS = [["Name", "Amount"], ["b", 2], ["a", 1], ["c", 3]]


@pytest.fixture
def table(sheet: xw.Sheet) -> xw.main.Table:
    sheet["B2"].value = ROWS
    return sheet.tables.add(sheet["B2:C5"], name="Ledger")


def names_of(table: xw.main.Table) -> list[str]:
    return [column.name for column in table.columns]


def test_a_table_says_where_it_is(sheet: xw.Sheet, table: xw.main.Table) -> None:
    assert [found.name for found in sheet.tables] == ["Ledger"]
    assert sheet.tables["ledger"] == table
    assert table.display_name == "Ledger"
    assert table.range == sheet["B2:C5"]
    assert table.header_row_range == sheet["B2:C2"]
    assert table.data_body_range == sheet["B3:C5"]
    assert table.totals_row_range is None
    assert table.insert_row_range is None
    assert table.show_headers
    assert table.show_autofilter
    assert not table.show_totals
    assert table.table_style == "TableStyleMedium2"
    assert sheet["C4"].table == table


def test_headers_become_texts_of_which_no_two_are_alike(sheet: xw.Sheet) -> None:
    sheet["A1"].value = [["a", "a", None, 5], [1, 2, 3, 4]]
    table = sheet.tables.add(sheet["A1:D2"])
    assert sheet["A1:D1"].value == ["a", "a2", "Column1", "5"]
    assert names_of(table) == ["a", "a2", "Column1", "5"]


def test_without_headers_the_cells_move_down(sheet: xw.Sheet) -> None:
    sheet["A1"].value = [[1, 2], [3, 4]]
    sheet["A4"].value = "below"
    table = sheet.tables.add(sheet["A1:B2"], has_headers=False)
    assert table.range == sheet["A1:B3"]
    assert sheet["A1:B3"].value == [["Column1", "Column2"], [1, 2], [3, 4]]


def test_a_table_of_a_single_cell_waits_for_its_first_row(sheet: xw.Sheet) -> None:
    table = sheet.tables.add(sheet["A10"])
    assert table.insert_row_range == sheet["A11"]
    assert table.data_body_range is None
    assert len(table.rows) == 0
    table.rows.add(["first"])
    table = sheet.tables[table.name]
    assert table.insert_row_range is None
    assert table.data_body_range == sheet["A11"]


def test_tables_do_not_overlap(sheet: xw.Sheet, table: xw.main.Table) -> None:
    with pytest.raises(Exception):  # noqa: B017, PT011 - each engine has its own
        sheet.tables.add(sheet["C4:D6"])
    assert len(sheet.tables) == 1


@pytest.mark.parametrize("name", ["two words", "A1", "1st"])
def test_a_name_that_is_none_is_refused(table: xw.main.Table, name: str) -> None:
    with pytest.raises(Exception):  # noqa: B017, PT011 - each engine has its own
        table.name = name
    assert table.name == "Ledger"


def test_formulas_follow_a_table_that_is_renamed(sheet: xw.Sheet, table: xw.main.Table) -> None:
    sheet["F1"].formula = "=SUM(Ledger[Amount])"
    table.name = "Book"
    assert sheet["F1"].formula == "=SUM(Book[Amount])"
    assert table.display_name == "Book"
    assert sheet.tables["Book"].range == table.range


def test_writing_into_a_header_renames_its_column(sheet: xw.Sheet, table: xw.main.Table) -> None:
    sheet["F1"].formula = "=SUM(Ledger[Amount])"
    sheet["C2"].value = "Sum"
    assert names_of(table) == ["Name", "Sum"]
    assert sheet["F1"].formula == "=SUM(Ledger[Sum])"


@pytest.mark.parametrize(("value", "header"), [(None, "Column1"), ("NAME", "NAME2"), (7, "7")])
def test_a_header_that_is_none_is_made_one(
    sheet: xw.Sheet, table: xw.main.Table, value: object, header: str
) -> None:
    sheet["C2"].value = value
    assert sheet["C2"].value == header
    assert names_of(table) == ["Name", header]


def test_clearing_a_header_gives_it_a_name(sheet: xw.Sheet, table: xw.main.Table) -> None:
    sheet["C2"].clear_contents()
    assert sheet["C2"].value == "Column1"


def test_a_table_that_is_resized_takes_in_what_was_written(
    sheet: xw.Sheet, table: xw.main.Table
) -> None:
    sheet["B6"].value = [["d", 4], ["e", 5]]
    sheet["D2"].value = ["Note"]
    table.resize(sheet["B2:E7"])
    assert names_of(table) == ["Name", "Amount", "Note", "Column1"]
    assert sheet["B6:C7"].value == [["d", 4], ["e", 5]]
    assert sheet["E2"].value == "Column1"


def test_cells_that_leave_a_table_stay(sheet: xw.Sheet, table: xw.main.Table) -> None:
    table.resize(sheet["B2:B3"])
    assert names_of(table) == ["Name"]
    assert sheet["B2:C5"].value == ROWS


@pytest.mark.parametrize("address", ["B3:C6", "B2:C2", "E2:F9"])
def test_a_header_row_and_a_row_of_data_stay(
    sheet: xw.Sheet, table: xw.main.Table, address: str
) -> None:
    with pytest.raises(Exception):  # noqa: B017, PT011 - each engine has its own
        table.resize(sheet[address])
    assert table.range == sheet["B2:C5"]


def test_headers_are_hidden_and_come_back(sheet: xw.Sheet, table: xw.main.Table) -> None:
    table.show_headers = False
    assert table.header_row_range is None
    assert table.range == sheet["B3:C5"]
    assert sheet["B2:C2"].value == [None, None]
    assert names_of(table) == ["Name", "Amount"]
    table.show_headers = True
    assert table.range == sheet["B2:C5"]
    assert sheet["B2:C2"].value == ["Name", "Amount"]
    assert table.show_autofilter


def test_a_totals_row_says_the_sum_of_the_last_column(
    sheet: xw.Sheet, table: xw.main.Table
) -> None:
    table.show_totals = True
    assert table.totals_row_range == sheet["B6:C6"]
    assert sheet["B6"].value == "Total"
    assert sheet["C6"].formula == "=SUBTOTAL(109,Ledger[Amount])"
    assert table.data_body_range == sheet["B3:C5"]
    table.show_totals = False
    assert table.range == sheet["B2:C5"]
    assert sheet["B6"].value is None


def test_cells_below_make_way_for_a_totals_row(sheet: xw.Sheet, table: xw.main.Table) -> None:
    sheet["B6"].value = "below"
    table.show_totals = True
    assert sheet["B6:B7"].value == ["Total", "below"]


def test_a_totals_row_is_restored_as_it_was(sheet: xw.Sheet, table: xw.main.Table) -> None:
    table.show_totals = True
    sheet["B6"].value = "Sum"
    sheet["C6"].formula = "=MAX(Ledger[Amount])"
    table.show_totals = False
    table.show_totals = True
    assert sheet["B6"].value == "Sum"
    assert sheet["C6"].formula == "=MAX(Ledger[Amount])"


def test_a_row_is_added_at_the_end(sheet: xw.Sheet, table: xw.main.Table) -> None:
    sheet["B6"].value = "below"
    row = table.rows.add(["d", 4])
    assert row.index == 4
    assert row.range.value == ["d", 4]
    assert table.range == sheet["B2:C6"]
    assert sheet["B7"].value == "below"


def test_a_row_is_added_between_others(sheet: xw.Sheet, table: xw.main.Table) -> None:
    sheet["F1"].formula = "=SUM(C3:C5)"
    table.rows.add(["x", 9], index=2)
    assert table.data_body_range is not None
    assert table.data_body_range.value == [["b", 2], ["x", 9], ["a", 1], ["c", 3]]
    assert sheet["F1"].formula == "=SUM(C3:C6)"


def test_rows_are_deleted_to_the_last(sheet: xw.Sheet, table: xw.main.Table) -> None:
    sheet["B6"].value = "below"
    table.rows[0].delete()
    assert table.range == sheet["B2:C4"]
    assert sheet["B3:B5"].value == ["a", "c", "below"]
    table.rows[1].delete()
    table.rows[0].delete()
    assert len(table.rows) == 0
    assert table.data_body_range is None
    assert names_of(table) == ["Name", "Amount"]


@pytest.mark.parametrize(
    ("index", "names"),
    [(1, ["Tax", "Name", "Amount"]), (2, ["Name", "Tax", "Amount"]), (None, ["Name", "Amount", "Tax"])],
)  # fmt: skip
def test_a_column_is_added(
    sheet: xw.Sheet, table: xw.main.Table, index: int | None, names: list[str]
) -> None:
    sheet["D4"].value = "beside"
    column = table.columns.add("Tax", index)
    assert names_of(table) == names
    assert sheet["B2:D2"].value == names
    assert column.index == names.index("Tax") + 1
    assert column.range.shape == (4, 1)
    assert sheet["E4"].value == "beside"
    assert sheet["B2:D5"].columns[names.index("Amount")].value == ["Amount", 2, 1, 3]


def test_a_column_is_deleted(sheet: xw.Sheet, table: xw.main.Table) -> None:
    sheet["D4"].value = "beside"
    sheet["F1"].formula = "=SUM(Ledger[Amount])"
    table.columns["Name"].delete()
    assert names_of(table) == ["Amount"]
    assert table.range == sheet["B2:B5"]
    assert sheet["C4"].value == "beside"
    assert sheet["F1"].formula == "=SUM(Ledger[Amount])"
    with pytest.raises(ValueError, match="last table column"):
        table.columns[0].delete()


def test_a_formula_that_names_a_deleted_column_is_broken(
    sheet: xw.Sheet, table: xw.main.Table
) -> None:
    sheet["F9"].formula = "=SUM(Ledger[Amount])+1"
    table.columns["Amount"].delete()
    assert "#REF!" in sheet["F9"].formula


def test_a_table_is_sorted_by_its_columns(sheet: xw.Sheet, table: xw.main.Table) -> None:
    table.rows.add(["A", 1])
    table.sort([2, 1], [True, False])
    body = table.data_body_range
    assert body is not None
    assert [row[1] for row in body.value] == [1, 1, 2, 3]
    table.sort(1, ascending=False)
    assert [row[0].lower() for row in body.value] == ["c", "b", "a", "a"]
    assert sheet["B2"].value == "Name"


def test_formulas_move_with_their_rows(sheet: xw.Sheet, table: xw.main.Table) -> None:
    table.columns.add("Twice")
    sheet["D3"].formula = "=C3*2"
    sheet["D4"].formula = "=C4*2"
    sheet["D5"].formula = "=C5*20"
    table.sort(1, ascending=False)
    assert sheet["B3:B5"].value == ["c", "b", "a"]
    assert [row[0] for row in sheet["D3:D5"].formula] == ["=C3*20", "=C4*2", "=C5*2"]


def test_how_a_table_looks_is_set(table: xw.main.Table) -> None:
    assert table.show_table_style_row_stripes
    table.show_table_style_row_stripes = False
    table.show_table_style_first_column = True
    table.show_table_style_last_column = True
    table.show_table_style_column_stripes = True
    table.table_style = "TableStyleDark3"
    table.show_autofilter = False
    assert not table.show_table_style_row_stripes
    assert table.show_table_style_first_column
    assert table.show_table_style_last_column
    assert table.show_table_style_column_stripes
    assert table.table_style == "TableStyleDark3"
    assert not table.show_autofilter


def test_a_saved_table_is_the_same_when_it_is_opened_again(
    book: xw.Book, sheet: xw.Sheet, table: xw.main.Table
) -> None:
    table.show_totals = True
    table.columns.add("Note")
    book.save()
    again = book.app.books.open(book.fullname)
    opened = again.sheets[0].tables["Ledger"]
    assert opened.range.address == "$B$2:$D$6"
    assert names_of(opened) == ["Name", "Amount", "Note"]
    assert again.sheets[0]["B6"].value == "Total"


def test_a_formula_that_fills_a_column_is_the_columns(sheet: xw.Sheet) -> None:
    sheet["A1"].value = [["Net", "Gross"], [1, None], [2, None]]
    table = sheet.tables.add(sheet["A1:B3"], name="Sums")
    sheet["B2:B3"].formula = "=[@Net]*1.2"
    table.resize(sheet["A1:B6"])
    body = table.data_body_range
    assert body is not None
    # Whether this row is said as "@" is the engine's own way.
    assert all(str(cell.formula).endswith("*1.2") for cell in body.columns[1])
