"""
What can happen to the cells, sheets and tables that formulas name, and how a formula reads afterwards.

As in Excel: a reference follows the cells it names, grows and shrinks with them, and becomes #REF! when they are gone.
Knows formula text only; which formulas a workbook has is known to `workbook.following`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from excel_client.file_engine.formulas.references import Area

__all__ = [
    "CellsDeleted",
    "CellsInserted",
    "CellsMoved",
    "Change",
    "Direction",
    "SheetDeleted",
    "SheetRenamed",
    "TableColumnRenamed",
    "TableColumnsDeleted",
    "TableDeleted",
    "TableRenamed",
]


class Direction(StrEnum):
    """Where cells go to make room, or come from to fill it."""

    VERTICAL = "vertical"
    HORIZONTAL = "horizontal"


@dataclass(frozen=True, slots=True, kw_only=True)
class CellsInserted:
    """Blank cells appear in an area; what was there and behind it moves down or right."""

    sheet: str
    area: Area
    direction: Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class CellsDeleted:
    """The cells of an area are gone; what was behind them moves up or left."""

    sheet: str
    area: Area
    direction: Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class CellsMoved:
    """The cells of an area were cut and pasted so many rows down and columns right, here or on another sheet."""

    sheet: str
    area: Area
    to_sheet: str
    down: int
    right: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRenamed:
    """A sheet has another name."""

    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetDeleted:
    """A sheet is gone."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRenamed:
    """A table has another name."""

    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableColumnRenamed:
    """A column of a table has another header."""

    table: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableColumnsDeleted:
    """Columns of a table are gone; a formula that names a stretch of columns keeps those that stay."""

    table: str
    #: All headers as they were, in their order.
    columns: tuple[str, ...]
    gone: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDeleted:
    """A table is gone, with its cells."""

    name: str


Change: TypeAlias = (
    CellsInserted
    | CellsDeleted
    | CellsMoved
    | SheetRenamed
    | SheetDeleted
    | TableRenamed
    | TableColumnRenamed
    | TableColumnsDeleted
    | TableDeleted
)
