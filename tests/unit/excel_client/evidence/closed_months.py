"""Closed months to make evidence of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from excel_client.wire_format import (
    ClosedAccount,
    ClosedEntry,
    ClosedMonth,
    ClosedSource,
    ClosingSummary,
    Evidence,
    LateArrival,
)

__all__ = ["ACCOUNT_ID", "account", "entry", "evidence", "month"]

ACCOUNT_ID = "0199aaaa-0000-7000-8000-00000000aaaa"
SHA_256 = "5e" * 32


def entry(number: int, amount: str = "-12.34", **facts: Any) -> ClosedEntry:
    """An entry of March."""
    day = f"2026-03-{number % 28 + 1:02d}"
    plain = {
        "id": f"0199aaaa-0000-7000-8000-{number:012d}",
        "posted_on": day,
        "counts_on": day,
        "description": f"payee {number}",
        "role": "whole",
        "reason": "",
    }
    return ClosedEntry(amount=amount, **{**plain, **facts})


def account(entries: Iterable[ClosedEntry] = (), **facts: Any) -> ClosedAccount:
    """An account that held 100.00 before March."""
    plain: dict[str, Any] = {
        "id": ACCOUNT_ID,
        "name": "Giro",
        "currency": "EUR",
        "opening": "100.00",
        "opening_source": "stated",
        "sum": "-12.34",
        "closing": "87.66",
        "stated_on": "2026-03-31",
        "stated": "87.66",
        "proof": "proven",
        "outstanding": (),
        "adjustments": (),
        "sources": (ClosedSource(file_name="march.ofx", sha256=SHA_256),),
    }
    return ClosedAccount(entries=tuple(entries), **{**plain, **facts})


def evidence(*accounts: ClosedAccount) -> Evidence:
    """March of a ledger."""
    return Evidence(
        ledger="0199aaaa-0000-7000-8000-000000000001",
        month="2026-03",
        version=42,
        closed_at="2026-04-01T12:30:45+02:00",
        closed_by="Ada's laptop",
        accounts=accounts,
    )


def month(of: Evidence, *late_arrivals: LateArrival) -> ClosedMonth:
    """A closed month with what came late."""
    return ClosedMonth(
        closing=ClosingSummary(
            id="0199aaaa-0000-7000-8000-00000000cccc",
            month=of.month,
            version=of.version,
            closed_at=of.closed_at,
            by=of.closed_by,
            reopened_at=None,
            reopened_by="",
            reason="",
        ),
        evidence=of,
        late_arrivals=late_arrivals,
    )
