from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from excel_client.write_plan.row_base import (
    Digests,
    RowBase,
    base_text,
    canonical_text,
    read_base,
)
from workbooks.sheet_map import LedgerColumn


def cell_moment(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 - a cell knows no zone


@given(
    version=st.integers(min_value=0, max_value=10**17),
    category=st.none() | st.text(),
    tags=st.lists(st.text(), max_size=4),
    notes=st.text(),
    reviewed=st.booleans(),
)
def test_a_base_agrees_with_the_cells_that_the_server_states(
    version: int, category: str | None, tags: list[str], notes: str, *, reviewed: bool
) -> None:
    digests = Digests()
    tags_cell = ", ".join(tags)
    base = read_base(base_text(version, category, tags_cell, notes, reviewed, digests))
    assert base is not None
    assert base.version == version
    assert base.digests == (
        digests[canonical_text(LedgerColumn.CATEGORY, category or None)],
        digests[canonical_text(LedgerColumn.TAGS, tags_cell or None)],
        digests[canonical_text(LedgerColumn.NOTES, notes or None)],
        digests[canonical_text(LedgerColumn.REVIEWED, reviewed)],
    )
    assert read_base(base.text()) == base


@pytest.mark.parametrize(
    "value", [None, "", 3.0, "7", "7:aaaaaaaa", "x:" + ":".join(["aaaaaaaa"] * 4), "7:" + "a" * 35]
)
def test_what_is_no_base_is_none(value: object) -> None:
    assert read_base(value) is None


@pytest.mark.parametrize(
    ("column", "one", "other"),
    [
        (LedgerColumn.CATEGORY, None, ""),
        (LedgerColumn.NOTES, "a\r\nb", "a\nb"),
        (LedgerColumn.NOTES, 2024.0, "2024"),
        (LedgerColumn.NOTES, cell_moment(2026, 3, 31), "2026-03-31T00:00:00"),
        (LedgerColumn.TAGS, "a,b", " a , b ,"),
        (LedgerColumn.REVIEWED, None, False),
        (LedgerColumn.REVIEWED, True, 1.0),
        (LedgerColumn.REVIEWED, True, "true"),
        (LedgerColumn.REVIEWED, "", "FALSE"),
    ],
)
def test_cells_that_say_the_same_have_one_canonical_form(
    column: LedgerColumn, one: object, other: object
) -> None:
    assert canonical_text(column, one) == canonical_text(column, other)


@pytest.mark.parametrize(
    ("column", "one", "other"),
    [
        (LedgerColumn.CATEGORY, "Food", "food"),
        (LedgerColumn.NOTES, "", "x"),
        (LedgerColumn.TAGS, "a, b", "b, a"),
        (LedgerColumn.REVIEWED, True, False),
        (LedgerColumn.REVIEWED, None, "maybe"),
    ],
)
def test_cells_that_differ_have_two(column: LedgerColumn, one: object, other: object) -> None:
    assert canonical_text(column, one) != canonical_text(column, other)


def test_a_base_is_one_line_of_text() -> None:
    base = RowBase(version=3, digests=("aaaaaaaa", "bbbbbbbb", "cccccccc", "dddddddd"))
    assert base.text() == "3:aaaaaaaa:bbbbbbbb:cccccccc:dddddddd"
