from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import NoKeyringError

from excel_client.command_line import run
from excel_client.command_line.surroundings import Surroundings
from excel_client.settings import CONFIG_VARIABLE
from tests.integration.excel_client.ledger_stand_in import KEY, ORIGIN, LedgerStandIn
from tests.keyrings import RememberingKeyring

ROOT = Path(__file__).parents[3]
AMOUNT = "12345678.91"
STATEMENT = b"""OFXHEADER:100
DATA:OFXSGML

<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR
<BANKACCTFROM><BANKID>1<ACCTID>42<ACCTTYPE>CHECKING</BANKACCTFROM>
<BANKTRANLIST><DTSTART>20260101<DTEND>20260131
<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20260105<TRNAMT>-12.34<FITID>1<NAME>Coffee</STMTTRN>
</BANKTRANLIST>
<LEDGERBAL><BALAMT>87.66<DTASOF>20260131</LEDGERBAL>
</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>
"""
IMPORTED = {
    "batch": "b-1",
    "version": 2,
    "added": 1,
    "same": 2,
    "conflicts": 1,
    "anchors": 1,
    "accounts": [{"id": "a", "name": "Giro", "added": 1, "same": 2, "conflicts": 1}],
    "rows": [{"line": 9, "verdict": "conflicts", "because": "other date", "entry": "e"}],
    "problems": [{"line": 3, "what": "a trade"}],
}
PREVIEW = {
    "format": "ofx",
    "accounts": [
        {
            "number_tail": "42",
            "name": "Gi\x1b[2Jro",
            "currency": "EUR",
            "known": True,
            "new": 1,
            "same": 2,
            "conflicts": 1,
            "closing_on": None,
        }
    ],
    "rows": [],
    "problems": [],
    "file_seen_before": False,
}
BATCHES = {
    "batches": [
        {
            "id": "b-2",
            "kind": "import",
            "created_at": "2026-03-31T12:00:00Z",
            "added": 3,
            "file_name": "march.ofx",
            "undone_at": "2026-03-31T13:00:00Z",
        },
        {
            "id": "b-1",
            "kind": "typed",
            "created_at": "2026-03-30T12:00:00Z",
            "added": 2,
            "file_name": None,
            "undone_at": None,
        },
    ]
}


class Terminal(io.StringIO):
    """Standard input of somebody who is there."""

    def isatty(self) -> bool:
        return True


def no_keyring() -> KeyringBackend:
    raise NoKeyringError


@dataclass
class Desk:
    """A user at a machine with a server."""

    folder: Path
    server: LedgerStandIn = field(default_factory=LedgerStandIn)
    keyring: RememberingKeyring = field(default_factory=RememberingKeyring)
    backend: Callable[[], KeyringBackend] | None = None
    environment: dict[str, str] = field(default_factory=dict)
    out: str = ""
    err: str = ""

    def run(self, *arguments: str, typed: str | None = None, piped: str = "") -> int:
        stdin = io.StringIO(piped) if typed is None else Terminal(typed)
        stdout, stderr = io.StringIO(), io.StringIO()
        around = Surroundings(
            environment={CONFIG_VARIABLE: str(self.folder / "config.toml"), **self.environment},
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            clock=lambda: datetime(2026, 3, 31, 12, 30, tzinfo=UTC),
            keyring_backend=self.backend or (lambda: self.keyring),
            ask_secret=lambda _: KEY.reveal(),
            transport=self.server.transport(),
        )
        code = run(arguments, around)
        self.out, self.err = stdout.getvalue(), stderr.getvalue()
        assert KEY.reveal() not in self.err
        return code

    def signed_in(self) -> Desk:
        assert self.run("login", "--server", ORIGIN, "--token-stdin", piped=KEY.reveal()) == 0
        return self

    def answers(self, path: str, status: int, body: Any) -> None:
        self.server.instead[path] = httpx.Response(status, json=body)

    def statement(self, content: bytes = STATEMENT, name: str = "march.ofx") -> str:
        path = self.folder / name
        path.write_bytes(content)
        return str(path)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(folder=tmp_path)
    desk.server.account("account-1", "Giro")
    desk.server.put("entry-1", amount=AMOUNT)
    return desk


# Calls


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["dance"],
        ["refresh"],
        ["import"],
        ["refresh", "a.xlsx", "--unknown"],
        ["export"],
        ["login", "--serv", "https://x.example"],
        ["status", "--server", "http://ledger.example.com"],
        ["status"],
        ["balance", "Giro"],
        ["balance", "Giro", "2026-03-31"],
        ["balance", "Giro", "31.03.2026", "1.00"],
        ["balance", "Giro", "2026-02-30", "1.00"],
        ["balance", "Giro", "20260331", "1.00"],
        ["balance", "Giro", "2026-03-31", "1,00"],
        ["balance", "Giro", "2026-03-31", "1e5"],
        ["balance", "Giro", "2026-03-31", "NaN"],
        ["balance", "Giro", "2026-03-31", "1.00", "--adjust", "2.00"],
        ["balance", "Giro", "2026-03-31", "--adjust", "2.00"],
        ["balance", "Giro", "2026-03-31", "1.00", "--reason", "none is needed"],
        ["close"],
        ["close", "2026-13"],
        ["close", "2026-03/../.."],
        ["close", "2026-03", "--list"],
        ["close", "2026-03", "--reopen"],
        ["close", "2026-03", "--reason", "none is needed"],
        ["undo", "b-1", "--list"],
    ],
)
def test_a_wrong_call_ends_with_64(desk: Desk, arguments: list[str]) -> None:
    assert desk.run(*arguments) == 64


@pytest.mark.parametrize("amount", ["12,345,678.91", "12 345 678.91", "-12,345,678.91", "1.2.3"])
@pytest.mark.parametrize("place", [["balance", "Giro", "2026-03-31"], ["status", "ledger.xlsx"]])
def test_a_wrong_call_is_told_without_repeating_what_may_be_an_amount(
    desk: Desk, capsys: pytest.CaptureFixture[str], place: list[str], amount: str
) -> None:
    assert desk.run(*place, amount) == 64
    assert amount not in capsys.readouterr().err


def test_only_closing_a_month_loads_what_makes_its_files() -> None:
    modules = ("login", "importing", "workbooks", "balances", "exporting", "statement")
    imports = ", ".join(f"excel_client.command_line.{module}" for module in modules)
    asked = f"import sys, {imports}; print({{'reportlab', 'xlsxwriter'}} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


def test_help_is_no_mistake(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.run("--help") == 0
    assert "refresh" in capsys.readouterr().out


def test_a_fault_of_the_program_says_where_and_repeats_no_value(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> int:
        message = f"no {AMOUNT} here"
        raise ValueError(message)

    monkeypatch.setattr("excel_client.command_line.workbooks.connect", fail)
    assert desk.run("status", "--server", ORIGIN) == 70
    assert "ValueError" in desk.err
    assert AMOUNT not in desk.err


# login


def test_a_key_is_tried_and_kept_in_the_keyring(desk: Desk) -> None:
    desk.signed_in()
    assert desk.keyring.kept == {(f"pennyvault:{ORIGIN}", "api-key"): KEY.reveal()}
    assert 'Signed in to "Home"' in desk.out
    assert KEY.reveal() not in desk.out
    assert desk.run("status") == 0


def test_a_key_is_asked_for_without_showing_it(desk: Desk) -> None:
    assert desk.run("login", "--server", ORIGIN, typed="") == 0
    assert list(desk.keyring.kept.values()) == [KEY.reveal()]


def test_a_key_that_the_server_refuses_is_not_kept(desk: Desk) -> None:
    desk.answers("/v1/profile", 401, {"code": "unauthenticated"})
    assert desk.run("login", "--server", ORIGIN, "--token-stdin", piped=KEY.reveal()) == 77
    assert not desk.keyring.kept


@pytest.mark.parametrize("piped", ["", "hello\n"])
def test_what_is_no_key_is_refused_before_anything_is_sent(desk: Desk, piped: str) -> None:
    assert desk.run("login", "--server", ORIGIN, "--token-stdin", piped=piped) == 77
    assert not desk.server.requests


def test_without_a_keyring_the_way_out_is_named(desk: Desk) -> None:
    desk.backend = no_keyring
    assert desk.run("login", "--server", ORIGIN, "--token-stdin", piped=KEY.reveal()) == 77
    assert "--key-file" in desk.err
    assert not desk.server.requests


def test_a_key_file_is_used_on_request_and_nothing_else_is_written(desk: Desk) -> None:
    desk.backend = no_keyring
    key_file = str(desk.folder / "key")
    login = ("login", "--server", ORIGIN, "--key-file", key_file)
    assert desk.run(*login, "--token-stdin", piped=KEY.reveal()) == 0
    assert [path.name for path in desk.folder.iterdir()] == ["key"]
    assert desk.run("status", "--server", ORIGIN, "--key-file", key_file) == 0
    assert desk.run(*login, "--token-stdin", piped=KEY.reveal()) == 77


def test_a_key_in_the_environment_works_with_a_warning(desk: Desk) -> None:
    desk.environment["PENNYVAULT_API_KEY"] = KEY.reveal()
    assert desk.run("status", "--server", ORIGIN) == 0
    assert "warning" in desk.err


def test_a_new_ledger_is_made_and_its_key_kept_unseen(desk: Desk) -> None:
    desk.answers("/v1/signup", 201, {"ledger": "l", "principal": "p", "token": KEY.reveal()})
    assert desk.run("login", "--server", ORIGIN, "--sign-up", "Home") == 0
    assert KEY.reveal() not in desk.out
    assert list(desk.keyring.kept.values()) == [KEY.reveal()]


def test_the_key_of_a_new_ledger_is_shown_when_asked_for(desk: Desk) -> None:
    desk.answers("/v1/signup", 201, {"ledger": "l", "principal": "p", "token": KEY.reveal()})
    assert desk.run("login", "--server", ORIGIN, "--sign-up", "Home", "--show-token") == 0
    assert desk.out.endswith(f"{KEY.reveal()}\n")


def test_no_ledger_is_made_when_its_key_could_not_be_kept(desk: Desk) -> None:
    desk.backend = no_keyring
    assert desk.run("login", "--server", ORIGIN, "--sign-up", "Home") == 77
    taken = desk.statement()
    flags = ("--sign-up", "Home", "--key-file", taken)
    assert desk.run("login", "--server", ORIGIN, *flags) == 77
    assert not desk.server.requests


def test_a_ledger_is_made_on_this_machine_only(desk: Desk) -> None:
    assert desk.run("login", "--server", "https://ledger.example.com", "--sign-up", "Home") == 64


# import and undo


def test_a_statement_is_imported(desk: Desk) -> None:
    desk.signed_in().answers("/v1/imports", 201, IMPORTED)
    assert desk.run("import", desk.statement(), "--yes", "--currency", "EUR") == 0
    assert "1 added, 2 there already, 1 in conflict" in desk.out
    assert "line 9 conflicts" in desk.err
    request = desk.server.requests[-1]
    assert dict(request.url.params) == {"file_name": "march.ofx", "currency": "EUR"}
    assert request.content == STATEMENT
    assert len(request.headers["Idempotency-Key"]) == 32


def test_an_import_is_shown_and_asked_about_first(desk: Desk) -> None:
    desk.signed_in().answers("/v1/imports", 201, IMPORTED)
    desk.answers("/v1/imports/preview", 200, PREVIEW)
    desk.server.requests.clear()
    assert desk.run("import", desk.statement(), typed="n\n") == 0
    assert desk.server.asked() == ["/v1/imports/preview"]
    assert "Conflicts" in desk.err
    assert "\x1b" not in desk.err
    assert desk.run("import", desk.statement(), typed="y\n") == 0
    assert "/v1/imports" in desk.server.asked()


def test_nobody_there_to_ask_is_a_wrong_call(desk: Desk) -> None:
    desk.signed_in().answers("/v1/imports/preview", 200, PREVIEW)
    assert desk.run("import", desk.statement()) == 64


def test_a_refused_statement_is_named_with_its_line_and_does_not_stop_the_others(
    desk: Desk,
) -> None:
    place = {"line": 7, "what": "an amount can't be read"}
    desk.signed_in().answers("/v1/imports", 422, {"code": "statement_refused", "place": place})
    files = [desk.statement(name="a.ofx"), desk.statement(name="b.ofx"), str(desk.folder / "none")]
    assert desk.run("import", *files, "--yes", "--json") == 65
    lines = desk.err.splitlines()
    assert len(lines) == 3
    assert "file: a.ofx, line: 7, what: an amount can't be read" in lines[0]
    assert "file: none" in lines[2]
    assert [result["file"] for result in json.loads(desk.out)] == ["a.ofx", "b.ofx", "none"]


def test_a_file_that_is_too_large_is_not_sent(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("excel_client.server_api.uploads.STATEMENT_BYTES_MAX", 10)
    desk.signed_in().server.requests.clear()
    assert desk.run("import", desk.statement(), "--yes") == 65
    assert not desk.server.requests


def test_a_server_that_is_gone_ends_the_import(desk: Desk) -> None:
    desk.signed_in().answers("/v1/imports", 500, {"code": "internal"})
    assert desk.run("import", desk.statement(), desk.statement(name="b.ofx"), "--yes") == 69
    assert len(desk.err.splitlines()) == 1


def test_the_latest_batch_that_stands_is_taken_back(desk: Desk) -> None:
    desk.signed_in().answers("/v1/batches", 200, BATCHES)
    desk.answers("/v1/batches/b-1/undo", 200, {"batch": "b-1", "version": 4, "removed": 2})
    assert desk.run("undo", "--yes") == 0
    assert "2 entries removed" in desk.out
    assert desk.run("undo", "b-1", "--yes", "--json") == 0
    assert json.loads(desk.out)["removed"] == 2


def test_taking_back_is_asked_about(desk: Desk) -> None:
    desk.signed_in().answers("/v1/batches", 200, BATCHES)
    assert desk.run("undo", typed="\n") == 0
    assert desk.run("undo") == 64
    assert "/v1/batches/b-1/undo" not in desk.server.asked()


@pytest.mark.parametrize(("named", "batches"), [(["b-9"], BATCHES), ([], {"batches": []})])
def test_a_batch_that_is_not_there_is_refused(
    desk: Desk, named: list[str], batches: dict[str, Any]
) -> None:
    desk.signed_in().answers("/v1/batches", 200, batches)
    assert desk.run("undo", *named, "--yes") == 65


def test_batches_are_listed_with_what_they_are_and_whose(desk: Desk) -> None:
    batches = {"batches": [dict(each) for each in BATCHES["batches"]]}
    batches["batches"][1] |= {"purpose": "balance", "by": "Ada's lap\x1btop"}
    desk.signed_in().answers("/v1/batches", 200, batches)
    assert desk.run("undo", "--list") == 0
    assert "typed balance" in desk.out
    assert "Ada's lap top" in desk.out
    assert desk.run("undo", "--list", "--json") == 0
    assert json.loads(desk.out)["batches"][1]["purpose"] == "balance"
    assert desk.run("undo", typed="n\n") == 0
    assert "Take back the typed balance by Ada's lap top, 2026" in desk.err


# balance, close


def test_an_account_is_named_by_its_name_its_digits_or_its_id(desk: Desk) -> None:
    desk.server.account("account-2", "Savings  Account", number_tail="4711")
    desk.signed_in().answers("/v1/balances", 201, {"batch": "b-7", "version": 9})
    for named in ("giro", "GIRO", "account-1"):
        assert desk.run("balance", named, "2026-03-31", "1.00") == 0
        assert desk.out.startswith("Giro, 2026-03-31: the balance is stated.")
    for named in ("savings account", "4711", "account-2"):
        assert desk.run("balance", named, "2026-03-31", "+1.00") == 0
        assert desk.out.startswith("Savings  Account, ")
    sent = [
        json.loads(request.content)
        for request in desk.server.requests
        if request.url.path == "/v1/balances"
    ]
    assert {each["account_id"] for each in sent[:3]} == {"account-1"}
    assert {each["account_id"] for each in sent[3:]} == {"account-2"}
    assert {each["balance"] for each in sent} == {"1.00"}


def test_an_account_that_could_be_two_is_refused_and_both_are_named(desk: Desk) -> None:
    desk.server.account("account-2", "Savings", number_tail="4711")
    desk.server.account("account-3", "4711")
    assert desk.signed_in().run("balance", "4711", "2026-03-31", "1.00") == 65
    assert desk.err.splitlines()[:2] == ["  4711", "  Savings"]
    assert "/v1/balances" not in desk.server.asked()
    assert desk.run("balance", "711", "2026-03-31", "1.00") == 65
    assert "what: account" in desk.err


def test_a_balance_of_a_closed_month_is_refused(desk: Desk) -> None:
    desk.signed_in().answers("/v1/balances", 409, {"code": "month_is_closed"})
    assert desk.run("balance", "Giro", "2026-03-31", "1.00") == 65
    assert "closed month" in desk.err


CLOSING = {
    "id": "c-1",
    "month": "2026-03",
    "version": 2,
    "closed_at": "2026-04-01T10:00:00+00:00",
    "by": "Ada",
    "reopened_at": None,
    "reopened_by": "",
    "reason": "",
}
CLOSED = {
    "closing": CLOSING,
    "evidence": {
        "ledger": "0199aaaa-0000-7000-8000-000000000001",
        "month": "2026-03",
        "version": 2,
        "closed_at": "2026-04-01T10:00:00+00:00",
        "closed_by": "Ada",
        "accounts": [
            {
                "id": "account-1",
                "name": "../Giro\x1b",
                "currency": "EUR",
                "opening": None,
                "opening_source": "none",
                "entries": [],
                "sum": "0.00",
                "closing": None,
                "stated_on": None,
                "stated": None,
                "proof": "not yet proven",
                "outstanding": [],
                "adjustments": [],
                "sources": [],
            }
        ],
    },
    "late_arrivals": [],
}


def test_a_key_that_may_only_read_gets_the_evidence_of_a_closed_month(desk: Desk) -> None:
    out = desk.folder / "out"
    desk.signed_in().answers("/v1/closings/2026-03", 200, CLOSED)
    desk.answers("/v1/closings", 403, {"code": "insufficient_scope"})
    assert desk.run("close", "2026-03", "--out", str(out)) == 0
    assert sorted(path.name for path in out.iterdir()) == [
        "2026-03-Giro.pdf",
        "2026-03-Giro.xlsx",
    ]
    assert "\x1b" not in desk.out
    desk.answers("/v1/closings/2026-02", 404, {"code": "month_not_closed"})
    assert desk.run("close", "2026-02", "--out", str(out)) == 77


def test_a_file_that_is_not_evidence_is_kept_under_another_name(desk: Desk) -> None:
    desk.signed_in().answers("/v1/closings/2026-03", 200, CLOSED)
    path = desk.folder / "2026-03-Giro.pdf"
    path.write_bytes(b"mine")
    late = desk.folder / "2026-03-late-arrivals.xlsx"
    late.write_bytes(b"of an earlier closing")
    assert desk.run("close", "2026-03", "--out", str(desk.folder), "--json") == 0
    assert {each["file"]: each["is"] for each in json.loads(desk.out)["files"]} == {
        "2026-03-Giro.pdf": "replaced",
        "2026-03-Giro.xlsx": "written",
    }
    assert (desk.folder / "2026-03-Giro.old-1.pdf").read_bytes() == b"mine"
    assert (desk.folder / "2026-03-late-arrivals.old-1.xlsx").exists()
    assert not late.exists()
    path.write_bytes(b"mine again")
    assert desk.run("close", "2026-03", "--out", str(desk.folder)) == 0
    assert (desk.folder / "2026-03-Giro.old-2.pdf").read_bytes() == b"mine again"
    assert path.stat().st_mode & 0o077 == 0


def test_nothing_is_closed_where_its_evidence_has_no_place(desk: Desk) -> None:
    (desk.folder / "file").write_bytes(b"")
    desk.signed_in().server.requests.clear()
    assert desk.run("close", "2026-03", "--out", str(desk.folder / "file" / "out")) == 75
    assert not desk.server.requests


@pytest.mark.parametrize(
    ("status", "code", "ends"),
    [(409, "month_not_over", 65), (403, "insufficient_scope", 77), (409, "ledger_tampered", 65)],
)
def test_a_month_that_is_not_closed_leaves_no_file(
    desk: Desk, status: int, code: str, ends: int
) -> None:
    out = desk.folder / "out"
    desk.signed_in().answers("/v1/closings/2026-03", 404, {"code": "month_not_closed"})
    desk.answers("/v1/closings", status, {"code": code})
    assert desk.run("close", "2026-03", "--out", str(out)) == ends
    assert not list(out.iterdir())


def test_another_month_than_the_one_asked_for_is_not_written(desk: Desk) -> None:
    desk.signed_in().answers("/v1/closings/2026-02", 200, CLOSED)
    assert desk.run("close", "2026-02", "--out", str(desk.folder / "out")) == 69


def test_only_an_administrator_reopens(desk: Desk) -> None:
    path = "/v1/closings/2026-03/reopen"
    desk.signed_in().answers(path, 403, {"code": "insufficient_scope"})
    assert desk.run("close", "2026-03", "--reopen", "--reason", "late invoice") == 77
    desk.answers(path, 200, {"month": "2026-03", "version": 5})
    assert desk.run("close", "2026-03", "--reopen", "--reason", "late invoice") == 0
    assert "open again" in desk.out
    assert json.loads(desk.server.requests[-1].content) == {"reason": "late invoice"}


def test_closings_are_listed(desk: Desk) -> None:
    desk.signed_in().answers("/v1/closings", 200, {"closings": []})
    assert desk.run("close", "--list") == 0
    assert "No month was closed yet." in desk.out
    desk.answers("/v1/closings", 200, {"closings": [CLOSING]})
    assert desk.run("close", "--list", "--json") == 0
    assert json.loads(desk.out)["closings"][0]["by"] == "Ada"


# statement


def test_a_statement_is_read_without_a_server(desk: Desk) -> None:
    assert desk.run("statement", desk.statement(), "--json") == 0
    document = json.loads(desk.out)
    (account,) = document["accounts"]
    assert (account["currency"], account["closing"]) == ("EUR", "87.66")
    (transaction,) = account["transactions"]
    assert (transaction["date"], transaction["amount"]) == ("2026-01-05", "-12.34")
    assert not desk.server.requests


def test_a_statement_is_shown_in_short(desk: Desk) -> None:
    assert desk.run("statement", desk.statement()) == 0
    assert "87.66" in desk.out


@pytest.mark.parametrize("content", [b"", b"not a statement 12345678.91", STATEMENT[:300]])
def test_what_is_no_statement_is_refused_and_not_repeated(desk: Desk, content: bytes) -> None:
    assert desk.run("statement", desk.statement(content)) == 65
    assert "march.ofx" in desk.err
    assert AMOUNT not in desk.err
    assert not desk.out


def test_a_statement_that_is_missing_is_named(desk: Desk) -> None:
    assert desk.run("statement", str(desk.folder / "none.ofx")) == 65
    assert "none.ofx" in desk.err


# refresh, status, export


def test_a_workbook_is_refreshed_and_the_accounts_are_shown(desk: Desk) -> None:
    path = str(desk.folder / "ledger.xlsx")
    assert desk.signed_in().run("refresh", path) == 0
    assert "1 entries added" in desk.out
    assert AMOUNT in desk.out
    assert desk.run("refresh", path) == 0
    assert "it was not touched" in desk.out
    assert desk.run("refresh", path, "--json") == 0
    assert json.loads(desk.out)["written"] is False


def test_an_empty_ledger_can_be_refreshed_too(desk: Desk) -> None:
    desk.server = LedgerStandIn()
    path = str(desk.folder / "ledger.xlsx")
    assert desk.signed_in().run("refresh", path) == 0
    assert desk.run("refresh", path) == 0
    assert "it was not touched" in desk.out


def test_a_refused_workbook_ends_with_its_code_and_repeats_no_value(desk: Desk) -> None:
    desk.signed_in().server.put("entry-2", amount="12345678901234567.89")
    assert desk.run("refresh", str(desk.folder / "ledger.xlsx")) == 65
    assert "12345678901234567" not in desk.err
    assert not (desk.folder / "ledger.xlsx").exists()


def test_status_shows_the_proofs_and_the_edits_that_wait(desk: Desk) -> None:
    path = str(desk.folder / "ledger.xlsx")
    desk.signed_in().run("refresh", path)
    assert desk.run("status", path) == 0
    assert "not yet proven" in desk.out
    assert "1 entries, 0 edits waiting" in desk.out
    assert desk.run("status", path, "--json") == 0
    assert json.loads(desk.out)["workbook"]["edits"] == 0
    desk.server.ledger = "another"
    assert desk.run("status", path) == 65


def test_an_export_has_the_promised_keys_and_comes_by_date(desk: Desk) -> None:
    desk.server.put("entry-0", posted_on="2025-12-31")
    assert desk.signed_in().run("export", "--json") == 0
    document = json.loads(desk.out)
    assert list(document) == ["ledger", "epoch", "as_of", "accounts", "entries"]
    assert document["as_of"] == "2026-03-31T12:30:00Z"
    assert list(document["accounts"][0]) == [
        *("id", "name", "currency", "type", "opening", "opening_source", "closing"),
        *("bank_balance", "difference", "proof"),
    ]
    assert list(document["entries"][0]) == [
        *("id", "version", "account_id", "bank_id", "parent", "posted_on", "amount", "currency"),
        *("original_amount", "original_currency", "description", "merchant", "category"),
        *("category_source", "notes", "tags", "reviewed", "bucket", "status", "transfer"),
        *("review", "removed"),
    ]
    assert [entry["id"] for entry in document["entries"]] == ["entry-0", "entry-1"]
    assert document["entries"][1]["amount"] == AMOUNT


def test_an_export_goes_to_a_file_of_the_users_own(desk: Desk) -> None:
    path = desk.folder / "ledger.json"
    assert desk.signed_in().run("export", "--json", str(path)) == 0
    first = path.read_bytes()
    assert json.loads(first)["entries"]
    assert path.stat().st_mode & 0o077 == 0
    assert desk.run("export", "--json", str(path)) == 0
    assert path.read_bytes() == first
    assert desk.run("export", "--json", str(desk.folder / "none" / "ledger.json")) == 75


def test_an_export_of_an_empty_ledger_is_a_document_too(desk: Desk) -> None:
    desk.server = LedgerStandIn()
    assert desk.signed_in().run("export", "--json", "-") == 0
    assert json.loads(desk.out)["entries"] == []
