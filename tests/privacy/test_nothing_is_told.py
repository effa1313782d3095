"""
Ring four, third part: behaviour. Canaries go through every route and every refusal, and nobody hears of them.

The whole server runs at log level DEBUG with the loggers of every library wide open. Its log, the libraries, both
standard streams, every problem answer with its head, every answer of the bucket side and every answer to another
tenant are searched. A route of the table that is not called here, or not refused, or does not fail, fails the test;
so does a problem that the server knows and that was not met.

The boundary: owners are answered with what is theirs. What uvicorn itself sees of a connection is tried in
`test_real_connections.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, NoReturn

import httpx
import pytest
from starlette.routing import Route

import server.app
from server.identity import identity_service
from server.shared_types.problems import Problem, RequestProblem
from server.telemetry.log import Log
from server.web.endpoints import Call, Reply, RouteName
from server.web.ports import Scope
from server.web.route_table import ROUTE_TABLE
from server.web.routed_calls import RoutedCalls
from tests.factories import (
    LedgerClient,
    OpenServer,
    RepeatableWorld,
    open_server,
    temporary_settings,
)
from tests.privacy.canaries import bytes_canary
from tests.privacy.canary_requests import (
    ACCOUNT_NAME,
    AMOUNT,
    CANARIES,
    CLOSED_MONTH,
    KEY,
    TEXT,
    Case,
    Known,
    refused_anywhere,
    refused_by_the_ledger,
    request_of,
    statement,
    typed_entry,
)
from tests.privacy.listening import Told, listening, open_every_logger

#: What these answer holds no canary even for the owner: counts of buckets, descriptions, health.
TELLS_NOBODY = {RouteName.SUMMARISE_MONTHS, RouteName.OPENAPI, RouteName.HEALTH}

#: Problems that no request of this test meets, and why.
NOT_MET = {
    "bad_request": "the branches of the tree, never raised themselves",
    "refused": "the branches of the tree, never raised themselves",
    "entry_refused": "the branches of the tree, never raised themselves",
    "request_unreadable": "no application sees it: test_real_connections.py",
    "body_incomplete": "the client is gone and hears nothing",
}


@dataclass
class Caller:
    """Sends cases to a server as somebody, and lets the ears have what no canary may be in."""

    told: Told
    opened: OpenServer
    owner: LedgerClient
    sent: int = 0

    async def send(self, case: Case) -> httpx.Response:
        """Send one case and hold it to what it says."""
        self.sent += 1
        token = self.owner.token if case.authorized else ""
        client = await self.opened.client(token, address=case.address)
        more = {name: value for name, value in case.more.items() if value is not None}
        answer = await client.request(case.method, case.path, **more)
        if case.code:
            assert answer.status_code >= 400, (case.name, answer.text)
            assert answer.json()["code"] == case.code, (case.name, answer.text)
            self.told.problem(f"{self.sent} {case.name}", answer)
        else:
            assert answer.is_success, (case.name, answer.text)
        return answer


async def succeed_everywhere(caller: Caller) -> Known:
    """Call every route with success; return what later cases need."""

    async def call(name: RouteName, known: Known, key: str) -> httpx.Response:
        answer = await caller.send(request_of(name, known, key))
        if name in TELLS_NOBODY:
            caller.told.heard(name.value, answer)
        return answer

    account = await caller.owner.open_account(ACCOUNT_NAME)
    known = Known(account=account.json()["id"])
    token = await call(RouteName.CREATE_TOKEN, known, "")
    typed = await call(RouteName.CREATE_ENTRIES, known, KEY)
    known = replace(known, token_id=token.json()["id"], batch=typed.json()["batch"])
    live = await caller.owner.type_entries([typed_entry(known)])
    known = replace(known, entry=live.json()["entries"][0])
    for name in RouteName:
        if name not in {RouteName.CREATE_TOKEN, RouteName.CREATE_ENTRIES}:
            await call(name, known, f"{KEY}-{name.value}")
    closing = request_of(RouteName.CLOSE_MONTH, known, f"{KEY}-stays-closed")
    await caller.send(replace(closing, more={**closing.more, "json": {"month": CLOSED_MONTH}}))
    undo = request_of(RouteName.UNDO_BATCH, known, f"again-{KEY}")
    await caller.send(replace(undo, name="undo twice", code="already_undone"))
    epoch = (await caller.owner.get("/v1/profile")).json()["epoch"]
    return replace(known, epoch=epoch)


async def be_refused_everywhere(caller: Caller, known: Known) -> None:
    for case in (*refused_anywhere(known, caller.owner.token), *refused_by_the_ledger(known)):
        await caller.send(case)
    keyless = request_of(RouteName.CREATE_ENTRIES, known, "")
    keyless = replace(keyless, more={"json": keyless.more["json"]})
    await caller.send(replace(keyless, code="idempotency_key_needed"))
    twice = [("idempotency-key", f"{KEY}-1"), ("idempotency-key", f"{KEY}-2")]
    case = request_of(RouteName.UNDO_BATCH, known, "")
    await caller.send(replace(case, code="ambiguous_request", more={"headers": twice}))


async def misuse_tokens(caller: Caller, known: Known, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that may only read, one that is seen on the wire, and one too many."""
    making = request_of(RouteName.CREATE_TOKEN, known, "")
    reading = (await caller.send(making)).json()["token"]
    caller.told.canaries.append(bytes_canary("reading token", reading.encode()))
    reader = Caller(caller.told, caller.opened, replace(caller.owner, token=reading))
    for name, row in ROUTE_TABLE.items():
        if row.scope is Scope.WRITE:
            case = request_of(name, known, f"reader-{name.value}")
            await reader.send(replace(case, code="insufficient_scope"))
    profile = request_of(RouteName.SHOW_PROFILE, known, "")
    seen = replace(profile, address="192.0.2.9", code="plain_http_refused")
    await reader.send(seen)
    await reader.send(replace(profile, name="a revoked token", code="unauthenticated"))
    with monkeypatch.context() as patch:
        patch.setattr(identity_service, "TOKENS_IN_USE_MAX", 0)
        await caller.send(replace(making, code="too_many_tokens"))


async def be_a_neighbour(caller: Caller, known: Known) -> None:
    """Another tenant asks for everything there is, with every id of the owner's."""
    neighbour = await caller.opened.sign_up("Next door")
    keyed: dict[str, Any] = {"headers": {"idempotency-key": f"neighbour-{known.batch}"}}
    edit = {"id": known.entry, "entry": known.entry, "kind": "remove", "base": 10**6}
    month = {"reason": "x"}
    owner_page = (await caller.owner.get("/v1/entries", limit="1")).json()
    entry = typed_entry(known) | {"amount": "1.00", "description": "x", "notes": "", "tags": []}
    asked = [
        *[await neighbour.get(row.path) for row in ROUTE_TABLE.values() if row.method == "GET"],
        await neighbour.get("/v1/entries", account=known.account),
        await neighbour.get("/v1/entries", after=owner_page["next"]),
        await neighbour.get("/v1/ledger/changes", epoch=known.epoch, after=f"0.{'0' * 32}"),
        await neighbour.type_entries([entry]),
        await neighbour.undo(known.batch),
        await neighbour.http.delete(f"/v1/tokens/{known.token_id}"),
        await neighbour.http.post("/v1/edits", json={"edits": [edit]}, **keyed),
        await neighbour.get(f"/v1/accounts/{known.account}/explanation"),
        await neighbour.get(f"/v1/closings/{CLOSED_MONTH}"),
        await neighbour.http.post(f"/v1/closings/{CLOSED_MONTH}/reopen", json=month, **keyed),
        await neighbour.http.post("/v1/workbook-leases", json={"workbook": known.account}),
        await neighbour.http.post(
            "/v1/entries", json={"entries": [entry]}, headers={"idempotency-key": KEY}
        ),
    ]
    for place, answer in enumerate(asked):
        caller.told.heard(f"to a neighbour: {place} {answer.request.url.path}", answer)
    preview = (await neighbour.preview(statement())).json()
    assert [row["verdict"] for row in preview["rows"]] == ["new"]
    assert (preview["file_seen_before"], preview["accounts"][0]["known"]) == (False, False)


#: What is changed on the disk, and the routes that must then fail without a word.
TAMPERED: list[tuple[str, Sequence[RouteName]]] = [
    (
        "UPDATE idempotent_answers SET answer_sealed = request_mac WHERE tenant_id = ?",
        [RouteName.IMPORT_STATEMENT],
    ),
    (
        "UPDATE batches SET source_sealed = x'01' WHERE tenant_id = ?",
        [RouteName.LIST_BATCHES],
    ),
    (
        "UPDATE anchors SET balance_sealed = x'0100000001' WHERE tenant_id = ?",
        [RouteName.LIST_ACCOUNTS],
    ),
    (
        "UPDATE edits SET edit_sealed = x'0100000001' WHERE tenant_id = ?",
        [RouteName.UNDO_BATCH],
    ),
    (
        "UPDATE closings SET evidence_sealed = x'0100000001' WHERE tenant_id = ?",
        [RouteName.LIST_CLOSINGS, RouteName.SHOW_CLOSING, RouteName.CLOSE_MONTH],
    ),
    (
        "UPDATE entries SET amount_sealed = text_sealed WHERE tenant_id = ?",
        [
            RouteName.LIST_ENTRIES,
            RouteName.READ_CHANGES,
            RouteName.SUMMARISE_MONTHS,
            RouteName.EXPLAIN_ACCOUNT,
        ],
    ),
    (
        "UPDATE accounts SET name_sealed = number_sealed WHERE tenant_id = ?",
        [RouteName.PREVIEW_IMPORT, RouteName.CREATE_ACCOUNT, RouteName.CREATE_ENTRIES],
    ),
    (
        "UPDATE tenants SET name_sealed = x'' WHERE tenant_id = ?",
        [RouteName.SHOW_PROFILE],
    ),
    (
        "UPDATE tokens SET label_sealed = randomblob(93) WHERE tenant_id = ?",
        [RouteName.LIST_TOKENS],
    ),
]


async def tamper_with_records(caller: Caller) -> None:
    """Change sealed records of another ledger on the disk, then ask for them."""
    victim = await caller.opened.sign_up(TEXT, TEXT)
    asking = Caller(caller.told, caller.opened, victim)
    importing = request_of(RouteName.IMPORT_STATEMENT, Known(), f"{KEY}-victim")
    taken = (await asking.send(importing)).json()
    known = Known(account=taken["accounts"][0]["id"])
    entry = (await victim.get("/v1/entries")).json()["entries"][0]["id"]
    known = replace(known, entry=entry)
    edited = await asking.send(request_of(RouteName.APPLY_EDITS, known, f"{KEY}-victim-edits"))
    known = replace(known, batch=edited.json()["batch"])
    for name in (RouteName.CLOSE_MONTH, RouteName.REOPEN_MONTH, RouteName.CLOSE_MONTH):
        key = f"{KEY}-victim-{name.value}-{asking.sent}"
        await asking.send(request_of(name, known, key))
    tenant = bytes.fromhex(victim.ledger.replace("-", ""))
    for statement_of_thief, names in TAMPERED:
        caller.opened.change_behind_its_back(statement_of_thief, tenant)
        for name in names:
            case = request_of(name, known, f"{KEY}-victim")
            if name is not RouteName.IMPORT_STATEMENT:
                case = request_of(name, known, f"{KEY}-tampered-{name.value}")
            # The ledger's owner is told so; what identity keeps is nobody's ledger.
            of_identity = name in {RouteName.SHOW_PROFILE, RouteName.LIST_TOKENS}
            code = "internal" if of_identity else "ledger_tampered"
            await asking.send(replace(case, name=f"tampered: {name.value}", code=code))


class Carrying(Exception):
    """An error that nobody expected, with a value in its text, its arguments and its frames."""


async def fail(call: Call) -> Reply:
    amount, text = AMOUNT, TEXT
    sentence = f"could not book {amount} for {text}"
    raise Carrying(sentence, amount, call) from ValueError(amount, call.body, call.query)


def routed_calls(opened: OpenServer) -> dict[RouteName, RoutedCalls]:
    calls = {}
    for route in opened.app.router.routes:
        assert isinstance(route, Route)
        assert isinstance(route.endpoint, RoutedCalls)
        calls[RouteName(route.name)] = route.endpoint
    return calls


async def fail_everywhere(caller: Caller, known: Known, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plant an unexpected error in every handler."""
    for name, calls in routed_calls(caller.opened).items():
        with monkeypatch.context() as patch:
            patch.setattr(calls, "_handle", fail)
            case = request_of(name, known, f"fails-{name.value}")
            await caller.send(replace(case, code="internal"))


async def close_the_doors(told: Told, folder: Path) -> None:
    """A server that takes no sign-ups, counts strictly, and then stops."""
    world = RepeatableWorld(seed=2)
    world.log_stream = told.log
    settings = temporary_settings(folder, SIGNUP="closed")
    async with open_server(folder, world=world, settings=settings, limits_multiplier=1) as opened:
        nobody = LedgerClient(await opened.client(), ledger="", token=f"pv_test_{TEXT}")
        caller = Caller(told, opened, nobody)
        signing = request_of(RouteName.SIGN_UP, Known(), "")
        await caller.send(replace(signing, code="sign_up_closed"))
        profile = request_of(RouteName.SHOW_PROFILE, Known(), "")
        for _ in range(60):
            await caller.send(replace(profile, code="unauthenticated"))
        await caller.send(replace(profile, code="too_many_calls"))
        opened.app.close()
        await caller.send(replace(signing, code="not_ready"))


@contextlib.asynccontextmanager
async def a_caller(told: Told, folder: Path) -> AsyncIterator[Caller]:
    """A server whose owner's every word is a canary."""
    world = RepeatableWorld()
    world.log_stream = told.log
    async with open_server(folder, world=world) as opened:
        # Opening the database quietens its drivers; any configuration of logging may undo that.
        open_every_logger()
        told.canaries = list(CANARIES)
        owner = await opened.sign_up(TEXT, TEXT)
        told.canaries.append(bytes_canary("token", owner.token.encode()))
        yield Caller(told, opened, owner)


async def tell_everything(told: Told, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_caller(told, folder / "open") as caller:
        known = await succeed_everywhere(caller)
        await be_refused_everywhere(caller, known)
        await misuse_tokens(caller, known, monkeypatch)
        await be_a_neighbour(caller, known)
        await tamper_with_records(caller)
        await fail_everywhere(caller, known, monkeypatch)
    await close_the_doors(told, folder / "closed")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    with pytest.MonkeyPatch.context() as monkeypatch, listening() as everything:
        asyncio.run(tell_everything(everything, tmp_path_factory.mktemp("told"), monkeypatch))
    return everything


def test_no_log_no_problem_and_no_neighbour_is_told_a_canary(told: Told) -> None:
    assert len(told.answers) > 400
    assert told.leaks() == {}


def test_every_route_was_called_refused_and_made_to_fail(told: Told) -> None:
    answered = told.answered()

    assert set(answered) == set(RouteName) == set(ROUTE_TABLE)
    for name, statuses in answered.items():
        assert {status // 100 for status in statuses} >= {2, 4, 5}, name


def problems_in(kind: type[Problem]) -> Iterator[type[Problem]]:
    for each in kind.__subclasses__():
        if each.__module__.startswith("server."):
            yield each
            yield from problems_in(each)


def test_every_problem_that_a_request_can_meet_was_met(told: Told) -> None:
    codes = {kind.code for kind in problems_in(RequestProblem)}

    assert codes - told.problem_codes == set(NOT_MET)
    assert "not_ready" in told.problem_codes


def test_the_log_tells_of_every_failure_by_its_kind(told: Told) -> None:
    log = told.log.getvalue()

    assert log.count("tests.privacy.test_nothing_is_told.Carrying") == len(RouteName)
    assert "server.sealing.problems.SealBroken" in log


def test_the_libraries_were_listened_to(told: Told) -> None:
    """Silence means something only where a word would have been heard."""
    with listening() as ears:
        for name in ("databases", "aiosqlite", "uvicorn.error", "asyncio", "anything.else"):
            logging.getLogger(name).error("a word")
    heard = ears.libraries.getvalue()

    assert all(f"{name} a word" in heard for name in ("databases", "aiosqlite", "anything.else"))
    assert "asyncio" in told.libraries.getvalue()


def plant_an_exception_that_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(self: Any, _request_id: object, error: BaseException) -> None:
        self._log._logger.msg(str(error), fields={})

    def unchecked(_self: object, _logger: object, _method: str, given: Any) -> Any:
        return dict(given, event=str(given["event"]))

    monkeypatch.setattr(server.app._RequestLog, "failed", careless)
    monkeypatch.setattr(Log, "_admit", unchecked)


def plant_a_log_call(monkeypatch: pytest.MonkeyPatch) -> None:
    async def talking(_call: Call) -> NoReturn:
        logging.getLogger("server.rooms").debug("could not match %s", AMOUNT)
        raise Carrying(AMOUNT)

    monkeypatch.setitem(globals(), "fail", talking)


def plant_a_print(monkeypatch: pytest.MonkeyPatch) -> None:
    async def printing(_call: Call) -> NoReturn:
        print(f"could not match {AMOUNT}")  # noqa: T201 - the planted fault
        raise Carrying(AMOUNT)

    monkeypatch.setitem(globals(), "fail", printing)


class Talkative(RequestProblem):
    """A problem that tells what it met."""

    code: ClassVar[str] = "internal"

    def place(self) -> dict[str, str | int]:
        return {"amount": AMOUNT}


def plant_a_talkative_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refusing(_call: Call) -> NoReturn:
        raise Talkative

    monkeypatch.setitem(globals(), "fail", refusing)


@pytest.mark.parametrize(
    ("plant", "caught_in"),
    [
        (plant_an_exception_that_is_logged, "log"),
        (plant_a_log_call, "libraries"),
        (plant_a_print, "standard streams"),
        (plant_a_talkative_problem, "1 show_profile succeeds"),
    ],
)
def test_the_ring_catches_a_planted_fault(
    plant: Any, caught_in: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def whole(told: Told) -> None:
        async with a_caller(told, tmp_path / "data") as caller:
            calls = routed_calls(caller.opened)[RouteName.SHOW_PROFILE]
            monkeypatch.setattr(calls, "_handle", fail)
            case = request_of(RouteName.SHOW_PROFILE, Known(), "")
            await caller.send(replace(case, code="internal"))

    plant(monkeypatch)
    with listening() as told:
        asyncio.run(whole(told))

    assert "amount" in told.leaks()[caught_in]


def test_the_ring_catches_a_route_that_was_forgotten() -> None:
    told = Told()
    told.log.write('{"event": "request_answered", "route": "health", "status": 200}\n')

    assert set(told.answered()) != set(ROUTE_TABLE)
