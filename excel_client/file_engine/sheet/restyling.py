"""
Formats of many cells changed at once: of blocks, of whole rows and columns, of a whole sheet.

As in Excel a whole column keeps its format in the column, a whole row in the row, and only the cells that stand in
them, or where both meet, are touched. Rows are changed as bytes, in one pass; a refusal comes before the first change.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from excel_client.file_engine.formulas.references import (
    COLUMN_LIMIT,
    ROW_LIMIT,
    Area,
    column_letters,
    column_number,
)
from excel_client.file_engine.problems import OutsideSheet
from excel_client.file_engine.sheet.cells import has_content, style_of
from excel_client.file_engine.sheet.columns_and_rows import ColumnLayout
from excel_client.file_engine.sheet.sheet_cells import ROW_STYLE
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.xml.xml_spans import set_attribute

__all__ = ["Zone", "restyle", "styles_in"]

#: A cell up to the rest of its tag, in the usual spelling: letters, format, and what follows.
_CELL = re.compile(rb'<c r="([A-Z]{1,3})\d+"(?: s="(\d+)")?(?=(?: t="\w+")?/?>)')
_SPANS = re.compile(rb"""\sspans\s*=\s*["'][^"']*["']""")
_OWN_HEIGHT = re.compile(rb"""\scustomHeight\s*=\s*["'](?:1|true)["']""")
_NONE = b"0"
_NO_CELLS: Mapping[int, bytes] = {}


class _Columns(dict[bytes, int]):
    """Numbers of columns by their letters, each told when it is first asked for; 0 beyond the last."""

    def __missing__(self, letters: bytes) -> int:
        number = column_number(letters.decode("ascii"))
        self[letters] = number = number if number <= COLUMN_LIMIT else 0
        return number


_COLUMNS = _Columns()


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """Columns whose cells change alike: `change` makes another format of a cell's own."""

    left: int
    right: int
    change: Callable[[int], int]


class _Derived(dict[bytes, bytes]):
    """The formats that others become, as they stand in cells' s attributes; empty for the usual one."""

    def __init__(self, change: Callable[[int], int]) -> None:
        super().__init__()
        self._change = change

    def __missing__(self, style: bytes) -> bytes:
        derived = self._change(int(style or _NONE))
        self[style] = found = b"%d" % derived if derived else b""
        return found


def _row_style(tag: bytes) -> bytes | None:
    """Return the format that a row's opening tag states, empty for the usual one; None where it states none."""
    found = ROW_STYLE.search(tag)
    return None if found is None else b"" if found[1] == _NONE else found[1]


def styles_in(model: SheetModel, columns: ColumnLayout, area: Area) -> set[int]:
    """Return the formats of all cells of an area, those that are not there included."""
    rows = model.rows
    rows.settle()
    of_columns = columns.styles(area.left, area.right)
    inherited = {style for _, _, style in of_columns}
    found: set[bytes] = set()
    count = 0
    for number in rows.existing(area.top, area.bottom):
        row = rows.row(number)
        if not row:
            continue
        count += 1
        styles = {
            column: style
            for column, style in _styles_of(row, number, model)
            if area.left <= column <= area.right
        }
        found.update(styles.values())
        if len(styles) == area.columns:
            continue
        own = _row_style(row[: row.index(b">") + 1])
        if own is not None:
            found.add(own)
        elif len(inherited) == 1:
            found |= inherited
        else:
            found.update(
                style
                for first, last, style in of_columns
                if any(column not in styles for column in range(first, last + 1))
            )
    if count < area.rows:
        found |= inherited
    return {int(style or _NONE) for style in found}


def _styles_of(row: bytes, number: int, model: SheetModel) -> list[tuple[int, bytes]]:
    found = _CELL.findall(row)
    if len(found) == row.count(b"<c"):
        return [(_COLUMNS[letters], style) for letters, style in found]
    cells = model.rows.parts(number)[1]
    return [(column, style_of(cell)) for column, cell in cells.items()]


def restyle(
    model: SheetModel,
    columns: ColumnLayout,
    rows: tuple[int, int],
    zones: Sequence[Zone],
    *,
    refits: bool = False,
) -> None:
    """
    Give the cells of successive zones of columns, between two rows, other formats; those that are not there included.

    `refits` says that texts take more or less room then: rows whose height Excel chose lose it, to be fitted on load.
    """
    first, last = rows
    try:
        area = Area(first, zones[0].left, last, zones[-1].right).checked()
    except OutsideSheet as error:
        raise OutsideSheet(model.name) from error
    model.rows.settle()
    work = _Restyling(model, columns, area, zones, refits=refits)
    written = dict(work.rows())
    if work.whole_columns:
        work.change_columns()
    model.rows.written |= written
    if written and not work.whole_columns and not work.whole_rows:
        model.surroundings.cover(area)
    model.changed = True


#: A template of a row's cells; which rest of a cell, or (None) the row's number, is filled in where; cells that go.
_Shape: TypeAlias = tuple[bytes, list[int | None], list[int]]


class _Restyling:
    """One change of formats."""

    def __init__(
        self,
        model: SheetModel,
        columns: ColumnLayout,
        area: Area,
        zones: Sequence[Zone],
        *,
        refits: bool,
    ) -> None:
        self.model = model
        self.columns = columns
        self.area = area
        self.refits = refits
        self.zones = [(zone.left, zone.right, _Derived(zone.change)) for zone in zones]
        self.whole_columns = area.top == 1 and area.bottom == ROW_LIMIT
        self.whole_rows = area.left == 1 and area.right == COLUMN_LIMIT
        #: What rows become that have this format of their own: the row's new one, and cells to be made.
        self._plans: dict[bytes | None, tuple[bytes | None, Mapping[int, bytes]]] = {}
        is_block = not self.whole_columns and not self.whole_rows
        self._letters = frozenset(
            column_letters(column).encode()
            for column in range(area.left, area.right + 1 if is_block else area.left)
        )
        self._shapes: dict[object, _Shape | None] = {}
        self.of_columns = columns.styles(area.left, area.right)
        if self.whole_columns:
            # What columns become is derived before anything is changed.
            self.column_changes = list(self._segments(None))

    def _segments(self, own: bytes | None) -> Iterator[tuple[int, int, bytes, bytes]]:
        """Yield (first, last, format now, format then) of cells that are not there, in a row of this format."""
        for left, right, derived in self.zones:
            for start, end, style in self.of_columns:
                first, last = max(left, start), min(right, end)
                if first <= last:
                    now = style if own is None else own
                    yield first, last, now, derived[now]

    def change_columns(self) -> None:
        for first, last, now, then in self.column_changes:
            if now != then:
                style = then.decode()

                def styled(stated: dict[str, str], style: str = style) -> dict[str, str]:
                    stated.pop("style", None)
                    return {**stated, "style": style} if style else stated

                self.columns.change(first, last, styled)
        self.columns.write()

    def _plan(self, own: bytes | None) -> tuple[bytes | None, Mapping[int, bytes]]:
        """Return the new format of a row, None where it has none, and those of the cells to be made in it."""
        if own not in self._plans:
            self._plans[own] = self._planned(own)
        return self._plans[own]

    def _planned(self, own: bytes | None) -> tuple[bytes | None, Mapping[int, bytes]]:
        segments = list(self._segments(own))
        if self.whole_rows and not (self.whole_columns and own is None):
            # The row has the format of most of its cells; the others are made.
            then = max(segments, key=lambda segment: segment[1] - segment[0])[3]
            made = [segment for segment in segments if segment[3] != then]
            columns = (
                (segment[3] for segment in self.column_changes)
                if self.whole_columns
                else (style for _, _, style in self.of_columns)
            )
            plain = not then and not any(columns)
            return None if plain else then, _cells_of(made)
        if self.whole_columns and own is None:
            return None, {}
        return own, _cells_of([segment for segment in segments if segment[2] != segment[3]])

    def rows(self) -> Iterator[tuple[int, bytes]]:
        """Yield the rows that read differently then."""
        rows = self.model.rows
        standing = set(rows.existing(self.area.top, self.area.bottom))
        for number in sorted(standing):
            row = rows.row(number)
            changed = self._changed(number, row) if row else self._new(number)
            if changed != row:
                yield number, changed
        if not self.whole_columns:
            for number in range(self.area.top, self.area.bottom + 1):
                if number not in standing:
                    made = self._new(number)
                    if not made:
                        break
                    yield number, made

    def _new(self, number: int) -> bytes:
        """Return a row that does not stand in the sheet; empty bytes where it needs not."""
        style, made = self._plan(None)
        if style is None and not made:
            return b""
        return _with_style(b'<row r="%d">' % number, style) + b"".join(
            _blank(column, number, made[column]) for column in sorted(made)
        ) + b"</row>"  # fmt: skip

    def _changed(self, number: int, row: bytes) -> bytes:
        opening = row.index(b">") + 1
        tag = row[:opening]
        own = _row_style(tag)
        pieces = _CELL.split(row[opening:])
        is_usual = len(pieces) > 1 and len(pieces) // 3 == row.count(b"<c")
        # Where all cells are there, none takes its format from row or column.
        complete = is_usual and bool(self._letters) and self._letters.issubset(pieces[1::3])
        style, made = (own, _NO_CELLS) if complete else self._plan(own)
        if style != own:
            tag = _with_style(tag, style)
        if self.refits and b" ht" in tag and not _OWN_HEIGHT.search(tag):
            tag = set_attribute(tag, "ht", None)
        shown = own if self.whole_columns and not self.whole_rows else style
        if is_usual:
            cells = self._cells_changed(pieces, number, made, shown)
            if cells is not None:
                return (_SPANS.sub(b"", tag) if made else tag) + cells
        return self._slowly(number, tag, made, shown)

    def _cells_changed(
        self, pieces: list[bytes], number: int, made: Mapping[int, bytes], shown: bytes | None
    ) -> bytes | None:
        """Return a row's cells and its end, changed; None where that must be done cell by cell."""
        letters, styles, rests = pieces[1::3], pieces[2::3], pieces[3::3]
        blank = tuple([rest.startswith(b"/>") for rest in rests])
        # Most rows of a sheet have the same columns in the same formats.
        key = (shown, tuple(letters), tuple(styles), blank)
        if key not in self._shapes:
            self._shapes[key] = self._shape(*key, made)
        shape = self._shapes[key]
        if shape is None:
            return None
        template, slots, gone = shape
        for place in gone:
            rests[place] = rests[place][2:]
        if made:
            end = 0 if len(letters) - 1 in gone else _end_of_cell(rests[-1])
            rests.append(rests[-1][end:])
            rests[-2] = rests[-2][:end]
        filled = [number if slot is None else rests[slot] for slot in slots]
        return pieces[0] + template % tuple(filled)

    def _shape(
        self,
        shown: bytes | None,
        letters: tuple[bytes, ...],
        styles: tuple[bytes | None, ...],
        blank: tuple[bool, ...],
        made: Mapping[int, bytes],
    ) -> _Shape | None:
        """Return what rows with such cells become."""
        cells: dict[int, tuple[bytes, int | None]] = {
            column: (style, None) for column, style in made.items()
        }
        gone: list[int] = []
        before = 0
        for place, (name, style) in enumerate(zip(letters, styles, strict=True)):
            column = _COLUMNS[name]
            if column <= before:
                return None
            before = column
            derived = self._zone(column)
            then = (style or b"") if derived is None else derived[style or b""]
            if derived is not None and not then and blank[place] and not self._below(column, shown):
                gone.append(place)
            cells[column] = (then, place)
        template, slots = b"", list[int | None]()
        for column in sorted(cells):
            style, rest = cells[column]
            if rest in gone:
                template, slots = template + b"%b", [*slots, rest]
                continue
            stated = b' s="%b"' % style if style else b""
            template += b'<c r="%b%%d"%b' % (column_letters(column).encode(), stated)
            template += b"/>" if rest is None else b"%b"
            slots += [None] if rest is None else [None, rest]
        if made:
            template, slots = template + b"%b", [*slots, len(letters)]
        return template, slots, gone

    def _zone(self, column: int) -> _Derived | None:
        for left, right, derived in self.zones:
            if left <= column <= right:
                return derived
        return None

    def _below(self, column: int, shown: bytes | None) -> bytes:
        """Return the format that a cell has afterwards where there is none."""
        if shown is not None:
            return shown
        if self.whole_columns:
            return next(s[3] for s in self.column_changes if s[0] <= column <= s[1])
        return next(s for first, last, s in self.of_columns if first <= column <= last)

    def _slowly(
        self, number: int, tag: bytes, made: Mapping[int, bytes], shown: bytes | None
    ) -> bytes:
        """Return a row of any spelling, changed."""
        _, cells, rest = self.model.rows.parts(number)
        for column, cell in list(cells.items()):
            derived = self._zone(column)
            if derived is None:
                continue
            style = style_of(cell)
            then = derived[b"" if style == _NONE else style]
            if not then and not has_content(cell) and not self._below(column, shown):
                del cells[column]
                continue
            end = cell.index(b">") + 1
            cells[column] = set_attribute(cell[:end], "s", then.decode() or None) + cell[end:]
        for column, style in made.items():
            cells.setdefault(column, _blank(column, number, style))
        tag = _SPANS.sub(b"", tag)
        if tag.endswith(b"/>"):
            tag = tag[:-2].rstrip() + b">"
        return tag + b"".join(cells[column] for column in sorted(cells)) + rest + b"</row>"


def _cells_of(segments: Sequence[tuple[int, int, bytes, bytes]]) -> dict[int, bytes]:
    return {column: then for first, last, _, then in segments for column in range(first, last + 1)}


def _blank(column: int, number: int, style: bytes) -> bytes:
    stated = b' s="%b"' % style if style else b""
    return b'<c r="%b%d"%b/>' % (column_letters(column).encode(), number, stated)


def _end_of_cell(cell: bytes) -> int:
    """Return where the cell ends that some bytes begin with."""
    close = cell.index(b">")
    return close + 1 if cell[close - 1 : close] == b"/" else cell.index(b"</c>", close) + 4


def _with_style(tag: bytes, style: bytes | None) -> bytes:
    """Return a row's opening tag with another format; None for none of its own."""
    stated = None if style is None else (style or _NONE).decode()
    tag = set_attribute(tag, "s", stated)
    return set_attribute(tag, "customFormat", None if style is None else "1")
