"""A cursor names a position, survives the trip to a client, and is refused when it is of another life."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.exact_amounts.entries.problems import CursorNotReadable, EpochIsOver
from server.exact_amounts.ledger.change_feed import (
    START,
    Position,
    end_of,
    position_of,
    read_position,
)

positions = st.builds(
    Position,
    version=st.integers(0, 10**17),
    entry_id=st.binary(min_size=16, max_size=16),
    skip_removed_through=st.integers(0, 10**17),
)


@given(positions)
def test_a_cursor_is_read_back_as_its_position(position: Position) -> None:
    assert position_of(position.cursor()) == position


@given(st.text(max_size=60))
def test_any_other_text_is_no_cursor(text: str) -> None:
    with pytest.raises(CursorNotReadable):
        position_of(text)


def test_a_read_from_the_start_skips_what_was_removed_before_it() -> None:
    position = read_position(None, None, epoch="e", version=7)

    assert (position.version, position.entry_id) == (START.version, START.entry_id)
    assert position.skip_removed_through == 7


def test_the_end_of_a_version_lies_after_each_of_its_rows() -> None:
    assert end_of(7).entry_id > b"\xff" * 15
    assert read_position("e", end_of(7).cursor(), epoch="e", version=7) == end_of(7)


def test_a_cursor_from_a_future_or_another_epoch_is_over() -> None:
    with pytest.raises(EpochIsOver):
        read_position("e", end_of(8).cursor(), epoch="e", version=7)
    with pytest.raises(EpochIsOver):
        read_position("d", end_of(7).cursor(), epoch="e", version=7)


def test_a_cursor_without_its_epoch_is_not_readable() -> None:
    with pytest.raises(CursorNotReadable):
        read_position(None, end_of(7).cursor(), epoch="e", version=7)
