from __future__ import annotations

import pytest

from excel_client import problems
from excel_client.file_engine.problems import FileEngineProblem
from excel_client.problems import ClientProblem
from excel_client.writer.books import TRANSLATIONS, engine_refusals


def every_problem(root: type[FileEngineProblem]) -> list[type[FileEngineProblem]]:
    return [root, *(found for child in root.__subclasses__() for found in every_problem(child))]


@pytest.mark.parametrize("kind", every_problem(FileEngineProblem), ids=lambda kind: kind.__name__)
def test_every_refusal_of_the_engine_becomes_a_problem_of_ours(
    kind: type[FileEngineProblem],
) -> None:
    place = "Ledger!A12"
    with pytest.raises(ClientProblem) as found, engine_refusals():
        raise kind(place)
    assert found.value.place["place"] == place
    # What has no problem of its own is told in the engine's words.
    speaks = type(found.value) in {problems.WorkbookRefused, problems.WorkbookNotReadable}
    assert ("what" in found.value.place) == speaks


def test_the_nearest_branch_of_the_engines_tree_counts() -> None:
    for kind in every_problem(FileEngineProblem):
        with pytest.raises(ClientProblem) as found, engine_refusals():
            raise kind
        nearest = next(parent for parent in kind.__mro__ if parent in TRANSLATIONS)
        assert type(found.value) is TRANSLATIONS[nearest]
