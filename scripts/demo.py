"""
The main job, on this machine alone: statements in, an exact ledger workbook out.

`python3 scripts/demo.py [--out DIR] [--currency CODE] [STATEMENT ...]` starts the server on a free loopback port with
SQLite under DIR/server, imports the statements (without any: a set of our own), fills DIR/ledger.xlsx and writes
DIR/ledger.json. Run again, it adds nothing and leaves the workbook's file alone. Nothing leaves the machine.

Exit code 0 only if every file given was imported; a difference in a proof is reported in the table.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from environment import ROOT, enter_environment

_START_SECONDS_MAX = 30.0
_STOP_SECONDS_MAX = 10.0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Statements in, an exact ledger workbook out.")
    parser.add_argument("--out", metavar="DIR", type=Path, default=ROOT / "demo")
    parser.add_argument("--currency", metavar="CODE", help="for statements that name none")
    parser.add_argument("statements", metavar="STATEMENT", type=Path, nargs="*")
    return parser.parse_args()


def _server_environment(data: Path) -> dict[str, str]:
    # The demo's server is told everything; what the user's shell says to a real one must not reach it.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PENNYVAULT_")}
    return kept | {
        "PENNYVAULT_DATA_DIR": str(data),
        "PENNYVAULT_SIGNUP": "open",
        "PENNYVAULT_ENVIRONMENT": "test",
    }


def _wait_for_port(server: subprocess.Popen[bytes], port_file: Path, log: Path) -> int:
    deadline = time.monotonic() + _START_SECONDS_MAX
    while time.monotonic() < deadline:
        if port_file.exists():
            return int(port_file.read_text(encoding="ascii"))
        if server.poll() is not None:
            break
        time.sleep(0.02)
    raise SystemExit(f"The server did not start; its log is {log}.")  # noqa: EM102, TRY003 - last words


@contextlib.contextmanager
def _running_server(folder: Path) -> Iterator[str]:
    """Start the server with its data in `folder`; yield its origin; stop it."""
    folder.mkdir(parents=True, exist_ok=True)
    port_file, log = folder / "port", folder / "server.log"
    port_file.unlink(missing_ok=True)
    command = [sys.executable, "-m", "server.command_line", "serve", "--port", "0"]
    with log.open("ab") as output:
        server = subprocess.Popen(
            [*command, "--port-file", str(port_file)],
            env=_server_environment(folder / "data"),
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield f"http://127.0.0.1:{_wait_for_port(server, port_file, log)}"
        finally:
            server.terminate()
            try:
                server.wait(_STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
            port_file.unlink(missing_ok=True)


def _run(out: Path, statements: list[Path], currency: str | None) -> int:
    from excel_client.command_line import run  # noqa: PLC0415 - needs the environment
    from excel_client.command_line.surroundings import Surroundings  # noqa: PLC0415 - likewise

    def pennyvault(arguments: list[str]) -> int:
        return run(arguments, Surroundings())

    key_file = out / "server" / "api-key"
    with _running_server(out / "server") as origin:
        at_server = ["--server", origin, "--key-file", str(key_file)]
        if not key_file.exists():
            code = pennyvault(["login", *at_server, "--sign-up", "Demo ledger"])
            if code:
                return code
        named = ["--currency", currency] if currency else []
        imported = pennyvault(["import", *at_server, "--yes", *named, *map(str, statements)])
        steps = (
            ["refresh", *at_server, str(out / "ledger.xlsx")],
            ["export", *at_server, "--json", str(out / "ledger.json")],
        )
        return max(imported, *(pennyvault(step) for step in steps))


def main() -> int:
    """Run the demo and return its exit code."""
    enter_environment("runtime")
    arguments = _arguments()
    statements = arguments.statements or sorted((ROOT / "scripts" / "demo_statements").iterdir())
    out = arguments.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    code = _run(out, statements, arguments.currency)
    print(f"Workbook: {out / 'ledger.xlsx'}")
    print(f"Ledger:   {out / 'ledger.json'}")
    return code


if __name__ == "__main__":
    raise SystemExit(main())
