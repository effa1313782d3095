"""A workbook in memory, for tests of the plan: the owned cells of its tables, and what a person may do to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from excel_client.wire_format import Account, EditResult, EditsToSend, LedgerEntry
from excel_client.write_plan.cells import (
    BASE_INDEX,
    ENTRY_ID_INDEX,
    LEDGER_ORDER,
    STATUS_INDEX,
)
from excel_client.write_plan.edits import find_edits
from excel_client.write_plan.found_edits import FoundEdits, SheetFacts
from excel_client.write_plan.ledger_plan import (
    AccountsTableRows,
    LedgerChanges,
    WorkbookReading,
    WritePlan,
    has_seen_all,
    plan_refresh,
)
from excel_client.write_plan.pushing import (
    Delivery,
    choose_outgoing,
    deliver,
    keep_all,
    requests_of,
)
from excel_client.write_plan.questions import REVIEW_ORDER, QuestionKind, read_review
from excel_client.write_plan.review_plan import Findings
from excel_client.write_plan.row_base import Digests
from excel_client.write_plan.scanning import SCANNED, LedgerScan, scan_ledger
from excel_client.write_plan.workbook_state import WorkbookState
from workbooks.sheet_map import LedgerColumn, ReviewColumn

__all__ = [
    "ACCOUNT",
    "NOW",
    "Row",
    "Sheet",
    "account",
    "changes",
    "column",
    "entry",
    "entry_id",
    "filled",
]

NOW = datetime(2026, 3, 31, 12, 30, 15, 999, tzinfo=UTC)

Send = Callable[[EditsToSend], Sequence[EditResult]]


def entry_id(number: int) -> str:
    return f"0199aaaa-0000-7000-8000-{number:012x}"


def account(account_id: str = "account", name: str = "Giro", **facts: Any) -> Account:
    plain = Account(
        id=account_id,
        version=1,
        name=name,
        currency="EUR",
        type="checking",
        entries=0,
        sum="0",
        opening=None,
        opening_source="none",
        closing=None,
        first_balance_on=None,
        first_balance=None,
        bank_balance_on=None,
        bank_balance=None,
        balances=0,
        windows_off=0,
        difference=None,
        proof="not yet proven",
        decimals=2,
    )
    return msgspec.structs.replace(plain, **facts)


ACCOUNT = account()


def entry(number: int | str, **facts: Any) -> LedgerEntry:
    plain = LedgerEntry(
        id=entry_id(number) if isinstance(number, int) else number,
        version=1,
        account_id="account",
        posted_on="2026-03-01",
        amount="-1.00",
        currency="EUR",
        description="coffee",
        merchant="",
        category=None,
        notes="",
        tags=(),
        reviewed=False,
        status="posted",
        removed=False,
    )
    return msgspec.structs.replace(plain, **facts)


def changes(
    entries: Sequence[LedgerEntry],
    *,
    is_whole: bool = False,
    version: int = 1,
    epoch: str = "epoch",
) -> LedgerChanges:
    names = {one.account_id: None for one in entries}
    return LedgerChanges(
        ledger="ledger",
        epoch=epoch,
        version=version,
        cursor=f"{version}.z",
        is_whole=is_whole,
        accounts=[account(name, "Giro" if name == "account" else name) for name in names]
        or [ACCOUNT],
        entries=entries,
    )


def column(header: LedgerColumn) -> int:
    return LEDGER_ORDER.index(header)


@dataclass
class Row:
    """A row of the Ledger or of Removed: owned cells, and what the user wrote beside them."""

    cells: list[Any]
    own: str = ""

    def __getitem__(self, header: LedgerColumn) -> Any:
        return self.cells[column(header)]

    def __setitem__(self, header: LedgerColumn, value: object) -> None:
        self.cells[column(header)] = value

    @property
    def entry_id(self) -> str | None:
        return self.cells[ENTRY_ID_INDEX] or None


@dataclass
class Sheet:
    """A workbook in memory."""

    rows: list[Row] = field(default_factory=list)
    removed: list[Row] = field(default_factory=list)
    review: list[list[Any]] = field(default_factory=list)
    accounts: list[list[Any]] = field(default_factory=list)
    state: WorkbookState = field(default_factory=WorkbookState)

    # Reading

    def scan(self) -> LedgerScan:
        places = [column(header) for header in SCANNED]
        rows = [[row.cells[place] for place in places] for row in self.rows]
        return scan_ledger(5, rows, Digests())

    def facts(self) -> SheetFacts:
        scan = self.scan()
        return SheetFacts(
            scan=scan,
            rows={at: tuple(self.rows[at].cells) for at in scan.to_read()},
            formulas=frozenset(),
            removed=[tuple(row.cells) for row in self.removed],
            review=read_review(self.review),
            seen_version=self.state.seen_version,
        )

    def found(self) -> FoundEdits:
        return find_edits(self.facts())

    def row(self, number: int | str) -> Row:
        wanted = entry_id(number) if isinstance(number, int) else number
        (found,) = (row for row in self.rows if row.entry_id == wanted)
        return found

    def ids(self) -> set[str]:
        return {row.entry_id for row in self.rows if row.entry_id}

    def asked(self, kind: QuestionKind) -> list[dict[str, Any]]:
        return [
            dict(zip(REVIEW_ORDER, row, strict=True)) for row in self.review if row[0] == kind.value
        ]

    def decide(self, kind: QuestionKind, word: str) -> None:
        place = REVIEW_ORDER.index(ReviewColumn.DECISION)
        rows = [row for row in self.review if row[0] == kind.value]
        assert rows
        for row in rows:
            row[place] = word

    # What a person does

    def add_part(self, below: Row, amount: float, **facts: object) -> Row:
        cells: list[Any] = [None] * len(LEDGER_ORDER)
        cells[column(LedgerColumn.AMOUNT)] = amount
        cells[STATUS_INDEX] = "part"
        part = Row(cells, str(facts.pop("own", "")))
        for name, value in facts.items():
            part[LedgerColumn[name.upper()]] = value
        place = next(at for at, row in enumerate(self.rows) if row is below)
        self.rows.insert(place + 1, part)
        return part

    # A refresh, step by step

    def push(self, send: Send, *, may_write: bool = True, same_epoch: bool = True) -> Delivery:
        facts = self.facts()
        found = find_edits(facts)
        if not (may_write and same_epoch and self.state.ledger):
            return keep_all(facts.scan, found)
        outgoing = choose_outgoing(facts, found)
        results = [each for request in requests_of(outgoing) for each in send(request)]
        return deliver(facts.scan, found, outgoing, results)

    def plan(
        self,
        told: LedgerChanges,
        delivery: Delivery | None = None,
        findings: Findings | None = None,
    ) -> WritePlan:
        reading = WorkbookReading(
            state=self.state,
            workbook=self.state.workbook or "0199bbbb-0000-7000-8000-000000000001",
            scan=self.scan(),
            rows={at: tuple(row.cells) for at, row in enumerate(self.rows)},
            removed=[tuple(row.cells) for row in self.removed],
            review=read_review(self.review),
            accounts=AccountsTableRows(first_row=5, rows=self.accounts),
        )
        delivery = delivery or Delivery()
        return plan_refresh(reading, told, delivery, findings or Findings(), NOW)

    def carry_out(self, plan: WritePlan) -> None:
        for rows, updates in ((self.rows, plan.updates), (self.removed, plan.removed_updates)):
            for position, cells in updates.items():
                for index, cell in cells.items():
                    rows[position].cells[index] = cell
        out = [Row(list(row.cells), self.rows[row.position].own) for row in plan.moved_out]
        back = [Row(list(row.cells), self.removed[row.position].own) for row in plan.moved_back]
        for position in sorted((row.position for row in plan.moved_out), reverse=True):
            del self.rows[position]
        for position in sorted((row.position for row in plan.moved_back), reverse=True):
            del self.removed[position]
        self.rows += [*back, *(Row(list(row)) for row in plan.appended)]
        self.removed += out
        for position, cells in plan.accounts.updates.items():
            for index, cell in cells.items():
                self.accounts[position][index] = cell
        self.accounts += [list(row) for row in plan.accounts.appended]
        if plan.review is not None:
            self.review = [list(row) for row in plan.review]
        self.state = plan.state

    def refresh(
        self,
        send: Send,
        told: Callable[[str | None], LedgerChanges],
        *,
        may_write: bool = True,
        epoch: str = "epoch",
        killed: bool = False,
    ) -> WritePlan | None:
        """Do a whole refresh; `killed` between the answer to the edits and the saving."""
        same = self.state.epoch == epoch
        delivery = self.push(send, may_write=may_write, same_epoch=same)
        if killed:
            return None
        scan = self.scan()
        intact = self.state.seal == scan.keys.seal() and not scan.doubled
        news = told(self.state.cursor if same and intact and self.state.cursor else None)
        if not has_seen_all(news, delivery):
            news = told(None)
        pending = 0 if may_write else delivery.waiting
        plan = self.plan(news, delivery, Findings(may_write=may_write, pending_here=pending))
        self.carry_out(plan)
        return plan

    def copy(self) -> Sheet:
        return Sheet(
            rows=[Row(list(row.cells), row.own) for row in self.rows],
            removed=[Row(list(row.cells), row.own) for row in self.removed],
            review=[list(row) for row in self.review],
            accounts=[list(row) for row in self.accounts],
            state=self.state,
        )

    def seal_holds(self) -> bool:
        return self.scan().keys.seal() == self.state.seal

    def base(self, number: int) -> str:
        return str(self.row(number).cells[BASE_INDEX])


def filled(*entries: LedgerEntry) -> Sheet:
    sheet = Sheet()
    version = max((one.version for one in entries), default=1)
    sheet.carry_out(sheet.plan(changes(entries, is_whole=True, version=version)))
    return sheet
