"""
The formulas in a sheet's cells, rewritten where they stand when something happened to what they name.

Cells were moved before, with their old texts. A shared formula is kept where it can still be said once for all its
cells, and written out where it can't. Rows without a formula that is concerned stay the bytes they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from excel_client.file_engine.formulas.changed_areas import source_cell
from excel_client.file_engine.formulas.changed_formulas import (
    FormulaPlace,
    changed_formula,
    needles,
)
from excel_client.file_engine.formulas.formula_text import move_references
from excel_client.file_engine.formulas.reference_changes import (
    CellsDeleted,
    CellsInserted,
    CellsMoved,
    Change,
    TableColumnRenamed,
    TableColumnsDeleted,
)
from excel_client.file_engine.formulas.references import ROW_LIMIT, Area, column_number
from excel_client.file_engine.formulas.sheet_prefixes import is_sheet
from excel_client.file_engine.sheet.reaching_formulas import formula_attributes
from excel_client.file_engine.sheet.row_rebuilding import RowRebuilding
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.tables.table_part import TablePart
from excel_client.file_engine.xml.cell_text import escape_text, unescape_text
from excel_client.file_engine.xml.xml_spans import set_attribute

__all__ = ["follow_cells", "rewrite_formulas"]

_FORMULA = re.compile(rb"<f((?:\s[^<>]*?)?)(?:/>|>([^<]*)</f>)")
_REFERENCE = re.compile(rb"""<c\s(?:[^<>]*?\s)?r\s*=\s*["']([A-Z]{1,3})\d+["']""")
_INPUT_CELLS = ("r1", "r2")
#: More rows than these are put together anew rather than held one by one.
_MANY_ROWS = 4096
_LONGEST_TAG = 4096
_Rewrite = Callable[[str, int, int], str]


@dataclass(slots=True, kw_only=True)
class _Shared:
    """A shared formula: its first cell, its text, and all cells that have it, without escapes."""

    row: int
    column: int
    text: str
    cells: list[tuple[int, int]] = field(default_factory=list)


def follow_cells(
    model: SheetModel, change: Change, home: FormulaPlace, tables: Sequence[TablePart]
) -> None:
    """Rewrite the formulas of a sheet's cells; `tables` are those of the sheet."""
    wanted = needles(change, home.sheet)
    own = [t for t in tables if _is_column_of(change, t)]
    arrived = _arrived(change, home)
    if own or arrived:

        def in_its_place(text: str, row: int, column: int) -> str:
            cell = Area(row, column, row, column)
            if arrived and arrived.holds(cell) and isinstance(change, CellsMoved):
                moved = replace(home, sheet=change.sheet, sheet_after=home.sheet)
                return changed_formula(text, change, moved)
            table = next((t.display_name for t in own if t.area.holds(cell)), "")
            return changed_formula(text, change, replace(home, table=table))

        rewrite_formulas(model, in_its_place, None if arrived else wanted, change=change)
        return
    rewrite_formulas(
        model,
        lambda text, _row, _column: changed_formula(text, change, home),
        wanted,
        change=change,
    )


def _is_column_of(change: Change, table: TablePart) -> bool:
    if not isinstance(change, TableColumnRenamed | TableColumnsDeleted):
        return False
    return table.display_name.casefold() == change.table.casefold()


def _arrived(change: Change, home: FormulaPlace) -> Area | None:
    """Return where formulas stand now that came from another sheet and mean that sheet's cells."""
    if not isinstance(change, CellsMoved) or is_sheet(change.sheet, change.to_sheet):
        return None
    if not is_sheet(change.to_sheet, home.sheet):
        return None
    return Area(
        change.area.top + change.down,
        change.area.left + change.right,
        change.area.bottom + change.down,
        change.area.right + change.right,
    )


def rewrite_formulas(
    model: SheetModel,
    rewrite: _Rewrite,
    wanted: tuple[bytes, ...] | None,
    *,
    change: Change | None = None,
) -> None:
    """
    Give the formulas of a sheet's cells other texts; `rewrite` takes a text, its row and its column.

    Only formulas that hold one of the `wanted` bytes, in lower case, are offered; all for None.
    """
    for grown in model.rows.grown:
        formulas = [c.formula for c in grown.cells.values() if c.formula is not None]
        if any(_is_wanted(formula.encode(), wanted) for formula in formulas):
            model.rows.settle()
            break
    walk = _Walk(model, rewrite, wanted, change)
    walk.plain()
    walk.shared()
    walk.finish()


def _is_wanted(text: bytes, wanted: tuple[bytes, ...] | None) -> bool:
    if wanted is None:
        return True
    lowered = text.lower()
    return any(needle in lowered for needle in wanted)


class _Walk:
    """One walk through a sheet's formulas."""

    def __init__(
        self,
        model: SheetModel,
        rewrite: _Rewrite,
        wanted: tuple[bytes, ...] | None,
        change: Change | None,
    ) -> None:
        self.model = model
        self.rewrite = rewrite
        self.wanted = wanted
        #: What moved the cells of this sheet itself.
        moved = change if isinstance(change, CellsInserted | CellsDeleted | CellsMoved) else None
        self.moved = moved if moved is not None and is_sheet(moved.sheet, model.name) else None
        self.rewritten: dict[int, bytes] = {}
        self.shared_rows: list[int] = []
        self.reaching_changed = False

    def plain(self) -> None:
        """Rewrite what each cell has for itself."""
        rows = self.model.rows
        for number in rows.existing(1, ROW_LIMIT):
            row = rows.row(number)
            if b"<f" not in row:
                continue
            if b"shared" in row:
                self.shared_rows.append(number)
            if b"dataTable" not in row and not _is_wanted(row, self.wanted):
                continue
            changed = self._row(row, number)
            if changed is not None:
                self.rewritten[number] = changed

    def _row(self, row: bytes, number: int) -> bytes | None:
        """Return a row with its formulas rewritten; None where none reads differently."""
        changed = False

        def written(match: re.Match[bytes]) -> bytes:
            nonlocal changed
            attributes, held = match[1], match[2]
            if b"dataTable" in attributes:
                new = self._with_input_cells(match[0])
                changed |= new != match[0]
                return new
            if not held or b"shared" in attributes or not _is_wanted(held, self.wanted):
                return match[0]
            text = unescape_text(held.decode())
            new_text = self.rewrite(text, number, _column_before(row, match.start()))
            if new_text == text:
                return match[0]
            changed = True
            self.reaching_changed |= b"ref" in attributes
            return b"<f%b>%b</f>" % (attributes, escape_text(new_text).encode())

        new_row = _FORMULA.sub(written, row)
        return new_row if changed else None

    def _with_input_cells(self, element: bytes) -> bytes:
        """Return a data table with its input cells in their new places; they lie on its own sheet."""
        if self.moved is None:
            return element
        end = element.index(b">") + 1
        tag = element[:end]
        stated = formula_attributes(tag)
        for name in _INPUT_CELLS:
            if name in stated and "#" not in stated[name]:
                new = self.rewrite(stated[name], 0, 0)
                if "#" in new:
                    tag = set_attribute(tag, f"del{name[1]}", "1")
                elif new != stated[name]:
                    tag = set_attribute(tag, name, new)
        self.reaching_changed |= tag != element[:end]
        return tag + element[end:]

    def shared(self) -> None:
        """Rewrite shared formulas, and write those out that do not read alike in all their cells any more."""
        groups = self._groups()
        texts: dict[bytes, str] = {}
        singles: dict[tuple[int, int], str] = {}
        for key, group in groups.items():
            if not _is_wanted(group.text.encode(), self.wanted):
                continue
            first = self._before(group.row, group.column)
            new = {}
            for row, column in group.cells:
                before = self._before(row, column)
                own = move_references(group.text, before[0] - first[0], before[1] - first[1])
                new[row, column] = self.rewrite(own, row, column)
            text = self.rewrite(group.text, group.row, group.column)
            alike = all(
                own == move_references(text, row - group.row, column - group.column)
                for (row, column), own in new.items()
            )
            if not alike:
                singles |= new
            elif text != group.text:
                texts[key] = text
        if texts or singles:
            self.reaching_changed = True
            self._write_shared(texts, singles)

    def _before(self, row: int, column: int) -> tuple[int, int]:
        before = source_cell(row, column, self.moved) if self.moved else None
        return before or (row, column)

    def _groups(self) -> dict[bytes, _Shared]:
        """Return the sheet's shared formulas by their keys."""
        groups: dict[bytes, _Shared] = {}
        cells: dict[bytes, list[tuple[int, int]]] = {}
        for number in self.shared_rows:
            row = self.rewritten.get(number) or self.model.rows.row(number)
            for match in _FORMULA.finditer(row):
                if b"shared" not in match[1]:
                    continue
                key = formula_attributes(match[1]).get("si", "").encode()
                column = _column_before(row, match.start())
                cells.setdefault(key, []).append((number, column))
                if match[2]:
                    text = unescape_text(match[2].decode())
                    groups.setdefault(key, _Shared(row=number, column=column, text=text))
        for key, group in groups.items():
            group.cells = cells[key]
        return groups

    def _write_shared(self, texts: dict[bytes, str], singles: dict[tuple[int, int], str]) -> None:
        for number in self.shared_rows:
            row = self.rewritten.get(number) or self.model.rows.row(number)
            new = _with_shared(row, number, texts, singles)
            if new != row:
                self.rewritten[number] = new

    def finish(self) -> None:
        """Let the sheet have the rows that were rewritten."""
        if not self.rewritten:
            return
        model = self.model
        model.rows.written |= self.rewritten
        if self.reaching_changed or len(self.rewritten) > _MANY_ROWS:
            building = RowRebuilding(model.rows)
            building.keep(1, ROW_LIMIT)
            building.finish()
        if self.reaching_changed:
            model.forget_reaching()
        model.formulas_changed = True
        model.changed = True


def _with_shared(
    row: bytes, number: int, texts: dict[bytes, str], singles: dict[tuple[int, int], str]
) -> bytes:
    """Return a row with other texts for shared formulas, and with some written out."""

    def written(match: re.Match[bytes]) -> bytes:
        if b"shared" not in match[1]:
            return match[0]
        cell = number, _column_before(row, match.start())
        if cell in singles:
            return f"<f>{escape_text(singles[cell])}</f>".encode()
        key = formula_attributes(match[1]).get("si", "").encode()
        if match[2] and key in texts:
            return b"<f%b>%b</f>" % (match[1], escape_text(texts[key]).encode())
        return match[0]

    return _FORMULA.sub(written, row)


def _column_before(row: bytes, position: int) -> int:
    """Return the column of the cell that a formula at a place of a row belongs to."""
    # A formula is the first thing in its cell; further back than a tag is long nothing is looked for.
    start = row.rfind(b"<c ", max(position - _LONGEST_TAG, 0), position)
    match = _REFERENCE.match(row, start) if start >= 0 else None
    return column_number(match[1].decode()) if match else 1
