"""
`pennyvault close`: a month is closed, and its evidence written; a closed month's evidence is written again.

The server's answer is frozen, so the files are the same bytes each time. What came late stands in files of its own.
"""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from excel_client.command_line.connection import connect
from excel_client.command_line.printing import Column, ProgressLine, printable, text_table
from excel_client.command_line.private_files import Kept, keep_beside_others, put_aside
from excel_client.command_line.surroundings import Surroundings
from excel_client.evidence import (
    LATE_ARRIVALS,
    Document,
    NamedAccount,
    evidence_book,
    evidence_page,
    file_stems,
    lay_out_account,
    lay_out_late,
)
from excel_client.problems import (
    AnswerNotReadable,
    ExitCode,
    ExportNotWritten,
    MonthNotClosed,
    UsageProblem,
)
from excel_client.server_api import ServerApi, new_idempotency_key
from excel_client.wire_format import ClosedMonth

__all__ = ["close"]

_SUFFIXES = (".xlsx", ".pdf")


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A file of evidence."""

    name: str
    content: bytes = field(repr=False)


def close(flags: Namespace, around: Surroundings) -> ExitCode:
    """Close a month and write its evidence, list what was closed, or reopen a month."""
    if flags.reopen != (flags.reason is not None):
        raise UsageProblem(what="--reopen and --reason TEXT belong together")
    if flags.list:
        return _list(flags, around)
    if flags.reopen:
        return _reopen(flags, around)
    folder = Path(flags.out)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        # Before the month is closed: there has to be a place for what it leaves.
        raise ExportNotWritten(file=folder.name) from None
    with connect(flags, around) as api, ProgressLine(around.stderr, "Closing") as progress:
        closed = _closed(flags.month, api)
        progress("Writing the evidence", 0, 0)
        files = [*_evidence_files(closed), *_late_files(closed, api)]
    kept = {file.name: keep_beside_others(folder / file.name, file.content) for file in files}
    if not closed.late_arrivals:
        _put_old_late_files_aside(flags.month, folder)
    if flags.json:
        around.say(_as_json(closed, kept))
    else:
        _show(closed, kept, folder, around)
    return ExitCode.DONE


def _closed(month: str, api: ServerApi) -> ClosedMonth:
    """The month as it was closed: now, or before. A key that may only read gets what was closed before."""
    try:
        closed = api.closed_month(month)
    except MonthNotClosed:
        closed = api.close_month(month, idempotency_key=new_idempotency_key())
    if closed.evidence.month != month:
        raise AnswerNotReadable
    return closed


def _two_files(stem: str, document: Document) -> list[_File]:
    contents = (evidence_book(document), evidence_page(document))
    return [
        _File(name=f"{stem}{suffix}", content=content)
        for suffix, content in zip(_SUFFIXES, contents, strict=True)
    ]


def _evidence_files(closed: ClosedMonth) -> list[_File]:
    evidence = closed.evidence
    stems = file_stems(evidence.month, [account.name for account in evidence.accounts])
    return [
        file
        for stem, account in zip(stems, evidence.accounts, strict=True)
        for file in _two_files(stem, lay_out_account(evidence, account))
    ]


def _late_files(closed: ClosedMonth, api: ServerApi) -> list[_File]:
    if not closed.late_arrivals:
        return []
    named = {
        account.id: NamedAccount(name=account.name, currency=account.currency)
        for account in api.accounts().accounts
    }
    return _two_files(f"{closed.evidence.month}-{LATE_ARRIVALS}", lay_out_late(closed, named))


def _put_old_late_files_aside(month: str, folder: Path) -> None:
    """Late arrivals of an earlier closing of the month are none of this one."""
    for suffix in _SUFFIXES:
        put_aside(folder / f"{month}-{LATE_ARRIVALS}{suffix}")


def _as_json(closed: ClosedMonth, kept: dict[str, Kept]) -> str:
    evidence = closed.evidence
    document = {
        "month": evidence.month,
        "version": evidence.version,
        "closed_at": evidence.closed_at,
        "closed_by": evidence.closed_by,
        "accounts": [
            {"id": account.id, "name": account.name, "proof": account.proof}
            for account in evidence.accounts
        ],
        "late_arrivals": len(closed.late_arrivals),
        "files": [{"file": name, "is": state.value} for name, state in kept.items()],
    }
    return msgspec.json.encode(document).decode()


def _show(closed: ClosedMonth, kept: dict[str, Kept], folder: Path, around: Surroundings) -> None:
    evidence = closed.evidence
    around.say(
        f"{evidence.month} is closed at version {evidence.version}, "
        f"by {printable(evidence.closed_by)}, {printable(evidence.closed_at)}."
    )
    columns = (
        Column(heading="Account"),
        Column(heading="Entries", right=True),
        Column(heading="Outstanding", right=True),
        Column(heading="Adjustments", right=True),
        Column(heading="Proof"),
    )
    rows = [
        (
            account.name,
            str(len(account.entries)),
            str(len(account.outstanding)),
            str(len(account.adjustments)),
            account.proof,
        )
        for account in evidence.accounts
    ]
    around.say(text_table(columns, rows))
    if closed.late_arrivals:
        around.say(
            f"{len(closed.late_arrivals)} late arrivals, in {evidence.month}-{LATE_ARRIVALS}; "
            "the evidence itself is as it was."
        )
    for name, state in kept.items():
        suffix = (
            "; another file of that name was kept as an old one" if state is Kept.REPLACED else ""
        )
        around.say(f"{folder / name}: {state.value}{suffix}")


def _list(flags: Namespace, around: Surroundings) -> ExitCode:
    with connect(flags, around) as api, ProgressLine(around.stderr, "Asking the server"):
        closings = api.closings()
    if flags.json:
        around.say(msgspec.json.encode(closings).decode())
        return ExitCode.DONE
    columns = (
        Column(heading="Month"),
        Column(heading="Version", right=True),
        Column(heading="Closed at"),
        Column(heading="By"),
        Column(heading="Reopened at"),
        Column(heading="By"),
        Column(heading="Because"),
    )
    rows = [
        (
            each.month,
            str(each.version),
            each.closed_at,
            each.by,
            each.reopened_at or "",
            each.reopened_by,
            each.reason,
        )
        for each in closings.closings
    ]
    around.say(text_table(columns, rows) if rows else "No month was closed yet.")
    return ExitCode.DONE


def _reopen(flags: Namespace, around: Surroundings) -> ExitCode:
    with connect(flags, around) as api, ProgressLine(around.stderr, "Reopening"):
        reopened = api.reopen_month(
            flags.month, flags.reason, idempotency_key=new_idempotency_key()
        )
    if flags.json:
        around.say(msgspec.json.encode(reopened).decode())
    else:
        around.say(f"{reopened.month} is open again; its evidence of before stays true of before.")
    return ExitCode.DONE
