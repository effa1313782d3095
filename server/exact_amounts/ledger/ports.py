"""
What the routes need of a ledger, whatever keeps it: `ledger_store` a database, sealed, `memory_ledger` the memory.

One suite holds both to it: `tests/conformance/test_ledger_store.py`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import msgspec

from server.exact_amounts.entries.entry import Account, Anchor, LedgerEntry
from server.exact_amounts.ledger.account_states import AccountState
from server.exact_amounts.ledger.applying import AppliedBatch, UndoneBatch
from server.exact_amounts.ledger.batch_store import BatchRecord, Writer
from server.exact_amounts.ledger.closings import (
    ClosingRecord,
    MakeEvidence,
    Reopening,
    SourceOfAccount,
)
from server.exact_amounts.ledger.edit_store import Lease
from server.exact_amounts.ledger.edited import EditPlan
from server.exact_amounts.ledger.entry_store import EntryPage
from server.exact_amounts.ledger.identities import Identities
from server.exact_amounts.ledger.plans import BatchPlan, KnownIdentity, PlannedAccount
from server.exact_amounts.ledger.wire import EntryAnswer
from server.shared_types.ids import (
    AccountId,
    BatchId,
    EntryId,
    IdMaker,
    PrincipalId,
    TenantId,
)
from server.web.ports import Principal

__all__ = ["ChangesAsked", "Ledger", "LedgerReads", "LedgerWrites", "OnceOnly", "People"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesAsked:
    """Which page of the change feed is asked for."""

    epoch: str | None
    cursor: str | None
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OnceOnly:
    """Who writes what, so that asking twice is doing it once."""

    tenant_id: TenantId
    principal_id: PrincipalId
    #: The caller's key, or "" where none was sent.
    idempotency_key: str
    #: Everything that the request asks for.
    request: tuple[bytes | str, ...]


class People(Protocol):
    """Who is behind principals; identity knows."""

    async def names(self, tenant_id: TenantId) -> Mapping[PrincipalId, str]:
        """Return what each principal of a ledger calls itself."""

    async def may_administer(self, caller: Principal) -> bool:
        """Whether the caller is an owner or administrator of its ledger."""


class LedgerReads(Protocol):
    """One ledger as it is within a unit of work. Removed entries and balances don't count."""

    @property
    def identities(self) -> Identities:
        """The ledger's digests."""

    async def version(self) -> int:
        """Return the ledger's version."""

    async def accounts(self) -> list[Account]:
        """Return every account, oldest first."""

    async def account_numbers(self) -> Mapping[bytes, AccountId]:
        """Return the account of every known number, by the number's digest."""

    async def live_identities(
        self, account_id: AccountId, first_day: str, last_day: str
    ) -> Mapping[bytes, Sequence[KnownIdentity]]:
        """Return an account's live entries of a stretch of days by identity, oldest first."""

    async def live_entries_of_bank_ids(
        self, bank_identities: Collection[bytes]
    ) -> Mapping[bytes, Sequence[LedgerEntry]]:
        """Return the live entries that hold any of these bank ids, by the id's digest."""

    async def live_anchors(self) -> Sequence[Anchor]:
        """Return every stated balance that is in force."""

    async def source_was_seen(self, sha256: bytes) -> bool:
        """Whether a file of that hash is in the ledger, in a batch that was not undone."""

    async def entries_beside(self, entry_ids: Collection[EntryId]) -> Mapping[EntryId, LedgerEntry]:
        """Return these entries and all that hang on them: parts, parents, other legs, what they were merged into."""

    async def known_edits(self, edit_ids: Collection[UUID]) -> Collection[UUID]:
        """Return those of the ids under which an edit was applied before."""

    async def entries_of_account(self, account_id: AccountId) -> Sequence[LedgerEntry]:
        """Return every entry of an account, removed ones too, oldest id first."""

    async def writer_of(self, version: int) -> Writer | None:
        """Return who made a version of the ledger, where a batch made it."""

    async def closed_months(self) -> frozenset[str]:
        """Return the months ("2026-03") that are closed now."""

    async def closings(self) -> Sequence[ClosingRecord]:
        """Return every closing, reopened ones too, oldest first."""

    async def sources(self) -> Sequence[SourceOfAccount]:
        """Return the files in force, once for each account that they stated something of, oldest first."""


class LedgerWrites(LedgerReads, Protocol):
    """A ledger that nobody else changes until the unit of work ends: all of it is kept, or nothing."""

    async def apply(self, plan: BatchPlan) -> AppliedBatch:
        """Write a batch that is not empty; everything in it carries the ledger's next version."""

    async def open_account(self, account: PlannedAccount) -> Account:
        """Open an account, or raise AccountNameTaken."""

    async def apply_edits(self, plan: EditPlan) -> AppliedBatch:
        """Write a batch of edits that is not empty; adjustments that it makes needless go."""

    async def undo(self, batch_id: BatchId) -> UndoneBatch:
        """Take back what a batch did; raise UnknownBatch, AlreadyUndone or MonthIsClosed."""

    async def close(self, month: str, evidence: MakeEvidence) -> ClosingRecord:
        """Close a month that is not closed, with its evidence."""

    async def reopen(self, closing: ClosingRecord, reason: str) -> Reopening:
        """Open a closed month again."""

    async def take_lease(self, workbook_id: UUID, seconds: int, holder: UUID | None) -> Lease:
        """Let the caller write into a workbook for a while; raise WorkbookBusy while another holder does."""

    async def drop_lease(self, lease_id: UUID) -> None:
        """End a lease, if there is one of that id."""


class Ledger(Protocol):
    """Every tenant's ledger."""

    new_id: IdMaker

    def reading(self, tenant_id: TenantId) -> AbstractAsyncContextManager[LedgerReads]:
        """Begin a unit of work that only reads, all of it from one state."""

    async def write_once(
        self, once: OnceOnly, act: Callable[[LedgerWrites], Awaitable[msgspec.Struct]]
    ) -> bytes:
        """Do `act`, whole or not at all, and return its answer as JSON; or raise IdempotencyKeyReused."""

    async def accounts(self, tenant_id: TenantId) -> Sequence[AccountState]:
        """Return every account with its proof, oldest first."""

    async def entries(self, tenant_id: TenantId, page: EntryPage) -> tuple[list[EntryAnswer], bool]:
        """Return a page of entries by date, and whether there are more."""

    async def posted_entries(self, tenant_id: TenantId) -> list[LedgerEntry]:
        """Return every live posted entry, oldest id first."""

    async def batches(self, tenant_id: TenantId) -> list[BatchRecord]:
        """Return every batch, newest first."""

    async def changes(self, tenant_id: TenantId, asked: ChangesAsked) -> bytes:
        """Return a page of the change feed as JSON; raise EpochIsOver or CursorNotReadable."""
