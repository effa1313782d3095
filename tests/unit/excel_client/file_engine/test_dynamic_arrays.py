"""The metadata of dynamic arrays, added to whatever a workbook's metadata holds."""

from __future__ import annotations

import pytest

from excel_client.file_engine.problems import PackageDamaged
from excel_client.file_engine.workbook.dynamic_arrays import with_dynamic_array
from excel_client.file_engine.xml.xml_spans import MAIN, read_tree

DYNAMIC = "http://schemas.microsoft.com/office/spreadsheetml/2017/dynamicarray"
TYPE = '<metadataType name="{}" minSupportedVersion="120000"/>'
PROPERTIES = (
    '<bk><extLst><ext uri="{{bdbb8cdc-fa1e-496e-a857-3c3f30c029c3}}"><xda:dynamicArrayProperties '
    f'xmlns:xda="{DYNAMIC}" fDynamic="1" fCollapsed="{{}}"/></ext></extLst></bk>'
)
RICH = (
    '<futureMetadata name="XLRICHVALUE" count="1"><bk><extLst><ext uri="{3e2802c4-a4d2-4d8b-9148-e3be6c30e623}">'
    '<xlrd:rvb xmlns:xlrd="urn:rich" i="0"/></ext></extLst></bk></futureMetadata>'
)
ODD = "<!-- kept --><metadataStrings count=\"1\"><s v='a'/></metadataStrings>"


def part(*children: str, prefix: str = "") -> bytes:
    declared = f' xmlns{":" if prefix else ""}{prefix.rstrip(":")}="{MAIN}"'
    return f"<{prefix}metadata{declared}>{''.join(children)}</{prefix}metadata>".encode()


def counts_hold(data: bytes) -> bool:
    stated = [e for e in read_tree(data, "").walk() if "count" in e.attributes]
    return all(int(e.attributes["count"]) == len(e.children) for e in stated)


def test_an_empty_part_gets_all_that_is_needed() -> None:
    for empty in (part(), part(prefix="x:"), f'<metadata xmlns="{MAIN}"/>'.encode()):
        data, mark = with_dynamic_array(empty, "metadata.xml")
        assert mark == 1
        root = read_tree(data, "")
        names = [child.name for child in root.children]
        assert names == ["metadataTypes", "futureMetadata", "cellMetadata"]
        assert {child.space for child in root.walk()} == {MAIN, DYNAMIC}
        assert counts_hold(data)


def test_the_mark_is_made_once() -> None:
    data, mark = with_dynamic_array(part(), "metadata.xml")
    assert with_dynamic_array(data, "metadata.xml") == (data, mark)


def test_other_metadata_stays_byte_for_byte() -> None:
    types = f'<metadataTypes count="1">{TYPE.format("XLRICHVALUE")}</metadataTypes>'
    values = '<valueMetadata count="1"><bk><rc t="1" v="0"/></bk></valueMetadata>'
    old = part(types, ODD, RICH, values, '<extLst><ext uri="u"/></extLst>')
    data, mark = with_dynamic_array(old, "metadata.xml")
    assert mark == 1
    for kept in (
        ODD,
        RICH,
        values,
        TYPE.format("XLRICHVALUE"),
        '<extLst><ext uri="u"/></extLst></metadata>',
    ):
        assert kept.encode() in data
    names = [child.name for child in read_tree(data, "").children]
    order = "metadataTypes metadataStrings futureMetadata futureMetadata cellMetadata valueMetadata extLst"
    assert names == order.split()
    assert b'<bk><rc t="2" v="0"/></bk>' in data
    assert counts_hold(data)


def test_a_collapsed_array_is_no_ordinary_one() -> None:
    types = f'<metadataTypes count="1">{TYPE.format("XLDAPR")}</metadataTypes>'
    future = f'<futureMetadata name="XLDAPR" count="1">{PROPERTIES.format(1)}</futureMetadata>'
    cells = '<cellMetadata count="1"><bk><rc t="1" v="0"/></bk></cellMetadata>'
    data, mark = with_dynamic_array(part(types, future, cells), "metadata.xml")
    assert mark == 2
    assert b'<rc t="1" v="0"/></bk><bk><rc t="1" v="1"/></bk>' in data
    assert counts_hold(data)


def test_an_unused_type_is_used_and_a_standing_mark_found() -> None:
    types = (
        f'<metadataTypes count="2">{TYPE.format("OTHER")}{TYPE.format("XLDAPR")}</metadataTypes>'
    )
    future = f'<futureMetadata name="XLDAPR" count="1">{PROPERTIES.format(0)}</futureMetadata>'
    cells = '<cellMetadata count="2"><bk><rc t="1" v="4"/></bk><bk><rc t="2" v="0"/></bk></cellMetadata>'
    old = part(types, future, cells)
    assert with_dynamic_array(old, "metadata.xml") == (old, 2)
    data, mark = with_dynamic_array(part(types, future), "metadata.xml")
    assert mark == 1
    assert b'<rc t="2" v="0"/>' in data


def test_damaged_metadata_is_named() -> None:
    with pytest.raises(PackageDamaged):
        with_dynamic_array(part("<futureMetadata/>"), "metadata.xml")
