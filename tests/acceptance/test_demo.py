"""The demo as a person runs it: statements in, an exact workbook out; again, and after the user worked in it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.chart import BarChart, Reference
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.filters import AutoFilter, CustomFilter, CustomFilters, FilterColumn
from openpyxl.worksheet.table import TableColumn, TableFormula

from tests.acceptance.running_server import (
    ROOT,
    Outcome,
    Person,
    clean_environment,
    running_server,
)
from tests.fixtures.statements.make_statement import (
    MadeAccount,
    MadeTransaction,
    ofx_statement,
)
from tests.workbook_checks.libre_office import recalculate, skip_without_libre_office
from tests.workbook_checks.ooxml_lint import lint
from tests.workbook_checks.open_xml_sdk import validate

ACCOUNT_KEYS = set(
    "id name currency type opening opening_source closing bank_balance difference proof".split()
)
ENTRY_KEYS = set(
    "id version account_id bank_id parent posted_on amount currency original_amount"
    " original_currency description merchant category category_source notes tags reviewed bucket"
    " status transfer review removed".split()
)
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
HEADER_ROW = 4
FIXTURES = ROOT / "tests" / "fixtures" / "statements"

Row = dict[str, Any]


# --- running it and reading what it left


def run_demo(out: Path, *arguments: str | Path) -> Outcome:
    done = subprocess.run(
        [
            sys.executable,
            str(ROOT / "scripts" / "demo.py"),
            "--out",
            str(out),
            *map(str, arguments),
        ],
        cwd=out.parent,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    return Outcome(code=done.returncode, out=done.stdout, err=done.stderr)


def opened(path: Path, *, values: bool = False) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # extensions that openpyxl does not read
        return openpyxl.load_workbook(path, data_only=values)


def table_rows(book: Any, sheet: str, table: str) -> list[Row]:
    header, *rows = book[sheet][book[sheet].tables[table].ref]
    names = [cell.value for cell in header]
    return [dict(zip(names, (cell.value for cell in row), strict=True)) for row in rows]


def ledger_json(out: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((out / "ledger.json").read_text(encoding="utf-8"))
    return document


def printed_accounts(told: str) -> dict[str, Row]:
    """The printed rows that have no blank cell, by account; two spaces or more stand between columns."""
    lines = told.splitlines()
    [start] = [number for number, line in enumerate(lines) if line.startswith("Account ")]
    headings = re.split(r"  +", lines[start])
    rows = {}
    for line in lines[start + 1 :]:
        cells = re.split(r"  +", line)
        if len(cells) != len(headings):
            break
        rows[cells[0]] = dict(zip(headings, cells, strict=True))
    return rows


def exact(value: float | None) -> Decimal:
    assert value is not None
    return Decimal(repr(value))


@dataclass(frozen=True, slots=True)
class Made:
    """What a run of the demo left behind."""

    out: Path
    told: Outcome

    @property
    def workbook(self) -> Path:
        return self.out / "ledger.xlsx"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    out = tmp_path_factory.mktemp("demo") / "out"
    return Made(out, run_demo(out))


def copy_of(made: Made, folder: Path) -> Path:
    return Path(shutil.copytree(made.out, folder / "out"))


# --- the first run


def test_it_ends_well_and_says_where_its_files_are(made: Made) -> None:
    assert (made.told.code, made.told.err) == (0, "")
    assert str(made.out / "ledger.xlsx") in made.told.out
    assert str(made.out / "ledger.json") in made.told.out
    assert {path.name for path in made.out.iterdir()} == {"ledger.xlsx", "ledger.json", "server"}


def test_the_document_has_the_promised_keys_and_shapes(made: Made) -> None:
    document = ledger_json(made.out)
    assert set(document) == {"ledger", "epoch", "as_of", "accounts", "entries"}
    for account in document["accounts"]:
        assert set(account) == ACCOUNT_KEYS
        for name in ("opening", "closing", "bank_balance", "difference"):
            assert NUMBER.fullmatch(account[name])
        assert account["opening_source"] in {"stated", "anchored", "none"}
    for entry in document["entries"]:
        assert set(entry) == ENTRY_KEYS
        assert NUMBER.fullmatch(entry["amount"])
        assert date.fromisoformat(entry["posted_on"]).isoformat() == entry["posted_on"]
        assert entry["bucket"] in {"MICRO", "SMALL", "MEDIUM", "LARGE", "XLARGE"}


def test_two_banks_and_four_accounts_are_proven_one_of_them_in_euros(made: Made) -> None:
    accounts = ledger_json(made.out)["accounts"]
    assert sorted(account["currency"] for account in accounts) == ["EUR", "USD", "USD", "USD"]
    assert {(account["proof"], account["difference"]) for account in accounts} == {
        ("proven", "0.00")
    }
    assert {account["name"].split()[0] for account in accounts} == {"Harbour", "Northbank"}


def test_the_table_says_for_each_account_how_it_adds_up(made: Made) -> None:
    document = ledger_json(made.out)
    printed = printed_accounts(made.told.out)
    assert set(printed) == {account["name"] for account in document["accounts"]}
    for account in document["accounts"]:
        amounts = [
            Decimal(entry["amount"])
            for entry in document["entries"]
            if entry["account_id"] == account["id"] and entry["status"] == "posted"
        ]
        assert Decimal(account["opening"]) + sum(amounts) == Decimal(account["closing"])
        assert printed[account["name"]] == {
            "Account": account["name"],
            "Currency": account["currency"],
            "Entries": str(len(amounts)),
            "Sum": str(sum(amounts)),
            "Opening": account["opening"],
            "Opening is": account["opening_source"],
            "Closing": account["closing"],
            "Bank's balance": account["bank_balance"],
            "Difference": account["difference"],
            "Proof": account["proof"],
        }


def assert_workbook_is_the_ledger(out: Path) -> None:
    """Every entry of ledger.json has one row that says the same, and the sums of the accounts agree to the cent."""
    document = ledger_json(out)
    book = opened(out / "ledger.xlsx", values=True)
    rows = {row["Entry ID"]: row for row in table_rows(book, "Ledger", "Ledger")}
    entries = {entry["id"]: entry for entry in document["entries"]}
    assert set(rows) == set(entries)
    assert len(table_rows(book, "Ledger", "Ledger")) == len(entries)
    names = {account["id"]: account["name"] for account in document["accounts"]}
    for entry_id, entry in entries.items():
        row = rows[entry_id]
        assert exact(row["Amount"]) == Decimal(entry["amount"])
        said = (row["Date"].date().isoformat(), row["Description"], row["Currency"], row["Status"])
        wanted = ("posted_on", "description", "currency", "status")
        assert said == tuple(entry[name] for name in wanted)
        assert (row["Account ID"], row["Account"]) == (
            entry["account_id"],
            names[entry["account_id"]],
        )
    accounts = {row["Account ID"]: row for row in table_rows(book, "Accounts", "Accounts")}
    for account in document["accounts"]:
        row = accounts[account["id"]]
        posted = [
            exact(entry["Amount"])
            for entry in rows.values()
            if entry["Account ID"] == account["id"] and entry["Status"] == "posted"
        ]
        assert exact(row["Sum"]) == sum(posted)
        assert row["Entries"] == len(posted)
        assert row["Proof"] == account["proof"]
        for column, name in (
            ("Opening", "opening"),
            ("Closing", "closing"),
            ("Bank balance", "bank_balance"),
            ("Difference", "difference"),
        ):
            if account[name] is not None:
                assert exact(row[column]) == Decimal(account[name])


def test_the_workbook_says_the_same_as_the_document_to_the_cent(made: Made) -> None:
    assert_workbook_is_the_ledger(made.out)


def test_a_payee_that_looks_like_a_formula_is_a_text_in_it(made: Made) -> None:
    cells = [
        cell
        for row in opened(made.workbook)["Ledger"].iter_rows()
        for cell in row
        if isinstance(cell.value, str) and cell.value.startswith("=HYPERLINK")
    ]
    assert cells
    assert {cell.data_type for cell in cells} == {"s"}


def test_the_key_is_in_its_file_only(made: Made) -> None:
    key = (made.out / "server" / "api-key").read_text(encoding="ascii").strip()
    assert key not in made.told.told
    holders = [
        path for path in made.out.rglob("*") if path.is_file() and key.encode() in path.read_bytes()
    ]
    assert [path.name for path in holders] == ["api-key"]
    assert (made.out / "server" / "api-key").stat().st_mode & 0o077 == 0


def test_the_log_of_its_server_holds_no_amount_and_no_text(made: Made) -> None:
    log = (made.out / "server" / "server.log").read_text(encoding="utf-8")
    for entry in ledger_json(made.out)["entries"]:
        assert entry["description"] not in log
        if len(entry["amount"]) > len("1234.56"):
            assert entry["amount"] not in log


def test_lint_finds_nothing_in_its_workbook(made: Made) -> None:
    assert lint(made.workbook) == []


def test_the_open_xml_sdk_finds_nothing_in_its_workbook(made: Made) -> None:
    assert validate(made.workbook) == []


def assert_libre_office_agrees(path: Path) -> None:
    again = recalculate(path)
    shown, live = opened(path, values=True), opened(path)
    compared = 0
    for sheet in live.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type != "f":
                    continue
                cached = shown[sheet.title][cell.coordinate].value
                value = again[sheet.title].get(cell.coordinate)
                if isinstance(cached, int | float) and not isinstance(cached, bool):
                    assert value == pytest.approx(cached, abs=1e-9), cell.coordinate
                else:
                    assert (value or None) == (cached or None), cell.coordinate
                compared += 1
    assert compared > 0


def test_libre_office_reckons_what_its_workbook_shows(made: Made) -> None:
    skip_without_libre_office()
    assert_libre_office_agrees(made.workbook)


# --- run again


def state_of(path: Path) -> tuple[bytes, int, int]:
    return path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino


def test_run_again_it_adds_nothing_and_leaves_the_file_alone(made: Made, tmp_path: Path) -> None:
    out = copy_of(made, tmp_path)
    before, document = state_of(out / "ledger.xlsx"), ledger_json(out)
    told = run_demo(out)
    assert (told.code, told.err) == (0, "")
    assert re.findall(r": (\d+) added", told.out) == ["0"] * 6
    assert printed_accounts(told.out) == printed_accounts(made.told.out)
    assert state_of(out / "ledger.xlsx") == before
    assert {**ledger_json(out), "as_of": ""} == {**document, "as_of": ""}
    assert {path.name for path in out.iterdir()} == {"ledger.xlsx", "ledger.json", "server"}


# --- run again after the user worked in the workbook


def april(*, pending: bool) -> bytes:
    """April of the demo's first account: so far, with a payment that is pending; or whole, with it booked."""
    tip = MadeTransaction(
        posted_on="2026-04-02",
        amount="-61.20" if pending else "-63.70",
        name="Copper Kettle",
        bank_id="NBC20260402000",
        pending=pending,
    )
    later = (
        MadeTransaction(posted_on="2026-04-09", amount="-0.07", name="+1 fee", bank_id="NBC-A1"),
        MadeTransaction(posted_on="2026-04-09", amount="-0.07", name="+1 fee", bank_id="NBC-A2"),
        MadeTransaction(posted_on="2026-04-30", amount="1204.11", name="Payroll", bank_id="NBC-A3"),
    )
    account = MadeAccount(
        account_id="4400917751",
        bank_id="091000022",
        transactions=(tip,) if pending else (tip, *later),
        first_day="2026-04-01",
        last_day="2026-04-02" if pending else "2026-04-30",
        closing="" if pending else "17440.20",
        closing_on="2026-04-30",
    )
    return ofx_statement([account], institution="Northbank")


def work_in(path: Path) -> None:
    """Do to a workbook what a person does: sort, type, colour, filter, add columns and a sheet with a chart."""
    book = opened(path)
    sheet = book["Ledger"]
    table = sheet.tables["Ledger"]
    header, *cells = sheet[table.ref]
    names = [cell.value for cell in header]
    amount, entry_id = names.index("Amount"), names.index("Entry ID")
    contents = sorted(
        ([(cell.value, cell.data_type) for cell in row] for row in cells),
        key=lambda row: (row[amount][0], row[entry_id][0]),
    )
    for row, content in zip(cells, contents, strict=True):
        for cell, (value, kind) in zip(row, content, strict=True):
            cell.value, cell.data_type = value, kind
    last = HEADER_ROW + len(cells)
    width = len(names)
    sheet.cell(HEADER_ROW, width + 1, "Tax code")
    sheet.cell(HEADER_ROW, width + 2, "Without tax")
    for row in range(HEADER_ROW + 1, last + 1):
        sheet.cell(row, width + 1, f"T{row * 7 % 5}")
        sheet.cell(row, width + 2, "=Ledger[[#This Row],[Amount]]/1.2")
    sheet.cell(HEADER_ROW + 2, width + 4, "beside the table")
    corner = sheet.cell(last, width + 2).coordinate
    first = sheet.cell(HEADER_ROW, 1).coordinate
    table.ref = f"{first}:{corner}"
    table.autoFilter = AutoFilter(
        ref=table.ref,
        filterColumn=[
            FilterColumn(
                colId=amount,
                customFilters=CustomFilters(
                    customFilter=[CustomFilter(operator="lessThan", val="5000")]
                ),
            )
        ],
    )
    formula = TableFormula(attr_text="Ledger[[#This Row],[Amount]]/1.2")
    table.tableColumns += [
        TableColumn(id=width + 1, name="Tax code"),
        TableColumn(id=width + 2, name="Without tax", calculatedColumnFormula=formula),
    ]
    for row in range(HEADER_ROW + 1, last + 1):
        sheet.row_dimensions[row].hidden = sheet.cell(row, amount + 1).value >= 5000
    by_name = {name: number for number, name in enumerate(names, 1)}
    for row in range(HEADER_ROW + 1, last + 1):
        if sheet.cell(row, by_name["Status"]).value == "pending":
            sheet.cell(row, by_name["Notes"], "ask about the tip")
    sheet.cell(HEADER_ROW + 1, by_name["Category"], "Wages")
    sheet.cell(HEADER_ROW + 1, by_name["Notes"], "=sum of two")
    sheet.cell(HEADER_ROW + 1, by_name["Notes"]).data_type = "s"
    sheet.cell(HEADER_ROW + 3, by_name["Reviewed"]).value = True
    sheet.cell(HEADER_ROW + 5, by_name["Amount"]).number_format = "0.000"
    sheet.cell(HEADER_ROW + 6, by_name["Description"]).font = Font(bold=True, color="FF0000")
    sheet.cell(HEADER_ROW + 6, by_name["Description"]).fill = PatternFill("solid", "FFFF00")
    sheet.column_dimensions["C"].width = 61.5
    own = book.create_sheet("Budget", 0)
    own.append(["What", "How much"])
    own.append(["Everything", "=SUM(Ledger[Amount])"])
    own.append(["A cell of theirs", "=Ledger!E5*2"])
    chart = BarChart()
    chart.add_data(Reference(own, min_col=2, min_row=1, max_row=3), titles_from_data=True)
    own.add_chart(chart, "D2")
    book.save(path)


def parts_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def by_entry(book: Any) -> dict[str, dict[str, Any]]:
    """The cells of the Ledger's rows, by entry and column."""
    header, *rows = book["Ledger"][book["Ledger"].tables["Ledger"].ref]
    names = [cell.value for cell in header]
    found = [dict(zip(names, row, strict=True)) for row in rows]
    return {row["Entry ID"].value: row for row in found}


def look_of(cell: Any) -> tuple[object, ...]:
    return (
        cell.number_format,
        cell.font.b,
        cell.font.color and cell.font.color.rgb,
        cell.fill.fgColor.rgb,
        cell.alignment.horizontal,
        cell.protection.locked,
    )


def assert_users_cells_stayed(before: Any, after: Any, *, ours: Mapping[str, set[str]]) -> None:
    """All cells say and look as before, but for those of `ours`: columns by Entry ID."""
    old, new = by_entry(before), by_entry(after)
    assert list(new)[: len(old)] == list(old), "the rows are where the user sorted them to"
    for entry_id, row in old.items():
        for name, cell in row.items():
            now = new[entry_id][name]
            assert look_of(now) == look_of(cell), (entry_id, name)
            if name not in ours.get(entry_id, set()):
                assert (now.value, now.data_type) == (cell.value, cell.data_type), (entry_id, name)
    for title in before.sheetnames:
        if title in {"Ledger", "Accounts", "Review", "Removed", "Log", "_pennyvault"}:
            continue
        for line in before[title].iter_rows():
            for cell in line:
                now = after[title][cell.coordinate]
                assert (now.value, look_of(now)) == (cell.value, look_of(cell)), cell.coordinate


def test_one_more_statement_leaves_everything_of_the_users(made: Made, tmp_path: Path) -> None:
    out = copy_of(made, tmp_path)
    workbook, statement = out / "ledger.xlsx", tmp_path / "april.ofx"
    statement.write_bytes(april(pending=True))
    assert run_demo(out, statement).code == 0
    work_in(workbook)
    before, parts = opened(workbook), parts_of(workbook)
    assert lint(workbook) == []

    statement.write_bytes(april(pending=False))
    told = run_demo(out, statement)

    assert told.code == 0, told.told
    # What the user typed went to the ledger before its news came.
    assert "3 entries added, 1 changed, 0 removed, 3 edits of yours sent, 1 kept" in told.out
    assert "1 edits wait in the workbook and 1 lines stand in Review." in told.out
    assert "april.ofx: 3 added, 1 there already" in told.out
    assert_workbook_is_the_ledger(out)
    after = opened(workbook)
    [booked] = [
        entry_id for entry_id, row in by_entry(before).items() if row["Status"].value == "pending"
    ]
    moved_on = {entry_id: {"Base"} for entry_id in by_entry(before)}
    ours = moved_on | {booked: {"Amount", "Status", "Base"}}
    assert_users_cells_stayed(before, after, ours=ours)
    rows = by_entry(after)
    assert rows[booked]["Notes"].value == "ask about the tip"
    assert (rows[booked]["Amount"].value, rows[booked]["Status"].value) == (-63.7, "posted")
    added = [row for entry_id, row in rows.items() if entry_id not in by_entry(before)]
    assert [row["Amount"].value for row in added] == [-0.07, -0.07, 1204.11]
    for row in added:
        assert row["Tax code"].value is None
        assert row["Without tax"].value == "=Ledger[[#This Row],[Amount]]/1.2"
        assert row["Description"].data_type == "s"
    sheet, table = after["Ledger"], after["Ledger"].tables["Ledger"]
    assert sheet.cell(HEADER_ROW + 2, len(table.column_names) + 2).value == "beside the table"
    assert table.autoFilter.ref == table.ref
    assert len(table.autoFilter.filterColumn) == 1
    for number in range(HEADER_ROW, before["Ledger"].max_row + 1):
        hidden = before["Ledger"].row_dimensions[number].hidden
        assert sheet.row_dimensions[number].hidden == hidden, number
    assert sheet.column_dimensions["C"].width == 61.5
    log = table_rows(opened(workbook, values=True), "Log", "RefreshLog")[-1]
    assert (log["Added"], log["Changed"], log["Edits kept"]) == (3, 1, 1)
    untouched = [name for name in parts if re.search("chart|drawing|theme|docProps", name)]
    now = parts_of(workbook)
    assert {name: now[name] for name in untouched} == {name: parts[name] for name in untouched}
    assert lint(workbook) == []
    assert isinstance(log["When"], datetime)

    assert_nothing_more_happens(out, workbook, statement)


def assert_nothing_more_happens(out: Path, workbook: Path, statement: Path) -> None:
    """The edit that the ledger did not take still waits, and running all of it again touches nothing."""
    with running_server(out / "server") as server:
        key_file = out / "server" / "api-key"
        person = Person(folder=out.parent, origin=server.origin, key_file=key_file)
        status = person.run("status", str(workbook))
    assert "82 entries, 1 edits waiting" in status.out
    state = state_of(workbook)
    assert run_demo(out, statement).code == 0
    assert state_of(workbook) == state


# --- statements that need a word


def plain(name: str, *amounts: str, closing: str, day: str, currency: str = "USD") -> MadeAccount:
    return MadeAccount(
        account_id=name,
        currency=currency,
        transactions=[
            MadeTransaction(posted_on=day, amount=amount, name="Rent", bank_id=f"{name}{day}{at}")
            for at, amount in enumerate(amounts)
        ],
        first_day=day[:8] + "01",
        last_day=day,
        closing=closing,
        closing_on=day,
    )


def write_statements(folder: Path) -> dict[str, Path]:
    contents: dict[str, Sequence[MadeAccount] | bytes] = {
        "good.ofx": [plain("77001", "-10.00", closing="90.00", day="2026-01-31")],
        "damaged.ofx": (FIXTURES / "damaged-no-amount.ofx").read_bytes(),
        "household cash.ofx": [plain("", "-3.25", closing="", day="2026-01-31")],
        "office cash.ofx": [plain("", "-3.25", closing="", day="2026-01-31")],
        "no currency.ofx": [plain("77002", "-5.00", closing="5.00", day="2026-01-31", currency="")],
        "first.ofx": [plain("77003", "1.00", closing="101.00", day="2026-01-31")],
        "second.ofx": [plain("77003", "2.00", closing="113.01", day="2026-02-28")],
    }
    paths = {}
    for name, content in contents.items():
        paths[name] = folder / name
        paths[name].write_bytes(content if isinstance(content, bytes) else ofx_statement(content))
    return paths


@dataclass(frozen=True, slots=True)
class Mixed:
    """A run over good and bad statements, and another that says the currency."""

    first: Outcome
    first_document: dict[str, Any]
    second: Outcome
    out: Path


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Mixed:
    folder = tmp_path_factory.mktemp("mixed")
    paths = write_statements(folder)
    out = folder / "out"
    first = run_demo(out, *[paths[name] for name in paths if name != "second.ofx"])
    document = ledger_json(out)
    second = run_demo(out, "--currency", "EUR", paths["no currency.ofx"], paths["second.ofx"])
    return Mixed(first, document, second, out)


def test_a_refused_statement_is_told_and_keeps_no_other_out(mixed: Mixed) -> None:
    assert mixed.first.code == 65
    refused = [line for line in mixed.first.err.splitlines() if "damaged.ofx" in line]
    assert len(refused) == 1
    assert re.search(r"line: \d+", refused[0])
    assert "good.ofx: 1 added" in mixed.first.out
    assert "first.ofx: 1 added" in mixed.first.out
    bank_ids = {entry["bank_id"] for entry in mixed.first_document["entries"]}
    assert {"770012026-01-310", "770032026-01-310"} <= bank_ids
    assert len(mixed.first_document["entries"]) == 4


def test_a_file_that_names_no_account_becomes_the_account_of_its_name(mixed: Mixed) -> None:
    names = [account["name"] for account in mixed.first_document["accounts"]]
    assert {"household cash", "office cash"} <= set(names)


def test_a_file_that_names_no_currency_waits_until_it_is_said(mixed: Mixed) -> None:
    [asked] = [line for line in mixed.first.err.splitlines() if "no currency.ofx" in line]
    assert "--currency" in asked
    assert {account["currency"] for account in mixed.first_document["accounts"]} == {"USD"}
    assert "no currency.ofx: 1 added" in mixed.second.out
    assert [
        (entry["amount"], entry["currency"])
        for entry in ledger_json(mixed.out)["entries"]
        if entry["currency"] != "USD"
    ] == [("-5.00", "EUR")]


def test_a_proof_that_differs_is_reported_and_no_failure(mixed: Mixed) -> None:
    assert mixed.second.code == 0, mixed.second.told
    [differing] = [
        account for account in ledger_json(mixed.out)["accounts"] if account["proof"] == "differs"
    ]
    assert (differing["bank_balance"], differing["closing"]) == ("113.01", "103.00")
    assert abs(Decimal(differing["difference"])) == Decimal("10.01")
    [line] = [line for line in mixed.second.out.splitlines() if line.endswith("differs")]
    assert differing["difference"] in line
    assert_workbook_is_the_ledger(mixed.out)
