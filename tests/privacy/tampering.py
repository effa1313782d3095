"""A sealed ledger on disk, and everything that somebody with the file and without a key can do to its rows."""

from __future__ import annotations

import copy
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from server.exact_amounts.ledger.summed_rows import SummedTable
from server.shared_types.ids import TenantId

__all__ = [
    "COVERED",
    "KEYS",
    "NOT_COVERED",
    "SEALED_ELSEWHERE",
    "Change",
    "Changes",
    "Rows",
    "Tampered",
    "columns_of_table",
    "read_rows",
    "write_rows",
]

Row = dict[str, Any]
#: Every row of every table, by the table's name.
Rows = dict[str, list[Row]]
Change = Callable[[Rows], "Tampered | None"]

#: Primary keys, without the tenant.
KEYS: Mapping[str, tuple[str, ...]] = {
    "entries": ("entry_id",),
    "accounts": ("account_id",),
    "account_numbers": ("number_mac",),
    "batches": ("batch_id",),
    "anchors": ("account_id", "stated_on", "batch_id", "source"),
    "idempotent_answers": ("idempotency_mac",),
    "edits": ("edit_id", "entry_id"),
    "sightings": ("entry_id", "batch_id"),
    "closings": ("closing_id",),
    "ledger_integrity": (),
    "tenants": (),
    "tenant_keys": ("key_version",),
    "tokens": ("token_id",),
}
#: Tables whose rows the sums cover.
COVERED = tuple(table.value for table in SummedTable)
#: Tables of a ledger that no sum covers, and why: who changes a lease lets two machines write at once or none for five
#: minutes, and the workbook's own check of what it read still holds; nothing of the ledger depends on it.
NOT_COVERED = ("workbook_leases",)
#: Records outside the ledger's tables.
SEALED_ELSEWHERE = (
    ("tenants", "name_sealed"),
    ("tokens", "label_sealed"),
    ("tenant_keys", "wrapped_key"),
)
#: What a plain word may become without breaking a rule of the schema.
_OTHER_WORDS = {
    "bucket": ("MICRO", "XLARGE"),
    "status": ("posted", "pending"),
    "kind": ("import", "typed"),
    "source": ("opening", "statement"),
    "account_type": ("checking", "savings"),
    "currency": ("EUR", "USD"),
    "role": ("whole", "adjustment"),
    "removal": ("user", "undone"),
    "purpose": ("edit", "balance"),
    "month": ("2026-01", "2026-02"),
}
#: Their values fit no other column.
_CLOSED_COLUMNS = frozenset({*_OTHER_WORDS, "tenant_id", "removed", "direction", "undone"})


@dataclass(frozen=True, slots=True)
class Tampered:
    """What was done, to be looked for."""

    #: The ids of ours in the rows that were touched.
    ids: frozenset[UUID] = field(default=frozenset())


def read_rows(path: Path) -> Rows:
    """Return every row of the tables above."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return {
            table: [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]
            for table in KEYS
        }


def write_rows(path: Path, before: Rows, after: Rows) -> None:
    """Put tables that differ into the file, past every rule that only the server keeps."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        for table, rows in after.items():
            if rows == before[table]:
                continue
            connection.execute(f"DELETE FROM {table}")
            for row in rows:
                names = ", ".join(row)
                marks = ", ".join("?" for _ in row)
                connection.execute(
                    f"INSERT INTO {table} ({names}) VALUES ({marks})", list(row.values())
                )
        connection.commit()


def _ids_of(table: str, *rows: Row) -> frozenset[UUID]:
    columns = {"anchors": "batch_id", "account_numbers": "account_id"}
    column = columns.get(table) or KEYS[table][0]
    return frozenset(UUID(bytes=row[column][:16]) for row in rows)


def _keys_are_unique(rows: Rows, table: str) -> bool:
    keys = [tuple(row[name] for name in ("tenant_id", *KEYS[table])) for row in rows[table]]
    return len(keys) == len(set(keys))


def _flipped(column: str, value: Any) -> Any:
    if column in _OTHER_WORDS:
        one, other = _OTHER_WORDS[column]
        return other if value == one else one
    match value:
        case bytes():
            return value[:-1] + bytes([value[-1] ^ 1])
        case int():
            small = column in {"removed", "direction", "undone"}
            return (0 if value else 1) if small else value + 1
        case str():
            return value[:-1] + chr(ord(value[-1]) ^ 1)
        case _:
            return None


@dataclass(frozen=True, slots=True)
class Changes:
    """What can be done to one tenant's rows; `None` where the rows leave nothing to do."""

    tenant: TenantId
    stranger: TenantId
    #: The rows as they were at an earlier version.
    older: Rows

    def _mine(self, rows: Rows, table: str) -> list[Row]:
        return [row for row in rows[table] if row["tenant_id"] == self.tenant.bytes]

    def _theirs(self, rows: Rows, table: str) -> list[Row]:
        return [row for row in rows[table] if row["tenant_id"] == self.stranger.bytes]

    def _older_of(self, table: str, row: Row) -> Row | None:
        key = ("tenant_id", *KEYS[table])
        for older in self.older[table]:
            if all(older[name] == row[name] for name in key):
                return older if older != row else None
        return None

    def flip(self, table: str, column: str) -> Change:
        """Another value in one column of one row."""

        def change(rows: Rows) -> Tampered | None:
            for row in self._mine(rows, table):
                if row[column] is not None:
                    ids = _ids_of(table, row) if table in COVERED else frozenset()
                    row[column] = _flipped(column, row[column])
                    return Tampered(ids | (_ids_of(table, row) if ids else frozenset()))
            return None

        return change

    def swap_rows(self, table: str, column: str) -> Change:
        """One column's values of two rows, exchanged."""

        def change(rows: Rows) -> Tampered | None:
            mine = self._mine(rows, table)
            for one in mine:
                for other in mine:
                    # Rows that differ in nothing else only change places: the table holds what it held.
                    differing = {name for name in one if one[name] != other[name]}
                    if column in differing and len(differing) > 1:
                        ids = _ids_of(table, one, other)
                        one[column], other[column] = other[column], one[column]
                        return Tampered(ids | _ids_of(table, one, other))
            return None

        return change

    def swap_tenants(self, table: str, column: str) -> Change:
        """One column's values of two tenants' rows, exchanged."""

        def change(rows: Rows) -> Tampered | None:
            for one in self._mine(rows, table):
                for other in self._theirs(rows, table):
                    if one[column] != other[column]:
                        ids = _ids_of(table, one) if table in COVERED else frozenset()
                        one[column], other[column] = other[column], one[column]
                        return Tampered(ids | (_ids_of(table, one) if ids else frozenset()))
            return None

        return change

    def swap_columns(self, table: str, column: str) -> Change:
        """A column's value and that of another column of its type, exchanged."""

        def change(rows: Rows) -> Tampered | None:
            for row in self._mine(rows, table):
                for there, other in self._alike(rows, row, column):
                    ids = _ids_of(table, row)
                    row[column], there[other] = there[other], row[column]
                    if _keys_are_unique(rows, table):
                        return Tampered(ids | _ids_of(table, row))
                    # Two rows of one key no database takes.
                    row[column], there[other] = there[other], row[column]
            return None

        return change

    def _alike(self, rows: Rows, row: Row, column: str) -> Iterator[tuple[Row, str]]:
        """Other columns of the row that could hold the same; of a row's only record, an entry's."""
        if column in _CLOSED_COLUMNS or row[column] is None:
            return
        sealed = column.endswith("_sealed")
        others = [(row, name) for name in row]
        if sealed:
            others += [(entry, "amount_sealed") for entry in self._mine(rows, "entries")]
        for there, name in others:
            if (
                type(there[name]) is type(row[column])
                and there[name] != row[column]
                and name.endswith("_sealed") == sealed
                and name not in _CLOSED_COLUMNS
            ):
                yield there, name

    def roll_back_column(self, table: str, column: str) -> Change:
        """A column's value of an earlier version in the row of today."""

        def change(rows: Rows) -> Tampered | None:
            for row in self._mine(rows, table):
                older = self._older_of(table, row)
                if older is not None and older[column] != row[column]:
                    row[column] = older[column]
                    return Tampered(_ids_of(table, row) if table in COVERED else frozenset())
            return None

        return change

    def roll_back_row(self, table: str, *, version: bool, sums: bool) -> Change:
        """A whole row of an earlier version, alone or together with the ledger's version or sums of that time."""

        def change(rows: Rows) -> Tampered | None:
            for place, row in enumerate(rows[table]):
                older = self._older_of(table, row)
                if row["tenant_id"] == self.tenant.bytes and older is not None:
                    rows[table][place] = copy.deepcopy(older)
                    if version:
                        self._restore(rows, "tenants")
                    if sums:
                        self._restore(rows, "ledger_integrity")
                    return Tampered(_ids_of(table, row))
            return None

        return change

    def drop(self, table: str) -> Change:
        """A row that is gone."""

        def change(rows: Rows) -> Tampered | None:
            for row in self._mine(rows, table):
                rows[table].remove(row)
                return Tampered(_ids_of(table, row) if table in COVERED else frozenset())
            return None

        return change

    def drop_new_row(self, table: str, *, version: bool, sums: bool) -> Change:
        """A row that an earlier version did not have is gone, alone or with the version or sums of that time."""

        def change(rows: Rows) -> Tampered | None:
            key = ("tenant_id", *KEYS[table])
            older = {tuple(row[name] for name in key) for row in self.older[table]}
            for row in self._mine(rows, table):
                if tuple(row[name] for name in key) not in older:
                    rows[table].remove(row)
                    if version:
                        self._restore(rows, "tenants")
                    if sums:
                        self._restore(rows, "ledger_integrity")
                    return Tampered(_ids_of(table, row))
            return None

        return change

    def add_copy(self, table: str) -> Change:
        """A copy of a row under another id."""

        def change(rows: Rows) -> Tampered | None:
            for row in self._mine(rows, table):
                added = dict(row)
                name = KEYS[table][0]
                added[name] = added[name][:-1] + bytes([added[name][-1] ^ 0x55])
                if table == "accounts":
                    added["name_mac"] = bytes(32)
                rows[table].append(added)
                return Tampered(_ids_of(table, added))
            return None

        return change

    def bring_over(self, table: str) -> Change:
        """Another tenant's row, made this one's."""

        def change(rows: Rows) -> Tampered | None:
            for row in self._theirs(rows, table):
                rows[table].append(dict(row) | {"tenant_id": self.tenant.bytes})
                return Tampered(_ids_of(table, row))
            return None

        return change

    def _restore(self, rows: Rows, table: str) -> None:
        older = [row for row in self.older[table] if row["tenant_id"] == self.tenant.bytes]
        others = [row for row in rows[table] if row["tenant_id"] != self.tenant.bytes]
        rows[table] = others + copy.deepcopy(older)

    def restore_everything(self, rows: Rows) -> Tampered | None:
        """All of the ledger as it was at an earlier version."""
        for table in (*COVERED, "ledger_integrity", "tenants"):
            self._restore(rows, table)
        return Tampered()


def columns_of_table(rows: Rows, table: str) -> Iterator[str]:
    """Every column of a table but the tenant's."""
    yield from (name for name in rows[table][0] if name != "tenant_id")
