"""What a person does in a real workbook file, and what becomes of it: files, HTTP and the server's own decisions."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest

from excel_client import problems
from excel_client.refresh import Refreshed, refresh_workbook, workbook_status
from excel_client.write_plan.questions import QuestionKind
from tests.integration.excel_client.edited_ledger import EditedLedger
from tests.integration.excel_client.engine_ability import MOVES_CELLS, needs_moving_cells
from tests.integration.excel_client.ledger_stand_in import LedgerStandIn
from workbooks.sheet_map import LedgerColumn, ReviewColumn

NOW = datetime(2026, 3, 31, 12, 30, tzinfo=UTC)
HEADER_ROW = 4
NAMES = list(LedgerColumn)
GIRO, SAVINGS = (f"00000000-0000-0000-0000-{number:012x}" for number in (1, 2))
VERSION_1 = Path(__file__).parents[2] / "fixtures" / "ledger_template_1.xlsx"


@pytest.fixture
def server() -> LedgerStandIn:
    server = LedgerStandIn(edited=EditedLedger())
    server.account(GIRO, "Giro")
    server.account(SAVINGS, "Savings")
    assert server.edited is not None
    for number in range(1, 5):
        server.edited.add(f"-{number}0.00", posted_on=f"2026-01-0{number}")
    server.edited.add("10.00", 2, posted_on="2026-01-05")
    return server


@pytest.fixture
def path(tmp_path: Path, server: LedgerStandIn) -> Path:
    path = tmp_path / "ledger.xlsx"
    refresh(path, server)
    server.requests.clear()
    return path


def refresh(path: Path, server: LedgerStandIn) -> Refreshed:
    with server.api() as api:
        return refresh_workbook(path, api, lambda: NOW, lambda *_: None)


def opened(path: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl does not know the template's extensions
        return openpyxl.load_workbook(path)


def edit(path: Path, change: Callable[[Any], object]) -> None:
    book = opened(path)
    change(book)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book.save(path)


def write(path: Path, row: int, **cells: object) -> None:
    """Type into cells of a row of the Ledger, counted from 1."""

    def change(book: Any) -> None:
        sheet = book["Ledger"]
        headers = [cell.value for cell in sheet[HEADER_ROW]]
        for name, value in cells.items():
            at = headers.index(LedgerColumn[name.upper()]) + 1
            sheet.cell(HEADER_ROW + row, at).value = value

    edit(path, change)


def rows(path: Path, table: str = "Ledger") -> list[dict[str, Any]]:
    sheet = opened(path)[table]
    header, *found = [[cell.value for cell in row] for row in sheet[sheet.tables[table].ref]]
    named = [dict(zip(header, row, strict=True)) for row in found]
    return [row for row in named if any(value is not None for value in row.values())]


def decide(path: Path, word: str) -> None:
    def change(book: Any) -> None:
        sheet = book["Review"]
        for row in range(HEADER_ROW + 1, HEADER_ROW + 1 + len(rows(path, "Review"))):
            sheet.cell(row, list(ReviewColumn).index(ReviewColumn.DECISION) + 1).value = word

    edit(path, change)


def questions(path: Path) -> list[str]:
    return [row["Question"] for row in rows(path, "Review")]


def test_what_was_typed_is_sent_once_under_a_lease(path: Path, server: LedgerStandIn) -> None:
    write(path, 1, notes="mine", category="travel", reviewed=True, tags="a ,b")
    done = refresh(path, server)
    assert (done.sent, done.waiting, done.to_review) == (4, 0, 0)
    assert server.asked() == [
        "/v1/profile",
        "/v1/workbook-leases",
        "/v1/edits",
        "/v1/ledger/changes",
        "/v1/workbook-leases/lease-1",
    ]
    row = rows(path)[0]
    assert (row["Notes"], row["Category"], row["Tags"]) == ("mine", "Travel", "a ,b")
    assert row["Reviewed"] is True
    server.requests.clear()
    assert not refresh(path, server).written
    assert "/v1/edits" not in server.asked()


def test_two_who_change_the_same_field_are_asked_and_nothing_is_lost(
    path: Path, server: LedgerStandIn
) -> None:
    other = path.with_name("other.xlsx")
    shutil.copy(path, other)
    write(path, 1, notes="mine")
    write(other, 1, notes="theirs")
    refresh(other, server)
    assert refresh(path, server).waiting == 1
    (asked,) = rows(path, "Review")
    assert asked["Question"] == QuestionKind.CONFLICT
    assert (asked["Here"], asked["Ledger"], asked["Field"]) == ("mine", "theirs", "Notes")
    assert rows(path)[0]["Notes"] == "mine"
    decide(path, "mine")
    assert refresh(path, server).sent == 1
    refresh(other, server)
    assert {row["Notes"] for one in (path, other) for row in rows(one)[:1]} == {"mine"}
    assert not questions(path)


def test_theirs_lets_the_ledger_have_its_word(path: Path, server: LedgerStandIn) -> None:
    assert server.edited is not None
    write(path, 1, notes="mine")
    server.edited.type_note(rows(path)[0]["Entry ID"], "theirs")
    refresh(path, server)
    decide(path, "theirs")
    assert refresh(path, server).sent == 0
    assert rows(path)[0]["Notes"] == "theirs"
    assert not questions(path)


def test_a_refresh_that_was_killed_after_sending_sends_the_same_again(
    path: Path, server: LedgerStandIn
) -> None:
    write(path, 1, notes="mine", status="remove")
    before = path.read_bytes()
    server.instead["/v1/ledger/changes"] = httpx.Response(500)
    with pytest.raises(problems.ServerFailed):
        refresh(path, server)
    assert path.read_bytes() == before
    assert not server.leases
    del server.instead["/v1/ledger/changes"]
    assert server.edited is not None
    heard = list(server.edited.applied)
    assert len(heard) == 2
    if not MOVES_CELLS:
        return
    assert refresh(path, server).removed == 1
    assert server.edited.applied == heard
    (gone,) = rows(path, "Removed")
    assert (gone["Notes"], gone["Status"]) == ("mine", "removed")


def test_a_workbook_that_somebody_else_holds_is_left_alone(
    path: Path, server: LedgerStandIn
) -> None:
    workbook = opened(path)["_pennyvault"].cell(2, 2).value
    server.leases["lease-x"] = workbook
    with pytest.raises(problems.WorkbookBusy) as found:
        refresh(path, server)
    assert found.value.exit_code == 75
    assert set(server.leases) == {"lease-x"}


def test_a_key_that_may_only_read_sends_nothing_and_says_so(
    path: Path, server: LedgerStandIn
) -> None:
    server.scopes = ("read",)
    write(path, 1, notes="mine")
    done = refresh(path, server)
    assert (done.sent, done.waiting) == (0, 1)
    assert server.asked() == ["/v1/profile", "/v1/ledger/changes"]
    (asked,) = rows(path, "Review")
    assert (asked["Question"], asked["Here"]) == (QuestionKind.PENDING_HERE, "1 changes")
    assert rows(path)[0]["Notes"] == "mine"
    assert workbook_status(path).edits == 1


def insert_parts(path: Path, below: int, *amounts: float) -> None:
    """Put rows below a row, as a person does: those under it move down."""

    def change(book: Any) -> None:
        sheet = book["Ledger"]
        width = len(NAMES)
        moved = [
            [sheet.cell(row, at).value for at in range(1, width + 1)]
            for row in range(HEADER_ROW + below + 1, HEADER_ROW + 6)
        ]
        blank: list[object] = [None] * width
        parts = []
        for number, amount in enumerate(amounts):
            part = list(blank)
            part[NAMES.index(LedgerColumn.AMOUNT)] = amount
            part[NAMES.index(LedgerColumn.STATUS)] = "Part "
            part[NAMES.index(LedgerColumn.NOTES)] = f"part {number}"
            parts.append(part)
        for at, cells in enumerate([*parts, *moved], HEADER_ROW + below + 1):
            for place, value in enumerate(cells, 1):
                sheet.cell(at, place).value = value
        sheet.tables["Ledger"].ref = f"A4:R{HEADER_ROW + 5 + len(amounts)}"
        sheet.tables["Ledger"].autoFilter = None

    edit(path, change)


def test_rows_below_an_entry_that_add_up_to_it_become_its_parts(
    path: Path, server: LedgerStandIn
) -> None:
    insert_parts(path, 2, -7.5, -12.5)
    assert refresh(path, server).sent == 1
    found = rows(path)
    assert [row["Amount"] for row in found] == [-10, -20, -7.5, -12.5, -30, -40, 10]
    assert [row["Status"] for row in found[:4]] == ["posted", "split", "posted", "posted"]
    assert [row["Split of"] for row in found[2:4]] == [found[1]["Entry ID"]] * 2
    assert [row["Notes"] for row in found[2:4]] == ["part 0", "part 1"]
    assert {row["Proof date"] for row in found[1:4]} == {found[1]["Date"]}
    assert not refresh(path, server).written
    write(path, 2, status="whole")
    if MOVES_CELLS:
        assert refresh(path, server).removed == 2
        assert [row["Status"] for row in rows(path)] == ["posted"] * 5


def test_parts_that_do_not_add_up_wait_and_say_what_is_missing(
    path: Path, server: LedgerStandIn
) -> None:
    insert_parts(path, 2, -7.5, -12.0)
    assert refresh(path, server).sent == 0
    (asked,) = rows(path, "Review")
    assert asked["Question"] == QuestionKind.PARTS_OFF
    assert asked["Here"] == "-19.5: -0.5 is missing"
    write(path, 4, amount=-12.5)
    assert refresh(path, server).sent == 1
    assert not questions(path)


def test_the_same_word_in_rows_of_two_accounts_is_a_transfer(
    path: Path, server: LedgerStandIn
) -> None:
    write(path, 1, match="rent")
    write(path, 5, match="rent")
    assert refresh(path, server).sent == 1
    found = rows(path)
    assert found[0]["Match"] == found[4]["Match"]
    assert found[0]["Match"].startswith("T")
    write(path, 5, match=None)
    assert refresh(path, server).sent == 1
    assert {row["Match"] for row in rows(path)} == {None}


@needs_moving_cells
def test_a_row_that_was_deleted_comes_back_and_goes_for_good_with_a_yes(
    path: Path, server: LedgerStandIn
) -> None:
    def delete(book: Any) -> None:
        for cell in book["Ledger"][HEADER_ROW + 2]:
            cell.value = None

    edit(path, delete)
    assert refresh(path, server).added == 1
    assert questions(path) == [QuestionKind.DELETED]
    assert not refresh(path, server).written
    decide(path, "yes")
    done = refresh(path, server)
    assert (done.sent, done.removed) == (1, 1)
    assert not questions(path)


def test_more_than_fifty_changes_wait_for_a_yes(path: Path, server: LedgerStandIn) -> None:
    assert server.edited is not None
    for _ in range(60):
        server.edited.add("-1.00", posted_on="2026-02-01")
    refresh(path, server)

    def fill_down(book: Any) -> None:
        for row in range(1, 61):
            place = NAMES.index(LedgerColumn.NOTES) + 1
            book["Ledger"].cell(HEADER_ROW + row, place).value = "the same"

    edit(path, fill_down)
    done = refresh(path, server)
    assert (done.sent, done.waiting) == (0, 60)
    assert questions(path) == [QuestionKind.MANY]
    decide(path, "yes")
    done = refresh(path, server)
    assert (done.sent, done.waiting, done.to_review) == (60, 0, 0)


def test_a_formula_is_the_workbooks_own_and_is_not_sent(path: Path, server: LedgerStandIn) -> None:
    write(path, 1, category='=IF(TRUE,"Travel","")')
    assert refresh(path, server).sent == 0
    assert "/v1/edits" not in server.asked()
    assert rows(path)[0]["Category"] == '=IF(TRUE,"Travel","")'


def test_accounts_that_differ_and_late_arrivals_stand_in_review(
    path: Path, server: LedgerStandIn
) -> None:
    assert server.edited is not None
    server.accounts[GIRO] |= {"proof": "differs", "closed_through": "2026-01"}
    first = rows(path)[0]["Entry ID"]
    server.explanations[GIRO] = {
        "account_id": GIRO,
        "currency": "EUR",
        "stretches": [
            {
                "after": "2026-01-01",
                "through": "2026-01-31",
                "difference": "-20.00",
                "missing": "20.00",
                "size": 1,
                "count": 2,
                "bounded": False,
                "sets": [[{"entry": first, "cause": "wrong sign", "effect": "20.00"}]],
            }
        ],
    }
    closing = {
        "id": "c",
        "month": "2026-01",
        "version": 5,
        "closed_at": "2026-02-01T00:00:00Z",
        "by": "Ada",
        "reopened_at": None,
        "reopened_by": "",
        "reason": "",
    }
    server.closings = [closing]
    line = {
        "id": first,
        "posted_on": "2026-01-01",
        "counts_on": "2026-01-01",
        "amount": "-10.00",
        "description": "coffee",
        "role": "whole",
        "reason": "",
    }
    server.instead["/v1/closings/2026-01"] = httpx.Response(
        200,
        json={
            "closing": closing,
            "evidence": {
                "ledger": "l",
                "month": "2026-01",
                "version": 5,
                "closed_at": "2026-02-01T00:00:00Z",
                "closed_by": "Ada",
                "accounts": [],
            },
            "late_arrivals": [{"change": "added", "account_id": GIRO, "entry": line}],
        },
    )
    server.edited.add("-1.00", posted_on="2026-01-09")
    refresh(path, server)
    differs, late = rows(path, "Review")
    assert differs["Question"] == QuestionKind.DIFFERS
    assert differs["Description"] == "20.00 EUR missing since 2026-01-01"
    assert differs["Ledger"] == (
        "2 sets, equally small, of 1 entry would explain it: wrong sign: 2026-01-01 coffee -10.0; "
        "and 1 more. Or an entry of 20.00 may be missing."
    )
    assert (late["Question"], late["Here"], late["Ledger"]) == (
        QuestionKind.LATE,
        "added",
        "-10.00",
    )
    server.requests.clear()
    assert not refresh(path, server).written
    assert not [one for one in server.asked() if "explanation" in one or "closings" in one]


@needs_moving_cells
def test_a_workbook_of_the_first_template_is_brought_up_to_date(
    tmp_path: Path, server: LedgerStandIn
) -> None:
    path = tmp_path / "old.xlsx"
    shutil.copy(VERSION_1, path)

    def own(book: Any) -> None:
        book.create_sheet("Mine")["A1"] = "=SUM(Ledger[Amount])"

    edit(path, own)
    done = refresh(path, server)
    assert (done.added, done.made) == (5, False)
    assert [row["Amount"] for row in rows(path)] == [-10, -20, -30, -40, 10]
    assert list(rows(path)[0])[-4:] == ["Match", "Statement", "Split of", "Proof date"]
    book = opened(path)
    assert {"Review", "Removed", "Mine"} <= set(book.sheetnames)
    assert book["_pennyvault"].cell(1, 2).value == "2"
    assert "Proof date" in str(book["Accounts"]["D5"].value)
    assert not refresh(path, server).written
    write(path, 1, notes="mine", status="remove")
    done = refresh(path, server)
    assert (done.sent, done.removed) == (2, 1)
