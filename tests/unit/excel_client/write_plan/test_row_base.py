from __future__ import annotations

from datetime import date, datetime

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
from workbooks.sheet_map import EDITABLE_COLUMNS, LedgerColumn


def cell_moment(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 - a cell knows no zone


BLANK = Digests()[""]


@given(
    version=st.integers(min_value=0, max_value=10**17),
    category=st.none() | st.text(),
    tags=st.lists(st.text(), max_size=4),
    notes=st.text(),
    reviewed=st.booleans(),
    match=st.none() | st.from_regex(r"T[0-9a-f]{10}", fullmatch=True),
    statement=st.none() | st.dates(),
)
def test_a_base_agrees_with_the_cells_that_the_server_states(
    version: int,
    category: str | None,
    tags: list[str],
    notes: str,
    match: str | None,
    statement: date | None,
    *,
    reviewed: bool,
) -> None:
    digests = Digests()
    cells = (category or None, ", ".join(tags) or None, notes or None, reviewed, match, statement)
    base = read_base(base_text(version, cells, digests))
    assert base is not None
    assert base.version == version
    assert base.digests == tuple(
        digests[canonical_text(column, cell)]
        for column, cell in zip(EDITABLE_COLUMNS, cells, strict=True)
    )
    assert read_base(base.text()) == base


@given(
    st.integers(min_value=0, max_value=10**17),
    st.dictionaries(st.integers(0, 6), st.integers(min_value=0, max_value=10**17)),
)
def test_versions_that_edits_are_based_on_come_back(version: int, held: dict[int, int]) -> None:
    base = RowBase(version=version, digests=(BLANK,) * 6, held=held)
    assert read_base(base.text()) == base
    assert all(base.version_of(place) == held.get(place, version) for place in range(7))


def test_a_base_of_the_first_template_says_nothing_of_the_fields_that_came_later() -> None:
    base = read_base("7:aaaaaaaa:bbbbbbbb:cccccccc:dddddddd")
    assert base is not None
    assert base.digests == ("aaaaaaaa", "bbbbbbbb", "cccccccc", "dddddddd", BLANK, BLANK)
    assert base.is_blank(4)
    assert not base.is_blank(0)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        3.0,
        "7",
        "7:aaaaaaaa",
        "x:" + ":".join(["aaaaaaaa"] * 4),
        "7:" + "a" * 35,
        "7:" + ":".join(["aaaaaaaa"] * 5),
        "7:" + ":".join(["aaaaaaaa"] * 6) + ";7@1",
    ],
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
        (LedgerColumn.STATEMENT, cell_moment(2026, 3, 31), "2026-03-31"),
        (LedgerColumn.STATEMENT, date(2026, 3, 31), " 2026-03-31 "),
        (LedgerColumn.MATCH, "rent ", "rent"),
        (LedgerColumn.MATCH, 7.0, "7"),
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
        (LedgerColumn.STATEMENT, cell_moment(2026, 3, 31, 1), "2026-03-31"),
        (LedgerColumn.MATCH, "Rent", "rent"),
    ],
)
def test_cells_that_differ_have_two(column: LedgerColumn, one: object, other: object) -> None:
    assert canonical_text(column, one) != canonical_text(column, other)


def test_a_base_is_one_line_of_text() -> None:
    base = RowBase(version=9, digests=("aaaaaaaa",) * 6, held={6: 4, 2: 3})
    assert base.text() == "9:" + ":".join(["aaaaaaaa"] * 6) + ";2@3;6@4"
