"""The commands and their flags. Parsing only; a wrong call ends with 64."""

from __future__ import annotations

import argparse
from typing import NoReturn, TypeAlias

from excel_client.problems import ExitCode

__all__ = ["build_parser"]


class _Parser(argparse.ArgumentParser):
    """An ArgumentParser that ends with our code for a wrong call."""

    def error(self, message: str) -> NoReturn:
        """Print the usage and what was wrong with the call."""
        self.print_usage()
        self.exit(ExitCode.USAGE, f"{self.prog}: {message}\n")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command."""
    parser = _Parser(
        prog="pennyvault",
        description="Bring bank transactions into an Excel ledger, exact to the cent.",
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_login(commands)
    _add_import(commands)
    _add_statement(commands)
    _add_refresh(commands)
    _add_status(commands)
    _add_undo(commands)
    _add_export(commands)
    return parser


# argparse has no public name for this type, and at run time it is not generic.
_Commands: TypeAlias = "argparse._SubParsersAction[_Parser]"  # noqa: SLF001


def _add_command(commands: _Commands, name: str, text: str, *, server: bool = True) -> _Parser:
    parser = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
    if server:
        parser.add_argument(
            "--server", metavar="ADDRESS", help="the server, as https://host[:port]"
        )
        parser.add_argument(
            "--key-file", metavar="FILE", help="the key's file instead of the keyring"
        )
    return parser


def _add_json(parser: _Parser) -> None:
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def _add_yes(parser: _Parser) -> None:
    parser.add_argument("--yes", action="store_true", help="go ahead without asking")


def _add_login(commands: _Commands) -> None:
    parser = _add_command(
        commands, "login", "Keep the key to a ledger: in the keyring, or in a file with --key-file."
    )
    parser.add_argument(
        "--token-stdin", action="store_true", help="read the key from standard input"
    )
    parser.add_argument(
        "--sign-up",
        metavar="LEDGER_NAME",
        help="make a new ledger, on a server of this machine, and keep its key",
    )
    parser.add_argument(
        "--show-token", action="store_true", help="print the key of the new ledger, once"
    )


def _add_import(commands: _Commands) -> None:
    parser = _add_command(commands, "import", "Import statement files into the ledger.")
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument(
        "--currency", default="", metavar="CODE", help="the currency of files that name none"
    )
    _add_yes(parser)
    _add_json(parser)


def _add_statement(commands: _Commands) -> None:
    parser = _add_command(
        commands, "statement", "Show what a statement file says, without a server.", server=False
    )
    parser.add_argument("file", metavar="FILE")
    _add_json(parser)


def _add_refresh(commands: _Commands) -> None:
    parser = _add_command(
        commands, "refresh", "Bring a ledger workbook up to date, or make it where there is none."
    )
    parser.add_argument("workbook", metavar="WORKBOOK")
    _add_json(parser)


def _add_status(commands: _Commands) -> None:
    parser = _add_command(
        commands, "status", "Show the accounts with their proofs, and a workbook's own edits."
    )
    parser.add_argument("workbook", nargs="?", metavar="WORKBOOK")
    _add_json(parser)


def _add_undo(commands: _Commands) -> None:
    parser = _add_command(commands, "undo", "Take back a batch: the latest, or the one named.")
    parser.add_argument("batch", nargs="?", metavar="BATCH")
    _add_yes(parser)
    _add_json(parser)


def _add_export(commands: _Commands) -> None:
    parser = _add_command(commands, "export", "Write the whole ledger as JSON.")
    parser.add_argument(
        "--json",
        required=True,
        nargs="?",
        const="-",
        metavar="FILE",
        help="where to: a file, or - for standard output",
    )
