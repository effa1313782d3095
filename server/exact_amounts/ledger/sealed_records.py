"""Which sealed records a row holds, and what each of them is bound to. Pure; it opens nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from server.exact_amounts.ledger.row_sealer import bare_place, edit_place
from server.exact_amounts.ledger.summed_rows import SummedTable
from server.sealing.contexts import Context
from server.sealing.records import RowPlace

__all__ = [
    "SEALED_TABLES",
    "SealedRecord",
    "record_columns",
    "records_of",
    "row_id_of_records",
]

_ID_BYTES = 16
_NO_DATE = ""

#: A row of the queries `records_of_...`, see `record_columns`.
RecordsRow = tuple[Any, ...]


class SealedRecord(NamedTuple):
    """A record, the column it stands in and its place."""

    column: str
    context: Context
    record: bytes
    place: RowPlace


def _of_entry(row: RecordsRow) -> list[SealedRecord]:
    entry_id, version, account_id, currency, posted_on, amount, text = row
    place = (entry_id, version, account_id, currency, posted_on)
    return [
        SealedRecord("amount_sealed", Context.ENTRY_AMOUNT, amount, place),
        SealedRecord("text_sealed", Context.ENTRY_TEXT, text, place),
    ]


def _of_account(row: RecordsRow) -> list[SealedRecord]:
    account_id, version, currency, name, number = row
    place = (account_id, version, account_id, currency, _NO_DATE)
    records = [SealedRecord("name_sealed", Context.ACCOUNT_NAME, name, place)]
    if number is not None:
        records.append(SealedRecord("number_sealed", Context.ACCOUNT_NUMBER, number, place))
    return records


def _of_batch(row: RecordsRow) -> list[SealedRecord]:
    batch_id, version, source = row
    if source is None:
        return []
    place = bare_place(batch_id, version)
    return [SealedRecord("source_sealed", Context.BATCH_SOURCE, source, place)]


def _of_anchor(row: RecordsRow) -> list[SealedRecord]:
    batch_id, version, account_id, currency, stated_on, balance = row
    # Without its account an anchor has no currency, and does not open.
    place = (batch_id, version, account_id, currency or "", stated_on)
    return [SealedRecord("balance_sealed", Context.ANCHOR_BALANCE, balance, place)]


def _of_answer(row: RecordsRow) -> list[SealedRecord]:
    idempotency_mac, version, answer = row
    place = bare_place(idempotency_mac[:_ID_BYTES], version)
    return [SealedRecord("answer_sealed", Context.IDEMPOTENT_ANSWER, answer, place)]


def _of_edit(row: RecordsRow) -> list[SealedRecord]:
    edit_id, entry_id, version, edit = row
    return [SealedRecord("edit_sealed", Context.EDIT, edit, edit_place(edit_id, entry_id, version))]


def _of_closing(row: RecordsRow) -> list[SealedRecord]:
    closing_id, version, evidence, reason = row
    place = bare_place(closing_id, version)
    records = [SealedRecord("evidence_sealed", Context.EVIDENCE, evidence, place)]
    if reason is not None:
        records.append(SealedRecord("reason_sealed", Context.REOPENING_REASON, reason, place))
    return records


_RECORDS: Mapping[SummedTable, Callable[[RecordsRow], list[SealedRecord]]] = MappingProxyType(
    {
        SummedTable.ENTRIES: _of_entry,
        SummedTable.ACCOUNTS: _of_account,
        SummedTable.BATCHES: _of_batch,
        SummedTable.ANCHORS: _of_anchor,
        SummedTable.ANSWERS: _of_answer,
        SummedTable.EDITS: _of_edit,
        SummedTable.CLOSINGS: _of_closing,
    }
)

_COLUMNS: Mapping[SummedTable, tuple[str, ...]] = MappingProxyType(
    {
        SummedTable.ENTRIES: (
            *("entry_id", "version", "account_id", "currency", "posted_on"),
            *("amount_sealed", "text_sealed"),
        ),
        SummedTable.ACCOUNTS: (
            *("account_id", "version", "currency"),
            *("name_sealed", "number_sealed"),
        ),
        SummedTable.BATCHES: ("batch_id", "version", "source_sealed"),
        SummedTable.ANCHORS: (
            *("batch_id", "version", "account_id", "currency", "stated_on"),
            "balance_sealed",
        ),
        SummedTable.ANSWERS: ("idempotency_mac", "version", "answer_sealed"),
        SummedTable.EDITS: ("edit_id", "entry_id", "version", "edit_sealed"),
        SummedTable.CLOSINGS: ("closing_id", "version", "evidence_sealed", "reason_sealed"),
    }
)

#: Tables with sealed records.
SEALED_TABLES = tuple(_RECORDS)


def record_columns(table: SummedTable) -> tuple[str, ...]:
    """Return the columns of a row of `records_of_...`, in their order."""
    return _COLUMNS[table]


def records_of(table: SummedTable, row: RecordsRow) -> list[SealedRecord]:
    """Return the records of a row that has the columns above."""
    return _RECORDS[table](row)


def row_id_of_records(row: RecordsRow) -> UUID | None:
    """Return the id by which such a row is named: its first column."""
    raw: bytes = row[0]
    return UUID(bytes=raw[:_ID_BYTES]) if len(raw) >= _ID_BYTES else None
