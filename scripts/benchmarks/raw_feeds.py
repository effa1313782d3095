"""
The change feed as a bare loop: sqlite3, AES-GCM and msgspec over the rows of the server's own database file.

It is written against the format of the sealed record, not with the server's sealers, and gives the entries in the
server's JSON, byte for byte. It knows one key version, no removed entries and no cursors.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.exact_amounts.ledger.wire import EntryAnswer
from server.sealing.derivation import derive_key
from server.sealing.master_key_file import open_master_key_file
from server.shared_types.categories import DEFAULT_CATEGORIES
from server.shared_types.ids import TenantId

__all__ = ["RawFeed", "data_keys"]

_KEY_VERSION: Final = 1
_KEY_PLACE: Final = struct.Struct(">16sI")
#: Header and nonce come before the sealed bytes.
_NONCE_AT: Final = 5
_BODY_AT: Final = 17
_AMOUNT, _TEXT = 1, 100
_COMMON: Final = struct.Struct(">HBHHHIH16s")
_ROW: Final = struct.Struct(">H16sHQH16sH3sH10s")

_ENTRIES: Final = """
SELECT entry_id, version, account_id, currency, posted_on, amount_sealed, text_sealed, status, bucket FROM entries
WHERE tenant_id = ? AND removed = 0 ORDER BY version, entry_id
"""
_CATEGORY_NAMES: Final[Mapping[str | None, str | None]] = {
    None: None,
    **{category_id: category.name for category_id, category in DEFAULT_CATEGORIES.items()},
}


def data_keys(database: Path, master_key_file: Path, tenant_id: TenantId) -> dict[int, bytes]:
    """Return a tenant's data keys by their version."""
    master_keys = open_master_key_file(master_key_file)
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute(
            "SELECT key_version, wrapped_key, master_key_id FROM tenant_keys WHERE tenant_id = ?",
            (tenant_id.bytes,),
        ).fetchall()
    return {
        version: master_keys.find(master_key_id).unwrap(wrapped, tenant_id, version)
        for version, wrapped, master_key_id in rows
    }


class RawFeed:
    """The entries of a ledger, read with nothing between the loop and the libraries."""

    def __init__(self, database: Path, tenant_id: TenantId, keys: Mapping[int, bytes]) -> None:
        assert set(keys) == {_KEY_VERSION}, "the loop knows one key version"
        self._database = database
        self._tenant = tenant_id.bytes
        place = _KEY_PLACE.pack(self._tenant, _KEY_VERSION)
        key = keys[_KEY_VERSION]
        self._amounts = AESGCM(derive_key(key, b"pennyvault/1/amounts/" + place))
        self._texts = AESGCM(derive_key(key, b"pennyvault/1/texts/" + place))

    def pages(self, size: int) -> Iterator[bytes]:
        """Yield the entries as JSON arrays of so many."""
        page = []
        for row, amount, text in self.opened():
            page.append(_answer(row, amount.decode(), msgspec.json.decode(text)))
            if len(page) == size:
                yield msgspec.json.encode(page)
                page = []
        if page:
            yield msgspec.json.encode(page)

    def opened(self) -> Iterator[tuple[tuple[Any, ...], bytes, bytes]]:
        """Yield each row with the plaintexts of its amount and its text."""
        amounts, texts, bound = self._amounts.decrypt, self._texts.decrypt, _ROW.pack
        of_amount, of_text = (
            _COMMON.pack(1, 1, 2, context, 4, _KEY_VERSION, 16, self._tenant)
            for context in (_AMOUNT, _TEXT)
        )
        with closing(sqlite3.connect(self._database)) as connection:
            for row in connection.execute(_ENTRIES, (self._tenant,)):
                entry_id, version, account_id, currency, posted_on, amount, text, _, _ = row
                place = bound(
                    16, entry_id, 8, version, 16, account_id, 3, currency.encode(), 10, posted_on.encode()
                )  # fmt: skip
                yield (
                    row,
                    _unpadded(
                        amounts(amount[_NONCE_AT:_BODY_AT], amount[_BODY_AT:], of_amount + place)
                    ),
                    _unpadded(texts(text[_NONCE_AT:_BODY_AT], text[_BODY_AT:], of_text + place)),
                )


def _unpadded(padded: bytes) -> bytes:
    return padded.rstrip(b"\0")[:-1]


def _uuid(raw: bytes) -> str:
    digits = raw.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _answer(row: tuple[Any, ...], amount: str, text: list[Any]) -> EntryAnswer:
    entry_id, version, account_id, currency, posted_on, _, _, status, bucket = row
    amount, _, original = amount.partition(" ")
    original_amount, _, original_currency = original.partition(" ")
    return EntryAnswer(
        _uuid(entry_id),
        version,
        _uuid(account_id),
        text[3],
        None,
        posted_on,
        amount,
        currency,
        original_amount or None,
        original_currency or None,
        text[0],
        text[1],
        _CATEGORY_NAMES[text[5]],
        text[6],
        text[7],
        tuple(text[8]),
        text[9],
        bucket,
        status,
        None,
        (),
        removed=False,
    )
