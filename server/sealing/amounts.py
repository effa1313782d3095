"""
The handle of the amounts key. Importable in the exact room and the composition root only.

It knows bytes, not money: what an amount looks like inside is the exact room's business.
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
from server.sealing.records import SealedRow
from server.shared_types.ids import TenantId

__all__ = ["AmountPlace", "AmountSealer"]

#: An amount of any length that occurs fills one block, so its record says nothing of its digits.
AMOUNT_BLOCK_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountPlace:
    """What an amount's record is bound to: moved to another row, version or account it does not open."""

    tenant_id: TenantId
    row_id: UUID
    row_version: int
    account_id: UUID
    #: ISO 4217 code.
    currency: str
    #: ISO 8601 calendar date.
    stated_on: str


class AmountSealer(Masked):
    """Seals and opens the amounts of one tenant."""

    __slots__ = ("_box", "_tenant_id", "key_version")

    def __init__(self, keys: TenantKeys) -> None:
        self._box = keys._record_box(Purpose.AMOUNTS, AMOUNT_BLOCK_BYTES)  # noqa: SLF001 - the one place that asks for the amounts key
        self._tenant_id = keys.tenant_id
        #: The key version that `seal` uses; a record also says its own.
        self.key_version = keys.version

    def seal(self, plaintext: bytes, context: Context, place: AmountPlace) -> bytes:
        """Return the record of an amount's bytes at its place."""
        assert context < FIRST_TEXT_CONTEXT, "texts have a key of their own"
        assert place.tenant_id == self._tenant_id, "each tenant has its own keys"
        return self._box.seal(plaintext, context, _row_place(place))

    def open(self, sealed: bytes, context: Context, place: AmountPlace) -> bytes:
        """Return the amount's bytes; raise SealBroken unless record and place belong together."""
        if place.tenant_id != self._tenant_id:
            raise SealBroken
        return self._box.open(sealed, context, _row_place(place))

    def open_rows(self, context: Context, rows: Iterable[SealedRow]) -> list[bytes]:
        """Open many: (record, row id, row version, account id, currency, date), ids as 16 bytes."""
        return self._box.open_rows(context, rows)

    def seal_rows(self, context: Context, rows: Iterable[SealedRow]) -> list[bytes]:
        """Seal many, given like the rows of `open_rows` with the amount's bytes first."""
        assert context < FIRST_TEXT_CONTEXT, "texts have a key of their own"
        return self._box.seal_rows(context, rows)


def _row_place(place: AmountPlace) -> tuple[bytes, int, bytes, str, str]:
    return (
        place.row_id.bytes,
        place.row_version,
        place.account_id.bytes,
        place.currency,
        place.stated_on,
    )
