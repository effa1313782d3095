"""The room's endpoints behind the real edge: strict types, problem answers, a real statement file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from server.exact_amounts.statements import routes as statement_routes
from server.exact_amounts.statements.reading import read_statement
from tests.integration.server.exact_amounts.open_ledger import Server, caller_of, on_server
from tests.unit.server.web.fake_rooms import WRITER, Stage

pytestmark = pytest.mark.usefixtures("each_database")

STATEMENT = b"""OFXHEADER:100
DATA:OFXSGML
VERSION:102
SECURITY:NONE
ENCODING:USASCII
CHARSET:1252
COMPRESSION:NONE
OLDFILEUID:NONE
NEWFILEUID:NONE

<OFX><BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS><STMTRS>
<CURDEF>EUR
<BANKACCTFROM><BANKID>10020030<ACCTID>12345678<ACCTTYPE>CHECKING</BANKACCTFROM>
<BANKTRANLIST><DTSTART>20260301<DTEND>20260331
<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20260302<TRNAMT>-3.50<FITID>A1<NAME>Coffee</STMTTRN>
<STMTTRN><TRNTYPE>INT<DTPOSTED>20260331<TRNAMT>73518294.37<FITID>A2<NAME>Interest</STMTTRN>
</BANKTRANLIST>
<LEDGERBAL><BALAMT>86420975.31<DTASOF>20260331</LEDGERBAL>
</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>
"""


async def client_of(server: Server) -> httpx.AsyncClient:
    stage = Stage()
    stage.tokens.holders[WRITER] = caller_of(server.tenant)
    own = {each.name: each for each in server.endpoints.values()}
    own |= {each.name: each for each in statement_routes.endpoints(server.ledger, read_statement)}
    transport = httpx.ASGITransport(app=stage.app(*own.values()), client=("127.0.0.1", 40000))
    return httpx.AsyncClient(
        transport=transport,
        base_url="http://127.0.0.1:8000",
        headers={"authorization": f"Bearer {WRITER}"},
    )


async def post_statement(client: httpx.AsyncClient, path: str, **headers: str) -> httpx.Response:
    return await client.post(
        path,
        params={"file_name": "march.ofx"},
        content=STATEMENT,
        headers={"content-type": "application/octet-stream", **headers},
    )


def test_a_statement_goes_in_and_comes_out_by_the_feed(tmp_path: Path) -> None:
    async def story(server: Server) -> None:
        async with await client_of(server) as client:
            preview = await post_statement(client, "/v1/imports/preview")
            taken = await post_statement(client, "/v1/imports", **{"idempotency-key": "a-key-1"})
            again = await post_statement(client, "/v1/imports", **{"idempotency-key": "a-key-1"})
            changes = await client.get("/v1/ledger/changes")
            listed = await client.get(
                "/v1/entries", params={"from": "2026-03-31", "to": "2026-03-31"}
            )

        assert preview.status_code == 200, preview.text
        assert [row["verdict"] for row in preview.json()["rows"]] == ["new", "new"]
        assert (taken.status_code, again.json()) == (201, taken.json())
        assert [entry["amount"] for entry in changes.json()["entries"]] == ["-3.50", "73518294.37"]
        assert changes.json()["ledger"] == str(server.tenant)
        assert [entry["category"] for entry in listed.json()["entries"]] == ["Interest earned"]

    on_server(tmp_path, story)


def test_a_refusal_names_the_place_and_repeats_nothing(tmp_path: Path) -> None:
    async def story(server: Server) -> None:
        async with await client_of(server) as client:
            account = await client.post(
                "/v1/accounts", json={"name": "Cash", "currency": "EUR", "type": "other"}
            )
            entry: dict[str, Any] = {
                "account_id": account.json()["id"],
                "posted_on": "2026-03-01",
                "amount": "73518294,37",
                "description": "canary",
            }
            refused = await client.post(
                "/v1/entries", json={"entries": [entry]}, headers={"idempotency-key": "a-key-2"}
            )
            unknown = await client.post(
                "/v1/accounts", json={"name": "Cash", "currency": "EUR", "type": "purse"}
            )
            nobody = await client.post(
                f"/v1/batches/{account.json()['id']}/undo", headers={"idempotency-key": "a-key-3"}
            )
            over = await client.get("/v1/ledger/changes", params={"epoch": "another"})

        assert account.status_code == 201, account.text
        assert refused.status_code == 422
        assert refused.json()["code"] == "amount_not_readable"
        assert refused.json()["place"] == {"entry": 0, "field": "amount"}
        assert "7351" not in refused.text
        assert "canary" not in refused.text
        assert unknown.status_code in {400, 422}
        assert (nobody.status_code, nobody.json()["code"]) == (404, "unknown_batch")
        assert (over.status_code, over.json()["code"]) == (410, "epoch_is_over")

    on_server(tmp_path, story)


def test_every_shape_is_described(tmp_path: Path) -> None:
    async def story(server: Server) -> None:
        async with await client_of(server) as client:
            described = (await client.get("/v1/openapi.json")).json()

        shapes = described["components"]["schemas"]
        assert {"EntryAnswer", "AccountAnswer", "ImportAnswer", "ChangesAnswer"} <= set(shapes)
        assert shapes["EntryAnswer"]["properties"]["amount"]["type"] == "string"

    on_server(tmp_path, story)


def test_a_damaged_file_leaves_nothing(tmp_path: Path) -> None:
    async def story(server: Server) -> None:
        async with await client_of(server) as client:
            for content in (b"", b"%PDF-1.7", STATEMENT.replace(b"20260302", b"20260231")):
                refused = await client.post(
                    "/v1/imports",
                    content=content,
                    headers={
                        "content-type": "application/octet-stream",
                        "idempotency-key": "a-key-4",
                    },
                )
                assert refused.status_code in {400, 422}, refused.text
            changes = (await client.get("/v1/ledger/changes")).json()

        assert (changes["entries"], changes["accounts"], changes["version"]) == ([], [], 0)

    on_server(tmp_path, story)
