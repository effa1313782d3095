"""Validations and conditional formats, said in xlwings' terms alone, so that it can run on Excel itself as well."""

from __future__ import annotations

import datetime as dt

import pytest
import xlwings as xw

from excel_client.file_engine.problems import WriteRefused


def kind_of(sheet: xw.Sheet, address: str) -> str:
    return sheet[address].data_validation.type


def test_a_list_is_set_and_read(sheet: xw.Sheet) -> None:
    sheet["A1:A5"].data_validation.set_list(["Open", "Closed", 3, True])
    rule = sheet["A1:A5"].data_validation
    assert rule.type == "list"
    assert rule.source == "Open,Closed,3,TRUE"
    assert rule.in_cell_dropdown
    assert rule.ignore_blank
    assert rule.show_error
    assert rule.alert_style == "stop"
    assert rule.operator is None
    sheet["A1:A5"].data_validation.set_list(["x"], in_cell_dropdown=False)
    assert not sheet["A3"].data_validation.in_cell_dropdown


def test_a_list_comes_from_cells_of_another_sheet_or_a_name(book: xw.Book, sheet: xw.Sheet) -> None:
    other = book.sheets.add(name="Lists of it", after=sheet)
    other["A1"].options(transpose=True).value = ["a", "b", "c"]
    sheet["A1"].data_validation.set_list(other["A1:A3"])
    assert sheet["A1"].data_validation.source == "='Lists of it'!$A$1:$A$3"
    name = book.names.add("Choices", "='Lists of it'!$A$1:$A$3")
    sheet["B1"].data_validation.set_list(name)
    assert sheet["B1"].data_validation.source == "=Choices"


def test_comparisons_are_set_and_read(sheet: xw.Sheet) -> None:
    sheet["A1:A3"].data_validation.set_whole_number("between", 1, 10)
    rule = sheet["A1:A3"].data_validation
    assert (rule.type, rule.operator) == ("whole_number", "between")
    assert (rule.formula1, rule.formula2) == ("=1", "=10")
    sheet["B1"].data_validation.set_date("greater_than", dt.date(2026, 3, 31))
    assert (sheet["B1"].data_validation.type, sheet["B1"].data_validation.operator) == (
        "date",
        "greater_than",
    )
    sheet["C1"].data_validation.set_custom('=C1<>""')
    assert sheet["C1"].data_validation.type == "custom"
    assert sheet["C1"].data_validation.formula == '=C1<>""'


def test_cells_with_and_without_rules_are_told_apart(sheet: xw.Sheet) -> None:
    assert kind_of(sheet, "A1") == "none"
    sheet["A1:A4"].data_validation.set_decimal("less_than", 5)
    assert kind_of(sheet, "A1:A5") == "mixed_criteria"
    sheet["A5"].data_validation.set_decimal("less_than", 6)
    assert kind_of(sheet, "A1:A5") == "inconsistent"
    with pytest.raises((xw.XlwingsError, WriteRefused)):
        sheet["A1:A5"].data_validation.set_list(["a"])
    assert sheet["A1"].data_validation.type == "decimal"


def test_a_rule_in_the_middle_of_another_takes_its_cells_only(sheet: xw.Sheet) -> None:
    sheet["A1:C9"].data_validation.set_whole_number("greater_than", 0)
    sheet["B5"].data_validation.set_list(["x"])
    assert sheet["B5"].data_validation.type == "list"
    kept = ["A1:C4", "A5", "C5", "A6:C9"]
    assert {sheet[address].data_validation.type for address in kept} == {"whole_number"}
    sheet["A1:C9"].data_validation.delete()
    assert sheet["A1:C9"].data_validation.type == "none"


def test_a_formula_stays_with_its_cells_when_others_leave(sheet: xw.Sheet) -> None:
    sheet["A1:A9"].data_validation.set_custom("=B1>0")
    sheet["A1:A3"].data_validation.delete()
    assert sheet["A4"].data_validation.formula == "=B4>0"


def test_a_conditional_format_is_added_above_the_others(sheet: xw.Sheet) -> None:
    formats = sheet["B2:B12"].conditional_formats
    formats.add_cell_value("less_than", 60, fill_color="#ffff00", font_italic=True)
    formats.add_custom("=$B2>90", font_color=(255, 0, 0), font_bold=True, stop_if_true=True)
    assert [rule.type for rule in formats] == ["custom", "cell_value"]
    first, second = formats[0], formats[1]
    assert first.formula == "=$B2>90"
    assert first.stop_if_true
    assert (first.font_color, first.font_bold) == ((255, 0, 0), True)
    assert (second.operator, second.formula1) == ("less_than", "=60")
    assert second.fill_color == (255, 255, 0)
    assert second.font_italic
    assert not second.stop_if_true
    assert len(sheet["C2"].conditional_formats) == 0


def test_a_conditional_format_is_changed_and_deleted(sheet: xw.Sheet) -> None:
    rule = sheet["A1:A9"].conditional_formats.add_cell_value("between", 1, 5, fill_color="#ff0000")
    rule.set(operator="greater_than", formula1=7, font_bold=True)
    read = sheet["A1:A9"].conditional_formats[0]
    assert (read.operator, read.formula1, read.formula2) == ("greater_than", "=7", None)
    assert (read.fill_color, read.font_bold) == ((255, 0, 0), True)
    read.delete()
    assert len(sheet["A1:A9"].conditional_formats) == 0


def test_scales_bars_and_icons_are_read_as_they_were_added(sheet: xw.Sheet) -> None:
    formats = sheet["A1:A9"].conditional_formats
    scale = formats.add_color_scale(["#f8696b", "#ffeb84", "#63be7b"])
    assert scale.colors == ((248, 105, 107), (255, 235, 132), (99, 190, 123))
    assert scale.threshold_types == ("lowest_value", "percentile", "highest_value")
    bar = formats.add_data_bar("#638ec6", maximum=100, gradient=False, show_value=False)
    assert (bar.bar_color, bar.gradient, bar.show_value) == ((99, 142, 198), False, False)
    assert bar.threshold_types == ("automatic", "number")
    icons = formats.add_icon_set("3_traffic_lights_1", thresholds=[60, 80])
    assert icons.icon_set == "3_traffic_lights_1"
    assert icons.thresholds == (60, 80)
    stars = formats.add_icon_set("3_stars", reverse_order=True)
    assert (stars.icon_set, stars.reverse_order) == ("3_stars", True)
    assert [rule.type for rule in formats] == ["icon_set", "icon_set", "data_bar", "color_scale"]
    assert {rule.stop_if_true for rule in formats} == {None}


def test_clearing_a_part_leaves_the_rules_around_it(book: xw.Book, sheet: xw.Sheet) -> None:
    formats = sheet["A1:C9"].conditional_formats
    formats.add_custom("=$D1>0", fill_color="#00ff00")
    formats.add_data_bar("#638ec6")
    formats.add_icon_set("5_boxes")
    sheet["A1:C2"].conditional_formats.clear()
    book.save()
    assert len(sheet["A1:C2"].conditional_formats) == 0
    assert [rule.type for rule in sheet["A3"].conditional_formats] == [
        "icon_set",
        "data_bar",
        "custom",
    ]
    assert sheet["A3"].conditional_formats[2].formula == "=$D3>0"
    sheet["A1:C9"].conditional_formats.clear()
    assert len(sheet["A1:C9"].conditional_formats) == 0
