"""The sealed words of identity, sealed anew when a tenant's key turns, and opened to see whether they do."""

from __future__ import annotations

from uuid import UUID

from server.database.queries import load_queries
from server.database.sessions import Database, Session
from server.identity.sealed_words import SealedWords
from server.sealing.keys import TenantKeyRing
from server.sealing.problems import SealBroken
from server.sealing.records import key_version_bytes
from server.shared_types.ids import TenantId, TokenId

__all__ = ["WordsResealing"]

_QUERIES = load_queries("server.identity")


class WordsResealing:
    """Ledgers' names and tokens' labels, of one tenant at a time."""

    def __init__(self, database: Database, keys: TenantKeyRing) -> None:
        self._database = database
        self._keys = keys

    async def reseal(self, tenant_id: TenantId, *, rows_max: int) -> int:
        """Seal some words anew that are not sealed with the active key; return how many, 0 when none is left."""
        async with self._database.transaction(tenant_id) as session:
            await session.execute(_QUERIES["lock_tenant"], {"tenant_id": tenant_id.bytes})
            words = SealedWords(await self._keys.open(session, tenant_id))
            resealed = await self._reseal_name(session, tenant_id, words)
            labels = await session.fetch_all(
                _QUERIES["labels_of_other_key"],
                {
                    "tenant_id": tenant_id.bytes,
                    "key_version": key_version_bytes(words.key_version),
                    "limit": rows_max,
                },
            )
            await session.execute_many(
                _QUERIES["reseal_label"],
                [
                    {
                        "tenant_id": tenant_id.bytes,
                        "token_id": raw_id,
                        "label_sealed": _label_anew(words, raw_id, sealed),
                    }
                    for raw_id, sealed in labels
                ],
            )
        return resealed + len(labels)

    async def check(self, tenant_id: TenantId) -> list[tuple[str, str, UUID | None]]:
        """Return table, fault and row of every word that does not open."""
        words = SealedWords(await self._keys.open(self._database, tenant_id))
        async with self._database.session(tenant_id) as session:
            rows = await session.fetch_all(
                _QUERIES["all_sealed_words"], {"tenant_id": tenant_id.bytes}
            )
        broken: list[tuple[str, str, UUID | None]] = []
        for raw_id, sealed, is_label in rows:
            row_id = UUID(bytes=raw_id)
            try:
                if is_label:
                    words.open_label(TokenId(row_id), sealed)
                else:
                    words.open_name(sealed)
            except SealBroken:
                broken.append(("tokens" if is_label else "tenants", "does_not_open", row_id))
        return broken

    async def _reseal_name(self, session: Session, tenant_id: TenantId, words: SealedWords) -> int:
        row = await session.fetch_one(
            _QUERIES["name_of_other_key"],
            {
                "tenant_id": tenant_id.bytes,
                "key_version": key_version_bytes(words.key_version),
            },
        )
        if row is None:
            return 0
        return await session.execute(
            _QUERIES["reseal_name"],
            {
                "tenant_id": tenant_id.bytes,
                "name_sealed": words.seal_name(words.open_name(row[0])),
            },
        )


def _label_anew(words: SealedWords, raw_id: bytes, sealed: bytes) -> bytes:
    token_id = TokenId(UUID(bytes=raw_id))
    return words.seal_label(token_id, words.open_label(token_id, sealed))
