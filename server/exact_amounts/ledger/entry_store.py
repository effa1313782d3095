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
from server.exact_amounts.ledger.plans import KnownIdentity
from server.exact_amounts.ledger.row_sealer import EntryRow, RowSealer
from server.exact_amounts.ledger.summed_rows import SummedEntry, SummedRow, SummedTable, tag_of
from server.shared_types.ids import AccountId, BatchId, EntryId

__all__ = ["EntryPage", "EntryStore"]

_QUERIES = load_queries("server.exact_amounts.ledger")

#: How many digests one look-up asks for: one statement for the driver to prepare, whatever the number.
_MACS_PER_LOOKUP = 250
_BANK_ID_MACS = ", ".join(f":mac_{place}" for place in range(_MACS_PER_LOOKUP))
_LIVE_ENTRIES_OF_BANK_IDS = _QUERIES["live_entries_of_bank_ids"].replace(
    "(:bank_id_macs)", f"({_BANK_ID_MACS})"
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
        for identity, entry_id, status in rows:
            known.setdefault(identity, []).append(
                KnownIdentity(entry_id=_entry_id(entry_id), status=_STATUSES[status])
            )
        return known

    async def live_entries_of_bank_ids(
        self, bank_identities: Collection[bytes]
    ) -> dict[bytes, list[LedgerEntry]]:
        """Return the live entries that hold any of these bank ids, by the id's digest."""
        asked = sorted(bank_identities)
        known: dict[bytes, list[LedgerEntry]] = {}
        for start in range(0, len(asked), _MACS_PER_LOOKUP):
            some = asked[start : start + _MACS_PER_LOOKUP]
            some += [some[-1]] * (_MACS_PER_LOOKUP - len(some))
            values: dict[str, object] = {f"mac_{place}": mac for place, mac in enumerate(some)}
            rows = await self._session.fetch_bulk(
                _LIVE_ENTRIES_OF_BANK_IDS, {"tenant_id": self._tenant, **values}
            )
            for row, entry in zip(rows, self._sealer.open_entries(rows), strict=True):
                known.setdefault(row[-1], []).append(entry)
        return known

    async def find(self, entry_id: EntryId) -> LedgerEntry:
        """Return an entry that is known to exist."""
        row = await self._session.fetch_one(
            _QUERIES["entry"], {"tenant_id": self._tenant, "entry_id": entry_id.bytes}
        )
        assert row is not None, "only entries that were looked up are asked for"
        return self._sealer.open_entries([row])[0]

    async def live_entries_of_batch(self, batch_id: BatchId) -> list[LedgerEntry]:
        """Return a batch's live entries."""
        rows = await self._session.fetch_bulk(
            _QUERIES["live_entries_of_batch"],
            {"tenant_id": self._tenant, "batch_id": batch_id.bytes},
        )
        return await asyncio.to_thread(self._sealer.open_entries, rows)

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
        before: list[SummedRow] = []
        for stored in entries:
            before += await sums.rows("summed_entry", entry_id=stored.entry.entry_id.bytes)
        rows = await asyncio.to_thread(self._rows, entries)
        await self._session.execute_many(_QUERIES["replace_entry"], rows)
        sums.swap(SummedTable.ENTRIES, before, map(_summed, rows))

    async def remove(
        self, batch_id: BatchId, entries: Sequence[LedgerEntry], sums: IntegrityStore
    ) -> None:
        """Write a batch's live entries as tombstones; each carries the version of its removal."""
        before = await sums.rows("summed_live_entries_of_batch", batch_id=batch_id.bytes)
        rows = await asyncio.to_thread(self._tombstones, entries)
        await self._session.execute_many(_QUERIES["remove_entry"], rows)
        await asyncio.to_thread(
            sums.swap, SummedTable.ENTRIES, before, map(_buried, zip(before, rows, strict=True))
        )

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
        }

    def _tombstones(self, entries: Iterable[LedgerEntry]) -> list[Mapping[str, Any]]:
        rows: list[Mapping[str, Any]] = []
        for entry in entries:
            amount_sealed, text_sealed = self._sealer.seal_entry(entry)
            rows.append(
                {
                    "tenant_id": self._tenant,
                    "entry_id": entry.entry_id.bytes,
                    "version": entry.version,
                    "key_version": self._sealer.key_version,
                    "amount_sealed": amount_sealed,
                    "text_sealed": text_sealed,
                }
            )
        return rows


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
    )


def _buried(pair: tuple[SummedRow, Mapping[str, Any]]) -> SummedEntry:
    """A live row as it is once its tombstone is written."""
    before, row = pair
    return SummedEntry(*before)._replace(
        version=row["version"],
        removed=1,
        key_version=row["key_version"],
        amount_tag=tag_of(row["amount_sealed"]),
        text_tag=tag_of(row["text_sealed"]),
    )


def _entry_id(raw: bytes) -> EntryId:
    return EntryId(UUID(bytes=raw))
