from __future__ import annotations

import io

import pytest

from excel_client.command_line.explaining import Explained, show_explained
from excel_client.command_line.surroundings import Surroundings
from excel_client.wire_format import Explanation, Stretch, Suspicion


def shown(stretch: Stretch) -> str:
    around = Surroundings(stdout=io.StringIO())
    explanation = Explanation(account_id="account-1", currency="EUR", stretches=(stretch,))
    show_explained(Explained(explanations=(explanation,), entries={}), [], around)
    assert isinstance(around.stdout, io.StringIO)
    return around.stdout.getvalue()


def stretch(
    *, difference: str = "9.00", size: int = 1, sets: int = 1, count: int = 1, bounded: bool = False
) -> Stretch:
    suspicion = Suspicion(entry="entry\x1b-1", cause="doubled", effect="-9.00")
    return Stretch(
        after="2026-02-28",
        through="2026-03-31",
        difference=difference,
        missing="-9.00",
        size=size,
        sets=((suspicion,) * size,) * sets,
        count=count,
        bounded=bounded,
    )


@pytest.mark.parametrize(
    ("of", "words"),
    [
        (stretch(), "lead to 9.00 more than was stated"),
        (stretch(difference="-9.00"), "lead to 9.00 less than was stated"),
        (stretch(), "One answer, of one entry:"),
        (stretch(size=2), "One answer, of 2 entries together:"),
        (stretch(sets=3, count=3), "3 equally good answers, each of one entry:"),
        (stretch(sets=3, count=700), "700 equally good answers, each of one entry, 3 of them"),
        (stretch(bounded=True), "The search ended at its bound: there may be others."),
        (stretch(size=0, sets=0, count=0), "No small set of entries explains it."),
    ],
)
def test_what_explains_a_stretch_is_said_and_counted(of: Stretch, words: str) -> None:
    told = shown(of)
    assert words in told
    assert "\x1b" not in told
    assert told.endswith("Or an entry of -9.00 is missing.\n")


def test_an_entry_that_is_not_known_is_named_by_its_id() -> None:
    assert "entry -1" in shown(stretch())
