"""Three ledgers in one store against a plain model: whatever is done, every answer is the model's."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from server.exact_amounts.entries.edits import EditKind
from server.exact_amounts.entries.problems import AccountNameTaken, AlreadyUndone
from server.shared_types.ids import TenantId
from server.web.endpoints import RouteName
from tests.conformance.ledger_stores import (
    AnyRoom,
    Stores,
    answer_or_problem,
    edit,
    open_account,
    push,
    room_of_kind,
    stores,
    type_in,
    typed,
    undo,
)
from tests.integration.server.exact_amounts.open_ledger import EPOCH, Server, file_of, row

__all__ = ["stores"]

T = TypeVar("T")

TENANTS = st.integers(0, 2)
NAMES = st.sampled_from(["Cash", "Purse", "Jar"])
#: Few different ones, so that equal rows are common.
AMOUNTS = st.sampled_from(["-3.50", "0.00", "0.005", "12345678901234567.89"])
DAYS = st.sampled_from([1, 2, 28])
TEXTS = st.sampled_from(["Coffee", "Bread \u00bd"])
ROWS = st.lists(st.tuples(DAYS, AMOUNTS, TEXTS), min_size=1, max_size=4)
PICKS = st.integers(0, 10_000)

Row = tuple[int, str, str]

_EXAMPLES = {"sqlite": 12, "postgresql": 6, "memory": 30}


@dataclass
class ModelEntry:
    """An entry as the model has it."""

    account: str
    row: Row
    batch: str
    version: int
    #: Taken back with its batch, for good.
    buried: bool = False
    #: What was written about it, by batch, oldest first.
    notes: list[tuple[str, str]] = field(default_factory=list)
    #: The batch that took it out.
    taken_out_by: str | None = None


@dataclass
class ModelLedger:
    """One tenant's ledger as the model has it."""

    tenant: TenantId
    version: int = 0
    #: Names by account id.
    accounts: dict[str, str] = field(default_factory=dict)
    #: The account that files are about.
    of_files: str | None = None
    entries: dict[str, ModelEntry] = field(default_factory=dict)
    #: Whether it was undone, by batch id, oldest first.
    batches: dict[str, bool] = field(default_factory=dict)
    #: Which batches state an entry besides its own, oldest first, by the entry's id.
    sightings: dict[str, list[str]] = field(default_factory=dict)
    #: The files that batches were read from.
    sources: dict[str, tuple[Row, ...]] = field(default_factory=dict)
    #: What a follower of the feed has seen, and how far it is.
    cursor: str | None = None
    followed: dict[str, str] = field(default_factory=dict)

    def live(self) -> dict[str, ModelEntry]:
        return {name: each for name, each in self.entries.items() if not self.removed(each)}

    def known(self) -> dict[str, ModelEntry]:
        """What an import finds again, live ones first."""
        known = {name: each for name, each in self.entries.items() if not each.buried}
        return dict(sorted(known.items(), key=lambda each: (self.removed(each[1]), each[0])))

    def removed(self, entry: ModelEntry) -> bool:
        taken_out = entry.taken_out_by is not None and not self.batches[entry.taken_out_by]
        return entry.buried or taken_out

    def note(self, entry: ModelEntry) -> str:
        """The last word that is in force."""
        return next((word for b, word in reversed(entry.notes) if not self.batches[b]), "")

    def sum_of(self, account: str) -> Decimal:
        rows = [each.row for each in self.live().values() if each.account == account]
        return sum((Decimal(amount) for _, amount, _ in rows), Decimal(0))


class LedgersAgainstModel(RuleBasedStateMachine):
    """Everything that can be done to a ledger, in any order, to three tenants in turn."""

    def __init__(self, room: AnyRoom, runner: asyncio.Runner) -> None:
        super().__init__()
        self._room = room
        self._runner = runner
        self._keys = 0
        self._ledgers: list[ModelLedger] = []

    def _run(self, asked: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(asked)

    def _key(self) -> str:
        self._keys += 1
        return f"key-{self._keys}"

    @initialize()
    def sign_up(self) -> None:
        self._ledgers = [ModelLedger(self._run(self._room.sign_up())) for _ in range(3)]

    @rule(who=TENANTS, name=NAMES)
    def opens_an_account(self, who: int, name: str) -> None:
        ledger = self._ledgers[who]
        asked = open_account(self._room, name, tenant=ledger.tenant)
        if name in ledger.accounts.values():
            with pytest.raises(AccountNameTaken):
                self._run(asked)
            return
        account = self._run(asked)
        ledger.version += 1
        ledger.accounts[account["id"]] = name
        assert account["version"] == ledger.version

    @rule(who=TENANTS, rows=ROWS, pick=PICKS, again=st.booleans())
    def types_entries(self, who: int, rows: list[Row], pick: int, *, again: bool) -> None:
        ledger = self._ledgers[who]
        if not ledger.accounts:
            return
        account = sorted(ledger.accounts)[pick % len(ledger.accounts)]
        entries = [typed(account, amount, f"2026-03-{day:02}", text) for day, amount, text in rows]
        key = self._key()
        made = self._run(type_in(self._room, *entries, key=key, tenant=ledger.tenant))
        if again:
            assert made == self._run(type_in(self._room, *entries, key=key, tenant=ledger.tenant))
        ledger.version += 1
        assert made["version"] == ledger.version
        ledger.batches[made["batch"]] = False
        for entry_id, each in zip(made["entries"], rows, strict=True):
            ledger.entries[entry_id] = ModelEntry(account, each, made["batch"], ledger.version)

    @rule(who=TENANTS, rows=ROWS)
    def imports_a_file(self, who: int, rows: list[Row]) -> None:
        ledger = self._ledgers[who]
        file = file_of(*(row(day, amount, text) for day, amount, text in rows))
        known = Counter(
            each.row for each in ledger.known().values() if each.account == ledger.of_files
        )
        new = list((Counter(rows) - known).elements())
        before = set(self._listed(ledger))
        taken = self._run(self._room.take(file, key=self._key(), tenant=ledger.tenant))
        opens = ledger.of_files is None
        known_file = any(
            source == tuple(rows) and not ledger.batches[batch]
            for batch, source in ledger.sources.items()
        )
        seen = [] if known_file else self._seen(ledger, rows)
        ledger.version += bool(new or opens or seen)

        assert (taken["added"], taken["same"]) == (len(new), len(rows) - len(new))
        assert taken["version"] == ledger.version
        (account,) = taken["accounts"]
        ledger.of_files = account["id"]
        ledger.accounts.setdefault(account["id"], account["name"])
        if taken["batch"] is None:
            assert not new
            assert not seen
            return
        ledger.batches[taken["batch"]] = False
        ledger.sources[taken["batch"]] = tuple(rows)
        for entry_id in seen:
            ledger.sightings.setdefault(entry_id, []).append(taken["batch"])
        added = {name: each for name, each in self._listed(ledger).items() if name not in before}
        assert Counter(_row_of(each) for each in added.values()) == Counter(new)
        for entry_id, each in added.items():
            ledger.entries[entry_id] = ModelEntry(
                account["id"], _row_of(each), taken["batch"], ledger.version
            )

    @staticmethod
    def _seen(ledger: ModelLedger, rows: list[Row]) -> list[str]:
        """The entries that a file states and that are there already: of equal ones the oldest."""
        seen: list[str] = []
        for each in rows:
            alike = (
                name
                for name, entry in ledger.known().items()
                if (entry.account, entry.row) == (ledger.of_files, each) and name not in seen
            )
            seen += list(alike)[:1]
        return seen

    @rule(who=TENANTS, pick=PICKS)
    def undoes_a_batch(self, who: int, pick: int) -> None:
        ledger = self._ledgers[who]
        if not ledger.batches:
            return
        batch = sorted(ledger.batches)[pick % len(ledger.batches)]
        asked = undo(self._room, batch, self._key(), tenant=ledger.tenant)
        if ledger.batches[batch]:
            with pytest.raises(AlreadyUndone):
                self._run(asked)
            return
        undone = self._run(asked)
        ledger.version += 1
        own = {name: each for name, each in ledger.known().items() if each.batch == batch}
        live = ledger.live()
        said = {name: (ledger.note(e), name in live) for name, e in ledger.entries.items()}
        kept = sum(
            any(not ledger.batches[other] for other in _later(each.notes, batch))
            for each in ledger.entries.values()
            if batch in dict(each.notes) and not each.buried
        )
        buried = {name for name, each in ledger.entries.items() if each.buried}
        ledger.batches[batch] = True
        for entry_id, each in own.items():
            each.version = ledger.version
            heirs = [b for b in ledger.sightings.get(entry_id, ()) if not ledger.batches[b]]
            each.batch = heirs[0] if heirs else batch
            each.buried = not heirs
        live = ledger.live()
        for name, each in ledger.entries.items():
            if name not in buried and said[name] != (ledger.note(each), name in live):
                each.version = ledger.version
        gone = sum(each.buried and said[name][1] for name, each in own.items())
        assert (undone["removed"], undone["version"]) == (gone, ledger.version)
        assert undone["kept"] == kept

    @rule(who=TENANTS, pick=PICKS, word=st.sampled_from(["", "one", "two"]))
    def writes_a_note(self, who: int, pick: int, word: str) -> None:
        self._edit(who, pick, EditKind.NOTES, word)

    @rule(who=TENANTS, pick=PICKS)
    def takes_an_entry_out(self, who: int, pick: int) -> None:
        self._edit(who, pick, EditKind.REMOVE, None)

    def _edit(self, who: int, pick: int, kind: EditKind, word: str | None) -> None:
        ledger = self._ledgers[who]
        if not ledger.entries:
            return
        entry_id = sorted(ledger.entries)[pick % len(ledger.entries)]
        entry = ledger.entries[entry_id]
        seen = {"id": entry_id, "version": ledger.version}
        key = self._key()
        asked = edit(seen, kind, word)
        made = self._run(push(self._room, asked, key=key, tenant=ledger.tenant))
        (result,) = made["results"]
        if ledger.removed(entry):
            expected = "nothing" if kind is EditKind.REMOVE else "refused"
        else:
            expected = "nothing" if word == ledger.note(entry) else "applied"
        assert result["outcome"] == expected
        if expected != "applied":
            assert (made["batch"], made["version"]) == (None, ledger.version)
            return
        ledger.version += 1
        assert made["version"] == ledger.version
        ledger.batches[made["batch"]] = False
        entry.version = ledger.version
        if kind is EditKind.REMOVE:
            entry.taken_out_by = made["batch"]
        else:
            assert word is not None
            entry.notes.append((made["batch"], word))

    @rule(who=TENANTS, limit=st.integers(1, 6))
    def follows_the_feed(self, who: int, limit: int) -> None:
        ledger = self._ledgers[who]
        query = {"limit": str(limit)}
        if ledger.cursor is not None:
            query |= {"after": ledger.cursor, "epoch": EPOCH}
        page = self._run(self._room.call(RouteName.READ_CHANGES, query=query, tenant=ledger.tenant))
        assert page["version"] == ledger.version
        for entry in page["entries"]:
            written = ledger.entries[entry["id"]]
            is_removed = ledger.removed(written)
            assert (entry["version"], entry["removed"]) == (written.version, is_removed)
            if entry["removed"]:
                ledger.followed.pop(entry["id"], None)
            else:
                ledger.followed[entry["id"]] = entry["amount"]
        ledger.cursor = page["cursor"]
        if not page["more"]:
            live = {name: each.row[1] for name, each in ledger.live().items()}
            assert ledger.followed == live

    @rule(who=TENANTS, whose=TENANTS, pick=PICKS)
    def asks_for_what_is_not_its_own(self, who: int, whose: int, pick: int) -> None:
        ledger, other = self._ledgers[who], self._ledgers[whose]
        if who == whose or not (other.accounts and other.batches):
            return
        batch = sorted(other.batches)[pick % len(other.batches)]
        account = sorted(other.accounts)[pick % len(other.accounts)]
        nobody = str(UUID(int=pick))
        mine: dict[str, Any] = {"tenant": ledger.tenant}
        for foreign, unknown in (
            (
                undo(self._room, batch, "foreign", **mine),
                undo(self._room, nobody, "unknown", **mine),
            ),
            (
                type_in(self._room, typed(account), key="foreign", **mine),
                type_in(self._room, typed(nobody), key="unknown", **mine),
            ),
            (self._entries_of(account, **mine), self._entries_of(nobody, **mine)),
        ):
            assert self._run(answer_or_problem(foreign)) == self._run(answer_or_problem(unknown))

    @invariant()
    def every_answer_is_the_models(self) -> None:
        for ledger in self._ledgers:
            listed = self._listed(ledger)
            assert {name: _row_of(each) for name, each in listed.items()} == {
                name: each.row for name, each in ledger.live().items()
            }
            assert {name: each["notes"] for name, each in listed.items()} == {
                name: ledger.note(each) for name, each in ledger.live().items()
            }
            accounts = self._run(self._room.call(RouteName.LIST_ACCOUNTS, tenant=ledger.tenant))[
                "accounts"
            ]
            assert {each["id"]: each["name"] for each in accounts} == ledger.accounts
            for account in accounts:
                assert Decimal(account["sum"]) == ledger.sum_of(account["id"])
            batches = self._run(self._room.call(RouteName.LIST_BATCHES, tenant=ledger.tenant))
            undone = {each["id"]: each["undone_at"] is not None for each in batches["batches"]}
            assert undone == ledger.batches

    def teardown(self) -> None:
        """What is kept sealed is sound to the last row, too."""
        if isinstance(self._room, Server):
            for ledger in self._ledgers:
                report = self._run(self._room.ledger.verify(ledger.tenant))
                assert report.findings == ()

    def _listed(self, ledger: ModelLedger) -> dict[str, Any]:
        answer = self._run(
            self._room.call(RouteName.LIST_ENTRIES, query={"limit": "20000"}, tenant=ledger.tenant)
        )
        return {each["id"]: each for each in answer["entries"]}

    async def _entries_of(self, account: str, **more: Any) -> Any:
        return await self._room.call(RouteName.LIST_ENTRIES, query={"account": account}, **more)


def _later(notes: list[tuple[str, str]], batch: str) -> list[str]:
    batches = [each for each, _ in notes]
    return batches[batches.index(batch) + 1 :]


def _row_of(entry: Any) -> Row:
    return int(entry["posted_on"][-2:]), entry["amount"], entry["description"]


def _run_against_the_model(stores: Stores, *, examples: int, steps: int) -> None:
    with asyncio.Runner() as runner:
        opened = room_of_kind(stores.kind, stores.folder / "ledger.db")
        room = runner.run(opened.__aenter__())
        try:
            run_state_machine_as_test(
                lambda: LedgersAgainstModel(room, runner),  # type: ignore[arg-type] # called, nothing else
                settings=settings(max_examples=examples, stateful_step_count=steps, deadline=None),
            )
        finally:
            runner.run(opened.__aexit__(None, None, None))


def test_every_answer_is_that_of_a_plain_model(stores: Stores) -> None:
    _run_against_the_model(stores, examples=_EXAMPLES[stores.kind], steps=20)


@pytest.mark.deep
def test_every_answer_is_that_of_a_plain_model_for_long(stores: Stores) -> None:
    _run_against_the_model(stores, examples=100, steps=50)
