"""The commands and their flags. Parsing only; a wrong call ends with 64."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from datetime import date
from typing import Final, NoReturn, TypeAlias

from excel_client.problems import ExitCode

__all__ = ["build_parser", "parse"]

#: Long options are named where a call is wrong; other words may be amounts, and are not repeated.
_OPTION = re.compile(r"--[a-z][a-z-]{0,40}")
_AMOUNT = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,9})?")
_MONTH = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
#: What `close` does with files, said in its help.
_ABOUT_CLOSING: Final = (
    "Close a month that is over: its balances are frozen, and the evidence is written as an .xlsx and a .pdf for each "
    "account. Closing it again writes the same bytes again. A file of the same name with other content is not "
    "overwritten: it is kept as NAME.old-1, NAME.old-2 and so on. What arrives late is listed in MONTH-late-arrivals."
)


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
    _add_balance(commands)
    _add_close(commands)
    _add_export(commands)
    return parser


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the flags of a call; a wrong one ends with SystemExit and its code."""
    parser = build_parser()
    flags, unknown = parser.parse_known_args(arguments)
    if unknown:
        named = " ".join(filter(_OPTION.fullmatch, unknown))
        parser.error(f"there is more than this command takes {named}".rstrip())
    return flags


def _day(text: str) -> str:
    if _DAY.fullmatch(text):
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            # Told below, as for every other text that is no date.
            text = ""
    message = "a date of the calendar is written 2026-03-31"
    raise argparse.ArgumentTypeError(message)


def _month(text: str) -> str:
    if _MONTH.fullmatch(text):
        return text
    message = "a month is written 2026-03"
    raise argparse.ArgumentTypeError(message)


def _amount(text: str) -> str:
    if _AMOUNT.fullmatch(text):
        return text.removeprefix("+")
    message = (
        "an amount is digits with an optional sign and one point, 12345.67; no thousands separators"
    )
    raise argparse.ArgumentTypeError(message)


# argparse has no public name for this type, and at run time it is not generic.
_Commands: TypeAlias = "argparse._SubParsersAction[_Parser]"  # noqa: SLF001


def _add_command(
    commands: _Commands, name: str, text: str, *, short: str = "", server: bool = True
) -> _Parser:
    parser = commands.add_parser(name, help=short or text, description=text, allow_abbrev=False)
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
    parser.add_argument(
        "--explain",
        action="store_true",
        help="list the smallest sets of entries that explain what does not add up",
    )
    _add_json(parser)


def _add_undo(commands: _Commands) -> None:
    parser = _add_command(commands, "undo", "Take back a batch: the latest, or the one named.")
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("batch", nargs="?", metavar="BATCH")
    chosen.add_argument(
        "--list", action="store_true", help="list the batches, and take nothing back"
    )
    _add_yes(parser)
    _add_json(parser)


def _add_balance(commands: _Commands) -> None:
    parser = _add_command(
        commands,
        "balance",
        "State what an account held at the end of a day, and say what its proof reads then.",
    )
    parser.add_argument(
        "account", metavar="ACCOUNT", help="its name, the last characters of its number, or its id"
    )
    parser.add_argument("date", metavar="DATE", type=_day, help="as 2026-03-31")
    said = parser.add_mutually_exclusive_group(required=True)
    said.add_argument(
        "amount", nargs="?", metavar="AMOUNT", type=_amount, help="as 12345.67 or -12345.67"
    )
    said.add_argument(
        "--adjust",
        metavar="AMOUNT",
        type=_amount,
        help="not a balance but an adjustment: a line of its own, until the cause is found",
    )
    parser.add_argument("--reason", metavar="TEXT", help="why the adjustment is made")
    _add_json(parser)


def _add_close(commands: _Commands) -> None:
    parser = _add_command(commands, "close", _ABOUT_CLOSING, short="Close a month, or reopen it.")
    chosen = parser.add_mutually_exclusive_group(required=True)
    chosen.add_argument("month", nargs="?", metavar="MONTH", type=_month, help="as 2026-03")
    chosen.add_argument("--list", action="store_true", help="list every closing and reopening")
    parser.add_argument(
        "--out", default=".", metavar="DIR", help="where the evidence is written; made if missing"
    )
    parser.add_argument(
        "--reopen", action="store_true", help="open a closed month again (administrators)"
    )
    parser.add_argument("--reason", metavar="TEXT", help="why it is reopened")
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
