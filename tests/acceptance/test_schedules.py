"""
Two people, their machines, stale copies, restored backups, offline edits, refreshes and kills, in random order.

At the end no cell of a user is lost, the ledger says nothing that nobody typed, and both workbooks equal the ledger.
"""

from __future__ import annotations

import random
import shutil
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import xlwings as xw

from excel_client.file_engine import register
from excel_client.refresh import refreshing
from excel_client.writer import books
from tests.acceptance.running_server import Person, RunningServer, running_server
from tests.fixtures.statements.make_statement import MadeAccount, MadeTransaction, ofx_statement
from workbooks.sheet_map import (
    EDITABLE_COLUMNS,
    LEDGER_TABLE,
    REMOVED_TABLE,
    REVIEW_TABLE,
    LedgerColumn,
    ReviewColumn,
)

#: In four tests, so that both processors have something to do.
SCHEDULES = range(100)
SCHEDULES_DEEP = range(100, 1_100)
STEPS = 12
BUSY = 75
OWN = "My own"
CATEGORIES = ("Travel", "Goods", "Cash", "Food and drink", "Medical")

Cells = dict[str, dict[str, Any]]


class Killed(BaseException):
    """The process is gone, in the middle of what it did."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@dataclass(slots=True)
class Machine:
    """A workbook file on somebody's machine, with what they typed into it."""

    person: Person
    path: Path
    #: What stands in the user's own column, by entry.
    own: dict[str, str] = field(default_factory=dict)
    #: What was typed and not refreshed yet, by entry and column.
    typed: dict[tuple[str, str], str] = field(default_factory=dict)
    #: Earlier states of the file, with what stood in it then.
    backups: list[tuple[Path, dict[str, str], dict[tuple[str, str], str]]] = field(
        default_factory=list
    )


class Story:
    """One schedule."""

    def __init__(self, luck: random.Random, folder: Path, origin: str) -> None:
        self.luck = luck
        self.folder = folder
        folder.mkdir()
        owner = Person.who_signs_up(folder / "ann", origin)
        other = Person(folder=folder / "ben", origin=origin, key_file=folder / "ben" / "api-key")
        other.folder.mkdir()
        made = httpx.post(
            f"{origin}/v1/tokens",
            json={"label": "Ben", "scopes": ["read", "write"]},
            headers={"authorization": f"Bearer {owner.token}"},
        )
        other.key_file.touch(mode=0o600)
        other.key_file.write_text(made.json()["token"], encoding="ascii")
        self.people = (owner, other)
        self.machines: list[Machine] = []
        #: Every value that a person ever typed for a field, by entry and column, whether it was sent or not.
        self.ever_typed: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        #: Fields into which something was typed that a later refresh of the same file took up.
        self.sent: set[tuple[str, str]] = set()
        self.words = 0
        self.day = date(2026, 1, 1)
        self.told: list[str] = []
        self.server_adds()
        for person in self.people:
            path = person.folder / "ledger.xlsx"
            assert self.done(person.run("refresh", str(path))) == 0
            machine = Machine(person, path)
            with opened(path) as book:
                table = ledger_table(book)
                table.columns.add(OWN)
                book.save()
            self.machines.append(machine)

    def done(self, outcome: Any) -> int:
        self.told.append(outcome.told[-300:])
        code: int = outcome.code
        return code

    # What may happen

    def server_adds(self) -> None:
        transactions = []
        for _ in range(self.luck.randrange(1, 4)):
            self.day += timedelta(days=1)
            self.words += 1
            transactions.append(
                MadeTransaction(
                    posted_on=self.day.isoformat(),
                    amount=f"{self.luck.choice((-1, 1)) * self.luck.randrange(1, 99999) / 100:.2f}",
                    name=f"Payee {self.words}",
                    bank_id=f"T{self.words}",
                )
            )
        file = self.folder / f"statement{self.words}.ofx"
        account = MadeAccount(account_id="5550001", transactions=transactions)
        file.write_bytes(ofx_statement([account]))
        assert self.done(self.luck.choice(self.people).run("import", "--yes", str(file))) == 0

    def person_types(self) -> None:
        machine = self.luck.choice(self.machines)
        with opened(machine.path) as book:
            table = ledger_table(book)
            ids = column(table, LedgerColumn.ENTRY_ID)
            for _ in range(self.luck.randrange(1, 4)):
                place = self.luck.randrange(len(ids))
                entry = ids[place]
                if not entry:
                    continue
                name, word = self.something_to_type()
                cell(table, name, place).value = word
                if name == OWN:
                    machine.own[entry] = word
                else:
                    machine.typed[entry, name] = word
                    self.ever_typed[entry, name].add(word)
            book.save()

    def something_to_type(self) -> tuple[str, str]:
        self.words += 1
        match self.luck.randrange(4):
            case 0:
                return LedgerColumn.NOTES, f"note {self.words}"
            case 1:
                return LedgerColumn.CATEGORY, self.luck.choice(CATEGORIES)
            case 2:
                return LedgerColumn.TAGS, f"tag{self.words}"
            case _:
                return OWN, f"mine {self.words}"

    def person_refreshes(self) -> None:
        machine = self.luck.choice(self.machines)
        if self.done(machine.person.run("refresh", str(machine.path))) == 0:
            self.took_up(machine)

    def took_up(self, machine: Machine) -> None:
        self.sent |= machine.typed.keys()
        machine.typed.clear()

    def refresh_is_killed(self) -> None:
        machine = self.luck.choice(self.machines)
        with killed_at(self.luck.randrange(1, 9)):
            try:
                machine.person.run("refresh", str(machine.path))
            except Killed:
                return
        self.took_up(machine)

    def file_is_backed_up(self) -> None:
        machine = self.luck.choice(self.machines)
        kept = machine.path.with_name(f"backup {len(machine.backups)}.kept")
        shutil.copy2(machine.path, kept)
        machine.backups.append((kept, dict(machine.own), dict(machine.typed)))

    def backup_is_restored(self) -> None:
        machine = self.luck.choice([m for m in self.machines if m.backups] or self.machines)
        if not machine.backups:
            return
        kept, own, typed = self.luck.choice(machine.backups)
        shutil.copy2(kept, machine.path)
        machine.own, machine.typed = dict(own), dict(typed)

    def file_is_copied_to_the_other(self) -> None:
        first, second = self.luck.sample(self.machines, 2)
        shutil.copy2(first.path, second.path)
        second.own, second.typed = dict(first.own), dict(first.typed)

    def rows_are_sorted(self) -> None:
        machine = self.luck.choice(self.machines)
        with opened(machine.path) as book:
            body = ledger_table(book).data_body_range
            rows = body.options(ndim=2).value
            self.luck.shuffle(rows)
            body.value = rows
            book.save()

    # The end

    def settle(self) -> None:
        """Refresh until there is nothing left to decide."""
        for _ in range(8):
            waiting = 0
            for machine in self.machines:
                self.refresh_surely(machine)
                waiting += self.decide(machine)
            if not waiting:
                break
        for machine in self.machines:
            self.refresh_surely(machine)

    def refresh_surely(self, machine: Machine) -> None:
        for _ in range(40):
            outcome = machine.person.run("refresh", str(machine.path))
            if self.done(outcome) == 0:
                self.took_up(machine)
                return
            assert outcome.code == BUSY, outcome.told
            time.sleep(0.1)
        msg = "the lease never ends"
        raise AssertionError(msg)

    def decide(self, machine: Machine) -> int:
        """Answer what Review asks."""
        asked = 0
        with opened(machine.path) as book:
            table = table_named(book, REVIEW_TABLE.sheet, REVIEW_TABLE.name)
            questions = column(table, ReviewColumn.QUESTION_ID)
            fields = column(table, ReviewColumn.FIELD)
            for place, question in enumerate(questions):
                if not question:
                    continue
                asked += 1
                words = ("mine", "theirs") if fields[place] else ("yes", "no")
                cell(table, ReviewColumn.DECISION, place).value = self.luck.choice(words)
            book.save()
        return asked

    def check(self) -> None:
        document = self.people[0].ledger()
        entries = {entry["id"]: entry for entry in document["entries"] if not entry["removed"]}
        for machine in self.machines:
            shown = rows_of(machine.path)
            assert shown.keys() == entries.keys()
            for entry_id, entry in entries.items():
                assert said(entry) == {name: shown[entry_id][name] for name in said(entry)}
                assert (shown[entry_id][OWN] or "") == machine.own.get(entry_id, "")
        for (entry_id, name), words in self.ever_typed.items():
            here = said(entries[entry_id]).get(name, "")
            assert here in {"", *words}, "nobody typed that"
            # Of what was typed into a file that was refreshed afterwards, somebody's word stands.
            assert here or (entry_id, name) not in self.sent, "a person's word is lost"
        for entry_id, entry in entries.items():
            for name in (LedgerColumn.NOTES, LedgerColumn.TAGS):
                word = said(entry)[name]
                assert not word or word in self.ever_typed[entry_id, name], "nobody typed that"


def said(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry's words as cells show them."""
    by_user = entry["category_source"] == "user"
    return {
        LedgerColumn.NOTES: entry["notes"],
        LedgerColumn.TAGS: ", ".join(entry["tags"]),
        **({LedgerColumn.CATEGORY: entry["category"] or ""} if by_user else {}),
    }


class opened:  # noqa: N801 - reads as a word
    """A workbook file, open in an app of its own."""

    def __init__(self, path: Path) -> None:
        self._app = register().apps.add(add_book=False)
        self._path = path

    def __enter__(self) -> xw.Book:
        return self._app.books.open(str(self._path))

    def __exit__(self, *_error: object) -> None:
        self._app.quit()


def table_named(book: xw.Book, sheet: str, name: str) -> Any:
    return book.sheets[sheet].tables[name]


def ledger_table(book: xw.Book) -> Any:
    return table_named(book, LEDGER_TABLE.sheet, LEDGER_TABLE.name)


def headers(table: Any) -> list[str]:
    return list(table.header_row_range.options(ndim=1).value)


def column(table: Any, name: str) -> list[Any]:
    body = table.data_body_range
    place = headers(table).index(name)
    return list(body[:, place].options(ndim=1).value)


def cell(table: Any, name: str, place: int) -> Any:
    return table.data_body_range[place, headers(table).index(name)]


def rows_of(path: Path) -> Cells:
    with opened(path) as book:
        table = ledger_table(book)
        names = headers(table)
        rows = table.data_body_range.options(ndim=2).value
        cells = [dict(zip(names, row, strict=True)) for row in rows]
        named = [row for row in cells if row[LedgerColumn.ENTRY_ID]]
        for row in named:
            for name in EDITABLE_COLUMNS:
                row[name] = row[name] or ""
        assert table_named(book, REMOVED_TABLE.sheet, REMOVED_TABLE.name) is not None
        return {row[LedgerColumn.ENTRY_ID]: row for row in named}


class killed_at:  # noqa: N801 - reads as a word
    """The process dies at the n-th moment: before a request, after its answer was lost, or before the save."""

    def __init__(self, moment: int) -> None:
        self._left = moment
        self._patch = pytest.MonkeyPatch()

    def __enter__(self) -> None:
        send = httpx.Client.send
        save = books.save_workbook

        def sent(client: httpx.Client, *arguments: Any, **options: Any) -> httpx.Response:
            self._tick()
            response = send(client, *arguments, **options)
            self._tick()
            return response

        def saved(*arguments: Any, **options: Any) -> None:
            self._tick()
            save(*arguments, **options)
            self._tick()

        self._patch.setattr(httpx.Client, "send", sent)
        self._patch.setattr(refreshing, "save_workbook", saved)

    def _tick(self) -> None:
        self._left -= 1
        if not self._left:
            raise Killed

    def __exit__(self, *_error: object) -> None:
        self._patch.undo()


def play(seed: int, folder: Path, origin: str) -> None:
    luck = random.Random(seed)
    story = Story(luck, folder / str(seed), origin)
    steps: list[Callable[[], None]] = [
        story.server_adds,
        *[story.person_types] * 4,
        *[story.person_refreshes] * 3,
        story.refresh_is_killed,
        story.file_is_backed_up,
        story.backup_is_restored,
        story.file_is_copied_to_the_other,
        story.rows_are_sorted,
    ]
    for _ in range(STEPS):
        luck.choice(steps)()
    story.settle()
    try:
        story.check()
    except AssertionError as error:
        error.add_note(f"seed {seed}: {story.told[-6:]}")
        raise
    shutil.rmtree(folder / str(seed))


@pytest.fixture
def short_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    """A killed refresh holds its workbook for a second, so that the schedules need not wait."""
    monkeypatch.setattr(refreshing, "_LEASE_SECONDS", 1)


@pytest.mark.parametrize("quarter", range(4))
@pytest.mark.usefixtures("short_leases")
def test_random_schedules_lose_nothing_and_push_nothing(
    server: RunningServer, tmp_path: Path, quarter: int
) -> None:
    for seed in SCHEDULES[quarter::4]:
        play(seed, tmp_path, server.origin)


@pytest.mark.deep
@pytest.mark.usefixtures("short_leases")
def test_a_thousand_random_schedules(server: RunningServer, tmp_path: Path) -> None:
    for seed in SCHEDULES_DEEP:
        play(seed, tmp_path, server.origin)
