"""
What the rows measure on: a folder for the run; a ledger of 100,000 entries and a PostgreSQL, made when first asked for.

The ledger is imported from OFX statements, with the client, through the server's own API.
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from uuid import UUID

import httpx

from benchmarks.clusters import start_cluster
from benchmarks.processes import output_of, pennyvault, running_server
from server.shared_types.ids import TenantId
from tests.fixtures.statements.make_statement import MadeAccount, many_transactions, ofx_statement
from tests.postgresql import Cluster

__all__ = ["CHANGED_ENTRIES", "ENTRIES", "LargeLedger", "Stage", "open_stage"]

_ACCOUNTS = 5
#: Of one account, one after the other in time.
_STATEMENTS = 40
_TRANSACTIONS = 500
ENTRIES = _ACCOUNTS * _STATEMENTS * _TRANSACTIONS
#: One pending transaction in each statement is posted later.
CHANGED_ENTRIES = _ACCOUNTS * _STATEMENTS


@dataclass(frozen=True, slots=True, kw_only=True)
class LargeLedger:
    """A server of its own with 100,000 entries of five accounts, 200 of them pending."""

    origin: str
    key_file: Path
    #: Where the server keeps its database and its keys.
    data: Path
    #: Statements after which those 200 are posted.
    later_statements: tuple[Path, ...]
    tenant_id: TenantId

    @property
    def flags(self) -> list[str]:
        """How the client finds it."""
        return ["--server", self.origin, "--key-file", str(self.key_file)]

    @property
    def database(self) -> Path:
        """The server's database."""
        return self.data / "pennyvault.db"

    def import_statements(self, statements: tuple[Path, ...]) -> int:
        """Import files with the client; return how many entries they added."""
        told = output_of(pennyvault("import", *self.flags, "--yes", "--json", *statements))
        return sum(imported["added"] for imported in json.loads(told))


class Stage:
    """The folder of a run, and what is in it."""

    def __init__(self, folder: Path, exits: ExitStack) -> None:
        self._folder = folder
        self._exits = exits

    def folder(self, name: str) -> Path:
        """A new folder for a row."""
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self._folder))

    @cached_property
    def cluster(self) -> Cluster:
        """A PostgreSQL without a database, started at the first call."""
        return start_cluster(self._exits)

    @cached_property
    def ledger(self) -> LargeLedger:
        """The large ledger, built at the first call."""
        print("  building a ledger of 100,000 entries", file=sys.stderr)
        folder = self.folder("ledger")
        statements, later = _write_statements(folder)
        server = [sys.executable, "-m", "server.command_line", "serve", "--port", "0"]
        port = self._exits.enter_context(
            running_server(
                [*server, "--port-file"],
                folder,
                PENNYVAULT_DATA_DIR=str(folder / "data"),
                PENNYVAULT_SIGNUP="open",
                PENNYVAULT_ENVIRONMENT="test",
            )
        )
        origin, key_file = f"http://127.0.0.1:{port}", folder / "api-key"
        flags = ["--server", origin, "--key-file", str(key_file)]
        output_of(pennyvault("login", *flags, "--sign-up", "A large ledger"))
        key = key_file.read_text(encoding="ascii").strip()
        profile = httpx.get(f"{origin}/v1/profile", headers={"Authorization": f"Bearer {key}"})
        ledger = LargeLedger(
            origin=origin,
            key_file=key_file,
            data=folder / "data",
            later_statements=later,
            tenant_id=TenantId(UUID(profile.raise_for_status().json()["ledger"])),
        )
        added = ledger.import_statements(statements)
        assert added == ENTRIES, added
        return ledger


@contextlib.contextmanager
def open_stage() -> Iterator[Stage]:
    """Yield a stage in a new folder; stop and remove everything afterwards."""
    with tempfile.TemporaryDirectory(prefix="pennyvault-") as folder, ExitStack() as exits:
        yield Stage(Path(folder), exits)


def _write_statements(folder: Path) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Write the statements of every account, and those that post what was pending; return their paths."""
    statements, later = [], []
    for number in range(_ACCOUNTS):
        account = MadeAccount(account_id=f"1234567{number}")
        made = many_transactions(_STATEMENTS * _TRANSACTIONS, seed=number + 1)
        # At other days than in the other accounts, so that the workbook's rows lie far apart.
        waiting = (2 * number + 1) * _TRANSACTIONS // (2 * _ACCOUNTS)
        for first in range(0, len(made), _TRANSACTIONS):
            some = list(made[first : first + _TRANSACTIONS])
            some[waiting] = replace(some[waiting], pending=True)
            path = folder / f"account-{number}-from-{first}.ofx"
            path.write_bytes(ofx_statement([replace(account, transactions=some)]))
            statements.append(path)
        posted = made[waiting::_TRANSACTIONS]
        path = folder / f"account-{number}-posted.ofx"
        path.write_bytes(ofx_statement([replace(account, transactions=posted)]))
        later.append(path)
    return tuple(statements), tuple(later)
