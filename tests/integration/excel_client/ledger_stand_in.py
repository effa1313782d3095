"""A ledger server in memory, for tests of the client: a change feed with versions, behind httpx's own transport."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import httpx

from excel_client.server_api import ServerApi
from excel_client.settings import ServerOrigin
from excel_client.wire_format import ApiKey

__all__ = ["KEY", "ORIGIN", "LedgerStandIn"]

KEY = ApiKey("pv_test_" + "k" * 43)
ORIGIN = ServerOrigin("http://127.0.0.1:8000")


@dataclass
class LedgerStandIn:
    """Accounts and entries as the server's answers have them; every change gets the next version."""

    ledger: str = "0199aaaa-0000-7000-8000-000000000001"
    epoch: str = "epoch-1"
    version: int = 0
    page_entries: int = 10_000
    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)
    #: Answers by path, given instead of the ledger's own.
    instead: dict[str, httpx.Response] = field(default_factory=dict)

    def account(self, account_id: str, name: str, **facts: Any) -> None:
        plain = {
            "currency": "EUR",
            "type": "checking",
            "number_tail": "",
            "opening": "100.00",
            "opening_source": "stated",
            "first_balance_on": "2026-01-01",
            "first_balance": "100.00",
            "bank_balance_on": None,
            "bank_balance": None,
            "balances": 1,
            "windows_off": 0,
            "difference": None,
            "proof": "not yet proven",
            "decimals": 2,
        }
        self.version += 1
        self.accounts[account_id] = {
            **plain,
            "id": account_id,
            "name": name,
            "version": self.version,
            **facts,
        }

    def put(self, entry_id: str, account_id: str = "account-1", **facts: Any) -> None:
        plain: dict[str, Any] = {
            "bank_id": "",
            "parent": None,
            "posted_on": "2026-01-02",
            "amount": "-1.50",
            "currency": "EUR",
            "original_amount": None,
            "original_currency": None,
            "description": "coffee",
            "merchant": "",
            "category": None,
            "category_source": None,
            "notes": "",
            "tags": [],
            "reviewed": False,
            "bucket": "MICRO",
            "status": "posted",
            "transfer": None,
            "review": [],
            "removed": False,
        }
        self.version += 1
        known = self.entries.get(entry_id, {**plain, "id": entry_id, "account_id": account_id})
        self.entries[entry_id] = {**known, **facts, "version": self.version}

    def remove(self, entry_id: str) -> None:
        self.put(entry_id, removed=True)

    def api(self) -> ServerApi:
        return ServerApi(ORIGIN, KEY, transport=self.transport(), pause=lambda _: None)

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    def asked(self) -> list[str]:
        return [request.url.path for request in self.requests]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.path in self.instead:
            return self.instead[request.url.path]
        match request.url.path:
            case "/v1/profile":
                return httpx.Response(200, json=self._profile())
            case "/v1/accounts":
                return httpx.Response(200, json={"accounts": self._proven_accounts()})
            case "/v1/ledger/changes":
                return self._changes(request.url.params)
            case _:
                return httpx.Response(404, json={"code": "not_found"})

    def _profile(self) -> dict[str, Any]:
        return {
            "ledger": self.ledger,
            "ledger_name": "Home",
            "principal": "principal",
            "role": "owner",
            "scopes": ["read", "write"],
            "environment": "test",
            "epoch": self.epoch,
            "version": self.version,
        }

    def _proven_accounts(self) -> list[dict[str, Any]]:
        found = []
        for account in self.accounts.values():
            amounts = [
                Decimal(entry["amount"])
                for entry in self.entries.values()
                if entry["account_id"] == account["id"]
                and entry["status"] == "posted"
                and not entry["removed"]
            ]
            total = sum(amounts, Decimal(0))
            closing = None
            if account["opening"] is not None:
                closing = f"{Decimal(account['opening']) + total:f}"
            found.append(
                {**account, "entries": len(amounts), "sum": f"{total:f}", "closing": closing}
            )
        return found

    def _changes(self, query: httpx.QueryParams) -> httpx.Response:
        after = query.get("after")
        if after is not None and query.get("epoch") != self.epoch:
            return httpx.Response(410, json={"code": "epoch_is_over"})
        version, _, entry_id = (after or "0.").partition(".")
        position = (int(version), entry_id)
        changed = sorted(
            (entry["version"], entry["id"])
            for entry in self.entries.values()
            if (entry["version"], entry["id"]) > position
            and not (after is None and entry["removed"])
        )
        some = changed[: self.page_entries]
        more = len(changed) > len(some)
        last = some[-1] if some else position
        body = {
            "ledger": self.ledger,
            "epoch": self.epoch,
            "version": self.version,
            "cursor": f"{last[0]}.{last[1]}",
            "more": more,
            "accounts": [] if more else self._proven_accounts(),
            "entries": [self.entries[entry_id] for _, entry_id in some],
        }
        return httpx.Response(200, content=json.dumps(body).encode())
