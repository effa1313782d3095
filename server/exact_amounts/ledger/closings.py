"""Closed months as the ledger keeps them. Shapes only; `reconciliation.closing` makes and reads the evidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from server.shared_types.ids import AccountId, BatchId, PrincipalId

__all__ = ["ClosingRecord", "MakeEvidence", "Reopening", "SourceOfAccount"]

#: Makes the evidence of a closing, given the ledger's version and the moment: JSON.
MakeEvidence: TypeAlias = Callable[[int, datetime], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopening:
    """Who opened a closed month again, when and why."""

    version: int
    at: datetime
    by: PrincipalId
    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingRecord:
    """A month that was closed."""

    closing_id: UUID
    #: "2026-03".
    month: str
    #: The ledger's version that was frozen.
    version: int
    closed_at: datetime
    closed_by: PrincipalId
    #: JSON, the same bytes for ever.
    evidence: bytes = field(repr=False)
    reopened: Reopening | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceOfAccount:
    """A file in force that stated something of an account."""

    account_id: AccountId
    batch_id: BatchId
    file_name: str = field(repr=False)
    sha256: bytes = field(repr=False)
