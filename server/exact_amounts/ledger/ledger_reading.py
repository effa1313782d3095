"""One unit of work that reads a ledger: what imports, edits, proofs and closings need to know of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from uuid import UUID

from server.database.sessions import Session
from server.exact_amounts.entries.entry import Account, Anchor, EntryRole, LedgerEntry
from server.exact_amounts.ledger.account_store import AccountStore
from server.exact_amounts.ledger.batch_store import BatchStore, Writer
from server.exact_amounts.ledger.closing_store import ClosingStore
from server.exact_amounts.ledger.closings import ClosingRecord, SourceOfAccount
from server.exact_amounts.ledger.edit_store import EditStore
from server.exact_amounts.ledger.edited import ids_beside
from server.exact_amounts.ledger.entry_store import EntryStore
from server.exact_amounts.ledger.identities import Identities
from server.exact_amounts.ledger.plans import KnownIdentity
from server.exact_amounts.ledger.row_sealer import RowSealer
from server.shared_types.ids import AccountId, EntryId

__all__ = ["LedgerReading"]


class LedgerReading:
    """A ledger as it is; satisfies what an import has to look up."""

    def __init__(self, session: Session, sealer: RowSealer) -> None:
        self._sealer = sealer
        self._accounts = AccountStore(session, sealer)
        self._batches = BatchStore(session, sealer)
        self._entries = EntryStore(session, sealer)
        self._edits = EditStore(session, sealer)
        self._closings = ClosingStore(session, sealer)

    @property
    def identities(self) -> Identities:
        """The ledger's digests."""
        return self._sealer.identities

    async def version(self) -> int:
        """Return the ledger's version."""
        return await self._batches.version()

    async def accounts(self) -> list[Account]:
        """Return every account, oldest first."""
        return await self._accounts.accounts()

    async def account_numbers(self) -> Mapping[bytes, AccountId]:
        """Return the account of every known number, by the number's digest."""
        return await self._accounts.account_numbers()

    async def live_identities(
        self, account_id: AccountId, first_day: str, last_day: str
    ) -> Mapping[bytes, Sequence[KnownIdentity]]:
        """Return an account's live entries of a stretch of days by identity, oldest first."""
        return await self._entries.live_identities(account_id, first_day, last_day)

    async def live_entries_of_bank_ids(
        self, bank_identities: Collection[bytes]
    ) -> Mapping[bytes, Sequence[LedgerEntry]]:
        """Return the live entries that hold any of these bank ids, by the id's digest."""
        return await self._entries.live_entries_of_bank_ids(bank_identities)

    async def live_anchors(self) -> Sequence[Anchor]:
        """Return every stated balance that is in force."""
        return await self._accounts.live_anchors()

    async def source_was_seen(self, sha256: bytes) -> bool:
        """Whether a file of that hash is in the ledger, in a batch that was not undone."""
        return await self._batches.source_was_seen(sha256)

    async def entries_beside(self, entry_ids: Collection[EntryId]) -> Mapping[EntryId, LedgerEntry]:
        """Return these entries and all that hang on them: parts, parents, other legs, what they were merged into."""
        found: dict[EntryId, LedgerEntry] = {}
        asked = set(entry_ids)
        while asked:
            entries = await self._entries.entries_of_ids(asked)
            found |= {entry.entry_id: entry for entry in entries}
            split = [e.entry_id for e in entries if e.role is EntryRole.SPLIT or e.removed]
            entries += await self._entries.parts_of(split)
            found |= {entry.entry_id: entry for entry in entries}
            named = {each for entry in entries for each in ids_beside(entry)}
            asked = named - found.keys() - asked
        return MappingProxyType(found)

    async def known_edits(self, edit_ids: Collection[UUID]) -> Collection[UUID]:
        """Return those of the ids under which an edit was applied before."""
        return await self._edits.known_edits(edit_ids)

    async def entries_of_account(self, account_id: AccountId) -> Sequence[LedgerEntry]:
        """Return every entry of an account, removed ones too, oldest id first."""
        return await self._entries.entries_of_account(account_id)

    async def writer_of(self, version: int) -> Writer | None:
        """Return who made a version of the ledger, where a batch made it."""
        return await self._batches.writer_of(version)

    async def closed_months(self) -> frozenset[str]:
        """Return the months that are closed now."""
        return await self._closings.closed_months()

    async def closings(self) -> Sequence[ClosingRecord]:
        """Return every closing, reopened ones too, oldest first."""
        return await self._closings.closings()

    async def sources(self) -> Sequence[SourceOfAccount]:
        """Return the files in force, once for each account that they stated something of."""
        return await self._closings.sources()
