"""
The handle of the texts key: descriptions, names, labels, account numbers, file names.

It knows bytes, not what they say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from server.sealing.contexts import FIRST_TEXT_CONTEXT, Context
from server.sealing.keys import Purpose, TenantKeys
from server.sealing.masking import Masked
from server.sealing.problems import SealBroken
from server.sealing.records import NO_ACCOUNT, SealedRow
from server.shared_types.ids import TenantId

__all__ = ["TextPlace", "TextSealer"]

#: Records of texts grow by this much, so that their length tells little.
TEXT_BLOCK_BYTES: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPlace:
    """What a text's record is bound to; what a row does not have stays empty."""

    tenant_id: TenantId
    row_id: UUID
    row_version: int
    account_id: UUID | None = None
    #: ISO 4217 code.
    currency: str = ""
    #: ISO 8601 calendar date.
    stated_on: str = ""


class TextSealer(Masked):
    """Seals and opens the texts of one tenant."""

    __slots__ = ("_box", "_tenant_id", "key_version")

    def __init__(self, keys: TenantKeys) -> None:
        self._box = keys._record_box(Purpose.TEXTS, TEXT_BLOCK_BYTES)  # noqa: SLF001 - the one place that asks for the texts key
        self._tenant_id = keys.tenant_id
        #: The key version that `seal` uses; a record also says its own.
        self.key_version = keys.version

    def seal(self, plaintext: bytes, context: Context, place: TextPlace) -> bytes:
        """Return the record of a text's bytes at its place."""
        assert context >= FIRST_TEXT_CONTEXT, "amounts have a key of their own"
        assert place.tenant_id == self._tenant_id, "each tenant has its own keys"
        return self._box.seal(plaintext, context, _row_place(place))

    def open(self, sealed: bytes, context: Context, place: TextPlace) -> bytes:
        """Return the text's bytes; raise SealBroken unless record and place belong together."""
        if place.tenant_id != self._tenant_id:
            raise SealBroken
        return self._box.open(sealed, context, _row_place(place))

    def open_rows(self, context: Context, rows: Iterable[SealedRow]) -> list[bytes]:
        """Open many: (record, row id, row version, account id, currency, date), ids as 16 bytes."""
        return self._box.open_rows(context, rows)

    def seal_rows(self, context: Context, rows: Iterable[SealedRow]) -> list[bytes]:
        """Seal many, given like the rows of `open_rows` with the text's bytes first."""
        assert context >= FIRST_TEXT_CONTEXT, "amounts have a key of their own"
        return self._box.seal_rows(context, rows)


def _row_place(place: TextPlace) -> tuple[bytes, int, bytes, str, str]:
    return (
        place.row_id.bytes,
        place.row_version,
        NO_ACCOUNT if place.account_id is None else place.account_id.bytes,
        place.currency,
        place.stated_on,
    )
