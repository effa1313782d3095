"""The composed application, in process: every room behind the edge, on a real database."""

from __future__ import annotations

import asyncio
import io
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from server.app import Surroundings, create_app, migrate_database
from server.sealing.problems import MasterKeyUnknown
from server.settings import Settings
from server.web.route_names import RouteName
from server.web.route_table import ROUTE_TABLE, RouteRow
from tests.databases import place_of
from tests.unit.server.web.fake_rooms import OPEN

pytestmark = pytest.mark.usefixtures("each_database")

NAME = "Household of Ada L."


def settings_in(folder: Path, **more: str) -> Settings:
    place = place_of(folder / "pennyvault.db")
    if place.owner_url != place.url:
        more["PENNYVAULT_DATABASE_URL"] = place.url
        more["PENNYVAULT_MIGRATION_DATABASE_URL"] = place.owner_url
    return Settings.from_environment(
        {
            "PENNYVAULT_DATA_DIR": str(folder),
            "PENNYVAULT_SIGNUP": "open",
            "PENNYVAULT_ENVIRONMENT": "test",
            **more,
        }
    )


async def prepare(settings: Settings) -> None:
    """What comes before a server's start where the schema has an owner of its own."""
    if settings.migration_database_url is not None:
        await migrate_database(settings)


@asynccontextmanager
async def served(settings: Settings, log: io.StringIO) -> AsyncIterator[httpx.AsyncClient]:
    await prepare(settings)
    app = create_app(settings, Surroundings(log_stream=log))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            yield http


async def bearer_of(http: httpx.AsyncClient) -> dict[str, str]:
    made = (await http.post("/v1/signup", json={"ledger_name": NAME})).json()
    return {"Authorization": f"Bearer {made['token']}"}


def path_of(row: RouteRow) -> str:
    some_id = uuid.uuid4()
    ids = dict.fromkeys(("token_id", "batch_id", "account_id", "lease_id"), some_id)
    return row.path.format(**ids, month="2026-03")


def references_in(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references_in(value)
    elif isinstance(node, list):
        for value in node:
            yield from references_in(value)


def test_every_room_is_behind_the_edge(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(settings_in(tmp_path), io.StringIO()) as http:
            bearer = await bearer_of(http)
            for name, row in ROUTE_TABLE.items():
                stranger = await http.request(row.method, path_of(row))
                assert (stranger.status_code == 401) == (name not in OPEN), name
                owner = await http.request(row.method, path_of(row), headers=bearer)
                assert owner.status_code not in {401, 403, 405}, name
                assert owner.status_code < 500, name
                if row.method == "GET":
                    # A ledger that was just made has no account to explain and no closed month.
                    is_of_one = name in {RouteName.EXPLAIN_ACCOUNT, RouteName.SHOW_CLOSING}
                    assert owner.status_code == (404 if is_of_one else 200), name

    asyncio.run(main())


def test_the_description_covers_every_room_and_refers_to_what_is_there(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(settings_in(tmp_path), io.StringIO()) as http:
            document = (await http.get("/v1/openapi.json")).json()
            operations = {
                (method.upper(), path)
                for path, methods in document["paths"].items()
                for method in methods
            }
            assert operations == {(row.method, row.path) for row in ROUTE_TABLE.values()}
            schemas = document["components"]["schemas"]
            known = {f"#/components/schemas/{name}" for name in schemas}
            assert set(references_in(document)) <= known

    asyncio.run(main())


def test_a_server_that_starts_again_knows_its_tokens_and_keeps_its_epoch(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(settings_in(tmp_path), io.StringIO()) as http:
            bearer = await bearer_of(http)
            before = (await http.get("/v1/profile", headers=bearer)).json()
        async with served(settings_in(tmp_path), io.StringIO()) as http:
            assert (await http.get("/v1/profile", headers=bearer)).json() == before
        assert before["ledger_name"] == NAME

    asyncio.run(main())


def test_a_server_that_ended_answers_that_it_is_not_ready(tmp_path: Path) -> None:
    async def main() -> None:
        await prepare(settings_in(tmp_path))
        app = create_app(settings_in(tmp_path), Surroundings(log_stream=io.StringIO()))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            assert (await http.get("/healthz")).json()["code"] == "not_ready"
            async with app.router.lifespan_context(app):
                assert (await http.get("/healthz")).json() == {"status": "ok"}
            assert (await http.get("/healthz")).json()["code"] == "not_ready"

    asyncio.run(main())


def test_a_start_with_another_master_key_is_refused_and_leaves_the_database_alone(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        async with served(settings_in(tmp_path), io.StringIO()) as http:
            bearer = await bearer_of(http)
        other = settings_in(tmp_path, PENNYVAULT_MASTER_KEY="A" * 43 + "=")
        with pytest.raises(MasterKeyUnknown):
            async with served(other, io.StringIO()):
                pass
        async with served(settings_in(tmp_path), io.StringIO()) as http:
            assert (await http.get("/v1/profile", headers=bearer)).status_code == 200

    asyncio.run(main())


@pytest.mark.parametrize(
    "variables", [{"PENNYVAULT_SIGNUP": "closed"}, {"PENNYVAULT_TRUSTED_PROXY": "127.0.0.1"}]
)
def test_sign_up_is_open_to_this_machine_only_and_only_if_asked_for(
    tmp_path: Path, variables: dict[str, str]
) -> None:
    async def main() -> None:
        settings = settings_in(tmp_path, **variables)
        async with served(settings, io.StringIO()) as http:
            response = await http.post("/v1/signup", json={"ledger_name": NAME})
            assert response.json()["code"] == "sign_up_closed"

    asyncio.run(main())


def test_a_server_is_called_by_the_names_it_was_given(tmp_path: Path) -> None:
    async def main() -> None:
        settings = settings_in(tmp_path, PENNYVAULT_SERVER_NAMES="ledger.example,192.0.2.1")
        async with served(settings, io.StringIO()) as http:
            for host, status in (
                ("ledger.example", 200),
                ("192.0.2.1:8443", 200),
                ("other.example", 421),
            ):
                response = await http.get("/healthz", headers={"Host": host})
                assert response.status_code == status, host

    asyncio.run(main())


def test_bodies_may_be_capped_below_the_table(tmp_path: Path) -> None:
    async def main() -> None:
        settings = settings_in(
            tmp_path, PENNYVAULT_BODY_BYTES_MAX="1024", PENNYVAULT_STATEMENT_BYTES_MAX="2048"
        )
        async with served(settings, io.StringIO()) as http:
            large = await http.post("/v1/signup", json={"ledger_name": "x" * 1100})
            assert large.status_code == 413
            headers = {
                **await bearer_of(http),
                "Content-Type": "application/octet-stream",
                "Idempotency-Key": "1",
            }
            for size, refused in ((2048, False), (2049, True)):
                response = await http.post(
                    "/v1/imports?file_name=a.ofx", content=b"x" * size, headers=headers
                )
                assert (response.status_code == 413) == refused

    asyncio.run(main())


def test_the_log_tells_of_requests_and_repeats_nothing_that_was_sent(tmp_path: Path) -> None:
    log = io.StringIO()

    async def main() -> str:
        async with served(settings_in(tmp_path), log) as http:
            bearer = await bearer_of(http)
            await http.get("/v1/profile", headers=bearer)
            await http.get("/v1/canary-4711?canary=4711", headers={"X-Canary": "canary-4711"})
            await http.post("/v1/signup", json={"ledger_name": "canary-4711", "canary": 1})
            return bearer["Authorization"].removeprefix("Bearer ")

    token = asyncio.run(main())
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    answered = [line for line in lines if line["event"] == "request_answered"]
    assert [(line.get("route"), line["status"], line.get("problem")) for line in answered] == [
        ("sign_up", 201, None),
        ("show_profile", 200, None),
        (None, 404, "not_found"),
        ("sign_up", 422, "body_refused"),
    ]
    assert "tenant" in answered[1]
    assert not any("left_out" in line for line in lines)
    for secret in (token, token[8:], NAME, "canary", "4711"):
        assert secret not in log.getvalue()


def test_migrating_tells_the_version(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    first = asyncio.run(migrate_database(settings))
    assert first >= 1
    assert asyncio.run(migrate_database(settings)) == first
