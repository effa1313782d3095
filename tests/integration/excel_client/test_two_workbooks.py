"""
Two people, their copies and backups, a server that other programs write to: hundreds of random schedules.

Everything but the files is the real thing: the client's search for edits, its plan and its merge, the server's
decision about edits.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from excel_client.write_plan.cells import BASE_INDEX, EDITABLE, LEDGER_ORDER, ledger_rows, same_cell
from excel_client.write_plan.questions import REVIEW_ORDER, QuestionKind
from excel_client.write_plan.row_base import Digests, canonical_text
from server.exact_amounts.entries.entry import Removal
from tests.integration.excel_client.edited_ledger import EditedLedger
from tests.unit.excel_client.write_plan.sheet_in_memory import Row, Sheet, column
from workbooks.sheet_map import LedgerColumn, ReviewColumn

SCHEDULES, SCHEDULES_DEEP = 100, 3_000
STEPS = 30
CATEGORIES = ["Travel", "Medical", "Cash", "Income"]


@dataclass
class World:
    """A ledger, two workbooks, their copies, and a note of everything that anybody typed."""

    chance: random.Random
    server: EditedLedger = field(default_factory=EditedLedger)
    books: dict[str, Sheet] = field(default_factory=dict)
    copies: list[tuple[str, Sheet]] = field(default_factory=list)
    #: (entry, kind, value) of each edit that somebody typed somewhere.
    typed: set[tuple[str, str, Any]] = field(default_factory=set)
    #: What was typed into the user's own cells: it is somewhere at the end, whatever happened.
    own: set[str] = field(default_factory=set)
    words: int = 0
    backup: EditedLedger | None = None

    def __post_init__(self) -> None:
        for number in range(8):
            amount = self.chance.choice(["-10.00", "10.00", "-4.20"])
            self.server.add(amount, 1 + number % 2, posted_on=f"2026-03-0{number + 1}")
        for name in ("one", "two"):
            self.books[name] = Sheet()
            self.refresh(name)

    # What happens

    def book(self) -> tuple[str, Sheet]:
        name = self.chance.choice(["one", "two"])
        return name, self.books[name]

    def refresh(self, name: str, *, killed: bool = False, may_write: bool = True) -> None:
        sheet = self.books[name]
        before = sheet.copy()
        plan = sheet.refresh(
            self.server.send,
            self.server.told,
            may_write=may_write,
            epoch=self.server.epoch,
            killed=killed,
        )
        if plan is not None:
            self.nothing_lost(before, sheet)

    def nothing_lost(self, before: Sheet, after: Sheet) -> None:
        """What was beside the rows is still there, and a typed word is in the workbook, or the ledger heard of it."""
        assert own_cells(before) <= own_cells(after)
        assert after.seal_holds()
        here = {notes_in(row) for row in (*after.rows, *after.removed)}
        for row in before.rows:
            word = notes_in(row)
            if word.startswith("typed") and word not in here | self.server.words:
                assert word in given_up(before), word

    @property
    def heard(self) -> Sequence[tuple[str, str, Any]]:
        return self.server.applied

    def row(self, sheet: Sheet) -> Row | None:
        rows = [row for row in sheet.rows if row.entry_id]
        return self.chance.choice(rows) if rows else None

    def note(self) -> None:
        _, sheet = self.book()
        if (row := self.row(sheet)) is not None:
            self.words += 1
            row[LedgerColumn.NOTES] = f"typed {self.words}"
            self.typed.add((str(row.entry_id), "notes", f"typed {self.words}"))

    def category(self) -> None:
        _, sheet = self.book()
        if (row := self.row(sheet)) is not None:
            word = self.chance.choice([*CATEGORIES, None])
            row[LedgerColumn.CATEGORY] = word
            self.typed.add((str(row.entry_id), "category", word))

    def tick(self) -> None:
        _, sheet = self.book()
        if (row := self.row(sheet)) is not None:
            ticked = not row[LedgerColumn.REVIEWED]
            row[LedgerColumn.REVIEWED] = ticked
            self.typed.add((str(row.entry_id), "reviewed", ticked))

    def statement(self) -> None:
        _, sheet = self.book()
        if (row := self.row(sheet)) is not None:
            day = self.chance.choice(["2026-03-31", "2026-04-30", None])
            row[LedgerColumn.STATEMENT] = day
            self.typed.add((str(row.entry_id), "statement", day))

    def match(self) -> None:
        _, sheet = self.book()
        rows = [row for row in sheet.rows if row.entry_id]
        if len(rows) > 1:
            self.words += 1
            some = self.chance.sample(rows, 2)
            for row in some:
                row[LedgerColumn.MATCH] = f"typed {self.words}"
            for row in some:
                self.typed |= {(str(row.entry_id), kind, None) for kind in ("match", "merge")}

    def unmatch(self) -> None:
        _, sheet = self.book()
        if (row := self.row(sheet)) is not None:
            row[LedgerColumn.MATCH] = None
            self.typed.add((str(row.entry_id), "unmatch", None))

    def gesture(self) -> None:
        _, sheet = self.book()
        if (row := self.row(sheet)) is not None:
            word, kind = self.chance.choice([("remove", "remove"), ("whole", "unsplit")])
            row[LedgerColumn.STATUS] = word
            self.typed.add((str(row.entry_id), kind, None))

    def split(self) -> None:
        _, sheet = self.book()
        row = self.row(sheet)
        if row is None or row[LedgerColumn.PARENT_ID] or not row[LedgerColumn.AMOUNT]:
            return
        total = row[LedgerColumn.AMOUNT]
        first = self.chance.choice([total / 2, total / 4, 1.0])
        rest = round(total - first, 2) if self.chance.random() < 0.8 else 0.5
        self.words += 1
        own = f"own {self.words}"
        self.own.add(own)
        sheet.add_part(row, rest, notes=f"typed {self.words}", own=own)
        sheet.add_part(row, first)
        self.typed.add((str(row.entry_id), "split", None))

    def restore(self) -> None:
        _, sheet = self.book()
        rows = [row for row in sheet.removed if row.entry_id]
        if rows:
            row = self.chance.choice(rows)
            row[LedgerColumn.STATUS] = "restore"
            self.typed.add((str(row.entry_id), "restore", None))

    def beside(self) -> None:
        _, sheet = self.book()
        if (row := self.row(sheet)) is not None and not row.own:
            self.words += 1
            row.own = f"own {self.words}"
            self.own.add(row.own)

    def sort(self) -> None:
        _, sheet = self.book()
        parts = [row for row in sheet.rows if row[LedgerColumn.STATUS] == "part"]
        if all(row[LedgerColumn.PARENT_ID] for row in parts):
            self.chance.shuffle(sheet.rows)

    def delete(self) -> None:
        _, sheet = self.book()
        below = [*sheet.rows[1:], Row([None] * len(LEDGER_ORDER))]
        rows = [
            row
            for row, under in zip(sheet.rows, below, strict=True)
            # Without the row that they stand under, parts would be those of another.
            if row.entry_id and not row.own and under[LedgerColumn.STATUS] != "part"
        ]
        if rows:
            row = self.chance.choice(rows)
            if not notes_in(row).startswith("typed"):
                sheet.rows = [each for each in sheet.rows if each is not row]

    def double(self) -> None:
        _, sheet = self.book()
        if (row := self.row(sheet)) is not None:
            sheet.rows.append(Row(list(row.cells)))

    def decide(self) -> None:
        _, sheet = self.book()
        place = REVIEW_ORDER.index(ReviewColumn.DECISION)
        for row in sheet.review:
            row[place] = self.chance.choice(["mine", "theirs", "yes", "no", None])
            if row[0] == QuestionKind.DELETED.value and row[place] == "yes":
                self.typed.add((row[REVIEW_ORDER.index(ReviewColumn.ENTRY_ID)], "remove", None))

    def keep_copy(self) -> None:
        name, sheet = self.book()
        self.copies.append((name, sheet.copy()))

    def restore_copy(self) -> None:
        """A backup is put back, or a copy from another machine; what was typed since is gone by the user's own hand."""
        if self.copies:
            name, copy = self.chance.choice(self.copies)
            self.books[name] = copy.copy()

    def elsewhere(self) -> None:
        entries = [one for one in self.server.entries.values() if not one.removed]
        if not entries:
            return
        entry = self.chance.choice(entries)
        what = self.chance.random()
        if what < 0.4:
            self.server.type_note(str(entry.entry_id), f"elsewhere {self.server.version}")
        elif what < 0.6:
            self.server.put(str(entry.entry_id), text={"merchant": f"M{self.server.version}"})
        elif what < 0.7:
            self.server.withdraw(str(entry.entry_id), Removal.UNDONE)
        else:
            self.server.add(self.chance.choice(["-10.00", "7.77"]), self.chance.choice([1, 2]))

    def back_up_server(self) -> None:
        self.backup = self.server.backup()

    def restore_server(self) -> None:
        """The server starts a new life from a backup; what it had heard since is heard of no more."""
        if self.backup is None:
            return
        heard, words = self.server.applied, self.server.words
        last_id, epochs = self.server.last_id, self.server.epoch.count("+")
        self.server = self.backup.backup()
        self.server.applied, self.server.words, self.server.last_id = heard, words, last_id
        self.server.epoch = "epoch" + "+" * (epochs + 1)

    def step(self) -> None:
        happens: Callable[[], None] = self.chance.choice(
            [
                self.note,
                self.note,
                self.category,
                self.tick,
                self.statement,
                self.match,
                self.unmatch,
                self.gesture,
                self.split,
                self.restore,
                self.beside,
                self.sort,
                self.delete,
                self.double,
                self.decide,
                self.keep_copy,
                self.restore_copy,
                self.elsewhere,
                self.elsewhere,
                self.back_up_server,
                self.restore_server,
                lambda: self.refresh("one"),
                lambda: self.refresh("two"),
                lambda: self.refresh("one", killed=True),
                lambda: self.refresh("two", killed=True),
                lambda: self.refresh("two", may_write=False),
            ]
        )
        happens()

    # How it ends

    def settle(self) -> None:
        """Everybody stops typing, gives way to the ledger, and refreshes until nothing is left to say."""
        place = REVIEW_ORDER.index(ReviewColumn.DECISION)
        for _ in range(8):
            for name in ("one", "two"):
                sheet = self.books[name]
                for row in sheet.review:
                    doubled = row[0] == QuestionKind.DOUBLED.value
                    row[place] = "yes" if doubled else "no" if is_asked(row) else "theirs"
                give_up(sheet)
                self.refresh(name)


def is_asked(row: Sequence[Any]) -> bool:
    return row[0] in {QuestionKind.DELETED.value, QuestionKind.FEE.value, QuestionKind.MANY.value}


def give_up(sheet: Sheet) -> None:
    """Take back what can't be sent: lone words in Match, and parts that do not add up."""
    stuck = {
        QuestionKind.MATCH_ALONE,
        QuestionKind.MATCH_UNLIKE,
        QuestionKind.MATCH_DOUBLED,
        QuestionKind.FEE,
    }
    words = {
        str(row[REVIEW_ORDER.index(ReviewColumn.HERE)])
        for kind in stuck
        for row in sheet.review
        if row[0] == kind.value
    }
    for row in sheet.rows:
        if str(row[LedgerColumn.MATCH] or "") in words:
            row[LedgerColumn.MATCH] = None
    kinds = {row[0] for row in sheet.review}
    if kinds & {
        QuestionKind.PARTS_OFF.value,
        QuestionKind.PARTS_FEW.value,
        QuestionKind.PARTS_ASTRAY.value,
    }:
        for row in sheet.rows:
            if row[LedgerColumn.STATUS] == "part":
                row[LedgerColumn.STATUS] = "my own"
                row[LedgerColumn.ENTRY_ID] = None


def own_cells(sheet: Sheet) -> set[str]:
    return {row.own for row in (*sheet.rows, *sheet.removed) if row.own}


def notes_in(row: Row) -> str:
    return str(row[LedgerColumn.NOTES] or "")


def given_up(sheet: Sheet) -> set[str]:
    """What a person gave up with `theirs`."""
    here, decision = map(REVIEW_ORDER.index, (ReviewColumn.HERE, ReviewColumn.DECISION))
    return {str(row[here]) for row in sheet.review if row[decision] == "theirs"}


def equals_ledger(sheet: Sheet, server: EditedLedger) -> None:
    live = [one for one in server.answers() if not one.removed]
    names = {one.account_id: one.account_id[-4:] for one in live}
    days = {one.id: None for one in live}
    parents = {
        row[LEDGER_ORDER.index(LedgerColumn.ENTRY_ID)]: row[
            LEDGER_ORDER.index(LedgerColumn.PROOF_DATE)
        ]
        for row in ledger_rows(live, names, Digests(), {})
    }
    assert sheet.ids() == set(days)
    digests = Digests()
    for wanted in ledger_rows(live, names, digests, parents):  # type: ignore[arg-type]
        found = sheet.row(str(wanted[column(LedgerColumn.ENTRY_ID)]))
        for index, header in enumerate(LEDGER_ORDER):
            if index == BASE_INDEX:
                continue
            cells = found.cells[index], wanted[index]
            if index in dict(EDITABLE):
                said = [canonical_text(header, cell) for cell in cells]
                assert said[0] == said[1], header
            else:
                assert same_cell(*cells), header


def run_schedule(seed: int, steps: int = STEPS) -> World:
    world = World(random.Random(seed))
    for _ in range(steps):
        world.step()
    world.settle()
    return world


def check_schedule(seed: int) -> None:
    world = run_schedule(seed)
    for entry, kind, value in world.heard:
        # Whoever gives a word in Match up, takes the row out of its transfer.
        assert (entry, kind, value) in world.typed or kind == "unmatch", seed
    for sheet in world.books.values():
        equals_ledger(sheet, world.server)


@pytest.mark.parametrize("tens", range(0, SCHEDULES, 10))
def test_nothing_is_lost_nothing_is_invented_and_all_end_equal(tens: int) -> None:
    for seed in range(tens, tens + 10):
        check_schedule(seed)


@pytest.mark.deep
@pytest.mark.parametrize("hundreds", range(SCHEDULES, SCHEDULES_DEEP, 100))
def test_so_it_is_in_thousands_of_schedules(hundreds: int) -> None:
    for seed in range(hundreds, hundreds + 100):
        check_schedule(seed)
