"""What an import needs to know of the ledger; `server.exact_amounts.ledger` answers it in bulk."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from server.exact_amounts.entries.entry import Account, Anchor, LedgerEntry
from server.exact_amounts.ledger.identities import Identities
from server.exact_amounts.ledger.plans import KnownIdentity
from server.shared_types.ids import AccountId

__all__ = ["LedgerLookups"]


class LedgerLookups(Protocol):
    """One ledger, as it is while an import is decided. Removed entries and balances don't count."""

    @property
    def identities(self) -> Identities:
        """The ledger's digests."""

    async def accounts(self) -> Sequence[Account]:
        """Return every account."""

    async def account_numbers(self) -> Mapping[bytes, AccountId]:
        """Return the account of every number that is known, by the number's digest."""

    async def live_identities(
        self, account_id: AccountId, first_day: str, last_day: str
    ) -> Mapping[bytes, Sequence[KnownIdentity]]:
        """Return an account's entries of a stretch of days by identity, oldest first."""

    async def live_entries_of_bank_ids(
        self, bank_identities: Collection[bytes]
    ) -> Mapping[bytes, Sequence[LedgerEntry]]:
        """Return the entries that hold any of these bank ids, by the id's digest."""

    async def live_anchors(self) -> Sequence[Anchor]:
        """Return every stated balance."""
