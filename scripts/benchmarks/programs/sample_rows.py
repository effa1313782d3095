"""Rows for the first columns of the Ledger table: dates, texts, numbers, blanks and truth values. Pure."""

from __future__ import annotations

from datetime import date

from tests.fixtures.statements.make_statement import many_transactions

__all__ = ["COLUMNS", "Cell", "sample_rows"]

Cell = str | float | bool | date | None
COLUMNS = 12


def sample_rows(count: int) -> list[tuple[Cell, ...]]:
    """Return `count` rows of 12 cells, no two alike."""
    return [
        (
            date.fromisoformat(made.posted_on),
            "Bank of Invention checking",
            f"{made.name} - {made.memo}",
            made.name,
            float(made.amount),
            "USD",
            "Groceries" if number % 3 else None,
            None,
            f"note {number}" if number % 5 == 0 else None,
            number % 2 == 0,
            "posted",
            f"0198c0de-{number % 65536:04x}-7000-8000-{number:012x}",
        )
        for number, made in enumerate(many_transactions(count))
    ]
