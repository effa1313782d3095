"""
What differs from one kind of database to the next: the words of a transaction and the driver's errors.

Everything above this module speaks `Dialect`; it must not know which kind it talks to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from server.database.problems import DatabaseProblem

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
    def begin(self) -> str:
        """The statement that begins a transaction that will write."""

    @property
    def driver_errors(self) -> tuple[type[Exception], ...]:
        """Every error that the driver raises."""

    def problem_of(self, error: Exception) -> DatabaseProblem:
        """Translate one of `driver_errors`, leaving its text behind."""

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

    async def interrupt(self, raw: Any) -> None:
        """Stop what the connection is running, if anything."""

    def in_transaction(self, raw: Any) -> bool:
        """Whether a transaction is open."""

    def prepare_storage(self) -> None:
        """Make what has to exist before the first connection, closed to other users."""

    def split(self, script: str) -> Iterator[str]:
        """Split a script into its statements."""

    def open_hot_reader(self) -> HotReader:
        """Open a reader for look-ups that happen on every request."""


class HotReader(Protocol):
    """A kept connection that reads single rows in the event loop's own thread."""

    def read(self, query: str, values: Mapping[str, object]) -> tuple[Any, ...] | None:
        """Return the first row of the latest committed state, or None."""

    def close(self) -> None:
        """Close it; nothing may be read afterwards."""
