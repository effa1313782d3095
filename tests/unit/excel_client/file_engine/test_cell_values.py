# ruff: noqa: DTZ001 - a cell has no time zone
"""Values as cells hold them: what is written is what is read, and what no cell holds is refused."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from excel_client.file_engine.formats.styles import Styles
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.problems import (
    AmountNotExact,
    PackageDamaged,
    TextTooLong,
    ValueNotWritable,
)
from excel_client.file_engine.sheet.cell_writing import CellWriter
from excel_client.file_engine.sheet.cells import CellReader, ErrorValue
from excel_client.file_engine.sheet.shared_strings import read_shared_strings
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.xml.xml_spans import MAIN

STYLES = f"""<styleSheet xmlns="{MAIN}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22"/>
</cellXfs></styleSheet>""".encode()


def sheet(
    rows: str = "", *, strings: str = "", since_1904: bool = False, opening: str = ""
) -> SheetModel:
    opening = opening or f'<worksheet xmlns="{MAIN}">'
    data = f"{opening}<sheetData>{rows}</sheetData></worksheet>".encode()
    styles = Styles(STYLES, "styles")
    items = f'<sst xmlns="{MAIN}">{strings}</sst>'.encode()
    reader = CellReader(
        lambda: read_shared_strings(items, "strings"), styles.dates, since_1904=since_1904
    )
    writer = CellWriter(styles, since_1904=since_1904)
    return SheetModel(data, "Sheet", reader, writer, "sheet1.xml")


def rendered(model: SheetModel) -> str:
    return b"".join(bytes(piece) for piece in model.stream()).decode()


def written(value: object, *, since_1904: bool = False) -> object:
    model = sheet(since_1904=since_1904)
    model.write(1, 1, [[value]])
    return model.read(Area(1, 1, 1, 1))[0][0]


def shown(row: str, strings: str = "") -> list[object]:
    model = sheet(f'<row r="1">{row}</row>', strings=strings)
    return list(model.read(model.used())[0])


class Foreign:
    """Makes stand-ins for scalars of libraries that are not imported."""

    def __new__(cls, kind: str, module: str = "numpy", **members: object) -> object:  # type: ignore[misc]
        return type(kind, (), {"__module__": module, **members})()


def moment_of(own: object) -> object:
    found = Foreign("us", item=lambda _self: own)
    return Foreign("datetime64", astype=lambda _self, _unit: found)


NAT = type(
    "NaTType",
    (dt.datetime,),
    {"__module__": "pandas", "__eq__": lambda *_: False, "__hash__": None},
)


@pytest.mark.parametrize(
    ("value", "own"),
    [
        (Foreign("bool_", __bool__=lambda _self: True), True),
        (Foreign("bool", __bool__=lambda _self: False), False),
        (moment_of(dt.datetime(2026, 3, 31, 8)), dt.datetime(2026, 3, 31, 8)),
        (moment_of(None), None),
        (Foreign("NAType", "pandas._libs.missing"), None),
        (NAT(2026, 1, 1), None),
        (float("nan"), None),
    ],
)
def test_scalars_of_other_libraries_are_taken_for_what_they_are(value: object, own: object) -> None:
    assert written(value) == own


@pytest.mark.parametrize(
    "value", [moment_of(2**70), Foreign("ndarray"), Foreign("Period", "pandas")]
)
def test_other_objects_of_these_libraries_are_refused(value: object) -> None:
    with pytest.raises(ValueNotWritable):
        written(value)


@pytest.mark.parametrize(
    "number",
    [
        0,
        -0.0,
        5e-324,
        2.2250738585072014e-308,
        1.7976931348623157e308,
        0.1,
        1e22,
        -1e-7,
        2**53,
        10**19,
    ],
)
def test_numbers_of_any_size_are_exact(number: float) -> None:
    assert written(number) == float(number)


@pytest.mark.parametrize(
    "value", [2**53 + 1, -(2**53) - 1, 10**400, Decimal("0.10000000000000000001"), Fraction(1, 3)]
)
def test_numbers_that_a_cell_would_change_are_refused(value: object) -> None:
    with pytest.raises(AmountNotExact):
        written(value)


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12
    )
)
def test_an_amount_is_read_as_the_double_with_its_digits(amount: Decimal) -> None:
    back = written(amount)
    assert isinstance(back, float)
    assert Decimal(repr(back)) == amount


@pytest.mark.parametrize(
    "error", ["#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA"]
)
def test_an_error_is_written_back_as_an_error_and_the_same_text_as_a_text(error: str) -> None:
    model = sheet()
    model.write(1, 1, [[ErrorValue(error), error]])
    first, second = model.read(Area(1, 1, 1, 2))[0]
    assert first == second == error
    assert (type(first), type(second)) == (ErrorValue, str)


def test_a_later_error_is_stored_as_excel_stores_it() -> None:
    assert written(ErrorValue("#SPILL!")) == ErrorValue("#VALUE!")


@pytest.mark.parametrize(
    ("since_1904", "value", "serial"),
    [
        (False, dt.date(1900, 1, 1), "1"),
        (False, dt.date(1900, 2, 28), "59"),
        (False, dt.date(1900, 3, 1), "61"),
        (False, dt.time(6), "0.25"),
        (False, dt.timedelta(days=2, hours=12), "2.5"),
        (False, dt.date(9999, 12, 31), "2958465"),
        (True, dt.date(1904, 1, 1), "0"),
        (True, dt.date(1904, 1, 2), "1"),
        (True, dt.datetime(1904, 1, 1, 12), "0.5"),
    ],
)
def test_dates_times_and_durations_are_serial_numbers(
    since_1904: bool,  # noqa: FBT001
    value: object,
    serial: str,
) -> None:
    model = sheet(since_1904=since_1904)
    model.write(1, 1, [[value]])
    assert f"<v>{serial}</v>" in rendered(model)


def test_times_and_durations_get_formats_of_their_own() -> None:
    model = sheet()
    model.write(1, 1, [[dt.time(6), dt.timedelta(hours=30)]])
    styles = model._writer._styles
    cells = dict(model.cells(Area(1, 1, 1, 2)))[1]
    codes = [
        styles.number_format(int(cell.split(b's="')[1].split(b'"')[0])) for cell in cells.values()
    ]
    assert codes == ["h:mm:ss", "[h]:mm:ss"]


def test_serial_60_is_the_day_that_never_was() -> None:
    days = [shown(f'<c r="A1" s="1"><v>{serial}</v></c>')[0] for serial in (59, 60, 61)]
    assert days == [dt.datetime(1900, 2, 28), dt.datetime(1900, 2, 28), dt.datetime(1900, 3, 1)]


@pytest.mark.parametrize(
    "value",
    [
        dt.date(1899, 12, 29),
        dt.timedelta(-1),
        dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        math.inf,
        [1],
        b"x",
    ],
)
def test_what_no_cell_holds_is_refused(value: object) -> None:
    with pytest.raises(ValueNotWritable):
        written(value)


def test_one_value_too_many_leaves_the_block_unwritten() -> None:
    model = sheet('<row r="2"><c r="A2"><v>1</v></c></row>')
    before = rendered(model)
    for bad, problem in ((object(), ValueNotWritable), ("x" * 32_768, TextTooLong)):
        with pytest.raises(problem) as caught:
            model.write(1, 1, [["a", 1], ["b", bad], ["c", 2]])
        assert caught.value.place == "Sheet!B2"
        assert rendered(model) == before
        assert not model.changed


@pytest.mark.parametrize("text", ["x" * 32_767, "\U0001f600" * 16_383 + "x", "é" * 32_767])
def test_a_text_may_have_32767_characters(text: str) -> None:
    assert written(text) == text
    with pytest.raises(TextTooLong):
        written(text + "x")


@pytest.mark.parametrize(
    "text",
    [
        " a ",
        "\n",
        "a\tb",
        "\r\n",
        "_x000D_",
        "_x005F_x0041_",
        "\x01\x1f",
        "a&<b>\"'",
        "\ud800",
        "￾",
    ],
)
def test_odd_texts_are_read_as_they_were_written(text: str) -> None:
    assert written(text) == text


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('<c r="A1" t="d"><v>2026-03-31</v></c>', dt.datetime(2026, 3, 31)),
        ('<c r="A1" t="d"><v>2026-03-31T08:15:00Z</v></c>', dt.datetime(2026, 3, 31, 8, 15)),
        ('<c r="A1" t="d"><v>12:30:00</v></c>', dt.datetime(1899, 12, 30, 12, 30)),
        ('<c r="A1" t="n"><v> 7 </v></c>', 7.0),
        ('<c r="A1" t="b"><v>true</v></c>', True),
        ('<c r="A1"><v></v></c>', None),
        ('<c r="A1" t="inlineStr"><is><t>a</t><rPh sb="0" eb="1"><t>b</t></rPh></is></c>', "a"),
        ('<c r="A1" t="inlineStr"><is/></c>', ""),
        ('<c r="A1" t="str"><f>A2</f><v xml:space="preserve"> x </v></c>', " x "),
        ('<c r="A1" t="e" vm="1"><v>#VALUE!</v><extLst><ext uri="u"/></extLst></c>', "#VALUE!"),
    ],
)
def test_cells_of_every_spelling_are_read(cell: str, value: object) -> None:
    assert shown(cell) == [value]
    column = "".join(f'<row r="{n}">{cell.replace("A1", f"A{n}")}</row>' for n in range(1, 81))
    model = sheet(column)
    assert [list(row) for row in model.read(Area(1, 1, 80, 1))] == [[value]] * 80


@pytest.mark.parametrize("cell", ['t="d"><v>31.3.2026</v>', 't="b"', 't="s"><v>-9</v>'])
def test_a_damaged_value_is_named(cell: str) -> None:
    row = f'<c r="A1" {cell}{"" if ">" in cell else "><v>x</v>"}</c>'
    if cell == 't="b"':
        assert shown(row) == [False]
        return
    with pytest.raises(PackageDamaged):
        shown(row)


STRINGS = (
    "<si><t>plain</t></si><si/><si><t/></si>"
    '<si><r><rPr><b/></rPr><t>ri</t></r><r><t xml:space="preserve">ch </t></r></si>'
    '<si><t>漢字</t><rPh sb="0" eb="2"><t>かんじ</t></rPh><phoneticPr fontId="1"/></si>'
    "<si><t>_x0041_&amp;&#13;</t></si>"
)


def test_shared_strings_of_every_kind_are_read() -> None:
    cells = "".join(f'<c r="{c}1" t="s"><v>{n}</v></c>' for n, c in enumerate("ABCDEF"))
    assert shown(cells, STRINGS) == ["plain", "", "", "rich ", "漢字", "A&\r"]


def test_overwriting_a_shared_string_leaves_it_to_other_cells() -> None:
    row = '<c r="A1" s="1" ph="1" t="s"><v>3</v></c><c r="B1" t="s"><v>3</v></c>'
    model = sheet(f'<row r="1">{row}</row>', strings=STRINGS)
    model.write(1, 1, [["new"]])
    assert list(model.read(Area(1, 1, 1, 2))[0]) == ["new", "rich "]
    assert '<c r="A1" s="1" t="inlineStr"><is><t>new</t></is></c>' in rendered(model)


# Rows of unusual spelling

CHOICE = (
    '<mc:AlternateContent><mc:Choice Requires="{}"><c r="B1"><v>2</v></c></mc:Choice>'
    '<mc:Fallback><c r="B1"><v>3</v></c></mc:Fallback></mc:AlternateContent>'
)
OPENING = (
    f'<worksheet xmlns="{MAIN}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" xmlns:own="urn:own">'
)


@pytest.mark.parametrize(("required", "value"), [("x14", 2.0), ("own", 3.0), ("x14 own", 3.0)])
def test_of_alternatives_in_a_row_that_one_is_read_which_excel_reads(
    required: str, value: float
) -> None:
    rows = f'<row r="1"><c r="A1"><v>1</v></c>{CHOICE.format(required)}<c r="C1"><v>4</v></c></row>'
    model = sheet(rows, opening=OPENING)
    assert list(model.read(Area(1, 1, 1, 3))[0]) == [1.0, value, 4.0]
    model.write(1, 1, [[5]])
    assert list(model.read(Area(1, 1, 1, 3))[0]) == [5.0, value, 4.0]
    assert "AlternateContent" not in rendered(model).partition("<sheetData>")[2]


def test_comments_and_instructions_in_rows_are_no_cells() -> None:
    rows = (
        '<row r="1"><!-- <c r="A1"><v>9</v></c> --><c r="B1" t="inlineStr"><is><t><![CDATA[<!--a&-->]]></t>'
        "</is></c><?do this?></row>"
    )
    model = sheet(rows)
    assert list(model.read(Area(1, 1, 1, 2))[0]) == [None, "<!--a&-->"]


def test_cells_without_references_keep_their_columns_when_others_go() -> None:
    model = sheet(
        '<row r="1"><c><v>1</v></c><c s="1"/><c><v>3</v></c></row><row r="2"><c><v>4</v></c></row>'
    )
    assert model.used() == Area.parse("A1:C2")
    model.change_cells(Area.parse("A1:B1"), b"", keep_content=False)
    assert [list(row) for row in model.read(Area.parse("A1:C2"))] == [
        [None, None, 3.0],
        [4.0, None, None],
    ]
    assert '<c r="C1"><v>3</v></c>' in rendered(model)


def test_an_array_in_cells_without_references_is_found() -> None:
    model = sheet(
        '<row r="1"><c/><c><f t="array" ref="B1:C1">D1:E1</f><v>1</v></c><c><v>2</v></c></row>'
    )
    assert model.formulas(Area.parse("A1:C1")) == [["", "=D1:E1", "=D1:E1"]]
