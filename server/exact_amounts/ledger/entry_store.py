"""Entries in the database: sealed rows in, entries out. It decides nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from uuid import UUID

from server.database.queries import load_queries
from server.database.sessions import Session
from server.exact_amounts.disclosure import get_magnitude_bucket
from server.exact_amounts.entries.entry import EntryStatus, LedgerEntry
from server.exact_amounts.ledger.applying import StoredEntry
from server.exact_amounts.ledger.integrity_store import IntegrityStore
from server.exact_amounts.ledger.lookups import fetch_many, written_out
from server.exact_amounts.ledger.plans import KnownIdentity
from server.exact_amounts.ledger.row_sealer import EntryRow, RowSealer
from server.exact_amounts.ledger.summed_rows import SummedEntry, SummedRow, SummedTable, tag_of
from server.shared_types.ids import AccountId, BatchId, EntryId

__all__ = ["EntryPage", "EntryStore"]

_QUERIES = load_queries("server.exact_amounts.ledger")

_LIVE_ENTRIES_OF_BANK_IDS = written_out(_QUERIES["live_entries_of_bank_ids"], "bank_id_macs")
_BY_IDS = MappingProxyType(
    {
        name: written_out(_QUERIES[name], "entry_ids")
        for name in ("entries_of_ids", "parts_of", "digests_of_entries")
    }
)

_STATUSES = MappingProxyType({status.value: status for status in EntryStatus})


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPage:
    """Which entries to list, by date and id."""

    account_id: AccountId | None
    #: ISO 8601 dates, both inclusive.
    first_day: str
    last_day: str
    after_day: str
    after_id: bytes
    limit: int


class EntryStore:
    """The entries of one ledger, within one unit of work."""

    def __init__(self, session: Session, sealer: RowSealer) -> None:
        self._session = session
        self._sealer = sealer
        self._tenant = sealer.tenant_id.bytes

    async def live_identities(
        self, account_id: AccountId, first_day: str, last_day: str
    ) -> dict[bytes, list[KnownIdentity]]:
        """Return an account's live entries of a stretch of days by identity, oldest first."""
        rows = await self._session.fetch_bulk(
            _QUERIES["live_identities"],
            {
                "tenant_id": self._tenant,
                "account_id": account_id.bytes,
                "first_day": first_day,
                "last_day": last_day,
            },
        )
        known: dict[bytes, list[KnownIdentity]] = {}
        for identity, entry_id, status, removed in rows:
            known.setdefault(identity, []).append(
                KnownIdentity(
                    entry_id=_entry_id(entry_id), status=_STATUSES[status], is_gone=bool(removed)
                )
            )
        return known

    async def live_entries_of_bank_ids(
        self, bank_identities: Collection[bytes]
    ) -> dict[bytes, list[LedgerEntry]]:
        """Return the live entries that hold any of these bank ids, by the id's digest."""
        values = {"tenant_id": self._tenant}
        rows = await fetch_many(self._session, _LIVE_ENTRIES_OF_BANK_IDS, bank_identities, values)
        known: dict[bytes, list[LedgerEntry]] = {}
        entries = await asyncio.to_thread(self._sealer.open_entries, rows)
        for row, entry in zip(rows, entries, strict=True):
            known.setdefault(row[-1], []).append(entry)
        return known

    async def entries_of_ids(self, entry_ids: Collection[EntryId]) -> list[LedgerEntry]:
        """Return the entries of these ids that there are, removed ones too."""
        rows = await self._rows_of("entries_of_ids", entry_ids)
        return await asyncio.to_thread(self._sealer.open_entries, rows)

    async def parts_of(self, entry_ids: Collection[EntryId]) -> list[LedgerEntry]:
        """Return the parts of these entries, removed ones too."""
        rows = await self._rows_of("parts_of", entry_ids)
        return await asyncio.to_thread(self._sealer.open_entries, rows)

    async def _rows_of(self, query: str, entry_ids: Collection[EntryId]) -> list[tuple[Any, ...]]:
        ids = [entry_id.bytes for entry_id in entry_ids]
        return await fetch_many(self._session, _BY_IDS[query], ids, {"tenant_id": self._tenant})

    async def stored(self, entry_ids: Collection[EntryId]) -> list[StoredEntry]:
        """Return entries with the digests that stand beside them."""
        rows = await self._rows_of("digests_of_entries", entry_ids)
        digests = {raw: (identity, bank_identity) for raw, identity, bank_identity in rows}
        found = []
        for entry in await self.entries_of_ids(entry_ids):
            identity, bank_identity = digests[entry.entry_id.bytes]
            found.append(StoredEntry(entry=entry, identity=identity, bank_identity=bank_identity))
        return found

    async def merged_entries(self) -> list[LedgerEntry]:
        """Return the entries that others stand for since they were merged."""
        return await self._every("merged_entries")

    async def live_adjustments(self) -> list[LedgerEntry]:
        """Return the adjustments that are in force."""
        return await self._every("live_adjustments")

    async def entries_of_account(self, account_id: AccountId) -> list[LedgerEntry]:
        """Return every entry of an account, removed ones too."""
        return await self._every("entries_of_account", account_id=account_id.bytes)

    async def _every(self, query: str, **values: object) -> list[LedgerEntry]:
        rows = await self._session.fetch_bulk(
            _QUERIES[query], {"tenant_id": self._tenant, **values}
        )
        return await asyncio.to_thread(self._sealer.open_entries, rows)

    async def entries_of_batch(self, batch_id: BatchId) -> list[LedgerEntry]:
        """Return a batch's live entries, and those that a person removed or merged."""
        return await self._every("entries_of_batch", batch_id=batch_id.bytes)

    async def posted_entries(self) -> list[LedgerEntry]:
        """Return every live posted entry."""
        rows = await self._session.fetch_bulk(
            _QUERIES["posted_entries"], {"tenant_id": self._tenant}
        )
        return await asyncio.to_thread(self._sealer.open_entries, rows)

    async def posted_amounts(self) -> list[tuple[Any, ...]]:
        """Return what a proof needs of every live posted entry, still sealed."""
        return await self._session.fetch_bulk(
            _QUERIES["posted_amounts"], {"tenant_id": self._tenant}
        )

    async def adjustments_by_account(self) -> dict[AccountId, int]:
        """Return how many adjustments are in force, for the accounts that have any."""
        rows = await self._session.fetch_all(
            _QUERIES["adjustments_by_account"], {"tenant_id": self._tenant}
        )
        return {AccountId(UUID(bytes=raw)): count for raw, count in rows}

    async def page(self, page: EntryPage) -> list[EntryRow]:
        """Return the rows of a listing, still sealed; one more than the limit if there are more."""
        values: dict[str, object] = {
            "tenant_id": self._tenant,
            "first_day": page.first_day,
            "last_day": page.last_day,
            "after_day": page.after_day,
            "after_id": page.after_id,
            "limit": page.limit + 1,
        }
        if page.account_id is None:
            return await self._session.fetch_bulk(_QUERIES["page_of_entries"], values)
        values["account_id"] = page.account_id.bytes
        return await self._session.fetch_bulk(_QUERIES["page_of_account_entries"], values)

    async def page_of_changes(self, position: Mapping[str, object]) -> list[EntryRow]:
        """Return the rows of a page of the change feed, still sealed."""
        return await self._session.fetch_bulk(
            _QUERIES["page_of_changes"], {"tenant_id": self._tenant, **position}
        )

    async def add(self, entries: Sequence[StoredEntry], sums: IntegrityStore) -> None:
        """Add new entries."""
        rows = await asyncio.to_thread(self._rows, entries)
        await self._session.execute_many(_QUERIES["add_entry"], rows)
        await asyncio.to_thread(sums.swap, SummedTable.ENTRIES, (), map(_summed, rows))

    async def replace(self, entries: Sequence[StoredEntry], sums: IntegrityStore) -> None:
        """Write entries anew, each in its place."""
        if not entries:
            return
        before = await sums.entries([stored.entry.entry_id for stored in entries])
        rows = await asyncio.to_thread(self._rows, entries)
        await self._session.execute_many(_QUERIES["replace_entry"], rows)
        sums.swap(SummedTable.ENTRIES, before, map(_summed, rows))

    async def edit(self, entries: Sequence[LedgerEntry], sums: IntegrityStore) -> None:
        """Write entries anew that keep account, date and amount, each with its new version."""
        before = await sums.entries([entry.entry_id for entry in entries])
        await self._write_edited(entries, before, sums)

    async def edit_batch(
        self, batch_id: BatchId, entries: Sequence[LedgerEntry], sums: IntegrityStore
    ) -> None:
        """Write entries of one batch anew, however many: as tombstones, or as another batch's from now on."""
        ids = {entry.entry_id.bytes for entry in entries}
        live = await sums.rows("summed_entries_of_batch", batch_id=batch_id.bytes)
        await self._write_edited(entries, [row for row in live if row[0] in ids], sums)

    async def _write_edited(
        self, entries: Sequence[LedgerEntry], before: Sequence[SummedRow], sums: IntegrityStore
    ) -> None:
        if not entries:
            return
        rows = await asyncio.to_thread(self._edited_rows, entries)
        await self._session.execute_many(_QUERIES["edit_entry"], rows)
        by_id = {row["entry_id"]: row for row in rows}
        after = [_resummed(row, by_id[row[0]]) for row in before]
        await asyncio.to_thread(sums.swap, SummedTable.ENTRIES, before, after)

    def _rows(self, entries: Iterable[StoredEntry]) -> list[Mapping[str, Any]]:
        return [self._row(stored) for stored in entries]

    def _row(self, stored: StoredEntry) -> Mapping[str, Any]:
        entry = stored.entry
        amount_sealed, text_sealed = self._sealer.seal_entry(entry)
        return {
            "tenant_id": self._tenant,
            "entry_id": entry.entry_id.bytes,
            "version": entry.version,
            "account_id": entry.account_id.bytes,
            "batch_id": entry.batch_id.bytes,
            "posted_on": entry.posted_on,
            "currency": entry.amount.currency,
            "bucket": get_magnitude_bucket(entry.amount.exact_value, entry.amount.currency).value,
            "direction": entry.amount.sign,
            "status": entry.status.value,
            "removed": int(entry.removed),
            "key_version": self._sealer.key_version,
            "amount_sealed": amount_sealed,
            "text_sealed": text_sealed,
            "identity_mac": stored.identity,
            "bank_id_mac": stored.bank_identity,
            **_standing(entry),
        }

    def _edited_rows(self, entries: Iterable[LedgerEntry]) -> list[Mapping[str, Any]]:
        rows: list[Mapping[str, Any]] = []
        for entry in entries:
            amount_sealed, text_sealed = self._sealer.seal_entry(entry)
            rows.append(
                {
                    "tenant_id": self._tenant,
                    "entry_id": entry.entry_id.bytes,
                    "version": entry.version,
                    "batch_id": entry.batch_id.bytes,
                    "removed": int(entry.removed),
                    "key_version": self._sealer.key_version,
                    "amount_sealed": amount_sealed,
                    "text_sealed": text_sealed,
                    **_standing(entry),
                }
            )
        return rows


def _standing(entry: LedgerEntry) -> dict[str, Any]:
    """What an entry is to others, as its row says it."""
    return {
        "role": entry.role.value,
        "parent_id": entry.parent_id.bytes if entry.parent_id else None,
        "statement_on": entry.statement_on,
        "removal": entry.removal.value if entry.removal else None,
    }


def _summed(row: Mapping[str, Any]) -> SummedEntry:
    return SummedEntry(
        row["entry_id"],
        row["version"],
        row["account_id"],
        row["batch_id"],
        row["posted_on"],
        row["currency"],
        row["bucket"],
        row["direction"],
        row["status"],
        row["removed"],
        row["key_version"],
        row["identity_mac"],
        row["bank_id_mac"],
        tag_of(row["amount_sealed"]),
        tag_of(row["text_sealed"]),
        row["role"],
        row["parent_id"],
        row["statement_on"],
        row["removal"],
    )


def _resummed(before: SummedRow, row: Mapping[str, Any]) -> SummedEntry:
    """A row as it is once its entry was edited."""
    return SummedEntry(*before)._replace(
        version=row["version"],
        batch_id=row["batch_id"],
        removed=row["removed"],
        key_version=row["key_version"],
        amount_tag=tag_of(row["amount_sealed"]),
        text_tag=tag_of(row["text_sealed"]),
        role=row["role"],
        parent_id=row["parent_id"],
        statement_on=row["statement_on"],
        removal=row["removal"],
    )


def _entry_id(raw: bytes) -> EntryId:
    return EntryId(UUID(bytes=raw))
