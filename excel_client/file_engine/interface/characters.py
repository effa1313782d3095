"""The text of a cell, and parts of it, with their fonts, as xlwings sees it. Knows no bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlwings import base_classes

from excel_client.file_engine.formats.fonts import FontChange, FontFormat
from excel_client.file_engine.formats.shown_text import shown_text
from excel_client.file_engine.formats.styles import Styles
from excel_client.file_engine.interface.closed_members import closed
from excel_client.file_engine.interface.fonts import FontImpl
from excel_client.file_engine.problems import PartOfTextRefused
from excel_client.file_engine.sheet.rich_text import Run, changed_runs, put_runs, runs_between

if TYPE_CHECKING:
    from excel_client.file_engine.interface.range_formats import RangeFormats

__all__ = ["CharactersImpl"]


@closed(base_classes.Characters)
class CharactersImpl:
    """Characters of the first cell of a range; all of them stand for the whole range."""

    def __init__(self, parent: RangeFormats, start: int = 0, stop: int | None = None) -> None:
        self._parent = parent
        self._start = start
        self._stop = stop

    @property
    def api(self) -> CharactersImpl:
        """The engine has no object beneath."""
        return self

    @property
    def styles(self) -> Styles:
        """The workbook's formats."""
        return self._parent.styles

    def _cell_style(self) -> int:
        area = self._parent.area
        return int(self._parent.sheet.model.style(area.top, area.left) or b"0")

    def _whole_text(self) -> str:
        value = self._parent.first_value()
        return value if isinstance(value, str) else shown_text(
            value, self.styles.number_format(self._cell_style())
        )  # fmt: skip

    def _span(self) -> tuple[int, int, int]:
        """Return where the part begins and ends in the text, and the text's length."""
        length = len(self._whole_text())
        stop = length if self._stop is None else min(self._stop, length)
        return min(self._start, length), stop, length

    @property
    def text(self) -> str:
        """The characters as the cell shows them."""
        start, stop, _ = self._span()
        return self._whole_text()[start:stop]

    @property
    def font(self) -> FontImpl:
        """The font of the characters."""
        return FontImpl(self)

    def __getitem__(self, item: int | slice) -> CharactersImpl:
        if isinstance(item, slice):
            if (item.start or 0) < 0 or (item.stop or 0) < 0:
                message = "characters are not sliced by negative places"
                raise ValueError(message)
            start = self._start + (item.start or 0)
            stop = self._stop if item.stop is None else self._start + item.stop
            return CharactersImpl(self._parent, start, stop)
        place = item if item >= 0 else len(self.text) + item
        return CharactersImpl(self._parent, self._start + place, self._start + place + 1)

    def _runs(self) -> list[Run]:
        runs = self._parent.first_runs()
        return list(runs) or [Run(text=self._whole_text(), font=None)]

    def fonts(self) -> set[FontFormat]:
        """Return the fonts of the characters."""
        own = self.styles.font(self._cell_style())
        start, stop, _ = self._span()
        return {run.font or own for run in runs_between(self._runs(), start, stop)} or {own}

    def change_fonts(self, change: FontChange) -> None:
        """Change the font of the characters; PartOfTextRefused for a part of what is no plain text of one cell."""
        start, stop, length = self._span()
        if start == 0 and stop == length:
            self._parent.change_fonts(change)
            return
        area = self._parent.area
        if area.rows * area.columns > 1 or not self._parent.holds_text():
            raise PartOfTextRefused(self._parent.sheet.model.place(area.top, area.left))
        own = self.styles.font(self._cell_style())
        runs = changed_runs(self._runs(), start, stop, lambda font: (font or own).changed(change))
        put_runs(self._parent.sheet.model, area.top, area.left, runs)
