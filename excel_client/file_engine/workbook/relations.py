"""
Relationships between parts, and the content types of the package: read, and written with one entry more or less.

Knows no workbook.
"""

from __future__ import annotations

from dataclasses import dataclass

from excel_client.file_engine.problems import PackageDamaged, StrictWorkbook
from excel_client.file_engine.xml.cell_text import attribute_text
from excel_client.file_engine.xml.xml_spans import STRICT, Element, read_tree, splice

__all__ = [
    "EMPTY_RELATIONS",
    "Relation",
    "read_relations",
    "relations_name",
    "with_override",
    "with_relation",
    "without_override",
    "without_relation",
]

EMPTY_RELATIONS = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"/>'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A relationship of a part: its kind is the last word of its type."""

    key: str
    kind: str
    target: str
    is_external: bool


def relations_name(part: str) -> str:
    """Return the part that holds another part's relationships."""
    folder, slash, name = part.rpartition("/")
    return f"{folder}{slash}_rels/{name}.rels"


def read_relations(data: bytes, place: str) -> list[Relation]:
    """Return the relationships of a part."""
    relations = []
    for element in read_tree(data, place).children:
        attributes = element.attributes
        if "Id" not in attributes or "Type" not in attributes:
            raise PackageDamaged(place)
        if attributes["Type"].startswith(STRICT):
            raise StrictWorkbook(place)
        relations.append(
            Relation(
                key=attributes["Id"],
                kind=attributes["Type"].rpartition("/")[2],
                target=attributes.get("Target", ""),
                is_external=attributes.get("TargetMode") == "External",
            )
        )
    return relations


def without_relation(data: bytes, key: str, place: str) -> bytes:
    """Return relationships without one of them."""
    elements = read_tree(data, place).children
    edits = [(e.start, e.end, b"") for e in elements if e.attributes.get("Id") == key]
    return splice(data, edits)


def without_override(data: bytes, part: str, place: str) -> bytes:
    """Return the content types without the entry of one part."""
    elements = read_tree(data, place).children
    wanted = f"/{part}".lower()
    edits = [
        (e.start, e.end, b"")
        for e in elements
        if e.name == "Override" and e.attributes.get("PartName", "").lower() == wanted
    ]
    return splice(data, edits)


def with_relation(
    data: bytes, key: str, type_uri: str, target: str, place: str, *, external: bool
) -> bytes:
    """Return relationships with one more."""
    root = read_tree(data, place)
    mode = ' TargetMode="External"' if external else ""
    target = attribute_text(target)
    entry = f'Relationship Id="{key}" Type="{type_uri}" Target="{target}"{mode}'
    return _with_child(data, root, entry)


def with_override(
    data: bytes, part: str, content_type: str, place: str, *, extension: bool = False
) -> bytes:
    """Return the content types with an entry for a part, or for all parts of a file name's extension."""
    root = read_tree(data, place)
    if extension:
        # Excel wants the general entries first.
        entry = f'Default Extension="{part}" ContentType="{content_type}"'
        prefix = root.prefix(data).decode()
        return splice(data, [(root.open_end, root.open_end, f"<{prefix}{entry}/>".encode())])
    name = attribute_text(part)
    return _with_child(data, root, f'Override PartName="/{name}" ContentType="{content_type}"')


def _with_child(data: bytes, root: Element, entry: str) -> bytes:
    written = f"<{root.prefix(data).decode()}{entry}/>".encode()
    if root.end == root.open_end:
        tag = data[root.start : root.open_end - 2].rstrip()
        name = tag[1:].split()[0]
        return data[: root.start] + tag + b">" + written + b"</" + name + b">" + data[root.end :]
    return splice(data, [(root.close_start, root.close_start, written)])
