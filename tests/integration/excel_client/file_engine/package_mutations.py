"""Workbooks that somebody, or a bad disk, has tampered with: one from each seed, the same every time."""

from __future__ import annotations

import io
import re
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random

__all__ = ["mutated"]

Parts = dict[str, bytes]

_TAG = re.compile(rb"<[^<>]*>")
_VALUE = re.compile(rb"""=\s*"([^"]*)\"""")
_TEXT = re.compile(rb">([^<>]+)<")
#: What stands where something harmless is expected.
_NASTY = (
    b"", b"0", b"-1", b"1", b"2", b"65536", b"1048577", b"16385", b"4294967296", b"9" * 30, b"1e400", b"NaN",
    b"-0.0", b"0x1F", b"1.5", b" ", b"true", b"A0", b"A1", b"$A$1", b"A1:", b":A1", b"B2:A1", b"A1:XFD1048576",
    b"XFE1", b"ZZZZ9", b"A1048577", b"1:1", b"A:A", b"A1 B2 C3", b"A1,B2", b"R1C1", b"rId1", b"rId99",
    b"../../x", b"/", b"xl/workbook.xml", b"worksheets/sheet1.xml", b"#REF!", b"Table1[", b"[#This Row]", b"'",
    b"'a'!A1", b"A1:A2:A3", b"=1+", b"(" * 300, b'"' * 301, b"[" * 301, b"&#0;", b"&#x110000;", b"&#xD800;",
    b"&amp;amp;", b"&nosuch;", b"_xFFFF_", b"_x0000_", b"\xff\xfe", b"\xed\xa0\x80", b"\xf0\x9f\x98\x80" * 40,
    b"a" * 40_000, b"shared", b"array", b"dataTable", b"inlineStr", b"s", b"str", b"e", b"b", b"d", b"n",
    b"hidden", b"veryHidden", b"External", b"Sheet1", b"By hand", b"_xlnm.Print_Area",
)  # fmt: skip
#: What stands between two tags where nothing should.
_WEDGED = (
    b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"&a;", b"<!--", b"-->", b"<!-- x -->", b"<![CDATA[<row>]]>",
    b"<![CDATA[", b"<?pi ?>", b"<?", b"<row>", b"</row>", b"<c>", b"</c>", b"<row/>", b'<c r="A1"/>',
    b'<row r="1"/>', b"<v>1</v>", b"<f/>", b"text", b"<x:y/>", b"<", b">", b"\x00", b"\xff", b"<a>" * 300,
    b"<is><r/></is>", b"<mergeCells/>", b"<tableParts/>", b"<extLst/>", b"\xef\xbb\xbf",
)  # fmt: skip


def _span(found: list[re.Match[bytes]], chance: Random) -> re.Match[bytes] | None:
    return chance.choice(found) if found else None


def _other_value(data: bytes, chance: Random) -> bytes:
    match = _span(list(_VALUE.finditer(data)), chance)
    if match is None:
        return data
    return data[: match.start(1)] + chance.choice(_NASTY) + data[match.end(1) :]


def _value_of_elsewhere(data: bytes, chance: Random) -> bytes:
    found = list(_VALUE.finditer(data))
    if not found:
        return data
    match, other = chance.choice(found), chance.choice(found)
    return data[: match.start(1)] + other[1] + data[match.end(1) :]


def _other_text(data: bytes, chance: Random) -> bytes:
    match = _span(list(_TEXT.finditer(data)), chance)
    if match is None:
        return data
    return data[: match.start(1)] + chance.choice(_NASTY) + data[match.end(1) :]


def _without_an_attribute(data: bytes, chance: Random) -> bytes:
    match = _span(list(re.finditer(rb'\s[\w:]+="[^"]*"', data)), chance)
    return data if match is None else data[: match.start()] + data[match.end() :]


def _without_a_stretch(data: bytes, chance: Random) -> bytes:
    """Leave out some tags with what stands between them, often a whole element."""
    found = list(_TAG.finditer(data))
    if not found:
        return data
    first = chance.randrange(len(found))
    last = min(first + chance.choice((0, 0, 1, 2, 5, 20)), len(found) - 1)
    return data[: found[first].start()] + data[found[last].end() :]


def _a_stretch_twice(data: bytes, chance: Random) -> bytes:
    found = list(_TAG.finditer(data))
    if not found:
        return data
    first = chance.randrange(len(found))
    last = min(first + chance.choice((0, 1, 3, 8)), len(found) - 1)
    stretch = data[found[first].start() : found[last].end()]
    at = chance.choice((found[last].end(), chance.choice(found).start()))
    return data[:at] + stretch * chance.choice((1, 1, 1, 50)) + data[at:]


def _another_tag_name(data: bytes, chance: Random) -> bytes:
    found = list(re.finditer(rb"<([\w:]+)", data))
    if not found:
        return data
    match, other = chance.choice(found), chance.choice(found)
    return data[: match.start(1)] + other[1] + data[match.end(1) :]


def _something_wedged_in(data: bytes, chance: Random) -> bytes:
    match = _span(list(_TAG.finditer(data)), chance)
    at = (
        chance.randrange(len(data) + 1) if match is None or chance.random() < 0.2 else match.start()
    )
    return data[:at] + chance.choice(_WEDGED) + data[at:]


def _cut_off(data: bytes, chance: Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _other_bytes(data: bytes, chance: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 3, 10))):
        if changed:
            changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _in_another_encoding(data: bytes, chance: Random) -> bytes:
    text = data.decode("utf-8", "replace")
    if chance.random() < 0.5:
        return text.encode(chance.choice(("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "utf-7")))
    declared = chance.choice(("utf-16", "latin-1", "ISO-8859-1", "utf-7", "cp037", "none"))
    return text.replace("UTF-8", declared, 1).encode("latin-1", "replace")


def _in_another_namespace(data: bytes, chance: Random) -> bytes:
    old, new = chance.choice(
        (
            (b"schemas.openxmlformats.org/spreadsheetml/2006/main", b"purl.oclc.org/ooxml/spreadsheetml/main"),
            (b"schemas.openxmlformats.org/", b"purl.oclc.org/ooxml/"),
            (b"http://", b"https://"),
            (b"/worksheet", b"/chartsheet"),
            (b"/table", b"/worksheet"),
        )
    )  # fmt: skip
    return data.replace(old, new)


_OF_PARTS: tuple[Callable[[bytes, Random], bytes], ...] = (
    _other_value, _other_value, _other_value, _value_of_elsewhere, _value_of_elsewhere, _other_text, _other_text,
    _without_an_attribute, _without_a_stretch, _without_a_stretch, _a_stretch_twice, _another_tag_name,
    _something_wedged_in, _cut_off, _other_bytes, _in_another_encoding, _in_another_namespace,
)  # fmt: skip


def _tamper_with_parts(parts: Parts, chance: Random) -> bytes:
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        name = chance.choice(sorted(parts))
        kind = chance.random()
        if kind < 0.9:
            parts[name] = chance.choice(_OF_PARTS)(parts[name], chance)
        elif kind < 0.94 and len(parts) > 1:
            del parts[name]
        elif kind < 0.97:
            parts[name] = parts[chance.choice(sorted(parts))]
        else:
            other = chance.choice((name.upper(), f"/{name}", f"../{name}", f"{name}/x", name[:-1]))
            parts[other] = parts.pop(name)
    return _packed(parts)


def _packed(parts: Parts) -> bytes:
    stream = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")
        for name, data in parts.items():
            archive.writestr(name, data)
    return stream.getvalue()


def _tamper_with_bytes(raw: bytes, chance: Random) -> bytes:
    """Change bytes of the package itself, mostly where its headers are."""
    changed = bytearray(raw)
    heads = [match.start() for match in re.finditer(rb"PK(?:\x01\x02|\x03\x04|\x05\x06)", raw)]
    for _ in range(chance.choice((1, 1, 2, 5))):
        kind = chance.random()
        at = chance.randrange(len(changed))
        if kind < 0.5:
            at = min(chance.choice(heads) + chance.randrange(46), len(changed) - 1)
        if kind < 0.25 and at + 4 <= len(changed):
            value = chance.choice((0, 1, 0xFFFF, 0xFFFFFFFF, 0x7FFFFFFF, len(raw), at))
            struct.pack_into("<L", changed, at, value)
        elif kind < 0.8:
            changed[at] = chance.randrange(256)
        elif kind < 0.9:
            del changed[at : at + chance.choice((1, 4, 100, 5000))]
            changed = changed or bytearray(b"PK")
        else:
            changed[at:at] = bytes(changed[: chance.choice((1, 30, 3000))])
    return bytes(changed)


def mutated(bases: list[Path], seed: int) -> bytes:
    """Return a package like one of some workbooks, but not quite."""
    chance = Random(seed)
    raw = chance.choice(bases).read_bytes()
    if chance.random() < 0.2:
        return _tamper_with_bytes(raw, chance)
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    return _tamper_with_parts(parts, chance)
