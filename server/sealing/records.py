"""
The sealed record: how bytes are padded, bound to their place and encrypted.

    format byte 1 | key version u32 | nonce 12 | AES-256-GCM of the padded plaintext, tag 16

Numbers are big-endian. The plaintext is padded by ISO/IEC 7816-4 (0x80, then zeros) to a multiple of the
kind's block, so that the length does not tell the number of digits. The associated data are, each with
its length as u16 before it: format byte, context code u16, key version u32, tenant, row id, row version
u64, account (16 zeros where there is none), currency, date.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.sealing.contexts import Context
from server.sealing.masking import Masked
from server.sealing.problems import SealBroken
from server.sealing.tallies import SealTally

__all__ = [
    "FORMAT",
    "NO_ACCOUNT",
    "RecordBox",
    "RowPlace",
    "SealedRow",
    "key_version_bytes",
]

FORMAT: Final = 1
NO_ACCOUNT: Final = bytes(16)

NONCE_BYTES: Final = 12
ID_BYTES: Final = 16

#: row id, row version, account id, currency, date: as a row of the database has them.
RowPlace = tuple[bytes, int, bytes, str, str]
#: The same with the record, or the plaintext to seal, before it.
SealedRow = tuple[bytes, bytes, int, bytes, str, str]

_HEADER: Final = struct.Struct(">BI")
_VERSION: Final = struct.Struct(">I")
_HEADER_BYTES: Final = _HEADER.size
_BODY_AT: Final = _HEADER_BYTES + NONCE_BYTES
_COMMON: Final = struct.Struct(">HBHHHIH16s")
_ROW: Final = struct.Struct(">H16sHQH16s")
#: The same with a currency of 3 letters and a date of 10, which all but a few records have.
_USUAL_ROW: Final = struct.Struct(">H16sHQH16sH3sH10s")
_CURRENCY_BYTES: Final = 3
_DATE_BYTES: Final = 10
_PAD: Final = b"\x80"
_LENGTH: Final = struct.Struct(">H")


def key_version_bytes(key_version: int) -> bytes:
    """Return a key version as a record has it, in SQL's count at substr(record, 2, 4)."""
    return _VERSION.pack(key_version)


class RecordBox(Masked):
    """Seals and opens the records of one tenant and purpose."""

    __slots__ = (
        "_block",
        "_ciphers",
        "_note_seal",
        "_openings",
        "_random_bytes",
        "_tally",
        "_tenant",
        "_version",
    )

    def __init__(
        self,
        *,
        tenant: bytes,
        ciphers: Mapping[int, AESGCM],
        version: int,
        block: int,
        random_bytes: Callable[[int], bytes],
        tally: SealTally | None = None,
    ) -> None:
        assert version in ciphers, "the current key is among the keys"
        self._tenant = tenant
        self._ciphers = ciphers
        self._version = version
        self._block = block
        self._random_bytes = random_bytes
        self._tally = tally or SealTally()
        self._note_seal = self._tally.note
        #: What the records that begin alike have in common: the cipher and the first associated data.
        self._openings: dict[tuple[bytes, Context], tuple[AESGCM, bytes]] = {}

    def seal(self, plaintext: bytes, context: Context, place: RowPlace) -> bytes:
        """Return the record of `plaintext` at `place`."""
        header = _HEADER.pack(FORMAT, self._version)
        cipher, common = self._opening(header, context)
        # Random, never counted: processes that were forked or restored from a snapshot share no counter.
        nonce = self._random_bytes(NONCE_BYTES)
        self._note_seal()
        zeros = bytes(self._block - 1 - len(plaintext) % self._block)
        padded = b"".join((plaintext, _PAD, zeros))
        return header + nonce + cipher.encrypt(nonce, padded, common + _bound(place))

    def open(self, sealed: bytes, context: Context, place: RowPlace) -> bytes:
        """Return the plaintext; raise SealBroken unless each byte and all of the place are right."""
        cipher, common = self._opening(sealed[:_HEADER_BYTES], context)
        try:
            padded = cipher.decrypt(
                sealed[_HEADER_BYTES:_BODY_AT], sealed[_BODY_AT:], common + _bound(place)
            )
        except (InvalidTag, ValueError):  # ValueError: too short to hold a nonce.
            raise SealBroken from None
        plaintext = padded.rstrip(b"\0")
        if plaintext[-1:] != _PAD:
            raise SealBroken
        return plaintext[:-1]

    def open_rows(self, context: Context, rows: Iterable[SealedRow]) -> list[bytes]:
        """Open many records."""
        opened = self.open
        return [opened(row[0], context, row[1:]) for row in rows]

    def seal_rows(self, context: Context, rows: Iterable[SealedRow]) -> list[bytes]:
        """Seal many plaintexts."""
        return [self.seal(row[0], context, row[1:]) for row in rows]

    def _opening(self, header: bytes, context: Context) -> tuple[AESGCM, bytes]:
        opening = self._openings.get((header, context))
        if opening is None:
            if len(header) != _HEADER_BYTES:
                raise SealBroken
            record_format, version = _HEADER.unpack(header)
            cipher = self._ciphers.get(version)
            if record_format != FORMAT:
                raise SealBroken
            if cipher is None:
                self._tally.met_unknown_version = True
                raise SealBroken
            common = _COMMON.pack(1, FORMAT, 2, context, 4, version, 16, self._tenant)
            opening = self._openings[header, context] = (cipher, common)
        return opening


def _bound(place: RowPlace) -> bytes:
    row_id, row_version, account, currency, date = place
    assert len(row_id) == len(account) == ID_BYTES, "ids are UUIDs"
    currency_bytes = currency.encode()
    date_bytes = date.encode()
    if len(currency_bytes) == _CURRENCY_BYTES and len(date_bytes) == _DATE_BYTES:
        return _USUAL_ROW.pack(
            16, row_id, 8, row_version, 16, account, 3, currency_bytes, 10, date_bytes
        )
    return b"".join(
        (
            _ROW.pack(16, row_id, 8, row_version, 16, account),
            _LENGTH.pack(len(currency_bytes)),
            currency_bytes,
            _LENGTH.pack(len(date_bytes)),
            date_bytes,
        )
    )
