"""
`pennyvault export --json`: the whole ledger as one JSON document, the same bytes for the same ledger and instant.

The document's keys are a promise to other programs: they change only with a note in the CHANGELOG.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from excel_client.command_line.connection import connect
from excel_client.command_line.printing import ProgressLine
from excel_client.command_line.private_files import put_in_place
from excel_client.command_line.surroundings import Surroundings
from excel_client.problems import AnswerNotReadable, ExitCode
from excel_client.server_api import ServerApi
from excel_client.wire_format import Account, WholeChanges, WholeEntry

__all__ = ["export"]


class _ExportedAccount(msgspec.Struct, frozen=True):
    id: str
    name: str
    currency: str
    type: str
    opening: str | None
    opening_source: str
    closing: str | None
    bank_balance: str | None
    difference: str | None
    proof: str

    @classmethod
    def of(cls, account: Account) -> _ExportedAccount:
        return cls(*(getattr(account, name) for name in cls.__struct_fields__))


def export(flags: Namespace, around: Surroundings) -> ExitCode:
    """Write the ledger to a file, whole or not at all, or to standard output."""
    with connect(flags, around) as api, ProgressLine(around.stderr, "Exporting") as progress:
        document = _document(api, progress, around.clock())
    if flags.json == "-":
        around.stdout.write(document.decode())
    else:
        put_in_place(Path(flags.json), document)
    return ExitCode.DONE


def _document(api: ServerApi, progress: ProgressLine, now: datetime) -> bytes:
    entries: dict[str, WholeEntry] = {}
    last: WholeChanges | None = None
    for page in api.changes(None, WholeChanges):
        if last is not None and (page.ledger, page.epoch) != (last.ledger, last.epoch):
            raise AnswerNotReadable
        last = page
        entries |= {entry.id: entry for entry in page.entries}
        progress("Fetching entries", len(entries), 0)
    if last is None:
        raise AnswerNotReadable
    ordered = sorted(entries.values(), key=lambda entry: (entry.posted_on, entry.id))
    accounts = sorted(last.accounts, key=lambda account: (account.name, account.id))
    head = {
        "ledger": last.ledger,
        "epoch": last.epoch,
        "as_of": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return (
        msgspec.json.encode(head)[:-1]
        + b',"accounts":[\n'
        + _lines([_ExportedAccount.of(account) for account in accounts])
        + b'],"entries":[\n'
        + _lines(ordered)
        + b"]}\n"
    )


def _lines(structs: Sequence[msgspec.Struct]) -> bytes:
    """One object to a line, so that two exports can be compared line by line."""
    encoded = b",\n".join(map(msgspec.json.encode, structs))
    return encoded + b"\n" if encoded else b""
