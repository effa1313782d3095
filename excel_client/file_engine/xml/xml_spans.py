"""
Small XML parts as trees that know where each element stands, so that a part is edited by splicing its bytes.

Everything that is not spliced stays as it was, byte for byte. Parts are read by expat, which takes no entity here: a
DOCTYPE is refused. Sheets' rows never pass through here, they would be too many.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from xml.parsers import expat

from excel_client.file_engine.problems import (
    PackageDamaged,
    PackageTooLarge,
    StrictWorkbook,
    UnsafePackage,
)
from excel_client.file_engine.xml.cell_text import attribute_text

__all__ = [
    "MAIN",
    "RELATION",
    "STRICT",
    "Element",
    "as_utf8",
    "read_tree",
    "refuse_entities",
    "set_attribute",
    "splice",
    "whole_number",
]

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#: How the namespaces and relationships of Strict Open XML begin.
STRICT = "http://purl.oclc.org/ooxml/"

_TREE_BYTES_LIMIT = 96 * 2**20
_ELEMENT_LIMIT = 1_500_000
_DEPTH_LIMIT = 200
_PIECE_BYTES = 2**20
# A tag may be as long as this: what has more attributes than fit would take memory before anybody could count them.
_LONG_TAG = re.compile(rb"<[^<]{1048576}")
# No part of a match is ever tried again in another way, whatever the tag holds.
_TAG = re.compile(rb"""<[^\s/>"']++(?:[^>"']++|"[^"]*+"|'[^']*+')*+>""")
_ATTRIBUTE = re.compile(rb"""\s++([^\s=>"'/]++)\s*+=\s*+(?:"[^"]*+"|'[^']*+')""")
_DECLARATION = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["'][^>]*\?>""")
_PREFIX = re.compile(rb"<([^\s/>:]+:)")
_CODECS = {"utf-8", "utf8", "us-ascii", "ascii"}
_OTHER_CODECS = {"utf-16", "utf-16le", "utf-16be", "iso-8859-1", "windows-1252"}


class Element:
    """An element, its attributes by local name ("uri name" where they have a namespace), and its place in the bytes."""

    __slots__ = (
        "attributes",
        "children",
        "close_start",
        "end",
        "name",
        "open_end",
        "space",
        "start",
        "text",
    )

    def __init__(self, name: str, attributes: dict[str, str], start: int, open_end: int) -> None:
        self.space, _, self.name = name.rpartition(" ")
        self.attributes = attributes
        self.start = start
        self.open_end = open_end
        self.close_start = open_end
        self.end = open_end
        self.text = ""
        self.children: list[Element] = []

    def find(self, name: str) -> Element | None:
        """Return the first child of that local name."""
        return next((child for child in self.children if child.name == name), None)

    def all(self, name: str) -> list[Element]:
        """Return the children of that local name."""
        return [child for child in self.children if child.name == name]

    def walk(self) -> Iterator[Element]:
        """Yield every element below this one, in document order."""
        stack = self.children[::-1]
        while stack:
            element = stack.pop()
            yield element
            stack.extend(element.children[::-1])

    def prefix(self, data: bytes) -> bytes:
        """Return the namespace prefix that the element is written with, "x:" or nothing."""
        match = _PREFIX.match(data, self.start)
        return match[1] if match else b""


class _Reader:
    """Expat's handlers, building the tree."""

    def __init__(self, data: bytes, place: str) -> None:
        self.data = data
        self.place = place
        self.root: Element | None = None
        self.open: list[Element] = []
        #: The pieces of each open element's text.
        self.texts: list[list[str]] = []
        self.count = 0
        # The parts were brought into UTF-8, whatever they still declare.
        self.parser = expat.ParserCreate("utf-8", " ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _doctype(self, *_parts: object) -> None:
        raise UnsafePackage(self.place)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        start = self.parser.CurrentByteIndex
        tag = _TAG.match(self.data, start)
        self.count += 1
        if tag is None or self.count > _ELEMENT_LIMIT or len(self.open) >= _DEPTH_LIMIT:
            raise PackageTooLarge(self.place)
        element = Element(name, attributes, start, tag.end())
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)
        self.texts.append([])

    def _end(self, _name: str) -> None:
        element = self.open.pop()
        element.text = "".join(self.texts.pop())
        if not self.data.endswith(b"/>", element.start, element.open_end):
            element.close_start = self.parser.CurrentByteIndex
            element.end = self.data.index(b">", element.close_start) + 1

    def _text(self, text: str) -> None:
        if self.open:
            self.texts[-1].append(text)


def as_utf8(data: bytes, place: str) -> bytes:
    """Return a part in UTF-8; the few other encodings that XML parts come in are converted."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        codec = "utf-16"
    else:
        declared = _DECLARATION.match(data[:200])
        codec = declared[1].decode("ascii").lower() if declared else "utf-8"
        if codec in _CODECS and _is_utf8(data):
            return data
    if codec not in _OTHER_CODECS:
        raise PackageDamaged(place)
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        raise PackageDamaged(place) from error
    return re.sub(r"^\ufeff?\s*<\?xml.*?\?>", "", text, count=1, flags=re.DOTALL).encode()


def _is_utf8(data: bytes) -> bool:
    """Whether the data is what it says, so that any text in it can be decoded; looked at in pieces."""
    if data.isascii():
        return True
    decoder, view = codecs.getincrementaldecoder("utf-8")(), memoryview(data)
    try:
        for start in range(0, len(data), _PIECE_BYTES):
            decoder.decode(view[start : start + _PIECE_BYTES])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def refuse_entities(data: bytes, end: int, place: str) -> None:
    """Refuse a part that declares a document type before its root element, which ends before `end`."""
    if b"<!DOCTYPE" in data[:end] or b"<!ENTITY" in data[:end]:
        raise UnsafePackage(place)


def read_tree(data: bytes, place: str) -> Element:
    """Return the root of a small UTF-8 part; PackageDamaged unless well-formed, StrictWorkbook for a strict one."""
    if len(data) > _TREE_BYTES_LIMIT or _LONG_TAG.search(data):
        raise PackageTooLarge(place)
    reader = _Reader(data, place)
    try:
        reader.parser.Parse(data, True)  # noqa: FBT003 - expat's own signature
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise PackageDamaged(place) from error
    if reader.root is None:
        raise PackageDamaged(place)
    if reader.root.space.startswith(STRICT):
        raise StrictWorkbook(place)
    return reader.root


def whole_number(element: Element, name: str, place: str = "", default: str = "") -> int:
    """Return the number that an attribute states; PackageDamaged where it states none."""
    try:
        return int(element.attributes.get(name, default))
    except ValueError as error:
        raise PackageDamaged(place) from error


def splice(data: bytes, edits: Iterable[tuple[int, int, bytes]]) -> bytes:
    """Return the data with each (start, end, replacement) applied; spans do not overlap."""
    pieces: list[bytes] = []
    position = 0
    for start, end, replacement in sorted(edits, key=lambda edit: edit[:2]):
        assert start >= position, "spans do not overlap"
        pieces += [data[position:start], replacement]
        position = end
    return b"".join([*pieces, data[position:]])


def set_attribute(tag: bytes, name: str, value: str | None) -> bytes:
    """Return an opening tag with one attribute set, or removed for None."""
    written = b"" if value is None else f' {name}="{attribute_text(value)}"'.encode()
    wanted = name.encode()
    # One after the other, so that what stands in a value is never taken for an attribute.
    for match in _ATTRIBUTE.finditer(tag):
        if match[1] == wanted:
            return tag[: match.start()] + written + tag[match.end() :]
    close = -2 if tag.endswith(b"/>") else -1
    return tag[:close].rstrip() + written + tag[close:]
