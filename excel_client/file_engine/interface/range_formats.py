"""What a range's cells look like, as xlwings sees it. Knows no bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from excel_client.file_engine.formats.colors import Rgb, as_rgb
from excel_client.file_engine.formats.column_widths import ColumnMeasure
from excel_client.file_engine.formats.fonts import FontChange, FontFormat
from excel_client.file_engine.formats.number_formats import checked_code
from excel_client.file_engine.formats.styles import Styles
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.interface.borders import BordersImpl
from excel_client.file_engine.interface.characters import CharactersImpl
from excel_client.file_engine.interface.fonts import FontImpl
from excel_client.file_engine.interface.range_area import RangeArea
from excel_client.file_engine.problems import FormatRefused, MergedCellsInTheWay, OutsideFileEngine
from excel_client.file_engine.sheet.cells import ErrorValue
from excel_client.file_engine.sheet.columns_and_rows import ColumnLayout
from excel_client.file_engine.sheet.conditional_formats import clear_rules
from excel_client.file_engine.sheet.merging import unmerge
from excel_client.file_engine.sheet.restyling import Zone, restyle, styles_in
from excel_client.file_engine.sheet.rich_text import Run, put_runs, rich_cells
from excel_client.file_engine.sheet.validations import delete_validations
from excel_client.file_engine.workbook.hyperlinks import delete_hyperlinks
from excel_client.file_engine.workbook.notes import delete_note, note_at, noted_cells

__all__ = ["RangeFormats"]

_Aspect = TypeVar("_Aspect")

_HORIZONTAL = {
    "general": "general",
    "left": "left",
    "center": "center",
    "right": "right",
    "fill": "fill",
    "justify": "justify",
    "center_across_selection": "centerContinuous",
    "distributed": "distributed",
}
_VERTICAL = ("top", "center", "bottom", "justify", "distributed")
_INDENTED = {"left", "right", "distributed"}
_INDENT_LIMIT = 250
_TRUE = {"1", "true"}


class RangeFormats(RangeArea):
    """Formats, sizes and merged cells of a range."""

    __slots__ = ()

    clear_contents: Callable[[], None]

    @property
    def styles(self) -> Styles:
        """The workbook's formats."""
        return self._document.styles

    @property
    def _columns(self) -> ColumnLayout:
        return ColumnLayout(self._model, ColumnMeasure.of(self.styles.normal_font()))

    @property
    def _is_empty(self) -> bool:
        return self.area.rows < 1 or self.area.columns < 1

    @property
    def _corner(self) -> Area:
        return Area(self.area.top, self.area.left, self.area.top, self.area.left)

    def _found_styles(self) -> set[int]:
        return set() if self._is_empty else styles_in(self._model, self._columns, self.area)

    def in_common(self, aspect: Callable[[int], _Aspect]) -> _Aspect | None:
        """Return an aspect of the cells' formats; None where they differ."""
        found = {aspect(style) for style in self._found_styles()}
        return found.pop() if len(found) == 1 else None

    def reformat(self, change: Callable[[int], int], *, refits: bool = False) -> None:
        """Give the cells formats that are made of their own; `refits`: texts take other room then."""
        if not self._is_empty:
            area = self.area
            zone = Zone(left=area.left, right=area.right, change=change)
            self.reformat_zones((area.top, area.bottom), [zone], refits=refits)

    def reformat_zones(
        self, rows: tuple[int, int], zones: Sequence[Zone], *, refits: bool = False
    ) -> None:
        """Give the cells of zones of columns formats that are made of their own."""
        restyle(self._model, self._columns, rows, zones, refits=refits)

    # Formats

    @property
    def number_format(self) -> str | None:
        """The format code of the cells, None where they differ."""
        return self.in_common(self.styles.number_format)

    @number_format.setter
    def number_format(self, code: str) -> None:
        checked = checked_code(code)
        self.reformat(lambda style: self.styles.with_number_format(style, checked))

    @property
    def color(self) -> Rgb | None:
        """The colour behind the text; None without one, and where the cells differ."""
        return self.in_common(self.styles.fill_color)

    @color.setter
    def color(self, color: object) -> None:
        rgb = None if color is None else as_rgb(color)
        self.reformat(lambda style: self.styles.with_fill_color(style, rgb))

    def set_colors(self, colors: Sequence[Sequence[Any]]) -> None:
        """Set the colour of each cell; None for no colour, ... to leave a cell as it is."""
        wanted = [
            [color if color is ... or color is None else as_rgb(color) for color in row]
            for row in colors
        ]
        for down, row in enumerate(wanted):
            for right, color in enumerate(row):
                if color is not ...:
                    place = self.area.top + down, self.area.left + right
                    self._part(Area(*place, *place)).color = color

    @property
    def font(self) -> FontImpl:
        """The font of the cells."""
        return FontImpl(self)

    def fonts(self) -> set[FontFormat]:
        """Return the fonts of the cells, and of the parts of their texts."""
        if self._is_empty:
            return set()
        rich = list(rich_cells(self._model, self.area, self._document.rich_strings))
        found = {run.font for _, _, runs in rich for run in runs if run.font is not None}
        plain = any(run.font is None for _, _, runs in rich for run in runs)
        if not rich or plain or self.area.rows * self.area.columns > 1:
            found |= {self.styles.font(style) for style in self._found_styles()}
        return found

    def change_fonts(self, change: FontChange) -> None:
        """Change the fonts of the cells, and of the parts of their texts."""
        if self._is_empty:
            return
        rich = list(rich_cells(self._model, self.area, self._document.rich_strings))
        self.reformat(
            lambda style: self.styles.with_font(style, change), refits=change.changes_size
        )
        for row, column, runs in rich:
            changed = [
                replace(run, font=run.font.changed(change)) if run.font else run for run in runs
            ]
            put_runs(self._model, row, column, changed)

    def first_value(self) -> object:
        """Return what the first cell holds."""
        return self._model.read(self._corner)[0][0]

    def first_runs(self) -> tuple[Run, ...]:
        """Return the parts of the first cell's text that have fonts of their own; none for other cells."""
        cells = rich_cells(self._model, self._corner, self._document.rich_strings)
        return next((runs for _, _, runs in cells), ())

    def holds_text(self) -> bool:
        """Whether the first cell holds a text that is no formula's result."""
        formula = self._model.formulas(self._corner)[0][0]
        value = self.first_value()
        return isinstance(value, str) and not isinstance(value, ErrorValue) and formula == value

    @property
    def borders(self) -> BordersImpl:
        """The borders of the cells."""
        return BordersImpl(self)

    @property
    def characters(self) -> CharactersImpl:
        """The text of the cell, to format parts of it."""
        return CharactersImpl(self)

    def _aligned(self, name: str, usual: str) -> str | None:
        return self.in_common(lambda style: self.styles.alignment(style).get(name, usual))

    def _align(self, changes: Mapping[str, str], *, refits: bool = False) -> None:
        def aligned(style: int) -> int:
            return self.styles.with_alignment(style, changes)

        self.reformat(aligned, refits=refits)

    @property
    def wrap_text(self) -> bool | None:
        """Whether texts are broken into lines; None where the cells differ."""
        wrapped = self._aligned("wrapText", "0")
        return None if wrapped is None else wrapped in _TRUE

    @wrap_text.setter
    def wrap_text(self, value: bool) -> None:
        self._align({"wrapText": "1" if value else "0"}, refits=True)

    @property
    def horizontal_alignment(self) -> str | None:
        """The alignment as xlwings names it; None where the cells differ."""
        aligned = self._aligned("horizontal", "general")
        return next((name for name, stored in _HORIZONTAL.items() if stored == aligned), None)

    @horizontal_alignment.setter
    def horizontal_alignment(self, value: str) -> None:
        if value not in _HORIZONTAL:
            raise FormatRefused
        stored = _HORIZONTAL[value]
        # Only text that begins or ends at an edge can be moved away from it.
        kept = {} if stored in _INDENTED else {"indent": "0"}
        self._align({"horizontal": stored, **kept})

    @property
    def vertical_alignment(self) -> str | None:
        """The alignment as xlwings names it; None where the cells differ."""
        aligned = self._aligned("vertical", "bottom")
        return aligned if aligned in _VERTICAL else None

    @vertical_alignment.setter
    def vertical_alignment(self, value: str) -> None:
        if value not in _VERTICAL:
            raise FormatRefused
        self._align({"vertical": value})

    def adjust_indent(self, amount: int) -> None:
        """Move texts away from the edge, or back to it; FormatRefused below none and above 250."""
        if isinstance(amount, bool) or not isinstance(amount, int):
            raise FormatRefused

        indents = [self._indent(style) + amount for style in self._found_styles()]
        if any(not 0 <= indent <= _INDENT_LIMIT for indent in indents):
            raise FormatRefused

        def indented(style: int) -> int:
            horizontal = self.styles.alignment(style).get("horizontal", "general")
            changes = {"indent": str(max(self._indent(style) + amount, 0))}
            if horizontal not in _INDENTED:
                changes["horizontal"] = "left"
            return self.styles.with_alignment(style, changes)

        self.reformat(indented)

    def _indent(self, style: int) -> int:
        return int(self.styles.alignment(style).get("indent", "0"))

    def clear_formats(self) -> None:
        """Take the cells' formats away, with those of rules, and separate merged ones; contents stay."""
        if self._is_empty:
            return
        for merged in self._model.surroundings.merged:
            if merged.meets(self.area) and not self.area.holds(merged):
                raise MergedCellsInTheWay(self._model.where(merged.text()))
        clear_rules(self._model, self.area)
        unmerge(self._model, self.area)
        self.reformat(lambda _style: 0, refits=True)

    def clear(self) -> None:
        """Take contents, formats, rules, links and notes away; refused where a thread of comments is among them."""
        if self._is_empty:
            return
        document, entry, area = self._document, self.sheet.entry, self.area
        inside = {
            place for place in noted_cells(document, entry) if area.holds(Area(*place, *place))
        }
        if any(note_at(document, entry, *place) is None for place in inside):
            raise OutsideFileEngine(self._model.where(area.text()))
        self.clear_contents()
        self.clear_formats()
        delete_validations(self._model, area)
        delete_hyperlinks(document, entry, area)
        for place in sorted(inside):
            delete_note(document, entry, *place)
