from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.tables.written_cells import WrittenCells

AREAS = st.tuples(*[st.integers(1, 6)] * 4).map(
    lambda t: Area(min(t[0], t[2]), min(t[1], t[3]), max(t[0], t[2]), max(t[1], t[3]))
)


@given(st.lists(AREAS, max_size=6))
def test_exactly_the_cells_that_were_written_are_remembered(areas: list[Area]) -> None:
    written = WrittenCells()
    for area in areas:
        written.add(area)
    for row in range(1, 7):
        for column in range(1, 7):
            wanted = any(a.holds(Area(row, column, row, column)) for a in areas)
            assert written.holds(row, column) == wanted


def test_cells_written_one_below_the_other_are_one_area() -> None:
    written = WrittenCells()
    for row in range(1, 5000):
        written.add(Area(row, 1, row, 1))
    assert written.holds(1, 1)
    assert written.holds(4999, 1)


def test_too_many_areas_are_forgotten_rather_than_kept() -> None:
    written = WrittenCells()
    for row in range(1, 2002, 2):
        written.add(Area(row, 1, row, 1))
    assert not written.holds(1, 1)
    assert written.holds(2001, 1)
