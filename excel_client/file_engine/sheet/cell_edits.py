"""Single cells changed in their bytes: another format, a formula, a formula's result. Knows no rows."""

from __future__ import annotations

import re

from excel_client.file_engine.formulas.formula_text import to_file
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
    "with_formula",
    "with_result",
]

FORMULA_SIGN = "="
FORMULA_ELEMENT = re.compile(rb"<f(?:\s[^>]*?)?(?:/>|>[^<]*</f>)")

_HELD = re.compile(rb"<v(?:\s[^>]*)?>([^<]*)</v>")


def is_formula(value: object) -> bool:
    """Whether what was written through `.formula` is one."""
    return isinstance(value, str) and value.startswith(FORMULA_SIGN) and len(value) > 1


def with_formula(blank: bytes, reference: str, formula: str) -> bytes:
    """Return a blank cell with a formula, given without its equals sign, and no result."""
    tag = blank or f'<c r="{reference}"/>'.encode()
    return tag[:-2] + f"><f>{escape_text(to_file(formula))}</f></c>".encode()


def with_result(cell: bytes, value: object, writer: CellWriter, place: str) -> bytes:
    """Return a cell with a formula that shows another result."""
    kind, inner, _ = writer.content(value, style_of(cell) or b"0", place)
    if isinstance(value, str) and "inlineStr" in kind:
        kind, inner = ' t="str"', f"<v>{escape_text(value, place)}</v>"
    elif value == "":
        kind, inner = ' t="str"', "<v></v>"
    end = cell.index(b">") + 1
    tag = set_attribute(cell[:end], "t", None)[:-1] + kind.encode() + b">"
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
    tag = set_attribute(set_attribute(tag, "t", None), "cm", None)
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
