"""Formulas written into a sheet, and those whose area something is written into."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from excel_client.file_engine.formats.styles import Styles
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.problems import (
    ArrayFormulaInTheWay,
    BlockRagged,
    FormulaBroken,
    FormulaRefused,
    FormulaTooLong,
    MergedCellsInTheWay,
)
from excel_client.file_engine.sheet.cell_writing import CellWriter
from excel_client.file_engine.sheet.cells import CellReader, ErrorValue
from excel_client.file_engine.sheet.formula_entry import FormulaMeaning, NoSurroundings
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.xml.xml_spans import MAIN

STYLES = f"""<styleSheet xmlns="{MAIN}"><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="49"/>
<xf numFmtId="4"/></cellXfs></styleSheet>""".encode()

SHARED = (
    '<row r="1"><c r="A1"><f t="shared" ref="A1:B2" si="0">D1*$E$1</f><v>1</v></c>'
    '<c r="B1"><f t="shared" si="0"/><v>2</v></c></row>'
    '<row r="2"><c r="A2"><f t="shared" si="0"/><v>3</v></c>'
    '<c r="B2"><f t="shared" si="0"/><v>4</v></c></row>'
)
SPILLED = (
    '<row r="1"><c r="A1" s="2" cm="1"><f t="array" ref="A1:B2">_xlfn.SEQUENCE(2,2)</f><v>1</v></c>'
    '<c r="B1" s="2"><v>2</v></c></row><row r="2"><c r="A2"><v>3</v></c><c r="B2"><v>4</v></c></row>'
)
ARRAY = SPILLED.replace(' cm="1"', "")


class Marked(NoSurroundings):
    def __init__(self) -> None:
        self.asked = 0

    def dynamic_mark(self) -> int:
        self.asked += 1
        return 7


def sheet(rows: str = "", *, after: str = "") -> SheetModel:
    data = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>{after}</worksheet>'.encode()
    styles = Styles(STYLES, "styles")
    reader = CellReader(list, styles.dates, since_1904=False)
    return SheetModel(data, "Sheet", reader, CellWriter(styles, since_1904=False), "sheet1.xml")


def rendered(model: SheetModel) -> str:
    return b"".join(bytes(piece) for piece in model.stream()).decode()


def again(model: SheetModel) -> SheetModel:
    rows = rendered(model).partition("<sheetData>")[2].partition("</sheetData>")[0]
    return sheet(rows)


def formulas(model: SheetModel, area: str) -> list[list[str]]:
    return model.formulas(Area.parse(area))


def values(model: SheetModel, area: str) -> list[list[object]]:
    return [list(row) for row in model.read(Area.parse(area))]


# What is written


def test_only_what_begins_with_an_equals_sign_and_goes_on_is_a_formula() -> None:
    model = sheet()
    model.write_formulas(1, 1, [["=", "=-A9", "=+A9", " =A9", "A9", None]])
    assert formulas(model, "A1:F1") == [["=", "=-A9", "=+A9", " =A9", "A9", ""]]
    assert rendered(model).count("<f>") == 2


def test_constants_are_written_back_as_what_they_were_read_as() -> None:
    row = '<c r="A1"><v>5</v></c><c r="B1"><v>-1.25</v></c><c r="C1" t="b"><v>1</v></c>'
    row += '<c r="D1" t="e"><v>#N/A</v></c><c r="E1" t="str"><v>x</v></c><c r="F1"><v>1E-3</v></c>'
    model = sheet(f'<row r="1">{row}</row>')
    before = values(model, "A1:F1")
    model.write_formulas(1, 1, formulas(model, "A1:F1"))
    assert values(model, "A1:F1") == before
    assert [type(value) for value in before[0]] == [float, float, bool, ErrorValue, str, float]


@pytest.mark.parametrize("text", ["007", "1 2", "+5", "1,5", "12345678901234567890", "1e5", "true"])
def test_a_text_that_is_not_exactly_a_number_stays_a_text(text: str) -> None:
    model = sheet()
    model.write_formulas(1, 1, [[text]])
    assert values(model, "A1") == [[text]]


def test_a_number_stays_a_text_in_a_cell_that_is_formatted_as_text() -> None:
    model = sheet('<row r="1"><c r="A1" s="1"/></row>')
    model.write_formulas(1, 1, [["5"]])
    assert values(model, "A1") == [["5"]]


@pytest.mark.parametrize(
    ("formula", "problem"), [("=SUM(A1", FormulaBroken), ("=" + "+1" * 5000, FormulaTooLong)]
)
def test_a_formula_that_excel_refuses_leaves_the_whole_block_unwritten(
    formula: str, problem: type[FormulaRefused]
) -> None:
    model = sheet(SPILLED)
    with pytest.raises(problem) as caught:
        model.write_formulas(1, 1, [["=1", 2], [3, formula]])
    assert caught.value.place == "Sheet!B2"
    assert not model.changed
    assert SPILLED in rendered(model)


@pytest.mark.parametrize("rows", [[[1, 2], [3]], [[]], []])
def test_rows_of_different_length_are_refused(rows: list[list[int]]) -> None:
    model = sheet()
    with pytest.raises(BlockRagged):
        model.write(1, 1, rows)
    with pytest.raises(BlockRagged):
        model.write_formulas(1, 1, rows)
    assert not model.changed


def test_a_formula_with_several_results_is_marked_and_a_plain_one_is_not() -> None:
    model, around = sheet('<row r="1"><c r="B1" s="2"><v>5</v></c></row>'), Marked()
    block: list[list[object]] = [["=A9+1", "=UNIQUE(A2:A9)"], ["=SORT(C:C)", 1]]
    model.write_formulas(1, 1, block, FormulaMeaning.ALL_CELLS, around)
    text = rendered(model)
    assert '<c r="A1"><f>A9+1</f></c>' in text
    marked = '<c r="B1" s="2" cm="7"><f t="array" ref="B1">_xlfn.UNIQUE(A2:A9)</f></c>'
    assert marked in text
    assert '<c r="A2" cm="7"><f t="array" ref="A2">_xlfn._xlws.SORT(C:C)</f></c>' in text
    assert around.asked == 1
    assert again(model).formulas(Area.parse("A1:B2"), intersections=True) == [
        ["=A9+1", "=UNIQUE(A2:A9)"],
        ["=SORT(C:C)", "1"],
    ]


def test_no_mark_is_made_for_formulas_that_need_none() -> None:
    model, around = sheet(), Marked()
    model.write_formulas(1, 1, [["=A9+1"]], FormulaMeaning.ALL_CELLS, around)
    assert around.asked == 0


def test_an_array_is_one_formula_for_its_area() -> None:
    model = sheet('<row r="1"><c r="A1" s="2"><v>5</v></c></row>')
    model.write_array(Area.parse("A1:B2"), "=transpose(d1:e2)")
    text = rendered(model)
    assert '<c r="A1" s="2"><f t="array" ref="A1:B2">TRANSPOSE(D1:E2)</f></c>' in text
    for seen in (model, again(model)):
        assert formulas(seen, "A1:B3") == [["=TRANSPOSE(D1:E2)"] * 2] * 2 + [["", ""]]
        assert seen.in_arrays(Area.parse("A1:B2")) is True
        assert seen.in_arrays(Area.parse("A1:C2")) is None
        assert seen.in_arrays(Area.parse("C1")) is False
        with pytest.raises(ArrayFormulaInTheWay):
            seen.write(2, 2, [[1]])


def test_an_array_does_not_stand_in_merged_cells() -> None:
    after = '<mergeCells count="1"><mergeCell ref="A1:B2"/></mergeCells>'
    with pytest.raises(MergedCellsInTheWay):
        sheet(after=after).write_array(Area.parse("A1"), "=1")


# What is overwritten


@given(
    st.sampled_from(["A1", "B1", "A2", "B2", "A1:B1", "A1:A2", "A2:B2"]),
    st.sampled_from(["value", "formula", "clear", "cached"]),
)
def test_the_other_cells_of_a_shared_formula_keep_it(area: str, how: str) -> None:
    model, written = sheet(SHARED), Area.parse(area)
    before = formulas(model, "A1:B2")
    shown = values(model, "A1:B2")
    block = [["x"] * written.columns] * written.rows
    if how == "value":
        model.write(written.top, written.left, block)
    elif how == "formula":
        model.write_formulas(written.top, written.left, [["=1"] * written.columns] * written.rows)
    elif how == "clear":
        model.change_cells(written, None, keep_content=False)
    else:
        model.write_cached_results(written.top, written.left, block)
    for seen in (model, again(model)):
        after = formulas(seen, "A1:B2")
        for row in (0, 1):
            for column in (0, 1):
                cell = Area(row + 1, column + 1, row + 1, column + 1)
                if not written.holds(cell):
                    assert after[row][column] == before[row][column]
                    assert values(seen, cell.text()) == [[shown[row][column]]]
                elif how != "cached":
                    assert after[row][column] != before[row][column]


def test_a_formula_written_over_a_shared_one_leaves_no_member_without_its_master() -> None:
    model = sheet(SHARED)
    model.write_formulas(1, 1, [["=9"]])
    text = rendered(again(model))
    assert 'si="0"' not in text
    assert formulas(model, "A1:B2") == [["=9", "=E1*$E$1"], ["=D2*$E$1", "=E2*$E$1"]]


@pytest.mark.parametrize("area", ["A1", "B2", "A1:B1", "B1:C2"])
def test_part_of_an_array_is_not_overwritten_nor_cleared(area: str) -> None:
    written = Area.parse(area)
    block = [[1] * written.columns] * written.rows
    writes: list[Callable[[SheetModel], None]] = [
        lambda model: model.write(written.top, written.left, block),
        lambda model: model.change_cells(written, b"", keep_content=False),
        lambda model: model.write_array(written, "=1"),
    ]
    for write in writes:
        model = sheet(ARRAY)
        with pytest.raises(ArrayFormulaInTheWay):
            write(model)
        assert ARRAY in rendered(model)


def test_a_whole_array_is_overwritten_or_cleared() -> None:
    model = sheet(ARRAY)
    model.change_cells(Area.parse("A1:B2"), None, keep_content=False)
    assert values(model, "A1:B2") == [[None, None], [None, None]]
    model.write(1, 1, [[1]])
    model = sheet(ARRAY)
    model.write(1, 1, [[1, 2, 3], [4, 5, 6]])
    model.write(2, 2, [[9]])
    assert values(model, "A1:C2") == [[1.0, 2.0, 3.0], [4.0, 9.0, 6.0]]


def test_a_data_table_is_not_overwritten_in_part() -> None:
    rows = (
        '<row r="1"><c r="A1"><f t="dataTable" ref="A1:A2" dt2D="0" dtr="0" r1="D1"/><v>1</v></c></row>'
        '<row r="2"><c r="A2"><v>2</v></c></row>'
    )
    model = sheet(rows)
    with pytest.raises(ArrayFormulaInTheWay):
        model.write(2, 1, [[5]])
    assert formulas(model, "A1:A2") == [["1"], ["2"]]


def test_what_has_spilled_vanishes_with_its_formula() -> None:
    model = sheet(SPILLED)
    model.write(1, 1, [["gone"]])
    for seen in (model, again(model)):
        assert values(seen, "A1:B2") == [["gone", None], [None, None]]
    text = rendered(model)
    assert "cm=" not in text
    assert '<c r="B1" s="2"/>' in text
    model.write(2, 2, [[1]])
    assert values(model, "A1:B2") == [["gone", None], [None, 1.0]]


@pytest.mark.parametrize("how", ["value", "formula"])
def test_a_formula_whose_spilled_cell_is_overwritten_shows_an_error_in_its_own_cell(
    how: str,
) -> None:
    model = sheet(SPILLED)
    if how == "value":
        model.write(2, 2, [["mine"]])
    else:
        model.write_formulas(2, 2, [["=1+1"]])
    for seen in (model, again(model)):
        assert formulas(seen, "A1") == [["=SEQUENCE(2,2)"]]
        assert values(seen, "A1:B1") == [[ErrorValue("#VALUE!"), None]]
        assert values(seen, "A2:B2") == [[None, "mine" if how == "value" else None]]
    cell = '<c r="A1" s="2" cm="1" t="e"><f t="array" ref="A1">_xlfn.SEQUENCE(2,2)</f><v>#VALUE!</v></c>'
    assert cell in rendered(model)


@pytest.mark.parametrize("how", ["write", "formulas", "clear"])
def test_blanks_do_not_stop_a_formula_from_spilling(how: str) -> None:
    model = sheet(SPILLED)
    if how == "write":
        model.write(2, 1, [[None, None, "beside"]])
    elif how == "formulas":
        model.write_formulas(2, 1, [[None, "", "beside"]])
    else:
        model.change_cells(Area.parse("A2:C2"), None, keep_content=False)
    assert values(model, "A1:B2") == [[1.0, 2.0], [3.0, 4.0]]
    assert values(model, "C2") == [[None if how == "clear" else "beside"]]
    assert 'ref="A1:B2"' in rendered(model)


def test_a_block_over_the_whole_of_a_dynamic_array_leaves_nothing_of_it() -> None:
    model = sheet(SPILLED)
    model.write(1, 1, [[None, 5], [6, None]])
    assert values(model, "A1:B2") == [[None, 5.0], [6.0, None]]
    assert "<f" not in rendered(model)


def test_spilled_cells_may_be_formatted() -> None:
    model = sheet(SPILLED)
    model.change_cells(Area.parse("A2:B2"), b"1", keep_content=True)
    assert values(model, "A1:B2") == [[1.0, 2.0], [3.0, 4.0]]
    assert model.styles_in(Area.parse("A2:B2")) == {b"1"}


def test_a_value_with_metadata_loses_it_when_it_is_cleared_or_shown_otherwise() -> None:
    model = sheet('<row r="1"><c r="A1" vm="3" t="e"><f>1/0</f><v>#VALUE!</v></c></row>')
    model.write_cached_results(1, 1, [[5]])
    assert "vm=" not in rendered(model)
    model = sheet('<row r="1"><c r="A1" s="2" vm="3" t="e"><v>#VALUE!</v></c></row>')
    model.change_cells(Area.parse("A1"), None, keep_content=False)
    assert '<c r="A1" s="2"/>' in rendered(model)
