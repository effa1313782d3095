"""
What a workbook says of itself: which ledger it follows, up to where, and a checksum over its rows. Pure.

Never a server's address and never a secret. The checksum does not depend on the order of the rows, which is the
user's; it shows a row that was deleted, and a base that was changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from excel_client.problems import NewerWorkbook, NotOurWorkbook
from workbooks.sheet_map import TEMPLATE_VERSION, StateKey

__all__ = ["LedgerKeys", "RowsSeal", "WorkbookState", "read_state", "seal_rows"]

_CURSOR = re.compile(r"([0-9]{1,18})\..*")


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsSeal:
    """How many rows are ours, and their checksum."""

    rows: int
    checksum: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkbookState:
    """The content of the hidden sheet; "" where there is nothing yet."""

    template_version: int = TEMPLATE_VERSION
    #: A UUID of the workbook's own, the same in its copies: whoever writes into it holds a lease on this.
    workbook: str = ""
    ledger: str = ""
    epoch: str = ""
    cursor: str = ""
    seal: RowsSeal | None = None

    def cells(self) -> dict[StateKey, str]:
        """The state as text cells by key."""
        return {
            StateKey.TEMPLATE_VERSION: str(self.template_version),
            StateKey.WORKBOOK_ID: self.workbook,
            StateKey.LEDGER_ID: self.ledger,
            StateKey.EPOCH: self.epoch,
            StateKey.CURSOR: self.cursor,
            StateKey.ROW_COUNT: "" if self.seal is None else str(self.seal.rows),
            StateKey.CHECKSUM: "" if self.seal is None else self.seal.checksum,
        }

    @property
    def seen_version(self) -> int:
        """The ledger's version up to which the workbook has seen every change; 0 where that can't be told."""
        found = _CURSOR.fullmatch(self.cursor)
        return int(found[1]) if found else 0

    def says_more_than(self, other: WorkbookState) -> bool:
        """Whether it differs from another by more than how far the ledger was read."""
        return replace(self, cursor=other.cursor) != other


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerKeys:
    """The two hidden columns of the Ledger that the merge goes by, from the first data row down."""

    #: Row of the sheet on which the first data row stands, counted from 1.
    first_row: int
    entry_ids: Sequence[object]
    bases: Sequence[object]

    def positions(self) -> tuple[dict[str, int], dict[str, tuple[int, ...]]]:
        """Where each Entry ID stands first, counted from 0, and all the places of those that stand twice."""
        first: dict[str, int] = {}
        doubled: dict[str, list[int]] = {}
        for position, entry_id in enumerate(self.entry_ids):
            if type(entry_id) is not str or not entry_id:
                continue
            if first.setdefault(entry_id, position) != position:
                doubled.setdefault(entry_id, [first[entry_id]]).append(position)
        return first, {entry_id: tuple(places) for entry_id, places in doubled.items()}

    def seal(self) -> RowsSeal:
        """The seal of the rows as they stand."""
        return seal_rows(zip(self.entry_ids, self.bases, strict=True))


def read_state(cells: Mapping[str, object]) -> WorkbookState:
    """Return the state that the hidden sheet's cells hold; raise NotOurWorkbook or NewerWorkbook."""
    texts = {key: "" if value is None else _text_of(value) for key, value in cells.items()}
    version = texts.get(StateKey.TEMPLATE_VERSION, "")
    if not version.isdecimal():
        raise NotOurWorkbook
    if int(version) > TEMPLATE_VERSION:
        raise NewerWorkbook
    rows, checksum = texts.get(StateKey.ROW_COUNT, ""), texts.get(StateKey.CHECKSUM, "")
    return WorkbookState(
        template_version=int(version),
        workbook=texts.get(StateKey.WORKBOOK_ID, ""),
        ledger=texts.get(StateKey.LEDGER_ID, ""),
        epoch=texts.get(StateKey.EPOCH, ""),
        cursor=texts.get(StateKey.CURSOR, ""),
        seal=RowsSeal(rows=int(rows), checksum=checksum) if rows.isdecimal() else None,
    )


def _text_of(value: object) -> str:
    """The text of a cell that a program may have turned into a number."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def seal_rows(rows: Iterable[tuple[object, object]]) -> RowsSeal:
    """Return the seal over (Entry ID, Base) pairs; a row without one of them is the user's own and not counted."""
    lines = [
        f"{entry_id} {base}"
        for entry_id, base in rows
        if type(entry_id) is str and type(base) is str and entry_id and base
    ]
    lines.sort()
    digest = blake2b("\n".join(lines).encode("utf-8", "surrogatepass"), digest_size=8)
    return RowsSeal(rows=len(lines), checksum=digest.hexdigest())
