"""
Bad input from outside: each gets its exit code and a message that names the place, and nothing is lost or half written.

No message holds an amount, a text of the ledger or a key; the ledger and the workbook are looked at afterwards.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import uuid
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest
from openpyxl.worksheet.table import TableColumn

from tests.acceptance.running_server import (
    ROOT,
    Outcome,
    Person,
    database_faults,
    running_server,
    start_server,
)
from tests.fixtures.statements.make_statement import (
    Dialect,
    MadeAccount,
    MadeTransaction,
    many_transactions,
    ofx_statement,
)
from tests.privacy.canaries import Canary, amount_canary, leaks, text_canary

FIXTURES = ROOT / "tests" / "fixtures" / "statements"
HEADER_ROW = 4
MEBIBYTE = 1024 * 1024

CHANCE = random.Random(uuid.uuid4().int)
AMOUNTS = [amount_canary(f"amount {number}", CHANCE) for number in range(4)]
PAYEE = text_canary("payee", CHANCE)
CANARIES: list[Canary] = [*AMOUNTS, PAYEE]

#: A number with decimals is an amount; no message of ours has another use for one.
DECIMAL_NUMBER = re.compile(r"\d[.,]\d\d(?!\d)")

needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX")


def statement_of(*amounts: str, xml: bool = False, account: str = "880001") -> bytes:
    made = [
        MadeTransaction(
            posted_on=f"2026-03-{day:02d}",
            amount=amount,
            name=PAYEE.value,
            bank_id=f"{amount}-{day}",
        )
        for day, amount in enumerate(amounts, 1)
    ]
    return ofx_statement(
        [MadeAccount(account_id=account, transactions=made, closing=AMOUNTS[3].value)],
        dialect=Dialect(xml=xml, declared_charset="utf-8" if xml else "1252"),
    )


@dataclass(frozen=True, slots=True)
class Desk:
    """Somebody with a ledger of canaries and a workbook that does not show the last of them yet."""

    person: Person
    server_folder: Path
    workbook: Path
    ledger: dict[str, Any]

    def assert_tells_nothing(self, told: str) -> None:
        assert leaks(CANARIES, told.encode()) == []
        assert DECIMAL_NUMBER.search(told) is None, told
        assert self.person.token not in told
        assert self.person.token.split("_")[-1] not in told
        assert "Traceback" not in told

    def assert_refused(self, done: Outcome, code: int, *words: str) -> None:
        """It ended with the code, said the words on one line of standard error, and changed nothing."""
        assert (done.code, done.out) == (code, ""), done.told
        lines = [line for line in done.err.splitlines() if line.startswith("pennyvault: ")]
        assert len(lines) == 1, done.err
        for word in words:
            assert word in lines[0]
        self.assert_tells_nothing(done.told)
        assert self.person.ledger() == self.ledger


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    with running_server(folder / "server") as server:
        person = Person.who_signs_up(folder / "person", server.origin)
        statement, workbook = folder / "march.ofx", folder / "ledger.xlsx"
        statement.write_bytes(statement_of(AMOUNTS[0].value, f"-{AMOUNTS[1].value}"))
        assert person.run("import", "--yes", str(statement)).code == 0
        assert person.run("refresh", str(workbook)).code == 0
        statement.write_bytes(
            statement_of(AMOUNTS[0].value, f"-{AMOUNTS[1].value}", AMOUNTS[2].value)
        )
        assert person.run("import", "--yes", str(statement)).code == 0
        yield Desk(person, folder / "server", workbook, person.ledger())
    log = (folder / "server" / "server.log").read_bytes()
    assert leaks(CANARIES, log) == []
    assert person.token.encode() not in log


@pytest.fixture
def workbook(desk: Desk, tmp_path: Path) -> Path:
    """A copy of the workbook in a folder of its own; a refresh would have something to write."""
    folder = tmp_path / "folder"
    folder.mkdir()
    return Path(shutil.copy2(desk.workbook, folder / "ledger.xlsx"))


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


# --- statements


def cut_off() -> bytes:
    return statement_of(AMOUNTS[0].value, AMOUNTS[1].value)[:-300]


def unreadable_amount() -> bytes:
    return statement_of(f"{AMOUNTS[0].value}x", AMOUNTS[1].value)


def entity_bomb() -> bytes:
    levels = [f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12)]
    declared = "\n".join(['<!DOCTYPE OFX [<!ENTITY e0 "ha">', *levels, "]>"]).encode()
    head, mark, rest = statement_of(AMOUNTS[0].value, xml=True).partition(b"<OFX>")
    return head + declared + mark + rest.replace(PAYEE.value.encode(), b"&e11;")


BAD_STATEMENTS: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty.ofx": (lambda: b"", "empty"),
    "zeros.ofx": (lambda: bytes(4096), "empty"),
    "letter.txt": (lambda: PAYEE.value.encode() + AMOUNTS[0].value.encode(), "not a statement"),
    "picture.png": (lambda: b"\x89PNG\r\n\x1a\n" + PAYEE.value.encode() * 99, "picture"),
    "book.xlsx": (lambda: b"PK\x03\x04" + PAYEE.value.encode() * 99, "zip archive"),
    "cut.ofx": (cut_off, "the file ends"),
    "amount.ofx": (unreadable_amount, "an amount can't be read"),
    "bomb.ofx": (entity_bomb, "entities"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_STATEMENTS)
def test_a_bad_statement_is_refused_with_its_file_its_line_and_the_reason(
    desk: Desk, tmp_path: Path, name: str
) -> None:
    content, reason = BAD_STATEMENTS[name]
    (tmp_path / name).write_bytes(content())
    # What is no statement at all is refused as a whole; in a statement the line is named.
    place = [f"file: {name}", "line: "] if name in {"cut.ofx", "amount.ofx"} else [f"file: {name}"]
    for command in (["import", "--yes"], ["statement", "--json"]):
        done = desk.person.run(*command, str(tmp_path / name))
        desk.assert_refused(done, 65, *place, reason)


def test_the_line_of_a_bad_amount_is_the_amounts_own(desk: Desk, tmp_path: Path) -> None:
    content = unreadable_amount()
    (tmp_path / "bad.ofx").write_bytes(content)
    lines = content.decode().splitlines()
    [at] = [
        number for number, line in enumerate(lines, 1) if line.endswith("x") and "TRNAMT" in line
    ]
    told = desk.person.run("import", "--yes", str(tmp_path / "bad.ofx")).err
    [line] = re.findall(r"line: (\d+)", told)
    # The transaction or the amount itself: both are found by who opens the file there.
    assert at - 5 <= int(line) <= at


@pytest.mark.parametrize(
    "command", [["import", "--yes"], ["statement"]], ids=lambda words: words[0]
)
def test_a_file_of_200_megabytes_is_refused_before_it_is_read(
    desk: Desk, tmp_path: Path, command: list[str]
) -> None:
    path = tmp_path / "huge.ofx"
    path.write_bytes(statement_of(AMOUNTS[0].value))
    os.truncate(path, 200 * MEBIBYTE)
    done = desk.person.run(*command, str(path))
    desk.assert_refused(done, 65, "larger than a statement may be", "file: huge.ofx")


def test_more_than_20_megabytes_that_are_sent_all_the_same_are_refused(desk: Desk) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("http.client.HTTPConnection.debuglevel", 0)
        answer = post(
            desk, "/v1/imports?file_name=huge.ofx", bytes(21 * MEBIBYTE), "application/octet-stream"
        )
    assert_problem(desk, answer, {413})


@pytest.mark.parametrize("name", ["missing.ofx", "."])
def test_a_statement_that_is_not_there_is_named(desk: Desk, tmp_path: Path, name: str) -> None:
    done = desk.person.run("import", "--yes", str(tmp_path / name))
    desk.assert_refused(done, 65, f"file: {(tmp_path / name).name}", "can't be read")


# --- keys


def token_of(desk: Desk, scopes: list[str]) -> tuple[str, str]:
    answer = post(desk, "/v1/tokens", json.dumps({"label": "another", "scopes": scopes}).encode())
    assert answer.status_code == 201, answer.text
    made = answer.json()
    return made["id"], made["token"]


def somebody_with(desk: Desk, folder: Path, key: str | None) -> Person:
    person = Person(folder=folder, origin=desk.person.origin, key_file=folder / "a-key")
    if key is not None:
        person.key_file.touch(mode=0o600)
        person.key_file.write_text(f"{key}\n", encoding="ascii")
    return person


def wrong_key(desk: Desk) -> str:
    head, secret = desk.person.token[:8], desk.person.token[8:]
    return head + secret[::-1]


def revoked_key(desk: Desk) -> str:
    token_id, token = token_of(desk, ["read", "write"])
    answer = httpx.delete(f"{desk.person.origin}/v1/tokens/{token_id}", headers=authorized(desk))
    assert answer.status_code == 204
    return token


@pytest.mark.parametrize(
    ("kind", "said"),
    [("wrong", "does not accept this key"), ("revoked", "does not accept this key"), ("missing", "No key is kept"),
     ("garbled", "not one")],
)  # fmt: skip
def test_without_a_key_that_holds_nothing_is_imported_and_no_workbook_touched(
    desk: Desk, tmp_path: Path, workbook: Path, kind: str, said: str
) -> None:
    keys: dict[str, Callable[[Desk], str | None]] = {
        "wrong": wrong_key,
        "revoked": revoked_key,
        "missing": lambda _: None,
        "garbled": lambda _: "pv_live_",
    }
    key = keys[kind](desk)
    person = somebody_with(desk, tmp_path, key)
    (tmp_path / "good.ofx").write_bytes(statement_of(AMOUNTS[3].value))
    before = contents(workbook.parent)
    for command in (
        ["import", "--yes", str(tmp_path / "good.ofx")],
        ["refresh", str(workbook)],
        ["refresh", str(workbook.with_name("new.xlsx"))],
        ["status"],
        ["undo", "--yes"],
    ):
        done = person.run(*command)
        desk.assert_refused(done, 77, said)
        assert key is None or len(key) < 20 or key not in done.told
    assert contents(workbook.parent) == before


def test_a_key_for_reading_reads_and_does_not_write(
    desk: Desk, tmp_path: Path, workbook: Path
) -> None:
    person = somebody_with(desk, tmp_path, token_of(desk, ["read"])[1])
    (tmp_path / "good.ofx").write_bytes(statement_of(AMOUNTS[3].value))
    done = person.run("import", "--yes", str(tmp_path / "good.ofx"))
    desk.assert_refused(done, 77, "may not do this")
    desk.assert_refused(person.run("undo", "--yes"), 77, "may not do this")
    assert person.run("refresh", str(workbook)).code == 0


# --- bodies


def authorized(desk: Desk) -> dict[str, str]:
    return {"Authorization": f"Bearer {desk.person.token}"}


def post(desk: Desk, path: str, body: bytes, kind: str = "application/json") -> httpx.Response:
    headers = {**authorized(desk), "Content-Type": kind, "Idempotency-Key": uuid.uuid4().hex}
    return httpx.post(f"{desk.person.origin}{path}", content=body, headers=headers, timeout=60)


def assert_problem(desk: Desk, answer: httpx.Response, statuses: set[int]) -> None:
    assert answer.status_code in statuses, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    problem = answer.json()
    assert problem["code"]
    assert problem["request_id"]
    desk.assert_tells_nothing(answer.text)
    assert desk.person.ledger() == desk.ledger


def typed_entry(account: str, **other: object) -> dict[str, object]:
    entry = {
        "account_id": account,
        "posted_on": "2026-03-05",
        "amount": AMOUNTS[3].value,
        "description": PAYEE.value,
    }
    return {"entries": [{**entry, **other}]}


BAD_BODIES: dict[str, Callable[[str], bytes]] = {
    "too large": lambda account: json.dumps(
        typed_entry(account, description=PAYEE.value * (5 * MEBIBYTE // 16))
    ).encode(),
    "too deep": lambda _: b'{"entries":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    "duplicate keys": lambda account: (
        json.dumps(typed_entry(account))
        .replace('"amount"', f'"amount": "{AMOUNTS[2].value}", "amount"')
        .encode()
    ),
    "an amount as a number": lambda account: json.dumps(
        typed_entry(account, amount=float(AMOUNTS[3].value))
    ).encode(),
    "an unknown field": lambda account: json.dumps(
        typed_entry(account, **{PAYEE.value: AMOUNTS[3].value})
    ).encode(),
    "a list": lambda account: json.dumps([typed_entry(account)]).encode(),
    "no date": lambda account: json.dumps(
        typed_entry(account, posted_on=AMOUNTS[3].value)
    ).encode(),
    "cut off": lambda account: json.dumps(typed_entry(account)).encode()[:-5],
    "no text": lambda _: b"\xff\xfe\x00" + AMOUNTS[3].value.encode(),
}


@pytest.mark.parametrize("name", BAD_BODIES)
def test_a_bad_body_is_refused_and_none_of_it_repeated(desk: Desk, name: str) -> None:
    account = desk.ledger["accounts"][0]["id"]
    answer = post(desk, "/v1/entries", BAD_BODIES[name](account))
    assert_problem(desk, answer, {413} if name == "too large" else {400, 422})


# --- a server that is not there


def nobodys_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def test_a_server_that_is_down_is_named_as_that(desk: Desk, tmp_path: Path, workbook: Path) -> None:
    person = somebody_with(desk, tmp_path, desk.person.token)
    person.origin = f"http://127.0.0.1:{nobodys_port()}"
    (tmp_path / "good.ofx").write_bytes(statement_of(AMOUNTS[0].value))
    before = contents(workbook.parent)
    commands = (
        ["import", "--yes", str(tmp_path / "good.ofx")],
        ["refresh", str(workbook)],
        ["refresh", str(workbook.with_name("new.xlsx"))],
    )
    for process in [person.spawn(*command) for command in commands]:
        out, err = process.communicate(timeout=60)
        desk.assert_refused(
            Outcome(code=process.returncode, out=out, err=err), 69, "does not answer"
        )
    assert contents(workbook.parent) == before


# --- workbooks


def opened(path: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # extensions that openpyxl does not read
        return openpyxl.load_workbook(path)


def assert_left_alone(desk: Desk, workbook: Path, code: int, *words: str) -> None:
    """A refresh is refused, and the workbook and its folder are as they were."""
    before, state = contents(workbook.parent), workbook.stat()
    done = desk.person.run("refresh", str(workbook))
    desk.assert_refused(done, code, *words)
    assert contents(workbook.parent) == before
    after = workbook.stat()
    assert (after.st_mtime_ns, after.st_ino) == (state.st_mtime_ns, state.st_ino)


@pytest.mark.parametrize(
    "lock", ["~$ledger.xlsx", "~$dger.xlsx", ".~lock.ledger.xlsx#"], ids=["short", "long", "office"]
)
def test_a_workbook_that_is_open_elsewhere_waits(desk: Desk, workbook: Path, lock: str) -> None:
    (workbook.parent / lock).write_bytes(b"\x04Somebody")
    assert_left_alone(desk, workbook, 75, "open in another program")
    (workbook.parent / lock).unlink()
    assert desk.person.run("refresh", str(workbook)).code == 0


@needs_posix
def test_a_read_only_workbook_stays_as_it_is(desk: Desk, workbook: Path) -> None:
    workbook.chmod(0o444)
    assert_left_alone(desk, workbook, 77, "read-only")


@needs_posix
def test_a_workbook_in_a_read_only_folder_stays_as_it_is(desk: Desk, workbook: Path) -> None:
    workbook.parent.chmod(0o555)
    assert_left_alone(desk, workbook, 77, "read-only")
    workbook.parent.chmod(0o755)


def of_somebody_else(path: Path) -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = PAYEE.value
    book.save(path)


def no_workbook(path: Path) -> None:
    path.write_text(f"{PAYEE.value};{AMOUNTS[0].value}\n", encoding="ascii")


def cut_in_half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def without_state(path: Path) -> None:
    book = opened(path)
    del book["_pennyvault"]
    book.save(path)


@pytest.mark.parametrize(
    "make", [of_somebody_else, no_workbook, cut_in_half, without_state, lambda path: path.write_bytes(b"")],
    ids=["somebody else's", "text", "cut in half", "without its hidden sheet", "empty"],
)  # fmt: skip
def test_a_workbook_that_is_not_ours_stays_as_it_is(
    desk: Desk, workbook: Path, make: Callable[[Path], None]
) -> None:
    make(workbook)
    assert_left_alone(desk, workbook, 65, "othing was written")


def test_a_workbook_of_another_ledger_stays_as_it_is(
    desk: Desk, workbook: Path, tmp_path: Path
) -> None:
    other = Person.who_signs_up(tmp_path / "other", desk.person.origin, "Another ledger")
    before = contents(workbook.parent)
    for command in ("refresh", "status"):
        desk.assert_refused(other.run(command, str(workbook)), 65, "another ledger")
    assert contents(workbook.parent) == before


def columns_of(book: Any) -> tuple[Any, Any, list[str]]:
    sheet = book["Ledger"]
    table = sheet.tables["Ledger"]
    return sheet, table, [cell.value for cell in sheet[table.ref][0]]


def rename_amount(book: Any) -> None:
    sheet, table, names = columns_of(book)
    at = names.index("Amount")
    sheet.cell(HEADER_ROW, at + 1).value = "Betrag"
    table.tableColumns[at].name = "Betrag"


def delete_amount(book: Any) -> None:
    sheet, table, names = columns_of(book)
    at = names.index("Amount")
    first, last = table.ref.split(":")
    bottom = sheet[last].row
    for row in range(HEADER_ROW, bottom + 1):
        for column in range(at + 1, len(names) + 1):
            sheet.cell(row, column).value = sheet.cell(row, column + 1).value
    table.ref = f"{first}:{sheet.cell(bottom, len(names) - 1).coordinate}"
    table.autoFilter.ref = table.ref
    del table.tableColumns[at]


def double_amount(book: Any) -> None:
    sheet, table, names = columns_of(book)
    first, last = table.ref.split(":")
    for row in range(HEADER_ROW, sheet[last].row + 1):
        sheet.cell(row, len(names) + 1).value = "Amount" if row == HEADER_ROW else 1
    table.ref = f"{first}:{sheet.cell(sheet[last].row, len(names) + 1).coordinate}"
    table.autoFilter.ref = table.ref
    table.tableColumns.append(TableColumn(id=len(names) + 1, name="Amount"))


@pytest.mark.parametrize("change", [rename_amount, delete_amount, double_amount])
def test_a_workbook_without_one_of_our_columns_says_which(
    desk: Desk, workbook: Path, change: Callable[[Any], None]
) -> None:
    book = opened(workbook)
    change(book)
    book.save(workbook)
    assert_left_alone(desk, workbook, 65, "column: Amount", "othing was written")


def test_cells_below_the_table_are_in_the_way_and_stay(desk: Desk, workbook: Path) -> None:
    book = opened(workbook)
    sheet, table, _ = columns_of(book)
    sheet.cell(sheet[table.ref.split(":")[1]].row + 1, 3).value = PAYEE.value
    book.save(workbook)
    assert_left_alone(desk, workbook, 65, "cells below it", "Ledger", "othing was written")


def test_rows_that_share_an_entry_id_are_asked_about(desk: Desk, workbook: Path) -> None:
    book = opened(workbook)
    sheet, _, names = columns_of(book)
    column = names.index("Entry ID") + 1
    sheet.cell(HEADER_ROW + 2, column).value = sheet.cell(HEADER_ROW + 1, column).value
    book.save(workbook)
    done = desk.person.run("refresh", str(workbook))
    # Nothing of either row is sent, nothing is lost: the other entry comes back, and Review asks.
    assert done.code == 0, done.told
    assert "2 lines stand in Review" in done.out
    assert desk.person.ledger() == desk.ledger
    review = opened(workbook)["Review"]
    said = [str(cell.value) for row in review.iter_rows() for cell in row if cell.value]
    assert any("Entry ID" in line or "twice" in line for line in said), said


# --- a full disk

LIMITED = (
    "import os, resource, sys; limit = int(sys.argv[1]); "
    "resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)); "
    "os.execv(sys.argv[2], sys.argv[2:])"
)

ON_SMALL_DISK = """
set -e
mount -t tmpfs -o "size=$2" tmpfs "$1"
cp "$3" "$1/ledger.xlsx"
out=$4
disk=$1
shift 4
set +e
"$@"
code=$?
cp -R "$disk/." "$out"
exit $code
"""


def own_mounts() -> list[str]:
    """Return the command that runs a shell's program where small disks may be mounted, or skip the test."""
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    if shutil.which("unshare") is None:
        pytest.skip("unshare is not installed, so no small disk can be mounted")
    probe = "mount -t tmpfs -o size=64k tmpfs /mnt"
    if subprocess.run([*command, probe], capture_output=True, check=False).returncode:
        pytest.skip("this system does not let tests mount a small disk")
    return command


@needs_posix
@pytest.mark.parametrize("limit", [0, 4096, 16384])
@pytest.mark.parametrize("name", ["ledger.xlsx", "new.xlsx"])
def test_a_save_that_finds_no_room_leaves_everything_as_it_was(
    desk: Desk, workbook: Path, limit: int, name: str
) -> None:
    before = contents(workbook.parent)
    done = desk.person.run_apart(
        "refresh",
        str(workbook.with_name(name)),
        wrapped_in=[sys.executable, "-c", LIMITED, str(limit)],
    )
    desk.assert_refused(done, 75, "is the disk full?", name)
    assert contents(workbook.parent) == before


@needs_posix
@pytest.mark.parametrize("room", ["for half of a workbook", "for the workbook, not its backup"])
def test_a_disk_that_runs_full_in_mid_save_keeps_the_workbook(
    desk: Desk, workbook: Path, tmp_path: Path, room: str
) -> None:
    own = own_mounts()
    disk, out = tmp_path / "disk", tmp_path / "out"
    disk.mkdir()
    out.mkdir()
    pages = -(-workbook.stat().st_size // 4096)
    size = pages * 4096 * (3 if "half" in room else 5) // 2 // 4096 * 4096
    inside = [*own, ON_SMALL_DISK, "sh", str(disk), str(size), str(workbook), str(out)]
    done = desk.person.run_apart("refresh", str(disk / "ledger.xlsx"), wrapped_in=inside)
    desk.assert_refused(done, 75, "is the disk full?")
    left = contents(out)
    assert left == {"ledger.xlsx": workbook.read_bytes()}


@needs_posix
def test_an_export_that_finds_no_room_leaves_the_last_one(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "ledger.json").write_text("the last one", encoding="ascii")
    done = desk.person.run_apart(
        "export",
        "--json",
        str(tmp_path / "ledger.json"),
        wrapped_in=[sys.executable, "-c", LIMITED, "100"],
    )
    desk.assert_refused(done, 75, "is the disk full")
    assert contents(tmp_path) == {"ledger.json": b"the last one"}


@needs_posix
def test_a_server_whose_disk_is_full_keeps_its_ledger_and_goes_on_when_there_is_room(
    tmp_path: Path,
) -> None:
    own = own_mounts()
    folder = tmp_path / "server"
    (folder / "data").mkdir(parents=True)
    mount = 'mount -t tmpfs -o size=6m,mode=700 tmpfs "$1" && shift && exec "$@"'
    server = start_server(folder, wrapped_in=[*own, mount, "sh", str(folder / "data")])
    try:
        person = Person.who_signs_up(tmp_path / "person", server.origin)
        few, many = tmp_path / "few.ofx", tmp_path / "many.ofx"
        few.write_bytes(statement_of(AMOUNTS[0].value, AMOUNTS[1].value))
        transactions = many_transactions(1_000)
        many.write_bytes(ofx_statement([MadeAccount(account_id="1", transactions=transactions)]))
        assert person.run("import", "--yes", str(few)).code == 0
        inside = Path(f"/proc/{server.process.pid}/root{folder}/data")
        free = os.statvfs(inside)
        filler = inside / "filler"
        filler.write_bytes(bytes(free.f_bavail * free.f_frsize - 100_000))
        desk = Desk(person, folder, few, person.ledger())

        done = person.run("import", "--yes", str(many))

        desk.assert_refused(done, 75, "no room left")
        assert len(desk.ledger["entries"]) == 2
        filler.unlink()
        assert person.run("import", "--yes", str(many)).code == 0
        assert len(person.ledger()["entries"]) == 1_002
        assert leaks(CANARIES, (folder / "server.log").read_bytes()) == []
        shutil.copytree(inside, tmp_path / "copy" / "data")
        assert database_faults(tmp_path / "copy") == []
    finally:
        server.stop()
