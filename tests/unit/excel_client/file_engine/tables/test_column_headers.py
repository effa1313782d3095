# ruff: noqa: DTZ001 - a cell has no time zone
from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from excel_client.file_engine.problems import TableNameRefused
from excel_client.file_engine.tables.column_headers import (
    free_table_name,
    header_text,
    judge_table_name,
    renames,
    unique_headers,
)

HEADERS = st.lists(st.sampled_from(["", "a", "A", "a2", "Column1", "b"]), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("a b", "a b"),
        (5.0, "5"),
        (0.1 + 0.2, "0.3"),
        (1e20, "1E+20"),
        (True, "TRUE"),
        (dt.datetime(2026, 1, 2), "1/2/2026"),
        (dt.datetime(2026, 1, 2, 8, 5), "1/2/2026 8:05"),
        ("x" * 300, "x" * 255),
    ],
)
def test_a_header_is_the_text_that_excel_shows(value: object, text: str) -> None:
    assert header_text(value) == text


@pytest.mark.parametrize(
    ("given_texts", "headers"),
    [
        (["a", "a", "A"], ["a", "a2", "A3"]),
        (["", "", "x"], ["Column1", "Column2", "x"]),
        (["", "Column1"], ["Column2", "Column1"]),
        (["a", "a", "a2"], ["a", "a3", "a2"]),
    ],
)
def test_headers_become_unique_as_in_excel(given_texts: list[str], headers: list[str]) -> None:
    assert unique_headers(given_texts) == headers


def test_headers_that_stand_keep_their_names() -> None:
    assert unique_headers(["a", ""], ["A", "column1"]) == ["a2", "Column2"]


@given(HEADERS, HEADERS)
def test_no_two_headers_are_ever_alike(texts: list[str], standing: list[str]) -> None:
    kept = unique_headers(standing)
    names = [*kept, *unique_headers(texts, kept)]
    assert "" not in names
    assert len({name.casefold() for name in names}) == len(names)


@given(st.permutations(["a", "b", "c", "d"]))
def test_renames_one_after_the_other_lead_to_all_new_headers(new: list[str]) -> None:
    old = ["a", "b", "c", "d"]
    names = list(old)
    for before, after in renames(old, dict(enumerate(new))):
        assert after not in names
        names[names.index(before)] = after
    assert names == new


@pytest.mark.parametrize("name", ["Table1", "_t", "\\x", "Kontobuch.2026", "äöü"])
def test_a_word_is_a_name_for_a_table(name: str) -> None:
    judge_table_name(name, set(), "")


@pytest.mark.parametrize(
    "name", ["", "two words", "A1", "xfd1048576", "R1C1", "c", "1st", "a-b", "taken", "TAKEN", None, "x" * 256]
)  # fmt: skip
def test_what_is_no_name_for_a_table_is_refused(name: object) -> None:
    with pytest.raises(TableNameRefused):
        judge_table_name(name, {"taken"}, "")


def test_a_table_without_a_name_gets_the_first_number_that_is_free() -> None:
    assert free_table_name({"table1", "table3"}) == "Table2"
