# ruff: noqa: DTZ001 - a cell has no time zone
from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from excel_client.file_engine.formats.styles import Styles
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.problems import (
    AmountNotExact,
    ArrayFormulaInTheWay,
    MergedCellsInTheWay,
    PackageDamaged,
    UnsafePackage,
    ValueNotWritable,
)
from excel_client.file_engine.sheet.cell_writing import CellWriter
from excel_client.file_engine.sheet.cells import CellReader, ErrorValue
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.xml.xml_spans import MAIN

STYLES = f"""<styleSheet xmlns="{MAIN}"><numFmts count="1">
<numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts><cellXfs count="3">
<xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="4"/></cellXfs></styleSheet>""".encode()


def sheet(rows: str, *, after: str = "", opening: str = "", since_1904: bool = False) -> SheetModel:
    opening = opening or f'<worksheet xmlns="{MAIN}"><dimension ref="A1"/>'
    data = f"{opening}<sheetData>{rows}</sheetData>{after}</worksheet>".encode()
    styles = Styles(STYLES, "styles")
    reader = CellReader(lambda: ["shared"], styles.dates, since_1904=since_1904)
    return SheetModel(
        data, "Sheet", reader, CellWriter(styles, since_1904=since_1904), "sheet1.xml"
    )


def show(model: SheetModel, area: str) -> list[list[object]]:
    return [list(row) for row in model.read(Area.parse(area))]


def rendered(model: SheetModel) -> str:
    return b"".join(bytes(piece) for piece in model.stream()).decode()


def test_every_type_of_cell_is_read() -> None:
    model = sheet(
        '<row r="1"><c r="A1"><v>1.5</v></c><c r="B1" s="1"><v>46112</v></c>'
        '<c r="C1" t="s"><v>0</v></c><c r="D1" t="b"><v>1</v></c><c r="E1" t="e"><v>#N/A</v></c>'
        '<c r="F1" t="str"><f>A1&amp;"x"</f><v>1.5x</v></c><c r="G1" s="2"/>'
        '<c r="H1" t="inlineStr"><is><r><t>ri</t></r><r><rPr><color rgb="FF0000"/></rPr><t>ch</t></r>'
        "<rPh><t>no</t></rPh></is></c></row>"
    )
    assert show(model, "A1:H1") == [
        [1.5, dt.datetime(2026, 3, 31), "shared", True, "#N/A", "1.5x", None, "rich"]
    ]
    assert isinstance(model.read(Area.parse("E1"))[0][0], ErrorValue)
    assert show(model, "C1:C2") == [["shared"], [None]]


def test_a_prefixed_part_without_references_is_read_and_written() -> None:
    model = SheetModel(
        f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData><!-- note --><x:row><x:c><x:v>1</x:v></x:c>'
        "<x:c s='2'><x:v>2</x:v></x:c></x:row><x:row><x:c t='inlineStr'><x:is><x:t><![CDATA[a<b]]>"
        "</x:t></x:is></x:c></x:row></x:sheetData></x:worksheet>".encode(),
        "Sheet",
        CellReader(list, frozenset(), since_1904=False),
        CellWriter(Styles(STYLES, ""), since_1904=False),
        "",
    )
    assert show(model, "A1:B2") == [[1.0, 2.0], ["a<b", None]]
    model.write(2, 2, [["new"]])
    assert show(model, "A1:B2") == [[1.0, 2.0], ["a<b", "new"]]
    assert '<sheetData xmlns="' in rendered(model)


def test_rows_that_are_not_written_stay_byte_for_byte() -> None:
    odd = '<row r="1" x14ac:dyDescent="0.2" ><c  r="A1"  ><v>1</v></c></row>\n  '
    opening = f'<worksheet xmlns="{MAIN}" xmlns:x14ac="urn:x">'
    model = sheet(odd + '<row r="3"><c r="A3"><v>3</v></c></row>', opening=opening)
    model.write(3, 1, [[4]])
    assert odd in rendered(model)
    assert '<row r="3"><c r="A3"><v>4</v></c></row>' in rendered(model)


def test_text_is_never_a_formula() -> None:
    model = sheet("")
    model.write(1, 1, [['=HYPERLINK("http://x")', "001", "+1", "@x"]])
    assert "<f>" not in rendered(model)
    assert show(model, "A1:D1") == [['=HYPERLINK("http://x")', "001", "+1", "@x"]]


def test_a_written_cell_keeps_its_format_and_loses_its_formula() -> None:
    model = sheet('<row r="1" spans="1:1"><c r="A1" s="2"><f>1+1</f><v>2</v></c></row>')
    model.write(1, 1, [[7.25]])
    assert '<row r="1"><c r="A1" s="2"><v>7.25</v></c></row>' in rendered(model)
    assert model.formulas_changed


def test_a_blank_keeps_the_format() -> None:
    model = sheet('<row r="1"><c r="A1" s="2"><v>2</v></c><c r="B1"><v>2</v></c></row>')
    model.write(1, 1, [[None, ""]])
    assert '<row r="1"><c r="A1" s="2"/></row>' in rendered(model)


def test_a_date_in_a_general_cell_gets_a_date_format() -> None:
    model = sheet("")
    model.write(1, 1, [[dt.date(2026, 3, 31), dt.datetime(2026, 3, 31, 12)]])
    assert 's="3"><v>46112</v>' in rendered(model)
    assert 's="4"><v>46112.5</v>' in rendered(model)


def test_a_decimal_is_written_as_the_double_with_the_same_digits() -> None:
    model = sheet("")
    model.write(1, 1, [[Decimal("-1234.10")], [Decimal("0.1")]])
    assert show(model, "A1:A2") == [[-1234.1], [0.1]]


@pytest.mark.parametrize("value", [Decimal("12345678901234567.89"), 2**60 + 1, Decimal("1e-400")])
def test_a_number_that_no_double_holds_is_refused(value: object) -> None:
    model = sheet("")
    with pytest.raises(AmountNotExact) as caught:
        model.write(1, 1, [[1], [value]])
    assert caught.value.place == "Sheet!A2"
    assert not model.changed


@pytest.mark.parametrize(
    "value", [float("inf"), Decimal("NaN"), object(), dt.datetime(2026, 1, 1, tzinfo=dt.UTC), 1j]
)
def test_what_no_cell_can_hold_is_refused(value: object) -> None:
    model = sheet("")
    with pytest.raises(ValueNotWritable):
        model.write(1, 1, [[value]])
    assert not model.changed


values = (
    st.none()
    | st.text(st.characters(codec=None), min_size=1, max_size=20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.datetimes(dt.datetime(1900, 1, 1)).map(lambda m: m.replace(microsecond=0))
)


@given(st.lists(st.lists(values, min_size=3, max_size=3), min_size=1, max_size=12), st.booleans())
def test_written_values_are_read_back(block: list[list[object]], standing: bool) -> None:  # noqa: FBT001
    row = '<row r="2"><c r="A2"/><c r="B2" s="0" t="str"><v>x</v></c></row>' if standing else ""
    model = sheet(row)
    model.write(1, 1, block)
    again = sheet("")
    data = b"".join(bytes(piece) for piece in model.stream())
    styles = model._writer._styles
    reader = CellReader(list, styles.dates, since_1904=False)
    again = SheetModel(data, "Sheet", reader, CellWriter(styles, since_1904=False), "")
    area = Area(1, 1, len(block), 3)
    assert model.read(area) is not None
    assert again.read(area) == block
    column = Area(1, 2, len(block), 2)
    assert again.read(column) == [[r[1]] for r in block]


@given(st.lists(st.none() | st.floats(-1e15, 1e15) | st.integers(-10, 10), min_size=1))
def test_a_column_of_numbers_is_read_back(numbers: list[object]) -> None:
    model = sheet("")
    model.write(1, 1, [[number] for number in numbers])
    assert show(model, f"A1:A{len(numbers)}") == [[number] for number in numbers]


def test_shared_formulas_are_shown_in_full_and_survive_their_first_cell() -> None:
    model = sheet(
        '<row r="1"><c r="A1"><f t="shared" ref="A1:A3" si="0">B1*2</f><v>2</v></c></row>'
        '<row r="2"><c r="A2"><f t="shared" si="0"/><v>4</v></c></row>'
        '<row r="3"><c r="A3"><f t="shared" si="0"/><v>6</v></c></row>'
    )
    area = Area.parse("A1:A3")
    assert model.formulas(area) == [["=B1*2"], ["=B2*2"], ["=B3*2"]]
    model.write(1, 1, [["gone"]])
    assert model.formulas(area) == [["gone"], ["=B2*2"], ["=B3*2"]]
    assert "shared" not in rendered(model)
    assert show(model, "A1:A3") == [["gone"], [4.0], [6.0]]


def test_part_of_an_array_formula_is_refused_and_all_of_it_taken() -> None:
    rows = (
        '<row r="1"><c r="A1"><f t="array" ref="A1:A2">B1:B2</f><v>1</v></c></row>'
        '<row r="2"><c r="A2"><v>2</v></c></row>'
    )
    with pytest.raises(ArrayFormulaInTheWay) as caught:
        sheet(rows).write(2, 1, [[5]])
    assert caught.value.place == "Sheet!A1:A2"
    model = sheet(rows)
    model.write(1, 1, [[5], [6]])
    assert "array" not in rendered(model)


def test_merged_cells_are_refused_but_for_their_first() -> None:
    after = '<mergeCells count="1"><mergeCell ref="A1:B2"/></mergeCells>'
    model = sheet("", after=after)
    with pytest.raises(MergedCellsInTheWay):
        model.write(2, 2, [[1]])
    model.write(1, 1, [[1]])
    assert show(model, "A1:B1") == [[1.0, None]]


def test_cached_results_change_what_formulas_show_and_nothing_else() -> None:
    model = sheet(
        '<row r="1"><c r="A1" s="2"><f>SUM(B1:B9)</f><v>0</v></c><c r="B1"><v>5</v></c>'
        '<c r="C1" t="str"><f>IF(A1,"x","")</f><v></v></c><c r="D1"><f>1=1</f></c></row>'
    )
    model.write_cached_results(1, 1, [[Decimal("12.34"), 99, "done & dusted", True]])
    assert show(model, "A1:D1") == [[12.34, 5.0, "done & dusted", True]]
    assert model.formulas(Area.parse("A1:D1")) == [["=SUM(B1:B9)", "5", '=IF(A1,"x","")', "=1=1"]]
    assert '<c r="A1" s="2"><f>SUM(B1:B9)</f><v>12.34</v></c>' in rendered(model)
    assert not model.formulas_changed


def test_the_dimension_covers_what_was_written() -> None:
    model = sheet("")
    model.write(5, 3, [[1, 2]])
    assert '<dimension ref="A1:D5"/>' in rendered(model)


def test_the_used_area_holds_content_and_formats() -> None:
    model = sheet('<row r="2"><c r="B2"><v>1</v></c><c r="AB2" s="1"/></row><row r="9"/>')
    assert model.used() == Area.parse("B2:AB2")


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="2"/><row r="1"/>',
        '<row r="1"/><row r="1"/>',
        '<row r="1"><c r="A1"><v>1</v></row>',
        '<row r="1"><c r="A1"><v>x1</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>9</v></c></row>',
    ],
)
def test_damaged_rows_are_named(rows: str) -> None:
    with pytest.raises(PackageDamaged):
        show(sheet(rows), "A1:B2")


def test_a_document_type_is_refused() -> None:
    opening = f'<!DOCTYPE x [<!ENTITY a "b">]><worksheet xmlns="{MAIN}">'
    with pytest.raises(UnsafePackage):
        sheet("", opening=opening)


def test_a_1904_book_counts_from_its_own_day() -> None:
    model = sheet('<row r="1"><c r="A1" s="1"><v>0</v></c></row>', since_1904=True)
    assert show(model, "A1") == [[dt.datetime(1904, 1, 1)]]
    model.write(1, 1, [[dt.date(1904, 1, 2)]])
    assert "<v>1</v>" in rendered(model)
