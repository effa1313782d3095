"""
`pennyvault statement`: what a statement file says, without a server.

The one edge between client and server: the readers are the server's, pure, and imported here alone.
"""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import msgspec

from excel_client.command_line.printing import Column, text_table
from excel_client.command_line.surroundings import Surroundings
from excel_client.problems import ExitCode, StatementRefused
from excel_client.server_api import read_statement as read_file
from server.exact_amounts.statements import reading
from server.exact_amounts.statements.reading import read_statement, statement_to_json

__all__ = ["show_statement"]


class _Account(msgspec.Struct, frozen=True):
    """What a summary shows of an account."""

    account: str | None
    currency: str | None
    opening: str | None
    closing: str | None
    transactions: tuple[msgspec.Raw, ...]


class _Problem(msgspec.Struct, frozen=True):
    line: int
    what: str


class _File(msgspec.Struct, frozen=True):
    format: str
    accounts: tuple[_Account, ...]
    problems: tuple[_Problem, ...]


def show_statement(flags: Namespace, around: Surroundings) -> ExitCode:
    """Print a statement file as JSON, or in short."""
    path = Path(flags.file)
    try:
        document = statement_to_json(read_statement(read_file(path).content))
    # The reader's refusal is known by its own module under that name.
    except reading.StatementRefused as refusal:
        raise StatementRefused(file=path.name, line=refusal.line, what=refusal.what) from None
    content = msgspec.json.encode(document)
    if flags.json:
        around.say(content.decode())
        return ExitCode.DONE
    file = msgspec.json.decode(content, type=_File)
    columns = (
        Column(heading="Account"),
        Column(heading="Currency"),
        Column(heading="Transactions", right=True),
        Column(heading="Opening", right=True),
        Column(heading="Closing", right=True),
    )
    rows = [
        (
            account.account or "",
            account.currency or "",
            str(len(account.transactions)),
            account.opening or "",
            account.closing or "",
        )
        for account in file.accounts
    ]
    around.say(text_table(columns, rows))
    for problem in file.problems:
        around.tell(f"line {problem.line} was left out: {problem.what}")
    return ExitCode.DONE
