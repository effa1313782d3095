"""
Requests full of canaries: for every route one that succeeds, and every way in which one can be refused.

What a case expects is said beside it, so that a request which is refused for another reason proves nothing by mistake.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from server.web.endpoints import RouteName
from server.web.route_table import ROUTE_TABLE, RouteRow
from tests.fixtures.statements.make_statement import MadeAccount, MadeTransaction, ofx_statement
from tests.privacy.canaries import amount_canary, number_canary, text_canary

__all__ = [
    "AMOUNT",
    "CANARIES",
    "CLOSED_MONTH",
    "TEXT",
    "Case",
    "Known",
    "refused_anywhere",
    "refused_by_the_ledger",
    "request_of",
    "statement",
]

_RANDOM = random.Random(20260406)
_AMOUNTS = {
    name: amount_canary(name, _RANDOM)
    for name in ("amount", "balance", "typed amount", "stated balance", "adjustment")
}
_TEXTS = {
    name: text_canary(name, _RANDOM)
    for name in (
        "text",
        "payee",
        "memo",
        "bank id",
        "account name",
        "ledger name",
        "label",
        "file name",
        "note",
        "edited note",
        "part",
        "reason",
        "key",
    )
}
_NUMBER = number_canary("account number", _RANDOM)
CANARIES = [*_AMOUNTS.values(), *_TEXTS.values(), _NUMBER]

AMOUNT = _AMOUNTS["amount"].value
TYPED_AMOUNT = _AMOUNTS["typed amount"].value
TEXT = _TEXTS["text"].value
FILE_NAME = f"{_TEXTS['file name'].value}.ofx"
ACCOUNT_NAME = _TEXTS["account name"].value
KEY = _TEXTS["key"].value

OCTETS = {"content-type": "application/octet-stream"}
NOBODY = "019a0000-0000-7000-8000-00000000000f"
JSON_ROUTES = {
    RouteName.SIGN_UP,
    RouteName.CREATE_TOKEN,
    RouteName.CREATE_ACCOUNT,
    RouteName.CREATE_ENTRIES,
    RouteName.APPLY_EDITS,
    RouteName.STATE_BALANCE,
    RouteName.ADJUST_BALANCE,
    RouteName.CLOSE_MONTH,
    RouteName.REOPEN_MONTH,
    RouteName.TAKE_LEASE,
}
#: A month that the cases close and reopen, one that they leave closed, and one that never ends.
MONTH, CLOSED_MONTH, FAR_MONTH = "2026-03", "2026-01", "2199-12"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the cases have to know of the ledger they are sent to."""

    account: str = NOBODY
    #: A live entry.
    entry: str = NOBODY
    batch: str = NOBODY
    token_id: str = NOBODY
    epoch: str = NOBODY


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One request; `code` is the problem that it has to meet, or "" where it succeeds."""

    name: str
    method: str
    path: str
    code: str = ""
    #: Whether the owner's token is sent.
    authorized: bool = True
    #: The address of the caller.
    address: str = "127.0.0.1"
    more: Mapping[str, Any] = field(default_factory=dict)


def statement(*, currency: str = "EUR", name: str = _TEXTS["payee"].value) -> bytes:
    """An OFX file whose every value is a canary."""
    return ofx_statement(
        [
            MadeAccount(
                account_id=_NUMBER.value,
                currency=currency,
                closing=_AMOUNTS["balance"].value,
                transactions=[
                    MadeTransaction(
                        posted_on="2026-03-01",
                        amount=f"-{AMOUNT}",
                        name=name,
                        memo=f"{_TEXTS['memo'].value} {AMOUNT}",
                        bank_id=_TEXTS["bank id"].value,
                    )
                ],
            )
        ],
        institution=TEXT,
    )


def typed_entry(known: Known) -> dict[str, Any]:
    """The fields of an entry that is taken."""
    return {
        "account_id": known.account,
        "posted_on": "2026-03-02",
        "amount": TYPED_AMOUNT,
        "description": TEXT,
        "notes": _TEXTS["note"].value,
        "tags": [TEXT],
    }


def stated_balance(known: Known) -> dict[str, Any]:
    """A balance that is taken."""
    balance = _AMOUNTS["stated balance"].value
    return {"account_id": known.account, "on": "2026-03-20", "balance": balance}


def adjustment(known: Known) -> dict[str, Any]:
    """An adjustment that is taken."""
    return {
        "account_id": known.account,
        "on": "2026-03-19",
        "amount": _AMOUNTS["adjustment"].value,
        "reason": f"{_TEXTS['reason'].value} {AMOUNT}",
    }


def edit_body(known: Known, place: int = 0, **changes: Any) -> dict[str, Any]:
    """An edit that is taken."""
    return {
        "id": f"019a0000-0000-7000-8000-0000000{place:05}",
        "entry": known.entry,
        "kind": "notes",
        "base": 10**6,
        "value": f"{_TEXTS['edited note'].value} {place} {AMOUNT}",
    } | changes


def _success_of(name: RouteName, known: Known, key: str) -> dict[str, Any]:
    """What a request of a route needs to succeed."""
    keyed = {"headers": {"idempotency-key": key}}
    label = _TEXTS["label"].value
    file = {
        "content": statement(),
        "params": {"file_name": FILE_NAME},
        "headers": {**OCTETS, "idempotency-key": key},
    }
    needed: dict[RouteName, dict[str, Any]] = {
        RouteName.SIGN_UP: {
            "json": {"ledger_name": _TEXTS["ledger name"].value, "token_label": label}
        },
        RouteName.CREATE_TOKEN: {"json": {"label": label, "scopes": ["read"]}},
        RouteName.CREATE_ACCOUNT: {"json": {"name": f"{ACCOUNT_NAME} {key}", "currency": "EUR"}},
        RouteName.CREATE_ENTRIES: {"json": {"entries": [typed_entry(known)]}, **keyed},
        RouteName.APPLY_EDITS: {"json": {"edits": [edit_body(known)]}, **keyed},
        RouteName.STATE_BALANCE: {"json": stated_balance(known), **keyed},
        RouteName.ADJUST_BALANCE: {"json": adjustment(known), **keyed},
        RouteName.CLOSE_MONTH: {"json": {"month": MONTH}, **keyed},
        RouteName.REOPEN_MONTH: {
            "json": {"reason": f"{_TEXTS['reason'].value} {AMOUNT}"},
            **keyed,
        },
        RouteName.TAKE_LEASE: {"json": {"workbook": known.account}},
        RouteName.PREVIEW_IMPORT: file,
        RouteName.IMPORT_STATEMENT: file,
        RouteName.UNDO_BATCH: keyed,
    }
    return needed.get(name, {})


def request_of(name: RouteName, known: Known, key: str) -> Case:
    """Return a request of a route that succeeds."""
    row = ROUTE_TABLE[name]
    return Case(
        name=f"{name.value} succeeds",
        method=row.method,
        path=row.path.format(
            batch_id=known.batch,
            token_id=known.token_id,
            account_id=known.account,
            month=MONTH,
            lease_id=NOBODY,
        ),
        more=_success_of(name, known, key),
    )


def _with(case: Case, name: str, code: str, **changes: Any) -> Case:
    """The same request, changed in one thing, to be refused."""
    more = {**case.more, **changes.pop("more", {})}
    headers = {**case.more.get("headers", {}), **changes.pop("headers", {})}
    if headers:
        more["headers"] = headers
    given: dict[str, Any] = {
        "method": case.method,
        "path": case.path,
        "authorized": case.authorized,
    } | changes
    label = case.name.replace("succeeds", name)
    return Case(name=label, code=code, more=more, **given)


def _refused_at_the_door(row: RouteRow, good: Case, token: str) -> Iterator[Case]:
    params = dict(good.more.get("params", {}))
    yield _with(
        good, "unknown parameter", "query_refused", more={"params": params | {TEXT: AMOUNT}}
    )
    yield _with(good, "not a query", "query_refused", more={"params": f"{TEXT}&&={AMOUNT}"})
    yield _with(good, "token in address", "token_in_address", more={"params": {"token": token}})
    yield _with(good, "other host", "host_not_served", headers={"host": f"{TEXT}.{AMOUNT}.example"})
    yield _with(good, "other method", "method_not_allowed", method="PATCH")
    yield _with(good, "longer path", "not_found", path=f"{row.path}/{TEXT}/{AMOUNT}")
    yield _with(good, "from elsewhere", "plain_http_refused", authorized=False, address="192.0.2.7")
    if row.scope is not None:
        yield _with(good, "no token", "unauthenticated", authorized=False)
        wrong = {"authorization": f"Bearer pv_test_{TEXT}{TEXT}{AMOUNT.replace('.', '')}"[:59]}
        yield _with(good, "wrong token", "unauthenticated", authorized=False, headers=wrong)
        basic = {"authorization": f"Basic {TEXT}:{AMOUNT}"}
        yield _with(good, "no bearer", "unauthenticated", authorized=False, headers=basic)
    if row.idempotent:
        unkeyed = {"idempotency-key": f"{TEXT} {AMOUNT}"}
        yield _with(good, "unfit key", "idempotency_key_needed", headers=unkeyed)


def _refused_for_its_body(name: RouteName, row: RouteRow, good: Case) -> Iterator[Case]:
    as_json = {"content-type": "application/json"}
    if row.body_cap_bytes:
        large = (TEXT.encode() * (row.body_cap_bytes // len(TEXT) + 1))[: row.body_cap_bytes + 1]
        fit = OCTETS if name not in JSON_ROUTES else as_json
        yield _with(
            good, "too large", "body_too_large", more={"content": large, "json": None}, headers=fit
        )
    unfit = {"content-type": f"text/{TEXT}"}
    content = f'{{"{TEXT}": "{AMOUNT}"}}'.encode()
    sent = {"content": content, "json": None}
    yield _with(good, "other type", "content_not_supported", more=sent, headers=unfit)
    if name not in JSON_ROUTES:
        return
    body: dict[str, Any] = dict(good.more["json"])
    first = next(iter(body))
    for label, code, text in (
        ("not JSON", "body_malformed", f'{{"{TEXT}": {AMOUNT}, {TEXT}'.encode()),
        ("not UTF-8", "body_malformed", f'{{"{TEXT}": "'.encode() + b'\xff"}'),
        ("repeated key", "body_malformed", f'{{"{TEXT}": 1, "{TEXT}": {AMOUNT}}}'.encode()),
        ("too deep", "body_malformed", f'{"[" * 40}"{TEXT}"{"]" * 40}'.encode()),
        ("unknown field", "body_refused", json.dumps(body | {TEXT: AMOUNT}).encode()),
        ("wrong type", "body_refused", json.dumps(body | {first: {TEXT: AMOUNT}}).encode()),
        ("number", "body_refused", f'{{"{first}": {AMOUNT}}}'.encode()),
        ("missing field", "body_refused", b"{}"),
        ("not an object", "body_refused", f'["{TEXT}", {AMOUNT}]'.encode()),
    ):
        yield _with(good, label, code, more={"content": text, "json": None}, headers=as_json)


def refused_anywhere(known: Known, token: str) -> Iterator[Case]:
    """Every refusal that a route meets before its room sees the request, for every route of the table."""
    for name, row in ROUTE_TABLE.items():
        good = request_of(name, known, f"refused-{name.value}")
        yield from _refused_at_the_door(row, good, token)
        yield from _refused_for_its_body(name, row, good)


def _refused_entries(known: Known) -> Iterator[Case]:
    for code, change in (
        ("unknown_account", {"account_id": NOBODY}),
        ("amount_not_readable", {"amount": f"{AMOUNT}{TEXT}"}),
        ("amount_not_readable", {"amount": AMOUNT.replace(".", ",")}),
        ("amount_not_readable", {"original_amount": TEXT, "original_currency": "USD"}),
        ("amount_not_readable", {"original_amount": AMOUNT, "original_currency": TEXT}),
        ("date_not_readable", {"posted_on": AMOUNT}),
        ("date_not_readable", {"posted_on": "2026-02-30"}),
        ("text_not_acceptable", {"description": f"{TEXT}\x07{AMOUNT}"}),
        ("text_not_acceptable", {"notes": TEXT * 200}),
        ("unknown_category", {"category": TEXT}),
        ("body_refused", {"account_id": TEXT}),
        ("body_refused", {"amount": float(AMOUNT)}),
        ("body_refused", {"tags": {TEXT: AMOUNT}}),
    ):
        yield Case(
            name=f"typed entry with {'/'.join(change)}",
            method="POST",
            path="/v1/entries",
            code=code,
            more={
                "json": {"entries": [typed_entry(known) | change]},
                "headers": {"idempotency-key": f"refused-{TEXT}"},
            },
        )
    yield Case(
        name="a key used before",
        method="POST",
        path="/v1/entries",
        code="idempotency_key_reused",
        more={
            "json": {"entries": [typed_entry(known) | {"amount": AMOUNT}]},
            "headers": {"idempotency-key": KEY},
        },
    )


def _refused_statements() -> Iterator[Case]:
    good = statement()
    amount = f"<TRNAMT>-{AMOUNT}".encode()
    damaged = {
        "amount is text": good.replace(amount, f"<TRNAMT>{TEXT}".encode()),
        "amount with two points": good.replace(amount, f"<TRNAMT>{AMOUNT}.{AMOUNT}".encode()),
        "amount run together": good.replace(amount, amount + f"<FITID>{TEXT}<TRNAMT>".encode()),
        "date is an amount": good.replace(b"<DTPOSTED>20260301", f"<DTPOSTED>{AMOUNT}".encode()),
        "cut": good[: good.index(b"<FITID>")],
        "cut after the amount": good[: good.index(b"<BANKTRANLIST>") + 200],
        "a PDF": b"%PDF-1.7 " + TEXT.encode() + AMOUNT.encode(),
        "a QIF file": f"!Type:Bank\nT{AMOUNT}\nP{TEXT}\n^\n".encode(),
        "a web page": f"<html><body>{TEXT} {AMOUNT}</body></html>".encode(),
        "a text": f"{TEXT} {AMOUNT}".encode(),
        "empty": b"",
    }
    for path in ("/v1/imports", "/v1/imports/preview"):
        for name, content in damaged.items():
            yield _statement(f"{path}: {name}", path, content, "statement_refused")
        yield _statement(f"{path}: no currency", path, statement(currency=""), "currency_needed")
        yield _statement(
            f"{path}: unknown currency", path, statement(), "unknown_currency", currency=TEXT
        )
        yield _statement(f"{path}: long name", path, good, "query_refused", file_name=TEXT * 40)


def _statement(name: str, path: str, content: bytes, code: str, **params: str) -> Case:
    return Case(
        name=name,
        method="POST",
        path=path,
        code=code,
        more={
            "content": content,
            "params": {"file_name": FILE_NAME, **params},
            "headers": {**OCTETS, "idempotency-key": f"{TEXT}-{name.replace(' ', '-')}"},
        },
    )


def _refused_look_ups(known: Known) -> Iterator[Case]:
    future = f"999999.{'0' * 32}"
    for path, code, params in (
        ("/v1/ledger/changes", "epoch_is_over", {"epoch": TEXT, "after": AMOUNT}),
        ("/v1/ledger/changes", "epoch_is_over", {"epoch": NOBODY}),
        ("/v1/ledger/changes", "epoch_is_over", {"epoch": known.epoch, "after": future}),
        ("/v1/ledger/changes", "cursor_not_readable", {"epoch": known.epoch, "after": TEXT}),
        ("/v1/ledger/changes", "cursor_not_readable", {"after": AMOUNT}),
        ("/v1/ledger/changes", "query_refused", {"limit": AMOUNT}),
        ("/v1/entries", "cursor_not_readable", {"after": f"{TEXT}.{AMOUNT}"}),
        ("/v1/entries", "query_refused", {"account": TEXT}),
        ("/v1/entries", "query_refused", {"from": AMOUNT}),
        ("/v1/entries", "query_refused", {"to": TEXT}),
    ):
        yield Case(
            name=f"{path} {params}", method="GET", path=path, code=code, more={"params": params}
        )
    keyed = {"headers": {"idempotency-key": f"undo-{TEXT}"}}
    for batch, code in (
        (TEXT, "unknown_batch"),
        (AMOUNT, "unknown_batch"),
        (NOBODY, "unknown_batch"),
    ):
        path = f"/v1/batches/{batch}/undo"
        yield Case(name=f"undo {batch}", method="POST", path=path, code=code, more=keyed)
    for token_id in (TEXT, AMOUNT, NOBODY):
        path = f"/v1/tokens/{token_id}"
        yield Case(name=f"revoke {token_id}", method="DELETE", path=path, code="unknown_token")


def _refused_names() -> Iterator[Case]:
    for path, code, body in (
        ("/v1/accounts", "account_name_taken", {"name": ACCOUNT_NAME, "currency": "EUR"}),
        ("/v1/accounts", "account_name_not_acceptable", {"name": f"{TEXT}\x07", "currency": "EUR"}),
        ("/v1/accounts", "account_name_not_acceptable", {"name": TEXT * 20, "currency": "EUR"}),
        ("/v1/accounts", "unknown_currency", {"name": AMOUNT, "currency": TEXT}),
        ("/v1/accounts", "body_refused", {"name": AMOUNT, "currency": "EUR", "type": TEXT}),
        ("/v1/tokens", "body_refused", {"label": TEXT * 20, "scopes": ["read"]}),
        ("/v1/tokens", "body_refused", {"label": TEXT, "scopes": [TEXT]}),
        ("/v1/signup", "body_refused", {"ledger_name": TEXT * 20}),
    ):
        name = f"{path} {code} {'/'.join(body)}"
        yield Case(name=name, method="POST", path=path, code=code, more={"json": body})


def _refused_edits(known: Known) -> Iterator[Case]:
    parts = [{"amount": f"{AMOUNT}{TEXT}"}, {"amount": AMOUNT, "description": TEXT}]
    many = [edit_body(known, place) for place in range(1, 52)]
    for path, code, body in (
        ("/v1/edits", "confirmation_needed", {"edits": many}),
        ("/v1/edits", "amount_not_readable", {"edits": [_split(known, parts)]}),
        ("/v1/edits", "body_refused", {"edits": [edit_body(known, kind=TEXT)]}),
        ("/v1/edits", "body_refused", {"edits": [edit_body(known, value={TEXT: AMOUNT})]}),
        ("/v1/edits", "body_refused", {"edits": [edit_body(known) | {TEXT: AMOUNT}]}),
        ("/v1/edits", "body_refused", {"edits": []}),
        ("/v1/balances", "unknown_account", stated_balance(known) | {"account_id": NOBODY}),
        ("/v1/balances", "amount_not_readable", stated_balance(known) | {"balance": TEXT}),
        ("/v1/balances", "date_not_readable", stated_balance(known) | {"on": "2026-02-30"}),
        ("/v1/balances", "month_is_closed", stated_balance(known) | {"on": f"{CLOSED_MONTH}-31"}),
        ("/v1/adjustments", "unknown_account", adjustment(known) | {"account_id": NOBODY}),
        ("/v1/adjustments", "amount_not_readable", adjustment(known) | {"amount": "0.00"}),
        ("/v1/adjustments", "amount_not_readable", adjustment(known) | {"amount": TEXT}),
        ("/v1/adjustments", "text_not_acceptable", adjustment(known) | {"reason": f"{TEXT}\x07"}),
        ("/v1/adjustments", "body_refused", adjustment(known) | {"on": AMOUNT}),
        ("/v1/adjustments", "month_is_closed", adjustment(known) | {"on": f"{CLOSED_MONTH}-31"}),
        ("/v1/closings", "month_not_over", {"month": FAR_MONTH}),
        ("/v1/closings", "body_refused", {"month": AMOUNT}),
        (f"/v1/closings/{FAR_MONTH}/reopen", "month_not_closed", {"reason": TEXT}),
        (f"/v1/closings/{TEXT}/reopen", "month_not_closed", {"reason": AMOUNT}),
        (f"/v1/closings/{CLOSED_MONTH}/reopen", "text_not_acceptable", {"reason": f"{TEXT}\x07"}),
        ("/v1/workbook-leases", "body_refused", {"workbook": TEXT}),
        ("/v1/workbook-leases", "workbook_busy", {"workbook": known.account}),
    ):
        keyed = {"idempotency-key": f"edits-{TEXT}"}
        yield Case(
            name=f"{path} {code}",
            method="POST",
            path=path,
            code=code,
            more={"json": body, "headers": keyed},
        )
    for path, code in (
        (f"/v1/closings/{TEXT}", "month_not_closed"),
        (f"/v1/closings/{FAR_MONTH}", "month_not_closed"),
        (f"/v1/accounts/{AMOUNT}/explanation", "unknown_account"),
        (f"/v1/accounts/{NOBODY}/explanation", "unknown_account"),
    ):
        yield Case(name=path, method="GET", path=path, code=code)
    path = f"/v1/workbook-leases/{TEXT}"
    yield Case(name="drop a lease", method="DELETE", path=path, code="not_found")


def _split(known: Known, parts: list[dict[str, Any]]) -> dict[str, Any]:
    return edit_body(known, kind="split", value=None, parts=parts)


def refused_by_the_ledger(known: Known) -> Iterator[Case]:
    """Every refusal of the rooms; an account `ACCOUNT_NAME` and an answer to `KEY` have to be there."""
    yield from _refused_entries(known)
    yield from _refused_statements()
    yield from _refused_look_ups(known)
    yield from _refused_names()
    yield from _refused_edits(known)
