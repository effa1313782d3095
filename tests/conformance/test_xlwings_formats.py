"""
What cells look like, how large they are and which are merged, said in xlwings' terms alone.

It can run on Excel itself as well; conftest.py chooses the engine.
"""

from __future__ import annotations

from typing import Any

import pytest
import xlwings as xw

from excel_client.file_engine.problems import (
    ArrayFormulaInTheWay,
    FormatRefused,
    MergedCellsInTheWay,
    MergeRefused,
    PartOfTextRefused,
)
from tests.conformance.conftest import OURS


def of(cells: xw.Range, member: str) -> Any:
    """A member as it is now; what it was before tells a type checker nothing."""
    return getattr(cells, member)


ours = pytest.mark.skipif(not OURS, reason="Excel's own errors have no names")


def test_a_colour_is_set_read_and_taken_away(sheet: xw.Sheet) -> None:
    assert of(sheet["A1"], "color") is None
    sheet["A1:B2"].color = (34, 68, 102)
    assert of(sheet["A1:B2"], "color") == (34, 68, 102)
    sheet["B2"].color = "#ff0000"
    assert of(sheet["B2"], "color") == (255, 0, 0)
    sheet["A1"].color = None
    assert of(sheet["A1"], "color") is None
    assert of(sheet["A2"], "color") == (34, 68, 102)


def test_colours_are_set_cell_by_cell(sheet: xw.Sheet) -> None:
    sheet["A1:B2"].color = (1, 1, 1)
    sheet["A1:B2"].set_colors([[(0, 128, 0), ...], [None, "#0000FF"]])
    colors = [sheet[name].color for name in ("A1", "B1", "A2", "B2")]
    assert colors == [(0, 128, 0), (1, 1, 1), None, (0, 0, 255)]


def test_a_font_is_none_where_cells_differ(sheet: xw.Sheet) -> None:
    font = sheet["A1:B1"].font
    assert (font.bold, font.italic, font.color) == (False, False, (0, 0, 0))
    sheet["A1"].font.bold = True
    sheet["A1"].font.size = 14
    sheet["A1"].font.name = "Arial"
    sheet["A1"].font.color = (255, 0, 0)
    assert [font.bold, font.size, font.name, font.color] == [None] * 4
    assert font.italic is False
    one = sheet["A1"].font
    assert (one.bold, one.size, one.name, one.color) == (True, 14, "Arial", (255, 0, 0))
    font.bold = False
    assert font.bold is False


def test_one_aspect_changes_and_the_others_stay(sheet: xw.Sheet) -> None:
    cell = sheet["A1"]
    cell.number_format = "0.00"
    cell.color = (1, 2, 3)
    cell.font.italic = True
    cell.horizontal_alignment = "center"
    cell.borders["edge_top"].weight = "thick"
    cell.number_format = "0.000"
    assert (cell.color, cell.font.italic) == ((1, 2, 3), True)
    assert cell.horizontal_alignment == "center"
    assert cell.borders["edge_top"].weight == "thick"


def test_alignments_have_excels_names(sheet: xw.Sheet) -> None:
    cells = sheet["A1:A2"]
    assert cells.horizontal_alignment == "general"
    assert cells.vertical_alignment == "bottom"
    assert cells.wrap_text is False
    for name in ("left", "right", "justify", "center_across_selection", "distributed", "fill"):
        cells.horizontal_alignment = name
        assert cells.horizontal_alignment == name
    for level in ("top", "center", "justify", "distributed", "bottom"):
        cells.vertical_alignment = level
        assert cells.vertical_alignment == level
    sheet["A1"].wrap_text = True
    sheet["A1"].horizontal_alignment = "general"
    assert sheet["A1"].wrap_text is True
    assert cells.horizontal_alignment is None


def test_an_indent_makes_text_begin_at_the_left(sheet: xw.Sheet) -> None:
    sheet["A1"].adjust_indent(2)
    assert sheet["A1"].horizontal_alignment == "left"
    sheet["A1"].adjust_indent(-2)


@ours
def test_an_indent_below_none_is_refused_before_anything_changes(sheet: xw.Sheet) -> None:
    sheet["A1"].adjust_indent(1)
    with pytest.raises(FormatRefused):
        sheet["A1:A2"].adjust_indent(-1)
    sheet["A1"].adjust_indent(-1)


def test_number_formats_of_columns_hold_for_what_is_written_later(sheet: xw.Sheet) -> None:
    sheet["C2"].value = 1
    sheet["B:D"].number_format = "0.0"
    sheet["B9"].value = 5
    assert sheet["B:D"].number_format == "0.0"
    assert sheet["C2"].number_format == sheet["B9"].number_format == "0.0"
    assert sheet["A1"].number_format == "General"
    sheet["5:5"].font.bold = True
    assert sheet["C5"].number_format == "0.0"
    assert sheet["C5"].font.bold is True


def test_a_whole_sheet_is_formatted_at_once(sheet: xw.Sheet) -> None:
    sheet["B2"].value = "x"
    sheet.cells.color = (250, 250, 250)
    assert of(sheet["B2"], "color") == of(sheet["XFD1048576"], "color") == (250, 250, 250)
    sheet.clear_formats()
    assert of(sheet["B2"], "color") is None
    assert sheet["B2"].value == "x"


@pytest.mark.parametrize("cells", ["A1:B2", "A:B", "1:2"])
def test_clearing_formats_leaves_values(sheet: xw.Sheet, cells: str) -> None:
    sheet["A1"].value = [[1.5, 2.5], [3.5, 4.5]]
    sheet[cells].color = (1, 2, 3)
    sheet[cells].number_format = "0.00"
    sheet["A2:B2"].merge()
    sheet[cells].clear_formats()
    assert sheet[cells].color is None
    assert sheet[cells].number_format == "General"
    assert of(sheet["A2"], "merge_cells") is False
    assert sheet["A1:B1"].value == [1.5, 2.5]


def test_borders_are_set_by_side(sheet: xw.Sheet) -> None:
    cells = sheet["B2:D4"]
    cells.borders.set("outside", line_style="double", color=(255, 0, 0))
    cells.borders.set("inside", line_style="dot")
    assert cells.borders["edge_top"].line_style == "double"
    assert cells.borders["edge_left"].color == (255, 0, 0)
    assert cells.borders["inside_vertical"].line_style == "dot"
    centre = sheet["C3"].borders
    assert {centre[f"edge_{side}"].line_style for side in ("top", "left")} == {"dot"}
    assert of(cells, "borders").line_style is None
    cells.borders.line_style = "continuous"
    assert {of(area, "borders").line_style for area in (cells, sheet["C3"])} == {"continuous"}
    cells.borders.clear()
    assert of(cells, "borders").line_style == "none"
    assert cells.borders["edge_top"].color is None


def test_two_cells_share_the_line_between_them(sheet: xw.Sheet) -> None:
    sheet["A1"].borders["edge_bottom"].line_style = "dash"
    assert sheet["A2"].borders["edge_top"].line_style == "dash"
    sheet["A2"].borders["edge_top"].line_style = None
    assert sheet["A1"].borders["edge_bottom"].line_style == "none"


def test_style_and_weight_of_a_line_influence_each_other(sheet: xw.Sheet) -> None:
    border = sheet["A1"].borders["edge_top"]
    border.weight = "thick"
    assert border.line_style == "continuous"
    sheet["A1"].borders.set("edge_top", line_style="dash_dot_dot", weight="thick")
    assert (border.line_style, border.weight) == ("dash_dot_dot", "thin")
    border.color = "#00ff00"
    assert border.color == (0, 255, 0)


def test_a_cell_is_crossed_out_by_its_diagonals(sheet: xw.Sheet) -> None:
    borders = sheet["A1"].borders
    borders["diagonal_up"].line_style = "continuous"
    assert borders["diagonal_down"].line_style == "none"
    borders["diagonal_down"].line_style = "continuous"
    borders["diagonal_up"].line_style = None
    assert borders["diagonal_down"].line_style == "continuous"


def test_parts_of_a_text_have_fonts_of_their_own(sheet: xw.Sheet) -> None:
    sheet["A1"].value = "Pennyvault"
    sheet["A1"].characters[:5].font.bold = True
    sheet["A1"].characters[5:].font.color = (255, 0, 0)
    assert sheet["A1"].value == "Pennyvault"
    assert sheet["A1"].characters[0:5].text == "Penny"
    assert sheet["A1"].characters[-1].text == "t"
    assert sheet["A1"].characters[:5].font.bold is True
    assert sheet["A1"].characters[5:].font.bold is False
    assert sheet["A1"].characters[4:6].font.bold is None
    assert sheet["A1"].font.bold is None
    assert sheet["A1"].characters[5].font.color == (255, 0, 0)
    sheet["A1"].font.bold = False
    assert sheet["A1"].characters.font.bold is False
    assert sheet["A1"].characters[5].font.color == (255, 0, 0)
    sheet["A1"].value = "new"
    assert sheet["A1"].characters[0].font.color == (0, 0, 0)


@ours
def test_a_part_of_a_number_has_no_font(sheet: xw.Sheet) -> None:
    sheet["A1"].value = 12345
    with pytest.raises(PartOfTextRefused):
        sheet["A1"].characters[:2].font.bold = True
    sheet["A1"].characters.font.bold = True
    assert sheet["A1"].font.bold is True


def test_columns_have_widths_in_characters(sheet: xw.Sheet) -> None:
    usual = sheet["A1"].column_width
    sheet["B:C"].column_width = 20
    assert of(sheet["B1"], "column_width") == 20
    assert of(sheet["A1:B1"], "column_width") is None
    assert of(sheet["A1"], "column_width") == of(sheet["D1"], "column_width") == usual
    assert sheet["C1"].left == pytest.approx(sheet["A1:B1"].width)
    sheet["B1"].column_width = 0
    assert sheet["A1:C1"].columns.hidden is None
    assert sheet["B1"].columns.hidden is True
    assert sheet["B1"].width == 0


def test_rows_have_heights_in_points(sheet: xw.Sheet) -> None:
    sheet["A2:A3"].row_height = 30
    assert sheet["A2"].row_height == 30
    assert sheet["A1:A2"].row_height is None
    assert sheet["A4"].top == pytest.approx(sheet["A1"].height + 60)
    sheet["A2"].rows.hidden = True
    assert sheet["A2"].height == 0
    assert sheet["A2:A3"].rows.hidden is None
    sheet["A2"].rows.hidden = False
    assert sheet["A2"].row_height == 30


@ours
@pytest.mark.parametrize(
    ("member", "size"), [("column_width", 256), ("row_height", 410), ("row_height", -1)]
)
def test_sizes_beyond_excels_are_refused(sheet: xw.Sheet, member: str, size: float) -> None:
    with pytest.raises(FormatRefused):
        setattr(sheet["A1"], member, size)


def test_columns_are_fitted_to_their_texts(sheet: xw.Sheet) -> None:
    sheet["A1"].value = ["short", "a text that is much longer than a column", 1234567.891]
    sheet["C1"].number_format = "#,##0.00"
    sheet["A1:D1"].column_width = 40
    sheet["A1:D1"].columns.autofit()
    short, long, number = (of(sheet[name], "column_width") for name in ("A1", "B1", "C1"))
    assert 4 < short < 8
    assert 9 < number < 15
    assert 30 < long < 45
    sheet["A1"].font.bold = True
    sheet["A1"].columns.autofit()
    assert of(sheet["A1"], "column_width") >= short


@pytest.mark.parametrize("axis", ["rows", "r", "columns", "c", None])
def test_a_sheet_is_fitted_at_once(sheet: xw.Sheet, axis: str | None) -> None:
    sheet["A1"].value = "text"
    sheet["A1"].row_height = sheet["A1"].column_width = 60
    sheet.autofit(axis)
    assert (sheet["A1"].row_height == 60) == (axis in {"columns", "c"})
    assert (of(sheet["A1"], "column_width") == 60) == (axis in {"rows", "r"})


def test_merged_cells_show_the_first_value(sheet: xw.Sheet) -> None:
    sheet["A1"].value = [["first", "second"], ["third", "fourth"]]
    sheet["A1"].color = (1, 2, 3)
    sheet["A1:B2"].merge()
    assert of(sheet["A1"], "merge_cells") is True
    assert sheet["B2"].merge_area == sheet["A1:B2"]
    assert sheet["A1:B2"].value == [["first", None], [None, None]]
    assert of(sheet["A1:C2"], "merge_cells") is None
    sheet["B2"].unmerge()
    assert of(sheet["A1:B2"], "merge_cells") is False
    assert of(sheet["B2"], "color") == (1, 2, 3)


def test_rows_are_merged_each_for_itself(sheet: xw.Sheet) -> None:
    sheet["A1"].value = [["a", 1], ["b", 2]]
    sheet["A1:B2"].merge(across=True)
    assert sheet["A2"].merge_area == sheet["A2:B2"]
    assert sheet["A1:A2"].value == ["a", "b"]


@ours
def test_a_merge_that_excel_refuses_changes_nothing(sheet: xw.Sheet) -> None:
    sheet["A1:B1"].merge()
    with pytest.raises(MergedCellsInTheWay):
        sheet["B1:C1"].merge()
    with pytest.raises(MergedCellsInTheWay):
        sheet["B1"].clear_formats()
    sheet["D1:D2"].value = [["head"], [1]]
    sheet.tables.add(sheet["D1:D2"], name="Numbers")
    with pytest.raises(MergeRefused):
        sheet["D2:E2"].merge()
    sheet["G1:G2"].formula_array = "=D2:D3*2"
    with pytest.raises(ArrayFormulaInTheWay):
        sheet["F1:G1"].merge()
    assert of(sheet["A1:G2"], "merge_cells") is None
    assert sheet["B1"].merge_area == sheet["A1:B1"]


@ours
@pytest.mark.parametrize(
    ("member", "value"), [("color", "blue"), ("number_format", '0"'), ("row_height", "high")]
)
def test_what_excel_does_not_know_is_refused(sheet: xw.Sheet, member: str, value: object) -> None:
    with pytest.raises(FormatRefused):
        setattr(sheet["A1"], member, value)


def test_formats_outlast_a_save(book: xw.Book, sheet: xw.Sheet) -> None:
    sheet["A1"].value = "Pennyvault"
    sheet["A1"].characters[:5].font.bold = True
    sheet["B2:C3"].color = (1, 2, 3)
    sheet["B2:C3"].borders.weight = "medium"
    sheet["E:E"].column_width = 30
    sheet["E:E"].number_format = "0.0%"
    sheet["A5:B5"].merge()
    book.save()
    assert sheet["A1"].characters[:5].font.bold is True
    assert sheet["A1"].value == "Pennyvault"
    assert of(sheet["C3"], "color") == (1, 2, 3)
    assert sheet["B2:C3"].borders.weight == "medium"
    assert (sheet["E7"].column_width, sheet["E7"].number_format) == (30, "0.0%")
    assert sheet["B5"].merge_area == sheet["A5:B5"]
    sheet["C3"].font.size = 20
    assert (sheet["C3"].color, sheet["C3"].font.size) == ((1, 2, 3), 20)
