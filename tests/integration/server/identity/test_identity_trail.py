"""What identity tells the audit trail: each thing once, in the transaction that does it, and nothing that was typed."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path

import pytest

from tests.databases import place_of
from tests.integration.server.identity.open_identity import OpenIdentity, open_identity

pytestmark = pytest.mark.usefixtures("each_database")


def told(identity: OpenIdentity) -> list[tuple[str, str | None]]:
    rows = identity.rows("SELECT event, detail_code FROM audit_events ORDER BY sequence")
    return [(row[0], row[1]) for row in rows]


SIGNED_UP = [("ledger_made", None), ("key_created", None), ("token_made", "sign_up")]


def test_ledgers_and_tokens_are_told_of_once(tmp_path: Path) -> None:
    async def story() -> None:
        async with open_identity(tmp_path) as identity:
            http = identity.http
            made = (await http.post("/v1/signup", json={"ledger_name": "canary"})).json()
            assert told(identity) == SIGNED_UP
            bearer = {"Authorization": f"Bearer {made['token']}"}
            wish = {"label": "canary", "scopes": ["read"]}
            token = (await http.post("/v1/tokens", json=wish, headers=bearer)).json()
            for _ in range(2):
                await http.delete(f"/v1/tokens/{token['id']}", headers=bearer)
            await http.delete(f"/v1/tokens/{uuid.uuid4()}", headers=bearer)
            assert told(identity) == [
                *SIGNED_UP,
                ("token_made", "by_owner"),
                ("token_revoked", "by_owner"),
            ]
            rows = identity.rows(
                "SELECT tenant_id, principal_id, subject FROM audit_events ORDER BY sequence"
            )
            tenant, principal = uuid.UUID(made["ledger"]), uuid.UUID(made["principal"])
            assert {row[:2] for row in rows} == {(tenant.bytes, principal.bytes)}
            assert [row[2] for row in rows[3:]] == [uuid.UUID(token["id"]).bytes] * 2

    asyncio.run(story())
    assert b"canary" not in place_of(tmp_path / "ledger.db").stored_bytes()


def test_a_token_seen_in_the_clear_is_told_of_once_however_often_it_is_shown(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with open_identity(tmp_path) as identity:
            made = (await identity.http.post("/v1/signup", json={"ledger_name": "x"})).json()
            bearer = {"Authorization": f"Bearer {made['token']}"}
            async with identity.client("203.0.113.7") as stranger:
                for _ in range(3):
                    await stranger.get("/v1/profile", headers=bearer)
            assert told(identity) == [*SIGNED_UP, ("token_exposed", "seen_in_the_clear")]
            assert (await identity.http.get("/v1/profile", headers=bearer)).status_code == 401

    asyncio.run(story())


def test_a_sign_up_that_fails_tells_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        async with open_identity(tmp_path) as identity:
            identity.random_bytes_fail = True
            await identity.http.post("/v1/signup", json={"ledger_name": "x"})
            assert told(identity) == []

    asyncio.run(story())
