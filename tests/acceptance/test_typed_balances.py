"""A balance that a person types: what it proves, what explains a difference, and that all of it can be taken back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.acceptance.running_server import Person, RunningServer, running_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def person(server: RunningServer, tmp_path: Path) -> Person:
    """Somebody who types: an account with a payment of 54.00 that was 45.00, and one that is there twice."""
    person = Person.who_signs_up(tmp_path / "person", server.origin)
    with httpx.Client(
        base_url=server.origin, headers={"Authorization": f"Bearer {person.token}"}
    ) as http:
        made = http.post("/v1/accounts", json={"name": "Purse", "currency": "EUR"})
        assert made.status_code == 201, made.text
        entries = [
            {"posted_on": day, "amount": amount, "description": payee}
            for day, amount, payee in (
                ("2026-03-02", "-54.00", "Bookshop"),
                ("2026-03-03", "-9.00", "Bakery"),
                ("2026-03-10", "-20.00", "Market"),
            )
        ]
        account = made.json()["id"]
        typed = http.post(
            "/v1/entries",
            json={"entries": [{"account_id": account, **entry} for entry in entries]},
            headers={"Idempotency-Key": "typed"},
        )
        assert typed.status_code == 201, typed.text
    return person


def test_a_second_balance_proves_and_no_amount_is_shown(person: Person) -> None:
    first = person.run("balance", "purse", "2026-03-01", "100.00")
    assert (first.code, "not yet proven" in first.out) == (0, True)
    second = person.run("balance", "PURSE", "2026-03-31", "17.00")
    assert (second.code, "The account is proven." in second.out) == (0, True)
    for said in (first, second):
        assert not any(amount in said.told for amount in ("100.00", "17.00", "83"))


def test_a_difference_is_explained_by_every_smallest_set_and_then_taken_back(
    person: Person,
) -> None:
    person.run("balance", "Purse", "2026-03-01", "100.00")
    done = person.run("balance", "Purse", "2026-03-31", "26.00", "--json")
    said = json.loads(done.out)
    assert said["proof"] == "differs"
    explained = person.run("status", "--explain")
    assert explained.code == 0, explained.told
    assert "the entries lead to 9.00 less than was stated" in explained.out
    assert "2 equally good answers, each of one entry:" in explained.out
    assert "Bookshop" in explained.out
    assert "Bakery" in explained.out
    assert "Market" not in explained.out
    assert explained.out.rstrip().endswith("Or an entry of 9.00 is missing.")
    document = json.loads(person.run("status", "--explain", "--json").out)
    (explanation,) = document["explanations"]
    (stretch,) = explanation["stretches"]
    assert (stretch["size"], stretch["count"], stretch["bounded"]) == (1, 2, False)
    listed = person.run("undo", "--list")
    assert listed.out.count("typed balance") == 2
    taken = person.run("undo", said["batch"], "--yes")
    assert "typed balance by" in taken.out
    (account,) = json.loads(person.run("status", "--json").out)["accounts"]
    assert account["proof"] == "not yet proven"


def test_an_account_that_adds_up_has_nothing_to_explain(person: Person) -> None:
    assert "Nothing to explain" in person.run("status", "--explain").out


def test_an_adjustment_that_is_not_needed_is_not_said_to_stay(person: Person) -> None:
    person.run("balance", "Purse", "2026-03-01", "100.00")
    person.run("balance", "Purse", "2026-03-31", "17.00")
    made = person.run("balance", "Purse", "2026-03-15", "--adjust", "1.00", "--reason", "a test")
    assert "no longer needed was cleared" in made.out
    assert "The account is proven." in made.out
