"""Accounts, their numbers and the balances stated for them, in the database. It decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from server.database.queries import load_queries
from server.database.sessions import Session
from server.exact_amounts.entries.entry import Account, AccountType, Anchor
from server.exact_amounts.ledger.identities import number_tail
from server.exact_amounts.ledger.integrity_store import IntegrityStore
from server.exact_amounts.ledger.plans import PlannedAccount
from server.exact_amounts.ledger.row_sealer import RowSealer
from server.exact_amounts.ledger.summed_rows import SummedAnchor, SummedTable, summed_row
from server.sealing.contexts import Context
from server.shared_types.ids import AccountId, BatchId

__all__ = ["AccountStore"]

_QUERIES = load_queries("server.exact_amounts.ledger")


class AccountStore:
    """The accounts of one ledger, within one unit of work."""

    def __init__(self, session: Session, sealer: RowSealer) -> None:
        self._session = session
        self._sealer = sealer
        self._tenant = sealer.tenant_id.bytes

    async def accounts(self) -> list[Account]:
        """Return every account, oldest first."""
        rows = await self._session.fetch_all(_QUERIES["accounts"], {"tenant_id": self._tenant})
        accounts = []
        for raw_id, version, account_type, currency, name_sealed, number_sealed in rows:
            account_id = AccountId(UUID(bytes=raw_id))
            number = (
                self._sealer.open_account_text(
                    number_sealed, Context.ACCOUNT_NUMBER, account_id, version, currency
                )
                if number_sealed is not None
                else ""
            )
            accounts.append(
                Account(
                    account_id=account_id,
                    version=version,
                    name=self._sealer.open_account_text(
                        name_sealed, Context.ACCOUNT_NAME, account_id, version, currency
                    ),
                    account_type=AccountType(account_type),
                    currency=currency,
                    number_tail=number_tail(number),
                )
            )
        return accounts

    async def account_numbers(self) -> dict[bytes, AccountId]:
        """Return the account of every known number, by the number's digest."""
        rows = await self._session.fetch_all(
            _QUERIES["account_numbers"], {"tenant_id": self._tenant}
        )
        return {mac: AccountId(UUID(bytes=account_id)) for mac, account_id in rows}

    async def add(
        self, account: PlannedAccount, version: int, created_at: datetime, sums: IntegrityStore
    ) -> None:
        """Add an account whose name no other one has."""
        account_id, currency = account.account_id, account.currency
        name_sealed = self._sealer.seal_account_text(
            account.name, Context.ACCOUNT_NAME, account_id, version, currency
        )
        number_sealed = (
            self._sealer.seal_account_text(
                account.number, Context.ACCOUNT_NUMBER, account_id, version, currency
            )
            if account.number
            else None
        )
        row = {
            "tenant_id": self._tenant,
            "account_id": account_id.bytes,
            "version": version,
            "account_type": account.account_type.value,
            "currency": currency,
            "name_sealed": name_sealed,
            "name_mac": self._sealer.identities.account_name(account.name),
            "number_sealed": number_sealed,
            "created_at": created_at.isoformat(),
        }
        await self._session.execute(_QUERIES["add_account"], row)
        sums.swap(SummedTable.ACCOUNTS, (), [summed_row(SummedTable.ACCOUNTS, row)])
        for number_mac in account.number_macs:
            number = {
                "tenant_id": self._tenant,
                "number_mac": number_mac,
                "account_id": account_id.bytes,
            }
            if await self._session.execute(_QUERIES["add_account_number"], number):
                added = summed_row(SummedTable.ACCOUNT_NUMBERS, number)
                sums.swap(SummedTable.ACCOUNT_NUMBERS, (), [added])

    async def live_anchors(self) -> list[Anchor]:
        """Return every stated balance that is in force, by account and date."""
        rows = await self._session.fetch_all(_QUERIES["live_anchors"], {"tenant_id": self._tenant})
        return [self._sealer.open_anchor(row) for row in rows]

    async def add_anchors(self, anchors: Sequence[Anchor], sums: IntegrityStore) -> None:
        """Add stated balances."""
        rows = [
            {
                "tenant_id": self._tenant,
                "account_id": anchor.account_id.bytes,
                "stated_on": anchor.stated_on,
                "batch_id": anchor.batch_id.bytes,
                "source": anchor.source.value,
                "version": anchor.version,
                "key_version": self._sealer.key_version,
                "balance_sealed": self._sealer.seal_anchor(anchor),
                "removed": 0,
            }
            for anchor in anchors
        ]
        await self._session.execute_many(_QUERIES["add_anchor"], rows)
        table = SummedTable.ANCHORS
        sums.swap(table, (), [summed_row(table, row) for row in rows])

    async def remove_anchors_of_batch(self, batch_id: BatchId, sums: IntegrityStore) -> None:
        """Take a batch's balances out of force."""
        before = await sums.rows("summed_live_anchors_of_batch", batch_id=batch_id.bytes)
        await self._session.execute(
            _QUERIES["remove_anchors_of_batch"],
            {"tenant_id": self._tenant, "batch_id": batch_id.bytes},
        )
        after = [SummedAnchor(*row)._replace(removed=1) for row in before]
        sums.swap(SummedTable.ANCHORS, before, after)
