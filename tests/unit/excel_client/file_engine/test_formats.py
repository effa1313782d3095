# ruff: noqa: DTZ001 - a cell has no time zone
from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from excel_client.file_engine.formats.borders import NO_LINE, BorderFormat, BorderLine, LineChange
from excel_client.file_engine.formats.colors import Palette, Rgb, as_rgb
from excel_client.file_engine.formats.column_widths import ColumnMeasure, line_height
from excel_client.file_engine.formats.fonts import DEFAULT_FONT, FontChange, font_change
from excel_client.file_engine.formats.number_formats import checked_code
from excel_client.file_engine.formats.shown_text import shown_text
from excel_client.file_engine.formats.styles import Styles
from excel_client.file_engine.formats.text_widths import text_width
from excel_client.file_engine.formats.tints import tinted
from excel_client.file_engine.problems import FormatRefused
from excel_client.file_engine.xml.xml_spans import MAIN, read_tree

STYLES = f"""<styleSheet xmlns="{MAIN}"><fonts count="2">
<font><sz val="11"/><color theme="1"/><name val="Calibri"/><family val="2"/><scheme val="minor"/></font>
<font><b/><sz val="9"/><color indexed="10"/><name val="Arial"/></font></fonts>
<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>
<fill><patternFill patternType="solid"><fgColor theme="4" tint="-0.249977111117893"/><bgColor indexed="64"/>
</patternFill></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>
<cellStyleXfs count="2"><xf/><xf fontId="1"/></cellStyleXfs><cellXfs count="3"><xf xfId="0"/>
<xf fontId="1" fillId="2" xfId="1" applyFont="1"><alignment horizontal="right" indent="2"/><protection locked="0"/></xf>
<xf xfId="0" numFmtId="4" applyNumberFormat="1"/></cellXfs>
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>""".encode()


def styles() -> Styles:
    return Styles(STYLES, "styles")


def reread(changed: Styles) -> Styles:
    return Styles(changed.written_into(STYLES), "styles")


def test_a_change_of_one_aspect_keeps_all_others() -> None:
    made = styles()
    style = made.with_fill_color(made.with_font(1, FontChange(italic=True)), (1, 2, 3))
    style = made.with_number_format(style, "0.000")
    again = reread(made)
    assert again.fill_color(style) == (1, 2, 3)
    assert again.number_format(style) == "0.000"
    font = again.font(style)
    assert (font.bold, font.italic, font.size, font.name) == (True, True, 9.0, "Arial")
    assert again.alignment(style) == {"horizontal": "right", "indent": "2"}
    assert Styles(STYLES, "").written_into(STYLES) == STYLES


def test_what_exists_keeps_its_place_and_its_bytes() -> None:
    made = styles()
    made.with_font(1, FontChange(size=20))
    made.with_border(0, BorderFormat(top=BorderLine(stored="thin")))
    written = made.written_into(STYLES).decode()
    without_counts = re.sub(r' count="\d+"', "", written)
    kept = re.sub(r' count="\d+"', "", STYLES.decode())
    for name in ("fonts", "fills", "borders", "cellStyleXfs", "cellXfs"):
        inner = kept.split(f"<{name}>")[1].split(f"</{name}>")[0]
        assert inner in without_counts
    assert 'xfId="1"' in written.split("<cellXfs")[1].split("</xf>")[-2]
    for element in read_tree(written.encode(), "").children:
        assert element.attributes["count"] == str(len(element.children))


def test_a_format_that_is_there_is_found_again() -> None:
    made = styles()
    assert made.with_number_format(0, "#,##0.00") == 2
    assert made.with_font(0, FontChange(bold=False)) == 0
    first = made.with_fill_color(0, (9, 9, 9))
    assert made.with_fill_color(0, (9, 9, 9)) == first
    assert reread(made).with_fill_color(0, (9, 9, 9)) == first
    assert made.fill_color(made.with_fill_color(first, None)) is None


def test_an_added_format_is_written_once() -> None:
    made = styles()
    made.with_font(0, FontChange(bold=True))
    once = made.written_into(STYLES)
    assert not made.changed
    style = made.with_font(0, FontChange(name="Verdana"))
    twice = made.written_into(once)
    assert Styles(twice, "").font(style).name == "Verdana"
    assert twice.count(b'"Verdana"') == 1


def test_a_workbook_without_formats_gets_the_usual_ones() -> None:
    made = Styles(None, "styles")
    style = made.with_number_format(0, "0.0")
    assert Styles(made.written_into(made.data), "").number_format(style) == "0.0"
    bare = f'<styleSheet xmlns="{MAIN}"><colors/></styleSheet>'.encode()
    made = Styles(bare, "styles")
    style = made.with_fill_color(made.with_font(0, FontChange(bold=True)), (1, 2, 3))
    written = made.written_into(bare)
    again = Styles(written, "")
    assert again.font(style).bold
    assert not again.font(0).bold
    assert again.fill_color(style) == (1, 2, 3)
    names = [element.name for element in read_tree(written, "").children]
    assert names == ["fonts", "fills", "cellXfs", "colors"]


def test_a_prefixed_part_gets_prefixed_formats() -> None:
    data = (
        f'<x:styleSheet xmlns:x="{MAIN}"><x:fonts count="1"><x:font><x:sz val="11"/></x:font>'
        '</x:fonts><x:cellXfs count="1"><x:xf/></x:cellXfs></x:styleSheet>'
    ).encode()
    made = Styles(data, "styles")
    style = made.with_alignment(made.with_font(0, FontChange(bold=True)), {"wrapText": "1"})
    again = Styles(made.written_into(data), "styles")
    assert again.font(style).bold
    assert again.alignment(style) == {"wrapText": "1"}


_CHANGES = st.one_of(
    st.tuples(st.just("font"), st.sampled_from(["bold", "italic"]), st.booleans()),
    st.tuples(st.just("font"), st.just("size"), st.integers(1, 40)),
    st.tuples(st.just("fill"), st.just(""), st.none() | st.tuples(*[st.integers(0, 255)] * 3)),
    st.tuples(st.just("code"), st.just(""), st.sampled_from(["0.0", "General", "@", "dd.mm.yy"])),
)


@given(st.integers(0, 2), st.lists(_CHANGES, max_size=6))
def test_any_changes_one_after_the_other_are_read_back(
    style: int, changes: list[tuple[str, str, object]]
) -> None:
    made = styles()
    font, fill, code = made.font(style), made.fill_color(style), made.number_format(style)
    for kind, aspect, value in changes:
        if kind == "font":
            change = font_change(aspect, value)
            style, font = made.with_font(style, change), font.changed(change)
        elif kind == "fill":
            fill = None if value is None else as_rgb(value)
            style = made.with_fill_color(style, fill)
        else:
            code = str(value)
            style = made.with_number_format(style, code)
    again = reread(made)
    assert (again.font(style), again.fill_color(style)) == (font, fill)
    assert again.number_format(style) == code


def test_colours_of_theme_and_index_are_read_as_they_are_shown() -> None:
    made = styles()
    rgb = made.palette.rgb
    assert made.fill_color(1) == (0x36, 0x60, 0x92)
    assert rgb(made.font(1).color) == (255, 0, 0)
    assert rgb({"auto": "1"}) is None
    assert rgb({"indexed": "64"}) == (0, 0, 0)
    assert rgb({"rgb": "80010203"}) == (1, 2, 3)
    theme = b"""<a:theme xmlns:a="urn:a"><a:themeElements><a:clrScheme name="x"><a:dk1>
    <a:sysClr val="windowText" lastClr="111213"/></a:dk1><a:accent1><a:srgbClr val="0A0B0C"/></a:accent1>
    </a:clrScheme></a:themeElements></a:theme>"""
    own = Palette(lambda: theme, ["00AABBCC"])
    assert own.rgb({"theme": "1"}) == (0x11, 0x12, 0x13)
    assert own.rgb({"theme": "4"}) == (10, 11, 12)
    assert own.rgb({"theme": "0"}) == (255, 255, 255)
    assert own.rgb({"indexed": "0"}) == (0xAA, 0xBB, 0xCC)


@pytest.mark.parametrize(
    ("color", "tint", "shown"),
    [
        ("4F81BD", 0.3999755851924192, "95B3D7"),
        ("4F81BD", 0.5999938962981048, "B8CCE4"),
        ("4F81BD", 0.7999816888943144, "DCE6F1"),
        ("4F81BD", -0.249977111117893, "366092"),
        ("4F81BD", -0.499984740745262, "244062"),
        ("1F497D", 0.3999755851924192, "538DD5"),
        ("C0504D", -0.249977111117893, "963634"),
        ("F79646", 0.7999816888943144, "FDE9D9"),
        ("EEECE1", -0.249977111117893, "C4BD97"),
        ("FFFFFF", -0.0499893185216834, "F2F2F2"),
        ("FFFFFF", -0.1499984740745262, "D9D9D9"),
        ("FFFFFF", -0.3499862666707358, "A6A6A6"),
        ("000000", 0.3499862666707358, "595959"),
    ],
)
def test_tints_are_those_of_excels_palette(color: str, tint: float, shown: str) -> None:
    assert tinted(as_rgb(color), tint) == as_rgb(shown)


@given(st.tuples(*[st.integers(0, 255)] * 3), st.floats(-1, 1))
def test_any_tint_of_any_colour_is_a_colour(color: Rgb, tint: float) -> None:
    assert as_rgb(tinted(color, tint)) == tinted(color, tint)


@pytest.mark.parametrize(
    "color", [(256, 0, 0), (0, -1, 0), (1.0, 2, 3), (1, 2), "#12345", "red", -1, 1 << 24, True, {}]
)
def test_what_is_no_colour_is_refused(color: object) -> None:
    with pytest.raises(FormatRefused):
        as_rgb(color)


def test_colours_come_as_xlwings_hands_them_over() -> None:
    assert as_rgb("#0a0B0c") == as_rgb("0A0B0C") == as_rgb([10, 11, 12]) == (10, 11, 12)
    assert as_rgb(16776960) == (0, 255, 255)


@pytest.mark.parametrize(
    "code",
    ['0.00" kg"', "dd/mm/yyyy;@", "[Red]-0;0", r"#,##0.00\ \k\r", "[$€-407] #,##0", "[h]:mm", "* 0_)",
     "General", '0;-0;"zero";@', "0.0E+00", "h:mm AM/PM", "€ 0", "[>=100]0;0.0"],
)  # fmt: skip
def test_excels_format_codes_are_taken(code: str) -> None:
    assert checked_code(code) == code


@pytest.mark.parametrize(
    "code", ['0"', "[Red", "0;0;0;0;0", "kg 0", "0\n", "x" * 300, None, 5, "0_"]
)
def test_format_codes_that_excel_would_repair_are_refused(code: object) -> None:
    with pytest.raises(FormatRefused):
        checked_code(code)


@pytest.mark.parametrize(
    ("aspect", "value"),
    [("size", 0), ("size", 410), ("size", "big"), ("size", float("nan")), ("name", ""),
     ("name", "x" * 40), ("name", None), ("bold", None), ("color", None)],
)  # fmt: skip
def test_no_such_font_is_refused(aspect: str, value: object) -> None:
    with pytest.raises(FormatRefused):
        font_change(aspect, value)


def test_another_font_is_no_font_of_the_theme_any_more() -> None:
    made = styles()
    font = made.font(made.with_font(0, FontChange(name="Arial")))
    assert {name for name, _ in font.properties} == {"sz", "color", "name"}


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        ("none", LineChange(style="continuous"), ("continuous", "thin")),
        ("none", LineChange(color=(1, 2, 3)), ("continuous", "thin")),
        ("none", LineChange(weight="thick"), ("continuous", "thick")),
        ("thick", LineChange(style="dash_dot_dot"), ("dash_dot_dot", "thin")),
        ("medium", LineChange(style="dash"), ("dash", "medium")),
        ("dashed", LineChange(weight="medium"), ("dash", "medium")),
        ("dashed", LineChange(weight="thick"), ("continuous", "thick")),
        ("thin", LineChange(style="double"), ("double", "thick")),
        ("none", LineChange(weight="thick", style="dash_dot_dot"), ("dash_dot_dot", "thin")),
        ("hair", LineChange(style="slant_dash_dot"), ("slant_dash_dot", "medium")),
        ("double", LineChange(style="none"), ("none", "thin")),
    ],
)
def test_style_and_weight_of_a_line_depend_on_each_other(
    before: str, change: LineChange, after: tuple[str, str]
) -> None:
    line = BorderLine(stored=before).changed(change)
    assert (line.style, line.weight) == after


def test_both_diagonals_are_drawn_alike_and_leave_one_by_one() -> None:
    line = LineChange(style="dash")
    border = BorderFormat().changed({"diagonal_up": line, "diagonal_down": line})
    assert border.line("diagonal_up") == border.line("diagonal_down") != NO_LINE
    border = border.changed({"diagonal_up": LineChange(style="none")})
    assert border.line("diagonal_up") == NO_LINE != border.line("diagonal_down")
    assert border.changed({"diagonal_down": LineChange(style="none")}) == BorderFormat()


@given(st.integers(5, 12), st.integers(0, 25500))
def test_a_width_in_characters_is_read_back_to_a_pixel(digit: int, hundredths: int) -> None:
    measure = ColumnMeasure(digit)
    pixels = measure.pixels_of(hundredths / 100)
    assert measure.pixels(measure.width(pixels)) == pixels
    assert abs(measure.characters(pixels) - hundredths / 100) <= 1 / digit


def test_columns_are_as_wide_as_in_excel() -> None:
    measure = ColumnMeasure.of(DEFAULT_FONT)
    assert measure.digit == 7
    assert measure.usual_width() == 9.140625
    assert measure.pixels(9.140625) == 64
    assert measure.characters(64) == 8.43
    assert measure.width(measure.pixels_of(10)) == 10.7109375
    assert line_height(DEFAULT_FONT) == 15
    arial = DEFAULT_FONT.changed(FontChange(name="Arial", size=10))
    assert ColumnMeasure.of(arial).digit == 7
    assert line_height(arial) == 12.75


def test_bold_and_larger_texts_are_wider() -> None:
    plain = text_width("Pennyvault", "Calibri", 11, bold=False)
    assert text_width("Pennyvault", "Calibri", 11, bold=True) > plain
    assert text_width("Pennyvault", "Calibri", 22, bold=False) == pytest.approx(2 * plain)
    assert text_width("Pennyvault", "Arial", 11, bold=False) > plain
    assert text_width("é中e\u0301", "Calibri", 11, bold=False) > 0


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (1234.5, "General", "1234.5"),
        (1 / 3, "General", "0.333333333"),
        (1e20, "General", "1E+20"),
        (123456789012.0, "General", "1.23457E+11"),
        (-1234.567, "#,##0.00", "-1,234.57"),
        (-5.0, "0.00;[Red](0.00)", "(5.00)"),
        (0.256, "0.0%", "25.6%"),
        (1234567.0, "0.0,,", "1.2"),
        (12.0, '0.00" kg"', "12.00 kg"),
        (12.0, "[$€-407] #,##0", "€ 12"),
        (1234.5, "0.00E+00", "1.23E+03"),
        (0.5, "#.##", ".5"),
        (7.0, "000", "007"),
        (0.0, '0;-0;"none"', "none"),
        (150.0, "[>=100]0;0.0", "150"),
        (True, "0", "TRUE"),
        (None, "0", ""),
        ("text", "0", "text"),
        ("text", '"<"@">"', "<text>"),
        (dt.datetime(2026, 3, 5, 14, 7, 9), "yyyy-mm-dd hh:mm:ss", "2026-03-05 14:07:09"),
        (dt.datetime(2026, 3, 5, 14, 7, 9), "d mmmm yy, h:mm AM/PM", "5 March 26, 2:07 PM"),
        (dt.datetime(2026, 3, 5, 14, 7, 9), "ddd mmm", "Thu Mar"),
        (dt.datetime(2026, 3, 5, 14, 7, 9), "dd/mm/yyyy", "05/03/2026"),
        (dt.datetime(1899, 12, 31, 2, 7, 9), "[h]:mm", "26:07"),
    ],
)
def test_a_value_is_shown_in_its_format(value: object, code: str, shown: str) -> None:
    assert shown_text(value, code) == shown


@given(
    st.none() | st.booleans() | st.floats(-1e15, 1e15) | st.text(max_size=5) | st.datetimes(),
    st.text(alphabet='0#?.,%/E+-dmyhs[]";@_* GnAPM\\$', max_size=14),
)
def test_any_value_is_shown_in_any_format_that_excel_takes(value: object, code: str) -> None:
    try:
        code = checked_code(code)
    except FormatRefused:
        return
    assert isinstance(shown_text(value, code), str)
