"""
What differs from one kind of database to the next: the words of a transaction and the driver's errors.

Everything above this module speaks `Dialect`; it must not know which kind it talks to.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Any, Protocol

from server.database.problems import DatabaseProblem
from server.shared_types.ids import TenantId

__all__ = ["Dialect", "HotReader"]


class Dialect(Protocol):
    """One kind of database, as the sessions and migrations need it."""

    @property
    def name(self) -> str:
        """The folder of its migrations."""

    @property
    def url(self) -> str:
        """What `databases` connects to."""

    @property
    def options(self) -> Mapping[str, Any]:
        """What `databases` hands to the driver for every connection."""

    @property
    def migration_lock(self) -> str:
        """A script that keeps other servers from migrating until the transaction ends; may be empty."""

    @property
    def migrates_at_start(self) -> bool:
        """Whether a server that starts may change the schema, or only its owner may."""

    @property
    def driver_errors(self) -> tuple[type[Exception], ...]:
        """Every error that the driver raises."""

    def problem_of(self, error: Exception) -> DatabaseProblem:
        """Translate one of `driver_errors`, leaving its text behind."""

    def writers_of(self, tenant_id: TenantId | None) -> Hashable:
        """Say which writers have to wait for each other: those with an equal answer."""

    async def begin_reading(self, raw: Any, tenant_id: TenantId | None, *, one_state: bool) -> None:
        """Begin a unit of work that reads this tenant's rows, each statement anew or all of one state."""

    async def begin_writing(self, raw: Any, tenant_id: TenantId | None) -> None:
        """Begin a transaction that will write this tenant's rows."""

    async def commit(self, raw: Any) -> None:
        """Commit what is open."""

    async def roll_back(self, raw: Any) -> None:
        """Roll back what is open."""

    async def fetch(
        self, raw: Any, query: str, values: Mapping[str, object]
    ) -> list[tuple[Any, ...]]:
        """Run a query on a raw connection and return every row."""

    async def execute(self, raw: Any, query: str, values: Mapping[str, object]) -> int:
        """Run a statement on a raw connection and return how many rows it touched."""

    async def execute_many(
        self, raw: Any, query: str, rows: Sequence[Mapping[str, object]]
    ) -> None:
        """Run a statement once for each row."""

    async def run_script(self, raw: Any, script: str) -> None:
        """Run a script of our own, however long it takes."""

    async def release_cut_off(self, raw: Any, release: Callable[[], Awaitable[None]]) -> None:
        """Stop what the connection runs, if anything, and release it, never to be used again."""

    def in_transaction(self, raw: Any) -> bool:
        """Whether a transaction is open."""

    def is_open(self, raw: Any) -> bool:
        """Whether the connection stands, as far as this side knows."""


class HotReader(Protocol):
    """Reads single rows by key, for look-ups that happen on every request."""

    async def read(
        self, query: str, values: Mapping[str, object], tenant_id: TenantId | None
    ) -> tuple[Any, ...] | None:
        """Return the first row of the latest committed state, or None; raise a DatabaseProblem."""

    async def close(self) -> None:
        """Close it; nothing may be read afterwards."""
