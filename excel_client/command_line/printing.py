"""Text tables and the progress line. Names that came from outside are stripped of what would steer a terminal."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Final, Self, TextIO

from excel_client.wire_format import Account

__all__ = ["Column", "ProgressLine", "accounts_table", "printable", "text_table"]

_QUIET_SECONDS: Final = 1.0
_TERMINAL_SECONDS: Final = 0.25
_LOG_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a text table."""

    heading: str
    right: bool = False


def printable(text: str) -> str:
    """Return a text without characters that move a cursor or change a terminal."""
    return "".join(character if character.isprintable() else " " for character in text)


def text_table(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> str:
    """Return rows as an aligned table with its headings."""
    shown = [[column.heading for column in columns], *(list(map(printable, row)) for row in rows)]
    widths = [max(len(row[index]) for row in shown) for index in range(len(columns))]
    lines = []
    for row in shown:
        cells = [
            cell.rjust(width) if column.right else cell.ljust(width)
            for cell, width, column in zip(row, widths, columns, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def accounts_table(accounts: Sequence[Account]) -> str:
    """Return accounts with their proofs, by name."""
    columns = (
        Column(heading="Account"),
        Column(heading="Currency"),
        Column(heading="Entries", right=True),
        Column(heading="Sum", right=True),
        Column(heading="Opening", right=True),
        Column(heading="Opening is"),
        Column(heading="Closing", right=True),
        Column(heading="Bank's balance", right=True),
        Column(heading="Difference", right=True),
        Column(heading="Proof"),
    )
    rows = [
        (
            account.name,
            account.currency,
            str(account.entries),
            account.sum,
            account.opening or "",
            account.opening_source,
            account.closing or "",
            account.bank_balance or "",
            account.difference or "",
            account.proof,
        )
        for account in sorted(accounts, key=lambda account: (account.name, account.id))
    ]
    return text_table(columns, rows)


class ProgressLine:
    """
    Says what is being done once it takes longer than a second; a context manager.

    On a terminal one line that is rewritten, elsewhere a line now and then.
    """

    def __init__(self, stream: TextIO, what: str) -> None:
        """`what` is shown until the first report."""
        self._stream = stream
        self._on_terminal = stream.isatty()
        self._lock = Lock()
        self._text = what
        self._width = 0
        self._done = Event()
        self._thread = Thread(target=self._tick, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()
        if self._width:
            self._stream.write(f"\r{' ' * self._width}\r")
            self._stream.flush()

    def __call__(self, what: str, done: int, total: int) -> None:
        """Report: `done` of `total`, where 0 means that the number is not known."""
        share = f" {done:,} of {total:,}" if total else f" {done:,}" if done else ""
        with self._lock:
            self._text = f"{what}{share}"

    def _tick(self) -> None:
        waited_until = time.monotonic() + _QUIET_SECONDS
        while not self._done.wait(max(waited_until - time.monotonic(), 0.0)):
            with self._lock:
                text = f"{printable(self._text)} ..."
            if self._on_terminal:
                self._stream.write(f"\r{text.ljust(self._width)}")
                self._width = len(text)
            else:
                self._stream.write(f"{text}\n")
            self._stream.flush()
            pause = _TERMINAL_SECONDS if self._on_terminal else _LOG_SECONDS
            waited_until = time.monotonic() + pause
