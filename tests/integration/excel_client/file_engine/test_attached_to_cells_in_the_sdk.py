from __future__ import annotations

from pathlib import Path

import xlwings as xw

from tests.workbook_checks.ooxml_lint import lint
from tests.workbook_checks.open_xml_sdk import validate


def test_everything_that_can_be_attached_to_cells_is_valid_and_so_is_what_is_left_without_it(
    app: xw.App, tmp_path: Path
) -> None:
    book = app.books.add()
    sheet = book.sheets[0]
    sheet["A1"].value = [["key", "number"], ["a", 1], ["b", 2], ["a", 3]]
    note = sheet["D1"].add_note("a note")
    thread = sheet["D2"].add_comment("a thread")
    thread.add_reply("a reply")
    sheet["D3"].add_hyperlink("https://example.org/a b#c", "out & away")
    sheet["D4"].add_hyperlink("#Sheet1!A1", "in")
    sheet["F1:F9"].data_validation.set_whole_number("between", 1, 10)
    sheet["F3"].data_validation.set_list(["x", "y"], in_cell_dropdown=False)
    formats = sheet["A2:B4"].conditional_formats
    formats.add_cell_value("not_between", 1, 2, fill_color="#ffc7ce", font_bold=False)
    formats.add_custom("=$B2>1", font_color="#9c0006", stop_if_true=True)
    formats.add_color_scale(["#ffffff", "#ffff00", "#ff0000"])
    formats.add_data_bar("#638ec6", minimum=0, gradient=False)
    formats.add_icon_set("3_flags", reverse_order=True)
    formats.add_icon_set("3_stars", show_value=False)
    sheet["A1:B4"].autofilter.apply_values(1, ["a", ""])
    sheet["A1:B4"].autofilter.apply_comparison(2, "between", 1, 3)
    path = tmp_path / "attached.xlsx"
    book.save(path)
    assert lint(path) == []
    assert validate(path) == []
    note.delete()
    thread.delete()
    sheet["F2:F4"].data_validation.delete()
    sheet["A3:B3"].conditional_formats.clear()
    sheet["A1:B4"].autofilter.clear()
    book.save()
    assert lint(path) == []
