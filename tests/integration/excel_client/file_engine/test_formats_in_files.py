from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
import xlwings as xw

from tests.workbook_checks.ooxml_lint import lint
from tests.workbook_checks.open_xml_sdk import validate

Parts = Callable[[Path], dict[str, bytes]]
Rewrite = Callable[[Path, dict[str, bytes | None]], Path]


def format_everything(sheet: xw.Sheet) -> None:
    """One of each: what a user may do to the looks of a sheet."""
    sheet["H2"].value = [["rich text", 12.5], ["=not a formula", 3]]
    sheet["H2"].characters[:4].font.italic = True
    sheet["H2"].characters[2:6].font.color = (255, 0, 0)
    sheet["H2:I3"].font.name = "Arial"
    sheet["H2:I3"].font.size = 9.5
    sheet["I2:I3"].number_format = '#,##0.00" €"'
    sheet["H2:I3"].color = "#DDEEFF"
    sheet["H2:K5"].borders.set("outside", line_style="double", color=(0, 0, 255))
    sheet["H2:K5"].borders.set("inside", weight="hairline")
    sheet["J2"].borders.set(["diagonal_up", "diagonal_down"], line_style="dash_dot")
    sheet["H2:K5"].wrap_text = True
    sheet["H2:K5"].horizontal_alignment = "center_across_selection"
    sheet["H3:K5"].vertical_alignment = "top"
    sheet["K2:K4"].adjust_indent(3)
    sheet["M:O"].number_format = "0.0"
    sheet["N:N"].column_width = 33
    sheet["O:P"].columns.hidden = True
    sheet["20:21"].font.bold = True
    sheet["20:20"].row_height = 30
    sheet["30:31"].rows.hidden = True
    sheet["H8:K9"].merge()
    sheet["H11:K12"].merge(across=True)
    sheet["A:I"].columns.autofit()


def test_what_is_formatted_is_what_others_read(app: xw.App, path: Path) -> None:
    book = app.books.open(path)
    format_everything(book.sheets["Ledger"])
    book.save()
    sheet = openpyxl.load_workbook(path, rich_text=True)["Ledger"]
    text = sheet["H2"].value
    assert str(text) == "rich text"
    assert [str(part) for part in text[:3]] == ["ri", "ch", " t"]
    assert [bool(part.font.i) for part in text[:3]] == [True, True, False]
    assert text[1].font.color.rgb == text[2].font.color.rgb == "FFFF0000"
    cell = sheet["I3"]
    assert (cell.value, cell.number_format) == (3, '#,##0.00" €"')
    assert (cell.font.name, cell.font.sz, cell.fill.fgColor.rgb) == ("Arial", 9.5, "FFDDEEFF")
    assert sheet["H2"].border.left.style == "double"
    assert sheet["H2"].border.left.color.rgb == "FF0000FF"
    assert sheet["I3"].border.top.style == "hair"
    assert (sheet["J2"].border.diagonalUp, sheet["J2"].border.diagonal.style) == (True, "dashDot")
    assert sheet["K2"].alignment.indent == 3
    assert (sheet["K3"].alignment.vertical, sheet["K3"].alignment.wrap_text) == ("top", True)
    assert sheet.column_dimensions["N"].width == pytest.approx(33.7109375)
    assert sheet.column_dimensions["O"].hidden
    assert (sheet.row_dimensions[20].height, sheet.row_dimensions[20].font.b) == (30, True)
    assert sheet.row_dimensions[31].hidden
    assert {str(area) for area in sheet.merged_cells.ranges} == {"H8:K9", "H11:K11", "H12:K12"}
    # What was there before is as it was.
    assert sheet["D4"].font.b
    assert sheet["D4"].number_format == "#,##0.00"


def test_a_formatted_workbook_has_no_new_finding(app: xw.App, path: Path) -> None:
    before = lint(path)
    book = app.books.open(path)
    format_everything(book.sheets["Ledger"])
    book.save()
    assert lint(path) == before
    assert validate(path) == []


def test_only_the_sheet_and_the_formats_are_written(
    app: xw.App, path: Path, parts_of: Parts
) -> None:
    before = parts_of(path)
    book = app.books.open(path)
    format_everything(book.sheets["Ledger"])
    book.save()
    after = parts_of(path)
    assert {name for name in after if after[name] != before.get(name)} <= {
        "xl/worksheets/sheet1.xml",
        "xl/styles.xml",
        "xl/workbook.xml",
    }
    assert list(before) == list(after)


def test_a_workbook_without_formats_gets_a_part_for_them(
    app: xw.App, path: Path, parts_of: Parts, rewrite: Rewrite
) -> None:
    parts = parts_of(path)
    relations = parts["xl/_rels/workbook.xml.rels"].decode()
    types = parts["[Content_Types].xml"].decode()
    sheets = {
        name: data.replace(b' s="1"', b"").replace(b' s="2"', b"").replace(b' dxfId="0"', b"")
        for name, data in parts.items()
        if name.startswith("xl/worksheets/sheet")
    }
    relation = next(r for r in relations.split("<") if "styles.xml" in r)
    kind = next(t for t in types.split("<") if "styles.xml" in t)
    rewrite(
        path,
        {
            **sheets,
            "xl/styles.xml": None,
            "xl/_rels/workbook.xml.rels": relations.replace(f"<{relation}", "").encode(),
            "[Content_Types].xml": types.replace(f"<{kind}", "").encode(),
        },
    )
    book = app.books.open(path)
    book.sheets["Own"]["A2"].color = (1, 2, 3)
    book.save()
    assert book.sheets["Own"]["A2"].color == (1, 2, 3)
    read = openpyxl.load_workbook(path)["Own"]["A2"]
    assert read.fill.fgColor.rgb == "FF010203"
    assert lint(path) == []


def test_named_styles_stay_with_their_cells(app: xw.App, tmp_path: Path) -> None:
    path = tmp_path / "named.xlsx"
    made = openpyxl.Workbook()
    made.active["A1"].style = "Good"
    made.save(path)
    book = app.books.open(path)
    book.sheets[0]["A1"].font.bold = True
    book.save()
    cell = openpyxl.load_workbook(path).active["A1"]
    assert (cell.style, cell.font.b) == ("Good", True)


def test_rich_shared_strings_are_read_and_changed_in_their_cells(
    app: xw.App, tmp_path: Path, parts_of: Parts
) -> None:
    path = tmp_path / "rich.xlsx"
    made = xlsxwriter.Workbook(path)
    bold = made.add_format({"bold": True})
    sheet = made.add_worksheet()
    for row in (0, 1):
        sheet.write_rich_string(row, 0, "plain & ", bold, "bold", " end")
    made.close()
    strings = parts_of(path)["xl/sharedStrings.xml"]
    book = app.books.open(path)
    cell = book.sheets[0]["A1"]
    assert [cell.characters[place].font.bold for place in (0, 8, 13)] == [False, True, False]
    assert cell.font.bold is None
    book.sheets[0]["A1"].font.bold = True
    cell.characters[:3].font.size = 20
    book.save()
    assert parts_of(path)["xl/sharedStrings.xml"] == strings
    assert book.sheets[0]["A1"].font.bold is True
    assert cell.value == "plain & bold end"
    assert [cell.characters[place].font.size for place in (0, 5)] == [20, 11]
    assert book.sheets[0]["A2"].font.bold is None
    assert lint(path) == []


def test_large_areas_are_formatted_in_one_pass(app: xw.App, path: Path) -> None:
    book = app.books.open(path)
    sheet = book.sheets["Own"]
    sheet["A10"].value = [["text", None, 1.5, row] for row in range(20_000)]
    started = time.process_time()
    cells = sheet["A10:D20009"]
    cells.number_format = "0.00"
    cells.color = (1, 2, 3)
    sheet["A:XFD"].font.italic = True
    assert cells.color == (1, 2, 3)
    sheet["1:1000000"].rows.autofit()
    assert time.process_time() - started < 5
    book.save()
    assert book.sheets["Own"]["D20009"].font.italic is True
    # Whole columns are not written out row by row.
    assert path.stat().st_size < 600_000
