"""
The metadata that marks a cell's formula as a dynamic array: made once, beside what a workbook's metadata holds already.

Source: MS-XLSX 2.3.9 (dynamic arrays), ECMA-376 part 1, 18.9 (metadata). Knows no cell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from excel_client.file_engine.problems import PackageDamaged
from excel_client.file_engine.xml.xml_spans import (
    MAIN,
    RELATION,
    Element,
    read_tree,
    set_attribute,
    splice,
    whole_number,
)

if TYPE_CHECKING:
    from excel_client.file_engine.workbook.document import Document

__all__ = ["dynamic_array_mark", "with_dynamic_array"]

_KIND = "sheetMetadata"
_CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheetMetadata+xml"
_TYPE_NAME = "XLDAPR"
_DYNAMIC = "http://schemas.microsoft.com/office/spreadsheetml/2017/dynamicarray"
_EXTENSION = "{bdbb8cdc-fa1e-496e-a857-3c3f30c029c3}"
_EMPTY = (
    f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<metadata xmlns="{MAIN}"></metadata>'
)
#: The children of a metadata element in the order that the schema wants.
_ORDER = (
    "metadataTypes metadataStrings mdxMetadata futureMetadata cellMetadata valueMetadata extLst"
)


def dynamic_array_mark(document: Document) -> int:
    """Return the cell metadata, counted from 1, that dynamic arrays are marked with; the workbook has it afterwards."""
    parts = document.parts
    name = next(iter(parts.related(document.workbook_name, _KIND)), None)
    if name is not None:
        data, mark = with_dynamic_array(parts.part(name), name)
        parts.edit(name, data)
        return mark
    folder = document.workbook_name.rpartition("/")[0]
    plain = f"{folder}/metadata.xml" if folder else "metadata.xml"
    name = plain if not parts.has(plain) else parts.free_name(plain.replace(".xml", "{}.xml"))
    data, mark = with_dynamic_array(_EMPTY.encode(), name)
    parts.add(name, data, _CONTENT_TYPE)
    parts.relate(document.workbook_name, f"{RELATION}/{_KIND}", name)
    return mark


def with_dynamic_array(data: bytes, place: str) -> tuple[bytes, int]:
    """Return a metadata part that marks dynamic arrays, and the mark; a part that does so already stays as it is."""
    try:
        return _Metadata(data, place).marked()
    except (KeyError, ValueError) as error:
        raise PackageDamaged(place) from error


class _Metadata:
    def __init__(self, data: bytes, place: str) -> None:
        self.data = data
        self.place = place
        self.root = read_tree(data, place)
        self.prefix = self.root.prefix(data).decode()

    def marked(self) -> tuple[bytes, int]:
        kind = self._kind()
        value = self._value() if kind else None
        mark = self._mark(kind, value) if kind and value is not None else None
        if mark is not None:
            return self.data, mark
        if not kind:
            kind = self._append("metadataTypes", self._type())
        if value is None:
            value = self._append("futureMetadata", self._properties(), name=_TYPE_NAME) - 1
        p = self.prefix
        rendered = f'<{p}bk><{p}rc t="{kind}" v="{value}"/></{p}bk>'
        mark = self._append("cellMetadata", rendered)
        return self.data, mark

    def _kind(self) -> int:
        """Return the number of the type of dynamic arrays, counted from 1, or 0 without one."""
        types = self.root.find("metadataTypes")
        names = [e.attributes.get("name") for e in types.children] if types else []
        return names.index(_TYPE_NAME) + 1 if _TYPE_NAME in names else 0

    def _future(self) -> Element | None:
        found = (e for e in self.root.all("futureMetadata") if e.attributes["name"] == _TYPE_NAME)
        return next(found, None)

    def _value(self) -> int | None:
        """Return the place of the properties of an ordinary dynamic array, counted from 0."""
        future = self._future()
        for place, block in enumerate(future.all("bk") if future else ()):
            for element in block.walk():
                stated = (
                    element.attributes.get("fDynamic"),
                    element.attributes.get("fCollapsed", "0"),
                )
                if element.name == "dynamicArrayProperties" and stated in {
                    ("1", "0"),
                    ("true", "false"),
                }:
                    return place
        return None

    def _mark(self, kind: int, value: int) -> int | None:
        cells = self.root.find("cellMetadata")
        for place, block in enumerate(cells.all("bk") if cells else (), 1):
            records = [(whole_number(e, "t"), whole_number(e, "v")) for e in block.all("rc")]
            if records == [(kind, value)]:
                return place
        return None

    def _type(self) -> str:
        rules = "copy pasteAll pasteValues merge splitFirst rowColShift clearFormats clearComments"
        stated = "".join(
            f' {rule}="1"' for rule in (*rules.split(), "assign", "coerce", "cellMeta")
        )
        name = f'name="{_TYPE_NAME}" minSupportedVersion="120000"'
        return f"<{self.prefix}metadataType {name}{stated}/>"

    def _properties(self) -> str:
        p = self.prefix
        inner = f'<xda:dynamicArrayProperties xmlns:xda="{_DYNAMIC}" fDynamic="1" fCollapsed="0"/>'
        extension = f'<{p}ext uri="{_EXTENSION}">{inner}</{p}ext>'
        return f"<{p}bk><{p}extLst>{extension}</{p}extLst></{p}bk>"

    def _append(self, parent: str, rendered: str, *, name: str = "") -> int:
        """Append a child to an element of the part, which is made where it is missing; return how many it has then."""
        standing = self._future() if name else self.root.find(parent)
        if standing is not None:
            count = len(standing.children) + 1
            self._grow(standing, rendered.encode(), count)
        else:
            count = 1
            named = f' name="{name}"' if name else ""
            p = self.prefix
            whole = f'<{p}{parent}{named} count="1">{rendered}</{p}{parent}>'
            self._insert(parent, whole.encode())
        self.root = read_tree(self.data, self.place)
        return count

    def _grow(self, standing: Element, rendered: bytes, count: int) -> None:
        tag = set_attribute(self.data[standing.start : standing.open_end], "count", str(count))
        edits = [(standing.start, standing.open_end, tag)]
        if tag.endswith(b"/>"):
            closing = f"</{self.prefix}{standing.name}>".encode()
            edits = [(standing.start, standing.open_end, tag[:-2] + b">" + rendered + closing)]
        else:
            edits.append((standing.close_start, standing.close_start, rendered))
        self.data = splice(self.data, edits)

    def _insert(self, name: str, whole: bytes) -> None:
        order = _ORDER.split()
        before = set(order[: order.index(name) + 1])
        ends = [e.end for e in self.root.children if e.name in before]
        place = max(ends, default=self.root.open_end)
        if self.root.open_end == self.root.end and self.data.endswith(b"/>", 0, self.root.end):
            tag = self.data[self.root.start : self.root.end]
            closing = f"</{self.prefix}metadata>".encode()
            edit = (self.root.start, self.root.end, tag[:-2] + b">" + whole + closing)
        else:
            edit = (place, place, whole)
        self.data = splice(self.data, [edit])
