from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from excel_client.file_engine.formats.styles import Styles
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.problems import AmountNotExact
from excel_client.file_engine.sheet import sheet_model
from excel_client.file_engine.sheet.cell_writing import CellWriter
from excel_client.file_engine.sheet.cells import CellReader
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.xml.xml_spans import MAIN

STYLES = f"""<styleSheet xmlns="{MAIN}"><cellXfs count="4"><xf numFmtId="0"/><xf numFmtId="14"/>
<xf numFmtId="4"/><xf numFmtId="49"/></cellXfs></styleSheet>""".encode()
COLUMNS = '<cols><col min="3" max="3" width="9" style="2"/></cols>'
CELLS = st.sampled_from(
    [
        "",
        '<c r="{0}"/>',
        '<c r="{0}" s="1"><v>5</v></c>',
        '<c r="{0}" t="s"><v>0</v></c>',
        '<c r="{0}" t="s" s="2"><v>0</v></c>',
        '<c r="{0}" s="3" t="inlineStr"><is><t>a &lt;c r="A1"&gt; b</t></is></c>',
        '<c r="{0}" s="2"><f>A1*2</f><v>1</v></c>',
    ]
)
ROW = st.tuples(
    st.sampled_from(["", ' spans="1:5"', ' ht="30" customHeight="1"', ' s="3"']), *[CELLS] * 5
)
VALUE = st.one_of(
    st.none(), st.text(max_size=4), st.integers(-5, 5), st.booleans(), st.just(dt.date(2026, 3, 31))
)


def sheet(rows: list[tuple[str, ...]]) -> SheetModel:
    written = "".join(
        f'<row r="{number}"{attributes}>'
        + "".join(
            cell.format(f"{letter}{number}") for letter, cell in zip("ABCDE", cells, strict=True)
        )
        + "</row>"
        for number, (attributes, *cells) in enumerate(rows, 1)
    )
    data = f'<worksheet xmlns="{MAIN}">{COLUMNS}<sheetData>{written}</sheetData></worksheet>'
    styles = Styles(STYLES, "styles")
    reader = CellReader(lambda: ["shared"], styles.dates, since_1904=False)
    writer = CellWriter(styles, since_1904=False)
    return SheetModel(data.encode(), "Sheet", reader, writer, "sheet1.xml")


def rendered(model: SheetModel) -> str:
    return b"".join(bytes(piece) for piece in model.stream()).decode()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.lists(ROW, min_size=1, max_size=3),
    st.lists(st.tuples(VALUE, VALUE, VALUE), min_size=1, max_size=3),
)
def test_rows_written_at_once_are_as_rows_written_one_by_one(
    monkeypatch: pytest.MonkeyPatch, rows: list[tuple[str, ...]], values: list[tuple[object, ...]]
) -> None:
    many, block = rows * 12, values * 40
    written = []
    for fewest in (1, 10_000):
        monkeypatch.setattr(sheet_model, "_STANDING_ROWS_MIN", fewest)
        model = sheet(many)
        model.write(1, 2, block[: len(many)])
        written.append((rendered(model), model.formulas_changed))
    assert written[0] == written[1]


def test_a_value_that_is_refused_changes_no_row() -> None:
    model = sheet([("", '<c r="{0}"><v>1</v></c>', "", "", "", "")] * 100)
    before = rendered(model)
    values = [[1 if row < 99 else 2**60 + 1] for row in range(100)]
    with pytest.raises(AmountNotExact):
        model.write(1, 1, values)
    assert rendered(model) == before


def test_cells_beside_the_block_stay_as_they_are() -> None:
    cell = '<c r="{0}" s="2"><v>1</v></c>'
    formula = '<c r="{0}" s="2"><f>B{0}</f><v>7</v></c>'
    model = sheet([(' ht="20"', cell, cell, cell, cell, formula)] * 100)
    model.write(1, 2, [["x", 2.5]] * 100)
    assert rendered(model).count("<v>7</v>") == 100
    assert model.read(Area(100, 1, 100, 5)) == [[1.0, "x", 2.5, 1.0, 7.0]]
    assert (
        '<row r="100" ht="20"><c r="A100" s="2"><v>1</v></c><c r="B100" s="2" t="inlineStr">'
        in rendered(model)
    )
