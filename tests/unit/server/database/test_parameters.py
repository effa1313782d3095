"""Named parameters become numbered ones, and nothing else in a query changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.database.parameters import number_parameters


def test_each_name_has_one_number() -> None:
    assert number_parameters("SELECT :a, :b, :a WHERE c = :b_2") == (
        "SELECT $1, $2, $1 WHERE c = $3",
        ("a", "b", "b_2"),
    )


@pytest.mark.parametrize(
    "left_alone",
    [
        "-- of :name\n",
        "-- it's of :name\n",
        "/* :name, it's :name */",
        "':name'",
        "'it''s :name'",
        "E'it\\'s :name'",
        '":name"',
        "$$ it's :name $$",
        "$body$ $$ :name $$ $body$",
        "1::bytea",
        "a[1:2]",
    ],
)
def test_texts_comments_and_casts_are_left_alone(left_alone: str) -> None:
    assert number_parameters(f"SELECT {left_alone} :name") == (f"SELECT {left_alone} $1", ("name",))


def test_a_query_without_parameters_stays_as_it_is() -> None:
    assert number_parameters("SELECT 1") == ("SELECT 1", ())


@given(st.lists(st.sampled_from(["a", "b", "c"])), st.sampled_from([" ", ", ", " AND "]))
def test_numbers_put_back_give_the_query(names: list[str], between: str) -> None:
    query = between.join(f":{name}" for name in names)
    text, order = number_parameters(query)
    for number, name in enumerate(order, start=1):
        text = text.replace(f"${number}", f":{name}")
    assert text == query
