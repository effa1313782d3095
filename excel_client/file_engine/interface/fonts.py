"""The font of a range's cells, as xlwings sees it. Knows no bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlwings import base_classes

from excel_client.file_engine.formats.colors import Rgb
from excel_client.file_engine.formats.fonts import FontChange, FontFormat, font_change
from excel_client.file_engine.interface.closed_members import closed

if TYPE_CHECKING:
    from excel_client.file_engine.interface.characters import CharactersImpl
    from excel_client.file_engine.interface.range_formats import RangeFormats

__all__ = ["FontImpl"]

_BLACK = (0, 0, 0)


@closed(base_classes.Font)
class FontImpl:
    """The font of cells, or of a part of a cell's text; each property is None where they differ."""

    parent: RangeFormats | CharactersImpl

    def __init__(self, parent: RangeFormats | CharactersImpl) -> None:
        self.parent = parent

    @property
    def api(self) -> FontImpl:
        """The engine has no object beneath."""
        return self

    def _found(self) -> set[FontFormat]:
        return self.parent.fonts()

    def _set(self, change: FontChange) -> None:
        self.parent.change_fonts(change)

    @property
    def bold(self) -> bool | None:
        """Whether it is bold."""
        found = {font.bold for font in self._found()}
        return found.pop() if len(found) == 1 else None

    @bold.setter
    def bold(self, value: bool) -> None:
        self._set(font_change("bold", value))

    @property
    def italic(self) -> bool | None:
        """Whether it is italic."""
        found = {font.italic for font in self._found()}
        return found.pop() if len(found) == 1 else None

    @italic.setter
    def italic(self, value: bool) -> None:
        self._set(font_change("italic", value))

    @property
    def size(self) -> float | None:
        """The size in points."""
        found = {font.size for font in self._found()}
        return found.pop() if len(found) == 1 else None

    @size.setter
    def size(self, value: float) -> None:
        self._set(font_change("size", value))

    @property
    def color(self) -> Rgb | None:
        """The colour; an automatic one is black."""
        rgb = self.parent.styles.palette.rgb
        found = {rgb(font.color) or _BLACK for font in self._found()}
        return found.pop() if len(found) == 1 else None

    @color.setter
    def color(self, value: object) -> None:
        self._set(font_change("color", value))

    @property
    def name(self) -> str | None:
        """The name of the family."""
        found = {font.name for font in self._found()}
        return found.pop() if len(found) == 1 else None

    @name.setter
    def name(self, value: str) -> None:
        self._set(font_change("name", value))
