from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
import xlwings as xw

from excel_client.file_engine.problems import (
    FilterElsewhere,
    ListTooLong,
    OutsideFileEngine,
    RulesDiffer,
)
from tests.workbook_checks.ooxml_lint import lint

Parts = Callable[[Path], dict[str, bytes]]
Rewrite = Callable[[Path, dict[str, bytes | None]], Path]
DATA = Path(__file__).parents[4] / ".." / "shared" / "data" / "workbooks"
LISTS = DATA / "poi" / "56644.xlsx"
FORMATS = DATA / "poi" / "NewStyleConditionalFormattings.xlsx"
SHEET = "xl/worksheets/sheet1.xml"


def loaded(path: Path) -> openpyxl.Workbook:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # extensions that openpyxl does not read
        return openpyxl.load_workbook(path)


@pytest.fixture
def ruled(tmp_path: Path) -> Path:
    """A book with a validation that says something, and a table."""
    path = tmp_path / "ruled.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("Rules")
    messages = {"input_title": "Type", "input_message": "a number", "error_type": "warning"}
    rule = {"validate": "integer", "criteria": ">", "value": "=B1", **messages}
    sheet.data_validation("A1:A10", rule)
    data = [["a", 1], ["b", 2], ["a", 3]]
    sheet.add_table(
        "D1:E4", {"name": "T", "data": data, "columns": [{"header": "k"}, {"header": "n"}]}
    )
    book.close()
    return path


def test_a_new_rule_keeps_what_the_old_one_says(app: xw.App, ruled: Path) -> None:
    book = app.books.open(ruled)
    sheet = book.sheets["Rules"]
    sheet["A4:A6"].data_validation.set_list(["x", 'say "y"'])
    rule = sheet["A4:A6"].data_validation
    assert (rule.input_title, rule.input_message, rule.alert_style) == (
        "Type",
        "a number",
        "warning",
    )
    book.save()
    rules = {str(v.sqref): v for v in loaded(ruled)["Rules"].data_validations.dataValidation}
    assert rules["A4:A6"].formula1 == '"x,say ""y"""'
    assert rules["A1:A3 A7:A10"].formula1 == "B1"
    assert rules["A1:A3 A7:A10"].prompt == "a number"
    assert lint(ruled) == []


def test_rules_that_cannot_be_are_refused_before_anything_changes(app: xw.App, ruled: Path) -> None:
    book = app.books.open(ruled)
    sheet = book.sheets["Rules"]
    impl = sheet["C1"].impl.data_validation
    with pytest.raises(ListTooLong):
        impl.set_list(["x" * 128, "y" * 128], in_cell_dropdown=True)
    with pytest.raises(ListTooLong):
        impl.set_rule("custom", None, "=" + "A1+" * 100 + "1", None)
    with pytest.raises(RulesDiffer):
        sheet["A1:B10"].data_validation.set_list(["x"])
    assert not book.impl.document.changed


@pytest.mark.skipif(not LISTS.is_file(), reason="../shared/data/workbooks is not here")
def test_rules_of_the_extension_list_are_read_cut_and_replaced(
    app: xw.App, tmp_path: Path, parts_of: Parts
) -> None:
    path = tmp_path / LISTS.name
    shutil.copyfile(LISTS, path)
    known = lint(path)
    book = app.books.open(path)
    sheet = book.sheets[0]
    assert sheet["E22:E223"].data_validation.source == "=lists!$A$2:$A$22"
    sheet["E30:E40"].data_validation.set_list(["a"])
    sheet["G22:G32"].data_validation.delete()
    book.save()
    assert sheet["E29"].data_validation.source == "=lists!$A$2:$A$22"
    assert sheet["E30:E40"].data_validation.source == "a"
    assert sheet["G22:G32"].data_validation.type == "none"
    part = parts_of(path)[SHEET]
    assert b'<x14:dataValidations count="4"' in part
    assert b"<xm:sqref>E22:E29 E41:E223</xm:sqref>" in part
    sheet["A1:Z400"].data_validation.delete()
    book.save()
    assert b"<extLst" not in parts_of(path)[SHEET]
    assert set(lint(path)) <= set(known)


def test_conditional_formats_are_numbered_from_the_top(
    app: xw.App, tmp_path: Path, parts_of: Parts
) -> None:
    path = tmp_path / "book.xlsx"
    book = app.books.add()
    sheet = book.sheets[0]
    formats = sheet["A1:A9"].conditional_formats
    formats.add_cell_value("greater_than", "text", fill_color="#ffc7ce", font_color="#9c0006")
    formats.add_color_scale(["#ffffff", "#ff0000"], thresholds=[1, 5])
    formats.add_data_bar("#638ec6", minimum=0)
    formats.add_icon_set("5_quarters")
    formats.add_icon_set("3_triangles", show_value=False)
    formats.add_custom("=ISTEXT($A1)", font_italic=True)
    book.save(path)
    rules = [r for area in loaded(path).active.conditional_formatting for r in area.rules]
    assert sorted(rule.priority for rule in rules) == [1, 3, 4, 5, 6]
    cell_rule = next(rule for rule in rules if rule.type == "cellIs")
    assert cell_rule.formula == ['"text"']
    assert cell_rule.dxf.fill.bgColor.rgb == "FFFFC7CE"
    assert cell_rule.dxf.font.color.rgb == "FF9C0006"
    assert lint(path) == []
    formats.clear()
    book.save()
    assert list(loaded(path).active.conditional_formatting) == []
    assert b"extLst" not in parts_of(path)[SHEET]


@pytest.mark.skipif(not FORMATS.is_file(), reason="../shared/data/workbooks is not here")
def test_formats_of_the_extension_list_are_kept_and_cleared_with_their_area(
    app: xw.App, tmp_path: Path, parts_of: Parts
) -> None:
    path = tmp_path / FORMATS.name
    shutil.copyfile(FORMATS, path)
    known = lint(path)
    book = app.books.open(path)
    sheet = book.sheets[0]
    assert [rule.icon_set for rule in sheet["Q5"].conditional_formats] == ["3_stars"]
    assert [rule.type for rule in sheet["E5"].conditional_formats] == ["data_bar"]
    sheet["A2:A5"].conditional_formats.add_custom("=A2>1", fill_color="#00ff00")
    sheet["E2:E5"].conditional_formats.clear()
    book.save()
    assert sheet["E5"].conditional_formats.count == 0
    assert sheet["E6"].conditional_formats[0].bar_color == (99, 195, 132)
    part = parts_of(path)[SHEET]
    assert part.count(b"<xm:sqref>E6:E17</xm:sqref>") == 1
    assert b"<xm:sqref>Q2:Q17</xm:sqref>" in part
    priorities = [rule.priority for rule in sheet.impl.range("A1:Z99").conditional_formats._rules()]
    assert len(priorities) == len(set(priorities))
    sheet["Q2:Q17"].conditional_formats[0].delete()
    book.save()
    assert b"<xm:sqref>Q2:Q17</xm:sqref>" not in parts_of(path)[SHEET]
    assert set(lint(path)) <= set(known)


def test_rules_of_a_pivot_table_are_left_alone(
    app: xw.App, ruled: Path, parts_of: Parts, rewrite: Rewrite
) -> None:
    inner = b'<cfRule type="expression" priority="1"><formula>1</formula></cfRule>'
    rule = b'<conditionalFormatting pivot="1" sqref="A1">' + inner + b"</conditionalFormatting>"
    part = parts_of(ruled)[SHEET].replace(b"<dataValidations", rule + b"<dataValidations", 1)
    rewrite(ruled, {SHEET: part})
    book = app.books.open(ruled)
    formats = book.sheets["Rules"]["A1:A3"].conditional_formats
    with pytest.raises(OutsideFileEngine):
        formats.add_custom("=A1>1", fill_color="#ff0000")
    with pytest.raises(OutsideFileEngine):
        formats.clear()
    assert not book.impl.document.changed


def test_a_filter_is_stored_with_its_name_and_its_hidden_rows(
    app: xw.App, tmp_path: Path, parts_of: Parts
) -> None:
    path = tmp_path / "book.xlsx"
    book = app.books.add()
    sheet = book.sheets[0]
    sheet["B2"].value = [["key", "number"], ["a", 1], ["b", 2], ["a", 3], [None, None], ["c", 5]]
    sheet["B2:C7"].autofilter.apply_values(1, ["a"])
    sheet["B2:C7"].autofilter.apply_top_items(2, 1)
    book.save(path)
    read = loaded(path)
    assert read.active.auto_filter.ref == "B2:C7"
    hidden = [number for number, row in read.active.row_dimensions.items() if row.hidden]
    assert hidden == [3, 4, 5, 6, 7]
    assert b'<top10 val="1" filterVal="5"/>' in parts_of(path)[SHEET]
    assert b'<sheetPr filterMode="1"/>' in parts_of(path)[SHEET]
    name = b'<definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="1">'
    assert name + b"'Sheet1'!$B$2:$C$7</definedName>" in parts_of(path)["xl/workbook.xml"]
    assert lint(path) == []
    sheet["B2:C7"].autofilter.clear()
    book.save()
    part = parts_of(path)[SHEET]
    assert b"hidden" not in part
    assert b'<autoFilter ref="B2:C7"/>' in part
    assert b"filterMode" not in part
    assert lint(path) == []


def test_a_table_filters_its_data_and_nothing_else(
    app: xw.App, ruled: Path, parts_of: Parts
) -> None:
    before = parts_of(ruled)
    book = app.books.open(ruled)
    sheet = book.sheets["Rules"]
    sheet["D1:E4"].autofilter.apply_values(1, ["a"])
    book.save()
    after = parts_of(ruled)
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {SHEET, "xl/tables/table1.xml", "xl/workbook.xml"}
    assert (
        b'<filterColumn colId="0"><filters><filter val="a"/></filters>'
        in after["xl/tables/table1.xml"]
    )
    assert sheet["D3"].rows.hidden
    assert len(sheet.names) == 0
    assert lint(ruled) == []
    with pytest.raises(FilterElsewhere):
        sheet["D1:D4"].autofilter.apply_values(1, ["a"])


def test_a_column_whose_filter_only_excel_understands_is_kept_and_refused(
    app: xw.App, ruled: Path, parts_of: Parts, rewrite: Rewrite
) -> None:
    name = "xl/tables/table1.xml"
    inner = b'<filterColumn colId="1"><dynamicFilter type="aboveAverage"/></filterColumn>'
    odd = b'<autoFilter ref="D1:E4">' + inner + b"</autoFilter>"
    rewrite(ruled, {name: parts_of(ruled)[name].replace(b'<autoFilter ref="D1:E4"/>', odd)})
    book = app.books.open(ruled)
    table = book.sheets["Rules"].tables["T"]
    assert [criterion.type for criterion in table.autofilter.criteria] == ["none", "unknown"]
    with pytest.raises(OutsideFileEngine):
        table.autofilter.apply_values(1, ["a"])
    assert not book.impl.document.changed
    table.autofilter.clear()
    assert {criterion.type for criterion in table.autofilter.criteria} == {"none"}
