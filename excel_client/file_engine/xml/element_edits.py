"""Edits of small parts, as `splice` takes them: a child more in an element, an element less. Knows no part."""

from __future__ import annotations

from excel_client.file_engine.xml.xml_spans import Element, set_attribute

__all__ = ["Edit", "inserted", "opening_tag", "removed", "tag_edit"]

#: Where it begins and ends, and what stands there then.
Edit = tuple[int, int, bytes]


def opening_tag(data: bytes, element: Element) -> bytes:
    """Return an element's opening tag as it is written."""
    return data[element.start : element.open_end]


def removed(element: Element) -> Edit:
    """Return the edit that drops an element."""
    return element.start, element.end, b""


def tag_edit(data: bytes, element: Element, /, **attributes: str | None) -> Edit:
    """Return the edit that sets attributes of an element, or removes them for None."""
    tag = opening_tag(data, element)
    for name, value in attributes.items():
        tag = set_attribute(tag, name, value)
    return element.start, element.open_end, tag


def inserted(
    data: bytes, parent: Element, written: bytes, *, before: Element | None = None
) -> Edit:
    """Return the edit that puts a child into an element, before another child or behind all."""
    if before is not None:
        return before.start, before.start, written
    if parent.end != parent.open_end:
        return parent.close_start, parent.close_start, written
    tag = opening_tag(data, parent)[:-2].rstrip()
    name = tag[1:].split()[0]
    return parent.start, parent.end, tag + b">" + written + b"</" + name + b">"
