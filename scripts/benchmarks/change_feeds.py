"""The change feed of a large ledger, against a bare loop over the same rows, and against itself without seals."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from benchmarks.clusters import add_database, copy_ledger
from benchmarks.measuring import Better, Figure, compare, seconds_of
from benchmarks.raw_feeds import RawFeed, data_keys
from benchmarks.stage import ENTRIES, LargeLedger, Stage
from server.buckets_only.categorisation.categorise import categorise_all
from server.database.sessions import Database
from server.exact_amounts.ledger.ledger_store import LedgerStore
from server.exact_amounts.ledger.ports import ChangesAsked
from server.sealing.contexts import Context
from server.sealing.keys import Purpose, TenantKeyRing, TenantKeys
from server.sealing.master_key_file import open_master_key_file
from server.sealing.ports import KeyDatabase, KeyRows
from server.sealing.records import RecordBox, SealedRow
from server.shared_types.clock import new_id, system_clock
from server.shared_types.ids import TenantId

__all__ = ["change_feed", "change_feed_postgresql", "sealed_feed"]

#: As many as the client asks for.
_PAGE_ENTRIES = 10_000
_RUNS = 7
_EPOCH = "benchmark"
_HEAD_BYTES = 1_000
_CURSOR = re.compile(rb'"cursor":"([^"]*)","more":(true|false)')
_ENTRY_CONTEXTS = frozenset({Context.ENTRY_AMOUNT, Context.ENTRY_TEXT})


class _OpenBox(RecordBox):
    """Leaves entries as they are stored."""

    def open_rows(self, context: Context, rows: Iterable[SealedRow]) -> list[bytes]:
        if context in _ENTRY_CONTEXTS:
            return [row[0] for row in rows]
        return super().open_rows(context, rows)


class _UnsealedKeys(TenantKeys):
    """Keys whose handles leave entries as they are stored."""

    __slots__ = ()

    def _record_box(self, purpose: Purpose, block: int) -> RecordBox:
        return _OpenBox(
            tenant=self.tenant_id.bytes,
            ciphers=self._ciphers[purpose],
            version=self.version,
            block=block,
            random_bytes=self._random_bytes,
            tally=self._tally,
        )


class _UnsealedKeyRing(TenantKeyRing):
    """A ring that holds the keys of one tenant."""

    __slots__ = ("_unsealed",)

    def __init__(self, ledger: LargeLedger, keys: Mapping[int, bytes]) -> None:
        super().__init__(open_master_key_file(ledger.data / "master.key"))
        self._unsealed = _UnsealedKeys(tenant_id=ledger.tenant_id, data_keys=keys)

    async def open(self, source: KeyRows | KeyDatabase, tenant_id: TenantId) -> TenantKeys:  # noqa: ARG002 - as its base
        assert tenant_id == self._unsealed.tenant_id
        return self._unsealed


@contextmanager
def _feed(url: str, keys: TenantKeyRing, tenant: TenantId) -> Iterator[Callable[[], object]]:
    """Yield a function that reads the whole feed of a ledger's store, page by page, as the server does for a client."""
    with asyncio.Runner() as runner:
        opened = runner.run(Database.open(url))
        store = LedgerStore(opened, keys, system_clock, new_id, _EPOCH, categorise_all)
        runner.run(store.begin_sums(tenant))
        try:
            yield lambda: runner.run(_read_all(store, tenant))
        finally:
            runner.run(opened.close())


async def _read_all(store: LedgerStore, tenant: TenantId) -> list[bytes]:
    return [page async for page in _pages(store, tenant)]


async def _pages(store: LedgerStore, tenant: TenantId) -> AsyncIterator[bytes]:
    cursor: str | None = None
    more = True
    while more:
        epoch = None if cursor is None else _EPOCH
        page = await store.changes(
            tenant, ChangesAsked(epoch=epoch, cursor=cursor, limit=_PAGE_ENTRIES)
        )
        head = _CURSOR.search(page, 0, _HEAD_BYTES)
        assert head is not None, "a page begins with its cursor"
        cursor, more = head[1].decode(), head[2] == b"true"
        yield page


def _entries_per_second(read: Callable[[], object]) -> float:
    return ENTRIES / seconds_of(read)


def change_feed(stage: Stage) -> Sequence[Figure]:
    """
    The sealed feed of 100,000 entries, every page of 10,000 as JSON, in one process without HTTP.

    The peer is a loop of sqlite3, AES-GCM and msgspec over the same rows of the same file, see `raw_feeds`: it opens
    amount and text with the right key and associated data and makes the same JSON of the entries; both are compared
    once. Ours also finds each page by its cursor and gives the accounts with their proof, reckoned once before.
    """
    ledger = stage.ledger
    return _beside_raw_feed("change-feed", ledger, f"sqlite:///{ledger.database}", target=0.5)


def change_feed_postgresql(stage: Stage) -> Sequence[Figure]:
    """The same rows copied to a PostgreSQL on this machine, beside the same loop over the SQLite file."""
    ledger, place = stage.ledger, add_database(stage.cluster)
    copy_ledger(ledger.database, place)
    return _beside_raw_feed("change-feed-postgresql", ledger, place.url, target=None)


def _beside_raw_feed(
    name: str, ledger: LargeLedger, url: str, target: float | None
) -> Sequence[Figure]:
    ring = TenantKeyRing(open_master_key_file(ledger.data / "master.key"))
    raw = RawFeed(
        ledger.database,
        ledger.tenant_id,
        data_keys(ledger.database, ledger.data / "master.key", ledger.tenant_id),
    )

    def read_raw() -> list[bytes]:
        return list(raw.pages(_PAGE_ENTRIES))

    with _feed(url, ring, ledger.tenant_id) as read:
        _check_same_entries(read(), read_raw())
        rate, raw_rate = compare(
            lambda: _entries_per_second(read), lambda: _entries_per_second(read_raw), _RUNS
        )
    return (
        Figure(
            name=name,
            ours=rate,
            peer=raw_rate,
            unit="entries/s",
            peer_name="a loop of sqlite3, AES-GCM and msgspec",
            better=Better.RATE,
            target=target,
        ),
    )


def _check_same_entries(pages: object, raw_pages: Sequence[bytes]) -> None:
    assert isinstance(pages, list)
    for page, raw_page in zip(pages, raw_pages, strict=True):
        assert page.endswith(b'"entries":' + raw_page + b"}"), "both sides give the same entries"


def sealed_feed(stage: Stage) -> Sequence[Figure]:
    """
    The same feed, against itself without seals.

    The peer runs the same code on a copy of the database in which the amounts and texts of entries stand as plaintexts,
    with keys that hand them through: neither decrypted, nor bound to their place, nor padded.
    """
    ledger = stage.ledger
    keys = data_keys(ledger.database, ledger.data / "master.key", ledger.tenant_id)
    ring = TenantKeyRing(open_master_key_file(ledger.data / "master.key"))
    copy = stage.folder("sealed-feed") / "unsealed.db"
    _copy_unsealed(ledger, keys, copy)
    with (
        _feed(f"sqlite:///{ledger.database}", ring, ledger.tenant_id) as read,
        _feed(
            f"sqlite:///{copy}", _UnsealedKeyRing(ledger, keys), ledger.tenant_id
        ) as read_unsealed,
    ):
        assert _entries_of(read()) == _entries_of(read_unsealed())
        rate, unsealed_rate = compare(
            lambda: _entries_per_second(read), lambda: _entries_per_second(read_unsealed), _RUNS
        )
    return (
        Figure(
            name="sealed-feed",
            ours=rate,
            peer=unsealed_rate,
            unit="entries/s",
            peer_name="the same feed unsealed",
            better=Better.RATE,
            target=0.45,
        ),
    )


def _entries_of(pages: object) -> list[bytes]:
    assert isinstance(pages, list)
    return [page.partition(b'"entries":')[2] for page in pages]


def _copy_unsealed(ledger: LargeLedger, keys: Mapping[int, bytes], path: Path) -> None:
    raw = RawFeed(ledger.database, ledger.tenant_id, keys)
    rows = [(amount, text, row[0]) for row, amount, text in raw.opened()]
    with (
        closing(sqlite3.connect(ledger.database)) as source,
        closing(sqlite3.connect(path)) as copy,
    ):
        source.backup(copy)
        copy.executemany(
            "UPDATE entries SET amount_sealed = ?, text_sealed = ? WHERE tenant_id = ? AND entry_id = ?",
            [(amount, text, ledger.tenant_id.bytes, entry_id) for amount, text, entry_id in rows],
        )
        # The sums over the rows are made anew by the store: these rows are others.
        copy.execute("DELETE FROM ledger_integrity")
        copy.commit()
        # Plaintexts are shorter: the pages of the file lie together again.
        copy.execute("VACUUM")
