"""A bank's page of transactions stored in a sealed ledger, against the typed decoding of such a page alone."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
from environment import peers_python

from benchmarks.bank_pages import page_as_json, page_as_read
from benchmarks.clusters import add_database
from benchmarks.measuring import Better, Figure, compare, seconds_of
from benchmarks.processes import number_told_by
from benchmarks.stage import Stage
from server.audit.trail import AuditTrail
from server.buckets_only.categorisation.categorise import categorise_all
from server.database.migrations import prepare_schema
from server.database.sessions import Database
from server.exact_amounts.entries.entry import AccountType
from server.exact_amounts.entries.statement import StatementTransaction
from server.exact_amounts.ledger.ledger_store import LedgerStore
from server.exact_amounts.ledger.plans import BatchKind, BatchPlan, BatchSource, PlannedAccount
from server.exact_amounts.ledger.ports import LedgerWrites, OnceOnly
from server.exact_amounts.statements.import_plan import plan_rows
from server.identity.identity_service import IdentityRules, IdentityService, SignedUp
from server.sealing.keys import TenantKeyRing
from server.sealing.master_key_file import open_master_key_file
from server.settings import Environment
from server.shared_types.clock import new_id, system_clock
from server.shared_types.ids import AccountId
from tests.fixtures.statements.make_statement import many_transactions

__all__ = ["stored_page", "stored_page_postgresql"]

_EPOCH = "benchmark"
_RUNS: Final = 7
_TRANSACTIONS: Final = 500
#: Stored before the first run.
_PAGES_BEFORE: Final = 20

#: Run by the interpreter that has the peer: decode once to warm up, then once with the clock running.
_PEER_PROGRAM = """
import sys, time
from types import SimpleNamespace
from plaid import ApiClient, Configuration
from plaid.model.transactions_sync_response import TransactionsSyncResponse
client = ApiClient(Configuration())
with open(sys.argv[1], encoding="utf-8") as file:
    answer = SimpleNamespace(data=file.read())
def decode():
    page = client.deserialize(answer, (TransactionsSyncResponse,), True)
    assert len(page.added) == int(sys.argv[2]), len(page.added)
decode()
started = time.perf_counter()
decode()
print(time.perf_counter() - started)
"""


class _StoredAnswer(msgspec.Struct):
    version: int
    added: int


class _OpenLedger:
    """A ledger with one account, into which pages are stored one after the other."""

    def __init__(self, runner: asyncio.Runner, store: LedgerStore, owner: SignedUp) -> None:
        self._runner = runner
        self._store = store
        self._owner = owner
        self._account_id = AccountId(new_id())
        self._pages = 0
        self._runner.run(self._open_account())

    def store_page(self, transactions: Sequence[StatementTransaction]) -> None:
        """Store a page in a unit of work of its own, as an import stores a file."""
        self._pages += 1
        answer = self._runner.run(self._store_page(f"page {self._pages}", transactions))
        assert msgspec.json.decode(answer, type=_StoredAnswer).added == len(transactions)

    def live_entries(self) -> int:
        """How many entries the ledger has; it is checked against its sums."""
        (state,) = self._runner.run(self._store.accounts(self._owner.tenant_id))
        return state.entries

    async def _open_account(self) -> None:
        account = PlannedAccount(
            account_id=self._account_id,
            name="Everyday Checking",
            account_type=AccountType.CHECKING,
            currency="USD",
        )

        async def act(writing: LedgerWrites) -> _StoredAnswer:
            opened = await writing.open_account(account)
            return _StoredAnswer(opened.version, 0)

        await self._store.write_once(self._once("account"), act)

    async def _store_page(self, name: str, transactions: Sequence[StatementTransaction]) -> bytes:
        sha256 = hashlib.sha256(name.encode()).digest()

        async def act(writing: LedgerWrites) -> _StoredAnswer:
            rows = plan_rows(self._account_id, transactions, writing.identities)
            plan = BatchPlan(
                kind=BatchKind.IMPORT,
                source=BatchSource(file_name=name, sha256=sha256),
                entries=tuple(row.entry for row in rows),
            )
            applied = await writing.apply(plan)
            return _StoredAnswer(applied.version, len(applied.entry_ids))

        return await self._store.write_once(self._once(name), act)

    def _once(self, name: str) -> OnceOnly:
        return OnceOnly(
            tenant_id=self._owner.tenant_id,
            principal_id=self._owner.principal_id,
            idempotency_key=name,
            request=("benchmark", name),
        )


@contextmanager
def _open_ledger(folder: Path, url: str) -> Iterator[_OpenLedger]:
    """Yield a new ledger in a database; its master key is a file in the folder."""
    with asyncio.Runner() as runner:
        database = runner.run(Database.open(url))
        try:
            runner.run(prepare_schema(database))
            keys = TenantKeyRing(open_master_key_file(folder / "master.key"))
            identity = IdentityService(
                database,
                keys,
                IdentityRules(environment=Environment.TEST, epoch=_EPOCH, sign_up_open=True),
                trail=AuditTrail(system_clock),
                clock=system_clock,
                new_id=new_id,
                random_bytes=os.urandom,
            )
            owner = runner.run(identity.sign_up("A ledger of pages", "The benchmark"))
            store = LedgerStore(database, keys, system_clock, new_id, _EPOCH, categorise_all)
            yield _OpenLedger(runner, store, owner)
        finally:
            runner.run(database.close())


def stored_page(stage: Stage) -> Sequence[Figure]:
    """
    A page of 500 transactions stored in a SQLite ledger that holds 10,000, in one transaction of one process.

    From what a reader gives to the commit: identities, buckets, categories, seals, rows, sums, the trail and the kept
    answer. Links to banks are not built yet, so ours decodes no JSON and does not ask which transactions the ledger has
    already. The peer decodes a page of 500 into its models, and stores nothing.
    """
    folder = stage.folder("stored-page")
    url = f"sqlite:///{folder / 'pennyvault.db'}"
    return _measured("stored-page", folder, url, target=20)


def stored_page_postgresql(stage: Stage) -> Sequence[Figure]:
    """The same in a PostgreSQL on this machine, which waits for the disk at every commit."""
    folder = stage.folder("stored-page-postgresql")
    url = add_database(stage.cluster).url
    return _measured("stored-page-postgresql", folder, url, target=None)


def _measured(name: str, folder: Path, url: str, target: float | None) -> Sequence[Figure]:
    made = many_transactions((_PAGES_BEFORE + _RUNS) * _TRANSACTIONS)
    pages = [made[first : first + _TRANSACTIONS] for first in range(0, len(made), _TRANSACTIONS)]
    new_pages = iter([page_as_read(page) for page in pages[_PAGES_BEFORE:]])
    path = folder / "page.json"
    path.write_bytes(page_as_json(pages[_PAGES_BEFORE]))
    command = [str(peers_python()), "-c", _PEER_PROGRAM, str(path), str(_TRANSACTIONS)]
    with _open_ledger(folder, url) as ledger:
        for page in pages[:_PAGES_BEFORE]:
            ledger.store_page(page_as_read(page))

        def store_next() -> float:
            page = next(new_pages)
            return seconds_of(lambda: ledger.store_page(page))

        ours, peer = compare(store_next, lambda: number_told_by(command), _RUNS)
        assert ledger.live_entries() == len(made)
    return (
        Figure(
            name=name,
            ours=ours,
            peer=peer,
            unit="s",
            peer_name="plaid-python 46.0.0, decoding alone",
            better=Better.FASTER,
            target=target,
        ),
    )
