from __future__ import annotations

import pytest

from excel_client.file_engine.formats.colors import Palette
from excel_client.file_engine.formats.differential_formats import (
    Look,
    LookChange,
    look_of,
    with_look,
)
from excel_client.file_engine.problems import OutsideFileEngine
from excel_client.file_engine.xml.xml_spans import MAIN

PALETTE = Palette(lambda: None)
PLAIN = f'<styleSheet xmlns="{MAIN}"><cellXfs count="1"><xf/></cellXfs><tableStyles/></styleSheet>'
OLD = (
    '<dxf><font><strike/><color rgb="FF010203"/></font><numFmt numFmtId="200" formatCode="0"/>'
    '<border><left style="thin"/></border></dxf>'
)


def test_a_format_is_made_where_there_was_none() -> None:
    change = LookChange(fill_color=(1, 2, 3), font_bold=True, font_italic=False)
    data, number = with_look(PLAIN.encode(), "styles", None, change)
    assert number == 0
    assert data.index(b"</cellXfs><dxfs") < data.index(b"</dxfs><tableStyles/>")
    look = Look(fill_color=(1, 2, 3), font_bold=True, font_italic=False)
    assert look_of(data, "styles", 0, PALETTE) == look


def test_a_changed_format_is_a_new_one_that_keeps_the_rest() -> None:
    before = PLAIN.replace("<tableStyles/>", f'<dxfs count="1">{OLD}</dxfs><tableStyles/>').encode()
    data, number = with_look(before, "styles", 0, LookChange(font_bold=True, fill_color=(0, 0, 0)))
    assert number == 1
    assert OLD.encode() in data
    assert b'<dxfs count="2">' in data
    made = data[data.index(b"</dxf>") + 6 : data.index(b"</dxfs>")]
    assert made == (
        b'<dxf><font><b/><strike/><color rgb="FF010203"/></font>'
        b'<numFmt numFmtId="200" formatCode="0"/><fill><patternFill><bgColor rgb="FF000000"/>'
        b'</patternFill></fill><border><left style="thin"/></border></dxf>'
    )


def test_the_same_format_is_made_once() -> None:
    once, first = with_look(PLAIN.encode(), "styles", None, LookChange(font_bold=True))
    twice, second = with_look(once, "styles", None, LookChange(font_bold=True))
    assert (twice, second) == (once, first)


def test_a_number_without_a_format_changes_nothing_and_a_part_without_formats_takes_none() -> None:
    assert look_of(PLAIN.encode(), "styles", 7, PALETTE) == Look()
    with pytest.raises(OutsideFileEngine):
        with_look(f'<styleSheet xmlns="{MAIN}"/>'.encode(), "styles", None, LookChange())
