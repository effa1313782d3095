from __future__ import annotations

from typing import Any, cast

import pytest
import xlwings
from hypothesis import given
from hypothesis import strategies as st

from excel_client.problems import WriteNotVerified
from excel_client.write_plan.cells import Cell
from excel_client.writer.blocks import (
    Block,
    blocks_of_rows,
    blocks_of_updates,
    runs_of,
    write_block,
    write_results,
)

COLUMNS = st.lists(st.integers(min_value=1, max_value=12), min_size=1, max_size=8, unique=True)


@given(st.sets(st.integers(min_value=0, max_value=40)))
def test_runs_are_the_stretches_of_successive_numbers(numbers: set[int]) -> None:
    runs = list(runs_of(sorted(numbers)))
    assert {first + step for first, length in runs for step in range(length)} == numbers
    ends = [first + length for first, length in runs]
    assert all(first > end for (first, _), end in zip(runs[1:], ends, strict=False))


def cells_of(blocks: list[Block]) -> dict[tuple[int, int], Cell]:
    found: dict[tuple[int, int], Cell] = {}
    for block in blocks:
        for down, row in enumerate(block.rows):
            for right, cell in enumerate(row):
                place = (block.row + down, block.column + right)
                assert place not in found
                found[place] = cell
    return found


@given(COLUMNS, st.integers(min_value=1, max_value=4))
def test_rows_reach_their_columns_in_as_few_blocks_as_there_are_stretches(
    columns: list[int], height: int
) -> None:
    rows = [tuple(f"{row}.{index}" for index in range(len(columns))) for row in range(height)]
    blocks = blocks_of_rows(5, rows, columns)
    assert cells_of(blocks) == {
        (5 + row, column): f"{row}.{index}"
        for row in range(height)
        for index, column in enumerate(columns)
    }
    assert len(blocks) == len(list(runs_of(sorted(columns))))


UPDATES = st.dictionaries(
    st.integers(min_value=0, max_value=9),
    st.dictionaries(st.integers(min_value=0, max_value=5), st.text(max_size=3), min_size=1),
)


@given(UPDATES, st.permutations([2, 3, 4, 7, 8, 12]))
def test_updates_touch_their_own_cells_and_no_other(
    updates: dict[int, dict[int, Cell]], columns: list[int]
) -> None:
    assert cells_of(blocks_of_updates(5, updates, columns)) == {
        (5 + position, columns[index]): cell
        for position, cells in updates.items()
        for index, cell in cells.items()
    }


def test_no_rows_are_no_blocks() -> None:
    assert blocks_of_rows(5, [], [1, 2]) == []


class ExcelStandIn:
    """A sheet of Excel, which reads what it is given like somebody's typing."""

    def __init__(self) -> None:
        self.cells: dict[tuple[int, int], Any] = {}
        self.formats: dict[tuple[int, int], str] = {}
        self.name = "Ledger"
        self.forgets = False

    @property
    def book(self) -> Any:
        class Engine:
            name = "excel"

        class App:
            engine = Engine

        class Book:
            app = App

        return Book

    def range(self, first: tuple[int, int], last: tuple[int, int]) -> RangeStandIn:
        return RangeStandIn(self, first, last)


class RangeStandIn:
    def __init__(self, sheet: ExcelStandIn, first: tuple[int, int], last: tuple[int, int]) -> None:
        self.sheet = sheet
        self.places = [
            [(row, column) for column in range(first[1], last[1] + 1)]
            for row in range(first[0], last[0] + 1)
        ]

    def options(self, ndim: int) -> RangeStandIn:
        assert ndim == 2
        return self

    @property
    def value(self) -> list[list[Any]]:
        return [[self.sheet.cells.get(place) for place in row] for row in self.places]

    @value.setter
    def value(self, rows: list[list[Any]]) -> None:
        for places, row in zip(self.places, rows, strict=True):
            for place, cell in zip(places, row, strict=True):
                self.sheet.cells[place] = None if self.sheet.forgets else self._taken(place, cell)

    def _taken(self, place: tuple[int, int], cell: Any) -> Any:
        if not isinstance(cell, str):
            return cell
        if cell.startswith("'"):
            return cell[1:]
        if self.sheet.formats.get(place) != "@" and cell.lstrip("-").isdigit():
            return float(cell)
        assert not cell.startswith("="), "this would be a formula"
        return cell

    @property
    def number_format(self) -> str | None:
        return None

    @number_format.setter
    def number_format(self, code: str) -> None:
        for row in self.places:
            self.sheet.formats |= dict.fromkeys(row, code)


def as_sheet(stand_in: ExcelStandIn) -> xlwings.Sheet:
    return cast("xlwings.Sheet", stand_in)


def test_in_excel_a_text_stays_a_text_whatever_it_looks_like() -> None:
    sheet = ExcelStandIn()
    texts = ("=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "'quoted", "001")
    write_block(as_sheet(sheet), Block(row=5, column=2, rows=tuple((text, 1.5) for text in texts)))
    assert [sheet.cells[5 + row, 2] for row in range(len(texts))] == list(texts)
    assert set(sheet.formats) == {(5 + row, 2) for row in range(len(texts))}


def test_a_write_that_did_not_arrive_is_noticed() -> None:
    sheet = ExcelStandIn()
    sheet.forgets = True
    with pytest.raises(WriteNotVerified) as found:
        write_block(as_sheet(sheet), Block(row=5, column=2, rows=((12345678.91,),)))
    assert found.value.place == {"sheet": "Ledger"}


def test_excel_reckons_for_itself() -> None:
    sheet = ExcelStandIn()
    write_results(cast("xlwings.Range", sheet.range((1, 1), (1, 1))), ((1.0,),))
    assert not sheet.cells
