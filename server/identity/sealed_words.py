"""What a tenant wrote about itself, sealed with its own key: the ledger's name and the labels of its tokens."""

from __future__ import annotations

from server.sealing.contexts import Context
from server.sealing.keys import TenantKeys
from server.sealing.texts import TextPlace, TextSealer
from server.shared_types.ids import TenantId, TokenId

__all__ = ["SealedWords"]

#: These rows are sealed once; a row that is written again will count up.
_FIRST_VERSION = 1


class SealedWords:
    """Seals and opens the words of one tenant, each bound to its row."""

    def __init__(self, keys: TenantKeys) -> None:
        self._tenant_id: TenantId = keys.tenant_id
        self._sealer = TextSealer(keys)
        #: The version of the key that `seal_name` and `seal_label` use.
        self.key_version = keys.version

    def seal_name(self, name: str) -> bytes:
        """Return the sealed name of the ledger."""
        return self._sealer.seal(name.encode(), Context.TENANT_NAME, self._place_of_name())

    def open_name(self, sealed: bytes) -> str:
        """Return the ledger's name."""
        return self._sealer.open(sealed, Context.TENANT_NAME, self._place_of_name()).decode()

    def seal_label(self, token_id: TokenId, label: str) -> bytes:
        """Return the sealed label of a token."""
        return self._sealer.seal(
            label.encode(), Context.TOKEN_LABEL, self._place_of_label(token_id)
        )

    def open_label(self, token_id: TokenId, sealed: bytes) -> str:
        """Return the label of a token."""
        place = self._place_of_label(token_id)
        return self._sealer.open(sealed, Context.TOKEN_LABEL, place).decode()

    def _place_of_name(self) -> TextPlace:
        return TextPlace(
            tenant_id=self._tenant_id, row_id=self._tenant_id, row_version=_FIRST_VERSION
        )

    def _place_of_label(self, token_id: TokenId) -> TextPlace:
        return TextPlace(tenant_id=self._tenant_id, row_id=token_id, row_version=_FIRST_VERSION)
