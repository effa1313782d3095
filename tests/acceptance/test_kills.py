"""
A server that dies in mid-import and a client that dies in mid-save: nothing is lost, doubled or half there.

The moments of death are spread over what the same work took when nobody disturbed it, measured in the same run.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import shutil
import signal
import sys
import threading
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest

from tests.acceptance.running_server import (
    Outcome,
    Person,
    RunningServer,
    database_faults,
    running_server,
    start_server,
)
from tests.fixtures.statements.make_statement import (
    MadeAccount,
    MadeTransaction,
    many_transactions,
    ofx_statement,
)
from tests.workbook_checks.ooxml_lint import lint

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL needs POSIX")

ENTRIES = 3_000
KILLS = 6
JOURNAL = Path("server") / "data" / "pennyvault.db-wal"
DEEP_SERIES = 10
DEEP_KILLS_PER_SERIES = 10

Fact = tuple[str, str, Decimal]


def statement(transactions: tuple[MadeTransaction, ...], account: str = "5550001") -> bytes:
    return ofx_statement([MadeAccount(account_id=account, transactions=transactions)])


def facts_of(transactions: tuple[MadeTransaction, ...]) -> Counter[Fact]:
    """What a ledger has to say of a statement."""
    return Counter((made.bank_id, made.posted_on, Decimal(made.amount)) for made in transactions)


def facts_in(document: dict[str, Any]) -> Counter[Fact]:
    return Counter(
        (entry["bank_id"], entry["posted_on"], Decimal(entry["amount"]))
        for entry in document["entries"]
    )


def moments(series: int, of: int, kills: int) -> Iterator[float]:
    """Yield shares of a duration, from just above 0 to 1: one at random out of each stratum."""
    chance = random.Random(series)
    total = of * kills
    for number in range(kills):
        yield (series + number * of + chance.random()) / total


def report(capsys: pytest.CaptureFixture[str], what: str, found: Counter[str]) -> None:
    with capsys.disabled():
        counts = ", ".join(f"{name} {count}" for name, count in sorted(found.items()))
        sys.stdout.write(f"\nkilled {what}: {counts}\n")


# --- the server dies in mid-import


def post_import(server: RunningServer, person: Person, content: bytes, key: str) -> int | None:
    """Import a statement without trying twice; return how many entries were added, None where no answer came."""
    try:
        answer = httpx.post(
            f"{server.origin}/v1/imports",
            params={"file_name": "killed.ofx"},
            content=content,
            headers={
                "Authorization": f"Bearer {person.token}",
                "Content-Type": "application/octet-stream",
                "Idempotency-Key": key,
            },
            timeout=60,
        )
    except httpx.TransportError:
        return None
    assert answer.status_code in {200, 201}, answer.text
    added: int = answer.json()["added"]
    return added


@dataclass(frozen=True, slots=True)
class AfterBeginning:
    """So long after the import was begun."""

    seconds: float

    def wait(self, caller: threading.Thread) -> None:
        time.sleep(self.seconds)


@dataclass(frozen=True, slots=True)
class AtCommit:
    """So long after the database's journal is first written to."""

    journal: Path
    seconds: float

    def wait(self, caller: threading.Thread) -> None:
        before = self._written()
        while caller.is_alive() and self._written() == before:
            pass
        time.sleep(self.seconds)

    def _written(self) -> tuple[int, int] | None:
        try:
            state = self.journal.stat()
        except FileNotFoundError:
            return None
        return state.st_size, state.st_mtime_ns


def import_and_kill(
    server: RunningServer,
    person: Person,
    content: bytes,
    key: str,
    moment: AfterBeginning | AtCommit,
) -> bool:
    """Kill the server at a moment of an import; return whether it had answered by then."""
    answers: list[int | None] = []
    began = threading.Event()

    def post() -> None:
        began.set()
        answers.append(post_import(server, person, content, key))

    caller = threading.Thread(target=post)
    caller.start()
    began.wait()
    moment.wait(caller)
    server.kill()
    caller.join()
    return answers[0] is not None


def usual_seconds(server: RunningServer, folder: Path, content: bytes) -> tuple[float, float]:
    """How long an undisturbed import takes, and its journal; the first of two warms the server up."""
    whole = journal = 0.0
    for number in range(2):
        person = Person.who_signs_up(folder / f"undisturbed-{number}", server.origin)
        began = time.perf_counter()
        caller = threading.Thread(target=post_import, args=(server, person, content, "undisturbed"))
        caller.start()
        AtCommit(folder / JOURNAL, 0.0).wait(caller)
        written = time.perf_counter()
        caller.join()
        whole, journal = time.perf_counter() - began, time.perf_counter() - written
    return whole, journal


def kill_imports(folder: Path, series: int, of: int, kills: int) -> Counter[str]:
    """Kill a server in mid-import, again and again; return how often it had done nothing or all by then."""
    transactions = many_transactions(ENTRIES, seed=series)
    content, wanted = statement(transactions), facts_of(transactions)
    found: Counter[str] = Counter()
    server = start_server(folder / "server")
    try:
        whole_seconds, journal_seconds = usual_seconds(server, folder, content)
        for number, share in enumerate(moments(series, of, kills)):
            person = Person.who_signs_up(folder / f"person-{number}", server.origin)
            key = f"import-{number}"
            moment = (
                AtCommit(folder / JOURNAL, share * journal_seconds)
                if number % 2
                else AfterBeginning(share * whole_seconds)
            )
            answered = import_and_kill(server, person, content, key, moment)
            assert database_faults(folder / "server") == []

            server = start_server(folder / "server")
            person.origin = server.origin
            before = facts_in(person.ledger())
            assert before in (Counter(), wanted)
            assert before == wanted or not answered, "what was answered with yes is there"
            state = "answered" if answered else "all" if before else "nothing"
            found[f"{type(moment).__name__}: {state}"] += 1
            # By turns as a client that tries again does, and as a person who does not know.
            same_request = number % 4 < 2
            added = post_import(server, person, content, key if same_request else f"{key}-again")
            assert added == (0 if before and not same_request else ENTRIES)
            assert facts_in(person.ledger()) == wanted
            assert post_import(server, person, content, f"{key}-once-more") == 0
            assert facts_in(person.ledger()) == wanted
        assert server.stop() == 0
    finally:
        server.kill()
    assert database_faults(folder / "server") == []
    return found


def test_a_server_killed_in_mid_import_loses_and_doubles_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = kill_imports(tmp_path, series=0, of=1, kills=KILLS)
    report(capsys, "imports", found)


@pytest.mark.deep
@pytest.mark.parametrize("series", range(DEEP_SERIES))
def test_a_server_killed_at_a_hundred_moments_of_import(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], series: int
) -> None:
    found = kill_imports(tmp_path, series, of=DEEP_SERIES, kills=DEEP_KILLS_PER_SERIES)
    report(capsys, "imports", found)


# --- the client dies in mid-save


@dataclass(frozen=True, slots=True)
class Ready:
    """A ledger with a workbook that shows half of it, and how long a refresh takes."""

    person: Person
    half: Path
    wanted: set[str]
    whole_seconds: float
    #: How long after its beginning the file beside the workbook appears.
    saving_seconds: float


def begin_refresh(person: Person, target: Path) -> tuple[Any, float]:
    began = time.perf_counter()
    return person.spawn("refresh", str(target)), began


def wait_for_saving(process: Any, folder: Path) -> None:
    """Wait until a save has begun, or the process has ended before one was seen."""
    while process.poll() is None:
        if any(path.suffix == ".saving" for path in folder.iterdir()):
            return


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ready]:
    folder = tmp_path_factory.mktemp("saves")
    transactions = many_transactions(ENTRIES)
    with running_server(folder / "server") as server:
        person = Person.who_signs_up(folder / "person", server.origin)
        half = folder / "half" / "ledger.xlsx"
        half.parent.mkdir()
        assert post_import(server, person, statement(transactions[: ENTRIES // 2]), "half")
        assert person.run("refresh", str(half)).code == 0
        assert post_import(server, person, statement(transactions), "whole")
        wanted = {entry["id"] for entry in person.ledger()["entries"]}
        assert len(wanted) == ENTRIES
        began, saving, target = 0.0, 0.0, folder / "timed" / "ledger.xlsx"
        for _ in range(2):
            shutil.rmtree(target.parent, ignore_errors=True)
            target.parent.mkdir()
            shutil.copy2(half, target)
            process, began = begin_refresh(person, target)
            wait_for_saving(process, target.parent)
            saving = time.perf_counter() - began
            process.communicate()
            assert process.returncode == 0
        yield Ready(person, half, wanted, time.perf_counter() - began, saving)


def refresh_and_kill(ready: Ready, target: Path, number: int, share: float) -> str:
    """Kill a refresh: at a moment of all of it, or of its save, by turns; return where that was."""
    process, began = begin_refresh(ready.person, target)
    if number % 2:
        time.sleep(max(0.0, share * ready.whole_seconds - (time.perf_counter() - began)))
        where = "anywhere"
    else:
        wait_for_saving(process, target.parent)
        time.sleep(share * (ready.whole_seconds - ready.saving_seconds) * 0.9)
        where = "in the save"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return where if process.returncode == -signal.SIGKILL else "too late"


def entry_ids(path: Path) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # extensions that openpyxl does not read
        with contextlib.closing(openpyxl.load_workbook(path, read_only=True)) as book:
            rows = book["Ledger"].iter_rows(min_row=4, values_only=True)
            at = next(rows).index("Entry ID")
            return [str(row[at]) for row in rows if row[at] is not None]


def assert_whole(path: Path, sound: dict[str, list[str]]) -> list[str]:
    """Return the Entry IDs of a workbook that opens without a word; the same bytes are looked at once."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest not in sound:
        assert lint(path) == []
        sound[digest] = entry_ids(path)
        assert len(sound[digest]) == len(set(sound[digest]))
    return sound[digest]


def is_leftover(path: Path) -> bool:
    return path.name.startswith(".") and path.suffix in {".saving", ".copying"}


def kill_saves(ready: Ready, folder: Path, series: int, of: int, kills: int) -> Counter[str]:
    """Kill refreshes; return where, what stood there afterwards, and what was left lying about."""
    found: Counter[str] = Counter()
    sound: dict[str, list[str]] = {}
    for number, share in enumerate(moments(series, of, kills)):
        target = folder / f"{number}" / "ledger.xlsx"
        old = number % 3 != 2
        where, tries = "too late", 0
        while where == "too late":
            shutil.rmtree(target.parent, ignore_errors=True)
            target.parent.mkdir()
            if old:
                shutil.copy2(ready.half, target)
            where = refresh_and_kill(ready, target, number, share * 0.8**tries)
            tries += 1
        found[f"killed {where}"] += 1

        if not target.exists():
            assert not old, "the workbook is never gone"
            found["none, as before"] += 1
        elif old and target.read_bytes() == ready.half.read_bytes():
            found["old"] += 1
        else:
            assert set(assert_whole(target, sound)) == ready.wanted
            found["new"] += 1
        left = [path for path in target.parent.rglob("*") if is_leftover(path)]
        found.update(f"left lying: {path.suffix}" for path in left)

        again: Outcome = ready.person.run("refresh", str(target))
        assert again.code == 0, again.told
        assert set(assert_whole(target, sound)) == ready.wanted
        others = {path.name for path in target.parent.iterdir()} - {path.name for path in left}
        assert others <= {"ledger.xlsx", "Pennyvault backups"}
        for backup in target.parent.glob("Pennyvault backups/*.xlsx"):
            assert_whole(backup, sound)
        shutil.rmtree(target.parent)
    return found


def test_a_client_killed_in_mid_save_leaves_the_old_or_the_new_workbook(
    ready: Ready, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = kill_saves(ready, tmp_path, series=0, of=1, kills=KILLS)
    report(capsys, "saves", found)


@pytest.mark.deep
@pytest.mark.parametrize("series", range(DEEP_SERIES))
def test_a_client_killed_at_a_hundred_moments_of_save(
    ready: Ready, tmp_path: Path, capsys: pytest.CaptureFixture[str], series: int
) -> None:
    found = kill_saves(ready, tmp_path, series, of=DEEP_SERIES, kills=DEEP_KILLS_PER_SERIES)
    report(capsys, "saves", found)


def test_what_a_killed_save_left_is_cleared_away_later(ready: Ready, tmp_path: Path) -> None:
    target = tmp_path / "ledger.xlsx"
    shutil.copy2(ready.half, target)
    leftovers = [tmp_path / f".ledger.xlsx.{number}.saving" for number in (1, 2)]
    for leftover in leftovers:
        leftover.write_bytes(b"cut off")
    os.utime(leftovers[0], (0, 0))
    assert ready.person.run("refresh", str(target)).code == 0
    assert [leftover.exists() for leftover in leftovers] == [False, True]
    assert set(entry_ids(target)) == ready.wanted
