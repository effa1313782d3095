"""Cells of a range that make room, go, are copied, moved and put in order. Knows no bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from excel_client.file_engine.formulas.reference_changes import Direction
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.interface.range_area import RangeArea
from excel_client.file_engine.problems import NothingCopied, OutsideFileEngine
from excel_client.file_engine.sheet.cell_shifts import spans_columns, spans_rows
from excel_client.file_engine.workbook import cell_changes, range_filling, range_sorting
from excel_client.file_engine.workbook.cell_changes import FormatOrigin
from excel_client.file_engine.workbook.cell_moves import move_cells
from excel_client.file_engine.workbook.cell_transfers import CellBlock, copy_cells
from excel_client.file_engine.workbook.paste_kinds import Operation, PasteKind

if TYPE_CHECKING:
    from excel_client.file_engine.interface.engine import AppImpl

__all__ = ["RangeMoves"]

_INSERT_SHIFTS = {"down": Direction.VERTICAL, "right": Direction.HORIZONTAL}
_DELETE_SHIFTS = {"up": Direction.VERTICAL, "left": Direction.HORIZONTAL}


class RangeMoves(RangeArea):
    """The part of a range that moves cells."""

    __slots__ = ()

    @property
    def _app(self) -> AppImpl:
        return self.sheet.book.app

    @property
    def block(self) -> CellBlock:
        """The cells as the workbook beneath knows them."""
        return CellBlock(document=self._document, entry=self.sheet.entry, area=self.area)

    def _direction(
        self, shifts: dict[str, Direction], shift: str | None, *, usual: Direction
    ) -> Direction:
        """Return where cells move: whole rows and columns leave no choice, else the shape decides."""
        if spans_rows(self.area):
            return Direction.VERTICAL
        if spans_columns(self.area):
            return Direction.HORIZONTAL
        return usual if shift is None else shifts[shift]

    def insert(self, shift: str | None = None, copy_origin: str | None = None) -> None:
        """Insert blank cells; `shift` is down or right, without it high areas move to the right, others down."""
        is_high = self.area.rows > self.area.columns
        usual = Direction.HORIZONTAL if is_high else Direction.VERTICAL
        direction = self._direction(_INSERT_SHIFTS, shift, usual=usual)
        origin = FormatOrigin(copy_origin) if copy_origin else FormatOrigin.BEFORE
        cell_changes.insert_cells(self._document, self.sheet.entry, self.area, direction, origin)

    def delete(self, shift: str | None = None) -> None:
        """Delete the cells; `shift` is up or left, without it wide areas fill from below, others from the right."""
        is_wide = self.area.columns > self.area.rows
        usual = Direction.VERTICAL if is_wide else Direction.HORIZONTAL
        direction = self._direction(_DELETE_SHIFTS, shift, usual=usual)
        cell_changes.delete_cells(self._document, self.sheet.entry, self.area, direction)

    # Copies

    def copy(self, destination: Any = None) -> None:
        """Copy to an xlwings Range, or to the app's clipboard."""
        if destination is None:
            self._app.clipboard = self
            return
        copy_cells(self.block, destination.impl.block)

    def copy_from(
        self,
        source_range: Any,
        copy_type: str = "all",
        skip_blanks: bool = False,  # noqa: FBT001, FBT002 - xlwings passes it by place
        transpose: bool = False,  # noqa: FBT001, FBT002
    ) -> None:
        """Take over what an xlwings Range holds: all, formats, formulas or values; links need Excel."""
        if copy_type == "link":
            raise OutsideFileEngine(place="copy_from")
        copy_cells(
            source_range.impl.block,
            self.block,
            PasteKind(copy_type),
            skip_blanks=skip_blanks,
            transpose=transpose,
        )

    def paste(
        self,
        paste: str | None = None,
        operation: str | None = None,
        skip_blanks: bool = False,  # noqa: FBT001, FBT002 - xlwings' own
        transpose: bool = False,  # noqa: FBT001, FBT002
    ) -> None:
        """Paste what was copied last within the app."""
        copy_cells(
            self._copied(),
            self.block,
            PasteKind(paste or PasteKind.ALL),
            operation=Operation(operation) if operation else None,
            skip_blanks=skip_blanks,
            transpose=transpose,
        )

    def _copied(self) -> CellBlock:
        source = self._app.clipboard
        place = self._model.where(self.area.text())
        if source is None:
            raise NothingCopied(place)
        try:
            return source.block
        except KeyError as gone:
            raise NothingCopied(place) from gone

    def move(self, destination: Any) -> None:
        """Cut the cells and paste them from the first cell of an xlwings Range on; what refers to them follows."""
        target = destination.impl
        place = target.area.top, target.area.left
        move_cells(self._document, self.sheet.entry, self.area, target.sheet.entry, place)

    def autofill(self, destination: Any, type_: str = "fill_default") -> None:
        """Continue the cells over an xlwings Range that includes them."""
        target = destination.impl
        if target.sheet.entry != self.sheet.entry or target.sheet.book is not self.sheet.book:
            raise OutsideFileEngine(place="autofill")
        range_filling.fill(self.block, target.area, range_filling.Fill(type_))

    # Order

    def _body(self, *, has_headers: bool) -> CellBlock:
        area = self.area
        top = area.top + has_headers
        body = Area(top, area.left, area.bottom, area.right)
        return CellBlock(document=self._document, entry=self.sheet.entry, area=body)

    def sort(self, keys: Sequence[int], ascending: Sequence[bool], has_headers: bool) -> None:  # noqa: FBT001 - xlwings passes it by place
        """Sort the rows by columns, given by their 1-based places, the first one first."""
        range_sorting.sort_rows(self._body(has_headers=has_headers), keys, ascending)

    def remove_duplicates(self, columns: Sequence[int], has_headers: bool) -> None:  # noqa: FBT001
        """Keep the first of rows that show the same in some columns; the others make way within the area."""
        range_sorting.remove_duplicates(self._body(has_headers=has_headers), columns)
