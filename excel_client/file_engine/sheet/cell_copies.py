"""
Cells as they are carried from one place to another: what they hold, their formulas, their formats.

Takes cells out of a sheet's bytes and renders them for another place. Decides nothing about what may be overwritten.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from excel_client.file_engine.formulas.formula_text import move_references
from excel_client.file_engine.formulas.references import Area, column_letters
from excel_client.file_engine.sheet.cell_edits import FORMULA_ELEMENT
from excel_client.file_engine.sheet.cells import formula_of, has_content, style_of
from excel_client.file_engine.sheet.reaching_formulas import formula_attributes
from excel_client.file_engine.sheet.row_pieces import cells_between, with_reference
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.xml.cell_text import escape_text
from excel_client.file_engine.xml.xml_spans import set_attribute

__all__ = ["CellCopy", "rendered_cell", "taken_cells"]

_TYPE = re.compile(rb"""\st\s*=\s*["'](\w+)["']""")
_METADATA = re.compile(rb"""\s(?:cm|vm)\s*=""")


@dataclass(frozen=True, slots=True, kw_only=True)
class CellCopy:
    """A cell that was taken out of a sheet."""

    row: int
    column: int
    style: bytes
    #: The whole cell; its formula is told by the next two.
    cell: bytes
    #: As stored, without escapes; None for a constant or a blank.
    formula: str | None
    #: The area of an array formula that begins here.
    array: Area | None = None

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing in the cell but its format."""
        return not has_content(self.cell)

    @property
    def kind(self) -> bytes:
        """What type its value is of, as the cell states it."""
        match = _TYPE.search(self.cell, 0, self.cell.index(b">"))
        return match[1] if match else b""

    @property
    def has_result(self) -> bool:
        """Whether what its formula comes to is known."""
        return b"<v" in self.cell or b"<is" in self.cell

    @property
    def has_metadata(self) -> bool:
        """Whether the cell points to what only its own workbook knows."""
        return _METADATA.search(self.cell, 0, self.cell.index(b">")) is not None

    def as_value(self) -> CellCopy:
        """Return the cell with what its formula comes to in the formula's place."""
        if self.formula is None and self.array is None:
            return self
        cell = FORMULA_ELEMENT.sub(b"", self.cell, count=1)
        end = cell.index(b">") + 1
        tag = set_attribute(cell[:end], "cm", None)
        return replace(self, cell=tag + cell[end:], formula=None, array=None)


def taken_cells(model: SheetModel, area: Area) -> dict[int, dict[int, CellCopy]]:
    """Return the cells of an area that are there, by row and column; the sheet keeps them."""
    model.rows.settle()
    columns = area.left, area.right
    taken: dict[int, dict[int, CellCopy]] = {}
    for number in model.rows.existing(area.top, area.bottom):
        cells = cells_between(model.rows.row(number), number, columns, model.name)
        if cells:
            taken[number] = {
                column: _taken(model, cell, number, column) for column, cell in cells.items()
            }
    return taken


def _taken(model: SheetModel, cell: bytes, row: int, column: int) -> CellCopy:
    found = formula_of(cell) if b"<f" in cell else None
    formula, array = None, None
    if found is not None:
        formula = model.stored_formula(cell, row, column)
        attributes = formula_attributes(found[0])
        if attributes.get("t") == "array" and "ref" in attributes:
            array = Area.parse(attributes["ref"])
    style = style_of(cell)
    return CellCopy(
        row=row,
        column=column,
        style=b"" if style == b"0" else style,
        cell=cell,
        formula=formula,
        array=array,
    )


def rendered_cell(
    copy: CellCopy, row: int, column: int, style: bytes, *, moves: bool = True
) -> bytes:
    """Return a cell for another place, in a format; relative references move along where wanted."""
    cell = with_reference(copy.cell, column, row)
    if style != copy.style:
        end = cell.index(b">") + 1
        stated = style.decode() if style and style != b"0" else None
        cell = set_attribute(cell[:end], "s", stated) + cell[end:]
    if copy.formula is None:
        return cell
    down, right = row - copy.row, column - copy.column
    text = move_references(copy.formula, down, right) if moves else copy.formula
    kind = ""
    if copy.array is not None:
        a = copy.array
        # Not Area.text: the cells are named one by one here.
        first = f"{column_letters(a.left + right)}{a.top + down}"
        last = f"{column_letters(a.right + right)}{a.bottom + down}"
        kind = f' t="array" ref="{first if first == last else f"{first}:{last}"}"'
    element = f"<f{kind}>{escape_text(text)}</f>".encode()
    return FORMULA_ELEMENT.sub(lambda _match: element, cell, count=1)
