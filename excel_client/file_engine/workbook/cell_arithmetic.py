"""
A number pasted onto another one: added, subtracted, multiplied or divided, as Excel's Paste Special does it.

Formulas are not calculated but written together: "=(A1*2)+5". Knows no workbook.
"""

from __future__ import annotations

import operator

from excel_client.file_engine.formulas.formula_text import move_references
from excel_client.file_engine.formulas.references import column_letters
from excel_client.file_engine.problems import OutsideFileEngine
from excel_client.file_engine.sheet.cell_copies import CellCopy
from excel_client.file_engine.sheet.cells import ErrorValue, has_content
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.workbook.paste_kinds import Operation
from excel_client.file_engine.xml.cell_text import escape_text

__all__ = ["combined_cell"]

_SIGNS = {
    Operation.ADD: "+",
    Operation.SUBTRACT: "-",
    Operation.MULTIPLY: "*",
    Operation.DIVIDE: "/",
}
_DOERS = {
    Operation.ADD: operator.add,
    Operation.SUBTRACT: operator.sub,
    Operation.MULTIPLY: operator.mul,
    Operation.DIVIDE: operator.truediv,
}


def combined_cell(
    model: SheetModel, place: tuple[int, int], old: bytes, copy: CellCopy | None, how: Operation
) -> bytes:
    """Return a cell after a copied one was pasted onto it; OutsideFileEngine for anything but numbers and formulas."""
    row, column = place
    named = model.place(row, column)
    own_formula = model.stored_formula(old, row, column) if old else None
    formula = None
    if copy is not None and copy.formula is not None:
        formula = move_references(copy.formula, row - copy.row, column - copy.column)
    reference = f"{column_letters(column)}{row}"
    if own_formula is not None or formula is not None:
        first = f"({own_formula})" if own_formula is not None else _digits(model, old, named)
        second = f"({formula})"
        if formula is None:
            second = _digits(model, copy.cell if copy is not None else b"", named)
        text = escape_text(f"{first}{_SIGNS[how]}{second}")
        return f'<c r="{reference}"><f>{text}</f></c>'.encode()
    first_number = _number(model, old, named)
    second_number = _number(model, copy.cell if copy is not None else b"", named)
    if how is Operation.DIVIDE and not second_number:
        return model.constant(reference, ErrorValue("#DIV/0!"))
    return model.constant(reference, _DOERS[how](first_number, second_number))


def _number(model: SheetModel, cell: bytes, place: str) -> float:
    if not cell or not has_content(cell):
        return 0.0
    value = model.number_of(cell)
    if value is None:
        raise OutsideFileEngine(place)
    return value


def _digits(model: SheetModel, cell: bytes, place: str) -> str:
    number = _number(model, cell, place)
    return str(int(number)) if number == int(number) else repr(number)
