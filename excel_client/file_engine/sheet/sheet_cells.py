"""
What the cells of one sheet hold: values, formulas, formats and content by area. Reads, never writes.

Knows no xlwings and no file.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from excel_client.file_engine.formulas.formula_text import (
    from_file,
    move_references,
    with_intersections,
)
from excel_client.file_engine.formulas.references import (
    COLUMN_LIMIT,
    ROW_LIMIT,
    Area,
    column_letters,
)
from excel_client.file_engine.problems import OutsideSheet, PackageDamaged
from excel_client.file_engine.sheet.cell_edits import (
    FORMULA_SIGN,
    as_typed,
)
from excel_client.file_engine.sheet.cells import (
    CellReader,
    CellValue,
    formula_of,
    has_content,
    style_of,
)
from excel_client.file_engine.sheet.reaching_formulas import (
    ReachingFormula,
    formula_attributes,
    read_reaching_formulas,
)
from excel_client.file_engine.sheet.row_rebuilding import rebuild_all
from excel_client.file_engine.sheet.sheet_rows import SheetRows, Stretch
from excel_client.file_engine.sheet.sheet_surroundings import SheetSurroundings
from excel_client.file_engine.xml.cell_text import unescape_text

__all__ = ["ROW_STYLE", "SheetCells"]

_ARRAY = re.compile(rb"""<f\s(?:[^<>]*?\s)?t\s*=\s*["']array""")
#: A row's own format, which its new cells take.
ROW_STYLE = re.compile(rb"""\ss\s*=\s*["'](\d+)["']""")
_NUMBER = re.compile(rb"<v(?:\s[^<>]*)?>\s*([-+.0-9eE]+)\s*</v>")
#: Cells whose value is no number say so.
_TYPED = re.compile(rb"""\st\s*=\s*["'](?!n["'])""")
#: Few columns of many rows are read column by column, of fewer rows cell by cell, other areas row by row.
_READ_BY_CELL_UP_TO = 3
_READ_BY_COLUMN_FROM = 64
_DIGITS = b"0123456789"


class SheetCells:
    """Cells of one sheet, for reading."""

    def __init__(self, data: bytes, name: str, reader: CellReader, place: str) -> None:
        self.name = name
        self.rows = SheetRows(data, place)
        self.surroundings = SheetSurroundings(self.rows.head, self.rows.tail, place)
        self._reader = reader
        self._reaching: list[ReachingFormula] | None = None
        self._shared_by_key: dict[str, list[ReachingFormula]] = {}
        #: The list that the above was made of.
        self._shared_of: list[ReachingFormula] | None = None

    def shared_string(self, index: int) -> str:
        """Return one of the workbook's shared strings."""
        return self._reader.shared_string(index)

    def where(self, place: object) -> str:
        """Return a place in the sheet as problems name it."""
        return f"{self.name}!{place}"

    def place(self, row: int, column: int) -> str:
        """Return a cell's place as problems name it."""
        return f"{self.name}!{column_letters(column)}{row}"

    def read(self, area: Area) -> list[list[CellValue]]:
        """Return what the cells of an area show."""
        narrow = area.columns <= _READ_BY_CELL_UP_TO and area.rows > 1
        if narrow and area.rows >= _READ_BY_COLUMN_FROM:
            whole = self._read_columns(area)
            if whole is not None:
                return whole
        narrow = narrow and self.rows.usual
        letters = _letters_of(area) if narrow else []
        cut = self.rows.usual
        first, behind = (f'<c r="{column_letters(c)}'.encode() for c in (area.left, area.right + 1))
        read_at = self._reader.at
        values: list[list[CellValue]] = []
        following = area.top
        for number, data, start, end in self._standing(area):
            values.extend([None] * area.columns for _ in range(number - following))
            following = number + 1
            if narrow:
                values.append(
                    [read_at(data, start, end, b"%b%d" % (c, number), self.name) for c in letters]
                )
            else:
                # Where each cell states its reference, only those between the borders are looked at.
                left = data.find(b'%b%d"' % (first, number), start, end) if cut else -1
                right = data.find(b'%b%d"' % (behind, number), start, end) if cut else -1
                row = data[left if left >= 0 else start : right if right >= 0 else end]
                complete = memoryview(data)[start:end]
                values.append(self._reader.row(row, area.left, area.right, self.name, complete))
        values.extend([None] * area.columns for _ in range(area.bottom + 1 - following))
        return values

    def _read_columns(self, area: Area) -> list[list[CellValue]] | None:
        """Return what the cells of an area show, read column by column; None where that cannot be done."""
        stretch = self.rows.stretch(area.top, area.bottom)
        if stretch is None:
            return None
        columns: list[list[CellValue]] = []
        for letters in _letters_of(area):
            column = self._read_column(stretch, letters)
            if column is None:
                return None
            columns.append(column)
        rows = list(map(list, zip(*columns, strict=True)))
        if len(rows) == area.rows:
            return rows
        by_number = dict(zip(stretch.numbers, rows, strict=True))
        return [
            by_number.get(number) or [None] * area.columns
            for number in range(area.top, area.bottom + 1)
        ]

    def _read_column(self, stretch: Stretch, letters: bytes) -> list[CellValue] | None:
        """Return what a column's cells show, row by row; None where one is spelled unusually."""
        place = (stretch.data, stretch.start, stretch.end, letters, self.name)
        stated, texts = self._reader.texts(*place)
        if stated == stretch.numbers:
            return texts
        found = self._reader.column(*place)
        if found is None:
            return None
        stated, values = found
        if stated == stretch.numbers:
            return values
        # Rows without such a cell, unless theirs is spelled so that it was overlooked.
        if not self.rows.usual:
            return None
        by_number = dict(zip(stated, values, strict=True))
        return [by_number.get(number) for number in stretch.numbers]

    def _standing(self, area: Area) -> Iterator[tuple[int, bytes, int, int]]:
        """Yield (number, data, start, end) of each row of an area that stands as bytes."""
        rows = self.rows
        index = rows.position(area.top)
        numbers, written = rows.numbers, rows.written
        for number in rows.existing(area.top, area.bottom):
            if number in written:
                row = written[number]
                yield number, row, 0, len(row)
                continue
            if numbers[index] != number:
                index = bisect_left(numbers, number, index)
            yield number, *rows.span(index)
            index += 1 if index + 1 < len(numbers) else 0

    def cells(self, area: Area) -> Iterator[tuple[int, dict[int, bytes]]]:
        """Yield each row of an area with its cells by column, the rows a table grew by included."""
        numbers = set(self.rows.existing(area.top, area.bottom))
        for grown in self.rows.grown:
            first, last = max(area.top, grown.first), min(area.bottom, grown.last)
            numbers.update(range(first, last + 1))
        for number in sorted(numbers):
            _, cells, _ = self.rows.parts(number)
            inside = {c: cell for c, cell in cells.items() if area.left <= c <= area.right}
            if inside:
                yield number, inside

    def formulas(self, area: Area, *, intersections: bool = False) -> list[list[str]]:
        """
        Return formulas with their equals sign, and the plain content of other cells as text.

        With `intersections`, an "@" stands wherever a formula takes one of several cells. The cells of an array all
        have its formula.
        """
        texts = [[""] * area.columns for _ in range(area.rows)]
        for number, cells in self.cells(area):
            for column, cell in cells.items():
                place = self.place(number, column)
                formula = self._formula(cell, number, column)
                if formula is None:
                    text = as_typed(self._reader.value(cell, place), cell)
                else:
                    text = from_file(formula)
                    if intersections and _ARRAY.search(cell) is None:
                        text = with_intersections(text)
                    text = FORMULA_SIGN + text
                texts[number - area.top][column - area.left] = text
        for array in self._arrays(area):
            for number in range(
                max(area.top, array.area.top), min(area.bottom, array.area.bottom) + 1
            ):
                row = texts[number - area.top]
                for column in range(
                    max(area.left, array.area.left), min(area.right, array.area.right) + 1
                ):
                    row[column - area.left] = FORMULA_SIGN + from_file(array.text)
        return texts

    def _arrays(self, area: Area) -> list[ReachingFormula]:
        """Return the array formulas with cells in an area, but for dynamic ones."""
        return [
            reaching
            for reaching in self._all_reaching()
            if reaching.kind == "array" and not reaching.is_dynamic and reaching.area.meets(area)
        ]

    def stored_formula(self, cell: bytes, row: int, column: int) -> str | None:
        """Return the formula of a cell as it is stored, without its sign; None for another cell."""
        return self._formula(cell, row, column)

    def _formula(self, cell: bytes, row: int, column: int) -> str | None:
        """Return the stored formula text of a cell, without its sign, or None."""
        found = formula_of(cell)
        if found is None:
            return None
        attributes = formula_attributes(found[0])
        if attributes.get("t") == "dataTable":
            return None
        text = unescape_text(found[1].decode())
        if text or attributes.get("t") != "shared":
            return text
        masters = self._shared().get(attributes.get("si", ""), [])
        here = Area(row, column, row, column)
        for master in sorted(masters, key=lambda found: not found.area.holds(here)):
            return move_references(master.text, row - master.row, column - master.column)
        raise PackageDamaged(self.place(row, column))

    def _shared(self) -> dict[str, list[ReachingFormula]]:
        """Return the shared formulas by their key."""
        standing = self._all_reaching()
        if self._shared_of is not standing:
            self._shared_by_key = {}
            for reaching in standing:
                if reaching.kind == "shared":
                    self._shared_by_key.setdefault(reaching.key, []).append(reaching)
            self._shared_of = standing
        return self._shared_by_key

    def reaching_formulas(self) -> list[ReachingFormula]:
        """Return the formulas that speak for more cells than their own."""
        return list(self._all_reaching())

    def forget_reaching(self) -> None:
        """Look for such formulas again: their cells have moved, or have others."""
        self._reaching = None

    def number_of(self, cell: bytes) -> float | None:
        """Return the number that a cell holds, a date's serial one included; None for anything else."""
        held = _NUMBER.search(cell)
        if held is None or _TYPED.search(cell, 0, cell.index(b">")):
            return None
        return float(held[1])

    def _all_reaching(self) -> list[ReachingFormula]:
        if self._reaching is None:
            if self.rows.written:
                # They are searched for in the rows as read.
                rebuild_all(self.rows)
            self._reaching = read_reaching_formulas(self.rows, self.name)
        return self._reaching

    def occupied(self, area: Area) -> Iterator[tuple[int, list[int]]]:
        """Yield each row of an area that has content, with the columns of its content."""
        for number, cells in self.cells(area):
            columns = [column for column, cell in cells.items() if has_content(cell)]
            if columns:
                yield number, columns

    def used(self) -> Area:
        """Return the area of all cells that have content or a format; A1 in an empty sheet."""
        self.rows.settle()
        whole: Area | None = None
        if not self.rows.usual:
            for number, cells in self.cells(Area(1, 1, ROW_LIMIT, COLUMN_LIMIT)):
                row = Area(number, min(cells), number, max(cells))
                whole = whole.union(row) if whole else row
            return whole or Area(1, 1, 1, 1)
        top = bottom = 0
        seen: set[bytes] = set()
        for number, data, start, end in self._standing(Area(1, 1, ROW_LIMIT, COLUMN_LIMIT)):
            first = data.find(b'<c r="', start, end)
            if first < 0:
                continue
            last = data.rfind(b'<c r="', start, end)
            top, bottom = top or number, number
            # Rows begin and end in the same few columns.
            for at in (first + 6, last + 6):
                seen.add(data[at : data.index(b'"', at)].rstrip(_DIGITS))
        if not seen:
            return Area(1, 1, 1, 1)
        columns = [self._column_of(letters) for letters in seen]
        return Area(top, min(columns), bottom, max(columns))

    def _column_of(self, letters: bytes) -> int:
        try:
            return Area.parse(f"{letters.decode('ascii', 'replace')}1").left
        except (ValueError, OutsideSheet) as error:
            raise PackageDamaged(self.name) from error

    def style(self, row: int, column: int) -> bytes:
        """Return the format of a cell, or the one that a new cell there would have."""
        attributes, cells, _ = self.rows.parts(row)
        if column in cells:
            return style_of(cells[column])
        row_style = ROW_STYLE.search(attributes)
        return row_style[1] if row_style else self.surroundings.column_style(column)

    def styles_in(self, area: Area) -> set[bytes]:
        """Return the formats of all cells of an area, b"" for none."""
        found: set[bytes] = set()
        complete = 0
        for number, cells in self.cells(area):
            attributes = self.rows.parts(number)[0]
            row_style = ROW_STYLE.search(attributes)
            found.update(map(style_of, cells.values()))
            if len(cells) == area.columns:
                complete += 1
            elif row_style:
                found.add(row_style[1])
                complete += 1
        if complete < area.rows:
            columns = range(area.left, area.right + 1)
            found.update(self.surroundings.column_style(column) for column in columns)
        return found

    def in_arrays(self, area: Area) -> bool | None:
        """Whether the cells of an area belong to array formulas, None where only some do; dynamic ones don't count."""
        arrays = [array.area for array in self._arrays(area)]
        if not arrays:
            return False
        covered = sum(
            (min(area.bottom, a.bottom) - max(area.top, a.top) + 1)
            * (min(area.right, a.right) - max(area.left, a.left) + 1)
            for a in arrays
        )
        return True if covered == area.rows * area.columns else None


def _letters_of(area: Area) -> list[bytes]:
    return [column_letters(column).encode() for column in range(area.left, area.right + 1)]
