"""A ledger server in memory, for tests of the client: a change feed with versions, behind httpx's own transport."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import httpx
import msgspec

from excel_client.server_api import ServerApi
from excel_client.settings import ServerOrigin
from excel_client.wire_format import ApiKey, EditsToSend
from tests.integration.excel_client.edited_ledger import EditedLedger

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
    scopes: tuple[str, ...] = ("read", "write")
    #: Leases that are held, with the workbook of each.
    leases: dict[str, str] = field(default_factory=dict)
    leases_given: int = 0
    #: Decides about edits, and holds the entries in the place of `entries`; without it there are no edits.
    edited: EditedLedger | None = None
    explanations: dict[str, dict[str, Any]] = field(default_factory=dict)
    closings: list[dict[str, Any]] = field(default_factory=list)

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

    def _answer(self, request: httpx.Request) -> httpx.Response:  # noqa: PLR0911 - a route to a line
        self.requests.append(request)
        if request.url.path in self.instead:
            return self.instead[request.url.path]
        if request.url.path.startswith("/v1/workbook-leases"):
            return self._lease(request)
        if request.url.path.endswith("/explanation"):
            account = request.url.path.split("/")[3]
            plain = {"account_id": account, "currency": "EUR", "stretches": []}
            return httpx.Response(200, json=self.explanations.get(account, plain))
        match request.url.path:
            case "/v1/edits":
                return self._edits(request)
            case "/v1/closings":
                return httpx.Response(200, json={"closings": self.closings})
            case "/v1/profile":
                return httpx.Response(200, json=self._profile())
            case "/v1/accounts":
                return httpx.Response(200, json={"accounts": self._proven_accounts()})
            case "/v1/ledger/changes":
                return self._changes(request.url.params)
            case _:
                return httpx.Response(404, json={"code": "not_found"})

    def _lease(self, request: httpx.Request) -> httpx.Response:
        if request.method == "DELETE":
            self.leases.pop(request.url.path.split("/")[-1], None)
            return httpx.Response(204)
        workbook = json.loads(request.content)["workbook"]
        if workbook in self.leases.values():
            return httpx.Response(409, json={"code": "workbook_busy"})
        self.leases_given += 1
        lease = f"lease-{self.leases_given}"
        self.leases[lease] = workbook
        return httpx.Response(201, json={"lease": lease, "expires_at": "2026-03-31T12:32:00Z"})

    def _edits(self, request: httpx.Request) -> httpx.Response:
        assert self.edited is not None
        assert request.headers["Idempotency-Key"]
        results = self.edited.send(msgspec.json.decode(request.content, type=EditsToSend))
        body = {"batch": None, "version": self.edited.version, "results": results}
        return httpx.Response(200, content=msgspec.json.encode(body))

    def entry_answers(self) -> dict[str, dict[str, Any]]:
        """Every entry as the server's answers have it."""
        if self.edited is None:
            return self.entries
        self.version = self.edited.version
        return {entry.id: msgspec.to_builtins(entry) for entry in self.edited.answers()}

    def _profile(self) -> dict[str, Any]:
        return {
            "ledger": self.ledger,
            "ledger_name": "Home",
            "principal": "principal",
            "role": "owner",
            "scopes": list(self.scopes),
            "environment": "test",
            "epoch": self.epoch,
            "version": self.version,
        }

    def _proven_accounts(self) -> list[dict[str, Any]]:
        found = []
        for account in self.accounts.values():
            amounts = [
                Decimal(entry["amount"])
                for entry in self.entry_answers().values()
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
        entries = self.entry_answers()
        changed = sorted(
            (entry["version"], entry["id"])
            for entry in entries.values()
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
            "entries": [entries[entry_id] for _, entry_id in some],
        }
        return httpx.Response(200, content=json.dumps(body).encode())
