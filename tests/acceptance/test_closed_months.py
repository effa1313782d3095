"""A month that is closed stays as it was: its evidence is the same file whatever comes later, and says what came."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import openpyxl
import pytest

from tests.acceptance.running_server import Person, RunningServer, running_server

MONTH = "2026-03"
LATER = 100
HEADER = "OFXHEADER:100\nDATA:OFXSGML\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR\n"


def statement(account: str, rows: list[tuple[str, str, str]], closing: str, on: str) -> bytes:
    """Write a statement of one account: (day, amount, payee) for each row, and its last balance."""
    lines = [
        f"<STMTTRN><TRNTYPE>OTHER<DTPOSTED>{day}<TRNAMT>{amount}<FITID>{day}-{number}"
        f"<NAME>{payee}</STMTTRN>\n"
        for number, (day, amount, payee) in enumerate(rows)
    ]
    return (
        f"{HEADER}<BANKACCTFROM><BANKID>1<ACCTID>{account}<ACCTTYPE>CHECKING</BANKACCTFROM>\n"
        f"<BANKTRANLIST><DTSTART>20260101<DTEND>{on}\n{''.join(lines)}</BANKTRANLIST>\n"
        f"<LEDGERBAL><BALAMT>{closing}<DTASOF>{on}</LEDGERBAL>\n"
        "</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n"
    ).encode()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def person(server: RunningServer, tmp_path: Path) -> Person:
    """Somebody with an account that is proven through March: 1,000.00 at the end of February, 900.50 later."""
    person = Person.who_signs_up(tmp_path / "person", server.origin)
    february = statement("DE00123456", [("20260210", "-1.00", "Bakery")], "1000.00", "20260228")
    march = statement(
        "DE00123456",
        [("20260305", "-80.00", "=SUM(A1:A9)"), ("20260309", "-19.50", "Café Zürich")],
        "900.50",
        "20260331",
    )
    imported(person, "february.ofx", february)
    imported(person, "march.ofx", march)
    return person


def imported(person: Person, name: str, content: bytes) -> None:
    path = person.folder / name
    path.write_bytes(content)
    done = person.run("import", "--yes", str(path))
    assert done.code == 0, done.told


def account_of(person: Person) -> dict[str, Any]:
    (account,) = person.ledger()["accounts"]
    assert isinstance(account, dict)
    return account


def write_notes(person: Person, entries: list[dict[str, Any]]) -> None:
    """Say something about entries: words of a closed month may change."""
    edits = [
        {
            "id": str(uuid4()),
            "entry": entry["id"],
            "kind": "notes",
            "base": entry["version"],
            "value": "seen",
        }
        for entry in entries
    ]
    answer = httpx.post(
        f"{person.origin}/v1/edits",
        json={"edits": edits},
        headers={"Authorization": f"Bearer {person.token}", "Idempotency-Key": "notes"},
        timeout=60,
    )
    assert answer.status_code == 200, answer.text
    assert {result["outcome"] for result in answer.json()["results"]} == {"applied"}


def closed(person: Person, folder: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Close the month; return what was said, and the files."""
    done = person.run("close", MONTH, "--out", str(folder), "--json")
    assert done.code == 0, done.told
    said = json.loads(done.out)
    assert isinstance(said, dict)
    return said, {path.name: path.read_bytes() for path in folder.iterdir()}


def evidence_only(files: dict[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in files.items() if "late-arrivals" not in name}


def cells(path: Path, sheet: str) -> list[tuple[object, ...]]:
    book = openpyxl.load_workbook(path)
    return list(book[sheet].iter_rows(values_only=True))


def facts(path: Path) -> dict[object, object]:
    return {row[0]: row[1] for row in cells(path, "Summary")}


def page_text(path: Path) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("not installed: pdftotext (poppler-utils)")
    done = subprocess.run(
        ["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True, text=True
    )
    return done.stdout


def test_the_evidence_says_what_the_month_was(person: Person, tmp_path: Path) -> None:
    said, files = closed(person, tmp_path / "out")
    name = account_of(person)["name"]
    assert said["accounts"] == [{"id": account_of(person)["id"], "name": name, "proof": "proven"}]
    assert len(files) == 2
    (book,) = (tmp_path / "out").glob("*.xlsx")
    (page,) = (tmp_path / "out").glob("*.pdf")
    assert book.name.startswith(f"{MONTH}-")
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in (book, page))
    told = facts(book)
    assert told["Opening balance"] == 1000
    assert told["Closing balance"] == 900.5
    assert told["Stated balance"] == 900.5
    assert told["Proof"] == "proven"
    rows = cells(book, "Entries")[4:]
    assert [row[2:5] for row in rows] == [
        ("=SUM(A1:A9)", -80, 920),
        ("Café Zürich", -19.5, 900.5),
    ]
    assert openpyxl.load_workbook(book)["Entries"]["C5"].data_type == "s"
    assert {row[0] for row in cells(book, "Source files")[4:]} == {"february.ofx", "march.ofx"}
    text = page_text(page)
    for word in ("Café Zürich", "=SUM(A1:A9)", "-19.50", "900.50", "proven", "Page 1 of 1"):
        assert word in text
    assert re.search(r"\b[0-9a-f]{64}\b", text)


def test_evidence_stays_the_same_file_after_100_changes_and_they_are_named(
    person: Person, tmp_path: Path
) -> None:
    _, before = closed(person, tmp_path / "out")
    write_notes(person, person.ledger()["entries"])
    payees = [f"late payee {number}" for number in range(LATER)]
    for part in range(0, LATER, 25):
        rows = [
            (f"202603{number % 28 + 1:02d}", f"-{number + 1}.25", payees[number])
            for number in range(part, part + 25)
        ]
        imported(person, f"late-{part}.ofx", statement("DE00123456", rows, "1.00", "20260430"))
    said, after = closed(person, tmp_path / "out")
    assert said["late_arrivals"] == LATER
    assert evidence_only(after) == before
    assert {each["is"] for each in said["files"] if "late-arrivals" not in each["file"]} == {"same"}
    _, elsewhere = closed(person, tmp_path / "another")
    assert elsewhere == after
    listed = cells(tmp_path / "out" / f"{MONTH}-late-arrivals.xlsx", "Late arrivals")[4:]
    assert {row[4] for row in listed} == set(payees)
    assert {row[0] for row in listed} == {"added"}
    text = page_text(tmp_path / "out" / f"{MONTH}-late-arrivals.pdf")
    assert all(payee in text for payee in payees)
    (account,) = json.loads(person.run("status", "--json").out)["accounts"]
    assert account["closed_through"] == MONTH


def test_a_month_that_is_reopened_and_closed_again_keeps_the_old_evidence(
    person: Person, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    _, before = closed(person, out)
    refused = person.run("balance", account_of(person)["name"], "2026-03-31", "900.00")
    assert refused.code == 65
    assert "closed month" in refused.err
    reopened = person.run("close", MONTH, "--reopen", "--reason", "a payment was forgotten")
    assert reopened.code == 0, reopened.told
    stated = person.run("balance", "3456", "2026-03-31", "895.50")
    assert "differs" in stated.out
    assert "895.5" not in stated.told
    made = person.run(
        *("balance", account_of(person)["name"], "2026-03-31"),
        *("--adjust", "-5.00", "--reason", "a fee that nobody can name yet"),
    )
    assert made.code == 0, made.told
    assert "proven, with 1 adjustment" in made.out
    said, after = closed(person, out)
    assert said["late_arrivals"] == 0
    assert {each["is"] for each in said["files"]} == {"replaced"}
    old = {re.sub(r"\.old-1", "", name): after[name] for name in after if ".old-1" in name}
    assert old == before
    (book,) = (path for path in out.glob("*.xlsx") if "old" not in path.name)
    assert facts(book)["Stated balance"] == 895.5
    assert [row[2:4] for row in cells(book, "Adjustments")[4:]] == [
        ("a fee that nobody can name yet", -5)
    ]
    listed = person.run("close", "--list")
    assert listed.out.count(MONTH) == 2
    assert "a payment was forgotten" in listed.out
