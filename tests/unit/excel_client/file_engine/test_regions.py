from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from excel_client.file_engine.formats.styles import Styles
from excel_client.file_engine.formulas.references import (
    COLUMN_LIMIT,
    ROW_LIMIT,
    Area,
    column_letters,
)
from excel_client.file_engine.sheet.cell_writing import CellWriter
from excel_client.file_engine.sheet.cells import CellReader
from excel_client.file_engine.sheet.regions import end_of_block, surrounding_region
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.xml.xml_spans import MAIN


def sheet(filled: set[tuple[int, int]], formatted: Iterable[tuple[int, int]] = ()) -> SheetModel:
    everything = filled.union(formatted)
    rows = []
    for number in sorted({row for row, _ in everything}):
        columns = sorted({c for row, c in everything if row == number})
        cells = "".join(
            f'<c r="{column_letters(c)}{number}" s="1"'
            + ("><v>1</v></c>" if (number, c) in filled else "/>")
            for c in columns
        )
        rows.append(f'<row r="{number}" hidden="1">{cells}</row>')
    data = f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(rows)}</sheetData></worksheet>'
    styles = Styles(None, "styles")
    reader = CellReader(list, styles.dates, since_1904=False)
    writer = CellWriter(styles, since_1904=False)
    return SheetModel(data.encode(), "Sheet", reader, writer, "sheet1.xml")


def column(*rows: int) -> SheetModel:
    return sheet({(row, 1) for row in rows}, {(9, 1)})


@pytest.mark.parametrize(
    ("start", "down", "up"),
    [
        (1, 3, 1),
        (2, 3, 1),
        (3, 6, 1),
        (4, 6, 3),
        (5, 6, 3),
        (6, ROW_LIMIT, 3),
        (8, ROW_LIMIT, 6),
        (ROW_LIMIT, ROW_LIMIT, 6),
    ],
)
def test_ctrl_and_arrow_stop_where_content_begins_or_ends(start: int, down: int, up: int) -> None:
    model = column(1, 2, 3, 6)
    assert end_of_block(model, start, 1, "down") == (down, 1)
    assert end_of_block(model, start, 1, "u") == (up, 1)


def test_ctrl_and_arrow_go_sideways_and_to_the_edges() -> None:
    model = sheet({(2, 2), (2, 3), (2, 6)})
    assert end_of_block(model, 2, 2, "right") == (2, 3)
    assert end_of_block(model, 2, 3, "r") == (2, 6)
    assert end_of_block(model, 2, 6, "right") == (2, COLUMN_LIMIT)
    assert end_of_block(model, 2, 5, "left") == (2, 3)
    assert end_of_block(model, 2, 2, "left") == (2, 1)
    assert end_of_block(model, 3, 1, "left") == (3, 1)


def test_ctrl_and_arrow_see_what_was_written() -> None:
    model = column(1, 2)
    model.write(3, 1, [[1], [2], [3]])
    assert end_of_block(model, 1, 1, "down") == (5, 1)
    model.write(2, 1, [[None]])
    assert end_of_block(model, 1, 1, "down") == (3, 1)


def test_a_direction_is_one_of_four() -> None:
    with pytest.raises(ValueError, match="direction"):
        end_of_block(column(1), 1, 1, "in")


cells = st.sets(st.tuples(st.integers(1, 9), st.integers(1, 6)), max_size=25)


@given(cells, st.tuples(st.integers(1, 9), st.integers(1, 6)), st.sampled_from(["down", "up"]))
def test_ctrl_and_arrow_agree_with_a_walk_from_cell_to_cell(
    filled: set[tuple[int, int]], start: tuple[int, int], direction: str
) -> None:
    row, at = start
    step, limit = (1, ROW_LIMIT) if direction == "down" else (-1, 1)
    rows = {r for r, c in filled if c == at}
    if row == limit:
        expected = row
    elif row in rows and row + step in rows:
        expected = row
        while expected + step in rows:
            expected += step
    else:
        ahead = [r for r in rows if (r - row) * step > 0]
        expected = min(ahead, key=lambda r: abs(r - row)) if ahead else limit
    assert end_of_block(sheet(filled), row, at, direction) == (expected, at)


@given(cells, st.tuples(st.integers(1, 9), st.integers(1, 6)))
def test_a_region_is_surrounded_by_blanks_and_no_smaller_than_needed(
    filled: set[tuple[int, int]], start: tuple[int, int]
) -> None:
    row, at = start
    region = surrounding_region(sheet(filled), Area(row, at, row, at))
    around = Area(region.top - 1, region.left - 1, region.bottom + 1, region.right + 1)
    inside = {(r, c) for r, c in filled if around.holds(Area(r, c, r, c))}
    assert all(region.holds(Area(r, c, r, c)) for r, c in inside)
    edges = [
        {r for r, _ in inside} | {row},
        {c for _, c in inside} | {at},
    ]
    assert (min(edges[0]), max(edges[0])) == (region.top, region.bottom)
    assert (min(edges[1]), max(edges[1])) == (region.left, region.right)
