"""What the database's problems say to the world."""

from __future__ import annotations

import inspect

import pytest

from server.database import problems
from server.database.problems import DatabaseProblem

CLASSES = [
    each
    for each in vars(problems).values()
    if inspect.isclass(each) and issubclass(each, DatabaseProblem)
]


@pytest.mark.parametrize("kind", CLASSES)
def test_a_problem_is_listed_and_says_a_sentence(kind: type[DatabaseProblem]) -> None:
    assert kind.__name__ in problems.__all__
    assert kind.__name__ in (problems.__doc__ or "")
    assert kind.sentence().endswith(".")
    assert kind.status >= 500, "the database's troubles are never the client's mistake"
