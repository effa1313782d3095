"""
Rows of the ledger, sealed and opened: the one module of the room that knows how plaintexts are written.

* amount: the literal, and where there is an original amount its literal and currency, separated by spaces
* balance: who stated it, a space, the literal
* text: a JSON array, see `written_texts`
* names and numbers: UTF-8; a batch's source: a JSON array; an answer: the JSON that was sent
* the sums over rows: MessagePack, by table the number of rows and the four sums of `row_sums`, 32 bytes each
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import UUID

import msgspec

from server.exact_amounts.entries.entry import (
    Anchor,
    AnchorSource,
    EntryRole,
    EntryStatus,
    LedgerEntry,
    Removal,
)
from server.exact_amounts.entries.money import EXACT, ExactAmount
from server.exact_amounts.ledger.identities import Identities
from server.exact_amounts.ledger.plans import BatchSource
from server.exact_amounts.ledger.row_sums import RowSums
from server.exact_amounts.ledger.summed_rows import SummedRow, SummedTable, encode_row
from server.exact_amounts.ledger.wire import EntryAnswer
from server.exact_amounts.ledger.written_texts import WrittenText, entry_text, written_text
from server.sealing.amounts import AmountSealer
from server.sealing.contexts import FIRST_TEXT_CONTEXT, Context
from server.sealing.identifiers import IdentifierMac
from server.sealing.integrity import RowMacs
from server.sealing.keys import TenantKeys
from server.sealing.problems import SealBroken
from server.sealing.records import NO_ACCOUNT, RowPlace
from server.sealing.texts import TextSealer
from server.shared_types.categories import DEFAULT_CATEGORIES
from server.shared_types.ids import AccountId, BatchId, EntryId, TenantId

__all__ = ["EntryRow", "PostedTotals", "RowSealer", "bare_place", "edit_place"]

#: amount_sealed, entry_id, version, account_id, currency, posted_on, text_sealed, status, removed, batch_id,
#: role, parent_id, statement_on, removal, ...
EntryRow = tuple[Any, ...]

_NO_CURRENCY = ""
_NO_DATE = ""
_ID_BYTES = 16
_SUM_BYTES = 32
#: Two of the longest literals (a sign, 18 digits, a point, 9 digits), a currency and the spaces between.
_TWO_AMOUNTS_CHARACTERS = 2 * 29 + 3 + 2
#: The longest word for who stated a balance, the longest literal of one, and the space between.
_STATED_BALANCE_CHARACTERS = 9 + 1 + 29

_STATUSES = MappingProxyType({status.value: status for status in EntryStatus})
_ROLES = MappingProxyType({role.value: role for role in EntryRole})
_REMOVALS = MappingProxyType({removal.value: removal for removal in Removal} | {None: None})
_CATEGORY_NAMES = MappingProxyType(
    {category_id: category.name for category_id, category in DEFAULT_CATEGORIES.items()}
    | {None: None}
)


class _Source(msgspec.Struct, frozen=True, array_like=True):
    """Where a batch came from, as it is sealed."""

    file_name: str
    sha256: bytes


class _Sums(msgspec.Struct, frozen=True, array_like=True):
    """A table's sums, as they are sealed."""

    count: int
    powers: tuple[bytes, bytes, bytes, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedTotals:
    """An account's posted entries, summed exactly."""

    count: int = 0
    #: The sum per ISO calendar date.
    by_day: dict[str, Decimal] = field(default_factory=dict, repr=False)


def _entry(row: EntryRow, amount: str, text: WrittenText) -> LedgerEntry:
    _, entry_id, version, account_id, currency, posted_on, _, status, removed, batch_id = row[:10]
    role, parent_id, statement_on, removal = row[10:14]
    literal, *original = amount.split()
    return LedgerEntry(
        entry_id=EntryId(UUID(bytes=entry_id)),
        version=version,
        account_id=AccountId(UUID(bytes=account_id)),
        batch_id=BatchId(UUID(bytes=batch_id)),
        posted_on=posted_on,
        amount=ExactAmount(Decimal(literal), currency),
        original=ExactAmount(Decimal(original[0]), original[1]) if original else None,
        text=entry_text(text),
        status=_STATUSES[status],
        removed=bool(removed),
        removal=_REMOVALS[removal],
        role=_ROLES[role],
        parent_id=EntryId(UUID(bytes=parent_id)) if parent_id is not None else None,
        statement_on=statement_on,
    )


class RowSealer:
    """Seals and opens the rows of one ledger."""

    def __init__(self, tenant_id: TenantId, keys: TenantKeys) -> None:
        self.tenant_id = tenant_id
        self.identities = Identities(IdentifierMac(keys))
        #: The version of the key that new rows are sealed with.
        self.key_version = keys.version
        self._amounts = AmountSealer(keys)
        self._texts = TextSealer(keys)
        self._text_decoder = msgspec.json.Decoder(WrittenText)
        self._row_macs = {table: RowMacs(keys, table.encode()) for table in SummedTable}

    def seal_entry(self, entry: LedgerEntry) -> tuple[bytes, bytes]:
        """Return an entry's sealed amount and sealed text."""
        place = (
            entry.entry_id.bytes,
            entry.version,
            entry.account_id.bytes,
            entry.amount.currency,
            entry.posted_on,
        )
        amount = entry.amount.literal()
        if entry.original is not None:
            amount = f"{amount} {entry.original.literal()} {entry.original.currency}"
            # Two amounts may need a second block: it is always filled, or its being there told their size.
            amount = amount.ljust(_TWO_AMOUNTS_CHARACTERS)
        return (
            self._amounts.seal_rows(Context.ENTRY_AMOUNT, [(amount.encode(), *place)])[0],
            self._texts.seal_rows(Context.ENTRY_TEXT, [(written_text(entry.text), *place)])[0],
        )

    def _open_amounts(self, rows: Sequence[EntryRow]) -> list[bytes]:
        return self._amounts.open_rows(
            Context.ENTRY_AMOUNT,
            [(row[0], row[1], row[2], row[3], row[4], row[5]) for row in rows],
        )

    def _open_texts(self, rows: Sequence[EntryRow]) -> list[bytes]:
        return self._texts.open_rows(
            Context.ENTRY_TEXT,
            [(row[6], row[1], row[2], row[3], row[4], row[5]) for row in rows],
        )

    def open_entries(self, rows: Sequence[EntryRow]) -> list[LedgerEntry]:
        """Return the entries of rows, in their order; raise SealBroken where one was tampered with."""
        opened = zip(rows, self._open_amounts(rows), self._open_texts(rows), strict=True)
        return [
            _entry(row, amount.decode(), self._text_decoder.decode(text))
            for row, amount, text in opened
        ]

    def entry_answers(self, rows: Sequence[EntryRow]) -> list[EntryAnswer]:
        """
        Return rows (with their bucket as fifteenth column) as the wire has them.

        The loop that a large ledger waits for: no number is made of an amount here, its literal goes through.
        """
        answers = []
        account_ids: dict[bytes, str] = {}
        decode = self._text_decoder.decode
        opened = zip(rows, self._open_amounts(rows), self._open_texts(rows), strict=True)
        for row, amount_opened, text_opened in opened:
            _, entry_id, version, account_id, currency, day, _, status, removed = row[:9]
            role, parent_id, statement_on, removal, bucket = row[10:]
            amount, original_amount, original_currency = amount_opened.decode(), None, None
            if " " in amount:
                amount, original_amount, original_currency = amount.split()
            text = decode(text_opened)
            account = account_ids.get(account_id)
            if account is None:
                account = account_ids[account_id] = str(UUID(bytes=account_id))
            digits = entry_id.hex()
            answers.append(
                EntryAnswer(
                    f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}",
                    version,
                    account,
                    text.bank_id,
                    str(UUID(bytes=parent_id)) if parent_id is not None else None,
                    day,
                    amount,
                    currency,
                    original_amount,
                    original_currency,
                    text.description,
                    text.merchant,
                    _CATEGORY_NAMES[text.category_id],
                    text.category_source,
                    text.notes,
                    text.tags,
                    text.reviewed,
                    bucket,
                    "split" if role == "split" else status,
                    text.transfer_id,
                    (),
                    removed == 1,
                    role,
                    statement_on,
                    removal,
                )
            )
        return answers

    def posted_totals(self, rows: Sequence[EntryRow]) -> dict[AccountId, PostedTotals]:
        """Return the exact daily sums of rows that hold a sealed amount, its place and its day, by account."""
        sums: dict[bytes, dict[str, Decimal]] = {}
        counts: dict[bytes, int] = {}
        amounts = self._amounts.open_rows(Context.ENTRY_AMOUNT, [row[:6] for row in rows])
        for row, amount in zip(rows, amounts, strict=True):
            account, day = row[3], row[6]
            number = Decimal(amount.decode().partition(" ")[0])
            by_day = sums.setdefault(account, {})
            before = by_day.get(day)
            by_day[day] = number if before is None else EXACT.add(before, number)
            counts[account] = counts.get(account, 0) + 1
        return {
            AccountId(UUID(bytes=account)): PostedTotals(count=counts[account], by_day=by_day)
            for account, by_day in sums.items()
        }

    def seal_anchor(self, anchor: Anchor) -> bytes:
        """Return a stated balance, sealed together with who stated it."""
        stated = f"{anchor.source.value} {anchor.balance.literal()}"
        plaintext = stated.ljust(_STATED_BALANCE_CHARACTERS).encode()
        place = (
            anchor.batch_id.bytes,
            anchor.version,
            anchor.account_id.bytes,
            anchor.balance.currency,
            anchor.stated_on,
        )
        return self._amounts.seal_rows(Context.ANCHOR_BALANCE, [(plaintext, *place)])[0]

    def open_anchor(self, row: tuple[Any, ...]) -> Anchor:
        """Return a stated balance: sealed balance, batch, version, account, currency, date, source."""
        _, batch_id, version, account_id, currency, stated_on, source = row
        (plaintext,) = self._amounts.open_rows(Context.ANCHOR_BALANCE, [row[:6]])
        sealed_source, literal = plaintext.decode().split()
        if sealed_source != source:
            raise SealBroken
        return Anchor(
            account_id=AccountId(UUID(bytes=account_id)),
            batch_id=BatchId(UUID(bytes=batch_id)),
            version=version,
            stated_on=stated_on,
            balance=ExactAmount(Decimal(literal), currency),
            source=AnchorSource(source),
        )

    def seal_account_text(
        self, text: str, context: Context, account_id: AccountId, version: int, currency: str
    ) -> bytes:
        """Return an account's name or number, sealed."""
        place = (account_id.bytes, version, account_id.bytes, currency, _NO_DATE)
        return self._seal_text(text.encode(), context, place)

    def open_account_text(
        self, sealed: bytes, context: Context, account_id: AccountId, version: int, currency: str
    ) -> str:
        """Return an account's name or number."""
        place = (account_id.bytes, version, account_id.bytes, currency, _NO_DATE)
        return self._open_text(sealed, context, place).decode()

    def seal_source(self, source: BatchSource, batch_id: BatchId, version: int) -> bytes:
        """Return the source of a batch, sealed."""
        plaintext = msgspec.json.encode(_Source(source.file_name, source.sha256))
        return self._seal_text(plaintext, Context.BATCH_SOURCE, bare_place(batch_id.bytes, version))

    def open_source(self, sealed: bytes, batch_id: BatchId, version: int) -> BatchSource:
        """Return the source of a batch."""
        place = bare_place(batch_id.bytes, version)
        plaintext = self._open_text(sealed, Context.BATCH_SOURCE, place)
        source = msgspec.json.decode(plaintext, type=_Source)
        return BatchSource(file_name=source.file_name, sha256=source.sha256)

    def seal_answer(self, answer: bytes, idempotency_mac: bytes, version: int) -> bytes:
        """Return the answer to a write, sealed."""
        place = bare_place(idempotency_mac[:_ID_BYTES], version)
        return self._seal_text(answer, Context.IDEMPOTENT_ANSWER, place)

    def open_answer(self, sealed: bytes, idempotency_mac: bytes, version: int) -> bytes:
        """Return the answer to a write."""
        place = bare_place(idempotency_mac[:_ID_BYTES], version)
        return self._open_text(sealed, Context.IDEMPOTENT_ANSWER, place)

    def seal_edit(self, written: bytes, edit_id: UUID, entry_id: EntryId, version: int) -> bytes:
        """Return what is kept of an edit for one entry, sealed."""
        place = edit_place(edit_id.bytes, entry_id.bytes, version)
        return self._amounts.seal_rows(Context.EDIT, [(written, *place)])[0]

    def open_edit(self, sealed: bytes, edit_id: UUID, entry_id: EntryId, version: int) -> bytes:
        """Return what is kept of an edit for one entry."""
        place = edit_place(edit_id.bytes, entry_id.bytes, version)
        return self._amounts.open_rows(Context.EDIT, [(sealed, *place)])[0]

    def seal_evidence(self, evidence: bytes, closing_id: UUID, version: int) -> bytes:
        """Return a closed month's evidence, sealed; it is written so that its length tells no digit."""
        place = bare_place(closing_id.bytes, version)
        return self._amounts.seal_rows(Context.EVIDENCE, [(evidence, *place)])[0]

    def open_evidence(self, sealed: bytes, closing_id: UUID, version: int) -> bytes:
        """Return a closed month's evidence."""
        place = bare_place(closing_id.bytes, version)
        return self._amounts.open_rows(Context.EVIDENCE, [(sealed, *place)])[0]

    def seal_reason(self, reason: str, closing_id: UUID, version: int) -> bytes:
        """Return why a month was reopened, sealed."""
        place = bare_place(closing_id.bytes, version)
        return self._seal_text(reason.encode(), Context.REOPENING_REASON, place)

    def open_reason(self, sealed: bytes, closing_id: UUID, version: int) -> str:
        """Return why a month was reopened."""
        place = bare_place(closing_id.bytes, version)
        return self._open_text(sealed, Context.REOPENING_REASON, place).decode()

    def digests(self, table: SummedTable, rows: Iterable[SummedRow]) -> list[bytes]:
        """Return the keyed digest of each row of a table; they are summed and never stored."""
        return self._row_macs[table].macs(map(encode_row, rows))

    def seal_sums(self, sums: Mapping[SummedTable, RowSums], version: int) -> bytes:
        """Return the sums over a ledger's rows, sealed for one version of it."""
        written = {
            table.value: _Sums(
                each.count,
                tuple(number.to_bytes(_SUM_BYTES) for number in each.powers),  # type: ignore[arg-type] # four of them
            )
            for table, each in sums.items()
        }
        place = bare_place(self.tenant_id.bytes, version)
        return self._seal_text(msgspec.msgpack.encode(written), Context.LEDGER_SUMS, place)

    def open_sums(self, sealed: bytes, version: int) -> dict[SummedTable, RowSums]:
        """Return the sums over a ledger's rows."""
        place = bare_place(self.tenant_id.bytes, version)
        plaintext = self._open_text(sealed, Context.LEDGER_SUMS, place)
        sums = {}
        for name, each in msgspec.msgpack.decode(plaintext, type=dict[str, _Sums]).items():
            a, b, c, d = (int.from_bytes(number) for number in each.powers)
            sums[SummedTable(name)] = RowSums(count=each.count, powers=(a, b, c, d))
        return sums

    @staticmethod
    def key_version_of(record: bytes) -> int:
        """Return the version of the key that sealed a record."""
        return int.from_bytes(record[1:5])

    def open_record(self, sealed: bytes, context: Context, place: RowPlace) -> bytes:
        """Return what any record of the ledger holds; raise SealBroken."""
        handle = self._amounts if context < FIRST_TEXT_CONTEXT else self._texts
        return handle.open_rows(context, [(sealed, *place)])[0]

    def reseal_record(self, sealed: bytes, context: Context, place: RowPlace) -> bytes:
        """Return the same content in a new record, under the key that new records are sealed with."""
        handle = self._amounts if context < FIRST_TEXT_CONTEXT else self._texts
        content = self.open_record(sealed, context, place)
        return handle.seal_rows(context, [(content, *place)])[0]

    def _seal_text(self, plaintext: bytes, context: Context, place: RowPlace) -> bytes:
        return self._texts.seal_rows(context, [(plaintext, *place)])[0]

    def _open_text(self, sealed: bytes, context: Context, place: RowPlace) -> bytes:
        return self._texts.open_rows(context, [(sealed, *place)])[0]


def edit_place(edit_id: bytes, entry_id: bytes, version: int) -> RowPlace:
    """Return the place of what is kept of an edit for one entry."""
    return (edit_id, version, entry_id, _NO_CURRENCY, _NO_DATE)


def bare_place(row_id: bytes, version: int) -> RowPlace:
    """Return the place of a row that belongs to no account and no day."""
    return (row_id, version, NO_ACCOUNT, _NO_CURRENCY, _NO_DATE)
