"""
What a running server writes down beside its work: uses of keys, how often they sealed, the head of the trail.

It waits for nobody and nobody waits for it; what can't be written is tried again at the next turn.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from server.audit.head_file import keep_head
from server.audit.key_uses import KeyUses
from server.database.sessions import Database
from server.sealing.key_versions import KeyVersions
from server.sealing.keys import SealCount, TenantKeyRing
from server.shared_types.ids import TenantId
from server.shared_types.problems import Problem

__all__ = ["Upkeep"]

#: How long a use of a key waits to be written.
KEY_USES_SECONDS: Final = 1.0
#: How many turns pass between two writings of the rest.
TURNS_PER_ROUND: Final = 60


class Upkeep:
    """Writes in turns while the server runs, and once more at its end."""

    def __init__(
        self,
        database: Database,
        ring: TenantKeyRing,
        versions: KeyVersions,
        uses: KeyUses,
        head_file: Path,
    ) -> None:
        self._database = database
        self._ring = ring
        self._versions = versions
        self._uses = uses
        self._head_file = head_file
        self._seals: Counter[tuple[TenantId, int]] = Counter()

    @asynccontextmanager
    async def running(self, failed: Callable[[type[Problem]], None]) -> AsyncIterator[None]:
        """Write in turns beside everything else, and once more at the end; tell `failed` of what can't be written."""
        task = asyncio.create_task(self._run(failed))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            try:
                await self.write_all()
            except Problem as problem:
                failed(type(problem))

    async def _run(self, failed: Callable[[type[Problem]], None]) -> None:
        turn = 0
        while True:
            try:
                await self._uses.write()
                if turn % TURNS_PER_ROUND == 0:
                    await self.write_the_rest()
            except Problem as problem:
                failed(type(problem))
            turn += 1
            await asyncio.sleep(KEY_USES_SECONDS)

    async def write_all(self) -> None:
        """Write everything that waits."""
        await self._uses.write()
        await self.write_the_rest()

    async def write_the_rest(self) -> None:
        """Add up how often keys sealed, and bring the file of the trail's head up to date."""
        for count in self._ring.take_seal_counts():
            self._seals[count.tenant_id, count.key_version] += count.seals
        for (tenant_id, key_version), seals in list(self._seals.items()):
            async with self._database.transaction(tenant_id) as session:
                await self._versions.add_seals(
                    session, SealCount(tenant_id=tenant_id, key_version=key_version, seals=seals)
                )
            del self._seals[tenant_id, key_version]
        await keep_head(self._database, self._head_file)
