"""The shared strings of a workbook, read once and only if a cell refers to one; never written."""

from __future__ import annotations

import re

from excel_client.file_engine.problems import StrictWorkbook
from excel_client.file_engine.xml.cell_text import unescape_text
from excel_client.file_engine.xml.xml_spans import STRICT, read_tree, refuse_entities

__all__ = ["read_shared_strings"]

_USUAL = re.compile(rb'<si><t(?: xml:space="preserve")?(?:/>|>([^<]*)</t>)</si>')


def read_shared_strings(data: bytes, place: str) -> list[str]:
    """Return all shared strings, rich ones without their formats and phonetic hints."""
    refuse_entities(data, min(1000, len(data)), place)
    if STRICT.encode() in data[:1000]:
        raise StrictWorkbook(place)
    usual = _USUAL.findall(data)
    if len(usual) == data.count(b"<si") and b"<!" not in data:
        return [
            unescape_text(text.decode()) if b"&" in text or b"_x" in text else text.decode()
            for text in usual
        ]
    strings = []
    for item in read_tree(data, place).all("si"):
        texts = [
            piece.text
            for part in item.children
            if part.name != "rPh"
            for piece in ([part] if part.name == "t" else part.all("t"))
        ]
        # The tree has resolved XML's own escapes already.
        whole = "".join(texts).replace("&", "&amp;").replace("\r", "&#13;")
        strings.append(unescape_text(whole))
    return strings
