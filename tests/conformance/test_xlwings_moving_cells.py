# ruff: noqa: DTZ001 - a cell has no time zone
"""
How cells make room, go, are copied, moved, put in order and found, said in xlwings' terms alone.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import xlwings as xw


def values(sheet: xw.Sheet, area: str) -> Any:
    return sheet[area].options(ndim=2).value


def formulas(sheet: xw.Sheet, area: str) -> Any:
    found: Any = sheet[area].formula
    return [list(row) for row in found]


@pytest.fixture
def filled(sheet: xw.Sheet) -> xw.Sheet:
    sheet["A1"].value = [[1, "a", 10], [2, "b", 20], [3, "c", 30]]
    sheet["D1:D3"].formula = "=A1*$C$2"
    return sheet


# Room


def test_a_row_pushes_all_below_it_down_and_formulas_follow(filled: xw.Sheet) -> None:
    filled["2:2"].insert("down")
    assert values(filled, "A1:C4") == [
        [1.0, "a", 10.0],
        [None] * 3,
        [2.0, "b", 20.0],
        [3.0, "c", 30.0],
    ]
    assert [row[0] for row in formulas(filled, "D1:D4")] == ["=A1*$C$3", "", "=A3*$C$3", "=A4*$C$3"]


def test_a_column_pushes_all_beside_it_right(filled: xw.Sheet) -> None:
    filled["B:C"].insert("right")
    assert values(filled, "A1:E1") == [[1.0, None, None, "a", 10.0]]
    assert filled["F3"].formula == "=A3*$E$2"


def test_a_block_moves_only_its_own_columns_or_rows(filled: xw.Sheet) -> None:
    filled["B2:B3"].insert("down")
    assert values(filled, "A1:C5") == [
        [1.0, "a", 10.0],
        [2.0, None, 20.0],
        [3.0, None, 30.0],
        [None, "b", None],
        [None, "c", None],
    ]
    filled["A1"].insert("right")
    assert values(filled, "A1:B2") == [[None, 1.0], [2.0, None]]


def test_deleted_cells_are_filled_from_below_or_from_the_right(filled: xw.Sheet) -> None:
    filled["A2:B2"].delete("up")
    assert values(filled, "A1:C3") == [[1.0, "a", 10.0], [3.0, "c", 20.0], [None, None, 30.0]]
    filled["A1"].delete("left")
    assert values(filled, "A1:B1") == [["a", 10.0]]


def test_deleted_rows_and_columns_need_no_direction(filled: xw.Sheet) -> None:
    filled["1:1"].delete()
    assert values(filled, "A1:B2") == [[2.0, "b"], [3.0, "c"]]
    assert filled["D2"].formula == "=A2*$C$1"
    filled["A:A"].delete()
    assert values(filled, "A1:A2") == [["b"], ["c"]]
    assert "#REF!" in filled["C1"].formula


def test_without_a_direction_the_shape_decides(sheet: xw.Sheet) -> None:
    sheet["A1"].value = [["one", "two"], ["three", "four"]]
    sheet["A1"].delete()
    assert values(sheet, "A1:B1") == [["two", None]]
    sheet["A1:B1"].delete()
    assert values(sheet, "A1:B1") == [["three", "four"]]


def test_inserted_cells_look_like_those_above_or_left(sheet: xw.Sheet) -> None:
    sheet["A1:A2"].number_format = "0.00"
    sheet["A3"].number_format = "0%"
    sheet["3:3"].insert("down")
    assert sheet["A3"].number_format == "0.00"
    assert sheet["A4"].number_format == "0%"
    sheet["4:4"].insert("down", copy_origin="format_from_right_or_below")
    assert sheet["A4"].number_format == "0%"


def test_names_and_merged_cells_follow(book: xw.Book, filled: xw.Sheet) -> None:
    filled["F3:G3"].merge()
    name = book.names.add("Spot", f"='{filled.name}'!$A$3")
    filled["2:3"].insert("down")
    assert filled["F5"].merge_area.address == "$F$5:$G$5"
    assert name.refers_to_range.address == "$A$5"


def test_merged_cells_are_not_torn(filled: xw.Sheet) -> None:
    filled["F3:G3"].merge()
    with pytest.raises(Exception):  # noqa: B017, PT011 - Excel's own differs
        filled["F1"].insert("down")
    assert filled["F3"].merge_area.address == "$F$3:$G$3"


def test_cells_are_not_pushed_off_the_sheet(filled: xw.Sheet) -> None:
    filled["A1048576"].value = "last"
    with pytest.raises(Exception):  # noqa: B017, PT011
        filled["2:2"].insert("down")
    assert values(filled, "A2:B2") == [[2.0, "b"]]


# Tables


@pytest.fixture
def table(filled: xw.Sheet) -> Any:
    filled["1:1"].insert("down")
    filled["A1"].value = ["N", "Text", "Amount", "Twice"]
    return filled.tables.add(source=filled["A1:D4"], name="Data")


def test_a_row_within_a_table_makes_it_larger_and_a_deleted_one_smaller(
    table: Any,
) -> None:
    sheet = table.parent
    sheet["3:3"].insert("down")
    assert table.range.address == "$A$1:$D$5"
    sheet["A3:D4"].delete("up")
    assert table.range.address == "$A$1:$D$3"


def test_a_row_above_a_table_moves_it(table: Any) -> None:
    sheet = table.parent
    sheet["1:1"].insert("down")
    assert table.range.address == "$A$2:$D$5"


def test_part_of_a_table_does_not_move_alone(table: Any) -> None:
    sheet = table.parent
    for area in ("A1:B1", "B2"):
        with pytest.raises(Exception):  # noqa: B017, PT011
            sheet[area].insert("right" if area == "B2" else "down")
    assert table.range.address == "$A$1:$D$4"
    assert values(sheet, "A1:B2") == [["N", "Text"], [1.0, "a"]]


# Copies


def test_a_copy_takes_values_formats_and_relative_formulas(filled: xw.Sheet) -> None:
    filled["A1:A3"].number_format = "0.00"
    filled["A1:D3"].copy(filled["F5"])
    assert values(filled, "F5:H5") == [[1.0, "a", 10.0]]
    assert filled["F5:F7"].number_format == "0.00"
    assert [row[0] for row in formulas(filled, "I5:I7")] == ["=F5*$C$2", "=F6*$C$2", "=F7*$C$2"]


def test_a_copy_fills_a_multiple_of_its_size(filled: xw.Sheet) -> None:
    filled["A1:B1"].copy(filled["F1:I2"])
    assert values(filled, "F1:I2") == [[1.0, "a", 1.0, "a"]] * 2
    filled["A2"].copy(filled["K1:K3"])
    assert values(filled, "K1:K3") == [[2.0]] * 3


def test_a_copy_goes_to_another_sheet_and_another_book(book: xw.Book, filled: xw.Sheet) -> None:
    filled["A1:B2"].number_format = "#,##0.000"
    other = book.sheets.add(after=filled)
    filled["A1:B2"].copy(other["C3"])
    assert values(other, "C3:D4") == [[1.0, "a"], [2.0, "b"]]
    assert other["D4"].number_format == "#,##0.000"
    second = book.app.books.add()
    filled["A1:B2"].copy(second.sheets[0]["B2"])
    assert values(second.sheets[0], "B2:C3") == [[1.0, "a"], [2.0, "b"]]
    assert second.sheets[0]["B2:C3"].number_format == "#,##0.000"
    second.close()


def test_only_values_or_only_formats_are_pasted(sheet: xw.Sheet) -> None:
    sheet["A1"].value = 1.5
    sheet["A1"].number_format = "0.00"
    sheet["A1"].copy()
    sheet["B1"].paste("values")
    assert (sheet["B1"].value, sheet["B1"].number_format) == (1.5, "General")
    sheet["C1"].paste("formats")
    assert (sheet["C1"].value, sheet["C1"].number_format) == (None, "0.00")
    sheet["D1"].paste("values_and_number_formats")
    assert (sheet["D1"].value, sheet["D1"].number_format) == (1.5, "0.00")


def test_pasted_numbers_can_be_calculated_with(sheet: xw.Sheet) -> None:
    sheet["A1:A3"].options(transpose=True).value = [1, 2, 3]
    sheet["B1"].value = 10
    sheet["B1"].copy()
    for operation, expected in (("add", 11.0), ("multiply", 110.0), ("divide", 11.0)):
        sheet["A1"].paste(operation=operation)
        assert sheet["A1"].value == expected
    sheet["C1"].formula = "=A2*2"
    sheet["C1"].paste("values", operation="subtract")
    assert sheet["C1"].formula == "=(A2*2)-10"


def test_blanks_are_skipped_and_rows_become_columns(sheet: xw.Sheet) -> None:
    sheet["A1"].value = [[1, None, 3]]
    sheet["A3"].value = [["x", "y", "z"]]
    sheet["A1:C1"].copy()
    sheet["A3"].paste(skip_blanks=True)
    assert values(sheet, "A3:C3") == [[1.0, "y", 3.0]]
    sheet["E1"].paste(transpose=True)
    assert values(sheet, "E1:E3") == [[1.0], [None], [3.0]]


def test_copied_blanks_empty_what_was_there(sheet: xw.Sheet) -> None:
    sheet["A3:B4"].value = "x"
    sheet["A1:B2"].copy(sheet["A3"])
    assert values(sheet, "A3:B4") == [[None, None], [None, None]]


# Moves


def test_what_refers_to_moved_cells_follows_them(filled: xw.Sheet) -> None:
    filled["A1:A3"].move(filled["H10"])
    assert values(filled, "H10:H12") == [[1.0], [2.0], [3.0]]
    assert values(filled, "A1:A3") == [[None]] * 3
    assert filled["D2"].formula == "=H11*$C$2"


def test_a_moved_block_may_overlap_itself(filled: xw.Sheet) -> None:
    filled["A1:D3"].move(filled["B2"])
    assert values(filled, "A1:D4")[1:] == [
        [None, 1.0, "a", 10.0],
        [None, 2.0, "b", 20.0],
        [None, 3.0, "c", 30.0],
    ]
    assert filled["E3"].formula == "=B3*$D$3"


def test_cells_move_to_another_sheet(book: xw.Book, filled: xw.Sheet) -> None:
    other = book.sheets.add("Other", after=filled)
    filled["A1:A3"].move(other["B1"])
    assert filled["D1"].formula == "=Other!B1*$C$2"
    assert values(other, "B1:B3") == [[1.0], [2.0], [3.0]]


# Order


def test_rows_are_sorted_by_several_columns(sheet: xw.Sheet) -> None:
    rows = [["Kind", "N"], ["b", 2], ["A", 1], [None, 9], ["a", 3], ["B", 1], [5, 0], [True, 0]]
    sheet["A1"].value = rows
    sheet["A1:B8"].sort([1, 2], [True, False], has_headers=True)
    assert values(sheet, "A1:B8") == [
        ["Kind", "N"],
        [5.0, 0.0],
        ["a", 3.0],
        ["A", 1.0],
        ["b", 2.0],
        ["B", 1.0],
        [True, 0.0],
        [None, 9.0],
    ]


def test_formats_and_formulas_move_with_their_rows(sheet: xw.Sheet) -> None:
    sheet["A1"].value = [[3], [1], [2]]
    sheet["A1"].number_format = "0.0"
    sheet["B1:B3"].formula = "=A1*10"
    sheet["A1:B3"].sort(1)
    assert values(sheet, "A1:A3") == [[1.0], [2.0], [3.0]]
    assert sheet["A3"].number_format == "0.0"
    assert [row[0] for row in formulas(sheet, "B1:B3")] == ["=A1*10", "=A2*10", "=A3*10"]


def test_the_first_of_equal_rows_is_kept(sheet: xw.Sheet) -> None:
    sheet["A1"].value = [["k", "v"], ["a", 1], ["A", 1], ["b", 1], ["a", 2]]
    sheet["D2"].value = "beside"
    sheet["A1:B5"].remove_duplicates([1, 2], has_headers=True)
    assert values(sheet, "A1:B5") == [["k", "v"], ["a", 1.0], ["b", 1.0], ["a", 2.0], [None] * 2]
    assert sheet["D2"].value == "beside"


# Continued cells


def test_cells_are_continued_as_copies_and_series(sheet: xw.Sheet) -> None:
    sheet["A1"].value = [[1, 1, "x", dt.datetime(2026, 1, 31)]]
    sheet["A2"].value = 3
    sheet["A1:A2"].autofill(sheet["A1:A5"])
    sheet["B1"].autofill(sheet["B1:B3"], "fill_series")
    sheet["C1"].autofill(sheet["C1:C3"])
    sheet["D1"].autofill(sheet["D1:D3"], "fill_months")
    assert values(sheet, "A1:A5") == [[1.0], [3.0], [5.0], [7.0], [9.0]]
    assert values(sheet, "B1:C3") == [[1.0, "x"], [2.0, "x"], [3.0, "x"]]
    days = [[dt.datetime(2026, 1, 31)], [dt.datetime(2026, 2, 28)], [dt.datetime(2026, 3, 31)]]
    assert values(sheet, "D1:D3") == days


def test_formulas_are_continued_sideways_and_backwards(sheet: xw.Sheet) -> None:
    sheet["C5"].formula = "=C1+1"
    sheet["C5"].autofill(sheet["C5:E5"])
    assert formulas(sheet, "C5:E5") == [["=C1+1", "=D1+1", "=E1+1"]]
    sheet["B9"].value = dt.datetime(2026, 3, 2)
    sheet["B9"].autofill(sheet["B7:B9"], "fill_weekdays")
    assert values(sheet, "B7:B8") == [[dt.datetime(2026, 2, 26)], [dt.datetime(2026, 2, 27)]]


# Search


def test_cells_are_found_by_what_they_show(sheet: xw.Sheet) -> None:
    sheet["A1"].value = [["North", "South"], ["norther", 12.5], [None, True]]
    area: Any = sheet["A1:B3"]
    assert area.find("north").address == "$A$1"
    assert area.find("north", direction="backward").address == "$A$2"
    assert area.find("north", match_case=True).address == "$A$2"
    assert area.find("n*h", whole=True).address == "$A$1"
    assert area.find("2.5").address == "$B$2"
    assert area.find("TRUE", whole=True).address == "$B$3"
    assert area.find("o", order="columns", direction="backward").address == "$B$1"
    assert area.find("West") is None


def test_texts_are_replaced_in_constants_and_formulas(sheet: xw.Sheet) -> None:
    sheet["A1"].value = [["Draft"], ["A draft of a draft"], [112]]
    sheet["B1:B2"].formula = '=A1&"draft"'
    sheet["A1:B3"].replace_all("draft", "Final")
    assert values(sheet, "A1:A2") == [["Final"], ["A Final of a Final"]]
    assert sheet["B2"].formula == '=A2&"Final"'
    sheet["A1:A3"].replace_all("1", "3")
    assert sheet["A3"].value == 332.0
    sheet["A1:B3"].replace_all("final", "", whole=True)
    assert sheet["A1"].value is None


def test_cells_of_a_kind_are_found_as_areas(sheet: xw.Sheet) -> None:
    sheet["A1"].value = [[1, "a", None], [2, "b", True], [3, None, None]]
    sheet["C3"].formula = "=A1"
    whole: Any = sheet["A1:C3"]

    def found(*kind: Any) -> list[str]:
        return sorted(area.address for area in whole.get_special_cells(*kind))

    assert found("blanks") == ["$B$3", "$C$1"]
    assert found("formulas") == ["$C$3"]
    assert found("constants", "numbers") == ["$A$1:$A$3"]
    assert found("constants", "text") == ["$B$1:$B$2"]
    assert found("constants", "logical") == ["$C$2"]
    assert found("constants", "errors") == []
    sheet["2:2"].rows.hidden = True
    assert found("visible") == ["$A$1:$C$1", "$A$3:$C$3"]


def test_ctrl_and_an_arrow_key_stop_at_the_ends_of_blocks(filled: xw.Sheet) -> None:
    filled["B6"].value = "far"
    assert filled["B1"].end("down").address == "$B$3"
    assert filled["B3"].end("down").address == "$B$6"
    assert filled["B6"].end("up").address == "$B$3"
    assert filled["B4"].end("up").address == "$B$3"
    assert filled["B6"].end("down").row == 1048576
    assert filled["A1"].end("right").address == "$D$1"
    assert filled["F2"].end("left").address == "$D$2"
    assert filled["B2"].current_region.address == "$A$1:$D$3"
