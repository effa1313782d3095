from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from excel_client.problems import NewerWorkbook, NotOurWorkbook
from excel_client.write_plan.workbook_state import (
    LedgerKeys,
    RowsSeal,
    WorkbookState,
    read_state,
    seal_rows,
)
from workbooks.sheet_map import TEMPLATE_VERSION

STATE = WorkbookState(
    workbook="workbook",
    ledger="ledger",
    epoch="epoch",
    cursor="12.ab",
    seal=RowsSeal(rows=3, checksum="00ff"),
)
PAIRS = st.lists(st.tuples(st.text(min_size=1), st.text(min_size=1)), unique=True)


def cells_of(state: WorkbookState) -> dict[str, object]:
    return {str(key): text for key, text in state.cells().items()}


def test_a_state_comes_back_from_its_cells() -> None:
    assert read_state(cells_of(STATE)) == STATE
    assert read_state(cells_of(WorkbookState())) == WorkbookState()


def test_digits_that_a_program_turned_into_numbers_are_read_all_the_same() -> None:
    cells = {**cells_of(STATE), "template version": 2.0, "rows": 3.0}
    assert read_state(cells) == STATE


@pytest.mark.parametrize("version", [None, "", "x"])
def test_a_hidden_sheet_without_a_version_is_not_ours(version: object) -> None:
    with pytest.raises(NotOurWorkbook):
        read_state({**cells_of(STATE), "template version": version})


def test_a_workbook_of_a_newer_program_is_refused() -> None:
    with pytest.raises(NewerWorkbook):
        read_state({**cells_of(STATE), "template version": str(TEMPLATE_VERSION + 1)})


@given(PAIRS, st.randoms(use_true_random=False))
def test_the_seal_does_not_depend_on_the_order_of_the_rows(
    pairs: list[tuple[object, object]], chance: random.Random
) -> None:
    shuffled = list(pairs)
    chance.shuffle(shuffled)
    assert seal_rows(shuffled) == seal_rows(pairs)


@given(PAIRS.filter(bool), st.data())
def test_the_seal_shows_a_row_that_is_gone(
    pairs: list[tuple[object, object]], data: st.DataObject
) -> None:
    gone = data.draw(st.integers(min_value=0, max_value=len(pairs) - 1))
    assert seal_rows(pairs[:gone] + pairs[gone + 1 :]) != seal_rows(pairs)


def test_rows_of_the_users_own_are_not_counted() -> None:
    ours: list[tuple[object, object]] = [("id", "base")]
    own: list[tuple[object, object]] = [(None, None), ("id2", None), (None, "base"), (7.0, "base")]
    assert seal_rows(ours + own) == seal_rows(ours)


def test_entries_are_found_wherever_they_stand() -> None:
    ids: list[object] = ["b", None, 7.0, "", "a"]
    keys = LedgerKeys(first_row=5, entry_ids=ids, bases=[None] * 5)
    assert keys.positions() == ({"b": 0, "a": 4}, {})


def test_an_entry_id_that_stands_twice_is_known_with_its_rows() -> None:
    ids: list[object] = ["a", "b", None, "a", "a"]
    keys = LedgerKeys(first_row=5, entry_ids=ids, bases=[None] * 5)
    assert keys.positions() == ({"a": 0, "b": 1}, {"a": (0, 3, 4)})


@pytest.mark.parametrize(
    ("cursor", "version"), [("12.00ff", 12), ("12.00ff.7", 12), ("", 0), ("later", 0)]
)
def test_a_cursor_tells_up_to_where_everything_was_seen(cursor: str, version: int) -> None:
    assert WorkbookState(cursor=cursor).seen_version == version
