"""`pennyvault refresh` and `pennyvault status`: a workbook, and how the accounts stand."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import msgspec

from excel_client.command_line.connection import connect
from excel_client.command_line.explaining import explain_accounts, show_explained
from excel_client.command_line.printing import ProgressLine, accounts_table
from excel_client.command_line.surroundings import Surroundings
from excel_client.problems import ExitCode, OtherLedger
from excel_client.refresh import Refreshed, WorkbookStatus, refresh_workbook, workbook_status

__all__ = ["refresh", "status"]


def refresh(flags: Namespace, around: Surroundings) -> ExitCode:
    """Bring a workbook up to date and say what changed in it."""
    path = Path(flags.workbook)
    with (
        connect(flags, around) as api,
        ProgressLine(around.stderr, "Refreshing") as progress,
    ):
        refreshed = refresh_workbook(path, api, around.clock, progress)
    if flags.json:
        around.say(msgspec.json.encode(refreshed).decode())
        return ExitCode.DONE
    around.say(_in_words(path.name, refreshed))
    if waits := _what_waits(refreshed):
        around.say(waits)
    around.say(accounts_table(refreshed.accounts))
    return ExitCode.DONE


def _in_words(name: str, refreshed: Refreshed) -> str:
    if not refreshed.written:
        return f"{name} is up to date; it was not touched."
    told = [
        f"{refreshed.added} entries added",
        f"{refreshed.changed} changed",
        f"{refreshed.removed} removed",
    ]
    if refreshed.sent:
        told.append(f"{refreshed.sent} edits of yours sent")
    if refreshed.kept:
        told.append(f"{refreshed.kept} kept")
    made = "was made" if refreshed.made else "is refreshed"
    return f"{name} {made}: {', '.join(told)}."


def _what_waits(refreshed: Refreshed) -> str:
    """What is left for a person to do, or nothing."""
    waits = []
    if refreshed.waiting:
        waits.append(f"{refreshed.waiting} edits wait in the workbook")
    if refreshed.to_review:
        waits.append(f"{refreshed.to_review} lines stand in Review")
    return f"{' and '.join(waits)}." if waits else ""


def status(flags: Namespace, around: Surroundings) -> ExitCode:
    """Show how the accounts stand, and what a workbook holds that the server does not."""
    workbook: WorkbookStatus | None = None
    if flags.workbook:
        with ProgressLine(around.stderr, "Reading the workbook"):
            workbook = workbook_status(Path(flags.workbook))
    with connect(flags, around) as api, ProgressLine(around.stderr, "Asking the server"):
        if workbook is not None and workbook.ledger not in {"", api.profile().ledger}:
            raise OtherLedger
        accounts = api.accounts().accounts
        explained = explain_accounts(accounts, api) if flags.explain else None
    if flags.json:
        document: dict[str, object] = {"accounts": accounts, "workbook": workbook}
        if explained is not None:
            document |= {"explanations": explained.explanations, "entries": explained.entries}
        around.say(msgspec.json.encode(document).decode())
        return ExitCode.DONE
    around.say(accounts_table(accounts))
    if explained is not None:
        show_explained(explained, accounts, around)
    if workbook is not None:
        around.say(
            f"{Path(flags.workbook).name}: {workbook.rows} entries, {workbook.edits} edits waiting."
        )
    return ExitCode.DONE
