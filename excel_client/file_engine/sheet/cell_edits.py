"""Single cells changed in their bytes: another format, a formula, a formula's result. Knows no rows."""

from __future__ import annotations

import re

from excel_client.file_engine.sheet.cell_writing import CellWriter
from excel_client.file_engine.sheet.cells import CellValue, has_content, style_of
from excel_client.file_engine.xml.cell_text import escape_text
from excel_client.file_engine.xml.xml_spans import set_attribute

__all__ = [
    "FORMULA_ELEMENT",
    "FORMULA_SIGN",
    "as_typed",
    "is_formula",
    "restyled",
    "with_area",
    "with_array",
    "with_formula",
    "with_result",
]

FORMULA_SIGN = "="
FORMULA_ELEMENT = re.compile(rb"<f(?:\s[^<>]*?)?(?:/>|>[^<]*</f>)")

_HELD = re.compile(rb"<v(?:\s[^<>]*)?>([^<]*)</v>")


def is_formula(value: object) -> bool:
    """Whether what was written through `.formula` is one."""
    return isinstance(value, str) and value.startswith(FORMULA_SIGN) and len(value) > 1


def with_formula(blank: bytes, reference: str, stored: str) -> bytes:
    """Return a blank cell with a formula, given as it is stored, and no result."""
    tag = blank or f'<c r="{reference}"/>'.encode()
    return tag[:-2] + f"><f>{escape_text(stored)}</f></c>".encode()


def with_array(blank: bytes, reference: str, stored: str, area: str, mark: int = 0) -> bytes:
    """Return a blank cell with the formula of an array; `mark` is the metadata of a dynamic one, counted from 1."""
    tag = blank or f'<c r="{reference}"/>'.encode()
    opening = f'<f t="array" ref="{area}">'
    marked = f' cm="{mark}"' if mark else ""
    return tag[:-2] + f"{marked}>{opening}{escape_text(stored)}</f></c>".encode()


def with_area(cell: bytes, area: str) -> bytes:
    """Return a cell whose formula speaks for another area."""

    def written(match: re.Match[bytes]) -> bytes:
        end = match[0].index(b">") + 1
        return set_attribute(match[0][:end], "ref", area) + match[0][end:]

    return FORMULA_ELEMENT.sub(written, cell, count=1)


def with_result(cell: bytes, value: object, writer: CellWriter, place: str) -> bytes:
    """Return a cell with a formula that shows another result."""
    kind, inner, _ = writer.content(value, style_of(cell) or b"0", place)
    if isinstance(value, str) and "inlineStr" in kind:
        kind, inner = ' t="str"', f"<v>{escape_text(value, place)}</v>"
    elif value == "":
        kind, inner = ' t="str"', "<v></v>"
    end = cell.index(b">") + 1
    # What the workbook knew about the value before ("vm") does not hold for another one.
    tag = set_attribute(set_attribute(cell[:end], "t", None), "vm", None)[:-1]
    tag += kind.encode() + b">"
    formula = FORMULA_ELEMENT.search(cell)
    assert formula is not None, "only cells with formulas have results"
    return tag + formula[0] + inner.encode() + b"</c>"


def restyled(cell: bytes, style: bytes, *, keep_content: bool) -> bytes:
    """Return a cell with another format; empty bytes where neither content nor format is left."""
    end = cell.index(b">") + 1
    tag = set_attribute(cell[:end], "s", style.decode() or None)
    if keep_content and has_content(cell):
        return tag + cell[end:]
    if not style or style == b"0":
        return b""
    for name in ("t", "cm", "vm", "ph"):
        tag = set_attribute(tag, name, None)
    return tag if tag.endswith(b"/>") else tag[:-1] + b"/>"


def as_typed(value: CellValue, cell: bytes) -> str:
    """Return a constant as Excel's formula bar would hold it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, str):
        return value
    held = _HELD.search(cell)
    return held[1].decode().removesuffix(".0") if held else ""
