"""
A refresh: the workbook is read, its edits are sent, the changes are fetched, and all is written in one short burst.

Nothing is asked for a workbook that follows another ledger. Where nothing changed, the file is not touched. Deleted
rows, a restored server and a damaged hidden sheet all end the same way: the ledger is read from the start, and what
the user typed stays. Killed anywhere, it has either saved everything or nothing, and the next one sends the same edits
under the same ids.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4, uuid5

from excel_client.problems import (
    ClientProblem,
    FileNotReadable,
    OtherLedger,
    WorkbookNameRefused,
)
from excel_client.refresh.fetching import ask_findings, pull_changes, pull_news
from excel_client.refresh.sending import may_write, push_edits
from excel_client.server_api import ServerApi
from excel_client.settings import Clock
from excel_client.wire_format import (
    Account,
    Profile,
)
from excel_client.write_plan.ledger_plan import (
    LedgerChanges,
    WorkbookReading,
    WritePlan,
    plan_refresh,
    rows_to_read,
    rows_with_formulas,
)
from excel_client.write_plan.pushing import (
    Delivery,
)
from excel_client.write_plan.review_plan import Findings
from excel_client.writer.books import (
    WORKBOOK_SUFFIX,
    open_template,
    open_workbook,
    save_workbook,
)
from excel_client.writer.workbook import LedgerWorkbook, Progress

__all__ = ["Refreshed", "WorkbookStatus", "refresh_workbook", "workbook_status"]

#: Longer than a refresh takes; a refresh that was killed keeps others waiting no longer than this.
_LEASE_SECONDS: Final = 120
_HOLDERS: Final = UUID("6f0a1c1e-3f0e-5f43-9a0b-2f1d7c9b7a54")

NewId = Callable[[], UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """What a refresh did."""

    #: Whether the workbook was made by it.
    made: bool
    #: Whether the file was written.
    written: bool
    #: Edits that the ledger took from the workbook.
    sent: int
    #: Edits that are still the workbook's own: open questions, or a key that may only read.
    waiting: int
    #: Lines that stand in Review.
    to_review: int
    added: int
    changed: int
    removed: int
    #: Cells that the user edited, in the rows that changed, left as they are.
    kept: int
    version: int
    accounts: tuple[Account, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkbookStatus:
    """What a workbook says of itself, without a server."""

    ledger: str
    rows: int
    #: Cells and gestures that the server has not heard of.
    edits: int


def refresh_workbook(
    path: Path, api: ServerApi, clock: Clock, progress: Progress, *, new_id: NewId = uuid4
) -> Refreshed:
    """
    Send what was typed into a workbook and bring it up to date, or make it where there is none.

    Raises a ClientProblem, and has then written nothing into it.
    """
    if path.exists():
        with open_workbook(path) as book:
            workbook = LedgerWorkbook.of(book)
            profile = api.profile()
            if workbook.state.ledger and workbook.state.ledger != profile.ledger:
                raise OtherLedger
            name = workbook.state.workbook or str(new_id())
            if not may_write(profile):
                return _refresh(workbook, name, api, profile, clock, progress)
            with _lease(api, name, path):
                return _refresh(workbook, name, api, profile, clock, progress)
    if path.suffix.lower() != WORKBOOK_SUFFIX:
        raise WorkbookNameRefused
    if not path.parent.is_dir():
        raise FileNotReadable(file=path.parent.name)
    # The network comes first: a server that does not answer leaves no file behind.
    profile = api.profile()
    changes = pull_changes(api, None, profile, progress)
    with open_template(path) as book:
        workbook = LedgerWorkbook.of(book)
        findings = ask_findings(api, workbook, changes, Delivery(), profile)
        planned = _planned(workbook, str(new_id()), changes, Delivery(), findings, clock())
        del changes
        return _carry_out(workbook, planned, progress, new_path=path)


@contextmanager
def _lease(api: ServerApi, workbook: str, path: Path) -> Iterator[None]:
    """Hold the workbook while it is refreshed, and let go of it however that ends."""
    # The same file on the same machine is held again after a kill; what runs beside it there, the file's state tells.
    holder = uuid5(_HOLDERS, f"{platform.node()}\n{path.resolve()}")
    lease = api.take_lease(workbook, _LEASE_SECONDS, str(holder))
    try:
        yield
    finally:
        # It ends by itself, if the server can't be told.
        with suppress(ClientProblem):
            api.drop_lease(lease.lease)


def _refresh(
    workbook: LedgerWorkbook,
    name: str,
    api: ServerApi,
    profile: Profile,
    clock: Clock,
    progress: Progress,
) -> Refreshed:
    delivery = push_edits(workbook, api, profile, progress)
    changes = pull_news(workbook, api, profile, delivery, progress)
    findings = ask_findings(api, workbook, changes, delivery, profile)
    planned = _planned(workbook, name, changes, delivery, findings, clock())
    # The entries are rows by now, and many: their memory is needed.
    del changes
    return _carry_out(workbook, planned, progress)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planned:
    """What is left of the server's answer when it is known what to write."""

    plan: WritePlan
    delivery: Delivery
    version: int
    accounts: tuple[Account, ...] = field(repr=False)


def _planned(
    workbook: LedgerWorkbook,
    name: str,
    changes: LedgerChanges,
    delivery: Delivery,
    findings: Findings,
    now: datetime,
) -> _Planned:
    wanted = rows_to_read(workbook.scan, changes, delivery, findings)
    reading = WorkbookReading(
        state=workbook.state,
        workbook=name,
        scan=workbook.scan,
        rows=workbook.read_rows(wanted),
        removed=workbook.read_removed(),
        review=workbook.read_review(),
        accounts=workbook.read_accounts(),
    )
    plan = plan_refresh(reading, changes, delivery, findings, now)
    formulas = workbook.read_formulas(plan.typed_over())
    if formulas:
        # A formula that comes to nothing looks like a blank cell, and is an edit all the same.
        reading = replace(reading, rows=rows_with_formulas(reading.rows, formulas))
        plan = plan_refresh(reading, changes, delivery, findings, now)
    return _Planned(
        plan=plan,
        delivery=delivery,
        version=changes.version,
        accounts=tuple(changes.accounts),
    )


def _carry_out(
    workbook: LedgerWorkbook,
    planned: _Planned,
    progress: Progress,
    *,
    new_path: Path | None = None,
) -> Refreshed:
    plan = planned.plan
    if not plan.is_empty:
        workbook.write(plan, progress)
        progress("Saving", 0, 0)
        save_workbook(workbook.book, new_path)
    return Refreshed(
        made=new_path is not None,
        written=not plan.is_empty,
        sent=planned.delivery.sent,
        waiting=planned.delivery.waiting,
        to_review=plan.review_lines,
        added=plan.added,
        changed=plan.changed,
        removed=plan.removed,
        kept=plan.kept,
        version=planned.version,
        accounts=planned.accounts,
    )


def workbook_status(path: Path) -> WorkbookStatus:
    """Return what a workbook says of itself, and how many of its cells are edits."""
    with open_workbook(path) as book:
        workbook = LedgerWorkbook.of(book)
        scan = workbook.scan
        return WorkbookStatus(
            ledger=workbook.state.ledger, rows=scan.keys.seal().rows, edits=scan.count()
        )
