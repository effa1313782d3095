"""
What formulas mean where they are entered: which sheets and tables they may name, and how a dynamic array is marked.

The sheet knows none of this; the workbook tells it. Knows no cell's bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from excel_client.file_engine.formulas.formula_text import (
    Mentions,
    mentions,
    to_array_file,
    to_dynamic_file,
    to_file,
)
from excel_client.file_engine.problems import FormulaRefused

__all__ = ["EnteredFormula", "FormulaMeaning", "FormulaSurroundings", "NoSurroundings", "entered"]


class FormulaMeaning(StrEnum):
    """What several cells mean to a formula where one value is wanted."""

    #: The one in the formula's own row or column.
    ONE_CELL = "one cell"
    #: All of them: the result may spill.
    ALL_CELLS = "all cells"
    #: All of them, for an area that is stated.
    ARRAY = "array"


class FormulaSurroundings(Protocol):
    """The workbook as formulas of one sheet see it."""

    def check(self, mentioned: Mentions) -> None:
        """Raise FormulaNamesUnknown for what there is not."""

    def is_one_cell(self, name: str) -> bool:
        """Whether a name, in lower case, certainly stands for one cell or one value."""

    def table_at(self, row: int, column: int) -> str:
        """Return the name of the table that a cell lies in, empty for none."""

    def dynamic_mark(self) -> int:
        """Return the metadata of cells with dynamic arrays, counted from 1; the workbook has it from then on."""


class NoSurroundings:
    """Formulas by themselves: nothing that they name is looked up, and none spills."""

    def check(self, mentioned: Mentions) -> None:
        """Accept all."""

    def is_one_cell(self, name: str) -> bool:  # noqa: ARG002 - the protocol's
        """Accept it as one."""
        return True

    def table_at(self, row: int, column: int) -> str:  # noqa: ARG002 - the protocol's
        """Return that there is none."""
        return ""

    def dynamic_mark(self) -> int:
        """Return that there is none."""
        return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EnteredFormula:
    """A formula as it is stored, and whether it is an array."""

    stored: str
    is_array: bool


def entered(
    formula: str,
    row: int,
    column: int,
    meaning: FormulaMeaning,
    around: FormulaSurroundings,
    place: str,
) -> EnteredFormula:
    """Return what a typed formula, without its equals sign, is stored as; a FormulaRefused names its place."""
    # A file has no other line ends.
    formula = formula.replace("\r\n", "\n")
    try:
        mentioned = mentions(formula)
        around.check(mentioned)
        # Only a reference that leaves the table out needs to know where it stands.
        alone = any(text.startswith("[") for text in mentioned.tables)
        table = around.table_at(row, column) if alone else ""
        if meaning is FormulaMeaning.ALL_CELLS:
            stored, is_array = to_dynamic_file(formula, around.is_one_cell, table=table)
        elif meaning is FormulaMeaning.ARRAY:
            stored, is_array = to_array_file(formula, table=table), True
        else:
            stored, is_array = to_file(formula, table=table), False
    except FormulaRefused as problem:
        if problem.place:
            raise
        raise type(problem)(place) from problem
    return EnteredFormula(stored=stored, is_array=is_array)
