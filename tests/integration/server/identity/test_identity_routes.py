"""Sign-up, profile and tokens over HTTP in process, on a real database."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.identity.identity_service import TOKENS_IN_USE_MAX
from server.settings import Environment
from tests.databases import place_of
from tests.integration.server.identity.open_identity import OpenIdentity, open_identity

pytestmark = pytest.mark.usefixtures("each_database")

LEDGER_NAME = "Household of Ada L."
LABEL = "Ada's laptop"


def run(work: Callable[[OpenIdentity], Awaitable[None]], folder: Path, **rules: Any) -> None:
    async def main() -> None:
        async with open_identity(folder, **rules) as identity:
            await work(identity)

    asyncio.run(main())


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def sign_up(http: httpx.AsyncClient, name: str = LEDGER_NAME) -> dict[str, str]:
    response = await http.post("/v1/signup", json={"ledger_name": name, "token_label": LABEL})
    assert response.status_code == 201, response.text
    made: dict[str, str] = response.json()
    return made


async def make_token(http: httpx.AsyncClient, token: str, **wish: Any) -> httpx.Response:
    body = {"label": "another", "scopes": ["read"], **wish}
    return await http.post("/v1/tokens", json=body, headers=bearer(token))


async def status_of(http: httpx.AsyncClient, token: str) -> int:
    return (await http.get("/v1/profile", headers=bearer(token))).status_code


def test_who_signs_up_owns_a_ledger(tmp_path: Path) -> None:
    async def work(identity: OpenIdentity) -> None:
        made = await sign_up(identity.http)
        assert made["token"].startswith("pv_test_")
        assert len(made["token"]) == 51
        response = await identity.http.get("/v1/profile", headers=bearer(made["token"]))
        assert response.json() == {
            "ledger": made["ledger"],
            "ledger_name": LEDGER_NAME,
            "principal": made["principal"],
            "role": "owner",
            "scopes": ["read", "write"],
            "environment": "test",
            "epoch": identity.epoch,
            "version": 0,
        }
        assert uuid.UUID(made["ledger"]).version == 7

    run(work, tmp_path)


def test_the_first_token_is_listed_with_its_label(tmp_path: Path) -> None:
    async def work(identity: OpenIdentity) -> None:
        made = await sign_up(identity.http)
        response = await identity.http.get("/v1/tokens", headers=bearer(made["token"]))
        [token] = response.json()["tokens"]
        assert token == {
            "id": token["id"],
            "label": LABEL,
            "scopes": ["read", "write"],
            "created_at": "2026-11-20T10:00:00.000+00:00",
            "expires_at": None,
            "revoked_at": None,
            "current": True,
        }

    run(work, tmp_path)


def test_sign_up_may_be_closed(tmp_path: Path) -> None:
    async def work(identity: OpenIdentity) -> None:
        response = await identity.http.post("/v1/signup", json={"ledger_name": "x"})
        assert (response.status_code, response.json()["code"]) == (403, "sign_up_closed")
        assert identity.rows("SELECT count(*) FROM tenants") == [(0,)]

    run(work, tmp_path, sign_up_open=False)


def test_a_sign_up_that_fails_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    async def work(identity: OpenIdentity) -> None:
        identity.random_bytes_fail = True
        response = await identity.http.post("/v1/signup", json={"ledger_name": "x"})
        assert response.status_code == 500
        for table in ("tenants", "tenant_keys", "people", "memberships", "principals", "tokens"):
            assert identity.rows(f"SELECT count(*) FROM {table}") == [(0,)], table

    run(work, tmp_path)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"ledger_name": ""},
        {"ledger_name": "x" * 201},
        {"ledger_name": 1},
        {"ledger_name": "x", "role": "owner"},
        {"ledger_name": "x", "tenant_id": "x"},
        {"ledger_name": "x", "token_label": None},
    ],
)
def test_a_sign_up_of_another_form_is_refused(tmp_path: Path, body: dict[str, Any]) -> None:
    async def work(identity: OpenIdentity) -> None:
        response = await identity.http.post("/v1/signup", json=body)
        assert (response.status_code, response.json()["code"]) == (422, "body_refused")

    run(work, tmp_path)


def test_a_token_may_do_no_more_than_the_one_that_made_it(tmp_path: Path) -> None:
    async def work(identity: OpenIdentity) -> None:
        http = identity.http
        owner = (await sign_up(http))["token"]
        reader = (await make_token(http, owner)).json()["token"]
        assert await status_of(http, reader) == 200
        response = await make_token(http, reader)
        assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")
        writer = (await make_token(http, owner, scopes=["write"])).json()["token"]
        assert await status_of(http, writer) == 403
        widened = await make_token(http, writer, scopes=["read", "write"])
        assert widened.status_code == 403

    run(work, tmp_path)


@pytest.mark.parametrize(
    "wish",
    [
        {"scopes": []},
        {"scopes": ["administer"]},
        {"scopes": "read"},
        {"label": ""},
        {"label": "x" * 101},
        {"expires_in_days": 0},
        {"expires_in_days": 3651},
        {"expires_in_days": 1.5},
        {"principal": "x"},
    ],
)
def test_a_wish_for_a_token_of_another_form_is_refused(
    tmp_path: Path, wish: dict[str, Any]
) -> None:
    async def work(identity: OpenIdentity) -> None:
        owner = (await sign_up(identity.http))["token"]
        assert (await make_token(identity.http, owner, **wish)).status_code == 422

    run(work, tmp_path)


def test_a_revoked_token_is_out_of_use_at_once(tmp_path: Path) -> None:
    async def work(identity: OpenIdentity) -> None:
        http = identity.http
        owner = (await sign_up(http))["token"]
        made = (await make_token(http, owner)).json()
        assert await status_of(http, made["token"]) == 200
        for _ in range(2):
            response = await http.delete(f"/v1/tokens/{made['id']}", headers=bearer(owner))
            assert (response.status_code, response.content) == (204, b"")
            assert await status_of(http, made["token"]) == 401
        listed = (await http.get("/v1/tokens", headers=bearer(owner))).json()["tokens"]
        assert [(one["id"] == made["id"], one["revoked_at"] is None) for one in listed] == [
            (False, True),
            (True, False),
        ]

    run(work, tmp_path)


def test_no_request_after_a_revocation_is_let_in(tmp_path: Path) -> None:
    async def work(identity: OpenIdentity) -> None:
        http = identity.http
        owner = (await sign_up(http))["token"]
        made = (await make_token(http, owner)).json()
        late: list[int] = []
        revoked = asyncio.Event()

        async def read() -> None:
            while not revoked.is_set():
                await status_of(http, made["token"])
                await asyncio.sleep(0)
            late.append(await status_of(http, made["token"]))

        readers = [asyncio.create_task(read()) for _ in range(20)]
        await http.delete(f"/v1/tokens/{made['id']}", headers=bearer(owner))
        revoked.set()
        await asyncio.gather(*readers)
        assert late == [401] * 20

    run(work, tmp_path)


def test_a_token_may_always_revoke_itself(tmp_path: Path) -> None:
    async def work(identity: OpenIdentity) -> None:
        http = identity.http
        owner = (await sign_up(http))["token"]
        other = (await make_token(http, owner)).json()
        reader = (await make_token(http, owner)).json()
        refused = await http.delete(f"/v1/tokens/{other['id']}", headers=bearer(reader["token"]))
        assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
        ended = await http.delete(f"/v1/tokens/{reader['id']}", headers=bearer(reader["token"]))
        assert ended.status_code == 204
        assert await status_of(http, reader["token"]) == 401
        assert await status_of(http, other["token"]) == 200

    run(work, tmp_path)


def test_the_token_of_another_ledger_is_unknown(tmp_path: Path) -> None:
    async def work(identity: OpenIdentity) -> None:
        http = identity.http
        one = (await sign_up(http))["token"]
        other = (await sign_up(http))["token"]
        theirs = (await make_token(http, other)).json()
        answers = [
            await http.delete(f"/v1/tokens/{token_id}", headers=bearer(one))
            for token_id in (theirs["id"], uuid.uuid4(), "nonsense", "..")
        ]
        assert {answer.status_code for answer in answers} == {404}
        known = [{**a.json(), "request_id": ""} for a in answers[:3]]
        assert known[0] == known[1] == known[2]
        assert known[0]["code"] == "unknown_token"
        assert await status_of(http, theirs["token"]) == 200

    run(work, tmp_path)


def test_a_token_ends_with_its_lifetime(tmp_path: Path) -> None:
    async def work(identity: OpenIdentity) -> None:
        http = identity.http
        owner = (await sign_up(http))["token"]
        made = (await make_token(http, owner, expires_in_days=30)).json()["token"]
        identity.now += timedelta(days=30) - timedelta(milliseconds=1)
        assert await status_of(http, made) == 200
        identity.now += timedelta(milliseconds=1)
        assert await status_of(http, made) == 401
        assert await status_of(http, owner) == 200

    run(work, tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token.replace("pv_test_", "pv_live_"),
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: token + "=",
        lambda token: token.upper(),
        lambda token: token[8:],
        lambda token: "pv_test_",
        lambda token: "' OR 1=1 --",
    ],
)
def test_what_is_nearly_a_token_lets_nobody_in(
    tmp_path: Path, change: Callable[[str], str]
) -> None:
    async def work(identity: OpenIdentity) -> None:
        owner = (await sign_up(identity.http))["token"]
        assert await status_of(identity.http, change(owner)) == 401

    run(work, tmp_path)


def test_a_live_server_knows_live_tokens_only(tmp_path: Path) -> None:
    async def work(identity: OpenIdentity) -> None:
        made = await sign_up(identity.http)
        assert made["token"].startswith("pv_live_")
        assert await status_of(identity.http, made["token"]) == 200
        assert await status_of(identity.http, made["token"].replace("live", "test")) == 401

    run(work, tmp_path, environment=Environment.LIVE)


def test_who_is_no_member_any_more_is_let_in_no_more(tmp_path: Path) -> None:
    async def work(identity: OpenIdentity) -> None:
        owner = (await sign_up(identity.http))["token"]
        assert await status_of(identity.http, owner) == 200
        identity.rows("DELETE FROM memberships")
        assert await status_of(identity.http, owner) == 401

    run(work, tmp_path)


def test_a_ledger_has_a_limited_number_of_tokens_in_use(tmp_path: Path) -> None:
    async def work(identity: OpenIdentity) -> None:
        http = identity.http
        owner = (await sign_up(http))["token"]
        made = [await make_token(http, owner) for _ in range(TOKENS_IN_USE_MAX - 1)]
        assert {one.status_code for one in made} == {201}
        response = await make_token(http, owner)
        assert (response.status_code, response.json()["code"]) == (409, "too_many_tokens")
        await http.delete(f"/v1/tokens/{made[0].json()['id']}", headers=bearer(owner))
        assert (await make_token(http, owner)).status_code == 201

    run(work, tmp_path)


def test_a_token_sent_in_clear_from_elsewhere_is_revoked(tmp_path: Path) -> None:
    async def work(identity: OpenIdentity) -> None:
        owner = (await sign_up(identity.http))["token"]
        async with identity.client("192.0.2.7") as elsewhere:
            response = await elsewhere.get("/v1/profile", headers=bearer(owner))
            assert response.json()["code"] == "plain_http_refused"
        assert await status_of(identity.http, owner) == 401

    run(work, tmp_path)


def test_the_database_holds_no_token_no_name_and_no_label(tmp_path: Path) -> None:
    async def work(identity: OpenIdentity) -> None:
        made = await sign_up(identity.http)
        await make_token(identity.http, made["token"], label="Charles's phone")
        content = place_of(tmp_path / "ledger.db").stored_bytes()
        for secret in (made["token"], made["token"][8:], LEDGER_NAME, LABEL, "Charles's phone"):
            for form in (secret.encode(), secret.encode().hex().encode()):
                assert form not in content, secret
        assert hashlib.sha256(made["token"].encode()).digest() in content

    run(work, tmp_path)
