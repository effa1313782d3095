from __future__ import annotations

import re

import pytest

from excel_client import problems
from excel_client.problems import ClientProblem, ExitCode, StatementRefused


def every_problem(root: type[ClientProblem] = ClientProblem) -> list[type[ClientProblem]]:
    return [root, *(found for child in root.__subclasses__() for found in every_problem(child))]


@pytest.mark.parametrize("kind", every_problem(), ids=lambda kind: kind.__name__)
def test_every_problem_is_a_sentence_with_one_of_the_promised_exit_codes(
    kind: type[ClientProblem],
) -> None:
    assert kind.sentence().endswith((".", "login again."))
    assert kind.exit_code in set(ExitCode) - {ExitCode.DONE, ExitCode.INTERNAL}
    assert kind.__name__ in problems.__all__


def test_every_problem_is_drawn_in_the_tree() -> None:
    drawn = set(re.findall(r"[A-Z][A-Za-z]+", problems.__doc__ or ""))
    assert {kind.__name__ for kind in every_problem()} <= drawn


def test_the_place_stands_beside_the_sentence_and_not_in_it() -> None:
    problem = StatementRefused(file="march.ofx", line=12, what="a date can't be read")
    assert "march" not in str(problem)
    assert problem.line_for_people() == (
        f"{StatementRefused.sentence()} [file: march.ofx, line: 12, what: a date can't be read]"
    )


def test_a_problem_without_a_place_is_its_sentence() -> None:
    assert problems.NoKey().line_for_people() == problems.NoKey.sentence()
