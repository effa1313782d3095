"""
Shared formulas of which some cells move and others don't: each of their cells gets its formula in full before.

A sheet may have many of them, so rows are searched and replaced as bytes.
"""

from __future__ import annotations

import re

from excel_client.file_engine.formulas.formula_text import move_references
from excel_client.file_engine.formulas.references import Area, column_number
from excel_client.file_engine.sheet.reaching_formulas import ReachingFormula
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.xml.cell_text import escape_text

__all__ = ["write_out_torn"]

_SHARED = re.compile(
    rb"""(<c r="([A-Z]{1,3})\d+"[^<>]*>)<f\s(?=[^<>]*\bt\s*=\s*["']shared)"""
    rb"""[^<>]*?\bsi\s*=\s*["'](\d+)["'][^<>]*?(?:/>|>[^<]*</f>)"""
)


def write_out_torn(model: SheetModel, changed: Area, moving: Area | None) -> None:
    """Write shared formulas out unless all of their cells stay, move or (`changed`) go together."""
    torn = {
        reaching.key.encode(): reaching
        for reaching in model.reaching_formulas()
        if reaching.kind == "shared" and _is_torn(reaching.area, changed, moving)
    }
    if not torn:
        return
    first = min(reaching.area.top for reaching in torn.values())
    last = max(reaching.area.bottom for reaching in torn.values())
    rows = model.rows
    for number in rows.existing(first, last):
        row = rows.row(number)
        if b"shared" in row:
            rows.written[number] = _written_out(row, number, torn)


def _is_torn(area: Area, changed: Area, moving: Area | None) -> bool:
    together = changed.holds(area) or (moving is not None and moving.holds(area))
    touched = changed.meets(area) or (moving is not None and moving.meets(area))
    return touched and not together


def _written_out(row: bytes, number: int, torn: dict[bytes, ReachingFormula]) -> bytes:
    def written(match: re.Match[bytes]) -> bytes:
        shared = torn.get(match[3])
        if shared is None:
            return match[0]
        column = column_number(match[2].decode("ascii"))
        text = move_references(shared.text, number - shared.row, column - shared.column)
        return match[1] + f"<f>{escape_text(text)}</f>".encode()

    return _SHARED.sub(written, row)
