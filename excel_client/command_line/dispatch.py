"""From a command line to an exit code: the one place where problems become messages."""

from __future__ import annotations

import os
import sys
import traceback
from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path

from excel_client.command_line.arguments import parse
from excel_client.command_line.surroundings import Surroundings
from excel_client.problems import ClientProblem, ExitCode

__all__ = ["main", "run"]
# ruff: noqa: PLC0415 - a command starts a tenth sooner without the modules of the others

Command = Callable[[Namespace, Surroundings], ExitCode]

#: What a shell expects of a program that Ctrl-C ended: 128 and the signal's number.
_INTERRUPTED = 130


def main() -> int:
    """Run the command that the process was started with."""
    try:
        return run(sys.argv[1:], Surroundings())
    except KeyboardInterrupt:
        sys.stderr.write("pennyvault: interrupted\n")
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has seen enough; nothing more can be said to them, at exit neither.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.DONE


def _command_named(name: str) -> Command:  # noqa: PLR0911 - a command to a line
    """Return a command; its modules are loaded here, so that each command starts with its own only."""
    match name:
        case "login":
            from excel_client.command_line.login import login

            return login
        case "import":
            from excel_client.command_line.importing import import_statements

            return import_statements
        case "undo":
            from excel_client.command_line.importing import undo

            return undo
        case "statement":
            from excel_client.command_line.statement import show_statement

            return show_statement
        case "refresh":
            from excel_client.command_line.workbooks import refresh

            return refresh
        case "status":
            from excel_client.command_line.workbooks import status

            return status
        case "balance":
            from excel_client.command_line.balances import balance

            return balance
        case "close":
            from excel_client.command_line.closing import close

            return close
        case "export":
            from excel_client.command_line.exporting import export

            return export
        case _:
            message = "the parser knows no other command"
            raise AssertionError(message)


def run(arguments: Sequence[str], around: Surroundings) -> int:
    """Run one command; return its exit code. Problems are told on standard error."""
    try:
        flags = parse(arguments)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else ExitCode.USAGE
    try:
        return _command_named(flags.command)(flags, around)
    except ClientProblem as problem:
        around.tell(f"pennyvault: {problem.line_for_people()}")
        return problem.exit_code
    except (KeyboardInterrupt, BrokenPipeError):
        raise
    except Exception as error:  # noqa: BLE001 - the last resort: its own text could hold an amount
        around.tell(f"pennyvault: This is a fault of the program itself. [{_where(error)}]")
        return ExitCode.INTERNAL


def _where(error: Exception) -> str:
    """The kind of an error and the lines that it came through: names of ours, and no value."""
    frames = traceback.extract_tb(error.__traceback__)
    steps = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames]
    return " < ".join([type(error).__name__, *reversed(steps)])
