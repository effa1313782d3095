"""
A refresh: the workbook's state is read, then the network is asked, then the changes are written in one short burst.

Nothing is asked for a workbook that follows another ledger. Where nothing changed, the file is not touched. Deleted
rows, a restored server and a damaged hidden sheet all end the same way: the ledger is read from the start, and what
the user typed stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from excel_client.problems import (
    AnswerNotReadable,
    EpochIsOver,
    FileNotReadable,
    OtherLedger,
    WorkbookNameRefused,
)
from excel_client.server_api import FeedPosition, ServerApi
from excel_client.settings import Clock
from excel_client.wire_format import Account, Changes, LedgerEntry, Profile, share_texts
from excel_client.write_plan.ledger_plan import (
    LedgerChanges,
    WorkbookReading,
    WritePlan,
    accounts_renamed,
    count_edits,
    plan_refresh,
    rows_to_read,
    rows_with_formulas,
)
from excel_client.writer.books import (
    WORKBOOK_SUFFIX,
    open_template,
    open_workbook,
    save_workbook,
)
from excel_client.writer.workbook import LedgerWorkbook, Progress

__all__ = ["Refreshed", "WorkbookStatus", "pull_changes", "refresh_workbook", "workbook_status"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """What a refresh did."""

    #: Whether the workbook was made by it.
    made: bool
    #: Whether the file was written.
    written: bool
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
    #: Cells that differ from what the server last wrote into them.
    edits: int


def refresh_workbook(path: Path, api: ServerApi, clock: Clock, progress: Progress) -> Refreshed:
    """
    Bring a workbook up to date, or make it where there is none.

    Raises a ClientProblem, and has then written nothing.
    """
    if path.exists():
        with open_workbook(path) as book:
            workbook = LedgerWorkbook.of(book)
            positions = workbook.keys.positions()
            changes = _ask(workbook, api, progress)
            planned = _planned(workbook, positions, changes, clock())
            # The entries are rows by now, and many: their memory is needed.
            del changes
            return _carry_out(workbook, planned, progress)
    if path.suffix.lower() != WORKBOOK_SUFFIX:
        raise WorkbookNameRefused
    if not path.parent.is_dir():
        raise FileNotReadable(file=path.parent.name)
    # The network comes first: a server that does not answer leaves no file behind.
    changes = pull_changes(api, None, api.profile(), progress)
    with open_template(path) as book:
        workbook = LedgerWorkbook.of(book)
        planned = _planned(workbook, {}, changes, clock())
        del changes
        return _carry_out(workbook, planned, progress, new_path=path)


def _ask(workbook: LedgerWorkbook, api: ServerApi, progress: Progress) -> LedgerChanges:
    """Return what the server says to this workbook; refuse one that follows another ledger before that."""
    state = workbook.state
    profile = api.profile()
    if state.ledger and state.ledger != profile.ledger:
        raise OtherLedger
    intact = state.seal is not None and state.seal == workbook.keys.seal()
    after = None
    if state.ledger and state.cursor and state.epoch == profile.epoch and intact:
        after = FeedPosition(epoch=state.epoch, cursor=state.cursor)
    changes = None if after is None else _pull_after(after, api, profile, progress)
    if changes is None or accounts_renamed(workbook.read_accounts(), changes.accounts):
        return pull_changes(api, None, profile, progress)
    return changes


def _pull_after(
    after: FeedPosition, api: ServerApi, profile: Profile, progress: Progress
) -> LedgerChanges | None:
    """Return what changed after a position; None for one of an older life of the server, or that nobody gave."""
    try:
        return pull_changes(api, after, profile, progress)
    except EpochIsOver:
        return None


def pull_changes(
    api: ServerApi, after: FeedPosition | None, profile: Profile, progress: Progress
) -> LedgerChanges:
    """Return all pages of what changed after a position, or of the whole ledger."""
    entries: list[LedgerEntry] = []
    texts: dict[str, str] = {}
    last: Changes | None = None
    for page in api.changes(after, Changes):
        if page.ledger != profile.ledger or (last is not None and page.epoch != last.epoch):
            raise AnswerNotReadable
        share_texts(page.entries, texts)
        entries += page.entries
        last = page
        progress("Fetching entries", len(entries), 0)
    if last is None:
        raise AnswerNotReadable
    return LedgerChanges(
        ledger=last.ledger,
        epoch=last.epoch,
        version=last.version,
        cursor=last.cursor or (after.cursor if after else ""),
        is_whole=after is None,
        accounts=last.accounts,
        entries=entries,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planned:
    """What is left of the server's answer when it is known what to write."""

    plan: WritePlan
    version: int
    accounts: tuple[Account, ...] = field(repr=False)


def _planned(
    workbook: LedgerWorkbook, positions: Mapping[str, int], changes: LedgerChanges, now: datetime
) -> _Planned:
    reading = WorkbookReading(
        state=workbook.state,
        keys=workbook.keys,
        rows=workbook.read_rows(rows_to_read(positions, workbook.keys, changes)),
        accounts=workbook.read_accounts(),
    )
    plan = plan_refresh(reading, positions, changes, now)
    formulas = workbook.read_formulas(plan.typed_over())
    if formulas:
        # A formula that comes to nothing looks like a blank cell, and is an edit all the same.
        reading = replace(reading, rows=rows_with_formulas(reading.rows, formulas))
        plan = plan_refresh(reading, positions, changes, now)
    return _Planned(plan=plan, version=changes.version, accounts=tuple(changes.accounts))


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
        keys = workbook.keys
        ours = sorted(keys.positions().values())
        return WorkbookStatus(
            ledger=workbook.state.ledger,
            rows=keys.seal().rows,
            edits=count_edits(workbook.read_rows(ours).values()),
        )
