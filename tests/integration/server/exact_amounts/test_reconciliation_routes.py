"""The routes of edits, balances, adjustments, explanations, closed months and leases, over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.factories import LedgerClient, OpenServer, open_server
from tests.fixtures.statements.make_statement import MadeAccount, MadeTransaction, ofx_statement

Story = Callable[[OpenServer, LedgerClient], Awaitable[None]]
NOBODY = str(UUID(int=5))
ROWS = (
    ("2026-03-02", "-3.50", "Coffee", "1"),
    ("2026-03-05", "2500.00", "Wages", "2"),
    ("2026-03-09", "-61.30", "Garage", "3"),
    ("2026-03-12", "-13.20", "Books", "4"),
)


def statement(*rows: tuple[str, str, str, str], closing: str = "") -> bytes:
    made = [
        MadeTransaction(posted_on=day, amount=amount, name=name, bank_id=bank_id)
        for day, amount, name, bank_id in rows
    ]
    one = MadeAccount(
        account_id="12345678",
        currency="EUR",
        transactions=made,
        closing=closing,
        closing_on="2026-03-31",
    )
    return ofx_statement([one])


def run(tmp_path: Path, story: Story) -> None:
    async def whole() -> None:
        async with open_server(tmp_path / "data") as opened:
            owner = await opened.sign_up()
            answer = await owner.import_statement(statement(*ROWS, closing="2422.00"))
            assert answer.is_success, answer.text
            await story(opened, owner)

    asyncio.run(whole())


async def post(owner: LedgerClient, path: str, body: Any, key: str = "") -> httpx.Response:
    headers = {"idempotency-key": key} if key else owner.next_key()
    return await owner.http.post(path, json=body, headers=headers)


async def entries(owner: LedgerClient) -> dict[str, Any]:
    return {
        each["description"]: each for each in (await owner.get("/v1/entries")).json()["entries"]
    }


async def the_account(owner: LedgerClient) -> Any:
    (account,) = (await owner.get("/v1/accounts")).json()["accounts"]
    return account


def an_edit(entry: Mapping[str, Any], kind: str, value: Any = None, **more: Any) -> dict[str, Any]:
    edit = {"id": str(uuid4()), "entry": entry["id"], "kind": kind, "base": entry["version"]}
    return edit | {"value": value} | more


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def test_edits_are_answered_one_by_one_and_repeated_for_nothing(tmp_path: Path) -> None:
    async def story(_opened: OpenServer, owner: LedgerClient) -> None:
        wages = (await entries(owner))["Wages"]
        body = {
            "edits": [
                an_edit(wages, "notes", "March"),
                an_edit(wages, "notes", "March"),
                an_edit(wages, "category", "No such"),
                an_edit({"id": NOBODY, "version": 1}, "reviewed", value=True),
                an_edit(wages, "split", parts=[{"amount": "2000"}, {"amount": "500.00"}]),
            ]
        }
        answer = await post(owner, "/v1/edits", body, "e1")
        assert answer.status_code == 200
        made = answer.json()
        assert [each["outcome"] for each in made["results"]] == [
            *("applied", "nothing", "refused", "refused", "applied")
        ]
        assert [each["reason"] for each in made["results"]] == [
            *(None, None, "no such category", "no such entry", None)
        ]
        assert [each["id"] for each in made["results"]] == [each["id"] for each in body["edits"]]
        assert (await post(owner, "/v1/edits", body, "e1")).json() == made
        again = (await post(owner, "/v1/edits", body, "e2")).json()
        assert (again["batch"], again["version"]) == (None, made["version"])
        assert again["results"][0]["outcome"] == "repeated"
        other = await post(owner, "/v1/edits", {"edits": body["edits"][:1]}, "e1")
        refused(other, 409, "idempotency_key_reused")

    run(tmp_path, story)


def test_a_conflict_says_who_said_what_and_when(tmp_path: Path) -> None:
    async def story(opened: OpenServer, owner: LedgerClient) -> None:
        wages = (await entries(owner))["Wages"]
        body = {"label": "Anna's laptop", "scopes": ["read", "write"]}
        made = (await owner.http.post("/v1/tokens", json=body)).json()
        anna = replace(owner, http=await opened.client(made["token"]), keys_used=100)
        theirs = await post(anna, "/v1/edits", {"edits": [an_edit(wages, "notes", "hers")]})
        mine = await post(owner, "/v1/edits", {"edits": [an_edit(wages, "notes", "mine")]})
        (result,) = mine.json()["results"]
        batches = (await owner.get("/v1/batches")).json()["batches"]

        assert (result["outcome"], result["current"]) == ("conflict", "hers")
        assert (result["by"], result["at"]) == ("Anna's laptop", batches[0]["created_at"])
        assert [(each["purpose"], each["by"]) for each in batches] == [
            ("edit", "Anna's laptop"),
            (None, "First token"),
        ]
        await owner.undo(theirs.json()["batch"])
        undone = await post(owner, "/v1/edits", {"edits": [an_edit(wages, "notes", "x", base=0)]})
        assert undone.json()["results"][0]["by"] == "First token"

    run(tmp_path, story)


def test_more_than_fifty_edits_wait_for_a_yes(tmp_path: Path) -> None:
    async def story(_opened: OpenServer, owner: LedgerClient) -> None:
        wages = (await entries(owner))["Wages"]
        many = [an_edit(wages, "notes", f"note {number}") for number in range(51)]
        refused(await post(owner, "/v1/edits", {"edits": many}), 409, "confirmation_needed")
        assert (await entries(owner))["Wages"] == wages
        assert (await post(owner, "/v1/edits", {"edits": many[:50]})).is_success
        # What was done before, or does nothing, needs no yes.
        answer = await post(owner, "/v1/edits", {"edits": [*many[:50], many[50] | {"base": 99}]})
        assert [each["outcome"] for each in answer.json()["results"]] == [
            *["repeated"] * 50,
            "applied",
        ]
        more = [an_edit(wages, "notes", f"more {number}", base=99) for number in range(60)]
        answer = await post(owner, "/v1/edits", {"edits": more, "confirmed": True})
        assert answer.is_success
        assert (await owner.undo(answer.json()["batch"])).json()["kept"] == 0
        assert (await entries(owner))["Wages"]["notes"] == "note 50"

    run(tmp_path, story)


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/v1/balances", {"on": "2026-03-20", "balance": "1,5"}, 422, "amount_not_readable"),
        ("/v1/balances", {"on": "2026-02-30", "balance": "1"}, 422, "date_not_readable"),
        ("/v1/balances", {"on": "1899-12-31", "balance": "1"}, 422, "date_not_readable"),
        ("/v1/balances", {"on": "31.3.2026", "balance": "1"}, 422, "body_refused"),
        ("/v1/balances", {"account_id": NOBODY, "on": "2026-03-20", "balance": "1"}, 404, ""),
        ("/v1/adjustments", {"on": "2026-03-20", "amount": "0", "reason": "x"}, 422, ""),
        ("/v1/adjustments", {"on": "2026-03-20", "amount": "1", "reason": ""}, 422, "body_refused"),
        (
            "/v1/adjustments",
            {"on": "2026-03-20", "amount": "1", "reason": "\x07"},
            422,
            "text_not_acceptable",
        ),
        ("/v1/adjustments", {"on": "2026-03-20", "amount": "1"}, 422, "body_refused"),
        ("/v1/closings", {"month": "2026-11"}, 409, "month_not_over"),
        ("/v1/closings", {"month": "9999-12"}, 422, "body_refused"),
        ("/v1/closings/2026-03/reopen", {"reason": "x"}, 404, "month_not_closed"),
        ("/v1/closings/x/reopen", {"reason": "x"}, 404, "month_not_closed"),
        ("/v1/workbook-leases", {"workbook": NOBODY, "seconds": 301}, 422, "body_refused"),
        ("/v1/edits", {"edits": []}, 422, "body_refused"),
    ],
)
def test_what_is_not_taken_is_refused_by_its_code(
    tmp_path: Path, path: str, body: dict[str, Any], status: int, code: str
) -> None:
    codes = {404: "unknown_account", 422: "amount_not_readable"}

    async def story(_opened: OpenServer, owner: LedgerClient) -> None:
        account = await the_account(owner)
        sent = ({"account_id": account["id"]} if "on" in body else {}) | body
        before = (await owner.get("/v1/ledger/changes")).json()
        answer = await post(owner, path, sent)
        refused(answer, status, code or codes[status])
        assert (await owner.get("/v1/ledger/changes")).json() == before

    run(tmp_path, story)


def test_balances_and_adjustments_are_batches_of_their_own(tmp_path: Path) -> None:
    async def story(_opened: OpenServer, owner: LedgerClient) -> None:
        account = await the_account(owner)
        assert account["proof"] == "not yet proven"
        dated = {"account_id": account["id"], "on": "2026-02-28"}
        stated = await post(owner, "/v1/balances", dated | {"balance": "1.00"}, "b1")
        assert stated.status_code == 201
        assert (await post(owner, "/v1/balances", dated | {"balance": "1.00"}, "b1")).json() == (
            stated.json()
        )
        assert (await the_account(owner))["difference"] == "1.00"
        dated["on"] = "2026-03-20"
        adjusted = await post(
            owner, "/v1/adjustments", dated | {"amount": "-1.00", "reason": "Unknown"}
        )
        after = await the_account(owner)
        assert (after["proof"], after["adjustments"]) == ("proven", 1)
        batches = (await owner.get("/v1/batches")).json()["batches"]
        assert [each["purpose"] for each in batches] == ["adjustment", "balance", None]
        for answer in (adjusted, stated):
            assert (await owner.undo(answer.json()["batch"])).is_success
        assert (await the_account(owner)) == account

    run(tmp_path, story)


def test_an_explanation_lists_the_true_cause(tmp_path: Path) -> None:
    async def story(_opened: OpenServer, owner: LedgerClient) -> None:
        account = await the_account(owner)
        path = f"/v1/accounts/{account['id']}/explanation"
        dated = {"account_id": account["id"], "on": "2026-02-28"}
        # 12.30 was meant, and the ledger says 13.20: nothing was there before.
        await post(owner, "/v1/balances", dated | {"balance": "-0.90"})
        answer = await owner.get(path)
        (stretch,) = answer.json()["stretches"]
        books = (await entries(owner))["Books"]

        assert stretch["difference"] == "-0.90"
        assert stretch["missing"] == "0.90"
        assert (stretch["after"], stretch["through"]) == ("2026-02-28", "2026-03-31")
        assert (stretch["size"], stretch["count"], stretch["bounded"]) == (1, 1, False)
        assert stretch["sets"] == [
            [{"entry": books["id"], "cause": "transposed digits", "effect": "0.90"}]
        ]
        dated["on"] = "2026-03-31"
        await post(owner, "/v1/balances", dated | {"balance": "2421.10"})
        assert (await owner.get(path)).json()["stretches"] == []
        refused(await owner.get(f"/v1/accounts/{NOBODY}/explanation"), 404, "unknown_account")
        refused(await owner.get("/v1/accounts/x/explanation"), 404, "unknown_account")

    run(tmp_path, story)


def test_a_month_is_closed_and_reopened_with_a_reason(tmp_path: Path) -> None:
    async def story(opened: OpenServer, owner: LedgerClient) -> None:
        closed = await post(owner, "/v1/closings", {"month": "2026-03"}, "c1")
        assert closed.status_code == 201
        shown = await owner.get("/v1/closings/2026-03")
        assert shown.json() == closed.json()
        (account,) = shown.json()["evidence"]["accounts"]
        assert (account["closing"], account["proof"]) == ("2422.00", "not yet proven")
        # A month is closed once, by whoever was first.
        second = await post(owner, "/v1/closings", {"month": "2026-03"})
        assert second.json()["closing"] == closed.json()["closing"]
        assert (await the_account(owner))["closed_through"] == "2026-03"
        batches = (await owner.get("/v1/batches")).json()["batches"]
        refused(await owner.undo(batches[0]["id"]), 409, "month_is_closed")

        late = await owner.import_statement(statement(("2026-03-20", "-1.25", "Late", "9")))
        assert late.is_success
        shown = (await owner.get("/v1/closings/2026-03")).json()
        assert shown["evidence"] == closed.json()["evidence"]
        assert [each["entry"]["description"] for each in shown["late_arrivals"]] == ["Late"]

        opened.change_behind_its_back("UPDATE memberships SET role = 'editor'")
        reopening = "/v1/closings/2026-03/reopen"
        refused(await post(owner, reopening, {"reason": "Late"}), 403, "insufficient_scope")
        opened.change_behind_its_back("UPDATE memberships SET role = 'administrator'")
        made = await owner.http.post(
            "/v1/tokens", json={"label": "Laptop", "scopes": ["read", "write"]}
        )
        laptop = replace(owner, http=await opened.client(made.json()["token"]), keys_used=100)
        answer = await post(laptop, reopening, {"reason": "A late row"}, "r1")
        assert answer.json()["month"] == "2026-03"
        assert (await post(laptop, reopening, {"reason": "A late row"}, "r1")).json() == (
            answer.json()
        )
        (listed,) = (await owner.get("/v1/closings")).json()["closings"]
        assert (listed["by"], listed["reopened_by"]) == ("First token", "Laptop")
        assert listed["reason"] == "A late row"
        refused(await owner.get("/v1/closings/2026-03"), 404, "month_not_closed")
        assert (await the_account(owner))["closed_through"] is None
        assert (await owner.undo(batches[0]["id"])).is_success

    run(tmp_path, story)


def test_a_lease_holds_a_workbook_until_it_ends(tmp_path: Path) -> None:
    async def story(opened: OpenServer, owner: LedgerClient) -> None:
        book = {"workbook": str(uuid4()), "seconds": 60}
        leased = await owner.http.post("/v1/workbook-leases", json=book)
        assert leased.status_code == 201
        refused(await owner.http.post("/v1/workbook-leases", json=book), 409, "workbook_busy")
        opened.world._now += timedelta(seconds=61)
        again = await owner.http.post("/v1/workbook-leases", json=book)
        assert again.status_code == 201
        # The lease that has ended ends nothing.
        dropped = await owner.http.delete(f"/v1/workbook-leases/{leased.json()['lease']}")
        assert dropped.status_code == 204
        refused(await owner.http.post("/v1/workbook-leases", json=book), 409, "workbook_busy")
        await owner.http.delete(f"/v1/workbook-leases/{again.json()['lease']}")
        assert (await owner.http.post("/v1/workbook-leases", json=book)).status_code == 201
        refused(await owner.http.delete("/v1/workbook-leases/x"), 404, "not_found")
        # Another ledger's workbook of that id is its own.
        stranger = await opened.sign_up("Next door")
        assert (await stranger.http.post("/v1/workbook-leases", json=book)).status_code == 201

    run(tmp_path, story)


def test_a_viewer_reads_all_of_it_and_writes_nothing(tmp_path: Path) -> None:
    async def story(opened: OpenServer, owner: LedgerClient) -> None:
        account, wages = await the_account(owner), (await entries(owner))["Wages"]
        await post(owner, "/v1/closings", {"month": "2026-01"})
        body = {"label": "Viewer", "scopes": ["read"]}
        made = (await owner.http.post("/v1/tokens", json=body)).json()
        viewer = replace(owner, http=await opened.client(made["token"]))
        dated = {"account_id": account["id"], "on": "2026-03-20"}
        for path, sent in {
            "/v1/edits": {"edits": [an_edit(wages, "notes", "x")]},
            "/v1/balances": dated | {"balance": "1"},
            "/v1/adjustments": dated | {"amount": "1", "reason": "x"},
            "/v1/closings": {"month": "2026-02"},
            "/v1/closings/2026-01/reopen": {"reason": "x"},
            "/v1/workbook-leases": {"workbook": NOBODY},
        }.items():
            refused(await post(viewer, path, sent), 403, "insufficient_scope")
        refused(
            await viewer.http.delete(f"/v1/workbook-leases/{NOBODY}"), 403, "insufficient_scope"
        )
        for path in (
            f"/v1/accounts/{account['id']}/explanation",
            "/v1/closings",
            "/v1/closings/2026-01",
        ):
            assert (await viewer.get(path)).is_success

    run(tmp_path, story)


def test_a_month_of_a_ledger_that_was_tampered_with_is_not_closed(tmp_path: Path) -> None:
    async def story(opened: OpenServer, owner: LedgerClient) -> None:
        account = await the_account(owner)
        assert (await post(owner, "/v1/closings", {"month": "2026-01"})).is_success
        opened.change_behind_its_back("DELETE FROM entries WHERE posted_on = '2026-03-12'")
        refused(await post(owner, "/v1/closings", {"month": "2026-03"}), 409, "ledger_tampered")
        refused(
            await owner.get(f"/v1/accounts/{account['id']}/explanation"), 409, "ledger_tampered"
        )
        refused(await owner.get("/v1/closings/2026-01"), 409, "ledger_tampered")

    run(tmp_path, story)
