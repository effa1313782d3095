"""Long columns are read in one search over the sheet: they show what row after row shows."""

from __future__ import annotations

from itertools import cycle, islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from excel_client.file_engine.formats.styles import Styles
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.problems import PackageDamaged
from excel_client.file_engine.sheet.cell_writing import CellWriter
from excel_client.file_engine.sheet.cells import CellReader
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.xml.xml_spans import MAIN

ROWS = 80

#: What stands behind a cell's reference.
TEXTS = [
    ' t="inlineStr"><is><t>plain</t></is></c>',
    ' s="1" t="inlineStr"><is><t xml:space="preserve"> kept </t></is></c>',
    ' t="inlineStr"><is><t>a&amp;b &lt;c&gt;</t></is></c>',
    ' t="inlineStr"><is><t>_x0041_ and _x</t></is></c>',
    ' t="inlineStr"><is><t>two\r\nlines</t></is></c>',
    ' t="inlineStr"><is><t></t></is></c>',
]
OTHERS = [
    ' s="2"/>',
    "></c>",
    "><v>1.5</v></c>",
    ' s="1"><v>46112</v></c>',
    ' t="s"><v>1</v></c>',
    ' t="b"><v>1</v></c>',
    ' t="e"><v>#N/A</v></c>',
    ' t="str"><v>result</v></c>',
]
ODD = [
    ' t="inlineStr"><is><r><t>ri</t></r><r><t>ch</t></r></is></c>',
    "><f>1+1</f><v>2</v></c>",
    ' t="inlineStr" s="1"><is><t>turned</t></is></c>',
    "><v >7</v></c>",
]
CELLS = {
    "texts": st.sampled_from(TEXTS),
    "usual": st.sampled_from([*TEXTS, *OTHERS, ""]),
    "any": st.sampled_from([*TEXTS, *OTHERS, *ODD, ""]),
}
# Cells of one kind are read by another search than mixed ones.
COLUMN = st.sampled_from(list(CELLS)).flatmap(lambda kind: st.lists(CELLS[kind], min_size=1))


def sheet_of(rows: str) -> SheetModel:
    styles = Styles(
        f'<styleSheet xmlns="{MAIN}"><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14"/>'
        '<xf numFmtId="4"/></cellXfs></styleSheet>'.encode(),
        "styles",
    )
    data = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'.encode()
    reader = CellReader(lambda: ["first", "second"], styles.dates, since_1904=False)
    return SheetModel(data, "Sheet", reader, CellWriter(styles, since_1904=False), "sheet1.xml")


def rows_of(columns: dict[str, list[str]], gaps: list[int]) -> str:
    cells = {letters: list(islice(cycle(column), ROWS)) for letters, column in columns.items()}
    numbers = islice(cycle([1, *gaps]), ROWS)
    rows, number = [], 0
    for index, gap in enumerate(numbers):
        number += gap
        inner = "".join(
            f'<c r="{letters}{number}"{column[index]}'
            for letters, column in cells.items()
            if column[index]
        )
        rows.append(f'<row r="{number}">{inner}</row>')
    return "".join(rows)


def shown(model: SheetModel, area: Area) -> list[list[tuple[type, object]]]:
    return [[(type(value), value) for value in row] for row in model.read(area)]


def row_after_row(model: SheetModel, area: Area) -> list[list[tuple[type, object]]]:
    return [
        shown(model, Area(number, area.left, number, area.right))[0]
        for number in range(area.top, area.bottom + 1)
    ]


@given(
    a=COLUMN,
    b=COLUMN,
    aa=COLUMN,
    gaps=st.lists(st.integers(1, 2), max_size=5),
    top=st.integers(1, 10),
    written=st.booleans(),
)
def test_a_long_column_shows_what_its_rows_show(
    a: list[str],
    b: list[str],
    aa: list[str],
    gaps: list[int],
    top: int,
    written: bool,  # noqa: FBT001
) -> None:
    model = sheet_of(rows_of({"A": a, "B": b, "AA": aa}, gaps))
    if written:
        model.write(20, 1, [["written"]])
    for left, right in ((1, 1), (2, 2), (27, 27), (1, 3)):
        area = Area(top, left, top + ROWS + 5, right)
        assert shown(model, area) == row_after_row(model, area)


def test_cells_that_state_another_attribute_first_are_not_overlooked() -> None:
    rows = "".join(
        f'<row r="{number}"><c r="A{number}"><v>{number}</v></c></row>'
        f'<row r="{number + 1}"><c s="2" r="A{number + 1}"><v>{number + 1}</v></c></row>'
        for number in range(1, ROWS, 2)
    )
    assert sheet_of(rows).read(Area(1, 1, ROWS, 1)) == [[float(n)] for n in range(1, ROWS + 1)]


@pytest.mark.parametrize(
    "cell",
    [
        ' t="inlineStr"><is><t>&#x110000;</t></is></c>',
        ' t="s"><v>9</v></c>',
        "><v>one</v></c>",
    ],
)
def test_a_damaged_cell_in_a_long_column_is_named(cell: str) -> None:
    model = sheet_of(rows_of({"A": [cell]}, []))
    with pytest.raises(PackageDamaged):
        model.read(Area(1, 1, ROWS, 1))
