from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from excel_client.file_engine.formats.column_widths import ColumnMeasure
from excel_client.file_engine.formats.styles import Styles
from excel_client.file_engine.formulas.references import COLUMN_LIMIT, ROW_LIMIT, Area
from excel_client.file_engine.sheet.cell_writing import CellWriter
from excel_client.file_engine.sheet.cells import CellReader
from excel_client.file_engine.sheet.columns_and_rows import ColumnLayout, RowLayout
from excel_client.file_engine.sheet.merging import are_merged, merge, merged_around, unmerge
from excel_client.file_engine.sheet.restyling import Zone, restyle, styles_in
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.xml.xml_spans import MAIN, read_tree

MEASURE = ColumnMeasure(7)
SIZE = 6


def sheet(rows: str = "", before: str = "", after: str = "") -> SheetModel:
    data = (
        f'<worksheet xmlns="{MAIN}"><dimension ref="A1"/>{before}'
        f"<sheetData>{rows}</sheetData>{after}</worksheet>"
    )
    styles = Styles(None, "styles")
    return SheetModel(
        data.encode(),
        "Sheet",
        CellReader(list, styles.dates, since_1904=False),
        CellWriter(styles, since_1904=False),
        "sheet1.xml",
    )


def rendered(model: SheetModel) -> str:
    return b"".join(bytes(piece) for piece in model.stream()).decode()


def layout(model: SheetModel) -> ColumnLayout:
    return ColumnLayout(model, MEASURE)


def change(model: SheetModel, area: str, to: Callable[[int], int], *, refits: bool = False) -> None:
    wanted = Area.parse(area)
    zone = Zone(left=wanted.left, right=wanted.right, change=to)
    restyle(model, layout(model), (wanted.top, wanted.bottom), [zone], refits=refits)


def styles_of(model: SheetModel) -> list[list[int]]:
    """The formats of the first cells of the sheet, as a reader of the file sees them."""
    return [
        [int(model.style(row, column) or b"0") for column in range(1, SIZE + 1)]
        for row in range(1, SIZE + 1)
    ]


@st.composite
def sheets(draw: st.DrawFn) -> tuple[str, str]:
    """Rows, columns and cells with formats of their own, in any spelling that is met."""
    rows = []
    for number in sorted(draw(st.sets(st.integers(1, SIZE), max_size=SIZE))):
        cells = []
        for column in sorted(draw(st.sets(st.integers(1, SIZE), max_size=SIZE))):
            style = draw(st.sampled_from(["", ' s="0"', ' s="1"', ' s="2"', ' cm="1" s="2"']))
            body = draw(st.sampled_from(["/>", "><v>1</v></c>", "><f>1+1</f><v>2</v></c>"]))
            kind = draw(st.sampled_from(["", ' t="n"']))
            cells.append(f'<c r="{"ABCDEF"[column - 1]}{number}"{style}{kind}{body}')
        own = draw(st.sampled_from(["", ' s="3" customFormat="1"', ' ht="20" spans="1:6"']))
        inner = "".join(cells)
        rows.append(
            f'<row r="{number}"{own}>{inner}</row>' if inner else f'<row r="{number}"{own}/>'
        )
    columns = draw(
        st.sampled_from(
            ["", '<cols><col min="2" max="3" width="12" style="4"/></cols>',
             '<cols><col min="1" max="16384" width="9" style="2"/></cols>']
        )
    )  # fmt: skip
    return "".join(rows), columns


@given(
    sheets(),
    st.sampled_from(["B2:D4", "A1:F6", "C3", "C:C", "A:F", "2:3", "1:6", "A:XFD", "B1:B6"]),
    st.sampled_from([lambda style: style + 10, lambda _style: 0, lambda style: style % 2]),
)
@settings(max_examples=150)
def test_each_cell_of_the_area_gets_the_format_made_of_its_own_and_no_other_cell(
    made: tuple[str, str], area: str, to: Callable[[int], int]
) -> None:
    model = sheet(*made)
    before = styles_of(model)
    values = model.read(Area(1, 1, SIZE, SIZE))
    change(model, area, to)
    inside = Area.parse(area)
    assert styles_of(model) == [
        [
            to(style) if inside.holds(Area(row, column, row, column)) else style
            for column, style in enumerate(line, 1)
        ]
        for row, line in enumerate(before, 1)
    ]
    assert model.read(Area(1, 1, SIZE, SIZE)) == values
    text = rendered(model)
    read_tree(text.encode(), "")
    references = re.findall(r'<c r="([A-Z]+)(\d+)"', text)
    assert references == sorted(references, key=lambda r: (int(r[1]), len(r[0]), r[0]))
    assert text.count("<row") <= SIZE


@given(sheets(), st.sampled_from(["B2:D4", "A1:F6", "C3", "B1:B6"]))
def test_the_formats_of_an_area_are_those_of_its_cells(made: tuple[str, str], area: str) -> None:
    model = sheet(*made)
    wanted = Area.parse(area)
    lines = styles_of(model)[wanted.top - 1 : wanted.bottom]
    found = {style for line in lines for style in line[wanted.left - 1 : wanted.right]}
    assert styles_in(model, layout(model), wanted) == found


def test_a_whole_column_keeps_its_format_in_the_column() -> None:
    model = sheet('<row r="1"><c r="B1"><v>1</v></c></row><row r="2" s="3" customFormat="1"/>')
    change(model, "B:C", lambda style: style + 5)
    text = rendered(model)
    assert '<cols><col min="2" max="3" width="9.140625" style="5"/></cols><sheetData>' in text
    assert '<c r="B1" s="5"><v>1</v></c></row>' in text
    assert '<c r="B2" s="8"/><c r="C2" s="8"/></row>' in text


def test_a_whole_row_keeps_its_format_in_the_row() -> None:
    model = sheet(before='<cols><col min="2" max="2" width="9" style="4"/></cols>')
    change(model, "3:3", lambda style: style + 5)
    assert '<row r="3" s="5" customFormat="1"><c r="B3" s="9"/></row>' in rendered(model)
    change(model, "3:3", lambda _style: 0)
    assert '<row r="3" s="0" customFormat="1"></row>' in rendered(model)


def test_rows_that_do_not_change_stay_as_they_were_read() -> None:
    odd = "<row r='1'><c r='A1'  s='1' ><v>1</v></c></row>"
    model = sheet(odd + '<row r="2"><c r="A2"/></row>')
    change(model, "A5", lambda _style: 7)
    assert '<row r="5"><c r="A5" s="7"/></row>' in rendered(model)
    assert not {1, 2} & set(model.rows.written)


def test_rows_whose_height_excel_chose_are_fitted_again() -> None:
    model = sheet(
        '<row r="1" ht="15"><c r="A1"/></row><row r="2" ht="30" customHeight="1"><c r="A2"/></row>'
    )
    change(model, "A1:A2", lambda _style: 1, refits=True)
    assert '<row r="1"><c r="A1" s="1"/></row><row r="2" ht="30" customHeight="1">' in rendered(
        model
    )


_SPANS = st.tuples(st.integers(1, 12), st.integers(1, 12)).map(sorted)


@given(st.lists(st.tuples(_SPANS, st.sampled_from([5, 20, 0, None])), max_size=6))
def test_ranges_of_columns_are_split_and_joined_rightly(
    changes: list[tuple[list[int], int | None]],
) -> None:
    model = sheet()
    widths = dict.fromkeys(range(1, 14), 8.43)
    for (first, last), width in changes:
        columns = layout(model)
        if width is None:
            columns.hide(first, last, hidden=False)
            continue
        columns.set_width(first, last, width)
        widths |= dict.fromkeys(range(first, last + 1), float(width))
    columns = layout(model)
    shown = {column: columns.width(column, column) for column in widths}
    hidden = {column for column, width in widths.items() if not width}
    if not any(width is None for _, width in changes):
        assert shown == widths
        assert {c for c in widths if columns.hidden(c, c)} == hidden
    listed = [
        (int(element.attributes["min"]), int(element.attributes["max"]))
        for element in read_tree(rendered(model).encode(), "").walk()
        if element.name == "col"
    ]
    assert all(first <= last for first, last in listed)
    assert all(a[1] < b[0] for a, b in pairwise(listed))


def test_widths_and_places_are_counted_in_points() -> None:
    model = sheet(
        before='<cols><col min="2" max="2" width="20" hidden="1" customWidth="1"/></cols>'
    )
    columns = layout(model)
    assert columns.points(1, 1) == 48
    assert columns.points(1, 3) == 96
    assert columns.width(2, 2) == 0
    assert columns.width(1, 3) is None
    assert columns.points(1, 0) == 0
    columns.hide(2, 2, hidden=False)
    assert layout(model).points(2, 2) == 105


def test_rows_have_heights_of_their_own_or_the_usual_one() -> None:
    model = sheet('<row r="2" ht="30" customHeight="1"/><row r="3" hidden="1"/>')
    rows = RowLayout(model)
    assert rows.points(1, 4) == 60
    assert rows.height(1, 2) is None
    assert rows.height(3, 3) == 0
    rows.set_height(5, 6, 40)
    assert '<row r="5" ht="40" customHeight="1"/><row r="6" ht="40" customHeight="1"/>' in rendered(
        model
    )
    assert RowLayout(model).hidden(3, 3) is True
    assert RowLayout(model).hidden(2, 3) is None
    rows.hide(3, 3, hidden=False)
    assert RowLayout(model).hidden(1, 6) is False


def test_a_million_rows_are_fitted_without_being_made() -> None:
    model = sheet('<row r="2" ht="30" customHeight="1"><c r="A2"><v>1</v></c></row>')
    RowLayout(model).fit(1, 1_000_000)
    assert '<row r="2"><c r="A2"><v>1</v></c></row>' in rendered(model)
    assert len(model.rows.written) == 1


def test_all_rows_are_sized_and_hidden_by_the_sheets_default() -> None:
    model = sheet('<row r="2" ht="30" customHeight="1"/>')
    RowLayout(model).set_height(1, ROW_LIMIT, 20)
    assert '<sheetFormatPr defaultRowHeight="20" customHeight="1"/>' in rendered(model)
    assert RowLayout(model).height(1, ROW_LIMIT) == 20
    RowLayout(model).hide(1, ROW_LIMIT, hidden=True)
    assert RowLayout(model).hidden(1, ROW_LIMIT) is True
    RowLayout(model).hide(7, 8, hidden=False)
    assert RowLayout(model).hidden(7, 8) is False
    assert RowLayout(model).hidden(9, 9) is True
    RowLayout(model).fit(1, ROW_LIMIT)
    assert "customHeight" not in rendered(model)


def merged(model: SheetModel, area: str, *, across: bool = False) -> str:
    merge(model, layout(model), Area.parse(area), lambda first, _own: first, across=across)
    return rendered(model)


def test_the_first_content_of_merged_cells_stays() -> None:
    model = sheet(
        '<row r="1"><c r="B1" s="2"><v>7</v></c></row><row r="2"><c r="A2"><f>B1</f><v>7</v></c></row>'
    )
    text = merged(model, "A1:B2")
    assert model.read(Area.parse("A1:B2")) == [[7, None], [None, None]]
    assert '<mergeCells count="1"><mergeCell ref="A1:B2"/></mergeCells>' in text
    assert are_merged(model, Area.parse("A1:B2")) is True
    assert are_merged(model, Area.parse("B2:C2")) is None
    assert are_merged(model, Area.parse("C2")) is False
    assert merged_around(model, 2, 2) == Area.parse("A1:B2")
    unmerge(model, Area.parse("B2"))
    assert "mergeCell" not in rendered(model)


def test_a_moved_formula_names_what_it_named() -> None:
    model = sheet(
        '<row r="1"><c r="D1"><f t="shared" ref="D1:D2" si="0">A1*2</f></c></row>'
        '<row r="2"><c r="C2"/><c r="D2"><f t="shared" si="0"/></c></row>'
    )
    merged(model, "C2:D2")
    assert model.formulas(Area.parse("C2:D2")) == [["=A2*2", ""]]
    assert model.formulas(Area.parse("D1")) == [["=A1*2"]]


def test_rows_are_merged_each_for_itself() -> None:
    model = sheet('<row r="1"><c r="B1"><v>1</v></c></row><row r="2"><c r="A2"><v>2</v></c></row>')
    text = merged(model, "A1:C2", across=True)
    assert '<mergeCell ref="A1:C1"/><mergeCell ref="A2:C2"/>' in text
    assert model.read(Area.parse("A1:A2")) == [[1], [2]]


def test_merged_columns_are_stated_by_their_corners() -> None:
    assert '<mergeCell ref="B1:C1048576"/>' in merged(sheet(), "B:C")


def test_a_row_of_columns_may_be_as_long_as_the_sheet() -> None:
    model = sheet()
    change(model, "1:2", lambda _style: 1)
    assert styles_in(model, layout(model), Area(1, 1, 2, COLUMN_LIMIT)) == {1}
    assert len(model.rows.written) == 2
