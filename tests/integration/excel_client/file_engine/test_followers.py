from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
import xlwings as xw

from tests.workbook_checks.ooxml_lint import lint

Parts = Callable[[Path], dict[str, bytes]]
Rewrite = Callable[[Path, dict[str, bytes | None]], Path]

#: openpyxl says of every extension that it does not read it.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")


def made(path: Path, rows: int) -> Path:
    """A book whose table Sales, from A3 on, has so many rows of data, and what names all of them or some."""
    last = 3 + rows
    book = xlsxwriter.Workbook(path)
    sales, other = book.add_worksheet("Sales"), book.add_worksheet("Other")
    red = book.add_format({"font_color": "red"})
    share = f"=Sales[[#This Row],[Amount]]/SUM($B$4:$B${last})"
    sales.add_table(
        2,
        0,
        last - 1,
        3,
        {
            "name": "Sales",
            "columns": [
                {"header": "Day"},
                {"header": "Amount"},
                {"header": "Share", "formula": share},
                {"header": "So far"},
            ],
        },
    )
    for row in range(4, last + 1):
        sales.write(row - 1, 1, row)
        sales.write_formula(row - 1, 2, share, None, 0)
        sales.write_formula(row - 1, 3, f"=SUM($B$4:B{row})", None, 0)
    sales.conditional_format(
        f"B4:B{last}", {"type": "formula", "criteria": f"=B4>MAX($B$4:$B${last})", "format": red}
    )
    sales.conditional_format(f"B3:B{last - 1}", {"type": "blanks", "format": red})
    sales.data_validation(f"A4:A{last}", {"validate": "list", "source": "=Other!$A$1:$A$2"})
    for at, formula in enumerate(
        [
            f"=SUM(B4:B{last})",
            f"=COUNTA(A3:B{last})",
            "=B4",
            f"=SUM(B4:B{last + 1})",
            f"=B{last}",
        ]
    ):
        sales.write_formula(at, 6, formula, None, 0)
    sales.add_sparkline("H1", {"range": f"Sales!B4:B{last}"})
    other.write_formula("B1", f"=SUM(Sales!$B$4:$B${last})+SUM(Other!$B$4:$B${last})", None, 0)
    other.data_validation("B2", {"validate": "list", "source": f"=Sales!$B$4:$B${last}"})
    other.conditional_format(
        "B4:B5", {"type": "formula", "criteria": f"=COUNT(Sales!$B$4:$B${last})", "format": red}
    )
    chart = book.add_chart({"type": "line"})
    chart.add_series(
        {
            "name": "=Sales!$B$3",
            "categories": f"=Sales!$A$4:$A${last}",
            "values": f"=Sales!$B$4:$B${last}",
        }
    )
    other.insert_chart("D2", chart)
    alone = book.add_chartsheet("Alone")
    pie = book.add_chart({"type": "pie"})
    pie.add_series({"values": f"=Sales!$B$3:$B${last}"})
    alone.set_chart(pie)
    book.define_name("Amounts", f"=Sales!$B$4:$B${last}")
    book.define_name("First", "=Sales!$B$4")
    book.close()
    return path


def resize(app: xw.App, path: Path, last: int) -> None:
    book = app.books.open(path)
    sheet = book.sheets["Sales"]
    sheet.tables["Sales"].resize(sheet[f"A3:D{last}"])
    book.save()
    book.close()


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    return made(tmp_path / "sales.xlsx", 3)


def formulas(path: Path) -> list[str]:
    read = openpyxl.load_workbook(path)["Sales"]
    return [read.cell(row, 7).value for row in range(1, 6)]


def charts(parts: dict[str, bytes]) -> list[str]:
    names = sorted(name for name in parts if name.startswith("xl/charts/chart"))
    return [f.decode() for name in names for f in re.findall(rb"<c:f>([^<]*)", parts[name])]


def test_all_that_names_a_whole_column_of_a_table_grows_with_it(
    app: xw.App, sales: Path, parts_of: Parts
) -> None:
    assert lint(sales) == []
    resize(app, sales, 20)
    assert lint(sales) == []
    assert formulas(sales) == ["=SUM(B4:B20)", "=COUNTA(A3:B20)", "=B4", "=SUM(B4:B7)", "=B6"]
    read = openpyxl.load_workbook(sales)
    own, other = read["Sales"], read["Other"]
    assert {str(a.sqref) for a in own.conditional_formatting} == {"B4:B20", "B3:B5"}
    assert str(own.data_validations.dataValidation[0].sqref) == "A4:A20"
    assert other["B1"].value == "=SUM(Sales!$B$4:$B$20)+SUM(Other!$B$4:$B$6)"
    assert other.data_validations.dataValidation[0].formula1 == "Sales!$B$4:$B$20"
    rules = [rule for area in other.conditional_formatting for rule in area.rules]
    assert rules[0].formula == ["COUNT(Sales!$B$4:$B$20)"]
    assert read.defined_names["Amounts"].attr_text == "Sales!$B$4:$B$20"
    assert read.defined_names["First"].attr_text == "Sales!$B$4"
    parts = parts_of(sales)
    assert charts(parts) == [
        "Sales!$B$3",
        "Sales!$A$4:$A$20",
        "Sales!$B$4:$B$20",
        "Sales!$B$3:$B$20",
    ]
    assert b"<xm:f>Sales!B4:B20</xm:f>" in parts["xl/worksheets/sheet1.xml"]


def test_formulas_of_the_table_follow_with_fixed_rows_and_running_totals_stay(
    app: xw.App, sales: Path
) -> None:
    resize(app, sales, 8)
    read = openpyxl.load_workbook(sales)["Sales"]
    shares = {read.cell(row, 3).value for row in range(4, 9)}
    assert shares == {"=Sales[[#This Row],[Amount]]/SUM($B$4:$B$8)"}
    assert [read.cell(row, 4).value for row in (4, 5, 6)] == [
        "=SUM($B$4:B4)", "=SUM($B$4:B5)", "=SUM($B$4:B6)"
    ]  # fmt: skip
    column = read.tables["Sales"].tableColumns[2]
    assert column.calculatedColumnFormula.attr_text.endswith("SUM($B$4:$B$8)")


def test_a_table_that_shrinks_is_followed_too(app: xw.App, sales: Path, parts_of: Parts) -> None:
    before = formulas(sales)
    resize(app, sales, 20)
    resize(app, sales, 6)
    assert formulas(sales) == before
    resize(app, sales, 5)
    assert formulas(sales)[0] == "=SUM(B4:B5)"
    assert charts(parts_of(sales))[2] == "Sales!$B$4:$B$5"


def test_the_only_row_of_a_table_passes_on_its_rules_and_its_chart_but_no_single_cell(
    app: xw.App, tmp_path: Path, parts_of: Parts
) -> None:
    path = made(tmp_path / "one.xlsx", 1)
    resize(app, path, 6)
    assert lint(path) == []
    read = openpyxl.load_workbook(path)
    own = read["Sales"]
    assert {str(a.sqref) for a in own.conditional_formatting} == {"B4:B6", "B3"}
    assert formulas(path)[2] == "=B4"
    assert read.defined_names["First"].attr_text == "Sales!$B$4"
    assert charts(parts_of(path)) == [
        "Sales!$B$3", "Sales!$A$4:$A$6", "Sales!$B$4:$B$6", "Sales!$B$3:$B$6"
    ]  # fmt: skip


PIVOT = (
    b'<pivotCacheDefinition xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" saveData="1">'
    b'<cacheSource type="worksheet"><worksheetSource %b/></cacheSource><cacheFields count="0"/>'
    b"</pivotCacheDefinition>"
)


@pytest.mark.parametrize(
    ("source", "after", "flagged"),
    [
        ('name="Sales"', 'name="Sales"', "flagged"),
        ('ref="A3:D6" sheet="Sales"', 'ref="A3:D9" sheet="Sales"', "flagged"),
        ('ref="A3:D7" sheet="Sales"', 'ref="A3:D7" sheet="Sales"', "as it was"),
        ('ref="A3:D6" sheet="Other"', 'ref="A3:D6" sheet="Other"', "as it was"),
        ('name="Elsewhere"', 'name="Elsewhere"', "as it was"),
    ],
)  # fmt: skip
def test_pivot_tables_of_the_tables_data_are_read_anew(
    app: xw.App, sales: Path, parts_of: Parts, rewrite: Rewrite,
    source: str, after: str, flagged: str,
) -> None:  # fmt: skip
    parts = parts_of(sales)
    relation = (
        b'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
        b'pivotCacheDefinition" Target="pivotCache/pivotCacheDefinition1.xml"/></Relationships>'
    )
    name = "xl/pivotCache/pivotCacheDefinition1.xml"
    kind = b'<Override PartName="/%b" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.'
    kind += b'pivotCacheDefinition+xml"/></Types>'
    rels = parts["xl/_rels/workbook.xml.rels"].replace(b"</Relationships>", relation)
    types = parts["[Content_Types].xml"].replace(b"</Types>", kind % name.encode())
    changes: dict[str, bytes | None] = {
        name: PIVOT % source.encode(), "xl/_rels/workbook.xml.rels": rels, "[Content_Types].xml": types
    }  # fmt: skip
    resize(app, rewrite(sales, changes), 9)
    cache = parts_of(sales)[name]
    assert after.encode() in cache
    assert (b'refreshOnLoad="1"' in cache) is (flagged == "flagged")
    assert b'saveData="1"' in cache


def test_a_large_table_grows_by_a_row_quickly(app: xw.App, tmp_path: Path) -> None:
    path = made(tmp_path / "large.xlsx", 3)
    resize(app, path, 20_000)
    start = dt.datetime.now(dt.UTC)
    resize(app, path, 20_001)
    assert (dt.datetime.now(dt.UTC) - start).total_seconds() < 5
    assert formulas(path)[0] == "=SUM(B4:B20001)"
