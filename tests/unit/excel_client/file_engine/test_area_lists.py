from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.problems import PackageDamaged
from excel_client.file_engine.sheet.area_lists import area_list_text, areas_in, cover, without_area

EDGES = st.tuples(st.integers(1, 6), st.integers(1, 6)).map(sorted)
AREAS = st.builds(
    lambda rows, columns: Area(rows[0], columns[0], rows[1], columns[1]), EDGES, EDGES
)


def cells(areas: list[Area]) -> list[tuple[int, int]]:
    return [
        (row, column)
        for area in areas
        for row in range(area.top, area.bottom + 1)
        for column in range(area.left, area.right + 1)
    ]


@given(area=AREAS, gone=AREAS)
def test_what_is_cut_out_is_gone_and_the_rest_is_there_once(area: Area, gone: Area) -> None:
    rest = cells(without_area([area], gone))
    assert len(rest) == len(set(rest))
    assert set(rest) == set(cells([area])) - set(cells([gone]))


@given(areas=st.lists(AREAS, max_size=4), wanted=AREAS)
def test_areas_cover_another_one_when_they_hold_each_of_its_cells(
    areas: list[Area], wanted: Area
) -> None:
    assert cover(areas, wanted) == (set(cells([wanted])) <= set(cells(areas)))


@given(areas=st.lists(AREAS, max_size=4))
def test_a_list_reads_as_it_was_written(areas: list[Area]) -> None:
    assert areas_in(area_list_text(areas), "sheet") == areas


def test_a_list_with_something_else_in_it_is_damaged() -> None:
    with pytest.raises(PackageDamaged):
        areas_in("A1 nothing", "sheet")
