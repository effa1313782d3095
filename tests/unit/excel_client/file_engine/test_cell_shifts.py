from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from excel_client.file_engine.formats.styles import Styles
from excel_client.file_engine.formulas.reference_changes import Direction
from excel_client.file_engine.formulas.references import Area, column_letters
from excel_client.file_engine.sheet.cell_shifts import FormatOrigin, delete_cells, insert_cells
from excel_client.file_engine.sheet.cell_writing import CellWriter
from excel_client.file_engine.sheet.cells import CellReader
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.xml.xml_spans import MAIN

DOWN, RIGHT = Direction.VERTICAL, Direction.HORIZONTAL
STYLES = f"""<styleSheet xmlns="{MAIN}"><cellXfs count="4">
<xf numFmtId="0"/><xf numFmtId="1"/><xf numFmtId="2"/><xf numFmtId="4"/></cellXfs></styleSheet>""".encode()


def sheet(rows: str, *, columns: str = "") -> SheetModel:
    data = f'<worksheet xmlns="{MAIN}">{columns}<sheetData>{rows}</sheetData></worksheet>'.encode()
    styles = Styles(STYLES, "styles")
    reader = CellReader(list, styles.dates, since_1904=False)
    return SheetModel(data, "Sheet", reader, CellWriter(styles, since_1904=False), "sheet1.xml")


def rendered(model: SheetModel) -> str:
    return b"".join(bytes(piece) for piece in model.stream()).decode()


def rows_of(model: SheetModel) -> str:
    return rendered(model).partition("<sheetData>")[2].partition("</sheetData>")[0]


def insert(
    model: SheetModel,
    area: str,
    direction: Direction = DOWN,
    origin: FormatOrigin = FormatOrigin.BEFORE,
) -> str:
    insert_cells(model, Area.parse(area), direction, lambda _column: origin)
    return rows_of(model)


def delete(model: SheetModel, area: str, direction: Direction = DOWN) -> str:
    delete_cells(model, Area.parse(area), direction)
    return rows_of(model)


TWO_ROWS = (
    '<row r="1" ht="30" customHeight="1"><c r="A1" s="1"><v>1</v></c></row>'
    '<row r="2" hidden="1"><c r="A2" t="inlineStr"><is><t>2" A2</t></is></c><c r="C2"><v>3</v></c></row>'
)


def test_a_row_takes_height_and_formats_of_the_one_above_and_the_others_keep_theirs() -> None:
    assert insert(sheet(TWO_ROWS), "2:3") == (
        '<row r="1" ht="30" customHeight="1"><c r="A1" s="1"><v>1</v></c></row>'
        '<row r="2" ht="30" customHeight="1"><c r="A2" s="1"/></row>'
        '<row r="3" ht="30" customHeight="1"><c r="A3" s="1"/></row>'
        '<row r="4" hidden="1"><c r="A4" t="inlineStr"><is><t>2" A2</t></is></c>'
        '<c r="C4"><v>3</v></c></row>'
    )


def test_a_row_is_visible_even_beside_a_hidden_one() -> None:
    inserted = insert(sheet(TWO_ROWS), "3:3")
    assert '<row r="3" ' not in inserted
    assert inserted.count("hidden") == 1


def test_a_row_can_take_its_formats_from_the_one_below() -> None:
    inserted = insert(sheet(TWO_ROWS), "1:1", origin=FormatOrigin.AFTER)
    assert inserted.startswith(
        '<row r="1" ht="30" customHeight="1"><c r="A1" s="1"/></row><row r="2" ht="30"'
    )


def test_a_row_joins_a_group_that_it_is_in_the_middle_of() -> None:
    rows = '<row r="1" outlineLevel="1"/><row r="2" outlineLevel="2"/><row r="3"/>'
    assert '<row r="2" outlineLevel="1">' in insert(sheet(rows), "2:2")
    assert insert(sheet(rows), "3:3").count("outlineLevel") == 2


def test_a_block_moves_down_in_its_columns_alone() -> None:
    assert insert(sheet(TWO_ROWS), "C1:C2") == (
        '<row r="1" ht="30" customHeight="1"><c r="A1" s="1"><v>1</v></c></row>'
        '<row r="2" hidden="1"><c r="A2" t="inlineStr"><is><t>2" A2</t></is></c></row>'
        '<row r="4"><c r="C4"><v>3</v></c></row>'
    )


def test_a_block_moves_up_over_the_deleted_one() -> None:
    rows = '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c></row><row r="3"><c r="B3" s="2"/></row>'
    assert (
        delete(sheet(rows), "B1:B2") == '<row r="1"><c r="A1"><v>1</v></c><c r="B1" s="2"/></row>'
    )


def test_cells_move_right_and_left_in_their_rows() -> None:
    rows = '<row r="1" spans="1:2"><c r="A1" s="1"><v>1</v></c><c r="B1"><v>2</v></c></row>'
    model = sheet(rows)
    assert insert(model, "B1:C1", RIGHT) == (
        '<row r="1"><c r="A1" s="1"><v>1</v></c><c r="B1" s="1"/><c r="C1" s="1"/>'
        '<c r="D1"><v>2</v></c></row>'
    )
    assert delete(model, "A1:C1", RIGHT) == '<row r="1"><c r="A1"><v>2</v></c></row>'


def test_whole_columns_move_with_their_widths() -> None:
    columns = '<cols><col min="1" max="2" width="20" hidden="1"/><col min="3" max="3" width="5" style="2"/></cols>'
    model = sheet('<row r="1"><c r="C1" s="2"><v>1</v></c></row>', columns=columns)
    inserted = insert(model, "D:D", RIGHT)
    assert '<col min="4" max="4" width="5" style="2"/>' not in rendered(model)
    assert '<col min="3" max="4" width="5" style="2"/>' in rendered(model)
    assert inserted == '<row r="1"><c r="C1" s="2"><v>1</v></c></row>'
    delete(model, "A:A", RIGHT)
    assert '<col min="1" max="1" width="20" hidden="1"/><col min="2" max="3"' in rendered(model)
    insert(model, "B:B", RIGHT)
    assert '<col min="2" max="2" width="20"/>' in rendered(model)


def test_a_columns_format_goes_along_with_a_cell_that_leaves_it() -> None:
    columns = '<cols><col min="2" max="2" style="3"/></cols>'
    model = sheet('<row r="1"><c r="A1"><v>1</v></c></row>', columns=columns)
    assert insert(model, "A1:A2", RIGHT) == (
        '<row r="1"><c r="B1"><v>1</v></c><c r="C1" s="3"/></row>'
        '<row r="2"><c r="B2"/><c r="C2" s="3"/></row>'
    )


def test_a_rows_format_goes_along_with_a_cell_that_leaves_it() -> None:
    model = sheet('<row r="1" s="3" customFormat="1"/><row r="2"><c r="A2"><v>1</v></c></row>')
    assert insert(model, "A1:B1") == (
        '<row r="1" s="3" customFormat="1"/>'
        '<row r="2"><c r="A2" s="3"/><c r="B2" s="3"/></row><row r="3"><c r="A3"><v>1</v></c></row>'
    )


def test_an_array_keeps_its_area_with_it() -> None:
    rows = (
        '<row r="2"><c r="B2"><f t="array" ref="B2:B3">A1:A2</f><v>1</v></c></row>'
        '<row r="3"><c r="B3"><v>2</v></c></row>'
    )
    assert 'r="B5"><f t="array" ref="B5:B6">A1:A2' in insert(sheet(rows), "1:3")
    assert 'r="C2"><f t="array" ref="C2:C3">A1:A2' in insert(sheet(rows), "A:A", RIGHT)
    model = sheet(rows)
    insert(model, "B1:B2")
    assert model.reaching_formulas()[0].area == Area.parse("B4:B5")


SHARED = (
    '<row r="1"><c r="A1"><f t="shared" ref="A1:A3" si="0">B1*2</f><v>2</v></c></row>'
    '<row r="2"><c r="A2"><f t="shared" si="0"/><v>4</v></c></row>'
    '<row r="3"><c r="A3"><f t="shared" si="0"/><v>6</v></c></row>'
)


def test_a_shared_formula_that_is_torn_is_written_out() -> None:
    inserted = insert(sheet(SHARED), "3:3")
    assert "shared" not in inserted
    assert '<c r="A2"><f>B2*2</f>' in inserted
    # Which cells it names is changed afterwards, in all formulas of the workbook alike.
    assert '<c r="A4"><f>B3*2</f>' in inserted


def test_a_shared_formula_that_moves_as_a_whole_stays_shared() -> None:
    model = sheet(SHARED)
    inserted = insert(model, "1:2")
    assert '<c r="A3"><f t="shared" ref="A3:A5" si="0">B1*2</f>' in inserted
    assert model.reaching_formulas()[0].row == 3


def test_the_stated_dimension_follows() -> None:
    rows = '<row r="1"><c r="A1"><v>1</v></c></row><row r="5"><c r="C5"><v>1</v></c></row>'
    model = sheet(rows, columns='<dimension ref="A1:C5"/>')
    insert(model, "2:3")
    assert '<dimension ref="A1:C7"/>' in rendered(model)
    delete(model, "A:B", RIGHT)
    assert '<dimension ref="A1:A7"/>' in rendered(model)
    delete(model, "4:9")
    assert '<dimension ref="A1:A3"/>' in rendered(model)


@pytest.mark.parametrize("spelling", ['<c  r="A1"><v>1</v></c>', "<c s='1' r='A1'><v>1</v></c>"])
def test_unusually_spelled_cells_move_too(spelling: str) -> None:
    for area, direction, moved in (("1:1", DOWN, "A2"), ("A1", DOWN, "A2"), ("A1", RIGHT, "B1")):
        model = sheet(f'<row r="1">{spelling}<c r="D1"/></row>')
        insert(model, area, direction)
        assert model.read(Area.parse(moved)) == [[1.0]]
        assert model.read(Area.parse("A1")) == [[None]]


def test_rows_above_stay_byte_for_byte() -> None:
    odd = '<row r="1" x="1" ><c  r="A1"  ><v>1</v></c></row>\n  '
    model = sheet(odd + '<row r="3"><c r="A3"><v>3</v></c></row>\n')
    assert insert(model, "A2").startswith(odd)
    assert rows_of(model).endswith('<row r="4"><c r="A4"><v>3</v></c></row>')


cell = st.tuples(st.integers(1, 6), st.sampled_from(["", ' s="1"', ' s="2"']), st.integers(0, 99))
row = st.tuples(
    st.integers(1, 8),
    st.sampled_from(["", ' ht="20"', ' hidden="1"', ' outlineLevel="1"']),
    st.lists(cell, min_size=1, max_size=4, unique_by=lambda c: c[0]),
)
grid = st.lists(row, max_size=6, unique_by=lambda r: r[0])


def written(rows: list[tuple[int, str, list[tuple[int, str, int]]]]) -> str:
    return "".join(
        f'<row r="{number}"{attributes}>'
        + "".join(
            f'<c r="{column_letters(column)}{number}"{style}><v>{value}</v></c>'
            for column, style, value in sorted(cells)
        )
        + "</row>"
        for number, attributes, cells in sorted(rows)
    )


places = st.tuples(st.integers(1, 9), st.integers(1, 7), st.integers(0, 2), st.integers(0, 2))


def area_at(place: tuple[int, int, int, int], shape: str) -> Area:
    top, left, down, right = place
    if shape == "rows":
        return Area.parse(f"{top}:{top + down}")
    if shape == "columns":
        return Area.parse(f"{column_letters(left)}:{column_letters(left + right)}")
    return Area(top, left, top + down, left + right)


@given(
    grid,
    places,
    st.sampled_from([("rows", DOWN), ("columns", RIGHT), ("block", DOWN), ("block", RIGHT)]),
    st.sampled_from(FormatOrigin),
)
def test_what_is_inserted_and_deleted_again_leaves_the_sheet_as_it_was(
    rows: list[tuple[int, str, list[tuple[int, str, int]]]],
    place: tuple[int, int, int, int],
    how: tuple[str, Direction],
    origin: FormatOrigin,
) -> None:
    columns = '<cols><col min="2" max="3" width="9"/></cols>'
    model = sheet(written(rows), columns=columns)
    before = rendered(model)
    area = area_at(place, how[0])
    insert_cells(model, area, how[1], lambda _column: origin)
    delete_cells(model, area, how[1])
    assert rendered(model) == before


@given(grid, places, st.sampled_from(["rows", "block"]))
def test_a_deleted_area_takes_its_values_and_no_others(
    rows: list[tuple[int, str, list[tuple[int, str, int]]]],
    place: tuple[int, int, int, int],
    shape: str,
) -> None:
    model = sheet(written(rows))
    area = area_at(place, shape)
    whole = Area(1, 1, 12, 10)
    expected = [list(values) for values in model.read(whole)]
    for column in range(max(1, area.left), min(10, area.right) + 1):
        kept = [expected[n][column - 1] for n in range(12) if not area.top <= n + 1 <= area.bottom]
        for number in range(12):
            expected[number][column - 1] = kept[number] if number < len(kept) else None
    delete_cells(model, area, DOWN)
    assert model.read(whole) == expected
