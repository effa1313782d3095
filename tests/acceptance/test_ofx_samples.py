"""
OFX files of many origins are read with their exact count, sum and dates, or refused with the reason.

The small files in tests/fixtures/statements are ours, one per dialect. The larger collection of public samples lies
beside the repository; where it is absent its tests are skipped.
"""

from __future__ import annotations

import json
import random
import sys
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from server.exact_amounts.entries.problems import StatementRefused
from server.exact_amounts.entries.statement import StatementFile
from server.exact_amounts.statements.reading import read_statement

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "fixtures" / "statements"
SAMPLES = ROOT / ".." / "shared" / "data" / "statements"

needs_samples = pytest.mark.skipif(
    not (SAMPLES / "EXPECTED.json").is_file(),
    reason="the public samples are not beside the repository",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Count, exact sum, first and last date of a file's transactions."""

    count: int
    total: Decimal
    first: str
    last: str


def expected_of(folder: Path) -> dict[str, dict[str, Any]]:
    everything: dict[str, dict[str, Any]] = json.loads(
        (folder / "EXPECTED.json").read_text(encoding="utf-8")
    )
    return {
        name: facts for name, facts in everything.items() if facts.get("format", "ofx") == "ofx"
    }


def expected_facts(expected: dict[str, Any]) -> Facts:
    accounts = list(expected.get("accounts", {}).values()) if "sum" not in expected else [expected]
    return Facts(
        count=expected["n"],
        total=sum((Decimal(account["sum"]) for account in accounts), Decimal(0)),
        first=min(_day(account["first"]) for account in accounts) if expected["n"] else "",
        last=max(_day(account["last"]) for account in accounts) if expected["n"] else "",
    )


def _day(text: str) -> str:
    return text[:10].replace("-", "")


def read_facts(file: StatementFile) -> Facts:
    transactions = [
        transaction
        for account in file.accounts
        for statement in account.statements
        for transaction in statement.transactions
    ]
    days = sorted(_day(transaction.posted_on) for transaction in transactions)
    return Facts(
        count=len(transactions),
        total=sum((transaction.amount.exact_value for transaction in transactions), Decimal(0)),
        first=days[0] if days else "",
        last=days[-1] if days else "",
    )


def read_or_refusal(content: bytes) -> StatementFile | StatementRefused:
    try:
        return read_statement(content)
    except StatementRefused as refused:
        assert_reason(refused)
        return refused


def assert_reason(refused: StatementRefused) -> None:
    assert refused.what
    assert refused.line >= 0


@pytest.mark.parametrize("name", sorted(expected_of(FIXTURES)))
def test_a_dialect_of_ours_is_read_exactly_or_refused(name: str) -> None:
    expected = expected_of(FIXTURES)[name]
    content = (FIXTURES / name).read_bytes()
    if expected["kind"] == "damaged":
        with pytest.raises(StatementRefused) as refused:
            read_statement(content)
        assert refused.value.what
        return
    file = read_statement(content)
    assert read_facts(file) == expected_facts(expected)
    assert len(file.accounts) == expected.get("accounts_n", len(file.accounts))
    assert len(file.problems) == expected.get("problems", 0)
    transactions = [
        entry
        for account in file.accounts
        for part in account.statements
        for entry in part.transactions
    ]
    assert sum(transaction.pending for transaction in transactions) == expected.get("pending", 0)
    if "description" in expected:
        assert transactions[0].description == expected["description"]


def test_the_facts_of_every_fixture_are_written_down() -> None:
    files = {path.name for path in FIXTURES.iterdir() if path.suffix in {".ofx", ".qfx"}}
    assert files == set(expected_of(FIXTURES))


@needs_samples
def test_public_samples_are_read_exactly_or_refused_and_never_silently_wrong(
    capsys: pytest.CaptureFixture[str],
) -> None:
    right: list[str] = []
    wrong: list[str] = []
    refusals: list[tuple[str, StatementRefused]] = []
    for name, expected in expected_of(SAMPLES).items():
        if expected["kind"] != "statement":
            continue
        read = read_or_refusal((SAMPLES / name).read_bytes())
        if isinstance(read, StatementRefused):
            refusals.append((name, read))
        elif read_facts(read) == expected_facts(expected):
            right.append(name)
        else:
            wrong.append(name)
    share = len(right) / (len(right) + len(wrong) + len(refusals))
    table = [
        f"OFX samples: {len(right)} right ({share:.1%}), {len(refusals)} refused, {len(wrong)} wrong"
    ]
    table += [
        f"  refused {name}: line {problem.line}: {problem.what}" for name, problem in refusals
    ]
    table += [f"  wrong   {name}" for name in wrong]
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(table) + "\n")
    assert not wrong
    assert all(problem.what for _, problem in refusals)
    assert share >= 0.98


@needs_samples
def test_damaged_public_samples_are_refused_or_reported() -> None:
    damaged = [
        name for name, expected in expected_of(SAMPLES).items() if expected["kind"] == "damaged"
    ]
    assert damaged
    for name in damaged:
        read = read_or_refusal((SAMPLES / name).read_bytes())
        assert read.what if isinstance(read, StatementRefused) else read.problems, name


def check_damage(folder: Path, rounds: int) -> None:
    """Whatever is cut out of or written over a file, it is read or refused, and nothing else happens."""
    chance = random.Random(20260228)
    names = sorted(expected_of(folder))
    for number in range(rounds):
        content = bytearray((folder / names[number % len(names)]).read_bytes())
        for _ in range(chance.randint(1, 5)):
            at = chance.randrange(len(content) + 1)
            content[at : at + chance.choice((0, 1, 3, 30))] = chance.randbytes(
                chance.choice((0, 0, 1, 2))
            )
        read_or_refusal(bytes(content))


def test_damaged_copies_of_our_dialects_are_read_or_refused() -> None:
    check_damage(FIXTURES, 1_000)


@needs_samples
def test_damaged_copies_of_public_samples_are_read_or_refused() -> None:
    check_damage(SAMPLES, 500)


@pytest.mark.deep
def test_a_hundred_thousand_damaged_copies_are_read_or_refused() -> None:
    check_damage(FIXTURES, 100_000)
