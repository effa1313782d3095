from __future__ import annotations

import re

import pytest

from excel_client.file_engine.problems import OutsideFileEngine
from excel_client.file_engine.workbook.note_shapes import (
    EMPTY_DRAWING,
    has_shapes,
    id_blocks,
    with_note_shape,
    without_note_shape,
)

ANCHOR = "1, 15, 0, 2, 3, 15, 3, 16"
BUTTON = (
    b'<v:shape id="_x0000_s1026" type="#_x0000_t201">\r\n <x:ClientData ObjectType="Button">'
    b"<x:Anchor>0, 1, 0, 1, 1, 1, 1, 1</x:Anchor></x:ClientData></v:shape>"
)


def with_button() -> bytes:
    layout = b'<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout>'
    return EMPTY_DRAWING.replace(b"></xml>", b">" + layout + BUTTON + b"</xml>")


def test_a_box_is_added_and_taken_away_and_the_others_stay_as_they_were() -> None:
    before = with_button()
    noted = with_note_shape(before, (3, 2), ANCHOR, 9, "vml")
    assert BUTTON in noted
    assert b"<x:Row>2</x:Row><x:Column>1</x:Column>" in noted
    after = without_note_shape(noted, 3, 2, "vml")
    assert BUTTON in after
    assert b'ObjectType="Note"' not in after
    assert has_shapes(after, "vml")
    assert without_note_shape(after, 3, 2, "vml") == after


def test_each_shape_has_an_id_of_its_own_in_a_block_of_the_drawing() -> None:
    drawing = with_button()
    for row in range(1, 30):
        drawing = with_note_shape(drawing, (row, 1), ANCHOR, 9, "vml")
    ids = [int(number) for number in re.findall(rb' id="_x0000_s(\d+)"', drawing)]
    assert len(set(ids)) == len(ids) == 30
    assert {number // 1024 for number in ids} == {1}
    assert id_blocks(drawing) == {1}


def test_a_full_block_makes_way_for_a_free_one() -> None:
    full = with_button().replace(b"_x0000_s1026", b"_x0000_s2047")
    drawing = with_note_shape(full, (1, 1), ANCHOR, 9, "vml")
    assert b'data="1,9"' in drawing
    assert b'id="_x0000_s9217"' in drawing
    assert id_blocks(drawing) == {1, 9}


def test_a_new_drawing_gets_a_block_and_a_kind_of_shape() -> None:
    drawing = with_note_shape(EMPTY_DRAWING, (1, 1), ANCHOR, 4, "vml")
    assert id_blocks(drawing) == {4}
    assert drawing.count(b"<v:shapetype") == 1
    assert with_note_shape(drawing, (1, 1), ANCHOR, 5, "vml") == drawing
    assert not has_shapes(without_note_shape(drawing, 1, 1, "vml"), "vml")


def test_namespaces_that_a_drawing_lacks_are_declared_where_they_are_used() -> None:
    drawing = with_note_shape(
        b'<xml xmlns:vm="urn:schemas-microsoft-com:vml"/>', (1, 1), ANCHOR, 1, "vml"
    )
    assert drawing.startswith(b'<xml xmlns:vm="urn:schemas-microsoft-com:vml"><o:shapelayout ')
    assert has_shapes(drawing, "vml")


def test_a_drawing_that_is_no_xml_is_left_alone() -> None:
    with pytest.raises(OutsideFileEngine):
        with_note_shape(b"<xml><br></xml>", (1, 1), ANCHOR, 1, "vml")
