"""Formulas written into files: what stands in the package, and that others read it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlwings as xw
from openpyxl.worksheet.formula import ArrayFormula

from excel_client.file_engine.problems import (
    ArrayFormulaInTable,
    FormulaBroken,
    FormulaNamesUnknown,
)
from tests.workbook_checks.ooxml_lint import lint
from tests.workbook_checks.open_xml_sdk import validate

METADATA = "xl/metadata.xml"
SPILLING = "=SORT(Ledger[Amount])"


def written(app: xw.App, path: Path) -> None:
    book = app.books.open(path)
    own = book.sheets["Own"]
    own["E1"].formula2 = SPILLING
    own["F1:G1"].formula2 = "=FILTER(A1:A9,A1:A9>0)"
    own["E5"].formula2 = "=SUM(A1:A2)"
    own["E6"].formula = "=A1:A9*2"
    own["E7"].formula2 = "=LET(rate,1.19,LAMBDA(x,x*rate)(A1))"
    own["E8:F9"].formula_array = "=TRANSPOSE(A1:B2)"
    own["E10"].formula2 = "=SUM(E1#)+SUM(@A1:A9)"
    book.sheets["Ledger"]["G4:G5"].formula = "=Ledger[@Amount]*2"
    book.save()
    book.close()


def test_a_file_with_formulas_of_every_kind_has_no_findings(app: xw.App, path: Path) -> None:
    assert not lint(path)
    written(app, path)
    assert not lint(path)


def test_the_open_xml_sdk_has_nothing_to_say_about_it(app: xw.App, path: Path) -> None:
    written(app, path)
    assert validate(path) == []


def test_the_metadata_is_made_once_and_tied_to_the_workbook(
    app: xw.App, path: Path, parts_of: Callable[[Path], dict[str, bytes]]
) -> None:
    written(app, path)
    first = parts_of(path)
    assert b'Target="metadata.xml"' in first["xl/_rels/workbook.xml.rels"]
    assert first["[Content_Types].xml"].count(b"/xl/metadata.xml") == 1
    assert b'count="1"' in first[METADATA]
    book = app.books.open(path)
    book.sheets["Own"]["H1"].formula2 = "=UNIQUE(A1:A9)"
    book.save()
    second = parts_of(path)
    assert second[METADATA] == first[METADATA]
    assert second["[Content_Types].xml"] == first["[Content_Types].xml"]
    assert second["xl/worksheets/sheet2.xml"].count(b'cm="1"') == 5
    assert not lint(path)


def test_a_plain_formula_touches_no_part_but_its_sheet(
    app: xw.App, path: Path, parts_of: Callable[[Path], dict[str, bytes]]
) -> None:
    before = parts_of(path)
    book = app.books.open(path)
    book.sheets["Own"]["E5"].formula2 = "=SUM(A1:A2)"
    book.save()
    after = parts_of(path)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed <= {"xl/worksheets/sheet2.xml", "xl/workbook.xml"}


def test_another_reader_finds_the_same_formulas(app: xw.App, path: Path) -> None:
    written(app, path)
    sheet = openpyxl.load_workbook(path)["Own"]
    spilling = sheet["E1"].value
    assert isinstance(spilling, ArrayFormula)
    assert (spilling.ref, spilling.text) == ("E1", "=_xlfn._xlws.SORT(Ledger[Amount])")
    assert sheet["G1"].value.text == "=_xlfn._xlws.FILTER(B1:B9,B1:B9>0)"
    assert sheet["E5"].value == "=SUM(A1:A2)"
    assert sheet["E6"].value == "=A1:A9*2"
    let = "=_xlfn.LET(_xlpm.rate,1.19,_xlfn.LAMBDA(_xlpm.x,_xlpm.x*_xlpm.rate)(A1))"
    assert sheet["E7"].value.text == let
    assert (sheet["E8"].value.ref, sheet["E8"].value.text) == ("E8:F9", "=TRANSPOSE(A1:B2)")
    assert sheet["E10"].value == "=SUM(_xlfn.ANCHORARRAY(E1))+SUM(_xlfn.SINGLE(A1:A9))"


def test_formulas_are_read_from_a_file_as_they_were_written(app: xw.App, path: Path) -> None:
    written(app, path)
    book = app.books.open(path)
    own = book.sheets["Own"]
    assert own["E1"].formula2 == own["E1"].formula == SPILLING
    assert own["E6"].formula == "=A1:A9*2"
    assert own["E6"].formula2 == "=@A1:A9*2"
    assert own["E7"].formula2 == "=LET(rate,1.19,LAMBDA(x,x*rate)(A1))"
    assert own["F9"].formula_array == "=TRANSPOSE(A1:B2)"
    assert own["E10"].formula2 == "=SUM(E1#)+SUM(@A1:A9)"
    assert own["E8:F9"].has_array is True
    assert own["E1"].has_array is False
    assert book.sheets["Ledger"]["G5"].formula == "=Ledger[[#This Row],[Amount]]*2"


@pytest.mark.parametrize(
    "formula",
    [
        "=Nowhere!A1", "=SUM('No sheet'!A:A)", "=SUM(Own:Nowhere!A1)", "=SUM(NoTable[Amount])",
        "=SUM(Ledger[Nothing])", "=[@Amount]", "='[Other.xlsx]Sheet1'!A1", "=[3]Sheet1!A1",
        "=Ledger[[#This Row],[Date]:[Nothing]]",
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["formula", "formula2", "formula_array"])
def test_a_formula_may_only_name_what_there_is(
    app: xw.App, path: Path, formula: str, kind: str
) -> None:
    book = app.books.open(path)
    own = book.sheets["Own"]
    with pytest.raises(FormulaNamesUnknown) as caught:
        setattr(own["E1"], kind, formula)
    assert caught.value.place == "Own!E1"
    assert own["E1"].formula == ""


@pytest.mark.parametrize(
    "formula", ["=ledger[[#Totals],[AMOUNT]]", "=OWN!A1", "=SUM(Ledger:Own!A1)", "=Ledger[#All]"]
)
def test_names_of_sheets_and_tables_do_not_mind_the_case(
    app: xw.App, path: Path, formula: str
) -> None:
    own = app.books.open(path).sheets["Own"]
    own["E1"].formula = formula
    assert own["E1"].formula == formula


def test_a_column_alone_means_the_table_of_its_cell(app: xw.App, path: Path) -> None:
    sheet = app.books.open(path).sheets["Ledger"]
    sheet["E5"].formula = "=[@Amount]*3"
    assert sheet["E5"].formula == "=Ledger[[#This Row],[Amount]]*3"


def test_an_array_over_several_cells_does_not_stand_in_a_table(app: xw.App, path: Path) -> None:
    sheet = app.books.open(path).sheets["Ledger"]
    with pytest.raises(ArrayFormulaInTable):
        sheet["E4:E5"].formula_array = "=A1:A2"
    sheet["E4"].formula_array = "=SUM(A1:A2*2)"
    assert sheet["E4"].formula_array == "=SUM(A1:A2*2)"


def test_a_refused_dynamic_array_leaves_no_metadata_behind(
    app: xw.App, path: Path, parts_of: Callable[[Path], dict[str, bytes]]
) -> None:
    before = parts_of(path)
    book = app.books.open(path)
    with pytest.raises(FormulaBroken):
        book.sheets["Own"]["E1:E2"].formula2 = [["=UNIQUE(A1:A9)"], ["=UNIQUE("]]
    book.save()
    assert parts_of(path) == before


def test_a_name_for_one_cell_makes_no_array_and_one_for_several_does(
    app: xw.App, path: Path, parts_of: Callable[[Path], dict[str, bytes]]
) -> None:
    book = app.books.open(path)
    book.names.add("Rate", "=Own!$A$1")
    own = book.sheets["Own"]
    own["E1"].formula2 = "=Rate*2"
    own["E2"].formula2 = "=Amounts*2"
    book.save()
    part = parts_of(path)["xl/worksheets/sheet2.xml"]
    assert b'<c r="E1"><f>Rate*2</f></c>' in part
    assert b'<c r="E2" cm="1"><f t="array" ref="E2">Amounts*2</f></c>' in part
    assert not lint(path)
