from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest

from excel_client import problems
from excel_client.problems import ClientProblem
from excel_client.refresh import Refreshed, refresh_workbook, workbook_status
from excel_client.write_plan.questions import QuestionKind
from tests.integration.excel_client.engine_ability import needs_moving_cells
from tests.integration.excel_client.ledger_stand_in import LedgerStandIn
from workbooks.formulas import ACCOUNTS_FORMULAS
from workbooks.sheet_map import LedgerColumn
from workbooks.template import template_bytes

NOW = datetime(2026, 3, 31, 12, 30, tzinfo=UTC)
HEADER_ROW = 4
NAMES = list(LedgerColumn)


def column(header: str) -> int:
    return NAMES.index(LedgerColumn(header)) + 1


@pytest.fixture
def server() -> LedgerStandIn:
    server = LedgerStandIn()
    server.account("account-1", "Giro")
    server.account("account-2", "Savings", currency="JPY", decimals=0)
    for number in range(1, 4):
        server.put(f"entry-{number}", posted_on=f"2026-01-0{number}", amount=f"-{number}.10")
    return server


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.xlsx"


def refresh(path: Path, server: LedgerStandIn) -> Refreshed:
    with server.api() as api:
        return refresh_workbook(path, api, lambda: NOW, lambda *_: None)


def refused(path: Path, server: LedgerStandIn) -> ClientProblem:
    before = path.read_bytes()
    with pytest.raises(ClientProblem) as found:
        refresh(path, server)
    assert path.read_bytes() == before
    return found.value


def opened(path: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl does not know the template's extensions
        return openpyxl.load_workbook(path)


def ledger(path: Path) -> list[dict[str, Any]]:
    """Rows of the Ledger table by their headers, as another program reads them."""
    sheet = opened(path)["Ledger"]
    area = sheet.tables["Ledger"].ref
    header, *rows = [[cell.value for cell in row] for row in sheet[area]]
    return [dict(zip(header, row, strict=True)) for row in rows]


def review(path: Path) -> list[dict[str, Any]]:
    """The lines of Review by their headers."""
    sheet = opened(path)["Review"]
    header, *rows = [[cell.value for cell in row] for row in sheet[sheet.tables["Review"].ref]]
    found = [dict(zip(header, row, strict=True)) for row in rows]
    return [row for row in found if row["Question"]]


def removed(path: Path) -> list[dict[str, Any]]:
    """The rows of Removed by their headers."""
    sheet = opened(path)["Removed"]
    header, *rows = [[cell.value for cell in row] for row in sheet[sheet.tables["Removed"].ref]]
    found = [dict(zip(header, row, strict=True)) for row in rows]
    return [row for row in found if row["Status"]]


def edit(path: Path, change: Callable[[Any], object]) -> None:
    """Change a workbook as another program would."""
    book = opened(path)
    change(book)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book.save(path)


def test_a_workbook_is_made_from_the_template_and_filled(path: Path, server: LedgerStandIn) -> None:
    done = refresh(path, server)
    assert (done.made, done.written, done.added) == (True, True, 3)
    rows = ledger(path)
    assert [row["Entry ID"] for row in rows] == ["entry-1", "entry-2", "entry-3"]
    assert [row["Amount"] for row in rows] == [-1.1, -2.1, -3.1]
    assert rows[0]["Date"] == datetime(2026, 1, 1)  # noqa: DTZ001 - a cell knows no zone
    assert {row["Account"] for row in rows} == {"Giro"}


def test_a_new_workbook_leaves_nothing_else_behind(path: Path, server: LedgerStandIn) -> None:
    refresh(path, server)
    assert list(path.parent.iterdir()) == [path]


def test_accounts_show_their_proof_before_anybody_reckons(
    path: Path, server: LedgerStandIn
) -> None:
    server.accounts["account-1"] |= {
        "bank_balance_on": "2026-01-31",
        "bank_balance": "93.70",
        "balances": 2,
        "difference": "0.00",
        "proof": "proven",
    }
    refresh(path, server)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(path, data_only=True)
    sheet = book["Accounts"]
    header, *rows = sheet.iter_rows(min_row=HEADER_ROW, values_only=True)
    giro, savings = [dict(zip(header, row, strict=True)) for row in rows]
    assert (giro["Entries"], giro["Sum"], giro["Closing"]) == (3, -6.3, 93.7)
    assert (giro["Difference"], giro["Proof"]) == (0, "proven")
    assert (savings["Entries"], savings["Proof"]) == (0, "not yet proven")
    assert sheet["B1"].value == "1 proven, 0 adjusted, 0 with a difference, 1 not yet proven"
    live = opened(path)["Accounts"]
    formulas = [live.cell(6, header.index(name) + 1).data_type for name in ACCOUNTS_FORMULAS]
    assert set(formulas) == {"f"}


def test_a_payee_that_looks_like_a_formula_is_a_text(path: Path, server: LedgerStandIn) -> None:
    hostile = ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "'quoted", "001", "1/2", "TRUE"]
    for number, text in enumerate(hostile):
        server.put(f"hostile-{number}", description=text, posted_on="2026-02-01")
    refresh(path, server)
    sheet = opened(path)["Ledger"]
    cells = [sheet.cell(HEADER_ROW + 4 + n, column("Description")) for n in range(len(hostile))]
    assert [cell.value for cell in cells] == hostile
    assert not any(cell.data_type == "f" for cell in cells)


def test_a_second_refresh_does_not_touch_the_file(path: Path, server: LedgerStandIn) -> None:
    refresh(path, server)
    before = (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino)
    done = refresh(path, server)
    assert not done.written
    assert (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino) == before
    assert len(list(path.parent.iterdir())) == 1


def test_only_what_changed_is_asked_for(path: Path, server: LedgerStandIn) -> None:
    refresh(path, server)
    server.put("entry-2", amount="-20.00")
    server.requests.clear()
    done = refresh(path, server)
    assert (done.added, done.changed) == (0, 1)
    (asked,) = (one for one in server.requests if one.url.path == "/v1/ledger/changes")
    assert asked.url.params["after"]
    assert [row["Amount"] for row in ledger(path)] == [-1.1, -20.0, -3.1]


def test_pages_of_the_feed_are_joined(path: Path, server: LedgerStandIn) -> None:
    server.page_entries = 2
    assert refresh(path, server).added == 3
    assert server.asked().count("/v1/ledger/changes") == 2


def test_what_the_user_did_to_the_workbook_stays(path: Path, server: LedgerStandIn) -> None:
    refresh(path, server)

    def change(book: Any) -> None:
        sheet = book["Ledger"]
        sheet.cell(HEADER_ROW + 2, column("Notes")).value = "mine"
        sheet.cell(HEADER_ROW + 3, column("Category")).value = "=A1"
        sheet["T5"] = "a note beside the table"
        sheet.title = "My ledger"
        book.create_sheet("Budget")["A1"] = "=SUM(Ledger[Amount])"

    edit(path, change)
    server.put("entry-2", amount="-20.00", notes="theirs")
    server.put("entry-3", category="Travel")
    server.put("entry-4", posted_on="2026-01-04")
    done = refresh(path, server)
    assert (done.added, done.changed, done.kept) == (1, 1, 2)
    book = opened(path)
    sheet = book["My ledger"]
    assert sheet.cell(HEADER_ROW + 2, column("Notes")).value == "mine"
    assert sheet.cell(HEADER_ROW + 2, column("Amount")).value == -20
    assert sheet.cell(HEADER_ROW + 3, column("Category")).value == "=A1"
    assert sheet["T5"].value == "a note beside the table"
    assert book["Budget"]["A1"].value == "=SUM(Ledger[Amount])"
    assert workbook_status(path).edits == 1


def test_rows_are_found_after_the_user_sorted_them(path: Path, server: LedgerStandIn) -> None:
    refresh(path, server)

    def turn_round(book: Any) -> None:
        sheet = book["Ledger"]
        rows = [[cell.value for cell in row] for row in sheet["A5:R7"]]
        for row, values in zip(sheet["A5:R7"], reversed(rows), strict=True):
            for cell, value in zip(row, values, strict=True):
                cell.value = value

    edit(path, turn_round)
    server.put("entry-3", amount="-30.00")
    refresh(path, server)
    assert [(row["Entry ID"], row["Amount"]) for row in ledger(path)] == [
        ("entry-3", -30),
        ("entry-2", -2.1),
        ("entry-1", -1.1),
    ]


def move_columns(book: Any, own: str = "My own") -> None:
    """Move the Ledger's columns about and put one of the user's own between them."""
    sheet = book["Ledger"]
    table = sheet.tables["Ledger"]
    rows = [[cell.value for cell in row] for row in sheet[table.ref]]
    order = [17, 4, 0, 1, 2, 3, *range(5, 17)]
    for number, row in enumerate(rows):
        moved = [row[index] for index in order]
        moved.insert(2, own if number == 0 else f"own {number}")
        for offset, value in enumerate(moved):
            cell = sheet.cell(HEADER_ROW + number, 1 + offset)
            cell.value = value
            if isinstance(value, datetime):
                cell.number_format = "yyyy-mm-dd"
    table.ref = "A4:S7"
    table.autoFilter = None
    names = [str(cell.value) for cell in sheet["A4:S4"][0]]
    table.tableColumns = [
        openpyxl.worksheet.table.TableColumn(id=number, name=name)
        for number, name in enumerate(names, 1)
    ]


def test_columns_are_found_after_the_user_moved_them(path: Path, server: LedgerStandIn) -> None:
    refresh(path, server)
    edit(path, move_columns)
    server.put("entry-2", amount="-20.00")
    server.put("entry-4", posted_on="2026-01-04")
    refresh(path, server)
    rows = ledger(path)
    assert [row["Amount"] for row in rows] == [-1.1, -20.0, -3.1, -1.5]
    assert [row["My own"] for row in rows] == ["own 1", "own 2", "own 3", None]
    assert [row["Entry ID"] for row in rows] == [f"entry-{number}" for number in range(1, 5)]
    assert not refresh(path, server).written


def test_a_deleted_row_comes_back(path: Path, server: LedgerStandIn) -> None:
    refresh(path, server)

    def delete(book: Any) -> None:
        for row in book["Ledger"]["A6:R6"]:
            for cell in row:
                cell.value = None

    edit(path, delete)
    assert refresh(path, server).added == 1
    ids = [row["Entry ID"] for row in ledger(path)]
    assert ids == ["entry-1", None, "entry-3", "entry-2"]
    assert not refresh(path, server).written


@needs_moving_cells
def test_a_withdrawn_entry_moves_to_removed_with_what_was_beside_it(
    path: Path, server: LedgerStandIn
) -> None:
    refresh(path, server)
    edit(path, move_columns)
    server.remove("entry-2")
    assert refresh(path, server).removed == 1
    assert [row["Entry ID"] for row in ledger(path)] == ["entry-1", "entry-3"]
    assert [row["My own"] for row in ledger(path)] == ["own 1", "own 3"]
    (gone,) = removed(path)
    assert (gone["Entry ID"], gone["Status"], gone["My own"]) == ("entry-2", "removed", "own 2")
    assert gone["Removed on"] == datetime(2026, 3, 31)  # noqa: DTZ001 - a cell knows no zone
    assert not refresh(path, server).written


@needs_moving_cells
def test_an_entry_that_is_there_again_moves_back_with_what_was_beside_it(
    path: Path, server: LedgerStandIn
) -> None:
    refresh(path, server)
    edit(path, move_columns)
    server.remove("entry-2")
    refresh(path, server)
    server.put("entry-2", removed=False)
    assert refresh(path, server).added == 1
    assert not removed(path)
    rows = ledger(path)
    assert [row["Entry ID"] for row in rows] == ["entry-1", "entry-3", "entry-2"]
    assert [row["My own"] for row in rows] == ["own 1", "own 3", "own 2"]
    assert [row["Status"] for row in rows] == ["posted"] * 3


@needs_moving_cells
def test_a_restored_server_is_read_from_the_start_and_edits_stay(
    path: Path, server: LedgerStandIn
) -> None:
    refresh(path, server)
    edit(path, lambda book: book["Ledger"].cell(5, column("Notes"), "mine"))
    server.epoch = "epoch-2"
    del server.entries["entry-3"]
    done = refresh(path, server)
    assert (done.removed, done.kept) == (1, 1)
    assert ledger(path)[0]["Notes"] == "mine"
    assert not refresh(path, server).written


def test_a_cursor_that_the_server_does_not_know_is_no_dead_end(
    path: Path, server: LedgerStandIn
) -> None:
    refresh(path, server)
    first = server.api().profile().epoch
    server.epoch = "epoch-2"
    late = LedgerStandIn(**{**vars(server), "epoch": first, "requests": []})

    class Restored(LedgerStandIn):
        def _profile(self) -> dict[str, Any]:
            return late._profile()

    restored = Restored(**{**vars(server), "requests": []})
    assert refresh(path, restored).added == 0
    assert restored.asked().count("/v1/ledger/changes") == 2


def test_an_account_with_a_new_name_gets_it_in_every_row(path: Path, server: LedgerStandIn) -> None:
    refresh(path, server)
    server.account("account-1", "Main account")
    refresh(path, server)
    assert {row["Account"] for row in ledger(path)} == {"Main account"}


def test_a_copy_of_the_workbook_follows_the_ledger_by_itself(
    path: Path, server: LedgerStandIn
) -> None:
    refresh(path, server)
    copy = path.with_name("copy.xlsx")
    shutil.copy(path, copy)
    server.put("entry-4", posted_on="2026-01-04")
    assert refresh(path, server).added == 1
    assert refresh(copy, server).added == 1
    assert ledger(path) == ledger(copy)


def test_an_earlier_state_is_kept_beside_the_workbook(path: Path, server: LedgerStandIn) -> None:
    refresh(path, server)
    before = path.read_bytes()
    server.put("entry-4")
    refresh(path, server)
    (backup,) = (path.parent / "Pennyvault backups").iterdir()
    assert backup.read_bytes() == before


# What is refused


def test_a_workbook_of_another_ledger_is_refused_before_anything_is_asked_of_it(
    path: Path, server: LedgerStandIn
) -> None:
    refresh(path, server)
    other = LedgerStandIn(ledger="0199bbbb-0000-7000-8000-000000000002")
    assert isinstance(refused(path, other), problems.OtherLedger)
    assert other.asked() == ["/v1/profile"]


def rename_header(header: str, name: str) -> Callable[[Any], None]:
    def change(book: Any) -> None:
        sheet = book["Ledger"]
        sheet.cell(HEADER_ROW, column(header)).value = name
        sheet.tables["Ledger"].tableColumns[column(header) - 1].name = name

    return change


@pytest.mark.parametrize("header", [LedgerColumn.AMOUNT, LedgerColumn.BASE, LedgerColumn.NOTES])
def test_a_renamed_column_is_named(path: Path, server: LedgerStandIn, header: str) -> None:
    refresh(path, server)
    edit(path, rename_header(header, "Something else"))
    server.put("entry-4")
    found = refused(path, server)
    assert isinstance(found, problems.ColumnMissing)
    assert found.place == {"sheet": "Ledger", "column": header}


def test_a_column_of_the_users_with_a_name_of_ours_is_named(
    path: Path, server: LedgerStandIn
) -> None:
    refresh(path, server)
    edit(path, lambda book: move_columns(book, own="Notes"))
    found = refused(path, server)
    assert isinstance(found, problems.ColumnDoubled)
    assert found.place == {"sheet": "Ledger", "column": "Notes"}


def test_a_deleted_column_is_named(path: Path, server: LedgerStandIn) -> None:
    refresh(path, server)

    def delete_last(book: Any) -> None:
        table = book["Ledger"].tables["Ledger"]
        table.ref = table.ref.replace("R", "Q")
        table.autoFilter = None
        table.tableColumns.pop()

    edit(path, delete_last)
    found = refused(path, server)
    assert isinstance(found, problems.ColumnMissing)
    assert found.place["column"] == "Base"


def test_rows_that_share_an_entry_id_are_asked_about(path: Path, server: LedgerStandIn) -> None:
    refresh(path, server)
    edit(path, lambda book: book["Ledger"].cell(7, column("Entry ID"), "entry-1"))
    assert refresh(path, server).to_review == 2
    (doubled,) = (row for row in review(path) if row["Question"] == QuestionKind.DOUBLED)
    assert doubled["Here"] == "2 rows: 5, 7"
    assert doubled["Entry ID"] == "entry-1"


def test_cells_below_the_table_are_not_written_over(path: Path, server: LedgerStandIn) -> None:
    refresh(path, server)
    edit(path, lambda book: book["Ledger"].cell(9, 2, "my total"))
    server.put("entry-4")
    assert refresh(path, server).added == 1
    server.put("entry-5")
    found = refused(path, server)
    assert isinstance(found, problems.CellsBelowTable)
    assert found.place == {"sheet": "Ledger", "row": 9}


@pytest.mark.parametrize("table", ["Ledger", "Accounts", "RefreshLog"])
def test_a_workbook_without_our_tables_is_not_ours(
    path: Path, server: LedgerStandIn, table: str
) -> None:
    refresh(path, server)

    def rename(book: Any) -> None:
        for sheet in book:
            if table in sheet.tables:
                found = sheet.tables[table]
                found.name = found.displayName = "Mine"

    edit(path, rename)
    assert isinstance(refused(path, server), problems.NotOurWorkbook)


def test_a_workbook_of_somebody_elses_is_not_ours(path: Path, server: LedgerStandIn) -> None:
    openpyxl.Workbook().save(path)
    assert isinstance(refused(path, server), problems.NotOurWorkbook)
    assert not server.requests


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 cut off", b"Date;Amount\n", b"\xd0\xcf\x11\xe0"]
)
def test_a_file_that_is_no_workbook_is_refused(
    path: Path, server: LedgerStandIn, content: bytes
) -> None:
    path.write_bytes(content)
    found = refused(path, server)
    assert isinstance(found, problems.WorkbookNotReadable)
    assert not server.requests


def test_a_workbook_of_a_newer_program_is_refused(path: Path, server: LedgerStandIn) -> None:
    refresh(path, server)
    edit(path, lambda book: book["_pennyvault"].cell(1, 2, "99"))
    assert isinstance(refused(path, server), problems.NewerWorkbook)


@pytest.mark.parametrize("lock", ["~$ledger.xlsx", ".~lock.ledger.xlsx#"])
def test_a_workbook_that_is_open_elsewhere_is_left_alone(
    path: Path, server: LedgerStandIn, lock: str
) -> None:
    refresh(path, server)
    path.with_name(lock).touch()
    assert not refresh(path, server).written
    server.put("entry-4")
    found = refused(path, server)
    assert isinstance(found, problems.WorkbookOpenElsewhere)
    assert found.exit_code == 75


@pytest.fixture
def read_only(path: Path, server: LedgerStandIn) -> Iterator[Path]:
    refresh(path, server)
    path.chmod(0o444)
    yield path
    path.chmod(0o644)


def test_a_read_only_workbook_is_left_alone(read_only: Path, server: LedgerStandIn) -> None:
    server.put("entry-4")
    found = refused(read_only, server)
    assert isinstance(found, problems.WorkbookReadOnly)
    assert found.exit_code == 77


def test_a_workbook_that_changed_meanwhile_is_left_alone(path: Path, server: LedgerStandIn) -> None:
    refresh(path, server)
    server.put("entry-4")
    with server.api() as api:
        changed = template_bytes()

        def meddle() -> datetime:
            path.write_bytes(changed)
            return NOW

        with pytest.raises(problems.WorkbookChanged) as found:
            refresh_workbook(path, api, meddle, lambda *_: None)
    assert path.read_bytes() == changed
    assert found.value.exit_code == 75


def test_a_file_that_appears_meanwhile_is_not_written_over(
    path: Path, server: LedgerStandIn
) -> None:
    with server.api() as api:

        def meddle() -> datetime:
            path.write_bytes(b"mine")
            return NOW

        with pytest.raises(problems.WorkbookChanged):
            refresh_workbook(path, api, meddle, lambda *_: None)
    assert path.read_bytes() == b"mine"


def test_an_amount_that_excel_would_round_is_not_written(path: Path, server: LedgerStandIn) -> None:
    refresh(path, server)
    server.put("entry-4", amount="12345678901234567.89")
    found = refused(path, server)
    assert isinstance(found, problems.AmountNotExact)
    assert "12345678" not in found.line_for_people()


def test_a_new_workbook_is_an_xlsx(path: Path, server: LedgerStandIn) -> None:
    with pytest.raises(problems.WorkbookNameRefused):
        refresh(path.with_suffix(".xls"), server)
    with pytest.raises(problems.FileNotReadable):
        refresh(path.parent / "nowhere" / "ledger.xlsx", server)
    assert not server.requests


def test_a_server_that_does_not_answer_leaves_no_file_behind(
    path: Path, server: LedgerStandIn
) -> None:
    server.instead["/v1/ledger/changes"] = httpx.Response(500)
    with pytest.raises(problems.ServerFailed):
        refresh(path, server)
    assert not list(path.parent.iterdir())


def test_a_damaged_cursor_is_no_dead_end(path: Path, server: LedgerStandIn) -> None:
    refresh(path, server)
    edit(path, lambda book: book["_pennyvault"].cell(4, 2, None))
    assert refresh(path, server).added == 0
